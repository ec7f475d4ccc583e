//! What a scenario says.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chosen::{ChosenParts, family_of, labels_by, project_root, system_of};
use super::data::{Conversion, Data, FileNames, common_calendar};
use super::raw::{Raw, assigned};
use super::regimes::Regimes;
use super::rules::{deployment, rollback_to};
use super::sections::{Gate, ReportOptions};
use super::source::{line_of, refused, written};
use super::{MonteCarlo, Sweep, WalkForward};
use crate::data::{LoadRequest, TimeConvention};
use crate::error::{Error, Place, Result, Violation};
use crate::market::{Calendar, Instrument, format_time, known_instrument};
use crate::replay::{Account, Execution};
use crate::risk::Risk;
use crate::system::{ParamSet, Registry, SystemRef};

/// A scenario, resolved: every value is here, defaults included.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name: the folder of its runs.
    pub name: String,
    /// Which system runs.
    pub system: SystemRef,
    /// The family of trials that its runs are counted with: one idea, however often it is tried.
    pub family: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// The bars.
    pub data: Data,
    /// The money.
    pub account: Account,
    /// What is traded, one a symbol.
    pub instruments: Vec<Instrument>,
    /// Prices of currencies.
    pub conversion: Vec<Conversion>,
    /// How orders are filled.
    pub execution: Execution,
    /// Rules above the system.
    pub risk: Risk,
    /// The set of defaults that the parameters start from, by its name; none of a system that has only one.
    pub preset: Option<&'static str>,
    /// Parameters of the system.
    pub params: ParamSet,
    /// The labels that a run is measured by.
    pub regimes: Regimes,
    /// What the run is judged by.
    pub gate: Gate,
    /// What the charts show.
    pub report: ReportOptions,
    /// The search over parameters.
    pub sweep: Sweep,
    /// The paths drawn.
    pub montecarlo: MonteCarlo,
    /// The division of history.
    pub walkforward: WalkForward,
    /// Folder that relative paths start from.
    pub root: PathBuf,
    /// `data.calendar` as the file gives it; that of `data` may follow from the instruments, and an echo writes it out.
    pub given_calendar: Option<Calendar>,
    /// What files that stand instead of its own say otherwise than it, in words.
    pub from_files: Vec<String>,
}

impl Scenario {
    /// Reads a scenario file of a system that comes with the program, and applies `--set` assignments.
    ///
    /// # Errors
    /// Names the file and line, the rule, what was found, and the nearest valid name for an unknown key. All
    /// violations of ranges are reported at once.
    pub fn read(path: &Path, assignments: &[String]) -> Result<Self> {
        Self::read_with(&Registry::built_in(), path, assignments)
    }

