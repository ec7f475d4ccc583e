//! Long series made as narrow as the picture, without hiding their extremes.

use super::scale::Scale;

/// Pixel columns over a span of time, of which the times when the market is closed take none.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeScale {
    from_ms: f64,
    to_ms: f64,
    left: f64,
    right: f64,
    closed: Vec<ClosedTime>,
}

/// A time when the market is closed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ClosedTime {
    from_ms: i64,
    to_ms: i64,
    /// How long it was closed in the span before.
    before_ms: i64,
}

impl TimeScale {
    /// Lays `from_ms..=to_ms` over the pixels `left..right`; a span without length is widened by a minute.
    pub fn new(from_ms: i64, to_ms: i64, left: f64, right: f64) -> Self {
        let to_ms = if to_ms > from_ms { to_ms as f64 } else { from_ms as f64 + 60_000.0 };
        Self { from_ms: from_ms as f64, to_ms, left, right, closed: vec![] }
    }

    /// The same without `closed`, times from and to that rise and do not overlap; those that are not within the span are
    /// left out.
    #[must_use]
    pub fn without(mut self, closed: &[(i64, i64)]) -> Self {
        let (first, last) = self.span_ms();
        let mut before_ms = 0;
        for &(from_ms, to_ms) in closed.iter().filter(|(a, b)| first <= *a && a < b && *b <= last) {
            if self.closed.last().is_some_and(|c| c.to_ms > from_ms) {
                continue;
            }
            self.closed.push(ClosedTime { from_ms, to_ms, before_ms });
            before_ms += to_ms - from_ms;
        }
        // Something must be left to draw on.
        if before_ms as f64 >= self.to_ms - self.from_ms {
            self.closed.clear();
        }
        self
    }

    /// How long the market was open from the begin of the span to an instant, in milliseconds.
    pub fn opened(&self, time_ms: i64) -> f64 {
        let time = (time_ms as f64).clamp(self.from_ms, self.to_ms);
        let shut = match self.closed.partition_point(|c| c.from_ms as f64 <= time).checked_sub(1) {
            Some(k) => {
                let c = self.closed[k];
                c.before_ms as f64 + time.min(c.to_ms as f64) - c.from_ms as f64
            }
            None => 0.0,
        };
        time - self.from_ms - shut
    }

    /// How long it was open in all.
    pub fn opened_in_all(&self) -> f64 {
        self.to_ms - self.from_ms - self.closed.last().map_or(0, |c| c.before_ms + c.to_ms - c.from_ms) as f64
    }

    /// The first instant from `time_ms` on at which the market is not closed.
    pub fn opens(&self, time_ms: i64) -> i64 {
        let k = self.closed.partition_point(|c| c.from_ms <= time_ms);
        k.checked_sub(1).map_or(time_ms, |k| self.closed[k].to_ms.max(time_ms))
    }

    /// The pixel of an instant, held inside the span.
    pub fn at(&self, time_ms: i64) -> f64 {
        self.left + self.opened(time_ms) / self.opened_in_all() * (self.right - self.left)
    }

    /// How many pixels a length of time takes while the market is open.
    pub fn width_of(&self, length_ms: f64) -> f64 {
        length_ms / self.opened_in_all() * (self.right - self.left)
    }

    /// Whether an instant lies in the span.
    pub fn holds(&self, time_ms: i64) -> bool {
        (self.from_ms..=self.to_ms).contains(&(time_ms as f64))
    }

    /// Left and right edge in pixels.
    pub fn edges(&self) -> (f64, f64) {
        (self.left, self.right)
    }

    /// First and last instant in milliseconds.
    pub fn span_ms(&self) -> (i64, i64) {
        (self.from_ms as i64, self.to_ms as i64)
    }

    /// How many whole columns there are.
    pub fn columns(&self) -> usize {
        (self.right - self.left).max(1.0) as usize
    }

    /// The column of an instant.
    pub fn column(&self, time_ms: i64) -> usize {
        ((self.at(time_ms) - self.left) as usize).min(self.columns() - 1)
    }
}

