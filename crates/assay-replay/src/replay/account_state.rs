//! The one place where money moves.

use super::account::{Account, AccountKind, Allocation, MarginMode};
use crate::execution::CostsPaid;

/// Cash, and what has become of it.
#[derive(Debug, Clone, Copy)]
pub struct AccountState {
    cash: f64,
    peak: f64,
    paid: CostsPaid,
    traded_notional: f64,
    pub(super) counts: Counts,
    pub(super) kind: AccountKind,
    pub(super) margin: MarginMode,
    pub(super) allocation: Allocation,
    pub(super) leverage: f64,
    pub(super) maintenance: f64,
    pub(super) liquidation_fee: f64,
    pub(super) borrow_rate: f64,
}

/// Orders that were not carried out as sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Cut to what the account could bear.
    pub cut: usize,
    /// Below the lot or the least notional, or a short of a spot account: not sent. Or taken back in a halt of a limit.
    pub refused: usize,
    /// Filled over more than one bar, for want of volume.
    pub carried: usize,
    /// Resting orders whose time was over.
    pub expired: usize,
    /// Positions that were liquidated.
    pub liquidated: usize,
}

impl AccountState {
    /// An account holding `cash` and nothing else, whose positions may be worth `leverage` times its equity.
    #[inline]
    pub fn new(cash: f64, leverage: f64) -> Self {
        Self::of(&Account { equity: cash, leverage, ..Account::default() })
    }

    /// The account as a scenario describes it.
    pub fn of(account: &Account) -> Self {
        Self {
            cash: account.equity,
            peak: account.equity,
            paid: CostsPaid::default(),
            traded_notional: 0.0,
            counts: Counts::default(),
            kind: account.kind,
            margin: account.margin,
            allocation: account.allocation,
            leverage: account.leverage,
            maintenance: account.maintenance_margin,
            liquidation_fee: account.liquidation_fee_bps / 10_000.0,
            borrow_rate: account.borrow_rate,
        }
    }

    /// The same account with other cash, before its first order.
    pub(super) fn with_cash(self, cash: f64) -> Self {
        Self {
            cash,
            peak: cash,
            paid: CostsPaid::default(),
            traded_notional: 0.0,
            counts: Counts::default(),
            ..self
        }
    }

    /// The same with means for anything: nothing is cut, and nothing liquidated.
    pub(super) fn unbounded(self) -> Self {
        Self { leverage: f64::INFINITY, allocation: Allocation::InOrder, ..self }
    }

    /// Money leaves, or with a negative amount comes.
    #[inline]
    pub(super) fn pay(&mut self, amount: f64) {
        self.cash -= amount;
    }

    /// Books what a fill cost and how much was traded, account currency. The money itself is moved by [`Self::pay`].
    #[inline]
    pub(super) fn book(&mut self, costs: &CostsPaid, notional: f64) {
        self.paid.add(costs);
        self.traded_notional += notional;
    }

    /// Raises the peak to `equity`.
    #[inline]
    pub(super) fn mark(&mut self, equity: f64) {
        self.peak = self.peak.max(equity);
    }

    /// Loss from the highest marked equity, a positive fraction of it.
    #[inline]
    pub fn drawdown(&self, equity: f64) -> f64 {
        if self.peak > 0.0 { 1.0 - equity / self.peak } else { 0.0 }
    }

    /// Cash.
    #[inline]
    pub fn cash(&self) -> f64 {
        self.cash
    }

    /// Costs paid by kind.
    #[inline]
    pub fn paid(&self) -> CostsPaid {
        self.paid
    }

    /// Notional of all fills, both sides, account currency.
    #[inline]
    pub fn traded_notional(&self) -> f64 {
        self.traded_notional
    }

    /// Orders that were not carried out as sent.
    #[inline]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}
