//! What a ledger of trials holds.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::runs::ledger::{LEDGER, TrialLedger, anchors_beside};

/// A ledger, read and found whole.
#[derive(Debug, Clone)]
pub struct LedgerOutcome {
    /// Its file.
    pub path: PathBuf,
    /// What it holds.
    pub ledger: TrialLedger,
    /// Results beside it that say how far it went when they were made.
    pub anchors: usize,
}

/// What was tried on one stretch of data by one kind of work of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedSlice {
    /// Hash of the first file of bars.
    pub data: String,
    /// Open of the first bar, milliseconds UTC.
    pub from_ms: i64,
    /// Close of the last.
    pub to_ms: i64,
    /// Kind of work.
    pub kind: String,
    /// Scenario.
    pub scenario: String,
    /// Lines of the ledger.
    pub entries: u64,
    /// Settings.
    pub settings: u64,
}

/// `assay ledger verify`: reads a ledger as [`read_ledger`], and checks the rows of every line, and whether it still holds
/// all that the results beside it have seen of it.
///
/// # Errors
/// As [`read_ledger`]; a file of rows is missing or was changed; the ledger is shorter or another than a result has seen.
pub fn verify_ledger(results: &Path, progress: &Progress) -> Result<LedgerOutcome> {
    let mut outcome = read_ledger(results, progress)?;
    progress.stage("reading the trials")?;
    for entry in &outcome.ledger.entries {
        progress.check()?;
        outcome.ledger.rows(entry)?;
        outcome.ledger.sketches(entry)?;
    }
    let folder = outcome.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let anchors = anchors_beside(folder)?;
    for (result, anchor) in &anchors {
        if let Some(why) = anchor.refutes(&outcome.ledger) {
            return Err(Error::data(outcome.path.display(), format!("{why}: {}", result.display())).hint(
                "restore the ledger from a copy: one that was cut or rewritten counts nothing, and what it lost was tried all the same",
            ));
        }
    }
    outcome.anchors = anchors.len();
    Ok(outcome)
}

/// `assay ledger show`: reads the ledger of a folder of results, or the ledger itself, and checks its chain.
///
/// # Errors
/// There is none, or a line was changed, left out or put in.
pub fn read_ledger(results: &Path, progress: &Progress) -> Result<LedgerOutcome> {
    progress.stage("reading the ledger")?;
    let path = if results.is_file() { results.to_owned() } else { results.join(LEDGER) };
    if !path.exists() {
        return Err(Error::usage(path.display(), "there is no ledger here").hint(
            "name the folder that runs were written to with --out; a ledger begins with the first run",
        ));
    }
    let ledger = TrialLedger::read(&path)?;
    Ok(LedgerOutcome { path, ledger, anchors: 0 })
}

impl LedgerOutcome {
    /// Settings in all.
    pub fn settings(&self) -> u64 {
        self.ledger.entries.iter().map(|e| e.trials.count).sum()
    }

    /// What was tried, by stretch of data, in the order of their first lines.
    pub fn slices(&self) -> Vec<TriedSlice> {
        let mut slices: Vec<TriedSlice> = vec![];
        for t in self.ledger.entries.iter().map(|e| &e.trials).filter(|t| t.count > 0) {
            let data = t.data.first().cloned().unwrap_or_default();
            let same = |s: &&mut TriedSlice| {
                (&s.data, s.from_ms, s.to_ms, &s.kind, &s.scenario)
                    == (&data, t.from_ms, t.to_ms, &t.kind, &t.scenario)
            };
            match slices.iter_mut().find(same) {
                Some(s) => (s.entries, s.settings) = (s.entries + 1, s.settings + t.count),
                None => slices.push(TriedSlice {
                    data,
                    from_ms: t.from_ms,
                    to_ms: t.to_ms,
                    kind: t.kind.clone(),
                    scenario: t.scenario.clone(),
                    entries: 1,
                    settings: t.count,
                }),
            }
        }
        slices
    }

    /// The document of `assay ledger show --format json`.
    pub fn entries_document(&self) -> Value {
        json!({ "ledger": self.path.display().to_string(), "entries": self.ledger.entries })
    }

    /// The document of `assay ledger verify --format json`.
    pub fn document(&self) -> Value {
        json!({
            "ledger": self.path.display().to_string(),
            "whole": true,
            "lines": self.ledger.entries.len(),
            "settings": self.settings(),
            "torn_bytes": self.ledger.torn,
            "last_hash": self.last_hash(),
            "results_compared": self.anchors,
        })
    }

    /// Hash of the last line; empty where there is none.
    pub fn last_hash(&self) -> &str {
        self.ledger.entries.last().map_or("", |e| e.hash.as_str())
    }
}
