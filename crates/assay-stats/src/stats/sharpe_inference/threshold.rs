//! A Sharpe ratio against a threshold: how likely it is above, and from where on it counts.

use super::super::deflated_sharpe::normal_cdf;
use super::one_sided::{OneSidedTest, SampleLength};
use super::shape::{ReturnShape, positive};
use crate::random::inverse_normal;

/// Standard score of the Sharpe ratio `sharpe` over `threshold`, both per period, where its variance is
/// `variance`. `None` unless the variance is positive and there is a score.
pub(in super::super) fn sharpe_score(sharpe: f64, threshold: f64, variance: f64) -> Option<f64> {
    let z = (sharpe - threshold) / positive(variance)?.sqrt();
    (!z.is_nan()).then_some(z)
}

/// Probabilistic Sharpe ratio `Phi((sharpe - threshold) / sqrt(variance))`: one less the p-value of the test
/// that the true ratio is `threshold`, where the estimate then has the variance `variance`. Ratios per
/// period.
///
/// D. H. Bailey and M. Lopez de Prado, Journal of Risk 15(2) (2012), 3-44; Lopez de Prado, Lipton and
/// Zoonekynd, SSRN 5520741 (2025), equation 9, take the variance at the threshold
/// ([`ReturnShape::sharpe_variance`]). `None`, which must never count as a pass, unless the variance is
/// positive. See [`psr_bl2012`](super::super::psr_bl2012) and [`psr_llz2025`](super::super::psr_llz2025) for
/// returns at hand.
pub fn probabilistic_sharpe(sharpe: f64, threshold: f64, variance: f64) -> Option<f64> {
    sharpe_score(sharpe, threshold, variance).map(normal_cdf)
}

/// The Sharpe ratio per period above which an estimate rejects at level `alpha` that the true ratio is
/// `threshold`: `threshold + z_{1-alpha} sqrt(variance)` with the variance at the threshold.
///
/// Lopez de Prado, Lipton and Zoonekynd (2025), equation 13. `None` for a variance that is not positive, a
/// threshold that is not finite or an `alpha` outside (0, 1).
pub fn critical_sharpe(threshold: f64, variance: f64, alpha: f64) -> Option<f64> {
    if !(alpha > 0.0 && alpha < 1.0 && threshold.is_finite()) {
        return None;
    }
    Some(threshold - inverse_normal(alpha) * positive(variance)?.sqrt())
}

/// Periods after which the Sharpe ratio `sharpe` would exceed `threshold` at level `alpha`, with the variance
/// at the threshold: `W(threshold) (z_{1-alpha} / (sharpe - threshold))²`, W being
/// [`ReturnShape::unit_variance`].
///
/// Lopez de Prado, Lipton and Zoonekynd (2025), equation 11;
/// [`min_track_record`](super::super::min_track_record) is the length of 2012. Never where the ratio does not
/// exceed the threshold: the square would hide the sign. `None` where a ratio is not finite, there is no
/// variance, or `alpha` is outside (0, 0.5].
pub fn min_track_record_llz2025(
    sharpe: f64,
    threshold: f64,
    shape: &ReturnShape,
    alpha: f64,
) -> Option<SampleLength> {
    // The length with which every other sample of that true ratio passes.
    OneSidedTest::of_variances(sharpe - threshold, shape.unit_variance(threshold)?, 1.0, alpha)?.length(0.5)
}

#[cfg(test)]
mod tests {
    use super::super::one_sided::NeverEnough;
    use super::*;
    use assay_testing::close;

    /// Bailey and Lopez de Prado (2012): a monthly ratio of 0.458 over two years.
    #[test]
    fn the_three_agree_with_each_other() {
        let (sr, shape) = (0.458, ReturnShape { skew: -2.448, kurtosis: 10.164, rho1: 0.1 });
        let v = shape.sharpe_variance(0.1, 24.0).unwrap();
        let p = probabilistic_sharpe(sr, 0.1, v).unwrap();
        // At the level of its own p-value the estimate is the critical value, and 24 periods the length.
        assert!(close(critical_sharpe(0.1, v, 1.0 - p).unwrap(), sr, 1e-12));
        let length = min_track_record_llz2025(sr, 0.1, &shape, 1.0 - p).unwrap();
        assert!(close(length.needed().unwrap(), 24.0, 1e-12), "{length:?}");
    }

    #[test]
    fn a_ratio_at_or_below_the_threshold_never_has_the_length() {
        let length = |sr, sr0| min_track_record_llz2025(sr, sr0, &ReturnShape::NORMAL, 0.05);
        assert_eq!(length(0.05, 0.1), Some(SampleLength::Never(NeverEnough::ValueMissesBound)));
        assert_eq!(length(0.1, 0.1), Some(SampleLength::Never(NeverEnough::BoundIsValue)));
        assert!(length(f64::NAN, 0.1).is_none() && length(0.2, f64::INFINITY).is_none());
    }

    #[test]
    fn what_is_undefined_is_none() {
        for v in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(
                probabilistic_sharpe(0.2, 0.1, v).is_none() && critical_sharpe(0.1, v, 0.05).is_none(),
                "{v}"
            );
        }
        assert!(probabilistic_sharpe(f64::NAN, 0.1, 0.1).is_none());
        for alpha in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(critical_sharpe(0.1, 0.1, alpha).is_none(), "{alpha}");
        }
        assert!(critical_sharpe(f64::NAN, 0.1, 0.05).is_none());
        for alpha in [0.0, 0.51, f64::NAN] {
            assert!(min_track_record_llz2025(0.2, 0.1, &ReturnShape::NORMAL, alpha).is_none(), "{alpha}");
        }
    }
}
