//! Direction and its strength.

use super::averages::rma;
use super::rolling::rows_since;
use super::volatility::{larger, smaller, true_range};

/// Columns of [`adx`], each in 0..100.
#[derive(Debug, Clone)]
pub struct Adx {
    /// Average directional index; valid from row `2 * window - 1`.
    pub adx: Vec<f64>,
    /// Positive directional indicator; valid from row `window`.
    pub plus: Vec<f64>,
    /// Negative directional indicator; valid from row `window`.
    pub minus: Vec<f64>,
    /// Directional index, of which the first is the mean; valid from row `window`.
    pub dx: Vec<f64>,
}

/// Directional movement from row 1 on: the larger positive move of high and low wins, the other is zero.
fn movements(high: &[f64], low: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut up, mut down) = (vec![f64::NAN; n], vec![f64::NAN; n]);
    let moves = high[..n].windows(2).zip(low[..n].windows(2));
    for ((up, down), (h, l)) in up.iter_mut().skip(1).zip(down.iter_mut().skip(1)).zip(moves) {
        let (rise, fall) = (h[1] - h[0], l[0] - l[1]);
        *up = if rise > fall && rise > 0.0 { rise } else { 0.0 };
        *down = if fall > rise && fall > 0.0 { fall } else { 0.0 };
    }
    (up, down)
}

