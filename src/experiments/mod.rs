//! Experiments over one engine. The single backtest is the unit that every other experiment repeats.

mod backtest;
pub mod causality;
mod intrabar;
pub mod ledger;
mod measures;
mod monitoring;
pub mod montecarlo;
mod own;
pub mod regimes;
mod run_dir;
mod streaming;
pub mod study;
mod summarise;
mod summary;
pub mod sweep;
mod tables;
mod venue;
pub mod walkforward;

pub use backtest::{Backtest, Symbol, Timings, VariantRun, backtest};
pub use intrabar::{BracketTruth, IntrabarTruth, intrabar_truth};
pub use measures::{DialectFigure, Explanation, RunMeasures, Uncertainty};
pub use monitoring::{GroupRow, Monitoring};

pub use run_dir::{Draft, RunRecord, RunTables, evidence, run_id, write_verdict};
pub(crate) use run_dir::{compact, pretty};
pub use streaming::SummaryRecorder;
pub use summary::{
    BaselineSummary, Count, DataSummary, DetailSummary, EdgeSummary, FundingSummary, PositionsSummary,
    RegimeSummary, Summary, SymbolSummary,
};
pub use tables::{equity_table, events_table, signals_table, trades_table};
pub use venue::{Inputs, Venue};
