//! Does the system do better with its labels than with the same labels at other times?

use rayon::prelude::*;
use serde::Serialize;

use super::filter::shifts;
use super::shift_seed;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::regime::{NO_REGIME, RegimeScheme};
use crate::risk::Risk;
use crate::runs::{History, Job, Prepared, Wants, figure};
use crate::scenario::Scenario;
use crate::stats::{Interval, PValue, quantile_type7, sorted};
use crate::system::Labels;

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
    /// Where it would lie with endlessly many shifts, 95 %.
    pub p_interval: Interval,
    /// Every bar called the same, by regime.
    pub one_label: Vec<OneLabel>,
}

/// The chain without a regime layer.
#[derive(Debug, Clone, Serialize)]
pub struct OneLabel {
    /// What every bar is called.
    pub regime: String,
    /// Annual Sharpe ratio.
    pub sharpe: f64,
    /// Trades.
    pub trades: usize,
}

/// Tests the layer; none of a system whose decisions do not read labels.
pub(super) fn test(
    scenario: &Scenario,
    history: &History,
    prepared: &Prepared,
    labels: &Labels,
    regimes: &RegimeScheme,
    count: usize,
    progress: &Progress,
) -> Result<Option<LayerTest>> {
    let system = scenario.system;
    let [columns] = &prepared.columns[..] else { return Ok(None) };
    let quiet = Scenario { risk: Risk::default(), ..scenario.clone() };
    let run = |labels: &Labels| -> Result<Option<(f64, usize)>> {
        progress.check()?;
        let Some(columns) = system.relabelled(columns, labels) else { return Ok(None) };
        let prepared = history.with_columns(prepared, vec![columns]);
        let span = (0..history.steps()).into();
        let job = Job { scenario: &quiet, prepared: &prepared, span, noise: None };
        let row = history.figures(&job, Wants::default())?.row;
        let sharpe = row[figure!("sharpe")];
        Ok(Some((if sharpe.is_finite() { sharpe } else { 0.0 }, row[figure!("trades")] as usize)))
    };
    let Some((sharpe, trades)) = run(labels)? else { return Ok(None) };
    // What is shifted are the labels of the bars that are judged.
    let labelled = labels.codes.iter().position(|c| *c != NO_REGIME).unwrap_or(labels.codes.len());
    let first = labelled.max(history.first(scenario)).min(labels.codes.len());
    let n = labels.codes.len() - first;
    let with = |code: &dyn Fn(usize) -> u8| Labels {
        codes: (0..first + n).map(|i| if i < first { labels.codes[i] } else { code(i - first) }).collect(),
        fallback: labels.fallback.clone(),
    };
    let of = |labels: Labels| {
        run(&labels)?.ok_or_else(|| Error::internal("regime layer", "relabelled once, and not again"))
    };
    let seed = shift_seed(history.loaded().bars.close(), &labels.codes);
    let shifted: Vec<f64> = shifts(n, count, seed, "layer")
        .into_par_iter()
        .map(|s| Ok(of(with(&|k| labels.codes[first + (k + s) % n]))?.0))
        .collect::<Result<_>>()?;
    let one_label = (0..regimes.len() as u8)
        .into_par_iter()
        .map(|code| {
            let (sharpe, trades) = of(with(&|_| code))?;
            Ok(OneLabel { regime: regimes.name_of(code).to_owned(), sharpe, trades })
        })
        .collect::<Result<_>>()?;
    let p = PValue::among(sharpe, &shifted);
    let ascending = sorted(&shifted);
    Ok(Some(LayerTest {
        shifts: count,
        sharpe,
        trades,
        shifted: [0.05, 0.5, 0.95].map(|q| quantile_type7(&ascending, q)),
        p: p.p,
        p_interval: p.interval,
        one_label,
    }))
}
