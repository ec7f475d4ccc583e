//! Bootstrap intervals of the difference `b - a` between a baseline `a` and a candidate `b`.
//!
//! Return series are paired: equal length, same periods, and one set of blocks for both, so what they share cancels. Trade
//! samples are independent: each is resampled on its own. Otherwise as for the intervals of one series; `None` also where
//! paired series differ in length.

use super::block_length::automatic_block;
use super::bootstrap::Bootstrap;
use super::intervals::{SharpeOf, gain_and_loss, gain_over_loss, log_returns, usable};
use super::ratios::max_drawdown_of_returns;
use super::resampled::{ResampledInterval, percentile_interval};

/// The mean block that suits both series; `None` unless they pair up.
fn paired_block(a: &[f64], b: &[f64], boot: &Bootstrap) -> Option<f64> {
    (usable(a) && usable(b) && a.len() == b.len())
        .then(|| boot.block(|| automatic_block(a).max(automatic_block(b))))
}

/// Interval of `compare(Sharpe of a, Sharpe of b)` on common blocks.
fn sharpes(
    a: &[f64],
    b: &[f64],
    periods_per_year: f64,
    boot: &Bootstrap,
    purpose: &str,
    compare: impl Fn(f64, f64) -> f64 + Sync,
) -> Option<ResampledInterval> {
    let block = paired_block(a, b, boot)?;
    let (of_a, of_b) = (SharpeOf::new(a, periods_per_year)?, SharpeOf::new(b, periods_per_year)?);
    let terms = |i: usize| {
        let ([a1, a2], [b1, b2]) = (of_a.terms(a[i]), of_b.terms(b[i]));
        [a1, a2, b1, b2]
    };
    boot.interval_of_means(purpose, a.len(), block, terms, |[a1, a2, b1, b2]| {
        compare(of_a.ratio([a1, a2]), of_b.ratio([b1, b2]))
    })
}

/// Interval of the difference of annualised Sharpe ratios, candidate less baseline.
pub fn sharpe_difference_interval(
    a: &[f64],
    b: &[f64],
    periods_per_year: f64,
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    sharpes(a, b, periods_per_year, boot, purpose, |a, b| b - a)
}

/// Interval of the relative change `(b - a) / a` of the Sharpe ratio, 0.4 meaning 40 % better.
///
/// Undefined where the baseline is zero or less, so `None` unless it is positive on 95 % of the resamples.
pub fn sharpe_change_interval(
    a: &[f64],
    b: &[f64],
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    sharpes(a, b, 1.0, boot, purpose, relative)
}

/// `(b - a) / a` for a positive `a`, otherwise NaN.
fn relative(a: f64, b: f64) -> f64 {
    if a > 0.0 { (b - a) / a } else { f64::NAN }
}

/// Interval of the difference of means per observation of paired series.
pub fn mean_difference_interval(
    a: &[f64],
    b: &[f64],
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    let block = paired_block(a, b, boot)?;
    boot.interval_of_means(purpose, a.len(), block, |i| [b[i] - a[i]], |[d]| d)
}

/// Interval of the difference of maximum drawdowns (positive fractions) of compounded returns; below zero where the
/// candidate falls less.
pub fn max_drawdown_difference_interval(
    a: &[f64],
    b: &[f64],
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    let block = paired_block(a, b, boot)?;
    percentile_interval(boot.distribution(purpose, a.len(), block, |blocks| {
        let of = |x: &[f64]| max_drawdown_of_returns(blocks.clone().flatten().map(|i| x[i]));
        of(b) - of(a)
    }))
}

/// Interval of `compare(monthly return of a, of b)` on common blocks of daily returns.
fn months(
    a: &[f64],
    b: &[f64],
    days_per_month: f64,
    boot: &Bootstrap,
    purpose: &str,
    compare: impl Fn(f64, f64) -> f64 + Sync,
) -> Option<ResampledInterval> {
    let block = paired_block(a, b, boot)?;
    let (log_a, log_b) = (log_returns(a)?, log_returns(b)?);
    let month = |m: f64| libm::expm1(days_per_month * m);
    boot.interval_of_means(
        purpose,
        a.len(),
        block,
        |i| [log_a[i], log_b[i]],
        |[a, b]| compare(month(a), month(b)),
    )
}