/// Wilder's directional movement system: true range and movements from row 1, the larger positive movement wins and
/// the other is zero, both smoothed by [`rma`]; `DX` is 0 where both indicators are. (Wilder 1978.)
///
/// [`adx_talib`] has the same limit and other first values.
pub fn adx(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Adx {
    let range = rma(&true_range(high, low, close, |_| f64::NAN), window);
    let (up, down) = movements(high, low, range.len());
    let share = |movement: Vec<f64>| -> Vec<f64> {
        rma(&movement, window)
            .iter()
            .zip(&range)
            .map(|(m, r)| if *r == 0.0 { 0.0 } else { 100.0 * m / r })
            .collect()
    };
    let (plus, minus) = (share(up), share(down));
    let dx: Vec<f64> = plus
        .iter()
        .zip(&minus)
        .map(|(p, m)| if p + m == 0.0 { 0.0 } else { 100.0 * (p - m).abs() / (p + m) })
        .collect();
    Adx { adx: rma(&dx, window), plus, minus, dx }
}

/// [`adx`] as TA-Lib seeds it: the smoothed sums of movements and ranges start as the sum of the `window - 1` rows from
/// row 1 and take in row `window` by the recursion `s - s / window + x`. A row without directional movement repeats the
/// `DX` before it and leaves the mean as it was.
pub fn adx_talib(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Adx {
    let window = window.max(2);
    let range = true_range(high, low, close, |_| f64::NAN);
    let n = range.len();
    let nan = || vec![f64::NAN; n];
    let mut out = Adx { adx: nan(), plus: nan(), minus: nan(), dx: nan() };
    if n <= window {
        return out;
    }
    let (up, down) = movements(high, low, n);
    let share = 1.0 / window as f64;
    let seed = |x: &[f64]| x[1..window].iter().sum::<f64>();
    let (mut tr, mut pos, mut neg) = (seed(&range), seed(&up), seed(&down));
    let (mut dx, mut mean) = (0.0, 0.0);
    let first_mean = 2 * window - 1;
    for i in window..n {
        tr += range[i] - tr * share;
        pos += up[i] - pos * share;
        neg += down[i] - neg * share;
        let (mut moved, mut plus, mut minus) = (false, 0.0, 0.0);
        if tr > 0.0 {
            (plus, minus) = (100.0 * (pos / tr), 100.0 * (neg / tr));
            let all = plus + minus;
            if all > 0.0 {
                dx = 100.0 * ((minus - plus).abs() / all);
                moved = true;
            }
        }
        (out.plus[i], out.minus[i], out.dx[i]) = (plus, minus, dx);
        if i <= first_mean {
            mean += if moved { dx * share } else { 0.0 };
        } else if moved {
            mean += (dx - mean) * share;
        }
        if i >= first_mean {
            out.adx[i] = mean;
        }
    }
    out
}

/// Aroon of the highs and of the lows, in 0..100: how recent, among the last `window + 1` rows, the highest high and the
/// lowest low are (100 the latest row); of equals the latest counts. Valid from row `window`. (T. Chande, Technical Analysis
/// of Stocks & Commodities 13:9 (1995).)
pub fn aroon(high: &[f64], low: &[f64], window: usize) -> [Vec<f64>; 2] {
    let window = window.max(1);
    let unit = 100.0 / window as f64;
    let recency = |rows: Vec<f64>| rows.into_iter().map(|ago| unit * (window as f64 - ago)).collect();
    [
        recency(rows_since(high, window + 1, |new, old| new > old)),
        recency(rows_since(low, window + 1, |new, old| new < old)),
    ]
}

/// Wilder's parabolic stop and reverse, a price; valid from row 1. The acceleration starts at `step`, grows by `step` with
/// each new extreme and stops at `most`. (Wilder 1978.) The first direction is TA-Lib's: down where the low of row 1 fell by
/// more than its high rose.
pub fn psar(high: &[f64], low: &[f64], step: f64, most: f64) -> Vec<f64> {
    let n = high.len().min(low.len());
    let mut out = vec![f64::NAN; n];
    if n < 2 {
        return out;
    }
    let step = step.min(most);
    let (rise, fall) = (high[1] - high[0], low[0] - low[1]);
    let mut long = !(fall > 0.0 && fall > rise);
    let (mut extreme, mut sar) = if long { (high[1], low[0]) } else { (low[1], high[0]) };
    let mut pace = step;
    // Row 1 stands for the row before it as well.
    let (mut h0, mut l0) = (high[1], low[1]);
    for ((slot, &h1), &l1) in out[1..].iter_mut().zip(&high[1..n]).zip(&low[1..n]) {
        let (top, bottom) = (larger(h0, h1), smaller(l0, l1));
        (h0, l0) = (h1, l1);
        if long {
            if l1 <= sar {
                // The stop starts afresh from the old extreme, outside of the last two bars.
                sar = larger(extreme, top);
                *slot = sar;
                (long, extreme, pace) = (false, l1, step);
                sar = larger(sar + pace * (extreme - sar), top);
                continue;
            }
            *slot = sar;
            if h1 > extreme {
                (extreme, pace) = (h1, smaller(pace + step, most));
            }
            sar = smaller(sar + pace * (extreme - sar), bottom);
        } else {
            if h1 >= sar {
                sar = smaller(extreme, bottom);
                *slot = sar;
                (long, extreme, pace) = (true, h1, step);
                sar = smaller(sar + pace * (extreme - sar), bottom);
                continue;
            }
            *slot = sar;
            if l1 < extreme {
                (extreme, pace) = (l1, smaller(pace + step, most));
            }
            sar = larger(sar + pace * (extreme - sar), top);
        }
    }
    out
}

/// The "UT bot" trailing stop, a price; valid from row `period`.
///
/// It follows the close at `distance` (a price distance a row, `sensitivity * rma(true range, period)` as a rule),
/// never retreats while the close stays on its side, and jumps to the other side when the close crosses it.
pub fn ut_stop(close: &[f64], distance: &[f64], period: usize) -> Vec<f64> {
    let period = period.max(1);
    let mut stop = vec![f64::NAN; close.len()];
    for i in period..close.len().min(distance.len()) {
        let (c, before, d) = (close[i], close[i - 1], distance[i]);
        let s = stop[i - 1];
        stop[i] = if s.is_nan() {
            if c >= before { c - d } else { c + d }
        } else if c > s && before > s {
            s.max(c - d)
        } else if c < s && before < s {
            s.min(c + d)
        } else if c > s {
            c - d
        } else {
            c + d
        };
    }
    stop
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::atr;

    #[test]
    fn a_straight_rise_is_all_plus() {
        let high: Vec<f64> = (0..60).map(|i| 101.0 + f64::from(i)).collect();
        let low: Vec<f64> = high.iter().map(|h| h - 2.0).collect();
        let close: Vec<f64> = high.iter().map(|h| h - 1.0).collect();
        for f in [adx, adx_talib] {
            let a = f(&high, &low, &close, 14);
            assert!(a.adx[26].is_nan() && (a.adx[27] - 100.0).abs() < 1e-9);
            assert!(a.plus[13].is_nan() && a.minus[59] == 0.0 && (a.plus[59] - 50.0).abs() < 1.0);
            let flat = f(&[1.0; 60], &[1.0; 60], &[1.0; 60], 14);
            assert_eq!((flat.adx[59], flat.dx[59]), (0.0, 0.0));
            assert_eq!(f(&[1.0; 3], &[1.0; 3], &[1.0; 2], 0).plus.len(), 2);
        }
        let [up, down] = aroon(&high, &low, 10);
        assert!(up[9].is_nan() && up[10] == 100.0 && down[10] == 0.0);
        let stop = psar(&high, &low, 0.02, 0.2);
        assert!(stop[0].is_nan() && (1..60).all(|i| stop[i] < low[i]));
        let falling: Vec<f64> = high.iter().map(|h| 300.0 - h).collect();
        let stop = psar(&falling, &falling.iter().map(|h| h - 2.0).collect::<Vec<_>>(), 0.02, 0.2);
        assert!((2..60).all(|i| stop[i] > falling[i]));
    }

    #[test]
    fn of_equal_extremes_the_latest_counts() {
        let x = [5.0, 1.0, 5.0, 2.0, 3.0, 1.0];
        let [up, down] = aroon(&x, &x, 4);
        assert_eq!((up[4], up[5]), (50.0, 25.0));
        assert_eq!((down[4], down[5]), (25.0, 100.0));
    }

    #[test]
    fn the_stop_ratchets_and_flips() {
        let close = [10.0, 11.0, 12.0, 11.8, 9.0, 8.0];
        let high: Vec<f64> = close.iter().map(|c| c + 0.5).collect();
        let low: Vec<f64> = close.iter().map(|c| c - 0.5).collect();
        let stop = ut_stop(&close, &atr(&high, &low, &close, 2, |r| r), 2);
        assert!(stop[1].is_nan());
        assert!(stop[3] >= stop[2] && stop[3] < 11.8, "{stop:?}");
        assert!(stop[4] > 9.0 && stop[5] <= stop[4], "{stop:?}");
    }
}
