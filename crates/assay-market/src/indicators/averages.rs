//! Moving averages and what is built of two of them.

use super::first_valid;
use super::rolling::{summed, weighted};
use super::scan::exponential;

/// Simple mean of the last `window` rows; valid from row `window - 1`.
pub fn sma(x: &[f64], window: usize) -> Vec<f64> {
    let n = window.max(1) as f64;
    summed(x, window, |sum| sum / n)
}

/// Linearly weighted mean of the last `window` rows, the latest with weight `window`, the oldest with 1; valid from row
/// `window - 1`.
pub fn wma(x: &[f64], window: usize) -> Vec<f64> {
    let n = window.max(1) as f64;
    let weights = n * (n + 1.0) / 2.0;
    weighted::<false>(x, window, |_, _, weighted| weighted / weights)
}

/// Exponential mean with `alpha = 2 / (window + 1)`, seeded with the simple mean of the first `window` values; valid
/// from row `window - 1`. TA-Lib's EMA.
pub fn ema(x: &[f64], window: usize) -> Vec<f64> {
    let mut out = x.to_vec();
    ema_in_place(&mut out, window);
    out
}

/// [`ema`] over `rows` themselves.
fn ema_in_place(rows: &mut [f64], window: usize) {
    let window = window.max(1);
    smooth_in_place(rows, window, 2.0 / (window as f64 + 1.0));
}

/// Wilder's mean, `alpha = 1 / window`, seeded as [`ema`]; valid from row `window - 1`. (Wilder, New Concepts in
/// Technical Trading Systems, 1978.)
pub fn rma(x: &[f64], window: usize) -> Vec<f64> {
    let mut out = x.to_vec();
    rma_in_place(&mut out, window);
    out
}

/// [`rma`] over `rows` themselves.
pub(super) fn rma_in_place(rows: &mut [f64], window: usize) {
    let window = window.max(1);
    smooth_in_place(rows, window, 1.0 / window as f64);
}

fn smooth_in_place(rows: &mut [f64], window: usize, alpha: f64) {
    let seed_row = first_valid(rows) + window - 1;
    if seed_row >= rows.len() {
        rows.fill(f64::NAN);
        return;
    }
    let mean = rows[seed_row + 1 - window..=seed_row].iter().sum::<f64>() / window as f64;
    rows[..seed_row].fill(f64::NAN);
    rows[seed_row] = mean;
    exponential(&mut rows[seed_row + 1..], mean, alpha);
}

/// Three [`ema`]s one after the other (a cascade, not the TEMA combination); valid from row `3 * (window - 1)`.
pub fn cascade(x: &[f64], window: usize) -> Vec<f64> {
    let mut out = ema(x, window);
    ema_in_place(&mut out, window);
    ema_in_place(&mut out, window);
    out
}

/// Double exponential mean `2 e1 - e2`, `e2` the [`ema`] of the [`ema`] `e1`; valid from row `2 * (window - 1)`. (P. G.
/// Mulloy, Technical Analysis of Stocks & Commodities 12:1 (1994), 11-19.)
pub fn dema(x: &[f64], window: usize) -> Vec<f64> {
    stacked(x, window, |[first, second]| 2.0 * first - second)
}

/// Triple exponential mean `3 e1 - 3 e2 + e3`; valid from row `3 * (window - 1)`. (Mulloy 1994.)
pub fn tema(x: &[f64], window: usize) -> Vec<f64> {
    stacked(x, window, |[first, second, third]| 3.0 * (first - second) + third)
}

