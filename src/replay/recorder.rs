//! What is kept of a run.

use std::ops::Range;

use super::{Ledger, Trade};

/// The account at the close of a tick.
#[derive(Debug, Clone, Copy)]
pub struct Tick<'a> {
    /// Which: the bar, where there is one symbol.
    pub index: usize,
    /// Cash and holdings.
    pub equity: f64,
    /// Worth of what is held over equity, negative for a short.
    pub exposure: f64,
    /// The account.
    pub ledger: &'a Ledger,
}

/// Receives a run as it happens, in order.
pub trait Recorder {
    /// A tick has closed.
    fn bar(&mut self, tick: &Tick<'_>);

    /// Nothing was held over these ticks: equity stood still.
    fn flat(&mut self, ticks: Range<usize>, equity: f64);

    /// A trade was closed.
    fn trade(&mut self, trade: &Trade);
}

/// Keeps everything: equity and exposure of every tick, every trade.
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
    fn bar(&mut self, tick: &Tick<'_>) {
        self.equity.push(tick.equity);
        self.exposure.push(tick.exposure);
    }

    fn flat(&mut self, ticks: Range<usize>, equity: f64) {
        self.equity.resize(self.equity.len() + ticks.len(), equity);
        self.exposure.resize(self.exposure.len() + ticks.len(), 0.0);
    }

    fn trade(&mut self, trade: &Trade) {
        self.trades.push(*trade);
    }
}
