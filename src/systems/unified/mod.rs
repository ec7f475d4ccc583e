//! The unified framework: seven sources, five regimes, one vote.

mod decide;
pub mod fixtures;
mod params;
mod reading;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Decisions, EPSILON, Reason, RiskLevel, Rules};
pub use params::*;
pub use reading::{MIN_WARMUP, Reading, Readings, first_row, read};
