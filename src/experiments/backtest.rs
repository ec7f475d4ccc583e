//! One scenario over one history: the system and its baselines, under both edges of the intrabar path.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::own;
use super::summary::PositionsSummary;
use super::venue::{Inputs, Venue};
use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::features::FeatureCache;
use crate::regime::Regime;
use crate::replay::{
    Clock, Execution, ExitReason, FillRule, FullRecorder, Guard, Ledger, Market, Refusals, Trade, replay_all,
};
use crate::risk::Risk;
use crate::scenario::{Account, Own, Scenario};
use crate::signals::{Direction, PatternRecord, Variant};
use crate::systems::targets::Wanted;
use crate::systems::unified::{Decision, Plan, Readings, TraderLog, UnifiedTrader, first_row, read};

/// What one variant did.
#[derive(Debug, Clone)]
pub struct VariantRun {
    /// Its name in tables.
    pub name: &'static str,
    /// The variant, ready to trade; of another system, what its bars are labelled by.
    pub plan: Arc<Plan>,
    /// Path taken inside ambiguous bars.
    pub intrabar: Intrabar,
    /// At which price its market orders filled.
    pub fill: FillRule,
    /// Equity at the close of every bar from the warm-up on.
    pub equity: Vec<f64>,
    /// Notional over equity at those closes, negative for a short.
    pub exposure: Vec<f64>,
    /// Closed trades in the order of their exits.
    pub trades: Vec<Trade>,
    /// The account at the end.
    pub ledger: Ledger,
    /// What else the trader left behind.
    pub log: TraderLog,
    /// What the limits refused.
    pub refusals: Refusals,
}

/// One symbol of a run.
#[derive(Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// First bar that may be decided at.
    pub first: usize,
    /// Code of the regime of each bar, known at its close; none where there is no label.
    pub labels: Vec<u8>,
    /// Which positions a system other than the unified framework wanted.
    pub wanted: Option<Wanted>,
    /// Its history and what is known of its file.
    pub loaded: Loaded,
    pub(super) venue: Venue,
}

impl Symbol {
    pub(super) fn market(&self) -> Market<'_> {
        self.venue.market(&self.loaded)
    }

    /// Code of the regime of `bar`, known at its close.
    pub fn label(&self, bar: usize) -> u8 {
        self.labels.get(bar).copied().unwrap_or(Regime::NONE_CODE)
    }
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
    /// The union of their bars; the bars themselves where there is one symbol.
    pub clock: Clock,
    /// First tick at whose close the system may decide.
    pub first: usize,
    /// Code of the regime of the first symbol at each tick from there on, known at its close; none before the labels have warmed up.
    pub labels: Vec<u8>,
    /// What the unified framework read of each bar of the first symbol: its sources and the labels.
    pub readings: Arc<Readings>,
    /// What the scenario's variant decided at each of these bars; of another system nothing.
    pub decisions: Vec<Decision>,
    /// The file that wanted positions came from.
    pub positions: Option<PositionsSummary>,
    /// The run itself, under the scenario's intrabar policy.
    pub main: VariantRun,
    /// The same under the pessimistic path (what a gate reads) and the optimistic one.
    pub edges: [VariantRun; 2],
    /// The same without emergency stop, where one was called.
    pub without_stop: Option<VariantRun>,
    /// The other variants on the same bars, costs and cash, by the pessimistic path.
    pub baselines: Vec<VariantRun>,
    /// How long each stage took; never part of a result file.
    pub timings: Timings,
}

/// Wall time by stage.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Features, regimes and sources.
    pub readings: Duration,
    /// Decisions of the scenario's variant, for the record.
    pub decisions: Duration,
    /// Replays of all variants and edges, each with its decisions.
    pub replay: Duration,
}

/// Variants a run is compared with.
const BASELINES: [Variant; 4] = [Variant::S5Static, Variant::S5, Variant::S6V, Variant::S6P];

