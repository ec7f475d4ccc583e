//! Where to cut a sample into training and test ranges, so that no training label reaches into the test.
//!
//! All ranges are of bar numbers, half-open. M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7
//! and 12.

use std::ops::Range;

/// Most splits that [`Combinatorial`] lists; 8 of 16 groups have 12,870.
const MAX_SPLITS: usize = 1_000_000;

/// One window of a walk forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Bars to choose on.
    pub train: Range<usize>,
    /// Bars to judge on, `gap` bars after.
    pub test: Range<usize>,
}

/// Walk-forward windows of `n` bars with a training range of `train` bars that moves along.
///
/// For `s = train, train + step, ...` while the test fits: train `[s - train, s)`, test `[s + gap, s + gap + test)`. A last
/// partial window is dropped. `step` below `test` uses bars twice; `gap` must cover the longest label or holding time.
/// Empty where no window fits or `train`, `test` or `step` is zero.
pub fn rolling(n: usize, train: usize, test: usize, step: usize, gap: usize) -> Vec<Window> {
    windows(n, train, test, step, gap, |s| s - train)
}

/// As [`rolling`] with all bars from the first on for training: train `[0, s)`.
pub fn anchored(n: usize, train: usize, test: usize, step: usize, gap: usize) -> Vec<Window> {
    windows(n, train, test, step, gap, |_| 0)
}

fn windows(
    n: usize,
    train: usize,
    test: usize,
    step: usize,
    gap: usize,
    start: impl Fn(usize) -> usize,
) -> Vec<Window> {
    if train == 0 || test == 0 || step == 0 {
        return Vec::new();
    }
    // Written so that no size overflows: the last bar at which training may end.
    let Some(last) = n.checked_sub(test).and_then(|rest| rest.checked_sub(gap)) else { return Vec::new() };
    (train..=last)
        .step_by(step)
        .map(|s| Window { train: start(s)..s, test: s + gap..s + gap + test })
        .collect()
}

/// One split of a cross-validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Test ranges, ascending; groups that touch are joined.
    pub test: Vec<Range<usize>>,
    /// Training ranges, ascending, purged and embargoed; may be empty.
    pub train: Vec<Range<usize>>,
}

impl Fold {
    fn new(n: usize, groups: impl Iterator<Item = Range<usize>>, horizon: usize, embargo: usize) -> Self {
        let (mut test, mut train): (Vec<Range<usize>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
        // First bar not yet known to be out of training.
        let mut free = 0;
        for group in groups {
            let purged = group.start.saturating_sub(horizon);
            if free < purged {
                train.push(free..purged);
            }
            free = group.end.saturating_add(horizon).saturating_add(embargo);
            match test.last_mut() {
                Some(last) if last.end == group.start => last.end = group.end,
                _ => test.push(group),
            }
        }
        if free < n {
            train.push(free..n);
        }
        Self { test, train }
    }
}

/// `n` bars in `groups` contiguous ranges, the first `n % groups` one bar longer; empty where a range would be.
fn groups(n: usize, groups: usize) -> Vec<Range<usize>> {
    if groups == 0 || groups > n {
        return Vec::new();
    }
    let (length, longer) = (n / groups, n % groups);
    let start = |g: usize| g * length + g.min(longer);
    (0..groups).map(|g| start(g)..start(g + 1)).collect()
}

/// `k` folds of `n` bars in time order, each the test once.
///
/// The label of bar i spans `[i, i + horizon]`. A bar is left out of training where its span meets that of a test bar
/// (purge), or where it begins within `embargo` bars after the last test span. Empty for `k` below two or above `n`.
pub fn purged_kfold(n: usize, k: usize, horizon: usize, embargo: usize) -> Vec<Fold> {
    if k < 2 {
        return Vec::new();
    }
    groups(n, k).into_iter().map(|g| Fold::new(n, std::iter::once(g), horizon, embargo)).collect()
}

/// Combinatorial purged cross-validation: every way to test `k` of `N` groups, and the paths the tests make up.
///
/// Lopez de Prado (2018), sections 12.3 and 12.4. Each path covers every bar once, out of sample. Training data may lie
/// after the test: fit for inference, not a simulation of trading. Paths share most of their data; their number is not a
/// sample size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combinatorial {
    groups: usize,
    tested: usize,
    splits: Vec<Vec<usize>>,
    /// Path of each tested group of each split.
    paths: Vec<Vec<usize>>,
}

