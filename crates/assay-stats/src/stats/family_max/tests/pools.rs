//! What must be true of any pool.

use super::super::luck::{FamilyPool, family_luck, luck_of, pool_maxima};
use super::super::maxima::MaximaPlan;
use super::super::multipliers::CalendarNormals;
use super::super::trial_blocks::{CalendarBlock, TrialBlocks};
use super::{SlowTrial, slow_maxima, weeks};
use crate::stats::{clopper_pearson, normal_cdf, variance};
use assay_testing::{SplitMix, close};
use proptest::prelude::*;

fn maxima(trials: &[&TrialBlocks], absorbed: u64, draws: std::ops::Range<u64>) -> Vec<f64> {
    pool_maxima(&MaximaPlan::new(trials), absorbed, draws, &CalendarNormals)
}

fn refs(trials: &[TrialBlocks]) -> Vec<&TrialBlocks> {
    trials.iter().collect()
}

/// Trials on spans that overlap, do not overlap, lie before 1970 and are kept by days.
fn assorted() -> Vec<TrialBlocks> {
    let mut g = SplitMix::new(11);
    let mut trials: Vec<TrialBlocks> =
        [(2600, 53), (2610, 120), (2600, 53), (-40, 60), (2900, 70), (2653, 52)]
            .map(|(first, n)| weeks(&mut g, first, n))
            .into();
    for (first, n) in [(18_300, 90), (-20, 45), (30_000, 33)] {
        let y = (0..n).map(|_| (3000.0 * g.z12()) as i16).collect();
        trials.push(TrialBlocks::stored(CalendarBlock::Day, first, y).unwrap());
    }
    trials
}

#[test]
fn the_fast_way_is_the_slow_loop() {
    let trials = assorted();
    for some in [&trials[..], &trials[..1], &trials[3..4], &trials[6..], &trials[7..8]] {
        let slow: Vec<SlowTrial> = some.iter().map(SlowTrial::of).collect();
        let (fast, slow) = (maxima(&refs(some), 0, 5..75), slow_maxima(&slow, 5..75, &CalendarNormals));
        assert_eq!(fast.len(), 70);
        for (a, b) in fast.iter().zip(&slow) {
            assert!((a - b).abs() < 4e-6, "{a} is not {b}");
        }
    }
}

/// Committed values: a change of any bit of the draws, the calendar or the sums shows here.
#[test]
fn golden_numbers() {
    let trials = assorted();
    let pool = FamilyPool { trials: refs(&trials), absorbed: 0, rest: 0 };
    let first = maxima(&pool.trials, 0, 0..3);
    let l = family_luck(&pool, 2.5, 0.03).unwrap();
    assert_eq!(first, GOLDEN_MAXIMA);
    assert_eq!((l.draws, l.at_least, l.undecided), GOLDEN_COUNTS);
    assert!(close(l.expected_max, GOLDEN_MEAN, 1e-14), "{l:?}");
    let more = family_luck(&FamilyPool { absorbed: 40, rest: 3, ..pool }, 2.5, 0.03).unwrap();
    assert!(close(more.expected_max, GOLDEN_MEAN_OF_MORE, 1e-12), "{more:?}");
}

const GOLDEN_MAXIMA: [f64; 3] = [2.4561991691589355, 1.907637357711792, 1.5304356813430786];
const GOLDEN_COUNTS: (u64, u64, bool) = (9_999, 547, false);
const GOLDEN_MEAN: f64 = 1.4883039096011372;
const GOLDEN_MEAN_OF_MORE: f64 = 1.701149826926386;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any pool inside another has no larger score in any draw, to the last bit.
    #[test]
    fn pools_are_monotone(
        spans in prop::collection::vec((2600i32..2640, 20usize..60, any::<bool>()), 1..9),
        seed in any::<u64>(),
        kept in any::<u16>(),
        absorbed in 0u64..50,
        more_absorbed in 0u64..50,
    ) {
        let mut g = SplitMix::new(seed);
        let trials: Vec<TrialBlocks> = spans.iter().map(|&(first, n, by_week)| {
            let y = (0..n).map(|_| (1500.0 * g.z12()) as i16).collect();
            match by_week {
                true => TrialBlocks::stored(CalendarBlock::Week, first, y).unwrap(),
                false => TrialBlocks::stored(CalendarBlock::Day, first * 7, y).unwrap(),
            }
        }).collect();
        let all = refs(&trials);
        let some: Vec<&TrialBlocks> =
            all.iter().enumerate().filter(|(i, _)| *i == 0 || kept >> i & 1 == 1).map(|(_, t)| *t).collect();
        let smaller = maxima(&some, absorbed, 0..70);
        let larger = maxima(&all, absorbed + more_absorbed, 0..70);
        prop_assert!(smaller.iter().zip(&larger).all(|(a, b)| a <= b));
        // The same draws, from the middle of a tile on.
        prop_assert_eq!(&maxima(&all, absorbed + more_absorbed, 13..50)[..], &larger[13..50]);
        let reversed: Vec<&TrialBlocks> = all.iter().rev().copied().collect();
        prop_assert_eq!(maxima(&reversed, absorbed + more_absorbed, 0..70), larger);
    }
}

