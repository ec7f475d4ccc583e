//! The upper tail of the normal distribution, beyond where it is zero in double precision.

use super::super::deflated_sharpe::normal_cdf;

/// Where the series takes over; it is exact to 1e-14 there, and the tail itself still has all its digits.
const FAR: f64 = 35.0;

/// Natural logarithm of the chance of a standard normal value above `z`.
///
/// Far out by the asymptotic series of the tail, `phi(z) / z (1 - 1/z² + 3/z⁴ - 15/z⁶ + 105/z⁸ - 945/z¹⁰)`:
/// M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 26.2.12. NaN for NaN.
pub(super) fn ln_normal_upper(z: f64) -> f64 {
    if z > FAR {
        return -0.5 * z * z + ln_mills(z);
    }
    // From the other tail where this one is near one.
    if z < 0.0 { libm::log1p(-normal_cdf(z)) } else { libm::log(normal_cdf(-z)) }
}

/// Logarithm of the hazard `phi(z) / (1 - Phi(z))` of the standard normal distribution.
pub(super) fn ln_normal_hazard(z: f64) -> f64 {
    let half_ln_two_pi = 0.5 * libm::log(2.0 * std::f64::consts::PI);
    // Squares that would cancel are left out.
    if z > FAR { -half_ln_two_pi - ln_mills(z) } else { -0.5 * z * z - half_ln_two_pi - ln_normal_upper(z) }
}

/// `ln((1 - Phi(z)) exp(z² / 2))` for a large `z`.
fn ln_mills(z: f64) -> f64 {
    let u = 1.0 / (z * z);
    let series = 1.0 - u * (1.0 - u * (3.0 - u * (15.0 - u * (105.0 - u * 945.0))));
    libm::log(series / (z * (2.0 * std::f64::consts::PI).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    /// `scipy.stats.norm.logsf`, SciPy 1.17.
    const REFERENCE: [(f64, f64); 10] = [
        (-30.0, -4.906713927147908e-198),
        (-3.0, -0.0013508099647481925),
        (0.0, -std::f64::consts::LN_2),
        (1.5, -2.7059444008238898),
        (10.0, -53.23128515051248),
        (34.0, -582.4461622468718),
        (36.0, -652.5032275937986),
        (40.0, -804.6084420137539),
        (120.0, -7205.70649970838),
        (1000.0, -500007.8266948122),
    ];

    #[test]
    fn tails_match_reference_values() {
        for (z, want) in REFERENCE {
            assert!(close(ln_normal_upper(z), want, 1e-13), "{z}: {} is not {want}", ln_normal_upper(z));
        }
        assert_eq!(ln_normal_upper(f64::INFINITY), f64::NEG_INFINITY);
        assert!(ln_normal_upper(f64::NEG_INFINITY) == 0.0 && ln_normal_upper(f64::NAN).is_nan());
    }

    #[test]
    fn the_series_takes_over_without_a_step() {
        for f in [ln_normal_upper, ln_normal_hazard] {
            let (before, after) = (f(FAR), f(FAR + 1e-9));
            assert!((before - after).abs() < 1e-7, "{before} {after}");
        }
        // sqrt(2 / pi) at the middle; z + 1 / z far out.
        assert!(close(libm::exp(ln_normal_hazard(0.0)), (2.0 / std::f64::consts::PI).sqrt(), 1e-14));
        assert!(close(libm::exp(ln_normal_hazard(100.0)), 100.0 + 0.01 - 2e-6, 1e-10));
    }
}
