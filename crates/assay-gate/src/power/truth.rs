//! Weights of the blocks of a run under which what the criteria suppose is true.

use super::days::RunDays;
use super::quantity::SimulatedMetric;
use super::tilt::{effective, tilt};
use crate::stats::is_rounding;

/// Fewest equally weighted blocks without a common day that the weighted ones may amount to (convention): of fewer all
/// histories would be much the same.
pub(super) const FEWEST_BLOCKS: f64 = 10.0;

/// A value that is to be true of the days drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TruthTarget {
    /// Ids of the rows that ask about it.
    pub rows: Vec<String>,
    /// What is to have the value.
    pub metric: SimulatedMetric,
    /// The value, Sharpe ratios annual.
    pub value: f64,
}

/// Weights under which the targets are true.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TrueBlocks {
    /// Weight of the block that starts on each day.
    pub weights: Vec<f64>,
    /// How many equally weighted blocks without a common day that amounts to.
    pub effective: f64,
    /// Targets that had to be left out, as places in the list.
    pub dropped: Vec<usize>,
}

/// Weights under which all of `targets` are true of `days`, or all but those left out: the one without which the most
/// blocks are left, or, where leaving out one is not enough, each that cannot be true with those before it.
pub(super) fn true_blocks(days: &RunDays, targets: &[TruthTarget]) -> TrueBlocks {
    let of = |kept: &[usize]| {
        let chosen: Vec<&TruthTarget> = kept.iter().map(|k| &targets[*k]).collect();
        weights(days, &chosen)
    };
    let all: Vec<usize> = (0..targets.len()).collect();
    let made = |weights: Vec<f64>, dropped: Vec<usize>| {
        let effective = apart(days, &weights);
        TrueBlocks { weights, effective, dropped }
    };
    if let Some(weights) = of(&all) {
        return made(weights, vec![]);
    }
    let without = |k: &usize| all.iter().copied().filter(|i| i != k).collect::<Vec<_>>();
    let mut best: Option<TrueBlocks> = None;
    for k in &all {
        let one = of(&without(k)).map(|w| made(w, vec![*k]));
        if let Some(one) = one
            && best.as_ref().is_none_or(|b| one.effective > b.effective)
        {
            best = Some(one);
        }
    }
    best.unwrap_or_else(|| {
        let (mut kept, mut last) = (vec![], vec![1.0 / days.len() as f64; days.len()]);
        for k in &all {
            let with: Vec<usize> = kept.iter().copied().chain([*k]).collect();
            if let Some(weights) = of(&with) {
                (kept, last) = (with, weights);
            }
        }
        made(last, all.into_iter().filter(|k| !kept.contains(k)).collect())
    })
}

/// Weights for exactly these targets; `None` where there are none, or of too few blocks.
///
/// A Sharpe ratio is no mean of days: the numbers whose mean it is to first order depend on the mean and the standard
/// deviation under the weights, which are found by repetition.
fn weights(days: &RunDays, targets: &[&TruthTarget]) -> Option<Vec<f64>> {
    let n = days.len();
    let mut weights = vec![1.0 / n as f64; n];
    let wanted = targets.iter().find(|t| t.metric == SimulatedMetric::Sharpe);
    for _ in 0..100 {
        let at = centre(&days.returns, &days.day_weights(&weights))?;
        let sums: Vec<Vec<f64>> =
            targets.iter().map(|t| days.block_sums(&t.metric.moments(days, t.value, at))).collect();
        weights = tilt(&sums, n)?;
        let [mean, sd] = centre(&days.returns, &days.day_weights(&weights))?;
        let reached = |t: &&TruthTarget| (mean / sd * days.per_year.sqrt() - t.value).abs() <= 1e-11;
        if wanted.is_none_or(reached) {
            return (apart(days, &weights) >= FEWEST_BLOCKS).then_some(weights);
        }
    }
    None
}

/// How many equally weighted blocks without a common day the weighted ones amount to: blocks that start on
/// neighbouring days hold nearly the same ones.
fn apart(days: &RunDays, weights: &[f64]) -> f64 {
    effective(weights) / days.block as f64
}

/// Mean and standard deviation of `returns` under `weights` that sum to one; `None` where they do not vary.
pub(super) fn centre(returns: &[f64], weights: &[f64]) -> Option<[f64; 2]> {
    let mean: f64 = returns.iter().zip(weights).map(|(r, w)| w * r).sum();
    let square: f64 = returns.iter().zip(weights).map(|(r, w)| w * (r - mean) * (r - mean)).sum();
    let sd = square.sqrt();
    (sd > 0.0 && !is_rounding(sd, mean)).then_some([mean, sd])
}
