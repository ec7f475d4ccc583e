//! Oscillators and rates of change.

use super::averages::{ema, rma_in_place, sma};
use super::first_valid;
use super::rolling::{rolling_max, rolling_min};

/// `last` of Wilder's mean gain and mean loss over `window` changes; valid from row `window`.
fn gains_and_losses(x: &[f64], window: usize, last: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    let mut loss = out.clone();
    let start = (first_valid(x) + 1).min(x.len());
    let changes = x.windows(2).skip(start.saturating_sub(1));
    for ((gain, loss), pair) in out[start..].iter_mut().zip(&mut loss[start..]).zip(changes) {
        let change = pair[1] - pair[0];
        *gain = if change > 0.0 { change } else { 0.0 };
        *loss = *gain - change;
    }
    rma_in_place(&mut out, window);
    rma_in_place(&mut loss, window);
    for (gain, loss) in out.iter_mut().zip(&loss) {
        *gain = last(*gain, *loss);
    }
    out
}

/// Wilder's relative strength index in 0..100; valid from row `window`. 100 where there was no loss, `still`
/// where there was neither gain nor loss (0 in TA-Lib). (Wilder 1978.)
pub fn rsi(close: &[f64], window: usize, still: f64) -> Vec<f64> {
    gains_and_losses(close, window, |gain, loss| {
        let all = gain + loss;
        if all == 0.0 { still } else { 100.0 * (gain / all) }
    })
}

/// Chande's momentum oscillator in -100..100 over Wilder's means, as in TA-Lib; valid from row `window`, 0 where nothing
/// moved. (T. Chande and S. Kroll, The New Technical Trader, 1994, sum instead of smoothing.)
pub fn cmo(close: &[f64], window: usize) -> Vec<f64> {
    gains_and_losses(close, window, |gain, loss| {
        let all = gain + loss;
        if all == 0.0 { 0.0 } else { 100.0 * ((gain - loss) / all) }
    })
}

/// Difference from the value `window` rows before; valid from row `window`.
pub fn momentum(x: &[f64], window: usize) -> Vec<f64> {
    against_before(x, window, |now, before| now - before)
}

/// Percent change over `window` rows; valid from row `window`. 0 where the value before is 0.
pub fn roc(x: &[f64], window: usize) -> Vec<f64> {
    against_before(x, window, |now, before| if before == 0.0 { 0.0 } else { (now / before - 1.0) * 100.0 })
}

fn against_before(x: &[f64], window: usize, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let window = window.max(1).min(x.len());
    let mut out = Vec::with_capacity(x.len());
    out.resize(window, f64::NAN);
    out.extend(x[window..].iter().zip(x).map(|(now, before)| f(*now, *before)));
    out
}

