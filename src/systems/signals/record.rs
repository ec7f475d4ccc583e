//! What the file wanted, for the tables and for the causality check.

use super::columns::FileColumns;
use super::trader::SignalsCandidate;
use crate::system::targets::Wishes;
use crate::system::{Observed, ObservedColumn, Record, RunView, Stage, targets};

pub(super) fn record(run: &RunView<'_>, columns: &[&FileColumns], candidate: &SignalsCandidate) -> Record {
    // Orders are no position: there is a word at their close, and no position beside it.
    let sides: Vec<Vec<(usize, f64)>> = columns
        .iter()
        .map(|c| match c {
            FileColumns::Positions(_) => vec![],
            FileColumns::Orders(sent) => sent.sides(),
        })
        .collect();
    let wanted: Vec<Wishes<'_>> = candidate
        .wanted
        .iter()
        .zip(&sides)
        .map(|(wanted, sides)| match wanted {
            Some(w) => w.wishes(),
            None => Wishes { position: &[], changes: sides, brackets: None },
        })
        .collect();
    targets::record(run, &wanted)
}

/// The positions, as given.
pub(super) fn observe(columns: &FileColumns) -> Observed {
    match columns {
        FileColumns::Positions(wanted) => Observed {
            columns: vec![ObservedColumn::numbers(Stage::Decision, "position", 0, wanted.clone())],
            facts: vec![],
        },
        FileColumns::Orders(_) => Observed::default(),
    }
}
