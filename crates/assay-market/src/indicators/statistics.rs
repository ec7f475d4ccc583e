//! Statistics of a moving window.

use super::first_valid;
use super::rolling::{deviations, spread, summed};
use super::sorted::Sorted;

/// Share of the last `window` rows that are at most the current one, in `(0, 1]`; valid from row `window - 1`.
pub fn rolling_rank(x: &[f64], window: usize) -> Vec<f64> {
    let n = window.max(1) as f64;
    ordered(x, window, |sorted, v| sorted.at_most(v) as f64 / n)
}

/// Quantile `q` of the last `window` rows, between two of them by interpolation (type 7: R. Hyndman and Y. Fan, American
/// Statistician 50 (1996), 361-365); valid from row `window - 1`.
pub fn rolling_quantile(x: &[f64], window: usize, q: f64) -> Vec<f64> {
    let place = (window.max(1) - 1) as f64 * q.clamp(0.0, 1.0);
    let (below, share) = (place.floor(), place.fract());
    ordered(x, window, |sorted, _| {
        let low = sorted.nth(below as usize).unwrap_or(f64::NAN);
        match sorted.nth(below as usize + 1) {
            Some(high) if share > 0.0 => low + share * (high - low),
            _ => low,
        }
    })
}

fn ordered(x: &[f64], window: usize, f: impl Fn(&Sorted, f64) -> f64) -> Vec<f64> {
    let window = window.max(1);
    let mut out = vec![f64::NAN; x.len()];
    let start = first_valid(x);
    let mut sorted = Sorted::default();
    for i in start..x.len() {
        sorted.insert(x[i]);
        if i >= start + window {
            sorted.remove(x[i - window]);
        }
        if i + 1 >= start + window {
            out[i] = f(&sorted, x[i]);
        }
    }
    out
}

/// Distance from the mean of the last `window` rows in their population deviations, 0 where they do not vary; valid from
/// row `window - 1`.
pub fn zscore(x: &[f64], window: usize) -> Vec<f64> {
    spread(x, window, |distance, variance| if variance == 0.0 { 0.0 } else { distance / variance.sqrt() })
}

/// Kaufman's efficiency: net change over `window` rows as a share of the sum of absolute changes, 0 where nothing moved;
/// valid from row `window`. (P. J. Kaufman 1995.)
pub fn efficiency_ratio(x: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    let changes = differences(x, |now, before| (now - before).abs());
    let mut out = summed(&changes, window, |sum| sum);
    for (path, pair) in out.iter_mut().skip(window).zip(x.windows(window + 1)) {
        let net = (pair[window] - pair[0]).abs();
        *path = if *path == 0.0 { 0.0 } else { (net / *path).min(1.0) };
    }
    out
}

fn differences(x: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    for (slot, pair) in out.iter_mut().skip(1).zip(x.windows(2)) {
        *slot = f(pair[1], pair[0]);
    }
    out
}

/// Lo and MacKinlay's variance ratio at `q` of the last `window` log returns, unbiased under overlap; valid from row
/// `window`, 1 where they do not vary. (A. Lo and A. C. MacKinlay, Review of Financial Studies 1 (1988), 41-66.)
pub fn variance_ratio(x: &[f64], window: usize, q: usize) -> Vec<f64> {
    let q = q.max(2);
    let window = window.max(q + 1);
    let logs: Vec<f64> = x.iter().map(|v| libm::log(*v)).collect();
    let returns = differences(&logs, |now, before| now - before);
    let mut sums = vec![f64::NAN; x.len()];
    for (slot, pair) in sums.iter_mut().skip(q).zip(logs.windows(q + 1)) {
        *slot = pair[q] - pair[0];
    }
    let (n, steps) = (window as f64, q as f64);
    let overlaps = window - q + 1;
    let m = overlaps as f64;
    let mut out = deviations(&returns, window, |v| v * n / (n - 1.0));
    let means = summed(&returns, window, |sum| sum / n);
    let many_spread = deviations(&sums, overlaps, |v| v);
    let centre = summed(&sums, overlaps, |sum| sum / m);
    for (((one, mean), v), c) in out.iter_mut().zip(means).zip(many_spread).zip(centre) {
        let off = c - steps * mean;
        let many = (v + off * off) / (steps * (1.0 - steps / n));
        *one = if *one == 0.0 { 1.0 } else { many / *one };
    }
    out
}

