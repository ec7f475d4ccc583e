//! Assay replays trading systems over historical bars, measures them per market regime, and checks them against
//! documented success criteria.
//!
//! Data moves one way: [`market`] bars, [`features`], a [`systems`] decision, [`replay`], [`metrics`], [`gate`],
//! [`report`]. Nothing on the left knows what is on the right. Everything computed at bar `i` reads bars `0..=i`; an
//! order placed at the close of bar `i` fills no earlier than the open of bar `i + 1`.
//!
//! [`jobs`] has the whole of each command as one call; what the calls are made of lies below.
//!
//! ```
//! use std::path::Path;
//!
//! use assay::scenario::Scenario;
//!
//! let sets = ["params.trail_atr=0.5".to_owned()];
//! let scenario = Scenario::read(Path::new("scenarios/unified.toml"), &sets)?;
//! let bars = assay::data::load(&scenario.root.join(&scenario.data.bars[0]), &scenario.request())?;
//! let run = assay::runs::backtest(scenario, bars)?;
//! let summary = assay::runs::Summary::of(&run, "example")?;
//! assert_eq!(summary.trades.n, run.main.trades.len());
//! assert!(summary.trades.win_rate_interval.contains(summary.trades.win_rate));
//! # Ok::<(), assay::Error>(())
//! ```

pub use assay_base::{choices, error, params, progress, random};
pub use assay_data as data;
pub use assay_gate as gate;
pub use assay_market::{execution, features, indicators, market, regime};
pub use assay_metrics as metrics;
pub use assay_replay::{replay, risk};
pub use assay_stats::{paths, stats};

pub mod system;

pub mod systems;

pub mod scenario;

pub mod runs;

pub mod experiments;

pub mod report;

pub mod jobs;

pub mod cli;

pub use error::{Error, ErrorKind, Result};
