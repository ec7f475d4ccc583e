//! What labels are like without any truth: how often they change, and how far two of them agree.

use std::collections::BTreeMap;

use serde::Serialize;

/// How long labels stay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stability {
    /// Bars with a label.
    pub bars: usize,
    /// Share of these bars by label.
    pub shares: Vec<f64>,
    /// Changes in a thousand bars.
    pub changes_per_1000: f64,
    /// Mean bars of a stay.
    pub mean_stay_bars: f64,
    /// Median bars of a stay.
    pub median_stay_bars: f64,
    /// Share of stays of at most two bars.
    pub short_stays: f64,
}

impl Stability {
    /// Of labels `0..kinds`; what is beyond is no label and left out.
    pub fn of(labels: &[u8], kinds: usize) -> Self {
        let known: Vec<u8> = labels.iter().copied().filter(|l| usize::from(*l) < kinds).collect();
        let n = known.len();
        let mut counts = vec![0usize; kinds];
        known.iter().for_each(|l| counts[usize::from(*l)] += 1);
        let mut stays: Vec<usize> = known.chunk_by(|a, b| a == b).map(<[u8]>::len).collect();
        stays.sort_unstable();
        let all = stays.len();
        let share = |count: usize, of: usize| if of == 0 { f64::NAN } else { count as f64 / of as f64 };
        let median = match all {
            0 => f64::NAN,
            m if m % 2 == 1 => stays[m / 2] as f64,
            m => (stays[m / 2 - 1] + stays[m / 2]) as f64 / 2.0,
        };
        Self {
            bars: n,
            shares: counts.iter().map(|c| share(*c, n)).collect(),
            changes_per_1000: 1000.0 * share(all.saturating_sub(1), n),
            mean_stay_bars: share(n, all),
            median_stay_bars: median,
            short_stays: share(stays.iter().filter(|s| **s <= 2).count(), all),
        }
    }
}

/// `table[a][b]`: rows that `a` and `b` call so; rows beyond either's kinds are left out.
pub fn cross_table(a: &[u8], a_kinds: usize, b: &[u8], b_kinds: usize) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0usize; b_kinds]; a_kinds];
    for (x, y) in a.iter().zip(b) {
        if let Some(cell) = table.get_mut(usize::from(*x)).and_then(|r| r.get_mut(usize::from(*y))) {
            *cell += 1;
        }
    }
    table
}

/// Adjusted Rand index of a cross table: 1 where the two part the rows alike, 0 where they agree as chance would have it.
/// NaN where either has a single kind for all rows. (L. Hubert and P. Arabie, Journal of Classification 2 (1985), 193-218.)
pub fn adjusted_rand(table: &[Vec<usize>]) -> f64 {
    let pairs = |n: usize| n as f64 * (n as f64 - 1.0) / 2.0;
    let rows: f64 = table.iter().map(|r| pairs(r.iter().sum())).sum();
    let width = table.first().map_or(0, Vec::len);
    let columns: f64 = (0..width).map(|k| pairs(table.iter().map(|r| r[k]).sum())).sum();
    let together: f64 = table.iter().flatten().map(|n| pairs(*n)).sum();
    let all = pairs(table.iter().flatten().sum());
    let (chance, most) = (rows * columns / all, (rows + columns) / 2.0);
    // One kind on either side pairs every row, whatever the other says.
    if rows == all || columns == all { f64::NAN } else { (together - chance) / (most - chance) }
}

/// For each row of the table a column of its own, so that the rows matched are as many as can be. `None` for a row that got no
/// column. Every assignment is looked at, each set of columns that rows before may have taken once: columns are few.
pub fn best_match(table: &[Vec<usize>]) -> Vec<Option<usize>> {
    let width = table.first().map_or(0, Vec::len);
    let mut search = Search { table, width, seen: BTreeMap::new() };
    let mut used = 0u64;
    (0..table.len())
        .map(|row| {
            let choice = search.best(row, used).1;
            used |= choice.map_or(0, |k| 1 << k);
            choice
        })
        .collect()
}

/// The best of the rows from one on, by the columns that are taken.
struct Search<'a> {
    table: &'a [Vec<usize>],
    width: usize,
    seen: BTreeMap<(usize, u64), (usize, Option<usize>)>,
}

impl Search<'_> {
    /// Most that the rows from `row` on can match, and the column that `row` takes for it: the first of equals.
    fn best(&mut self, row: usize, used: u64) -> (usize, Option<usize>) {
        if row == self.table.len() {
            return (0, None);
        }
        if let Some(known) = self.seen.get(&(row, used)) {
            return *known;
        }
        let free: Vec<usize> = (0..self.width).filter(|k| used & (1 << k) == 0).collect();
        let spare = self.table.len() - row > free.len();
        let mut best: Option<(usize, Option<usize>)> = None;
        for choice in free.into_iter().map(Some).chain(spare.then_some(None)) {
            let (here, taken) = choice.map_or((0, used), |k| (self.table[row][k], used | 1 << k));
            let count = here + self.best(row + 1, taken).0;
            if best.is_none_or(|(most, _)| count > most) {
                best = Some((count, choice));
            }
        }
        let best = best.unwrap_or_default();
        self.seen.insert((row, used), best);
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_are_counted() {
        let s = Stability::of(&[255, 0, 0, 0, 1, 0, 0, 2, 2, 2, 2], 3);
        assert_eq!((s.bars, s.mean_stay_bars, s.median_stay_bars), (10, 2.5, 2.5));
        assert_eq!((s.changes_per_1000, s.short_stays), (300.0, 0.5));
        assert_eq!(s.shares, [0.5, 0.1, 0.4]);
        let none = Stability::of(&[255], 2);
        assert!(none.bars == 0 && none.mean_stay_bars.is_nan() && none.shares.iter().all(|s| s.is_nan()));
    }

    #[test]
    fn agreement_is_beyond_chance() {
        // `adjusted_rand_score` of scikit-learn gives this.
        let table = [vec![1, 1, 0], vec![1, 2, 1], vec![0, 0, 4]];
        assert!((adjusted_rand(&table) - 0.312_573_443_008_225_6).abs() < 1e-15);
        assert_eq!(adjusted_rand(&[vec![0, 5], vec![7, 0]]), 1.0);
        assert!(adjusted_rand(&[vec![5, 7]]).is_nan());
    }

    #[test]
    fn the_match_is_the_best_of_all() {
        // Greedy would take 9 first and end with 9 + 1.
        assert_eq!(best_match(&[vec![9, 8], vec![8, 1]]), [Some(1), Some(0)]);
        // More rows than columns: one goes without.
        assert_eq!(best_match(&[vec![1], vec![5], vec![3]]), [None, Some(0), None]);
        assert_eq!(best_match(&[vec![1, 7, 2], vec![3, 9, 3]]), [Some(2), Some(1)]);
        // Thirty-two labels beside five truths take no time.
        let many: Vec<Vec<usize>> = (0..32).map(|r| (0..5).map(|k| r * (k + 1) % 37).collect()).collect();
        assert_eq!(best_match(&many).iter().flatten().count(), 5);
        assert_eq!(cross_table(&[0, 1, 255, 1], 2, &[2, 0, 1, 255], 3), [[0, 0, 1], [1, 0, 0]]);
    }
}
