//! Whether two strategies' Sharpe ratios differ, by O. Ledoit and M. Wolf, "Robust performance hypothesis testing with the
//! Sharpe ratio", Journal of Empirical Finance 15 (2008), 850-859.
//!
//! Returns are in excess of the risk-free rate, per period and paired in time; so are the ratios. Point estimates have ddof
//! 1, gradients ddof 0, as in the authors' code.

use rayon::prelude::*;

use super::deflated_sharpe::normal_cdf;
use super::hac::{K, long_run_variance, prewhitened_variance};
use super::moments::{mean, std_dev};
use super::p_value::PValue;
use super::ratios::is_rounding;
use crate::random::Stream;

/// Fewest pairs of returns tested (convention).
const MIN_PAIRS: usize = 10;

/// A two-sided test of equal Sharpe ratios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharpeTest {
    /// Sharpe ratio of the first less that of the second, per period.
    pub difference: f64,
    /// Its standard error.
    pub se: f64,
    /// `2 Phi(-|difference| / se)`.
    pub p: f64,
}

impl SharpeTest {
    fn of(difference: f64, variance: f64) -> Option<Self> {
        let se = variance.sqrt();
        let valid = se > 0.0 && se.is_finite() && difference.is_finite();
        valid.then(|| Self { difference, se, p: 2.0 * normal_cdf(-difference.abs() / se) })
    }
}

/// Moments of a pair of returns: means and uncentred second moments.
#[derive(Debug, Clone, Copy)]
struct Pair {
    mean: [f64; 2],
    second: [f64; 2],
}

impl Pair {
    fn variance(&self, i: usize) -> f64 {
        self.second[i] - self.mean[i] * self.mean[i]
    }

    /// Difference of the Sharpe ratios, standard deviations with ddof 1 from `n` returns.
    fn difference(&self, n: f64) -> f64 {
        let ratio = |i: usize| self.mean[i] / (self.variance(i) * n / (n - 1.0)).sqrt();
        ratio(0) - ratio(1)
    }

    /// Derivatives of the difference by (mean 1, mean 2, second moment 1, second moment 2).
    fn gradient(&self) -> [f64; K] {
        let cube = |i: usize| self.variance(i) * self.variance(i).sqrt();
        let ([m1, m2], [g1, g2]) = (self.mean, self.second);
        [g1 / cube(0), -g2 / cube(1), -0.5 * m1 / cube(0), 0.5 * m2 / cube(1)]
    }
}

/// Two series of equal length that vary, their moments and each observation's deviations from these.
struct ReturnSample {
    difference: f64,
    pair: Pair,
    rows: Vec<[f64; K]>,
}

impl ReturnSample {
    fn new(a: &[f64], b: &[f64]) -> Option<Self> {
        if a.len() != b.len() || a.len() < MIN_PAIRS {
            return None;
        }
        for x in [a, b] {
            let sd = std_dev(x, 1);
            if !sd.is_finite() || is_rounding(sd, mean(x)) {
                return None;
            }
        }
        let second = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64;
        let pair = Pair { mean: [mean(a), mean(b)], second: [second(a), second(b)] };
        let ([m1, m2], [g1, g2]) = (pair.mean, pair.second);
        let rows = a.iter().zip(b).map(|(x, y)| [x - m1, y - m2, x * x - g1, y * y - g2]).collect();
        let difference = mean(a) / std_dev(a, 1) - mean(b) / std_dev(b, 1);
        Some(Self { difference, pair, rows })
    }

    fn len(&self) -> f64 {
        self.rows.len() as f64
    }
}

/// Test with the long-run variance by a Parzen kernel, bandwidth chosen from the data.
///
/// Ledoit and Wolf (2008), section 3.1. `None` for fewer than ten pairs, series of different lengths, returns that do not
/// vary, or a standard error that is undefined (two equal series).
pub fn ledoit_wolf_hac(a: &[f64], b: &[f64]) -> Option<SharpeTest> {
    let s = ReturnSample::new(a, b)?;
    SharpeTest::of(s.difference, long_run_variance(&s.rows, &s.pair.gradient()) / s.len())
}

/// The same, prewhitened by a vector autoregression; better where returns depend on their past. `None` as
/// [`ledoit_wolf_hac`].
pub fn ledoit_wolf_prewhitened(a: &[f64], b: &[f64]) -> Option<SharpeTest> {
    let s = ReturnSample::new(a, b)?;
    SharpeTest::of(s.difference, prewhitened_variance(&s.rows, &s.pair.gradient()) / s.len())
}

