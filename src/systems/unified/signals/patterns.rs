//! Seven families of patterns, with mirrors for the falling side.

use super::{Direction, Vote};
use crate::choices;

choices! {
    /// How patterns are read.
    pub enum PatternRules {
        /// Volume against its average, events instead of states, counts of the signal's own side.
        Sound = "sound",
        /// Volume against the bar before, states, counts of either side.
        Upstream = "upstream",
    }
}

/// How many patterns there are.
pub const PATTERN_COUNT: usize = 14;

/// Names in table order; bit `k` of a mask is the `k`-th. The last two are the confluence of the others.
pub const PATTERN_NAMES: [&str; PATTERN_COUNT] = [
    "SUPPORT_BOUNCE",
    "RESISTANCE_REJECTION",
    "RESISTANCE_BREAK",
    "SUPPORT_BREAK",
    "BREAKOUT",
    "BREAKDOWN",
    "REVERSAL_BULLISH",
    "REVERSAL_BEARISH",
    "MA_CROSSOVER_BULLISH",
    "MA_CROSSOVER_BEARISH",
    "MACD_BULLISH",
    "MACD_BEARISH",
    "CONFLUENCE_BULLISH",
    "CONFLUENCE_BEARISH",
];

/// Bits of the patterns that say "up": every even one.
const BULLISH: u32 = 0b01_0101_0101_0101;
const CONFLUENCE_BITS: u32 = 0b11 << 12;
const REVERSAL_BITS: u32 = 0b11 << 6;

/// Names of the patterns in a mask, in table order.
pub fn pattern_names(mask: u32) -> impl Iterator<Item = &'static str> {
    (0..PATTERN_COUNT).filter(move |k| mask & (1 << k) != 0).map(|k| PATTERN_NAMES[k])
}

/// What the patterns read of one bar and the bar before (`_before`); prices unless said otherwise.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct PatternBar {
    pub close: f64,
    pub close_before: f64,
    pub high: f64,
    pub low: f64,
    pub volume: f64,
    pub volume_before: f64,
    /// Volume over its average.
    pub volume_ratio: f64,
    pub rsi: f64,
    pub macd_hist: f64,
    /// NaN where unknown: no crossing is seen then.
    pub macd_hist_before: f64,
    pub ema20: f64,
    pub ema50: f64,
    pub ema20_before: f64,
    pub ema50_before: f64,
    pub band_high: f64,
    pub band_low: f64,
    /// NaN where unknown: the patterns that need it do not fire.
    pub support: f64,
    pub resistance: f64,
}

/// Thresholds of the patterns.
#[derive(Debug, Clone, Copy)]
pub struct PatternLimits {
    /// Volume ratio that counts as confirmation.
    pub volume_ratio: f64,
    /// Distance from a level that counts as confirmation, fraction.
    pub price_move: f64,
    /// Distance beyond a broken level that counts as confirmation, fraction.
    pub break_move: f64,
    /// RSI below which a rise is a reversal.
    pub rsi_low: f64,
    /// RSI above which a fall is a reversal.
    pub rsi_high: f64,
    /// Patterns of one side that make a confluence.
    pub confluence_min: usize,
    /// Whether the falling mirrors exist.
    pub symmetric: bool,
    /// How patterns are read.
    pub rules: PatternRules,
}

/// The patterns of one bar (or of a window of bars).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternSet {
    /// Bit `k` set where pattern `k` fired.
    pub mask: u32,
    confidence: [f64; PATTERN_COUNT],
    strength: [f64; PATTERN_COUNT],
    reversal_on_volume: bool,
}

impl PatternSet {
    /// No pattern.
    pub const EMPTY: Self = Self {
        mask: 0,
        confidence: [0.0; PATTERN_COUNT],
        strength: [0.0; PATTERN_COUNT],
        reversal_on_volume: false,
    };

    fn fire(&mut self, k: usize, confidence: f64, strength: f64) {
        self.mask |= 1 << k;
        self.confidence[k] = confidence;
        self.strength[k] = strength;
    }

    /// Adds what fired on an earlier bar of the window and has not fired since; confluence is counted afresh.
    #[must_use]
    pub fn with_earlier(mut self, earlier: &Self, limits: &PatternLimits) -> Self {
        for k in 0..12 {
            if earlier.mask & !self.mask & (1 << k) != 0 {
                self.fire(k, earlier.confidence[k], earlier.strength[k]);
            }
        }
        self.reversal_on_volume |= earlier.reversal_on_volume;
        self.mask &= !CONFLUENCE_BITS;
        self.count_confluence(limits);
        self
    }

