//! Paths of positions moved about: what is kept.

use proptest::prelude::*;

use super::*;

/// A path of one or two symbols from steps of (bars, share, share of the other).
fn path(parts: &[(usize, i8, i8)], two: bool) -> PositionPath {
    let mut symbols = vec![vec![]; if two { 2 } else { 1 }];
    let mut at = 0;
    for (bars, a, b) in parts {
        for (changes, share) in symbols.iter_mut().zip([a, b]) {
            let share = f64::from(*share) / 2.0;
            let before = changes.last().map_or(0.0, |c: &PathChange| c.share);
            if share != before {
                changes.push(PathChange { at, share, fresh: share != 0.0 && share * before <= 0.0 });
            }
        }
        at += bars;
    }
    PositionPath { steps: at, symbols }
}

/// The share held of each symbol from each close on.
fn shares(path: &PositionPath) -> Vec<Vec<f64>> {
    let of = |changes: &Vec<PathChange>| {
        let mut out = vec![0.0; path.steps];
        changes.iter().for_each(|c| out[c.at..].fill(c.share));
        out
    };
    path.symbols.iter().map(of).collect()
}

fn sorted_by<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    let mut out = items.to_vec();
    out.sort();
    out
}

fn parts() -> impl Strategy<Value = Vec<(usize, i8, i8)>> {
    prop::collection::vec((1usize..6, -2i8..3, -2i8..3), 1..40)
}

proptest! {
    #[test]
    fn a_lag_turns_the_circle_and_keeps_every_share(parts in parts(), two: bool, lag in 0usize..300) {
        let path = path(&parts, two);
        let lag = lag % path.steps;
        let (before, after) = (shares(&path), shares(&path.shifted(lag)));
        for (a, b) in before.iter().zip(&after) {
            let mut turned = a.clone();
            turned.rotate_right(lag);
            prop_assert_eq!(&turned, b);
        }
        // Back where it was, but for a position that the end of the circle cuts in two.
        let back = path.shifted(lag).shifted(path.steps - lag);
        prop_assert_eq!(shares(&back), before);
    }

    #[test]
    fn holding_times_survive_a_lag_that_cuts_none(parts in parts(), lag in 1usize..300) {
        // Flat at both ends: nothing straddles the cut of the circle unless the cut falls into a position.
        let path = path(&parts, false);
        let lag = lag % path.steps;
        let now = shares(&path)[0].clone();
        let cut = path.steps - lag;
        let whole = lag > 0 && now[cut] == 0.0 && now[path.steps - 1] == 0.0;
        if whole {
            let moved = path.shifted(lag);
            prop_assert_eq!(sorted_by(&moved.holding_times()), sorted_by(&path.holding_times()));
            prop_assert_eq!(moved.positions(), path.positions());
        }
    }

    #[test]
    fn another_order_keeps_episodes_and_gaps(parts in parts(), two: bool, seed: u64) {
        let path = path(&parts, two);
        let all = path.episodes();
        prop_assert_eq!(all.gaps.len(), all.held.len() + 1);
        let lengths = |e: &PathEpisodes| sorted_by(&e.held.iter().map(|x| x.to - x.from).collect::<Vec<_>>());
        let total = all.gaps.iter().sum::<usize>() + lengths(&all).iter().sum::<usize>();
        prop_assert_eq!(total, path.steps);
        let same: Vec<usize> = (0..all.held.len()).collect();
        prop_assert_eq!(&path.rearranged(&all.held, &same, &all.gaps), &path);
        let (mut order, mut gaps) = (same, all.gaps.clone());
        let mut s = Stream::new(seed, "orders", 0);
        for k in (1..order.len()).rev() {
            order.swap(k, s.below(k + 1));
        }
        for k in (1..gaps.len()).rev() {
            gaps.swap(k, s.below(k + 1));
        }
        let other = path.rearranged(&all.held, &order, &gaps);
        let again = other.episodes();
        prop_assert_eq!(lengths(&again), lengths(&all));
        prop_assert_eq!(sorted_by(&again.gaps), sorted_by(&all.gaps));
        prop_assert_eq!(sorted_by(&other.holding_times()), sorted_by(&path.holding_times()));
        // Closes by the share that is held, and moves inside an episode, are the same ones.
        let bits = |p: &PositionPath| -> Vec<Vec<u64>> {
            let of = |s: &Vec<f64>| sorted_by(&s.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
            shares(p).iter().map(of).collect()
        };
        prop_assert_eq!(bits(&other), bits(&path));
        if let (Some(first), Some(k)) = (again.held.first(), order.first()) {
            let from = all.held[*k];
            for (a, b) in shares(&other).iter().zip(shares(&path)) {
                prop_assert_eq!(&a[first.from..first.to], &b[from.from..from.to]);
            }
        }
    }

    #[test]
    fn the_other_side_and_a_delay(parts in parts(), two: bool, bars in 0usize..5) {
        let path = path(&parts, two);
        let (own, flipped, late) = (shares(&path), shares(&path.flipped()), shares(&path.delayed(bars)));
        for k in 0..own.len() {
            prop_assert!(own[k].iter().zip(&flipped[k]).all(|(a, b)| *a == -b));
            let bars = bars.min(path.steps);
            prop_assert!(late[k][..bars].iter().all(|s| *s == 0.0));
            prop_assert_eq!(&late[k][bars..], &own[k][..path.steps - bars]);
        }
    }
}

#[test]
fn an_episode_of_two_symbols_ends_where_nothing_is_carried_on() {
    // The first is held over the gap of the second; both change sides at close 9 at once.
    let path = path(&[(2, 0, 0), (3, 1, 1), (2, 1, 0), (2, 1, -1), (3, -1, 1), (1, 0, 1), (4, 0, 0)], true);
    let e = path.episodes();
    let of = |from, to| PathEpisode { from, to };
    assert_eq!(e.held, [of(2, 9), of(9, 13)]);
    assert_eq!(e.gaps, [2, 0, 4]);
    assert_eq!(path.positions(), 5);
    assert_eq!(path.longest(), 7);
}

#[test]
fn two_longs_in_a_row_stay_two_positions() {
    // Long, short, long without a flat bar, in the order long, long, short.
    let path = path(&[(3, 2, 0), (2, -2, 0), (4, 2, 0)], false);
    let e = path.episodes();
    assert_eq!(e.held.len(), 3);
    let other = path.rearranged(&e.held, &[0, 2, 1], &[0, 0, 0, 0]);
    assert_eq!(other.positions(), 3);
    assert_eq!(other.holding_times(), [3, 4, 2]);
    assert_eq!(shares(&other)[0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0]);
}
