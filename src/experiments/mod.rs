//! Experiments over one engine. The single backtest is the unit that every other experiment repeats.

mod backtest;
pub mod causality;
mod intrabar;
mod measures;
mod monitoring;
mod own;
pub mod regimes;
mod run_dir;
mod streaming;
mod summarise;
mod summary;
mod tables;
mod venue;

pub use backtest::{Backtest, Symbol, Timings, VariantRun, backtest};
pub use intrabar::{BracketTruth, IntrabarTruth, intrabar_truth};
pub use measures::{DialectFigure, Explanation, RunMeasures, Uncertainty};
pub use monitoring::{GroupRow, Monitoring};

pub use run_dir::{Draft, RunRecord, RunTables, evidence, run_id, write_verdict};
pub use streaming::SummaryRecorder;
pub use summary::{
    BaselineSummary, Count, DataSummary, DetailSummary, EdgeSummary, FundingSummary, PositionsSummary,
    RegimeSummary, Summary, SymbolSummary,
};
pub use tables::{equity_table, events_table, signals_table, trades_table};
pub use venue::{Inputs, Venue};