    fn side(&self, direction: Direction) -> u32 {
        match direction {
            Direction::Bullish => self.mask & BULLISH,
            Direction::Bearish => self.mask & !BULLISH,
            Direction::Neutral => 0,
        }
    }

    /// Patterns of one side, confluence left out.
    pub fn count(&self, direction: Direction) -> usize {
        (self.side(direction) & !CONFLUENCE_BITS).count_ones() as usize
    }

    fn count_confluence(&mut self, limits: &PatternLimits) {
        let (up, down) = (self.count(Direction::Bullish), self.count(Direction::Bearish));
        let bull = match limits.rules {
            PatternRules::Sound => up > down,
            PatternRules::Upstream => up >= limits.confluence_min,
        };
        let n = if bull { up } else { down };
        let decided = up != down || limits.rules == PatternRules::Upstream;
        if n >= limits.confluence_min && decided {
            let n = n as f64;
            self.fire(if bull { 12 } else { 13 }, (0.70 + 0.10 * n).min(0.95), (70.0 + 10.0 * n).min(100.0));
        }
    }

    /// Patterns that support a signal of this direction.
    pub fn confluence(&self, direction: Direction, rules: PatternRules) -> usize {
        match rules {
            PatternRules::Sound => self.count(direction),
            PatternRules::Upstream => {
                let quiet = if self.reversal_on_volume { 0 } else { REVERSAL_BITS };
                (self.mask & !quiet).count_ones() as usize
            }
        }
    }

    /// The pattern of the highest confidence, the first of equals; `None` where none fired.
    pub fn primary(&self) -> Option<usize> {
        let fired = (0..PATTERN_COUNT).filter(|k| self.mask & (1 << k) != 0);
        fired.fold(None, |best: Option<usize>, k| match best {
            Some(b) if self.confidence[b] >= self.confidence[k] => Some(b),
            _ => Some(k),
        })
    }

    /// Confidence of pattern `k`, 0 where it did not fire.
    pub fn confidence(&self, k: usize) -> f64 {
        self.confidence[k]
    }

    /// What the source says: the side with more patterns, at their mean confidence.
    pub fn contribution(&self, rules: PatternRules) -> Vote {
        let (up, down) = (self.count(Direction::Bullish), self.count(Direction::Bearish));
        let direction = Direction::of(up as f64 - down as f64);
        let mask = match rules {
            PatternRules::Sound => self.side(direction),
            PatternRules::Upstream => self.mask,
        };
        if mask == 0 {
            return Vote::new(Direction::Neutral, 0.5, 50.0);
        }
        let n = f64::from(mask.count_ones());
        let mean = |values: &[f64; PATTERN_COUNT]| {
            (0..PATTERN_COUNT).filter(|k| mask & (1 << k) != 0).map(|k| values[k]).sum::<f64>() / n
        };
        Vote::new(direction, mean(&self.confidence), mean(&self.strength))
    }
}

/// Detects the patterns of one bar.
pub fn detect_patterns(bar: &PatternBar, limits: &PatternLimits) -> PatternSet {
    let mut set = PatternSet::EMPTY;
    let detector = Detector::new(bar, limits);
    detector.bounces(&mut set);
    detector.level_breaks(&mut set);
    detector.bands(&mut set);
    detector.reversals(&mut set);
    detector.average_crossings(&mut set);
    detector.histogram_crossings(&mut set);
    set.count_confluence(limits);
    set
}

/// A bar and how loud it is. A comparison with an unknown (NaN) level is false.
struct Detector<'a> {
    bar: &'a PatternBar,
    limits: &'a PatternLimits,
    /// Whether the rules are [`PatternRules::Sound`].
    sound: bool,
    /// Volume against what the rules compare it with.
    volume_ratio: f64,
    /// Whether volume confirms a bounce.
    loud: bool,
    /// Whether volume confirms the break of a level or of a band.
    break_loud: bool,
}

impl<'a> Detector<'a> {
    #[inline]
    fn new(bar: &'a PatternBar, limits: &'a PatternLimits) -> Self {
        let sound = limits.rules == PatternRules::Sound;
        let volume_ratio = match limits.rules {
            PatternRules::Sound => bar.volume_ratio,
            PatternRules::Upstream if bar.volume_before > 0.0 => bar.volume / bar.volume_before,
            PatternRules::Upstream => 1.0,
        };
        let loud = volume_ratio > limits.volume_ratio;
        // Upstream confirms breaks at 1.3 whatever the knob says.
        let break_loud = if sound { loud } else { volume_ratio > 1.3 };
        Self { bar, limits, sound, volume_ratio, loud, break_loud }
    }

