//! Which system runs, and the parameters it goes by.

use super::ParamSpec;
use crate::choices;
use crate::error::nearest;
use crate::systems::{targets, unified};

choices! {
    /// Which trading system runs.
    pub enum SystemName {
        /// The unified framework.
        Unified = "unified",
        /// A crossover of two moving averages.
        MaCross = "ma-cross",
        /// Positions from a file.
        Signals = "signals",
    }
}

/// Parameters of a system that has its own, beside those of the regime labels.
#[derive(Debug, Clone, PartialEq)]
pub enum Own {
    /// None: the unified framework's are its labels' too.
    Unified,
    /// The crossover's.
    MaCross(targets::MaCross),
    /// Those of positions from a file.
    Signals(targets::Signals),
}

impl Own {
    pub(super) fn of(system: SystemName) -> Self {
        match system {
            SystemName::Unified => Self::Unified,
            SystemName::MaCross => Self::MaCross(targets::MaCross::default()),
            SystemName::Signals => Self::Signals(targets::Signals::default()),
        }
    }

    pub(super) fn set(
        &mut self,
        labels: &mut unified::Params,
        name: &str,
        value: &toml::Value,
    ) -> std::result::Result<(), Option<String>> {
        match self {
            Self::Unified => labels.set(name, value),
            Self::MaCross(p) => p.set(name, value),
            Self::Signals(p) => p.set(name, value),
        }
    }

    pub(super) fn conflicts(&self, labels: &unified::Params) -> Vec<String> {
        match self {
            Self::Unified => labels.conflicts(),
            Self::MaCross(p) => p.conflicts(),
            Self::Signals(p) => p.conflicts(),
        }
    }

    pub(super) fn values(&self, labels: &unified::Params) -> Vec<(&'static str, toml::Value)> {
        match self {
            Self::Unified => labels.values(),
            Self::MaCross(p) => p.values(),
            Self::Signals(p) => p.values(),
        }
    }
}

impl SystemName {
    /// The parameters of a scenario of this system.
    pub fn specs(self) -> Vec<ParamSpec> {
        match self {
            Self::Unified => unified::Params::specs(),
            Self::MaCross => targets::MaCross::specs(),
            Self::Signals => targets::Signals::specs(),
        }
    }
}

/// What a parameter means, for whoever gave it a wrong value.
pub(super) fn hint_of(specs: &[ParamSpec], name: &str) -> Option<String> {
    specs.iter().find(|s| s.name == name).map(|s| s.meaning.to_owned())
}

/// The parameter that was meant, if any is alike, and where all are listed.
pub(super) fn near(system: SystemName, specs: &[ParamSpec], name: &str) -> Option<String> {
    let all = format!("`assay params {}` prints all", system.name());
    Some(match nearest(name, specs.iter().map(|s| s.name)) {
        Some(n) => format!("did you mean {n:?}? {all}"),
        None => all,
    })
}
