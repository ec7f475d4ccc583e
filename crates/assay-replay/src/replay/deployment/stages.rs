//! Staged exposure: monitor, 25 %, 50 %, 100 %.

use super::super::Position;
use crate::risk::{Risk, Staging};

/// The last stage: full exposure.
pub const STAGE_FULL: u8 = 3;

/// How the evidence stands at the end of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Every criterion of the phase is met.
    Pass,
    /// One is missed.
    Fail,
    /// There is too little to say.
    Insufficient,
}

impl Standing {
    /// That of two parts of one account: a miss of one is a miss of both.
    #[must_use]
    pub(in crate::replay) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Insufficient, _) | (_, Self::Insufficient) => Self::Insufficient,
            (Self::Pass, Self::Pass) => Self::Pass,
        }
    }
}

/// The stage an order was decided in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Staged {
    /// The stage, 0 to 3.
    pub stage: u8,
    /// Share of the size that the trader asked for; 0 where it is only pretended, at full size.
    pub factor: f64,
}

impl Staged {
    /// Without stages.
    pub const FULL: Self = Self { stage: STAGE_FULL, factor: 1.0 };

    /// Whether the order is only pretended.
    #[inline]
    pub fn is_shadow(self) -> bool {
        self.factor == 0.0
    }

    /// Units of a position of which its trader wants `asked`, more than it has: what the stage leaves of them, and never
    /// less than are held.
    pub(in crate::replay) fn enlarged(self, p: &Position, asked: f64) -> f64 {
        if p.shadow { asked } else { (asked * self.factor).max(p.units) }
    }

    /// What of a size is left.
    #[inline]
    pub fn of(self, size: f64) -> f64 {
        if self.is_shadow() { size } else { size * self.factor }
    }
}

/// Where a run stands between monitoring and full exposure.
#[derive(Debug, Clone)]
pub(super) struct Stages {
    gated: bool,
    stage: u8,
    entered_ms: i64,
    hours: [f64; 3],
    factors: [f64; 4],
}

impl Stages {
    /// The stages of `risk`, entered at `start_ms`.
    pub fn new(risk: &Risk, start_ms: i64) -> Self {
        Self {
            gated: risk.staging == Staging::Gated,
            stage: if risk.staging == Staging::Full { STAGE_FULL } else { 0 },
            entered_ms: start_ms,
            hours: [risk.monitor_hours, risk.small_hours, risk.half_hours],
            factors: [0.0, risk.small_factor, risk.half_factor, 1.0],
        }
    }

    /// The stage, 0 to 3.
    pub fn stage(&self) -> u8 {
        self.stage
    }

    /// Share of size in this stage; 0 while monitoring.
    pub fn factor(&self) -> f64 {
        self.factors[usize::from(self.stage)]
    }

    /// Starts over from monitoring.
    pub fn restart(&mut self, now_ms: i64) {
        self.stage = 0;
        self.entered_ms = now_ms;
    }

    /// A critical trading alert: in gated mode one stage down. Returns whether the stage changed.
    pub fn alert(&mut self, now_ms: i64) -> bool {
        let drops = self.gated && self.stage > 0;
        if drops {
            self.stage -= 1;
            self.entered_ms = now_ms;
        }
        drops
    }

    /// Moves on where the stage's time is over and, in gated mode, no alert is active and the evidence allows it:
    /// a failure blocks, too little evidence blocks until twice the time has passed. `standing` is asked only then.
    pub fn advance(&mut self, now_ms: i64, alert: bool, standing: impl FnOnce(u8) -> Standing) -> bool {
        let Some(hours) = self.hours.get(usize::from(self.stage)) else { return false };
        let spent = (now_ms - self.entered_ms) as f64 / 3_600_000.0;
        if spent < *hours {
            return false;
        }
        let free = !self.gated
            || (!alert
                && match standing(self.stage) {
                    Standing::Pass => true,
                    Standing::Fail => false,
                    Standing::Insufficient => spent >= 2.0 * hours,
                });
        if free {
            self.stage += 1;
            self.entered_ms = now_ms;
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn risk(staging: Staging) -> Risk {
        Risk { staging, ..Risk::default() }
    }

    #[test]
    fn the_clock_alone_advances_timed_stages() {
        let mut s = Stages::new(&risk(Staging::Time), 0);
        let mut changes = vec![];
        for h in 1..400 {
            if s.advance(h * HOUR, true, |_| Standing::Fail) {
                changes.push((h, s.stage(), s.factor()));
            }
        }
        assert_eq!(changes, [(24, 1, 0.25), (96, 2, 0.5), (264, 3, 1.0)]);
    }

    #[test]
    fn gated_stages_wait_for_evidence() {
        let mut s = Stages::new(&risk(Staging::Gated), 0);
        assert!(!s.advance(24 * HOUR, false, |_| Standing::Fail));
        assert!(!s.advance(30 * HOUR, false, |_| Standing::Insufficient));
        assert!(!s.advance(40 * HOUR, true, |_| Standing::Pass));
        assert!(s.advance(48 * HOUR, false, |_| Standing::Insufficient));
        assert!(!s.advance(119 * HOUR, false, |_| Standing::Pass));
        assert!(s.advance(120 * HOUR, false, |_| Standing::Pass));
        assert_eq!(s.stage(), 2);
        assert!(s.alert(121 * HOUR));
        assert_eq!(s.stage(), 1);
        s.restart(122 * HOUR);
        assert_eq!((s.stage(), s.factor()), (0, 0.0));
        assert!(!s.alert(123 * HOUR));
    }

    #[test]
    fn full_exposure_has_no_stages() {
        let mut s = Stages::new(&risk(Staging::Full), 0);
        assert_eq!((s.stage(), s.factor()), (STAGE_FULL, 1.0));
        assert!(!s.advance(i64::MAX / 2, false, |_| Standing::Pass));
    }
}
