//! What rules of deployment leave of what traders want of an account.

use super::clock::Clock;
use super::deployment::{Close, StageEnd, Staged, Standing};
use super::notice::{Reject, Rejected};
use super::risk_manager::RiskAction;
use super::symbol_state::SymbolState;
use super::trading_account::TradingAccount;
use super::{Entry, Intent};

impl TradingAccount<'_, '_> {
    /// The stage that orders of this close are decided in.
    #[inline]
    pub fn staged(&self) -> Staged {
        self.deployment.as_ref().map_or(Staged::FULL, |d| d.staged())
    }

    /// Lets the rules look at the account at a close, and shows traders their positions as they asked for them; says
    /// whether everything is closed.
    pub fn deploy(
        &mut self,
        step: usize,
        clock: &Clock,
        standing: impl FnMut(&StageEnd<'_>) -> Standing,
    ) -> Option<RiskAction> {
        let deployment = self.deployment.as_deref_mut()?;
        for slot in &mut self.slots {
            let position = slot.hold.position.as_ref();
            slot.as_asked =
                position.filter(|p| p.asked != p.units || p.factor != 1.0).map(super::Position::as_asked);
        }
        let now = Close {
            step,
            time_ms: clock.close_time(step),
            equity: self.equity,
            drawdown: self.ledger.drawdown(self.equity),
            held: self.slots.iter().filter(|s| s.hold.position.is_some()).count(),
        };
        deployment.at_close(&now, standing)
    }

    /// What the stage leaves of a decision about slot `k`: entries and larger sizes are scaled, and dropped where nobody
    /// decides.
    pub fn deployed(&mut self, k: usize, mut intent: Intent) -> Intent {
        let Some(deployment) = self.deployment.as_deref_mut() else { return intent };
        let (staged, stopped) = (deployment.staged(), deployment.is_blocked());
        if let Some(entry) = intent.entry {
            intent.entry = (!stopped).then(|| Entry { size_frac: staged.of(entry.size_frac), ..entry });
            if stopped {
                deployment.blocked += 1;
                self.done.rejected(|| refusal(&self.slots[k], entry.side, Reject::STOPPED));
            }
        }
        let slot = &mut self.slots[k];
        if slot.coming().is_some() {
            // It changes an entry on its way, of which there is no position yet.
            if stopped && intent.resize.take().is_some() {
                deployment.blocked += 1;
            }
            return intent;
        }
        let (Some(asked), Some(p)) = (intent.resize, slot.hold.position.as_mut()) else { return intent };
        if asked <= p.asked || !asked.is_finite() {
            return intent;
        }
        if !stopped && staged.enlarged(p, asked) > p.units {
            return intent;
        }
        // It stays as large as it is, and is what was asked for.
        intent.resize = None;
        let reason = if stopped { Reject::STOPPED } else { Reject::STAGE };
        if stopped {
            deployment.blocked += 1;
        } else {
            p.asked = asked;
        }
        let side = p.side;
        self.done.rejected(|| refusal(&self.slots[k], side, reason));
        intent
    }

    /// Marks orders sent at this close, those numbered from `first` on, with the stage, and takes those back that open
    /// anything where nobody decides.
    pub fn deploy_orders(&mut self, k: usize, first: u32) {
        let Some(deployment) = self.deployment.as_deref_mut() else { return };
        let (staged, stopped) = (deployment.staged(), deployment.is_blocked());
        let bar = self.slots[k].newest();
        let mut book = std::mem::take(&mut self.slots[k].book);
        book.orders.retain_mut(|order| {
            if order.id < first || order.reduce_only {
                return true;
            }
            if stopped {
                deployment.blocked += 1;
                self.slots[k].refuse(order, bar, Reject::STOPPED, &mut self.done);
                return false;
            }
            order.entry.stage = staged.stage;
            order.entry.shadow = staged.is_shadow();
            order.entry.scale = staged.of(1.0);
            true
        });
        self.slots[k].book = book;
    }
}

fn refusal(slot: &SymbolState<'_>, side: f64, reason: Reject) -> Rejected {
    let (symbol, bar) = (slot.symbol(), slot.newest());
    Rejected { step: 0, symbol, bar, order: 0, side, units: f64::NAN, reason }
}
