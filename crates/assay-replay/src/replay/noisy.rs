//! A trader whose entries do not all arrive.

use super::{
    AccountId, Arriving, Book, Check, Deployable, Entry, Filled, Intent, Orders, Paper, Portfolio, Rejected,
    SymbolTrader, Trade, Trader, View,
};
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
    /// Of a trader of one symbol.
    symbol: usize,
}

impl EntryNoise {
    /// What is left of an entry that is decided at the close of `bar` of symbol `symbol`.
    fn left(&self, mut entry: Entry, symbol: usize, bar: usize) -> Option<Entry> {
        let seed = self.seed.wrapping_add((symbol as u64) << 48);
        let mut stream = Stream::new(seed, "entry noise", (self.path << 32) | bar as u64);
        let (missed, share) = (stream.uniform() < self.missed, stream.uniform());
        entry.size_frac *= self.partial + (1.0 - self.partial) * share;
        (!missed).then_some(entry)
    }
}

impl<T> Noisy<T> {
    /// `inner`, the trader of symbol `symbol` or of all, with noise.
    pub fn new(inner: T, noise: EntryNoise, symbol: usize) -> Self {
        Self { inner, noise, symbol }
    }
}

impl<T: SymbolTrader> SymbolTrader for Noisy<T> {
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
        if let Some(entry) = intent.entry {
            intent.entry = self.noise.left(entry, self.symbol, bar);
        }
        intent
    }

    fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
        self.inner.place(bar, view, book);
    }

    fn on_exit(&mut self, trade: &Trade) {
        self.inner.on_exit(trade);
    }

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        self.inner.deployable()
    }
}

/// Of the real account alone: what is only pretended meets no luck.
impl<T: Trader> Trader for Noisy<T> {
    fn papers(&self) -> Vec<Paper> {
        self.inner.papers()
    }

    fn next_wake(&mut self, from: usize) -> usize {
        self.inner.next_wake(from)
    }

    fn on_close(&mut self, now: &Portfolio<'_>, orders: &mut Orders) {
        self.inner.on_close(now, orders);
        let noise = self.noise;
        orders.entries(|symbol, entry| match now.bar(symbol) {
            Some(bar) => noise.left(entry, symbol, bar),
            None => Some(entry),
        });
    }

    fn checks(&self) -> bool {
        self.inner.checks()
    }

    fn on_arrival(&mut self, arriving: &Arriving) -> Check {
        self.inner.on_arrival(arriving)
    }

    fn on_fill(&mut self, account: AccountId, filled: &Filled) {
        self.inner.on_fill(account, filled);
    }

    fn on_reject(&mut self, account: AccountId, rejected: &Rejected) {
        self.inner.on_reject(account, rejected);
    }

    fn on_trade(&mut self, account: AccountId, trade: &Trade) {
        self.inner.on_trade(account, trade);
    }

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        self.inner.deployable()
    }
}