#[test]
fn more_trials_never_lower_the_luck() {
    let trials = assorted();
    let mut before = (0.0, 0.0, 0.0);
    for (known, absorbed, rest) in
        [(1, 0, 0), (4, 0, 0), (9, 0, 0), (9, 1, 0), (9, 30, 0), (9, 30, 1), (9, 30, 500)]
    {
        let l = luck_of(&maxima(&refs(&trials[..known]), absorbed, 0..2000), rest, 1.8, 0.03).unwrap();
        let now = (l.family_p, l.expected_max, l.effective_trials);
        assert!(now.0 >= before.0 && now.1 > before.1 && now.2 >= before.2, "{now:?} after {before:?}");
        assert!(l.interval.lo <= l.family_p && l.family_p <= l.interval.hi);
        before = now;
    }
}

#[test]
fn a_copy_and_a_near_copy_change_nothing() {
    let mut g = SplitMix::new(20);
    let trials: Vec<TrialBlocks> = (0..3).map(|_| weeks(&mut g, 2600, 100)).collect();
    let base = maxima(&refs(&trials), 0, 0..1000);
    let copied: Vec<&TrialBlocks> = trials.iter().chain(std::iter::repeat_n(&trials[1], 500)).collect();
    assert_eq!(maxima(&copied, 0, 0..1000), base);
    // The same returns with other leverage are the same blocks; one step of one block apart is nearly
    // nothing.
    let near = {
        let mut y = trials[0].y().to_vec();
        y[4] += 1;
        TrialBlocks::stored(CalendarBlock::Week, 2600, y).unwrap()
    };
    let with_near: Vec<&TrialBlocks> = trials.iter().chain([&near]).collect();
    assert!(maxima(&with_near, 0, 0..1000).iter().zip(&base).all(|(a, b)| a - b < 5e-4));
}

#[test]
fn trials_that_do_not_overlap_are_independent() {
    let mut g = SplitMix::new(30);
    let trials: Vec<TrialBlocks> = (0..8).map(|i| weeks(&mut g, 2000 + 60 * i, 60)).collect();
    let m = maxima(&refs(&trials), 0, 0..20_000);
    for z in [1.0f64, 2.0, 2.7] {
        let share = m.iter().filter(|&&v| v >= z).count() as f64 / 20_000.0;
        let exact = 1.0 - normal_cdf(z).powi(8);
        assert!(
            (share - exact).abs() < 4.0 * (exact * (1.0 - exact) / 20_000.0).sqrt(),
            "{z}: {share} {exact}"
        );
    }
    let l = luck_of(&m, 0, 2.0, 0.03).unwrap();
    assert!((l.effective_trials - 8.0).abs() < 0.3, "{l:?}");
    // One trial alone is a standard normal number, by weeks, by days and before 1970.
    for t in assorted() {
        let m = maxima(&[&t], 0, 0..5000);
        let mean = m.iter().sum::<f64>() / 5000.0;
        assert!(mean.abs() < 0.06 && (variance(&m, 1) - 1.0).abs() < 0.09, "{mean} {}", variance(&m, 1));
    }
    // A trial by weeks and the same days one by one: seven days carry a week's number, of which each is one
    // part.
    let week = TrialBlocks::stored(CalendarBlock::Week, 2600, vec![1000]).unwrap();
    let days = TrialBlocks::stored(CalendarBlock::Day, 2600 * 7 - 3, vec![1000; 7]).unwrap();
    let (a, b) = (maxima(&[&week], 0, 0..50), maxima(&[&days], 0, 0..50));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let trials = assorted();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| maxima(&refs(&trials), 3, 0..1001))
    };
    let one = with(1);
    assert_eq!(one.len(), 1001);
    assert!([2, 3, 7].map(with).iter().all(|m| *m == one));
}

