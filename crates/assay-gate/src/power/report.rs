//! The power of criteria as data.

use serde::Serialize;

use super::row::RowFormula;
use super::set::SetPower;
use super::supposed::SupposedValue;
use crate::criteria::{Criteria, Criterion};
use crate::error::Error;
use crate::evidence::Evidence;
use crate::rule::ValueUnit;
use crate::series;
use crate::span::JudgedSpan;

/// Power below which a sample does not decide a row (convention).
const UNDECIDED: f64 = 0.2;

/// The power that a length is given for (convention).
const ENOUGH: f64 = 0.8;

const YEAR_MS: f64 = 365.25 * 86_400_000.0;

/// What a criteria file can decide on a sample as long as a run's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PowerReport {
    /// Which run.
    pub run_id: String,
    /// Which system was run.
    pub system: String,
    /// SHA-256 of the criteria.
    pub criteria_sha256: String,
    /// Daily returns of the run.
    pub days: u64,
    /// Closed trades of the run, shadow trades left out.
    pub trades: u64,
    /// Length of the run in years of 365.25 days.
    pub years: f64,
    /// One row an acceptance rule, as many as there are regimes for a rule on each of them.
    pub rows: Vec<PowerRow>,
    /// Ids of the deciding rows that pass in fewer than one such sample in five.
    pub undecided: Vec<String>,
    /// The deciding rows together; none where no histories were drawn.
    pub set: Option<SetPower>,
    /// Why no histories were drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_open: Option<String>,
}

/// Power of one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PowerRow {
    /// The rule's id; a rule on each regime has the regime after it.
    pub id: String,
    /// Whose metric.
    pub scope: String,
    /// What is measured.
    pub metric: String,
    /// The rule as text.
    pub rule: String,
    /// How its values are printed.
    pub unit: ValueUnit,
    /// Whether it counts in the overall verdict.
    pub decides: bool,
    /// The value that is supposed to be true.
    pub supposed: Option<SupposedValue>,
    /// Observations of the run.
    pub n: Option<f64>,
    /// What they are: trades, days, bars, months.
    pub n_unit: Option<&'static str>,
    /// Chance that the row passes on so many, by formula.
    pub power: Option<f64>,
    /// Observations with which it passes four times in five; none where no number is enough.
    pub n_needed: Option<f64>,
    /// The same in years of a run that has as many observations a year as this one.
    pub years_needed: Option<f64>,
    /// Why no number is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never: Option<String>,
    /// Chance that it passes in histories drawn from the run.
    pub power_simulated: Option<f64>,
    /// Why there is no formula.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

impl PowerReport {
    pub(super) fn new(
        criteria: &Criteria,
        e: &Evidence<'_>,
        rows: Vec<PowerRow>,
        set: Result<SetPower, String>,
    ) -> Self {
        let span = JudgedSpan { from_ms: e.start_ms, to_ms: e.end_ms, phase: false, cut: None };
        let undecided = |r: &&PowerRow| r.decides && r.chance().is_some_and(|p| p < UNDECIDED);
        let (set, set_open) = match set {
            Ok(set) => (Some(set), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            run_id: e.run_id.clone(),
            system: e.system.clone(),
            criteria_sha256: criteria.sha256.clone(),
            days: series::days(e, &e.main, &span).returns.len() as u64,
            trades: series::trades(&e.main, &span, None, false).len() as u64,
            years: years(e),
            undecided: rows.iter().filter(undecided).map(|r| r.id.clone()).collect(),
            rows,
            set,
            set_open,
        }
    }
}

impl PowerReport {
    /// The report as JSON: the same bytes for the same run and criteria.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn json(&self) -> Result<String, Error> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::internal("power", format!("cannot be written: {e}")).caused_by(e))?;
        text.push('\n');
        Ok(text)
    }
}

impl PowerRow {
    pub(super) fn blank(c: &Criterion, decides: bool) -> Self {
        Self {
            id: c.id.clone(),
            scope: c.scope.to_string(),
            metric: c.metric.to_string(),
            rule: c.rule.text(c.unit),
            unit: c.unit,
            decides,
            supposed: None,
            n: None,
            n_unit: None,
            power: None,
            n_needed: None,
            years_needed: None,
            never: None,
            power_simulated: None,
            open: None,
        }
    }

    pub(super) fn with(self, formula: &RowFormula, e: &Evidence<'_>) -> Self {
        let RowFormula { power, n } = formula;
        let length = power.length(ENOUGH);
        let needed = length.and_then(|l| l.length.needed()).map(f64::ceil);
        Self {
            n: Some(*n),
            n_unit: Some(power.unit().name()),
            power: power.power(*n),
            n_needed: needed,
            years_needed: needed.filter(|_| *n > 0.0).map(|needed| needed / n * years(e)),
            never: length.filter(|_| needed.is_none()).map(|l| l.to_string()),
            ..self
        }
    }

    /// The chance that it passes on a sample as long as the run's: by formula, else in drawn histories.
    pub fn chance(&self) -> Option<f64> {
        self.power.or(self.power_simulated)
    }
}

fn years(e: &Evidence<'_>) -> f64 {
    (e.end_ms - e.start_ms) as f64 / YEAR_MS
}
