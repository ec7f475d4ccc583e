//! What is held of one symbol, and the fills that change it.

use super::account_state::AccountState;
use super::notice::{Effect, Filled, Outcome, Reject, Rejected};
use super::position::TradePlace;
use super::{AccountKind, ContractSpec, Entry, ExitReason, MarginMode, Opened, Position, Staged};
use crate::execution::{Bracket, Costs, Fill, Liquidity, Touch, TouchKind};
use crate::market::{Accrual, Payment};

/// One symbol's part of the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct PositionState {
    pub symbol: u16,
    pub position: Option<Position>,
    /// Units the account holds, negative for a short; a shadow position is none of them.
    pub units: f64,
    /// Cost basis in quote currency; unused where quote and account currency are the same.
    basis: f64,
    /// Price it is marked at.
    pub price: f64,
    /// Account currency for one of the quote currency.
    pub fx: f64,
    /// What of a decision has still to be filled at the next open.
    pub carry: Option<Carry>,
    /// Units that this bar's volume can still take.
    pub budget: f64,
    /// Whether a position was closed since orders that may only reduce it were last looked at.
    pub went_flat: bool,
}

/// The rest of a decision, a level or a rule that a bar had too little volume for. That of an order stays in the book.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carry {
    /// More to be opened, and its share of what was asked for.
    More(f64, f64),
    /// More to be closed.
    Less(Less),
}

/// Units to be closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Less {
    pub units: f64,
    /// Why.
    pub reason: ExitReason,
    /// Slippage beyond the ordinary, basis points.
    pub extra_bps: f64,
    /// What is held then, as its trader asked for it; NaN where the rest is in proportion.
    pub asked_after: f64,
}

/// Where and when a fill happens, and what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FillContext {
    pub bar: usize,
    pub costs: Costs,
    pub terms: ContractSpec,
    /// Whether profits are converted when they are made.
    pub converted: bool,
    /// Value of what is held of other symbols, account currency.
    pub others_value: f64,
    /// Their gross notional.
    pub others_gross: f64,
    /// That of what is only pretended of them.
    pub others_shadow: f64,
    /// What must secure them.
    pub others_maintenance: f64,
    pub leverage: f64,
    pub maintenance: f64,
}

/// What opens a position, beside its units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub side: f64,
    pub bracket: Bracket,
    pub signal_bar: usize,
    pub size_frac: f64,
    pub stage: u8,
    pub shadow: bool,
    pub scale: f64,
    /// Number of the order at the exchange, 0 for none.
    pub order: u32,
}

impl Opening {
    #[inline]
    pub fn of(e: &Entry, signal_bar: usize, staged: Staged) -> Self {
        let Entry { side, bracket, size_frac } = *e;
        let (stage, shadow, scale) = (staged.stage, staged.is_shadow(), staged.of(1.0));
        Self { side, bracket, signal_bar, size_frac, stage, shadow, scale, order: 0 }
    }
}

/// One symbol at one moment: everything a fill needs.
pub(super) struct FillEngine<'a> {
    pub hold: &'a mut PositionState,
    pub ledger: &'a mut AccountState,
    pub at: &'a FillContext,
    pub done: &'a mut Outcome,
}

impl PositionState {
    #[inline]
    pub fn new(symbol: u16) -> Self {
        Self {
            symbol,
            position: None,
            units: 0.0,
            basis: 0.0,
            price: 0.0,
            fx: 1.0,
            carry: None,
            budget: f64::INFINITY,
            went_flat: false,
        }
    }

    /// What one unit at a price of 1 is worth in account currency.
    #[inline]
    fn worth(&self, terms: &ContractSpec) -> f64 {
        terms.contract_size * self.fx
    }

    /// Whether all of the position leaves as fast as the volume bears, by a decision, a rule or a level, so that nothing
    /// else closes it or makes it another size.
    #[inline]
    pub fn is_leaving(&self) -> bool {
        match (&self.carry, &self.position) {
            (Some(Carry::Less(less)), Some(p)) => p.is_all(less.units),
            _ => false,
        }
    }

    /// What is left of the position, as asked, when what could not be closed for want of volume has been.
    pub fn asked_after_rest(&self) -> f64 {
        match (&self.carry, &self.position) {
            (Some(Carry::Less(less)), Some(p)) => p.asked * (1.0 - (less.units / p.units).min(1.0)),
            (_, Some(p)) => p.asked,
            (_, None) => 0.0,
        }
    }

