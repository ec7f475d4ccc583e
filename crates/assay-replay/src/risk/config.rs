//! The `[risk]` section of a scenario.

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

    /// What runs after an emergency stop.
    pub enum RollbackTo {
        /// The five-source baseline with fixed weights.
        S5Static = "S5_static",
        /// Nothing.
        Flat = "flat",
    }
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
    /// What runs after it.
    pub rollback_to: RollbackTo,
    /// Seconds until that runs.
    pub rollback_seconds: f64,
    /// Hours after which the system is deployed again from the first stage; 0 for never.
    pub redeploy_after_hours: f64,
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
            rollback_to: RollbackTo::S5Static,
            rollback_seconds: 1200.0,
            redeploy_after_hours: 0.0,
            limits: Limits::default(),
        }
    }
}

impl Risk {
    /// Whether any rule watches the run, so that every bar must be seen.
    pub fn watches(&self) -> bool {
        self.staging != Staging::Full || self.emergency_stop
    }

    /// The scripted time of an emergency stop, milliseconds.
    pub fn estop_at_ms(&self) -> Option<i64> {
        parse_time(&self.estop_at)
    }

    /// Violations of the ranges, each in words.
    pub fn violations(&self) -> Vec<String> {
        let mut out: Vec<String> = [
            ("monitor_hours", self.monitor_hours, 0.0, 1e6),
            ("small_hours", self.small_hours, 0.0, 1e6),
            ("half_hours", self.half_hours, 0.0, 1e6),
            ("small_factor", self.small_factor, 0.0, 1.0),
            ("half_factor", self.half_factor, 0.0, 1.0),
            ("estop_drawdown", self.estop_drawdown, 0.001, 1.0),
            ("estop_slippage_bps", self.estop_slippage_bps, 0.0, 5000.0),
            ("rollback_seconds", self.rollback_seconds, 0.0, 1e9),
            ("redeploy_after_hours", self.redeploy_after_hours, 0.0, 1e6),
        ]
        .into_iter()
        .filter(|(_, v, lo, hi)| !(*lo..=*hi).contains(v))
        .map(|(k, v, lo, hi)| format!("risk.{k} must be a number in {lo}..={hi}, was {v}"))
        .collect();
        if !self.estop_at.is_empty() && self.estop_at_ms().is_none() {
            out.push(format!(
                "risk.estop_at must be a UTC time such as \"2022-05-12 06:00\" or empty, was {:?}",
                self.estop_at
            ));
        }
        out.extend(self.limits.violations());
        out
    }
}
