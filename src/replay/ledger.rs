//! The one place where money moves.

use crate::execution::{CostsPaid, Fill};

/// Cash and units held of one symbol.
#[derive(Debug, Clone, Copy)]
pub struct Ledger {
    cash: f64,
    units: f64,
    peak: f64,
    paid: CostsPaid,
    traded_notional: f64,
}

impl Ledger {
    /// An account holding `cash` and nothing else.
    pub fn new(cash: f64) -> Self {
        Self { cash, units: 0.0, peak: cash, paid: CostsPaid::default(), traded_notional: 0.0 }
    }

    /// Books a fill of `units` (positive) on `side` (+1 buys, -1 sells).
    pub fn apply(&mut self, fill: &Fill, units: f64, side: f64) {
        self.cash -= side * units * fill.price + fill.costs.fee;
        self.units += side * units;
        self.paid.add(&fill.costs);
        self.traded_notional += units * fill.price;
    }

    /// Says that nothing is held any more, so that no dust of rounding stays behind.
    pub fn flat(&mut self) {
        self.units = 0.0;
    }

    /// Cash and holdings at `price`; raises the peak.
    pub fn mark(&mut self, price: f64) -> f64 {
        let equity = self.cash + self.units * price;
        self.peak = self.peak.max(equity);
        equity
    }

    /// Loss from the highest marked equity, a positive fraction of it.
    pub fn drawdown(&self, equity: f64) -> f64 {
        if self.peak > 0.0 { 1.0 - equity / self.peak } else { 0.0 }
    }

    /// Units held, negative for a short.
    pub fn units(&self) -> f64 {
        self.units
    }

    /// Cash.
    pub fn cash(&self) -> f64 {
        self.cash
    }

    /// Costs paid by kind.
    pub fn paid(&self) -> CostsPaid {
        self.paid
    }

    /// Notional of all fills, both sides.
    pub fn traded_notional(&self) -> f64 {
        self.traded_notional
    }
}
