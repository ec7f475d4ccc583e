//! The backtest of a system that wants positions, in one symbol or many: the unified framework only labels its bars.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::backtest::{Backtest, Symbol, Timings, VariantRun};
use super::summary::PositionsSummary;
use super::venue::{Inputs, Venue};
use crate::data::{Loaded, OrderFile, Timed, holds_orders, load_orders, load_positions};
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::features::FeatureCache;
use crate::regime::Regime;
use crate::replay::{Clock, Execution, FullRecorder, Guard, Market, replay_all};
use crate::scenario::{Own, Scenario};
use crate::systems::targets::{OrderTrader, Sent, TargetTrader, Unit, Wanted, align, crossover, first_row};
use crate::systems::unified::{self, Plan, Readings, TraderLog, read};

pub(super) fn backtest(scenario: Scenario, inputs: Inputs) -> Result<Backtest> {
    let clock = Instant::now();
    let names: Vec<&str> = (0..scenario.data.count()).map(|k| scenario.data.name(k)).collect();
    let file = match &scenario.own {
        Own::Signals(p) => Some(SignalFile::read(&scenario.root.join(&p.file), &names)?),
        Own::Unified | Own::MaCross(_) => None,
    };
    let prepared: Vec<Prepared> = (0..inputs.symbols.len())
        .into_par_iter()
        .map(|k| prepare(&scenario, &inputs, k, file.as_ref()))
        .collect::<Result<_>>()?;
    let mut readings = None;
    let mut symbols = Vec::with_capacity(prepared.len());
    for (k, (p, loaded)) in prepared.into_iter().zip(inputs.symbols).enumerate() {
        let Prepared { first, labels, wanted, venue, readings: read } = p;
        readings.get_or_insert(read);
        let name = scenario.data.name(k).to_owned();
        symbols.push(Symbol { name, first, labels, wanted: Some(wanted), loaded, venue });
    }
    let Some(readings) = readings.map(Arc::new) else {
        return Err(Error::internal("backtest", "there is no symbol"));
    };
    let markets: Vec<Market<'_>> = symbols.iter().map(Symbol::market).collect();
    let ticks = Clock::of(&markets);
    let timings = Timings { readings: clock.elapsed(), ..Timings::default() };

    let clock = Instant::now();
    let plan = Arc::new(Plan::new(&scenario.params));
    let firsts: Vec<usize> = symbols.iter().map(|s| s.first).collect();
    let first = (0..symbols.len()).map(|k| ticks.tick_of(k, firsts[k])).min().unwrap_or(0);
    let run = |intrabar: Intrabar| {
        let execution = scenario.execution.with_intrabar(intrabar);
        run_wanted(&scenario, &symbols, &markets, &ticks, &firsts, first, &plan, &execution)
    };
    let policy = scenario.execution.intrabar;
    let mut runs: Vec<VariantRun> =
        [Intrabar::Pessimistic, Intrabar::Optimistic, policy].into_par_iter().map(run).collect();
    let main = runs.pop();
    let (Some(main), Ok(edges)) = (main, <[VariantRun; 2]>::try_from(runs)) else {
        return Err(Error::internal("backtest", "a replay went missing"));
    };
    let timings = Timings { replay: clock.elapsed(), ..timings };
    let changes = symbols.iter().filter_map(|s| s.wanted.as_ref()).map(|w| w.changes().len()).sum();
    let positions = file.map(|f| f.summary(changes));
    drop(markets);
    Ok(Backtest {
        first,
        labels: labels_of_ticks(&symbols[0], &ticks, first),
        clock: ticks,
        scenario,
        readings,
        decisions: vec![],
        symbols,
        conversions: inputs.conversions,
        positions,
        main,
        edges,
        without_stop: None,
        baselines: vec![],
        timings,
    })
}

/// A file that says what to do.
#[derive(Debug)]
pub(super) enum SignalFile {
    Positions(Timed),
    Orders(OrderFile),
}

impl SignalFile {
    pub fn read(path: &Path, symbols: &[&str]) -> Result<Self> {
        if holds_orders(path)? {
            let file = load_orders(path)?;
            file.check_symbols(symbols)?;
            return Ok(Self::Orders(file));
        }
        let file = load_positions(path)?;
        file.check_symbols(symbols)?;
        Ok(Self::Positions(file))
    }

    /// SHA-256 of the file's bytes.
    pub fn sha256(&self) -> &str {
        match self {
            Self::Positions(p) => &p.sha256,
            Self::Orders(o) => &o.sha256,
        }
    }

    fn summary(self, changes: usize) -> PositionsSummary {
        match self {
            Self::Positions(p) => {
                PositionsSummary { file: p.file_name(), rows: p.time_ms.len(), sha256: p.sha256, changes }
            }
            Self::Orders(o) => {
                let name = Path::new(&o.place).file_name();
                let file = name.map_or_else(|| o.place.clone(), |f| f.to_string_lossy().into_owned());
                PositionsSummary { file, rows: o.rows.len(), sha256: o.sha256, changes }
            }
        }
    }
}