    /// What it adds to the account's cash at `price`.
    #[inline]
    pub fn value(&self, terms: &ContractSpec, price: f64, converted: bool) -> f64 {
        if converted && self.units == 0.0 {
            // Before the first rate is known nothing is held.
            0.0
        } else if converted {
            (self.units * terms.contract_size * price - self.basis) * self.fx
        } else {
            self.units * terms.contract_size * price
        }
    }

    /// Its worth without sign at its price.
    #[inline]
    pub fn gross(&self, terms: &ContractSpec) -> f64 {
        self.units.abs() * self.price * self.worth(terms)
    }
}

impl FillEngine<'_> {
    #[inline]
    fn worth(&self) -> f64 {
        self.hold.worth(&self.at.terms)
    }

    /// Moves the money of a fill of `units` that makes the holding larger (`side` is its own) or smaller.
    pub(super) fn settle(&mut self, fill: &Fill, units: f64, side: f64) {
        let worth = self.worth();
        let fee = fill.costs.fee + fill.costs.liquidation;
        if self.at.converted {
            let (h, size) = (&mut *self.hold, self.at.terms.contract_size);
            let amount = side * units * fill.price * size;
            let realised = if h.units * side >= 0.0 {
                h.basis += amount;
                0.0
            } else {
                let share = units / h.units.abs();
                let cost = h.basis * share;
                h.basis -= cost;
                -amount - cost
            };
            self.ledger.pay(fee - realised * h.fx);
        } else {
            self.ledger.pay(side * units * fill.price * self.at.terms.contract_size + fee);
        }
        self.hold.units += side * units;
        self.ledger.book(&fill.costs, units * fill.price * worth);
    }

    /// Account equity with this symbol at `price`.
    #[inline]
    fn equity(&self, price: f64) -> f64 {
        self.ledger.cash() + self.hold.value(&self.at.terms, price, self.at.converted) + self.at.others_value
    }

    #[inline]
    pub(super) fn filled(
        &self,
        reference: f64,
        units: f64,
        side: f64,
        role: Liquidity,
        extra_bps: f64,
        limit: Option<f64>,
    ) -> Fill {
        let fill = self.at.costs.fill(reference, units, side, role, extra_bps);
        match limit {
            Some(limit) => self.at.costs.no_worse(fill, units, side, limit),
            None => fill,
        }
    }

    /// The most of `units` more on `side` that the account can bear: what is held then is worth the leverage times what is left.
    #[inline]
    fn affordable(&mut self, units: f64, side: f64, reference: f64, role: Liquidity, shadow: bool) -> f64 {
        if self.at.leverage.is_infinite() {
            return units;
        }
        let fill = self.filled(reference, units, side, role, 0.0, None);
        let unit = fill.price * self.worth();
        let fee = fill.costs.fee / (units * unit);
        let equity = self.equity(fill.price);
        // gross + more * unit <= leverage (equity - fee * more * unit)
        let pretended = self.hold.position.as_ref().filter(|p| shadow && p.shadow).map_or(0.0, |p| p.units);
        let others = if shadow { self.at.others_gross + self.at.others_shadow } else { self.at.others_gross };
        let gross = others + (self.hold.units.abs() + pretended) * unit;
        let room = (self.at.leverage * equity - gross) / (unit * (1.0 + self.at.leverage * fee));
        // A share of exactly the leverage must not be cut for a rounding.
        if units <= room * (1.0 + 1e-12) {
            return units;
        }
        room.max(0.0)
    }

    /// What of `units` more can be had: whole lots, within the account's means and above the least notional.
    pub(super) fn admitted(
        &mut self,
        units: f64,
        side: f64,
        reference: f64,
        role: Liquidity,
        (shadow, order, scale): (bool, u32, f64),
    ) -> f64 {
        let real = usize::from(!shadow);
        if units < 0.0 {
            // A share of an equity below zero.
            self.ledger.counts.refused += real;
            self.refused(units / scale, side, order, Reject::MEANS);
            return 0.0;
        }
        if !(units > 0.0 && units.is_finite()) {
            return 0.0;
        }
        if self.ledger.kind == AccountKind::Spot && side < 0.0 {
            self.ledger.counts.refused += real;
            self.refused(units / scale, side, order, Reject::SPOT_SHORT);
            return 0.0;
        }
        let cut = self.affordable(units, side, reference, role, shadow);
        self.ledger.counts.cut += if cut < units { real } else { 0 };
        if cut == 0.0 {
            self.refused(units / scale, side, order, Reject::MEANS);
            return 0.0;
        }
        let some = self.at.terms.whole_lots(cut);
        if some <= 0.0 || some * reference * self.at.terms.contract_size < self.at.terms.min_notional {
            self.ledger.counts.refused += real;
            self.refused(units / scale, side, order, Reject::TOO_SMALL);
            return 0.0;
        }
        some
    }

    /// Lets the trader know that `units`, as it asked for them, were not to be had.
    pub(super) fn refused(&mut self, units: f64, side: f64, order: u32, reason: Reject) {
        let (symbol, bar) = (usize::from(self.hold.symbol), self.at.bar);
        self.done.rejected(|| Rejected { step: 0, symbol, bar, order, side, units, reason });
    }

    /// What of `units` the bar's volume can take; the budget shrinks by it.
    #[inline]
    fn taken(&mut self, units: f64, shadow: bool) -> f64 {
        if self.hold.budget.is_infinite() {
            return units;
        }
        let mut some = units.min(self.hold.budget);
        if some < units {
            some = self.at.terms.whole_lots(some);
            self.ledger.counts.carried += usize::from(!shadow);
        }
        self.hold.budget -= some;
        some
    }

    /// Opens a position of `units`, or adds to the one there is; what the volume did not bear is returned.
    pub fn open(
        &mut self,
        o: &Opening,
        units: f64,
        reference: f64,
        role: Liquidity,
        limit: Option<f64>,
    ) -> f64 {
        let shadow = match &self.hold.position {
            // What is only pretended makes no real position larger.
            Some(p) if o.shadow && !p.shadow => {
                self.refused(units / o.scale, o.side, o.order, Reject::STAGE);
                return 0.0;
            }
            Some(p) => p.shadow,
            None => o.shadow,
        };
        let wanted = self.admitted(units, o.side, reference, role, (shadow, o.order, o.scale));
        if wanted == 0.0 {
            return 0.0;
        }
        let some = self.taken(wanted, shadow);
        if some == 0.0 {
            return wanted;
        }
        let fill = self.filled(reference, some, o.side, role, 0.0, limit);
        let asked = self.asked(units, wanted, some, o.scale);
        let margin = some * fill.price * self.worth() / self.at.leverage;
        let effect = if self.hold.position.is_some() { Effect::Enlarged } else { Effect::Opened };
        self.tell(&fill, some, o.side, o.order, effect);
        match &mut self.hold.position {
            Some(p) => {
                p.add(&fill, some);
                p.asked += asked;
                p.margin += margin;
            }
            None => {
                let stop = o.bracket.stop.price(fill.price, -o.side);
                let mut p = Position {
                    side: o.side,
                    units: some,
                    entry: fill,
                    opened: Opened { units: some, price: fill.price, parts: 0 },
                    signal_bar: o.signal_bar,
                    entry_bar: self.at.bar,
                    stop,
                    first_stop: stop,
                    target: o.bracket.target.price(fill.price, o.side),
                    trail: o.bracket.trail,
                    margin,
                    size_frac: o.size_frac,
                    stage: o.stage,
                    shadow: o.shadow,
                    asked,
                    factor: o.scale,
                    worst: fill.price,
                    best: fill.price,
                    ambiguous: false,
                    best_close: fill.price,
                    trailed: false,
                };
                if p.trail.distance.is_finite() {
                    p.begin_to_trail(fill.price);
                }
                self.hold.position = Some(p);
            }
        }
        if !shadow {
            self.settle(&fill, some, o.side);
        }
        wanted - some
    }

    /// What `some` units that were filled are of those that were asked for: `units`, of which `wanted` were to be had, are
    /// `scale` of them. Whole lots are those of full exposure.
    fn asked(&self, units: f64, wanted: f64, some: f64, scale: f64) -> f64 {
        if scale == 1.0 {
            return some;
        }
        let of = if self.at.terms.whole_lots(units) == wanted {
            self.at.terms.whole_lots(units / scale)
        } else {
            wanted / scale
        };
        of * (some / wanted)
    }

    /// Adds `units` to the position there is, `scale` of what was asked for; what the volume did not bear is returned.
    #[inline]
    pub fn more(
        &mut self,
        units: f64,
        scale: f64,
        reference: f64,
        role: Liquidity,
        limit: Option<f64>,
    ) -> f64 {
        let Some(p) = &self.hold.position else { return 0.0 };
        let o = Opening {
            side: p.side,
            bracket: Bracket::NONE,
            signal_bar: p.signal_bar,
            size_frac: p.size_frac,
            stage: p.stage,
            shadow: p.shadow,
            scale,
            order: 0,
        };
        self.open(&o, units, reference, role, limit)
    }

    /// Closes `units` of the position; what the volume did not bear is returned.
    #[inline]
    pub fn close(&mut self, units: f64, reference: f64, reason: ExitReason, how: Exit) -> f64 {
        let Some(p) = &self.hold.position else { return 0.0 };
        let (shadow, side) = (p.shadow, -p.side);
        let wanted = if p.is_all(units) { p.units } else { units };
        let some = self.taken(wanted, shadow);
        if some == 0.0 {
            return wanted;
        }
        let fill = self.filled(reference, some, side, how.role, how.extra_bps, how.limit);
        let asked_after = if some == wanted { how.asked_after } else { f64::NAN };
        self.reduce(some, &fill, reason, &Exit { asked_after, ..how });
        wanted - some
    }

    /// Lets the trader know of a fill.
    #[inline]
    fn tell(&mut self, fill: &Fill, units: f64, side: f64, order: u32, effect: Effect) {
        let (symbol, bar) = (usize::from(self.hold.symbol), self.at.bar);
        let (price, costs) = (fill.price, fill.costs);
        self.done.filled(|| Filled { symbol, bar, order, side, units, price, costs, effect });
    }

    /// Books a fill that closes `units` of the position.
    fn reduce(&mut self, units: f64, fill: &Fill, reason: ExitReason, how: &Exit) {
        let Some(p) = &mut self.hold.position else { return };
        p.see_worst(fill.reference);
        p.see_best(fill.reference);
        let whole = units >= p.units;
        let part = if whole { *p } else { p.split(units, how.asked_after) };
        let side = p.side;
        if whole {
            self.hold.position = None;
            self.hold.went_flat = true;
        }
        if !part.shadow {
            self.settle(fill, part.units, -side);
            if whole {
                // No dust of rounding stays behind.
                self.hold.units = 0.0;
                self.hold.basis = 0.0;
            }
        }
        let place =
            TradePlace { symbol: self.hold.symbol, worth: self.worth(), converted: self.at.converted };
        let mut trade = part.close(fill, self.at.bar, reason, place);
        if let Some(touch) = how.touch {
            trade.ambiguous |= touch.ambiguous;
            trade.gap = touch.gap;
        }
        let effect = if whole { Effect::Closed(reason) } else { Effect::Reduced(reason) };
        self.tell(fill, part.units, -side, how.order, effect);
        self.done.trades.push(trade);
    }

    /// Closes the position at a stop or target that was reached.
    pub fn touched(&mut self, touch: Touch, liquidation: bool, high: f64, low: f64) {
        let leaving = self.hold.is_leaving() && !liquidation;
        let Some(p) = &mut self.hold.position else { return };
        if leaving {
            p.see(high, low);
            return;
        }
        let adverse = if p.side > 0.0 { low } else { high };
        // Which extreme of the exit bar came before the exit is unknown, so only the worse is believed: an adverse
        // one up to the stop, and nothing better than the exit price.
        if !touch.gap && touch.kind == TouchKind::Target {
            let bound = if p.side * (adverse - p.stop) > 0.0 { adverse } else { p.stop };
            p.see_worst(bound);
        }
        if liquidation {
            self.liquidate(touch.price, Some(touch));
            return;
        }
        let reason = match touch.kind {
            TouchKind::Stop if p.trailed => ExitReason::TRAIL,
            TouchKind::Stop => ExitReason::STOP,
            TouchKind::Target => ExitReason::TARGET,
        };
        let role = if touch.kind == TouchKind::Target { Liquidity::Maker } else { Liquidity::Taker };
        let units = p.units;
        let left = self.close(units, touch.price, reason, Exit { role, touch: Some(touch), ..Exit::MARKET });
        if left > 0.0 {
            self.hold.carry =
                Some(Carry::Less(Less { units: left, reason, extra_bps: 0.0, asked_after: f64::NAN }));
        }
    }

    /// Price at which too little is left to secure the position; infinite on the harmless side for none.
    pub fn liquidation_price(&self) -> f64 {
        let Some(p) = self.hold.position.as_ref().filter(|p| !p.shadow) else { return f64::NAN };
        let none = -p.side * f64::INFINITY;
        let (m, size, fx) = (self.at.maintenance, self.at.terms.contract_size, self.hold.fx);
        if self.ledger.kind == AccountKind::Spot || self.at.leverage.is_infinite() {
            return none;
        }
        let price = match self.ledger.margin {
            MarginMode::Isolated => {
                let margin = p.margin / (p.units * size * fx);
                (p.side * p.entry.price - margin) / (p.side - m)
            }
            MarginMode::Cross => {
                let rest = self.ledger.cash() + self.at.others_value - self.at.others_maintenance;
                let u = self.hold.units;
                (self.hold.basis * fx - rest) / (size * fx * (u - m * u.abs()))
            }
        };
        if price > 0.0 { price } else { none }
    }

    /// Closes the position because too little is left of its security. A contract loses no more than that.
    fn liquidate(&mut self, price: f64, touch: Option<Touch>) {
        let Some(p) = &self.hold.position else { return };
        let (side, units, worth) = (p.side, p.units, self.worth());
        let mut fill = Fill { reference: price, price, costs: Default::default() };
        fill.costs.liquidation = units * price * worth * self.ledger.liquidation_fee;
        if self.ledger.kind == AccountKind::Perpetual {
            let left = match self.ledger.margin {
                MarginMode::Isolated => p.margin + side * units * (price - p.entry.price) * worth,
                MarginMode::Cross => self.equity(price),
            };
            // The fee takes what there is; beyond the bankruptcy price the exchange bears the loss.
            fill.costs.liquidation = fill.costs.liquidation.min(left.max(0.0));
            if left < 0.0 {
                let bankruptcy = price - side * left / (units * worth);
                fill = Fill { reference: bankruptcy, price: bankruptcy, ..fill };
            }
        }
        self.ledger.counts.liquidated += 1;
        self.reduce(units, &fill, ExitReason::LIQUIDATION, &Exit { touch, ..Exit::MARKET });
    }

    /// Pays, or receives, what is due for what is held.
    #[inline]
    pub fn accrue(&mut self, payment: &Payment) {
        let Some(p) = &mut self.hold.position else { return };
        let rate = if p.side > 0.0 { payment.long_rate } else { payment.short_rate };
        let amount = p.units * payment.price * rate * self.at.terms.contract_size * self.hold.fx;
        let mut costs = crate::execution::CostsPaid::default();
        match payment.kind {
            Accrual::Funding => costs.funding = amount,
            Accrual::Swap => costs.swap = amount,
        }
        p.entry.costs.add(&costs);
        if !p.shadow {
            self.ledger.pay(amount);
            self.ledger.book(&costs, 0.0);
        }
    }

    /// Pays interest of `amount`.
    #[inline]
    pub fn interest(&mut self, amount: f64) {
        if let Some(p) = &mut self.hold.position {
            let costs = crate::execution::CostsPaid { borrow: amount, ..Default::default() };
            p.entry.costs.add(&costs);
            self.ledger.pay(amount);
            self.ledger.book(&costs, 0.0);
        }
    }
}

/// How a position is closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    pub role: Liquidity,
    pub extra_bps: f64,
    pub limit: Option<f64>,
    pub touch: Option<Touch>,
    /// Number of the order at the exchange, 0 for none.
    pub order: u32,
    /// What is held when all of it is filled, as its trader asked for it; NaN where the rest is in proportion.
    pub asked_after: f64,
}

impl Exit {
    pub const MARKET: Self = Self {
        role: Liquidity::Taker,
        extra_bps: 0.0,
        limit: None,
        touch: None,
        order: 0,
        asked_after: f64::NAN,
    };
}
