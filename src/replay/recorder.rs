//! What is kept of a run.

use std::ops::Range;

use super::{Ledger, Trade};

/// Receives a run as it happens, in order.
pub trait Recorder {
    /// Bar `bar` has closed with this account. `exposure` is the notional held over equity, negative for a short.
    fn bar(&mut self, bar: usize, equity: f64, exposure: f64, ledger: &Ledger);

    /// Nothing was held over these bars: equity stood still.
    fn flat(&mut self, bars: Range<usize>, equity: f64);

    /// A trade was closed.
    fn trade(&mut self, trade: &Trade);
}

/// Keeps everything: equity and exposure of every bar, every trade.
#[derive(Debug, Default)]
pub struct FullRecorder {
    /// Equity at each close.
    pub equity: Vec<f64>,
    /// Notional held over equity at each close.
    pub exposure: Vec<f64>,
    /// Closed trades in the order of their exits.
    pub trades: Vec<Trade>,
}

impl FullRecorder {
    /// A recorder for a history of `bars` bars.
    pub fn new(bars: usize) -> Self {
        Self { equity: Vec::with_capacity(bars), exposure: Vec::with_capacity(bars), trades: vec![] }
    }
}

impl Recorder for FullRecorder {
    fn bar(&mut self, _: usize, equity: f64, exposure: f64, _: &Ledger) {
        self.equity.push(equity);
        self.exposure.push(exposure);
    }

    fn flat(&mut self, bars: Range<usize>, equity: f64) {
        self.equity.resize(self.equity.len() + bars.len(), equity);
        self.exposure.resize(self.exposure.len() + bars.len(), 0.0);
    }

    fn trade(&mut self, trade: &Trade) {
        self.trades.push(*trade);
    }
}
