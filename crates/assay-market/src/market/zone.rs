//! Clocks of markets: from local time to UTC and back, with daylight saving.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, LocalResult, Offset, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, nearest};

/// A clock: that of a place by its IANA name, or a fixed distance from UTC, or that of a place and some hours. The last is the clock of
/// most MetaTrader brokers, whose day ends with New York's at 17:00: `America/New_York+7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    place: Option<Tz>,
    /// Ahead of the place, or of UTC.
    ahead_ms: i64,
}

/// What a local time is in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instant {
    /// One instant.
    One(i64),
    /// The clock was put back: it showed this time twice, first and second.
    Twice(i64, i64),
    /// The clock was put forward over it.
    Never,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self { place: None, ahead_ms: 0 };

    /// The clock of New York.
    pub const NEW_YORK: Self = Self { place: Some(Tz::America__New_York), ahead_ms: 0 };

    /// The clock of London.
    pub const LONDON: Self = Self { place: Some(Tz::Europe__London), ahead_ms: 0 };

    /// The clock of Tokyo.
    pub const TOKYO: Self = Self { place: Some(Tz::Asia__Tokyo), ahead_ms: 0 };

    /// The clock of Sydney.
    pub const SYDNEY: Self = Self { place: Some(Tz::Australia__Sydney), ahead_ms: 0 };

    /// Whether it is UTC.
    pub fn is_utc(self) -> bool {
        self == Self::UTC
    }

    /// By how much it is ahead of UTC at an instant, milliseconds.
    pub fn offset_ms(self, utc_ms: i64) -> i64 {
        let place = self.place.and_then(|tz| {
            let t = DateTime::from_timestamp_millis(utc_ms)?;
            Some(i64::from(tz.offset_from_utc_datetime(&t.naive_utc()).fix().local_minus_utc()) * 1000)
        });
        place.unwrap_or(0) + self.ahead_ms
    }

    /// What the clock shows at an instant, as milliseconds since 1970-01-01 of that clock.
    pub fn local_ms(self, utc_ms: i64) -> i64 {
        utc_ms + self.offset_ms(utc_ms)
    }

    /// The instant at which the clock shows a time.
    pub fn utc_of(self, local_ms: i64) -> Instant {
        let at_place = local_ms - self.ahead_ms;
        let Some(tz) = self.place else { return Instant::One(at_place) };
        let Some(t) = DateTime::from_timestamp_millis(at_place) else { return Instant::Never };
        match tz.from_local_datetime(&t.naive_utc()) {
            LocalResult::Single(t) => Instant::One(t.timestamp_millis()),
            LocalResult::Ambiguous(a, b) => {
                let (a, b) = (a.timestamp_millis(), b.timestamp_millis());
                Instant::Twice(a.min(b), a.max(b))
            }
            LocalResult::None => Instant::Never,
        }
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let bad = |near: Option<&str>| {
            let error = Error::usage("time zone", format!("{s:?} is no time zone"));
            match near {
                Some(name) => error.hint(format!("did you mean {name}?")),
                None => error.hint(
                    "write UTC, a distance such as +03:00, an IANA name such as America/New_York, or both: America/New_York+7",
                ),
            }
        };
        let text = s.trim();
        let (name, ahead) = match text.find(['+', '-']).filter(|&i| i == 0 || !text[..i].starts_with("Etc/"))
        {
            // A hyphen may also be part of a name, as in Africa/Porto-Novo.
            Some(i) if text[i + 1..].starts_with(|c: char| c.is_ascii_digit()) => (&text[..i], &text[i..]),
            _ => (text, ""),
        };
        let ahead_ms = if ahead.is_empty() { 0 } else { distance(ahead).ok_or_else(|| bad(None))? };
        if name.is_empty() && ahead.is_empty() {
            return Err(bad(None));
        }
        if matches!(name, "" | "UTC" | "Z" | "GMT") {
            return Ok(Self { place: None, ahead_ms });
        }
        let place = name.parse::<Tz>().map_err(|_| {
            let names = chrono_tz::TZ_VARIANTS.iter().map(|t| t.name());
            bad(nearest(name, names))
        })?;
        Ok(Self { place: Some(place), ahead_ms })
    }
}

/// Milliseconds of `+3`, `-05:30` or `+0300`; less than a day.
fn distance(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at(1) {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (h, m) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "0"),
    };
    let (h, m): (i64, i64) = (h.parse().ok()?, m.parse().ok()?);
    ((0..24).contains(&h) && (0..60).contains(&m)).then(|| sign * (h * 60 + m) * 60_000)
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.place.map_or("UTC", |t| t.name());
        let minutes = self.ahead_ms / 60_000;
        if minutes == 0 {
            return f.write_str(name);
        }
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(f, "{name}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse().map_err(|e: Error| e.to_string())
    }
}

impl From<Zone> for String {
    fn from(z: Zone) -> Self {
        z.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    fn ms(text: &str) -> i64 {
        parse_time(text).unwrap()
    }

    #[test]
    fn daylight_saving_is_known() {
        let ny: Zone = "America/New_York".parse().unwrap();
        assert_eq!(ny.utc_of(ms("2024-01-16 09:30")), Instant::One(ms("2024-01-16 14:30")));
        assert_eq!(ny.utc_of(ms("2024-07-16 09:30")), Instant::One(ms("2024-07-16 13:30")));
        assert_eq!(ny.utc_of(ms("2024-03-10 02:30")), Instant::Never);
        let twice = Instant::Twice(ms("2024-11-03 05:30"), ms("2024-11-03 06:30"));
        assert_eq!(ny.utc_of(ms("2024-11-03 01:30")), twice);
        assert_eq!(ny.local_ms(ms("2024-07-16 13:30")), ms("2024-07-16 09:30"));
        // The clock of many brokers: two hours ahead of UTC in winter and three in New York's summer.
        let broker: Zone = "America/New_York+7".parse().unwrap();
        assert_eq!(broker.offset_ms(ms("2020-03-07 12:00")), 2 * 3_600_000);
        assert_eq!(broker.offset_ms(ms("2020-03-09 12:00")), 3 * 3_600_000);
    }

    #[test]
    fn names_go_round_and_others_are_refused() {
        for text in [
            "UTC",
            "UTC+03:00",
            "UTC-05:30",
            "Europe/Athens",
            "America/New_York+07:00",
            "Etc/GMT-3",
            "Africa/Porto-Novo",
        ] {
            assert_eq!(text.parse::<Zone>().unwrap().to_string(), text);
        }
        assert_eq!("+3".parse::<Zone>().unwrap(), "UTC+03:00".parse().unwrap());
        let e = "America/NewYork".parse::<Zone>().unwrap_err().to_string();
        assert!(e.contains("did you mean America/New_York?"), "{e}");
        for text in ["", "+", "+25", "Mars/Olympus", "é", "UTC+3:99"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }
}
