//! Rows in order of time, one a time: what checks of neighbours look at.

use std::borrow::Cow;

use crate::rows::Rows;

/// Rows in strictly rising time; of rows of one time the first.
pub(super) struct BarsView<'a> {
    /// The rows as they are.
    pub rows: &'a Rows,
    pub t: Cow<'a, [i64]>,
    pub o: Cow<'a, [f64]>,
    pub h: Cow<'a, [f64]>,
    pub l: Cow<'a, [f64]>,
    pub c: Cow<'a, [f64]>,
    pub v: Cow<'a, [f64]>,
    /// Which row each is; empty while that is its position.
    picked: Vec<usize>,
}

impl<'a> BarsView<'a> {
    pub(super) fn new(rows: &'a Rows) -> Self {
        let t = &rows.time_ms;
        let mut picked = Vec::new();
        if t.windows(2).any(|w| w[1] <= w[0]) {
            picked = (0..t.len()).collect();
            picked.sort_by_key(|&i| t[i]);
            picked.dedup_by_key(|i| t[*i]);
        }
        fn of<'a, T: Copy>(v: &'a [T], picked: &[usize]) -> Cow<'a, [T]> {
            if picked.is_empty() { Cow::Borrowed(v) } else { picked.iter().map(|&i| v[i]).collect() }
        }
        Self {
            t: of(t, &picked),
            o: of(&rows.open, &picked),
            h: of(&rows.high, &picked),
            l: of(&rows.low, &picked),
            c: of(&rows.close, &picked),
            v: of(&rows.volume, &picked),
            rows,
            picked,
        }
    }

    /// The row behind position `i`.
    pub(super) fn row(&self, i: usize) -> usize {
        self.picked.get(i).copied().unwrap_or(i)
    }

    pub(super) fn len(&self) -> usize {
        self.t.len()
    }

    /// Whether the four prices at `i` are those of a bar.
    pub(super) fn sound(&self, i: usize) -> bool {
        let (o, h, l, c) = (self.o[i], self.h[i], self.l[i], self.c[i]);
        l > 0.0 && h.is_finite() && l <= o.min(c) && h >= o.max(c) && !o.is_nan() && !c.is_nan()
    }

    /// High over low of each bar as a logarithm; NaN where the bar is not sound.
    pub(super) fn ranges(&self) -> Vec<f64> {
        (0..self.len()).map(|i| if self.sound(i) { (self.h[i] / self.l[i]).ln() } else { f64::NAN }).collect()
    }
}

/// The middle of those that are numbers; NaN of none.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut v: Vec<f64> = values.into_iter().filter(|x| !x.is_nan()).collect();
    if v.is_empty() {
        return f64::NAN;
    }
    let k = v.len() / 2;
    *v.select_nth_unstable_by(k, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_in_order_and_knows_its_rows() {
        let v = vec![1.0, 2.0, 3.0, 4.0];
        let rows = Rows {
            time_ms: vec![3, 1, 3, 2],
            open: v.clone(),
            high: v.clone(),
            low: v.clone(),
            close: v.clone(),
            volume: v,
            ..Rows::default()
        };
        let view = BarsView::new(&rows);
        assert_eq!(view.t[..], [1, 2, 3]);
        assert_eq!(view.c[..], [2.0, 4.0, 1.0]);
        assert_eq!((0..3).map(|i| view.row(i)).collect::<Vec<_>>(), [1, 3, 0]);
        assert!(BarsView::new(&Rows::default()).len() == 0);
    }

    #[test]
    fn the_median_knows_no_nan() {
        assert_eq!(median([3.0, f64::NAN, 1.0, 2.0]), 2.0);
        assert!(median([f64::NAN]).is_nan());
    }
}
