//! The combinations of combinatorially symmetric cross-validation, and one candidate's metric on each of them.

/// Most blocks: 12,870 combinations.
const MAX_BLOCKS: usize = 16;

/// A sum of squared deviations below this share of the sum of squares is rounding: the metric would pass a million per
/// period.
const ROUNDING_SHARE: f64 = 1e-12;

/// Sums per block of one candidate's returns; how many returns a block holds is the same for all candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockMoments {
    /// Sum of the returns of each block.
    pub sums: Vec<f64>,
    /// Sum of their squares.
    pub squares: Vec<f64>,
}

/// Returns per block where `rows` are cut into `blocks` equal ones, the first `rows % blocks` dropped so that the newest
/// stay; empty where a block would be.
pub fn block_counts(rows: usize, blocks: usize) -> Vec<usize> {
    match rows.checked_div(blocks) {
        Some(length) if length > 0 => vec![length; blocks],
        _ => Vec::new(),
    }
}

/// Sums per block of `returns`, cut as by [`block_counts`].
pub fn block_moments(returns: &[f64], blocks: usize) -> BlockMoments {
    let length = returns.len().checked_div(blocks).unwrap_or(0);
    let mut moments = BlockMoments { sums: Vec::new(), squares: Vec::new() };
    if length > 0 {
        for block in returns[returns.len() - length * blocks..].chunks_exact(length) {
            moments.sums.push(block.iter().sum());
            moments.squares.push(block.iter().map(|r| r * r).sum());
        }
    }
    moments
}

/// Every way to take half of the blocks, in an order that makes the metrics of a candidate a few additions each.
///
/// A combination is a set of the first half of the blocks ("low") and one of the second ("high"). Sums over all subsets of
/// either half are tabled, the low ones in order of their size, so that all low sets which complete a high set lie side by
/// side. Combinations are numbered in this order; [`CscvPlan::in_order`] leads back to the usual one.
#[derive(Debug, Clone)]
pub(super) struct CscvPlan {
    blocks: usize,
    /// Subsets of the low blocks, smaller ones first.
    low: Vec<usize>,
    /// For each high subset: where its completing low subsets begin and end in `low`.
    completing: Vec<(usize, usize)>,
    /// Returns in each combination.
    count: Vec<f64>,
    /// Number of the combination of all other blocks.
    complement: Vec<u32>,
    /// Numbers of the combinations in lexicographic order of their blocks.
    lexicographic: Vec<u32>,
    /// Returns in all blocks.
    total: f64,
}

impl CscvPlan {
    /// `None` unless the blocks are even in number, 2 to 16, and none is empty; a half must hold two returns.
    pub(super) fn new(counts: &[usize]) -> Option<Self> {
        let blocks = counts.len();
        let possible = (2..=MAX_BLOCKS).contains(&blocks) && blocks.is_multiple_of(2);
        if !possible || counts.contains(&0) || counts == [1, 1] {
            return None;
        }
        let half = blocks / 2;
        let mut low: Vec<usize> = (0..1 << half).collect();
        low.sort_by_key(|set| (set.count_ones(), *set));
        let completing: Vec<(usize, usize)> = low_ranges(&low, half);

        // Number of each combination by its bit set, where there is one.
        let mut number = vec![u32::MAX; 1 << blocks];
        let (mut sets, mut count) = (Vec::new(), Vec::new());
        for (high, &(from, to)) in completing.iter().enumerate() {
            for set in low[from..to].iter().map(|l| l | high << half) {
                number[set] = sets.len() as u32;
                sets.push(set);
                count
                    .push((0..blocks).filter(|b| set >> b & 1 == 1).map(|b| counts[b]).sum::<usize>() as f64);
            }
        }
        let all = (1 << blocks) - 1;
        let complement = sets.iter().map(|set| number[all ^ set]).collect();
        // Lexicographic in the blocks is descending in the bits read from block 0 on.
        let mut lexicographic: Vec<u32> = (0..sets.len() as u32).collect();
        lexicographic.sort_by_key(|&i| std::cmp::Reverse(sets[i as usize].reverse_bits()));
        let total = counts.iter().sum::<usize>() as f64;
        Some(Self { blocks, low, completing, count, complement, lexicographic, total })
    }

    /// Number of combinations.
    pub(super) fn len(&self) -> usize {
        self.count.len()
    }

    /// The combination of all blocks that are not in combination `i`.
    pub(super) fn complement(&self, i: usize) -> usize {
        self.complement[i] as usize
    }

    /// Numbers of the combinations in lexicographic order of their blocks.
    pub(super) fn in_order(&self) -> impl Iterator<Item = usize> {
        self.lexicographic.iter().map(|&i| i as usize)
    }