/// Interval of the difference of geometric monthly returns ([`compound_monthly`](super::compound_monthly)).
pub fn compound_monthly_difference_interval(
    a: &[f64],
    b: &[f64],
    days_per_month: f64,
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    months(a, b, days_per_month, boot, purpose, |a, b| b - a)
}

/// Interval of the relative change `(b - a) / a` of the geometric monthly return.
///
/// Undefined where the baseline is zero or less, so `None` unless it is positive on 95 % of the resamples.
pub fn compound_monthly_change_interval(
    a: &[f64],
    b: &[f64],
    days_per_month: f64,
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    months(a, b, days_per_month, boot, purpose, relative)
}

/// Difference of a statistic of means between two independent samples of trades.
fn trades<const K: usize>(
    [a, b]: [&[f64]; 2],
    boot: &Bootstrap,
    purpose: &str,
    terms: impl Fn(f64) -> [f64; K],
    statistic: impl Fn([f64; K]) -> f64 + Sync,
) -> Option<ResampledInterval> {
    if !usable(a) || !usable(b) {
        return None;
    }
    let values = |x: &[f64], side: &str| {
        let block = boot.block(|| automatic_block(x));
        let purpose = format!("{purpose}/{side}");
        boot.distribution_of_means(&purpose, x.len(), block, |i| terms(x[i]), &statistic)
    };
    let (a, b) = (values(a, "a"), values(b, "b"));
    percentile_interval(a.iter().zip(&b).map(|(a, b)| b - a).collect())
}

/// Interval of the difference of [`profit_factor`](super::profit_factor)s of two trade samples, each in order of exit.
///
/// `None` where either has no losing trade.
pub fn profit_factor_difference(
    a: &[f64],
    b: &[f64],
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    let loses = |x: &[f64]| x.iter().any(|&v| v < 0.0);
    if !loses(a) || !loses(b) {
        return None;
    }
    trades([a, b], boot, purpose, gain_and_loss, gain_over_loss)
}

