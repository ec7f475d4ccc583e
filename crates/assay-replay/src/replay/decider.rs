//! Who decides in a run: a trader of each symbol, or one of the whole account.

use super::clock::Clock;
use super::notice::{AccountId, Notice, Reject, Rejected};
use super::orders::{Ask, Orders, Want};
use super::portfolio::{Arriving, Check, Paper, Portfolio};
use super::risk_manager::RiskAction;
use super::symbol_state::SymbolState;
use super::trading_account::TradingAccount;
use super::{Deployable, Intent, Standing, SymbolTrader, Trade, Trader, View};

/// All accounts of a run.
pub(super) struct TradingAccounts<'a, 'm> {
    pub real: TradingAccount<'a, 'm>,
    pub papers: Vec<TradingAccount<'a, 'm>>,
}

/// What the loop asks of those who decide.
pub(super) trait Decider {
    /// Whether fills and refusals are told.
    const TOLD: bool;

    /// Paper accounts.
    fn papers(&self) -> Vec<Paper>;

    /// The first step at or after `from` that must be seen while nothing is held, ordered or due.
    fn next_wake(&mut self, from: usize, slots: &[SymbolState<'_>], clock: &Clock) -> usize;

    /// The first step that must be seen while a position of the one symbol is held and nothing touches it.
    fn next_look(&mut self, from: usize) -> usize;

    /// Decides at a close, and puts what is decided in line. `act` is what a limit wants of the real account.
    fn at_close(
        &mut self,
        accounts: &mut TradingAccounts<'_, '_>,
        step: usize,
        clock: &Clock,
        act: Option<RiskAction>,
    );

    fn trade(&mut self, account: AccountId, trade: &Trade);

    fn notice(&mut self, account: AccountId, notice: &Notice);

    fn checks(&self) -> bool;

    fn check(&mut self, arriving: &Arriving) -> Check;
}

/// A trader of each symbol, in the order of the symbols.
pub(super) struct SymbolDeciders<'t, T>(pub &'t mut [T]);

impl<T: SymbolTrader> Decider for SymbolDeciders<'_, T> {
    const TOLD: bool = false;

    fn papers(&self) -> Vec<Paper> {
        vec![]
    }

    #[inline]
    fn next_wake(&mut self, _: usize, slots: &[SymbolState<'_>], clock: &Clock) -> usize {
        let mut to = clock.len();
        for (k, (slot, trader)) in slots.iter().zip(self.0.iter_mut()).enumerate() {
            let bar = trader.next_wake(slot.next.max(slot.first));
            to = to.min(clock.step_of(k, bar));
        }
        to
    }

    #[inline]
    fn next_look(&mut self, from: usize) -> usize {
        self.0[0].next_look(from)
    }

    #[inline]
    fn at_close(
        &mut self,
        accounts: &mut TradingAccounts<'_, '_>,
        step: usize,
        clock: &Clock,
        act: Option<RiskAction>,
    ) {
        let account = &mut accounts.real;
        let act = deploy(account, self.0, |t| t.deployable(), (step, clock), act);
        resume(account, self.0, |t| t.deployable(), clock.close_time(step));
        let drawdown = account.ledger.drawdown(account.equity);
        for k in 0..account.slots.len() {
            let slot = &mut account.slots[k];
            let bar = slot.bar();
            if !slot.active || bar < slot.first {
                if let Some(act) = act.filter(|_| !slot.idle()) {
                    // A limit closes what is held of a symbol that has no bar just now as well, at its next open.
                    let (bar, intent) = (slot.newest(), account.apply_risk_action(k, act, Intent::default()));
                    account.decided(k, bar, intent, 0);
                }
                continue;
            }
            let held = slot.as_asked.as_ref().or(slot.hold.position.as_ref());
            let leaving = held.is_some() && slot.is_exiting();
            let (coming, late) = (slot.coming().map(|(side, _)| side), slot.is_late());
            let view = View { equity: account.equity, drawdown, position: held, leaving, coming, late };
            let trader = &mut self.0[k];
            let mut intent = trader.on_close(bar, &view);
            if trader.places() {
                slot.forget_reductions(&mut account.ledger, &mut account.done);
                let held = slot.as_asked.as_ref().or(slot.hold.position.as_ref());
                let view = View { equity: account.equity, drawdown, position: held, leaving, coming, late };
                slot.book.now = bar;
                let first = slot.book.next_id();
                trader.place(bar, &view, &mut slot.book);
                slot.delay_orders(bar, account.execution.latency_bars);
                if act.is_none() {
                    account.deploy_orders(k, first);
                }
                account.admit_orders(k, bar, first);
            }
            if account.deployment.is_some() {
                hear(account, clock.close_time(step), self.0[k].deployable());
                if act.is_none() {
                    intent = account.deployed(k, intent);
                }
            }
            if let Some((side, reason)) = intent.refused.take() {
                account.ledger.counts.refused += 1;
                account.turned_away(k, side, reason);
            }
            let slot = &mut account.slots[k];
            if let (Some(stop), Some(p)) = (intent.stop, &mut slot.hold.position) {
                p.tighten(stop);
            }
            if let Some(act) = act {
                intent = account.apply_risk_action(k, act, intent);
            }
            account.decided(k, bar, intent, 0);
        }
    }

    #[inline]
    fn trade(&mut self, _: AccountId, trade: &Trade) {
        self.0[usize::from(trade.symbol)].on_exit(trade);
    }

    fn notice(&mut self, _: AccountId, _: &Notice) {}

    #[inline]
    fn checks(&self) -> bool {
        false
    }

    fn check(&mut self, _: &Arriving) -> Check {
        Check::Fill
    }
}

/// Lets the rules of deployment look at the account at a close, asks `traders` where they must, and tells them who
/// decides. What a limit does comes before what these rules do, unless it closes less.
fn deploy<T>(
    account: &mut TradingAccount<'_, '_>,
    traders: &mut [T],
    of: impl Fn(&mut T) -> Option<&mut dyn Deployable>,
    (step, clock): (usize, &Clock),
    act: Option<RiskAction>,
) -> Option<RiskAction> {
    let acting = |account: &TradingAccount<'_, '_>| account.deployment.as_ref().map(|d| d.acting());
    let Some(before) = acting(account) else { return act };
    let stop = account.deploy(step, clock, |end| {
        let standings = traders.iter_mut().filter_map(&of).map(|d| d.standing(end));
        standings.fold(Standing::Pass, Standing::and)
    });
    if let Some(now) = acting(account).filter(|now| *now != before) {
        traders.iter_mut().filter_map(&of).for_each(|d| d.act(now));
    }
    match act {
        Some(RiskAction::Close(_)) => act,
        _ => stop.or(act),
    }
}

/// Tells traders of the end of a halt.
fn resume<T>(
    account: &mut TradingAccount<'_, '_>,
    traders: &mut [T],
    of: impl Fn(&mut T) -> Option<&mut dyn Deployable>,
    time_ms: i64,
) {
    if account.risk_manager.as_deref_mut().is_some_and(|r| r.resumes(time_ms)) {
        traders.iter_mut().filter_map(of).for_each(|d| d.resume());
    }
}

/// Lets the rules of deployment hear of the signal at a close.
fn hear(account: &mut TradingAccount<'_, '_>, time_ms: i64, trader: Option<&mut dyn Deployable>) {
    if let (Some(deployment), Some(quality)) =
        (account.deployment.as_deref_mut(), trader.and_then(|d| d.signal_quality()))
    {
        deployment.signal(time_ms, quality);
    }
}

/// One trader of the whole account.
pub(super) struct AccountDecider<'t, T> {
    trader: &'t mut T,
    orders: Orders,
}

