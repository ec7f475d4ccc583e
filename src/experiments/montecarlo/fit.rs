//! Whether the model that paths are drawn from fits its history: one that does not is refused unless asked for.

use serde::{Deserialize, Serialize};

use super::history::method_of;
use crate::error::{Error, Result};
use crate::metrics::nan_as_null;
use crate::paths::{BOUND_TOLERANCE, BarMoments, Model, ModelFit, PoorFit, VARIANCE_FACTOR};
use crate::scenario::Scenario;

/// A parameter of a fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedParameter {
    /// Its name.
    pub name: String,
    /// Its value, per bar.
    #[serde(with = "nan_as_null")]
    pub value: f64,
}

/// What the fit of a model to the judged bars came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitSummary {
    /// The model.
    pub model: String,
    /// Its parameters.
    pub parameters: Vec<FittedParameter>,
    /// Share of a shock to the variance that is left a bar later; none where the variance does not change.
    pub persistence: Option<f64>,
    /// Parameters at a bound of the fit.
    pub at_bounds: Vec<String>,
    /// Volatility in the long run that the model implies, a year.
    #[serde(with = "nan_as_null")]
    pub implied_volatility: f64,
    /// Volatility of the history it was fitted to, a year.
    #[serde(with = "nan_as_null")]
    pub sample_volatility: f64,
    /// Whether it fits: the persistence inside its bound and the variance that of the history.
    pub fits: bool,
}

/// A model that is drawn from.
#[derive(Debug, Clone)]
pub(super) struct FittedModel {
    /// What it came to, in words.
    pub words: String,
    /// The same as data.
    pub fit: FitSummary,
    /// Moments of a bar that it states.
    pub moments: BarMoments,
    /// What is wrong with it, where it was asked for all the same.
    pub warning: Option<String>,
}

impl FittedModel {
    /// A model of `returns`, of which there are `per_year` a year.
    ///
    /// # Errors
    /// It does not fit, and `montecarlo.accept_poor_fit` does not ask for it.
    pub fn accepted(scenario: &Scenario, model: &Model, returns: &[f64], per_year: f64) -> Result<Self> {
        let fit = model.fit_to(returns);
        let problem = problem(&fit, per_year);
        if let (Some(problem), false) = (&problem, scenario.montecarlo.accept_poor_fit) {
            return Err(Error::scenario(method_of(scenario), problem).hint(
                "use stationary, circular or regime, which draw the bars themselves, or another span by data.from \
                 and data.to, or ask for this model by montecarlo.accept_poor_fit = true",
            ));
        }
        let warning = problem.map(|p| format!("{p}; its paths are not like the history"));
        let moments = fit.moments;
        Ok(Self { words: model.words(), fit: FitSummary::of(&fit, per_year), moments, warning })
    }
}

impl FitSummary {
    fn of(fit: &ModelFit, per_year: f64) -> Self {
        let parameter =
            |(name, value): &(&str, f64)| FittedParameter { name: (*name).to_owned(), value: *value };
        Self {
            model: fit.name.to_owned(),
            parameters: fit.parameters.iter().map(parameter).collect(),
            persistence: fit.persistence,
            at_bounds: fit.at_bounds.iter().map(|b| (*b).to_owned()).collect(),
            implied_volatility: (fit.variance * per_year).sqrt(),
            sample_volatility: (fit.sample_variance * per_year).sqrt(),
            fits: fit.problems().is_empty(),
        }
    }
}

/// What is wrong with a fit, in words; none where nothing is.
fn problem(fit: &ModelFit, per_year: f64) -> Option<String> {
    let problems = fit.problems();
    if problems.is_empty() {
        return None;
    }
    let [implied, sample] = [fit.variance, fit.sample_variance].map(|v| (v * per_year).sqrt());
    let persistence = fit.persistence.map(|p| format!("persistence {p:.5}, "));
    let why: Vec<String> = problems
        .iter()
        .map(|p| match p {
            PoorFit::Persistence => {
                format!("its persistence is at the bound of the fit (tolerance {BOUND_TOLERANCE})")
            }
            PoorFit::Variance => {
                format!("its variance is not within a factor of {VARIANCE_FACTOR} of the history's")
            }
        })
        .collect();
    Some(format!(
        "the {} model does not fit: {} ({}volatility {implied:.2} a year where the history has {sample:.2})",
        fit.name,
        why.join(", and "),
        persistence.unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::{Garch, ModelKind};

    fn scenario(more: &str) -> Scenario {
        let text = format!(
            "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a\"]\n[params]\nfast = 5\nslow = 20\n\
             [montecarlo]\nmethod = \"garch\"\n{more}"
        );
        Scenario::parse(&text, "t", std::path::PathBuf::new(), &[]).unwrap()
    }

    fn of(persistence: f64) -> Model {
        let omega = 1e-4 * (1.0 - persistence);
        let (alpha, beta) = (0.05, persistence - 0.05);
        Model::Garch(Garch { mean: 0.0, omega, alpha, gamma: 0.0, beta, backcast: 1e-4, driftless: false })
    }

    #[test]
    fn a_poor_fit_is_refused_by_name_unless_asked_for() {
        let x: Vec<f64> = (0..500).map(|i| if i % 2 == 0 { 0.01 } else { -0.01 }).collect();
        let e = FittedModel::accepted(&scenario(""), &of(0.99999), &x, 8760.0).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        let said = e.to_string();
        for part in [
            "montecarlo.method \"garch\"",
            "GARCH(1,1)",
            "persistence 0.99999",
            "volatility 0.94 a year where the history has 0.94",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert!(e.remedy().unwrap().contains("montecarlo.accept_poor_fit"));

        let asked = scenario("accept_poor_fit = true\n");
        let m = FittedModel::accepted(&asked, &of(0.99999), &x, 8760.0).unwrap();
        assert!(m.warning.unwrap().contains("does not fit") && !m.fit.fits);
        assert_eq!(m.fit.at_bounds, ["persistence"]);
        let m = FittedModel::accepted(&asked, &of(0.98), &x, 8760.0).unwrap();
        assert!(m.warning.is_none() && m.fit.fits && m.fit.at_bounds.is_empty());
    }

    #[test]
    fn a_variance_unlike_the_history_is_told_with_both_volatilities() {
        let x: Vec<f64> = (0..500).map(|i| if i % 2 == 0 { 0.005 } else { -0.005 }).collect();
        let e = FittedModel::accepted(&scenario(""), &of(0.98), &x, 10_000.0).unwrap_err().to_string();
        assert!(
            e.contains("factor of 2") && e.contains("volatility 1.00 a year where the history has 0.50"),
            "{e}"
        );
        let gbm = Model::fit(ModelKind::Gbm, &x).unwrap();
        assert!(FittedModel::accepted(&scenario(""), &gbm, &x, 10_000.0).unwrap().fit.persistence.is_none());
    }
}
