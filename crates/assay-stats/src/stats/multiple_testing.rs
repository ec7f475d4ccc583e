//! Whether the best of a family of strategies beats the benchmark after allowing for the search: White's reality check,
//! Hansen's test of superior predictive ability and stepdown p-values.

use std::ops::Range;

use rayon::prelude::*;

use super::bootstrap::Blocks;
use super::family_columns::{FamilyColumn, Resamples};
use super::p_value::PValue;
use crate::random::Stream;

/// Columns whose resampled means are held at a time.
const CHUNK: usize = 64;

/// Tests of a whole family on one set of resamples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Columns tested.
    pub tested: usize,
    /// Columns left out because their differences do not vary or are not finite.
    pub left_out: usize,
    /// Resamples B.
    pub resamples: u32,
    /// Largest `sqrt(T) d` over the columns, d the mean difference.
    pub reality_check_statistic: f64,
    /// H. White, Econometrica 68 (2000), 1097-1126. Not studentised: the most volatile column decides.
    pub reality_check: PValue,
    /// Largest `sqrt(T) d / omega` over the columns, or zero.
    pub spa_statistic: f64,
    /// Hansen's p-value if columns worse than the benchmark are as good as it only where they were at least so in the
    /// sample; too small.
    pub spa_lower: PValue,
    /// Hansen's consistent p-value: columns far below the benchmark do not count. The one to use.
    pub spa_consistent: PValue,
    /// Hansen's p-value if every column is as good as the benchmark; conservative.
    pub spa_upper: PValue,
    /// `sqrt(T) d / omega` of each column in the order given; NaN for one left out.
    pub t: Vec<f64>,
    /// Stepdown p-value of each column, adjusted for the whole family; NaN for one left out. J. P. Romano and M. Wolf,
    /// Econometrica 73 (2005), 1237-1282, section 4; Statistics and Probability Letters 113 (2016), 38-40.
    pub adjusted_p: Vec<f64>,
    /// The same with the interval of the count behind it; `None` for one left out.
    pub adjusted: Vec<Option<PValue>>,
}

/// Largest value of each test's statistic over the columns, in each resample.
struct Maxima {
    reality: Vec<f64>,
    hansen: [Vec<f64>; 3],
    /// Of `sqrt(T) (d* - d) / omega`.
    studentised: Vec<f64>,
}

impl Maxima {
    fn new(resamples: usize) -> Self {
        let lowest = || vec![f64::NEG_INFINITY; resamples];
        // Hansen's statistics are never below zero.
        let zero = || vec![0.0; resamples];
        Self { reality: lowest(), hansen: [zero(), zero(), zero()], studentised: lowest() }
    }

    fn add(&mut self, column: &FamilyColumn, deviation: &[f64], root: f64) {
        for (b, e) in deviation.iter().enumerate() {
            self.reality[b] = self.reality[b].max(root * e);
            self.studentised[b] = self.studentised[b].max(root * e / column.omega);
            for (maxima, centre) in self.hansen.iter_mut().zip(column.centre) {
                maxima[b] = maxima[b].max(root * (e + (column.mean - centre)) / column.omega);
            }
        }
    }
}

/// Resamples whose statistic lies above the sample's, and not below it.
#[derive(Debug, Clone, Copy, Default)]
struct Exceedances {
    above: usize,
    at_least: usize,
}

impl Exceedances {
    fn add(&mut self, values: &[f64], statistic: f64) {
        self.above += values.iter().filter(|&&v| v > statistic).count();
        self.at_least += values.iter().filter(|&&v| v >= statistic).count();
    }

    fn p_value(self, resamples: u32) -> PValue {
        PValue::of(self.at_least, self.above, resamples)
    }
}

