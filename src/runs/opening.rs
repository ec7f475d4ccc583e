//! Locked days opened for one candidate: its seal is written before anything of it is evaluated on them.

use std::path::PathBuf;

use serde_json::json;

use super::Inputs;
use super::ledger::{LedgerEntry, RelatedHistories, TrialLedger, Trials, days_of_span};
use super::lock_book::{LockBook, first_bar_in};
use super::locks::{DaySpan, HoldoutSeal, SEAL, add_to_all, span_of};
use crate::error::{Error, Result};
use crate::scenario::Scenario;

/// Kind of the lines that say that locked days were judged on.
const OPENED: &str = "opened";

/// The level that a candidate is judged at on days that nothing was chosen by.
pub(super) const HOLDOUT_LEVEL: f64 = 0.05;

/// One candidate about to be judged on locked days.
#[derive(Debug, Clone)]
pub struct HoldoutOpening {
    /// The days.
    pub span: DaySpan,
    folders: Vec<PathBuf>,
    seal: Trials,
}

impl HoldoutOpening {
    /// Opens the days `span`, which `opens` lock away, for the choice `id` of `scenario`, in the ledgers of `folders` and
    /// in those of `book` that hold one of the locks. `criteria` is the digest of what judges it.
    pub fn new(
        (scenario, inputs): (&Scenario, &Inputs),
        id: &str,
        criteria: Option<&str>,
        (span, opens): (DaySpan, Vec<String>),
        (mut folders, book): (Vec<PathBuf>, &LockBook),
    ) -> Self {
        let whole = |p: &PathBuf| std::fs::canonicalize(p).unwrap_or_else(|_| p.clone());
        for folder in book.folders_of(&opens) {
            if folders.iter().all(|known| whole(known) != whole(&folder)) {
                folders.push(folder);
            }
        }
        let detail = json!({
            "scenario": id,
            "criteria": criteria,
            "level": HOLDOUT_LEVEL,
            "days": span.days,
            "opens": opens,
        });
        let seal = Trials {
            kind: SEAL.to_owned(),
            scenario: scenario.name.clone(),
            system: scenario.system.name().to_owned(),
            family: Some(scenario.family.clone()),
            key: Self::key(id),
            data: inputs.histories(),
            from_ms: span.from_ms,
            to_ms: span.to_ms,
            rest: Some(0),
            detail: Some(detail),
            sketches: inputs.sketches(),
            ..Trials::default()
        };
        Self { span, folders, seal }
    }

    /// The key of the seal of the choice `id`.
    pub fn key(id: &str) -> String {
        format!("holdout {id}")
    }

    /// Whether it opens the lock of that key.
    pub fn opens(&self, key: &str) -> bool {
        let opens = self.seal.detail.as_ref().and_then(|d| d["opens"].as_array());
        opens.is_some_and(|all| all.iter().any(|k| k == key))
    }

    /// Refuses bars that do not have the days.
    ///
    /// # Errors
    /// They end before, or begin after them.
    pub fn refuse_without_bars(&self, inputs: &Inputs) -> Result<()> {
        if inputs.symbols.iter().any(|l| first_bar_in(&l.bars, &self.span).is_some()) {
            return Ok(());
        }
        Err(Error::usage("--open-holdout", format!("these bars have none of the locked days {}", self.span))
            .hint("give a file that has them"))
    }

    /// Refuses where another choice was judged on some of these days.
    ///
    /// # Errors
    /// Names it.
    pub fn refuse_second(&self, book: &LockBook) -> Result<()> {
        match book.seals().iter().find(|s| self.is_spent_by(s)) {
            Some(seal) => Err(opened_before(seal)),
            None => Ok(()),
        }
    }

    fn is_spent_by(&self, other: &HoldoutSeal) -> bool {
        let locks = |key: &String| self.opens(key);
        other.key != self.seal.key
            && self.span.overlaps(other.span.from_ms, other.span.to_ms)
            && (other.opens.iter().any(locks) || other.data.iter().any(|d| self.seal.data.contains(d)))
    }

    /// Writes the seal. From here on the days are opened, whatever becomes of the work.
    ///
    /// # Errors
    /// A ledger is damaged or cannot be written.
    pub fn seal(&self) -> Result<()> {
        add_to_all(self.folders.iter().map(PathBuf::as_path), &self.seal)
    }