/// The curve of `values` as unbroken runs of pixels: of each column the first, lowest, highest and last value in their
/// order, which draws exactly what all of them would. Values that are not finite and times outside the span break the
/// curve.
pub fn curve(time_ms: &[i64], values: &[f64], across: &TimeScale, up: &Scale) -> Vec<Vec<(f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut open = false;
    let mut column: Vec<usize> = Vec::new();
    let n = time_ms.len().min(values.len());
    let flush = |column: &mut Vec<usize>, runs: &mut Vec<Vec<(f64, f64)>>| {
        let (Some(&first), Some(&last)) = (column.first(), column.last()) else { return };
        let by_value = |a: &&usize, b: &&usize| values[**a].total_cmp(&values[**b]);
        let low = column.iter().min_by(by_value).copied().unwrap_or(first);
        let high = column.iter().max_by(by_value).copied().unwrap_or(last);
        let mut kept = [first, low, high, last];
        kept.sort_unstable();
        let run = runs.last_mut();
        if let Some(run) = run {
            for (k, &i) in kept.iter().enumerate() {
                if k == 0 || kept[k - 1] != i {
                    run.push((across.at(time_ms[i]), up.at(values[i])));
                }
            }
        }
        column.clear();
    };
    for i in 0..n {
        if !values[i].is_finite() || !across.holds(time_ms[i]) {
            flush(&mut column, &mut runs);
            open = false;
            continue;
        }
        if !open {
            runs.push(Vec::new());
            open = true;
        }
        if column.last().is_some_and(|&last| across.column(time_ms[last]) != across.column(time_ms[i])) {
            flush(&mut column, &mut runs);
        }
        column.push(i);
    }
    flush(&mut column, &mut runs);
    runs
}

/// Rows of each column: `starts[c]..starts[c + 1]`.
fn rows_by_column(time_ms: &[i64], across: &TimeScale) -> Vec<usize> {
    let mut starts = vec![0; across.columns() + 1];
    for &t in time_ms {
        starts[across.column(t) + 1] += 1;
    }
    for c in 1..starts.len() {
        starts[c] += starts[c - 1];
    }
    starts
}

/// Folds the values of each column with `fold`; `None` for columns without a finite value. Times must not fall.
pub fn fold_columns(
    time_ms: &[i64],
    values: &[f64],
    across: &TimeScale,
    fold: fn(f64, f64) -> f64,
) -> Vec<Option<f64>> {
    let n = time_ms.len().min(values.len());
    let starts = rows_by_column(&time_ms[..n], across);
    starts
        .windows(2)
        .map(|w| values[w[0]..w[1]].iter().copied().filter(|v| v.is_finite()).reduce(fold))
        .collect()
}

/// The code most bars of each column have (the lower of two as frequent), as runs of equal columns: left pixel, right
/// pixel, code. A bar lasts until the next one, but not longer than 1.5 usual bars while the market is open. Times
/// must not fall.
pub fn strip(time_ms: &[i64], codes: &[u8], across: &TimeScale) -> Vec<(f64, f64, u8)> {
    let n = time_ms.len().min(codes.len());
    let (time_ms, codes) = (&time_ms[..n], &codes[..n]);
    let starts = rows_by_column(time_ms, across);
    let lasts = usual_step(time_ms) * 1.5;
    let (left, right) = across.edges();
    let per_column = across.opened_in_all() / across.columns() as f64;
    let mut runs: Vec<(f64, f64, u8)> = Vec::new();
    for c in 0..across.columns() {
        let rows = starts[c]..starts[c + 1];
        let code = if rows.is_empty() {
            let Some(before) = rows.start.checked_sub(1) else { continue };
            if (c as f64 + 0.5) * per_column - across.opened(time_ms[before]) > lasts {
                continue;
            }
            codes[before]
        } else {
            let mut counts = [0u32; 256];
            for &code in &codes[rows] {
                counts[usize::from(code)] += 1;
            }
            let most = counts.iter().max().copied().unwrap_or(0);
            counts.iter().position(|&k| k == most).unwrap_or(255) as u8
        };
        let (from, to) =
            (left + c as f64, if c + 1 == across.columns() { right } else { left + c as f64 + 1.0 });
        match runs.last_mut() {
            Some(run) if run.2 == code && run.1 == from => run.1 = to,
            _ => runs.push((from, to, code)),
        }
    }
    runs
}

