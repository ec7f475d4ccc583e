//! How what was decided at a close is filled at the next open.

use super::ExitReason;
use super::Intent;
use super::holding::{Carry, Exit, Opening};
use super::ledger::Ledger;
use super::notice::Done;
use super::slot::{Pending, Slot};
use crate::execution::Role;

impl Slot<'_> {
    /// Fills what makes the position smaller: an exit, a reduction, the rest of either, orders whose time is over.
    pub fn smaller(&mut self, ledger: &mut Ledger, done: &mut Done) {
        let price = self.arrival_price();
        let carry = self.hold.carry;
        let pending = self.due_now();
        let (mut desk, _) = self.desk(ledger, done);
        if let Some(p) = pending {
            if let (Some(reason), Some(held)) = (p.intent.exit, &desk.hold.position) {
                let units = held.units;
                let how = Exit { extra_bps: p.intent.exit_slippage_bps, ..Exit::MARKET };
                let left = desk.close(units, price, reason, how);
                desk.hold.carry = (left > 0.0).then_some(Carry::Less(left, reason));
                return;
            }
            if let (Some(units), Some(held)) = (p.intent.resize, &desk.hold.position) {
                desk.hold.carry = None;
                let less = held.units - units;
                if units > 0.0 && less > 0.0 {
                    let left = desk.close(less, price, ExitReason::RESIZE, Exit::MARKET);
                    desk.hold.carry = (left > 0.0).then_some(Carry::Less(left, ExitReason::RESIZE));
                }
                return;
            }
        }
        if let Some(Carry::Less(units, reason)) = carry {
            let left = desk.close(units, price, reason, Exit::MARKET);
            desk.hold.carry = (left > 0.0).then_some(Carry::Less(left, reason));
        }
    }

    /// Fills what makes the position larger, or opens one: `share` of what is wanted.
    pub fn larger(&mut self, ledger: &mut Ledger, share: f64, done: &mut Done) {
        let price = self.arrival_price();
        let pending = self.due_now();
        let carry = self.hold.carry;
        let (mut desk, _) = self.desk(ledger, done);
        let mut left = 0.0;
        let more = |units: f64| if share < 1.0 { units * share } else { units };
        if share < 1.0 && pending.is_some() {
            desk.ledger.counts.cut += 1;
        }
        match pending {
            Some(Pending { intent: Intent { entry: Some(e), .. }, units, decided, staged, .. })
                if desk.hold.position.is_none() =>
            {
                left = desk.open(&Opening::of(&e, decided, staged), more(units), price, Role::Taker, None);
                desk.hold.carry = None;
            }
            Some(Pending { intent: Intent { resize: Some(units), exit: None, .. }, staged, .. }) => {
                if let Some(p) = &mut desk.hold.position {
                    let add = units - p.units;
                    if add > 0.0 && units.is_finite() {
                        if !p.shadow && !staged.is_shadow() {
                            p.scale = staged.factor;
                        }
                        left = desk.more(more(add), price, Role::Taker, None);
                    }
                }
            }
            _ => {
                if let Some(Carry::More(units)) = carry {
                    desk.hold.carry = None;
                    left = desk.more(more(units), price, Role::Taker, None);
                }
            }
        }
        if left > 0.0 && desk.hold.position.is_some() {
            desk.hold.carry = Some(Carry::More(left));
        }
        self.settle_pending();
    }
}
