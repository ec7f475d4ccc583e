//! When a market is open, and how many days and bars make a year of it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::holidays::{early_close, is_holiday};
use super::zone::{Instant, Zone};
use super::{Timeframe, format_time};
use crate::error::{Error, Result, nearest};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;

/// The last day a calendar knows, 2199-12-31, in days since 1970; the first is 1970-01-01. Without it one wrong time in a file
/// would be looked for through thousands of years.
const LAST_DAY: i64 = 84_005;

/// When a market trades: `24/7` (also `always`), `fx` or `us-equity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Calendar {
    /// Around the clock. A trading day is a day of UTC.
    #[default]
    Always,
    /// Spot currencies and metals: from Sunday 17:00 to Friday 17:00 of New York, daylight saving known. A trading day ends at 17:00
    /// and has the name of the day on which it ends. Holidays are not known: dealers differ, even on Christmas Day.
    Fx,
    /// The New York Stock Exchange: 09:30 to 16:00 of New York, Monday to Friday, its full holidays and the days on which it closed
    /// early, from 1990 on. Halts and late openings within a day are not known.
    UsEquity,
}

/// One opening of a market, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its start, milliseconds UTC.
    pub open_ms: i64,
    /// Its end, milliseconds UTC.
    pub close_ms: i64,
}

/// Opens of bars that should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opens {
    /// How many.
    pub count: u64,
    /// The first, milliseconds UTC.
    pub first_ms: i64,
    /// The last.
    pub last_ms: i64,
}

impl Calendar {
    /// Every calendar there is.
    pub const ALL: [Self; 3] = [Self::Always, Self::Fx, Self::UsEquity];

