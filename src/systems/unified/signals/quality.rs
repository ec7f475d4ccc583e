//! How good a signal looks: a weighted score of seven components, and the record of how patterns fared so far.

use super::{Direction, PATTERN_COUNT};
use crate::systems::unified::Regime;

/// Wins and trades of each pattern, from trades already closed.
#[derive(Debug, Clone, Default)]
pub struct PatternRecord {
    wins: [u32; PATTERN_COUNT],
    trades: [u32; PATTERN_COUNT],
}

impl PatternRecord {
    /// Counts one closed trade for each of its patterns.
    pub fn add(&mut self, mask: u32, won: bool) {
        for k in (0..PATTERN_COUNT).filter(|k| mask & (1 << k) != 0) {
            self.trades[k] += 1;
            self.wins[k] += u32::from(won);
        }
    }

    /// Mean accuracy of the patterns of a signal, each drawn towards one half by ten pseudo-trades; 0.5 without any.
    pub fn accuracy(&self, mask: u32) -> f64 {
        let of = |k: usize| f64::from(self.wins[k] + 5) / f64::from(self.trades[k] + 10);
        let fired = mask.count_ones();
        if fired == 0 {
            return 0.5;
        }
        (0..PATTERN_COUNT).filter(|k| mask & (1 << k) != 0).map(of).sum::<f64>() / f64::from(fired)
    }
}

/// What the score reads.
#[derive(Debug, Clone, Copy)]
pub struct QualityInputs {
    /// Direction of the signal.
    pub direction: Direction,
    /// Final confidence, 0..1.
    pub confidence: f64,
    /// Share of the winning side, 0..1.
    pub agreement: f64,
    /// Regime.
    pub regime: Regime,
    /// Whether the signal goes with the side of the 50-bar average.
    pub with_average: bool,
    /// Patterns on the bar.
    pub patterns: u32,
    /// Direction the structure source gives.
    pub structure: Direction,
    /// Its confidence, 0..1.
    pub structure_confidence: f64,
    /// Volume score of the signal's side, 0..1.
    pub volume_score: f64,
    /// Target distance over stop distance.
    pub reward_to_risk: f64,
}

/// Weights of confidence, agreement, regime fit, pattern reliability, structure, volume, reward to risk.
const WEIGHTS: [f64; 7] = [0.20, 0.18, 0.15, 0.15, 0.12, 0.12, 0.08];

/// Quality of a signal, 0..1. `accuracy` is [`PatternRecord::accuracy`] of its patterns.
pub fn quality(x: &QualityInputs, accuracy: f64) -> f64 {
    let regime = match x.regime {
        Regime::Trending if x.with_average => 90.0,
        Regime::Trending => 60.0,
        Regime::Sideways | Regime::Quiet => 80.0,
        Regime::HighVolatility => (100.0 * x.confidence).min(50.0),
        Regime::Breakout => 70.0,
    };
    let structure = if x.structure == x.direction {
        100.0 * x.structure_confidence
    } else if x.structure == Direction::Neutral {
        60.0
    } else {
        40.0
    };
    let reward = match x.reward_to_risk {
        r if r > 3.0 => 95.0,
        r if r > 2.0 => 85.0,
        r if r > 1.5 => 75.0,
        r if r > 1.0 => 65.0,
        _ => 40.0,
    };
    let parts = [
        100.0 * x.confidence,
        100.0 * x.agreement,
        regime,
        80.0 * accuracy + (10.0 * f64::from(x.patterns.count_ones())).min(20.0),
        structure,
        100.0 * x.volume_score,
        reward,
    ];
    parts.iter().zip(WEIGHTS).map(|(p, w)| p * w).sum::<f64>() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_shrunk_towards_a_half() {
        let mut r = PatternRecord::default();
        assert_eq!(r.accuracy(0), 0.5);
        assert_eq!(r.accuracy(1), 0.5);
        for _ in 0..10 {
            r.add(0b11, true);
        }
        assert_eq!(r.accuracy(1), 0.75);
        r.add(0b10, false);
        assert_eq!(r.accuracy(0b10), 15.0 / 21.0);
    }

    #[test]
    fn the_score_is_the_weighted_mean_of_its_parts() {
        let x = QualityInputs {
            direction: Direction::Bullish,
            confidence: 0.8,
            agreement: 0.7,
            regime: Regime::Trending,
            with_average: true,
            patterns: 0,
            structure: Direction::Bullish,
            structure_confidence: 0.8,
            volume_score: 0.55,
            reward_to_risk: 4.0 / 3.0,
        };
        let want =
            (80.0 * 0.2 + 70.0 * 0.18 + 90.0 * 0.15 + 40.0 * 0.15 + 80.0 * 0.12 + 55.0 * 0.12 + 65.0 * 0.08)
                / 100.0;
        assert!((quality(&x, 0.5) - want).abs() < 1e-12);
    }
}