/// `last` of `N` [`ema`]s, each of the one before, in one pass.
///
/// Their recursions do not wait for each other, so that all take the time of one. Rows and means are relative to a row that
/// is changed every few: a constant stays one.
fn stacked<const N: usize>(x: &[f64], window: usize, last: impl Fn([f64; N]) -> f64) -> Vec<f64> {
    const STEP: usize = 16;
    let window = window.max(1);
    let alpha = 2.0 / (window as f64 + 1.0);
    let keep = 1.0 - alpha;
    let start = first_valid(x);
    let first = start + N * (window - 1);
    let mut out = vec![f64::NAN; x.len()];
    if first >= x.len() {
        return out;
    }
    // The seed of each mean is the simple mean of the first values of the one before it.
    let mut rows = x[start..=first].to_vec();
    let mut means = [0.0; N];
    for (k, mean) in means.iter_mut().enumerate() {
        ema_in_place(&mut rows[k * (window - 1)..], window);
        *mean = rows[rows.len() - 1];
    }
    out[first] = last(means);
    for (slots, rows) in out[first + 1..].chunks_mut(STEP).zip(x[first + 1..].chunks(STEP)) {
        let origin = rows[0];
        let mut m = means.map(|mean| mean - origin);
        for (slot, v) in slots.iter_mut().zip(rows) {
            let mut value = v - origin;
            for mean in &mut m {
                *mean = alpha * value + keep * *mean;
                value = *mean;
            }
            *slot = origin + last(m);
        }
        means = m.map(|mean| mean + origin);
    }
    out
}

/// Hull's mean: [`wma`] over `sqrt(window)` rows of twice the [`wma`] over half the window less that over the whole; both
/// lengths are rounded down. Valid from row `window + floor(sqrt(window)) - 2`. (A. Hull, 2005.)
pub fn hma(x: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    let mut raw = wma(x, (window / 2).max(1));
    for (half, whole) in raw.iter_mut().zip(wma(x, window)) {
        *half = 2.0 * *half - whole;
    }
    wma(&raw, window.isqrt())
}

/// Kaufman's adaptive mean; valid from row `window`. It starts from the row before the first value and moves by the square
/// of a share that runs from `2 / 31` to `2 / 3` with the efficiency of the last `window` changes. (P. J. Kaufman, Smarter
/// Trading, 1995.) As in TA-Lib the efficiency is 1 also where the change is at least the sum of changes by sign.
pub fn kama(x: &[f64], window: usize) -> Vec<f64> {
    const SLOW: f64 = 2.0 / 31.0;
    const SPAN: f64 = 2.0 / 3.0 - SLOW;
    const STEP: usize = 16;
    let window = window.max(1);
    let start = first_valid(x);
    let mut out = vec![f64::NAN; x.len()];
    if start + window >= x.len() {
        return out;
    }
    let x = &x[start..];
    let out_rows = &mut out[start..];
    let mut mean = x[window - 1];
    let mut suffix = vec![0.0; window];
    let mut from = window;
    // The path of a row is that of `window` changes: a suffix of one block of changes and a prefix of the next.
    while from < x.len() {
        let mut path = 0.0;
        for (slot, pair) in suffix.iter_mut().zip(x[from - window..=from].windows(2)).rev() {
            path += (pair[1] - pair[0]).abs();
            *slot = path;
        }
        let to = (from + window).min(x.len());
        let mut path = 0.0;
        let mut before = x[from];
        for step in (from..to).step_by(STEP) {
            let end = (step + STEP).min(to);
            let origin = x[step];
            let mut m = mean - origin;
            let rows = x[step..end].iter().zip(&x[step - window..]).zip(&suffix[step - from..]);
            for (slot, ((&now, old), tail)) in out_rows[step..end].iter_mut().zip(rows) {
                path += (now - before).abs();
                before = now;
                let (net, whole) = (now - old, tail + path);
                let efficiency = if whole <= net || whole < 1e-14 { 1.0 } else { (net / whole).abs() };
                let pace = efficiency * SPAN + SLOW;
                let share = pace * pace;
                m = share * (now - origin) + (1.0 - share) * m;
                *slot = m + origin;
            }
            mean = m + origin;
        }
        from = to;
    }
    out
}

