//! How time is cut into longer bars.

use std::fmt;
use std::str::FromStr;

use super::calendar::{Calendar, Opens, Session};
use super::timeframe::month_start;
use super::zone::{Instant, Zone};
use super::{Timeframe, format_time};
use crate::error::{Error, Result};

const DAY: i64 = 86_400_000;

/// Where longer bars begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// At whole multiples of their length since 1970-01-01 UTC, whole weeks on Mondays, months on their first. The calendar says which parts should be
    /// there.
    Epoch(Calendar),
    /// With the session: those shorter than a day at its open and every length after it, the last cut at its close; those of whole
    /// days at the open of their first session.
    Session(Hours),
}

/// The sessions that bars are anchored to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hours {
    /// Those of a calendar.
    Calendar(Calendar),
    /// The same on every day.
    Daily(DailyHours),
}

/// A session on every day, by the clock of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DailyHours {
    /// Its open, milliseconds after midnight.
    open: i64,
    /// Its close, milliseconds after that midnight; a day after the open where none was given.
    close: i64,
    /// The clock.
    zone: Zone,
}

/// What one longer bar covers, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorSpan {
    /// Its open, milliseconds UTC.
    pub start_ms: i64,
    /// Its end.
    pub end_ms: i64,
    /// Whether the session ends before its length is over.
    pub cut: bool,
}

impl DailyHours {
    /// The same by another clock.
    #[must_use]
    pub fn at(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// A time of a day by the clock. One that the clock is put forward over is an hour later, one that it shows twice the first.
    fn instant(self, day: i64, after_midnight: i64) -> i64 {
        let local = day * DAY + after_midnight;
        match self.zone.utc_of(local) {
            Instant::One(t) | Instant::Twice(t, _) => t,
            Instant::Never => match self.zone.utc_of(local + 3_600_000) {
                Instant::One(t) | Instant::Twice(t, _) => t,
                Instant::Never => local - self.zone.offset_ms(local),
            },
        }
    }
}

impl Hours {
    /// The day whose session an instant may lie in, in days since 1970; the next one where the clock was put back.
    fn day_of(self, utc_ms: i64) -> i64 {
        match self {
            Self::Calendar(c) => c.day_of(utc_ms),
            Self::Daily(d) => (d.zone.local_ms(utc_ms) - d.open).div_euclid(DAY),
        }
    }

    fn session_of(self, day: i64) -> Option<Session> {
        match self {
            Self::Calendar(c) => c.session_of(day),
            Self::Daily(d) => {
                Some(Session { open_ms: d.instant(day, d.open), close_ms: d.instant(day, d.close) })
            }
        }
    }

    fn session_at(self, utc_ms: i64) -> Option<(i64, Session)> {
        let day = self.day_of(utc_ms);
        let mut near = (day..=day + 1).filter_map(|d| Some((d, self.session_of(d)?)));
        near.find(|(_, s)| (s.open_ms..s.close_ms).contains(&utc_ms))
    }
}

/// Where a number of days is counted from: a Monday where they are weeks.
fn first_day(days: i64) -> i64 {
    if days % 7 == 0 { 4 } else { 0 }
}

/// The first of a month `n` months after the first of one.
fn months_later(start_ms: i64, n: i64) -> i64 {
    Timeframe::of_months(n).map_or(start_ms, |t| t.end_ms(start_ms))
}

impl Anchor {
    /// Refuses a length that this anchor cannot cut.
    ///
    /// # Errors
    /// More than a day, but not whole days, of sessions.
    pub fn accepts(self, length: Timeframe) -> Result<()> {
        if matches!(self, Self::Session(_)) && length.ms() > DAY && length.ms() % DAY != 0 {
            let problem = format!("bars of {length} are no whole number of sessions");
            return Err(
                Error::usage("anchor", problem).hint("name whole days or weeks, or anchor at the epoch, where months begin on their first; a calendar says which parts should be there")
            );
        }
        Ok(())
    }

    /// The bar of `length` that an instant lies in; none outside of sessions.
    pub fn span_of(self, length: Timeframe, utc_ms: i64) -> Option<AnchorSpan> {
        let months = length.months();
        let length = length.ms();
        let hours = match self {
            Self::Epoch(_) => {
                if let Some(n) = months {
                    let start_ms = month_start(utc_ms, n);
                    return Some(AnchorSpan { start_ms, end_ms: months_later(start_ms, n), cut: false });
                }
                let from = if length % DAY == 0 { first_day(length / DAY) * DAY } else { 0 };
                let start_ms = (utc_ms - from).div_euclid(length) * length + from;
                return Some(AnchorSpan { start_ms, end_ms: start_ms + length, cut: false });
            }
            Self::Session(hours) => hours,
        };
        let (day, s) = hours.session_at(utc_ms)?;
        if length < DAY {
            let start_ms = s.open_ms + (utc_ms - s.open_ms).div_euclid(length) * length;
            let end_ms = start_ms + length;
            return Some(AnchorSpan { start_ms, end_ms: end_ms.min(s.close_ms), cut: end_ms > s.close_ms });
        }
        let days = length / DAY;
        let from = (day - first_day(days)).div_euclid(days) * days + first_day(days);
        let mut sessions = (from..from + days).filter_map(|d| hours.session_of(d));
        let first = sessions.next()?;
        let last = sessions.next_back().unwrap_or(first);
        Some(AnchorSpan { start_ms: first.open_ms, end_ms: last.close_ms, cut: false })
    }

