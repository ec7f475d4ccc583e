//! What a scenario says.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Table;

use super::source::{flatten, line_of, refused, set};
use super::{MonteCarlo, ParamSpec, ParamValue, Sweep, WalkForward};
use crate::choices;
use crate::data::{Request, TimeConvention};
use crate::error::{Error, Result, nearest};
use crate::execution::Intrabar;
use crate::market::{Calendar, Instrument, Timeframe, parse_time};
use crate::replay::{Account, Execution};
use crate::risk::{Risk, Staging};
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
    fn of(system: SystemName) -> Self {
        match system {
            SystemName::Unified => Self::Unified,
            SystemName::MaCross => Self::MaCross(targets::MaCross::default()),
            SystemName::Signals => Self::Signals(targets::Signals::default()),
        }
    }

    fn set(
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

    fn conflicts(&self, labels: &unified::Params) -> Vec<String> {
        match self {
            Self::Unified => labels.conflicts(),
            Self::MaCross(p) => p.conflicts(),
            Self::Signals(p) => p.conflicts(),
        }
    }

    fn values(&self, labels: &unified::Params) -> Vec<(&'static str, toml::Value)> {
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

/// `[data]`: the bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// One CSV or Parquet file a symbol, relative to the project root.
    pub bars: Vec<String>,
    /// Name of the instrument, or of all of them together, in tables and titles.
    #[serde(default = "default_symbol")]
    pub symbol: String,
    /// Names of the instruments where there are several, in the order of `bars`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<String>,
    /// Length of a bar; read from the data where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeframe: Option<Timeframe>,
    /// Which edge of a bar the times of the file mark.
    #[serde(default)]
    pub time: TimeConvention,
    /// Files of finer bars of the same markets, for the intrabar policy `detail`.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub detail: Files,
    /// Files of funding rates, which positions pay or get.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub funding: Files,
    /// First bar, UTC, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// End, UTC, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When the market trades, by which results are annualised.
    #[serde(default, skip_serializing_if = "Calendar::is_always")]
    pub calendar: Calendar,
    /// Trading days in a year of this market; those of the calendar where absent.
    #[serde(default)]
    pub days_per_year: Option<f64>,
}

/// File names: one as text, several as a list, an empty one for a symbol that has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "OneOrMany")]
pub struct Files(Vec<String>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Files {
    fn from(files: OneOrMany) -> Self {
        match files {
            OneOrMany::One(file) => Self(vec![file]),
            OneOrMany::Many(files) => Self(files),
        }
    }
}

impl From<Files> for OneOrMany {
    fn from(Files(mut files): Files) -> Self {
        match files.pop() {
            Some(file) if files.is_empty() => Self::One(file),
            Some(file) => {
                files.push(file);
                Self::Many(files)
            }
            None => Self::Many(files),
        }
    }
}

impl Files {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }

    /// How many are named.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// That of symbol `k`.
    pub fn get(&self, k: usize) -> Option<&str> {
        self.0.get(k).map(String::as_str).filter(|f| !f.is_empty())
    }
}

/// `[[conversion]]`: the price of one currency in another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// `USD_JPY` is the price of one dollar in yen.
    pub pair: String,
    /// CSV or Parquet file of its bars, relative to the project root.
    pub bars: String,
}

impl Data {
    /// How many symbols there are.
    pub fn count(&self) -> usize {
        self.bars.len()
    }

    /// Name of what is traded, all of it.
    pub fn title(&self) -> String {
        match self.symbols.len() {
            0 => self.symbol.clone(),
            _ if self.symbol != default_symbol() => self.symbol.clone(),
            1..=4 => self.symbols.join(" "),
            n => format!("{n} symbols"),
        }
    }

    /// Trading days in a year: what daily results are annualised with.
    pub fn days_per_year(&self) -> f64 {
        self.days_per_year.unwrap_or_else(|| self.calendar.days_per_year())
    }

    /// Bars in a year: what results of bars are annualised with.
    pub fn bars_per_year(&self, timeframe: Timeframe) -> f64 {
        match self.calendar {
            Calendar::Always => timeframe.per_year(self.days_per_year()),
            c => c.bars_per_year(timeframe) * (self.days_per_year() / c.days_per_year()),
        }
    }

    /// Name of symbol `k`.
    pub fn name(&self, k: usize) -> &str {
        self.symbols.get(k).unwrap_or(&self.symbol)
    }
}