impl<'t, T: Trader> AccountDecider<'t, T> {
    pub fn new(trader: &'t mut T) -> Self {
        Self { trader, orders: Orders::default() }
    }
}

impl<T: Trader> Decider for AccountDecider<'_, T> {
    const TOLD: bool = true;

    fn papers(&self) -> Vec<Paper> {
        self.trader.papers()
    }

    fn next_wake(&mut self, from: usize, slots: &[SymbolState<'_>], clock: &Clock) -> usize {
        // Not before the first bar that may be decided at.
        let first = slots.iter().map(|s| clock.step_of(s.symbol(), s.first)).min().unwrap_or(0);
        self.trader.next_wake(from.max(first))
    }

    fn next_look(&mut self, from: usize) -> usize {
        from
    }

    fn at_close(
        &mut self,
        accounts: &mut TradingAccounts<'_, '_>,
        step: usize,
        clock: &Clock,
        act: Option<RiskAction>,
    ) {
        self.orders.clear();
        let one = std::slice::from_mut(&mut *self.trader);
        let act = deploy(&mut accounts.real, one, |t| t.deployable(), (step, clock), act);
        resume(&mut accounts.real, one, |t| t.deployable(), clock.close_time(step));
        if accounts.real.slots.iter().any(|s| s.active && s.bar() >= s.first) {
            let now = Portfolio { real: &accounts.real, papers: &accounts.papers, clock, step };
            self.trader.on_close(&now, &mut self.orders);
            hear(&mut accounts.real, clock.close_time(step), self.trader.deployable());
        }
        let asks = self.orders.asks();
        let of = |id| asks.iter().filter(move |a: &&Ask| a.account == id);
        accounts.real.ordered(of(AccountId::REAL), act);
        for paper in &mut accounts.papers {
            let id = paper.id;
            paper.ordered(of(id), None);
        }
    }

    fn trade(&mut self, account: AccountId, trade: &Trade) {
        self.trader.on_trade(account, trade);
    }

    fn notice(&mut self, account: AccountId, notice: &Notice) {
        match notice {
            Notice::Filled(filled) => self.trader.on_fill(account, filled),
            Notice::Rejected(rejected) => self.trader.on_reject(account, rejected),
        }
    }

    fn checks(&self) -> bool {
        self.trader.checks()
    }

    fn check(&mut self, arriving: &Arriving) -> Check {
        self.trader.on_arrival(arriving)
    }
}

