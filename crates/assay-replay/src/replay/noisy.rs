//! A trader whose entries do not all arrive.

use super::{Book, Intent, Trade, Trader, View};
use crate::random::Stream;

/// What happens to entries on one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntryNoise {
    /// Seed of the draws.
    pub seed: u64,
    /// Which path.
    pub path: u64,
    /// Share of entries that are missed.
    pub missed: f64,
    /// Least share of an entry that is filled; the share is drawn between it and all.
    pub partial: f64,
}

/// A trader with noise on its entries. A draw belongs to its path, symbol and bar, so that two settings on the same path meet the same luck.
pub struct Noisy<T> {
    inner: T,
    noise: EntryNoise,
    symbol: u64,
}

impl<T> Noisy<T> {
    /// `inner`, the trader of symbol `symbol`, with noise.
    pub fn new(inner: T, noise: EntryNoise, symbol: usize) -> Self {
        Self { inner, noise, symbol: symbol as u64 }
    }
}

impl<T: Trader> Trader for Noisy<T> {
    fn places(&self) -> bool {
        self.inner.places()
    }

    fn next_wake(&mut self, from: usize) -> usize {
        self.inner.next_wake(from)
    }

    fn next_look(&mut self, from: usize) -> usize {
        self.inner.next_look(from)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let mut intent = self.inner.on_close(bar, view);
        if let Some(entry) = &mut intent.entry {
            let n = &self.noise;
            let mut stream = Stream::new(
                n.seed.wrapping_add(self.symbol << 48),
                "entry noise",
                (n.path << 32) | bar as u64,
            );
            let (missed, share) = (stream.uniform() < n.missed, stream.uniform());
            entry.size_frac *= n.partial + (1.0 - n.partial) * share;
            if missed {
                intent.entry = None;
            }
        }
        intent
    }

    fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
        self.inner.place(bar, view, book);
    }

    fn on_exit(&mut self, trade: &Trade) {
        self.inner.on_exit(trade);
    }
}