fn default_symbol() -> String {
    "UNNAMED".to_owned()
}

/// `[gate]`: what the run is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// Criteria files, relative to the project root.
    pub criteria: Vec<String>,
    /// Whether an interval that holds the bound makes a criterion inconclusive.
    pub strict: bool,
    /// Bootstrap resamples behind every interval.
    pub resamples: u32,
}

impl Default for Gate {
    fn default() -> Self {
        Self { criteria: vec![], strict: true, resamples: 1000 }
    }
}

/// `[report]`: what the charts show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportOptions {
    /// First bar of the price chart, UTC; where absent, the window around the most trades is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_from: Option<String>,
    /// Bars of the price chart.
    pub price_bars: usize,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { price_from: None, price_bars: 240 }
    }
}

/// The text as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    system: SystemName,
    #[serde(default = "default_seed")]
    seed: u64,
    data: Data,
    #[serde(default)]
    account: Account,
    #[serde(default)]
    instrument: Vec<Table>,
    #[serde(default)]
    conversion: Vec<Conversion>,
    #[serde(default)]
    execution: Execution,
    #[serde(default)]
    risk: Risk,
    #[serde(default)]
    params: Table,
    #[serde(default)]
    gate: Gate,
    #[serde(default)]
    report: ReportOptions,
    #[serde(default)]
    sweep: Table,
    #[serde(default)]
    montecarlo: MonteCarlo,
    #[serde(default)]
    walkforward: WalkForward,
}

fn default_seed() -> u64 {
    42
}

/// A scenario, resolved: every value is here, defaults included.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name: the folder of its runs.
    pub name: String,
    /// Which system runs.
    pub system: SystemName,
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
    /// Defaults the parameters start from.
    pub profile: unified::Profile,
    /// Parameters of the unified framework, whose labels every system is measured by.
    pub params: unified::Params,
    /// Parameters of another system.
    pub own: Own,
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
}