/// Williams' %R in -100..0: how far the close lies below the highest high of the last `window` rows, as a share of their
/// range; valid from row `window - 1`, 0 where there is no range. (L. Williams, 1973.)
pub fn williams_r(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Vec<f64> {
    let mut out = rolling_max(high, window);
    for ((top, bottom), c) in out.iter_mut().zip(rolling_min(low, window)).zip(close) {
        let range = *top - bottom;
        *top = if range == 0.0 { 0.0 } else { (*top - c) / range * -100.0 };
    }
    out
}

/// Stochastic: `k` is the place of the close in the range of the last `window` rows, 0..100, its simple mean over `slow`
/// rows; `d` the simple mean of that over `signal` rows. Valid from rows `window + slow - 2` and `window + slow + signal - 3`.
/// A range of zero gives 0. `slow` of 1 is the fast stochastic. (G. Lane, 1950s; TA-Lib's STOCH and STOCHF.)
pub fn stochastic(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    window: usize,
    slow: usize,
    signal: usize,
) -> [Vec<f64>; 2] {
    let mut raw = rolling_max(high, window);
    for ((top, bottom), c) in raw.iter_mut().zip(rolling_min(low, window)).zip(close) {
        let range = *top - bottom;
        *top = if range == 0.0 { 0.0 } else { (c - bottom) / (range / 100.0) };
    }
    let k = if slow <= 1 { raw } else { sma(&raw, slow) };
    let d = sma(&k, signal);
    [k, d]
}

/// The fast [`stochastic`] of the [`rsi`], `k` and `d`. (T. Chande and S. Kroll 1994; TA-Lib's STOCHRSI.)
pub fn stochastic_rsi(close: &[f64], window: usize, k_window: usize, d_window: usize) -> [Vec<f64>; 2] {
    let r = rsi(close, window, 0.0);
    stochastic(&r, &r, &r, k_window, 1, d_window)
}

/// True strength index in -100..100: the change of `x` smoothed by two exponential means, over the same of its absolute
/// value; valid from row `window + signal - 1`, 0 where nothing moved. (W. Blau, Technical Analysis of Stocks & Commodities
/// 9:11 (1991).)
pub fn tsi(x: &[f64], window: usize, signal: usize) -> Vec<f64> {
    let smooth = |changes: Vec<f64>| ema(&ema(&changes, window), signal);
    let change = momentum(x, 1);
    let size = smooth(change.iter().map(|v| v.abs()).collect());
    let mut out = smooth(change);
    for (net, size) in out.iter_mut().zip(size) {
        *net = if size == 0.0 { 0.0 } else { 100.0 * *net / size };
    }
    out
}

/// Commodity channel index: the typical price less its mean over `window` rows, in units of 0.015 mean absolute
/// deviations; valid from row `window - 1`, 0 where the window does not vary. (D. Lambert, Commodities 9 (1980).)
///
/// The mean absolute deviation about a moving mean has no update; a row costs `window` additions.
pub fn cci(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    // Relative to a price of the same history: a mean of three prices of 1e8 would be rounded more than it deviates.
    let origin = close.get(first_valid(close)).copied().unwrap_or(0.0);
    let bars = high.iter().zip(low).zip(close);
    let typical: Vec<f64> =
        bars.map(|((h, l), c)| ((h - origin) + (l - origin) + (c - origin)) / 3.0).collect();
    let mut out = sma(&typical, window);
    for (rows, slot) in typical.windows(window).zip(out[(window - 1).min(typical.len())..].iter_mut()) {
        let mean = *slot;
        // Four sums at once: one alone would wait for itself.
        let mut sums = [0.0; 4];
        let quads = rows.chunks_exact(4);
        let rest: f64 = quads.remainder().iter().map(|v| (v - mean).abs()).sum();
        for quad in quads {
            for (sum, v) in sums.iter_mut().zip(quad) {
                *sum += (v - mean).abs();
            }
        }
        let deviation = ((sums[0] + sums[1]) + (sums[2] + sums[3]) + rest) / window as f64;
        let distance = rows[window - 1] - mean;
        *slot = if distance == 0.0 || deviation == 0.0 { 0.0 } else { distance / (0.015 * deviation) };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_a_known_value() {
        let up: Vec<f64> = (0..20).map(f64::from).collect();
        let down: Vec<f64> = up.iter().map(|v| 100.0 - v).collect();
        assert!(rsi(&up, 14, 50.0)[13].is_nan());
        assert_eq!(rsi(&up, 14, 50.0)[14], 100.0);
        assert_eq!(rsi(&down, 14, 50.0)[14], 0.0);
        assert_eq!(rsi(&[5.0; 20], 14, 50.0)[19], 50.0);
        assert_eq!((cmo(&up, 14)[14], cmo(&down, 14)[14], cmo(&[5.0; 20], 14)[14]), (100.0, -100.0, 0.0));
        // Gains 2 and 0, losses 0 and 1: means 1 and 0.5, so 100 - 100 / 3.
        assert!((rsi(&[1.0, 3.0, 2.0], 2, 50.0)[2] - 200.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn places_in_the_range() {
        let (high, low) = ([12.0, 14.0, 13.0], [8.0, 10.0, 9.0]);
        let close = [9.0, 11.0, 12.5];
        assert_eq!(williams_r(&high, &low, &close, 3)[2], -25.0);
        assert_eq!(stochastic(&high, &low, &close, 3, 1, 1)[0][2], 75.0);
        assert_eq!(stochastic(&[1.0; 9], &[1.0; 9], &[1.0; 9], 3, 2, 2)[1][8], 0.0);
        assert_eq!(momentum(&close, 2)[2], 3.5);
        assert!((roc(&close, 1)[1] - 200.0 / 9.0).abs() < 1e-12);
        // Typical prices 29/3, 35/3, 34.5/3: their mean is 98.5/9, and the deviations are known.
        let c = cci(&high, &low, &close, 3)[2];
        let t = [29.0 / 3.0, 35.0 / 3.0, 34.5 / 3.0];
        let mean = t.iter().sum::<f64>() / 3.0;
        let deviation = t.iter().map(|v| (v - mean).abs()).sum::<f64>() / 3.0;
        assert!((c - (t[2] - mean) / (0.015 * deviation)).abs() < 1e-12);
    }

    #[test]
    fn too_short_is_no_value_and_no_panic() {
        for x in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
            for window in [0, 1, 50] {
                assert_eq!(rsi(x, window, 0.0).len(), x.len());
                assert_eq!(roc(x, window).len(), x.len());
                assert_eq!(cci(x, x, x, window).len(), x.len());
                assert_eq!(stochastic_rsi(x, window, window, window)[1].len(), x.len());
            }
        }
    }
}
