//! Ranges.

use super::averages::rma_in_place;

pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Wilder's true range: the greatest of `high - low`, `|high - previous close|`, `|low - previous close|`. Row 0, which has
/// no close before it, is `first` of its own range: that range, or NaN as in TA-Lib. (Wilder 1978.)
pub fn true_range(high: &[f64], low: &[f64], close: &[f64], first: impl Fn(f64) -> f64) -> Vec<f64> {
    let n = high.len().min(low.len()).min(close.len());
    let mut out = Vec::with_capacity(n);
    out.extend(high.iter().zip(low).take(n.min(1)).map(|(h, l)| first(h - l)));
    // With low <= high the three collapse into one range that holds the close before.
    let rows = high[..n].iter().zip(&low[..n]).skip(1).zip(close);
    out.extend(rows.map(|((h, l), before)| larger(*h, *before) - smaller(*l, *before)));
    out
}

/// Average true range: Wilder's mean of the true range; valid from row `window - 1` where row 0 counts, and from row
/// `window` where it does not (`first` as in [`true_range`]; TA-Lib leaves it out).
pub fn atr(high: &[f64], low: &[f64], close: &[f64], window: usize, first: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut out = true_range(high, low, close, first);
    rma_in_place(&mut out, window);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_count_towards_the_range() {
        let (high, low, close) = ([10.0, 15.0, 9.0], [9.0, 14.0, 8.0], [9.5, 14.5, 8.5]);
        assert_eq!(true_range(&high, &low, &close, |r| r), [1.0, 5.5, 6.5]);
        assert!(true_range(&high, &low, &close, |_| f64::NAN)[0].is_nan());
        assert_eq!(atr(&high, &low, &close, 2, |r| r)[1], 3.25);
        assert_eq!(atr(&high, &low, &close, 2, |_| f64::NAN)[2], 6.0);
        assert!(true_range(&[], &low, &close, |r| r).is_empty());
    }
}
