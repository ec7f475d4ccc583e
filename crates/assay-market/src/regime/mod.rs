//! Market regimes: labels, what they are worth, and a model to compare them with. Rules that find them are a
//! system's.

mod evaluate;
mod hmm;
mod stability;

pub use evaluate::{RegimeEvaluation, evaluate};
pub use hmm::{Hmm, HmmOptions, UNKNOWN, Walk, walk_forward};
pub use stability::{Stability, adjusted_rand, best_match, cross_table};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A market regime. The order is fixed: it is the order of tables, columns and colours.
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

impl Regime {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// All, in their fixed order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Trending, Self::Sideways, Self::HighVolatility, Self::Breakout, Self::Quiet];

    /// The code of a bar that has no regime yet (before the warm-up ends).
    pub const NONE_CODE: u8 = u8::MAX;

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

    /// The regime of a code in a column; `None` for [`Regime::NONE_CODE`] and unknown codes.
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
