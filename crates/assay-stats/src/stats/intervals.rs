//! Bootstrap intervals of one series.
//!
//! Every interval is the 95 % percentile interval of a stationary bootstrap ([`Bootstrap`]). `purpose` names the random
//! stream: give different questions different names. All are `None` for fewer than two observations or where a value is
//! not finite, and where the statistic is undefined on more than one resample in twenty.

use super::block_length::automatic_block;
use super::bootstrap::Bootstrap;
use super::moments::{mean, variance};
use super::ratios::{is_rounding, max_drawdown_of_returns};
use super::resampled::{ResampledInterval, percentile_interval};

/// Whether there is enough to resample.
pub(super) fn usable(x: &[f64]) -> bool {
    x.len() >= 2 && x.iter().all(|v| v.is_finite())
}

/// The Sharpe ratio of a resample from the means of its centred returns and of their squares.
pub(super) struct SharpeOf {
    centre: f64,
    /// Below this a resample does not vary beyond rounding.
    least_variance: f64,
    /// `sqrt(periods_per_year)` and the change from ddof 0 to 1.
    scale: f64,
}

impl SharpeOf {
    /// `None` where `returns` do not vary.
    pub(super) fn new(returns: &[f64], periods_per_year: f64) -> Option<Self> {
        let (centre, v) = (mean(returns), variance(returns, 1));
        if v.is_nan() || is_rounding(v.sqrt(), centre) {
            return None;
        }
        let n = returns.len() as f64;
        let scale = (periods_per_year * (n - 1.0) / n).sqrt();
        // Prefix sums resolve a resample's variance to about 1e-11 of the whole sample's.
        Some(Self { centre, least_variance: 1e-10 * v, scale })
    }

    /// The two terms of one return.
    pub(super) fn terms(&self, r: f64) -> [f64; 2] {
        let d = r - self.centre;
        [d, d * d]
    }

    /// The annual ratio of their means; NaN where the resample does not vary.
    pub(super) fn ratio(&self, [d, d2]: [f64; 2]) -> f64 {
        let v = d2 - d * d;
        if v > self.least_variance { (self.centre + d) / v.sqrt() * self.scale } else { f64::NAN }
    }
}

/// Gain and loss of one observation, both as positive numbers.
pub(super) fn gain_and_loss(x: f64) -> [f64; 2] {
    [x.max(0.0), -x.min(0.0)]
}

/// Profit factor of mean gain and loss; infinite without losses, so that it bounds no interval from above.
pub(super) fn gain_over_loss([gain, loss]: [f64; 2]) -> f64 {
    // A prefix sum does not move over terms of zero, so nothing is exactly nothing, and 0 / 0 is NaN as it should be.
    gain / loss
}

/// Interval of the mean per observation, in the unit of `x`; `None` where `x` does not vary.
pub fn mean_interval(x: &[f64], boot: &Bootstrap, purpose: &str) -> Option<ResampledInterval> {
    if !usable(x) || variance(x, 1) == 0.0 {
        return None;
    }
    let centre = mean(x);
    let block = boot.block(|| automatic_block(x));
    boot.interval_of_means(purpose, x.len(), block, |i| [x[i] - centre], |[d]| centre + d)
}

/// Interval of the annualised [`sharpe_ratio`](super::sharpe_ratio) of returns per period.
///
/// `None` also where the returns do not vary.
pub fn sharpe_interval(
    returns: &[f64],
    periods_per_year: f64,
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    if !usable(returns) {
        return None;
    }
    let of = SharpeOf::new(returns, periods_per_year)?;
    let block = boot.block(|| automatic_block(returns));
    boot.interval_of_means(purpose, returns.len(), block, |i| of.terms(returns[i]), |m| of.ratio(m))
}

/// Interval of the [`profit_factor`](super::profit_factor) of trades, in order of exit.
///
/// A resample without losses counts as infinite, so the upper end may be infinite. `None` also where no trade loses: the
/// sample then says nothing about the size of a loss.
pub fn profit_factor_interval(pnl: &[f64], boot: &Bootstrap, purpose: &str) -> Option<ResampledInterval> {
    if !usable(pnl) || !pnl.iter().any(|&x| x < 0.0) {
        return None;
    }
    let block = boot.block(|| automatic_block(pnl));
    let terms = |i: usize| gain_and_loss(pnl[i]);
    boot.interval_of_means(purpose, pnl.len(), block, terms, gain_over_loss)
}

/// Interval of the maximum drawdown (positive fraction) of compounded returns.
///
/// Blocks keep runs of losses together only up to their length, so the interval describes the drawdowns to be expected of
/// such returns rather than the precision of the one seen, which may lie outside. `None` where returns do not vary.
pub fn max_drawdown_interval(returns: &[f64], boot: &Bootstrap, purpose: &str) -> Option<ResampledInterval> {
    if !usable(returns) || variance(returns, 1) == 0.0 {
        return None;
    }
    let block = boot.block(|| automatic_block(returns));
    percentile_interval(boot.distribution(purpose, returns.len(), block, |blocks| {
        max_drawdown_of_returns(blocks.flatten().map(|i| returns[i]))
    }))
}

/// Interval of the geometric return of a month ([`compound_monthly`](super::compound_monthly)) from daily returns.
///
/// `None` also where a return is -1 or less, or returns do not vary.
pub fn compound_monthly_interval(
    daily_returns: &[f64],
    days_per_month: f64,
    boot: &Bootstrap,
    purpose: &str,
) -> Option<ResampledInterval> {
    let logs = log_returns(daily_returns)?;
    if variance(daily_returns, 1) == 0.0 {
        return None;
    }
    let block = boot.block(|| automatic_block(daily_returns));
    boot.interval_of_means(purpose, logs.len(), block, |i| [logs[i]], |[m]| libm::expm1(days_per_month * m))
}

