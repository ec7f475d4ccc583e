//! What decides for one symbol, bar by bar.

use super::{Deployable, ExitReason, Position, Reject, Trade};
use crate::execution::{Bracket, Order};

/// The account and position as a trader sees them at a close.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Equity marked at this close.
    pub equity: f64,
    /// Loss from the highest equity so far, positive fraction.
    pub drawdown: f64,
    /// The open position, if any.
    pub position: Option<&'a Position>,
    /// Whether all of it is on its way out: what is opened now follows when it is gone.
    pub leaving: bool,
    /// Side of the entry that was sent last and has not arrived, where orders take bars to arrive: what is decided now
    /// finds the position that it opens.
    pub coming: Option<f64>,
    /// Whether orders take bars to arrive, and some are on their way or rest: a position may be there when what is
    /// decided now arrives.
    pub late: bool,
}

/// An order to open a position at the next open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// +1 buys, -1 sells.
    pub side: f64,
    /// Share of equity to put in; the units follow from this close's price.
    pub size_frac: f64,
    /// What closes the position.
    pub bracket: Bracket,
}

/// What a trader wants done at the next open.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Intent {
    /// Close the position, and why.
    pub exit: Option<ExitReason>,
    /// Open a position, once none is held.
    pub entry: Option<Entry>,
    /// Hold this many units of the position there is; its side, stop and target stay.
    pub resize: Option<f64>,
    /// Move the stop here (only towards the price), from the next bar on.
    pub stop: Option<f64>,
    /// Slippage of the exit beyond the ordinary, basis points.
    pub exit_slippage_bps: f64,
    /// Take back an entry that has not been filled.
    pub cancel: bool,
    /// An order that is wanted and cannot be placed, and why: its side, +1 or -1. It is counted as refused.
    pub refused: Option<(f64, Reject)>,
}

impl Intent {
    /// Whether it asks for no order.
    #[inline]
    pub fn is_nothing(&self) -> bool {
        self.exit.is_none() && self.entry.is_none() && self.resize.is_none()
    }
}

/// Orders that rest at the exchange.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub(super) orders: Vec<Order>,
    placed: u32,
    /// Bars that what is sent takes to arrive beyond the next open, and the bar at whose close it is sent now.
    pub(super) latency: usize,
    pub(super) now: usize,
    /// What was taken back and is still there: from which bar on it is not, and the order, or all up to it.
    withdrawn: Vec<(usize, Withdrawn)>,
}

/// What is taken back.
#[derive(Debug, Clone, Copy)]
enum Withdrawn {
    One(u32),
    UpTo(u32),
    EntriesUpTo(u32),
}

impl Book {
    /// One to which everything takes so many bars to arrive beyond the next open.
    pub(super) fn behind(latency: usize) -> Self {
        Self { latency, ..Self::default() }
    }

    /// Sends an order; it is good from the next open on. Its number is returned.
    #[inline]
    pub fn place(&mut self, order: Order) -> u32 {
        self.placed += 1;
        self.orders.push(Order { id: self.placed, ..order });
        self.placed
    }

    /// The number that the next order gets.
    #[inline]
    pub(super) fn next_id(&self) -> u32 {
        self.placed + 1
    }

    /// Takes an order back; says whether it was still there. Where orders take bars to arrive, so does this: until then the
    /// order may fill.
    #[inline]
    pub fn cancel(&mut self, id: u32) -> bool {
        let there = self.orders.iter().any(|o| o.id == id);
        self.withdraw(Withdrawn::One(id));
        there
    }

    fn withdraw(&mut self, what: Withdrawn) {
        if self.orders.is_empty() {
            return;
        }
        self.withdrawn.push((self.now + 1 + self.latency, what));
        if self.latency == 0 {
            self.take_back(usize::MAX);
        }
    }

    /// Takes back what was withdrawn and is not to be there in `bar`.
    pub(super) fn take_back(&mut self, bar: usize) {
        let orders = &mut self.orders;
        self.withdrawn.retain(|(from, what)| {
            if *from <= bar {
                orders.retain(|o| match what {
                    Withdrawn::One(id) => o.id != *id,
                    Withdrawn::UpTo(id) => o.id > *id,
                    Withdrawn::EntriesUpTo(id) => o.id > *id || !o.is_entry(),
                });
            }
            *from > bar
        });
    }

    /// Takes back entries that have not been filled, as [`Self::cancel`] does one order.
    #[inline]
    pub(super) fn cancel_entries(&mut self) {
        self.withdraw(Withdrawn::EntriesUpTo(self.placed));
    }

    /// Takes every order back, as [`Self::cancel`] does one.
    #[inline]
    pub fn cancel_all(&mut self) {
        self.withdraw(Withdrawn::UpTo(self.placed));
    }

    /// Forgets every order at once.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.orders.clear();
        self.withdrawn.clear();
    }

    /// Orders that have not been filled.
    #[inline]
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }
}

/// Decides for one symbol, whatever else the account holds. It sees a bar only at its close, and acts at the next open.
/// [`EachSymbol`](super::EachSymbol) makes a [`Trading`](super::Trading) of one of each symbol.
pub trait SymbolTrader {
    /// Whether it sends orders of its own ([`Self::place`]); for others the loop asks nothing more.
    #[inline]
    fn places(&self) -> bool {
        false
    }

    /// The first bar at or after `from` whose close a flat trader must see; bars before it are skipped.
    fn next_wake(&mut self, from: usize) -> usize;

    /// The first bar at or after `from` whose close must be seen while a position is open and nothing touches it: `from` for one that looks
    /// at every close.
    #[inline]
    fn next_look(&mut self, from: usize) -> usize {
        from
    }

    /// Decides at the close of `bar`. While a position is open it is called at every close, those before [`Self::next_look`] apart.
    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent;

    /// Sends orders to, and takes orders from, the exchange at the close of `bar`, after [`Self::on_close`].
    #[inline]
    fn place(&mut self, _bar: usize, _view: &View<'_>, _book: &mut Book) {}

    /// Learns of a closed trade, before the close of the bar that closed it.
    fn on_exit(&mut self, trade: &Trade);

    /// What it has to say to, and wants to hear of, rules of deployment above it, which act on any trader.
    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        None
    }
}
