//! Rolling sums, deviations, extremes and ranks, each in time linear in the number of rows.

use super::first_valid;

/// Below this a window is summed row by row: the loops over whole columns are shorter than those over blocks.
const SHORT: usize = 5;
/// Below this its deviation is taken in two passes, and below the other by sums of sums.
const SHORTEST_DEVIATION: usize = 4;
const SHORT_DEVIATION: usize = 12;
/// Rows that a short window is summed over at a time: they stay in the first-level cache.
const TILE: usize = 1024;

/// Calls `each` with a block of `window` rows, the rows after it that a window over its last row still covers, and the
/// output rows of the windows that end at the block's last row and at each of those.
///
/// Such a window is a suffix of the block and a prefix of what follows, so that two running values a block are enough for
/// any window (M. van Herk, Pattern Recognition Letters 13 (1992), 517-521; J. Gil and M. Werman, IEEE PAMI 15 (1993),
/// 504-507). What a row depends on never leaves its window: rounding errors do not grow with the history.
fn blocks(x: &[f64], window: usize, mut each: impl FnMut(&[f64], &[f64], &mut [f64])) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    let mut from = first_valid(x);
    while from + window <= x.len() {
        let split = from + window;
        let end = (split + window - 1).min(x.len());
        each(&x[from..split], &x[split..end], &mut out[split - 1..end]);
        from = split;
    }
    out
}

/// Windows of `window` rows folded by `op`, the result through `last`.
fn folded(x: &[f64], window: usize, op: impl Fn(f64, f64) -> f64, last: impl Fn(f64) -> f64) -> Vec<f64> {
    if window < SHORT {
        return tiled(x, window, op, last);
    }
    let mut suffix = vec![0.0; window + 1];
    blocks(x, window, |block, next, out| {
        let mut all = block[window - 1];
        suffix[window - 1] = all;
        for (slot, &v) in suffix[..window - 1].iter_mut().zip(&block[..window - 1]).rev() {
            all = op(v, all);
            *slot = all;
        }
        out[0] = last(all);
        let Some((&first, _)) = next.split_first() else { return };
        let mut prefix = first;
        // The first is its own prefix; folding it in twice would count it twice.
        out[1] = last(op(suffix[1], prefix));
        for ((slot, &v), &s) in out[2..].iter_mut().zip(&next[1..]).zip(&suffix[2..]) {
            prefix = op(prefix, v);
            *slot = last(op(s, prefix));
        }
    })
}

/// Sum of the last `window` rows; valid from row `window - 1`.
pub fn rolling_sum(x: &[f64], window: usize) -> Vec<f64> {
    summed(x, window, |s| s)
}

/// `last` of the sum of the last `window` rows.
pub(super) fn summed(x: &[f64], window: usize, last: impl Fn(f64) -> f64) -> Vec<f64> {
    folded(x, window.max(1), |a, b| a + b, last)
}

/// [`folded`] row by row, for windows so short that whole columns are folded faster than blocks.
fn tiled(x: &[f64], window: usize, op: impl Fn(f64, f64) -> f64, last: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut out = vec![f64::NAN; x.len()];
    let mut from = first_valid(x) + window - 1;
    while from < x.len() {
        let to = (from + TILE).min(x.len());
        let tile = &mut out[from..to];
        tile.copy_from_slice(&x[from..to]);
        for back in 1..window {
            for (slot, v) in tile.iter_mut().zip(&x[from - back..]) {
                *slot = op(*v, *slot);
            }
        }
        tile.iter_mut().for_each(|slot| *slot = last(*slot));
        from = to;
    }
    out
}

/// What `last` makes of a window: a price that its rows are taken relative to, their sum, and their sum weighted 1 (the
/// oldest) to `window` (the latest). That price is a row of the window where `RELATIVE`, else zero.
pub(super) fn weighted<const RELATIVE: bool>(
    x: &[f64],
    window: usize,
    last: impl Fn(f64, f64, f64) -> f64,
) -> Vec<f64> {
    let window = window.max(1);
    if window <= SHORT {
        return short_weighted::<RELATIVE>(x, window, last);
    }
    let n = window as f64;
    let mut suffix = (vec![0.0; window], vec![0.0; window]);
    let mut prefix = (vec![0.0; window], vec![0.0; window]);
    blocks(x, window, |block, next, out| {
        let origin = if RELATIVE { block[window - 1] } else { 0.0 };
        let (mut sum, mut weighted) = (0.0, 0.0);
        for ((s, w), v) in suffix.0.iter_mut().zip(&mut suffix.1).zip(block).rev() {
            sum += v - origin;
            weighted += sum;
            (*s, *w) = (sum, weighted);
        }
        // A row of what follows has weight `window` when it is the latest, and one less with each row after it.
        let (mut sum, mut aged) = (0.0, 0.0);
        for ((s, w), v) in prefix.0[1..].iter_mut().zip(&mut prefix.1[1..]).zip(next) {
            aged += sum;
            sum += v - origin;
            (*s, *w) = (sum, n * sum - aged);
        }
        let sums = prefix.0.iter().zip(&suffix.0);
        let weights = prefix.1.iter().zip(&suffix.1);
        for ((slot, (a, b)), (c, d)) in out.iter_mut().zip(sums).zip(weights) {
            *slot = last(origin, a + b, c + d);
        }
    })
}

