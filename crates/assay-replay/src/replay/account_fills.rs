//! What the orders of an account come to at an open and inside a bar: which symbol is served first, and with how much.

use super::Allocation;
use super::notice::Rejected;
use super::portfolio::{Arriving, Check};
use super::symbol_state::SymbolState;
use super::trading_account::{Listener, TradingAccount};

impl TradingAccount<'_, '_> {
    /// Value, worth without sign and maintenance of what the other symbols hold, as the fills of `k` must know them.
    pub(super) fn mark_other_symbols(&mut self, k: usize) {
        if !self.many {
            return;
        }
        let (mut value, mut gross, mut maintenance, mut shadow) = (0.0, 0.0, 0.0, 0.0);
        for (j, s) in self.slots.iter().enumerate() {
            if j != k && s.hold.units != 0.0 {
                value += s.value();
                gross += s.hold.gross(&s.at.terms);
                maintenance += s.hold.gross(&s.at.terms) * s.at.maintenance;
            } else if j != k && s.hold.position.is_some() {
                shadow += s.engaged_gross();
            }
        }
        let at = &mut self.slots[k].at;
        (at.others_value, at.others_gross, at.others_maintenance) = (value, gross, maintenance);
        at.others_shadow = shadow;
    }

    /// What is due, then what makes positions smaller, then what makes them larger.
    pub(super) fn at_open(&mut self, ears: &mut impl Listener) {
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            slot.due(&mut self.ledger, false, &mut self.done);
        }
        self.orders_of(|s| s.active, ears);
    }

    /// Carries out the orders of these symbols that are due: all that make a position smaller, then all that make one larger.
    pub(super) fn orders_of(&mut self, of: impl Fn(&SymbolState<'_>) -> bool, ears: &mut impl Listener) {
        for k in 0..self.slots.len() {
            if of(&self.slots[k]) && self.slots[k].has_orders() {
                self.mark_other_symbols(k);
                self.slots[k].smaller(&mut self.ledger, &mut self.done);
                self.tell(k, ears);
            }
        }
        if ears.checks() {
            self.look_again(&of, ears);
        }
        let share = self.fair_share(&of);
        if self.ranked {
            for k in self.by_rank(&of) {
                self.enlarge(k, share, ears);
            }
            return;
        }
        for k in 0..self.slots.len() {
            if of(&self.slots[k]) && self.slots[k].has_orders() {
                self.enlarge(k, share, ears);
            }
        }
    }

    #[inline]
    fn enlarge(&mut self, k: usize, share: f64, ears: &mut impl Listener) {
        self.mark_other_symbols(k);
        self.slots[k].larger(&mut self.ledger, share, &mut self.done);
        self.tell(k, ears);
    }

    /// Those with orders in the order the system gave its entries; the symbols decide between the others.
    fn by_rank(&self, of: &impl Fn(&SymbolState<'_>) -> bool) -> Vec<usize> {
        let with_orders = |k: &usize| of(&self.slots[*k]) && self.slots[*k].has_orders();
        let mut all: Vec<usize> = (0..self.slots.len()).filter(with_orders).collect();
        all.sort_by_key(|k| self.slots[*k].arrived().map_or(0, |p| p.rank));
        all
    }

    /// Shows the trader each entry that arrives, at the price it finds: it may make it smaller or turn it away.
    fn look_again(&mut self, of: &impl Fn(&SymbolState<'_>) -> bool, ears: &mut impl Listener) {
        let equity = self.ledger.cash() + self.slots.iter().map(SymbolState::value).sum::<f64>();
        for k in self.by_rank(of) {
            let (account, symbol, bar) = (self.id, self.slots[k].symbol(), self.slots[k].bar());
            let slot = &self.slots[k];
            let price = if slot.at_close { slot.hold.price } else { slot.market.bars.open()[bar] };
            let Some(p) = self.slots[k].arriving() else { continue };
            let Some(mut entry) = p.intent.entry else { continue };
            // It is shown what it asked for, whatever the stage of exposure left of it.
            let scale = p.staged.of(1.0);
            entry.size_frac /= scale;
            let (units, decided) = (p.units / scale, p.decided);
            let arriving = Arriving { account, symbol, bar, decided, entry, units, price, equity };
            let check = ears.check(&arriving);
            let side = entry.side;
            let rejected = |units, reason| Rejected { step: 0, symbol, bar, order: 0, side, units, reason };
            match check {
                Check::Fill => {}
                Check::Resize(most) => {
                    // More than was decided would be another decision.
                    p.units = (most * scale).clamp(0.0, p.units);
                }
                Check::Reject(reason) => {
                    self.slots[k].turn_away();
                    self.done.rejected(|| rejected(units, reason));
                    self.tell(k, ears);
                }
            }
        }
    }

    /// The share of what all orders of this open want that the account can bear; 1 where there is enough for all.
    fn fair_share(&self, of: &impl Fn(&SymbolState<'_>) -> bool) -> f64 {
        if !self.many || self.ledger.allocation == Allocation::InOrder {
            return 1.0;
        }
        let (mut wanted, mut fees, mut equity, mut gross, mut orders) =
            (0.0, 0.0, self.ledger.cash(), 0.0, 0);
        for s in &self.slots {
            equity += s.value();
            gross += s.hold.gross(&s.at.terms);
            if of(s) {
                let (notional, fee) = s.wants();
                wanted += notional;
                fees += fee;
                orders += usize::from(notional > 0.0);
            }
        }
        if orders < 2 {
            return 1.0;
        }
        let leverage = self.ledger.leverage;
        // gross + share * wanted <= leverage (equity - share * fees)
        let share = (leverage * equity - gross) / (wanted + leverage * fees);
        share.clamp(0.0, 1.0)
    }

    pub(super) fn inside(&mut self, step: usize, time: i64, ears: &mut impl Listener) {
        if let Some(risk_manager) = self.risk_manager.as_deref_mut().filter(|g| g.watches_paths()) {
            risk_manager.along_the_bar(step, time, self.ledger.cash(), &self.slots);
        }
        for k in 0..self.slots.len() {
            if !self.slots[k].active {
                continue;
            }
            self.slots[k].due(&mut self.ledger, true, &mut self.done);
            if self.slots[k].must_walk() {
                self.mark_other_symbols(k);
                self.slots[k].inside(&mut self.ledger, self.execution, &mut self.done);
                self.tell(k, ears);
            }
        }
    }
}
