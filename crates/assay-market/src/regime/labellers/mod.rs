//! Labellers that need nothing but bars: what a run may be measured by, whatever system it is of.
//!
//! Each is a struct of parameters with a scheme, a warm-up and labels. The label of bar `i` reads bars `0..=i`, and bars
//! before the warm-up have none.

mod efficiency;
mod sessions;
mod states;
mod volatility;

use toml::Value;

use super::RegimeScheme;
use crate::error::{Error, Result, Violation};
use crate::market::Bars;
use assay_base::params::ParamSpec;

pub use efficiency::EfficiencyVolatility;
pub use sessions::Sessions;
pub use states::HiddenStates;
pub use volatility::{TrendKind, VolatilityTrend};

/// One way to label bars.
#[derive(Debug, Clone, PartialEq)]
pub enum Labeller {
    /// States of a hidden Markov model.
    Hmm(HiddenStates),
    /// Volatility by trend.
    VolatilityTrend(VolatilityTrend),
    /// Efficiency ratio by volatility.
    EfficiencyVolatility(EfficiencyVolatility),
    /// The sessions of the world's markets.
    Sessions(Sessions),
}

impl Labeller {
    /// Their names in scenario files.
    pub const NAMES: [&str; 4] = ["hmm", "volatility-trend", "efficiency-volatility", "sessions"];

    /// The labeller of this name, at its defaults.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "hmm" => Some(Self::Hmm(HiddenStates::default())),
            "volatility-trend" => Some(Self::VolatilityTrend(VolatilityTrend::default())),
            "efficiency-volatility" => Some(Self::EfficiencyVolatility(EfficiencyVolatility::default())),
            "sessions" => Some(Self::Sessions(Sessions::default())),
            _ => None,
        }
    }

    /// Its name in scenario files.
    pub fn name(&self) -> &'static str {
        let place = match self {
            Self::Hmm(_) => 0,
            Self::VolatilityTrend(_) => 1,
            Self::EfficiencyVolatility(_) => 2,
            Self::Sessions(_) => 3,
        };
        Self::NAMES[place]
    }

    /// Its parameters: names, defaults, ranges and meanings.
    pub fn specs(&self) -> Vec<ParamSpec> {
        match self {
            Self::Hmm(_) => HiddenStates::specs(),
            Self::VolatilityTrend(_) => VolatilityTrend::specs(),
            Self::EfficiencyVolatility(_) => EfficiencyVolatility::specs(),
            Self::Sessions(_) => Sessions::specs(),
        }
    }

    /// Sets one parameter by name. The error is the rule and the value found, or `None` for an unknown name.
    ///
    /// # Errors
    /// There is no such parameter, or the value is not one of it.
    pub fn set(&mut self, name: &str, value: &Value) -> std::result::Result<(), Option<String>> {
        match self {
            Self::Hmm(p) => p.set(name, value),
            Self::VolatilityTrend(p) => p.set(name, value),
            Self::EfficiencyVolatility(p) => p.set(name, value),
            Self::Sessions(p) => p.set(name, value),
        }
    }

    /// Its parameters with their values.
    pub fn values(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Hmm(p) => p.values(),
            Self::VolatilityTrend(p) => p.values(),
            Self::EfficiencyVolatility(p) => p.values(),
            Self::Sessions(p) => p.values(),
        }
    }

    /// Rules between parameters that are broken.
    pub fn conflicts(&self) -> Vec<Violation> {
        match self {
            Self::VolatilityTrend(p) => p.conflicts(),
            Self::EfficiencyVolatility(p) => p.conflicts(),
            Self::Hmm(_) | Self::Sessions(_) => vec![],
        }
    }

    /// The regimes that it tells apart.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn scheme(&self) -> Result<RegimeScheme> {
        let names = match self {
            Self::Hmm(p) => p.names(),
            Self::VolatilityTrend(p) => p.names(),
            Self::EfficiencyVolatility(_) => EfficiencyVolatility::NAMES.map(str::to_owned).to_vec(),
            Self::Sessions(_) => Sessions::NAMES.map(str::to_owned).to_vec(),
        };
        RegimeScheme::named(self.name(), names).map_err(|e| Error::internal(self.name(), e))
    }

    /// Bars that have no label at the start of a history, at most.
    pub fn warmup(&self, bars: &Bars) -> usize {
        match self {
            Self::Hmm(p) => p.train_bars,
            Self::VolatilityTrend(p) => p.warmup(bars.timeframe()),
            Self::EfficiencyVolatility(p) => p.warmup(),
            Self::Sessions(_) => 0,
        }
    }

    /// The code of every bar, known at its close. `seed` keys what is drawn.
    pub fn labels(&self, bars: &Bars, seed: u64) -> Vec<u8> {
        match self {
            Self::Hmm(p) => p.labels(bars, seed),
            Self::VolatilityTrend(p) => p.labels(bars),
            Self::EfficiencyVolatility(p) => p.labels(bars),
            Self::Sessions(p) => p.labels(bars),
        }
    }
}

/// Share of the `window` rows before each that are at most it; 0 of a row that is 0, such as the volatility of a market that
/// does not move. Valid `window` rows after `x`.
fn rank_among_before(x: &[f64], window: usize) -> Vec<f64> {
    let all = (window + 1) as f64;
    let mut rank = crate::indicators::rolling_rank(x, window + 1);
    for (slot, v) in rank.iter_mut().zip(x) {
        // The row itself is among those counted.
        let before = (*slot * all).round() - 1.0;
        *slot = if slot.is_nan() || *v != 0.0 { before / window as f64 } else { 0.0 };
    }
    rank
}

#[cfg(test)]
mod tests;
