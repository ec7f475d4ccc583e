//! Whether a fitted model fits: where its parameters lie, and what variance they imply.

use super::bar_moments::BarMoments;
use super::heston::Heston;
use super::models::Model;
use crate::stats::variance;

/// A persistence of the variance within this of one counts as at its bound, and a weight within this of zero as well.
/// Estimates keep below 0.99999; at 0.9999 half of a shock is still there after some 7,000 bars.
pub const BOUND_TOLERANCE: f64 = 1e-4;

/// A model whose long-run variance is more than this many times that of its sample, or less than the inverse, does not
/// fit (a factor of 1.41 in volatility).
pub const VARIANCE_FACTOR: f64 = 2.0;

/// Why paths of a fitted model are not like its sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoorFit {
    /// The persistence lies at its bound: shocks to the variance do not fade.
    Persistence,
    /// The long-run variance is not that of the sample, by more than [`VARIANCE_FACTOR`].
    Variance,
}

/// What a fit came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFit {
    /// Name of the model.
    pub name: &'static str,
    /// Its parameters, per bar.
    pub parameters: Vec<(&'static str, f64)>,
    /// Share of a shock to the variance that is left a bar later: `alpha + beta` of GARCH, `alpha + gamma / 2 + beta` of
    /// GJR-GARCH, `exp(-kappa)` of Heston; none where the variance does not change.
    pub persistence: Option<f64>,
    /// Parameters at a bound of the fit, by [`BOUND_TOLERANCE`] where there is no hard one.
    pub at_bounds: Vec<&'static str>,
    /// Variance of a bar in the long run; of a filtered model the median over a few paths as long as the sample.
    pub variance: f64,
    /// Variance of the sample (ddof 1).
    pub sample_variance: f64,
    /// Moments in the long run, as far as the model states them. Of a model without drift those beyond mean and deviation
    /// leave its correction of half the variance out.
    pub moments: BarMoments,
}

impl ModelFit {
    /// What is wrong with the fit, if anything. A bound of another parameter is harmless: its paths still have the
    /// variance of the sample.
    pub fn problems(&self) -> Vec<PoorFit> {
        let mut found = vec![];
        if self.at_bounds.contains(&PERSISTENCE) {
            found.push(PoorFit::Persistence);
        }
        let ratio = self.variance / self.sample_variance;
        if !(1.0 / VARIANCE_FACTOR..=VARIANCE_FACTOR).contains(&ratio) {
            found.push(PoorFit::Variance);
        }
        found
    }
}

/// The bound that makes a fit a poor one.
const PERSISTENCE: &str = "persistence";

impl Model {
    /// What the fit of this model to `returns` came to.
    pub fn fit_to(&self, returns: &[f64]) -> ModelFit {
        let (name, parameters) = self.parameters();
        let persistence = match self {
            Self::Gbm(_) | Self::Merton(_) => None,
            Self::Garch(g) => Some(g.persistence()),
            Self::Filtered(f) => Some(f.garch().persistence()),
            Self::Heston(h) => Some(libm::exp(-h.kappa)),
        };
        let mut at_bounds = match self {
            Self::Gbm(_) | Self::Merton(_) => vec![],
            Self::Garch(g) => g.weights_at_zero(BOUND_TOLERANCE),
            Self::Filtered(f) => f.garch().weights_at_zero(BOUND_TOLERANCE),
            Self::Heston(_) => Heston::calibrate(returns).1,
        };
        if persistence.is_some_and(|p| p >= 1.0 - BOUND_TOLERANCE) && !at_bounds.contains(&PERSISTENCE) {
            at_bounds.insert(0, PERSISTENCE);
        }
        let moments = self.moments();
        ModelFit {
            name,
            parameters,
            persistence,
            at_bounds,
            variance: moments.sd * moments.sd,
            sample_variance: variance(returns, 1),
            moments,
        }
    }

