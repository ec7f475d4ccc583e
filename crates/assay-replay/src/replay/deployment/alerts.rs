//! Rolling alerts over the signals and trades of an account.

use std::collections::VecDeque;

use super::AlertRules;

const HOUR_MS: f64 = 3_600_000.0;

/// What has happened so far, kept as far back as a rule looks.
#[derive(Debug)]
pub(super) struct Alerts {
    rules: AlertRules,
    /// Signals within the window: when, and their quality.
    signals: VecDeque<(i64, f64)>,
    quality: f64,
    /// Closed trades within the window: when, and whether with a profit.
    trades: VecDeque<(i64, bool)>,
    wins: usize,
}

impl Alerts {
    pub fn new(rules: AlertRules) -> Self {
        Self { rules, signals: VecDeque::new(), quality: 0.0, trades: VecDeque::new(), wins: 0 }
    }

    /// A signal at a close.
    pub fn signal(&mut self, time_ms: i64, quality: f64) {
        self.signals.push_back((time_ms, quality));
        self.quality += quality;
    }

    /// A closed trade, shadow trades included: they are what a monitored stage has.
    pub fn trade(&mut self, time_ms: i64, won: bool) {
        self.trades.push_back((time_ms, won));
        self.wins += usize::from(won);
    }

    /// A close: forgets what is out of every window.
    pub fn close(&mut self, time_ms: i64) {
        let since = |hours: f64| time_ms - (hours * HOUR_MS) as i64;
        let (day, month) =
            (since(self.rules.bounds.quality_hours), since(24.0 * self.rules.bounds.win_rate_days));
        while let Some((_, quality)) = self.signals.front().filter(|(at, _)| *at <= day) {
            self.quality -= quality;
            self.signals.pop_front();
        }
        while let Some((_, won)) = self.trades.front().filter(|(at, _)| *at <= month) {
            self.wins -= usize::from(*won);
            self.trades.pop_front();
        }
    }

    /// The critical alert that is active, by its name.
    pub fn active(&self) -> Option<&'static str> {
        let b = &self.rules.bounds;
        let n = self.signals.len();
        if b.quality > 0.0 && n >= b.quality_signals && self.quality / (n as f64) < b.quality {
            return Some(self.rules.names[0]);
        }
        let n = self.trades.len();
        if b.win_rate > 0.0 && n >= b.win_rate_trades && (self.wins as f64) < b.win_rate * n as f64 {
            return Some(self.rules.names[1]);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::AlertBounds;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    fn alerts(bounds: AlertBounds) -> Alerts {
        Alerts::new(AlertRules { bounds, names: ["quality", "win_rate"] })
    }

    #[test]
    fn poor_quality_of_a_day_is_an_alert_until_it_is_out_of_the_window() {
        let mut a = alerts(AlertBounds { quality: 0.4, ..AlertBounds::default() });
        for h in 1..=19 {
            a.signal(h * HOUR, 0.3);
        }
        assert_eq!(a.active(), None);
        a.signal(20 * HOUR, 0.3);
        assert_eq!(a.active(), Some("quality"));
        a.close(25 * HOUR);
        assert_eq!(a.active(), None);
    }

    #[test]
    fn a_losing_month_is_an_alert() {
        let mut a = alerts(AlertBounds { win_rate: 0.45, ..AlertBounds::default() });
        for k in 0..30 {
            a.trade(k * HOUR, k % 5 == 0);
        }
        assert_eq!(a.active(), Some("win_rate"));
        a.close(30 * DAY - 1);
        assert_eq!(a.active(), Some("win_rate"), "the first trade is 30 days old at the next moment");
        a.close(30 * DAY);
        assert_eq!(a.active(), None);
    }

    #[test]
    fn a_bound_of_zero_is_none() {
        let mut a = alerts(AlertBounds::default());
        for k in 0..100 {
            a.trade(k, false);
            a.signal(k, 0.0);
        }
        assert_eq!(a.active(), None);
    }
}
