//! Inference on Sharpe ratios under stated hypotheses: error, power, the length that a claim needs, false
//! finds.
//!
//! After M. Lopez de Prado, A. Lipton and V. Zoonekynd, "How to Use the Sharpe Ratio", SSRN 5520741 (2025),
//! whose equation numbers are those of the version of March 2026. Every Sharpe ratio and variance is per
//! period of the returns. The variance of an estimate ([`ReturnShape`]) is taken under a hypothesis, never at
//! the estimate.
//!
//! - Against a threshold: [`probabilistic_sharpe`], [`critical_sharpe`], [`min_track_record_llz2025`].
//! - Against two hypotheses: [`OneSidedTest`] has power and the length for a power, [`RowPower`] those of the
//!   rows of a criteria file. A drawdown has none: its chance to pass falls with the length.
//! - With a stated prior: [`EdgePrior`], [`planned_false_discovery_rate`], [`EdgeHypotheses`] (equations 18
//!   to 24, 32 and 33).
//!
//! The variance of the largest of N trials ([`ReturnShape::best_sharpe_variance`]) is here for comparison: a
//! deflated Sharpe ratio with it is no test of a level, and none here uses it.

mod false_discovery;
mod normal_tail;
mod one_sided;
mod prior;
mod rows;
mod shape;
#[cfg(test)]
mod tests;
mod threshold;

pub use false_discovery::{
    EDGE_SHARPE_ANNUAL, EdgeHypotheses, FalseDiscoveryPlan, planned_false_discovery_rate,
};
pub use one_sided::{NeverEnough, OneSidedTest, SampleLength};
pub use prior::{EdgePrior, PriorRefusal};
pub use rows::{RowLength, RowPower, SampleUnit};
pub use shape::ReturnShape;
pub(super) use shape::positive;
pub(super) use threshold::sharpe_score;
pub use threshold::{critical_sharpe, min_track_record_llz2025, probabilistic_sharpe};