    /// Writes the metric of a candidate on every combination to `out`, and returns whether the candidate varies at all.
    ///
    /// Minus infinity marks a combination on which it does not vary, or is no number. Blocks that do not fit the plan do
    /// not vary.
    pub(super) fn metrics(&self, candidate: &BlockMoments, out: &mut Vec<f64>) -> bool {
        out.clear();
        let BlockMoments { sums, squares } = candidate;
        if sums.len() != self.blocks || squares.len() != self.blocks {
            out.resize(self.len(), f64::NEG_INFINITY);
            return false;
        }
        let half = self.blocks / 2;
        let (low_sums, high_sums) = (subset_sums(&sums[..half]), subset_sums(&sums[half..]));
        let (low_squares, high_squares) = (subset_sums(&squares[..half]), subset_sums(&squares[half..]));
        let low_sums: Vec<f64> = self.low.iter().map(|&l| low_sums[l]).collect();
        let low_squares: Vec<f64> = self.low.iter().map(|&l| low_squares[l]).collect();
        for (high, &(from, to)) in self.completing.iter().enumerate() {
            let (sum, square) = (high_sums[high], high_squares[high]);
            let counts = &self.count[out.len()..out.len() + to - from];
            let low = low_sums[from..to].iter().zip(&low_squares[from..to]);
            out.extend(low.zip(counts).map(|((s, q), &n)| metric(n, s + sum, q + square)));
        }
        metric(self.total, sums.iter().sum(), squares.iter().sum()) > f64::NEG_INFINITY
    }
}

/// For each subset of `half` high blocks, the stretch of `low` (ordered by size) whose sets complete it to `half` blocks.
fn low_ranges(low: &[usize], half: usize) -> Vec<(usize, usize)> {
    let smaller = |size: usize| low.partition_point(|l| (l.count_ones() as usize) < size);
    (0..1_usize << half)
        .map(|high| {
            let size = half - high.count_ones() as usize;
            (smaller(size), smaller(size + 1))
        })
        .collect()
}

/// Sum of every subset of `x`, indexed by its bit set; each adds its highest member to the subset without it.
fn subset_sums(x: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; 1 << x.len()];
    for (b, v) in x.iter().enumerate() {
        for set in 0..1 << b {
            sums[set | 1 << b] = sums[set] + v;
        }
    }
    sums
}

/// `mean / sd` (ddof 1) from `n` returns' sum and sum of squares; minus infinity where the returns do not vary beyond their
/// rounding, or one is not finite.
fn metric(n: f64, sum: f64, squares: f64) -> f64 {
    let mean = sum / n;
    let deviations = squares - sum * mean;
    let sd = (deviations / (n - 1.0)).sqrt();
    // Not short-circuiting, so that the loop over combinations has no branches; NaN makes a comparison false.
    let varies = (deviations > ROUNDING_SHARE * squares) & (sd > 1e-14 * (1.0 + mean.abs()));
    if varies { mean / sd } else { f64::NEG_INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::sharpe_ratio;
    use assay_testing::{close, iid};

    #[test]
    fn metrics_are_the_sharpe_ratios_of_the_joined_blocks() {
        // Unequal blocks, so that counts matter.
        let lengths = [5, 7, 11, 3, 8, 9];
        let x = iid(8, lengths.iter().sum(), 0.001, 0.01);
        let mut parts: Vec<&[f64]> = Vec::new();
        let mut at = 0;
        for l in lengths {
            parts.push(&x[at..at + l]);
            at += l;
        }
        let moments = BlockMoments {
            sums: parts.iter().map(|p| p.iter().sum()).collect(),
            squares: parts.iter().map(|p| p.iter().map(|r| r * r).sum()).collect(),
        };
        let plan = CscvPlan::new(&lengths).unwrap();
        let mut metrics = Vec::new();
        assert!(plan.metrics(&moments, &mut metrics));
        let mut order = plan.in_order();
        for a in 0..6 {
            for b in a + 1..6 {
                for c in b + 1..6 {
                    let i = order.next().unwrap();
                    let inside = [parts[a], parts[b], parts[c]].concat();
                    assert!(close(metrics[i], sharpe_ratio(&inside, 1.0), 1e-11));
                    let rest: Vec<&[f64]> =
                        (0..6).filter(|k| ![a, b, c].contains(k)).map(|k| parts[k]).collect();
                    assert!(close(metrics[plan.complement(i)], sharpe_ratio(&rest.concat(), 1.0), 1e-11));
                }
            }
        }
        assert!(order.next().is_none() && plan.len() == 20);
    }

    #[test]
    fn constant_returns_have_no_metric() {
        let plan = CscvPlan::new(&block_counts(1_000, 10)).unwrap();
        let mut metrics = Vec::new();
        for x in [0.0, 1e-3, 0.1, 1e9, f64::NAN, f64::INFINITY] {
            assert!(!plan.metrics(&block_moments(&[x; 1_000], 10), &mut metrics));
            assert!(metrics.len() == 252 && metrics.iter().all(|&m| m == f64::NEG_INFINITY), "{x}");
        }
        assert!(!plan.metrics(&block_moments(&[], 10), &mut metrics) && metrics.len() == 252);
    }

    #[test]
    fn blocks_keep_the_newest_rows() {
        let m = block_moments(&[100.0, 1.0, 2.0, 3.0, 4.0], 2);
        assert_eq!((m.sums, m.squares), (vec![3.0, 7.0], vec![5.0, 25.0]));
        assert_eq!(block_counts(5, 2), [2, 2]);
        assert!(block_counts(5, 0).is_empty() && block_counts(1, 2).is_empty());
        for bad in [&[][..], &[5], &[5, 5, 5], &[5, 0], &[1, 1], &[9; 18]] {
            assert!(CscvPlan::new(bad).is_none());
        }
        assert_eq!(CscvPlan::new(&[9; 16]).unwrap().len(), 12870);
    }
}
