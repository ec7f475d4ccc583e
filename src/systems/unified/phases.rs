//! The documents' criteria of the phases of a deployment, on what has happened so far.

use super::Regime;
use crate::replay::{AlertRules, StageEnd, Standing};
use crate::risk::AlertBounds;

const DAY_MS: i64 = 86_400_000;

/// Trades without which a phase cannot be judged.
const LEAST_TRADES: usize = 30;

/// The critical alerts AC.1 and AC.4 of the framework's criteria.
pub const ALERTS: AlertRules = AlertRules {
    bounds: AlertBounds { quality: 0.40, win_rate: 0.45, ..AlertBounds::NONE },
    names: ["AC.1", "AC.4"],
};

/// One closed trade as the criteria see it.
#[derive(Debug, Clone, Copy)]
struct Closed {
    time_ms: i64,
    won: bool,
    regime: usize,
    patterned: bool,
}

/// Signals and trades since the start of a run.
#[derive(Debug, Default)]
pub struct Phases {
    trades: Vec<Closed>,
    signals: usize,
    patterned: usize,
    confirmed: usize,
}

impl Phases {
    /// A signal that is not HOLD.
    pub fn signal(&mut self, patterned: bool, confirmed: bool) {
        self.signals += 1;
        self.patterned += usize::from(patterned);
        self.confirmed += usize::from(confirmed);
    }

    /// A closed trade, shadow trades included: they are what a monitored stage has.
    pub fn trade(&mut self, time_ms: i64, won: bool, regime: usize, patterned: bool) {
        self.trades.push(Closed { time_ms, won, regime, patterned });
    }

    /// How the criteria of the phase that ends with a stage stand on everything since that phase's start: phase 1 (first
    /// day) for stage 0, phase 2 (from day 2) for stages 1 and 2.
    pub fn standing(&self, end: &StageEnd<'_>) -> Standing {
        if end.stage == 0 {
            return match self.signals {
                0 => Standing::Insufficient,
                n if rate(self.patterned, n) >= 0.30 => Standing::Pass,
                _ => Standing::Fail,
            };
        }
        if end.stage == 2 && end.drawdown > 0.15 {
            return Standing::Fail;
        }
        let since = end.start_ms + DAY_MS;
        let trades: Vec<&Closed> = self.trades.iter().filter(|t| t.time_ms > since).collect();
        if trades.len() < LEAST_TRADES {
            return Standing::Insufficient;
        }
        let win_rate = rate(trades.iter().filter(|t| t.won).count(), trades.len());
        let confirmed = rate(self.confirmed, self.signals);
        let patterns_hold = (0..Regime::COUNT).all(|r| {
            let of: Vec<_> = trades.iter().filter(|t| t.regime == r && t.patterned).collect();
            of.len() < 20 || rate(of.iter().filter(|t| t.won).count(), of.len()) >= 0.60
        });
        let good = win_rate >= 0.58 && confirmed >= 0.60 && patterns_hold && daily_sharpe(end.days) >= 1.2;
        if good { Standing::Pass } else { Standing::Fail }
    }
}

fn rate(of: usize, all: usize) -> f64 {
    of as f64 / all.max(1) as f64
}

fn daily_sharpe(days: &[f64]) -> f64 {
    let r: Vec<f64> = days.windows(2).map(|w| w[1] / w[0] - 1.0).collect();
    let n = r.len() as f64;
    let mean = r.iter().sum::<f64>() / n;
    let variance = r.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    if variance > 0.0 { mean / variance.sqrt() * 365.0_f64.sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_phases_are_judged_on_their_criteria() {
        let mut phases = Phases::default();
        let mut days = vec![1000.0];
        fn end(stage: u8, drawdown: f64, days: &[f64]) -> StageEnd<'_> {
            StageEnd { stage, drawdown, start_ms: 0, days }
        }
        assert_eq!(phases.standing(&end(0, 0.0, &days)), Standing::Insufficient);
        phases.signal(true, true);
        assert_eq!(phases.standing(&end(0, 0.0, &days)), Standing::Pass);
        for d in 1..40i64 {
            assert_eq!(phases.standing(&end(1, 0.0, &days)) == Standing::Insufficient, d <= 30);
            phases.trade(d * DAY_MS + HOUR, d % 5 != 0, 0, true);
            days.push(days[days.len() - 1] * if d % 5 == 0 { 0.999 } else { 1.002 });
        }
        assert_eq!(phases.standing(&end(1, 0.0, &days)), Standing::Pass);
        assert_eq!(phases.standing(&end(2, 0.16, &days)), Standing::Fail);
        assert_eq!(phases.standing(&end(1, 0.16, &days)), Standing::Pass);
    }
}