impl Combinatorial {
    /// All splits that test `tested` of `groups` groups. `None` unless `0 < tested < groups`, or for more than a million
    /// splits.
    pub fn new(groups: usize, tested: usize) -> Option<Self> {
        if tested == 0 || tested >= groups || binomial(groups, tested)? > MAX_SPLITS {
            return None;
        }
        let (mut splits, mut paths, mut seen) = (Vec::new(), Vec::new(), vec![0; groups]);
        let mut split: Vec<usize> = (0..tested).collect();
        loop {
            paths.push(
                split
                    .iter()
                    .map(|&g| {
                        seen[g] += 1;
                        seen[g] - 1
                    })
                    .collect(),
            );
            splits.push(split.clone());
            // The next in lexicographic order: raise the last group that can be, and let the rest follow it.
            let Some(at) = (0..tested).rev().find(|&i| split[i] < groups - tested + i) else { break };
            split[at] += 1;
            for i in at + 1..tested {
                split[i] = split[i - 1] + 1;
            }
        }
        Some(Self { groups, tested, splits, paths })
    }

    /// Tested groups of each split, in lexicographic order.
    pub fn splits(&self) -> &[Vec<usize>] {
        &self.splits
    }

    /// Number of paths, `C(N - 1, k - 1)`.
    pub fn path_count(&self) -> usize {
        self.splits.len() * self.tested / self.groups
    }

    /// Path to which the test of `group` in split number `split` belongs: how many earlier splits tested that group. `None`
    /// where this split does not.
    pub fn path_of(&self, split: usize, group: usize) -> Option<usize> {
        let at = self.splits.get(split)?.binary_search(&group).ok()?;
        self.paths[split].get(at).copied()
    }

    /// Bars of each group; empty where there are fewer bars than groups.
    pub fn bars(&self, n: usize) -> Vec<Range<usize>> {
        groups(n, self.groups)
    }

    /// Bars of each split, purged and embargoed around every test group as in [`purged_kfold`]; empty where there are fewer
    /// bars than groups.
    pub fn folds(&self, n: usize, horizon: usize, embargo: usize) -> Vec<Fold> {
        let bars = self.bars(n);
        if bars.is_empty() {
            return Vec::new();
        }
        let fold =
            |split: &Vec<usize>| Fold::new(n, split.iter().map(|&g| bars[g].clone()), horizon, embargo);
        self.splits.iter().map(fold).collect()
    }
}

/// `n` choose `k`; `None` where it overflows on the way.
fn binomial(n: usize, k: usize) -> Option<usize> {
    (0..k.min(n - k)).try_fold(1_usize, |c, i| Some(c.checked_mul(n - i)? / (i + 1)))
}

