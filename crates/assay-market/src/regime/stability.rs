//! What labels are like without any truth: how often they change, and how far two of them agree.

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
/// column. Every assignment is tried: tables are of a few kinds.
pub fn best_match(table: &[Vec<usize>]) -> Vec<Option<usize>> {
    fn search(table: &[Vec<usize>], row: usize, used: &mut Vec<bool>) -> (usize, Vec<Option<usize>>) {
        if row == table.len() {
            return (0, vec![]);
        }
        let free: Vec<usize> = (0..used.len()).filter(|k| !used[*k]).collect();
        let spare = table.len() - row > free.len();
        let mut best: Option<(usize, Vec<Option<usize>>)> = None;
        for choice in free.into_iter().map(Some).chain(spare.then_some(None)) {
            if let Some(k) = choice {
                used[k] = true;
            }
            let (count, rest) = search(table, row + 1, used);
            let count = count + choice.map_or(0, |k| table[row][k]);
            if let Some(k) = choice {
                used[k] = false;
            }
            if best.as_ref().is_none_or(|(most, _)| count > *most) {
                best = Some((count, [vec![choice], rest].concat()));
            }
        }
        best.unwrap_or_default()
    }
    search(table, 0, &mut vec![false; table.first().map_or(0, Vec::len)]).1
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
        assert_eq!(cross_table(&[0, 1, 255, 1], 2, &[2, 0, 1, 255], 3), [[0, 0, 1], [1, 0, 0]]);
    }
}
