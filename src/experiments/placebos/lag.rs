//! Lags: the positions moved around the history in a circle, exposure and holding times kept.

use std::collections::HashSet;

use super::positions::PositionPath;
use super::{LEAST_POSITIONS, placebo_seed};
use crate::random::Stream;

/// The name of this placebo.
pub(super) const LAG: &str = "lag";

/// Least distance of a lag from none, to either side: a lag near zero is the run itself, and one near the length of the
/// history a look ahead, as far as anything that the system remembers of its bars reaches.
pub(super) fn least_lag(path: &PositionPath, warmup: usize) -> usize {
    2 * (warmup + path.longest())
}

/// Up to `n` lags, none twice, each with its seed; fewer where there are not so many.
///
/// # Errors
/// The positions cannot tell: why.
pub(super) fn lags(
    path: &PositionPath,
    warmup: usize,
    n: u32,
    content: u64,
) -> Result<Vec<(u64, usize)>, String> {
    let (steps, least) = (path.steps, least_lag(path, warmup).max(1));
    if steps < 4 * least {
        return Err(format!(
            "{steps} closes are fewer than four times the least lag of {least} bars: twice the warm-up and the longest position"
        ));
    }
    let positions = path.positions();
    if positions < LEAST_POSITIONS {
        return Err(format!("{positions} positions are fewer than {LEAST_POSITIONS}"));
    }
    let there_are = steps - 2 * least + 1;
    let mut taken = HashSet::new();
    let one = |k| {
        let seed = placebo_seed(content, LAG, k);
        let mut stream = Stream::new(seed, LAG, 0);
        loop {
            let lag = least + stream.below(there_are);
            if taken.insert(lag) {
                return (seed, lag);
            }
        }
    };
    Ok((0..u64::from(n).min(there_are as u64)).map(one).collect())
}
