//! The unified framework: seven sources, five regimes, one vote.

mod params;

pub use params::*;
