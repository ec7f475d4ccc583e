//! Any system behind one pointer.

use std::fmt;

use super::about::About;
use super::interface::{Made, SymbolData, System};
use super::labels::Labels;
use super::observe::Observed;
use super::opaque::{Opaque, RunLog};
use super::params::ParamSet;
use super::parts::{Part, RunTables};
use super::record::{Record, RunView, TradeColumn};
use super::replaying::{Replayed, Replaying, Target, replay};
use crate::data::table::Table;
use crate::error::{Result, Violation};
use crate::features::FeatureFamily;
use crate::params::{ParamSpec, Parameters};
use crate::replay::Switches;

/// A [`System`] whose types are forgotten. Every method is that of the trait.
trait Erased: fmt::Debug + Send + Sync {
    fn about(&self) -> &About;
    fn table(&self) -> Vec<ParamSpec>;
    fn defaults(&self) -> ParamSet;
    fn presets(&self) -> Option<(&'static str, Vec<(&'static str, ParamSet)>)>;
    fn conflicts(&self, p: &ParamSet) -> Vec<Violation>;
    fn variant(&self, p: &ParamSet) -> &'static str;
    fn features(&self) -> &'static [FeatureFamily];
    fn warmup(&self, p: &ParamSet) -> usize;
    fn columns(&self, of: &SymbolData<'_>, p: &ParamSet) -> Result<Opaque>;
    fn labels(&self, columns: &Opaque) -> Option<Labels>;
    fn relabelled(&self, columns: &Opaque, labels: &Labels) -> Option<Opaque>;
    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        columns: &[Opaque],
        p: &ParamSet,
        keep: bool,
    ) -> Result<Opaque>;
    fn replay(
        &self,
        candidate: &Opaque,
        columns: &[Opaque],
        replaying: Replaying<'_>,
        target: Target<'_, '_>,
    ) -> Replayed;
    fn switches<'a>(&self, candidate: &'a Opaque) -> Option<Switches<'a>>;
    fn follows_path(&self, p: &ParamSet) -> bool;
    fn baselines(&self, p: &ParamSet) -> Vec<ParamSet>;
    fn record(
        &self,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Record;
    fn trade_columns(
        &self,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Vec<TradeColumn>;
    fn monitoring(&self, trades: &Table, start_ms: i64, end_ms: i64) -> Result<Option<serde_json::Value>>;
    fn table_facts(&self, signals: &Table, trades: &Table) -> Vec<(&'static str, f64)>;
    fn parts(&self, of: &RunTables<'_>) -> Result<Vec<Part>>;
    fn observe(
        &self,
        symbol: &SymbolData<'_>,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Observed;
}

fn made<'a, S: System>(columns: &'a [Opaque], candidate: &'a Opaque, log: Option<&'a RunLog>) -> Made<'a, S> {
    Made {
        columns: columns.iter().map(Opaque::typed).collect(),
        candidate: candidate.typed(),
        log: log.map(RunLog::typed),
    }
}

impl<S: System> Erased for S {
    fn about(&self) -> &About {
        System::about(self)
    }

    fn table(&self) -> Vec<ParamSpec> {
        S::Params::table()
    }

    fn defaults(&self) -> ParamSet {
        ParamSet::of(S::Params::default())
    }

    fn presets(&self) -> Option<(&'static str, Vec<(&'static str, ParamSet)>)> {
        let presets = System::presets(self)?;
        let sets = presets.sets.into_iter().map(|(name, p)| (name, ParamSet::of(p))).collect();
        Some((presets.parameter, sets))
    }

    fn conflicts(&self, p: &ParamSet) -> Vec<Violation> {
        System::conflicts(self, p.typed())
    }

    fn variant(&self, p: &ParamSet) -> &'static str {
        System::variant(self, p.typed())
    }

    fn features(&self) -> &'static [FeatureFamily] {
        System::features(self)
    }

    fn warmup(&self, p: &ParamSet) -> usize {
        System::warmup(self, p.typed())
    }

    fn columns(&self, of: &SymbolData<'_>, p: &ParamSet) -> Result<Opaque> {
        System::columns(self, of, p.typed()).map(Opaque::of)
    }

    fn labels(&self, columns: &Opaque) -> Option<Labels> {
        System::labels(self, columns.typed())
    }

    fn relabelled(&self, columns: &Opaque, labels: &Labels) -> Option<Opaque> {
        System::relabelled(self, columns.typed(), labels).map(Opaque::of)
    }

    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        columns: &[Opaque],
        p: &ParamSet,
        keep: bool,
    ) -> Result<Opaque> {
        let columns: Vec<&S::Columns> = columns.iter().map(Opaque::typed).collect();
        System::candidate(self, symbols, &columns, p.typed(), keep).map(Opaque::of)
    }

    fn replay(
        &self,
        candidate: &Opaque,
        columns: &[Opaque],
        replaying: Replaying<'_>,
        target: Target<'_, '_>,
    ) -> Replayed {
        let columns: Vec<&S::Columns> = columns.iter().map(Opaque::typed).collect();
        replay(self, candidate.typed(), &columns, replaying, target)
    }

    fn switches<'a>(&self, candidate: &'a Opaque) -> Option<Switches<'a>> {
        System::switches(self, candidate.typed())
    }

    fn follows_path(&self, p: &ParamSet) -> bool {
        System::follows_path(self, p.typed())
    }

    fn baselines(&self, p: &ParamSet) -> Vec<ParamSet> {
        System::baselines(self, p.typed()).into_iter().map(ParamSet::of).collect()
    }

    fn record(
        &self,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Record {
        System::record(self, run, &made(columns, candidate, log))
    }

    fn trade_columns(
        &self,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Vec<TradeColumn> {
        System::trade_columns(self, run, &made(columns, candidate, log))
    }

    fn monitoring(&self, trades: &Table, start_ms: i64, end_ms: i64) -> Result<Option<serde_json::Value>> {
        System::monitoring(self, trades, start_ms, end_ms)
    }

    fn table_facts(&self, signals: &Table, trades: &Table) -> Vec<(&'static str, f64)> {
        System::table_facts(self, signals, trades)
    }

    fn parts(&self, of: &RunTables<'_>) -> Result<Vec<Part>> {
        System::parts(self, of)
    }

    fn observe(
        &self,
        symbol: &SymbolData<'_>,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Observed {
        System::observe(self, symbol, run, &made(columns, candidate, log))
    }
}

/// A system of the registry. Copies are the same system.
#[derive(Clone, Copy)]
pub struct SystemRef {
    system: &'static dyn Erased,
    built_in: bool,
}

impl PartialEq for SystemRef {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.about().version == other.about().version
    }
}

