//! One scenario over one history: the system and its baselines, under both edges of the intrabar path.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::data_summary::{EventsSummary, LabelFileSummary, PositionsSummary};
use super::history::{History, Prepared};
use super::identity::Provenance;
use super::inputs::Inputs;
use super::job::Ready;
use super::promises;
use super::replays::{Replays, baselines, replays};
use super::timing::{Retimed, RetimedRun, SkippedReading, retimed};
use crate::data::Loaded;
use crate::data::table::Table;
use crate::error::Result;
use crate::execution::Intrabar;
use crate::progress::Progress;
use crate::regime::{NO_REGIME, RegimeScheme};
use crate::replay::{
    AccountId, AccountState, Clock, FillRule, FullRecorder, PaperRun, PositionChange, Refusals, Rejected,
    RiskManager, Trade,
};
use crate::risk::{Event, Risk};
use crate::scenario::Scenario;
use crate::system::{Extra, ExtraData, Labels, Opaque, Record, RunLog, RunView, SymbolView, Target};

/// What one setting did, whole.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its variant of the system, as tables name it.
    pub name: &'static str,
    /// Path taken inside ambiguous bars.
    pub intrabar: Intrabar,
    /// At which price its market orders filled.
    pub fill: FillRule,
    /// Equity at the close of every judged step.
    pub equity: Vec<f64>,
    /// Notional over equity at those closes, negative for a short.
    pub exposure: Vec<f64>,
    /// Closed trades in the order of their exits.
    pub trades: Vec<Trade>,
    /// From which open on which units were held of each symbol: nothing before the first.
    pub changes: Vec<PositionChange>,
    /// The account at the end.
    pub ledger: AccountState,
    /// Acts of the rules inside and above the system, in the order of time.
    pub events: Vec<Event>,
    /// Step of the first emergency stop, if there was one.
    pub emergency_stop_step: Option<usize>,
    /// What the limits refused.
    pub refusals: Refusals,
    /// What became of the paper accounts of a system that keeps some; equity of the judged steps.
    pub papers: Vec<PaperRun>,
    /// Orders and candidates that were refused, of a system that trades the whole account.
    pub rejects: Vec<(AccountId, Rejected)>,
    /// What the traders left behind.
    pub(super) log: Option<RunLog>,
    /// The setting, ready to trade.
    pub(super) candidate: Opaque,
    /// What it read of each symbol.
    pub(super) columns: Arc<Vec<Opaque>>,
}

/// One symbol of a run.
#[derive(Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// First bar that may be decided at.
    pub first: usize,
    /// The regime of each bar.
    pub labels: Arc<Labels>,
    /// Its history and what is known of its file.
    pub loaded: Loaded,
}

/// A scenario that has been run.
#[derive(Debug)]
pub struct Backtest {
    /// The scenario.
    pub scenario: Scenario,
    /// What is traded.
    pub symbols: Vec<Symbol>,
    /// Prices of currencies, by pair.
    pub conversions: Vec<(String, Loaded)>,
    /// What it was made of.
    pub provenance: Provenance,
    /// The union of their bars; the bars themselves where there is one symbol.
    pub clock: Clock,
    /// First step at whose close the system may decide.
    pub first: usize,
    /// Equity at the close of each step from there on of buying all symbols and holding.
    pub hold: Vec<f64>,
    /// Code of the regime of the first symbol at each step from there on, known at its close; none before the
    /// labels have warmed up.
    pub labels: Vec<u8>,
    /// The one known at the open of the first of these steps.
    pub label_before: u8,
    /// Bars with a fill of the run at which a market order pays no impact or slippage by the average true range, because it is
    /// not known of them.
    pub unpaid_fills: usize,
    /// What the codes of labels stand for.
    pub regimes: RegimeScheme,
    /// The file that the labels came from.
    pub label_file: Option<LabelFileSummary>,
    /// The files of positions or orders that the system read beside the bars.
    pub extras: Vec<PositionsSummary>,
    /// The files of events that it read.
    pub events: Vec<EventsSummary>,
    /// The run itself, under the scenario's intrabar policy.
    pub main: Run,
    /// The same under the pessimistic path (what a gate reads) and the optimistic one.
    pub edges: [Run; 2],
    /// The same without emergency stop, where one was called.
    pub without_stop: Option<Run>,
    /// The system's baselines on the same bars, costs and cash, by the pessimistic path, at full exposure without
    /// `[risk]`. Where that acts on the run, its own variant is the last of them.
    pub baselines: Vec<Run>,
    /// The same under other readings of when positions and orders from outside were known.
    pub retimed: Vec<RetimedRun>,
    /// Those readings of which there is no run, and why.
    pub not_retimed: Vec<SkippedReading>,
    /// How long each stage took; never part of a result file.
    pub timings: Timings,
}

/// Wall time by stage.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Features, regimes and columns of the system.
    pub readings: Duration,
    /// Decisions of the scenario's setting, for the record.
    pub decisions: Duration,
    /// Replays of all settings and edges, each with its decisions.
    pub replay: Duration,
}

