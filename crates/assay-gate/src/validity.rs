//! What criteria ask of the search behind a run, and of the studies made of it.

use super::choice::ChoiceFigure;
use super::criteria::CriterionMetric;
use super::evidence::Evidence;
use super::rule::names;
use super::search::FamilySearch;
use super::verdict::Observation;
use crate::stats::EdgePrior;

/// A figure of the search that a run came from, or of a study of it: what the run was, not what it earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValidityMetric {
    /// Chance that the best of all trials of the family looks this good by luck.
    FamilyP,
    /// Chance that the true Sharpe ratio is above what luck is expected to show.
    DeflatedSharpe,
    /// Sharpe ratio that luck is expected to show.
    ExpectedMaxSharpe,
    /// The chance of luck if all trials were independent.
    SidakP,
    /// Trials of the family, repetitions left out.
    Trials,
    /// Independent trials with the same expected largest.
    EffectiveTrials,
    /// Days that the Sharpe ratio needs to be above zero at 95 %.
    MinTrackRecord,
    /// Chance that a true annual Sharpe ratio of 1 passes on so many days.
    Power,
    /// Chance that there is no edge, by a stated prior.
    Ofdr,
    /// Share of the ways to part the days in which the best in sample is below the median out of sample.
    Pbo,
    /// Share of them in which the best in sample loses out of sample.
    ProbLoss,
    /// Hansen's test of the sweep that found it.
    SpaP,
    /// Stepdown p-value of the best of that sweep.
    StepdownP,
    /// The whole search that found it again on placebo bars.
    SearchP,
    /// The larger p-value of both placebos.
    PlaceboP,
    /// Sharpe ratio of the same positions a bar later.
    DelaySharpe,
    /// Cost of a side at which nothing is left, basis points of what is traded.
    BreakevenCostBps,
    /// Account at which impact has taken half of the Sharpe ratio.
    Capacity,
}

names!(ValidityMetric: "figure of the search and its studies" {
    FamilyP = "family_p", DeflatedSharpe = "deflated_sharpe", ExpectedMaxSharpe = "expected_max_sharpe",
    SidakP = "sidak_p", Trials = "trials", EffectiveTrials = "effective_trials",
    MinTrackRecord = "min_track_record", Power = "power", Ofdr = "ofdr", Pbo = "pbo", ProbLoss = "prob_loss",
    SpaP = "spa_p", StepdownP = "stepdown_p", SearchP = "search_p", PlaceboP = "placebo_p", DelaySharpe = "delay_sharpe",
    BreakevenCostBps = "breakeven_cost_bps", Capacity = "capacity",
});

impl ValidityMetric {
    /// The metric of that name, as criteria ask for it.
    pub(super) fn find(name: &str) -> Option<CriterionMetric> {
        let found = Self::NAMED.iter().find(|(n, _)| *n == name).map(|(_, m)| *m)?;
        Some(CriterionMetric::Validity(found, EdgePrior::DEFAULT))
    }

    /// Where it comes from, where a run does not have it.
    fn source(self) -> &'static str {
        match self {
            Self::Pbo | Self::ProbLoss | Self::SpaP | Self::StepdownP | Self::SearchP => {
                "the ledger has no sweep that found this setting"
            }
            Self::PlaceboP | Self::DelaySharpe | Self::BreakevenCostBps | Self::Capacity => {
                "the run has no placebos: run the backtest with --placebos 199"
            }
            _ => "nobody counted the trials of this run",
        }
    }

    /// It, of a run; by `prior`, where it is by a prior.
    pub(super) fn observe(self, e: &Evidence<'_>, prior: EdgePrior) -> Observation {
        if let Some(studied) = e.studies.get(&self) {
            return studied.clone();
        }
        let counted = e.search.as_ref().and_then(|search| search.figure(self, prior));
        counted.unwrap_or_else(|| Observation::missing(self.source()))
    }
}

impl FamilySearch {
    /// A figure of the search; none of what it does not know.
    fn figure(&self, metric: ValidityMetric, prior: EdgePrior) -> Option<Observation> {
        use ValidityMetric as M;
        let days = |value: Option<f64>, what: &str| Observation {
            value,
            n: self.days,
            n_unit: "days",
            method: what.to_owned(),
            exact: true,
            missing: value.is_none().then(|| "it cannot be computed of these returns".to_owned()),
            ..Observation::default()
        };
        let trials = |value: Option<f64>, what: &str| Observation {
            n: self.distinct(),
            n_unit: "trials",
            ..days(value, what)
        };
        let found = match metric {
            M::FamilyP => Observation {
                interval: self.family_p_interval,
                exact: false,
                ..trials(self.family_p, &format!("largest of all trials, {} draws, 99 %", self.draws))
            },
            M::DeflatedSharpe => days(self.deflated_sharpe, "against the luck of its family"),
            M::ExpectedMaxSharpe => trials(self.expected_max_sharpe, "mean of the draws"),
            M::SidakP => trials(self.sidak_p, "as if all trials were independent"),
            M::Trials => trials(Some(self.distinct() as f64), "by the ledger"),
            M::EffectiveTrials => trials(self.effective_trials, "by the mean of the draws"),
            M::MinTrackRecord => match (self.min_track_record_days, self.sharpe) {
                (None, Some(sharpe)) if sharpe <= 0.0 => {
                    Observation::missing("no track record is long enough: the Sharpe ratio is not above zero")
                }
                (needed, _) => days(needed, "for a Sharpe ratio above zero at 95 %"),
            },
            M::Power => days(self.power, "of a true annual Sharpe ratio of 1, at the level of this ask"),
            M::Ofdr => days(
                self.ofdr_by(prior),
                &format!("if {} % of ideas have a Sharpe ratio of 1", 100.0 * prior.chance()),
            ),
            M::Pbo => return self.chosen(ChoiceFigure::Pbo),
            M::ProbLoss => return self.chosen(ChoiceFigure::ProbLoss),
            M::SpaP => return self.chosen(ChoiceFigure::SpaP),
            M::StepdownP => return self.chosen(ChoiceFigure::StepdownP),
            M::SearchP => return self.chosen(ChoiceFigure::SearchP),
            M::PlaceboP | M::DelaySharpe | M::BreakevenCostBps | M::Capacity => return None,
        };
        let unknown = self.open.clone().filter(|_| self.ledger.is_none() || self.ledger_short);
        Some(match unknown {
            // What was tried is not known: no number of it is one.
            Some(why) if metric != M::MinTrackRecord && metric != M::Power => Observation::missing(why),
            _ => found,
        })
    }

