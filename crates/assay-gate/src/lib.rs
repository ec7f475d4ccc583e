//! The gate: documented success criteria, what a run shows about each, and whether that is enough to tell.
//!
//! [`Criteria`] come from a TOML file, [`Evidence`] from a run; [`judge_run`] measures and judges, and the
//! [`GateReport`] says PASS, FAIL or INCONCLUSIVE with the reason of every row. This crate reads tables and
//! statistics and knows nothing of how a run was made.

use assay_base::{choices, error, random};
use assay_market::{market, regime};
use assay_metrics as metrics;
use assay_stats::stats;

mod absent;
mod aggregate;
mod alerts;
mod cells;
mod choice;
mod coherence;
#[cfg(test)]
mod columns_tests;
mod condition;
mod criteria;
mod demands;
#[cfg(test)]
mod documented_tests;
mod evidence;
mod figures;
#[cfg(test)]
mod fixture;
mod load;
#[cfg(test)]
mod load_tests;
mod marks;
#[cfg(test)]
mod marks_tests;
mod measure;
mod paired;
mod power;
mod query;
mod query_in;
mod report;
mod rows;
mod rule;
mod search;
mod search_placebos;
#[cfg(test)]
mod search_tests;
mod series;
mod span;
mod table;
mod terms;
#[cfg(test)]
mod tests;
mod timing;
mod validity;
mod verdict;

pub use alerts::AlertSummary;
pub use cells::{Cells, TableView};
pub use choice::{ChoiceFigure, SearchChoice};
pub use condition::{Condition, Fault};
pub use criteria::{
    Change, Criteria, Criterion, CriterionKind, CriterionMetric, CriterionWindow, NamedWindow, RegimeScope,
    Scope, Severity, Subject,
};
pub use demands::Demands;
pub use evidence::{DelayedRun, Equity, Evidence, SignalRows, Tables, Trades};
pub use figures::NamedMetric;
pub use marks::{VerdictMark, VerdictMarkKind};
pub use power::{
    DroppedValue, LimitingRow, PowerReport, PowerRow, QuestionPower, SetPower, SupposedValue, criteria_power,
};
pub use query::{Aggregate, Asked, Per, Query};
pub use report::{CriterionRow, GateOptions, GateReport, VerdictCounts, judge_run};
pub use rule::{Better, Rule, ValueUnit, meets};
pub use search::{FamilySearch, LedgerHead};
pub use search_placebos::SearchPlacebos;
pub use terms::{RunTerms, SymbolFees};
pub use validity::ValidityMetric;
pub use verdict::{Observation, Verdict, passes};
