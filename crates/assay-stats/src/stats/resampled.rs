//! Percentile intervals of resampled values, and how far their ends may lie from those of endlessly many resamples.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::distributions::binomial_quantile;
use super::interval::Interval;
use super::moments::quantile_type7;

/// Shares of the resamples below the two ends of a 95 % interval.
const ENDS: [f64; 2] = [0.025, 0.975];

/// How sure the error of an end is.
const SURE: f64 = 0.99;

/// A 95 % percentile interval with the Monte Carlo error of its ends; used as an [`Interval`] where the error is not asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResampledInterval {
    /// The interval.
    pub interval: Interval,
    /// Where its ends may lie.
    pub error: MonteCarloError,
}

/// Between which values the ends of a percentile interval would lie with endlessly many resamples, 99 % each. In JSON an end
/// that so few resamples do not bound is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MonteCarloError {
    /// Resamples drawn.
    pub resamples: u32,
    /// Where the lower end lies.
    pub lo: Interval,
    /// Where the upper end lies.
    pub hi: Interval,
}

impl Deref for ResampledInterval {
    type Target = Interval;

    fn deref(&self) -> &Interval {
        &self.interval
    }
}

impl From<ResampledInterval> for Interval {
    fn from(i: ResampledInterval) -> Self {
        i.interval
    }
}

impl ResampledInterval {
    /// The same in another unit or through another scale: `f` must not decrease.
    #[must_use]
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let both = |i: Interval| Interval { lo: f(i.lo), hi: f(i.hi) };
        let MonteCarloError { resamples, lo, hi } = self.error;
        Self {
            interval: both(self.interval),
            error: MonteCarloError { resamples, lo: both(lo), hi: both(hi) },
        }
    }
}

/// The 95 % percentile interval (type-7 quantiles at 2.5 % and 97.5 %) of bootstrap values, with its Monte Carlo error.
///
/// B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. NaN marks a resample on which the
/// statistic is undefined: those are left out, and where they are more than one in twenty, or there is no value, there is
/// no interval. Infinite values count as values. The error of an end is the 99 % interval of that quantile from two order
/// statistics ([`quantile_ranks`]), whatever the distribution; below 210 resamples it has no outer end.
pub fn percentile_interval(mut values: Vec<f64>) -> Option<ResampledInterval> {
    let drawn = values.len();
    values.retain(|v| !v.is_nan());
    if values.is_empty() || (drawn - values.len()) * 20 > drawn {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let end = |p: f64| -> Option<Interval> {
        let (lo, hi) = quantile_ranks(values.len(), p, SURE)?;
        Some(Interval { lo: at_rank(&values, lo), hi: at_rank(&values, hi) })
    };
    let [lo, hi] = ENDS;
    let interval = Interval { lo: quantile_type7(&values, lo), hi: quantile_type7(&values, hi) };
    let resamples = u32::try_from(drawn).unwrap_or(u32::MAX);
    Some(ResampledInterval { interval, error: MonteCarloError { resamples, lo: end(lo)?, hi: end(hi)? } })
}

/// Ranks, counted from one, of the two order statistics of `n` independent values that hold quantile `p` at `level`, such as
/// 0.95: zero, or `n + 1`, where there are too few values for one.
///
/// `B(tail)` and `B(1 - tail) + 1`, with `B` the quantile function of the binomial distribution (n, p): H. A. David and
/// H. N. Nagaraja, Order Statistics, 3rd edition (2003), section 7.1. `None` where `p` or `level` is not inside (0, 1).
pub fn quantile_ranks(n: usize, p: f64, level: f64) -> Option<(usize, usize)> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let rank = |q: f64| binomial_quantile(q, n as u64, p).map(|k| k as usize);
    Some((rank(tail)?, rank(1.0 - tail)? + 1))
}

/// The value of that rank among ascending ones, counted from one; infinite beyond them.
pub fn at_rank(sorted: &[f64], rank: usize) -> f64 {
    match rank {
        0 => f64::NEG_INFINITY,
        _ => sorted.get(rank - 1).copied().unwrap_or(f64::INFINITY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::SplitMix;

    #[test]
    fn percentiles_leave_out_a_few_undefined_resamples_only() {
        let values: Vec<f64> = (0..=1000).map(f64::from).collect();
        let i = percentile_interval(values.clone()).unwrap();
        assert_eq!(i.interval, Interval { lo: 25.0, hi: 975.0 });
        let mut some = values.clone();
        some.extend([f64::NAN; 50]);
        let of_some = percentile_interval(some.clone()).unwrap();
        assert_eq!((of_some.interval, of_some.error.lo), (i.interval, i.error.lo));
        assert_eq!((i.error.resamples, of_some.error.resamples), (1001, 1051));
        some.extend([f64::NAN; 10]);
        assert_eq!(percentile_interval(some), None);
        assert_eq!(percentile_interval(vec![]), None);
    }

    /// Ranks from sums of binomial chances with 40 digits, by mpmath 1.3.
    #[test]
    fn ends_lie_between_the_order_statistics_of_their_quantile() {
        for (n, lo, hi) in [
            (100, (f64::NEG_INFINITY, 8.0), (93.0, f64::INFINITY)),
            (210, (1.0, 13.0), (198.0, 210.0)),
            (1000, (13.0, 40.0), (961.0, 988.0)),
            (100000, (2374.0, 2629.0), (97372.0, 97627.0)),
        ] {
            let i = percentile_interval((1..=n).map(f64::from).collect()).unwrap();
            let of = |(lo, hi): (f64, f64)| Interval { lo, hi };
            assert_eq!((i.error.lo, i.error.hi), (of(lo), of(hi)), "{n}");
            assert!(i.error.lo.contains(i.lo) && i.error.hi.contains(i.hi));
        }
        // 0.975^209 is above 0.005, 0.975^210 below.
        let bounded = |n: usize| percentile_interval(vec![0.5; n]).unwrap().error.lo.lo.is_finite();
        assert!(!bounded(209) && bounded(210));
    }

    #[test]
    fn the_error_holds_the_true_end_as_often_as_it_says() {
        let mut g = SplitMix::new(5);
        let (rounds, mut held) = (2000, [0u32; 2]);
        for _ in 0..rounds {
            let i = percentile_interval((0..400).map(|_| g.uniform()).collect()).unwrap();
            held[0] += u32::from(i.error.lo.contains(0.025));
            held[1] += u32::from(i.error.hi.contains(0.975));
        }
        // 99 % of 2,000 less four standard errors.
        assert!(held.iter().all(|h| *h >= 1962), "{held:?}");
    }

    #[test]
    fn another_scale_moves_every_end() {
        let i = percentile_interval((0..=1000).map(f64::from).collect()).unwrap();
        let half = i.map(|x| x / 2.0);
        assert_eq!((half.lo, half.hi, half.error.lo.hi), (12.5, 487.5, i.error.lo.hi / 2.0));
        assert_eq!(half.error.resamples, 1001);
    }
}
