//! Combinatorially symmetric cross-validation in two passes over the candidates, of whom none is kept.
//!
//! The first pass ([`Cscv`]) finds the best candidate in sample of every combination of half the blocks, the second
//! ([`CscvRanks`]) counts the candidates it beats on the other half. What is kept depends on the number of combinations
//! only. Candidates may be shown one by one or many at a time, on any number of threads: the results are the same bits,
//! for they are made of comparisons and counts.

use rayon::prelude::*;

use super::cscv_plan::{BlockMoments, CscvPlan};
use super::pbo::Pbo;

/// Cells of the histograms that dominance is read from.
pub(super) const CELLS: usize = 512;

/// First pass: who is best in sample.
#[derive(Debug, Clone)]
pub struct Cscv {
    plan: CscvPlan,
    best: Best,
}

/// The best candidate so far of each combination.
#[derive(Debug, Clone)]
struct Best {
    /// Its metric in sample; minus infinity where no candidate has one.
    inside: Vec<f64>,
    /// Its metric out of sample.
    outside: Vec<f64>,
    index: Vec<usize>,
    candidates: usize,
    never_traded: usize,
    /// Least and greatest metric of any candidate on any combination.
    range: (f64, f64),
}

impl Best {
    fn new(combinations: usize) -> Self {
        Self {
            inside: vec![f64::NEG_INFINITY; combinations],
            outside: vec![f64::NAN; combinations],
            index: vec![usize::MAX; combinations],
            candidates: 0,
            never_traded: 0,
            range: (f64::INFINITY, f64::NEG_INFINITY),
        }
    }

    fn see(&mut self, plan: &CscvPlan, index: usize, blocks: &BlockMoments, metrics: &mut Vec<f64>) {
        self.candidates += 1;
        self.never_traded += usize::from(!plan.metrics(blocks, metrics));
        let (mut least, mut greatest) = self.range;
        for (i, &m) in metrics.iter().enumerate() {
            if m == f64::NEG_INFINITY {
                continue;
            }
            least = least.min(m);
            greatest = greatest.max(m);
            self.offer(i, m, index, || metrics[plan.complement(i)]);
        }
        self.range = (least, greatest);
    }

    /// Takes the candidate for combination `i` if it is better, or as good and earlier.
    fn offer(&mut self, i: usize, inside: f64, index: usize, outside: impl FnOnce() -> f64) {
        if inside > self.inside[i] || (inside == self.inside[i] && index < self.index[i]) {
            self.inside[i] = inside;
            self.index[i] = index;
            self.outside[i] = outside();
        }
    }

    fn merge(&mut self, other: &Self) {
        self.candidates += other.candidates;
        self.never_traded += other.never_traded;
        self.range = (self.range.0.min(other.range.0), self.range.1.max(other.range.1));
        for i in 0..self.inside.len() {
            if other.inside[i] > f64::NEG_INFINITY {
                self.offer(i, other.inside[i], other.index[i], || other.outside[i]);
            }
        }
    }
}

impl Cscv {
    /// A first pass over candidates whose blocks hold `block_counts` returns. `None` unless the blocks are even in number,
    /// 2 to 16, and none is empty; each half must hold two returns.
    pub fn new(block_counts: &[usize]) -> Option<Self> {
        let plan = CscvPlan::new(block_counts)?;
        let best = Best::new(plan.len());
        Some(Self { plan, best })
    }

    /// Shows candidate number `index`. Of two equally good the lower number wins.
    ///
    /// The metric is `mean / sd`, ddof 1. Where a candidate's returns do not vary, or it has the wrong number of blocks,
    /// it has no metric: it cannot win, and one that nowhere varies is counted in [`Pbo::never_traded`].
    pub fn see(&mut self, index: usize, blocks: &BlockMoments) {
        self.best.see(&self.plan, index, blocks, &mut Vec::new());
    }

    /// Shows candidates number `first`, `first + 1`, ... on all threads.
    pub fn see_all(&mut self, first: usize, candidates: &[BlockMoments]) {
        let (plan, size) = (&self.plan, share(candidates.len()));
        let parts: Vec<Best> = candidates
            .par_chunks(size)
            .enumerate()
            .map(|(part, chunk)| {
                let (mut best, mut metrics) = (Best::new(plan.len()), Vec::new());
                let offset = first + part * size;
                for (i, blocks) in chunk.iter().enumerate() {
                    best.see(plan, offset + i, blocks, &mut metrics);
                }
                best
            })
            .collect();
        for part in &parts {
            self.best.merge(part);
        }
    }

    /// Number of the winner of each combination in lexicographic order of their blocks; `None` where nobody has a metric.
    pub fn winners(&self) -> Vec<Option<usize>> {
        let index = &self.best.index;
        self.plan.in_order().map(|i| (index[i] != usize::MAX).then_some(index[i])).collect()
    }

