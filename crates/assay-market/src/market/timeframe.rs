//! The length of a bar: of time, or of calendar months.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The length of a bar in milliseconds, written `1m`, `15m`, `1h`, `4h`, `1d`, `1w`; calendar months are written `1M`, `3M` and have the
/// length of mean ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timeframe(i64);

impl Timeframe {
    /// One hour.
    pub const H1: Self = Self(3_600_000);
    /// One day.
    pub const D1: Self = Self(86_400_000);

    /// A calendar month; its length is that of a mean one, a twelfth of 365.2425 days.
    pub const MONTH: Self = Self(2_629_746_000);

    /// `n` calendar months; `None` unless positive.
    #[inline]
    pub fn of_months(n: i64) -> Option<Self> {
        n.checked_mul(Self::MONTH.0).and_then(Self::from_ms)
    }

    /// A timeframe of `ms` milliseconds; `None` unless positive.
    #[inline]
    pub fn from_ms(ms: i64) -> Option<Self> {
        (ms > 0).then_some(Self(ms))
    }

    /// Its length in milliseconds, of months that of mean ones.
    #[inline]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Its length in seconds.
    #[inline]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// How many calendar months it is; none where it is a stretch of time.
    #[inline]
    pub fn months(self) -> Option<i64> {
        (self.0 >= Self::MONTH.0 && self.0 % Self::MONTH.0 == 0).then_some(self.0 / Self::MONTH.0)
    }

    /// When a bar that opens at `open_ms` is over: as many months later, on the same day, where it is of months.
    #[inline]
    pub fn end_ms(self, open_ms: i64) -> i64 {
        if self.0 < Self::MONTH.0 { open_ms.saturating_add(self.0) } else { self.long_end_ms(open_ms) }
    }

    #[cold]
    fn long_end_ms(self, open_ms: i64) -> i64 {
        self.moved(open_ms, true).unwrap_or_else(|| open_ms.saturating_add(self.0))
    }

    /// When a bar that is over at `end_ms` opened.
    #[inline]
    pub fn open_ms(self, end_ms: i64) -> i64 {
        match self.months() {
            None => end_ms.saturating_sub(self.0),
            Some(_) => self.moved(end_ms, false).unwrap_or_else(|| end_ms.saturating_sub(self.0)),
        }
    }

    /// A time so many months later, or earlier.
    fn moved(self, ms: i64, later: bool) -> Option<i64> {
        let months = Months::new(u32::try_from(self.months()?).ok()?);
        let at = DateTime::from_timestamp_millis(ms)?;
        let moved = if later { at.checked_add_months(months) } else { at.checked_sub_months(months) };
        Some(moved?.timestamp_millis())
    }

    /// Where on the grid of these bars a time lies: milliseconds since the last whole multiple of the length since 1970, of months since the
    /// first of the first of them.
    #[inline]
    pub fn phase(self, ms: i64) -> i64 {
        match self.months() {
            None => ms.rem_euclid(self.0),
            Some(n) => ms - month_start(ms, n),
        }
    }

    /// How many fit in a year of a market that is open on `days_per_year` days, 24 hours each.
    #[inline]
    pub fn per_year(self, days_per_year: f64) -> f64 {
        match self.months() {
            None => days_per_year * (Self::D1.0 as f64 / self.0 as f64),
            Some(n) => 12.0 / n as f64,
        }
    }

    /// How many whole bars cover `ms` milliseconds, rounded up, at least one.
    #[inline]
    pub fn bars_in(self, ms: i64) -> usize {
        (ms.max(1) as u64).div_ceil(self.0 as u64) as usize
    }
}

const UNITS: [(&str, i64); 5] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// The first of the months, of `n` counted from January 1970, that a time lies in, 00:00 UTC.
pub fn month_start(ms: i64, n: i64) -> i64 {
    let Some(at) = DateTime::from_timestamp_millis(ms) else { return ms };
    let since = (i64::from(at.year()) - 1970) * 12 + i64::from(at.month0());
    let first = since.div_euclid(n) * n;
    let date = i32::try_from(1970 + first.div_euclid(12))
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, first.rem_euclid(12) as u32 + 1, 1));
    date.map_or(ms, |d| d.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

impl fmt::Display for Timeframe {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(n) = self.months() {
            return write!(f, "{n}M");
        }
        for (unit, ms) in UNITS {
            if self.0 % ms == 0 {
                return write!(f, "{}{unit}", self.0 / ms);
            }
        }
        write!(f, "{}ms", self.0)
    }
}

