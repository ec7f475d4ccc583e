//! The five regimes of the unified framework: what a synthetic history may know of the bars it made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::regime::{RegimeKind, RegimeScheme, Rgb};

/// One of five regimes. The order is fixed: it is the order of tables, columns and colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[repr(u8)]
pub enum Regime {
    /// Directional movement.
    Trending = 0,
    /// Movement inside a range.
    Sideways = 1,
    /// Large movement either way.
    HighVolatility = 2,
    /// A range being left.
    Breakout = 3,
    /// Hardly any movement.
    Quiet = 4,
}

/// The scheme of these five, in the colours of P. Tol's "bright" scheme that colour-blind readers tell apart best.
pub static REGIMES: RegimeScheme = RegimeScheme::fixed("unified", &KINDS);

static KINDS: [RegimeKind; 5] = [
    RegimeKind::tagged("TRENDING", "TR", Rgb(0x44, 0x77, 0xAA)),
    RegimeKind::tagged("SIDEWAYS", "SW", Rgb(0xCC, 0xBB, 0x44)),
    RegimeKind::tagged("HIGH_VOLATILITY", "HV", Rgb(0xEE, 0x66, 0x77)),
    RegimeKind::tagged("BREAKOUT", "BO", Rgb(0xAA, 0x33, 0x77)),
    RegimeKind::tagged("QUIET", "QT", Rgb(0x66, 0xCC, 0xEE)),
];

impl Regime {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// All, in their fixed order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Trending, Self::Sideways, Self::HighVolatility, Self::Breakout, Self::Quiet];

    /// Its name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trending => "TRENDING",
            Self::Sideways => "SIDEWAYS",
            Self::HighVolatility => "HIGH_VOLATILITY",
            Self::Breakout => "BREAKOUT",
            Self::Quiet => "QUIET",
        }
    }

    /// Its place in [`Regime::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The regime of a code in a column; `None` for [`NO_REGIME`](crate::regime::NO_REGIME) and unknown codes.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Regime {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|r| r.name() == s).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_that_of_the_five() {
        REGIMES.check().unwrap();
        assert_eq!(REGIMES.names(), Regime::ALL.map(Regime::name));
        assert!(Regime::ALL.iter().all(|r| REGIMES.code(r.name()) == Some(*r as u8)));
    }
}
