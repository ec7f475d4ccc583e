//! The flow field: volume-weighted returns and the energy of their pressure.

use super::{Direction, Vote};

/// Whether pressure gathers or fades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i8)]
pub enum Energy {
    /// Fading.
    Decelerating = -1,
    /// Neither.
    #[default]
    Stable = 0,
    /// Gathering.
    Accelerating = 1,
}

/// Change of smoothed pressure, relative to its mean, from which energy is not stable.
const ENERGY_CUT: f64 = 0.05;
/// Share of positive flows from which the field is bullish (and below one minus which bearish).
const BULL_SHARE: f64 = 0.6;

/// The field at one bar.
#[derive(Debug, Clone, Copy)]
pub struct FlowField {
    /// Signed force: sum of flows over sum of their sizes, -1..1.
    pub force: f64,
    /// Share of non-zero flows that are positive, 0..1.
    pub bull_share: f64,
    /// Energy of the pressure.
    pub energy: Energy,
}

impl FlowField {
    /// The field, with `pressure` the smoothed pressure of the last five bars, oldest first.
    pub fn new(force: f64, bull_share: f64, pressure: [f64; 5]) -> Self {
        let mean = pressure.iter().sum::<f64>() / 5.0;
        let bend = (pressure[4] - pressure[2]) - (pressure[2] - pressure[0]);
        let relative = if mean > 0.0 { bend / mean } else { 0.0 };
        let energy = if relative > ENERGY_CUT {
            Energy::Accelerating
        } else if relative < -ENERGY_CUT {
            Energy::Decelerating
        } else {
            Energy::Stable
        };
        Self { force, bull_share, energy }
    }

    /// What the source says: a direction only where share and force agree.
    pub fn contribution(&self) -> Vote {
        let direction = if self.bull_share > BULL_SHARE && self.force > 0.0 {
            Direction::Bullish
        } else if self.bull_share < 1.0 - BULL_SHARE && self.force < 0.0 {
            Direction::Bearish
        } else {
            Direction::Neutral
        };
        let force = self.force.abs();
        let confidence = if direction == Direction::Neutral { 0.5 } else { force };
        Vote::new(direction, confidence, 100.0 * force)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_and_force_must_agree() {
        let c = |force, share| FlowField::new(force, share, [1.0; 5]).contribution();
        assert_eq!(c(0.4, 0.7), Vote::new(Direction::Bullish, 0.4, 40.0));
        assert_eq!(c(-0.4, 0.3), Vote::new(Direction::Bearish, 0.4, 40.0));
        assert_eq!(c(-0.4, 0.7), Vote::new(Direction::Neutral, 0.5, 40.0));
    }

    #[test]
    fn energy_is_the_bend_of_pressure() {
        let e = |p| FlowField::new(0.0, 0.5, p).energy;
        assert_eq!(e([1.0, 1.0, 1.0, 1.1, 1.2]), Energy::Accelerating);
        assert_eq!(e([1.0, 1.1, 1.2, 1.2, 1.2]), Energy::Decelerating);
        assert_eq!(e([1.0, 1.1, 1.2, 1.3, 1.4]), Energy::Stable);
        assert_eq!(e([0.0; 5]), Energy::Stable);
    }
}
