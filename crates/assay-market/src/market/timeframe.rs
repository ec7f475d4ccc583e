//! The length of a bar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The length of a bar in milliseconds, written `1m`, `15m`, `1h`, `4h`, `1d`, `1w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timeframe(i64);

impl Timeframe {
    /// One hour.
    pub const H1: Self = Self(3_600_000);
    /// One day.
    pub const D1: Self = Self(86_400_000);

    /// A timeframe of `ms` milliseconds; `None` unless positive.
    #[inline]
    pub fn from_ms(ms: i64) -> Option<Self> {
        (ms > 0).then_some(Self(ms))
    }

    /// Its length in milliseconds.
    #[inline]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Its length in seconds.
    #[inline]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// How many fit in a year of a market that is open on `days_per_year` days, 24 hours each.
    #[inline]
    pub fn per_year(self, days_per_year: f64) -> f64 {
        days_per_year * (Self::D1.0 as f64 / self.0 as f64)
    }

    /// How many whole bars cover `ms` milliseconds, rounded up, at least one.
    #[inline]
    pub fn bars_in(self, ms: i64) -> usize {
        (ms.max(1) as u64).div_ceil(self.0 as u64) as usize
    }
}

const UNITS: [(&str, i64); 5] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

impl fmt::Display for Timeframe {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
                .hint("write a number and a unit: 1m, 15m, 1h, 4h, 1d, 1w")
        };
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
        for text in ["1m", "15m", "1h", "4h", "1d", "1w", "90s", "1500ms"] {
            assert_eq!(text.parse::<Timeframe>().unwrap().to_string(), text);
        }
        for text in ["", "h", "0h", "-1h", "1x", "1.5h", "99999999999999w"] {
            assert!(text.parse::<Timeframe>().is_err(), "{text}");
        }
    }

    #[test]
    fn counts_bars() {
        assert_eq!(Timeframe::H1.per_year(365.0), 8760.0);
        assert_eq!(Timeframe::D1.per_year(252.0), 252.0);
        assert_eq!(Timeframe::H1.bars_in(1_200_000), 1);
        assert_eq!(Timeframe::H1.bars_in(3_600_001), 2);
    }
}
