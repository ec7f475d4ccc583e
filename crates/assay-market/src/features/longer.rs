//! Which longer bars a feature is of.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::market::{Anchor, Calendar, DailyHours, Hours, Timeframe, Zone};

/// Longer bars: their length, and where they begin. Written `4h` for whole multiples since 1970-01-01 UTC, `1d/fx` for
/// the sessions of a calendar, `1d/17:00 America/New_York` for a session of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Longer {
    /// Their length.
    pub timeframe: Timeframe,
    /// Where they begin.
    pub anchor: Anchor,
}

impl Longer {
    /// Whole multiples of a length since 1970-01-01 UTC, weeks from Monday on.
    pub fn since_epoch(timeframe: Timeframe) -> Self {
        Self { timeframe, anchor: Anchor::Epoch(Calendar::Always) }
    }

    /// Those of a day that begins and ends at 17:00 of New York, as currencies and metals count it.
    pub fn from_new_york_close(timeframe: Timeframe) -> Self {
        Self { timeframe, anchor: Anchor::Session(Hours::Calendar(Calendar::Fx)) }
    }
}

impl fmt::Display for Longer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timeframe)?;
        match self.anchor {
            Anchor::Epoch(_) => Ok(()),
            Anchor::Session(Hours::Calendar(c)) => write!(f, "/{c}"),
            Anchor::Session(Hours::Daily(d)) => write!(f, "/{d}"),
        }
    }
}

impl FromStr for Longer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (length, anchor) = text.split_once('/').map_or((text, None), |(l, a)| (l, Some(a.trim())));
        let timeframe: Timeframe = length.trim().parse()?;
        let Some(anchor) = anchor else { return Ok(Self::since_epoch(timeframe)) };
        let hours = if anchor.starts_with(|c: char| c.is_ascii_digit()) && anchor.contains(':') {
            let (hours, zone) = anchor.split_once(' ').unwrap_or((anchor, "UTC"));
            Hours::Daily(hours.parse::<DailyHours>()?.at(zone.trim().parse::<Zone>()?))
        } else {
            Hours::Calendar(anchor.parse()?)
        };
        let anchor = Anchor::Session(hours);
        anchor.accepts(timeframe)?;
        Ok(Self { timeframe, anchor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_written_and_refused() {
        for text in
            ["4h", "1d", "1w/fx", "1h/us-equity", "1d/17:00 America/New_York", "2h/09:30-16:00 UTC+03:00"]
        {
            assert_eq!(text.parse::<Longer>().unwrap().to_string(), text);
        }
        assert_eq!("1d / 17:00".parse::<Longer>().unwrap().to_string(), "1d/17:00 UTC");
        for (text, words) in [
            ("4x", "is not a bar length"),
            ("1d/nyse", "is no calendar"),
            ("1d/25:00 UTC", "is no session"),
            ("1d/17:00 America/NewYork", "America/New_York"),
            ("30h/fx", "are no whole number of sessions"),
        ] {
            let e = text.parse::<Longer>().unwrap_err().to_string();
            assert!(e.contains(words), "{e}");
        }
    }
}
