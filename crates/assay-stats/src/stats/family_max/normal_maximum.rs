//! The largest of so many independent standard normal values.

use super::super::deflated_sharpe::normal_cdf;

/// Half the range of the quadrature: beyond, the density of the largest is zero in double precision for any
/// number of values up to [`MOST`].
const REACH: f64 = 12.0;

/// Steps of the quadrature a unit.
const STEPS: i32 = 64;

/// The largest number of values that is computed.
const MOST: f64 = 1e15;

/// Moments of the largest of several independent standard normal values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalMaximum {
    /// Mean.
    pub mean: f64,
    /// Mean square.
    pub second_moment: f64,
    /// Variance.
    pub variance: f64,
}

/// Mean, second moment and variance of the largest of `k` independent standard normal values, density
/// `k phi(z) Phi(z)^(k - 1)`; `k` may be an effective number.
///
/// By the trapezoidal rule on [-12, 12], whose error falls exponentially for such a density: to about 1e-13.
/// `None` unless `k` is from 1 to 1e15.
pub fn max_of_normals(k: f64) -> Option<NormalMaximum> {
    (1.0..=MOST).contains(&k).then(|| NormalGrid::new().moments(k))
}

/// The number of independent trials whose best is expected at `expected_max` standard deviations, not below
/// one: the N with [`max_of_normals`] of that mean, by bisection.
///
/// One where `expected_max` is zero or less; 1e15 where more would be needed; NaN for NaN.
pub(super) fn trials_of_expected_max(expected_max: f64) -> f64 {
    if expected_max.is_nan() {
        return f64::NAN;
    }
    if expected_max <= 0.0 {
        return 1.0;
    }
    let grid = NormalGrid::new();
    let (mut lo, mut hi) = (1.0, 2.0);
    while hi < MOST && grid.moments(hi).mean < expected_max {
        (lo, hi) = (hi, hi * 2.0);
    }
    hi = hi.min(MOST);
    loop {
        let middle = 0.5 * (lo + hi);
        // Until no number lies between; the last bits are those of the quadrature.
        if middle <= lo || middle >= hi {
            return middle;
        }
        if grid.moments(middle).mean < expected_max { lo = middle } else { hi = middle }
    }
}

/// Points of the quadrature with what does not depend on the number of values.
struct NormalGrid(Vec<GridPoint>);

struct GridPoint {
    z: f64,
    /// Density times the step.
    weight: f64,
    /// `ln Phi(z)`.
    ln_cdf: f64,
}

impl NormalGrid {
    fn new() -> Self {
        let end = REACH as i32 * STEPS;
        let point = |i: i32| {
            let z = f64::from(i) / f64::from(STEPS);
            let density = libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
            // From the upper tail where Phi is near one, which keeps the digits that a large power asks for.
            let ln_cdf = if z > 0.0 { libm::log1p(-normal_cdf(-z)) } else { libm::log(normal_cdf(z)) };
            GridPoint { z, weight: density / f64::from(STEPS), ln_cdf }
        };
        Self((-end..=end).map(point).collect())
    }

    fn moments(&self, k: f64) -> NormalMaximum {
        let density: Vec<f64> =
            self.0.iter().map(|p| k * p.weight * libm::exp((k - 1.0) * p.ln_cdf)).collect();
        let over = |value: &dyn Fn(f64) -> f64| -> f64 {
            self.0.iter().zip(&density).map(|(p, d)| d * value(p.z)).sum()
        };
        let mean = over(&|z| z);
        // About the mean: the difference of second moment and squared mean would lose digits.
        let variance = over(&|z| (z - mean) * (z - mean));
        NormalMaximum { mean, second_moment: over(&|z| z * z), variance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    /// Vectors `maximum_of_k_normals`, field `exact`: adaptive quadrature of SciPy 1.17.
    #[test]
    fn moments_match_reference_values() {
        for (k, mean, second, variance) in [
            (2.0, 0.5641895835477564, 1.0, 0.6816901138162095),
            (3.0, 0.8462843753216346, 1.275664447710896, 0.5594672037973668),
            (5.0, 1.1629644736405198, 1.8000204359706327, 0.4475340690206613),
            (10.0, 1.5387527308351734, 2.712103789913393, 0.34434382326068924),
            (50.0, 2.249073629389851, 5.274044600380349, 0.21571240996351193),
            (100.0, 2.507593636441685, 6.4724306591086584, 0.18440481358582428),
            (200.0, 2.746042447451156, 7.70147354847117, 0.16072442526763364),
            (1000.0, 3.2414357691334432, 10.630361262511649, 0.1234554170939326),
            (10_000.0, 3.851615817066679, 14.927455403470194, 0.09251100119197275),
        ] {
            let m = max_of_normals(k).unwrap();
            for (got, want) in [(m.mean, mean), (m.second_moment, second), (m.variance, variance)] {
                assert!(close(got, want, 1e-12), "{k}: {got} is not {want}");
            }
        }
        let one = max_of_normals(1.0).unwrap();
        assert!(
            one.mean.abs() < 1e-14 && close(one.variance, 1.0, 1e-13) && close(one.second_moment, 1.0, 1e-13)
        );
    }

    /// By hand: 1 / sqrt(pi), 3 / (2 sqrt(pi)).
    #[test]
    fn two_and_three_are_closed_forms() {
        let root = std::f64::consts::PI.sqrt();
        assert!(close(max_of_normals(2.0).unwrap().mean, 1.0 / root, 1e-13));
        assert!(close(max_of_normals(3.0).unwrap().mean, 1.5 / root, 1e-13));
    }

    #[test]
    fn the_number_of_trials_is_the_inverse_of_the_expected_maximum() {
        for n in [1.0, 1.25, 2.0, 7.5, 88.0, 1e4, 1e6, 3e12] {
            let back = trials_of_expected_max(max_of_normals(n).unwrap().mean);
            assert!(close(back, n, 1e-9), "{n}: {back}");
        }
        // Vectors `family_max`.
        for (mean, n) in [
            (0.015931808975656377, 1.0178465349527877),
            (0.5640722580441677, 1.9996805438449374),
            (0.8054894188747296, 2.821402976031695),
            (0.9914524255566496, 3.7622778044054273),
        ] {
            assert!(close(trials_of_expected_max(mean), n, 1e-9), "{mean}");
        }
        assert!(trials_of_expected_max(0.0) == 1.0 && trials_of_expected_max(-2.0) == 1.0);
        assert!(close(trials_of_expected_max(f64::INFINITY), MOST, 1e-12));
        assert!(trials_of_expected_max(f64::NAN).is_nan());
    }

    #[test]
    fn what_is_no_number_of_values_has_no_maximum() {
        for k in [0.999, -1.0, f64::NAN, f64::INFINITY, 1e16] {
            assert!(max_of_normals(k).is_none(), "{k}");
        }
        let means: Vec<f64> = (0..40).map(|i| max_of_normals(2f64.powi(i)).unwrap().mean).collect();
        assert!(means.windows(2).all(|m| m[0] < m[1]));
    }
}
