//! What a Monte Carlo comes to: the document behind `montecarlo.json`.

use serde::{Deserialize, Serialize};

use super::fit::FitSummary;
use super::moments::SymbolMoments;
use crate::error::{Error, Result};
use crate::metrics::nan_as_null;
use crate::runs::Inputs;
use crate::stats::Interval;

/// One figure over all paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureSummary {
    /// Its name.
    pub name: String,
    /// Paths on which it has a value.
    pub n: usize,
    /// Mean.
    #[serde(with = "nan_as_null")]
    pub mean: f64,
    /// Its Monte Carlo error.
    #[serde(with = "nan_as_null")]
    pub mean_se: f64,
    /// Standard deviation (ddof 1).
    #[serde(with = "nan_as_null")]
    pub sd: f64,
    /// Quantiles at [`QUANTILES`](super::QUANTILES), type 7.
    pub quantiles: Vec<f64>,
    /// 95 % intervals of the quantiles, by order statistics; none where there are too few paths.
    pub intervals: Vec<Option<Interval>>,
    /// The figure of the run itself.
    #[serde(with = "nan_as_null")]
    pub original: f64,
    /// Share of the paths below it.
    #[serde(with = "nan_as_null")]
    pub percentile: f64,
}

/// How likely something is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Of what.
    pub what: String,
    /// Paths it happened on.
    pub events: usize,
    /// Paths.
    pub n: usize,
    /// Share of them.
    #[serde(with = "nan_as_null")]
    pub share: f64,
    /// 95 % interval: Wilson's, or with no event from zero to the exact upper bound.
    pub interval: Interval,
}

/// A path to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstPath {
    /// Its number.
    pub path: u64,
    /// Its total return.
    pub total_return: f64,
    /// Its largest drawdown.
    pub max_drawdown: f64,
}

/// Equity over time on all paths, as multiples of the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fan {
    /// How far along each point is, 0 to 1.
    pub at: Vec<f64>,
    /// Quantiles at [`FAN_QUANTILES`](super::FAN_QUANTILES), one list each.
    pub quantiles: Vec<Vec<f64>>,
    /// The run itself.
    pub original: Vec<f64>,
    /// Paths behind it.
    pub n: usize,
}

/// A Monte Carlo in numbers: the document behind `montecarlo.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonteCarloResult {
    /// Version of the program.
    pub assay_version: String,
    /// Hash of the scenario, the method, the data and the version.
    pub id: String,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// Instrument and bar length.
    pub title: String,
    /// Whether a file says of itself that it was generated.
    pub synthetic: bool,
    /// Seed.
    pub seed: u64,
    /// What varies.
    pub method: String,
    /// What that keeps, and what it breaks.
    pub means: String,
    /// Mean length of a block, in the unit of what is drawn.
    pub block: Option<f64>,
    /// The model that was fitted.
    pub model: Option<String>,
    /// What the fit of the model came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<FitSummary>,
    /// What a reader must know before the figures; mostly nothing.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Moments of the history, of the model and of the paths, of each symbol; empty where no bars are drawn.
    #[serde(default)]
    pub moments: Vec<SymbolMoments>,
    /// Bars left out because another symbol has none at their time; 0 where no bars are drawn.
    pub left_out_bars: usize,
    /// Where every path and the run beside them are judged from, UTC: where the slowest setting has warmed up. None where
    /// the run itself begins there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_from: Option<String>,
    /// Paths asked for.
    pub asked: usize,
    /// Paths drawn: fewer where they were enough.
    pub paths: usize,
    /// The figures.
    pub figures: Vec<FigureSummary>,
    /// The chances.
    pub chances: Vec<Chance>,
    /// Mean end equity of the worst 5 % of paths, money.
    #[serde(with = "nan_as_null")]
    pub end_equity_cvar95: f64,
    /// The worst paths by total return.
    pub worst: Vec<WorstPath>,
    /// Equity over time.
    pub fan: Fan,
}

/// The rows behind a result: a name a column, a row a path.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// Names of the columns.
    pub names: Vec<String>,
    /// A row a path.
    pub rows: Vec<Vec<f64>>,
}

impl Paths {
    /// A figure of every path.
    pub fn column(&self, name: &str) -> Option<Vec<f64>> {
        let k = self.names.iter().position(|n| n == name)?;
        Some(self.rows.iter().map(|r| r[k]).collect())
    }

    /// A figure that every path has.
    pub(super) fn figure(&self, name: &str) -> Result<Vec<f64>> {
        self.column(name).ok_or_else(|| Error::internal("montecarlo", format!("paths without {name}")))
    }
}

/// What the run itself did, as the methods need it.
#[derive(Debug, Clone, Default)]
pub struct Original {
    /// Figures by name.
    pub figures: Vec<(String, f64)>,
    /// Profit of each trade.
    pub pnl: Vec<f64>,
    /// Returns of each day.
    pub daily: Vec<f64>,
}

/// One path run again.
#[derive(Debug)]
pub struct ReplayedPath {
    /// Its figures by name.
    pub figures: Vec<(String, f64)>,
    /// Its bars, of each symbol, where bars were drawn.
    pub inputs: Option<Inputs>,
    /// What was set, where circumstances were.
    pub set: Vec<String>,
}
