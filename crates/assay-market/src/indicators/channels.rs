//! Bands around a price.

use super::averages::rma;
use super::rolling::{rolling_max, rolling_min};
use super::volatility::true_range;

/// Middle of the highest high and the lowest low of the last `window` rows; valid from row `window - 1`.
pub fn middle(high: &[f64], low: &[f64], window: usize) -> Vec<f64> {
    let mut out = rolling_max(high, window);
    for (top, bottom) in out.iter_mut().zip(rolling_min(low, window)) {
        *top = 0.5 * (*top + bottom);
    }
    out
}

/// The column as it was `rows` rows before.
pub fn delayed(mut x: Vec<f64>, rows: usize) -> Vec<f64> {
    let rows = rows.min(x.len());
    x.rotate_right(rows);
    x[..rows].fill(f64::NAN);
    x
}

/// Supertrend: the trailing stop `factor` average true ranges from the middle of the bar, and its direction, 1 below the
/// price and -1 above. Valid from row `window`. (O. Seban.)
///
/// The range is Wilder's mean from row 1 on, as TA-Lib's ATR. A band moves only towards the price while the close before
/// stayed on its side; the direction changes where the close crosses it, and starts as that of the close against the middle
/// of its bar.
pub fn supertrend(high: &[f64], low: &[f64], close: &[f64], window: usize, factor: f64) -> [Vec<f64>; 2] {
    let range = rma(&true_range(high, low, close, |_| f64::NAN), window);
    let mut line = vec![f64::NAN; range.len()];
    let mut side = line.clone();
    let (mut upper, mut lower, mut up) = (f64::NAN, f64::NAN, true);
    for i in 0..range.len() {
        if range[i].is_nan() {
            continue;
        }
        let (mid, distance) = (0.5 * (high[i] + low[i]), factor * range[i]);
        let (u, l) = (mid + distance, mid - distance);
        if upper.is_nan() {
            (upper, lower, up) = (u, l, close[i] >= mid);
        } else {
            upper = if u < upper || close[i - 1] > upper { u } else { upper };
            lower = if l > lower || close[i - 1] < lower { l } else { lower };
            up = if up { close[i] >= lower } else { close[i] > upper };
        }
        line[i] = if up { lower } else { upper };
        side[i] = if up { 1.0 } else { -1.0 };
    }
    [line, side]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supertrend_follows_and_flips() {
        let close: Vec<f64> =
            (0..60).map(|i| if i < 30 { 100.0 + f64::from(i) } else { 158.0 - 2.0 * f64::from(i) }).collect();
        let high: Vec<f64> = close.iter().map(|c| c + 1.0).collect();
        let low: Vec<f64> = close.iter().map(|c| c - 1.0).collect();
        let [line, side] = supertrend(&high, &low, &close, 5, 2.0);
        assert!(line[4].is_nan() && side[5] == 1.0 && side[59] == -1.0);
        assert!((6..30).all(|i| line[i] >= line[i - 1] && line[i] < close[i]));
        assert!(line[59] > close[59]);
        assert!(supertrend(&high, &low, &close, 100, 2.0)[0].iter().all(|v| v.is_nan()));
        assert_eq!(middle(&high, &low, 3)[2], 101.0);
        assert!(delayed(vec![1.0, 2.0], 5).iter().all(|v| v.is_nan()));
        assert_eq!(delayed(vec![1.0, 2.0, 3.0], 1)[1..], [1.0, 2.0]);
    }
}