impl Family {
    /// Tests `columns[k][t]`, performance less benchmark of strategy k in period t, by `resamples` stationary bootstrap
    /// resamples of mean block `mean_block` (below one, or NaN, counts as one).
    ///
    /// P. R. Hansen, Journal of Business and Economic Statistics 23 (2005), 365-380, with his variance of the bootstrapped
    /// mean. Valid only if the columns are all strategies ever tried and the block was not chosen by the result. `None` for
    /// no resample, fewer than three periods, columns of different lengths, or no column that varies.
    pub fn test(columns: &[Vec<f64>], mean_block: f64, resamples: u32, seed: u64) -> Option<Self> {
        let n = columns.first()?.len();
        Self::test_with(columns, mean_block, resamples, |b| {
            Blocks::new(Stream::new(seed, "family", u64::from(b)), n, mean_block)
        })
    }

    /// As [`Family::test`] with the index ranges of resample b from `draw(b)`; each resample should hold as many indices as
    /// there are periods.
    pub fn test_with<I: Iterator<Item = Range<usize>>>(
        columns: &[Vec<f64>],
        mean_block: f64,
        resamples: u32,
        draw: impl Fn(u32) -> I,
    ) -> Option<Self> {
        let n = columns.first()?.len();
        if n < 3 || resamples == 0 || u32::try_from(n).is_err() || columns.iter().any(|c| c.len() != n) {
            return None;
        }
        // What the resamples are compared with comes first, and the order of the columns for the stepdown.
        let order = from_worst_to_best(columns, mean_block);
        let root = (n as f64).sqrt();
        let best_mean = order.iter().map(|c| c.2).max_by(f64::total_cmp)?;
        let spa_statistic = order.last()?.0.max(0.0);

        let mut reality = Exceedances::default();
        let mut hansen = [Exceedances::default(); 3];
        let mut single = vec![Exceedances::default(); columns.len()];
        let mut done = 0;
        while done < resamples {
            let drawn = Resamples::new(done..resamples, n, &draw);
            done += drawn.len() as u32;
            let mut maxima = Maxima::new(drawn.len());
            // From the worst column to the best, so that the running maximum is that over the columns not yet stepped down.
            for chunk in order.chunks(CHUNK) {
                let chunk = chunk.par_iter();
                let read = chunk.filter_map(|&(_, k, _)| FamilyColumn::new(k, &columns[k], mean_block));
                let resampled = read.map(|column| (column.resampled(&drawn), column));
                for (deviation, column) in &resampled.collect::<Vec<_>>() {
                    maxima.add(column, deviation, root);
                    single[column.index].add(&maxima.studentised, column.t);
                }
            }
            reality.add(&maxima.reality, root * best_mean);
            for (count, values) in hansen.iter_mut().zip(&maxima.hansen) {
                count.add(values, spa_statistic);
            }
        }

        let (t, adjusted) = stepped_down(&order, &single, resamples);
        let adjusted_p = adjusted.iter().map(|p| p.map_or(f64::NAN, |p: PValue| p.p)).collect();
        let [spa_lower, spa_consistent, spa_upper] = hansen.map(|count| count.p_value(resamples));
        Some(Self {
            tested: order.len(),
            left_out: columns.len() - order.len(),
            resamples,
            reality_check_statistic: root * best_mean,
            reality_check: reality.p_value(resamples),
            spa_statistic,
            spa_lower,
            spa_consistent,
            spa_upper,
            t,
            adjusted_p,
            adjusted,
        })
    }
}

/// Statistic, index and mean of every column that can be tested, the worst first.
fn from_worst_to_best(columns: &[Vec<f64>], mean_block: f64) -> Vec<(f64, usize, f64)> {
    let columns = columns.par_iter().enumerate();
    let tested = columns.filter_map(|(k, d)| FamilyColumn::new(k, d, mean_block).map(|c| (c.t, k, c.mean)));
    let mut order: Vec<(f64, usize, f64)> = tested.collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    order
}