    /// Moments of a bar in the long run.
    fn moments(&self) -> BarMoments {
        match self {
            Self::Gbm(m) => BarMoments {
                skewness: 0.0,
                kurtosis: 3.0,
                acf1: 0.0,
                squares_acf1: 0.0,
                ..BarMoments::two(m.mean, m.sd)
            },
            Self::Merton(m) => {
                let [mean, variance, third, fourth] = m.cumulants();
                BarMoments {
                    skewness: third / (variance * variance.sqrt()),
                    kurtosis: 3.0 + fourth / (variance * variance),
                    acf1: 0.0,
                    squares_acf1: 0.0,
                    ..BarMoments::two(mean, variance.sqrt())
                }
            }
            Self::Garch(g) => g.moments(),
            // No formula: shocks that follow each other as in the sample answer to what the volatility misses.
            Self::Filtered(f) => {
                let variance = f.usual_variance();
                let g = f.garch();
                BarMoments::two(if g.driftless { -0.5 * variance } else { g.mean }, variance.sqrt())
            }
            Self::Heston(h) => BarMoments::two(h.growth - 0.5 * h.theta, h.theta.sqrt()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::{Garch, ModelKind};
    use crate::random::Stream;
    use assay_testing::{close, garch, iid};

    /// The variance has no long-run value: shocks to it never fade.
    fn integrated() -> Vec<f64> {
        let (mut s, mut h, mut out) = (Stream::new(2, "test", 0), 1e-4, vec![]);
        for _ in 0..6000 {
            let e = f64::sqrt(h) * s.normal();
            out.push(e);
            h = 1e-8 + 0.06 * e * e + 0.94 * h;
        }
        out
    }

    #[test]
    fn a_fit_inside_its_bounds_has_no_problem() {
        let x = garch(7, 6000, 0.0003, 0.000002, 0.1, 0.88);
        for kind in [
            ModelKind::Gbm,
            ModelKind::Merton,
            ModelKind::Garch,
            ModelKind::GjrGarch,
            ModelKind::FilteredHistorical,
            ModelKind::Heston,
        ] {
            let fit = Model::fit(kind, &x).unwrap().fit_to(&x);
            assert!(fit.problems().is_empty() && fit.at_bounds.is_empty(), "{fit:?}");
            assert!((fit.variance / fit.sample_variance - 1.0).abs() < 0.1, "{fit:?}");
        }
    }

    #[test]
    fn an_integrated_variance_is_at_the_bound_of_persistence() {
        let x = integrated();
        for kind in [ModelKind::Garch, ModelKind::GjrGarch, ModelKind::FilteredHistorical] {
            let fit = Model::fit(kind, &x).unwrap().fit_to(&x);
            assert_eq!(fit.at_bounds[0], "persistence", "{fit:?}");
            assert!(fit.problems().contains(&PoorFit::Persistence));
        }
    }

    #[test]
    fn the_tolerance_and_the_factor_decide() {
        let x = iid(3, 1000, 0.0, 0.01);
        let sample = variance(&x, 1);
        let of = |persistence: f64, ratio: f64| {
            let omega = ratio * sample * (1.0 - persistence);
            let beta = persistence - 0.05;
            let g =
                Garch { mean: 0.0, omega, alpha: 0.05, gamma: 0.0, beta, backcast: 1e-4, driftless: false };
            Model::Garch(g).fit_to(&x).problems()
        };
        assert!(of(0.99985, 1.0).is_empty() && of(0.9, 1.99).is_empty() && of(0.9, 0.51).is_empty());
        assert_eq!(of(0.99995, 1.0), [PoorFit::Persistence]);
        assert_eq!([of(0.9, 2.01), of(0.9, 0.49)], [[PoorFit::Variance]; 2]);
        assert_eq!(of(0.99995, f64::NAN), [PoorFit::Persistence, PoorFit::Variance]);
    }

    #[test]
    fn noise_has_no_clusters_and_that_is_harmless() {
        let x = iid(5, 3000, 0.0, 0.01);
        for kind in [ModelKind::Garch, ModelKind::FilteredHistorical, ModelKind::Heston] {
            let fit = Model::fit(kind, &x).unwrap().fit_to(&x);
            assert!(!fit.problems().contains(&PoorFit::Variance), "{fit:?}");
        }
    }

    #[test]
    fn stated_moments_are_those_of_long_paths() {
        let x = garch(7, 6000, 0.0003, 0.000004, 0.08, 0.88);
        for kind in [ModelKind::Gbm, ModelKind::Merton, ModelKind::Garch, ModelKind::GjrGarch] {
            let model = Model::fit(kind, &x).unwrap();
            let stated = model.fit_to(&x).moments;
            let mut path = vec![];
            model.path(500_000, &mut Stream::new(1, "test", 0), &mut path);
            let drawn = BarMoments::of(&path);
            let near = |a: f64, b: f64, most: f64| assert!((a - b).abs() < most, "{kind:?}: {a} {b}");
            near(drawn.mean, stated.mean, 1e-4);
            near(drawn.sd / stated.sd, 1.0, 0.02);
            near(drawn.skewness, stated.skewness, 0.05);
            near(drawn.kurtosis, stated.kurtosis, 0.2);
            near(drawn.acf1, stated.acf1, 0.01);
            near(drawn.squares_acf1, stated.squares_acf1, 0.03);
        }
    }

    #[test]
    fn moments_of_garch_match_the_closed_form() {
        // T. Bollerslev (1986): kurtosis 3 (1 - p^2) / (1 - p^2 - 2 alpha^2), p = alpha + beta, and the
        // autocorrelation of the squares alpha (1 - alpha beta - beta^2) / (1 - 2 alpha beta - beta^2).
        let g = Garch {
            mean: 0.0,
            omega: 1e-6,
            alpha: 0.1,
            gamma: 0.0,
            beta: 0.85,
            backcast: 1e-4,
            driftless: false,
        };
        let m = g.moments();
        assert!(close(m.kurtosis, 3.0 * (1.0 - 0.9025) / (1.0 - 0.9025 - 0.02), 1e-12));
        assert!(close(m.squares_acf1, 0.1 * (1.0 - 0.085 - 0.7225) / (1.0 - 0.17 - 0.7225), 1e-12));
        let wild = Garch { alpha: 0.6, beta: 0.3, ..g }.moments();
        assert!(wild.kurtosis.is_nan() && wild.squares_acf1.is_nan() && wild.sd.is_finite());
    }
}
