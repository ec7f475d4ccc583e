//! What one source says at one bar.

use serde::{Deserialize, Serialize};

use crate::choices;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[repr(i8)]
pub enum Direction {
    /// Down.
    Bearish = -1,
    /// Neither.
    #[default]
    Neutral = 0,
    /// Up.
    Bullish = 1,
}

impl Direction {
    /// Up for a positive number, down for a negative one.
    pub fn of(x: f64) -> Self {
        if x > 0.0 {
            Self::Bullish
        } else if x < 0.0 {
            Self::Bearish
        } else {
            Self::Neutral
        }
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> f64 {
        f64::from(self as i8)
    }

    /// The opposite.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::of(-self.sign())
    }

    /// As a vote: BUY, SELL or HOLD.
    pub fn order_name(self) -> &'static str {
        match self {
            Self::Bullish => "BUY",
            Self::Bearish => "SELL",
            Self::Neutral => "HOLD",
        }
    }
}

choices! {
    /// The seven sources, in their fixed order of summation.
    #[repr(u8)]
    pub enum Source {
        /// Slope of a triple-smoothed close.
        Gradient = "gradient",
        /// Side of the UT-bot trailing stop.
        UtBot = "ut_bot",
        /// Sequence of swing highs and lows.
        Structure = "structure",
        /// Volume-weighted returns.
        Flow = "flow",
        /// Ensemble of five small models.
        Ml = "ml",
        /// Chart and indicator patterns.
        Pattern = "pattern",
        /// Volume against its average.
        Volume = "volume",
    }
}

/// How many sources there are.
pub const SOURCE_COUNT: usize = Source::ALL.len();

/// One source's word at one bar.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vote {
    /// Which way.
    pub direction: Direction,
    /// How sure, 0..1.
    pub confidence: f64,
    /// How strong, 0..100.
    pub strength: f64,
}

impl Vote {
    /// A contribution.
    pub fn new(direction: Direction, confidence: f64, strength: f64) -> Self {
        Self { direction, confidence, strength }
    }
}
