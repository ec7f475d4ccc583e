//! The `[risk]` section of a scenario.

use crate::error::Violation;
use serde::{Deserialize, Serialize};

use super::Limits;
use crate::choices;
use crate::market::parse_time;

choices! {
    /// How exposure grows from the start of a run.
    pub enum Staging {
        /// Full exposure throughout.
        Full = "full",
        /// Monitor, 25 %, 50 %, 100 % by the clock.
        Time = "time",
        /// The same, each step gated on the criteria of its phase.
        Gated = "gated",
    }
}

/// Bounds of the critical alerts that a replay can raise, rolling over the signals and trades of the account; 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertBounds {
    /// Mean quality of the signals below this is an alert; for systems that state it.
    pub quality: f64,
    /// Signals that takes.
    pub quality_signals: usize,
    /// Hours the signals go back.
    pub quality_hours: f64,
    /// Share of closed trades with a profit below this is an alert.
    pub win_rate: f64,
    /// Trades that takes.
    pub win_rate_trades: usize,
    /// Days the trades go back.
    pub win_rate_days: f64,
}

impl AlertBounds {
    /// Nothing is watched.
    pub const NONE: Self = Self {
        quality: 0.0,
        quality_signals: 20,
        quality_hours: 24.0,
        win_rate: 0.0,
        win_rate_trades: 30,
        win_rate_days: 30.0,
    };

    /// Whether anything is watched.
    pub fn any(&self) -> bool {
        self.quality > 0.0 || self.win_rate > 0.0
    }

    fn violations(&self) -> Vec<Violation> {
        let count = |n: usize| n as f64;
        ranges(&[
            ("alerts.quality", self.quality, 0.0, 1.0),
            ("alerts.quality_signals", count(self.quality_signals), 1.0, 1e6),
            ("alerts.quality_hours", self.quality_hours, 0.001, 1e5),
            ("alerts.win_rate", self.win_rate, 0.0, 1.0),
            ("alerts.win_rate_trades", count(self.win_rate_trades), 1.0, 1e6),
            ("alerts.win_rate_days", self.win_rate_days, 0.001, 1e4),
        ])
    }
}

impl Default for AlertBounds {
    fn default() -> Self {
        Self::NONE
    }
}

/// Values of the section that lie outside their ranges.
fn ranges(values: &[(&str, f64, f64, f64)]) -> Vec<Violation> {
    Violation::outside(values).into_iter().map(|v| v.under("risk")).collect()
}

/// Rules above a system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Risk {
    /// How exposure grows.
    pub staging: Staging,
    /// Hours of the monitor stage: signals and shadow trades only.
    pub monitor_hours: f64,
    /// Hours at the small factor.
    pub small_hours: f64,
    /// Hours at the half factor.
    pub half_hours: f64,
    /// Share of size in the small stage.
    pub small_factor: f64,
    /// Share of size in the half stage.
    pub half_factor: f64,
    /// Whether an emergency stop can happen.
    pub emergency_stop: bool,
    /// Drawdown that triggers it, positive fraction.
    pub estop_drawdown: f64,
    /// Whether a critical alert (quality, errors, win rate) triggers it.
    pub estop_on_critical: bool,
    /// A time that triggers it, for drills; empty for none.
    pub estop_at: String,
    /// Slippage of its exits beyond the ordinary, basis points.
    pub estop_slippage_bps: f64,
    /// What runs after it: a variant that the system falls back to, or `flat` for nothing.
    pub rollback_to: String,
    /// Seconds until that runs.
    pub rollback_seconds: f64,
    /// Hours after which the system is deployed again from the first stage; 0 for never.
    pub redeploy_after_hours: f64,
    /// Bounds of the rolling alerts; the system's own where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<AlertBounds>,
    /// Bounds above any system.
    pub limits: Limits,
}

impl Default for Risk {
    fn default() -> Self {
        Self {
            staging: Staging::Full,
            monitor_hours: 24.0,
            small_hours: 72.0,
            half_hours: 168.0,
            small_factor: 0.25,
            half_factor: 0.50,
            emergency_stop: false,
            estop_drawdown: 0.20,
            estop_on_critical: true,
            estop_at: String::new(),
            estop_slippage_bps: 0.0,
            rollback_to: String::new(),
            rollback_seconds: 1200.0,
            redeploy_after_hours: 0.0,
            alerts: None,
            limits: Limits::default(),
        }
    }
}

impl Risk {
    /// Nothing runs after an emergency stop.
    pub const FLAT: &str = "flat";

    /// What runs after an emergency stop.
    pub fn rollback_to(&self) -> &str {
        if self.rollback_to.is_empty() { Self::FLAT } else { &self.rollback_to }
    }

    /// Whether any rule of deployment watches the run, so that every bar must be seen.
    pub fn watches(&self) -> bool {
        self.staging != Staging::Full || self.emergency_stop
    }

    /// Whether anything above the system may change what it trades.
    pub fn acts(&self) -> bool {
        self.watches() || self.limits.any()
    }

    /// The scripted time of an emergency stop, milliseconds.
    pub fn estop_at_ms(&self) -> Option<i64> {
        parse_time(&self.estop_at)
    }

    /// Values outside their ranges, and rules between values that are broken.
    pub fn violations(&self) -> Vec<Violation> {
        let mut out = ranges(&[
            ("monitor_hours", self.monitor_hours, 0.0, 1e6),
            ("small_hours", self.small_hours, 0.0, 1e6),
            ("half_hours", self.half_hours, 0.0, 1e6),
            ("small_factor", self.small_factor, 0.0, 1.0),
            ("half_factor", self.half_factor, 0.0, 1.0),
            ("estop_drawdown", self.estop_drawdown, 0.001, 1.0),
            ("estop_slippage_bps", self.estop_slippage_bps, 0.0, 5000.0),
            ("rollback_seconds", self.rollback_seconds, 0.0, 1e9),
            ("redeploy_after_hours", self.redeploy_after_hours, 0.0, 1e6),
        ]);
        if !self.estop_at.is_empty() && self.estop_at_ms().is_none() {
            out.push(Violation::new(
                "risk.estop_at",
                format!("must be a UTC time such as \"2022-05-12 06:00\" or empty, was {:?}", self.estop_at),
            ));
        }
        out.extend(self.alerts.iter().flat_map(AlertBounds::violations));
        out.extend(self.limits.violations());
        out
    }
}
