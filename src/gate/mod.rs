//! The gate: documented success criteria, what a run shows about each, and whether that is enough to tell.
//!
//! [`Criteria`] come from a TOML file, [`Evidence`] from a run; [`judge_run`] measures and judges, and the [`Report`] says
//! PASS, FAIL or INCONCLUSIVE with the reason of every row. This folder reads tables and statistics and knows nothing of
//! how a run was made.

mod alerts;
mod criteria;
mod evidence;
#[cfg(test)]
mod fixture;
mod load;
mod measure;
mod paired;
mod report;
mod series;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

pub use alerts::AlertSummary;
pub use criteria::{
    Better, Change, Criteria, Criterion, Kind, Metric, NamedWindow, Regimes, Rule, Scope, Severity, Subject,
    Unit, Window,
};
pub use evidence::{Equity, Evidence, Signals, Tables, Trades};
pub use report::{Counts, GateOptions, Report, Row, judge_run};
pub use verdict::{Observation, Verdict};
