//! A candidate's Sharpe ratio against the luck of its family.

use super::super::deflated_sharpe::{Moments4, normal_cdf, psr_bl2012, psr_llz2025, score_over_zero};
use super::super::sidak::sidak;

/// A Sharpe ratio judged against the best that luck is expected to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FamilyDeflated {
    /// Sharpe ratio per period expected of the best of the family if all of it is worthless; not below zero.
    pub expected_max_sharpe: f64,
    /// Probability that the true Sharpe ratio exceeds `expected_max_sharpe`: the smaller of
    /// [`psr_bl2012`](super::super::psr_bl2012) and [`psr_llz2025`](super::super::psr_llz2025).
    pub deflated_sharpe: f64,
    /// Chance that the best of all trials looks this good if all are worthless and independent.
    pub sidak_p: f64,
}

/// The candidate with daily `moments` against `expected_max`, the expected largest standard score of its
/// family ([`FamilyLuck::expected_max`](super::FamilyLuck)), and against `trials` independent trials.
///
/// `expected_max_sharpe = expected_max sqrt(max(1, (1 + rho1) / (1 - rho1)) / T)`: an autocorrelation
/// estimated below zero must not make luck smaller, nor must an expected score that only the error of the
/// draws makes negative. `None`, which must never count as a pass, where a probability is undefined or
/// `trials` or `expected_max` is no finite number of its kind.
pub fn family_deflated(moments: &Moments4, expected_max: f64, trials: f64) -> Option<FamilyDeflated> {
    let z = score_over_zero(moments)?;
    if !expected_max.is_finite() || !trials.is_finite() || trials < 0.0 {
        return None;
    }
    // rho1 is inside (-1, 1) where there is a score.
    let stretch = ((1.0 + moments.rho1) / (1.0 - moments.rho1)).max(1.0);
    let expected_max_sharpe = (stretch / moments.n as f64).sqrt() * expected_max.max(0.0);
    let (old, new) = (psr_bl2012(moments, expected_max_sharpe)?, psr_llz2025(moments, expected_max_sharpe)?);
    Some(FamilyDeflated {
        expected_max_sharpe,
        deflated_sharpe: old.min(new),
        sidak_p: sidak(normal_cdf(-z), trials.max(1.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    fn moments(sr: f64, n: usize, rho1: f64) -> Moments4 {
        Moments4 { n, mean: sr, sd: 1.0, skew: -0.4, kurtosis: 5.0, rho1 }
    }

    #[test]
    fn luck_is_measured_in_standard_errors_of_a_ratio_of_zero() {
        let m = moments(0.1, 1095, 0.0);
        let d = family_deflated(&m, 1.37, 200.0).unwrap();
        assert!(close(d.expected_max_sharpe, 1.37 / 1095f64.sqrt(), 1e-14));
        let both = [psr_bl2012(&m, d.expected_max_sharpe), psr_llz2025(&m, d.expected_max_sharpe)];
        assert!(
            both.iter().all(|p| p.unwrap() >= d.deflated_sharpe) && both.contains(&Some(d.deflated_sharpe))
        );
        let q = normal_cdf(-score_over_zero(&m).unwrap());
        assert!(close(d.sidak_p, 1.0 - (1.0 - q).powi(200), 1e-10));
        // Autocorrelation stretches it by (1 + r) / (1 - r), but never shrinks it.
        let slow = family_deflated(&moments(0.1, 1095, 0.2), 1.37, 200.0).unwrap();
        assert!(close(slow.expected_max_sharpe, d.expected_max_sharpe * 1.5f64.sqrt(), 1e-14));
        let swinging = family_deflated(&moments(0.1, 1095, -0.2), 1.37, 200.0).unwrap();
        assert_eq!(swinging.expected_max_sharpe, d.expected_max_sharpe);
        // Below zero by the error of the draws alone: no luck.
        assert_eq!(family_deflated(&m, -0.01, 1.0).unwrap().expected_max_sharpe, 0.0);
        // Less than one trial is one.
        assert_eq!(
            family_deflated(&m, 0.0, 0.0).unwrap().sidak_p,
            family_deflated(&m, 0.0, 1.0).unwrap().sidak_p
        );
    }

    #[test]
    fn what_cannot_be_judged_is_none() {
        let good = moments(0.1, 500, 0.0);
        assert!(family_deflated(&good, 1.0, 5.0).is_some());
        for (m, e, n) in [
            (moments(0.1, 29, 0.0), 1.0, 5.0),
            (moments(0.1, 500, 1.0), 1.0, 5.0),
            (moments(0.1, 500, f64::NAN), 1.0, 5.0),
            (good, f64::NAN, 5.0),
            (good, f64::INFINITY, 5.0),
            (good, 1.0, f64::NAN),
            (good, 1.0, -1.0),
        ] {
            assert!(family_deflated(&m, e, n).is_none(), "{m:?} {e} {n}");
        }
    }
}
