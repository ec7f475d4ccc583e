//! What the crossover wanted, for the tables and for the causality check.

use super::trader::Candidate;
use crate::system::{Column, Observed, Record, RunView, Stage, SymbolData, targets};

pub(super) fn record(run: &RunView<'_>, candidate: &Candidate) -> Record {
    let wanted: Vec<_> = candidate.wanted.iter().map(|w| w.wishes()).collect();
    targets::record(run, &wanted)
}

/// The position wanted.
pub(super) fn observe(symbol: &SymbolData<'_>, candidate: &Candidate) -> Observed {
    let position = candidate.wanted[symbol.index].position.clone();
    let wanted = Column::numbers(Stage::Decision, "position", 0, position);
    Observed { columns: vec![Column { declared: candidate.first, ..wanted }], facts: vec![] }
}
