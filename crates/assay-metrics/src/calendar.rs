//! Equity by UTC day and by calendar month.

use chrono::{DateTime, Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::equity::simple_returns;
use super::nan_as_null;
use crate::market::Calendar;
use crate::stats::mean;

const DAY_MS: i64 = 86_400_000;

/// The last equity of each UTC calendar day, without a gap from the first day to the last.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyEquity {
    /// Whose trading days [`session_curve`](Self::session_curve) has.
    pub calendar: Calendar,
    /// Equity before the first day, money.
    pub start_equity: f64,
    /// Days since 1970-01-01, consecutive.
    pub day: Vec<i64>,
    /// Equity at the end of each day, money; carried forward over a day without a bar.
    pub equity: Vec<f64>,
    /// Whether a bar closed on that day.
    pub has_bar: Vec<bool>,
}

/// Samples bar equity by UTC day of bar close.
///
/// A bar that closes at exactly 00:00 belongs to the day before. `time_close_ms` ascends; `equity[i]` is known at
/// `time_close_ms[i]`. Days run from that of `start_ms` (when `start_equity` held) to the last close; no bar, no day. The first
/// and last day may be cut short by the data.
#[inline]
pub fn daily(time_close_ms: &[i64], equity: &[f64], start_equity: f64, start_ms: i64) -> DailyEquity {
    let mut out = DailyEquity::new(start_equity);
    for (&close, &now) in time_close_ms.iter().zip(equity) {
        out.mark(close, now, start_ms);
    }
    out
}

/// UTC day that a close belongs to.
#[inline]
pub fn day_of_close(close_ms: i64) -> i64 {
    close_ms.saturating_sub(1).div_euclid(DAY_MS)
}

impl DailyEquity {
    /// No day yet.
    #[inline]
    pub fn new(start_equity: f64) -> Self {
        Self {
            calendar: Calendar::Always,
            start_equity,
            day: Vec::new(),
            equity: Vec::new(),
            has_bar: Vec::new(),
        }
    }

    /// The same in a market of `calendar`.
    #[must_use]
    #[inline]
    pub fn by(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// The curve with its start that is annualised with `days_per_year`: every day of a market open every day, the sessions of
    /// another.
    #[inline]
    pub fn counted(&self, days_per_year: f64) -> Vec<f64> {
        if days_per_year >= 360.0 { self.curve() } else { self.session_curve() }
    }

    /// Takes note of the equity at a close, not before the one before. The first day is that of `start_ms`.
    pub fn mark(&mut self, close_ms: i64, equity: f64, start_ms: i64) {
        let day = day_of_close(close_ms);
        let mut next = match self.day.last() {
            Some(last) => last + 1,
            None => start_ms.div_euclid(DAY_MS).min(day),
        };
        let before = self.equity.last().copied().unwrap_or(self.start_equity);
        while next < day {
            self.push(next, before, false);
            next += 1;
        }
        if next == day {
            self.push(day, equity, true);
        } else if let Some(e) = self.equity.last_mut() {
            *e = equity;
        }
    }

    /// Forgets every day.
    #[inline]
    pub fn clear(&mut self) {
        self.day.clear();
        self.equity.clear();
        self.has_bar.clear();
    }

    #[inline]
    fn push(&mut self, day: i64, equity: f64, has_bar: bool) {
        self.day.push(day);
        self.equity.push(equity);
        self.has_bar.push(has_bar);
    }

    /// The curve with its start, for [`EquityStats::of`](super::EquityStats::of).
    #[inline]
    pub fn curve(&self) -> Vec<f64> {
        std::iter::once(self.start_equity).chain(self.equity.iter().copied()).collect()
    }

    /// Simple return of each calendar day, the first against the start. Annualise with 365 days a year: days without a bar
    /// are in it.
    #[inline]
    pub fn returns(&self) -> Vec<f64> {
        simple_returns(&self.curve())
    }

    /// The curve with its start, on trading days with a bar only: for markets with sessions, to annualise with 252 days a year.
    ///
    /// Bars on a day that the calendar does not name, as those of a Sunday evening of currencies, belong to the next; a last
    /// such day stays.
    #[inline]
    pub fn session_curve(&self) -> Vec<f64> {
        std::iter::once(self.start_equity).chain(self.sessions().map(|k| self.equity[k])).collect()
    }

    /// The days of [`counted`](Self::counted), one for each return of that curve: days since 1970-01-01.
    pub fn counted_days(&self, days_per_year: f64) -> Vec<i32> {
        let day = |k: usize| self.day[k] as i32;
        if days_per_year >= 360.0 {
            (0..self.day.len()).map(day).collect()
        } else {
            self.sessions().map(day).collect()
        }
    }

    /// Places of the trading days with a bar.
    fn sessions(&self) -> impl Iterator<Item = usize> + '_ {
        let last = self.has_bar.iter().rposition(|has| *has);
        let counts = move |k: &usize| {
            let named = || self.calendar.session_of(self.day[*k]).is_some() || last == Some(*k);
            self.has_bar[*k] && (self.calendar == Calendar::Always || named())
        };
        (0..self.day.len()).filter(counts)
    }
}

