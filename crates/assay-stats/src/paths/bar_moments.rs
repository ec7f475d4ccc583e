//! Moments of log returns: what a history, a model and a drawn path are compared by.

use crate::stats::{Moments4, autocorrelations, mean};

/// Moments of the log returns of a series of bars; NaN of what is undefined, or what a model does not state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarMoments {
    /// Mean, a bar.
    pub mean: f64,
    /// Standard deviation, a bar (ddof 1).
    pub sd: f64,
    /// Skewness `m3 / m2^1.5`.
    pub skewness: f64,
    /// Kurtosis `m4 / m2^2`: a normal distribution has 3.
    pub kurtosis: f64,
    /// Autocorrelation at lag 1.
    pub acf1: f64,
    /// Autocorrelation at lag 1 of the squares of the deviations from the mean: how much volatility clusters.
    pub squares_acf1: f64,
}

impl BarMoments {
    /// Moments of `returns`; skewness, kurtosis and autocorrelations are NaN where these do not vary.
    pub fn of(returns: &[f64]) -> Self {
        let m = Moments4::of(returns);
        let middle = mean(returns);
        let squares: Vec<f64> = returns.iter().map(|r| (r - middle) * (r - middle)).collect();
        Self {
            mean: m.mean,
            sd: m.sd,
            skewness: m.skew,
            kurtosis: m.kurtosis,
            acf1: m.rho1,
            squares_acf1: if m.rho1.is_nan() { f64::NAN } else { autocorrelations(&squares, 1)[0] },
        }
    }

    /// Those of a model that states mean and standard deviation alone.
    pub(super) fn two(mean: f64, sd: f64) -> Self {
        let none = f64::NAN;
        Self { mean, sd, skewness: none, kurtosis: none, acf1: none, squares_acf1: none }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    #[test]
    fn known_values() {
        // Mean 1; deviations -1, 0, -1, 2: squares 1, 0, 1, 4 about 1.5.
        let m = BarMoments::of(&[0.0, 1.0, 0.0, 3.0]);
        assert!(close(m.mean, 1.0, 1e-15) && close(m.sd, 2f64.sqrt(), 1e-15));
        assert!(close(m.skewness, 1.5 / 1.5f64.powf(1.5), 1e-15));
        assert!(close(m.kurtosis, 4.5 / 2.25, 1e-15));
        assert!(close(m.acf1, -2.0 / 6.0, 1e-15));
        assert!(close(m.squares_acf1, (0.75 + 0.75 - 1.25) / 9.0, 1e-14), "{}", m.squares_acf1);
    }

    #[test]
    fn too_little_is_nan() {
        for x in [vec![], vec![0.1], vec![0.1; 40]] {
            let m = BarMoments::of(&x);
            assert!(m.kurtosis.is_nan() && m.acf1.is_nan() && m.squares_acf1.is_nan());
        }
    }
}
