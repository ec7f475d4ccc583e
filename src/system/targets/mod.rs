//! For systems that say at a close which position they want: the trader that carries it out, and its record.

mod brackets;
mod params;
mod record;
#[cfg(test)]
mod tests;
mod trader;

pub use brackets::Brackets;
pub use params::{Distances, TrailOn, Unit};
pub use record::{REASONS, Wishes, record};
pub use trader::{TargetPositions, TargetTrader};
