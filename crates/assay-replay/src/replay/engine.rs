//! The loop itself.

use super::account_state::AccountState;
use super::clock::Clock;
use super::decider::{AccountDecider, Decider, SymbolDeciders, TradingAccounts};
use super::market::Market;
use super::notice::{AccountId, Notice};
use super::portfolio::{Arriving, Check};
use super::risk_manager::RiskManager;
use super::symbol_state::SymbolState;
use super::trading_account::{Listener, TradingAccount};
use super::{Deployment, Held, HeldFrom, Recorder, Step, SymbolTrader, Trade, Trader};
use crate::execution::Execution;

/// Replays `trader` over one symbol from bar `first` on with the account `ledger`; returns it as it is at the end.
///
/// Earlier bars are recorded as flat. A position open at the end is closed at the last close, for the ordinary costs.
pub fn replay<'m, T: SymbolTrader, R: Recorder>(
    market: impl Into<Market<'m>>,
    first: usize,
    execution: &Execution,
    ledger: AccountState,
    trader: &mut T,
    recorder: &mut R,
) -> AccountState {
    let markets = [market.into()];
    let clock = Clock::of(&markets);
    replay_all(
        Over::new(&markets, &clock, &[first], execution, ledger),
        std::slice::from_mut(trader),
        recorder,
    )
}

/// Replays one trader a symbol over symbols that share an account, on the union of their bars.
pub fn replay_all<T: SymbolTrader, R: Recorder>(
    over: Over<'_, '_>,
    traders: &mut [T],
    recorder: &mut R,
) -> AccountState {
    run(over, SymbolDeciders(traders), recorder)
}

/// What a replay goes over.
pub struct Over<'a, 'm> {
    /// Bars and terms of each symbol.
    pub markets: &'a [Market<'m>],
    /// The union of their bars.
    pub clock: &'a Clock,
    /// The first bar of each symbol that may be decided at.
    pub firsts: &'a [usize],
    /// How orders are filled.
    pub execution: &'a Execution,
    /// The account at the start.
    pub ledger: AccountState,
    /// The limits above it.
    pub risk_manager: Option<&'a mut RiskManager>,
    /// The rules of deployment above it.
    pub deployment: Option<&'a mut Deployment>,
}

impl<'a, 'm> Over<'a, 'm> {
    /// Without rules above the account.
    pub fn new(
        markets: &'a [Market<'m>],
        clock: &'a Clock,
        firsts: &'a [usize],
        execution: &'a Execution,
        ledger: AccountState,
    ) -> Self {
        Self { markets, clock, firsts, execution, ledger, risk_manager: None, deployment: None }
    }

    /// The same with limits above it.
    #[must_use]
    pub fn under(self, risk_manager: Option<&'a mut RiskManager>) -> Self {
        Self { risk_manager, ..self }
    }
}

/// Replays one trader of the whole account; returns the account as it is at the end.
pub fn replay_account<T: Trader, R: Recorder>(
    over: Over<'_, '_>,
    trader: &mut T,
    recorder: &mut R,
) -> AccountState {
    run(over, AccountDecider::new(trader), recorder)
}

fn run<'a, 'm, D: Decider, R: Recorder>(over: Over<'a, 'm>, decider: D, recorder: &mut R) -> AccountState {
    let Over { markets, clock, firsts, execution, ledger, risk_manager, deployment } = over;
    let slots = |ledger: &AccountState| -> Vec<SymbolState<'m>> {
        let one = |(k, (m, first)): (usize, (&Market<'m>, &usize))| {
            SymbolState::new(k as u16, *m, *first, execution, ledger)
        };
        markets.iter().zip(firsts).enumerate().map(one).collect()
    };
    let papers = decider.papers();
    if !papers.is_empty() {
        recorder.papers(&papers);
    }
    let account = |(k, paper): (usize, &super::Paper)| {
        let ledger = ledger.with_cash(paper.equity);
        let account =
            TradingAccount::new(AccountId::paper(k), execution, ledger, None, slots(&ledger), D::TOLD);
        if paper.apart { account.standing_apart() } else { account }
    };
    let papers = papers.iter().enumerate().map(account).collect();
    let real = TradingAccount::new(AccountId::REAL, execution, ledger, risk_manager, slots(&ledger), D::TOLD)
        .under(deployment);
    let mut run =
        ReplayLoop { accounts: TradingAccounts { real, papers }, ears: Told { step: 0, decider, recorder } };
    let n = clock.len();
    let mut step = run.skip(0, clock);
    while step < n {
        run.step(step, clock);
        step += 1;
        if run.idle() {
            step = run.skip(step, clock);
        } else if !run.accounts.real.busy() && run.accounts.papers.is_empty() {
            step = run.skip_quiet_bars(step);
        }
    }
    run.accounts.real.ledger
}

