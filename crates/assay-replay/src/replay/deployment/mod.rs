//! The rules of deployment above whatever trades an account: exposure in stages, an emergency stop, what runs after it,
//! and rolling alerts. They see what has happened up to a close and act at the next open, as the limits do.
//!
//! A stage changes what is opened from then on, never what is open: an entry, an order or a larger size is scaled by the
//! factor of the stage it was decided in; in the first stage it is only pretended, at full size. The trader is shown the
//! sizes that it asked for.

mod alerts;
mod stages;

use super::risk_manager::RiskAction;
use super::{ExitReason, Trade};
use crate::market::format_time;
use crate::risk::{AlertBounds, Event, Risk};
use alerts::Alerts;
use stages::Stages;
pub use stages::{STAGE_FULL, Staged, Standing};

const DAY_MS: i64 = 86_400_000;
const FLAT: &str = Risk::FLAT;

/// What the rules of deployment ask of a trader, and tell it. Each answer may be left as it is.
pub trait Deployable {
    /// Quality, 0 to 1, of the signal at the close just decided; none where there was none.
    fn signal_quality(&self) -> Option<f64> {
        None
    }

    /// How its own evidence stands at the end of a stage; a trader with criteria of none has none to miss.
    fn standing(&self, _end: &StageEnd<'_>) -> Standing {
        Standing::Pass
    }

    /// Who decides from this close on. What it orders while nobody does is dropped, whether it listens or not.
    fn act(&mut self, _acting: Acting) {}

    /// A halt of a limit is over: entries are possible again from this close on.
    fn resume(&mut self) {}
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// The system as it is.
    Main,
    /// What it falls back to.
    Fallback,
    /// Nobody.
    Nothing,
}

/// The end of a stage.
#[derive(Debug, Clone, Copy)]
pub struct StageEnd<'a> {
    /// The stage that ends.
    pub stage: u8,
    /// Loss from the highest equity so far, positive fraction.
    pub drawdown: f64,
    /// Start of the run, milliseconds UTC.
    pub start_ms: i64,
    /// Equity at the start, then at the last close of each day so far.
    pub days: &'a [f64],
}

/// Bounds of the rolling alerts, and what they are called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlertRules {
    /// The bounds.
    pub bounds: AlertBounds,
    /// Names of the alerts of quality and of win rate.
    pub names: [&'static str; 2],
}

impl AlertRules {
    /// Nothing is watched.
    pub const NONE: Self = Self { bounds: AlertBounds::NONE, names: ["quality", "win_rate"] };
}

/// The account at a close, as the rules see it.
pub(super) struct Close {
    pub step: usize,
    pub time_ms: i64,
    pub equity: f64,
    pub drawdown: f64,
    /// Positions that are open.
    pub held: usize,
}

/// The rules at work.
#[derive(Debug)]
pub struct Deployment {
    risk: Risk,
    start_ms: i64,
    stages: Stages,
    alerts: Alerts,
    /// Equity at the start, then at the last close of each day.
    days: Vec<f64>,
    last_day: i64,
    acting: Acting,
    /// When what runs after a stop takes over, and the step of the stop.
    rollback: Option<(i64, usize)>,
    redeploy_at_ms: Option<i64>,
    armed: bool,
    /// Scripted time of an emergency stop that has not come yet.
    stop_at_ms: Option<i64>,
    /// Highest equity since the system was deployed (again).
    deployed_peak: f64,
    alerted: bool,
    /// What the rules did.
    pub events: Vec<Event>,
    /// Step of the first emergency stop.
    pub emergency_stop_step: Option<usize>,
    /// Entries and larger sizes that were dropped while nobody decided.
    pub blocked: usize,
}

impl Deployment {
    /// The rules of `risk` above an account of `equity` whose first decision is made after `start_ms`.
    pub fn new(risk: &Risk, alerts: AlertRules, start_ms: i64, equity: f64) -> Self {
        let alerts = AlertRules { bounds: risk.alerts.unwrap_or(alerts.bounds), ..alerts };
        Self {
            start_ms,
            stages: Stages::new(risk, start_ms),
            alerts: Alerts::new(alerts),
            days: vec![equity],
            last_day: start_ms.div_euclid(DAY_MS),
            acting: Acting::Main,
            rollback: None,
            redeploy_at_ms: None,
            armed: risk.emergency_stop,
            stop_at_ms: risk.estop_at_ms(),
            deployed_peak: equity,
            alerted: false,
            events: vec![],
            emergency_stop_step: None,
            blocked: 0,
            risk: risk.clone(),
        }
    }

    /// The stage that orders of this close are decided in.
    pub(super) fn staged(&self) -> Staged {
        let factor = if self.acting == Acting::Main { self.stages.factor() } else { 1.0 };
        Staged { stage: self.stages.stage(), factor }
    }

    /// Whether nobody decides.
    pub(super) fn is_blocked(&self) -> bool {
        self.acting == Acting::Nothing
    }

    pub(super) fn acting(&self) -> Acting {
        self.acting
    }

    /// Learns of a closed trade, shadow trades included.
    pub(super) fn closed(&mut self, trade: &Trade, time_ms: i64) {
        self.alerts.trade(time_ms, trade.pnl > 0.0);
    }

