//! Random entries: the episodes of a run in another order, the flat bars between them permuted as well.

use super::positions::{PathEpisodes, PositionPath};
use super::{LEAST_POSITIONS, placebo_seed};
use crate::random::Stream;

/// The name of this placebo.
pub(super) const ENTRIES: &str = "entries";

/// Another order of the episodes of a path, and of the gaps around them.
#[derive(Debug)]
pub(super) struct Rearrangement {
    pub seed: u64,
    pub order: Vec<usize>,
    pub gaps: Vec<usize>,
}

/// `n` orders.
///
/// # Errors
/// There are too few episodes to tell.
pub(super) fn rearrangements(
    episodes: &PathEpisodes,
    n: u32,
    content: u64,
) -> Result<Vec<Rearrangement>, String> {
    let there_are = episodes.held.len();
    if there_are < LEAST_POSITIONS {
        return Err(format!(
            "{there_are} episodes at whose ends nothing is held on are fewer than {LEAST_POSITIONS}"
        ));
    }
    let one = |k| {
        let seed = placebo_seed(content, ENTRIES, k);
        let mut stream = Stream::new(seed, ENTRIES, 0);
        let mut order: Vec<usize> = (0..there_are).collect();
        let mut gaps = episodes.gaps.clone();
        shuffle(&mut order, &mut stream);
        shuffle(&mut gaps, &mut stream);
        Rearrangement { seed, order, gaps }
    };
    Ok((0..u64::from(n)).map(one).collect())
}

/// Fisher and Yates.
fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, stream.below(last + 1));
    }
}

impl Rearrangement {
    /// The path in this order.
    pub fn of(&self, path: &PositionPath, episodes: &PathEpisodes) -> PositionPath {
        path.rearranged(&episodes.held, &self.order, &self.gaps)
    }
}