/// Who decides and who records.
struct Told<'r, D, R> {
    /// The present step.
    step: usize,
    decider: D,
    recorder: &'r mut R,
}

struct ReplayLoop<'a, 'm, 'r, D, R> {
    accounts: TradingAccounts<'a, 'm>,
    ears: Told<'r, D, R>,
}

impl<D: Decider, R: Recorder> Listener for Told<'_, D, R> {
    #[inline]
    fn trade(&mut self, account: AccountId, trade: &Trade) {
        match account.paper_index() {
            None => self.recorder.trade(trade),
            Some(k) => self.recorder.paper_trade(k, trade),
        }
        self.decider.trade(account, trade);
    }

    fn notice(&mut self, account: AccountId, notice: &Notice) {
        let mut notice = *notice;
        if let Notice::Rejected(rejected) = &mut notice {
            rejected.step = self.step;
            self.recorder.rejected(account, rejected);
        }
        self.decider.notice(account, &notice);
    }

    #[inline]
    fn checks(&self) -> bool {
        self.decider.checks()
    }

    fn check(&mut self, arriving: &Arriving) -> Check {
        self.decider.check(arriving)
    }

    #[inline]
    fn held_from(&mut self, account: AccountId, from: &HeldFrom) {
        if account == AccountId::REAL {
            self.recorder.held_from(from);
        }
    }
}

impl<D: Decider, R: Recorder> ReplayLoop<'_, '_, '_, D, R> {
    /// Whether nothing is held, ordered or due.
    fn idle(&self) -> bool {
        self.accounts.real.idle() && self.accounts.papers.iter().all(TradingAccount::idle)
    }

    /// The next step that anyone must see; those before it are recorded as flat.
    fn skip(&mut self, from: usize, clock: &Clock) -> usize {
        let slots = &self.accounts.real.slots;
        // The end of a halt must be seen.
        if self.accounts.real.risk_manager.as_deref().is_some_and(|r| r.was_halted()) {
            return from;
        }
        let to = match self.accounts.real.deployment {
            // Rules that watch an account see every close from the first that may be decided at.
            Some(_) if from > 0 => from,
            Some(_) => {
                self.ears.decider.next_wake(from, slots, clock);
                slots.iter().map(|s| clock.step_of(s.symbol(), s.first)).min().unwrap_or(0)
            }
            None => self.ears.decider.next_wake(from, slots, clock),
        };
        let to = to.min(clock.len()).max(from);
        if to > from {
            self.ears.recorder.flat(from..to, self.accounts.real.equity);
            self.accounts.real.skip_to(to, clock);
            for (k, paper) in self.accounts.papers.iter_mut().enumerate() {
                self.ears.recorder.paper_equity(k, from..to, paper.equity);
                paper.skip_to(to, clock);
            }
        }
        to
    }

    /// Runs through bars in which a position is held and nothing else happens: no order, no payment, no level reached, no decision. Returns
    /// the first that is not one of these.
    fn skip_quiet_bars(&mut self, step: usize) -> usize {
        let account = &mut self.accounts.real;
        let slot = &mut account.slots[0];
        // Bars of a single symbol are the steps.
        debug_assert_eq!(slot.next, step);
        let until = self.ears.decider.next_look(step).min(slot.quiet_until());
        if until <= step {
            return step;
        }
        let end = slot.skip_quiet_bars(until, &mut account.ledger);
        if end > step {
            let held = Held {
                closes: &slot.market.bars.close()[step..end],
                cash: account.ledger.cash(),
                worth: slot.units_worth(),
            };
            self.ears.recorder.held(step, &held, &account.ledger);
            account.equity = held.equity(end - 1 - step);
        }
        end
    }

    fn step(&mut self, step: usize, clock: &Clock) {
        let Self { accounts, ears } = self;
        ears.step = step;
        accounts.real.until_close(step, clock, ears);
        for paper in &mut accounts.papers {
            paper.until_close(step, clock, ears);
        }
        let act = accounts.real.mark(step, clock);
        for paper in &mut accounts.papers {
            paper.mark(step, clock);
        }
        ears.decider.at_close(accounts, step, clock, act);
        accounts.real.last_fills(ears);
        accounts.real.tell_held(step + 1, ears);
        if D::TOLD {
            accounts.real.tell_notices(ears);
        }
        let exposure = accounts.real.advance();
        let real = &accounts.real;
        ears.recorder.bar(&Step { index: step, equity: real.equity, exposure, ledger: &real.ledger });
        for (k, paper) in accounts.papers.iter_mut().enumerate() {
            paper.last_fills(ears);
            paper.tell_notices(ears);
            paper.advance();
            ears.recorder.paper_equity(k, step..step + 1, paper.equity);
        }
    }
}