#[test]
fn draws_grow_while_the_interval_holds_the_level() {
    let trials = assorted();
    let pool = FamilyPool { trials: refs(&trials[..2]), absorbed: 0, rest: 0 };
    let mut all = maxima(&pool.trials, 0, 0..99_999);
    all.sort_by(|a, b| b.total_cmp(a));
    // The score that so large a share of all draws reaches.
    let z_of = |share: f64| all[(share * 100_000.0) as usize - 1];
    let clear = family_luck(&pool, 3.5, 0.03).unwrap();
    assert!(clear.draws == 9_999 && !clear.undecided && clear.interval.hi < 0.03, "{clear:?}");
    let near = family_luck(&pool, z_of(0.0325), 0.03).unwrap();
    assert!(near.draws == 99_999 && !near.undecided && near.interval.lo > 0.03, "{near:?}");
    let at = family_luck(&pool, z_of(0.03), 0.03).unwrap();
    assert!(at.draws == 99_999 && at.undecided && close(at.family_p, 0.03, 1e-3), "{at:?}");
}

#[test]
fn a_larger_pool_is_never_judged_by_fewer_draws() {
    let mut g = SplitMix::new(40);
    let t = weeks(&mut g, 1000, 1000);
    let draws = |n| {
        let pool = FamilyPool { trials: vec![&t; n], absorbed: 0, rest: 0 };
        family_luck(&pool, 4.0, 0.03).unwrap().draws
    };
    assert_eq!([draws(1), draws(600)], [9_999; 2]);
}

#[test]
fn the_rest_counts_as_independent() {
    let m: Vec<f64> = (0..999).map(|i| f64::from(i) / 300.0).collect();
    let (none, some) = (luck_of(&m, 0, 2.0, 0.9).unwrap(), luck_of(&m, 7, 2.0, 0.9).unwrap());
    assert_eq!((none.at_least, none.p0), (399, 0.4));
    assert!(close(some.family_p, 1.0 - 0.6 * normal_cdf(2.0).powi(7), 1e-13));
    let exact = clopper_pearson(399, 999, 0.99).unwrap();
    assert_eq!(none.interval, exact);
    for (got, p0) in [(some.interval.lo, exact.lo), (some.interval.hi, exact.hi)] {
        assert!(close(got, 1.0 - (1.0 - p0) * normal_cdf(2.0).powi(7), 1e-12));
    }
    // A score in the far tail keeps its digits.
    let far = luck_of(&m, 5, 9.0, 0.9).unwrap();
    assert!(far.at_least == 0 && close(far.family_p, 1e-3, 1e-12) && far.interval.lo < 1e-17);
    assert!(far.interval.lo > 0.0);
    // Of many trials of which nothing is known, the expected maximum is that of as many normal values.
    let m = vec![f64::NEG_INFINITY; 20_000];
    let l = luck_of(&m, 200, 2.0, 0.9).unwrap();
    assert!((l.expected_max - 2.746042447451156).abs() < 0.012, "{l:?}");
    assert!(luck_of(&m, u64::MAX, 2.0, 0.9).unwrap().expected_max.is_finite());
}

#[test]
fn what_cannot_be_judged_is_none() {
    let trials = assorted();
    let pool = FamilyPool { trials: refs(&trials[..1]), absorbed: 0, rest: 0 };
    let empty = FamilyPool { trials: vec![], absorbed: 5, rest: 5 };
    assert!(family_luck(&empty, 2.0, 0.03).is_none() && family_luck(&pool, f64::NAN, 0.03).is_none());
    assert!([0.0, 1.0, -1.0, f64::NAN].iter().all(|&level| family_luck(&pool, 2.0, level).is_none()));
    assert_eq!(family_luck(&pool, f64::INFINITY, 0.03).unwrap().at_least, 0);
    assert_eq!(family_luck(&pool, f64::NEG_INFINITY, 0.03).unwrap().family_p, 1.0);
}

/// A late verdict of a family is judged at a level that no affordable number of draws resolves; the number of trials does.
#[test]
fn what_draws_cannot_see_the_number_of_trials_bounds() {
    let trials = assorted();
    let trials = &trials[..3];
    let pool = FamilyPool { trials: trials.iter().collect(), absorbed: 1, rest: 2 };
    let l = family_luck(&pool, 6.0, 5e-5).unwrap();
    let bound = 6.0 * normal_cdf(-6.0);
    assert!(!l.undecided && l.family_p == bound && l.interval.hi == bound && l.draws == 9_999, "{l:?}");
    let l = family_luck(&pool, 3.0, 5e-5).unwrap();
    assert!(!l.undecided && l.family_p > 5e-5, "{l:?}");
}