/// Runs `scenario` over its files.
///
/// # Errors
/// The history is shorter than the warm-up and a bar to trade, or something the scenario asks for is not in it.
pub fn backtest(scenario: Scenario, inputs: impl Into<Inputs>) -> Result<Backtest> {
    let inputs = inputs.into().checked()?;
    if scenario.own != Own::Unified {
        return own::backtest(scenario, inputs);
    }
    let [loaded] = &inputs.symbols[..] else {
        return Err(Error::usage("data.bars", "the unified framework trades one instrument"));
    };
    enough(&scenario, loaded)?;
    let clock = Instant::now();
    let cache = FeatureCache::new(loaded.bars.clone());
    let readings = Arc::new(read(&cache, &scenario.params));
    let venue = Venue::of(&scenario, &inputs, 0, &cache)?;
    drop(cache);
    let market = venue.market(loaded);
    let mut timings = Timings { readings: clock.elapsed(), ..Timings::default() };

    let clock = Instant::now();
    let variants: Vec<Variant> = std::iter::once(scenario.params.variant)
        .chain(BASELINES.into_iter().filter(|v| *v != scenario.params.variant))
        .collect();
    let plans: Vec<Arc<Plan>> =
        variants.iter().map(|v| Arc::new(Plan::new(&scenario.params.with_variant(*v)))).collect();
    let decisions: Vec<Decision> = readings.rows.par_iter().map(|x| plans[0].decide(x)).collect();
    timings.decisions = clock.elapsed();

    let clock = Instant::now();
    let quiet = Risk::default();
    let wanted = scenario.execution.intrabar;
    let mut jobs: Vec<(usize, Intrabar, &Risk)> =
        vec![(0, Intrabar::Pessimistic, &scenario.risk), (0, Intrabar::Optimistic, &scenario.risk)];
    jobs.extend((1..plans.len()).map(|k| (k, Intrabar::Pessimistic, &quiet)));
    let edge = [Intrabar::Pessimistic, Intrabar::Optimistic].iter().position(|e| *e == wanted);
    if edge.is_none() {
        jobs.push((0, wanted, &scenario.risk));
    }
    let fallback = plans.iter().find(|p| p.params.variant == Variant::S5Static);
    let run = |k: usize, intrabar: Intrabar, risk: &Risk| {
        let execution = scenario.execution.with_intrabar(intrabar);
        let guard = scenario.guard(1).filter(|_| k == 0);
        run_plan(market, &readings, &plans[k], fallback, risk, &execution, &scenario.account, guard)
    };
    let mut runs: Vec<VariantRun> = jobs.par_iter().map(|(k, policy, risk)| run(*k, *policy, risk)).collect();
    let main = match edge {
        Some(k) => runs.get(k).cloned(),
        None => runs.pop(),
    };
    let baselines = runs.split_off(2);
    let without_stop = main
        .as_ref()
        .is_some_and(|m| m.log.emergency_stop_bar.is_some())
        .then(|| run(0, wanted, &Risk { emergency_stop: false, ..scenario.risk.clone() }));
    timings.replay = clock.elapsed();
    let edges = <[VariantRun; 2]>::try_from(runs);
    let (Ok(edges), Some(main)) = (edges, main) else {
        return Err(Error::internal("backtest", "a replay went missing"));
    };
    let clock = Clock::of(&[market]);
    let Some(loaded) = inputs.symbols.into_iter().next() else {
        return Err(Error::internal("backtest", "the bars went missing"));
    };
    let labels: Vec<u8> = readings.rows.iter().map(|r| r.label.regime as u8).collect();
    let mut all = vec![Regime::NONE_CODE; readings.first];
    all.extend(&labels);
    let name = scenario.data.name(0).to_owned();
    let symbol = Symbol { name, first: readings.first, labels: all, wanted: None, loaded, venue };
    Ok(Backtest {
        first: readings.first,
        labels,
        scenario,
        symbols: vec![symbol],
        conversions: inputs.conversions,
        clock,
        readings,
        decisions,
        positions: None,
        main,
        edges,
        without_stop,
        baselines,
        timings,
    })
}

/// Refuses a system that only wants positions.
pub(super) fn framework_only(scenario: &Scenario, why: &str) -> Result<()> {
    if scenario.own == Own::Unified {
        return Ok(());
    }
    let system = scenario.system.name();
    Err(Error::usage(format!("system {system:?}"), format!("is not for this command: {why}"))
        .hint("give a scenario of the unified framework, such as scenarios/unified.toml"))
}

/// Refuses a history that is shorter than the warm-up and two bars to trade.
pub(super) fn enough(scenario: &Scenario, loaded: &Loaded) -> Result<()> {
    let (n, first) = (loaded.bars.len(), first_row(&scenario.params));
    if n >= first + 2 {
        return Ok(());
    }
    let problem =
        format!("{n} bars in range, but the warm-up of this system takes {first} and at least 2 must follow");
    Err(Error::data(&loaded.file_name, problem)
        .hint("give more history: widen data.from and data.to, or use a longer file"))
}