    /// Its name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "24/7",
            Self::Fx => "fx",
            Self::UsEquity => "us-equity",
        }
    }

    /// Whether it is the one of a market that never closes.
    pub fn is_always(&self) -> bool {
        *self == Self::Always
    }

    /// Whether the market trades at an instant.
    pub fn is_open(self, utc_ms: i64) -> bool {
        self.session_at(utc_ms).is_some()
    }

    /// The session an instant lies in.
    pub fn session_at(self, utc_ms: i64) -> Option<Session> {
        self.session_of(self.day_of(utc_ms)).filter(|s| (s.open_ms..s.close_ms).contains(&utc_ms))
    }

    /// The sessions that have a part in `[from_ms, to_ms)`, one a trading day, oldest first.
    pub fn sessions(self, from_ms: i64, to_ms: i64) -> impl Iterator<Item = Session> {
        let days = self.day_of(from_ms).max(0)..=self.day_of(to_ms).min(LAST_DAY);
        days.filter_map(move |d| self.session_of(d))
            .filter(move |s| s.close_ms > from_ms && s.open_ms < to_ms)
    }

    /// Bars of length `step_ms` that should lie between two consecutive bars opening at `from_ms` and `to_ms`, and do not.
    ///
    /// A shorter bar than a day should be where its open (`from_ms + k * step_ms`) lies in a session; a day where it is a trading day;
    /// a longer bar where it holds a trading day. Distances count to the nearest whole bar, so that a few milliseconds of jitter are
    /// no gap. A day is known by its middle, so that it may be stamped by UTC, by New York or by a broker's clock.
    pub fn missing_between(self, from_ms: i64, to_ms: i64, step_ms: i64) -> u64 {
        if step_ms <= 0 || to_ms <= from_ms {
            return 0;
        }
        let between = (to_ms.saturating_sub(from_ms) as f64 / step_ms as f64).round() - 1.0;
        if between < 1.0 {
            return 0;
        }
        let all = (between as i64).min(i64::MAX - 1);
        // Markets are open in every month.
        let months = Timeframe::from_ms(step_ms).is_some_and(|t| t.months().is_some());
        if self == Self::Always || months {
            return all as u64;
        }
        // The next bar may be early by less than half a step.
        let end_ms = from_ms.saturating_add(all.saturating_add(1).saturating_mul(step_ms));
        self.opens(from_ms.saturating_add(step_ms), end_ms, step_ms).map_or(0, |o| o.count)
    }

    /// The opens of the bars of length `step_ms` that should be there among `from_ms + k * step_ms` in `[from_ms, to_ms)`, by the
    /// rules of [`missing_between`](Self::missing_between).
    pub fn opens(self, from_ms: i64, to_ms: i64, step_ms: i64) -> Option<Opens> {
        if step_ms <= 0 || to_ms <= from_ms {
            return None;
        }
        // The first k at or after an instant.
        let k = |at_ms: i64| {
            at_ms.saturating_sub(from_ms).max(0).unsigned_abs().div_ceil(step_ms.unsigned_abs()) as i64
        };
        let end = k(to_ms);
        // First, last and how many.
        let all = if self == Self::Always {
            Some((0, end - 1, end))
        } else if step_ms < DAY {
            let of = |s: Session| (k(s.open_ms), k(s.close_ms).min(end));
            let within = self.sessions(from_ms, to_ms).map(of).filter(|(a, b)| a < b);
            within.map(|(a, b)| (a, b - 1, b - a)).reduce(|a, b| (a.0, b.1, a.2 + b.2))
        } else {
            let trades = |k: &i64| {
                let day = self.day_of((from_ms + k * step_ms).saturating_add(DAY / 2));
                (day..day + step_ms / DAY).any(|d| self.session_of(d).is_some())
            };
            let days = (0..end.min(LAST_DAY)).filter(trades).map(|k| (k, k, 1));
            days.reduce(|a, b| (a.0, b.1, a.2 + b.2))
        };
        let at = |k: i64| from_ms + k * step_ms;
        all.map(|(first, last, n)| Opens { count: n.unsigned_abs(), first_ms: at(first), last_ms: at(last) })
    }

    /// Trading days in a year: 365 around the clock, 260 of spot currencies, 252 of a US stock.
    pub fn days_per_year(self) -> f64 {
        match self {
            Self::Always => 365.0,
            Self::Fx => 260.0,
            Self::UsEquity => 252.0,
        }
    }

    /// Bars in a year: those of a session, cut from its open with a last one cut short, times the days. Bars longer than a day are
    /// counted by the calendar, less those that are a weekend.
    pub fn bars_per_year(self, timeframe: Timeframe) -> f64 {
        let (step, days) = (timeframe.ms(), self.days_per_year());
        match self {
            _ if timeframe.months().is_some() => timeframe.per_year(days),
            Self::Always => timeframe.per_year(days),
            _ if step > DAY => {
                let long = step as f64 / DAY as f64;
                365.0 / long * (4.0 + long).min(7.0) / 7.0
            }
            Self::Fx => timeframe.per_year(days),
            Self::UsEquity => days * (13 * HOUR / 2).unsigned_abs().div_ceil(step.unsigned_abs()) as f64,
        }
    }

    /// The trading day an instant belongs to, in days since 1970, whether or not the market trades on it.
    pub fn day_of(self, utc_ms: i64) -> i64 {
        let local = match self {
            Self::Always => utc_ms,
            // Its day begins seven hours before midnight.
            Self::Fx => Zone::NEW_YORK.local_ms(utc_ms).saturating_add(7 * HOUR),
            Self::UsEquity => Zone::NEW_YORK.local_ms(utc_ms),
        };
        local.div_euclid(DAY)
    }

    /// The session of a day, in days since 1970.
    pub fn session_of(self, day: i64) -> Option<Session> {
        if !(0..=LAST_DAY).contains(&day) {
            return None;
        }
        let midnight = day * DAY;
        if self == Self::Always {
            return Some(Session { open_ms: midnight, close_ms: midnight + DAY });
        }
        let date = date_of(day)?;
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            return None;
        }
        let (open, close) = match self {
            Self::Always | Self::Fx => (-7 * HOUR, 17 * HOUR),
            Self::UsEquity if is_holiday(date) => return None,
            Self::UsEquity => (19 * HOUR / 2, early_close(date).unwrap_or(16) * HOUR),
        };
        Some(Session { open_ms: new_york(midnight + open)?, close_ms: new_york(midnight + close)? })
    }
}

fn date_of(day: i64) -> Option<NaiveDate> {
    Some(DateTime::from_timestamp_millis(day * DAY)?.date_naive())
}

