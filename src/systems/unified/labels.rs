//! Rule-based regimes: fixed cuts on volatility, trend strength, range width and breaks.

use super::Regime;
use crate::choices;

choices! {
    /// In which order the rules are tried; the first match wins.
    pub enum RegimeOrder {
        /// The order that meets all documented expectations.
        Sound = "sound",
        /// The upstream order.
        Upstream = "upstream",
    }
}

choices! {
    /// Level of volatility.
    #[derive(PartialOrd, Ord)]
    #[repr(u8)]
    #[allow(missing_docs)]
    pub enum VolatilityLevel {
        Low = "LOW",
        Medium = "MEDIUM",
        High = "HIGH",
        Extreme = "EXTREME",
    }
}

impl VolatilityLevel {
    /// How many of the three rising `cuts` the value exceeds.
    pub fn of(value: f64, cuts: [f64; 3]) -> Self {
        match cuts.iter().filter(|c| value > **c).count() {
            0 => Self::Low,
            1 => Self::Medium,
            2 => Self::High,
            _ => Self::Extreme,
        }
    }
}

/// Direction of volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
#[allow(missing_docs)]
pub enum VolatilityDirection {
    Falling = -1,
    Stable = 0,
    Rising = 1,
}

impl VolatilityDirection {
    /// From the ATR over its mean: above 1.10 rising, below 0.90 falling.
    pub fn of(ratio: f64) -> Self {
        if ratio > 1.10 {
            Self::Rising
        } else if ratio < 0.90 {
            Self::Falling
        } else {
            Self::Stable
        }
    }
}

/// What the rules read.
#[derive(Debug, Clone, Copy)]
pub struct RegimeInputs {
    /// Level of volatility.
    pub level: VolatilityLevel,
    /// Direction of volatility.
    pub trend: VolatilityDirection,
    /// Trend strength, 0..100.
    pub trend_strength: f64,
    /// Range of 20 bars over close, divided by the scale of the timeframe.
    pub range_width: f64,
    /// Breaks of structure in 20 bars.
    pub breaks: u8,
}

/// A label with its strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeLabel {
    /// The regime.
    pub regime: Regime,
    /// How clear it is, 0..100.
    pub strength: f64,
    /// Whether no rule matched, so that TRENDING is a leftover.
    pub fallback: bool,
}

/// Labels one bar.
pub fn classify(x: &RegimeInputs, order: RegimeOrder) -> RegimeLabel {
    use VolatilityLevel::{Extreme, High, Low};
    let ts = x.trend_strength;
    let rising = x.trend == VolatilityDirection::Rising;
    let label = |regime, strength| RegimeLabel { regime, strength, fallback: false };
    let trending = label(Regime::Trending, (ts + 10.0).min(100.0));
    let volatile = label(Regime::HighVolatility, 85.0);
    let breakout = label(Regime::Breakout, 75.0);
    let sideways = label(Regime::Sideways, (100.0 - ts).min(100.0));
    let quiet = label(Regime::Quiet, 70.0);
    let found = match order {
        RegimeOrder::Sound => match x.level {
            Extreme => Some(volatile),
            High if x.breaks > 3 => Some(breakout),
            _ if ts > 60.0 => Some(trending),
            High if rising => Some(volatile),
            Low if ts < 35.0 && x.range_width <= 0.015 => Some(quiet),
            l if l < High && ts < 40.0 && x.range_width < 0.05 => Some(sideways),
            Low if ts < 35.0 => Some(quiet),
            _ => None,
        },
        RegimeOrder::Upstream => match x.level {
            l if ts > 60.0 && l != Extreme => Some(trending),
            Extreme => Some(volatile),
            High if rising => Some(volatile),
            High if x.breaks > 3 => Some(breakout),
            Low if ts < 40.0 && x.range_width < 0.05 => Some(sideways),
            Low if ts < 35.0 => Some(quiet),
            _ => None,
        },
    };
    found.unwrap_or(RegimeLabel { regime: Regime::Trending, strength: 50.0, fallback: true })
}

/// When a label may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hysteresis {
    /// Detections of the new regime that it takes.
    pub detections: usize,
    /// Bars among which they are counted, the last one included.
    pub window_bars: usize,
    /// Bars since the last change.
    pub stay_bars: usize,
}

/// Labels that change only after enough detections and long enough after the last change.
///
/// Row `i` depends on rows `0..=i`.
pub fn with_hysteresis(raw: &[Regime], rule: Hysteresis) -> Vec<Regime> {
    let mut out: Vec<Regime> = Vec::with_capacity(raw.len());
    let mut last_flip = 0;
    for (t, &seen) in raw.iter().enumerate() {
        let held = out.last().copied().unwrap_or(seen);
        let window = &raw[(t + 1).saturating_sub(rule.window_bars)..=t];
        let often = || window.iter().filter(|r| **r == seen).count() >= rule.detections;
        if seen != held && t - last_flip >= rule.stay_bars && often() {
            last_flip = t;
            out.push(seen);
        } else {
            out.push(held);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use Regime::{Quiet, Sideways};

    #[test]
    fn hysteresis_ignores_a_single_bar() {
        let raw = [Sideways, Sideways, Sideways, Quiet, Sideways, Sideways, Quiet, Quiet, Quiet];
        let want = [Sideways, Sideways, Sideways, Sideways, Sideways, Sideways, Quiet, Quiet, Quiet];
        assert_eq!(with_hysteresis(&raw, Hysteresis { detections: 2, window_bars: 5, stay_bars: 3 }), want);
        // One detection at once is no rule at all.
        assert_eq!(with_hysteresis(&raw, Hysteresis { detections: 1, window_bars: 1, stay_bars: 0 }), raw);
        // Three of three, and then for six bars.
        let slow = with_hysteresis(&raw, Hysteresis { detections: 3, window_bars: 3, stay_bars: 6 });
        assert_eq!(slow, [[Sideways; 8].as_slice(), &[Quiet]].concat());
    }
}