    /// The same of a system of any registry.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_with(registry: &Registry, path: &Path, assignments: &[String]) -> Result<Self> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| {
            let hint = match e.kind() {
                std::io::ErrorKind::NotFound => "check the path; scenarios/unified.toml is an example",
                std::io::ErrorKind::InvalidData => "a scenario is a UTF-8 text file in TOML",
                _ => "check that it is a readable file",
            };
            Error::scenario(path, format!("cannot read the scenario: {e}")).hint(hint).caused_by(e)
        })?;
        let root = project_root(path);
        Self::parse_with(registry, &text, &shown, root, assignments)
    }

    /// The same from text; `shown` is what errors call the file.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str, shown: &str, root: PathBuf, assignments: &[String]) -> Result<Self> {
        Self::parse_with(&Registry::built_in(), text, shown, root, assignments)
    }

    /// The same of a system of any registry.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse_with(
        registry: &Registry,
        text: &str,
        shown: &str,
        root: PathBuf,
        assignments: &[String],
    ) -> Result<Self> {
        let mut raw: Raw = toml::from_str(text).map_err(|e| refused(shown, text, e))?;
        if !assignments.is_empty() {
            raw = assigned(text, shown, assignments)?;
        }
        let place = |key: &str| {
            let path: Vec<&str> = key.split('.').collect();
            match assignments.iter().rev().find(|a| a.split('=').next().is_some_and(|k| k.trim() == key)) {
                Some(a) => Place::given("--set", a),
                None => line_of(text, &path).map_or_else(|| Place::file(shown), |l| Place::line(shown, l)),
            }
            .about(key)
        };

        let system = system_of(registry, &raw, &place)?;
        raw.data.name_generated(&root, || place("data.synth"))?;
        if raw.risk.rollback_to.is_empty() || !raw.risk.emergency_stop && raw.risk.rollback_to == "S5_static"
        {
            // Without a stop it means nothing; echoes of older runs say S5_static of every system.
            raw.risk.rollback_to = rollback_to(system.about());
        }
        let ChosenParts { regimes, preset, params, instruments, sweep } =
            ChosenParts::of(registry, &raw, system, &place)?;
        Ok(Self {
            given_calendar: raw.data.calendar,
            name: raw.name,
            family: family_of(raw.family.as_deref(), system.name()),
            system,
            seed: raw.seed,
            data: raw.data.trading_by(&instruments),
            account: raw.account,
            instruments,
            conversion: raw.conversion,
            execution: raw.execution,
            risk: raw.risk,
            preset,
            regimes,
            params,
            gate: raw.gate,
            report: raw.report,
            sweep,
            montecarlo: raw.montecarlo,
            walkforward: raw.walkforward,
            root,
            from_files: vec![],
        })
    }

    /// Rules between values, and ranges of sections, that are broken.
    pub fn conflicts(&self) -> Vec<Violation> {
        let mut out = self.execution.violations();
        out.extend(self.risk.violations());
        out.extend(deployment(&self.risk, self.system.about()));
        out.extend(self.account.violations());
        out.extend(self.system.conflicts(&self.params));
        out
    }

    /// What makes it the same scenario whatever its files are called: as [`Self::resolved`], without their names and
    /// without how they are read.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn identity(&self) -> Result<String> {
        let mut s = self.clone();
        let theirs = common_calendar(&self.instruments).is_some_and(|c| !c.is_always());
        s.data = Data {
            bars: vec![String::new(); self.data.count()],
            synth: None,
            detail: FileNames::default(),
            funding: FileNames::default(),
            timeframe: None,
            time: TimeConvention::default(),
            // However they are written.
            from: self.data.from_ms().map(format_time),
            to: self.data.to_ms().map(format_time),
            // Around the clock is what it would be without a word, but for instruments that say otherwise.
            calendar: self.data.calendar.filter(|c| !c.is_always() || theirs),
            ..s.data
        };
        s.conversion.iter_mut().for_each(|c| c.bars.clear());
        s.gate.criteria.clear();
        s.regimes.forget_file();
        for input in self.system.about().inputs {
            let set = s.params.set(input.parameter, &toml::Value::String(String::new()));
            set.map_err(|_| Error::internal("identity", format!("{} takes no empty name", input.parameter)))?;
        }
        s.resolved()
    }

    /// Its settings that can move a figure, but for the parameters of its system: not its name and family, what judges it
    /// and what its charts show. Files and span are known otherwise.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub(crate) fn trial_settings(&self) -> Result<String> {
        let mut s = self.clone();
        s.name.clear();
        s.family = s.system.name().to_owned();
        (s.gate, s.report) = Default::default();
        (s.data.from, s.data.to) = (None, None);
        s.params = self.system.defaults();
        s.identity()
    }

    /// The scenario with every value written out; reading it gives the same scenario.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn resolved(&self) -> Result<String> {
        #[derive(Serialize)]
        struct Echo<'a> {
            name: &'a str,
            system: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            family: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            system_version: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            labels_by: Option<String>,
            seed: u64,
            data: &'a Data,
            account: &'a Account,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            instrument: Vec<&'a Instrument>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            conversion: &'a [Conversion],
            execution: &'a Execution,
            risk: &'a Risk,
            gate: &'a Gate,
            report: &'a ReportOptions,
        }
        let echo = Echo {
            name: &self.name,
            system: self.system.name(),
            family: Some(self.family.as_str()).filter(|f| *f != self.system.name()),
            // A changed system is another trial under another id; the first version is what was there before
            // versions were.
            system_version: Some(self.system.about().version).filter(|v| *v != 1),
            labels_by: labels_by(&self.regimes),
            seed: self.seed,
            data: &self.data,
            account: &self.account,
            instrument: self.instruments.iter().filter(|i| !i.is_plain()).collect(),
            conversion: &self.conversion,
            execution: &self.execution,
            risk: &self.risk,
            gate: &self.gate,
            report: &self.report,
        };
        let mut text = written(&echo)?;
        text.push_str(&self.resolved_params());
        text.push_str(&self.regimes.resolved());
        Ok(text)
    }

    /// The parameters of its system, as they are written out.
    pub(crate) fn resolved_params(&self) -> String {
        let mut text = "\n[params]".to_owned();
        if let (Some((parameter, _)), Some(preset)) = (self.system.presets(), self.preset) {
            text.push_str(&format!("\n{parameter} = {preset:?}"));
        }
        for (name, value) in self.params.values() {
            text.push_str(&format!("\n{name} = {value}"));
        }
        text.push('\n');
        text
    }

    /// What it leaves open that whoever reads its results should know.
    pub fn notes(&self) -> Vec<String> {
        let (title, by) = (self.data.title(), self.data.calendar());
        let theirs = common_calendar(&self.instruments).filter(|c| *c != by);
        let given = theirs.map(|c| {
            let days = self.data.days_per_year();
            format!("{title} trades by the calendar {c}; data.calendar = \"{by}\" annualises by {days} days a year")
        });
        // A name alone decides nothing.
        let named = |i: &Instrument| known_instrument(&i.symbol).and_then(|known| known.calendar);
        let named: Vec<Option<Calendar>> = self.instruments.iter().map(named).collect();
        let known = named.first().copied().flatten().filter(|c| {
            self.data.calendar.is_none() && !c.is_always() && named.iter().all(|other| *other == Some(*c))
        });
        let known = known.map(|c| {
            format!("{title} is the name of a market of the calendar {c}; data.calendar = \"{c}\" annualises by it")
        });
        given.or(known).into_iter().chain(self.from_files.iter().cloned()).collect()
    }

    /// The system's parameters with their values.
    pub fn values(&self) -> Vec<(&'static str, toml::Value)> {
        self.params.values()
    }

    /// Which variant of its system it runs.
    pub fn variant(&self) -> &'static str {
        self.system.variant(&self.params)
    }

    /// The same, traded and judged from another instant on.
    #[must_use]
    pub fn judged_from(&self, from: &str) -> Self {
        Self { data: Data { from: Some(from.to_owned()), ..self.data.clone() }, ..self.clone() }
    }

    /// What it wants of the file of bars of its first symbol.
    pub fn request(&self) -> LoadRequest {
        self.request_of(0)
    }

    /// What it wants of the file of bars of symbol `k`.
    pub fn request_of(&self, k: usize) -> LoadRequest {
        LoadRequest {
            calendar: self.data.calendar.or_else(|| self.instruments.get(k).and_then(|i| i.calendar)),
            timeframe: self.data.timeframe,
            from_ms: self.data.from_ms(),
            to_ms: self.data.to_ms(),
            time: self.data.time,
        }
    }
}
