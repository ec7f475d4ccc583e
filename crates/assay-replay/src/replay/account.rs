//! The `[account]` section of a scenario: what money there is, and what it may bear.

use crate::error::Violation;
use serde::{Deserialize, Serialize};

use super::AccountState;
use crate::choices;

choices! {
    /// What positions are.
    pub enum AccountKind {
        /// Bought with money that is there; nothing can be sold short.
        Spot = "spot",
        /// Bought with the account as security, as at a broker: a gap can leave a debt.
        Margin = "margin",
        /// Contracts with a margin, as at an exchange of perpetuals: a position loses its margin at most.
        Perpetual = "perpetual",
    }

    /// What secures a position.
    pub enum MarginMode {
        /// The whole account.
        Cross = "cross",
        /// Its own margin, set aside when it was opened.
        Isolated = "isolated",
    }

    /// Who gets what where the orders of one open want more than the account can bear.
    pub enum Allocation {
        /// Every order is cut by the same share.
        ProRata = "pro_rata",
        /// The first symbol gets all it wants, then the next.
        InOrder = "in_order",
    }
}

/// The money, and the rules for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Equity at the start, in `currency`.
    pub equity: f64,
    /// Currency of every amount.
    pub currency: String,
    /// What positions are.
    pub kind: AccountKind,
    /// Maximum gross exposure when a position is opened or enlarged, as a multiple of equity; an order beyond it is cut.
    pub leverage: f64,
    /// What secures a position.
    pub margin: MarginMode,
    /// Maintenance-margin ratio: the share of a position's notional below which its margin is liquidated.
    pub maintenance_margin: f64,
    /// Fee of a liquidation, basis points of what is closed.
    pub liquidation_fee_bps: f64,
    /// Interest a year on borrowed money and on the notional of shorts, a fraction.
    pub borrow_rate: f64,
    /// Hour of the day, UTC, at which overnight financing (`swap_long_bps`, `swap_short_bps` of the instrument) is due, three days' of it
    /// on Wednesdays.
    pub rollover_hour: f64,
    /// Who gets what where orders want too much.
    pub allocation: Allocation,
}

impl Default for Account {
    #[inline]
    fn default() -> Self {
        Self {
            equity: 10_000.0,
            currency: "USDT".to_owned(),
            kind: AccountKind::Margin,
            leverage: 1.0,
            margin: MarginMode::Cross,
            maintenance_margin: 0.0,
            liquidation_fee_bps: 50.0,
            borrow_rate: 0.0,
            rollover_hour: 22.0,
            allocation: Allocation::ProRata,
        }
    }
}

impl Account {
    /// The account before its first order.
    #[inline]
    pub fn ledger(&self) -> AccountState {
        AccountState::of(self)
    }

    /// Values outside their ranges, and rules between values that are broken.
    pub fn violations(&self) -> Vec<Violation> {
        let mut out = vec![];
        if !(self.equity.is_finite() && self.equity > 0.0) {
            out.push(Violation::new(
                "account.equity",
                format!("must be a positive number, was {}", self.equity),
            ));
        }
        let outside = Violation::outside(&[
            ("leverage", self.leverage, 0.01, 1000.0),
            ("maintenance_margin", self.maintenance_margin, 0.0, 0.99),
            ("liquidation_fee_bps", self.liquidation_fee_bps, 0.0, 1000.0),
            ("borrow_rate", self.borrow_rate, 0.0, 10.0),
            ("rollover_hour", self.rollover_hour, 0.0, 24.0),
        ]);
        out.extend(outside.into_iter().map(|v| v.under("account")));
        if self.kind == AccountKind::Spot && self.leverage > 1.0 {
            out.push(Violation::new(
                "account.leverage",
                format!("must be at most 1 for a spot account, was {}", self.leverage),
            ));
        }
        if self.kind == AccountKind::Spot && self.margin == MarginMode::Isolated {
            out.push(Violation::new(
                "account.margin",
                "must be \"cross\" for a spot account: it has no margin",
            ));
        }
        // A position that opens below its maintenance margin would be liquidated at once.
        if self.maintenance_margin * self.leverage >= 1.0 {
            out.push(Violation::new(
                "account.maintenance_margin",
                format!(
                    "must be below 1 / leverage = {}, was {}",
                    1.0 / self.leverage,
                    self.maintenance_margin
                ),
            ));
        }
        out
    }
}
