//! What is on its way to the market of one symbol: decisions that have not arrived, entries that wait, orders in the book.

use super::account_state::AccountState;
use super::notice::{Outcome, Reject, Rejected};
use super::position_state::Carry;
use super::symbol_state::SymbolState;
use super::{Intent, Position, Staged};
use crate::execution::Order;

/// What was decided at a close and not yet carried out.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueuedDecision {
    pub intent: Intent,
    /// Units of the entry, at the price and equity of that close.
    pub units: f64,
    pub decided: usize,
    /// Bar at whose open it arrives.
    pub due: usize,
    /// Its place among the entries of its close, the first to be served.
    pub rank: u32,
    /// The stage of exposure it was decided in.
    pub staged: Staged,
    /// The most units that limits leave of a larger size.
    pub most: f64,
}

impl SymbolState<'_> {
    #[inline]
    pub fn queue_order(&mut self, pending: QueuedDecision) {
        if let Some(there) = self.decided_at(pending.decided) {
            // What makes the position smaller was decided first.
            there.intent.entry = pending.intent.entry.or(there.intent.entry);
            there.intent.resize = pending.intent.resize.or(there.intent.resize);
            if let Some(reason) = pending.intent.exit {
                there.intent.exit = Some(reason);
                there.intent.exit_slippage_bps = pending.intent.exit_slippage_bps;
                there.intent.resize = None;
            }
            there.most = pending.most;
            (there.units, there.rank, there.staged) = (pending.units, pending.rank, pending.staged);
            return;
        }
        if self.pending.is_some() {
            self.queue.push_back(pending);
        } else {
            self.pending = Some(pending);
        }
    }

    /// The entry that arrived at an open before and waits: for volume, or for the position that leaves before it.
    pub fn waiting(&self) -> Option<&QueuedDecision> {
        self.pending.as_ref().filter(|p| p.due <= self.next && p.intent.entry.is_some())
    }

    /// Takes back, at the close of `bar`, entries that have not been filled. Where orders take bars to arrive, so does this:
    /// what is filled before stays.
    pub fn cancel_entries(&mut self, bar: usize) {
        self.book.now = bar;
        self.book.cancel_entries();
        if self.book.latency == 0 {
            if self.waiting().is_some() {
                self.turn_away();
            }
        } else if self.pending.iter().chain(&self.queue).any(|p| p.intent.entry.is_some()) {
            // What arrives takes the place of an entry that waits.
            self.queue_order(QueuedDecision {
                intent: Intent { cancel: true, ..Intent::default() },
                units: 0.0,
                decided: bar,
                due: bar + 1 + self.book.latency,
                rank: 0,
                staged: Staged::FULL,
                most: f64::INFINITY,
            });
        }
    }

    /// Turns away limit entries that arrive in `bar` and find a position that stays: with one there is none to make.
    pub fn turn_away_second_entries(&mut self, bar: usize, done: &mut Outcome) {
        if self.book.latency == 0 || self.hold.position.is_none() || self.hold.is_leaving() {
            return;
        }
        let second = |o: &Order| o.is_entry() && o.arrives == bar && !o.carried;
        for order in self.book.orders.iter().filter(|o| second(o)) {
            self.refuse(order, bar, Reject::POSITION_OPEN, done);
        }
        self.book.orders.retain(|o| !second(o));
    }

    /// An entry that waits makes way for what arrives after it.
    pub fn make_way(&mut self) {
        while self.pending.is_some_and(|p| p.due < self.next)
            && self.queue.front().is_some_and(|p| p.due <= self.next)
        {
            self.pending = self.queue.pop_front();
        }
    }

    /// Leaves of what arrived the entry alone: the position leaves, and the entry follows when it has.
    pub fn keep_entry(&mut self) {
        if let Some(p) = &mut self.pending {
            (p.intent.exit, p.intent.resize) = (None, None);
        }
    }

    /// What was put in line last, where it was decided at the close of `bar`.
    pub fn decided_at(&mut self, bar: usize) -> Option<&mut QueuedDecision> {
        let last = if self.queue.is_empty() { self.pending.as_mut() } else { self.queue.back_mut() };
        last.filter(|p| p.decided == bar)
    }

    /// The entry that arrives at this open, for a last look at it.
    pub fn arriving(&mut self) -> Option<&mut QueuedDecision> {
        let (at_close, next) = (self.at_close, self.next);
        self.pending.as_mut().filter(|p| p.intent.entry.is_some() && (at_close || p.due == next))
    }

    /// Takes the entry back that is first in line, and nothing else of what was decided with it.
    pub fn turn_away(&mut self) {
        if let Some(p) = &mut self.pending {
            p.intent.entry = None;
            if p.intent.is_nothing() {
                self.pending = self.queue.pop_front();
            }
        }
    }

    /// Takes back orders that belonged to a position that was closed in this bar.
    #[inline]
    pub fn forget_reductions(&mut self, ledger: &mut AccountState, done: &mut Outcome) {
        if std::mem::take(&mut self.hold.went_flat) {
            let (symbol, bar) = (self.symbol(), self.newest());
            ledger.counts.cut += super::path::forget_reductions(&mut self.book.orders, symbol, bar, done);
        }
    }

    /// Whether an order is the rest of one that makes the position smaller.
    #[inline]
    pub fn reduces(&self, order: &Order) -> bool {
        is_reducing_rest(order, self.hold.position.as_ref())
    }

    /// What opens or enlarges and has not been filled, wherever it is: decisions on their way or waiting, the rest of one,
    /// orders. The number of the order (0 for none), side and units, as they were asked for.
    fn openings(&self) -> impl Iterator<Item = (u32, f64, f64)> + '_ {
        let entry = |p: &QueuedDecision| {
            let of = |e: super::Entry| (0, e.side, p.units / p.staged.of(1.0));
            p.intent.entry.map(of)
        };
        let decided = self.pending.iter().chain(&self.queue).filter_map(entry);
        let rest = match (self.hold.carry, &self.hold.position) {
            (Some(Carry::More(units, scale)), Some(p)) => Some((0, p.side, units / scale)),
            _ => None,
        };
        let opens = |o: &&Order| !o.reduce_only && !self.reduces(o);
        let orders = self.book.orders.iter().filter(opens).map(|o| (o.id, o.side, o.units));
        decided.chain(rest).chain(orders)
    }

    /// Lets the trader know which entries and orders are dropped before they could fill.
    pub fn tell_dropped(&self, reason: Reject, done: &mut Outcome) {
        if !done.keep {
            return;
        }
        let (symbol, bar) = (self.symbol(), self.newest());
        for (order, side, units) in self.openings() {
            done.rejected(|| Rejected { step: 0, symbol, bar, order, side, units, reason });
        }
    }

    /// Takes back, in a halt, everything that opens or enlarges and has not been filled; exits, smaller sizes and orders that
    /// only reduce go on. Returns how many entries and orders.
    pub fn halt(&mut self, done: &mut Outcome) -> usize {
        let taken_back = self.openings().count();
        self.tell_dropped(Reject::HALTED, done);
        self.drop_decisions();
        let held = self.hold.position;
        self.book.orders.retain_mut(|o| {
            o.reduce_only |= is_reducing_rest(o, held.as_ref());
            o.reduce_only
        });
        taken_back
    }

    /// Lets the trader know that an order at the exchange is over.
    pub fn refuse(&self, order: &Order, bar: usize, reason: Reject, done: &mut Outcome) {
        let symbol = usize::from(self.hold.symbol);
        done.rejected(|| Rejected {
            step: 0,
            symbol,
            bar,
            order: order.id,
            side: order.side,
            units: order.units,
            reason,
        });
    }

    /// Lets orders placed at the close of `bar` arrive later.
    pub fn delay_orders(&mut self, bar: usize, late: usize) {
        if late == 0 {
            return;
        }
        // Orders taken back leave fewer than there were; what is new stands at the end.
        let sent = self.book.orders.iter_mut().filter(|o| o.decided == bar && o.arrives == bar + 1);
        sent.for_each(|o| *o = o.late(late));
    }

    /// Whether an entry would find a position, held or on its way, that does not leave before.
    pub fn is_taken(&self) -> bool {
        // One that waits makes way.
        let pending = self.pending.iter().filter(|_| self.waiting().is_none());
        let mut coming = pending.chain(&self.queue);
        let last = coming.rfind(|p| p.intent.entry.is_some() || p.intent.exit.is_some());
        match last {
            Some(p) => p.intent.entry.is_some(),
            None => self.hold.position.is_some(),
        }
    }

    /// The entry that was sent last, at an earlier close, and arrives at the next open or later: its side and units. What
    /// is decided now finds the position that it opens.
    pub fn coming(&self) -> Option<(f64, f64)> {
        let mut under_way = self.pending.iter().chain(&self.queue).filter(|p| p.due > self.next);
        let last = under_way.rfind(|p| p.intent.entry.is_some() || p.intent.exit.is_some())?;
        last.intent.entry.map(|e| (e.side, last.units))
    }

    /// Side and units, as asked, of the position that a decision of now finds when it arrives, by what was decided before.
    pub fn found(&self) -> Option<(f64, f64)> {
        let mut found = self.shown().map(|p| (p.side, p.units));
        for p in self.pending.iter().chain(&self.queue).filter(|p| p.due > self.next) {
            if p.intent.exit.is_some() {
                found = None;
            }
            if let (None, Some(e)) = (found, p.intent.entry) {
                found = Some((e.side, p.units / p.staged.of(1.0)));
            }
            if let (Some((_, units)), Some(asked)) = (&mut found, p.intent.resize) {
                *units = asked;
            }
        }
        found
    }

    /// Whether orders take bars to arrive, and some have not been filled.
    pub fn is_late(&self) -> bool {
        self.book.latency > 0 && (self.pending.is_some() || !self.book.orders.is_empty())
    }

    /// What arrives at this open.
    #[inline]
    pub fn arrived(&self) -> Option<QueuedDecision> {
        self.pending.filter(|p| self.at_close || p.due <= self.next)
    }

    /// Done with what arrived.
    #[inline]
    pub fn settle_pending(&mut self) {
        if self.arrived().is_some() {
            self.pending = self.queue.pop_front();
        }
    }

    #[inline]
    pub fn drop_orders(&mut self) {
        self.pending = None;
        self.queue.clear();
        self.book.clear();
        self.hold.carry = None;
    }

    /// Takes back what opens or enlarges, and orders that wait; exits and reductions on their way go on.
    pub fn drop_openings(&mut self) {
        self.drop_decisions();
        let held = self.hold.position;
        self.book.orders.retain_mut(|o| {
            let reduces = is_reducing_rest(o, held.as_ref());
            // It closes what is held, and opens nothing.
            o.reduce_only |= reduces;
            reduces
        });
    }

    /// Takes back what opens or enlarges of what was decided; exits and smaller sizes go on.
    fn drop_decisions(&mut self) {
        // What is wanted of the position by then: of two sizes the second may be the larger.
        let mut wanted = self.hold.position.map(|p| p.asked);
        let left = |mut p: QueuedDecision| {
            p.intent.entry = None;
            p.intent.resize = p.intent.resize.filter(|units| wanted.is_some_and(|there| *units < there));
            wanted = p.intent.resize.or(wanted);
            (!p.intent.is_nothing()).then_some(p)
        };
        let all = self.pending.take().into_iter().chain(std::mem::take(&mut self.queue));
        self.queue = all.filter_map(left).collect();
        self.pending = self.queue.pop_front();
        if matches!(self.hold.carry, Some(Carry::More(..))) {
            self.hold.carry = None;
        }
    }

    /// The least that is wanted of the position by what is on its way, as asked.
    pub fn least_on_its_way(&self) -> f64 {
        let wanted = self.pending.iter().chain(&self.queue).filter_map(|p| p.intent.resize);
        let least = wanted.fold(self.hold.asked_after_rest(), f64::min);
        let rests: f64 = self.book.orders.iter().filter(|o| self.reduces(o)).map(|o| o.units).sum();
        if rests < least * (1.0 - 1e-12) { least - rests } else { 0.0 }
    }

    /// Whether all of the position is on its way out: by a decision, or as the rest of an order.
    pub fn is_exiting(&self) -> bool {
        self.hold.position.is_some()
            && (self.hold.is_leaving()
                || self.pending.iter().chain(&self.queue).any(|p| p.intent.exit.is_some())
                || self.least_on_its_way() <= 0.0)
    }
}

/// Whether `order` is the rest of one that makes the position `held` smaller.
fn is_reducing_rest(order: &Order, held: Option<&Position>) -> bool {
    order.rest && held.is_some_and(|p| p.side != order.side)
}
