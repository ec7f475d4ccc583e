//! What a trader of the whole account orders at a close.

use super::notice::{AccountId, Reject};
use super::portfolio::Portfolio;
use super::{Entry, ExitReason};
use crate::execution::Order;

/// One thing that is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Want {
    /// The position closed, for a reason and with slippage beyond the ordinary, basis points.
    Exit(ExitReason, f64),
    /// A position opened.
    Enter(Entry),
    /// This many units held of the position there is.
    Resize(f64),
    /// The stop of the position moved here, only towards the price.
    Stop(f64),
    /// An order sent to the exchange.
    Place(Order),
    /// An order taken back.
    Cancel(u32),
    /// Entries taken back that have not been filled.
    CancelEntries,
    /// A candidate that was not ordered, for the record: its side, and why.
    Refuse(f64, Reject),
}

/// What is wanted, of which symbol and in which account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// The account.
    pub account: AccountId,
    /// The symbol.
    pub symbol: usize,
    /// What.
    pub want: Want,
}

/// What a trader of the whole account wants done at the next open, for any symbol in any of its accounts.
///
/// Orders to the exchange are taken back and sent first, as they were given; then stops are moved, then what makes
/// positions smaller is put in line, then entries and larger positions in the order they were given: the first is the best, and gets what slots, exposure and
/// means there are. A symbol without a bar at this instant can be left, not entered ([`Reject::NO_BAR`]).
#[derive(Debug, Default)]
pub struct Orders {
    asks: Vec<Ask>,
    ids: Vec<(AccountId, usize, u32)>,
}

/// Orders of one account.
#[derive(Debug)]
pub struct AccountOrders<'a> {
    orders: &'a mut Orders,
    account: AccountId,
}

impl Orders {
    /// Those of the account that is measured.
    pub fn real(&mut self) -> AccountOrders<'_> {
        AccountOrders { orders: self, account: AccountId::REAL }
    }

    /// Those of the paper account at place `k` of [`Trader::papers`](super::Trader::papers).
    pub fn paper(&mut self, k: usize) -> AccountOrders<'_> {
        AccountOrders { orders: self, account: AccountId::paper(k) }
    }

    /// Everything that is wanted so far.
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Ready for another close.
    pub(super) fn clear(&mut self) {
        self.asks.clear();
        self.ids.clear();
    }

    /// Changes every entry of the real account, or takes it away.
    pub(super) fn entries(&mut self, change: impl Fn(usize, Entry) -> Option<Entry>) {
        self.asks.retain_mut(|ask| {
            let Want::Enter(entry) = &mut ask.want else { return true };
            if ask.account != AccountId::REAL {
                return true;
            }
            let changed = change(ask.symbol, *entry);
            if let Some(changed) = changed {
                *entry = changed;
            }
            changed.is_some()
        });
    }
}

impl AccountOrders<'_> {
    /// Closes the position of a symbol; where entries stand apart all of them. Where orders take bars to arrive, so does
    /// this: it closes the position that it finds then, that of an entry still on its way included.
    pub fn exit(&mut self, symbol: usize, reason: ExitReason) {
        self.ask(symbol, Want::Exit(reason, 0.0));
    }

    /// The same with slippage beyond the ordinary, basis points.
    pub fn exit_with_slippage(&mut self, symbol: usize, reason: ExitReason, slippage_bps: f64) {
        self.ask(symbol, Want::Exit(reason, slippage_bps));
    }

    /// Opens a position of a symbol. Where one is held that is not left at the same close, the entry is refused
    /// ([`Reject::POSITION_OPEN`]).
    pub fn enter(&mut self, symbol: usize, entry: Entry) {
        self.ask(symbol, Want::Enter(entry));
    }

    /// Holds this many units of the position there is, or that an entry on its way opens; its side, stop and target stay.
    pub fn resize(&mut self, symbol: usize, units: f64) {
        self.ask(symbol, Want::Resize(units));
    }

    /// Moves the stop of a position, only towards the price, from the next bar on.
    pub fn move_stop(&mut self, symbol: usize, price: f64) {
        self.ask(symbol, Want::Stop(price));
    }

    /// Sends an order to the exchange, good from the next open on; its number is returned.
    pub fn place(&mut self, now: &Portfolio<'_>, symbol: usize, order: Order) -> u32 {
        let ids = &mut self.orders.ids;
        let id = match ids.iter_mut().find(|(a, s, _)| (*a, *s) == (self.account, symbol)) {
            Some((_, _, last)) => {
                *last += 1;
                *last
            }
            None => {
                let id = now.account(self.account).next_id(symbol);
                ids.push((self.account, symbol, id));
                id
            }
        };
        self.ask(symbol, Want::Place(order));
        id
    }

    /// Takes an order back that rests at the exchange.
    pub fn cancel(&mut self, symbol: usize, id: u32) {
        self.ask(symbol, Want::Cancel(id));
    }

    /// Takes entries back that have not been filled.
    pub fn cancel_entries(&mut self, symbol: usize) {
        self.ask(symbol, Want::CancelEntries);
    }

    /// Notes that a candidate was not ordered, and why.
    pub fn refuse(&mut self, symbol: usize, side: f64, reason: Reject) {
        self.ask(symbol, Want::Refuse(side, reason));
    }

    fn ask(&mut self, symbol: usize, want: Want) {
        self.orders.asks.push(Ask { account: self.account, symbol, want });
    }
}
