//! What the crossover wanted, for the tables and for the causality check.

use super::trader::CrossCandidate;
use crate::system::{Observed, ObservedColumn, Record, RunView, Stage, SymbolData, targets};

pub(super) fn record(run: &RunView<'_>, candidate: &CrossCandidate) -> Record {
    let wanted: Vec<_> = candidate.wanted.iter().map(|w| w.wishes()).collect();
    targets::record(run, &wanted)
}

/// The position wanted.
pub(super) fn observe(symbol: &SymbolData<'_>, candidate: &CrossCandidate) -> Observed {
    let position = candidate.wanted[symbol.index].position.clone();
    let wanted = ObservedColumn::numbers(Stage::Decision, "position", 0, position);
    Observed { columns: vec![ObservedColumn { declared: candidate.first, ..wanted }], facts: vec![] }
}
