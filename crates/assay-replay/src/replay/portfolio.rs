//! What decides for the whole account, and what it is shown.

use super::notice::{AccountId, Filled, Reject, Rejected};
use super::orders::Orders;
use super::trading_account::TradingAccount;
use super::{Clock, Deployable, Entry, Position, Trade};
use crate::execution::Order;

/// Decides for all symbols at once: one call an instant, with everything that is known at its close; what it orders
/// acts at the next open. [`AllSymbols`](super::AllSymbols) makes a [`Trading`](super::Trading) of one.
pub trait Trader {
    /// Paper accounts that it keeps beside the real one; asked once, at the start.
    fn papers(&self) -> Vec<Paper> {
        vec![]
    }

    /// The first step at or after `from` whose close must be seen while nothing is held, ordered or due in any account;
    /// steps before it are skipped.
    fn next_wake(&mut self, from: usize) -> usize {
        from
    }

    /// Decides at the close of a step: an instant at which the bar of at least one symbol closes that may be decided at.
    fn on_close(&mut self, now: &Portfolio<'_>, orders: &mut Orders);

    /// Whether entries are shown to [`Self::on_arrival`].
    fn checks(&self) -> bool {
        false
    }

    /// A last look at an entry decided at a close, when it arrives at the market: only the price it finds is known of that
    /// bar. Entries that rest as limits are not shown: their price is their own.
    fn on_arrival(&mut self, _arriving: &Arriving) -> Check {
        Check::Fill
    }

    /// Learns of a fill, before the close of its bar.
    fn on_fill(&mut self, _account: AccountId, _filled: &Filled) {}

    /// Learns of a refusal, before the next close.
    fn on_reject(&mut self, _account: AccountId, _rejected: &Rejected) {}

    /// Learns of a closed trade, after the fill that closed it.
    fn on_trade(&mut self, _account: AccountId, _trade: &Trade) {}

    /// What it has to say to, and wants to hear of, rules of deployment above it, which act on any trader.
    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        None
    }
}

/// An account in which a system only pretends: its own cash, positions and orders on the same bars and costs, without
/// the limits above the real one. It moves no cash of the real account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paper {
    /// What tables call it: lower-case letters, digits and underscores.
    pub name: &'static str,
    /// Its equity at the start.
    pub equity: f64,
    /// Whether each entry stands by itself beside others of its symbol, as shadow trades of all candidates do: every
    /// size is a share of the equity at the start then, and nothing is refused for want of means.
    pub apart: bool,
}

/// An entry on its way, at the price it finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arriving {
    /// Whose it is.
    pub account: AccountId,
    /// The symbol.
    pub symbol: usize,
    /// Its bar.
    pub bar: usize,
    /// Bar at whose close it was decided.
    pub decided: usize,
    /// What was decided.
    pub entry: Entry,
    /// Units, at the price and equity of that close.
    pub units: f64,
    /// The open of this bar, or the close that decided it where orders fill there.
    pub price: f64,
    /// Equity of the account at the opens of this step, after what made positions smaller.
    pub equity: f64,
}

/// What becomes of an entry that arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Check {
    /// It is filled as decided.
    Fill,
    /// It is filled with these units, at most those decided: more would be another decision.
    Resize(f64),
    /// It is turned away.
    Reject(Reject),
}

/// Every account and symbol at a close.
#[derive(Clone, Copy)]
pub struct Portfolio<'a> {
    pub(super) real: &'a TradingAccount<'a, 'a>,
    pub(super) papers: &'a [TradingAccount<'a, 'a>],
    pub(super) clock: &'a Clock,
    pub(super) step: usize,
}

/// One account at a close.
#[derive(Clone, Copy)]
pub struct AccountView<'a> {
    account: &'a TradingAccount<'a, 'a>,
}

impl<'a> Portfolio<'a> {
    /// Which step closes.
    pub fn step(&self) -> usize {
        self.step
    }

    /// When, milliseconds UTC.
    pub fn time_ms(&self) -> i64 {
        self.clock.close_time(self.step)
    }

