//! One symbol in the loop: its bars, what is held of it, and what is on its way to the market.

use super::account_state::AccountState;
use super::fill_engine::{FillContext, FillEngine, PositionState};
use super::market::{Market, constant_costs};
use super::notice::{Outcome, Reject, Rejected};
use super::path_value::PathValue;
use super::{Book, Intent, Position, Staged};
use crate::execution::{Costs, Execution, Intrabar, Liquidity, Order};
use crate::market::{Detail, Funding, Payment};

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

pub(super) struct SymbolState<'m> {
    pub market: Market<'m>,
    pub detail: Option<&'m Detail>,
    payments: &'m [Payment],
    pub hold: PositionState,
    /// The position as its trader asked for it, where rules of deployment left less of it.
    pub as_asked: Option<Position>,
    pub book: Book,
    pub at: FillContext,
    pending: Option<QueuedDecision>,
    /// Behind it, where orders take bars to arrive.
    queue: std::collections::VecDeque<QueuedDecision>,
    /// Bar of the present step, or the next one where it has none.
    pub next: usize,
    pub first: usize,
    pub active: bool,
    /// Whether orders fill at the close that decided them, just now.
    pub at_close: bool,
    constant: bool,
    participation: f64,
    /// Share of a bar that passes until a market order arrives.
    delay: f64,
    delay_ms: i64,
    pub scratch: [Vec<Order>; 2],
}

impl<'m> SymbolState<'m> {
    pub fn new(
        symbol: u16,
        market: Market<'m>,
        first: usize,
        execution: &Execution,
        ledger: &AccountState,
    ) -> Self {
        let terms = market.terms;
        let mut costs = execution.costs();
        costs.tick_size = terms.tick_size;
        costs.worth = terms.contract_size;
        let at = FillContext {
            bar: 0,
            costs,
            terms,
            converted: market.fx.is_some(),
            others_value: 0.0,
            others_gross: 0.0,
            others_shadow: 0.0,
            others_maintenance: 0.0,
            leverage: terms.leverage.unwrap_or(f64::INFINITY).min(ledger.leverage),
            maintenance: terms.maintenance.unwrap_or(ledger.maintenance),
        };
        Self {
            market,
            detail: market
                .detail
                .filter(|_| execution.intrabar == Intrabar::Detail || execution.latency_ms > 0),
            payments: market.funding.map_or(&[][..], Funding::payments),
            hold: PositionState::new(symbol),
            as_asked: None,
            book: Book::default(),
            at,
            pending: None,
            queue: std::collections::VecDeque::new(),
            next: 0,
            first,
            active: false,
            at_close: false,
            constant: constant_costs(&market, execution),
            participation: execution.participation,
            delay: f64::from(execution.latency_ms) / market.bars.timeframe().ms() as f64,
            delay_ms: i64::from(execution.latency_ms),
            scratch: [vec![], vec![]],
        }
    }

    /// Another slot of the same symbol, empty, at the same moment.
    pub fn beside(&self, execution: &Execution, ledger: &AccountState) -> Self {
        let mut other = Self::new(self.hold.symbol, self.market, self.first, execution, ledger);
        (other.next, other.active, other.at.bar) = (self.next, self.active, self.at.bar);
        (other.hold.price, other.hold.fx) = (self.hold.price, self.hold.fx);
        other.at.costs = self.at.costs;
        other.unbind();
        other
    }

    /// Lets what is held be worth any multiple of the account.
    pub fn unbind(&mut self) {
        self.at.leverage = f64::INFINITY;
    }

    /// The bar of the present step.
    #[inline]
    pub fn bar(&self) -> usize {
        self.next
    }

    #[inline]
    pub fn is_last(&self) -> bool {
        self.next + 1 == self.market.bars.len()
    }

    #[inline]
    pub fn close_time(&self) -> i64 {
        self.market.bars.close_time(self.next.min(self.market.bars.len() - 1))
    }

    /// The position as its trader sees it.
    #[inline]
    pub fn shown(&self) -> Option<&Position> {
        self.as_asked.as_ref().or(self.hold.position.as_ref())
    }

    /// Nothing is held, ordered or on its way.
    #[inline]
    pub fn idle(&self) -> bool {
        self.hold.position.is_none()
            && self.pending.is_none()
            && self.book.orders.is_empty()
            && self.hold.carry.is_none()
    }

