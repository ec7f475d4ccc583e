//! Ranges.

use super::rma;

/// Wilder's true range: the greatest of `high - low`, `|high - previous close|`, `|low - previous close|`; row 0 is
/// `high - low`. The three slices must be of equal length.
pub fn true_range(high: &[f64], low: &[f64], close: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = high.iter().zip(low).map(|(h, l)| h - l).collect();
    for i in 1..out.len() {
        let before = close[i - 1];
        out[i] = out[i].max((high[i] - before).abs()).max((low[i] - before).abs());
    }
    out
}

/// Average true range: [`rma`] of [`true_range`]; valid from row `window - 1`. (TA-Lib starts a row later, because it
/// leaves row 0 out.)
pub fn atr(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Vec<f64> {
    rma(&true_range(high, low, close), window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_count_towards_the_range() {
        let tr = true_range(&[10.0, 15.0, 9.0], &[9.0, 14.0, 8.0], &[9.5, 14.5, 8.5]);
        assert_eq!(tr, [1.0, 5.5, 6.5]);
        assert_eq!(atr(&[10.0, 15.0], &[9.0, 14.0], &[9.5, 14.5], 2)[1], 3.25);
    }
}