/// Statistic and adjusted p-value of each column, by the largest count of those that are not worse.
fn stepped_down(
    order: &[(f64, usize, f64)],
    single: &[Exceedances],
    resamples: u32,
) -> (Vec<f64>, Vec<Option<PValue>>) {
    let (mut t, mut adjusted) = (vec![f64::NAN; single.len()], vec![None; single.len()]);
    let (mut most, mut largest) = (0, None);
    for &(value, k, _) in order.iter().rev() {
        // The exact interval takes its time: it is found anew only where the count grows.
        if largest.is_none() || single[k].at_least > most {
            (most, largest) = (single[k].at_least, Some(single[k].p_value(resamples)));
        }
        (t[k], adjusted[k]) = (value, largest);
    }
    (t, adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{SplitMix, ar1, close, iid};

    /// The five series of the reference vectors.
    fn five() -> Vec<Vec<f64>> {
        let (mu, sd) = ([0.0024, 0.0016, 0.0009, -0.0002, -0.004], [0.01, 0.02, 0.005, 0.01, 0.03]);
        let (mut g, mut state, mut columns) = (SplitMix::new(11), [0.0; 5], vec![Vec::new(); 5]);
        for _ in 0..250 {
            let c = g.z12();
            for k in 0..5 {
                state[k] = 0.2 * state[k] + sd[k] * (0.5 * c + 0.8 * g.z12());
                columns[k].push(mu[k] + state[k]);
            }
        }
        columns
    }

    /// Index by index, all resamples from one generator.
    fn indices(n: usize, resamples: usize, p: f64) -> Vec<Vec<Range<usize>>> {
        let mut g = SplitMix::new(99);
        (0..resamples)
            .map(|_| {
                let mut at = 0;
                (0..n)
                    .map(|t| {
                        at = if t == 0 || g.uniform() < p {
                            (g.uniform() * n as f64) as usize
                        } else {
                            (at + 1) % n
                        };
                        at..at + 1
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn all_tests_match_reference_values() {
        let drawn = indices(250, 1000, 0.2);
        assert_eq!(drawn[0][..3], [65..66, 208..209, 42..43]);
        let columns = five();
        let f = Family::test_with(&columns, 5.0, 1000, |b| drawn[b as usize].iter().cloned()).unwrap();
        assert!(close(f.spa_statistic, 2.6699260767479607, 1e-8));
        assert!(close(f.reality_check_statistic, 0.025653310564853503, 1e-8));
        for (got, p_gt, p) in [
            (f.spa_lower, 0.008, 0.008991008991008992),
            (f.spa_consistent, 0.012, 0.012987012987012988),
            (f.spa_upper, 0.016, 0.016983016983016984),
            (f.reality_check, 0.277, 0.2777222777222777),
        ] {
            assert!(close(got.p_gt, p_gt, 1e-12) && close(got.p, p, 1e-12), "{got:?}");
        }
        let t = [
            2.6699260767479607,
            -1.8338572166730476,
            1.0687224434386424,
            -2.3046317526159172,
            -3.6876287270327635,
        ];
        let p = [0.016983016983016984, 1.0, 0.3916083916083916, 1.0, 1.0];
        for k in 0..5 {
            assert!(close(f.t[k], t[k], 1e-8) && close(f.adjusted_p[k], p[k], 1e-12));
        }
    }

    #[test]
    fn variances_match_reference_values() {
        let want = [
            9.231842011305969e-05,
            0.00035411728985773676,
            2.621542625679684e-05,
            0.00012072266706107733,
            0.001125650012228126,
        ];
        for (d, want) in five().iter().zip(want) {
            assert!(close(FamilyColumn::new(0, d, 5.0).unwrap().omega.powi(2), want, 1e-8));
        }
    }

    #[test]
    fn maxima_match_reference_values() {
        let drawn = indices(250, 3, 0.2);
        let resamples = Resamples::new(0..3, 250, |b| drawn[b as usize].iter().cloned());
        let mut maxima = Maxima::new(3);
        for (k, d) in five().iter().enumerate() {
            let column = FamilyColumn::new(k, d, 5.0).unwrap();
            maxima.add(&column, &column.resampled(&resamples), f64::sqrt(250.0));
        }
        let [lower, consistent, upper] = maxima.hansen;
        for (got, want) in [
            (lower, [0.9739694836127414, 1.165714980749702, 0.3140976218351906]),
            (consistent, [0.9739694836127414, 1.960051214066729, 0.3140976218351906]),
            (upper, [0.9739694836127414, 1.960051214066729, 0.7040337832491216]),
            (maxima.reality, [0.012445492588370969, 0.04911683052121636, 0.007735491444547428]),
        ] {
            for (g, w) in got.iter().zip(want) {
                assert!(close(*g, w, 1e-8), "{g} {w}");
            }
        }
    }

    #[test]
    fn noise_is_not_found_superior_and_an_edge_is() {
        let mut columns: Vec<Vec<f64>> = (0..150).map(|k| iid(1000 + k, 400, 0.0, 0.01)).collect();
        let noise = Family::test(&columns, 3.0, 499, 7).unwrap();
        assert!(noise.spa_consistent.p > 0.1 && noise.reality_check.p > 0.1);
        assert!(noise.spa_lower.p <= noise.spa_consistent.p && noise.spa_consistent.p <= noise.spa_upper.p);
        columns.push(iid(1, 400, 0.005, 0.01));
        let edge = Family::test(&columns, 3.0, 499, 7).unwrap();
        assert_eq!(edge.spa_consistent.p, 1.0 / 500.0);
        assert_eq!(edge.adjusted_p.iter().filter(|&&p| p < 0.05).count(), 1);
        assert!(edge.adjusted_p[150] == edge.spa_upper.p);
        assert_eq!(edge.adjusted[150].unwrap().interval, PValue::of(0, 0, 499).interval);
        for (p, adjusted) in edge.adjusted_p.iter().zip(&edge.adjusted) {
            let of = adjusted.unwrap();
            assert!(of.p == *p && of.interval.contains(*p), "{of:?}");
        }
    }

    #[test]
    fn results_do_not_depend_on_threads_and_constant_columns_are_left_out() {
        let mut columns: Vec<Vec<f64>> = (0..70).map(|k| ar1(k, 120, 0.0, 0.2, 0.01)).collect();
        let want = Family::test(&columns, 4.0, 200, 1).unwrap();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| Family::test(&columns, 4.0, 200, 1)).unwrap(), want);
        }
        columns.push(vec![0.1; 120]);
        columns.push(vec![f64::NAN; 120]);
        let more = Family::test(&columns, 4.0, 200, 1).unwrap();
        assert_eq!((more.tested, more.left_out, more.spa_consistent), (70, 2, want.spa_consistent));
        assert!(
            more.t[70].is_nan() && more.adjusted_p[71].is_nan() && more.adjusted_p[..70] == want.adjusted_p
        );
    }

    #[test]
    fn resamples_that_do_not_fit_at_once_are_all_counted() {
        // Five million index ranges, in two batches.
        let (n, resamples) = (5_000, 1_000);
        let d = iid(4, n, 0.0001, 0.01);
        let f = Family::test(std::slice::from_ref(&d), 1.0, resamples, 3).unwrap();
        let m = crate::stats::mean(&d);
        let more = (0..resamples)
            .filter(|&b| {
                let blocks = Blocks::new(Stream::new(3, "family", u64::from(b)), n, 1.0);
                let sum: f64 = blocks.flatten().map(|i| d[i] - m).sum();
                sum / n as f64 >= m
            })
            .count();
        assert_eq!(f.reality_check.p, (more + 1) as f64 / 1001.0);
    }

    #[test]
    fn what_cannot_be_tested_is_none() {
        let x = iid(1, 50, 0.0, 1.0);
        let test = |c: &[Vec<f64>], block, b| Family::test(c, block, b, 1);
        assert!(test(&[], 3.0, 10).is_none() && test(std::slice::from_ref(&x), 3.0, 0).is_none());
        assert!(test(&[vec![0.1, 0.2]], 3.0, 10).is_none() && test(&[vec![0.1; 50]], 3.0, 10).is_none());
        assert!(test(&[x.clone(), vec![0.1; 49]], 3.0, 10).is_none());
        assert!(test(std::slice::from_ref(&x), f64::INFINITY, 10).is_none());
        assert!(test(&[x], f64::NAN, 10).is_some());
    }
}
