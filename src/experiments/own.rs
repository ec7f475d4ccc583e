//! The backtest of a system that wants positions: the unified framework only labels its bars.

use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::backtest::{Backtest, Timings, VariantRun};
use super::summary::PositionsSummary;
use crate::data::{Loaded, load_positions};
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::features::FeatureCache;
use crate::regime::Regime;
use crate::replay::{Execution, FullRecorder, Market, replay};
use crate::scenario::{Own, Scenario};
use crate::systems::targets::{TargetTrader, Unit, Wanted, align, crossover, first_row};
use crate::systems::unified::{self, Plan, Readings, TraderLog, read};

pub(super) fn backtest(scenario: Scenario, loaded: Loaded) -> Result<Backtest> {
    let bars = &loaded.bars;
    let clock = Instant::now();
    let cache = FeatureCache::new(bars.clone());
    let (first, wanted, positions) = wanted(&scenario, &loaded, &cache)?;
    let n = bars.len();
    if n < first + 2 {
        let problem = format!(
            "{n} bars in range, but the warm-up of this system takes {first} and at least 2 must follow"
        );
        return Err(Error::data(&loaded.file_name, problem)
            .hint("give more history: widen data.from and data.to, or use a longer file"));
    }
    // Labels need a warm-up of their own; a shorter history has none.
    let labelled = n > unified::first_row(&scenario.params);
    let readings = Arc::new(if labelled {
        read(&cache, &scenario.params)
    } else {
        Readings { first: n, rows: vec![], swings: cache.swings(scenario.params.swing_k) }
    });
    let label = |i| readings.get(i).map_or(Regime::NONE_CODE, |r| r.label.regime as u8);
    let labels = (first..n).map(label).collect();
    let timings = Timings { readings: clock.elapsed(), ..Timings::default() };

    let clock = Instant::now();
    let plan = Arc::new(Plan::new(&scenario.params));
    let run = |intrabar: Intrabar| {
        let execution = scenario.execution.with_intrabar(intrabar);
        run_wanted(&scenario, loaded.market(), first, &wanted, &plan, &execution)
    };
    let policy = scenario.execution.intrabar;
    let mut runs: Vec<VariantRun> =
        [Intrabar::Pessimistic, Intrabar::Optimistic, policy].into_par_iter().map(run).collect();
    let main = runs.pop();
    let (Some(main), Ok(edges)) = (main, <[VariantRun; 2]>::try_from(runs)) else {
        return Err(Error::internal("backtest", "a replay went missing"));
    };
    let timings = Timings { replay: clock.elapsed(), ..timings };
    Ok(Backtest {
        first,
        labels,
        scenario,
        readings,
        decisions: vec![],
        wanted: Some(wanted),
        positions,
        main,
        edges,
        without_stop: None,
        baselines: vec![],
        timings,
        loaded,
    })
}

/// First bar of decisions, the positions wanted, and their file.
fn wanted(
    scenario: &Scenario,
    loaded: &Loaded,
    cache: &FeatureCache,
) -> Result<(usize, Wanted, Option<PositionsSummary>)> {
    match &scenario.own {
        Own::Unified => Err(Error::internal("backtest", "the unified framework wants no positions")),
        Own::MaCross(p) => {
            Ok((first_row(p), Wanted::new(crossover(cache, p), Unit::Equity, p.brackets()), None))
        }
        Own::Signals(p) => {
            let path = scenario.root.join(&p.file);
            let positions = load_positions(&path)?;
            let wanted = Wanted::new(align(&loaded.bars, &positions, p)?, p.unit, p.brackets());
            let summary = PositionsSummary {
                file: path.file_name().map_or_else(|| p.file.clone(), |f| f.to_string_lossy().into_owned()),
                sha256: positions.sha256,
                rows: positions.time_ms.len(),
                changes: wanted.changes().len(),
            };
            Ok((0, wanted, Some(summary)))
        }
    }
}

fn run_wanted(
    scenario: &Scenario,
    market: Market<'_>,
    first: usize,
    wanted: &Wanted,
    plan: &Arc<Plan>,
    execution: &Execution,
) -> VariantRun {
    let bars = market.bars;
    let mut recorder = FullRecorder::new(bars.len());
    let mut trader = TargetTrader::new(bars, wanted);
    let ledger = replay(market, first, execution, scenario.account.ledger(), &mut trader, &mut recorder);
    let run = VariantRun::new(plan, execution, first, recorder, ledger, TraderLog::default());
    VariantRun { name: scenario.system.name(), ..run }
}
