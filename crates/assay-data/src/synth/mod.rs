//! Labelled synthetic histories: bars drawn from a known process, of one symbol or of several that move together.
//!
//! A [`Preset`] holds every number. Its [`Process`] says how prices move: geometric Brownian motion, jumps, volatility
//! that clusters or wanders, or five regimes of which every bar says the one that generated it. Events lie on top: a flash
//! crash, a closed market, a dead one, a bad print. Such a history is a test object: results on it are no evidence about
//! markets.
//!
//! Uses the market, regime and paths rooms, and writes through the data room it belongs to.

mod chain;
mod correlation;
mod event;
mod file;
mod generate;
mod grid;
mod load;
mod log_bar;
mod model;
mod moments;
mod opening;
mod preset;
mod regime;
mod shipped;
mod switching;
mod table;
mod validate;
mod violation;
mod volatility;
mod volume;
mod write;

pub use chain::Episode;
pub use event::{EventKind, EventPreset};
pub use file::PresetFile;
pub use generate::{Synthetic, generate};
pub use load::load;
pub use moments::{Moments, moments};
pub use preset::{
    CompressionPreset, GarchPreset, GbmPreset, HestonPreset, IntrabarPreset, JumpPreset, MertonPreset,
    PerRegime, Preset, Process, RegimePreset, RegimesPreset, SymbolPreset, VolatilityPreset, VolumePreset,
};
pub use regime::{REGIMES, Regime};
pub use shipped::{Shipped, shipped};
pub use table::moments_table;
pub use write::write;

#[cfg(test)]
mod committed;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod several_tests;
#[cfg(test)]
mod tests;
