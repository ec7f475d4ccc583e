//! What the sweep that found a setting says of the choice it made.

use serde::{Deserialize, Serialize};

use super::rule::names;
use super::search_placebos::SearchPlacebos;
use super::verdict::Observation;
use crate::stats::Interval;

/// A sweep as a search: how its choice does out of sample, and what tests of all its candidates say. Chances are fractions;
/// what the sweep could not compute is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchChoice {
    /// Id of the sweep.
    pub sweep: String,
    /// Its scenario.
    pub scenario: String,
    /// Candidates.
    pub candidates: u64,
    /// Days they were compared over.
    pub days: u64,
    /// Ways to part these days in two halves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splits: Option<u64>,
    /// Share of them in which the best of one half is below the median of the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pbo: Option<f64>,
    /// Share of them in which the best of one half loses in the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prob_loss: Option<f64>,
    /// Hansen's consistent test of all candidates against cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spa_p: Option<f64>,
    /// Where it would lie with endlessly many resamples, 95 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spa_p_interval: Option<Interval>,
    /// Stepdown p-value of the best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stepdown_p: Option<f64>,
    /// Its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stepdown_p_interval: Option<Interval>,
    /// The whole search again on placebo bars, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placebos: Option<SearchPlacebos>,
}

/// A figure of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceFigure {
    /// The best in sample is below the median out of sample.
    Pbo,
    /// The best in sample loses out of sample.
    ProbLoss,
    /// Hansen's test.
    SpaP,
    /// Stepdown p-value.
    StepdownP,
    /// The whole search again on placebo bars.
    SearchP,
}

names!(ChoiceFigure: "figure of a choice" {
    Pbo = "pbo", ProbLoss = "prob_loss", SpaP = "spa_p", StepdownP = "stepdown_p",
    SearchP = "search_p",
});

/// From this share on a choice is no better than any other.
const NO_BETTER: f64 = 0.4;

/// Up to this share it carries over.
const CARRIES_OVER: f64 = 0.2;

/// Up to this share of splits the chosen one does not lose.
const SELDOM_LOSES: f64 = 0.1;

/// From this share on it loses as noise does.
const OFTEN_LOSES: f64 = 0.3;

impl SearchChoice {
    /// One of its figures.
    pub(super) fn observe(&self, figure: ChoiceFigure) -> Observation {
        let of_splits = format!("sweep {}, cross-validated on {} days", self.sweep, self.days);
        let of_tests = format!("sweep {}, {} candidates", self.sweep, self.candidates);
        let (value, interval, n, n_unit, method) = match figure {
            ChoiceFigure::Pbo => (self.pbo, None, self.splits.unwrap_or(0), "splits", of_splits),
            ChoiceFigure::ProbLoss => (self.prob_loss, None, self.splits.unwrap_or(0), "splits", of_splits),
            ChoiceFigure::SpaP => (self.spa_p, self.spa_p_interval, self.days, "days", of_tests),
            ChoiceFigure::StepdownP => {
                (self.stepdown_p, self.stepdown_p_interval, self.days, "days", of_tests)
            }
            ChoiceFigure::SearchP => {
                let p = self.placebos.as_ref();
                let replayed = format!("sweep {}, the whole search on placebo bars, 95 %", self.sweep);
                (p.map(|p| p.search_p), p.map(|p| p.interval), p.map_or(0, |p| p.n), "placebos", replayed)
            }
        };
        Observation {
            value,
            interval,
            n,
            n_unit,
            method,
            // A share of all splits has no interval of its own: halves of the same days depend on each other.
            exact: interval.is_none(),
            missing: value.is_none().then(|| {
                let how = match figure {
                    ChoiceFigure::SearchP => ": run it with --placebos 199",
                    _ => "",
                };
                format!("the sweep that found it, {}, has no {figure}{how}", self.sweep)
            }),
            ..Observation::default()
        }
    }

    /// What it says, in words.
    pub fn says(&self) -> String {
        let found = format!(
            "found by sweep {} of scenario {:?}: the best of {} candidates",
            self.sweep, self.scenario, self.candidates
        );
        let found = match &self.placebos {
            Some(placebos) => format!("{found}; {}", placebos.says()),
            None => found,
        };
        let (Some(pbo), Some(loss)) = (self.pbo, self.prob_loss) else { return found };
        let means = if pbo > NO_BETTER && loss < SELDOM_LOSES {
            ": a plateau of equals, which one is chosen does not matter, and it does not lose"
        } else if pbo > NO_BETTER && loss > OFTEN_LOSES {
            ": the choice is worth nothing out of sample"
        } else if pbo < CARRIES_OVER && loss < SELDOM_LOSES {
            ": the choice carries over"
        } else {
            ""
        };
        format!("{found}; PBO {pbo:.2}, it loses out of sample in {:.0} % of splits{means}", 100.0 * loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(pbo: f64, prob_loss: f64) -> SearchChoice {
        SearchChoice {
            sweep: "abc".into(),
            scenario: "grid".into(),
            candidates: 200,
            days: 900,
            splits: Some(12_870),
            pbo: Some(pbo),
            prob_loss: Some(prob_loss),
            ..SearchChoice::default()
        }
    }

    #[test]
    fn what_tells_noise_from_a_plateau_is_whether_it_loses() {
        let says = |pbo, loss| choice(pbo, loss).says();
        assert!(says(0.47, 0.03).ends_with("it loses out of sample in 3 % of splits: a plateau of equals, which one is chosen does not matter, and it does not lose"));
        assert!(says(0.51, 0.48).ends_with("the choice is worth nothing out of sample"));
        assert!(says(0.1, 0.0).ends_with("the choice carries over"));
        assert!(says(0.3, 0.2).ends_with("it loses out of sample in 20 % of splits"));
        let alone = SearchChoice { pbo: None, ..choice(0.5, 0.5) };
        assert!(alone.says().ends_with("the best of 200 candidates"));
    }

    #[test]
    fn a_figure_that_the_sweep_lacks_has_a_reason() {
        let o = choice(0.3, 0.2).observe(ChoiceFigure::SpaP);
        assert_eq!(
            (o.value, o.missing.as_deref()),
            (None, Some("the sweep that found it, abc, has no spa_p"))
        );
        let placebos = choice(0.3, 0.2).observe(ChoiceFigure::SearchP);
        assert!(placebos.missing.unwrap().ends_with("has no search_p: run it with --placebos 199"));
        let pbo = choice(0.3, 0.2).observe(ChoiceFigure::Pbo);
        assert_eq!((pbo.value, pbo.n, pbo.exact), (Some(0.3), 12_870, true));
    }

    #[test]
    fn the_search_on_placebo_bars_is_a_figure_with_an_interval() {
        let placebos = Some(SearchPlacebos::of(Some(2.0), &[Some(1.0); 199]));
        let swept = SearchChoice { placebos, ..choice(0.3, 0.2) };
        let o = swept.observe(ChoiceFigure::SearchP);
        assert_eq!((o.value, o.n, o.n_unit, o.exact), (Some(0.005), 199, "placebos", false));
        assert!(o.interval.unwrap().hi > 0.018 && swept.says().contains("; the whole search again on 199"));
    }
}
