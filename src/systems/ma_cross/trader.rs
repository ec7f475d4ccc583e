//! A pair of averages, ready to trade.

use super::columns::{crossover, crossover_changes, first_row};
use super::params::MaCross;
use crate::replay::Switches;
use crate::system::targets::{TargetPositions, TargetTrader, Unit};
use crate::system::{SymbolData, SymbolStart};

/// What is wanted of each symbol.
#[derive(Debug)]
pub struct CrossCandidate {
    pub(super) first: usize,
    pub(super) wanted: Vec<TargetPositions>,
    /// Whether nothing but the crossing itself closes a position.
    bare: bool,
}

impl CrossCandidate {
    pub(super) fn new(symbols: &[SymbolData<'_>], p: &MaCross, keep: bool) -> Self {
        let distances = p.distances();
        let wanted = symbols.iter().map(|s| {
            let brackets = distances.brackets(s.features);
            match keep {
                true => TargetPositions::new(crossover(s.features, p), Unit::Equity, brackets),
                false => TargetPositions::switching(crossover_changes(s.features, p), Unit::Equity, brackets),
            }
        });
        Self { first: first_row(p), wanted: wanted.collect(), bare: !distances.any() }
    }

    pub(super) fn trader<'a>(&'a self, start: &SymbolStart<'a>) -> TargetTrader<'a> {
        TargetTrader::of(start, &self.wanted[start.symbol])
    }

    pub(super) fn switches(&self) -> Option<Switches<'_>> {
        let [wanted] = &self.wanted[..] else { return None };
        self.bare.then(|| Switches { changes: wanted.changes(), of_equity: true })
    }
}