/// `ln(1 + r)`; `None` unless usable and every return is above -1.
pub(super) fn log_returns(returns: &[f64]) -> Option<Vec<f64>> {
    (usable(returns) && returns.iter().all(|&r| r > -1.0))
        .then(|| returns.iter().map(|&r| libm::log1p(r)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{compound_monthly, profit_factor, sharpe_ratio, sharpe_se_iid};
    use assay_testing::{ar1, iid};

    const BOOT: Bootstrap = Bootstrap { resamples: 2000, seed: 1, mean_block: None };

    /// All intervals of one series.
    fn all(x: &[f64], boot: &Bootstrap) -> [Option<ResampledInterval>; 5] {
        [
            mean_interval(x, boot, "t"),
            sharpe_interval(x, 252.0, boot, "t"),
            profit_factor_interval(x, boot, "t"),
            max_drawdown_interval(x, boot, "t"),
            compound_monthly_interval(x, 21.0, boot, "t"),
        ]
    }

    #[test]
    fn intervals_hold_their_point_and_have_the_known_width() {
        let x = iid(8, 1000, 0.001, 0.01);
        let [mean_i, sharpe_i, pf, dd, month] = all(&x, &BOOT).map(Option::unwrap);
        let widths = |i: ResampledInterval, se: f64| i.width() / (2.0 * crate::stats::Z95 * se);
        assert!((widths(mean_i, variance(&x, 1).sqrt() / 1000f64.sqrt()) - 1.0).abs() < 0.1);
        let per_day = sharpe_ratio(&x, 1.0);
        assert!((widths(sharpe_i, sharpe_se_iid(per_day, 1000) * 252f64.sqrt()) - 1.0).abs() < 0.1);
        assert!(mean_i.contains(mean(&x)) && sharpe_i.contains(sharpe_ratio(&x, 252.0)));
        assert!(pf.contains(profit_factor(&x)) && month.contains(compound_monthly(&x, 21.0)));
        assert!(dd.lo > 0.0 && dd.hi < 1.0);
    }

    #[test]
    fn sharpe_of_prefix_sums_is_sharpe_of_the_resample() {
        let x = ar1(3, 300, 0.001, 0.3, 0.01);
        let of = SharpeOf::new(&x, 252.0).unwrap();
        let fast = BOOT.distribution_of_means("t", 300, 4.0, |i| of.terms(x[i]), |m| of.ratio(m));
        let plain = BOOT.distribution("t", 300, 4.0, |b| {
            sharpe_ratio(&b.flatten().map(|i| x[i]).collect::<Vec<_>>(), 252.0)
        });
        for (f, p) in fast.iter().zip(&plain) {
            assert!((f - p).abs() < 1e-9 * (1.0 + p.abs()), "{f} {p}");
        }
    }

    #[test]
    fn longer_blocks_widen_the_interval_of_a_persistent_series() {
        let x = ar1(5, 2000, 0.0, 0.7, 0.01);
        let independent = Bootstrap { mean_block: Some(1.0), ..BOOT };
        let wide = mean_interval(&x, &BOOT, "t").unwrap().width();
        assert!(wide > 1.8 * mean_interval(&x, &independent, "t").unwrap().width());
    }

    #[test]
    fn too_little_or_unusable_data_gives_none() {
        for x in [vec![], vec![0.1], vec![0.1; 50], vec![0.1, f64::NAN, 0.2], vec![0.1, f64::INFINITY]] {
            assert_eq!(all(&x, &BOOT), [None; 5], "{x:?}");
        }
        assert_eq!(compound_monthly_interval(&[0.1, 0.2, -1.0], 30.0, &BOOT, "t"), None);
        // Half of the resamples of two values do not vary.
        assert_eq!(sharpe_interval(&[0.1, 0.2], 252.0, &BOOT, "t"), None);
        // One in nine of three, but for the rounding of their sums.
        assert_eq!(sharpe_interval(&[0.1, 0.23, 0.31], 252.0, &BOOT, "t"), None);
        assert_eq!(profit_factor_interval(&[1.0, 2.0, 0.0], &BOOT, "t"), None);
    }

    #[test]
    fn a_single_loss_leaves_the_profit_factor_unbounded_above() {
        let pnl: Vec<f64> = (0..20).map(|i| if i == 7 { -1.0 } else { 1.0 }).collect();
        let i = profit_factor_interval(&pnl, &Bootstrap { mean_block: Some(1.0), ..BOOT }, "t").unwrap();
        assert!(i.lo > 2.0 && i.hi == f64::INFINITY, "{i:?}");
        let losses = profit_factor_interval(&[-1.0, -2.0, -3.0], &BOOT, "t").unwrap();
        assert_eq!((losses.lo, losses.hi), (0.0, 0.0));
    }

    #[test]
    fn threads_and_scale_change_nothing() {
        let x = ar1(5, 400, 0.001, 0.2, 0.01);
        let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let one = pool(1).install(|| all(&x, &BOOT));
        assert_eq!(one, pool(2).install(|| all(&x, &BOOT)));
        let scaled: Vec<f64> = x.iter().map(|v| v * 1024.0).collect();
        assert_eq!(profit_factor_interval(&scaled, &BOOT, "t"), one[2]);
    }
}