    /// Writes that the days were judged on, by the run `run` where it is one.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn opened(&self, run: Option<&str>) -> Result<()> {
        let opened = Trials {
            kind: OPENED.to_owned(),
            key: format!("{OPENED} {}", self.seal.key),
            detail: Some(json!({ "seal": self.seal.key, "days": self.span.days, "run": run })),
            ..self.seal.clone()
        };
        add_to_all(self.folders.iter().map(PathBuf::as_path), &opened)
    }

    /// What can be found on so many days, in words.
    pub fn power(&self, days_per_year: f64) -> String {
        // A one-sided test at 5 % finds with 80 % what lies so many standard errors above zero.
        let years = self.span.days as f64 / days_per_year;
        let least = (1.645 + 0.8416) / years.sqrt();
        format!(
            "the hold-out has {} days, {}: judged at 5 %, a true Sharpe ratio of {least:.2} is found with a chance of 80 %",
            self.span.days, self.span
        )
    }
}

/// The refusal to look twice.
pub fn opened_before(seal: &HoldoutSeal) -> Error {
    Error::usage("--open-holdout", format!("these days were opened before, by {}", seal.says()))
        .hint("a hold-out that is looked at twice is one no more: wait for new data")
}

/// The opening of locked days that a run was judged on.
pub(super) struct OpenedRun {
    span: DaySpan,
    /// Trials of its family, or on its bars, that were made on these days before the seal.
    tried_before: u64,
    /// Which hold-out of its family this is, from 1.
    pub number: u64,
}

impl OpenedRun {
    /// That of the run `run_id`; none where no days were opened for it.
    ///
    /// # Errors
    /// A file of rows is missing or was changed.
    pub fn of(ledger: &TrialLedger, run_id: &str) -> Result<Option<Self>> {
        let of = |t: &Trials| t.kind == OPENED && t.detail.as_ref().is_some_and(|d| d["run"] == run_id);
        let Some(opened) = ledger.entries.iter().find(|e| of(&e.trials)) else { return Ok(None) };
        let t = &opened.trials;
        let sealed = t.detail.as_ref().and_then(|d| d["seal"].as_str()).unwrap_or_default();
        let is_seal = |e: &&LedgerEntry| e.trials.kind == SEAL && e.trials.key == sealed;
        let line = ledger.entries.iter().find(is_seal).map_or(opened.line, |seal| seal.line);
        let mut tried_before = 0;
        let related = ledger.related(&t.data, days_of_span(t.from_ms, t.to_ms))?;
        let family = t.family();
        for e in ledger.entries.iter().filter(|e| e.line < line && is_related(&e.trials, family, &related)) {
            tried_before += trials_on(ledger, e, (t.from_ms, t.to_ms))?;
        }
        let earlier = ledger.entries.iter().filter(|e| e.line < opened.line && e.trials.kind == OPENED);
        let number = 1 + earlier.filter(|e| e.trials.family() == family).count() as u64;
        Ok(Some(Self { span: span_of(t), tried_before, number }))
    }

    /// Whether nothing was chosen by the days: the run is the only trial on them.
    pub fn is_holdout(&self) -> bool {
        self.tried_before == 0
    }

    /// What was tried on the days before, in words.
    pub fn says(&self) -> String {
        let s = if self.tried_before == 1 { " was" } else { "s were" };
        format!("{} trial{s} made on days {} before they were opened", self.tried_before, self.span)
    }
}

/// Whether trials are of a family, or on some bars.
pub(super) fn is_related(t: &Trials, family: &str, bars: &RelatedHistories) -> bool {
    t.family() == family || bars.hold_one_of(&t.data)
}

/// How many trials of a line have a day in a span.
fn trials_on(ledger: &TrialLedger, entry: &LedgerEntry, (from_ms, to_ms): (i64, i64)) -> Result<u64> {
    let t = &entry.trials;
    if t.count == 0 || t.from_ms >= to_ms || from_ms >= t.to_ms {
        return Ok(0);
    }
    let days = days_of_span(from_ms, to_ms);
    let rows = ledger.rows(entry)?;
    let stored = rows.iter().filter(|row| row.shares_a_day(days)).count() as u64;
    // Of the others no day is known but those of the line.
    Ok(stored + t.count.saturating_sub(rows.len() as u64))
}