    /// Ends the first pass; the second must be shown the same candidates.
    pub fn second(self) -> CscvRanks {
        let Self { plan, best } = self;
        let mut winner = vec![f64::NAN; plan.len()];
        for i in 0..plan.len() {
            winner[plan.complement(i)] = best.outside[i];
        }
        let counts = RankCounts::new(plan.len());
        CscvRanks { plan, best, winner, counts }
    }
}

/// Second pass: how the winners rank out of sample.
#[derive(Debug, Clone)]
pub struct CscvRanks {
    plan: CscvPlan,
    best: Best,
    /// Out-of-sample metric of the winner, by the number of the combination out of sample; NaN where nobody won.
    winner: Vec<f64>,
    counts: RankCounts,
}

/// Candidates compared with the winners.
#[derive(Debug, Clone)]
struct RankCounts {
    /// Candidates below and level with the winner, by the combination out of sample.
    below: Vec<u64>,
    level: Vec<u64>,
    ranked: usize,
    /// Metrics of all candidates on all combinations.
    histogram: Histogram,
}

impl RankCounts {
    fn new(combinations: usize) -> Self {
        let zeros = vec![0; combinations];
        Self { below: zeros.clone(), level: zeros, ranked: 0, histogram: Histogram::default() }
    }

    fn rank(&mut self, metrics: &[f64], winner: &[f64], range: (f64, f64)) {
        self.ranked += 1;
        for ((m, w), (below, level)) in
            metrics.iter().zip(winner).zip(self.below.iter_mut().zip(&mut self.level))
        {
            *below += u64::from(m < w);
            *level += u64::from(m == w);
        }
        for &m in metrics {
            self.histogram.add(m, range);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.ranked += other.ranked;
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
        add(&mut self.below, &other.below);
        add(&mut self.level, &other.level);
        add(&mut self.histogram.cells, &other.histogram.cells);
        self.histogram.none += other.histogram.none;
    }
}

/// Counts of metrics in cells of equal width.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    pub(super) cells: Vec<u64>,
    /// Combinations without a metric.
    pub(super) none: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { cells: vec![0; CELLS], none: 0 }
    }
}

impl Histogram {
    pub(super) fn add(&mut self, metric: f64, (least, greatest): (f64, f64)) {
        if metric > f64::NEG_INFINITY {
            // A range of no width divides zero by zero, and NaN casts to the first cell.
            let cell = ((metric - least) / (greatest - least) * CELLS as f64) as usize;
            self.cells[cell.min(CELLS - 1)] += 1;
        } else {
            self.none += 1;
        }
    }
}

impl CscvRanks {
    /// Compares a candidate with the winners; the order does not matter.
    pub fn rank(&mut self, blocks: &BlockMoments) {
        let mut metrics = Vec::new();
        self.plan.metrics(blocks, &mut metrics);
        self.counts.rank(&metrics, &self.winner, self.best.range);
    }

    /// Compares many candidates on all threads.
    pub fn rank_all(&mut self, candidates: &[BlockMoments]) {
        let (plan, winner, range) = (&self.plan, &self.winner, self.best.range);
        let parts: Vec<RankCounts> = candidates
            .par_chunks(share(candidates.len()))
            .map(|chunk| {
                let (mut counts, mut metrics) = (RankCounts::new(plan.len()), Vec::new());
                for blocks in chunk {
                    plan.metrics(blocks, &mut metrics);
                    counts.rank(&metrics, winner, range);
                }
                counts
            })
            .collect();
        for part in &parts {
            self.counts.merge(part);
        }
    }

    /// The result; `None` for fewer than two candidates, or where the second pass was not shown as many as the first.
    pub fn finish(self) -> Option<Pbo> {
        let Self { plan, best, counts, .. } = self;
        if best.candidates < 2 || counts.ranked != best.candidates {
            return None;
        }
        let selections: Vec<Selection> = plan
            .in_order()
            .map(|i| {
                let out = plan.complement(i);
                Selection {
                    winner: (best.index[i] != usize::MAX).then_some(best.index[i]),
                    inside: best.inside[i],
                    outside: best.outside[i],
                    // Those level with the winner include itself and share their ranks.
                    double_rank: (2 * counts.below[out] + counts.level[out] + 1).max(2),
                }
            })
            .collect();
        Some(Pbo::of(selections, best.candidates, best.never_traded, &counts.histogram, best.range))
    }
}

/// What one combination selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Selection {
    pub(super) winner: Option<usize>,
    pub(super) inside: f64,
    pub(super) outside: f64,
    /// Twice the average rank out of sample, 2 for the worst of all.
    pub(super) double_rank: u64,
}

/// Candidates a thread takes at a time: one part for each thread, for every part has its own copy of the state.
fn share(candidates: usize) -> usize {
    candidates.div_ceil(rayon::current_num_threads()).max(1)
}
