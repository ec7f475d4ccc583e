//! The statistic against reference vectors, against a slow loop, and what must always be true of it.

mod blocks;
mod pools;
mod vectors;

use super::multipliers::Multipliers;
use super::trial_blocks::{CalendarBlock, TrialBlocks};
use assay_testing::SplitMix;

/// A trial as the definition has it: its first block, its blocks, and one over the root of the sum of their
/// squares.
struct SlowTrial {
    block: CalendarBlock,
    first: i64,
    y: Vec<f64>,
}

impl SlowTrial {
    fn of(t: &TrialBlocks) -> Self {
        let y: Vec<f64> = t.y().iter().map(|&v| f64::from(v)).collect();
        let length = y.iter().map(|v| v * v).sum::<f64>().sqrt();
        Self { block: t.block(), first: i64::from(t.first()), y: y.iter().map(|v| v / length).collect() }
    }

    /// The score in a draw, by the definition: every number asked for by itself.
    fn score(&self, draw: u64, source: &impl Multipliers) -> f64 {
        let g = |day: i64| {
            let mut one = [0.0];
            source.fill(draw, day, &mut one);
            one[0]
        };
        let of_block = |number: i64| match self.block {
            CalendarBlock::Day => g(number),
            CalendarBlock::Week => (0..7).map(|i| g(7 * number - 3 + i)).sum::<f64>() / 7f64.sqrt(),
        };
        self.y.iter().zip(self.first..).map(|(y, number)| y * of_block(number)).sum()
    }
}

/// The largest score of each draw, in double precision, one after the other.
fn slow_maxima(trials: &[SlowTrial], draws: std::ops::Range<u64>, source: &impl Multipliers) -> Vec<f64> {
    let best = |draw| trials.iter().map(|t| t.score(draw, source)).fold(f64::NEG_INFINITY, f64::max);
    draws.map(best).collect()
}

/// Blocks of `n` weeks from week `first` on, drawn from `g`.
fn weeks(g: &mut SplitMix, first: i32, n: usize) -> TrialBlocks {
    let y = (0..n).map(|_| (2000.0 * g.z12()) as i16).collect();
    TrialBlocks::stored(CalendarBlock::Week, first, y).unwrap()
}
