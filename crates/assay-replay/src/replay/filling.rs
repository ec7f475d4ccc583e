//! How what was decided at a close is filled at the next open.

use super::ExitReason;
use super::Intent;
use super::account_state::AccountState;
use super::closing::Exit;
use super::fill_engine::FillEngine;
use super::notice::Outcome;
use super::on_its_way::QueuedDecision;
use super::opening::Opening;
use super::position_state::{Carry, Less};
use super::symbol_state::SymbolState;
use crate::execution::Liquidity;

impl SymbolState<'_> {
    /// Fills what makes the position smaller: an exit, a reduction, the rest of either, orders whose time is over.
    pub fn smaller(&mut self, ledger: &mut AccountState, done: &mut Outcome) {
        self.make_way();
        let Some(held) = &self.hold.position else {
            // Nothing is left that the rest of an order could change.
            self.hold.carry = None;
            return;
        };
        let (arriving, present) = (self.arrival_price(-held.side), self.present_price());
        let carry = self.hold.carry;
        let pending = self.arrived();
        let (mut engine, _) = self.engine(ledger, done);
        if let Some(p) = pending.filter(|_| !engine.hold.is_leaving()) {
            if let (Some(reason), Some(held)) = (p.intent.exit, &engine.hold.position) {
                let (units, extra_bps) = (held.units, p.intent.exit_slippage_bps);
                engine.leave(Less { units, reason, extra_bps, asked_after: f64::NAN }, arriving);
                return;
            }
            if let (Some(asked), Some(held)) = (p.intent.resize, &engine.hold.position) {
                engine.hold.carry = None;
                let units = if asked < held.asked { held.down_to(asked, &engine.at.terms) } else { 0.0 };
                if asked > 0.0 && units > 0.0 {
                    let reason = ExitReason::RESIZE;
                    engine.leave(Less { units, reason, extra_bps: 0.0, asked_after: asked }, arriving);
                }
                return;
            }
        }
        if let Some(Carry::Less(less)) = carry {
            engine.leave(less, present);
        }
    }

    /// Fills what makes the position larger, or opens one: `share` of what is wanted.
    pub fn larger(&mut self, ledger: &mut AccountState, share: f64, done: &mut Outcome) {
        let pending = self.arrived();
        let opens = pending.and_then(|p| p.intent.entry).map(|e| e.side);
        let Some(side) = self.hold.position.as_ref().map(|p| p.side).or(opens) else {
            return self.settle_pending();
        };
        if opens.is_some() && self.hold.is_leaving() {
            return self.keep_entry();
        }
        let present = self.present_price();
        // What waits has arrived already.
        let waited = pending.is_some_and(|p| p.due < self.next && !self.at_close);
        let arriving = if waited { present } else { self.arrival_price(side) };
        let carry = self.hold.carry;
        let (mut engine, _) = self.engine(ledger, done);
        let (mut left, mut scale) = (0.0, 1.0);
        let more = |units: f64| if share < 1.0 { units * share } else { units };
        if share < 1.0 && pending.is_some() {
            engine.ledger.counts.cut += 1;
        }
        match pending {
            Some(QueuedDecision {
                intent: Intent { entry: Some(e), .. }, units, decided, staged, ..
            }) if engine.hold.position.is_none() => {
                scale = staged.of(1.0);
                let opening = Opening::of(&e, decided, staged);
                left = engine.open(&opening, more(units), arriving, Liquidity::Taker, None);
                engine.hold.carry = None;
                if left > 0.0 && engine.hold.position.is_none() {
                    // The bar has no volume for any of it: it waits.
                    return;
                }
            }
            Some(QueuedDecision {
                intent: Intent { resize: Some(asked), exit: None, .. },
                staged,
                most,
                ..
            }) if !engine.hold.is_leaving() => {
                if let Some(p) = engine.hold.position.filter(|p| asked > p.asked && asked.is_finite()) {
                    let add = staged.enlarged(&p, asked).min(most) - p.units;
                    if add > 0.0 {
                        scale = (staged.enlarged(&p, asked) - p.units) / (asked - p.asked);
                        left = engine.more(more(add), scale, arriving, Liquidity::Taker, None);
                    }
                }
            }
            _ => {
                if let Some(Carry::More(units, of)) = carry {
                    engine.hold.carry = None;
                    scale = of;
                    left = engine.more(more(units), scale, present, Liquidity::Taker, None);
                }
            }
        }
        if left > 0.0 && engine.hold.position.is_some() {
            engine.hold.carry = Some(Carry::More(left, scale));
        }
        self.settle_pending();
    }
}

impl FillEngine<'_> {
    /// Closes a part of the position at the market, or all; what the volume does not bear follows at the next opens.
    fn leave(&mut self, less: Less, price: f64) {
        let how = Exit { extra_bps: less.extra_bps, asked_after: less.asked_after, ..Exit::MARKET };
        let left = self.close(less.units, price, less.reason, how);
        self.hold.carry = (left > 0.0).then_some(Carry::Less(Less { units: left, ..less }));
    }
}
