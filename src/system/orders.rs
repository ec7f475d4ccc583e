//! What a trader leaves with the market at each close: the orders that the next bar may fill.

use crate::execution::Order;
use crate::replay::{Book, Intent, Trade, Trader, View};

/// Orders as they were after each close.
#[derive(Debug, Default)]
pub struct SentOrders {
    /// Bar, stop and target of the open position, where one of them is not what it was.
    pub resting: Vec<(usize, f64, f64)>,
    /// Bar and what was sent for the next open, where anything was.
    pub intents: Vec<(usize, Intent)>,
    /// Bar and order placed by the trader itself.
    pub placed: Vec<(usize, Order)>,
    /// Whether its orders may rest and fill inside a bar.
    pub rest: bool,
    /// Bar and number of an order that the trader took back.
    pub taken_back: Vec<(usize, u32)>,
}

/// A trader whose orders are written down. A stop that moved on what it should not know shows here, before
/// any fill. It looks at every close while a position is open, so that what is written down does not depend
/// on when it would have slept.
pub(super) struct Watched<T> {
    pub(super) trader: T,
    pub(super) orders: SentOrders,
}

impl<T: Trader> Watched<T> {
    pub(super) fn new(trader: T) -> Self {
        let orders = SentOrders { rest: trader.places(), ..SentOrders::default() };
        Self { trader, orders }
    }
}

impl<T: Trader> Trader for Watched<T> {
    fn places(&self) -> bool {
        self.trader.places()
    }

    fn next_wake(&mut self, from: usize) -> usize {
        self.trader.next_wake(from)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        if let Some(p) = view.position {
            let now = (p.stop, p.target);
            let same = self.orders.resting.last().is_some_and(|(_, stop, target)| (*stop, *target) == now);
            if !same {
                self.orders.resting.push((bar, p.stop, p.target));
            }
        }
        let intent = self.trader.on_close(bar, view);
        if intent != Intent::default() {
            self.orders.intents.push((bar, intent));
        }
        intent
    }

    fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
        let before: Vec<u32> = book.orders().iter().map(|o| o.id).collect();
        self.trader.place(bar, view, book);
        let placed = book.orders().iter().filter(|o| !before.contains(&o.id));
        self.orders.placed.extend(placed.map(|o| (bar, *o)));
        let gone = before.iter().filter(|id| book.orders().iter().all(|o| o.id != **id));
        self.orders.taken_back.extend(gone.map(|id| (bar, *id)));
    }

    fn on_exit(&mut self, trade: &Trade) {
        self.trader.on_exit(trade);
    }
}
