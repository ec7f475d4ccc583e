//! Round dates for a time axis.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Timelike};

/// One named instant: a short label, and its context (the year or the date) where that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeTick {
    /// Milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// First line.
    pub label: String,
    /// Second line; empty where the tick before already says it.
    pub context: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum CalendarStep {
    Minutes(i64),
    Days(i64),
    Months(i32),
}

const STEPS: [CalendarStep; 20] = [
    CalendarStep::Minutes(1),
    CalendarStep::Minutes(5),
    CalendarStep::Minutes(15),
    CalendarStep::Minutes(30),
    CalendarStep::Minutes(60),
    CalendarStep::Minutes(180),
    CalendarStep::Minutes(360),
    CalendarStep::Minutes(720),
    CalendarStep::Days(1),
    CalendarStep::Days(2),
    CalendarStep::Days(7),
    CalendarStep::Days(14),
    CalendarStep::Months(1),
    CalendarStep::Months(3),
    CalendarStep::Months(6),
    CalendarStep::Months(12),
    CalendarStep::Months(24),
    CalendarStep::Months(60),
    CalendarStep::Months(120),
    CalendarStep::Months(300),
];

/// Round instants in `from_ms..=to_ms`, at most `most` of them, of a market that from an instant on is first open at
/// `opens`. A day without a session gives its place to the next that has one; an hour without one has none.
pub fn time_ticks(from_ms: i64, to_ms: i64, most: usize, opens: impl Fn(i64) -> i64) -> Vec<TimeTick> {
    let instant = |ms| DateTime::from_timestamp_millis(ms).map(|t| t.naive_utc());
    let (Some(from), Some(to)) = (instant(from_ms), instant(to_ms)) else { return Vec::new() };
    let first_open = |t: NaiveDateTime| instant(opens(t.and_utc().timestamp_millis())).unwrap_or(t);
    for step in STEPS {
        if rough_count(step, from_ms, to_ms) > 4.0 * most as f64 + 4.0 {
            continue;
        }
        let mut times = instants(step, from, to);
        let all = times.len();
        match step {
            CalendarStep::Minutes(_) => times.retain(|t| first_open(*t) == *t),
            CalendarStep::Days(_) => times.iter_mut().for_each(|t| *t = first_open(*t).date().into()),
            CalendarStep::Months(_) => {}
        }
        times.retain(|t| (from..=to).contains(t));
        times.dedup();
        // Hours that fall into the nights alone are no scale: days are.
        let asleep = matches!(step, CalendarStep::Minutes(_)) && times.len() < all && times.len() < 2;
        if times.len() <= most && !asleep {
            return name(step, &times);
        }
    }
    Vec::new()
}

/// How many ticks `step` gives, near enough to rule a step out.
fn rough_count(step: CalendarStep, from_ms: i64, to_ms: i64) -> f64 {
    let minutes = match step {
        CalendarStep::Minutes(n) => n as f64,
        CalendarStep::Days(n) => 1440.0 * n as f64,
        CalendarStep::Months(n) => 43_830.0 * f64::from(n),
    };
    (to_ms as f64 - from_ms as f64) / 60_000.0 / minutes
}

fn instants(step: CalendarStep, from: NaiveDateTime, to: NaiveDateTime) -> Vec<NaiveDateTime> {
    let first = match step {
        CalendarStep::Minutes(n) => {
            let midnight = from.date().and_time(chrono::NaiveTime::MIN);
            let passed = (from - midnight).num_milliseconds();
            let whole = (passed + n * 60_000 - 1).div_euclid(n * 60_000);
            midnight.checked_add_signed(Duration::minutes(whole * n))
        }
        CalendarStep::Days(n) => {
            // Counted from a Monday, so that weeks begin on one.
            let day = i64::from(from.date().num_days_from_ce()) - 1;
            let start = day.div_euclid(n) * n;
            from.date().checked_add_signed(Duration::days(start - day)).map(|d| d.into())
        }
        CalendarStep::Months(_) => NaiveDate::from_ymd_opt(from.year(), 1, 1).map(|d| d.into()),
    };
    let Some(first) = first else { return Vec::new() };
    let mut times = Vec::new();
    for i in 0..10_000 {
        let next = match step {
            CalendarStep::Minutes(n) => first.checked_add_signed(Duration::minutes(n * i)),
            CalendarStep::Days(n) => first.checked_add_signed(Duration::days(n * i)),
            CalendarStep::Months(n) => {
                let years = if n < 12 { 1 } else { n / 12 };
                let start = first.year().div_euclid(years) * years;
                let month = i as i32 * n;
                NaiveDate::from_ymd_opt(start + month / 12, (month % 12 + 1) as u32, 1).map(|d| d.into())
            }
        };
        match next {
            Some(next) if next > to => break,
            Some(next) if next >= from => times.push(next),
            Some(_) => {}
            None => break,
        }
    }
    times
}

