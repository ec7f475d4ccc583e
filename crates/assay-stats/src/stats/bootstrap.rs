//! The stationary bootstrap: resamples made of blocks of random length.

use std::ops::Range;

use rayon::prelude::*;

use super::resampled::{ResampledInterval, percentile_interval};
use crate::random::Stream;

/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: u32,
    /// Seed of the random streams.
    pub seed: u64,
    /// Mean block length in observations; `None` chooses it from the data ([`automatic_block`](super::automatic_block)).
    /// Below one, or NaN, counts as one: independent draws.
    pub mean_block: Option<f64>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 1000, seed: 0, mean_block: None }
    }
}

impl Bootstrap {
    /// The mean block in force where the data suggest `automatic`.
    pub(super) fn block(&self, automatic: impl FnOnce() -> f64) -> f64 {
        self.mean_block.unwrap_or_else(automatic)
    }

    /// The value of `statistic` on each resample of `0..n`, in the order of the resamples on any number of threads.
    ///
    /// Resample `i` draws from the stream of (seed, `purpose`, `i`): two statistics given the same `purpose`, `n` and
    /// `mean_block` see the same blocks.
    pub fn distribution(
        &self,
        purpose: &str,
        n: usize,
        mean_block: f64,
        statistic: impl Fn(Blocks) -> f64 + Sync,
    ) -> Vec<f64> {
        (0..self.resamples)
            .into_par_iter()
            .map(|i| statistic(Blocks::new(Stream::new(self.seed, purpose, u64::from(i)), n, mean_block)))
            .collect()
    }

    /// Percentile interval of a statistic of means: `terms(i)` are observation `i`'s contributions, and `statistic` sees
    /// their means over a resample.
    ///
    /// Prefix sums make a resample cost its number of blocks, not of observations. Terms should have means near zero
    /// where differences of the sums matter.
    pub(super) fn interval_of_means<const K: usize>(
        &self,
        purpose: &str,
        n: usize,
        mean_block: f64,
        terms: impl Fn(usize) -> [f64; K],
        statistic: impl Fn([f64; K]) -> f64 + Sync,
    ) -> Option<ResampledInterval> {
        percentile_interval(self.distribution_of_means(purpose, n, mean_block, terms, statistic))
    }

    /// The values behind [`Bootstrap::interval_of_means`].
    pub(super) fn distribution_of_means<const K: usize>(
        &self,
        purpose: &str,
        n: usize,
        mean_block: f64,
        terms: impl Fn(usize) -> [f64; K],
        statistic: impl Fn([f64; K]) -> f64 + Sync,
    ) -> Vec<f64> {
        let mut prefix = Vec::with_capacity(n + 1);
        let mut sum = [0.0; K];
        prefix.push(sum);
        for i in 0..n {
            let term = terms(i);
            for k in 0..K {
                sum[k] += term[k];
            }
            prefix.push(sum);
        }
        self.distribution(purpose, n, mean_block, |blocks| {
            let mut sum = [0.0; K];
            for block in blocks {
                let (from, to) = (&prefix[block.start], &prefix[block.end]);
                for k in 0..K {
                    sum[k] += to[k] - from[k];
                }
            }
            statistic(sum.map(|s| s / n as f64))
        })
    }
}

/// The blocks of one stationary resample of `0..n`: index ranges that together hold `n` indices.
///
/// Each block starts at a uniform index and has a geometric length of mean `mean_block` (by inversion); a block that passes
/// the end goes on at the start, as a second range. D. N. Politis and J. P. Romano, JASA 89 (1994), 1303-1313.
#[derive(Debug, Clone)]
pub struct Blocks {
    stream: Stream,
    n: usize,
    /// Indices still to be drawn.
    left: usize,
    /// Indices of the current block that continue at index 0.
    wrapped: usize,
    /// `ln(1 - 1 / mean_block)`.
    log_continue: f64,
}

impl Blocks {
    /// Blocks of a resample of `0..n` with mean length `mean_block`; below one, or NaN, counts as one.
    pub fn new(stream: Stream, n: usize, mean_block: f64) -> Self {
        let log_continue = libm::log1p(-1.0 / mean_block.max(1.0));
        Self { stream, n, left: n, wrapped: 0, log_continue }
    }