/// MACD line, its signal and their difference: the difference of two [`ema`]s, the [`ema`] of that over `signal` rows.
///
/// As in TA-Lib the faster mean is seeded so late that both have their first value in the same row, `slow - 1`; the line
/// is valid from there, the others from row `slow + signal - 2`. (G. Appel, The Moving Average Convergence-Divergence
/// Trading Method, 1979.)
pub fn macd(x: &[f64], fast: usize, slow: usize, signal: usize) -> [Vec<f64>; 3] {
    const STEP: usize = 16;
    let (fast, slow) = (fast.min(slow).max(1), slow.max(fast).max(1));
    let signal = signal.max(1);
    let blank = || vec![f64::NAN; x.len()];
    let [mut line, mut smoothed, mut histogram] = [blank(), blank(), blank()];
    let first = first_valid(x) + slow - 1;
    if first >= x.len() {
        return [line, smoothed, histogram];
    }
    let [quick, slack, after] = [fast, slow, signal].map(|n| 2.0 / (n as f64 + 1.0));
    let seed = |n: usize| x[first + 1 - n..=first].iter().sum::<f64>() / n as f64;
    let (mut a, mut b, mut s) = (seed(fast), seed(slow), f64::NAN);
    line[first] = a - b;
    let seed_row = first + signal - 1;
    let mut from = first + 1;
    loop {
        if from == seed_row + 1 && seed_row < x.len() {
            s = line[first..=seed_row].iter().sum::<f64>() / signal as f64;
            smoothed[seed_row] = s;
            histogram[seed_row] = line[seed_row] - s;
        }
        if from >= x.len() {
            return [line, smoothed, histogram];
        }
        // All recursions in one pass, so that they take the time of one. The means are relative to a row that is changed every
        // few, as in `stacked`. Before its seed the signal is NaN, and stays so.
        let end = if from <= seed_row { seed_row + 1 } else { x.len() };
        let to = (from + STEP).min(end).min(x.len());
        let origin = x[from];
        (a, b) = (a - origin, b - origin);
        let columns = line[from..to].iter_mut().zip(&mut smoothed[from..to]).zip(&mut histogram[from..to]);
        for (((l, m), h), v) in columns.zip(&x[from..to]) {
            let d = v - origin;
            a = quick * d + (1.0 - quick) * a;
            b = slack * d + (1.0 - slack) * b;
            let gap = a - b;
            s = after * gap + (1.0 - after) * s;
            (*l, *m, *h) = (gap, s, gap - s);
        }
        (a, b) = (a + origin, b + origin);
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_warm_up() {
        let x = [1.0, 2.0, 3.0, 4.0, 8.0];
        assert_eq!(sma(&x, 3)[2..], [2.0, 3.0, 5.0]);
        let want = [14.0 / 6.0, 20.0 / 6.0, 35.0 / 6.0];
        assert!(wma(&x, 3)[2..].iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-14));
        assert_eq!(ema(&x, 3)[2..], [2.0, 3.0, 5.5]);
        assert_eq!(rma(&x, 2)[1..], [1.5, 2.25, 3.125, 5.5625]);
        assert!(ema(&x, 3)[..2].iter().all(|v| v.is_nan()));
        assert!(ema(&x, 6).iter().all(|v| v.is_nan()));
        let c = cascade(&[5.0; 80], 25);
        assert!(c[71].is_nan() && c[72] == 5.0);
    }

    #[test]
    fn a_ramp_is_followed_without_lag_by_those_that_promise_it() {
        let x: Vec<f64> = (0..400).map(f64::from).collect();
        for column in [dema(&x, 10), tema(&x, 10)] {
            assert!((column[399] - 399.0).abs() < 1e-9);
        }
        // A straight line has an efficiency of 1: the mean closes 4 / 9 of the gap a row and stays 5 / 4 behind.
        assert!((kama(&x, 10)[399] - (399.0 - 1.25)).abs() < 1e-9);
        assert!(kama(&x, 10)[9].is_nan() && !kama(&x, 10)[10].is_nan());
        assert!(hma(&x, 16)[17].is_nan() && !hma(&x, 16)[18].is_nan());
    }

    #[test]
    fn macd_starts_where_it_can() {
        let x: Vec<f64> = (0..60).map(f64::from).collect();
        let [line, signal, histogram] = macd(&x, 12, 26, 9);
        assert!(line[24].is_nan() && !line[25].is_nan());
        assert!(signal[32].is_nan() && !signal[33].is_nan() && !histogram[33].is_nan());
        // On a ramp of slope 1 an EMA(n) lags (n - 1) / 2.
        assert!((line[59] - 7.0).abs() < 1e-9);
    }

    #[test]
    fn too_short_is_no_value_and_no_panic() {
        for x in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
            for window in [0, 1, 50] {
                for f in [sma, wma, ema, rma, cascade, dema, tema, hma, kama] {
                    assert_eq!(f(x, window).len(), x.len());
                }
                assert!(macd(x, window, window, window).iter().all(|c| c.len() == x.len()));
            }
        }
    }
}
