//! One symbol in the loop: its bars, what is held of it, and what is on its way to the market.

use super::account_state::AccountState;
use super::fill_engine::{FillContext, FillEngine};
use super::market::{Market, constant_costs};
use super::notice::Outcome;
use super::on_its_way::QueuedDecision;
use super::path_value::PathValue;
use super::position_state::{Carry, PositionState};
use super::{Book, Intent, Position};
use crate::execution::{Costs, Execution, Intrabar, Liquidity, Order};
use crate::market::{Detail, Funding, Payment};

pub(super) struct SymbolState<'m> {
    pub market: Market<'m>,
    pub detail: Option<&'m Detail>,
    payments: &'m [Payment],
    pub hold: PositionState,
    /// The position as its trader asked for it, where rules of deployment left less of it.
    pub as_asked: Option<Position>,
    pub book: Book,
    pub at: FillContext,
    pub(super) pending: Option<QueuedDecision>,
    /// Behind it, where orders take bars to arrive.
    pub(super) queue: std::collections::VecDeque<QueuedDecision>,
    /// Bar of the present step, or the next one where it has none.
    pub next: usize,
    pub first: usize,
    pub active: bool,
    /// Until when interest on what is held has been paid: the last open or close of a bar of its own.
    pub interest_paid_ms: i64,
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
            book: Book::behind(execution.latency_bars),
            at,
            pending: None,
            queue: std::collections::VecDeque::new(),
            next: 0,
            first,
            active: false,
            interest_paid_ms: 0,
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
        other.interest_paid_ms = self.interest_paid_ms;
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
        let mut side = self.hold.position.as_ref().map(|p| p.side);
        for p in self.pending.iter().chain(&self.queue) {
            side = p.intent.entry.map(|e| e.side).or(side.filter(|_| p.intent.exit.is_none()));
        }
        side
    }

    /// Gross notional of what is held or on its way, account currency.
    #[inline]
    pub fn engaged_gross(&self) -> f64 {
        let unit = self.hold.price * self.at.terms.contract_size * self.hold.fx;
        // The last that opens or closes says what there will be.
        let mut decided = self.pending.iter().chain(&self.queue);
        let last = decided.rfind(|p| p.intent.entry.is_some() || p.intent.exit.is_some());
        match last {
            Some(p) if p.intent.entry.is_some() => p.units * unit,
            Some(_) => 0.0,
            // What is only pretended meets the limits that it would meet.
            None => match &self.hold.position {
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

    /// The newest bar that has closed, at a close.
    #[inline]
    pub fn newest(&self) -> usize {
        if self.active { self.next } else { self.next.saturating_sub(1) }
    }

    /// The symbol.
    #[inline]
    pub fn symbol(&self) -> usize {
        usize::from(self.hold.symbol)
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
            (_, Some(Carry::More(units, _))) => (units, held.map_or(1.0, |p| p.side)),
            _ => (0.0, 1.0),
        };
        if !(units > 0.0 && units.is_finite()) {
            return (0.0, 0.0);
        }
        let fill = self.at.costs.fill(self.hold.price, units, side, Liquidity::Taker, 0.0);
        (units * fill.price * self.at.terms.contract_size * self.hold.fx, fill.costs.fee)
    }
}