    #[inline]
    pub fn skip_to(&mut self, bar: usize) {
        self.next = bar;
    }

    #[inline]
    pub fn advance(&mut self) {
        if self.active {
            self.next += 1;
        }
    }

    #[inline]
    pub fn value(&self) -> f64 {
        self.hold.value(&self.at.terms, self.hold.price, self.at.converted)
    }

    #[inline]
    pub fn has_orders(&self) -> bool {
        self.pending.is_some() || self.hold.carry.is_some()
    }

    #[inline]
    pub fn must_walk(&self) -> bool {
        self.hold.position.is_some() || !self.book.orders.is_empty()
    }

    /// Whether a position is held or on its way.
    #[inline]
    pub fn is_engaged(&self) -> bool {
        self.engaged_side().is_some()
    }

    /// On which side.
    #[inline]
    pub fn engaged_side(&self) -> Option<f64> {
        let coming = self.pending.and_then(|p| p.intent.entry).map(|e| e.side);
        let held = self.hold.position.as_ref().map(|p| p.side);
        let leaves = self.pending.is_some_and(|p| p.intent.exit.is_some());
        coming.or(held.filter(|_| !leaves))
    }

    /// Gross notional of what is held or on its way, account currency.
    #[inline]
    pub fn engaged_gross(&self) -> f64 {
        let unit = self.hold.price * self.at.terms.contract_size * self.hold.fx;
        match self.pending {
            Some(p) if p.intent.entry.is_some() => p.units * unit,
            Some(p) if p.intent.exit.is_some() => 0.0,
            // What is only pretended meets the limits that it would meet.
            _ => match &self.hold.position {
                Some(p) if p.shadow => p.units * unit,
                _ => self.hold.units.abs() * unit,
            },
        }
    }

