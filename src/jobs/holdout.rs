//! Days held out: locked before anything is evaluated, and opened for one candidate.

use std::path::PathBuf;

use super::setup::{ResultPlace, Setup};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::runs::ledger::Trials;
use crate::runs::{DaySpan, HoldoutOpening, Inputs, LockBook, add_to_all, lock_line};
use crate::scenario::Scenario;

/// The hold-out of a scenario, and the ledgers that know of it.
pub(super) struct HeldOut<'a> {
    scenario: &'a Scenario,
    inputs: &'a Inputs,
    span: Option<DaySpan>,
    lock: Option<Trials>,
    book: LockBook,
    folders: Vec<PathBuf>,
    has_registry: bool,
}

impl<'a> HeldOut<'a> {
    /// The days `own` at the end of the bars.
    pub fn of(
        setup: &Setup,
        (scenario, inputs): (&'a Scenario, &'a Inputs),
        own: Option<DaySpan>,
        place: &ResultPlace,
    ) -> Result<Self> {
        let book = setup.lock_book()?;
        let lock = own.map(|span| lock_line(scenario, inputs, span));
        let (folders, has_registry) = (setup.lock_folders(place), setup.lock_registry.is_some());
        Ok(Self { scenario, inputs, span: own, lock, book, folders, has_registry })
    }

    /// Locks the days, unless some of them were opened before: what was seen is held out no more.
    pub fn lock(&self, progress: &Progress) -> Result<()> {
        let (Some(line), Some(span)) = (&self.lock, self.span) else { return Ok(()) };
        let over = self.book.over(&self.inputs.symbols)?;
        let known = over.iter().any(|(lock, _)| lock.key == line.key);
        let mut opened = over.iter().filter_map(|(lock, _)| lock.opened.as_ref());
        if let Some(seal) = opened.find(|s| !known && span.overlaps(s.span.from_ms, s.span.to_ms)) {
            progress.warn(&format!(
                "days {span} are not locked: some of them were opened before, by {}",
                seal.says()
            ));
            return Ok(());
        }
        if !self.has_registry {
            progress.note(
                "there is no folder of the user's own for locks: they are known beside the results alone",
            );
        }
        add_to_all(self.folders.iter().map(PathBuf::as_path), line)
    }

    /// Opens the days for the choice `id`, and refuses where another choice was judged on some of them.
    pub fn opening(&self, id: &str) -> Result<HoldoutOpening> {
        let (Some(line), Some(span)) = (&self.lock, self.span) else { return Err(nothing_locked()) };
        let over = self.book.over(&self.inputs.symbols)?;
        let mut opens = vec![line.key.clone()];
        let others = over.into_iter().map(|(lock, _)| lock);
        let others = others.filter(|l| l.span.overlaps(span.from_ms, span.to_ms) && l.key != line.key);
        opens.extend(others.map(|l| l.key));
        let of = (self.scenario, self.inputs);
        let opening = HoldoutOpening::new(of, id, None, (span, opens), self.folders.clone());
        opening.refuse_second(&self.book)?;
        Ok(opening)
    }
}

/// The refusal to open what is not locked.
pub(super) fn nothing_locked() -> Error {
    Error::usage("--open-holdout", "no day is locked away")
        .hint("set walkforward.holdout_days before the search begins")
}