    fn length(&mut self) -> usize {
        let u = self.stream.uniform();
        if self.log_continue == f64::NEG_INFINITY {
            return 1;
        }
        // P(length > k) = (1 - 1 / mean)^k; an infinite mean gives 0 / 0 or infinity, both cut off below.
        let more = libm::log(1.0 - u) / self.log_continue;
        if more < self.left as f64 { 1 + more as usize } else { self.left }
    }
}

impl Iterator for Blocks {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.left == 0 {
            return None;
        }
        let (start, length) = match std::mem::take(&mut self.wrapped) {
            0 => (self.stream.below(self.n), self.length().min(self.left)),
            rest => (0, rest),
        };
        let end = (start + length).min(self.n);
        self.wrapped = start + length - end;
        self.left -= end - start;
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::ar1;
    use proptest::prelude::*;

    #[test]
    fn resampled_mean_has_the_exact_variance_of_the_stationary_bootstrap() {
        // Politis and Romano 1994, lemma 1, for this series with p = 0.1, and s²/n for independent draws.
        let x = ar1(42, 200, 0.0, 0.5, 1.0);
        for (block, want) in [(10.0, 0.02141493927655877), (1.0, 0.006742577772344589)] {
            let boot = Bootstrap { resamples: 40_000, seed: 5, mean_block: None };
            let means = boot.distribution_of_means("test", 200, block, |i| [x[i]], |[m]| m);
            let m = crate::stats::mean(&means);
            let variance = crate::stats::variance(&means, 0);
            // The standard error of a variance from 40,000 normal values is 0.7 %.
            assert!((variance / want - 1.0).abs() < 0.025, "{block}: {variance}");
            assert!((m - crate::stats::mean(&x)).abs() < 4.0 * (want / 40_000.0).sqrt());
        }
    }

    #[test]
    fn blocks_have_the_mean_length_asked_for() {
        let (n, mut blocks) = (1_000_000, 0);
        for range in Blocks::new(Stream::new(1, "test", 0), n, 20.0) {
            blocks += usize::from(range.start != 0);
        }
        assert!((49_000..51_000).contains(&blocks), "{blocks}");
        let singles = Blocks::new(Stream::new(1, "test", 0), 500, 0.2);
        assert!(singles.clone().all(|r| r.len() == 1) && singles.count() == 500, "below one counts as one");
        let mut starts = Blocks::new(Stream::new(1, "test", 0), 50, f64::INFINITY);
        assert!(starts.by_ref().count() <= 2, "one block, perhaps wrapped");
    }

    proptest! {
        #[test]
        fn a_resample_holds_as_many_indices_as_the_sample(n in 0usize..200, block in 0.0f64..50.0, seed: u64) {
            let mut drawn = 0;
            for range in Blocks::new(Stream::new(seed, "test", 0), n, block) {
                prop_assert!(range.start < range.end && range.end <= n);
                drawn += range.len();
            }
            prop_assert_eq!(drawn, n);
        }

        #[test]
        fn resampled_means_lie_between_the_extremes(
            x in prop::collection::vec(-1.0f64..1.0, 1..60), block in 1.0f64..20.0, seed: u64,
        ) {
            let boot = Bootstrap { resamples: 20, seed, mean_block: None };
            let (lo, hi) = x.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (v.min(l), v.max(h)));
            let means = boot.distribution_of_means("test", x.len(), block, |i| [x[i]], |[m]| m);
            prop_assert_eq!(means.len(), 20);
            for m in means {
                prop_assert!(lo - 1e-12 <= m && m <= hi + 1e-12);
            }
        }

        #[test]
        fn prefix_sums_agree_with_plain_sums(
            x in prop::collection::vec(-1.0f64..1.0, 1..60), block in 1.0f64..20.0, seed: u64,
        ) {
            let boot = Bootstrap { resamples: 5, seed, mean_block: None };
            let n = x.len();
            let fast = boot.distribution_of_means("test", n, block, |i| [x[i]], |[m]| m);
            let plain = boot.distribution("test", n, block, |b| b.flatten().map(|i| x[i]).sum::<f64>() / n as f64);
            for (f, p) in fast.iter().zip(&plain) {
                prop_assert!((f - p).abs() < 1e-12);
            }
        }
    }
}
