//! Moving averages and what is built of two of them.

use super::first_valid;
use super::rolling::summed;
use super::scan::exponential;

/// Simple mean of the last `window` rows; valid from row `window - 1`.
pub fn sma(x: &[f64], window: usize) -> Vec<f64> {
    let n = window.max(1) as f64;
    summed(x, window, |sum| sum / n)
}

/// Exponential mean with `alpha = 2 / (window + 1)`, seeded with the simple mean of the first `window` values; valid
/// from row `window - 1`. TA-Lib's EMA.
pub fn ema(x: &[f64], window: usize) -> Vec<f64> {
    smooth(x, window, 2.0 / (window.max(1) as f64 + 1.0))
}

/// Wilder's mean, `alpha = 1 / window`, seeded as [`ema`]; valid from row `window - 1`. (Wilder, New Concepts in
/// Technical Trading Systems, 1978.)
pub fn rma(x: &[f64], window: usize) -> Vec<f64> {
    smooth(x, window, 1.0 / window.max(1) as f64)
}

fn smooth(x: &[f64], window: usize, alpha: f64) -> Vec<f64> {
    let window = window.max(1);
    let seed_row = first_valid(x) + window - 1;
    if seed_row >= x.len() {
        return vec![f64::NAN; x.len()];
    }
    let mean = x[seed_row + 1 - window..=seed_row].iter().sum::<f64>() / window as f64;
    let mut out = x.to_vec();
    out[..seed_row].fill(f64::NAN);
    out[seed_row] = mean;
    exponential(&mut out[seed_row + 1..], mean, alpha);
    out
}

/// Three [`ema`]s one after the other (a cascade, not the TEMA combination); valid from row `3 * (window - 1)`.
pub fn cascade(x: &[f64], window: usize) -> Vec<f64> {
    ema(&ema(&ema(x, window), window), window)
}

/// MACD line and its signal: `ema(fast) - ema(slow)` and the [`ema`] of that over `signal` rows; valid from rows
/// `slow - 1` and `slow + signal - 2`. Both means start at their own first value (TA-Lib delays the fast one).
pub fn macd(x: &[f64], fast: usize, slow: usize, signal: usize) -> (Vec<f64>, Vec<f64>) {
    let mut line = ema(x, fast);
    for (a, b) in line.iter_mut().zip(ema(x, slow)) {
        *a -= b;
    }
    let smoothed = ema(&line, signal);
    (line, smoothed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_warm_up() {
        let x = [1.0, 2.0, 3.0, 4.0, 8.0];
        assert_eq!(sma(&x, 3)[2..], [2.0, 3.0, 5.0]);
        assert_eq!(ema(&x, 3)[2..], [2.0, 3.0, 5.5]);
        assert_eq!(rma(&x, 2)[1..], [1.5, 2.25, 3.125, 5.5625]);
        assert!(ema(&x, 3)[..2].iter().all(|v| v.is_nan()));
        assert!(ema(&x, 6).iter().all(|v| v.is_nan()));
        let c = cascade(&[5.0; 80], 25);
        assert!(c[71].is_nan() && c[72] == 5.0);
    }

    #[test]
    fn macd_starts_where_it_can() {
        let x: Vec<f64> = (0..60).map(f64::from).collect();
        let (line, signal) = macd(&x, 12, 26, 9);
        assert!(line[24].is_nan() && !line[25].is_nan());
        assert!(signal[32].is_nan() && !signal[33].is_nan());
        // On a ramp of slope 1 an EMA(n) lags (n - 1) / 2.
        assert!((line[59] - 7.0).abs() < 1e-9);
    }
}
