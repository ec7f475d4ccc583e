//! Traders of a run, ready to be replayed: one of each symbol, or one of the whole account.

use super::engine::{Over, replay_account, replay_all};
use super::watched::{SentOrders, Watched};
use super::{AccountState, EntryNoise, Noisy, Recorder, SymbolTrader, Trader};

/// What a replay drives. Made of traders by [`EachSymbol`] or [`AllSymbols`].
pub trait Trading: Sized {
    /// The same with luck on its entries.
    type Noisy: Trading;
    /// The same, its orders written down.
    type Watched: Trading;

    /// Replays it over `over`; returns the account as it is at the end.
    fn replay<R: Recorder>(&mut self, over: Over<'_, '_>, recorder: &mut R) -> AccountState;

    /// The same with entries that are missed or filled in part.
    fn with_noise(self, noise: EntryNoise) -> Self::Noisy;

    /// The same, its orders written down.
    fn watched(self) -> Self::Watched;

    /// What was written down, by symbol, and the traders again.
    fn unwatched(watched: Self::Watched) -> (Self, Vec<SentOrders>);
}

/// A trader of each symbol, in the order of the symbols; each decides by itself.
#[derive(Debug)]
pub struct EachSymbol<T>(pub Vec<T>);

impl<T: SymbolTrader> Trading for EachSymbol<T> {
    type Noisy = EachSymbol<Noisy<T>>;
    type Watched = EachSymbol<Watched<T>>;

    fn replay<R: Recorder>(&mut self, over: Over<'_, '_>, recorder: &mut R) -> AccountState {
        replay_all(over, &mut self.0, recorder)
    }

    fn with_noise(self, noise: EntryNoise) -> Self::Noisy {
        EachSymbol(self.0.into_iter().enumerate().map(|(k, t)| Noisy::new(t, noise, k)).collect())
    }

    fn watched(self) -> Self::Watched {
        EachSymbol(self.0.into_iter().map(|t| Watched::one(t)).collect())
    }

    fn unwatched(watched: Self::Watched) -> (Self, Vec<SentOrders>) {
        let (traders, orders) = watched.0.into_iter().map(Watched::first).unzip();
        (Self(traders), orders)
    }
}

/// One trader of the whole account.
#[derive(Debug)]
pub struct AllSymbols<T>(pub T);

impl<T: Trader> Trading for AllSymbols<T> {
    type Noisy = AllSymbols<Noisy<T>>;
    type Watched = AllSymbols<Watched<T>>;

    fn replay<R: Recorder>(&mut self, over: Over<'_, '_>, recorder: &mut R) -> AccountState {
        replay_account(over, &mut self.0, recorder)
    }

    fn with_noise(self, noise: EntryNoise) -> Self::Noisy {
        AllSymbols(Noisy::new(self.0, noise, 0))
    }

    fn watched(self) -> Self::Watched {
        AllSymbols(Watched::all(self.0))
    }

    fn unwatched(watched: Self::Watched) -> (Self, Vec<SentOrders>) {
        let (trader, orders) = watched.0.into_parts();
        (Self(trader), orders)
    }
}