#[cfg(test)]
// Lists of one range are meant.
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn walk_forward_windows_match_reference_values() {
        let tests = [42..57, 57..72, 72..87];
        let expected = |trains: [Range<usize>; 3]| -> Vec<Window> {
            trains.into_iter().zip(tests.clone()).map(|(train, test)| Window { train, test }).collect()
        };
        assert_eq!(rolling(100, 40, 15, 15, 2), expected([0..40, 15..55, 30..70]));
        assert_eq!(anchored(100, 40, 15, 15, 2), expected([0..40, 0..55, 0..70]));
        assert_eq!(rolling(57, 40, 15, 15, 2).len(), 1);
        assert!(rolling(56, 40, 15, 15, 2).is_empty() && rolling(5, 1, 1, 1, usize::MAX).is_empty());
        assert!(rolling(9, 0, 1, 1, 0).is_empty() && rolling(9, 1, 0, 1, 0).is_empty());
        assert!(anchored(9, 1, 1, 0, 0).is_empty() && rolling(9, usize::MAX, 1, 1, 0).is_empty());
    }

    #[test]
    fn purged_folds_match_reference_values() {
        let want =
            [(0..5, vec![10..20]), (5..10, vec![0..2, 15..20]), (10..15, vec![0..7]), (15..20, vec![0..12])];
        let folds = purged_kfold(20, 4, 3, 2);
        assert_eq!(folds.len(), 4);
        for (fold, (test, train)) in folds.into_iter().zip(want) {
            assert_eq!(fold, Fold { test: vec![test], train });
        }
        assert_eq!(groups(10, 3), [0..4, 4..7, 7..10]);
        assert!(purged_kfold(20, 1, 3, 2).is_empty() && purged_kfold(3, 4, 0, 0).is_empty());
        assert!(purged_kfold(20, 0, 0, 0).is_empty());
        assert!(purged_kfold(20, 4, usize::MAX, usize::MAX).iter().all(|f| f.train.is_empty()));
    }

    #[test]
    fn combinations_and_paths_match_reference_values() {
        let c = Combinatorial::new(6, 2).unwrap();
        assert_eq!((c.splits().len(), c.path_count()), (15, 5));
        assert_eq!(c.splits()[..6], [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [1, 2]]);
        let paths = [
            [0, 0],
            [1, 0],
            [2, 0],
            [3, 0],
            [4, 0],
            [1, 1],
            [2, 1],
            [3, 1],
            [4, 1],
            [2, 2],
            [3, 2],
            [4, 2],
            [3, 3],
            [4, 3],
            [4, 4],
        ];
        for (split, want) in paths.iter().enumerate() {
            let got = [0, 1].map(|i| c.path_of(split, c.splits()[split][i]).unwrap());
            assert_eq!(got, *want, "{split}");
        }
        assert!(c.path_of(0, 2).is_none() && c.path_of(15, 0).is_none());
        for (groups, tested, splits, paths) in
            [(10, 2, 45, 9), (10, 5, 252, 126), (8, 4, 70, 35), (16, 8, 12870, 6435)]
        {
            let c = Combinatorial::new(groups, tested).unwrap();
            assert_eq!((c.splits().len(), c.path_count()), (splits, paths));
        }
        for (groups, tested) in [(0, 0), (5, 0), (5, 5), (5, 6), (40, 20), (usize::MAX, 3)] {
            assert!(Combinatorial::new(groups, tested).is_none());
        }
    }

    #[test]
    fn groups_that_touch_are_joined_and_each_boundary_purged() {
        let folds = Combinatorial::new(5, 2).unwrap().folds(50, 2, 1);
        assert_eq!(folds[0], Fold { test: vec![0..20], train: vec![23..50] });
        assert_eq!(folds[5], Fold { test: vec![10..20, 30..40], train: vec![0..8, 23..28, 43..50] });
        assert!(Combinatorial::new(5, 2).unwrap().folds(4, 0, 0).is_empty());
    }

    proptest! {
        #[test]
        fn each_path_covers_every_group_once(groups in 2usize..9, tested in 1usize..8) {
            if let Some(c) = Combinatorial::new(groups, tested) {
                let mut seen = vec![vec![false; groups]; c.path_count()];
                for (i, split) in c.splits().iter().enumerate() {
                    for &g in split {
                        let path = c.path_of(i, g).unwrap();
                        prop_assert!(!seen[path][g]);
                        seen[path][g] = true;
                    }
                }
                prop_assert!(seen.iter().flatten().all(|&s| s));
            }
        }

        #[test]
        fn training_bars_are_those_whose_labels_stay_clear(
            n in 6usize..60, tested in 1usize..6, horizon in 0usize..6, embargo in 0usize..6,
        ) {
            let c = Combinatorial::new(6, tested).unwrap();
            for fold in c.folds(n, horizon, embargo) {
                let train: Vec<usize> = fold.train.iter().cloned().flatten().collect();
                for i in 0..n {
                    let clear = fold.test.iter().all(|t| {
                        let (first, last) = (t.start, t.end - 1 + horizon);
                        i + horizon < first || i > last + embargo
                    });
                    prop_assert_eq!(train.contains(&i), clear, "{}", i);
                }
            }
        }
    }
}
