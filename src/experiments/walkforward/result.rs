//! What a walk forward comes to: the document behind `walkforward.json`.

use serde::{Deserialize, Serialize};

use crate::metrics::{EquityStats, nan_as_null};
use crate::stats::Interval;

/// What was chosen on one part, and how it did on the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowResult {
    /// First day trained on, milliseconds UTC; of several parts the first.
    pub train_from_ms: i64,
    /// End of the training.
    pub train_to_ms: i64,
    /// First day tested on; of several parts the first.
    pub test_from_ms: i64,
    /// End of the test.
    pub test_to_ms: i64,
    /// The candidate chosen; none where nothing had a value.
    pub candidate: Option<u64>,
    /// What its axes are set to.
    pub set: Vec<String>,
    /// What the search looks for, in training.
    #[serde(with = "nan_as_null")]
    pub train_value: f64,
    /// The same in the test.
    #[serde(with = "nan_as_null")]
    pub test_value: f64,
    /// Compound annual growth in training.
    #[serde(with = "nan_as_null")]
    pub train_cagr: f64,
    /// Total return of the test.
    #[serde(with = "nan_as_null")]
    pub test_return: f64,
    /// Annual Sharpe ratio of the test.
    #[serde(with = "nan_as_null")]
    pub test_sharpe: f64,
    /// Largest drawdown of the test.
    #[serde(with = "nan_as_null")]
    pub test_max_drawdown: f64,
    /// Trades of the test; none known where parts of one run are judged.
    pub test_trades: Option<u64>,
}

/// How often an axis changes from window to window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The axis.
    pub axis: String,
    /// Windows whose choice differs from the window before.
    pub changes: usize,
    /// Different values chosen.
    pub values: usize,
}

/// The hold-out, opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    /// Its first day.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// What was chosen on all that comes before.
    pub chosen: WindowResult,
    /// How it did.
    pub performance: EquityStats,
}

/// A walk forward in numbers: the document behind `walkforward.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkForwardResult {
    /// Version of the program.
    pub assay_version: String,
    /// Hash of the scenario, its sweep and division, the data and the version.
    pub id: String,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// How history was divided.
    pub mode: String,
    /// What was looked for.
    pub metric: String,
    /// Instrument and bar length.
    pub title: String,
    /// Whether a file says of itself that it was generated.
    pub synthetic: bool,
    /// Candidates in each window.
    pub candidates: u64,
    /// Settings ever tried on this stretch of data, by the ledger.
    pub trials: u64,
    /// Days at the end that were not looked at.
    pub locked_days: usize,
    /// Days that fit no window.
    pub dropped_days: usize,
    /// Each window, or split.
    pub windows: Vec<WindowResult>,
    /// Out of sample, one test after the other; of combinatorial splits the first path.
    pub chained: EquityStats,
    /// 95 % interval of its Sharpe ratio.
    pub sharpe_interval: Option<Interval>,
    /// Compound annual growth out of sample over its mean in training (Pardo 2008); none where the latter is not above zero.
    pub efficiency: Option<f64>,
    /// Share of windows with a profit.
    #[serde(with = "nan_as_null")]
    pub profitable: f64,
    /// How the choice moves.
    pub drift: Vec<Drift>,
    /// Annual Sharpe ratio of each path through the tests.
    pub path_sharpes: Vec<f64>,
    /// Their least, 5 % quantile and median.
    pub path_quantiles: Option<[f64; 3]>,
    /// The hold-out, where it was opened.
    pub holdout: Option<Holdout>,
    /// End of each day out of sample, milliseconds UTC.
    #[serde(skip)]
    pub days_ms: Vec<i64>,
    /// Daily returns out of sample.
    #[serde(skip)]
    pub returns: Vec<f64>,
    /// Daily returns of buying all symbols and holding, over the same days.
    #[serde(skip)]
    pub hold: Vec<f64>,
}
