//! Systems that say at a close which position they want: a textbook crossover, and positions computed elsewhere.

mod aligned;
mod ma_cross;
mod orders;
mod params;
#[cfg(test)]
mod tests;
mod trader;

pub use aligned::align;
pub use ma_cross::{crossover, crossover_changes, first_row};
pub use orders::{OrderTrader, Sent};
pub use params::{Average, MaCross, Sides, Signals, Stamp, TrailOn, Unit};
pub use trader::{Brackets, TargetTrader, Wanted};
