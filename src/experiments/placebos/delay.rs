//! The same positions some bars later.

use super::positions::PositionPath;
use super::replay::{PathReplayer, ReplayTerms};
use super::result::DelayedPositions;
use crate::stats::{Bootstrap, sharpe_difference_interval, sharpe_interval, sharpe_ratio};

/// The positions of `path` so many bars later; `own` are the daily returns in their own time.
pub(super) fn delayed(
    replayer: &PathReplayer<'_>,
    terms: &ReplayTerms,
    (path, own): (&PositionPath, &[f64]),
    bars: usize,
    boot: &Bootstrap,
) -> DelayedPositions {
    let year = replayer.days_per_year();
    let later = replayer.returns(terms, &path.delayed(bars));
    let sharpe = sharpe_ratio(&later, year);
    let purpose = format!("placebo delay {bars}");
    DelayedPositions {
        bars,
        sharpe,
        interval: sharpe_interval(&later, year, boot, &purpose).map(Into::into),
        difference: sharpe - sharpe_ratio(own, year),
        difference_interval: sharpe_difference_interval(own, &later, year, boot, &purpose).map(Into::into),
    }
}
