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
    leverage: f64,
    cut_orders: usize,
}

impl Ledger {
    /// An account holding `cash` and nothing else, whose positions may be worth `leverage` times its equity.
    pub fn new(cash: f64, leverage: f64) -> Self {
        Self {
            cash,
            units: 0.0,
            peak: cash,
            paid: CostsPaid::default(),
            traded_notional: 0.0,
            leverage,
            cut_orders: 0,
        }
    }

    /// The most of `units` more on the side held (or any, where nothing is) that can be had at a fill of `price`, of which
    /// `fee` per unit of money is paid: what is held then is worth `leverage` times what is left. What is cut is counted.
    pub fn affordable(&mut self, units: f64, price: f64, fee: f64) -> f64 {
        let held = self.units.abs();
        let equity = self.cash + self.units * price;
        // held + more <= leverage (equity - fee * more * price) / price
        let room = (self.leverage * equity / price - held) / (1.0 + self.leverage * fee);
        // A share of exactly the leverage must not be cut for a rounding.
        if units <= room * (1.0 + 1e-12) {
            return units;
        }
        self.cut_orders += 1;
        room.max(0.0)
    }

    /// Orders that were cut to what the account could bear.
    pub fn cut_orders(&self) -> usize {
        self.cut_orders
    }

    /// Books a fill of `units` (positive) on `side` (+1 buys, -1 sells).
    pub fn apply(&mut self, fill: &Fill, units: f64, side: f64) {
        self.cash -= side * units * fill.price + fill.costs.fee;
        self.units += side * units;
        self.paid.add(&fill.costs);
        self.traded_notional += units * fill.price;
    }

    /// Pays `amount` of funding; a negative one is received.
    pub fn fund(&mut self, amount: f64) {
        self.cash -= amount;
        self.paid.funding += amount;
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