/// The return of one UTC calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MonthReturn {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Product of `1 + r` over its days, less one.
    #[serde(with = "nan_as_null")]
    pub return_frac: f64,
    /// Whether the data cover fewer days than the month has: only the first and last month can be.
    pub partial: bool,
    /// Days covered.
    pub days: u32,
}

/// Returns by calendar month (convention).
pub fn monthly(daily: &DailyEquity) -> Vec<MonthReturn> {
    let mut months: Vec<MonthReturn> = Vec::new();
    for (&day, r) in daily.day.iter().zip(daily.returns()) {
        let Some(date) = day.checked_mul(DAY_MS).and_then(DateTime::from_timestamp_millis) else { break };
        let (year, month) = (date.year(), date.month());
        match months.last_mut() {
            Some(m) if (m.year, m.month) == (year, month) => {
                m.return_frac = (1.0 + m.return_frac) * (1.0 + r) - 1.0;
                m.days += 1;
            }
            _ => months.push(MonthReturn { year, month, return_frac: r, partial: false, days: 1 }),
        }
    }
    for m in &mut months {
        m.partial = days_in_month(m.year, m.month) != Some(m.days);
    }
    months
}

#[inline]
fn days_in_month(year: i32, month: u32) -> Option<u32> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next = first.checked_add_months(chrono::Months::new(1))?;
    u32::try_from((next - first).num_days()).ok()
}