impl Scenario {
    /// Reads a scenario file and applies `--set` assignments.
    ///
    /// # Errors
    /// Names the file and line, the rule, what was found, and the nearest valid name for an unknown key. All
    /// violations of ranges are reported at once.
    pub fn read(path: &Path, assignments: &[String]) -> Result<Self> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| {
            let hint = match e.kind() {
                std::io::ErrorKind::NotFound => "check the path; scenarios/unified.toml is an example",
                std::io::ErrorKind::InvalidData => "a scenario is a UTF-8 text file in TOML",
                _ => "check that it is a readable file",
            };
            Error::scenario(&shown, format!("cannot read the scenario: {e}")).hint(hint)
        })?;
        let root = project_root(path);
        Self::parse(&text, &shown, root, assignments)
    }

    /// The same from text; `shown` is what errors call the file.
    pub fn parse(text: &str, shown: &str, root: PathBuf, assignments: &[String]) -> Result<Self> {
        let raw: Raw = toml::from_str(text).map_err(|e| refused(shown, text, &e))?;
        let raw = if assignments.is_empty() { raw } else { assigned(text, assignments)? };
        let place = |key: &str| {
            let path: Vec<&str> = key.split('.').collect();
            match assignments.iter().rev().find(|a| a.split('=').next().is_some_and(|k| k.trim() == key)) {
                Some(a) => format!("--set {a}"),
                None => line_of(text, &path).map_or_else(|| shown.to_owned(), |l| format!("{shown}:{l}")),
            }
        };

        let mut values = vec![];
        flatten(&raw.params, "", &mut values);
        let mut profile = unified::Profile::Sound;
        let mut faults: Vec<(String, String, Option<String>)> = vec![];
        let framework = raw.system == SystemName::Unified;
        if let Some((_, value)) = values.iter().find(|(k, _)| framework && k == "profile") {
            match unified::Profile::read(value, None) {
                Ok(p) => profile = p,
                Err(e) => faults.push((place("params.profile"), format!("params.profile {e}"), None)),
            }
        }
        let mut params = unified::Params::of(profile);
        let mut own = Own::of(raw.system);
        let specs = raw.system.specs();
        for (name, value) in values.iter().filter(|(k, _)| !(framework && k == "profile")) {
            let key = format!("params.{name}");
            match own.set(&mut params, name, value) {
                Ok(()) => {}
                Err(Some(rule)) => faults.push((place(&key), format!("{key} {rule}"), hint_of(&specs, name))),
                Err(None) => {
                    let hint = near(raw.system, &specs, name);
                    faults.push((place(&key), format!("unknown parameter {name:?}"), hint));
                }
            }
        }
        let instruments = instruments(&raw, &mut |rule| faults.push((place("instrument"), rule, None)));
        let sweep = Sweep::of(&raw.sweep).unwrap_or_else(|wrong| {
            for (key, rule) in wrong {
                let key = format!("sweep.{key}");
                faults.push((place(&key), format!("{key} {rule}"), None));
            }
            Sweep::default()
        });
        let ranges = raw.execution.violations().into_iter().chain(raw.risk.violations());
        let ranges = ranges.chain(raw.montecarlo.violations()).chain(raw.walkforward.violations());
        let ranges = ranges.chain(own.conflicts(&params)).chain(violations(&raw));
        for rule in ranges {
            let key = rule.split(' ').next().unwrap_or_default().to_owned();
            faults.push((place(&key), rule, None));
        }
        if let Some((first, rule, hint)) = faults.first() {
            let more: String = faults[1..].iter().map(|(p, r, _)| format!("\n{p}: {r}")).collect();
            let error = Error::scenario(first, format!("{rule}{more}"));
            return Err(match hint {
                Some(h) => error.hint(h),
                None => error.hint("the value must lie in the range given"),
            });
        }
        Ok(Self {
            name: raw.name,
            system: raw.system,
            seed: raw.seed,
            // Written out, as every default.
            data: Data { days_per_year: Some(raw.data.days_per_year()), ..raw.data },
            account: raw.account,
            instruments,
            conversion: raw.conversion,
            execution: raw.execution,
            risk: raw.risk,
            profile,
            params,
            own,
            gate: raw.gate,
            report: raw.report,
            sweep,
            montecarlo: raw.montecarlo,
            walkforward: raw.walkforward,
            root,
        })
    }

    /// Sets one value by its full name, as `--set` does, without the rules between values; see [`Self::conflicts`].
    ///
    /// # Errors
    /// There is no such value, or it is out of its range: the rule in words.
    pub fn assign(&mut self, key: &str, value: &toml::Value) -> std::result::Result<(), String> {
        let (section, name) = key.split_once('.').ok_or_else(|| format!("{key} names no value"))?;
        match section {
            "params" => self.own.set(&mut self.params, name, value).map_err(|rule| match rule {
                Some(rule) => format!("{key} {rule}"),
                None => {
                    let near = near(self.system, &self.system.specs(), name).unwrap_or_default();
                    format!("{key} names no parameter of {}; {near}", self.system.name())
                }
            }),
            "execution" => replaced(&mut self.execution, key, name, value),
            "risk" => replaced(&mut self.risk, key, name, value),
            "account" => replaced(&mut self.account, key, name, value),
            _ => Err(format!("{key} names no value that can be varied")),
        }
    }

    /// Rules between values, and ranges of sections, that are broken; each in words.
    pub fn conflicts(&self) -> Vec<String> {
        let mut out = self.execution.violations();
        out.extend(self.risk.violations());
        out.extend(self.account.violations());
        out.extend(self.own.conflicts(&self.params));
        out
    }

    /// The scenario with every value written out; reading it gives the same scenario.
    pub fn resolved(&self) -> String {
        #[derive(Serialize)]
        struct Echo<'a> {
            name: &'a str,
            system: SystemName,
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
            system: self.system,
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
        let mut text = toml::to_string(&echo).unwrap_or_default();
        text.push_str("\n[params]");
        if self.own == Own::Unified {
            text.push_str(&format!("\nprofile = {}", self.profile.write()));
        }
        for (name, value) in self.own.values(&self.params) {
            text.push_str(&format!("\n{name} = {value}"));
        }
        text.push('\n');
        text
    }

    /// What it leaves open that whoever reads its results should know.
    pub fn notes(&self) -> Vec<String> {
        let mut calendars = self.instruments.iter().map(|i| i.calendar);
        let one = calendars.next().flatten().filter(|c| calendars.all(|other| other == Some(*c)));
        let other = one.filter(|c| !c.is_always() && self.data.calendar.is_always());
        let note = |c| {
            let title = self.data.title();
            format!("{title} trades by the calendar {c}; data.calendar = \"{c}\" annualises by it")
        };
        other.map(note).into_iter().collect()
    }

    /// The system's parameters with their values.
    pub fn values(&self) -> Vec<(&'static str, toml::Value)> {
        self.own.values(&self.params)
    }

    /// What it wants of its file of bars.
    pub fn request(&self) -> Request {
        let time = |text: &Option<String>| text.as_deref().and_then(parse_time);
        Request {
            timeframe: self.data.timeframe,
            from_ms: time(&self.data.from),
            to_ms: time(&self.data.to),
            time: self.data.time,
        }
    }
}

