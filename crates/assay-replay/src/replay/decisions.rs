//! What becomes of decisions before they are in line: rules and limits above the account, and entries as limits first.

use super::deployment::Staged;
use super::notice::{Reject, Rejected};
use super::on_its_way::QueuedDecision;
use super::risk_manager::RiskAction;
use super::trading_account::TradingAccount;
use super::{ExitReason, Intent};
use crate::execution::{EntryOrder, EntryTag, Expiry, Order, OrderKind, round_to};

impl TradingAccount<'_, '_> {
    /// The equity that sizes are a share of.
    #[inline]
    fn sized_by(&self) -> f64 {
        if self.apart { self.start } else { self.equity }
    }

    /// What a rule makes of a decision: orders are taken back, and the position is closed or halved.
    pub fn apply_risk_action(&mut self, k: usize, act: RiskAction, intent: Intent) -> Intent {
        let exit_slippage_bps = match (act, &self.deployment, &self.risk_manager) {
            (RiskAction::Close(ExitReason::EMERGENCY_STOP), Some(d), _) => d.exit_slippage_bps(),
            (.., Some(g)) => g.exit_slippage_bps(),
            (.., None) => 0.0,
        };
        self.slots[k].tell_dropped(Reject::RULE, &mut self.done);
        let slot = &mut self.slots[k];
        slot.drop_openings();
        let least = slot.least_on_its_way();
        let none = Intent { exit_slippage_bps, ..Intent::default() };
        match (act, &slot.hold.position) {
            // It leaves already.
            (_, Some(_)) if slot.is_exiting() => Intent::default(),
            (RiskAction::Close(reason), Some(_)) => Intent { exit: Some(reason), ..none },
            (RiskAction::Halve, Some(_)) if intent.exit.is_none() => {
                // Half of what is left when what is on its way has arrived, which it takes the place of.
                slot.book.clear();
                Intent { resize: Some(least / 2.0), ..none }
            }
            (RiskAction::Halve, Some(_)) => Intent { entry: None, ..intent },
            (_, None) => Intent::default(),
        }
    }

    /// Takes back what the limits do not leave of the orders sent at the close of `bar`, those numbered from `first` on.
    pub fn admit_orders(&mut self, k: usize, bar: usize, first: u32) {
        let Some(risk_manager) = self.risk_manager.as_deref_mut() else { return };
        let mut book = std::mem::take(&mut self.slots[k].book);
        book.orders.retain_mut(|o| {
            if o.id < first || o.reduce_only {
                return true;
            }
            let refused = risk_manager.admits(k, bar, o, self.equity, &self.slots).err();
            if let Some(reason) = refused {
                self.slots[k].refuse(o, bar, reason, &mut self.done);
            }
            refused.is_none()
        });
        self.slots[k].book = book;
    }

    /// Puts what was decided at the close of `bar` in line for its open, within the limits; `rank` is its place among the entries.
    pub fn decided(&mut self, k: usize, bar: usize, intent: Intent, rank: u32) {
        let close = self.slots[k].hold.price;
        let mut intent = intent;
        let mut most = f64::INFINITY;
        if (intent.entry.is_some() || intent.resize.is_some())
            && let Some(risk_manager) = self.risk_manager.as_deref_mut()
        {
            let asked = intent;
            let staged = self.deployment.as_ref().map_or(Staged::FULL, |d| d.staged());
            // Of an entry on its way there is no position yet.
            let p = self.slots[k].hold.position.as_ref().filter(|_| self.slots[k].coming().is_none());
            // The limits see the units that would be held.
            let held = intent.resize.map(|units| match p {
                Some(p) if units > p.asked => staged.enlarged(p, units),
                Some(p) => p.part(units),
                None => staged.of(units),
            });
            let (left, refused) =
                risk_manager.admit(k, bar, Intent { resize: held, ..intent }, self.equity, &self.slots);
            intent = left;
            if let (Some(now), Some(then)) = (left.resize, held) {
                most = if now < then { now } else { f64::INFINITY };
                intent.resize = asked.resize.filter(|_| p.is_none_or(|p| now != p.units || then == p.units));
            }
            if let Some(reason) = refused {
                self.refuse(k, bar, &asked, reason);
            }
        }
        if intent.cancel {
            self.slots[k].cancel_entries(bar);
        }
        if intent.is_nothing() {
            return;
        }
        let equity = self.sized_by();
        if intent.entry.is_some() && equity <= 0.0 {
            // Nothing is a share of what is not there.
            self.refuse(k, bar, &intent, Reject::MEANS);
            self.ledger.counts.refused += 1;
            intent.entry = None;
            if intent.is_nothing() {
                return;
            }
        }
        let staged = self.staged();
        let slot = &mut self.slots[k];
        let unit = close * slot.at.terms.contract_size * slot.hold.fx;
        let units = intent.entry.map_or(0.0, |e| e.size_frac * equity / unit);
        if let (EntryOrder::LimitFirst, Some(e)) = (self.execution.entry, intent.entry) {
            // A later entry takes the place of one that still rests; with a position there is none to make, which is seen
            // when it arrives where that is later.
            slot.book.now = bar;
            slot.book.cancel_entries();
            let leaves = slot.hold.position.is_none() || intent.exit.is_some() || slot.book.latency > 0;
            if leaves && units > 0.0 && units.is_finite() {
                let price = close * (1.0 - e.side * self.execution.entry_offset_bps / 10_000.0);
                let tick_size = slot.at.terms.tick_size;
                let price = if tick_size > 0.0 { round_to(price, tick_size, -e.side) } else { price };
                let order = Order {
                    good_until: bar + 1 + self.execution.entry_bars,
                    expiry: Expiry::Market,
                    bracket: e.bracket,
                    entry: EntryTag {
                        size_frac: e.size_frac,
                        stage: staged.stage,
                        shadow: staged.is_shadow(),
                        scale: staged.of(1.0),
                    },
                    ..Order::new(e.side, units / staged.of(1.0), OrderKind::Limit(price), bar)
                };
                slot.book.place(order.late(self.execution.latency_bars));
            }
            intent.entry = None;
            if intent.is_nothing() {
                return;
            }
        }
        let due = bar + 1 + self.execution.latency_bars;
        slot.queue_order(QueuedDecision { intent, units, decided: bar, due, rank, staged, most });
    }

    /// Lets the trader know that the entry or the larger size of `asked` was refused.
    fn refuse(&mut self, k: usize, bar: usize, asked: &Intent, reason: Reject) {
        let slot = &self.slots[k];
        let unit = slot.hold.price * slot.at.terms.contract_size * slot.hold.fx;
        let (side, units) = match (asked.entry, slot.found()) {
            (Some(e), _) => (e.side, e.size_frac / self.staged().of(1.0) * self.sized_by() / unit),
            (None, Some((side, there))) => (side, asked.resize.map_or(f64::NAN, |units| units - there)),
            (None, None) => (0.0, f64::NAN),
        };
        let symbol = slot.symbol();
        self.done.rejected(|| Rejected { step: 0, symbol, bar, order: 0, side, units, reason });
    }
}
