//! Assay replays trading systems over historical bars, measures them per market regime, and checks them against
//! documented success criteria.
//!
//! Data moves one way: [`market`] bars, [`features`], a [`systems`] decision, [`replay`], [`metrics`], [`gate`],
//! [`report`]. Nothing on the left knows what is on the right. Everything computed at bar `i` reads bars `0..=i`; an
//! order placed at the close of bar `i` fills no earlier than the open of bar `i + 1`.
//!
//! ```
//! use std::path::Path;
//!
//! use assay::scenario::Scenario;
//!
//! let sets = ["params.trail_atr=0.5".to_owned()];
//! let scenario = Scenario::read(Path::new("scenarios/unified.toml"), &sets)?;
//! let bars = assay::data::load(&scenario.root.join(&scenario.data.bars[0]), &scenario.request())?;
//! let run = assay::experiments::backtest(scenario, bars)?;
//! let summary = assay::experiments::Summary::of(&run, "example")?;
//! assert_eq!(summary.trades.n, run.main.trades.len());
//! assert!(summary.trades.win_rate_interval.contains(summary.trades.win_rate));
//! # Ok::<(), assay::Error>(())
//! ```

pub mod error;
pub mod random;

pub mod market;

pub mod data;
pub mod indicators;

pub mod features;

pub mod regime;

pub mod signals;
pub mod sizing;

pub mod systems;

pub mod execution;
pub mod replay;
pub mod risk;

pub mod metrics;
pub mod paths;
pub mod stats;

pub mod experiments;

pub mod gate;
pub mod report;
pub mod scenario;

pub mod cli;

#[cfg(test)]
mod real_data;

pub use error::{Error, ErrorKind, Result};
