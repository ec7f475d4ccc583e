//! What criteria read of placebos.

use super::result::{PlaceboMetricResult, PlaceboReport};
use crate::gate::{Evidence, Observation, ValidityMetric, VerdictMark, VerdictMarkKind};

/// Name of the fact that a run with placebos states: what it pays, basis points of what it trades.
const PAID: &str = "paid_cost_bps";

/// `evidence` with what placebos of the run found.
pub fn with_placebos<'a>(mut evidence: Evidence<'a>, placebos: Option<&PlaceboReport>) -> Evidence<'a> {
    let Some(report) = placebos else { return evidence };
    let paid = report.breakeven.measured().ok().map(|b| b.paid_bps).filter(|paid| paid.is_finite());
    evidence.facts.extend(paid.map(|paid| (PAID.to_owned(), paid)));
    let figures = [
        (ValidityMetric::PlaceboP, report.placebo_p(), "placebos", "placebos, Clopper-Pearson 95 %"),
        (ValidityMetric::DelaySharpe, report.delay_sharpe(), "days", "stationary bootstrap 95 %"),
        (ValidityMetric::BreakevenCostBps, report.breakeven_cost_bps(), "days", "stationary bootstrap 95 %"),
        (ValidityMetric::Capacity, report.capacity_half(), "days", "stationary bootstrap 95 %"),
    ];
    if report.both_signs_win {
        let says =
            "the opposite positions gain after costs as well: rebates, carry or fills, and no forecast";
        evidence.objections.push(VerdictMark::new(VerdictMarkKind::BothSignsWin, says));
    }
    evidence.studies.extend(figures.map(|(metric, found, unit, how)| (metric, observed(found, unit, how))));
    evidence
}

fn observed(found: PlaceboMetricResult<'_>, n_unit: &'static str, how: &str) -> Observation {
    match found {
        Err(why) => Observation::missing(why),
        Ok(m) => Observation {
            value: Some(m.value).filter(|v| v.is_finite()),
            interval: m.interval,
            n: m.sample as u64,
            n_unit,
            method: how.to_owned(),
            missing: (!m.value.is_finite()).then(|| "it has no value for these positions".to_owned()),
            ..Observation::default()
        },
    }
}