/// Runs `scenario` over its files.
///
/// # Errors
/// The history is shorter than the warm-up and a bar to trade, or something the scenario asks for is not in
/// it.
pub fn backtest(scenario: Scenario, inputs: impl Into<Inputs>) -> Result<Backtest> {
    backtest_with(scenario, inputs, &Progress::silent())
}

/// The same, which may be told to stop between any two of its replays.
///
/// # Errors
/// As [`backtest`], or it was told to stop.
pub fn backtest_with(scenario: Scenario, inputs: impl Into<Inputs>, progress: &Progress) -> Result<Backtest> {
    let clock = Instant::now();
    let history = History::once(&scenario, inputs.into())?;
    history.must_last(scenario.system.warmup(&scenario.params), history.first(&scenario))?;
    let firsts = history.firsts(&scenario, history.first(&scenario));
    progress.check()?;
    let prepared = history.prepare(&scenario)?;
    let labels = history.labels(&scenario, &prepared)?;
    let regimes = history.regimes(&scenario)?;
    progress.check()?;
    let mut timings = Timings { readings: clock.elapsed(), ..Timings::default() };

    let clock = Instant::now();
    let Replays { main, edges, without_stop, decided } = replays(&history, &scenario, &prepared, progress)?;
    timings.decisions = decided;
    let first = history.first(&scenario);
    let baselines = baselines(&history, &scenario, &prepared, progress)?;
    let Retimed { runs: retimed, skipped: not_retimed } = retimed(&history, &scenario, &prepared, progress)?;
    timings.replay = clock.elapsed() - decided;

    let hold = history.hold(&scenario, first, scenario.account.equity)?;
    let steps = history.clock.clone();
    let provenance = history.inputs().provenance(&scenario);
    let unpaid_fills = unpaid_fills(&main, &scenario, &prepared);
    let names: Vec<String> = (0..scenario.data.count()).map(|k| scenario.data.name(k).to_owned()).collect();
    let Inputs { symbols, conversions, extras, .. } = history.into_inputs();
    let symbols: Vec<Symbol> = symbols
        .into_iter()
        .zip(names)
        .zip(labels.into_iter().zip(firsts))
        .map(|((loaded, name), (labels, first))| Symbol { name, first, labels, loaded })
        .collect();
    let label_before = |step: usize| label_before(&symbols[0], &steps, step);
    let mut b = Backtest {
        labels: (first + 1..=steps.len()).map(label_before).collect(),
        label_before: label_before(first),
        unpaid_fills,
        hold,
        first,
        clock: steps,
        scenario,
        symbols,
        conversions,
        provenance,
        regimes,
        label_file: None,
        extras: vec![],
        events: extras.iter().filter_map(|e| EventsSummary::of(e)).collect(),
        main,
        edges,
        without_stop,
        baselines,
        retimed,
        not_retimed,
        timings,
    };
    b.name_files(&extras)?;
    Ok(b)
}

/// Bars with a fill of `run` at which costs that a scenario asks for are not known.
fn unpaid_fills(run: &Run, scenario: &Scenario, prepared: &Prepared) -> usize {
    let real = run.trades.iter().filter(|t| !t.shadow);
    let fills = real.flat_map(|t| [(t.symbol, t.entry_bar), (t.symbol, t.exit_bar)]);
    let lacks = |(k, bar): &(u16, usize)| prepared.markets[usize::from(*k)].lacks_costs(scenario, *bar);
    fills.filter(lacks).collect::<BTreeSet<_>>().len()
}

/// One replay, whole.
pub(super) fn full(
    ready: &Ready<'_>,
    scenario: &Scenario,
    prepared: &Prepared,
    path: Intrabar,
    risk: &Risk,
) -> Run {
    let execution = scenario.execution.with_intrabar(path);
    let mut recorder = FullRecorder::new(ready.clock.len());
    let symbols = prepared.columns.len();
    let limits = &risk.limits;
    let risk_manager = limits.any().then(|| RiskManager::new(limits, scenario.account.equity, symbols));
    let replayed = ready.replay(&execution, risk, risk_manager, Target::Full(&mut recorder));
    Run::of(ready, scenario, prepared, &execution, recorder, replayed)
}

impl Run {
    /// What a replay left behind.
    pub(super) fn of(
        ready: &Ready<'_>,
        scenario: &Scenario,
        prepared: &Prepared,
        execution: &crate::execution::Execution,
        mut recorder: FullRecorder,
        replayed: crate::system::Replayed,
    ) -> Self {
        let mut events = replayed.log.as_ref().map_or(vec![], |log| log.events.clone());
        let mut refusals = Refusals::default();
        let mut emergency_stop_step = None;
        if let Some(deployment) = replayed.deployment {
            events.extend(deployment.events);
            refusals.stopped = deployment.blocked;
            emergency_stop_step = deployment.emergency_stop_step;
        }
        if let Some(risk_manager) = replayed.risk_manager {
            events.extend(risk_manager.events);
            refusals = Refusals { stopped: refusals.stopped, ..risk_manager.refusals };
        }
        events.sort_by_key(|e| e.time_ms);
        for paper in &mut recorder.papers {
            paper.equity.drain(..ready.first);
        }
        Self {
            name: scenario.variant(),
            papers: recorder.papers,
            rejects: recorder.rejects,
            intrabar: execution.intrabar,
            fill: execution.fill,
            equity: recorder.equity.split_off(ready.first),
            exposure: recorder.exposure.split_off(ready.first),
            trades: recorder.trades,
            changes: recorder.changes,
            ledger: replayed.ledger,
            events,
            emergency_stop_step,
            refusals,
            log: replayed.log,
            candidate: ready.candidate.clone(),
            columns: prepared.columns.clone(),
        }
    }
}