/// Test for independent normal returns: J. D. Jobson and B. M. Korkie, Journal of Finance 36 (1981), 889-908, corrected by
/// C. Memmel, Finance Letters 1 (2003), 21-23. For reference only: fat tails and autocorrelation make it invalid. `None` as
/// [`ledoit_wolf_hac`].
pub fn jobson_korkie_memmel(a: &[f64], b: &[f64]) -> Option<SharpeTest> {
    let s = ReturnSample::new(a, b)?;
    let cross = s.rows.iter().map(|r| r[0] * r[1]).sum::<f64>() / s.len();
    let rho = cross / (s.pair.variance(0) * s.pair.variance(1)).sqrt();
    let (x, y) = (mean(a) / std_dev(a, 1), mean(b) / std_dev(b, 1));
    SharpeTest::of(s.difference, memmel_variance(x, y, rho) / s.len())
}

/// Variance of the difference of two Sharpe ratios `x` and `y` per period times the number of returns, which are
/// normal with the correlation `rho`: Memmel (2003).
pub(super) fn memmel_variance(x: f64, y: f64, rho: f64) -> f64 {
    2.0 - 2.0 * rho + 0.5 * (x * x + y * y - 2.0 * x * y * rho * rho)
}

/// p-value of equal Sharpe ratios by the studentised circular block bootstrap, the test the paper recommends:
/// `(#{d* >= d} + 1) / (resamples + 1)`, `d = |difference| / se` with the prewhitened error.
///
/// Ledoit and Wolf (2008), section 3.2: a resample is `T / block` (rounded down) blocks of `block` pairs, and its error comes
/// from the covariance of its block means. Take a block of 1 to 10, or the circular length of
/// [`block_length`](super::block_length), and some 5,000 resamples. `None` as [`ledoit_wolf_hac`], for no resample, or where
/// there are not two blocks.
pub fn ledoit_wolf_bootstrap(
    a: &[f64],
    b: &[f64],
    block: usize,
    resamples: u32,
    seed: u64,
) -> Option<PValue> {
    let s = ReturnSample::new(a, b)?;
    let test = ledoit_wolf_prewhitened(a, b)?;
    if block == 0 || resamples == 0 || s.rows.len() / block < 2 {
        return None;
    }
    let means = block_means(&s.rows, block);
    let resampled: Vec<f64> = (0..resamples)
        .into_par_iter()
        .map(|i| {
            let mut stream = Stream::new(seed, "ledoit wolf", u64::from(i));
            let starts: Vec<usize> = (0..means.len() / block).map(|_| stream.below(means.len())).collect();
            resampled_distance(&s, &means, &starts, block)
        })
        .collect();
    // A resample without a value counts against a difference.
    Some(PValue::among(test.difference.abs() / test.se, &resampled))
}

/// Mean of the `block` rows from each row on, going on at the start.
fn block_means(rows: &[[f64; K]], block: usize) -> Vec<[f64; K]> {
    let wrapped = |i: usize| rows[i % rows.len()];
    (0..rows.len())
        .map(|start| {
            let mut sum = [0.0; K];
            for row in (start..start + block).map(wrapped) {
                for k in 0..K {
                    sum[k] += row[k];
                }
            }
            sum.map(|v| v / block as f64)
        })
        .collect()
}

