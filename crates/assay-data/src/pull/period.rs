//! A month or a day, as a range names it.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// A calendar month, `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(NaiveDate);

/// A month or a day of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum Period {
    /// A whole month.
    Month(Month),
    /// One day.
    Day(NaiveDate),
}

impl Month {
    pub(super) fn first_day(self) -> NaiveDate {
        self.0
    }

    pub(super) fn next(self) -> Self {
        Self(self.0 + Months::new(1))
    }

    pub(super) fn last_day(self) -> NaiveDate {
        self.next().0 - Days::new(1)
    }

    pub(super) fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let bad = || format!("{s:?} is no month such as 2023-01");
        let (y, m) = s.split_once('-').filter(|(y, m)| y.len() == 4 && m.len() == 2).ok_or_else(bad)?;
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse().ok()).flatten();
        let (Some(y), Some(m)) = (digits(y), digits(m)) else { return Err(bad()) };
        // A year that no archive has is a slip of the hand.
        let day = NaiveDate::from_ymd_opt(y as i32, m, 1).filter(|d| (1900..2200).contains(&d.year()));
        day.map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

impl TryFrom<String> for Month {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<Month> for String {
    fn from(m: Month) -> Self {
        m.to_string()
    }
}

impl Period {
    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        match self {
            Self::Month(m) => m.first_day(),
            Self::Day(d) => d,
        }
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        match self {
            Self::Month(m) => m.last_day(),
            Self::Day(d) => d,
        }
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let bad = || format!("{s:?} is neither a month such as 2023-01 nor a day such as 2023-01-31");
        if let Some((month, day)) = s.split_at_checked(7).filter(|(_, d)| !d.is_empty()) {
            let month: Month = month.parse().map_err(|_| bad())?;
            let two = |d: &&str| d.len() == 2 && d.bytes().all(|b| b.is_ascii_digit());
            let day = day.strip_prefix('-').filter(two).and_then(|d| d.parse().ok());
            return day.and_then(|d| month.0.with_day(d)).map(Self::Day).ok_or_else(bad);
        }
        s.parse().map(Self::Month).map_err(|_| bad())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(m) => m.fmt(f),
            Self::Day(d) => write!(f, "{}", d.format("%Y-%m-%d")),
        }
    }
}

impl From<Period> for String {
    fn from(p: Period) -> Self {
        p.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_strictly() {
        for text in ["2023-01", "2024-02-29"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in [
            "2023",
            "2023-1",
            "2023-13",
            "2023-02-29",
            "2023-01-1",
            "2023-01-+1",
            "2023-01-01T",
            "23-01",
            "é023-01",
            "2023-+1",
            "0000-01",
            "9999-01",
            "",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