/// Sets `name` of a section by way of its written form.
fn replaced<T: Serialize + serde::de::DeserializeOwned>(
    section: &mut T,
    key: &str,
    name: &str,
    value: &toml::Value,
) -> std::result::Result<(), String> {
    let mut table = Table::try_from(&*section).map_err(|e| format!("{key}: {e}"))?;
    let mut inner = &mut table;
    let parts: Vec<&str> = name.split('.').collect();
    for part in &parts[..parts.len() - 1] {
        let slot = inner.entry((*part).to_owned()).or_insert_with(|| toml::Value::Table(Table::new()));
        inner = slot.as_table_mut().ok_or_else(|| format!("{key}: {part} is a value, not a section"))?;
    }
    inner.insert(parts[parts.len() - 1].to_owned(), value.clone());
    *section = table.try_into().map_err(|e: toml::de::Error| {
        let message = e.message().trim_end().replace('\n', " ");
        format!("{key} cannot be {value}: {message}")
    })?;
    Ok(())
}

/// `text` with assignments applied, read again.
fn assigned(text: &str, assignments: &[String]) -> Result<Raw> {
    let mut table: Table = toml::from_str(text).unwrap_or_default();
    for assignment in assignments {
        set(&mut table, assignment)?;
        if let Err(e) = Raw::deserialize(toml::Value::Table(table.clone())) {
            return Err(refused(&format!("--set {assignment}"), "", &e));
        }
    }
    Raw::deserialize(toml::Value::Table(table)).map_err(|e| refused("--set", "", &e))
}

/// The instrument of each symbol.
fn instruments(raw: &Raw, fault: &mut dyn FnMut(String)) -> Vec<Instrument> {
    let mut named: Vec<Instrument> = vec![];
    for table in &raw.instrument {
        match Instrument::resolved(table) {
            Ok(i) => {
                i.violations().into_iter().for_each(|v| fault(format!("instrument {:?}: {v}", i.symbol)));
                named.push(i);
            }
            Err(problem) => fault(format!("instrument.{problem}")),
        }
    }
    let symbols: Vec<&str> = (0..raw.data.bars.len()).map(|k| raw.data.name(k)).collect();
    for i in &named {
        if !symbols.contains(&i.symbol.as_str()) {
            let near = nearest(&i.symbol, symbols.iter().copied()).map_or_else(
                || format!("there are {}", symbols.join(", ")),
                |n| format!("did you mean {n:?}?"),
            );
            fault(format!("instrument.symbol names no symbol of the data: {:?}; {near}", i.symbol));
        }
    }
    let of = |s: &&str| {
        let found = named.iter().find(|i| i.symbol == **s).cloned();
        found.unwrap_or_else(|| Instrument { symbol: (*s).to_owned(), ..Instrument::default() })
    };
    symbols.iter().map(of).collect()
}