    /// How many symbols there are.
    pub fn symbols(&self) -> usize {
        self.clock.symbols()
    }

    /// The bar of a symbol that closes at this instant and may be decided at; none where it has none, or is still warming up.
    pub fn bar(&self, symbol: usize) -> Option<usize> {
        let slot = self.real.slots.get(symbol)?;
        (slot.active && slot.bar() >= slot.first).then(|| slot.bar())
    }

    /// The newest bar of a symbol that has closed by now; none before its first.
    pub fn newest(&self, symbol: usize) -> Option<usize> {
        self.clock.bar_at(symbol, self.step + 1).checked_sub(1)
    }

    /// The account that is measured.
    pub fn real(&self) -> AccountView<'a> {
        AccountView { account: self.real }
    }

    /// The paper account at place `k` of [`Trader::papers`].
    ///
    /// # Panics
    /// Where there is none.
    pub fn paper(&self, k: usize) -> AccountView<'a> {
        AccountView { account: &self.papers[k] }
    }

    /// One of its accounts.
    ///
    /// # Panics
    /// Where there is none of this number.
    pub fn account(&self, id: AccountId) -> AccountView<'a> {
        id.paper_index().map_or_else(|| self.real(), |k| self.paper(k))
    }

    /// Equity of the real account.
    pub fn equity(&self) -> f64 {
        self.real().equity()
    }

    /// Loss of the real account from its highest equity so far, a positive fraction.
    pub fn drawdown(&self) -> f64 {
        self.real().drawdown()
    }

    /// The position the real account holds of a symbol.
    pub fn position(&self, symbol: usize) -> Option<&'a Position> {
        self.real().position(symbol)
    }
}

impl<'a> AccountView<'a> {
    /// Equity, marked at this close.
    pub fn equity(&self) -> f64 {
        self.account.equity
    }

    /// Cash.
    pub fn cash(&self) -> f64 {
        self.account.ledger.cash()
    }

    /// Loss from the highest equity so far, a positive fraction.
    pub fn drawdown(&self) -> f64 {
        self.account.ledger.drawdown(self.account.equity)
    }

    /// Worth of all positions without sign over equity.
    pub fn exposure(&self) -> f64 {
        self.account.slots.iter().map(|s| s.hold.gross(&s.at.terms)).sum::<f64>() / self.account.equity
    }

    /// The position it holds of a symbol; of an account whose entries stand apart the oldest.
    pub fn position(&self, symbol: usize) -> Option<&'a Position> {
        self.positions(symbol).next()
    }

    /// Every position it holds of a symbol, more than one only where entries stand apart.
    pub fn positions(&self, symbol: usize) -> impl Iterator<Item = &'a Position> + use<'a> {
        let of = move |s: &&super::symbol_state::SymbolState<'_>| s.symbol() == symbol;
        self.account.slots.iter().filter(of).filter_map(super::symbol_state::SymbolState::shown)
    }

    /// Side of the entry of a symbol that was sent last and has not arrived, where orders take bars to arrive: what is
    /// decided now finds the position that it opens.
    pub fn coming(&self, symbol: usize) -> Option<f64> {
        self.account.slots.get(symbol)?.coming().map(|(side, _)| side)
    }

    /// Orders of a symbol that rest at the exchange.
    pub fn resting(&self, symbol: usize) -> &'a [Order] {
        self.account.slots.get(symbol).map_or(&[], |s| s.book.orders())
    }

    /// Whether a position of a symbol is held and stays, or is on its way.
    pub fn is_engaged(&self, symbol: usize) -> bool {
        self.account
            .slots
            .iter()
            .filter(|s| s.symbol() == symbol)
            .any(super::symbol_state::SymbolState::is_engaged)
    }

    /// How many symbols are.
    pub fn engaged(&self) -> usize {
        (0..self.account.slots.len()).filter(|k| self.is_engaged(*k)).count()
    }

    /// The number that the next order of a symbol gets.
    pub(super) fn next_id(&self, symbol: usize) -> u32 {
        self.account.slots.get(symbol).map_or(1, |s| s.book.next_id())
    }
}
