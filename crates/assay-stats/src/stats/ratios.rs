//! The point estimates whose intervals this module computes, so that both use one formula.

use super::moments::{mean, std_dev};

/// Whether a standard deviation `sd` of ratios near `1 + mean` is no more than their rounding.
///
/// A return is a quotient near one less one, so its last digits are about 1e-16; deviations below 1e-14 are noise of the
/// arithmetic, and a ratio over them means nothing.
pub fn is_rounding(sd: f64, mean: f64) -> bool {
    sd <= 1e-14 * (1.0 + mean.abs())
}

/// Sharpe ratio `mean / sd * sqrt(periods_per_year)` of excess returns per period, sd with ddof 1.
///
/// W. F. Sharpe, Journal of Portfolio Management 21 (1994), 49-58. NaN for fewer than two returns or where they do not
/// vary.
pub fn sharpe_ratio(returns: &[f64], periods_per_year: f64) -> f64 {
    let (m, sd) = (mean(returns), std_dev(returns, 1));
    if sd.is_nan() || is_rounding(sd, m) { f64::NAN } else { m / sd * periods_per_year.sqrt() }
}

/// Profit factor: sum of gains over absolute sum of losses (convention).
///
/// NaN where nothing was lost: the ratio has no value then, and a large stand-in would win comparisons.
pub fn profit_factor(pnl: &[f64]) -> f64 {
    let (gain, loss) = pnl.iter().fold((0.0, 0.0), |(g, l), &x| (g + x.max(0.0), l - x.min(0.0)));
    if loss > 0.0 { gain / loss } else { f64::NAN }
}

/// Share of values above zero among all values, zeros included; NaN where there is none.
pub fn win_rate(pnl: &[f64]) -> f64 {
    pnl.iter().filter(|&&x| x > 0.0).count() as f64 / pnl.len() as f64
}

/// Largest fall of the compounded curve `prod(1 + r)` from its running peak, as a positive fraction of the peak; the
/// start counts as a peak. Zero where there is no return.
pub fn max_drawdown_of_returns(returns: impl IntoIterator<Item = f64>) -> f64 {
    let (mut value, mut peak, mut deepest) = (1.0_f64, 1.0_f64, 0.0_f64);
    for r in returns {
        value *= 1.0 + r;
        peak = peak.max(value);
        // Compared without dividing: most steps set no new depth.
        if peak - value > deepest * peak {
            deepest = 1.0 - value / peak;
        }
    }
    deepest
}

/// Geometric return of a month of `days_per_month` days: `exp(days_per_month * mean(ln(1 + r))) - 1` (convention).
///
/// -1 where a return is -1 or less: all was lost. NaN where there is no return.
pub fn compound_monthly(daily_returns: &[f64], days_per_month: f64) -> f64 {
    if daily_returns.iter().any(|&r| r <= -1.0) {
        return -1.0;
    }
    let log: f64 = daily_returns.iter().map(|&r| libm::log1p(r)).sum();
    libm::expm1(days_per_month * (log / daily_returns.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        // Mean 0.01, deviations ±0.01, ddof 1: sd = 0.01 sqrt(2).
        assert!((sharpe_ratio(&[0.0, 0.02], 4.0) - 2.0 / 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(profit_factor(&[3.0, -1.0, 0.0, -1.0]), 1.5);
        assert_eq!(win_rate(&[3.0, -1.0, 0.0, -1.0]), 0.25);
        assert!((max_drawdown_of_returns([0.25, -0.2, -0.25, 1.0]) - 0.4).abs() < 1e-15);
        // The later fall is larger in money but not as a fraction.
        assert_eq!(max_drawdown_of_returns([-0.5, 15.0, -0.25]), 0.5);
        assert!((max_drawdown_of_returns([-0.1]) - 0.1).abs() < 1e-15);
        assert!((compound_monthly(&[0.01; 30], 30.0) - (1.01f64.powi(30) - 1.0)).abs() < 1e-13);
        assert!((compound_monthly(&[0.5, -0.5], 2.0) + 0.25).abs() < 1e-15);
    }

    #[test]
    fn undefined_is_nan() {
        let growth: Vec<f64> = (0..50).map(|i| 1.01f64.powi(i + 1) / 1.01f64.powi(i) - 1.0).collect();
        assert!(sharpe_ratio(&growth, 365.0).is_nan(), "rounding is not variance");
        assert!(sharpe_ratio(&[0.01], 365.0).is_nan() && sharpe_ratio(&[], 365.0).is_nan());
        assert!(profit_factor(&[1.0, 0.0]).is_nan() && profit_factor(&[]).is_nan());
        assert_eq!(profit_factor(&[-1.0]), 0.0);
        assert!(win_rate(&[]).is_nan());
        assert_eq!(compound_monthly(&[0.1, -1.0], 30.0), -1.0);
        assert!(compound_monthly(&[], 30.0).is_nan());
        assert_eq!(max_drawdown_of_returns([]), 0.0);
    }
}
