//! The whole of each command as one call of the library: what to do as a value, progress and stopping by a
//! [`Progress`], the outcome as typed values. May use every room below; knows no command line and prints
//! nothing.
//!
//! A job is a struct with public fields. Those that run a scenario hold a [`Setup`]: where the scenario comes
//! from, what its file names stand for ([`Sources`]: files, or things given from memory under these names),
//! and the folder of results. [`Setup::out`] decides who counts: with a folder, every setting tried is in the
//! ledger of that folder before its result appears, exactly as with the command; without one nothing is
//! written, and the outcome says in `uncounted` what was tried, for a ledger of the caller's own. Statistics
//! that know how many were tried (a sweep's) then know of this job alone.
//!
//! The listener of a [`Progress`] hears stages, counts and notes, from any thread. [`Progress::cancel`] stops
//! a job before its next stage, candidate, path or history; it ends with
//! [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) and leaves nothing half-written, and a sweep keeps the
//! shards that are done. One replay of one setting is never interrupted. Threads are those of the caller;
//! [`on_threads`] gives a job its own number.
//!
//! From bars in memory to a verdict, without a file:
//!
//! ```
//! use assay::data::Content;
//! use assay::gate::Verdict;
//! use assay::jobs::{BacktestJob, Progress, Setup, Sources, Update};
//! use assay::market::{Bars, Columns, Timeframe};
//! use assay::system::Registry;
//!
//! // Ten weeks of hours that rise and fall.
//! let close: Vec<f64> = (0..1680).map(|i| 100.0 + 10.0 * (f64::from(i) / 40.0).sin()).collect();
//! let open: Vec<f64> = std::iter::once(100.0).chain(close.iter().copied()).take(close.len()).collect();
//! let edge = |pick: fn(f64, f64) -> f64| -> Vec<f64> {
//!     open.iter().zip(&close).map(|(o, c)| pick(*o, *c)).collect()
//! };
//! let columns = Columns {
//!     open_time: (0..1680).map(|i| 1_609_459_200_000 + i * 3_600_000).collect(),
//!     high: edge(f64::max).into(),
//!     low: edge(f64::min).into(),
//!     open: open.into(),
//!     close: close.into(),
//!     volume: vec![1.0; 1680].into(),
//! };
//! let bars = Bars::new(Timeframe::H1, columns).expect("valid bars");
//!
//! let criteria = "system = \"ma-cross\"\n[[criterion]]\nid = \"W\"\nmetric = \"win_rate\"\nscope = \"system\"\n\
//!                 op = \">=\"\nthreshold = 0.4\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\n\
//!                 severity = \"target\"\nkind = \"acceptance\"\nmin_n = 10\nunit = \"%\"\nsays = \"Half of them win.\"\n";
//! let sources = Sources::files()
//!     .with_bars("waves", bars)?
//!     .with_content(Content::new("rules.toml", criteria)?);
//! let scenario = "name = \"example\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"waves\"]\n\
//!                 [gate]\ncriteria = [\"rules.toml\"]\n[params]\nfast = 5\nslow = 20\n";
//! let job = BacktestJob { setup: Setup { sources, ..Setup::text(scenario) } };
//!
//! let progress = Progress::new(|update| {
//!     if let Update::Stage(what) = update {
//!         assert!(!what.is_empty());
//!     }
//! });
//! let outcome = job.run(&Registry::built_in(), &progress)?;
//! assert!(outcome.record.summary.trades.n > 10);
//! assert_ne!(outcome.verdict.expect("there are criteria").overall, Verdict::Fail);
//! // Nothing was written, so nothing was counted: neither the run nor the verdict that was asked of it.
//! assert!(outcome.folder.is_none() && outcome.uncounted.len() == 2);
//! # Ok::<(), assay::Error>(())
//! ```

mod backtest;
mod bars;
mod candidate;
mod causality;
pub mod data;
mod features;
mod gate;
mod holdout;
mod intrabar;
mod judge;
mod ledger;
mod montecarlo;
mod params;
mod plan;
mod publish;
mod regime;
mod report;
mod selftest;
mod setup;
mod sweep;
mod walkforward;

pub use backtest::{BacktestJob, BacktestOutcome};
pub use bars::BarsFrom;
pub use candidate::{CandidateJob, CandidateOf, CandidatesShown, SweepShown, show_sweep};
pub use causality::{CausalityJob, CausalityOutcome, CheckedSymbol};
pub use features::{FeaturesJob, FeaturesOutcome, feature_list};
pub use gate::{GateJob, GateOutcome};
pub use holdout::HoldoutJob;
pub use intrabar::IntrabarJob;
pub use ledger::{LedgerOutcome, TriedSlice, read_ledger, verify_ledger};
pub use montecarlo::{MonteCarloJob, MonteCarloOutcome, PathOutcome, PathsOf};
pub use params::{ParamRow, SystemRow, labellers, parameters, systems};
pub use plan::{PlanOutcome, PlanSealJob, show_plans};
pub use regime::{RegimeJob, RegimeOutcome};
pub use report::{ExplainJob, ReportJob, ReportOutcome};
pub use selftest::{ValidityJob, ValidityOutcome};
pub use setup::{ScenarioFrom, Setup, on_threads};
pub use sweep::{SweepJob, SweepMergeJob, SweepOutcome, SweepPart, SweepResult};
pub use walkforward::{WalkForwardJob, WalkForwardOutcome};

#[cfg(test)]
pub(crate) use causality::CausalityCheck;

pub use crate::experiments::{BrokenResult, ListOrder, ListedResult, ResultKind, ResultList, list_results};
pub use crate::progress::{Progress, Update};
pub use crate::runs::Sources;
