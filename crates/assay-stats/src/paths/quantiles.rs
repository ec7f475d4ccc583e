//! How far a simulated figure may be from the true one, and when there are enough paths.

use crate::stats::{Interval, at_rank, quantile_ranks, quantile_type7, std_dev};

/// Confidence interval of a quantile, from two order statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantileInterval {
    /// The interval; an end is infinite where the sample is too small to hold it.
    pub interval: Interval,
    /// Rank of the lower end among the ascending values, counted from one; zero where there is none.
    pub lo_rank: usize,
    /// Rank of the upper end; one more than the number of values where there is none.
    pub hi_rank: usize,
}

/// The 95 % interval of quantile `p` of ascending independent values, whatever their distribution.
///
/// By [`quantile_ranks`]; coverage is at least about 95 %. `None` where there is no value, the last is NaN, or `p` is not
/// inside (0, 1).
pub fn quantile_ci(sorted: &[f64], p: f64) -> Option<QuantileInterval> {
    if sorted.last().is_none_or(|v| v.is_nan()) {
        return None;
    }
    let (lo_rank, hi_rank) = quantile_ranks(sorted.len(), p, 0.95)?;
    let interval = Interval { lo: at_rank(sorted, lo_rank), hi: at_rank(sorted, hi_rank) };
    Some(QuantileInterval { interval, lo_rank, hi_rank })
}

/// Standard error of the mean of independent values: sd (ddof 1) over `sqrt(n)`; NaN for fewer than two.
pub fn se_of_mean(x: &[f64]) -> f64 {
    std_dev(x, 1) / (x.len() as f64).sqrt()
}

/// Standard error `sqrt(p (1 - p) / n)` of a share `p` of `n` independent paths.
///
/// Zero at `p` of 0 and 1, where it means nothing: see [`bound_without_events`]. NaN for no path or `p` outside [0, 1].
pub fn se_of_probability(p: f64, n: usize) -> f64 {
    if n == 0 { f64::NAN } else { (p * (1.0 - p) / n as f64).sqrt() }
}

/// Upper 95 % bound of a probability of which `n` paths showed no event: `1 - 0.05^(1/n)`.
///
/// About `3 / n`, the "rule of three": J. A. Hanley and A. Lippman-Hand, JAMA 249 (1983), 1743-1745. One for no path.
pub fn bound_without_events(n: usize) -> f64 {
    if n == 0 { 1.0 } else { -libm::expm1(libm::log(0.05) / n as f64) }
}

/// Where `original` stands in `sample`: the share of values below it and half the share of values equal to it.
///
/// Equal means within `1e-12`, relative to `original` where that is above one: the same trades summed in another order
/// differ in the last digits. NaN where there is no value or one is NaN.
pub fn percentile_of(original: f64, sample: &[f64]) -> f64 {
    if original.is_nan() || sample.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    let near = 1e-12 * original.abs().max(1.0);
    let (mut below, mut equal) = (0usize, 0usize);
    for &v in sample {
        // Infinite values are equal to themselves only, and their difference is no number.
        if v == original || (original.is_finite() && (v - original).abs() <= near) {
            equal += 1;
        } else if v < original {
            below += 1;
        }
    }
    (below as f64 + 0.5 * equal as f64) / sample.len() as f64
}

