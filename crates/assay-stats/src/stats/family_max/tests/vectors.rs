//! Reference vectors `family_max`, made by a loop in numpy with blocks that are not rounded.

use super::super::luck::{luck_of, pool_maxima};
use super::super::maxima::MaximaPlan;
use super::super::multipliers::Multipliers;
use super::super::trial_blocks::{CalendarBlock, TrialBlocks};
use super::{SlowTrial, slow_maxima};
use assay_testing::{SplitMix, close};

const BLOCKS: usize = 40;
const DRAWS: u64 = 1000;

/// Given numbers, 40 days a draw.
struct Given(Vec<f64>);

impl Multipliers for Given {
    fn fill(&self, draw: u64, from: i64, out: &mut [f64]) {
        let at = draw as usize * BLOCKS + from as usize;
        out.copy_from_slice(&self.0[at..at + out.len()]);
    }
}

fn given() -> Given {
    let mut g = SplitMix::new(81);
    Given((0..DRAWS as usize * BLOCKS).map(|_| g.z12()).collect())
}

/// Trials 0 to 3, the last on blocks 10 to 39 only, and a copy of the first; centred over their spans, of
/// length one.
fn exact_trials() -> Vec<SlowTrial> {
    let mut g = SplitMix::new(80);
    let mut sums: Vec<Vec<f64>> = (0..4).map(|_| (0..BLOCKS).map(|_| g.z12()).collect()).collect();
    sums[3].drain(..10);
    sums.push(sums[0].clone());
    let scaled = |x: Vec<f64>| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let length = x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>().sqrt();
        let first = (BLOCKS - x.len()) as i64;
        SlowTrial { block: CalendarBlock::Day, first, y: x.iter().map(|v| (v - mean) / length).collect() }
    };
    sums.into_iter().map(scaled).collect()
}

fn rounded(t: &SlowTrial) -> TrialBlocks {
    let y = t.y.iter().map(|v| (32_767.0 * v).round() as i16).collect();
    TrialBlocks::stored(t.block, t.first as i32, y).unwrap()
}

/// What is expected of the first so many trials.
struct Row {
    trials: usize,
    first_maxima: [f64; 3],
    mean: f64,
    effective: f64,
    /// At the scores 0.5, 1.2, 1.9, 2.6.
    p0: [f64; 4],
    /// At the score 1.9 with three trials more.
    with_rest: f64,
}

const ROWS: [Row; 5] = [
    Row {
        trials: 1,
        first_maxima: [-0.7504046054831791, 0.7705070212720188, 0.7610458096392889],
        mean: 0.015931808975656377,
        effective: 1.0178465349527877,
        p0: [0.3196803196803197, 0.11588411588411589, 0.028971028971028972, 0.004995004995004995],
        with_rest: 0.11024560800366545,
    },
    Row {
        trials: 2,
        first_maxima: [-0.12296540826549247, 0.8617265424163466, 0.7610458096392889],
        mean: 0.5640722580441677,
        effective: 1.9996805438449374,
        p0: [0.5004995004995005, 0.2177822177822178, 0.058941058941058944, 0.008991008991008992],
        with_rest: 0.13770716331219424,
    },
    Row {
        trials: 3,
        first_maxima: [-0.12296540826549247, 0.8617265424163466, 0.7610458096392889],
        mean: 0.8054894188747296,
        effective: 2.821402976031695,
        p0: [0.6343656343656343, 0.2897102897102897, 0.08791208791208792, 0.013986013986013986],
        with_rest: 0.16425333344377213,
    },
    Row {
        trials: 4,
        first_maxima: [0.6604481313317548, 0.8617265424163466, 0.7610458096392889],
        mean: 0.9914524255566496,
        effective: 3.7622778044054273,
        p0: [0.7442557442557443, 0.36363636363636365, 0.11288711288711288, 0.015984015984015984],
        with_rest: 0.18713796286754614,
    },
    // A copy changes nothing.
    Row {
        trials: 5,
        first_maxima: [0.6604481313317548, 0.8617265424163466, 0.7610458096392889],
        mean: 0.9914524255566496,
        effective: 3.7622778044054273,
        p0: [0.7442557442557443, 0.36363636363636365, 0.11288711288711288, 0.015984015984015984],
        with_rest: 0.18713796286754614,
    },
];

/// All that follows from the largest scores `m`, to a relative tolerance. The counts are exact.
fn compare(m: &[f64], row: &Row, tolerance: f64) {
    for (got, want) in m.iter().zip(row.first_maxima) {
        assert!((got - want).abs() <= tolerance, "{}: {got} is not {want}", row.trials);
    }
    for (z, p0) in [0.5, 1.2, 1.9, 2.6].into_iter().zip(row.p0) {
        let l = luck_of(m, 0, z, 0.03).unwrap();
        assert!(l.draws == DRAWS && l.p0 == p0 && l.family_p == p0, "{} at {z}: {l:?}", row.trials);
        assert!((l.expected_max - row.mean).abs() <= tolerance, "{}: {l:?}", row.trials);
        // The number of trials moves about 1.5 times as fast as the mean.
        assert!(close(l.effective_trials, row.effective, 2.0 * tolerance), "{}: {l:?}", row.trials);
    }
    let l = luck_of(m, 3, 1.9, 0.03).unwrap();
    assert!(close(l.family_p, row.with_rest, 1e-12), "{}: {l:?}", row.trials);
}

#[test]
fn the_slow_loop_gives_the_reference_values() {
    let (trials, source) = (exact_trials(), given());
    for row in &ROWS {
        compare(&slow_maxima(&trials[..row.trials], 0..DRAWS, &source), row, 1e-9);
    }
}

#[test]
fn rounded_blocks_give_the_reference_values_within_their_rounding() {
    let (trials, source) = (exact_trials(), given());
    let rounded: Vec<TrialBlocks> = trials.iter().map(rounded).collect();
    for row in &ROWS {
        let pool: Vec<&TrialBlocks> = rounded[..row.trials].iter().collect();
        let fast = pool_maxima(&MaximaPlan::new(&pool), 0, 0..DRAWS, &source);
        compare(&fast, row, 2.5e-4);
        let exact = slow_maxima(&trials[..row.trials], 0..DRAWS, &source);
        let worst = fast.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Five standard deviations of what rounding 40 blocks does to a score.
        assert!(worst < 5.0 * (40.0 / 12.0f64).sqrt() / 32_767.0, "{worst}");
    }
    let r = rounded[0].correlation(&rounded[3]).unwrap();
    assert!(close(r, 0.09883013538806597, 2e-4), "{r}");
    assert_eq!(rounded[0].correlation(&rounded[4]), Some(1.0));
}
