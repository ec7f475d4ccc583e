//! The unified framework: seven sources, five regimes, one vote.

mod decide;
pub mod fixtures;
mod params;
mod reading;
mod size;
#[cfg(test)]
mod tests;
mod trader;

pub use decide::{Decision, EPSILON, Reason, RiskLevel, Rules};
pub use params::*;
pub use reading::{
    FixedParts, MIN_WARMUP, READING_PARAMS, Reading, Readings, compute_features, first_row, read, read_with,
};
pub use size::{MULTIPLIERS, Size, SizeInputs, size};
pub use trader::{Plan, Ticket, TraderLog, UnifiedTrader};
