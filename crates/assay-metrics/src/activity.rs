//! How much a system is in the market, how much it trades, and what that costs.

use super::equity::ratio;
use crate::stats::mean;

/// Share of bars with a position: `position[i]` is what is held during bar `i`, any unit, signed. NaN without a bar.
pub fn exposure(position: &[f64]) -> f64 {
    position.iter().filter(|&&p| p != 0.0).count() as f64 / position.len() as f64
}

/// Mean of `|notional| / equity` over bars, both in money at the same instant (convention); 0.5 means half the account at work
/// on average.
///
/// Bars with equity of zero or less are left out; NaN where none is left.
pub fn exposure_notional(notional: &[f64], equity: &[f64]) -> f64 {
    let shares: Vec<f64> =
        notional.iter().zip(equity).filter(|(_, e)| **e > 0.0).map(|(n, e)| n.abs() / e).collect();
    mean(&shares)
}

/// Two-sided turnover a year: sum of `|traded notional|` (buys and sells both count) over mean equity over `years`
/// (convention). 12 means that the account was bought or sold twelve times a year.
///
/// NaN where mean equity or `years` is not positive.
pub fn turnover(traded_notional: &[f64], equity: &[f64], years: f64) -> f64 {
    let traded = traded_notional.iter().fold(0.0, |s, x| s + x.abs());
    ratio(ratio(traded, mean(equity)), years)
}

/// Cost in basis points of the notional traded, both sums of money over a run; NaN where nothing was traded.
pub fn cost_bps(cost: f64, traded_notional: f64) -> f64 {
    ratio(cost, traded_notional) * 1e4
}

/// Cost as a fraction of the profit before costs; NaN where there was none.
pub fn cost_share(cost: f64, profit_before_costs: f64) -> f64 {
    ratio(cost, profit_before_costs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        assert_eq!(exposure(&[0.0, 1.0, -1.0, 0.0]), 0.5);
        assert_eq!(exposure_notional(&[0.0, 50.0, -100.0, 9.0], &[100.0, 100.0, 100.0, 0.0]), 0.5);
        assert_eq!(turnover(&[100.0, -100.0, 50.0], &[50.0, 150.0], 0.5), 5.0);
        assert_eq!(cost_bps(2.0, 1000.0), 20.0);
        assert_eq!(cost_share(2.0, 8.0), 0.25);
    }

    #[test]
    fn undefined_is_nan() {
        assert!(exposure(&[]).is_nan() && exposure_notional(&[1.0], &[-1.0]).is_nan());
        assert!(turnover(&[], &[], 1.0).is_nan() && turnover(&[1.0], &[1.0], 0.0).is_nan());
        assert!(cost_bps(1.0, 0.0).is_nan() && cost_share(1.0, -5.0).is_nan());
        assert_eq!(turnover(&[], &[1.0], 1.0), 0.0);
    }
}