impl TradingAccount<'_, '_> {
    /// Puts what a trader of the whole account wants in line, what frees means before what needs them.
    fn ordered<'k>(&mut self, asks: impl Iterator<Item = &'k Ask> + Clone, act: Option<RiskAction>) {
        self.placed(asks.clone());
        for ask in asks.clone() {
            if let Want::Stop(price) = ask.want {
                let of = self.slots.iter_mut().filter(|s| s.symbol() == ask.symbol);
                of.filter_map(|s| s.hold.position.as_mut()).for_each(|p| p.tighten(price));
            }
        }
        for k in 0..self.slots.len() {
            let leaving = asks.clone().filter(|a| a.symbol == self.slots[k].symbol());
            let intent = self.leaving(k, leaving);
            let mut intent = self.deployed(k, intent);
            if let Some(act) = act.filter(|_| !self.slots[k].idle()) {
                intent = self.apply_risk_action(k, act, intent);
            }
            let bar = self.slots[k].newest();
            self.decided(k, bar, intent, 0);
        }
        for (rank, ask) in asks.enumerate() {
            match ask.want {
                Want::Enter(entry) if act.is_some() => self.turned_away(ask.symbol, entry.side, Reject::RULE),
                Want::Enter(entry) => self.enter(ask.symbol, entry, rank as u32),
                Want::Resize(units) if act.is_none() => self.larger(ask.symbol, units, rank as u32),
                Want::Refuse(side, reason) => self.turned_away(ask.symbol, side, reason),
                _ => {}
            }
        }
    }

    /// Takes orders back and sends others.
    fn placed<'k>(&mut self, asks: impl Iterator<Item = &'k Ask>) {
        for slot in &mut self.slots {
            slot.forget_reductions(&mut self.ledger, &mut self.done);
        }
        // Without rules above the account nobody asks, and nothing is allocated.
        let ruled = self.deployment.is_some() || self.risk_manager.is_some();
        let slots = self.slots.iter().filter(|_| ruled);
        let firsts: Vec<u32> = slots.map(|s| s.book.next_id()).collect();
        let mut touched: Vec<usize> = vec![];
        for ask in asks {
            let Some(slot) = self.slots.get_mut(ask.symbol) else { continue };
            match ask.want {
                Want::Place(order) => {
                    slot.book.place(order);
                    touched.push(ask.symbol);
                }
                Want::Cancel(id) => {
                    slot.book.now = slot.newest();
                    slot.book.cancel(id);
                }
                Want::CancelEntries => slot.cancel_entries(slot.newest()),
                _ => {}
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for k in touched {
            let bar = self.slots[k].newest();
            self.slots[k].delay_orders(bar, self.execution.latency_bars);
            if let Some(first) = firsts.get(k) {
                self.deploy_orders(k, *first);
                self.admit_orders(k, bar, *first);
            }
        }
    }

    /// What of these asks makes the position of slot `k` smaller.
    fn leaving<'k>(&self, k: usize, asks: impl Iterator<Item = &'k Ask>) -> Intent {
        let mut intent = Intent::default();
        let slot = &self.slots[k];
        // What is on its way, or rests, may have opened a position by the time that this arrives.
        let leaves = slot.shown().is_some() || slot.is_late();
        let found = slot.found();
        for ask in asks {
            match ask.want {
                Want::Exit(reason, slippage) if leaves => {
                    (intent.exit, intent.exit_slippage_bps) = (Some(reason), slippage);
                }
                Want::Resize(units) if found.is_some_and(|(_, there)| units < there) => {
                    intent.resize = Some(units);
                }
                _ => {}
            }
        }
        intent
    }

    /// Holds more of the position there is, or that is there when this arrives.
    fn larger(&mut self, symbol: usize, units: f64, rank: u32) {
        let Some((side, there)) = self.slots.get(symbol).and_then(SymbolState::found) else { return };
        if units <= there {
            return;
        }
        if !self.slots[symbol].active {
            self.turned_away(symbol, side, Reject::NO_BAR);
            return;
        }
        let bar = self.slots[symbol].newest();
        let intent = self.deployed(symbol, Intent { resize: Some(units), ..Intent::default() });
        self.decided(symbol, bar, intent, rank);
    }

    fn enter(&mut self, symbol: usize, entry: super::Entry, rank: u32) {
        let Some(slot) = self.slots.get(symbol) else { return };
        let bar = slot.newest();
        if !slot.active {
            self.turned_away(symbol, entry.side, Reject::NO_BAR);
            return;
        }
        let intent = Intent { entry: Some(entry), ..Intent::default() };
        if self.apart {
            let k = self.lane(symbol);
            self.decided(k, bar, intent, rank);
        } else if slot.is_taken() {
            self.turned_away(symbol, entry.side, Reject::POSITION_OPEN);
        } else {
            let intent = self.deployed(symbol, intent);
            self.decided(symbol, bar, intent, rank);
        }
    }

    fn turned_away(&mut self, symbol: usize, side: f64, reason: Reject) {
        let bar = self.slots.get(symbol).map_or(0, SymbolState::newest);
        self.done.rejected(|| Rejected { step: 0, symbol, bar, order: 0, side, units: f64::NAN, reason });
    }
}