/// Geometric mean of the returns of whole months: `exp(mean(ln(1 + r))) - 1` (convention).
///
/// NaN where no month is whole; -1 where one lost everything. [`compound_monthly`](crate::stats::compound_monthly) of the daily
/// returns uses every day instead, and has an interval.
#[inline]
pub fn monthly_return(months: &[MonthReturn]) -> f64 {
    let whole: Vec<f64> = months.iter().filter(|m| !m.partial).map(|m| m.return_frac).collect();
    if whole.iter().any(|&r| r <= -1.0) {
        return -1.0;
    }
    libm::expm1(mean(&whole.iter().map(|&r| libm::log1p(r)).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    fn ms(text: &str) -> i64 {
        parse_time(text).unwrap()
    }

    #[test]
    fn midnight_closes_the_day_before_and_gaps_carry_forward() {
        let closes = ["2021-01-01 23:00", "2021-01-02 00:00", "2021-01-02 01:00", "2021-01-05 00:00"].map(ms);
        let d = daily(&closes, &[101.0, 102.0, 103.0, 104.0], 100.0, ms("2021-01-01 22:00"));
        assert_eq!(d.day, [18_628, 18_629, 18_630, 18_631]);
        assert_eq!(d.equity, [102.0, 103.0, 103.0, 104.0]);
        assert_eq!(d.has_bar, [true, true, false, true]);
        assert_eq!(d.curve(), [100.0, 102.0, 103.0, 103.0, 104.0]);
        assert_eq!(d.session_curve(), [100.0, 102.0, 103.0, 104.0]);
        assert_eq!(d.counted_days(365.0), [18_628, 18_629, 18_630, 18_631]);
        assert_eq!(d.counted_days(252.0), [18_628, 18_629, 18_631]);
        assert_eq!(d.returns(), [102.0 / 100.0 - 1.0, 103.0 / 102.0 - 1.0, 0.0, 104.0 / 103.0 - 1.0]);
    }

    #[test]
    fn days_before_the_first_bar_keep_the_start() {
        let d = daily(&[ms("2021-01-03 12:00")], &[90.0], 100.0, ms("2021-01-01"));
        assert_eq!(d.equity, [100.0, 100.0, 90.0]);
        let late = daily(&[ms("2021-01-03 12:00")], &[90.0], 100.0, ms("2021-02-01"));
        assert_eq!((late.day, late.equity), (vec![18_630], vec![90.0]), "a start after the first bar");
        assert!(daily(&[], &[], 100.0, 0).day.is_empty());
    }

    #[test]
    fn days_before_1970_have_negative_numbers() {
        assert_eq!(daily(&[ms("1969-12-31 12:00")], &[1.0], 1.0, ms("1969-12-31")).day, [-1]);
    }

    #[test]
    fn months_compound_and_know_when_they_are_cut() {
        // Bars of one day from 2021-01-30 to 2021-03-30, each 1 % up.
        let closes: Vec<i64> = (0..60).map(|i| ms("2021-01-31") + i * DAY_MS).collect();
        let equity: Vec<f64> = (1..=60).map(|i| 100.0 * 1.01f64.powi(i)).collect();
        let d = daily(&closes, &equity, 100.0, ms("2021-01-30"));
        let m = monthly(&d);
        let shape: Vec<_> = m.iter().map(|m| (m.year, m.month, m.days, m.partial)).collect();
        assert_eq!(shape, [(2021, 1, 2, true), (2021, 2, 28, false), (2021, 3, 30, true)]);
        assert!((m[1].return_frac - (1.01f64.powi(28) - 1.0)).abs() < 1e-12);
        assert!((monthly_return(&m) - m[1].return_frac).abs() < 1e-12, "partial months are left out");
        let total: f64 = m.iter().map(|m| 1.0 + m.return_frac).product();
        assert!((total - 1.01f64.powi(60)).abs() < 1e-12);
    }

    #[test]
    fn a_mean_month_is_geometric() {
        let month =
            |return_frac, partial| MonthReturn { year: 2021, month: 1, return_frac, partial, days: 31 };
        assert!((monthly_return(&[month(0.21, false), month(0.0, false)]) - 0.1).abs() < 1e-12);
        assert_eq!(monthly_return(&[month(0.21, false), month(-1.0, false)]), -1.0);
        assert!(monthly_return(&[month(0.21, true)]).is_nan() && monthly_return(&[]).is_nan());
    }

    #[test]
    fn a_sunday_evening_belongs_to_monday() {
        // From Friday 2024-03-08 to Monday, hours of a currency: its Sunday begins at 21:00.
        let closes: Vec<i64> =
            ["2024-03-08 20:00", "2024-03-08 22:00", "2024-03-10 23:00", "2024-03-11 12:00"].map(ms).to_vec();
        let d = daily(&closes, &[101.0, 102.0, 103.0, 104.0], 100.0, ms("2024-03-08 12:00"));
        assert_eq!(d.session_curve(), [100.0, 102.0, 103.0, 104.0]);
        assert_eq!(d.clone().by(Calendar::Fx).counted(260.0), [100.0, 102.0, 104.0]);
        assert_eq!(d.by(Calendar::Fx).counted(365.0), [100.0, 102.0, 102.0, 103.0, 104.0]);
        // A history that ends on a Sunday ends with it.
        let cut = daily(&closes[..3], &[101.0, 102.0, 103.0], 100.0, ms("2024-03-08 12:00")).by(Calendar::Fx);
        assert_eq!(cut.session_curve(), [100.0, 102.0, 103.0]);
    }
}
