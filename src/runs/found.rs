//! Which sweep found the setting of a run.

use super::ledger::{LedgerEntry, SWEPT, TrialLedger, Trials};
use crate::error::{Error, Result};
use crate::gate::SearchChoice;

/// The choice of the sweep that the run of line `own` is a candidate of; of several the one with the most candidates. None
/// where no sweep of the ledger has it, or none was finished.
///
/// # Errors
/// A file of rows is missing or was changed.
pub(super) fn found_by(ledger: &TrialLedger, own: &LedgerEntry) -> Result<Option<SearchChoice>> {
    let rows = ledger.rows(own)?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut found: Option<SearchChoice> = None;
    for e in ledger.entries.iter().filter(|e| e.trials.kind == "sweep") {
        let same = |r: &super::ledger::TrialRow| {
            r.trial_key == row.trial_key || (r.blocks.is_some() && r.returns_id == row.returns_id)
        };
        if !ledger.rows(e)?.iter().any(same) {
            continue;
        }
        let Some(id) = e.trials.key.split(' ').nth(1) else { continue };
        let Some(choice) = choice_of(ledger, id)? else { continue };
        if found.as_ref().is_none_or(|f| choice.candidates > f.candidates) {
            found = Some(choice);
        }
    }
    Ok(found)
}

/// What the sweep `id` said of its choice when it was done; the one with the most placebos, where it was run again.
pub(super) fn choice_of(ledger: &TrialLedger, id: &str) -> Result<Option<SearchChoice>> {
    let mut found: Option<SearchChoice> = None;
    for line in ledger.entries.iter().filter(|e| is_choice_of(&e.trials, id)) {
        let choice = line.trials.detail.as_ref().map(|d| d["choice"].clone()).unwrap_or_default();
        let choice: SearchChoice = serde_json::from_value(choice).map_err(|e| {
            Error::data("ledger", format!("line {} says nothing of a choice ({e})", line.line)).caused_by(e)
        })?;
        // Run again with more placebos, it is the same sweep.
        let placebos = |c: &SearchChoice| c.placebos.as_ref().map_or(0, |p| p.n);
        if found.as_ref().is_none_or(|f| placebos(&choice) > placebos(f)) {
            found = Some(choice);
        }
    }
    Ok(found)
}

/// Whether a line of the ledger is the choice of sweep `id`, with placebos or without.
pub(crate) fn is_choice_of(trials: &Trials, id: &str) -> bool {
    let mut words = trials.key.split(' ');
    words.next() == Some(SWEPT) && words.next() == Some(id)
}