/// [`weighted`] for windows so short that whole columns are summed faster than blocks.
fn short_weighted<const RELATIVE: bool>(
    x: &[f64],
    window: usize,
    last: impl Fn(f64, f64, f64) -> f64,
) -> Vec<f64> {
    let n = window as f64;
    let mut out = vec![f64::NAN; x.len()];
    let mut sums = [0.0; TILE];
    let mut from = first_valid(x) + window - 1;
    while from < x.len() {
        let to = (from + TILE).min(x.len());
        let (tile, sums) = (&mut out[from..to], &mut sums[..to - from]);
        for ((slot, sum), now) in tile.iter_mut().zip(&mut *sums).zip(&x[from..]) {
            *sum = if RELATIVE { 0.0 } else { *now };
            *slot = *sum * n;
        }
        for back in 1..window {
            let weight = n - back as f64;
            let rows = x[from - back..].iter().zip(&x[from..]);
            for ((slot, sum), (old, now)) in tile.iter_mut().zip(&mut *sums).zip(rows) {
                let d = if RELATIVE { old - now } else { *old };
                *sum += d;
                *slot += weight * d;
            }
        }
        for ((slot, sum), now) in tile.iter_mut().zip(&*sums).zip(&x[from..]) {
            *slot = last(if RELATIVE { *now } else { 0.0 }, *sum, *slot);
        }
        from = to;
    }
    out
}

/// Population variance of the last `window` rows; valid from row `window - 1`.
pub fn rolling_variance(x: &[f64], window: usize) -> Vec<f64> {
    deviations(x, window, |v| v)
}

/// Population standard deviation of the last `window` rows; valid from row `window - 1`.
pub fn rolling_std(x: &[f64], window: usize) -> Vec<f64> {
    deviations(x, window, f64::sqrt)
}

/// `last` of the population variance of the last `window` rows.
pub(super) fn deviations(x: &[f64], window: usize, last: impl Fn(f64) -> f64) -> Vec<f64> {
    spread(x, window, |_, variance| last(variance))
}

/// `last` of the latest row's distance from the mean of the last `window` rows and of their population variance.
///
/// Values are taken relative to a row that every window of a block covers, so that neither a large level nor a loud past
/// costs precision: with a deviation no larger than the window's own range, the sum of squares loses at most a factor of
/// the window's length.
pub(super) fn spread(x: &[f64], window: usize, last: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let window = window.max(1);
    match window {
        0..SHORTEST_DEVIATION => return shortest_spread(x, window, last),
        SHORTEST_DEVIATION..SHORT_DEVIATION => return short_spread(x, window, last),
        _ => {}
    }
    let share = 1.0 / window as f64;
    let mut suffix = (vec![0.0; window], vec![0.0; window]);
    let mut prefix = (vec![0.0; window], vec![0.0; window]);
    let mut latest = vec![0.0; window];
    blocks(x, window, |block, next, out| {
        let origin = block[window - 1];
        let (mut sum, mut squares) = (0.0, 0.0);
        for ((s, q), v) in suffix.0.iter_mut().zip(&mut suffix.1).zip(block).rev() {
            let d = v - origin;
            sum += d;
            squares += d * d;
            (*s, *q) = (sum, squares);
        }
        let (mut sum, mut squares) = (0.0, 0.0);
        let rows = prefix.0[1..].iter_mut().zip(&mut prefix.1[1..]).zip(&mut latest[1..]);
        for (((s, q), now), v) in rows.zip(next) {
            let d = v - origin;
            sum += d;
            squares += d * d;
            (*s, *q, *now) = (sum, squares, d);
        }
        let sums = prefix.0.iter().zip(&suffix.0).zip(&latest);
        let squares = prefix.1.iter().zip(&suffix.1);
        for ((slot, ((a, b), now)), (c, d)) in out.iter_mut().zip(sums).zip(squares) {
            let mean = (a + b) * share;
            let variance = (c + d) * share - mean * mean;
            *slot = last(now - mean, if variance > 0.0 { variance } else { 0.0 });
        }
    })
}

/// [`spread`] of windows so short that each is gone over twice, which costs no digit.
fn shortest_spread(x: &[f64], window: usize, last: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let share = 1.0 / window as f64;
    let mut out = vec![f64::NAN; x.len()];
    let mut means = [0.0; TILE];
    let mut from = first_valid(x) + window - 1;
    while from < x.len() {
        let to = (from + TILE).min(x.len());
        // Means relative to the latest row: a constant deviates by nothing at all.
        let means = &mut means[..to - from];
        means.fill(0.0);
        for back in 1..window {
            for ((mean, old), now) in means.iter_mut().zip(&x[from - back..]).zip(&x[from..]) {
                *mean += old - now;
            }
        }
        let tile = &mut out[from..to];
        for (mean, slot) in means.iter_mut().zip(&mut *tile) {
            *mean *= share;
            *slot = *mean * *mean;
        }
        for back in 1..window {
            let rows = x[from - back..].iter().zip(&x[from..]);
            for ((slot, mean), (old, now)) in tile.iter_mut().zip(&*means).zip(rows) {
                let d = old - now - mean;
                *slot += d * d;
            }
        }
        tile.iter_mut().zip(&*means).for_each(|(slot, mean)| *slot = last(-mean, *slot * share));
        from = to;
    }
    out
}