/// Hurst's exponent of the last `window` log returns by rescaled range: slope of log R/S over log size, for sizes of 8, 16, 32
/// and so on up to the window, R/S the mean over parts that do not overlap, from the latest back; 0.5 where nothing varies. Valid from row
/// `window`. (H. E. Hurst, Transactions ASCE 116 (1951), 770-799.) Biased upwards by about 0.05, and noise below 500 rows.
///
/// A row costs `window log2(window / 8)` steps: a rescaled range has no update.
pub fn hurst(x: &[f64], window: usize) -> Vec<f64> {
    const LEAST: usize = 8;
    let window = window.max(2 * LEAST);
    let logs: Vec<f64> = x.iter().map(|v| libm::log(*v)).collect();
    let returns = differences(&logs, |now, before| now - before);
    let mut out = vec![f64::NAN; x.len()];
    for i in window..x.len() {
        let rows = &returns[i + 1 - window..=i];
        let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut size = LEAST;
        while size <= window {
            let mean = mean_rescaled_range(rows, size);
            if mean > 0.0 {
                let (a, b) = (libm::log(size as f64), libm::log(mean));
                (n, sx, sy, sxx, sxy) = (n + 1.0, sx + a, sy + b, sxx + a * a, sxy + a * b);
            }
            size *= 2;
        }
        let spread = n * sxx - sx * sx;
        out[i] = if n < 2.0 { 0.5 } else { (n * sxy - sx * sy) / spread };
    }
    out
}

/// Mean R/S of the parts of `rows` of `size`, from the latest back; parts that do not vary are left out, NaN where none does.
fn mean_rescaled_range(rows: &[f64], size: usize) -> f64 {
    let (mut sum, mut parts) = (0.0, 0.0);
    for part in rows.rchunks_exact(size) {
        let mean = part.iter().sum::<f64>() / size as f64;
        let (mut walk, mut top, mut bottom, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0);
        for v in part {
            walk += v - mean;
            top = top.max(walk);
            bottom = bottom.min(walk);
            squares += (v - mean) * (v - mean);
        }
        let deviation = (squares / size as f64).sqrt();
        if deviation > 1e-14 {
            sum += (top - bottom) / deviation;
            parts += 1.0;
        }
    }
    sum / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let x = [1.0, 3.0, 2.0, 2.0, 5.0];
        assert_eq!(rolling_rank(&x, 3)[2..], [2.0 / 3.0, 2.0 / 3.0, 1.0]);
        assert_eq!(rolling_quantile(&x, 3, 0.5)[2..], [2.0, 2.0, 2.0]);
        assert_eq!(rolling_quantile(&x, 5, 0.9)[4], 3.0 + 0.6 * 2.0);
        assert_eq!(rolling_quantile(&x, 5, 1.0)[4], 5.0);
        assert_eq!(zscore(&[4.0; 5], 3)[4], 0.0);
        assert_eq!(zscore(&[1.0, 3.0], 2)[1], 1.0);
        assert_eq!(efficiency_ratio(&x, 4)[4], 4.0 / 6.0);
        assert_eq!(efficiency_ratio(&[1.0; 9], 4)[8], 0.0);
        assert_eq!(variance_ratio(&[1.0; 30], 20, 5)[29], 1.0);
        assert_eq!(hurst(&[1.0; 40], 32)[39], 0.5);
    }

    #[test]
    fn too_short_is_no_value_and_no_panic() {
        for x in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
            for w in [0, 1, 50] {
                assert_eq!(rolling_rank(x, w).len(), x.len());
                assert_eq!(rolling_quantile(x, w, 0.5).len(), x.len());
                assert_eq!(zscore(x, w).len(), x.len());
                assert_eq!(efficiency_ratio(x, w).len(), x.len());
                assert_eq!(variance_ratio(x, w, w).len(), x.len());
                assert_eq!(hurst(x, w).len(), x.len());
            }
        }
    }
}