    /// Learns of a signal at a close.
    pub(super) fn signal(&mut self, time_ms: i64, quality: f64) {
        self.alerts.signal(time_ms, quality);
    }

    /// Keeps the last equity of each day. A close at midnight is the end of the day before.
    fn end_of_day(&mut self, time_ms: i64, equity: f64) {
        let day = (time_ms - 1).div_euclid(DAY_MS);
        let same = day == self.last_day && self.days.len() > 1;
        match self.days.last_mut() {
            Some(last) if same => *last = equity,
            _ => self.days.push(equity),
        }
        self.last_day = day;
    }

    /// Looks at the account at a close; says whether everything is closed at the next open. `standing` says how the
    /// traders' own evidence stands.
    pub(super) fn at_close(
        &mut self,
        now: &Close,
        mut standing: impl FnMut(&StageEnd<'_>) -> Standing,
    ) -> Option<RiskAction> {
        self.deployed_peak = self.deployed_peak.max(now.equity);
        self.alerts.close(now.time_ms);
        self.end_of_day(now.time_ms, now.equity);
        let alert = self.alerts.active();
        let fresh = alert.filter(|_| !self.alerted);
        self.alerted = alert.is_some();
        self.after_a_stop(now);
        if self.acting == Acting::Main {
            self.stage(now, alert, fresh, &mut standing);
        }
        // A scripted time that comes while the system is stopped has nothing to stop.
        let scripted = self.stop_at_ms.take_if(|at| now.time_ms >= *at).is_some();
        if !self.armed {
            return None;
        }
        let why = self.reason_to_stop(now, scripted, fresh)?;
        self.stop(now, &why);
        Some(RiskAction::Close(ExitReason::EMERGENCY_STOP))
    }

    /// One stage down after an alert, one up where the evidence allows it.
    fn stage(
        &mut self,
        now: &Close,
        alert: Option<&'static str>,
        fresh: Option<&'static str>,
        standing: &mut impl FnMut(&StageEnd<'_>) -> Standing,
    ) {
        if let Some(name) = fresh
            && self.stages.alert(now.time_ms)
        {
            let stage = self.stages.stage();
            self.event(now, "stage", format!("alert {name} lowers the stage to {stage}"));
        }
        // Stages of no length are passed at once.
        loop {
            let (drawdown, start_ms, days) = (now.drawdown, self.start_ms, &self.days[..]);
            let standing = |stage| standing(&StageEnd { stage, drawdown, start_ms, days });
            if !self.stages.advance(now.time_ms, alert.is_some(), standing) {
                break;
            }
            let (stage, factor) = (self.stages.stage(), self.stages.factor());
            self.event(now, "stage", format!("stage {stage}: {} % of size", 100.0 * factor));
        }
    }

    /// What runs after a stop takes over, and the system is deployed again.
    fn after_a_stop(&mut self, now: &Close) {
        if self.rollback.is_some_and(|(at, stop)| now.time_ms >= at && now.step > stop) {
            self.rollback = None;
            let to = self.risk.rollback_to();
            self.acting = if to == FLAT { Acting::Nothing } else { Acting::Fallback };
            self.event(now, "rollback", format!("{to} runs from bar {} on", now.step));
        }
        if self.redeploy_at_ms.is_some_and(|at| now.time_ms >= at) {
            self.redeploy_at_ms = None;
            // A rollback still to come would take over from the system that has just started.
            self.rollback = None;
            self.acting = Acting::Main;
            self.stages.restart(now.time_ms);
            self.armed = true;
            self.deployed_peak = now.equity;
            self.event(now, "redeploy", "the system starts again from stage 0".to_owned());
        }
    }

    fn reason_to_stop(&self, now: &Close, scripted: bool, fresh: Option<&'static str>) -> Option<String> {
        let drawdown = 1.0 - now.equity / self.deployed_peak;
        if scripted {
            Some("scripted time".to_owned())
        } else if drawdown > self.risk.estop_drawdown {
            Some(format!("drawdown of {:.1} %", 100.0 * drawdown))
        } else {
            fresh.filter(|_| self.risk.estop_on_critical).map(|name| format!("critical alert {name}"))
        }
    }

    fn stop(&mut self, now: &Close, why: &str) {
        self.armed = false;
        self.acting = Acting::Nothing;
        self.rollback = Some((now.time_ms + (1000.0 * self.risk.rollback_seconds) as i64, now.step));
        if self.risk.redeploy_after_hours > 0.0 {
            let wait = (3_600_000.0 * self.risk.redeploy_after_hours) as i64;
            self.redeploy_at_ms = Some(now.time_ms + wait);
        }
        let text = format!("{why} at {}: {} positions to close", format_time(now.time_ms), now.held);
        self.event(now, "emergency_stop", text);
        self.emergency_stop_step.get_or_insert(now.step);
    }

    fn event(&mut self, now: &Close, kind: &str, detail: String) {
        self.events.push(Event { bar: now.step, time_ms: now.time_ms, kind: kind.to_owned(), detail });
    }

    /// Slippage of the exits of a stop beyond the ordinary, basis points.
    pub(super) fn exit_slippage_bps(&self) -> f64 {
        self.risk.estop_slippage_bps
    }
}
