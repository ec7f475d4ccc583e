//! Models of log returns, fitted to a series and simulated: a known truth to test strategies and gates on.

use super::diffusion::{Gbm, Merton};
use super::filtered::Filtered;
use super::garch::Garch;
use super::heston::Heston;
use crate::random::Stream;
use crate::stats::{is_rounding, mean, std_dev};

/// Which model to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// [`Gbm`].
    Gbm,
    /// [`Merton`].
    Merton,
    /// [`Garch`] without asymmetry.
    Garch,
    /// [`Garch`] with asymmetry.
    GjrGarch,
    /// [`Filtered`] with a symmetric [`Garch`]: the best default, as it keeps most of the sample.
    FilteredHistorical,
    /// [`Heston`], roughly calibrated.
    Heston,
}

impl ModelKind {
    /// Fewest returns for which a fit means anything (convention).
    pub fn least_returns(self) -> usize {
        match self {
            Self::Gbm => 30,
            Self::Merton => 100,
            Self::Garch | Self::GjrGarch | Self::FilteredHistorical | Self::Heston => 250,
        }
    }
}

/// A fitted model of the log returns of one series, per bar.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// Independent normal returns.
    Gbm(Gbm),
    /// The same with jumps.
    Merton(Merton),
    /// Volatility clusters, normal shocks.
    Garch(Garch),
    /// Volatility clusters, the sample's shocks.
    Filtered(Filtered),
    /// Volatility wanders.
    Heston(Heston),
}

impl Model {
    /// Fits a model to log returns; the error says what is wrong with them.
    pub fn fit(kind: ModelKind, returns: &[f64]) -> Result<Self, String> {
        let least = kind.least_returns();
        if returns.len() < least {
            return Err(format!("the model needs at least {least} returns, was {}", returns.len()));
        }
        if let Some(at) = returns.iter().position(|r| !r.is_finite()) {
            return Err(format!("return {at} is not finite, was {}", returns[at]));
        }
        let sd = std_dev(returns, 1);
        if !sd.is_finite() || is_rounding(sd, mean(returns)) {
            return Err(format!("the returns must vary, standard deviation was {sd}"));
        }
        let (model, parameters) = match kind {
            ModelKind::Gbm => {
                let m = Gbm::fit(returns);
                (Self::Gbm(m), vec![m.mean, m.sd])
            }
            ModelKind::Merton => {
                let m = Merton::fit(returns);
                (Self::Merton(m), vec![m.mean, m.sd, m.intensity, m.jump_mean, m.jump_sd])
            }
            ModelKind::Garch | ModelKind::GjrGarch | ModelKind::FilteredHistorical => {
                let m = Garch::fit(returns, kind == ModelKind::GjrGarch);
                let parameters = vec![m.mean, m.omega, m.persistence(), m.alpha, m.first_variance()];
                if kind == ModelKind::FilteredHistorical {
                    (Self::Filtered(Filtered::of(m, returns)), parameters)
                } else {
                    (Self::Garch(m), parameters)
                }
            }
            ModelKind::Heston => {
                let m = Heston::fit(returns);
                (Self::Heston(m), vec![m.growth, m.kappa, m.theta, m.xi, m.rho, m.start])
            }
        };
        if parameters.iter().all(|p| p.is_finite()) { Ok(model) } else { Err("the fit failed".to_owned()) }
    }

    /// The same model with an expected growth of the price, `E[exp(r)] - 1`, of zero in every bar: the negative control, on
    /// which no strategy has an edge before costs and a gate must pass none.
    #[must_use]
    pub fn driftless(self) -> Self {
        match self {
            Self::Gbm(m) => Self::Gbm(m.driftless()),
            Self::Merton(m) => Self::Merton(m.driftless()),
            Self::Garch(m) => Self::Garch(Garch { driftless: true, ..m }),
            Self::Filtered(m) => Self::Filtered(m.driftless()),
            Self::Heston(m) => Self::Heston(m.driftless()),
        }
    }

