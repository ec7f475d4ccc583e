//! How what was decided at a close is filled at the next open.

use super::ExitReason;
use super::Intent;
use super::account_state::AccountState;
use super::fill_engine::{Carry, Exit, FillEngine, Opening};
use super::notice::Outcome;
use super::symbol_state::{QueuedDecision, SymbolState};
use crate::execution::Liquidity;

impl SymbolState<'_> {
    /// Fills what makes the position smaller: an exit, a reduction, the rest of either, orders whose time is over.
    pub fn smaller(&mut self, ledger: &mut AccountState, done: &mut Outcome) {
        let price = self.arrival_price();
        let carry = self.hold.carry;
        let pending = self.arrived();
        let (mut desk, _) = self.desk(ledger, done);
        if let Some(p) = pending.filter(|_| !desk.hold.is_leaving()) {
            if let (Some(reason), Some(held)) = (p.intent.exit, &desk.hold.position) {
                let units = held.units;
                desk.leave(units, price, reason, p.intent.exit_slippage_bps);
                return;
            }
            if let (Some(asked), Some(held)) = (p.intent.resize, &desk.hold.position) {
                desk.hold.carry = None;
                let less = if asked < held.asked { held.units - held.part(asked) } else { 0.0 };
                if asked > 0.0 && less > 0.0 {
                    desk.leave(less, price, ExitReason::RESIZE, 0.0);
                }
                return;
            }
        }
        if let Some(Carry::Less(units, reason, slippage_bps)) = carry {
            desk.leave(units, price, reason, slippage_bps);
        }
    }

    /// Fills what makes the position larger, or opens one: `share` of what is wanted.
    pub fn larger(&mut self, ledger: &mut AccountState, share: f64, done: &mut Outcome) {
        let price = self.arrival_price();
        let pending = self.arrived();
        let carry = self.hold.carry;
        let (mut desk, _) = self.desk(ledger, done);
        let (mut left, mut scale) = (0.0, 1.0);
        let more = |units: f64| if share < 1.0 { units * share } else { units };
        if share < 1.0 && pending.is_some() {
            desk.ledger.counts.cut += 1;
        }
        match pending {
            Some(QueuedDecision {
                intent: Intent { entry: Some(e), .. }, units, decided, staged, ..
            }) if desk.hold.position.is_none() => {
                scale = staged.of(1.0);
                left =
                    desk.open(&Opening::of(&e, decided, staged), more(units), price, Liquidity::Taker, None);
                desk.hold.carry = None;
            }
            Some(QueuedDecision {
                intent: Intent { resize: Some(asked), exit: None, .. },
                staged,
                most,
                ..
            }) if !desk.hold.is_leaving() => {
                if let Some(p) = desk.hold.position.filter(|p| asked > p.asked && asked.is_finite()) {
                    let add = staged.enlarged(&p, asked).min(most) - p.units;
                    if add > 0.0 {
                        scale = (staged.enlarged(&p, asked) - p.units) / (asked - p.asked);
                        left = desk.more(more(add), scale, price, Liquidity::Taker, None);
                    }
                }
            }
            _ => {
                if let Some(Carry::More(units, of)) = carry {
                    desk.hold.carry = None;
                    scale = of;
                    left = desk.more(more(units), scale, price, Liquidity::Taker, None);
                }
            }
        }
        if left > 0.0 && desk.hold.position.is_some() {
            desk.hold.carry = Some(Carry::More(left, scale));
        }
        self.settle_pending();
    }
}

impl FillEngine<'_> {
    /// Closes `units` of the position at the market; what the volume does not bear follows at the next opens.
    fn leave(&mut self, units: f64, price: f64, reason: ExitReason, slippage_bps: f64) {
        let how = Exit { extra_bps: slippage_bps, ..Exit::MARKET };
        let left = self.close(units, price, reason, how);
        self.hold.carry = (left > 0.0).then_some(Carry::Less(left, reason, slippage_bps));
    }
}