/// Rules on single values that types cannot say; each violation starts with its key.
fn violations(raw: &Raw) -> Vec<String> {
    let mut out = vec![];
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if raw.name.is_empty() || raw.name.starts_with('.') || !raw.name.chars().all(plain) {
        out.push(format!("name must be letters, digits, '-', '_' or '.', was {:?}", raw.name));
    }
    let files = raw.data.bars.len();
    if files == 0 {
        out.push("data.bars must name one file a symbol, was 0 files".to_owned());
    }
    if files > 1 && raw.system == SystemName::Unified {
        out.push(format!(
            "data.bars must name one file for the unified framework, was {files} files: it trades one instrument"
        ));
    }
    if files > 1 && raw.data.symbols.len() != files {
        out.push(format!(
            "data.symbols must name each of the {files} files of data.bars, was {} names",
            raw.data.symbols.len()
        ));
    }
    let mut names = raw.data.symbols.clone();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
        out.push(format!("data.symbols must be different names, was {:?} twice", pair[0]));
    }
    if files > 1000 {
        out.push(format!("data.bars must name at most 1000 files, was {files} files"));
    }
    for (key, these) in [("detail", &raw.data.detail), ("funding", &raw.data.funding)] {
        if !these.is_empty() && these.len() != files {
            out.push(format!(
                "data.{key} must name a file for each of the {files} files of data.bars, was {} (an empty name is none)",
                these.len()
            ));
        }
    }
    if let Some(days) = raw.data.days_per_year.filter(|d| !(1.0..=366.0).contains(d)) {
        out.push(format!("data.days_per_year must be a number in 1..=366, was {days}"));
    }
    out.extend(raw.account.violations());
    let ruled = raw.risk.staging != Staging::Full || raw.risk.emergency_stop;
    if raw.system != SystemName::Unified && ruled {
        let key = if raw.risk.emergency_stop { "risk.emergency_stop" } else { "risk.staging" };
        out.push(format!("{key} must be left out: these rules act on the unified framework only"));
    }
    if raw.execution.intrabar == Intrabar::Detail && raw.data.detail.is_empty() {
        out.push(
            "execution.intrabar must not be \"detail\" without finer bars: name their file as data.detail"
                .to_owned(),
        );
    }
    if !(100..=1_000_000).contains(&raw.gate.resamples) {
        out.push(format!(
            "gate.resamples must be a whole number in 100..=1000000, was {}",
            raw.gate.resamples
        ));
    }
    if !(20..=2000).contains(&raw.report.price_bars) {
        out.push(format!(
            "report.price_bars must be a whole number in 20..=2000, was {}",
            raw.report.price_bars
        ));
    }
    let times = [
        ("data.from", &raw.data.from),
        ("data.to", &raw.data.to),
        ("report.price_from", &raw.report.price_from),
    ];
    for (key, text) in times {
        if let Some(text) = text.as_ref().filter(|t| parse_time(t).is_none()) {
            out.push(format!("{key} must be a UTC date such as \"2021-01-01\", was {text:?}"));
        }
    }
    let range = (raw.data.from.as_deref().and_then(parse_time), raw.data.to.as_deref().and_then(parse_time));
    if let (Some(from), Some(to)) = range
        && from >= to
    {
        out.push("data.from must be earlier than data.to: the range is empty".to_owned());
    }
    out
}

fn hint_of(specs: &[ParamSpec], name: &str) -> Option<String> {
    specs.iter().find(|s| s.name == name).map(|s| s.meaning.to_owned())
}

fn near(system: SystemName, specs: &[ParamSpec], name: &str) -> Option<String> {
    let all = format!("`assay params {}` prints all", system.name());
    Some(match nearest(name, specs.iter().map(|s| s.name)) {
        Some(n) => format!("did you mean {n:?}? {all}"),
        None => all,
    })
}