    /// Value of what is held along the path of the present bar, the extreme that hurts first; none where nothing is held or it has no bar.
    #[inline]
    pub fn path_value(&self) -> Option<PathValue> {
        let p = self.hold.position.as_ref().filter(|p| self.active && !p.shadow)?;
        let (i, bars) = (self.next, self.market.bars);
        let (open, high, low, close) = (bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i]);
        let points = if p.side > 0.0 { [open, low, high, close] } else { [open, high, low, close] };
        let value = |price: f64| self.hold.value(&self.at.terms, price, self.at.converted);
        Some(PathValue::new(points, value))
    }

    #[inline]
    pub fn engine<'a>(
        &'a mut self,
        ledger: &'a mut AccountState,
        done: &'a mut Outcome,
    ) -> (FillEngine<'a>, &'a mut Book) {
        (FillEngine { hold: &mut self.hold, ledger, at: &self.at, done }, &mut self.book)
    }

    /// Change of the position's value for a change of the price by 1, before conversion.
    #[inline]
    pub fn units_worth(&self) -> f64 {
        self.hold.units * self.at.terms.contract_size
    }

    /// The first bar before which nothing can happen but a level being reached; the last bar at the latest, which closes what is open.
    #[inline]
    pub fn quiet_until(&self) -> usize {
        let last = self.market.bars.len() - 1;
        let quiet = !self.has_orders()
            && self.book.orders.is_empty()
            && !self.at.converted
            && self.queue.is_empty()
            && self.hold.position.as_ref().is_some_and(|p| !p.follows_path() && !p.shadow);
        match self.payments.first() {
            _ if !quiet => 0,
            Some(p) => p.bar.min(last),
            None => last,
        }
    }

    /// Goes on to the first bar that reaches a level of the position, `until` at the latest; excursions and the account's peak take note.
    pub fn skip_quiet_bars(&mut self, until: usize, ledger: &mut AccountState) -> usize {
        let mut none = Outcome::default();
        let (engine, _) = self.engine(ledger, &mut none);
        let liquidation = engine.liquidation_price();
        let (from, bars) = (self.next, self.market.bars);
        let Some(p) = &mut self.hold.position else { return from };
        let (open, high, low) =
            (&bars.open()[from..until], &bars.high()[from..until], &bars.low()[from..until]);
        let close = &bars.close()[from..until];
        let trails = p.trail.distance.is_finite();
        let n = if trails {
            // The stop moves at every close.
            let quiet = |k: &usize| {
                let k = *k;
                let (floor, ceiling) = if p.side > 0.0 {
                    (p.stop.max(liquidation), p.target)
                } else {
                    (p.target, p.stop.min(liquidation))
                };
                if low[k] <= floor || high[k] >= ceiling {
                    return false;
                }
                p.see(high[k], low[k]);
                p.trail_to(high[k], low[k], close[k]);
                true
            };
            Some((0..open.len()).take_while(quiet).count())
        } else if p.side > 0.0 {
            let (floor, ceiling) = (p.stop.max(liquidation), p.target);
            let reached = |k: &usize| low[*k] <= floor || high[*k] >= ceiling;
            (0..open.len()).find(reached)
        } else {
            let (floor, ceiling) = (p.target, p.stop.min(liquidation));
            let reached = |k: &usize| low[*k] <= floor || high[*k] >= ceiling;
            (0..open.len()).find(reached)
        }
        .unwrap_or(open.len());
        if n == 0 {
            return from;
        }
        let close = &close[..n];
        let most = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
        if !trails {
            p.see(most(&high[..n]), least(&low[..n]));
        }
        let best = if p.side > 0.0 { most(close) } else { least(close) };
        let worth = self.units_worth();
        ledger.mark(ledger.cash() + worth * best);
        self.hold.price = close[n - 1];
        self.next = from + n;
        from + n
    }

    /// Begins the bar of this step: price, costs and volume.
    #[inline]
    pub fn open(&mut self, execution: &Execution, fees: Option<(f64, f64)>) {
        let (i, bars) = (self.next, self.market.bars);
        self.at.bar = i;
        self.hold.price = bars.open()[i];
        if self.participation > 0.0 {
            self.hold.budget = self.participation * bars.volume()[i] / self.at.terms.contract_size;
        }
        if self.constant {
            return;
        }
        self.hold.fx = self.market.rate(i);
        self.at.costs = self.costs_of(execution, fees);
    }

    /// What fills cost in the present bar.
    fn costs_of(&self, execution: &Execution, fees: Option<(f64, f64)>) -> Costs {
        let i = self.next;
        let mut costs = execution.costs();
        if let Some((taker, maker)) = fees {
            (costs.taker_bps, costs.maker_bps) = (taker, maker);
        }
        let [taker, maker] = self.at.terms.fees_bps;
        costs.taker_bps = taker.unwrap_or(costs.taker_bps);
        costs.maker_bps = maker.unwrap_or(costs.maker_bps);
        costs.tick_size = self.at.terms.tick_size;
        costs.worth = self.at.terms.contract_size * self.hold.fx;
        if let Some(rows) = self.market.rows {
            if let Some(spread) = rows.spread_bps.as_ref().map(|c| c[i]).filter(|s| s.is_finite()) {
                costs.spread_bps = spread;
            }
            if let Some(atr) = rows.atr.as_ref().map(|c| c[i]).filter(|a| a.is_finite()) {
                costs.slippage_bps += execution.slippage_atr * atr * 10_000.0;
            }
            if let Some(impact) = rows.impact.as_ref().map(|c| c[i]).filter(|a| a.is_finite()) {
                costs.impact = execution.impact * impact;
            }
        }
        costs
    }

    /// Pays what is due at the open, or inside the bar.
    #[inline]
    pub fn due(&mut self, ledger: &mut AccountState, inside: bool, done: &mut Outcome) {
        if self.payments.is_empty() {
            return;
        }
        let i = self.next;
        let past = self.payments.iter().take_while(|p| p.bar < i).count();
        self.payments = &self.payments[past..];
        let now = self.payments.iter().take_while(|p| p.bar == i && (inside || !p.inside)).count();
        let (due, rest) = self.payments.split_at(now);
        let (mut engine, _) = self.engine(ledger, done);
        due.iter().for_each(|p| engine.accrue(p));
        self.payments = rest;
    }

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

    /// Takes back entries that have not been filled.
    pub fn cancel_entries(&mut self) {
        self.book.cancel_entries();
        if self.waiting().is_some() {
            self.turn_away();
        }
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
        order.rest && self.hold.position.is_some_and(|p| p.side != order.side)
    }

    /// Lets the trader know which entries and orders are dropped before they could fill.
    pub fn tell_dropped(&self, reason: Reject, done: &mut Outcome) {
        if !done.keep {
            return;
        }
        let bar = self.newest();
        for p in self.pending.iter().chain(&self.queue) {
            let Some(entry) = p.intent.entry else { continue };
            let (symbol, side, units) = (self.symbol(), entry.side, p.units);
            let units = units / p.staged.of(1.0);
            done.rejected(|| Rejected { step: 0, symbol, bar, order: 0, side, units, reason });
        }
        for order in self.book.orders.iter().filter(|o| !o.reduce_only && !self.reduces(o)) {
            self.refuse(order, bar, reason, done);
        }
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

    /// The newest bar that has closed, at a close.
    #[inline]
    pub fn newest(&self) -> usize {
        if self.active { self.next } else { self.next.saturating_sub(1) }
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

    /// The symbol.
    #[inline]
    pub fn symbol(&self) -> usize {
        usize::from(self.hold.symbol)
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
        self.book.cancel_all();
        self.hold.carry = None;
    }

    /// Takes back what opens or enlarges, and orders that wait; exits and reductions on their way go on.
    pub fn drop_openings(&mut self) {
        let held = self.hold.position;
        let left = |mut p: QueuedDecision| {
            p.intent.entry = None;
            p.intent.resize = p.intent.resize.filter(|u| held.is_some_and(|h| *u < h.asked));
            (!p.intent.is_nothing()).then_some(p)
        };
        let all = self.pending.take().into_iter().chain(std::mem::take(&mut self.queue));
        self.queue = all.filter_map(left).collect();
        self.pending = self.queue.pop_front();
        self.book.orders.retain_mut(|o| {
            let reduces = o.rest && held.is_some_and(|h| h.side != o.side);
            // It closes what is held, and opens nothing.
            o.reduce_only |= reduces;
            reduces
        });
        if matches!(self.hold.carry, Some(super::fill_engine::Carry::More(..))) {
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

    /// Price an order finds that is at the exchange already: the open, or the close.
    #[inline]
    pub fn present_price(&self) -> f64 {
        let (i, bars) = (self.next, self.market.bars);
        if self.at_close { bars.close()[i] } else { bars.open()[i] }
    }

    /// Price a market order on `side` finds that was sent at the last close: it takes time to arrive.
    pub fn arrival_price(&self, side: f64) -> f64 {
        let open = self.present_price();
        if self.delay_ms == 0 || self.at_close {
            return open;
        }
        let (i, bars) = (self.next, self.market.bars);
        // The first finer bar that opens once it has arrived.
        if let Some(d) = self.detail {
            let at = bars.open_time()[i] + self.delay_ms;
            let fine = d.fine();
            if let Some(k) = d.of(i).find(|&k| fine.open_time()[k] >= at) {
                return fine.open()[k];
            }
        }
        let adverse = if side > 0.0 { bars.high()[i] } else { bars.low()[i] };
        open + (adverse - open) * self.delay.min(1.0)
    }

    /// Notional and fee of what the orders of this open want more of.
    pub fn wants(&self) -> (f64, f64) {
        let held = self.hold.position.as_ref();
        let (units, side) = match (self.arrived(), self.hold.carry) {
            (Some(QueuedDecision { intent: Intent { entry: Some(e), .. }, units, staged, .. }), _)
                if held.is_none() && !staged.is_shadow() =>
            {
                (units, e.side)
            }
            (
                Some(QueuedDecision {
                    intent: Intent { resize: Some(asked), exit: None, .. },
                    staged,
                    most,
                    ..
                }),
                _,
            ) => match held {
                Some(p) if !p.shadow && asked > p.asked => {
                    ((staged.enlarged(p, asked).min(most) - p.units).max(0.0), p.side)
                }
                _ => (0.0, 1.0),
            },
            (_, Some(super::fill_engine::Carry::More(units, _))) => (units, held.map_or(1.0, |p| p.side)),
            _ => (0.0, 1.0),
        };
        if !(units > 0.0 && units.is_finite()) {
            return (0.0, 0.0);
        }
        let fill = self.at.costs.fill(self.hold.price, units, side, Liquidity::Taker, 0.0);
        (units * fill.price * self.at.terms.contract_size * self.hold.fx, fill.costs.fee)
    }
}