/// The instant of a time of New York's clock, which is not put forward or back at any hour asked for here.
fn new_york(local_ms: i64) -> Option<i64> {
    match Zone::NEW_YORK.utc_of(local_ms) {
        Instant::One(t) | Instant::Twice(t, _) => Some(t),
        Instant::Never => None,
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Calendar {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        if s == "always" {
            return Ok(Self::Always);
        }
        Self::ALL.into_iter().find(|c| c.name() == s).ok_or_else(|| {
            let error = Error::usage("calendar", format!("{s:?} is no calendar"));
            match nearest(s, Self::ALL.map(Self::name).into_iter().chain(["always"])) {
                Some(name) => error.hint(format!("did you mean {name}?")),
                None => error.hint("calendars are 24/7 (around the clock), fx and us-equity"),
            }
        })
    }
}

impl TryFrom<String> for Calendar {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse().map_err(|e: Error| e.to_string().replace("\n\nhint: ", "; "))
    }
}

impl From<Calendar> for String {
    fn from(c: Calendar) -> Self {
        c.to_string()
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", format_time(self.open_ms), format_time(self.close_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    fn ms(text: &str) -> i64 {
        parse_time(text).unwrap()
    }

    fn missing(calendar: Calendar, from: &str, to: &str, step: &str) -> u64 {
        calendar.missing_between(ms(from), ms(to), step.parse::<Timeframe>().unwrap().ms())
    }

    #[test]
    fn sessions_follow_new_york_through_daylight_saving() {
        for (calendar, open, close) in [
            // The clock went forward on Sunday 2024-03-10 and back on 2024-11-03.
            (Calendar::UsEquity, "2024-03-08 14:30", "2024-03-08 21:00"),
            (Calendar::UsEquity, "2024-03-11 13:30", "2024-03-11 20:00"),
            (Calendar::UsEquity, "2024-11-04 14:30", "2024-11-04 21:00"),
            (Calendar::UsEquity, "2024-11-29 14:30", "2024-11-29 18:00"),
            (Calendar::Fx, "2024-03-07 22:00", "2024-03-08 22:00"),
            (Calendar::Fx, "2024-03-10 21:00", "2024-03-11 21:00"),
            (Calendar::Fx, "2024-11-03 22:00", "2024-11-04 22:00"),
            (Calendar::Always, "2024-03-10 00:00", "2024-03-11 00:00"),
        ] {
            let want = Session { open_ms: ms(open), close_ms: ms(close) };
            assert_eq!(calendar.session_at(ms(open)), Some(want), "{calendar} {want}");
            assert!(calendar.is_open(ms(close) - 1), "{calendar} {want}");
            if calendar == Calendar::UsEquity {
                assert!(!calendar.is_open(ms(open) - 1) && !calendar.is_open(ms(close)), "{want}");
            }
        }
        // From Friday's close to Sunday's open, and never on a holiday.
        for (calendar, closed) in [
            (Calendar::Fx, "2024-03-08 22:00"),
            (Calendar::Fx, "2024-03-10 20:59:59.999"),
            (Calendar::UsEquity, "2024-07-04 15:00"),
            (Calendar::UsEquity, "2024-03-09 15:00"),
        ] {
            assert!(!calendar.is_open(ms(closed)), "{calendar} {closed}");
        }
    }

    #[test]
    fn a_closed_market_lacks_no_bars() {
        use Calendar::{Always, Fx, UsEquity};
        for (calendar, from, to, step, want) in [
            (Always, "2024-03-08 21:00", "2024-03-10 21:00", "1h", 47),
            (Always, "2024-03-08", "2024-03-11", "1d", 2),
            // A weekend over which the clock is put forward.
            (Fx, "2024-03-08 21:00", "2024-03-10 21:00", "1h", 0),
            (Fx, "2024-03-08 20:00", "2024-03-10 21:00", "1h", 1),
            (Fx, "2024-03-08 21:00", "2024-03-10 22:00", "1h", 1),
            (Fx, "2024-03-08 18:00", "2024-03-10 21:00", "4h", 0),
            (Fx, "2024-03-06 03:00", "2024-03-06 07:00:00.008", "1h", 3),
            (UsEquity, "2024-07-03 16:30", "2024-07-05 13:30", "1h", 0),
            (UsEquity, "2024-07-03 15:30", "2024-07-05 14:30", "1h", 2),
            (UsEquity, "2024-03-08 20:55", "2024-03-11 13:30", "5m", 0),
            (UsEquity, "2024-03-08 20:50", "2024-03-11 13:35", "5m", 2),
            // A day that is missing whole.
            (UsEquity, "2024-03-06 20:30", "2024-03-08 14:30", "1h", 7),
        ] {
            assert_eq!(missing(calendar, from, to, step), want, "{calendar} {from} {to} {step}");
        }
    }

