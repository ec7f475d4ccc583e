//! Labelled synthetic history: bars drawn from five known regimes, with the regime of every bar as the truth.
//!
//! A semi-Markov chain says which regime rules each bar ([`Episode`]); a stochastic volatility says how much prices
//! move; drift, pull towards an anchor and jumps say where to; volume answers to the movement. Every number of it is
//! in a [`Preset`] file. The history is a test object: results on it are no evidence about markets.
//!
//! Uses the market and regime rooms, and writes through the data room it belongs to.

mod chain;
mod generate;
mod moments;
mod preset;
mod table;
mod validate;
mod volatility;
mod volume;
mod write;

pub use chain::Episode;
pub use generate::{Synthetic, generate};
pub use moments::{Moments, moments};
pub use preset::{
    CompressionPreset, IntrabarPreset, JumpPreset, PerRegime, Preset, RegimePreset, VolatilityPreset,
    VolumePreset,
};
pub use table::moments_table;
pub use validate::Violation;
pub use write::write;

#[cfg(test)]
mod committed;
#[cfg(test)]
mod tests;