impl fmt::Debug for SystemRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "system {}", self.name())
    }
}

/// What a system is asked, whatever its types: each method is that of [`System`]; [`Opaque`] values go back
/// to the system that made them.
/// # Panics
/// Where a value (parameters, columns, a candidate) goes to another system than the one that made it.
impl SystemRef {
    /// `system`, its types forgotten.
    pub fn of<S: System>(system: &'static S) -> Self {
        Self { system, built_in: false }
    }

    /// The same of a system that comes with the program.
    pub(crate) fn built_in<S: System>(system: &'static S) -> Self {
        Self { system, built_in: true }
    }

    /// Whether it comes with the program, whose tests check that it reads no future; nobody can say so of a user's own.
    pub fn is_built_in(self) -> bool {
        self.built_in
    }

    /// What it is.
    pub fn about(self) -> &'static About {
        self.system.about()
    }

    /// Its name in scenario files.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// The table of its parameters.
    pub fn specs(self) -> Vec<ParamSpec> {
        self.system.table()
    }

    /// Its parameters at their defaults.
    pub fn defaults(self) -> ParamSet {
        self.presets().map_or_else(
            || self.system.defaults(),
            |(_, sets)| sets.into_iter().next().map_or_else(|| self.system.defaults(), |(_, p)| p),
        )
    }

    /// The parameter that chooses a set of defaults, and the sets, the usual one first.
    pub fn presets(self) -> Option<(&'static str, Vec<(&'static str, ParamSet)>)> {
        self.system.presets()
    }

    /// Violated rules between parameters.
    pub fn conflicts(self, p: &ParamSet) -> Vec<Violation> {
        self.system.conflicts(p)
    }

    /// Which variant these parameters are.
    pub fn variant(self, p: &ParamSet) -> &'static str {
        self.system.variant(p)
    }

    /// Features that it declares.
    pub fn features(self) -> &'static [FeatureFamily] {
        self.system.features()
    }

    /// First bar at whose close it may decide.
    pub fn warmup(self, p: &ParamSet) -> usize {
        self.system.warmup(p)
    }

    /// What it reads of one symbol.
    ///
    /// # Errors
    /// An input does not belong to these bars.
    pub fn columns(self, of: &SymbolData<'_>, p: &ParamSet) -> Result<Opaque> {
        self.system.columns(of, p)
    }

    /// The regime of each bar.
    pub fn labels(self, columns: &Opaque) -> Option<Labels> {
        self.system.labels(columns)
    }

    /// The same columns under other labels.
    pub fn relabelled(self, columns: &Opaque, labels: &Labels) -> Option<Opaque> {
        self.system.relabelled(columns, labels)
    }

    /// One setting, ready to trade.
    ///
    /// # Errors
    /// An input does not belong to these bars.
    pub fn candidate(
        self,
        symbols: &[SymbolData<'_>],
        columns: &[Opaque],
        p: &ParamSet,
        keep: bool,
    ) -> Result<Opaque> {
        self.system.candidate(symbols, columns, p, keep)
    }

    /// One replay: the one call behind which the loop runs without another.
    pub fn replay(
        self,
        candidate: &Opaque,
        columns: &[Opaque],
        replaying: Replaying<'_>,
        target: Target<'_, '_>,
    ) -> Replayed {
        self.system.replay(candidate, columns, replaying, target)
    }

    /// Where it switches, if it does nothing else.
    pub fn switches(self, candidate: &Opaque) -> Option<Switches<'_>> {
        self.system.switches(candidate)
    }

    /// Whether runs may differ by the path inside bars that are not ambiguous.
    pub fn follows_path(self, p: &ParamSet) -> bool {
        self.system.follows_path(p)
    }

    /// Settings that a run is compared with.
    pub fn baselines(self, p: &ParamSet) -> Vec<ParamSet> {
        self.system.baselines(p)
    }

    /// What it adds to the folder of a run.
    pub fn record(
        self,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Record {
        self.system.record(run, columns, candidate, log)
    }

    /// Its columns of the table of trades.
    pub fn trade_columns(
        self,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Vec<TradeColumn> {
        self.system.trade_columns(run, columns, candidate, log)
    }

    /// Its tables for `summary.json`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn monitoring(self, trades: &Table, start_ms: i64, end_ms: i64) -> Result<Option<serde_json::Value>> {
        self.system.monitoring(trades, start_ms, end_ms)
    }

    /// Facts of the tables of a run.
    pub fn table_facts(self, signals: &Table, trades: &Table) -> Vec<(&'static str, f64)> {
        self.system.table_facts(signals, trades)
    }

    /// Its additions to the report.
    ///
    /// # Errors
    /// A column is missing.
    pub fn parts(self, of: &RunTables<'_>) -> Result<Vec<Part>> {
        self.system.parts(of)
    }

    /// What the causality check compares of it.
    pub fn observe(
        self,
        symbol: &SymbolData<'_>,
        run: &RunView<'_>,
        columns: &[Opaque],
        candidate: &Opaque,
        log: Option<&RunLog>,
    ) -> Observed {
        self.system.observe(symbol, run, columns, candidate, log)
    }

    /// The value that a parameter of the system holds as text, such as the path of an extra input.
    pub fn text(self, p: &ParamSet, parameter: &str) -> String {
        p.value(parameter).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}