/// `|difference* - difference| / se*` of the resample whose blocks begin at `starts`.
fn resampled_distance(s: &ReturnSample, means: &[[f64; K]], starts: &[usize], block: usize) -> f64 {
    let blocks = starts.len() as f64;
    let mut shift = [0.0; K];
    for &start in starts {
        for k in 0..K {
            shift[k] += means[start][k] / blocks;
        }
    }
    let [m1, m2, g1, g2] = shift;
    let pair = Pair {
        mean: [s.pair.mean[0] + m1, s.pair.mean[1] + m2],
        second: [s.pair.second[0] + g1, s.pair.second[1] + g2],
    };
    let (n, gradient) = (blocks * block as f64, pair.gradient());
    // Psi* is the mean of b (block mean - mean)(block mean - mean)'; its form in the gradient is a mean of squares.
    let square: f64 = starts
        .iter()
        .map(|&start| {
            let score: f64 = (0..K).map(|k| gradient[k] * (means[start][k] - shift[k])).sum();
            score * score
        })
        .sum();
    let se = (block as f64 * square / blocks / n).sqrt();
    (pair.difference(n) - s.difference).abs() / se
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::hac::bandwidth;
    use crate::stats::sharpe_ratio;
    use assay_testing::{SplitMix, ar1, close, iid};

    fn pair() -> (Vec<f64>, Vec<f64>) {
        let (a, mut g) = (ar1(31, 500, 0.001, 0.2, 0.01), SplitMix::new(32));
        let b = a.iter().map(|x| 0.5 * x + 0.006 * g.z12()).collect();
        (a, b)
    }

    #[test]
    fn tests_match_reference_values() {
        let (a, b) = pair();
        assert_eq!((a[0], b[0]), (0.007826989298509005, 0.009015297208622423));
        let hac = ledoit_wolf_hac(&a, &b).unwrap();
        let white = ledoit_wolf_prewhitened(&a, &b).unwrap();
        let jkm = jobson_korkie_memmel(&a, &b).unwrap();
        for (got, want) in [
            (hac.difference, 0.060445414104075154),
            (bandwidth(&ReturnSample::new(&a, &b).unwrap().rows), 6.7751942739436),
            (hac.se, 0.03347910548252205),
            (hac.p, 0.07100166315038721),
            (white.se, 0.034926585202815275),
            (jkm.se, 0.035035978828550425),
            (jkm.p, 0.08448452809607838),
        ] {
            assert!(close(got, want, 1e-8), "{got} {want}");
        }
    }

    #[test]
    fn the_bootstrap_agrees_with_plain_resampling() {
        let (a, b) = pair();
        let (block, seed) = (7, 3);
        let test = ledoit_wolf_prewhitened(&a, &b).unwrap();
        let mut count = 0;
        for i in 0..99 {
            let mut stream = Stream::new(seed, "ledoit wolf", i);
            let index: Vec<usize> = (0..500 / block)
                .flat_map(|_| {
                    let start = stream.below(500);
                    (start..start + block).map(|t| t % 500)
                })
                .collect();
            let x: Vec<f64> = index.iter().map(|&t| a[t]).collect();
            let y: Vec<f64> = index.iter().map(|&t| b[t]).collect();
            let s = ReturnSample::new(&x, &y).unwrap();
            let gradient = s.pair.gradient();
            let psi: f64 = s
                .rows
                .chunks(block)
                .map(|rows| {
                    let zeta: f64 =
                        rows.iter().map(|r| (0..K).map(|k| r[k] * gradient[k]).sum::<f64>()).sum();
                    zeta * zeta / block as f64
                })
                .sum::<f64>()
                / (500 / block) as f64;
            let difference = sharpe_ratio(&x, 1.0) - sharpe_ratio(&y, 1.0);
            let d = (difference - test.difference).abs() / (psi / x.len() as f64).sqrt();
            count += usize::from(d >= test.difference.abs() / test.se);
        }
        assert_eq!(ledoit_wolf_bootstrap(&a, &b, block, 99, seed), Some(PValue::of(count, count, 99)));
        let p = ledoit_wolf_bootstrap(&a, &b, 5, 4999, 1).unwrap().p;
        assert!((0.06..0.12).contains(&p), "{p}");
    }

    #[test]
    fn results_do_not_depend_on_threads() {
        let (a, b) = pair();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| ledoit_wolf_bootstrap(&a, &b, 3, 500, 9))
        };
        assert!(run(1).is_some() && run(1) == run(3));
    }

    #[test]
    fn a_true_difference_is_found() {
        let (a, b) = (iid(1, 2000, 0.002, 0.01), iid(2, 2000, 0.0, 0.01));
        assert!(ledoit_wolf_hac(&a, &b).unwrap().p < 1e-4);
        assert_eq!(ledoit_wolf_bootstrap(&a, &b, 1, 999, 1), Some(PValue::of(0, 0, 999)));
    }

    #[test]
    fn what_cannot_be_tested_is_none() {
        let a = iid(1, 100, 0.0, 0.01);
        for (x, y) in [
            (&a[..], &a[..99]),
            (&a[..9], &a[1..10]),
            (&a[..], &[0.01; 100][..]),
            (&a[..], &[f64::NAN; 100]),
            (&[], &[]),
        ] {
            assert!(ledoit_wolf_hac(x, y).is_none() && ledoit_wolf_prewhitened(x, y).is_none());
            assert!(jobson_korkie_memmel(x, y).is_none() && ledoit_wolf_bootstrap(x, y, 2, 9, 1).is_none());
        }
        let b = iid(2, 100, 0.0, 0.01);
        assert!(
            ledoit_wolf_bootstrap(&a, &b, 0, 9, 1).is_none()
                && ledoit_wolf_bootstrap(&a, &b, 51, 9, 1).is_none()
        );
        assert!(ledoit_wolf_bootstrap(&a, &b, 2, 0, 1).is_none());
        assert!(ledoit_wolf_hac(&a, &a).is_none_or(|t| t.p > 0.99));
    }
}
