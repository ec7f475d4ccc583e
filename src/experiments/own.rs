//! The backtest of a system that wants positions, in one symbol or many: the unified framework only labels its bars.

use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::backtest::{Backtest, Symbol, Timings, VariantRun};
use super::summary::PositionsSummary;
use super::venue::{Inputs, Venue};
use crate::data::{Loaded, load_positions};
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::features::FeatureCache;
use crate::regime::Regime;
use crate::replay::{Clock, Execution, FullRecorder, Guard, Market, replay_all};
use crate::scenario::{Own, Scenario};
use crate::systems::targets::{TargetTrader, Unit, Wanted, align, crossover, first_row};
use crate::systems::unified::{self, Plan, Readings, TraderLog, read};

pub(super) fn backtest(scenario: Scenario, inputs: Inputs) -> Result<Backtest> {
    let clock = Instant::now();
    let positions = match &scenario.own {
        Own::Signals(p) => Some(load_positions(&scenario.root.join(&p.file))?),
        Own::Unified | Own::MaCross(_) => None,
    };
    if let Some(p) = &positions {
        p.check_symbols(&(0..scenario.data.count()).map(|k| scenario.data.name(k)).collect::<Vec<_>>())?;
    }
    let prepared: Vec<Prepared> = (0..inputs.symbols.len())
        .into_par_iter()
        .map(|k| prepare(&scenario, &inputs, k, positions.as_ref()))
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
    let positions = positions.map(|p| PositionsSummary {
        file: p.file_name(),
        sha256: p.sha256,
        rows: p.time_ms.len(),
        changes: symbols.iter().filter_map(|s| s.wanted.as_ref()).map(|w| w.changes().len()).sum(),
    });
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

/// One symbol: what is wanted of it, and the labels of its bars.
struct Prepared {
    first: usize,
    labels: Vec<u8>,
    wanted: Wanted,
    venue: Venue,
    readings: Readings,
}

fn prepare(
    scenario: &Scenario,
    inputs: &Inputs,
    k: usize,
    positions: Option<&crate::data::Timed>,
) -> Result<Prepared> {
    let loaded = &inputs.symbols[k];
    let bars = &loaded.bars;
    let cache = FeatureCache::new(bars.clone());
    let name = scenario.data.name(k);
    let (first, wanted) = match (&scenario.own, positions) {
        (Own::MaCross(p), _) => {
            (first_row(p), Wanted::new(crossover(&cache, p), Unit::Equity, p.brackets(&cache)))
        }
        (Own::Signals(p), Some(file)) => {
            let file = file.of_symbol(name);
            (0, Wanted::new(align(bars, &file, p)?, p.unit, p.brackets(&cache)))
        }
        _ => return Err(Error::internal("backtest", "the unified framework wants no positions")),
    };
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
    let mut traders: Vec<TargetTrader<'_>> = symbols
        .iter()
        .zip(markets)
        .filter_map(|(s, m)| Some(TargetTrader::in_market(m, s.wanted.as_ref()?)))
        .collect();
    let mut guard = scenario.guard(symbols.len());
    let ledger = replay_all(
        markets,
        clock,
        firsts,
        execution,
        scenario.account.ledger(),
        guard.as_mut(),
        &mut traders,
        &mut recorder,
    );
    let log = TraderLog { events: guard.as_ref().map_or(vec![], |g| g.events.clone()), ..TraderLog::default() };
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