/// Interval of the difference of [`win_rate`](super::win_rate)s of two trade samples, each in order of exit.
pub fn win_rate_difference(
    a: &[f64],
    b: &[f64],
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    trades([a, b], boot, purpose, |x| [f64::from(u8::from(x > 0.0))], |[rate]| rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{compound_monthly, profit_factor, sharpe_ratio, win_rate};
    use assay_testing::iid;

    const BOOT: Bootstrap = Bootstrap { resamples: 1000, seed: 3, mean_block: None };

    /// A baseline and a candidate that does the same, a little better.
    fn pair() -> (Vec<f64>, Vec<f64>) {
        let a = iid(31, 800, 0.0015, 0.01);
        let b = a.iter().zip(iid(32, 800, 0.0005, 0.002)).map(|(x, e)| x + e).collect();
        (a, b)
    }

    #[test]
    fn intervals_hold_their_point() {
        let (a, b) = pair();
        let sharpe = |x: &[f64]| sharpe_ratio(x, 252.0);
        let gain = sharpe(&b) - sharpe(&a);
        let i = sharpe_difference_interval(&a, &b, 252.0, &BOOT, "t").unwrap();
        assert!(i.contains(gain) && i.lo > 0.0, "{i:?} {gain}");
        assert!(sharpe_change_interval(&a, &b, &BOOT, "t").unwrap().contains(gain / sharpe(&a)));
        let month = |x: &[f64]| compound_monthly(x, 21.0);
        let gain = month(&b) - month(&a);
        assert!(compound_monthly_difference_interval(&a, &b, 21.0, &BOOT, "t").unwrap().contains(gain));
        assert!(
            compound_monthly_change_interval(&a, &b, 21.0, &BOOT, "t").unwrap().contains(gain / month(&a))
        );
        let gain = profit_factor(&b) - profit_factor(&a);
        assert!(profit_factor_difference(&a, &b, &BOOT, "t").unwrap().contains(gain));
        let gain = win_rate(&b) - win_rate(&a);
        assert!(win_rate_difference(&a, &b, &BOOT, "t").unwrap().contains(gain));
        let mean = mean_difference_interval(&a, &b, &BOOT, "t").unwrap();
        assert!(mean.contains(0.0005) && mean.width() < 0.0004, "{mean:?}");
        let half: Vec<f64> = a.iter().map(|r| r / 2.0).collect();
        let falls = max_drawdown_difference_interval(&a, &half, &BOOT, "t").unwrap();
        assert!(falls.hi < 0.0, "half the risk falls less: {falls:?}");
    }

    #[test]
    fn swapping_the_series_flips_the_sign() {
        let (a, b) = pair();
        let d = |a, b| max_drawdown_difference_interval(a, b, &BOOT, "t").unwrap();
        let (ab, ba) = (d(&a, &b), d(&b, &a));
        assert!((ab.lo + ba.hi).abs() < 1e-12 && (ab.hi + ba.lo).abs() < 1e-12, "{ab:?} {ba:?}");
    }

    #[test]
    fn pairing_cancels_what_is_shared_and_independence_does_not() {
        let (a, b) = pair();
        let zero = sharpe_difference_interval(&a, &a, 252.0, &BOOT, "t").unwrap();
        assert_eq!((zero.lo, zero.hi), (0.0, 0.0));
        let same_trades = win_rate_difference(&a, &a, &BOOT, "t").unwrap();
        assert!(same_trades.lo < -0.02 && same_trades.hi > 0.02, "{same_trades:?}");
        // sqrt(2 p (1 - p) / n) at p = 0.55 is 0.025.
        let width =
            win_rate_difference(&a, &b, &Bootstrap { mean_block: Some(1.0), ..BOOT }, "t").unwrap().width();
        assert!((width / (2.0 * 1.96 * 0.025) - 1.0).abs() < 0.15, "{width}");
    }

    #[test]
    fn relative_change_needs_a_baseline_that_is_surely_positive() {
        let weak = iid(33, 800, 0.0, 0.01);
        let (a, _) = pair();
        assert_eq!(sharpe_change_interval(&weak, &a, &BOOT, "t"), None);
        assert_eq!(compound_monthly_change_interval(&weak, &a, 21.0, &BOOT, "t"), None);
        assert!(sharpe_difference_interval(&weak, &a, 252.0, &BOOT, "t").is_some());
    }

    #[test]
    fn what_does_not_pair_up_gives_none() {
        let (a, b) = pair();
        assert_eq!(sharpe_difference_interval(&a, &b[1..], 252.0, &BOOT, "t"), None);
        assert_eq!(max_drawdown_difference_interval(&a[..1], &b[..1], &BOOT, "t"), None);
        assert_eq!(mean_difference_interval(&[], &[], &BOOT, "t"), None);
        assert_eq!(sharpe_difference_interval(&[0.1; 9], &a[..9], 252.0, &BOOT, "t"), None);
        assert_eq!(profit_factor_difference(&a, &[1.0, 2.0], &BOOT, "t"), None);
        assert_eq!(win_rate_difference(&a, &[1.0], &BOOT, "t"), None);
    }

    #[test]
    fn threads_change_nothing() {
        let (a, b) = pair();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                [
                    sharpe_difference_interval(&a, &b, 252.0, &BOOT, "t"),
                    win_rate_difference(&a, &b, &BOOT, "t"),
                    max_drawdown_difference_interval(&a, &b, &BOOT, "t"),
                ]
            })
        };
        assert_eq!(run(1), run(2));
    }
}
