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
    let (mut sent, mut left_out, mut orders) = (0, 0, false);
    for (columns, symbol) in columns.iter().zip(&run.symbols) {
        match columns {
            FileColumns::Positions(aligned) => left_out += aligned.left_out,
            // Every order of the file is one, however many share a close.
            FileColumns::Orders(schedule) => {
                let (now, not) = schedule.sent_from(symbol.first);
                (sent, left_out, orders) = (sent + now, left_out + not, true);
            }
        }
    }
    Record { ordered: if orders { sent } else { record.ordered }, left_out, ..record }
}

/// The positions, as given.
pub(super) fn observe(columns: &FileColumns) -> Observed {
    match columns {
        FileColumns::Positions(aligned) => Observed {
            columns: vec![ObservedColumn::numbers(Stage::Decision, "position", 0, aligned.wanted.clone())],
            facts: vec![],
        },
        FileColumns::Orders(_) => Observed::default(),
    }
}