    /// Name and parameters, per bar; of a filtered model those of its volatility.
    pub(super) fn parameters(&self) -> (&'static str, Vec<(&'static str, f64)>) {
        let garch = |g: &Garch| {
            let name = if g.gamma == 0.0 { "GARCH(1,1)" } else { "GJR-GARCH(1,1)" };
            let mean = if g.driftless { vec![] } else { vec![("mean", g.mean)] };
            let rest = [("omega", g.omega), ("alpha", g.alpha), ("gamma", g.gamma), ("beta", g.beta)];
            let shown = rest.into_iter().filter(|(n, v)| *n != "gamma" || *v != 0.0);
            (name, mean.into_iter().chain(shown).collect())
        };
        match self {
            Self::Gbm(m) => ("geometric Brownian motion", vec![("mean", m.mean), ("sd", m.sd)]),
            Self::Merton(m) => (
                "Merton's jump diffusion",
                vec![
                    ("mean", m.mean),
                    ("sd", m.sd),
                    ("jumps a bar", m.intensity),
                    ("jump mean", m.jump_mean),
                    ("jump sd", m.jump_sd),
                ],
            ),
            Self::Garch(m) => garch(m),
            Self::Filtered(m) => garch(m.garch()),
            Self::Heston(m) => (
                "Heston",
                vec![
                    ("growth", m.growth),
                    ("kappa", m.kappa),
                    ("theta", m.theta),
                    ("xi", m.xi),
                    ("rho", m.rho),
                    ("start variance", m.start),
                ],
            ),
        }
    }

    /// What was fitted, in words: the model and its parameters, per bar; of a filtered model how many shocks there are, not
    /// each of them.
    pub fn words(&self) -> String {
        let (name, parameters) = self.parameters();
        let each: Vec<String> = parameters.iter().map(|(n, v)| format!("{n} {}", significant(*v))).collect();
        let said = format!("{name}: {}", each.join(", "));
        let words = match self {
            Self::Filtered(m) => format!(
                "{said}; {} shocks of the history in blocks of {:.1} on average",
                m.residuals().len(),
                m.mean_block()
            ),
            _ => said,
        };
        match self {
            Self::Garch(Garch { driftless: true, .. }) => words + "; no drift",
            Self::Filtered(m) if m.garch().driftless => words + "; no drift",
            _ => words,
        }
    }

    /// Fills `out` with `n` log returns. Every model makes the same number of draws a bar whatever its parameters, so two
    /// models of a kind on equal streams stay paired.
    pub fn path(&self, n: usize, stream: &mut Stream, out: &mut Vec<f64>) {
        out.clear();
        out.reserve(n);
        match self {
            Self::Gbm(m) => m.path(n, stream, out),
            Self::Merton(m) => m.path(n, stream, out),
            Self::Garch(m) => m.path(n, stream, out),
            Self::Filtered(m) => m.path(n, stream, out),
            Self::Heston(m) => {
                m.path(n, stream, out);
            }
        }
    }
}

/// A number with some significant digits, two at least.
fn significant(v: f64) -> String {
    match v.abs() {
        0.0 => "0".to_owned(),
        size if (0.001..1.0).contains(&size) => format!("{v:.4}"),
        size if (1.0..1000.0).contains(&size) => format!("{v:.2}"),
        _ => format!("{v:.3e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::variance;
    use assay_testing::garch;

    const KINDS: [ModelKind; 6] = [
        ModelKind::Gbm,
        ModelKind::Merton,
        ModelKind::Garch,
        ModelKind::GjrGarch,
        ModelKind::FilteredHistorical,
        ModelKind::Heston,
    ];

    #[test]
    fn every_model_keeps_mean_and_variance_and_can_lose_its_drift() {
        let x = garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88);
        for kind in KINDS {
            let model = Model::fit(kind, &x).unwrap();
            let mut path = vec![1.0; 7];
            model.path(200_000, &mut Stream::new(1, "test", 0), &mut path);
            assert_eq!(path.len(), 200_000);
            let ratio = variance(&path, 0) / variance(&x, 0);
            assert!((ratio - 1.0).abs() < 0.25, "{kind:?}: {ratio}");
            assert!((mean(&path) - mean(&x)).abs() < 2e-4, "{kind:?}: {}", mean(&path));
            let mut again = vec![];
            model.path(500, &mut Stream::new(1, "test", 0), &mut again);
            assert_eq!(again, path[..500]);

            model.driftless().path(200_000, &mut Stream::new(1, "test", 0), &mut path);
            let growth: Vec<f64> = path.iter().map(|r| r.exp()).collect();
            let error = std_dev(&growth, 1) / 200_000f64.sqrt();
            assert!((mean(&growth) - 1.0).abs() < 4.0 * error, "{kind:?}: {}", mean(&growth) - 1.0);
        }
    }

    #[test]
    fn words_state_what_was_fitted() {
        let x = garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88);
        for kind in KINDS {
            for model in [Model::fit(kind, &x).unwrap(), Model::fit(kind, &x).unwrap().driftless()] {
                let words = model.words();
                assert!(words.len() < 200 && !words.contains('{'), "{words}");
                let fitted = match &model {
                    Model::Gbm(m) => format!("sd {}", significant(m.sd)),
                    Model::Merton(m) => format!("jump sd {}", significant(m.jump_sd)),
                    Model::Garch(m) => format!("beta {}", significant(m.beta)),
                    Model::Filtered(m) => format!("beta {}", significant(m.garch().beta)),
                    Model::Heston(m) => format!("kappa {}", significant(m.kappa)),
                };
                assert!(words.contains(&fitted), "{words}");
            }
        }
        assert_eq!([0.0, 0.78102, -2.0838e-5, 12.0].map(significant), ["0", "0.7810", "-2.084e-5", "12.00"]);
    }

    #[test]
    fn unusable_returns_are_refused_with_a_reason() {
        for kind in KINDS {
            assert!(Model::fit(kind, &[0.01; 10]).unwrap_err().contains("at least"));
            assert!(Model::fit(kind, &[0.01; 500]).unwrap_err().contains("must vary"));
            let mut x = garch(7, 500, 0.0, 0.000002, 0.1, 0.88);
            x[77] = f64::INFINITY;
            assert_eq!(Model::fit(kind, &x).unwrap_err(), "return 77 is not finite, was inf");
        }
    }
}