impl FromStr for Timeframe {
    type Err = Error;

    #[inline]
    fn from_str(s: &str) -> Result<Self> {
        let bad = || {
            Error::usage("timeframe", format!("{s:?} is not a bar length"))
                .hint("write a number and a unit: 1m, 15m, 1h, 4h, 1d, 1w, 1M")
        };
        if let Some(n) = s.strip_suffix('M') {
            return n.parse().ok().and_then(Self::of_months).ok_or_else(bad);
        }
        if let Some(n) = s.strip_suffix("ms") {
            return n.parse().ok().and_then(Self::from_ms).ok_or_else(bad);
        }
        let (unit, ms) = UNITS.iter().find(|(u, _)| s.ends_with(u)).ok_or_else(bad)?;
        let n: i64 = s[..s.len() - unit.len()].parse().map_err(|_| bad())?;
        n.checked_mul(*ms).and_then(Self::from_ms).ok_or_else(bad)
    }
}

impl TryFrom<String> for Timeframe {
    type Error = String;

    #[inline]
    fn try_from(s: String) -> Result<Self, String> {
        s.parse().map_err(|_| format!("{s:?} is not a bar length such as 15m, 1h or 1d"))
    }
}

impl From<Timeframe> for String {
    #[inline]
    fn from(t: Timeframe) -> Self {
        t.to_string()
    }
}

/// Milliseconds in which at least one bar was open, of bars of `bar_ms` that open, or close, at these rising times: bars of
/// several symbols that overlap are counted once, and a gap of all is not.
pub fn covered_ms(times: impl IntoIterator<Item = i64>, bar_ms: i64) -> i64 {
    let (mut covered, mut before) = (0, None::<i64>);
    for time in times {
        covered += before.map_or(bar_ms, |before| (time - before).min(bar_ms));
        before = Some(time);
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_covered_once_and_gaps_are_not() {
        // Three bars of 60, the second half over the first, the third after a gap.
        assert_eq!(covered_ms([0, 30, 1000], 60), 150);
        assert_eq!((covered_ms([5], 60), covered_ms([], 60)), (60, 0));
    }

    #[test]
    fn text_round_trips() {
        for text in ["1m", "15m", "1h", "4h", "1d", "1w", "90s", "1500ms", "1M", "3M", "12M"] {
            assert_eq!(text.parse::<Timeframe>().unwrap().to_string(), text);
        }
        for text in ["", "h", "0h", "-1h", "1x", "1.5h", "99999999999999w", "0M", "M"] {
            assert!(text.parse::<Timeframe>().is_err(), "{text}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let ms = |t: &str| crate::market::parse_time(t).unwrap();
        let month = Timeframe::MONTH;
        for (open, end) in [
            ("2024-01-01", "2024-02-01"),
            ("2024-02-01", "2024-03-01"),
            ("2023-12-01 05:00", "2024-01-01 05:00"),
        ] {
            assert_eq!((month.end_ms(ms(open)), month.open_ms(ms(end))), (ms(end), ms(open)), "{open}");
        }
        let quarter: Timeframe = "3M".parse().unwrap();
        assert_eq!(quarter.end_ms(ms("2024-01-01")), ms("2024-04-01"));
        assert_eq!((month.per_year(252.0), quarter.per_year(365.0)), (12.0, 4.0));
        assert_eq!(month_start(ms("2024-05-17 13:00"), 1), ms("2024-05-01"));
        assert_eq!(month_start(ms("2024-05-17 13:00"), 3), ms("2024-04-01"));
        assert_eq!(month_start(ms("2024-05-17 13:00"), 12), ms("2024-01-01"));
        assert_eq!(month_start(-1, 1), -31 * 86_400_000);
        assert_eq!(month.phase(ms("2024-05-02")), 86_400_000);
        // Sixty days are days.
        assert_eq!("60d".parse::<Timeframe>().unwrap().months(), None);
        assert!(i64::MAX.checked_sub(month.end_ms(i64::MAX - 5)).is_some());
    }

    #[test]
    fn counts_bars() {
        assert_eq!(Timeframe::H1.per_year(365.0), 8760.0);
        assert_eq!(Timeframe::D1.per_year(252.0), 252.0);
        assert_eq!(Timeframe::H1.bars_in(1_200_000), 1);
        assert_eq!(Timeframe::H1.bars_in(3_600_001), 2);
    }
}
