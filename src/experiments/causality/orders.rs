//! What a trader leaves with the market at each close: the orders that the next bar may fill.

use crate::replay::{Intent, Trade, Trader, View};

/// Orders as they were after each close.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// Bar, stop and target of the open position, where one of them is not what it was.
    pub(super) resting: Vec<(usize, f64, f64)>,
    /// Bar and what was sent for the next open, where anything was.
    pub(super) intents: Vec<(usize, Intent)>,
}

/// A trader whose orders are written down. A stop that moved on what it should not know shows here, before any fill.
pub(super) struct Watched<T> {
    pub(super) trader: T,
    pub(super) orders: Orders,
}

impl<T: Trader> Trader for Watched<T> {
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

    fn on_exit(&mut self, trade: &Trade) {
        self.trader.on_exit(trade);
    }
}
