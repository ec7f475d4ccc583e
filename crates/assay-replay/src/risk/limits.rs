//! The `[risk.limits]` section of a scenario: bounds above any system.

use crate::error::Violation;
use serde::{Deserialize, Serialize};

use crate::choices;
use crate::market::parse_time;

choices! {
    /// What a limit does once it is reached.
    pub enum LimitAction {
        /// Nothing is opened.
        Block = "block",
        /// Nothing is opened, and what is open is closed at the next open.
        Flatten = "flatten",
    }

    /// What the flash-crash monitor does when it fires.
    pub enum FlashAction {
        /// It only says so.
        Note = "none",
        /// Nothing is opened for a while.
        Halt = "halt",
        /// That, and half of every position is closed at the next open.
        Reduce = "reduce50",
        /// That, and every position is closed at the next open.
        Flatten = "flatten",
    }

    /// Whose last trade a cooldown counts from.
    pub enum CooldownScope {
        /// That of the symbol.
        Symbol = "symbol",
        /// That of the account.
        Account = "account",
    }
}

/// Bounds above a system. Zero is no bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Positions at once.
    pub max_positions: usize,
    /// Maximum notional of a position when it is opened or enlarged, as a multiple of equity; an order beyond it is cut.
    pub max_position: f64,
    /// Maximum gross exposure as a multiple of equity; an order beyond it is cut.
    pub max_exposure: f64,
    /// Correlation of returns with a position on the same side (the negative one on the other) from which on nothing is opened.
    pub max_correlation: f64,
    /// Bars that correlation is taken over.
    pub correlation_bars: usize,
    /// Loss from the highest equity, a share.
    pub max_drawdown: f64,
    /// What that does.
    pub drawdown_action: LimitAction,
    /// Hours after which trading begins again, with the equity then as the highest; 0 for never.
    pub restart_after_hours: f64,
    /// Loss since 00:00 UTC, a share of the equity then.
    pub daily_loss: f64,
    /// What that does until the next day.
    pub daily_loss_action: LimitAction,
    /// Minutes after a closed trade in which nothing is opened.
    pub cooldown_minutes: f64,
    /// The same after a losing trade.
    pub loss_cooldown_minutes: f64,
    /// Whose trades these count.
    pub cooldown_scope: CooldownScope,
    /// Losing trades in a row after which nothing is opened until the next day.
    pub max_losses_in_row: usize,
    /// Loss within the window that is a flash crash, a share.
    pub flash_drop: f64,
    /// The window, seconds.
    pub flash_window_s: f64,
    /// Seconds between samples of equity along the path inside bars.
    pub flash_sample_s: f64,
    /// What a flash crash does.
    pub flash_action: FlashAction,
    /// Minutes in which nothing is opened after one.
    pub flash_halt_minutes: f64,
    /// Time at which the kill switch is thrown: everything is closed at the next open and nothing opened again; empty for never.
    pub kill_at: String,
    /// Slippage of exits by these rules beyond the ordinary, basis points.
    pub exit_slippage_bps: f64,
    /// Whether stops are set wider in volatile markets, the size of the position smaller by as much: 1.5 times from an average true range (14) of
    /// 1.5 % of the price on, 2.5 times from 3 % on.
    pub widen_stops: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_positions: 0,
            max_position: 0.0,
            max_exposure: 0.0,
            max_correlation: 0.0,
            correlation_bars: 168,
            max_drawdown: 0.0,
            drawdown_action: LimitAction::Flatten,
            restart_after_hours: 0.0,
            daily_loss: 0.0,
            daily_loss_action: LimitAction::Block,
            cooldown_minutes: 0.0,
            loss_cooldown_minutes: 0.0,
            cooldown_scope: CooldownScope::Symbol,
            max_losses_in_row: 0,
            flash_drop: 0.0,
            flash_window_s: 10.0,
            flash_sample_s: 10.0,
            flash_action: FlashAction::Halt,
            flash_halt_minutes: 15.0,
            kill_at: String::new(),
            exit_slippage_bps: 0.0,
            widen_stops: false,
        }
    }
}

impl Limits {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    /// Time of the kill switch, milliseconds.
    pub fn kill_at_ms(&self) -> Option<i64> {
        parse_time(&self.kill_at)
    }

    /// Factor of a stop's distance at this average true range, a share of the price.
    pub fn widening(&self, atr: f64) -> f64 {
        match atr {
            _ if !self.widen_stops => 1.0,
            a if a >= 0.03 => 2.5,
            a if a >= 0.015 => 1.5,
            _ => 1.0,
        }
    }

    /// Values outside their ranges, and rules between values that are broken.
    pub fn violations(&self) -> Vec<Violation> {
        let mut out: Vec<Violation> = Violation::outside(&[
            ("max_position", self.max_position, 0.0, 1000.0),
            ("max_exposure", self.max_exposure, 0.0, 1000.0),
            ("max_correlation", self.max_correlation, 0.0, 1.0),
            ("max_drawdown", self.max_drawdown, 0.0, 1.0),
            ("restart_after_hours", self.restart_after_hours, 0.0, 1e6),
            ("daily_loss", self.daily_loss, 0.0, 1.0),
            ("cooldown_minutes", self.cooldown_minutes, 0.0, 1e7),
            ("loss_cooldown_minutes", self.loss_cooldown_minutes, 0.0, 1e7),
            ("flash_drop", self.flash_drop, 0.0, 1.0),
            ("flash_window_s", self.flash_window_s, 1.0, 86_400.0),
            ("flash_sample_s", self.flash_sample_s, 0.1, 86_400.0),
            ("flash_halt_minutes", self.flash_halt_minutes, 0.0, 1e7),
            ("exit_slippage_bps", self.exit_slippage_bps, 0.0, 5000.0),
        ])
        .into_iter()
        .map(|v| v.under("risk.limits"))
        .collect();
        if !(3..=100_000).contains(&self.correlation_bars) {
            out.push(Violation::new(
                "risk.limits.correlation_bars",
                format!("must be a number in 3..=100000, was {}", self.correlation_bars),
            ));
        }
        if !self.kill_at.is_empty() && self.kill_at_ms().is_none() {
            out.push(Violation::new(
                "risk.limits.kill_at",
                format!("must be a UTC time such as \"2022-05-12 06:00\" or empty, was {:?}", self.kill_at),
            ));
        }
        out
    }
}