/// The median distance of neighbours in milliseconds.
pub fn usual_step(time_ms: &[i64]) -> f64 {
    let mut steps: Vec<i64> = time_ms.windows(2).map(|w| w[1] - w[0]).collect();
    if steps.is_empty() {
        return 60_000.0;
    }
    let middle = steps.len() / 2;
    *steps.select_nth_unstable(middle).1 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_keeps_first_lowest_highest_and_last_of_each_column() {
        let times: Vec<i64> = (0..1000).collect();
        let mut values = vec![5.0; 1000];
        values[123] = 9.0;
        values[127] = 1.0;
        values[700] = f64::NAN;
        let across = TimeScale::new(0, 999, 0.0, 10.0);
        let runs = curve(&times, &values, &across, &Scale::linear(0.0, 10.0, 0.0, 10.0));
        assert_eq!(runs.len(), 2, "NaN breaks the curve");
        let all: Vec<f64> = runs.concat().iter().map(|p| p.1).collect();
        assert!(all.len() <= 44 && all.contains(&9.0) && all.contains(&1.0));
        assert!(runs.iter().all(|r| r.windows(2).all(|w| w[0].0 <= w[1].0)));
    }

    #[test]
    fn a_strip_shows_the_majority_and_leaves_gaps_empty() {
        let times = [0, 1, 2, 3, 4, 5, 90, 91, 92, 99];
        let codes = [1, 1, 0, 0, 0, 2, 3, 3, 3, 3];
        let runs = strip(&times, &codes, &TimeScale::new(0, 100, 0.0, 10.0));
        assert_eq!(runs, [(0.0, 1.0, 0), (9.0, 10.0, 3)]);
        let wide = strip(&[0, 50], &[4, 1], &TimeScale::new(0, 100, 0.0, 10.0));
        assert_eq!(wide, [(0.0, 5.0, 4), (5.0, 10.0, 1)], "few bars fill the columns between them");
        assert!(strip(&[], &[], &TimeScale::new(0, 0, 0.0, 10.0)).is_empty());
    }

    #[test]
    fn times_when_the_market_is_closed_take_no_room() {
        let across = TimeScale::new(0, 100, 0.0, 50.0).without(&[(20, 60), (90, 100), (95, 130), (-5, 3)]);
        assert_eq!(
            [0, 10, 20, 40, 60, 70, 90, 100].map(|t| across.at(t)),
            [0.0, 10.0, 20.0, 20.0, 20.0, 30.0, 50.0, 50.0]
        );
        assert_eq!([5, 20, 59, 60, 99].map(|t| across.opens(t)), [5, 60, 60, 60, 100]);
        assert_eq!(across.width_of(10.0), 10.0);
        // No hole lies between the bars before and after the close; bars that are missing leave one.
        let across = TimeScale::new(0, 150, 0.0, 55.0).without(&[(20, 60)]);
        let runs = strip(&[0, 10, 60, 70, 80, 130, 140], &[1; 7], &across);
        assert_eq!(runs.len(), 2, "{runs:?}");
        assert!(runs[0].0 == 0.0 && (25.0..30.0).contains(&runs[0].1) && runs[1].0 == 45.0, "{runs:?}");
        assert_eq!(TimeScale::new(0, 9, 0.0, 1.0).without(&[(0, 9)]), TimeScale::new(0, 9, 0.0, 1.0));
    }

    #[test]
    fn columns_fold_finite_values() {
        let across = TimeScale::new(0, 4, 0.0, 2.0);
        let folded = fold_columns(&[0, 1, 2, 3], &[3.0, f64::NAN, -1.0, -2.0], &across, f64::min);
        assert_eq!(folded, [Some(3.0), Some(-2.0)]);
    }
}
