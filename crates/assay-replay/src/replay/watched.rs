//! What a trader leaves with the market at each close: the orders that the next bar may fill.

use super::orders::Want;
use super::{
    AccountId, Arriving, Book, Check, Deployable, Filled, Intent, Orders, Paper, Portfolio, Rejected,
    SymbolTrader, Trade, Trader, View,
};
use crate::execution::Order;

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
    /// Bar, account and what a trader of the whole account wanted.
    pub wants: Vec<(usize, AccountId, Want)>,
}

impl SentOrders {
    fn rests(&mut self, bar: usize, now: (f64, f64)) {
        let same = self.resting.last().is_some_and(|(_, stop, target)| (*stop, *target) == now);
        if !same {
            self.resting.push((bar, now.0, now.1));
        }
    }
}

/// A trader whose orders are written down. A stop that moved on what it should not know shows here, before
/// any fill. It looks at every close while a position is open, so that what is written down does not depend
/// on when it would have slept.
#[derive(Debug)]
pub struct Watched<T> {
    trader: T,
    /// By symbol; of a trader of one symbol its own.
    orders: Vec<SentOrders>,
}

impl<T: SymbolTrader> Watched<T> {
    pub(super) fn one(trader: T) -> Self {
        let orders = SentOrders { rest: trader.places(), ..SentOrders::default() };
        Self { trader, orders: vec![orders] }
    }
}

impl<T> Watched<T> {
    pub(super) fn all(trader: T) -> Self {
        Self { trader, orders: vec![] }
    }

    pub(super) fn first(self) -> (T, SentOrders) {
        (self.trader, self.orders.into_iter().next().unwrap_or_default())
    }

    pub(super) fn into_parts(self) -> (T, Vec<SentOrders>) {
        (self.trader, self.orders)
    }
}

impl<T: SymbolTrader> SymbolTrader for Watched<T> {
    fn places(&self) -> bool {
        self.trader.places()
    }

    fn next_wake(&mut self, from: usize) -> usize {
        self.trader.next_wake(from)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let intent = self.trader.on_close(bar, view);
        let orders = &mut self.orders[0];
        if let Some(p) = view.position {
            orders.rests(bar, (p.stop, p.target));
        }
        if intent != Intent::default() {
            orders.intents.push((bar, intent));
        }
        intent
    }

    fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
        let before: Vec<u32> = book.orders().iter().map(|o| o.id).collect();
        self.trader.place(bar, view, book);
        let orders = &mut self.orders[0];
        let placed = book.orders().iter().filter(|o| !before.contains(&o.id));
        orders.placed.extend(placed.map(|o| (bar, *o)));
        let gone = before.iter().filter(|id| book.orders().iter().all(|o| o.id != **id));
        orders.taken_back.extend(gone.map(|id| (bar, *id)));
    }

    fn on_exit(&mut self, trade: &Trade) {
        self.trader.on_exit(trade);
    }

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        self.trader.deployable()
    }
}

impl<T: Trader> Trader for Watched<T> {
    fn papers(&self) -> Vec<Paper> {
        self.trader.papers()
    }

    fn next_wake(&mut self, from: usize) -> usize {
        self.trader.next_wake(from)
    }

    fn on_close(&mut self, now: &Portfolio<'_>, orders: &mut Orders) {
        self.trader.on_close(now, orders);
        self.orders.resize_with(now.symbols(), || SentOrders { rest: true, ..SentOrders::default() });
        for (k, sent) in self.orders.iter_mut().enumerate() {
            let Some(bar) = now.newest(k) else { continue };
            if let Some(p) = now.position(k) {
                sent.rests(bar, (p.stop, p.target));
            }
            let wants = orders.asks().iter().filter(|a| a.symbol == k);
            sent.wants.extend(wants.map(|a| (bar, a.account, a.want)));
        }
    }

    fn checks(&self) -> bool {
        self.trader.checks()
    }

    fn on_arrival(&mut self, arriving: &Arriving) -> Check {
        self.trader.on_arrival(arriving)
    }

    fn on_fill(&mut self, account: AccountId, filled: &Filled) {
        self.trader.on_fill(account, filled);
    }

    fn on_reject(&mut self, account: AccountId, rejected: &Rejected) {
        self.trader.on_reject(account, rejected);
    }

    fn on_trade(&mut self, account: AccountId, trade: &Trade) {
        self.trader.on_trade(account, trade);
    }

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        self.trader.deployable()
    }
}
