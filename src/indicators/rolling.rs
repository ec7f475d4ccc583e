//! Rolling sums, deviations, extremes and ranks, each in time linear in the number of rows.

use std::collections::VecDeque;

use super::first_valid;

/// Windows after which a running sum is taken afresh, so that rounding error cannot grow with the length of history.
const REBASE_WINDOWS: usize = 16;

/// Sum of the last `window` rows; valid from row `window - 1`.
pub fn rolling_sum(x: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    let mut out = vec![f64::NAN; x.len()];
    let start = first_valid(x);
    let mut sum = 0.0;
    for i in (start + window - 1).min(x.len())..x.len() {
        let from = i + 1 - window;
        if (from - start).is_multiple_of(window * REBASE_WINDOWS) {
            sum = x[from..=i].iter().sum();
        } else {
            sum += x[i] - x[from - 1];
        }
        out[i] = sum;
    }
    out
}

/// Population standard deviation of the last `window` rows; valid from row `window - 1`.
///
/// The window's mean and sum of squared deviations slide (Welford's update with one value in, one out) and are taken
/// afresh every few windows.
pub fn rolling_std(x: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    let n = window as f64;
    let mut out = vec![f64::NAN; x.len()];
    let start = first_valid(x);
    // Values are taken relative to `origin`, a recent one, so that a large level costs no precision. `peak` is the
    // largest sum of squares since the last fresh one: what rounding noise is measured against.
    let (mut origin, mut mean, mut squares, mut peak) = (0.0, 0.0, 0.0, 0.0_f64);
    for i in (start + window - 1).min(x.len())..x.len() {
        let from = i + 1 - window;
        let mut afresh = (from - start).is_multiple_of(window * REBASE_WINDOWS);
        if !afresh {
            let (new, old) = (x[i] - origin, x[from - 1] - origin);
            let before = mean;
            mean += (new - old) / n;
            squares += (new - old) * (new - mean + old - before);
            peak = peak.max(squares);
            // What cancellation leaves of a quiet window after a loud one is noise, not deviation.
            afresh = squares <= (1e-10 * peak).max(1e-20 * n * mean * mean);
        }
        if afresh {
            let rows = &x[from..=i];
            origin = rows[0];
            mean = rows.iter().map(|v| v - origin).sum::<f64>() / n;
            squares = rows.iter().map(|v| (v - origin - mean) * (v - origin - mean)).sum();
            peak = squares;
        }
        out[i] = (squares / n).sqrt();
    }
    out
}

/// Highest of the last `window` rows; valid from row `window - 1`.
pub fn rolling_max(x: &[f64], window: usize) -> Vec<f64> {
    rolling_extreme(x, window, |new, old| new >= old)
}

/// Lowest of the last `window` rows; valid from row `window - 1`.
pub fn rolling_min(x: &[f64], window: usize) -> Vec<f64> {
    rolling_extreme(x, window, |new, old| new <= old)
}

/// A queue of candidates, each beaten by none after it: its front is the window's extreme.
fn rolling_extreme(x: &[f64], window: usize, beats: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let window = window.max(1);
    let mut out = vec![f64::NAN; x.len()];
    let start = first_valid(x);
    let mut queue: VecDeque<(usize, f64)> = VecDeque::with_capacity(window + 1);
    for (i, &value) in x.iter().enumerate().skip(start) {
        while queue.back().is_some_and(|&(_, old)| beats(value, old)) {
            queue.pop_back();
        }
        queue.push_back((i, value));
        if queue[0].0 + window <= i {
            queue.pop_front();
        }
        if i + 1 >= start + window {
            out[i] = queue[0].1;
        }
    }
    out
}

/// Share of the last `window` rows that are at most the current one, in `(0, 1]`; valid from row `window - 1`.
pub fn rolling_rank(x: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    let mut out = vec![f64::NAN; x.len()];
    let start = first_valid(x);
    let mut sorted: Vec<f64> = Vec::with_capacity(window + 1);
    for i in start..x.len() {
        let at = sorted.partition_point(|&v| v <= x[i]);
        sorted.insert(at, x[i]);
        if sorted.len() > window {
            let old = x[i - window];
            sorted.remove(sorted.partition_point(|&v| v < old));
        }
        if sorted.len() == window {
            out[i] = sorted.partition_point(|&v| v <= x[i]) as f64 / window as f64;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn noise(n: usize) -> Vec<f64> {
        let mut s = Stream::new(7, "rolling", 0);
        (0..n).map(|_| 1e5 + s.normal()).collect()
    }

    /// The obvious way, a window at a time.
    fn naive(x: &[f64], window: usize, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        (0..x.len()).map(|i| if i + 1 < window { f64::NAN } else { f(&x[i + 1 - window..=i]) }).collect()
    }

    fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
        assert_eq!(a.len(), b.len());
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            assert!(
                (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance * y.abs().max(1e-3),
                "row {i}: {x} against {y}"
            );
        }
    }

    #[test]
    fn fast_equals_obvious_at_many_windows() {
        let x = noise(3000);
        for w in [1, 2, 3, 14, 20, 100] {
            let mean = |r: &[f64]| r.iter().sum::<f64>() / r.len() as f64;
            assert_close(&rolling_sum(&x, w), &naive(&x, w, |r| r.iter().sum()), 1e-12);
            assert_close(
                &rolling_std(&x, w),
                &naive(&x, w, |r| {
                    let m = mean(r);
                    (r.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / r.len() as f64).sqrt()
                }),
                1e-9,
            );
            assert_eq!(
                rolling_max(&x, w)[w - 1..],
                naive(&x, w, |r| r.iter().copied().fold(f64::MIN, f64::max))[w - 1..]
            );
            assert_eq!(
                rolling_min(&x, w)[w - 1..],
                naive(&x, w, |r| r.iter().copied().fold(f64::MAX, f64::min))[w - 1..]
            );
            assert_eq!(
                rolling_rank(&x, w)[w - 1..],
                naive(&x, w, |r| {
                    r.iter().filter(|v| **v <= r[r.len() - 1]).count() as f64 / r.len() as f64
                })[w - 1..]
            );
        }
    }

    #[test]
    fn a_constant_has_no_deviation_and_short_input_no_value() {
        assert!(rolling_std(&[1e8; 50], 20)[19..].iter().all(|v| *v == 0.0));
        assert!(rolling_sum(&[1.0, 2.0], 3).iter().all(|v| v.is_nan()));
        assert!(rolling_max(&[], 3).is_empty());
    }

    #[test]
    fn a_nan_prefix_is_skipped() {
        let x = [f64::NAN, f64::NAN, 1.0, 2.0, 3.0];
        assert_close(&rolling_sum(&x, 2), &[f64::NAN, f64::NAN, f64::NAN, 3.0, 5.0], 0.0);
        assert_close(&rolling_max(&x, 2), &[f64::NAN, f64::NAN, f64::NAN, 2.0, 3.0], 0.0);
    }
}