impl Run {
    /// What the traders of its system left behind, by the system's own type.
    pub fn log<L: 'static>(&self) -> Option<&L> {
        self.log.as_ref()?.get()
    }
}

/// The label known at the open of `step`: that of the last bar of the first symbol before it.
fn label_before(symbol: &Symbol, clock: &Clock, step: usize) -> u8 {
    clock.bar_at(0, step).checked_sub(1).map_or(NO_REGIME, |i| symbol.labels.code(i))
}

impl Backtest {
    /// First step with a decision.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The history of the first symbol and what is known of its file.
    pub fn loaded(&self) -> &Loaded {
        &self.symbols[0].loaded
    }

    /// The run under the pessimistic path, where its own is another.
    pub fn pessimistic(&self) -> Option<&Run> {
        (self.main.intrabar != Intrabar::Pessimistic).then_some(&self.edges[0])
    }

    /// The symbol of a trade.
    pub fn symbol(&self, trade: &Trade) -> &Symbol {
        &self.symbols[usize::from(trade.symbol)]
    }

    /// Code of the regime of the trade's symbol at the close that decided it.
    pub fn label_of(&self, trade: &Trade) -> u8 {
        self.symbol(trade).labels.code(trade.signal_bar)
    }

    /// The step of a bar of the trade's symbol.
    pub fn step(&self, trade: &Trade, bar: usize) -> usize {
        self.clock.step_of(usize::from(trade.symbol), bar)
    }

    /// Close time of every judged step.
    pub fn close_times(&self) -> Vec<i64> {
        (self.first()..self.clock.len()).map(|t| self.clock.close_time(t)).collect()
    }

    /// Code of the regime known at the open of every bar from the first decision on.
    pub fn regime_at_open(&self) -> Vec<u8> {
        let before = std::iter::once(self.label_before);
        before.chain(self.labels.iter().copied()).take(self.labels.len()).collect()
    }

    /// A run of it, as its system sees it.
    fn view<'a>(&'a self, run: &'a Run) -> RunView<'a> {
        let symbol = |s: &'a Symbol| SymbolView {
            name: &s.name,
            bars: &s.loaded.bars,
            first: s.first,
            labels: &s.labels,
        };
        RunView {
            symbols: self.symbols.iter().map(symbol).collect(),
            clock: &self.clock,
            first: self.first,
            trades: &run.trades,
            papers: &run.papers,
            rejects: &run.rejects,
            regimes: &self.regimes,
        }
    }

    /// What the system says of the run itself: its decisions, reasons, facts and tables.
    ///
    /// # Errors
    /// The system gave a column of another length.
    pub fn record(&self) -> Result<Record> {
        let run = &self.main;
        let system = self.scenario.system;
        let record = system.record(&self.view(run), &run.columns, &run.candidate, run.log.as_ref());
        let decided = self.symbols.iter().map(|s| s.loaded.bars.len() - s.first).sum();
        promises::record(system, &record, decided)?;
        promises::exits(system, &run.trades)?;
        promises::rejects(system, &run.rejects)?;
        Ok(record)
    }

    /// Says of the files beside the bars what they were, and what became of them.
    fn name_files(&mut self, extras: &[Arc<Extra>]) -> Result<()> {
        let labels = extras.iter().find(|e| matches!(e.data, ExtraData::Labels(_)));
        self.label_file = labels.map(|e| LabelFileSummary::of(&e.data));
        let for_bars = |d: &&ExtraData| matches!(d, ExtraData::Positions(_) | ExtraData::Orders(_));
        let read: Vec<&ExtraData> = extras.iter().map(|e| &e.data).filter(for_bars).collect();
        if !read.is_empty() {
            let record = self.record()?;
            self.extras = read.into_iter().map(|d| PositionsSummary::of(d, &record)).collect();
        }
        Ok(())
    }

    /// Adds the system's own columns to a table of the trades of `run`.
    pub(super) fn add_trade_columns(&self, run: &Run, table: &mut Table) -> Result<()> {
        let system = self.scenario.system;
        for c in system.trade_columns(&self.view(run), &run.columns, &run.candidate, run.log.as_ref()) {
            promises::trade_column(system, &c, table)?;
            table.push_after(c.after, c.name, c.values);
        }
        Ok(())
    }
}
