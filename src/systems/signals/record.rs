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
    let record = targets::record(run, &wanted);
    // Every order of the file is one, however many share a close.
    let sent = sides
        .iter()
        .zip(&run.symbols)
        .map(|(rows, s)| rows.iter().filter(|(bar, _)| *bar >= s.first).count());
    let orders = columns.iter().any(|c| matches!(c, FileColumns::Orders(_)));
    Record { ordered: if orders { sent.sum() } else { record.ordered }, ..record }
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
