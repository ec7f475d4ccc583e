//! Which bars of history a path is made of: index ranges, drawn by one of three rules.

use std::ops::Range;

use crate::random::Stream;
use crate::stats::Blocks;

/// A rule that draws the bars of a path from the bars of a sample, in blocks that keep their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Resampler {
    /// Blocks of geometric length: [`Blocks`].
    Stationary {
        /// Mean block length in bars; below one, or NaN, counts as one.
        mean_block: f64,
    },
    /// Blocks of one length, from uniform starts, going on at the sample's start where they pass its end; the last is cut
    /// to the path's length. D. N. Politis and J. P. Romano, in LePage and Billard (eds.), Exploring the Limits of
    /// Bootstrap (1992), 263-270.
    Circular {
        /// Block length in bars; zero counts as one.
        block: usize,
    },
    /// The real sequence of regimes, each run of a regime filled with other bars of that regime.
    ///
    /// A run of label `k` is made of blocks of geometric length, each from a uniform start among all bars labelled `k`. A
    /// block that passes the end of its source run goes on at the next run of the same label (after the last, at the
    /// first), as a range of its own: every bar of a regime is drawn equally often, wherever in its run it lies. Blocks
    /// are cut at the end of the run they fill, so bars only ever stand in for bars of the same label.
    Regime {
        /// The label of every bar of the sample.
        labels: RegimeLabels,
        /// Mean block length in bars; below one, or NaN, counts as one.
        mean_block: f64,
    },
}

impl Resampler {
    /// The ranges of one path as long as the sample: none empty, all within `0..n`, `n` indices together.
    ///
    /// For [`Resampler::Regime`], `n` is the number of labels, whatever is passed. Series that trade at the same times
    /// (several symbols, a price and its funding) must share the ranges, or what ties them together is lost.
    pub fn ranges(&self, stream: Stream, n: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        match self {
            Self::Stationary { mean_block } => Ranges::Stationary(Blocks::new(stream, n, *mean_block)),
            Self::Circular { block } => {
                Ranges::Circular(Circular { stream, n, block: (*block).max(1), left: n, wrapped: 0 })
            }
            Self::Regime { labels, mean_block } => Ranges::Regime(RegimeBlocks {
                labels,
                stream,
                log_continue: libm::log1p(-1.0 / mean_block.max(1.0)),
                target: 0,
                left: 0,
                block: 0,
                at: 0,
            }),
        }
    }
}

/// The ranges of whichever rule.
enum Ranges<'a> {
    Stationary(Blocks),
    Circular(Circular),
    Regime(RegimeBlocks<'a>),
}

impl Iterator for Ranges<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        match self {
            Self::Stationary(blocks) => blocks.next(),
            Self::Circular(blocks) => blocks.next(),
            Self::Regime(blocks) => blocks.next(),
        }
    }
}

struct Circular {
    stream: Stream,
    n: usize,
    block: usize,
    /// Indices still to be drawn.
    left: usize,
    /// Indices of the current block that go on at index 0.
    wrapped: usize,
}

impl Circular {
    fn next(&mut self) -> Option<Range<usize>> {
        if self.left == 0 {
            return None;
        }
        let (start, length) = match std::mem::take(&mut self.wrapped) {
            0 => (self.stream.below(self.n), self.block.min(self.left)),
            rest => (0, rest),
        };
        let end = (start + length).min(self.n);
        self.wrapped = start + length - end;
        self.left -= end - start;
        Some(start..end)
    }
}

/// The label of every bar, as runs, with the bars of each label counted through.
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeLabels {
    /// Runs of equal labels, in order of time.
    runs: Vec<(u8, Range<usize>)>,
    /// By label: its runs, each with the number of the label's bars before it.
    pools: Vec<Vec<(usize, Range<usize>)>>,
}

impl RegimeLabels {
    /// Runs of `labels`, one label a bar.
    pub fn new(labels: &[u8]) -> Self {
        let mut runs: Vec<(u8, Range<usize>)> = Vec::new();
        for (i, &label) in labels.iter().enumerate() {
            match runs.last_mut() {
                Some((last, run)) if *last == label => run.end = i + 1,
                _ => runs.push((label, i..i + 1)),
            }
        }
        let mut pools = vec![Vec::new(); 256];
        for (label, run) in &runs {
            let pool: &mut Vec<(usize, Range<usize>)> = &mut pools[usize::from(*label)];
            let before = pool.last().map_or(0, |(before, run)| before + run.len());
            pool.push((before, run.clone()));
        }
        Self { runs, pools }
    }

    /// Number of bars labelled.
    pub fn len(&self) -> usize {
        self.runs.last().map_or(0, |(_, run)| run.end)
    }

    /// Whether there is no bar.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

struct RegimeBlocks<'a> {
    labels: &'a RegimeLabels,
    stream: Stream,
    /// `ln(1 - 1 / mean_block)`.
    log_continue: f64,
    /// Number of runs begun.
    target: usize,
    /// Bars the current run still lacks.
    left: usize,
    /// Bars the current block still holds.
    block: usize,
    /// The block's next bar, counted among the bars of its label.
    at: usize,
}

