//! Wanted positions, carried out.

use super::brackets::Brackets;
use super::params::Unit;
use super::record::Wishes;
use crate::market::Bars;
use crate::replay::{Entry, ExitReason, Intent, Market, SymbolTrader, Trade, View};

/// Which position is wanted at each close.
#[derive(Debug, Clone)]
pub struct TargetPositions {
    /// Signed position of each bar, NaN leaves what there is; empty where only the changes are known.
    pub position: Vec<f64>,
    /// What a position of 1 is.
    pub unit: Unit,
    /// Stop, target and trail.
    pub brackets: Brackets,
    /// Bars at which another position is wanted than before, with what is wanted.
    changes: Vec<(usize, f64)>,
}

impl TargetPositions {
    /// Of one value a bar.
    pub fn new(position: Vec<f64>, unit: Unit, brackets: Brackets) -> Self {
        let changes = changes(&position);
        Self { position, unit, brackets, changes }
    }

    /// Of the closes at which another position is wanted than before, with what is wanted.
    pub fn switching(changes: Vec<(usize, f64)>, unit: Unit, brackets: Brackets) -> Self {
        Self { position: vec![], unit, brackets, changes }
    }

    /// Bars at which another position is wanted, with what is wanted.
    pub fn changes(&self) -> &[(usize, f64)] {
        &self.changes
    }

    /// What was wanted, for the record.
    pub fn wishes(&self) -> Wishes<'_> {
        Wishes { position: &self.position, changes: &self.changes }
    }
}

/// Bars at which another position is wanted than before, with what is wanted.
fn changes(position: &[f64]) -> Vec<(usize, f64)> {
    let mut held = 0.0;
    let mut changes = vec![];
    for (bar, &v) in position.iter().enumerate() {
        if !v.is_nan() && v != held {
            held = v;
            changes.push((bar, v));
        }
    }
    changes
}

/// Carries out wanted positions: an order where another is wanted than before, and nothing where the same is wanted still, also
/// after a stop or a target has closed it.
pub struct TargetTrader<'a> {
    bars: &'a Bars,
    wanted: &'a TargetPositions,
    contract_size: f64,
    fx: Option<&'a [f64]>,
    /// Changes not yet acted upon.
    next: usize,
}

impl<'a> TargetTrader<'a> {
    /// A trader of `wanted` over `bars`.
    pub fn new(bars: &'a Bars, wanted: &'a TargetPositions) -> Self {
        Self { bars, wanted, contract_size: 1.0, fx: None, next: 0 }
    }

    /// The same where units may be contracts, and prices in another currency.
    pub fn in_market(market: &Market<'a>, wanted: &'a TargetPositions) -> Self {
        Self { contract_size: market.terms.contract_size, fx: market.fx, ..Self::new(market.bars, wanted) }
    }
}

impl SymbolTrader for TargetTrader<'_> {
    fn next_wake(&mut self, from: usize) -> usize {
        let rest = &self.wanted.changes[self.next..];
        // What is wanted flat is had already.
        let skipped = rest.iter().take_while(|(bar, v)| *bar < from || *v == 0.0).count();
        self.next += skipped;
        rest.get(skipped).map_or(usize::MAX, |(bar, _)| *bar)
    }

    fn next_look(&mut self, from: usize) -> usize {
        self.wanted.changes.get(self.next).map_or(usize::MAX, |(bar, _)| (*bar).max(from))
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let mut intent = Intent::default();
        let Some(&(at, want)) = self.wanted.changes.get(self.next).filter(|(at, _)| *at <= bar) else {
            return intent;
        };
        debug_assert_eq!(at, bar, "a change is seen at its own close");
        self.next += 1;
        let close = self.bars.close()[bar];
        let (side, size) = (if want < 0.0 { -1.0 } else { 1.0 }, want.abs());
        let unit = close * self.contract_size * self.fx.map_or(1.0, |fx| fx[bar]);
        let units = match self.wanted.unit {
            Unit::Units => size,
            Unit::Equity => size * view.equity / unit,
        };
        match view.position {
            Some(p) if want != 0.0 && p.side == side => {
                intent.resize = Some(units);
                return intent;
            }
            Some(_) => intent.exit = Some(ExitReason::SIGNAL),
            // What has been sent and not been filled is wanted no more.
            None => intent.cancel = true,
        }
        if let Some(bracket) = self.wanted.brackets.at(bar, close).filter(|_| want != 0.0) {
            let size_frac = units * unit / view.equity;
            intent.entry = Some(Entry { side, size_frac, bracket });
        }
        intent
    }

    fn on_exit(&mut self, _: &Trade) {}
}