    /// A close that comes back from a level.
    #[inline]
    fn bounces(&self, set: &mut PatternSet) {
        let (c, before) = (self.bar.close, self.bar.close_before);
        let (support, resistance) = (self.bar.support, self.bar.resistance);
        let touched = before <= support || (self.sound && self.bar.low <= 1.002 * support);
        self.bounce(set, 0, touched && c > support, (c - support) / support);
        if self.limits.symmetric {
            let touched = before >= resistance || (self.sound && self.bar.high >= 0.998 * resistance);
            self.bounce(set, 1, touched && c < resistance, (resistance - c) / resistance);
        }
    }

    /// Fires `k` where a level was touched and held, and volume or the distance `away` from it confirms that.
    #[inline]
    fn bounce(&self, set: &mut PatternSet, k: usize, held: bool, away: f64) {
        let moved = away > self.limits.price_move;
        if held && (self.loud || moved) {
            let (mut confidence, mut strength) = (0.75, 75.0);
            if self.loud {
                confidence += 0.08;
                strength += 12.0;
            }
            if moved {
                confidence += 0.05;
                strength += 8.0;
            }
            set.fire(k, f64::min(confidence, 0.90), f64::min(strength, 100.0));
        }
    }

    /// A close on the other side of a level.
    #[inline]
    fn level_breaks(&self, set: &mut PatternSet) {
        let (c, before) = (self.bar.close, self.bar.close_before);
        let (support, resistance) = (self.bar.support, self.bar.resistance);
        self.level_break(set, 2, before <= resistance && resistance < c, (c - resistance) / resistance);
        if self.limits.symmetric {
            self.level_break(set, 3, before >= support && support > c, (support - c) / support);
        }
    }

    /// Fires `k` where a level was crossed; volume and the distance `beyond` it make it surer.
    #[inline]
    fn level_break(&self, set: &mut PatternSet, k: usize, crossed: bool, beyond: f64) {
        if crossed {
            let far = beyond > self.limits.break_move;
            let confidence = 0.75 + if self.break_loud { 0.10 } else { 0.0 } + if far { 0.05 } else { 0.0 };
            let strength = 75.0 + if self.break_loud { 15.0 } else { 0.0 } + if far { 10.0 } else { 0.0 };
            set.fire(k, f64::min(confidence, 0.95), strength);
        }
    }

    /// A close outside the bands.
    #[inline]
    fn bands(&self, set: &mut PatternSet) {
        let band = if self.break_loud { (0.90, 95.0) } else { (0.80, 80.0) };
        if self.bar.close > self.bar.band_high {
            set.fire(4, band.0, band.1);
        }
        if self.limits.symmetric && self.bar.close < self.bar.band_low {
            set.fire(5, band.0, band.1);
        }
    }

    /// A close that turns where the RSI is at an end of its range.
    #[inline]
    fn reversals(&self, set: &mut PatternSet) {
        let (c, before) = (self.bar.close, self.bar.close_before);
        let on_volume = self.volume_ratio > 1.2;
        let reversal = if on_volume { (0.85, 85.0) } else { (0.75, 75.0) };
        set.reversal_on_volume = on_volume;
        if self.bar.rsi < self.limits.rsi_low && c > before {
            set.fire(6, reversal.0, reversal.1);
        }
        if self.bar.rsi > self.limits.rsi_high && c < before {
            set.fire(7, reversal.0, reversal.1);
        }
    }

    /// Moving averages that cross each other, or upstream a close that crosses both.
    #[inline]
    fn average_crossings(&self, set: &mut PatternSet) {
        let bar = self.bar;
        let (c, before) = (bar.close, bar.close_before);
        let (e20, e50) = (bar.ema20, bar.ema50);
        let (up, down) = if self.sound {
            let (e20_before, e50_before) = (bar.ema20_before, bar.ema50_before);
            (e20_before <= e50_before && e20 > e50, e20_before >= e50_before && e20 < e50)
        } else {
            (before <= e50 && c > e20 && e20 > e50, before >= e50 && c < e20 && e20 < e50)
        };
        if up {
            set.fire(8, 0.80, 80.0);
        }
        if down {
            set.fire(9, 0.80, 80.0);
        }
    }

