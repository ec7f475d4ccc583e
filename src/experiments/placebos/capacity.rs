//! Capacity: Sharpe ratio against the size of the account, under the square-root law of market impact.

use rayon::prelude::*;

use super::positions::PositionPath;
use super::replay::PathReplayer;
use super::result::{CapacityPoint, CapacitySize, PlaceboCapacity};
use crate::error::Result;
use crate::stats::{Bootstrap, Interval, automatic_block, percentile_interval, sharpe_ratio};

/// Sizes of account, multiples of the run's own.
const SIZES: [f64; 9] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4];

/// The factor of the law where the scenario has none: an order of all the turnover of a day moves the price by a day's
/// volatility.
const USUAL_IMPACT: f64 = 1.0;

/// Replays `path` with accounts of all sizes.
///
/// # Errors
/// The costs need something that is not in the data. Within: there is no Sharpe ratio to lose.
pub(super) fn capacity(
    replayer: &PathReplayer<'_>,
    path: &PositionPath,
    (equity, impact): (f64, f64),
    boot: &Bootstrap,
) -> Result<std::result::Result<PlaceboCapacity, String>> {
    let assumed = impact == 0.0;
    let impact = if assumed { USUAL_IMPACT } else { impact };
    // What the scenario itself does not ask for may be missing.
    if let Err(e) = replayer.sized(1.0, impact) {
        return Ok(Err(e.problem().to_owned()));
    }
    let returns = SIZES
        .par_iter()
        .map(|times| Ok(replayer.returns(&replayer.sized(*times, impact)?, path)))
        .collect::<Result<Vec<Vec<f64>>>>()?;
    let year = replayer.days_per_year();
    let sharpes: Vec<f64> = returns.iter().map(|r| sharpe_ratio(r, year)).collect();
    if sharpes.iter().any(|s| s.is_nan()) {
        return Ok(Err("returns do not vary at one of the sizes".to_owned()));
    }
    let fitted = antitone(&sharpes);
    if fitted[0] <= 0.0 {
        let why =
            format!("the Sharpe ratio is {:.2} at the run's own size: there is none to lose", fitted[0]);
        return Ok(Err(why));
    }
    let sums: Vec<DaySums> = returns.iter().map(|r| DaySums::of(r)).collect();
    let block = automatic_block(&returns[0]);
    let size = |share: f64| {
        let times = crossing(&fitted, share * fitted[0]);
        let resampled = boot.distribution("placebo capacity", returns[0].len(), block, |blocks| {
            let days: Vec<_> = blocks.collect();
            let fitted = antitone(&sums.iter().map(|s| s.sharpe(&days)).collect::<Vec<f64>>());
            // A resample that has no Sharpe ratio to lose has lost it at the smallest size.
            crossing(&fitted, share * fitted[0].max(0.0))
        });
        let largest = SIZES[SIZES.len() - 1];
        let interval = percentile_interval(resampled).map(|i| Interval {
            lo: equity * i.lo,
            hi: if i.hi < largest { equity * i.hi } else { f64::INFINITY },
        });
        CapacitySize { equity: (times < largest).then_some(equity * times), interval }
    };
    let points = SIZES.iter().zip(&sharpes).zip(&fitted);
    let points = points
        .map(|((times, sharpe), fitted)| CapacityPoint {
            equity: equity * times,
            sharpe: *sharpe,
            fitted: *fitted,
        })
        .collect();
    Ok(Ok(PlaceboCapacity { impact, assumed, points, half: size(0.5), zero: size(0.0) }))
}

/// The values nearest to `y`, by least squares, that never rise: neighbours that do are put at their mean.
pub(super) fn antitone(y: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = vec![];
    for value in y {
        let mut pool = (*value, 1);
        while let Some(before) = pools.pop_if(|before| before.0 < pool.0) {
            let n = before.1 + pool.1;
            pool = ((before.0 * before.1 as f64 + pool.0 * pool.1 as f64) / n as f64, n);
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(value, n)| std::iter::repeat_n(value, n)).collect()
}

/// The multiple of the account at which a curve that never rises has fallen to `level`, linear in the logarithm of size;
/// the largest where it has not.
pub(super) fn crossing(fitted: &[f64], level: f64) -> f64 {
    let Some(k) = fitted.iter().position(|s| *s <= level) else { return SIZES[SIZES.len() - 1] };
    if k == 0 {
        return SIZES[0];
    }
    let (from, to) = (libm::log(SIZES[k - 1]), libm::log(SIZES[k]));
    let part = (fitted[k - 1] - level) / (fitted[k - 1] - fitted[k]);
    libm::exp(from + part * (to - from))
}

/// Sums of returns and of their squares before each day.
struct DaySums(Vec<[f64; 2]>);

impl DaySums {
    fn of(returns: &[f64]) -> Self {
        let mut sums = vec![[0.0; 2]];
        let mut sum = [0.0; 2];
        for r in returns {
            sum = [sum[0] + r, sum[1] + r * r];
            sums.push(sum);
        }
        Self(sums)
    }

    /// The Sharpe ratio of these days, in the unit of a day; 0 where they do not vary.
    fn sharpe(&self, days: &[std::ops::Range<usize>]) -> f64 {
        let sum = |k: usize| days.iter().map(|d| self.0[d.end][k] - self.0[d.start][k]).sum::<f64>();
        let n = days.iter().map(std::ops::Range::len).sum::<usize>() as f64;
        let (mean, square) = (sum(0) / n, sum(1) / n);
        let variance = square - mean * mean;
        if variance > 1e-18 { mean / variance.sqrt() } else { 0.0 }
    }
}