fn name(step: CalendarStep, times: &[NaiveDateTime]) -> Vec<TimeTick> {
    let mut before = String::new();
    times
        .iter()
        .map(|t| {
            let (label, context) = match step {
                CalendarStep::Minutes(_) => {
                    (format!("{:02}:{:02}", t.hour(), t.minute()), t.format("%-d %b %Y").to_string())
                }
                CalendarStep::Days(_) => (t.format("%-d %b").to_string(), t.format("%Y").to_string()),
                CalendarStep::Months(n) if n < 12 => (t.format("%b").to_string(), t.format("%Y").to_string()),
                CalendarStep::Months(_) => (t.format("%Y").to_string(), String::new()),
            };
            let context = if context == before { String::new() } else { context };
            if !context.is_empty() {
                before.clone_from(&context);
            }
            TimeTick { time_ms: t.and_utc().timestamp_millis(), label, context }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    fn labels(from: &str, to: &str, most: usize) -> Vec<String> {
        time_ticks(parse_time(from).unwrap(), parse_time(to).unwrap(), most, |t| t)
            .into_iter()
            .map(|t| if t.context.is_empty() { t.label } else { format!("{}/{}", t.label, t.context) })
            .collect()
    }

    #[test]
    fn steps_fit_the_span() {
        assert_eq!(labels("2018-03-05", "2024-06-01", 10), ["2019", "2020", "2021", "2022", "2023", "2024"]);
        assert_eq!(
            labels("2020-11-20", "2021-08-01", 6),
            ["Jan/2021", "Apr", "Jul"],
            "quarters, the year at its first"
        );
        assert_eq!(labels("2021-03-01", "2021-03-04", 4), ["1 Mar/2021", "2 Mar", "3 Mar", "4 Mar"]);
        assert_eq!(
            labels("2021-03-01 23:10", "2021-03-02 01:05", 4),
            ["23:30/1 Mar 2021", "00:00/2 Mar 2021", "00:30", "01:00"]
        );
        assert_eq!(labels("2021-03-01", "2021-04-04", 6)[0], "1 Mar/2021", "a Monday");
    }

    #[test]
    fn a_day_without_a_session_gives_its_place_to_the_next() {
        let ms = |t: &str| parse_time(t).unwrap();
        // From Friday to Wednesday, sessions from 14:30 to 21:00.
        let sessions = ["2021-03-05", "2021-03-08", "2021-03-09", "2021-03-10"]
            .map(|d| (ms(&format!("{d} 14:30")), ms(&format!("{d} 21:00"))));
        let opens = |t: i64| sessions.iter().find(|s| t < s.1).map_or(t, |s| s.0.max(t));
        let labels = |to: &str, most| -> Vec<String> {
            time_ticks(ms("2021-03-05 14:30"), ms(to), most, opens).into_iter().map(|t| t.label).collect()
        };
        assert_eq!(labels("2021-03-10 21:00", 4), ["8 Mar", "9 Mar", "10 Mar"]);
        assert_eq!(labels("2021-03-08 17:00", 6), ["15:00", "18:00", "15:00"], "no hour of the night");
    }

    #[test]
    fn odd_spans_give_no_ticks_rather_than_a_panic() {
        assert!(time_ticks(i64::MIN, i64::MAX, 8, |t| t).is_empty());
        assert!(time_ticks(5, 5, 8, |t| t).is_empty());
        assert_eq!(time_ticks(0, 0, 8, |t| t).len(), 1);
        assert!(time_ticks(-8_000_000_000_000_000, 8_000_000_000_000_000, 8, |t| t).is_empty());
    }
}