    #[test]
    fn days_are_trading_days_by_whatever_clock_they_are_stamped() {
        use Calendar::{Fx, UsEquity};
        for (calendar, from, to, step, want) in [
            (UsEquity, "2024-03-08", "2024-03-11", "1d", 0),
            (UsEquity, "2024-03-07", "2024-03-11", "1d", 1),
            (UsEquity, "2024-07-03 04:00", "2024-07-05 04:00", "1d", 0),
            (UsEquity, "2024-07-02 13:30", "2024-07-05 13:30", "1d", 1),
            (UsEquity, "2001-09-10", "2001-09-17", "1d", 0),
            // Friday to Sunday, where a file has Sundays; stamped by a broker, whose clock went forward.
            (Fx, "2024-03-08", "2024-03-10", "1d", 0),
            (Fx, "2024-03-07 22:00", "2024-03-10 21:00", "1d", 0),
            (Fx, "2024-03-06 22:00", "2024-03-10 21:00", "1d", 1),
            (Fx, "2024-03-04", "2024-03-18", "1w", 1),
            (UsEquity, "2024-03-09", "2024-03-13", "2d", 1),
        ] {
            assert_eq!(missing(calendar, from, to, step), want, "{calendar} {from} {to} {step}");
        }
    }

    #[test]
    fn wild_times_are_no_trouble() {
        for calendar in Calendar::ALL {
            for t in [i64::MIN, -1, i64::MAX] {
                let _ = (calendar.is_open(t), calendar.sessions(t, t).count());
            }
            assert_eq!(calendar.missing_between(5, 5, 1), 0);
            assert_eq!(calendar.missing_between(0, DAY, 0), 0);
            for step in [1, HOUR, DAY, 7 * DAY] {
                let _ = calendar.missing_between(0, i64::MAX, step);
                let _ = calendar.missing_between(i64::MIN, i64::MAX, step);
            }
        }
        // Two centuries of sessions and no more.
        assert!(Calendar::UsEquity.missing_between(0, 1 << 60, DAY) < 60_000);
    }

    #[test]
    fn a_year_is_made_of_sessions() {
        let of = |c: Calendar, t: &str| c.bars_per_year(t.parse().unwrap());
        assert_eq!(of(Calendar::Always, "1h"), 8760.0);
        assert_eq!(of(Calendar::Fx, "1h"), 6240.0);
        assert_eq!(of(Calendar::Fx, "1d"), 260.0);
        assert_eq!(of(Calendar::UsEquity, "1h"), 1764.0);
        assert_eq!(of(Calendar::UsEquity, "15m"), 6552.0);
        assert_eq!(of(Calendar::UsEquity, "1d"), 252.0);
        assert_eq!(of(Calendar::UsEquity, "1w").round(), 52.0);
        // What the sessions themselves say, over 28 years that begin and end alike.
        let days = |c: Calendar| c.sessions(ms("1996-06-01"), ms("2024-06-01")).count() as f64 / 28.0;
        assert!((days(Calendar::UsEquity) - 251.5).abs() < 0.5, "{}", days(Calendar::UsEquity));
        assert!((days(Calendar::Fx) - 260.9).abs() < 0.1, "{}", days(Calendar::Fx));
    }

    #[test]
    fn names_go_round_and_a_slip_is_named() {
        for c in Calendar::ALL {
            assert_eq!(c.name().parse::<Calendar>().unwrap(), c);
            assert_eq!(serde_json::from_value::<Calendar>(serde_json::to_value(c).unwrap()).unwrap(), c);
        }
        assert_eq!("always".parse::<Calendar>().unwrap(), Calendar::Always);
        let text = |s: &str| s.parse::<Calendar>().unwrap_err().to_string();
        assert_eq!(
            text("us-equities"),
            "calendar: \"us-equities\" is no calendar\n\nhint: did you mean us-equity?"
        );
        assert!(text("moon").ends_with("calendars are 24/7 (around the clock), fx and us-equity"));
        let e = serde_json::from_str::<Calendar>("\"us_equity\"").unwrap_err().to_string();
        assert!(e.starts_with("calendar: \"us_equity\" is no calendar; did you mean us-equity?"), "{e}");
    }
}
