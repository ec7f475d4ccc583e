//! Rolling watch over signals and trades.

use std::collections::VecDeque;

use super::stages::Standing;

const DAY_MS: i64 = 86_400_000;

/// Bounds of the critical alerts that a replay can raise.
#[derive(Debug, Clone, Copy)]
pub struct AlertBounds {
    /// Mean quality of a day's signals below this is an alert.
    pub quality: f64,
    /// Signals a day must have for that.
    pub quality_signals: usize,
    /// Win rate of 30 days' trades below this is an alert.
    pub win_rate: f64,
    /// Trades 30 days must have for that.
    pub win_rate_trades: usize,
}

impl Default for AlertBounds {
    fn default() -> Self {
        Self { quality: 0.40, quality_signals: 20, win_rate: 0.45, win_rate_trades: 30 }
    }
}

/// One closed trade as the monitor remembers it.
#[derive(Debug, Clone, Copy)]
struct Closed {
    time_ms: i64,
    won: bool,
    regime: usize,
    patterned: bool,
}

/// One signal as the monitor remembers it.
#[derive(Debug, Clone, Copy)]
struct Signal {
    time_ms: i64,
    quality: f64,
}

/// What has happened so far, kept as far back as a rule looks.
#[derive(Debug)]
pub struct Monitor {
    bounds: AlertBounds,
    start_ms: i64,
    day: VecDeque<Signal>,
    day_quality: f64,
    month: VecDeque<Closed>,
    month_wins: usize,
    all_trades: Vec<Closed>,
    signals: [usize; 3],
    days: Vec<f64>,
    last_day: i64,
}

impl Monitor {
    /// A monitor of a run that starts at `start_ms` with `equity`.
    pub fn new(bounds: AlertBounds, start_ms: i64, equity: f64) -> Self {
        Self {
            bounds,
            start_ms,
            day: VecDeque::new(),
            day_quality: 0.0,
            month: VecDeque::new(),
            month_wins: 0,
            all_trades: vec![],
            signals: [0; 3],
            days: vec![equity],
            last_day: start_ms.div_euclid(DAY_MS),
        }
    }

    /// A signal that is not HOLD.
    pub fn signal(&mut self, time_ms: i64, quality: f64, patterned: bool, confirmed: bool) {
        self.day.push_back(Signal { time_ms, quality });
        self.day_quality += quality;
        self.signals[0] += 1;
        self.signals[1] += usize::from(patterned);
        self.signals[2] += usize::from(confirmed);
    }

    /// A closed trade, shadow trades included: they are what a monitored stage has.
    pub fn trade(&mut self, time_ms: i64, won: bool, regime: usize, patterned: bool) {
        let closed = Closed { time_ms, won, regime, patterned };
        self.month.push_back(closed);
        self.month_wins += usize::from(won);
        self.all_trades.push(closed);
    }

    /// A close with its equity: forgets what is out of every window and keeps the last equity of each day.
    pub fn close(&mut self, time_ms: i64, equity: f64) {
        while self.day.front().is_some_and(|s| s.time_ms <= time_ms - DAY_MS) {
            if let Some(old) = self.day.pop_front() {
                self.day_quality -= old.quality;
            }
        }
        while self.month.front().is_some_and(|t| t.time_ms <= time_ms - 30 * DAY_MS) {
            if let Some(old) = self.month.pop_front() {
                self.month_wins -= usize::from(old.won);
            }
        }
        let day = (time_ms - 1).div_euclid(DAY_MS);
        let same = day == self.last_day && self.days.len() > 1;
        match self.days.last_mut() {
            Some(last) if same => *last = equity,
            _ => self.days.push(equity),
        }
        self.last_day = day;
    }