    /// A figure of the sweep that found it.
    fn chosen(&self, figure: ChoiceFigure) -> Option<Observation> {
        Some(self.choice.as_ref()?.observe(figure))
    }

    /// The chance that there is no edge by another prior than that of [`EdgePrior::DEFAULT`].
    pub fn ofdr_by(&self, prior: EdgePrior) -> Option<f64> {
        let own = self.ofdr?;
        if own == 0.0 || own == 1.0 {
            return Some(own);
        }
        // How much likelier the estimate is with an edge than without.
        let likelier = (1.0 - own) / own / EdgePrior::DEFAULT.odds();
        Some(1.0 / (1.0 + likelier * prior.odds()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::search::LedgerHead;
    use super::*;

    fn search() -> FamilySearch {
        FamilySearch {
            trials: 12,
            duplicates: 2,
            family_p: Some(0.02),
            deflated_sharpe: Some(0.9),
            ofdr: Some(0.5),
            sharpe: Some(1.2),
            days: 700,
            ledger: Some(LedgerHead::default()),
            ..FamilySearch::default()
        }
    }

    fn of(search: FamilySearch, metric: ValidityMetric) -> Observation {
        let e = Evidence { search: Some(search), ..Evidence::default() };
        metric.observe(&e, EdgePrior::DEFAULT)
    }

    #[test]
    fn a_figure_of_the_search_is_that_of_the_search() {
        let p = of(search(), ValidityMetric::FamilyP);
        assert_eq!((p.value, p.n, p.n_unit, p.exact), (Some(0.02), 10, "trials", false));
        let trials = of(search(), ValidityMetric::Trials);
        assert_eq!((trials.value, trials.exact), (Some(10.0), true));
        let deflated = of(search(), ValidityMetric::DeflatedSharpe);
        assert_eq!((deflated.value, deflated.n, deflated.n_unit), (Some(0.9), 700, "days"));
    }

    #[test]
    fn what_is_not_known_has_a_reason_and_no_number() {
        let lost = FamilySearch { sharpe: Some(-0.2), ..search() };
        assert!(of(lost, ValidityMetric::MinTrackRecord).missing.unwrap().contains("not above zero"));
        let uncounted =
            FamilySearch { ledger: None, open: Some("there is no ledger".to_owned()), ..search() };
        for metric in [ValidityMetric::FamilyP, ValidityMetric::Trials, ValidityMetric::Ofdr] {
            let o = of(uncounted.clone(), metric);
            assert_eq!((o.value, o.missing.as_deref()), (None, Some("there is no ledger")), "{metric}");
        }
        // Chosen by results: the numbers stand, and the row of the search leaves the run open.
        let adaptive = FamilySearch { open: Some("chosen".to_owned()), ..search() };
        assert_eq!(of(adaptive, ValidityMetric::FamilyP).value, Some(0.02));
        let e = Evidence::default();
        for (name, metric) in ValidityMetric::NAMED {
            let o = metric.observe(&e, EdgePrior::DEFAULT);
            assert!(o.value.is_none() && o.missing.is_some(), "{name}");
        }
        let none = ValidityMetric::PlaceboP.observe(&e, EdgePrior::DEFAULT);
        assert!(none.missing.unwrap().contains("--placebos"));
    }

    #[test]
    fn a_prior_moves_the_share_of_false_finds_as_its_odds_do() {
        let by = |p: f64| search().ofdr_by(EdgePrior::new(p).unwrap()).unwrap();
        assert!((by(0.05) - 0.5).abs() < 1e-12);
        // Odds of 1/19 make it even: the estimate is 19 times likelier with an edge.
        assert!((by(0.5) - 1.0 / 20.0).abs() < 1e-12);
        assert!(by(0.01) > by(0.05) && by(0.05) > by(0.2));
        let certain = FamilySearch { ofdr: Some(0.0), ..search() };
        assert_eq!(certain.ofdr_by(EdgePrior::DEFAULT), Some(0.0));
    }

    #[test]
    fn a_study_comes_before_everything() {
        let studied = Observation { value: Some(0.04), n: 199, ..Observation::default() };
        let e = Evidence { studies: [(ValidityMetric::PlaceboP, studied)].into(), ..Evidence::default() };
        assert_eq!(ValidityMetric::PlaceboP.observe(&e, EdgePrior::DEFAULT).value, Some(0.04));
    }
}
