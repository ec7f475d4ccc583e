//! Volatility and spread estimated from open, high, low and close. Volatilities are per bar, not annualised.

use super::rolling::{deviations, summed};

/// The part of bars that estimators are made of: logs of ratios within and between bars.
struct Logs<'a> {
    open: &'a [f64],
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
    n: usize,
}

impl<'a> Logs<'a> {
    fn new([open, high, low, close]: [&'a [f64]; 4]) -> Self {
        let n = [open, high, low, close].into_iter().map(<[f64]>::len).min().unwrap_or(0);
        Self { open, high, low, close, n }
    }

    /// `f` of log high, low and close over the open.
    fn inside(&self, f: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
        let of = |i: usize, x: &[f64]| libm::log(x[i] / self.open[i]);
        (0..self.n).map(|i| f(of(i, self.high), of(i, self.low), of(i, self.close))).collect()
    }
}

/// Root of the mean of the last `window` rows, zero where it would be negative.
fn root_mean(x: &[f64], window: usize) -> Vec<f64> {
    let n = window.max(1) as f64;
    summed(x, window, |sum| if sum > 0.0 { (sum / n).sqrt() } else { 0.0 })
}

/// Parkinson's volatility from the range; valid from row `window - 1`. (M. Parkinson, Journal of Business 53 (1980), 61-65.)
pub fn parkinson(ohlc: [&[f64]; 4], window: usize) -> Vec<f64> {
    let scale = 1.0 / (4.0 * std::f64::consts::LN_2);
    root_mean(&Logs::new(ohlc).inside(|h, l, _| scale * (h - l) * (h - l)), window)
}

/// Garman and Klass's volatility from range and body; valid from row `window - 1`. (M. Garman and M. Klass, Journal of
/// Business 53 (1980), 67-78.)
pub fn garman_klass(ohlc: [&[f64]; 4], window: usize) -> Vec<f64> {
    let body = 2.0 * std::f64::consts::LN_2 - 1.0;
    root_mean(&Logs::new(ohlc).inside(|h, l, c| 0.5 * (h - l) * (h - l) - body * c * c), window)
}

/// Rogers and Satchell's variance of each bar, which a drift leaves alone.
fn rogers_satchell_terms(logs: &Logs<'_>) -> Vec<f64> {
    logs.inside(|h, l, c| h * (h - c) + l * (l - c))
}

/// Rogers and Satchell's volatility; valid from row `window - 1`. (L. Rogers and S. Satchell, Annals of Applied Probability
/// 1 (1991), 504-512.)
pub fn rogers_satchell(ohlc: [&[f64]; 4], window: usize) -> Vec<f64> {
    root_mean(&rogers_satchell_terms(&Logs::new(ohlc)), window)
}

/// Yang and Zhang's volatility, gaps between bars included; valid from row `window`, for windows from 2. (D. Yang and Q.
/// Zhang, Journal of Business 73 (2000), 477-491.)
pub fn yang_zhang(ohlc: [&[f64]; 4], window: usize) -> Vec<f64> {
    let window = window.max(2);
    let n = window as f64;
    let share = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
    let sample = n / (n - 1.0);
    let logs = Logs::new(ohlc);
    let mut gaps = vec![f64::NAN; logs.n];
    for i in 1..logs.n {
        gaps[i] = libm::log(logs.open[i] / logs.close[i - 1]);
    }
    let mut out = deviations(&gaps, window, |v| v * sample);
    let bodies = deviations(&logs.inside(|_, _, c| c), window, |v| v * sample);
    let inside = summed(&rogers_satchell_terms(&logs), window, |sum| sum / n);
    for ((gap, body), inside) in out.iter_mut().zip(bodies).zip(inside) {
        let v = *gap + share * body + (1.0 - share) * inside;
        *gap = if v < 0.0 { 0.0 } else { v.sqrt() };
    }
    out
}

/// Corwin and Schultz's spread from the ranges of two bars, a fraction of the price: mean over `window` pairs, a negative
/// estimate counting as zero; valid from row `window`. A bar beyond the close before is moved to it first, for the gap is no
/// range. (S. Corwin and P. Schultz, Journal of Finance 67 (2012), 719-760.)
pub fn corwin_schultz(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Vec<f64> {
    let n = high.len().min(low.len()).min(close.len());
    let k = 3.0 - 2.0 * std::f64::consts::SQRT_2;
    let mut spreads = vec![f64::NAN; n];
    for i in 1..n {
        let before = close[i - 1];
        let shift = if low[i] > before {
            before - low[i]
        } else if high[i] < before {
            before - high[i]
        } else {
            0.0
        };
        let (h, l) = (high[i] + shift, low[i] + shift);
        let square = |x: f64| x * x;
        let beta = square(libm::log(h / l)) + square(libm::log(high[i - 1] / low[i - 1]));
        let gamma = square(libm::log(h.max(high[i - 1]) / l.min(low[i - 1])));
        let alpha = ((2.0 * beta).sqrt() - beta.sqrt()) / k - (gamma / k).sqrt();
        let e = libm::exp(alpha);
        spreads[i] = (2.0 * (e - 1.0) / (1.0 + e)).max(0.0);
    }
    let n = window.max(1) as f64;
    summed(&spreads, window, |sum| sum / n)
}

/// Abdi and Ranaldo's spread from closes and mid-ranges, a fraction of the price: twice the root of the mean, over `window`
/// pairs of bars, of `(c - m)(c - m')`, zero where that mean is negative; valid from row `window`. `c` is the log close and
/// `m` the log mid-range of the earlier bar, `m'` that of the later. (F. Abdi and A. Ranaldo, Review of Financial Studies 30
/// (2017), 4437-4480.)
pub fn abdi_ranaldo(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Vec<f64> {
    let n = high.len().min(low.len()).min(close.len());
    let middle: Vec<f64> = (0..n).map(|i| 0.5 * (libm::log(high[i]) + libm::log(low[i]))).collect();
    let mut products = vec![f64::NAN; n];
    for i in 1..n {
        let c = libm::log(close[i - 1]);
        products[i] = 4.0 * (c - middle[i - 1]) * (c - middle[i]);
    }
    root_mean(&products, window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bar_by_hand() {
        let (o, h, l, c) = ([100.0, 100.0], [110.0, 110.0], [95.0, 95.0], [105.0, 105.0]);
        let ohlc = [&o[..], &h, &l, &c];
        let (u, d, b) = (1.1_f64.ln(), 0.95_f64.ln(), 1.05_f64.ln());
        let ln2 = std::f64::consts::LN_2;
        let close = |a: f64, b: f64| (a - b).abs() < 1e-14;
        assert!(close(parkinson(ohlc, 1)[0], (u - d) / (4.0 * ln2).sqrt()));
        let gk = 0.5 * (u - d).powi(2) - (2.0 * ln2 - 1.0) * b * b;
        assert!(close(garman_klass(ohlc, 2)[1], gk.sqrt()));
        assert!(close(rogers_satchell(ohlc, 1)[1], (u * (u - b) + d * (d - b)).sqrt()));
        assert!(yang_zhang(ohlc, 2)[1].is_nan());
        assert_eq!(abdi_ranaldo(&[1.0; 9], &[1.0; 9], &[1.0; 9], 3)[8], 0.0);
        assert_eq!(corwin_schultz(&[1.0; 9], &[1.0; 9], &[1.0; 9], 3)[8], 0.0);
        assert!(corwin_schultz(&h, &l, &c, 5).iter().all(|v| v.is_nan()));
        assert!(yang_zhang([&[], &h, &l, &c], 0).is_empty());
    }
}
