//! Columns of differences and the resamples they share.

use std::ops::Range;

use super::bootstrap_variance::bootstrap_variance;
use super::moments::{mean, std_dev};
use super::ratios::is_rounding;

/// One column, ready to be resampled.
pub(super) struct FamilyColumn {
    pub(super) index: usize,
    pub(super) mean: f64,
    pub(super) omega: f64,
    pub(super) t: f64,
    /// What Hansen's three tests subtract from a resampled mean: lower, consistent, upper.
    pub(super) centre: [f64; 3],
    /// Sums of the first deviations from the mean.
    prefix: Vec<f64>,
}

impl FamilyColumn {
    pub(super) fn new(index: usize, d: &[f64], mean_block: f64) -> Option<Self> {
        let (n, m, sd) = (d.len() as f64, mean(d), std_dev(d, 0));
        if !sd.is_finite() || is_rounding(sd, m) {
            return None;
        }
        let deviations: Vec<f64> = d.iter().map(|v| v - m).collect();
        let variance = bootstrap_variance(&deviations, mean_block);
        // An infinite block leaves rounding only: every resample is a rotation of the sample.
        if variance.is_nan() || variance <= 1e-14 * sd * sd {
            return None;
        }
        let threshold = -(variance / n * 2.0 * libm::log(libm::log(n))).sqrt();
        let omega = variance.sqrt();
        let mut prefix = Vec::with_capacity(d.len() + 1);
        prefix.push(0.0);
        let mut sum = 0.0;
        for e in &deviations {
            sum += e;
            prefix.push(sum);
        }
        let consistent = if m >= threshold { m } else { 0.0 };
        Some(Self {
            index,
            mean: m,
            omega,
            t: n.sqrt() * m / omega,
            centre: [m.max(0.0), consistent, m],
            prefix,
        })
    }

    /// Mean of each resample less the mean of the sample.
    pub(super) fn resampled(&self, resamples: &Resamples) -> Vec<f64> {
        let n = (self.prefix.len() - 1) as f64;
        let sum = |ranges: &[(u32, u32)]| -> f64 {
            ranges.iter().map(|&(from, to)| self.prefix[to as usize] - self.prefix[from as usize]).sum()
        };
        (0..resamples.len()).map(|b| sum(resamples.get(b)) / n).collect()
    }
}

/// Index ranges held at a time, as far as whole resamples allow.
const MAX_RANGES: usize = 1 << 22;

/// Index ranges of some resamples, the same for every column: what keeps the correlation between columns.
pub(super) struct Resamples {
    ranges: Vec<(u32, u32)>,
    ends: Vec<usize>,
}

impl Resamples {
    /// The first of the resamples `numbers`, as many as fit and at least one.
    pub(super) fn new<I: Iterator<Item = Range<usize>>>(
        numbers: Range<u32>,
        n: usize,
        draw: impl Fn(u32) -> I,
    ) -> Self {
        let (mut ranges, mut ends) = (Vec::new(), Vec::new());
        for b in numbers {
            ranges.extend(draw(b).map(|r| (r.start.min(n) as u32, r.end.min(n) as u32)));
            ends.push(ranges.len());
            if ranges.len() > MAX_RANGES {
                break;
            }
        }
        Self { ranges, ends }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, b: usize) -> &[(u32, u32)] {
        let from = if b == 0 { 0 } else { self.ends[b - 1] };
        &self.ranges[from..self.ends[b]]
    }
}
