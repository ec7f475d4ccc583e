//! One runner for every experiment, and what a run leaves on disk.
//!
//! A [`History`] is bars and whatever else a scenario reads, prepared once; a [`Job`] is one setting over one
//! [`Span`] of it. A backtest, a candidate of a sweep, a window of a walk forward, a path of a Monte Carlo, a
//! subject of the causality check: each is a job, replayed by the same loop into a recorder that keeps tables
//! ([`Run`]) or figures ([`Figures`]), the same numbers to the last bit. Uses the scenario, the interface of
//! systems and what is below them; knows no system.

mod backtest;
mod counting;
mod data_summary;
mod evidence;
mod figures;
mod found;
mod history;
mod holding;
#[cfg(test)]
mod holdout_tests;
mod identity;
mod in_order;
mod inputs;
mod job;
pub mod ledger;
mod lengths;
mod lock_book;
mod locks;
mod manifest;
mod market_inputs;
mod marks;
mod measures;
mod notes;
mod observe;
mod opening;
mod plan;
mod promises;
mod replayed;
mod replays;
mod run_dir;
mod search;
#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod seed_tests;
mod sources;
mod span;
mod summarise;
mod summary;
mod tables;
mod terms;
#[cfg(test)]
mod tests;
mod timing;

pub use backtest::{Backtest, Run, Symbol, Timings, backtest, backtest_with};
pub(crate) use counting::return_days;
pub use counting::{CountedTrial, TrialCounter};
pub use data_summary::{DataSummary, DetailSummary, EventsSummary, FundingSummary, PositionsSummary};
pub use evidence::evidence;
pub(crate) use evidence::regime_codes;
pub use figures::{CORE_FIGURES, EDGE_FIGURES, FIGURES, REGIME_FIGURES, figure_names};
pub(crate) use figures::{COUNTS, figure, place_of};
pub(crate) use found::is_choice_of;
pub use history::{History, Prepared};
pub use identity::{Provenance, work_id};
pub use inputs::{Inputs, generated};
pub use job::{Figures, Job, Wants};
pub(crate) use lengths::{enough, left};
pub use lock_book::{LockBook, LockOver, LockedReach, ReadBars};
pub use locks::{DayLock, DaySpan, HoldoutSeal, add_to_all, lock_line};
pub(crate) use manifest::{Manifest, not_the_folder, results_hint};
pub(crate) use market_inputs::BY_THE_BAR;
pub use market_inputs::MarketInputs;
pub use measures::{DialectFigure, Explanation, RunMeasures, Uncertainty};
pub use observe::{Observing, SymbolRun, observe};
pub use opening::{HoldoutOpening, opened_before};
pub use plan::{SealedPlan, TrialPlan, even_levels, refuse_second_plan};
pub use run_dir::{
    Draft, RunRecord, TradesAndEquity, other_verdicts, replace_files, verdict_name, write_verdict,
};
pub(crate) use run_dir::{compact, pretty};
pub use search::{ask_of, family_search, ledger_of, search_of};
pub(crate) use search::{results_of, sweep_search};
pub use sources::Sources;
pub use span::Span;
pub use summary::{BaselineSummary, Count, EdgeSummary, RegimeSummary, Summary, SymbolSummary};
pub use tables::{equity_table, events_table, trades_table};
pub use timing::{Reading, RetimedRun, RetimedSummary, SkippedReading};