/// The folder above `scenarios/`, or the scenario's own where there is no such folder.
fn project_root(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let above = absolute.ancestors().skip(1).find(|a| a.file_name().is_some_and(|n| n == "scenarios"));
    let root = above.and_then(Path::parent).or(absolute.parent());
    root.unwrap_or(Path::new(".")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"a.csv\"]\n\n[params]\nentry.QUIET = 0.8\n";

    fn parse(text: &str, sets: &[&str]) -> Result<Scenario> {
        let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
        Scenario::parse(text, "t.toml", PathBuf::from("."), &sets)
    }

    #[test]
    fn the_echo_reads_back_as_the_same_scenario() {
        let a =
            parse(TEXT, &["params.trail_atr=0.5", "params.profile=upstream", "execution.fee_bps=4"]).unwrap();
        assert_eq!((a.params.trail_atr, a.params.entry_quiet, a.execution.fee_bps), (Some(0.5), 0.8, 4.0));
        assert_eq!(a.params.adx_full_scale, 100.0);
        assert_eq!(parse(&a.resolved(), &[]).unwrap(), a);
    }

    #[test]
    fn faults_name_line_rule_and_remedy() {
        let cases: &[(&str, &[&str])] = &[
            (
                "[params]\nentry.QUITE = 0.8",
                &["t.toml:8", "unknown parameter \"entry.QUITE\"", "did you mean \"entry.QUIET\"?"],
            ),
            (
                "[params]\nentry.QUIET = 1.8",
                &["t.toml:8", "params.entry.QUIET must be a number in 0.6..=0.9, was 1.8"],
            ),
            ("[params]\nvariant = \"S8\"", &["t.toml:8", "was \"S8\"", "\"S7\" | \"S5_static\""]),
            (
                "[execution]\nfee_bsp = 1",
                &["t.toml:8", "unknown key \"fee_bsp\"", "did you mean \"fee_bps\"?"],
            ),
            ("[execution]\nfee_bps = \"x\"", &["t.toml:8", "invalid type"]),
            (
                "[execution]\nfee_bps = -1",
                &["t.toml:8", "execution.fee_bps must be a number in 0..=1000, was -1"],
            ),
            ("[risk]\nestop_at = \"soon\"", &["t.toml:8", "risk.estop_at must be a UTC time"]),
            ("[account]\nequity = 0", &["t.toml:8", "account.equity must be a positive number"]),
            ("[gates]\n", &["t.toml:7", "unknown key \"gates\"", "did you mean \"gate\"?"]),
            ("[gate", &["t.toml:7"]),
        ];
        for (tail, words) in cases {
            let text =
                format!("name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"a.csv\"]\n\n{tail}\n");
            let e = parse(&text, &[]).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            for w in *words {
                assert!(e.to_string().contains(w), "{tail:?}: {e}");
            }
        }
    }

    #[test]
    fn all_violations_come_at_once() {
        let text = TEXT.replace("0.8", "8.0\nentry.TRENDING = 9") + "[account]\nequity = -1\n";
        let e = parse(&text, &[]).unwrap_err().to_string();
        assert!(
            e.contains("entry.QUIET") && e.contains("entry.TRENDING") && e.contains("account.equity"),
            "{e}"
        );
    }

    #[test]
    fn assignments_are_blamed_for_what_they_break() {
        for (set, words) in [
            ("params.trail_atr", "has no value"),
            ("params.trail_atr=9", "--set params.trail_atr=9: params.trail_atr must be"),
            ("params..x=1", "is not a key"),
            ("seed.x=1", "--set seed.x=1"),
            ("execution.fees=1", "unknown key \"fees\""),
        ] {
            let e = parse(TEXT, &[set]).unwrap_err().to_string();
            assert!(e.contains(words), "{set}: {e}");
        }
    }

    #[test]
    fn an_empty_range_is_refused() {
        let e = parse(TEXT, &["data.from=\"2022-01-01\"", "data.to=\"2021-01-01\""]).unwrap_err().to_string();
        assert!(e.contains("the range is empty"), "{e}");
    }

    #[test]
    fn a_calendar_says_how_many_days_and_bars_make_a_year() {
        let year = |sets: &[&str]| {
            let s = parse(TEXT, sets).unwrap();
            assert_eq!(parse(&s.resolved(), &[]).unwrap(), s);
            (s.data.days_per_year(), s.data.bars_per_year(Timeframe::H1), s.resolved().contains("calendar"))
        };
        assert_eq!(year(&[]), (365.0, 8760.0, false));
        assert_eq!(year(&["data.calendar=always"]), (365.0, 8760.0, false));
        assert_eq!(year(&["data.days_per_year=252"]), (252.0, 6048.0, false));
        assert_eq!(year(&["data.calendar=fx"]), (260.0, 6240.0, true));
        assert_eq!(year(&["data.calendar=us-equity"]), (252.0, 1764.0, true));
        assert_eq!(year(&["data.calendar=us-equity", "data.days_per_year=126"]), (126.0, 882.0, true));
        let notes = |sets: &[&str]| {
            let text = format!("{TEXT}[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"\n");
            let sets: Vec<&str> = ["data.symbol=EURUSD"].iter().chain(sets).copied().collect();
            parse(&text, &sets).unwrap().notes()
        };
        assert_eq!(notes(&[]), ["EURUSD trades by the calendar fx; data.calendar = \"fx\" annualises by it"]);
        assert_eq!(notes(&["data.calendar=fx"]), Vec::<String>::new());
        assert_eq!(parse(TEXT, &[]).unwrap().notes(), Vec::<String>::new());
        let text = TEXT.replace("[params]", "calendar = \"us_equity\"\n[params]");
        let e = parse(&text, &[]).unwrap_err().to_string();
        assert!(e.contains("t.toml:7") && e.contains("did you mean us-equity?"), "{e}");
    }
}
