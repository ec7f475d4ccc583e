//! What was traded lately, for fees that depend on it.

use crate::execution::Execution;

/// What was traded on each of the last 30 days, for the tiers of fees.
pub(super) struct TradedMonth {
    days: [f64; 30],
    day: i64,
    before: f64,
    tiered: bool,
}

impl TradedMonth {
    pub fn new(execution: &Execution) -> Self {
        Self { days: [0.0; 30], day: i64::MIN, before: 0.0, tiered: !execution.tier.is_empty() }
    }

    /// Whether fees depend on it at all.
    #[inline]
    pub fn is_tiered(&self) -> bool {
        self.tiered
    }

    /// Takes note of the present day; `traded` is the account's total. Returns what was traded in 30 days.
    pub fn traded(&mut self, time_ms: i64, traded: f64) -> f64 {
        let day = time_ms.div_euclid(86_400_000);
        let slot = |d: i64| d.rem_euclid(30) as usize;
        if self.day == i64::MIN {
            self.day = day;
        }
        self.days[slot(self.day)] += traded - self.before;
        self.before = traded;
        let passed = (day - self.day).clamp(0, 30);
        for k in 1..=passed {
            self.days[slot(self.day + k)] = 0.0;
        }
        self.day = self.day.max(day);
        self.days.iter().sum()
    }
}
