//! What was announced of a search before it began, held against what became of it.

use serde::{Deserialize, Serialize};

use super::ledger::{LedgerEntry, TrialLedger, Trials, days_of_span};
use super::opening::is_related;
use crate::data::sha256_hex;
use crate::error::{Error, Result};
use crate::gate::FamilySearch;
use crate::runs::compact;

/// Kind of the lines that announce a search.
pub const PLAN: &str = "plan";

/// The chance of promoting noise that all verdicts of a plan share.
const ALL_ASKS: f64 = 0.05;

/// A search, as it was announced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialPlan {
    /// What is expected, in the words of whoever announced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    /// Digest of the scenario.
    pub scenario_sha256: String,
    /// Digest of the criteria; none where the scenario has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria_sha256: Option<String>,
    /// How candidates are drawn; none where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampler: Option<String>,
    /// Settings that will be tried.
    pub trials: u64,
    /// The level of each verdict that will be asked for, in their order; none where the usual ones hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<f64>,
}

/// A plan in its ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SealedPlan {
    /// Its line.
    pub line: u64,
    /// The family it is about.
    pub family: String,
    /// The scenario.
    pub scenario: String,
    /// Open of the first bar that is judged, milliseconds UTC.
    pub from_ms: i64,
    /// Close of the last.
    pub to_ms: i64,
    /// What was announced.
    pub plan: TrialPlan,
    /// Trials of the family, or of any on these bars, on these days that were counted before it.
    pub trials_before: u64,
}

/// Levels of `asks` verdicts that share 5 % evenly.
pub fn even_levels(asks: u64) -> Vec<f64> {
    (0..asks).map(|_| ALL_ASKS / asks as f64).collect()
}

impl TrialPlan {
    /// The line of it: `about` says of which scenario, family, bars and span.
    ///
    /// # Errors
    /// The hypothesis says nothing.
    pub fn line(&self, about: Trials) -> Result<Trials> {
        if self.hypothesis.as_ref().is_some_and(|h| h.trim().is_empty()) {
            return Err(Error::usage("--hypothesis", "says nothing")
                .hint("say in words what is expected, or leave it out: what is sealed cannot be changed"));
        }
        let text = compact(self)?;
        let of = format!("{text}\n{}\n{} {}\n", about.data.join(" "), about.from_ms, about.to_ms);
        let detail = serde_json::from_str(&text).map_err(|e| Error::internal("plan", e.to_string()))?;
        Ok(Trials {
            kind: PLAN.to_owned(),
            key: format!("{PLAN} {} {}", about.family(), &sha256_hex(of.as_bytes())[..12]),
            rest: Some(0),
            detail: Some(detail),
            ..about
        })
    }
}

impl SealedPlan {
    fn of(ledger: &TrialLedger, entry: &LedgerEntry) -> Result<Option<Self>> {
        let t = &entry.trials;
        let plan = t.detail.clone().filter(|_| t.kind == PLAN).map(serde_json::from_value);
        let Some(plan) = plan.and_then(|plan| plan.ok()) else { return Ok(None) };
        let related = ledger.related(&t.data, days_of_span(t.from_ms, t.to_ms))?;
        let before = ledger.entries.iter().filter(|e| e.line < entry.line).map(|e| &e.trials);
        let before = before.filter(|b| is_related(b, t.family(), &related) && overlaps(b, t));
        let before = before.map(|b| b.count).sum();
        Ok(Some(Self {
            line: entry.line,
            family: t.family().to_owned(),
            scenario: t.scenario.clone(),
            from_ms: t.from_ms,
            to_ms: t.to_ms,
            plan,
            trials_before: before,
        }))
    }

    /// All plans of a ledger.
    ///
    /// # Errors
    /// A file of sketches is missing or was changed.
    pub fn all(ledger: &TrialLedger) -> Result<Vec<Self>> {
        ledger.entries.iter().filter_map(|e| Self::of(ledger, e).transpose()).collect()
    }

    /// The plan of a family whose days overlap with those of `own`.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub(super) fn about(ledger: &TrialLedger, family: &str, own: &Trials) -> Result<Option<Self>> {
        let mut plans = ledger.entries.iter().filter(|e| e.trials.kind == PLAN);
        let entry = plans.find(|e| e.trials.family() == family && overlaps(&e.trials, own));
        entry.map_or(Ok(None), |entry| Self::of(ledger, entry))
    }

    /// Whether it was there before any trial on these bars.
    pub fn is_first(&self) -> bool {
        self.trials_before == 0
    }

    /// The level of the `ask`-th verdict, where the plan says one.
    pub(super) fn level(&self, ask: u64) -> Option<f64> {
        let levels = Some(&self.plan.levels).filter(|_| self.is_first())?;
        levels.get(ask.saturating_sub(1) as usize).copied()
    }

    /// Takes away the level of a verdict beyond those that were announced: they share all there is.
    pub(super) fn refuse_further(&self, search: &mut FamilySearch) {
        let announced = self.plan.levels.len() as u64;
        if !self.is_first() || announced == 0 || search.ask <= announced {
            return;
        }
        let s = if announced == 1 { "" } else { "s" };
        search.level = 0.0;
        search.open = Some(format!(
            "the plan announced {announced} verdict{s}, and this is number {}: nothing is left of the {} % they share",
            search.ask,
            100.0 * ALL_ASKS
        ));
    }

    /// Tells a search what was announced of it; `criteria` is the digest of what it is judged by.
    pub(super) fn tell(&self, search: &mut FamilySearch, criteria: Option<&str>) {
        let ran = search.distinct();
        let mut says = vec![match self.trials_before {
            0 => "sealed before any trial on these bars".to_owned(),
            1 => "sealed after 1 trial on these bars".to_owned(),
            n => format!("sealed after {n} trials on these bars"),
        }];
        says.push(format!("ran {ran} of {} planned trials", self.plan.trials));
        if criteria != self.plan.criteria_sha256.as_deref() {
            says.push(format!("criteria changed after {ran} trials"));
        }
        search.sealed = Some(format!("plan: {}", says.join("; ")));
        search.sealed_first = self.is_first();
    }
}

fn overlaps(a: &Trials, b: &Trials) -> bool {
    a.from_ms < b.to_ms && b.from_ms < a.to_ms
}

/// Refuses a plan where the family has another: the first stands.
///
/// # Errors
/// Names it.
pub fn refuse_second_plan(ledger: &TrialLedger, line: &Trials) -> Result<()> {
    let plans = ledger.entries.iter().filter(|e| e.trials.kind == PLAN);
    let other = plans.filter(|e| e.trials.family() == line.family()).find(|e| e.trials.key != line.key);
    match other {
        None => Ok(()),
        Some(e) => {
            let family = line.family();
            let problem = format!(
                "family {family:?} has another plan, of scenario {:?} (line {} of the ledger): the first stands",
                e.trials.scenario, e.line
            );
            Err(Error::usage("assay plan seal", problem).hint(
                "`assay plan show` prints it; what was announced is tried and judged by it, and another idea is \
                 another family with its own plan",
            ))
        }
    }
}
