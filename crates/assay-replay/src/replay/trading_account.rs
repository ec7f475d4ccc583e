//! One account in the loop: its cash, what it holds of each symbol, what is on its way, and the limits above it.

use super::account_state::AccountState;
use super::clock::Clock;
use super::deployment::{Deployment, Staged};
use super::fill_engine::Exit;
use super::month::TradedMonth;
use super::notice::{AccountId, Notice, Outcome, Reject, Rejected};
use super::on_its_way::QueuedDecision;
use super::portfolio::{Arriving, Check};
use super::risk_manager::{RiskAction, RiskManager};
use super::symbol_state::SymbolState;
use super::{Allocation, ExitReason, Intent, Trade};
use crate::execution::{EntryOrder, EntryTag, Execution, Expiry, FillRule, Order, OrderKind, round_to};

/// Who is told what happens in an account.
pub(super) trait Listener {
    /// A trade was closed.
    fn trade(&mut self, account: AccountId, trade: &Trade);

    /// Something was filled or refused.
    fn notice(&mut self, account: AccountId, notice: &Notice);

    /// Whether entries are looked at once more when they arrive.
    fn checks(&self) -> bool;

    /// A last look at an entry.
    fn check(&mut self, arriving: &Arriving) -> Check;
}

pub(super) struct TradingAccount<'a, 'm> {
    pub id: AccountId,
    pub execution: &'a Execution,
    pub ledger: AccountState,
    pub risk_manager: Option<&'a mut RiskManager>,
    /// The rules of deployment above it.
    pub deployment: Option<&'a mut Deployment>,
    /// Equity at the last close: what sizes are a share of.
    pub equity: f64,
    /// One a symbol; of a paper account whose entries stand apart more behind them.
    pub slots: Vec<SymbolState<'m>>,
    many: bool,
    /// Whether entries are served in the order the system gave them, and not in that of the symbols.
    ranked: bool,
    month: TradedMonth,
    /// Whether each entry stands by itself, in a slot of its own: sizes are a share of the equity at the start then.
    pub apart: bool,
    start: f64,
    /// What the present phase brought about.
    pub done: Outcome,
}

impl<'a, 'm> TradingAccount<'a, 'm> {
    pub fn new(
        id: AccountId,
        execution: &'a Execution,
        ledger: AccountState,
        risk_manager: Option<&'a mut RiskManager>,
        slots: Vec<SymbolState<'m>>,
        told: bool,
    ) -> Self {
        Self {
            id,
            execution,
            equity: ledger.cash(),
            risk_manager,
            deployment: None,
            many: slots.len() > 1,
            ranked: told,
            slots,
            month: TradedMonth::new(execution),
            apart: false,
            start: ledger.cash(),
            ledger,
            done: Outcome::keeping(told),
        }
    }

    /// A paper account with entries that stand apart: each has a slot of its own, and means enough.
    pub fn standing_apart(mut self) -> Self {
        self.apart = true;
        self.many = true;
        self.ledger = self.ledger.unbounded();
        self.slots.iter_mut().for_each(SymbolState::unbind);
        self
    }

    /// The same under rules of deployment.
    pub fn under(mut self, deployment: Option<&'a mut Deployment>) -> Self {
        self.deployment = deployment;
        self
    }

    /// The equity that sizes are a share of.
    #[inline]
    fn sized_by(&self) -> f64 {
        if self.apart { self.start } else { self.equity }
    }

    /// A slot of a symbol in which nothing is held or on its way.
    pub fn lane(&mut self, symbol: usize) -> usize {
        let free = |s: &SymbolState<'_>| s.symbol() == symbol && s.idle();
        self.slots.iter().position(free).unwrap_or_else(|| {
            self.slots.push(self.slots[symbol].beside(self.execution, &self.ledger));
            self.slots.len() - 1
        })
    }

    /// Whether nothing is held, ordered or due.
    pub fn idle(&self) -> bool {
        self.slots.iter().all(SymbolState::idle)
    }

    /// Whether several symbols, rules, interest or tiers of fees leave no bar in which nothing can happen.
    #[inline]
    pub fn busy(&self) -> bool {
        self.many
            || self.risk_manager.is_some()
            || self.deployment.is_some()
            || self.ledger.borrow_rate > 0.0
            || self.month.is_tiered()
    }

    pub fn skip_to(&mut self, step: usize, clock: &Clock) {
        for slot in &mut self.slots {
            slot.skip_to(clock.bar_at(slot.symbol(), step));
        }
    }

