//! Straight lines through the last rows.

use super::rolling::{rolling_variance, weighted};

/// The least-squares line through the last `window` rows: `last` of its value at the latest row and its slope a row; valid
/// from row `window - 1`.
fn line(x: &[f64], window: usize, last: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let n = window.max(1) as f64;
    // Sums over the places 1..=n: of the places, and of their squared distances from the middle.
    let (middle, spread) = ((n + 1.0) / 2.0, n * (n * n - 1.0) / 12.0);
    let (share, per_spread) = (1.0 / n, if spread > 0.0 { 1.0 / spread } else { 0.0 });
    weighted::<true>(x, window, |origin, sum, weighted| {
        let slope = (weighted - middle * sum) * per_spread;
        last(origin + (sum * share + slope * (n - middle)), slope)
    })
}

/// Value at the latest row of the least-squares line through the last `window` rows; valid from row `window - 1`.
pub fn linreg(x: &[f64], window: usize) -> Vec<f64> {
    line(x, window, |end, _| end)
}

/// Slope a row of that line.
pub fn linreg_slope(x: &[f64], window: usize) -> Vec<f64> {
    line(x, window, |_, slope| slope)
}

/// Value of that line at the oldest row of the window.
pub fn linreg_intercept(x: &[f64], window: usize) -> Vec<f64> {
    let steps = window.max(1) as f64 - 1.0;
    line(x, window, |end, slope| end - steps * slope)
}

/// Share of the variance of the last `window` rows that the line explains, 0 where they do not vary; valid from row
/// `window - 1`.
pub fn linreg_r2(x: &[f64], window: usize) -> Vec<f64> {
    let n = window.max(1) as f64;
    let places = (n * n - 1.0) / 12.0;
    let mut out = linreg_slope(x, window);
    for (slope, v) in out.iter_mut().zip(rolling_variance(x, window)) {
        let share = *slope * *slope * places / v;
        *slope = if v == 0.0 {
            0.0
        } else if share > 1.0 {
            1.0
        } else {
            share
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_itself() {
        let x: Vec<f64> = (0..50).map(|i| 1e8 + 0.5 * f64::from(i)).collect();
        assert!((linreg(&x, 14)[49] - x[49]).abs() < 1e-7);
        assert!((linreg_slope(&x, 14)[49] - 0.5).abs() < 1e-12);
        assert!((linreg_intercept(&x, 14)[49] - x[36]).abs() < 1e-7);
        // Rows 1, 3, 2: slope 1/2 about a mean of 2.
        assert_eq!((linreg(&[1.0, 3.0, 2.0], 3)[2], linreg_slope(&[1.0, 3.0, 2.0], 3)[2]), (2.5, 0.5));
        assert_eq!(linreg(&[7.0], 0), [7.0]);
        assert!((linreg_r2(&x, 14)[49] - 1.0).abs() < 1e-12 && linreg_r2(&[1.0; 9], 3)[8] == 0.0);
        assert!((linreg_r2(&[1.0, 3.0, 2.0], 3)[2] - 0.25).abs() < 1e-12);
    }
}