    /// The critical alert that is active, by the id of its criterion.
    pub fn alert(&self) -> Option<&'static str> {
        let b = &self.bounds;
        if self.day.len() >= b.quality_signals && self.day_quality / (self.day.len() as f64) < b.quality {
            return Some("AC.1");
        }
        let n = self.month.len();
        if n >= b.win_rate_trades && (self.month_wins as f64) < b.win_rate * n as f64 {
            return Some("AC.4");
        }
        None
    }

    /// How the criteria of the phase that ends `stage` stand on everything since that phase's start: phase 1 (first
    /// day) for stage 0, phase 2 (from day 2) for stages 1 and 2.
    pub fn standing(&self, stage: u8, drawdown: f64) -> Standing {
        let rate = |num: usize, of: usize| num as f64 / of.max(1) as f64;
        if stage == 0 {
            let [n, patterned, _] = self.signals;
            return match n {
                0 => Standing::Insufficient,
                _ if rate(patterned, n) >= 0.30 => Standing::Pass,
                _ => Standing::Fail,
            };
        }
        if stage == 2 && drawdown > 0.15 {
            return Standing::Fail;
        }
        let since = self.start_ms + DAY_MS;
        let trades: Vec<&Closed> = self.all_trades.iter().filter(|t| t.time_ms > since).collect();
        if trades.len() < self.bounds.win_rate_trades {
            return Standing::Insufficient;
        }
        let win_rate = rate(trades.iter().filter(|t| t.won).count(), trades.len());
        let confirmed = rate(self.signals[2], self.signals[0]);
        let patterns_hold = (0..5).all(|r| {
            let of: Vec<_> = trades.iter().filter(|t| t.regime == r && t.patterned).collect();
            of.len() < 20 || rate(of.iter().filter(|t| t.won).count(), of.len()) >= 0.60
        });
        let good = win_rate >= 0.58 && confirmed >= 0.60 && patterns_hold && self.daily_sharpe() >= 1.2;
        if good { Standing::Pass } else { Standing::Fail }
    }

    fn daily_sharpe(&self) -> f64 {
        let r: Vec<f64> = self.days.windows(2).map(|w| w[1] / w[0] - 1.0).collect();
        let n = r.len() as f64;
        let mean = r.iter().sum::<f64>() / n;
        let variance = r.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        if variance > 0.0 { mean / variance.sqrt() * 365.0_f64.sqrt() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn poor_quality_of_a_day_is_an_alert_until_it_is_out_of_the_window() {
        let mut m = Monitor::new(AlertBounds::default(), 0, 1000.0);
        for h in 1..=19 {
            m.signal(h * HOUR, 0.3, true, false);
        }
        assert_eq!(m.alert(), None);
        m.signal(20 * HOUR, 0.3, true, false);
        assert_eq!(m.alert(), Some("AC.1"));
        m.close(25 * HOUR, 1000.0);
        assert_eq!(m.alert(), None);
    }

    #[test]
    fn a_losing_month_is_an_alert() {
        let mut m = Monitor::new(AlertBounds::default(), 0, 1000.0);
        for k in 0..30 {
            m.trade(k * HOUR, k % 5 == 0, 0, false);
        }
        assert_eq!(m.alert(), Some("AC.4"));
        assert_eq!(m.standing(1, 0.0), Standing::Insufficient);
        m.close(30 * DAY_MS + HOUR, 1000.0);
        assert_eq!(m.alert(), None);
    }

    #[test]
    fn the_phases_are_judged_on_their_criteria() {
        let mut m = Monitor::new(AlertBounds::default(), 0, 1000.0);
        assert_eq!(m.standing(0, 0.0), Standing::Insufficient);
        m.signal(HOUR, 0.7, true, true);
        assert_eq!(m.standing(0, 0.0), Standing::Pass);
        let mut equity = 1000.0;
        for d in 1..40 {
            m.trade(d * DAY_MS + HOUR, d % 5 != 0, 0, true);
            equity *= if d % 5 == 0 { 0.999 } else { 1.002 };
            m.close((d + 1) * DAY_MS, equity);
        }
        assert_eq!(m.standing(1, 0.0), Standing::Pass);
        assert_eq!(m.standing(2, 0.16), Standing::Fail);
    }
}