/// One symbol: what is wanted of it, and the labels of its bars.
struct Prepared {
    first: usize,
    labels: Vec<u8>,
    wanted: Wanted,
    venue: Venue,
    readings: Readings,
}

/// First bar that may be decided at, and what is wanted of symbol `k`, whose features are in `cache`.
pub(super) fn wanted_of(
    scenario: &Scenario,
    k: usize,
    cache: &FeatureCache,
    file: Option<&SignalFile>,
) -> Result<(usize, Wanted)> {
    let bars = cache.bars();
    let name = scenario.data.name(k);
    Ok(match (&scenario.own, file) {
        (Own::MaCross(p), _) => {
            (first_row(p), Wanted::new(crossover(cache, p), Unit::Equity, p.brackets(cache)))
        }
        (Own::Signals(p), Some(SignalFile::Positions(file))) => {
            let file = file.of_symbol(name);
            (0, Wanted::new(align(bars, &file, p)?, p.unit, p.brackets(cache)))
        }
        (Own::Signals(p), Some(SignalFile::Orders(file))) => {
            let lot = scenario.instruments[k].lot;
            (0, Wanted::sent(bars.len(), Sent::align(bars, file, name, p.stamp, lot)?))
        }
        _ => return Err(Error::internal("backtest", "the unified framework wants no positions")),
    })
}

fn prepare(scenario: &Scenario, inputs: &Inputs, k: usize, file: Option<&SignalFile>) -> Result<Prepared> {
    let loaded = &inputs.symbols[k];
    let bars = &loaded.bars;
    let cache = FeatureCache::new(bars.clone());
    let (first, wanted) = wanted_of(scenario, k, &cache, file)?;
    let n = bars.len();
    enough(loaded, n, first)?;
    // Labels need a warm-up of their own; a shorter history has none.
    let labelled = n > unified::first_row(&scenario.params);
    let readings = if labelled {
        read(&cache, &scenario.params)
    } else {
        Readings { first: n, rows: vec![], swings: cache.swings(scenario.params.swing_k) }
    };
    let label = |i| readings.get(i).map_or(Regime::NONE_CODE, |r| r.label.regime as u8);
    let labels = (0..n).map(label).collect();
    Ok(Prepared { first, labels, wanted, venue: Venue::of(scenario, inputs, k, &cache)?, readings })
}

fn enough(loaded: &Loaded, n: usize, first: usize) -> Result<()> {
    if n >= first + 2 {
        return Ok(());
    }
    let problem =
        format!("{n} bars in range, but the warm-up of this system takes {first} and at least 2 must follow");
    Err(Error::data(&loaded.file_name, problem)
        .hint("give more history: widen data.from and data.to, or use a longer file"))
}

/// The label known at the close of each tick from `first` on: that of the symbol's last bar.
fn labels_of_ticks(symbol: &Symbol, clock: &Clock, first: usize) -> Vec<u8> {
    (first..clock.len())
        .map(|t| {
            let closed = clock.bar_at(0, t + 1);
            closed.checked_sub(1).map_or(Regime::NONE_CODE, |i| symbol.labels[i])
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that a run is made of")]
fn run_wanted(
    scenario: &Scenario,
    symbols: &[Symbol],
    markets: &[Market<'_>],
    clock: &Clock,
    firsts: &[usize],
    first: usize,
    plan: &Arc<Plan>,
    execution: &Execution,
) -> VariantRun {
    let mut recorder = FullRecorder::new(clock.len());
    let mut guard = scenario.guard(symbols.len());
    let account = scenario.account.ledger();
    let both = || symbols.iter().zip(markets);
    let mut senders: Vec<OrderTrader<'_>> = both()
        .filter_map(|(s, m)| Some(OrderTrader::in_market(m, s.wanted.as_ref()?.orders.as_ref()?)))
        .collect();
    let ledger = if senders.is_empty() {
        let mut traders: Vec<TargetTrader<'_>> =
            both().filter_map(|(s, m)| Some(TargetTrader::in_market(m, s.wanted.as_ref()?))).collect();
        replay_all(markets, clock, firsts, execution, account, guard.as_mut(), &mut traders, &mut recorder)
    } else {
        replay_all(markets, clock, firsts, execution, account, guard.as_mut(), &mut senders, &mut recorder)
    };
    let log =
        TraderLog { events: guard.as_ref().map_or(vec![], |g| g.events.clone()), ..TraderLog::default() };
    let refusals = guard.map(|g| g.refusals).unwrap_or_default();
    let run = VariantRun::new(plan, execution, first, recorder, ledger, log);
    VariantRun { name: scenario.system.name(), refusals, ..run }
}

impl Scenario {
    /// The limits at work, where there are any.
    pub(super) fn guard(&self, symbols: usize) -> Option<Guard> {
        self.risk.limits.any().then(|| Guard::new(&self.risk.limits, self.account.equity, symbols))
    }
}
