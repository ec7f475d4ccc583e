//! What the crossover wanted, for the tables and for the causality check.

use super::columns::{crossover, first_row};
use super::trader::Candidate;
use crate::features::FeatureSpec;
use crate::system::{Column, Observed, Record, RunView, Stage, SymbolData, targets};

pub(super) fn record(run: &RunView<'_>, candidate: &Candidate) -> Record {
    let wanted: Vec<_> = candidate.wanted.iter().map(|w| (&w.position[..], w.changes())).collect();
    targets::record(run, &wanted)
}

/// The averages, and the position wanted.
pub(super) fn observe(symbol: &SymbolData<'_>, candidate: &Candidate) -> Observed {
    let p = &candidate.params;
    let cache = symbol.features;
    let mut columns: Vec<Column> = cache.computed().iter().map(|(spec, v)| feature(spec, v)).collect();
    columns.push(Column {
        declared: first_row(p),
        ..Column::numbers(Stage::Decision, "position", 0, crossover(cache, p))
    });
    Observed { columns, facts: vec![] }
}

fn feature(spec: &FeatureSpec, values: &crate::features::Column) -> Column {
    Column {
        stage: Stage::Feature,
        name: spec.to_string(),
        first: 0,
        declared: spec.warmup(),
        values: values.clone(),
        labels: vec![],
    }
}
