//! Volume as a source and as confirmation.

use super::{Direction, Vote};
use crate::choices;

choices! {
    /// How the direction of a bar is read and scores are bounded.
    pub enum VolumeRules {
        /// Direction of the bar itself; scores within 0..1.
        Sound = "sound",
        /// Side of the 50-bar average; scores bounded above only.
        Upstream = "upstream",
    }

    /// Size of a bar's volume against its average.
    pub enum SizeClass {
        /// Below 0.7.
        Weak = "WEAK",
        /// Up to 1.5.
        Normal = "NORMAL",
        /// Up to 2.0.
        Strong = "STRONG",
        /// Above 2.0.
        Extreme = "EXTREME",
    }

    /// Activity of a bar.
    pub enum Activity {
        /// Below 0.8.
        Low = "LOW",
        /// Up to 1.8.
        Normal = "NORMAL",
        /// Up to 2.5.
        High = "HIGH",
        /// Above 2.5.
        Extreme = "EXTREME",
    }
}

/// What the volume rules read of one bar.
#[derive(Debug, Clone, Copy, Default)]
pub struct VolumeBar {
    /// Close.
    pub close: f64,
    /// Close before.
    pub close_before: f64,
    /// Volume.
    pub volume: f64,
    /// Volume before.
    pub volume_before: f64,
    /// Volume over its average; 1 where that is 0.
    pub ratio: f64,
    /// Highest high of 20 bars.
    pub highest: f64,
    /// Lowest low of 20 bars.
    pub lowest: f64,
    /// 50-bar exponential average.
    pub ema50: f64,
}

/// What the volume of one bar says.
#[derive(Debug, Clone, Copy)]
pub struct VolumeMetrics {
    /// Volume over its average.
    pub ratio: f64,
    /// Score for a rise, 0..1.
    pub bull: f64,
    /// Score for a fall, 0..1.
    pub bear: f64,
    /// Size class.
    pub size: SizeClass,
    /// Activity class.
    pub activity: Activity,
}

/// Scores one bar.
pub fn volume_metrics(bar: &VolumeBar, rules: VolumeRules) -> VolumeMetrics {
    let ratio = bar.ratio;
    let direction = match rules {
        VolumeRules::Sound => Direction::of(bar.close - bar.close_before),
        VolumeRules::Upstream => Direction::of(bar.close - bar.ema50),
    };
    let (mut bull, mut bear) = (0.0_f64, 0.0_f64);
    match direction {
        Direction::Bullish if ratio > 1.2 => bull += 0.35,
        Direction::Bullish if ratio < 0.8 => bear += 0.20,
        Direction::Bearish if ratio > 1.2 => bear += 0.35,
        Direction::Bearish if ratio < 0.8 => bull += 0.20,
        _ => {}
    }
    if ratio > 1.5 {
        let range = bar.highest - bar.lowest;
        let place = if range > 0.0 { (bar.close - bar.lowest) / range } else { 0.5 };
        if place > 0.6 {
            bull += 0.25;
        } else if place < 0.4 {
            bear += 0.25;
        } else {
            bull += 0.10;
            bear += 0.10;
        }
    }
    let change = if bar.volume > 1.1 * bar.volume_before {
        0.20
    } else if bar.volume < 0.9 * bar.volume_before {
        -0.10
    } else {
        0.0
    };
    match direction {
        Direction::Bullish => bull += change,
        Direction::Bearish => bear += change,
        Direction::Neutral => {}
    }
    let move_pct = 100.0 * (bar.close / bar.close_before - 1.0);
    if move_pct.abs() > 2.0 && ratio > 1.2 {
        if move_pct > 0.0 {
            bull += 0.15;
        } else {
            bear += 0.15;
        }
    }
    let floor = if rules == VolumeRules::Sound { 0.0 } else { f64::NEG_INFINITY };
    VolumeMetrics {
        ratio,
        bull: bull.clamp(floor, 1.0),
        bear: bear.clamp(floor, 1.0),
        size: if ratio < 0.7 {
            SizeClass::Weak
        } else if ratio > 2.0 {
            SizeClass::Extreme
        } else if ratio > 1.5 {
            SizeClass::Strong
        } else {
            SizeClass::Normal
        },
        activity: if ratio < 0.8 {
            Activity::Low
        } else if ratio > 2.5 {
            Activity::Extreme
        } else if ratio > 1.8 {
            Activity::High
        } else {
            Activity::Normal
        },
    }
}

impl VolumeMetrics {
    /// What the source says.
    pub fn contribution(&self) -> Vote {
        let gain = match self.size {
            SizeClass::Extreme => 1.3,
            SizeClass::Strong => 1.2,
            SizeClass::Normal => 1.0,
            SizeClass::Weak => 0.7,
        };
        let direction = if (self.bull - self.bear).abs() < 0.05 {
            Direction::Neutral
        } else {
            Direction::of(self.bull - self.bear)
        };
        let strength = if self.ratio > 1.5 {
            80.0
        } else if self.ratio > 1.2 {
            60.0
        } else if self.ratio > 1.0 {
            50.0
        } else {
            40.0
        };
        Vote::new(direction, (self.bull.max(self.bear) * gain).clamp(0.0, 1.0), strength)
    }

    /// The score of one side; 0 for sideways.
    pub fn score(&self, direction: Direction) -> f64 {
        match direction {
            Direction::Bullish => self.bull,
            Direction::Bearish => self.bear,
            Direction::Neutral => 0.0,
        }
    }

    /// Whether volume confirms a signal: a ratio of at least 1.2 and, by the sound rule, a score of its side above 0.5.
    pub fn confirms(&self, direction: Direction, rules: VolumeRules) -> bool {
        self.ratio >= 1.2 - super::tally::EPSILON
            && (rules == VolumeRules::Upstream || self.score(direction) > 0.5 + super::tally::EPSILON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loud_rise_near_the_high_is_bullish_and_its_mirror_bearish() {
        let bar = VolumeBar {
            close: 103.0,
            close_before: 100.0,
            volume: 200.0,
            volume_before: 100.0,
            ratio: 2.1,
            highest: 104.0,
            lowest: 96.0,
            ema50: 99.0,
        };
        let m = volume_metrics(&bar, VolumeRules::Sound);
        assert!((m.bull - 0.95).abs() < 1e-12 && m.bear == 0.0 && m.size == SizeClass::Extreme);
        assert_eq!(m.contribution(), Vote::new(Direction::Bullish, 1.0, 80.0));
        assert!(m.confirms(Direction::Bullish, VolumeRules::Sound));
        assert!(!m.confirms(Direction::Bearish, VolumeRules::Sound));
        assert!(m.confirms(Direction::Bearish, VolumeRules::Upstream));
        let mirror = VolumeBar { close: 97.0, ..bar };
        let m = volume_metrics(&mirror, VolumeRules::Sound);
        assert!((m.bear - 0.95).abs() < 1e-12 && m.bull == 0.0);
    }
}
