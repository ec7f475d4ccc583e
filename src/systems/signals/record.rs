//! What the file wanted, for the tables and for the causality check.

use super::columns::Columns;
use super::trader::Candidate;
use crate::system::targets::Wishes;
use crate::system::{Column, Observed, Record, RunView, Stage, targets};

pub(super) fn record(run: &RunView<'_>, columns: &[&Columns], candidate: &Candidate) -> Record {
    // Orders are no position: there is a word at their close, and no position beside it.
    let sides: Vec<Vec<(usize, f64)>> = columns
        .iter()
        .map(|c| match c {
            Columns::Positions(_) => vec![],
            Columns::Orders(sent) => sent.sides(),
        })
        .collect();
    let wanted: Vec<Wishes<'_>> = candidate
        .wanted
        .iter()
        .zip(&sides)
        .map(|(wanted, sides)| match wanted {
            Some(w) => w.wishes(),
            None => Wishes { position: &[], changes: sides },
        })
        .collect();
    targets::record(run, &wanted)
}

/// The positions, as given.
pub(super) fn observe(columns: &Columns) -> Observed {
    match columns {
        Columns::Positions(wanted) => Observed {
            columns: vec![Column::numbers(Stage::Decision, "position", 0, wanted.clone())],
            facts: vec![],
        },
        Columns::Orders(_) => Observed::default(),
    }
}
