//! Direction and its strength.

use super::{rma, true_range};

/// Columns of [`adx`], each in 0..100.
#[derive(Debug, Clone)]
pub struct Adx {
    /// Average directional index; valid from row `2 * window - 1`.
    pub adx: Vec<f64>,
    /// Positive directional indicator; valid from row `window`.
    pub plus: Vec<f64>,
    /// Negative directional indicator; valid from row `window`.
    pub minus: Vec<f64>,
}

/// Wilder's directional movement system: true range and movements from row 1, the larger positive movement wins and
/// the other is zero, both smoothed by [`rma`]; `DX` is 0 where both indicators are. (Wilder 1978.)
///
/// TA-Lib sums where this averages and seeds with one value less, so its first values differ and then converge.
pub fn adx(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Adx {
    let n = high.len();
    let mut up = vec![f64::NAN; n];
    let mut down = vec![f64::NAN; n];
    for i in 1..n {
        let (rise, fall) = (high[i] - high[i - 1], low[i - 1] - low[i]);
        up[i] = if rise > fall && rise > 0.0 { rise } else { 0.0 };
        down[i] = if fall > rise && fall > 0.0 { fall } else { 0.0 };
    }
    let mut range = true_range(high, low, close);
    if let Some(first) = range.first_mut() {
        *first = f64::NAN;
    }
    let range = rma(&range, window);
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
    Adx { adx: rma(&dx, window), plus, minus }
}

/// The "UT bot" trailing stop, a price; valid from row `period`.
///
/// It follows the close at `distance` (a price distance a row, `sensitivity * rma(true range, period)` as a rule),
/// never retreats while the close stays on its side, and jumps to the other side when the close crosses it.
pub fn ut_stop(close: &[f64], distance: &[f64], period: usize) -> Vec<f64> {
    let period = period.max(1);
    let mut stop = vec![f64::NAN; close.len()];
    for i in period..close.len() {
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

    #[test]
    fn a_straight_rise_is_all_plus() {
        let high: Vec<f64> = (0..60).map(|i| 101.0 + f64::from(i)).collect();
        let low: Vec<f64> = high.iter().map(|h| h - 2.0).collect();
        let close: Vec<f64> = high.iter().map(|h| h - 1.0).collect();
        let a = adx(&high, &low, &close, 14);
        assert!(a.adx[26].is_nan() && (a.adx[27] - 100.0).abs() < 1e-9);
        assert!(a.plus[13].is_nan() && (a.plus[14] - 50.0).abs() < 1e-9 && a.minus[59] == 0.0);
        let flat = adx(&[1.0; 60], &[1.0; 60], &[1.0; 60], 14);
        assert_eq!(flat.adx[59], 0.0);
    }

    #[test]
    fn the_stop_ratchets_and_flips() {
        let close = [10.0, 11.0, 12.0, 11.8, 9.0, 8.0];
        let high: Vec<f64> = close.iter().map(|c| c + 0.5).collect();
        let low: Vec<f64> = close.iter().map(|c| c - 0.5).collect();
        let stop = ut_stop(&close, &crate::indicators::atr(&high, &low, &close, 2), 2);
        assert!(stop[1].is_nan());
        assert!(stop[3] >= stop[2] && stop[3] < 11.8, "{stop:?}");
        assert!(stop[4] > 9.0 && stop[5] <= stop[4], "{stop:?}");
    }
}
