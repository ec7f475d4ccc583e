//! One account in the loop: its cash, what it holds of each symbol, what is on its way, and the limits above it.

use super::account_state::AccountState;
use super::clock::Clock;
use super::closing::Exit;
use super::deployment::Deployment;
use super::month::TradedMonth;
use super::notice::{AccountId, Notice, Outcome, Reject};
use super::portfolio::{Arriving, Check};
use super::risk_manager::{RiskAction, RiskManager};
use super::symbol_state::SymbolState;
use super::{ExitReason, HeldFrom, Trade};
use crate::execution::{Execution, FillRule};

/// Who is told what happens in an account.
pub(super) trait Listener {
    /// A trade was closed.
    fn trade(&mut self, account: AccountId, trade: &Trade);

    /// Something was filled or refused.
    fn notice(&mut self, account: AccountId, notice: &Notice);

    /// Whether entries are looked at once more when they arrive.
    fn checks(&self) -> bool;

    /// A last look at an entry.
    fn check(&mut self, arriving: &Arriving) -> Check;

    /// What is held of a symbol from an open on.
    fn held_from(&mut self, account: AccountId, from: &HeldFrom);
}

pub(super) struct TradingAccount<'a, 'm> {
    pub id: AccountId,
    pub execution: &'a Execution,
    pub ledger: AccountState,
    pub risk_manager: Option<&'a mut RiskManager>,
    /// The rules of deployment above it.
    pub deployment: Option<&'a mut Deployment>,
    /// Equity at the last close: what sizes are a share of.
    pub equity: f64,
    /// One a symbol; of a paper account whose entries stand apart more behind them.
    pub slots: Vec<SymbolState<'m>>,
    pub(super) many: bool,
    /// Whether entries are served in the order the system gave them, and not in that of the symbols.
    pub(super) ranked: bool,
    month: TradedMonth,
    /// Whether each entry stands by itself, in a slot of its own: sizes are a share of the equity at the start then.
    pub apart: bool,
    pub(super) start: f64,
    /// What the present phase brought about.
    pub done: Outcome,
}

impl<'a, 'm> TradingAccount<'a, 'm> {
    pub fn new(
        id: AccountId,
        execution: &'a Execution,
        ledger: AccountState,
        risk_manager: Option<&'a mut RiskManager>,
        slots: Vec<SymbolState<'m>>,
        told: bool,
    ) -> Self {
        Self {
            id,
            execution,
            equity: ledger.cash(),
            risk_manager,
            deployment: None,
            many: slots.len() > 1,
            ranked: told,
            slots,
            month: TradedMonth::new(execution),
            apart: false,
            start: ledger.cash(),
            ledger,
            done: Outcome::keeping(told),
        }
    }

    /// A paper account with entries that stand apart: each has a slot of its own, and means enough.
    pub fn standing_apart(mut self) -> Self {
        self.apart = true;
        self.many = true;
        self.ledger = self.ledger.unbounded();
        self.slots.iter_mut().for_each(SymbolState::unbind);
        self
    }

    /// The same under rules of deployment.
    pub fn under(mut self, deployment: Option<&'a mut Deployment>) -> Self {
        self.deployment = deployment;
        self
    }

    /// A slot of a symbol in which nothing is held or on its way.
    pub fn lane(&mut self, symbol: usize) -> usize {
        let free = |s: &SymbolState<'_>| s.symbol() == symbol && s.idle();
        self.slots.iter().position(free).unwrap_or_else(|| {
            self.slots.push(self.slots[symbol].beside(self.execution, &self.ledger));
            self.slots.len() - 1
        })
    }

    /// Whether nothing is held, ordered or due.
    pub fn idle(&self) -> bool {
        self.slots.iter().all(SymbolState::idle)
    }

    /// Whether several symbols, rules, interest or tiers of fees leave no bar in which nothing can happen.
    #[inline]
    pub fn busy(&self) -> bool {
        self.many
            || self.risk_manager.is_some()
            || self.deployment.is_some()
            || self.ledger.borrow_rate > 0.0
            || self.month.is_tiered()
    }

    pub fn skip_to(&mut self, step: usize, clock: &Clock) {
        for slot in &mut self.slots {
            slot.skip_to(clock.bar_at(slot.symbol(), step));
        }
    }

