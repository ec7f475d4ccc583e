//! The random normal numbers of days that all trials share.

use crate::random::Stream;

/// The first eight bytes of SHA-256("assay-family-max-1"), little endian: one seed for everybody, so that
/// there is none to pick.
const SEED: u64 = 0x6620_de4f_24b7_bfc3;

/// Where the standard normal multipliers of days come from.
pub(super) trait Multipliers: Sync {
    /// Those of draw `draw` for the days from `from` on (since 1970-01-01), one for each place of `out`.
    fn fill(&self, draw: u64, from: i64, out: &mut [f64]);
}

/// Multipliers of calendar days: stream (seed, "family-max", draw), position the day.
pub(super) struct CalendarNormals;

impl Multipliers for CalendarNormals {
    fn fill(&self, draw: u64, from: i64, out: &mut [f64]) {
        let mut stream = Stream::new(SEED, "family-max", draw);
        // Days before 1970 have the last positions of 32 bits, so that the run breaks off at 1970.
        let before = usize::try_from(-from).unwrap_or(0).min(out.len());
        let (early, late) = out.split_at_mut(before);
        for (part, day) in [(early, from), (late, from.max(0))] {
            if !part.is_empty() {
                stream.seek(day.rem_euclid(1 << 32) as u64);
                part.iter_mut().for_each(|g| *g = stream.normal());
            }
        }
    }
}

/// A uniform number inside (0, 1) for the trials that are only counted in draw `draw`.
pub(super) fn uniform_of_the_rest(draw: u64) -> f64 {
    // Half a grid step keeps it away from zero.
    Stream::new(SEED, "family-max-rest", draw).uniform() + 0.5 / 9_007_199_254_740_992.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest;

    #[test]
    fn a_day_has_one_number_wherever_one_begins() {
        let mut long = [0.0; 30];
        CalendarNormals.fill(4, -10, &mut long);
        for (i, want) in long.iter().enumerate() {
            let day = i as i64 - 10;
            let mut one = [0.0];
            CalendarNormals.fill(4, day, &mut one);
            assert_eq!(one[0], *want, "day {day}");
            let position = day.rem_euclid(1 << 32) as u64;
            assert_eq!(Stream::at(SEED, "family-max", 4, position).normal(), *want);
        }
        let mut other = [0.0; 30];
        CalendarNormals.fill(5, -10, &mut other);
        assert!(long.iter().zip(&other).all(|(a, b)| a != b));
        let mut early = [0.0; 4];
        CalendarNormals.fill(4, -10, &mut early);
        assert_eq!(early, long[..4]);
    }

    #[test]
    fn the_seed_is_the_hash_it_is_said_to_be() {
        let hash = sha2::Sha256::digest("assay-family-max-1");
        assert_eq!(SEED.to_le_bytes(), hash[..8]);
    }

    #[test]
    fn the_uniform_number_is_inside_the_open_interval() {
        assert!((0..1000).map(uniform_of_the_rest).all(|u| u > 0.0 && u < 1.0));
    }
}