impl RegimeBlocks<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        if self.left == 0 {
            let (_, run) = self.labels.runs.get(self.target)?;
            (self.target, self.left, self.block) = (self.target + 1, run.len(), 0);
        }
        let pool = &self.labels.pools[usize::from(self.labels.runs[self.target - 1].0)];
        let size = pool.last().map_or(0, |(before, run)| before + run.len());
        if self.block == 0 {
            self.at = self.stream.below(size);
            self.block = self.length();
        }
        // The last run that begins at or before the bar: the first begins at zero.
        let (before, run) = &pool[pool.partition_point(|(before, _)| *before <= self.at) - 1];
        let start = run.start + (self.at - before);
        let taken = self.block.min(self.left).min(run.end - start);
        self.at = if self.at + taken < size { self.at + taken } else { 0 };
        self.block -= taken;
        self.left -= taken;
        Some(start..start + taken)
    }

    /// A geometric length by inversion, at most what the run lacks.
    fn length(&mut self) -> usize {
        let more = libm::log(1.0 - self.stream.uniform()) / self.log_continue;
        if self.log_continue == f64::NEG_INFINITY {
            1
        } else if more < self.left as f64 {
            1 + more as usize
        } else {
            self.left
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{mean, variance};
    use assay_testing::{ar1, close};
    use proptest::prelude::*;

    fn resampled_means(x: &[f64], rule: &Resampler, paths: u64) -> Vec<f64> {
        let path = |i| rule.ranges(Stream::new(2, "test", i), x.len()).flatten().map(|at| x[at]).sum::<f64>();
        (0..paths).map(|i| path(i) / x.len() as f64).collect()
    }

    #[test]
    fn resampled_means_have_the_exact_variance_of_their_rule() {
        let x = ar1(42, 200, 0.0, 0.5, 1.0);
        let rules = [
            (Resampler::Stationary { mean_block: 10.0 }, 0.02141493927655877),
            (Resampler::Stationary { mean_block: 1.0 }, 0.006742577772344589),
            (Resampler::Circular { block: 10 }, 0.019828193679673315),
            (Resampler::Circular { block: 0 }, 0.006742577772344589),
            (
                Resampler::Regime { labels: RegimeLabels::new(&[3; 200]), mean_block: 10.0 },
                0.02141493927655877,
            ),
        ];
        for (rule, want) in rules {
            let got = variance(&resampled_means(&x, &rule, 40_000), 0);
            // The standard error of a variance from 40,000 normal values is 0.7 %.
            assert!((got / want - 1.0).abs() < 0.028, "{rule:?}: {got}");
        }
    }

    #[test]
    fn circular_blocks_have_the_exact_variance_by_enumeration() {
        // Every start is equally likely and blocks are independent: the variance of a block mean over 20 blocks.
        let x = ar1(42, 200, 0.0, 0.5, 1.0);
        let mut block_means = vec![f64::NAN; 200];
        for i in 0..20_000 {
            let mut blocks =
                Resampler::Circular { block: 10 }.ranges(Stream::new(1, "test", i), 200).flatten();
            let block: Vec<usize> = blocks.by_ref().take(10).collect();
            block_means[block[0]] = mean(&block.iter().map(|&at| x[at]).collect::<Vec<_>>());
            assert_eq!(block[9], (block[0] + 9) % 200);
        }
        assert!(close(variance(&block_means, 0) / 20.0, 0.019828193679673315, 1e-12));
    }

    #[test]
    fn regimes_keep_their_sequence_and_use_their_bars_evenly() {
        let labels: Vec<u8> = (0..60).map(|i| [1, 1, 1, 0, 0, 7, 0, 0, 0, 1][(i / 2) % 10]).collect();
        let rule = Resampler::Regime { labels: RegimeLabels::new(&labels), mean_block: 3.0 };
        let mut used = [0u32; 60];
        for i in 0..20_000 {
            let path: Vec<usize> = rule.ranges(Stream::new(1, "test", i), 60).flatten().collect();
            for (place, &at) in path.iter().enumerate() {
                assert_eq!(labels[place], labels[at]);
                used[at] += 1;
            }
        }
        // Draws of one bar come in blocks, so their variance is a few times that of independent draws.
        assert!(used.iter().all(|&c| (19_200..20_800).contains(&c)), "{used:?}");
    }

    proptest! {
        #[test]
        fn a_path_holds_as_many_bars_as_the_sample(
            labels in prop::collection::vec(0u8..4, 0..150), block in 0.0f64..40.0, seed: u64,
        ) {
            let n = labels.len();
            let rules = [
                Resampler::Stationary { mean_block: block },
                Resampler::Circular { block: block as usize },
                Resampler::Circular { block: 1000 },
                Resampler::Regime { labels: RegimeLabels::new(&labels), mean_block: block },
                Resampler::Regime { labels: RegimeLabels::new(&labels), mean_block: f64::INFINITY },
            ];
            for rule in rules {
                let mut drawn = 0;
                for range in rule.ranges(Stream::new(seed, "test", 0), n) {
                    prop_assert!(range.start < range.end && range.end <= n);
                    drawn += range.len();
                }
                prop_assert_eq!(drawn, n);
            }
        }
    }
}