    /// The bars of length `step_ms` that should make up a span.
    pub fn parts(self, span: AnchorSpan, step_ms: i64) -> Option<Opens> {
        let (from, to) = (span.start_ms, span.end_ms);
        if let Some(month) = Timeframe::from_ms(step_ms).filter(|t| t.months().is_some()) {
            let starts =
                std::iter::successors(Some(from), |t| Some(month.end_ms(*t))).take_while(|t| *t < to);
            let (count, last_ms) = starts.fold((0, from), |(n, _), t| (n + 1, t));
            return Some(Opens { count, first_ms: from, last_ms });
        }
        let hours = match self {
            Self::Epoch(calendar) => return calendar.opens(from, to, step_ms),
            Self::Session(hours) => hours,
        };
        let (day, _) = hours.session_at(from)?;
        let sessions = (day..).map_while(|d| {
            let s = hours.session_of(d);
            // The end of a span is that of a session, so that no later one has a part in it.
            (d - day <= (to - from) / DAY + 1).then_some(s)
        });
        let of = |s: Session| {
            let (a, b) = (s.open_ms.max(from), s.close_ms.min(to));
            Calendar::Always.opens(a, b, step_ms)
        };
        let all = sessions.flatten().filter_map(of);
        all.reduce(|a, b| Opens { count: a.count + b.count, last_ms: b.last_ms, ..a })
    }
}

impl FromStr for DailyHours {
    type Err = Error;

    /// Reads `09:30-16:00`, or `09:30` for a day that goes on until the next; by the clock of UTC.
    fn from_str(text: &str) -> Result<Self> {
        let time = |t: &str| -> Option<i64> {
            let (h, m) = t.trim().split_once(':')?;
            let (h, m): (i64, i64) = (h.parse().ok()?, m.parse().ok()?);
            ((0..24).contains(&h) && (0..60).contains(&m)).then_some((h * 60 + m) * 60_000)
        };
        let read = || -> Option<Self> {
            let (open, close) = match text.split_once('-') {
                Some((open, close)) => (time(open)?, time(close)?),
                None => (time(text)?, time(text)?),
            };
            let close = if close > open { close } else { close + DAY };
            Some(Self { open, close, zone: Zone::UTC })
        };
        read().ok_or_else(|| {
            Error::usage("session", format!("{text:?} is no session"))
                .hint("write its open and close by the clock, as 09:30-16:00, or the open alone")
        })
    }
}

impl fmt::Display for DailyHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |ms: i64| format!("{:02}:{:02}", ms / 3_600_000 % 24, ms / 60_000 % 60);
        write!(f, "{}", time(self.open))?;
        if self.close != self.open + DAY {
            write!(f, "-{}", time(self.close))?;
        }
        write!(f, " {}", self.zone)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epoch(Calendar::Always) => f.write_str("1970-01-01 UTC"),
            Self::Epoch(c) => write!(f, "1970-01-01 UTC, calendar {c}"),
            Self::Session(Hours::Calendar(c)) => write!(f, "the sessions of {c}"),
            Self::Session(Hours::Daily(d)) => write!(f, "the session {d}"),
        }
    }
}