/// [`spread`] of short windows: sums of two rows, of four, of eight, over columns that stay in the first-level cache.
///
/// Values are taken relative to a row that is changed every few, so that what lies far outside the window costs no precision.
fn short_spread(x: &[f64], window: usize, last: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let share = 1.0 / window as f64;
    let mut out = vec![f64::NAN; x.len()];
    let mut rows = [0.0; NEAR];
    let (mut sums, mut squares) = (Widened::new(), Widened::new());
    let mut from = first_valid(x) + window - 1;
    while from < x.len() {
        let to = (from + NEAR + 1 - window).min(x.len());
        let before = &x[from + 1 - window..to];
        let origin = x[from];
        for ((d, q), v) in rows.iter_mut().zip(&mut *squares.rows).zip(before) {
            *d = v - origin;
            *q = *d * *d;
        }
        *sums.rows = rows;
        let (sums, squares) = (sums.over(window), squares.over(window));
        let columns = rows[window - 1..].iter().zip(sums).zip(squares);
        for (slot, ((d, s), q)) in out[from..to].iter_mut().zip(columns) {
            let mean = s * share;
            let variance = q * share - mean * mean;
            *slot = last(d - mean, if variance > 0.0 { variance } else { 0.0 });
        }
        from = to;
    }
    out
}

/// Rows of a [`Widened`].
const NEAR: usize = 64;

/// Sums of short windows over a few rows.
struct Widened {
    rows: Box<[f64; NEAR]>,
    wide: Box<[f64; NEAR]>,
    rest: Box<[f64; NEAR]>,
    next: Box<[f64; NEAR]>,
}

impl Widened {
    fn new() -> Self {
        let rows = || Box::new([0.0; NEAR]);
        Self { rows: rows(), wide: rows(), rest: rows(), next: rows() }
    }

    /// Sum of the `window` rows from each on; those of the last `window - 1` have no meaning.
    fn over(&mut self, window: usize) -> &[f64; NEAR] {
        fn add(out: &mut [f64; NEAR], a: &[f64; NEAR], b: &[f64]) {
            for ((slot, x), y) in out.iter_mut().zip(a).zip(b) {
                *slot = x + y;
            }
        }
        // Rows that `rest` covers so far, and those that `wide` does.
        let (mut covered, mut width) = (0, 1);
        *self.wide = *self.rows;
        loop {
            if window & width != 0 {
                if covered == 0 {
                    *self.rest = *self.wide;
                } else {
                    add(&mut self.next, &self.wide, &self.rest[width..]);
                    std::mem::swap(&mut self.next, &mut self.rest);
                }
                covered += width;
            }
            if covered == window {
                return &self.rest;
            }
            add(&mut self.next, &self.wide, &self.wide[width..]);
            std::mem::swap(&mut self.next, &mut self.wide);
            width *= 2;
        }
    }
}

/// Highest of the last `window` rows; valid from row `window - 1`.
pub fn rolling_max(x: &[f64], window: usize) -> Vec<f64> {
    folded(x, window.max(1), |a, b| if a > b { a } else { b }, |v| v)
}

/// Lowest of the last `window` rows; valid from row `window - 1`.
pub fn rolling_min(x: &[f64], window: usize) -> Vec<f64> {
    folded(x, window.max(1), |a, b| if a < b { a } else { b }, |v| v)
}

/// How many rows ago, among the last `window`, the value was that beats all others; of equals the latest. Valid from row
/// `window - 1`. `beats` says whether a value is above another.
pub(super) fn rows_since(x: &[f64], window: usize, beats: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let window = window.max(1);
    // The best of each suffix of a block, with the rows between it and the block's end.
    let mut suffix = vec![(0.0, 0.0); window];
    blocks(x, window, |block, next, out| {
        let mut best = (block[window - 1], 0.0);
        for ((slot, &v), to_end) in suffix.iter_mut().zip(block).rev().zip(0..) {
            if beats(v, best.0) {
                best = (v, f64::from(to_end));
            }
            *slot = best;
        }
        out[0] = best.1;
        let (mut latest, mut age) = (f64::NAN, 0.0);
        let rows = out[1..].iter_mut().zip(next).zip(&suffix[1..]);
        for (gone, ((slot, &v), &(old, to_end))) in rows.enumerate() {
            age += 1.0;
            if gone == 0 || !beats(latest, v) {
                (latest, age) = (v, 0.0);
            }
            *slot = if beats(old, latest) { to_end + (gone + 1) as f64 } else { age };
        }
    })
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
        for w in [1, 2, 3, 4, 5, 6, 14, 20, 100, 2999, 3000, 3001] {
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
