//! Power of a one-sided test of a statistic that is close to normal, and the length that a power asks for.

use super::super::deflated_sharpe::normal_cdf;
use super::shape::{ReturnShape, positive};
use crate::random::inverse_normal;

/// Why no sample is long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeverEnough {
    /// The true value is the bound: a sample of any length passes with the chance of the level alone.
    BoundIsValue,
    /// The true value lies on the wrong side of the bound: a longer sample passes less often.
    ValueMissesBound,
}

/// Length of a sample that a claim needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SampleLength {
    /// So many observations, not rounded.
    Needed(f64),
    /// No number of them is enough.
    Never(NeverEnough),
}

impl SampleLength {
    /// The number of observations, not rounded, where some number is enough.
    pub fn needed(self) -> Option<f64> {
        match self {
            Self::Needed(n) => Some(n),
            Self::Never(_) => None,
        }
    }
}

/// A test that passes where an estimate exceeds a bound by more than `z_{1-alpha}` standard errors: those
/// that it has if the bound is the true value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneSidedTest {
    /// True value less bound.
    distance: f64,
    /// Standard error of the estimate times the square root of the number of observations, if the bound is
    /// true.
    sd_at_bound: f64,
    /// The same if the value is true.
    sd_at_value: f64,
    /// `z_{1-alpha}`.
    z: f64,
}

impl OneSidedTest {
    /// A true value that exceeds the bound by `distance`, at level `alpha`, for an estimate whose variance
    /// times the number of observations is `at_bound` and `at_value` where the bound and the value are true.
    ///
    /// `None` unless `distance` is finite, the variances are positive and `alpha` lies in (0, 0.5].
    pub fn of_variances(distance: f64, at_bound: f64, at_value: f64, alpha: f64) -> Option<Self> {
        if !(alpha > 0.0 && alpha <= 0.5 && distance.is_finite()) {
            return None;
        }
        let (sd_at_bound, sd_at_value) = (positive(at_bound)?.sqrt(), positive(at_value)?.sqrt());
        Some(Self { distance, sd_at_bound, sd_at_value, z: -inverse_normal(alpha) })
    }

    /// The test that a true Sharpe ratio is `threshold` where it is `sharpe`, both per period, at level
    /// `alpha`; variances of the two hypotheses by [`ReturnShape::unit_variance`].
    ///
    /// `None` as there and as in [`of_variances`](Self::of_variances).
    pub fn of_sharpe(threshold: f64, sharpe: f64, shape: &ReturnShape, alpha: f64) -> Option<Self> {
        let (at_bound, at_value) = (shape.unit_variance(threshold)?, shape.unit_variance(sharpe)?);
        Self::of_variances(sharpe - threshold, at_bound, at_value, alpha)
    }

    /// Chance that a sample of `n` observations passes: `Phi((distance sqrt(n) - z s_bound) / s_value)`.
    ///
    /// For Sharpe ratios `1 - Phi((SR_c - SR1) / sqrt(V(SR1)))`, Lopez de Prado, Lipton and Zoonekynd, SSRN
    /// 5520741 (2025), equations 15 to 17. `None` unless `n` is positive.
    pub fn power(&self, n: f64) -> Option<f64> {
        let distance = self.distance * positive(n)?.sqrt();
        Some(normal_cdf((distance - self.z * self.sd_at_bound) / self.sd_at_value))
    }

    /// Observations with which a sample passes with chance `power`:
    /// `((z s_bound + z_power s_value) / distance)²`.
    ///
    /// Never where the value does not exceed the bound. `None` unless `power` lies in [0.5, 1).
    pub fn length(&self, power: f64) -> Option<SampleLength> {
        if !(0.5..1.0).contains(&power) {
            return None;
        }
        Some(if self.distance > 0.0 {
            let root = (self.z * self.sd_at_bound + inverse_normal(power) * self.sd_at_value) / self.distance;
            SampleLength::Needed(root * root)
        } else if self.distance == 0.0 {
            SampleLength::Never(NeverEnough::BoundIsValue)
        } else {
            SampleLength::Never(NeverEnough::ValueMissesBound)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;
    use proptest::prelude::*;

    /// (1.959964 + 0.8416212)² = 7.8488797.
    #[test]
    fn a_mean_of_one_standard_deviation_takes_eight() {
        let test = OneSidedTest::of_variances(1.0, 1.0, 1.0, 0.025).unwrap();
        assert!(close(test.length(0.8).unwrap().needed().unwrap(), 7.848879734349089, 1e-12));
    }

    #[test]
    fn what_is_undefined_is_none() {
        for (distance, bound, value, alpha) in [
            (f64::NAN, 1.0, 1.0, 0.05),
            (f64::INFINITY, 1.0, 1.0, 0.05),
            (1.0, 0.0, 1.0, 0.05),
            (1.0, 1.0, -1.0, 0.05),
            (1.0, 1.0, 1.0, 0.0),
            (1.0, 1.0, 1.0, 0.6),
            (1.0, 1.0, 1.0, f64::NAN),
        ] {
            assert!(OneSidedTest::of_variances(distance, bound, value, alpha).is_none());
        }
        let test = OneSidedTest::of_variances(1.0, 1.0, 1.0, 0.05).unwrap();
        for power in [0.49, 1.0, f64::NAN] {
            assert!(test.length(power).is_none(), "{power}");
        }
        assert!(test.power(0.0).is_none() && test.power(f64::NAN).is_none());
        assert!(
            OneSidedTest::of_sharpe(0.0, 0.1, &ReturnShape { rho1: 1.0, ..ReturnShape::NORMAL }, 0.05)
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn the_power_at_the_length_of_a_power_is_that_power(
            distance in 0.001f64..3.0, at_bound in 0.01f64..9.0, at_value in 0.01f64..9.0,
            alpha in 1e-6f64..0.5, power in 0.5f64..0.9999,
        ) {
            let test = OneSidedTest::of_variances(distance, at_bound, at_value, alpha).unwrap();
            let n = test.length(power).unwrap().needed().unwrap();
            prop_assert!(close(test.power(n).unwrap(), power, 1e-10));
            prop_assert!(test.power(1.1 * n).unwrap() >= test.power(n).unwrap());
        }

        #[test]
        fn the_bound_as_the_value_passes_at_the_level_at_any_length(
            v in 0.01f64..9.0, alpha in 1e-6f64..0.5, n in 1.0f64..1e6,
        ) {
            let test = OneSidedTest::of_variances(0.0, v, v, alpha).unwrap();
            prop_assert!(close(test.power(n).unwrap(), alpha, 1e-10));
            prop_assert_eq!(test.length(0.8), Some(SampleLength::Never(NeverEnough::BoundIsValue)));
            let below = OneSidedTest::of_variances(-0.1, v, v, alpha).unwrap();
            prop_assert!(below.power(n).unwrap() < alpha);
            prop_assert_eq!(below.length(0.8), Some(SampleLength::Never(NeverEnough::ValueMissesBound)));
        }
    }
}
