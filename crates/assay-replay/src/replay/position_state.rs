//! What is held of one symbol, and what of a decision about it has still to be filled.

use super::{ContractSpec, ExitReason, Position};

/// One symbol's part of the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct PositionState {
    pub symbol: u16,
    pub position: Option<Position>,
    /// Units the account holds, negative for a short; a shadow position is none of them.
    pub units: f64,
    /// Cost basis in quote currency; unused where quote and account currency are the same.
    pub(super) basis: f64,
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
    pub(super) fn worth(&self, terms: &ContractSpec) -> f64 {
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
