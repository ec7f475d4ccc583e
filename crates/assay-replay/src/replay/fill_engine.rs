//! What every fill of one symbol does: what can be had, what it costs, and where the money goes. Fills that open are in
//! `opening`, those that close in `closing`.

use super::account_state::AccountState;
use super::notice::{Effect, Filled, Outcome, Reject, Rejected};
use super::position_state::PositionState;
use super::{AccountKind, ContractSpec};
use crate::execution::{Costs, Fill, Liquidity};
use crate::market::{Accrual, Payment};

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

/// One symbol at one moment: everything a fill needs.
pub(super) struct FillEngine<'a> {
    pub hold: &'a mut PositionState,
    pub ledger: &'a mut AccountState,
    pub at: &'a FillContext,
    pub done: &'a mut Outcome,
}

impl FillEngine<'_> {
    #[inline]
    pub(super) fn worth(&self) -> f64 {
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
    pub(super) fn equity(&self, price: f64) -> f64 {
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
    pub(super) fn taken(&mut self, units: f64, shadow: bool) -> f64 {
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

    #[inline]
    pub(super) fn tell(&mut self, fill: &Fill, units: f64, side: f64, order: u32, effect: Effect) {
        let (symbol, bar) = (usize::from(self.hold.symbol), self.at.bar);
        let (price, costs) = (fill.price, fill.costs);
        self.done.filled(|| Filled { symbol, bar, order, side, units, price, costs, effect });
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