/// Whether there are enough paths to compare quantile `p` of ascending values with `threshold`: half the width of its 95 %
/// interval is below 2 % of its distance from the threshold.
///
/// `false` where there is no interval. A quantile on the threshold never has enough: decide with the end of the interval
/// that is against you.
pub fn enough(sorted: &[f64], p: f64, threshold: f64) -> bool {
    let distance = (quantile_type7(sorted, p) - threshold).abs();
    quantile_ci(sorted, p).is_some_and(|q| (q.interval.hi - q.interval.lo) / 2.0 < 0.02 * distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{close, iid};

    #[test]
    fn ranks_match_the_reference() {
        let (one, half) = ([0.01, 0.05, 0.5, 0.95, 0.99], [0.05, 0.5, 0.95]);
        let want = [
            (1000, [(4, 18), (37, 65), (469, 532), (936, 964), (983, 997)]),
            (2000, [(12, 30), (81, 121), (956, 1045), (1880, 1920), (1971, 1989)]),
            (5000, [(37, 65), (220, 282), (2431, 2570), (4719, 4781), (4936, 4964)]),
            (10_000, [(81, 121), (458, 544), (4902, 5099), (9457, 9543), (9880, 9920)]),
        ];
        for (n, ranks) in want {
            let x: Vec<f64> = (1..=n).map(f64::from).collect();
            for (p, (lo, hi)) in one.into_iter().zip(ranks) {
                let q = quantile_ci(&x, p).unwrap();
                assert_eq!((q.lo_rank, q.hi_rank), (lo, hi), "{n} {p}");
                assert_eq!((q.interval.lo, q.interval.hi), (lo as f64, hi as f64));
            }
        }
        // The probability that the interval covers the quantile: that of as many values below it.
        for (n, p, lo, hi, want) in [
            (1000, 0.01, 4, 18, 0.9760947634979773),
            (1000, 0.5, 469, 532, 0.9537088026395018),
            (5000, 0.95, 4719, 4781, 0.9557915839173162),
            (10_000, 0.99, 9880, 9920, 0.9557546828065552),
        ] {
            let x: Vec<f64> = (1..=n).map(f64::from).collect();
            let q = quantile_ci(&x, p).unwrap();
            assert_eq!((q.lo_rank, q.hi_rank), (lo, hi));
            let n = f64::from(n);
            let ways = |k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
            let mass = |k: f64| (ways(k) + k * p.ln() + (n - k) * (1.0 - p).ln()).exp();
            let covered: f64 = (lo..hi).map(|k| mass(k as f64)).sum();
            assert!((covered - want).abs() < 1e-9, "{n} {p}: {covered}");
        }
        for p in half {
            let x = vec![1.0; 1_000_000];
            let q = quantile_ci(&x, p).unwrap();
            let spread = 1.96 * (1e6 * p * (1.0 - p)).sqrt();
            assert!(((q.hi_rank - q.lo_rank) as f64 - 2.0 * spread).abs() < 3.0);
        }
    }

    #[test]
    fn small_samples_have_open_ends() {
        let q = quantile_ci(&[1.0, 2.0, 3.0], 0.95).unwrap();
        assert_eq!((q.interval.hi, q.hi_rank), (f64::INFINITY, 4));
        let q = quantile_ci(&[1.0, 2.0, 3.0], 0.05).unwrap();
        assert_eq!((q.interval.lo, q.lo_rank), (f64::NEG_INFINITY, 0));
        assert!(quantile_ci(&[], 0.5).is_none() && quantile_ci(&[1.0, f64::NAN], 0.5).is_none());
        assert!(quantile_ci(&[1.0], 0.0).is_none() && quantile_ci(&[1.0], f64::NAN).is_none());
        assert!(!enough(&[1.0, 2.0], 0.95, 9.0));
    }

    #[test]
    fn errors_match_the_reference() {
        for (n, p, want) in [(1000, 0.05, 0.006892024376045111), (10_000, 0.99, 0.0009949874371066203)] {
            assert!(close(se_of_probability(p, n), want, 1e-12));
        }
        assert!((se_of_mean(&[1.0, 2.0, 3.0, 4.0]) - 0.6454972243679028).abs() < 1e-15);
        assert!(se_of_mean(&[1.0]).is_nan() && se_of_probability(0.5, 0).is_nan());
        assert!((bound_without_events(1000) - (1.0 - 0.05f64.powf(0.001))).abs() < 1e-15);
        assert!((bound_without_events(1000) * 1000.0 - 3.0).abs() < 0.01);
        assert_eq!(bound_without_events(0), 1.0);
        assert!((bound_without_events(1) - 0.95).abs() < 1e-15);
    }

    #[test]
    fn ties_count_half_within_rounding() {
        let x = [0.1 + 0.2, 0.3, 0.4, 0.2];
        assert_eq!(percentile_of(0.3, &x), 0.5);
        assert_eq!(percentile_of(9.0, &x), 1.0);
        assert_eq!(percentile_of(f64::INFINITY, &[1.0, f64::INFINITY]), 0.75);
        assert!(percentile_of(0.3, &[]).is_nan() && percentile_of(0.3, &[f64::NAN]).is_nan());
    }

    #[test]
    fn more_paths_are_enough_where_few_are_not() {
        // The half width at p = 0.95 is about 2.07 * 1.96 / sqrt(n) standard deviations.
        let sample = |n| crate::stats::sorted(&iid(4, n, 0.0, 1.0));
        assert!(!enough(&sample(1000), 0.95, 3.5));
        assert!(enough(&sample(20_000), 0.95, 4.5));
    }
}