impl fmt::Display for AnchorSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", format_time(self.start_ms), format_time(self.end_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    fn ms(text: &str) -> i64 {
        parse_time(text).unwrap()
    }

    fn new_york(hours: &str) -> Anchor {
        let hours: DailyHours = hours.parse().unwrap();
        Anchor::Session(Hours::Daily(hours.at(Zone::NEW_YORK)))
    }

    fn span(anchor: Anchor, length: &str, at: &str) -> String {
        anchor.span_of(length.parse().unwrap(), ms(at)).map_or_else(|| "none".into(), |s| s.to_string())
    }

    #[test]
    fn epoch_bars_begin_at_multiples_and_weeks_on_mondays() {
        let epoch = Anchor::Epoch(Calendar::Always);
        for (length, at, want) in [
            ("4h", "2024-03-08 15:59:59.999", "2024-03-08 12:00:00 to 2024-03-08 16:00:00"),
            ("1d", "2024-03-08 15:00", "2024-03-08 00:00:00 to 2024-03-09 00:00:00"),
            ("1w", "2024-03-10 23:00", "2024-03-04 00:00:00 to 2024-03-11 00:00:00"),
            ("1w", "2024-03-11", "2024-03-11 00:00:00 to 2024-03-18 00:00:00"),
            ("1w", "1969-12-31", "1969-12-29 00:00:00 to 1970-01-05 00:00:00"),
        ] {
            assert_eq!(span(epoch, length, at), want);
        }
    }

    #[test]
    fn session_bars_follow_the_clock_of_the_place() {
        let stocks = new_york("09:30-16:00");
        for (anchor, length, at, want) in [
            // The clock went forward on Sunday 2024-03-10.
            (stocks, "1h", "2024-03-08 14:30", "2024-03-08 14:30:00 to 2024-03-08 15:30:00"),
            (stocks, "1h", "2024-03-11 13:30", "2024-03-11 13:30:00 to 2024-03-11 14:30:00"),
            (stocks, "1h", "2024-03-11 19:59", "2024-03-11 19:30:00 to 2024-03-11 20:00:00"),
            (stocks, "1h", "2024-03-11 20:00", "none"),
            (stocks, "1h", "2024-03-11 13:29:59.999", "none"),
            (stocks, "1d", "2024-03-11 15:00", "2024-03-11 13:30:00 to 2024-03-11 20:00:00"),
            // Friday's session to Thursday's, on a calendar of no weekends: all seven days.
            (stocks, "1w", "2024-03-13 15:00", "2024-03-11 13:30:00 to 2024-03-17 20:00:00"),
            (new_york("17:00"), "1d", "2024-03-09 23:00", "2024-03-09 22:00:00 to 2024-03-10 21:00:00"),
            (new_york("17:00"), "4h", "2024-03-10 20:30", "2024-03-10 18:00:00 to 2024-03-10 21:00:00"),
            // Never shown on 2024-03-10, and shown twice on 2024-11-03.
            (new_york("02:30"), "1d", "2024-03-10 12:00", "2024-03-10 07:30:00 to 2024-03-11 06:30:00"),
            (new_york("01:30"), "1d", "2024-11-03 06:15", "2024-11-03 05:30:00 to 2024-11-04 06:30:00"),
            (
                Anchor::Session(Hours::Calendar(Calendar::UsEquity)),
                "1h",
                "2024-07-03 16:45",
                "2024-07-03 16:30:00 to 2024-07-03 17:00:00",
            ),
            // Monday was a holiday.
            (
                Anchor::Session(Hours::Calendar(Calendar::UsEquity)),
                "1w",
                "2024-09-05 15:00",
                "2024-09-03 13:30:00 to 2024-09-06 20:00:00",
            ),
            (
                Anchor::Session(Hours::Calendar(Calendar::Fx)),
                "1w",
                "2024-03-13 15:00",
                "2024-03-10 21:00:00 to 2024-03-15 21:00:00",
            ),
        ] {
            assert_eq!(span(anchor, length, at), want, "{anchor} {length} {at}");
        }
    }

    #[test]
    fn parts_are_those_of_the_sessions() {
        let parts = |anchor: Anchor, length: &str, at: &str, step: &str| {
            let span = anchor.span_of(length.parse().unwrap(), ms(at)).unwrap();
            let step: Timeframe = step.parse().unwrap();
            let o = anchor.parts(span, step.ms()).unwrap();
            (o.count, format_time(o.first_ms)[5..16].to_owned(), format_time(o.last_ms)[5..16].to_owned())
        };
        let want = |n: u64, a: &str, b: &str| (n, a.to_owned(), b.to_owned());
        let fx = Anchor::Epoch(Calendar::Fx);
        assert_eq!(parts(fx, "1d", "2024-03-08 12:00", "1h"), want(22, "03-08 00:00", "03-08 21:00"));
        assert_eq!(parts(fx, "1w", "2024-03-08 12:00", "1d"), want(5, "03-04 00:00", "03-08 00:00"));
        let stocks = Anchor::Session(Hours::Calendar(Calendar::UsEquity));
        assert_eq!(parts(stocks, "1h", "2024-07-03 16:45", "5m"), want(6, "07-03 16:30", "07-03 16:55"));
        assert_eq!(parts(stocks, "1w", "2024-09-05 15:00", "1d"), want(4, "09-03 13:30", "09-06 13:30"));
        // Hours that were cut at the close are parts as well.
        assert_eq!(parts(stocks, "1d", "2024-09-05 15:00", "1h"), want(7, "09-05 13:30", "09-05 19:30"));
        assert_eq!(parts(new_york("17:00"), "1d", "2024-03-10 12:00", "1h").0, 23);
    }

    #[test]
    fn sessions_are_read_and_printed() {
        for (text, shown) in [
            ("09:30-16:00", "09:30-16:00 UTC"),
            ("9:30", "09:30 UTC"),
            ("18:00-17:00", "18:00-17:00 UTC"),
            ("00:00-00:00", "00:00 UTC"),
        ] {
            assert_eq!(text.parse::<DailyHours>().unwrap().to_string(), shown);
        }
        for text in ["", "9", "24:00", "09:60", "a:b", "09:30-", "-16:00", "9:30-16"] {
            let e = text.parse::<DailyHours>().unwrap_err().to_string();
            assert!(e.contains("is no session") && e.contains("09:30-16:00"), "{e}");
        }
        let anchor = new_york("09:30");
        assert!(anchor.accepts("2d".parse().unwrap()).is_ok() && anchor.accepts(Timeframe::H1).is_ok());
        assert!(anchor.accepts("36h".parse().unwrap()).is_err());
    }
}
