//! The file, carried out.

use super::columns::FileColumns;
use super::orders::OrderTrader;
use super::params::Signals;
use crate::replay::{Book, Deployable, Intent, SymbolTrader, Trade, View};
use crate::system::targets::{TargetPositions, TargetTrader};
use crate::system::{SymbolData, SymbolStart};

/// What is wanted of each symbol; nothing of those whose orders the file gives.
#[derive(Debug)]
pub struct SignalsCandidate {
    pub(super) wanted: Vec<Option<TargetPositions>>,
}

impl SignalsCandidate {
    pub(super) fn new(symbols: &[SymbolData<'_>], columns: &[&FileColumns], p: &Signals) -> Self {
        let one = |(s, columns): (&SymbolData<'_>, &&FileColumns)| match columns {
            FileColumns::Positions(aligned) => {
                Some(TargetPositions::new(aligned.wanted.clone(), p.unit, p.distances().brackets(s.features)))
            }
            FileColumns::Orders(_) => None,
        };
        Self { wanted: symbols.iter().zip(columns).map(one).collect() }
    }
}

/// Carries out positions, or sends orders.
pub enum SignalTrader<'a> {
    /// Of a file of positions.
    Targets(TargetTrader<'a>),
    /// Of a file of orders.
    Orders(OrderTrader<'a>),
}

impl<'a> SignalTrader<'a> {
    pub(super) fn new(
        candidate: &'a SignalsCandidate,
        columns: &'a FileColumns,
        start: &SymbolStart<'a>,
    ) -> Self {
        match (columns, &candidate.wanted[start.symbol]) {
            (FileColumns::Positions(_), Some(wanted)) => Self::Targets(TargetTrader::of(start, wanted)),
            (FileColumns::Orders(sent), _) => Self::Orders(OrderTrader::in_market(&start.market, sent)),
            (FileColumns::Positions(_), None) => {
                unreachable!("Invariant: a candidate is made of these columns")
            }
        }
    }
}

impl SymbolTrader for SignalTrader<'_> {
    fn places(&self) -> bool {
        matches!(self, Self::Orders(_))
    }

    fn next_wake(&mut self, from: usize) -> usize {
        match self {
            Self::Targets(t) => t.next_wake(from),
            Self::Orders(t) => t.next_wake(from),
        }
    }

    fn next_look(&mut self, from: usize) -> usize {
        match self {
            Self::Targets(t) => t.next_look(from),
            Self::Orders(t) => t.next_look(from),
        }
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        match self {
            Self::Targets(t) => t.on_close(bar, view),
            Self::Orders(t) => t.on_close(bar, view),
        }
    }

    fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
        match self {
            Self::Targets(t) => t.place(bar, view, book),
            Self::Orders(t) => t.place(bar, view, book),
        }
    }

    fn on_exit(&mut self, trade: &Trade) {
        match self {
            Self::Targets(t) => t.on_exit(trade),
            Self::Orders(t) => t.on_exit(trade),
        }
    }

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        match self {
            Self::Targets(t) => t.deployable(),
            Self::Orders(t) => t.deployable(),
        }
    }
}