/// Replays one plan; equity and exposure start at the first bar with a decision.
#[expect(clippy::too_many_arguments, reason = "each is one thing that a run is made of")]
fn run_plan(
    market: Market<'_>,
    readings: &Readings,
    plan: &Arc<Plan>,
    fallback: Option<&Arc<Plan>>,
    risk: &Risk,
    execution: &Execution,
    account: &Account,
    mut guard: Option<Guard>,
) -> VariantRun {
    let bars = market.bars;
    let mut recorder = FullRecorder::new(bars.len());
    let fallback = fallback.map(AsRef::as_ref);
    let mut trader = UnifiedTrader::new(bars, readings, plan, fallback, risk, account.equity);
    let (markets, firsts) = ([market], [readings.first]);
    let ledger = replay_all(
        &markets,
        &Clock::of(&markets),
        &firsts,
        execution,
        account.ledger(),
        guard.as_mut(),
        std::slice::from_mut(&mut trader),
        &mut recorder,
    );
    let mut log = trader.into_log();
    let mut refusals = Refusals::default();
    if let Some(guard) = guard {
        log.events.extend(guard.events);
        log.events.sort_by_key(|e| e.time_ms);
        refusals = guard.refusals;
    }
    VariantRun { refusals, ..VariantRun::new(plan, execution, readings.first, recorder, ledger, log) }
}

impl Backtest {
    /// First bar with a decision.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The history of the first symbol and what is known of its file.
    pub fn loaded(&self) -> &Loaded {
        &self.symbols[0].loaded
    }

    /// The symbol of a trade.
    pub fn symbol(&self, trade: &Trade) -> &Symbol {
        &self.symbols[usize::from(trade.symbol)]
    }

    /// Code of the regime of the trade's symbol at the close that decided it.
    pub fn label_of(&self, trade: &Trade) -> u8 {
        self.symbol(trade).label(trade.signal_bar)
    }

    /// The tick of a bar of the trade's symbol.
    pub fn tick(&self, trade: &Trade, bar: usize) -> usize {
        self.clock.tick_of(usize::from(trade.symbol), bar)
    }

    /// Close time of every tick from the warm-up on.
    pub fn close_times(&self) -> Vec<i64> {
        (self.first()..self.clock.len()).map(|t| self.clock.close_time(t)).collect()
    }

    /// Code of the regime known at the open of every bar from the warm-up on.
    pub fn regime_at_open(&self) -> Vec<u8> {
        let before = std::iter::once(Regime::NONE_CODE);
        before.chain(self.labels.iter().copied()).take(self.labels.len()).collect()
    }
}

impl VariantRun {
    /// What a replay of `plan` from `first` on left behind.
    pub(super) fn new(
        plan: &Arc<Plan>,
        execution: &Execution,
        first: usize,
        mut recorder: FullRecorder,
        ledger: Ledger,
        log: TraderLog,
    ) -> Self {
        Self {
            name: plan.params.variant.name(),
            plan: plan.clone(),
            intrabar: execution.intrabar,
            fill: execution.fill,
            equity: recorder.equity.split_off(first),
            exposure: recorder.exposure.split_off(first),
            trades: recorder.trades,
            ledger,
            log,
            refusals: Refusals::default(),
        }
    }

    /// Whether a trade was closed after the decision at the close of its last bar: by the end of the data, or by an
    /// order of that very close.
    fn after_decision(&self, t: &Trade) -> bool {
        match t.reason {
            ExitReason::Stop
            | ExitReason::Target
            | ExitReason::Trail
            | ExitReason::Order
            | ExitReason::Liquidation => false,
            ExitReason::End => true,
            ExitReason::Time
            | ExitReason::Opposite
            | ExitReason::Signal
            | ExitReason::Resize
            | ExitReason::Regime
            | ExitReason::EmergencyStop
            | ExitReason::Drawdown
            | ExitReason::DailyLoss
            | ExitReason::FlashCrash
            | ExitReason::Kill => self.fill == FillRule::Close,
        }
    }

    /// Quality of every signal that is not HOLD, NaN elsewhere: what was known at its close, so pattern records hold
    /// the trades closed by then.
    pub fn quality(&self, readings: &Readings, decisions: &[Decision]) -> Vec<f64> {
        let mut record = PatternRecord::default();
        let mut closed = self.trades.iter().filter(|t| !t.shadow).peekable();
        let rows = readings.rows.iter().zip(decisions);
        rows.enumerate()
            .map(|(k, (x, d))| {
                let known =
                    |t: &&Trade| t.exit_bar + usize::from(self.after_decision(t)) <= readings.first + k;
                while let Some(t) = closed.next_if(known) {
                    let patterns = readings.get(t.signal_bar).map_or(0, |r| r.patterns);
                    record.add(patterns, t.pnl > 0.0);
                }
                if d.direction == Direction::Sideways { f64::NAN } else { self.plan.quality(x, d, &record) }
            })
            .collect()
    }
}
