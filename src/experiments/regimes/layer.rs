//! Does the system do better with its labels than with the same labels at other times?

use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::filter::shifts;
use super::p_value;
use crate::market::Bars;
use crate::metrics::{EquityStats, daily};
use crate::regime::{Regime, RegimeLabel};
use crate::replay::{FullRecorder, replay};
use crate::risk::Risk;
use crate::scenario::Scenario;
use crate::stats::{quantile_type7, sorted};
use crate::systems::unified::{Plan, Readings, UnifiedTrader};

/// The whole chain of the scenario (variant, sizing, stops, costs; no rules above the system) under its own labels, under labels
/// shifted in a circle, and with one label for all bars. Nothing was fitted to the history, so all of it is out of sample.
///
/// Annual Sharpe ratios of daily equity; an account that never trades counts as 0.
#[derive(Debug, Clone, Serialize)]
pub struct LayerTest {
    /// Shifts.
    pub shifts: usize,
    /// Under its labels.
    pub sharpe: f64,
    /// Trades.
    pub trades: usize,
    /// Under shifted labels: quantiles 5, 50 and 95 %.
    pub shifted: [f64; 3],
    /// Share of shifted labels at least as good, the real ones among them.
    pub p: f64,
    /// Every bar called the same, by regime.
    pub one_label: Vec<OneLabel>,
}

/// The chain without a regime layer.
#[derive(Debug, Clone, Serialize)]
pub struct OneLabel {
    /// What every bar is called.
    pub regime: Regime,
    /// Annual Sharpe ratio.
    pub sharpe: f64,
    /// Trades.
    pub trades: usize,
}

pub(super) fn test(scenario: &Scenario, bars: &Bars, readings: Readings, count: usize) -> LayerTest {
    let plan = Arc::new(Plan::new(&scenario.params));
    let (first, n) = (readings.first, readings.rows.len());
    let close_ms: Vec<i64> = (first..bars.len()).map(|i| bars.close_time(i)).collect();
    let (cash, quiet) = (scenario.account.equity, Risk::default());
    let run = |label: &dyn Fn(usize) -> RegimeLabel| -> (f64, usize) {
        let mut rows = readings.rows.clone();
        rows.iter_mut().enumerate().for_each(|(k, row)| row.label = label(k));
        let relabelled = Readings { first, rows, swings: readings.swings.clone() };
        let mut recorder = FullRecorder::new(bars.len());
        let mut trader = UnifiedTrader::new(bars, &relabelled, &plan, None, &quiet, cash);
        replay(bars, first, &scenario.execution, scenario.account.ledger(), &mut trader, &mut recorder);
        let days = daily(&close_ms, &recorder.equity[first..], cash, bars.open_time()[first]);
        let a_year = scenario.data.days_per_year();
        let curve = days.by(scenario.data.calendar).counted(a_year);
        let sharpe = EquityStats::of(&curve, a_year).sharpe;
        (if sharpe.is_finite() { sharpe } else { 0.0 }, recorder.trades.len())
    };
    let own_label = |k: usize| readings.rows[k].label;
    let (sharpe, trades) = run(&own_label);
    let shifted: Vec<f64> = shifts(n, count, scenario.seed, "layer")
        .into_par_iter()
        .map(|s| run(&|k| readings.rows[(k + s) % n].label).0)
        .collect();
    let one_label = Regime::ALL
        .into_par_iter()
        .map(|regime| {
            let (sharpe, trades) = run(&|k| RegimeLabel { regime, ..readings.rows[k].label });
            OneLabel { regime, sharpe, trades }
        })
        .collect();
    let ascending = sorted(&shifted);
    LayerTest {
        shifts: count,
        sharpe,
        trades,
        shifted: [0.05, 0.5, 0.95].map(|q| quantile_type7(&ascending, q)),
        p: p_value(sharpe, &shifted),
        one_label,
    }
}
