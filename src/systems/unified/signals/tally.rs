//! From contributions to one direction.

use super::{Direction, SOURCE_COUNT, Vote};
use crate::choices;

choices! {
    /// What a side's mass is measured against.
    pub enum VoteNorm {
        /// The mass of all sides: weight times confidence.
        ConfidenceMass = "confidence_mass",
        /// The sum of weights.
        TotalWeight = "total_weight",
    }
}

/// Two numbers nearer than this count as equal when a rule compares them.
pub(crate) const EPSILON: f64 = 1e-9;

/// Outcome of a vote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoteTally {
    /// The winning side, sideways for HOLD.
    pub direction: Direction,
    /// The larger side, whether or not it wins.
    pub leaning: Direction,
    /// Share of the larger side, 0..1.
    pub agreement: f64,
    /// Confidence before boosts, 0..1.
    pub base: f64,
}

/// Weighs the contributions: `mass = weight * confidence`, summed by side in the order of the sources. A side wins
/// where its share exceeds `min_share`; a tie is HOLD.
///
/// Base confidence is `0.4 * mean + 0.6 * share`, with the weighted mean confidence of the agreeing sources
/// (confidence mass) or the plain mean of all and the largest share, sideways included (total weight).
pub fn vote(
    contributions: &[Vote; SOURCE_COUNT],
    weights: &[f64; SOURCE_COUNT],
    norm: VoteNorm,
    min_share: f64,
) -> VoteTally {
    let (mut up, mut down, mut flat) = (0.0, 0.0, 0.0);
    let (mut up_weight, mut down_weight, mut all_weight) = (0.0, 0.0, 0.0);
    for (c, w) in contributions.iter().zip(weights) {
        let mass = w * c.confidence;
        all_weight += w;
        match c.direction {
            Direction::Bullish => {
                up += mass;
                up_weight += w;
            }
            Direction::Bearish => {
                down += mass;
                down_weight += w;
            }
            Direction::Neutral => flat += mass,
        }
    }
    let leaning = if (up - down).abs() <= EPSILON { Direction::Neutral } else { Direction::of(up - down) };
    let side = up.max(down);
    let total = match norm {
        VoteNorm::ConfidenceMass => up + down + flat,
        VoteNorm::TotalWeight => all_weight,
    };
    let agreement = if total > 0.0 { side / total } else { 0.0 };
    let direction = if agreement > min_share + EPSILON { leaning } else { Direction::Neutral };
    let base = match norm {
        VoteNorm::ConfidenceMass => {
            let weight = if down > up { down_weight } else { up_weight };
            0.4 * if weight > 0.0 { side / weight } else { 0.0 } + 0.6 * agreement
        }
        VoteNorm::TotalWeight => {
            // A confidence of zero reads as 0.5 upstream; sources without weight are not there.
            let heard = |w: &f64| *w > 0.0;
            let count = weights.iter().filter(|w| heard(w)).count().max(1) as f64;
            let mean = contributions
                .iter()
                .zip(weights)
                .filter(|(_, w)| heard(w))
                .map(|(c, _)| if c.confidence == 0.0 { 0.5 } else { c.confidence })
                .sum::<f64>()
                / count;
            0.4 * mean + 0.6 * side.max(flat) / all_weight
        }
    };
    VoteTally { direction, leaning, agreement, base }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(direction: Direction) -> [Vote; SOURCE_COUNT] {
        [Vote::new(direction, 0.7, 50.0); SOURCE_COUNT]
    }

    const W: [f64; SOURCE_COUNT] = [0.35, 0.10, 0.20, 0.10, 0.05, 0.10, 0.10];

    #[test]
    fn one_voice_is_full_agreement() {
        let v = vote(&all(Direction::Bullish), &W, VoteNorm::ConfidenceMass, 0.6);
        assert_eq!(v.direction, Direction::Bullish);
        assert!((v.agreement - 1.0).abs() < 1e-12 && (v.base - 0.88).abs() < 1e-12);
        let v = vote(&all(Direction::Bullish), &W, VoteNorm::TotalWeight, 0.6);
        assert!((v.agreement - 0.7).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_exactly_the_bound_holds() {
        // Shares of 0.6 and 0.4: the bound must be exceeded, rounding must not do it.
        let mut c = all(Direction::Bullish);
        c[0].direction = Direction::Bearish;
        let v = vote(&c, &[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], VoteNorm::ConfidenceMass, 0.6);
        assert!((v.agreement - 0.6).abs() < 1e-9);
        assert_eq!(v.direction, Direction::Neutral);
        assert_eq!(v.leaning, Direction::Bullish);
    }

    #[test]
    fn a_tie_holds() {
        let mut c = all(Direction::Bullish);
        c[0].direction = Direction::Bearish;
        let v = vote(&c, &[0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05], VoteNorm::ConfidenceMass, 0.1);
        assert_eq!(v.direction, Direction::Neutral);
    }
}