    /// The open of a step and what happens inside it.
    pub fn until_close(&mut self, step: usize, clock: &Clock, ears: &mut impl Listener) {
        let time = clock.time(step);
        let fees = if self.month.is_tiered() {
            Some(self.execution.fees_after(self.month.traded(time, self.ledger.traded_notional())))
        } else {
            None
        };
        for slot in &mut self.slots {
            let k = slot.symbol();
            slot.active = clock.bar_at(k, step) < clock.bar_at(k, step + 1);
        }
        // For the night, the weekend or the gap before this open, by what was held through it.
        self.borrow(time);
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            slot.open(self.execution, fees);
        }
        self.at_open(ears);
        self.inside(step, time, ears);
    }

    /// Value, worth without sign and maintenance of what the other symbols hold, as the fills of `k` must know them.
    fn mark_other_symbols(&mut self, k: usize) {
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
    fn at_open(&mut self, ears: &mut impl Listener) {
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            slot.due(&mut self.ledger, false, &mut self.done);
        }
        self.orders_of(|s| s.active, ears);
    }

    /// Carries out the orders of these symbols that are due: all that make a position smaller, then all that make one larger.
    fn orders_of(&mut self, of: impl Fn(&SymbolState<'_>) -> bool, ears: &mut impl Listener) {
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

    fn inside(&mut self, step: usize, time: i64, ears: &mut impl Listener) {
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
    /// The close of a step: everything is marked, interest is paid, and the limits look at it.
    pub fn mark(&mut self, step: usize, clock: &Clock) -> Option<RiskAction> {
        let mut held_value = 0.0;
        for slot in &mut self.slots {
            if slot.active {
                slot.close_bar();
            }
            held_value += slot.value();
        }
        self.equity = self.ledger.cash() + held_value;
        let now = clock.close_time(step);
        if self.borrow(now) {
            // Added up as at any other close, to the last bit: a step at which nothing is due is no other step.
            self.equity = self.ledger.cash() + held_value;
        }
        self.ledger.mark(self.equity);
        let risk_manager = self.risk_manager.as_deref_mut()?;
        let act = risk_manager.at_close(step, now, self.equity);
        if risk_manager.halted(now) {
            for slot in &mut self.slots {
                self.ledger.counts.refused += slot.halt(&mut self.done);
            }
        }
        act
    }

    /// Goes on to the next step; returns the worth of what is held over equity.
    pub fn advance(&mut self) -> f64 {
        let mut net = 0.0;
        for slot in &mut self.slots {
            net += slot.units_worth() * slot.hold.price * slot.hold.fx;
            slot.advance();
        }
        if self.equity > 0.0 { net / self.equity } else { 0.0 }
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

    /// The data end after the last decision: it must not know that they do. And orders that fill at their own close.
    pub fn last_fills(&mut self, ears: &mut impl Listener) {
        let mut filled = false;
        for k in 0..self.slots.len() {
            let slot = &self.slots[k];
            if !slot.active {
                continue;
            }
            if slot.is_last() {
                if slot.hold.position.is_some() {
                    self.mark_other_symbols(k);
                    let price = self.slots[k].hold.price;
                    self.slots[k].hold.budget = f64::INFINITY;
                    let (mut engine, _) = self.slots[k].engine(&mut self.ledger, &mut self.done);
                    engine.close(f64::INFINITY, price, ExitReason::END, Exit::MARKET);
                    self.tell(k, ears);
                    filled = true;
                }
                self.slots[k].tell_dropped(Reject::END, &mut self.done);
                self.slots[k].drop_orders();
            } else if self.execution.fill == FillRule::Close && slot.has_orders() {
                self.slots[k].at_close = true;
                filled = true;
            }
        }
        if filled && self.execution.fill == FillRule::Close {
            self.orders_of(|s| s.at_close, ears);
            self.slots.iter_mut().for_each(|s| s.at_close = false);
        }
        if filled {
            self.equity = self.ledger.cash() + self.slots.iter().map(SymbolState::value).sum::<f64>();
            self.ledger.mark(self.equity);
        }
    }

    /// Interest until `now` on money that is not the account's and on units that are not, of the symbols with a bar in
    /// this step; whether any was paid.
    ///
    /// Each symbol pays at the opens and closes of its own bars, for the time since the last of them: what other symbols
    /// do in between is nothing to it.
    fn borrow(&mut self, now: i64) -> bool {
        if self.ledger.borrow_rate <= 0.0 {
            return false;
        }
        let mut long = 0.0;
        for s in &self.slots {
            long += if s.hold.units > 0.0 { s.hold.gross(&s.at.terms) } else { 0.0 };
        }
        // What longs cost beyond the equity there is.
        let borrowed = (long - self.equity.max(0.0)).max(0.0);
        let mut any = false;
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            let since = std::mem::replace(&mut slot.interest_paid_ms, now);
            let gross = slot.hold.gross(&slot.at.terms);
            if gross == 0.0 || now == since {
                continue;
            }
            let base = if slot.hold.units < 0.0 { gross } else { borrowed * gross / long };
            if base > 0.0 {
                let share = self.ledger.borrow_rate * (now - since) as f64 / (365.0 * 86_400_000.0);
                let (mut engine, _) = slot.engine(&mut self.ledger, &mut self.done);
                engine.interest(base * share);
                any = true;
            }
        }
        any
    }

    /// Tells of refusals at a close.
    pub fn tell_notices(&mut self, ears: &mut impl Listener) {
        for notice in self.done.notices.drain(..) {
            ears.notice(self.id, &notice);
        }
    }

    /// Tells recorder, trader and limits of what has happened to `k`.
    #[inline]
    pub fn tell(&mut self, k: usize, ears: &mut impl Listener) {
        if self.done.is_empty() {
            return;
        }
        for notice in self.done.notices.drain(..) {
            ears.notice(self.id, &notice);
        }
        for trade in self.done.trades.drain(..) {
            if let Some(risk_manager) = self.risk_manager.as_deref_mut() {
                risk_manager.closed(&trade, self.slots[k].close_time());
            }
            if let Some(deployment) = self.deployment.as_deref_mut() {
                deployment.closed(&trade, self.slots[k].close_time());
            }
            ears.trade(self.id, &trade);
        }
    }
}
