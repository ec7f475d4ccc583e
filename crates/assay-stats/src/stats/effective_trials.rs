//! How many independent trials a set of correlated ones is worth.

use super::eigen::symmetric_eigenvalues;
use super::moments::{mean, std_dev, variance};
use super::ratios::is_rounding;

/// Correlation matrix of `columns`, row-major; deviations about each mean.
///
/// A column that does not vary beyond its rounding, or holds a value that is not finite, counts as uncorrelated with every
/// other: it was tried, and nothing says it was tried before. Rows beyond the shortest column are not used.
pub fn correlation(columns: &[Vec<f64>]) -> Vec<f64> {
    let n = columns.iter().map(Vec::len).min().unwrap_or(0);
    let scaled: Vec<Vec<f64>> = columns.iter().map(|c| standardised(&c[..n])).collect();
    let k = columns.len();
    let mut matrix = vec![0.0; k * k];
    for i in 0..k {
        matrix[i * k + i] = 1.0;
        for j in 0..i {
            let product = scaled[i].iter().zip(&scaled[j]).map(|(a, b)| a * b).sum::<f64>().clamp(-1.0, 1.0);
            matrix[i * k + j] = product;
            matrix[j * k + i] = product;
        }
    }
    matrix
}

/// Deviations of unit length; empty where the values do not vary.
fn standardised(x: &[f64]) -> Vec<f64> {
    let (m, sd) = (mean(x), std_dev(x, 0));
    if !sd.is_finite() || is_rounding(sd, m) {
        return Vec::new();
    }
    let length = sd * (x.len() as f64).sqrt();
    x.iter().map(|v| (v - m) / length).collect()
}

/// Effective numbers of trials by several definitions, from one for identical trials to their number for unrelated ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveTrials {
    /// Number of trials M.
    pub trials: usize,
    /// Mean correlation of different trials; zero for one trial.
    pub mean_correlation: f64,
    /// `rho + (1 - rho) M` with the mean correlation, not below one nor above M. Bailey and Lopez de Prado, Journal of
    /// Portfolio Management 40(5) (2014), appendix 3.
    pub dsr_appendix: f64,
    /// `exp(-sum p ln p)`, p the eigenvalues over their sum. O. Roy and M. Vetterli, EUSIPCO (2007), 606-610.
    pub entropy_rank: f64,
    /// `(sum l)² / sum l²` (participation ratio, convention).
    pub participation: f64,
    /// `1 + (M - 1) (1 - var(l) / M)`, ddof 1. D. R. Nyholt, American Journal of Human Genetics 74 (2004), 765-769.
    pub nyholt: f64,
    /// `sum [1(l >= 1) + l - floor l]`. J. Li and L. Ji, Heredity 95 (2005), 221-227.
    pub li_ji: f64,
    /// `(sum sqrt l)² / sum l`. N. W. Galwey, Genetic Epidemiology 33 (2009), 559-568.
    pub galwey: f64,
}

impl EffectiveTrials {
    /// Effective numbers from a row-major correlation matrix.
    ///
    /// Negative eigenvalues, which only rounding or missing data bring about, count as zero. `None` for no trial, a slice
    /// that is no square, or a value that is not finite.
    pub fn of(matrix: &[f64]) -> Option<Self> {
        let m = matrix.len().isqrt();
        if m == 0 || m * m != matrix.len() || matrix.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let mf = m as f64;
        let off: f64 = (0..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| matrix[i * m + j]).sum();
        let mean_correlation = if m > 1 { off / (mf * (mf - 1.0) / 2.0) } else { 0.0 };
        let l: Vec<f64> = symmetric_eigenvalues(matrix, m).iter().map(|v| v.max(0.0)).collect();
        let sum: f64 = l.iter().sum();
        let squares: f64 = l.iter().map(|v| v * v).sum();
        let roots: f64 = l.iter().map(|v| v.sqrt()).sum();
        let entropy: f64 = l.iter().map(|v| v / sum).filter(|&p| p > 0.0).map(|p| -p * libm::log(p)).sum();
        let spread = if m > 1 { variance(&l, 1) } else { 0.0 };
        Some(Self {
            trials: m,
            mean_correlation,
            dsr_appendix: (mean_correlation + (1.0 - mean_correlation) * mf).clamp(1.0, mf),
            entropy_rank: libm::exp(entropy),
            participation: sum * sum / squares,
            nyholt: 1.0 + (mf - 1.0) * (1.0 - spread / mf),
            li_ji: l.iter().map(|&v| li_ji_term(v)).sum(),
            galwey: roots * roots / sum,
        })
    }
}

/// `1(l >= 1) + l - floor l`, with an eigenvalue that rounding left just beside an integer moved onto it: the term jumps by
/// one there.
fn li_ji_term(l: f64) -> f64 {
    let nearest = l.round();
    let l = if (l - nearest).abs() < 1e-9 { nearest } else { l };
    f64::from(u8::from(l >= 1.0)) + (l - l.floor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{SplitMix, close};

    fn six_series() -> Vec<Vec<f64>> {
        let mut g = SplitMix::new(7);
        let common: Vec<f64> = (0..300).map(|_| g.z12()).collect();
        let mut columns = vec![Vec::new(); 6];
        for c in common {
            for column in &mut columns {
                column.push(0.6 * c + 0.8 * g.z12());
            }
        }
        columns
    }

    #[test]
    fn six_correlated_series_match_reference_values() {
        let matrix = correlation(&six_series());
        let e = EffectiveTrials::of(&matrix).unwrap();
        for (got, want) in [
            (e.mean_correlation, 0.3560574018604534),
            (e.dsr_appendix, 4.219712990697733),
            (e.entropy_rank, 4.698148843877109),
            (e.participation, 3.640584993210524),
            (e.nyholt, 5.35191321966397),
            (e.li_ji, 5.000000000000002),
            (e.galwey, 5.355259007381915),
        ] {
            assert!(close(got, want, 1e-10), "{got} {want}");
        }
    }

    #[test]
    fn identical_trials_are_one_and_unrelated_ones_all() {
        let one = EffectiveTrials::of(&[1.0; 25]).unwrap();
        let all = EffectiveTrials::of(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
        for (e, want) in [(one, 1.0), (all, 3.0)] {
            for got in [e.dsr_appendix, e.entropy_rank, e.participation, e.nyholt, e.li_ji, e.galwey] {
                assert!(close(got, want, 1e-6), "{e:?}");
            }
        }
        let single = EffectiveTrials::of(&[1.0]).unwrap();
        assert_eq!((single.mean_correlation, single.dsr_appendix, single.nyholt), (0.0, 1.0, 1.0));
    }

    #[test]
    fn constant_and_broken_columns_are_uncorrelated() {
        let mut columns = six_series();
        columns.push(vec![0.25; 300]);
        columns.push(vec![f64::NAN; 300]);
        let matrix = correlation(&columns);
        for k in [6, 7] {
            for j in 0..8 {
                assert_eq!(matrix[k * 8 + j], f64::from(u8::from(j == k)));
            }
        }
        assert!(correlation(&[]).is_empty());
        assert_eq!(correlation(&[vec![], vec![]]), [1.0, 0.0, 0.0, 1.0]);
        assert!(EffectiveTrials::of(&[]).is_none() && EffectiveTrials::of(&[1.0, 0.0]).is_none());
        assert!(EffectiveTrials::of(&[f64::NAN]).is_none());
    }
}
