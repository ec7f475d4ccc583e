//! The largest of the trials' scores in each draw: the inner loop.
//!
//! A tile of draws lies side by side, so that one value of a trial is multiplied with all of them at once.
//! Each score is summed in the order of its trial's blocks and knows no other trial and no other draw:
//! neither tiles nor threads nor further trials can move a bit of it, and the largest of more scores is never
//! smaller.

use std::ops::Range;

use rayon::prelude::*;

use super::multipliers::Multipliers;
use super::spans::Spans;
use super::trial_blocks::{CalendarBlock, TrialBlocks};

/// Number type of scores.
type Score = f32;

/// Draws side by side: the sums of one trial fill eight registers of 128 bits. Going over the multipliers
/// with several trials at once was measured and is no faster.
const LANES: usize = 32;

/// Multipliers of one block in a tile of draws.
type Lanes = [Score; LANES];

/// A trial laid on the rows of multipliers.
struct LaidTrial {
    /// The row of its first block.
    row: usize,
    /// Its blocks, unscaled.
    y: Vec<Score>,
    /// One over the root of the sum of their squares.
    scale: Score,
}

/// Everything of a pool that does not change from draw to draw.
pub(super) struct MaximaPlan {
    /// Days that some trial needs.
    days: Spans,
    weeks: Spans,
    /// Days that a trial kept by days needs; their rows follow those of the weeks.
    single: Spans,
    trials: Vec<LaidTrial>,
}

impl MaximaPlan {
    /// The plan of `trials`, in their order.
    pub(super) fn new(trials: &[&TrialBlocks]) -> Self {
        let blocks = |block| {
            let of_kind = trials.iter().filter(move |t| t.block() == block);
            Spans::union(of_kind.map(|t| numbers(t)).collect())
        };
        let (weeks, single) = (blocks(CalendarBlock::Week), blocks(CalendarBlock::Day));
        let first_day = |week| CalendarBlock::Week.first_day(week);
        let of_weeks = weeks.parts().map(|(w, _)| first_day(w.start)..first_day(w.end));
        let days = Spans::union(of_weeks.chain(single.parts().map(|(d, _)| d)).collect());
        let laid = |t: &&TrialBlocks| LaidTrial {
            row: match t.block() {
                CalendarBlock::Week => weeks.place(i64::from(t.first())),
                CalendarBlock::Day => weeks.len() + single.place(i64::from(t.first())),
            },
            y: t.y().iter().map(|&v| Score::from(v)).collect(),
            scale: (1.0 / (t.square() as f64).sqrt()) as Score,
        };
        let trials = trials.iter().map(laid).collect();
        Self { days, weeks, single, trials }
    }

    /// The largest score of each of `draws`, in their order. Minus infinity where there is no trial.
    pub(super) fn maxima(&self, draws: Range<u64>, source: &impl Multipliers) -> Vec<f64> {
        let tiles = (draws.end - draws.start).div_ceil(LANES as u64);
        let of_tile = |tile: u64| {
            let first = draws.start + tile * LANES as u64;
            let count = (draws.end - first).min(LANES as u64) as usize;
            let rows = self.rows(first, count, source);
            self.largest(&rows).into_iter().take(count).map(f64::from).collect::<Vec<f64>>()
        };
        (0..tiles).into_par_iter().map(of_tile).collect::<Vec<_>>().concat()
    }

    /// Multipliers of all blocks in `count` draws from `first` on.
    fn rows(&self, first: u64, count: usize, source: &impl Multipliers) -> Vec<Lanes> {
        let mut rows = vec![[0.0; LANES]; self.weeks.len() + self.single.len()];
        let mut g = vec![0.0; self.days.len()];
        for lane in 0..count {
            for (days, at) in self.days.parts() {
                let end = at + (days.end - days.start) as usize;
                source.fill(first + lane as u64, days.start, &mut g[at..end]);
            }
            let (of_weeks, of_days) = rows.split_at_mut(self.weeks.len());
            for (row, week) in of_weeks.iter_mut().zip(self.weeks.numbers()) {
                let at = self.days.place(CalendarBlock::Week.first_day(week));
                let sum: f64 = g[at..at + 7].iter().sum();
                row[lane] = (sum / 7f64.sqrt()) as Score;
            }
            for (row, day) in of_days.iter_mut().zip(self.single.numbers()) {
                row[lane] = g[self.days.place(day)] as Score;
            }
        }
        rows
    }

    /// The largest score of each draw of a tile.
    fn largest(&self, rows: &[Lanes]) -> Lanes {
        let mut best = [Score::NEG_INFINITY; LANES];
        for trial in &self.trials {
            let sums = sums(&trial.y, &rows[trial.row..trial.row + trial.y.len()]);
            for lane in 0..LANES {
                let z = sums[lane] * trial.scale;
                best[lane] = if z > best[lane] { z } else { best[lane] };
            }
        }
        best
    }
}

/// Sums of the products of a trial's blocks with their multipliers in each draw.
#[inline]
fn sums(y: &[Score], rows: &[Lanes]) -> Lanes {
    let mut sums = [0.0; LANES];
    for (&y, g) in y.iter().zip(rows) {
        for lane in 0..LANES {
            sums[lane] += y * g[lane];
        }
    }
    sums
}

/// Numbers of a trial's blocks.
fn numbers(t: &TrialBlocks) -> Range<i64> {
    let first = i64::from(t.first());
    first..first + t.y().len() as i64
}
