//! Costs: at which cost a side nothing is left.

use super::positions::PositionPath;
use super::replay::PathReplayer;
use super::result::BreakEvenCost;
use crate::error::Result;
use crate::stats::{Bootstrap, block_length, mean, percentile_interval};

/// Replays at most, the one without costs among them.
const REPLAYS: usize = 6;

/// How near two costs are that are the same, basis points.
const NEAR_BPS: f64 = 0.01;

/// The cost a side, basis points of what is traded, at which the mean net return of a day is zero: by the secant, from the
/// gross return over what is traded on. Interest and payments of positions stay as they are.
///
/// # Errors
/// The costs of the scenario need something that is not in the data. Within: nothing is traded.
pub(super) fn breakeven(
    replayer: &PathReplayer<'_>,
    path: &PositionPath,
    paid_bps: f64,
    boot: &Bootstrap,
) -> Result<std::result::Result<BreakEvenCost, String>> {
    let (gross, traded) = replayer.traded(&replayer.flat(0.0)?, path);
    let turnover = mean(&traded);
    if turnover.is_nan() || turnover <= 0.0 {
        return Ok(Err("nothing is traded".to_owned()));
    }
    let start = 10_000.0 * mean(&gross) / turnover;
    let (mut before, mut bps) = ((0.0, mean(&gross)), start);
    for _ in 1..REPLAYS {
        let left = mean(&replayer.returns(&replayer.flat(bps)?, path));
        let next = bps - left * (bps - before.0) / (left - before.1);
        let step = next - bps;
        if !step.is_finite() {
            break;
        }
        (before, bps) = ((bps, left), next);
        if step.abs() < NEAR_BPS {
            break;
        }
    }
    let interval = ratio_interval(&gross, &traded, boot);
    Ok(Ok(BreakEvenCost { bps, interval, paid_bps, turnover }))
}

/// 95 % interval of gross return over what is traded, basis points: days of both resampled together, ratio of their sums.
fn ratio_interval(gross: &[f64], traded: &[f64], boot: &Bootstrap) -> Option<crate::stats::Interval> {
    let size: Vec<f64> = gross.iter().map(|g| g.abs()).collect();
    let block = block_length(gross).stationary.max(block_length(&size).stationary);
    let sums = |x: &[f64]| -> Vec<f64> {
        let added = x.iter().scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        });
        std::iter::once(0.0).chain(added).collect()
    };
    let (g, v) = (sums(gross), sums(traded));
    let ratios = boot.distribution("placebo breakeven", gross.len(), block, |blocks| {
        let (mut gain, mut volume) = (0.0, 0.0);
        for days in blocks {
            gain += g[days.end] - g[days.start];
            volume += v[days.end] - v[days.start];
        }
        if volume > 0.0 { 10_000.0 * gain / volume } else { f64::NAN }
    });
    percentile_interval(ratios).map(Into::into)
}
