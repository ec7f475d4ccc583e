//! How lucky the best of all trials of a family is expected to be: `family_p`, the probability that the best
//! of them looks as good as a candidate if none of them is worth anything.
//!
//! **The statistic.** Each trial is kept as its calendar block sums about their mean, scaled to length one
//! ([`TrialBlocks`]). A draw gives every calendar day a standard normal number, the same for all trials. The
//! score of a trial in a draw is the sum of its blocks times the numbers of these blocks: a normal number of
//! variance one, and any two trials have scores of the correlation that their returns have. The largest score
//! over the trials of a pool is what luck shows in that draw, and `family_p = (#(largest >= z) + 1) / (B +
//! 1)` with the candidate's standard score z and B draws ([`family_luck`]). So a copy, a narrow sweep or a
//! setting that does nothing changes nothing, and trials that do not overlap in time are independent.
//!
//! This is the maximum statistic of the first step of J. P. Romano and M. Wolf, Econometrica 73 (2005),
//! 1237-1282, section 4, and of H. White, Econometrica 68 (2000), 1097-1126, with normal multipliers of
//! blocks in the place of resampled blocks. Resamples would have to be drawn for each pool anew; multipliers
//! belong to the calendar.
//!
//! **Monotone pools.** The number of a day is indexed by draw and day (stream (seed, "family-max", draw),
//! position the day), never by trial, and the seed is one constant. So a larger pool has a largest score at
//! least as large in every single draw, to the last bit: no further trial can lower `family_p` or the
//! expected luck.
//!
//! **Scaling.** A trial's stored blocks are divided by the root of their own sum of squares, not by 32,767:
//! its score then has variance one exactly, and a copy has correlation one exactly, whatever the rounding to
//! 16 bits. Pools are monotone either way. The rounding moves a score by a number of standard deviation below
//! `sqrt(blocks / 12) / 32,767`, 0.00014 for five years of weeks. Scores are summed in single precision,
//! which moves them by about 1e-6 more and halves their time.
//!
//! **Error of the draws.** The exact interval of a share (C. J. Clopper and E. S. Pearson, Biometrika 26
//! (1934), 404-413) at 99 %. While it holds the level there are more draws, at most 99,999; then `undecided`.
//!
//! **In words of trials.** [`max_of_normals`] gives the exact moments of the largest of N independent normal
//! values, by the trapezoidal rule on [-12, 12]; the N with the expected maximum of the pool is its effective
//! number of trials. [`family_deflated`] holds the candidate's Sharpe ratio against that expected maximum,
//! and [`LuckRefusal`] says where nothing of this is given.

mod deflated;
mod luck;
mod maxima;
mod multipliers;
mod normal_maximum;
mod refusal;
mod spans;
#[cfg(test)]
mod tests;
mod trial_blocks;

pub use deflated::{FamilyDeflated, family_deflated};
pub use luck::{FamilyLuck, FamilyPool, family_luck};
pub use normal_maximum::{NormalMaximum, max_of_normals};
pub use refusal::LuckRefusal;
pub use trial_blocks::{CalendarBlock, TrialBlocks};