    /// A MACD histogram that changes sign. Upstream never passes it on, so its MACD pattern never fires.
    #[inline]
    fn histogram_crossings(&self, set: &mut PatternSet) {
        let (hist, before) = (self.bar.macd_hist, self.bar.macd_hist_before);
        if self.sound {
            if before <= 0.0 && hist > 0.0 {
                set.fire(10, 0.75, 75.0);
            }
            if before >= 0.0 && hist < 0.0 {
                set.fire(11, 0.75, 75.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const LIMITS: PatternLimits = PatternLimits {
        volume_ratio: 1.5,
        price_move: 0.02,
        break_move: 0.015,
        rsi_low: 30.0,
        rsi_high: 70.0,
        confluence_min: 3,
        symmetric: true,
        rules: PatternRules::Sound,
    };

    const CALM: PatternBar = PatternBar {
        close: 100.0,
        close_before: 100.0,
        high: 100.5,
        low: 99.5,
        volume: 100.0,
        volume_before: 100.0,
        volume_ratio: 1.0,
        rsi: 50.0,
        macd_hist: 0.1,
        macd_hist_before: 0.1,
        ema20: 100.0,
        ema50: 100.0,
        ema20_before: 100.0,
        ema50_before: 100.0,
        band_high: 105.0,
        band_low: 95.0,
        support: f64::NAN,
        resistance: f64::NAN,
    };

    fn names(bar: PatternBar) -> Vec<&'static str> {
        pattern_names(detect_patterns(&bar, &LIMITS).mask).collect()
    }

    #[test]
    fn each_family_fires_on_its_bar_and_its_mirror_on_the_mirror() {
        assert!(names(CALM).is_empty());
        let bounce = PatternBar { support: 99.6, volume_ratio: 1.6, ..CALM };
        assert_eq!(names(bounce), ["SUPPORT_BOUNCE"]);
        let rejection = PatternBar { resistance: 100.4, volume_ratio: 1.6, ..CALM };
        assert_eq!(names(rejection), ["RESISTANCE_REJECTION"]);
        let up = PatternBar { resistance: 100.0, close: 101.0, ..CALM };
        assert_eq!(names(up), ["RESISTANCE_BREAK"]);
        let down = PatternBar { support: 100.0, close: 99.0, ..CALM };
        assert_eq!(names(down), ["SUPPORT_BREAK"]);
        assert_eq!(names(PatternBar { band_high: 99.9, ..CALM }), ["BREAKOUT"]);
        assert_eq!(names(PatternBar { band_low: 100.1, ..CALM }), ["BREAKDOWN"]);
        assert_eq!(names(PatternBar { rsi: 25.0, close: 100.1, ..CALM }), ["REVERSAL_BULLISH"]);
        assert_eq!(names(PatternBar { rsi: 75.0, close: 99.9, ..CALM }), ["REVERSAL_BEARISH"]);
        assert_eq!(names(PatternBar { ema20: 100.1, ..CALM }), ["MA_CROSSOVER_BULLISH"]);
        assert_eq!(names(PatternBar { ema20: 99.9, ..CALM }), ["MA_CROSSOVER_BEARISH"]);
        assert_eq!(names(PatternBar { macd_hist_before: -0.1, ..CALM }), ["MACD_BULLISH"]);
        assert_eq!(names(PatternBar { macd_hist: -0.1, ..CALM }), ["MACD_BEARISH"]);
    }

    #[test]
    fn three_of_a_side_are_a_confluence() {
        let bar = PatternBar { band_high: 99.9, ema20: 100.1, macd_hist_before: -0.1, ..CALM };
        let set = detect_patterns(&bar, &LIMITS);
        assert_eq!(set.mask & CONFLUENCE_BITS, 1 << 12);
        assert_eq!(set.confluence(Direction::Bullish, PatternRules::Sound), 3);
        assert_eq!(set.confluence(Direction::Bearish, PatternRules::Sound), 0);
        let c = set.contribution(PatternRules::Sound);
        assert!((c.confidence - (0.80 + 0.80 + 0.75 + 0.95) / 4.0).abs() < 1e-12);
        assert_eq!(PATTERN_NAMES[set.primary().unwrap()], "CONFLUENCE_BULLISH");
    }

    #[test]
    fn a_window_keeps_what_fired_before() {
        let first = detect_patterns(&PatternBar { band_high: 99.9, ..CALM }, &LIMITS);
        let second = detect_patterns(&PatternBar { ema20: 100.1, ..CALM }, &LIMITS);
        let both = second.with_earlier(&first, &LIMITS);
        assert_eq!(both.count(Direction::Bullish), 2);
        assert_eq!(
            detect_patterns(&CALM, &LIMITS).with_earlier(&PatternSet::EMPTY, &LIMITS),
            PatternSet::EMPTY
        );
    }
}