    /// The open of a step and what happens inside it.
    pub fn until_close(&mut self, step: usize, clock: &Clock, ears: &mut impl Listener) {
        let time = clock.time(step);
        let fees = if self.month.is_tiered() {
            Some(self.execution.fees_after(self.month.traded(time, self.ledger.traded_notional())))
        } else {
            None
        };
        for slot in &mut self.slots {
            let k = slot.symbol();
            slot.active = clock.bar_at(k, step) < clock.bar_at(k, step + 1);
        }
        // For the night, the weekend or the gap before this open, by what was held through it.
        self.borrow(time);
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            slot.open(self.execution, fees);
        }
        self.at_open(ears);
        self.tell_held(step, ears);
        self.inside(step, time, ears);
    }

    /// Tells what is held from the open of `step` on.
    #[inline]
    pub fn tell_held(&self, step: usize, ears: &mut impl Listener) {
        for slot in self.slots.iter().filter(|s| s.active) {
            let entry_bar = slot.hold.position.as_ref().map(|p| p.entry_bar);
            let (symbol, units) = (slot.symbol(), slot.hold.units);
            ears.held_from(self.id, &HeldFrom { step, symbol, units, entry_bar });
        }
    }

    /// The close of a step: everything is marked, interest is paid, and the limits look at it.
    pub fn mark(&mut self, step: usize, clock: &Clock) -> Option<RiskAction> {
        let mut held_value = 0.0;
        for slot in &mut self.slots {
            if slot.active {
                slot.close_bar();
            }
            held_value += slot.value();
        }
        self.equity = self.ledger.cash() + held_value;
        let now = clock.close_time(step);
        if self.borrow(now) {
            // Added up as at any other close, to the last bit: a step at which nothing is due is no other step.
            self.equity = self.ledger.cash() + held_value;
        }
        self.ledger.mark(self.equity);
        let risk_manager = self.risk_manager.as_deref_mut()?;
        let act = risk_manager.at_close(step, now, self.equity);
        if risk_manager.halted(now) {
            for slot in &mut self.slots {
                self.ledger.counts.refused += slot.halt(&mut self.done);
            }
        }
        act
    }

    /// Goes on to the next step; returns the worth of what is held over equity.
    pub fn advance(&mut self) -> f64 {
        let mut net = 0.0;
        for slot in &mut self.slots {
            net += slot.units_worth() * slot.hold.price * slot.hold.fx;
            slot.advance();
        }
        if self.equity > 0.0 { net / self.equity } else { 0.0 }
    }

    /// The data end after the last decision: it must not know that they do. And orders that fill at their own close.
    pub fn last_fills(&mut self, ears: &mut impl Listener) {
        let mut filled = false;
        for k in 0..self.slots.len() {
            let slot = &self.slots[k];
            if !slot.active {
                continue;
            }
            if slot.is_last() {
                if slot.hold.position.is_some() {
                    self.mark_other_symbols(k);
                    let price = self.slots[k].hold.price;
                    self.slots[k].hold.budget = f64::INFINITY;
                    let (mut engine, _) = self.slots[k].engine(&mut self.ledger, &mut self.done);
                    engine.close(f64::INFINITY, price, ExitReason::END, Exit::MARKET);
                    self.tell(k, ears);
                    filled = true;
                }
                self.slots[k].tell_dropped(Reject::END, &mut self.done);
                self.slots[k].drop_orders();
            } else if self.execution.fill == FillRule::Close && slot.has_orders() {
                self.slots[k].at_close = true;
                filled = true;
            }
        }
        if filled && self.execution.fill == FillRule::Close {
            self.orders_of(|s| s.at_close, ears);
            self.slots.iter_mut().for_each(|s| s.at_close = false);
        }
        if filled {
            self.equity = self.ledger.cash() + self.slots.iter().map(SymbolState::value).sum::<f64>();
            self.ledger.mark(self.equity);
        }
    }

    /// Interest until `now` on money that is not the account's and on units that are not, of the symbols with a bar in
    /// this step; whether any was paid.
    ///
    /// Each symbol pays at the opens and closes of its own bars, for the time since the last of them: what other symbols
    /// do in between is nothing to it.
    fn borrow(&mut self, now: i64) -> bool {
        if self.ledger.borrow_rate <= 0.0 {
            return false;
        }
        let mut long = 0.0;
        for s in &self.slots {
            long += if s.hold.units > 0.0 { s.hold.gross(&s.at.terms) } else { 0.0 };
        }
        // What longs cost beyond the equity there is.
        let borrowed = (long - self.equity.max(0.0)).max(0.0);
        let mut any = false;
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            let since = std::mem::replace(&mut slot.interest_paid_ms, now);
            let gross = slot.hold.gross(&slot.at.terms);
            if gross == 0.0 || now == since {
                continue;
            }
            let base = if slot.hold.units < 0.0 { gross } else { borrowed * gross / long };
            if base > 0.0 {
                let share = self.ledger.borrow_rate * (now - since) as f64 / (365.0 * 86_400_000.0);
                let (mut engine, _) = slot.engine(&mut self.ledger, &mut self.done);
                engine.interest(base * share);
                any = true;
            }
        }
        any
    }

    /// Tells of refusals at a close.
    pub fn tell_notices(&mut self, ears: &mut impl Listener) {
        for notice in self.done.notices.drain(..) {
            ears.notice(self.id, &notice);
        }
    }

    /// Tells recorder, trader and limits of what has happened to `k`.
    #[inline]
    pub fn tell(&mut self, k: usize, ears: &mut impl Listener) {
        if self.done.is_empty() {
            return;
        }
        for notice in self.done.notices.drain(..) {
            ears.notice(self.id, &notice);
        }
        for trade in self.done.trades.drain(..) {
            if let Some(risk_manager) = self.risk_manager.as_deref_mut() {
                risk_manager.closed(&trade, self.slots[k].close_time());
            }
            if let Some(deployment) = self.deployment.as_deref_mut() {
                deployment.closed(&trade, self.slots[k].close_time());
            }
            ears.trade(self.id, &trade);
        }
    }
}
