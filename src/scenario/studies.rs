//! The `[montecarlo]` and `[walkforward]` sections of a scenario.

use serde::{Deserialize, Serialize};

use super::source::written;
use crate::choices;
use crate::error::{Result, Violation};

choices! {
    /// What varies from path to path.
    pub enum PathMethod {
        /// The order of the trades.
        TradePermutation = "trade_permutation",
        /// Which trades there were, drawn with replacement.
        TradeBootstrap = "trade_bootstrap",
        /// The daily returns of the run, in blocks of random length.
        Returns = "returns",
        /// The bars, in blocks of random length; the whole chain runs again.
        Stationary = "stationary",
        /// The bars, in blocks of one length around a circle.
        Circular = "circular",
        /// The bars, in blocks of the same regime, the sequence of regimes kept.
        Regime = "regime",
        /// Geometric Brownian motion of the same mean and deviation.
        Gbm = "gbm",
        /// The same with jumps (Merton 1976).
        Merton = "merton",
        /// GARCH(1,1) with normal shocks.
        Garch = "garch",
        /// GJR-GARCH(1,1,1) with normal shocks.
        Gjr = "gjr",
        /// GARCH with the shocks of the history: filtered historical simulation.
        Filtered = "filtered",
        /// Stochastic volatility (Heston 1993).
        Heston = "heston",
        /// How orders were filled: slippage, spread, fees, latency, size of fills.
        Execution = "execution",
        /// The numbers among the parameters, within a share of themselves.
        Parameters = "parameters",
        /// The bar at which trading starts.
        Start = "start",
        /// Trades left out at random.
        DroppedTrades = "dropped_trades",
    }
}

/// `[montecarlo]`: many paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MonteCarlo {
    /// What varies.
    pub method: PathMethod,
    /// Paths.
    pub paths: usize,
    /// Mean length of a block, bars (days, of daily returns; trades, of trades); chosen from the data where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<f64>,
    /// Whether a model's drift is taken out: no edge is left to find.
    pub driftless: bool,
    /// Whether a model is drawn from, with a warning, where its persistence is at the bound or its long-run variance is
    /// not that of the history.
    pub accept_poor_fit: bool,
    /// Equity, as a share of the start, below which the account counts as ruined.
    pub ruin: f64,
    /// Largest drawdown that is borne.
    pub max_drawdown: f64,
    /// Slippage and spread are multiplied by a draw from 1 / `cost_factor` to `cost_factor`.
    pub cost_factor: f64,
    /// Share of fees added or taken at most.
    pub fee_jitter: f64,
    /// Most bars of latency.
    pub latency_bars: usize,
    /// Share of entries that are missed.
    pub missed: f64,
    /// Least share of an entry that is filled.
    pub partial: f64,
    /// Share by which a parameter moves at most.
    pub jitter: f64,
    /// Largest share of the history that the start moves into.
    pub start: f64,
    /// Share of trades that is dropped.
    pub dropped: f64,
    /// Whether paths stop being drawn once the 95 % drawdown is known to a fiftieth of its distance from `max_drawdown`.
    pub early_stop: bool,
    /// Worst paths that are named.
    pub worst: usize,
}

impl Default for MonteCarlo {
    fn default() -> Self {
        Self {
            method: PathMethod::Stationary,
            paths: 500,
            block: None,
            driftless: false,
            accept_poor_fit: false,
            ruin: 0.5,
            max_drawdown: 0.25,
            cost_factor: 3.0,
            fee_jitter: 0.25,
            latency_bars: 3,
            missed: 0.05,
            partial: 0.5,
            jitter: 0.15,
            start: 0.25,
            dropped: 0.1,
            early_stop: true,
            worst: 5,
        }
    }
}

impl MonteCarlo {
    /// The section with every value written out.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn resolved(&self) -> Result<String> {
        Ok(format!("[montecarlo]\n{}", written(self)?))
    }

    /// Values outside their ranges, and rules between values that are broken.
    pub fn violations(&self) -> Vec<Violation> {
        Violation::outside(&[
            ("paths", self.paths as f64, 10.0, 10_000_000.0),
            ("block", self.block.unwrap_or(1.0), 1.0, 1e9),
            ("ruin", self.ruin, 0.0, 0.999_999),
            ("max_drawdown", self.max_drawdown, 0.000_001, 1.0),
            ("cost_factor", self.cost_factor, 1.0, 100.0),
            ("fee_jitter", self.fee_jitter, 0.0, 1.0),
            ("latency_bars", self.latency_bars as f64, 0.0, 1000.0),
            ("missed", self.missed, 0.0, 0.99),
            ("partial", self.partial, 0.01, 1.0),
            ("jitter", self.jitter, 0.0, 0.9),
            ("start", self.start, 0.0, 0.9),
            ("dropped", self.dropped, 0.0, 0.99),
            ("worst", self.worst as f64, 0.0, 1000.0),
        ])
        .into_iter()
        .map(|v| v.under("montecarlo"))
        .collect()
    }
}

choices! {
    /// How history is divided.
    pub enum SplitMode {
        /// A window of fixed length moves on.
        Rolling = "rolling",
        /// A window that always begins at the start grows.
        Anchored = "anchored",
        /// Each fold is tested once, the others train.
        KFold = "kfold",
        /// Every choice of so many groups is tested once, the others train.
        Combinatorial = "combinatorial",
    }
}

/// `[walkforward]`: choosing on one part of history, judging on another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WalkForward {
    /// How history is divided.
    pub mode: SplitMode,
    /// Days a window trains on.
    pub train_days: f64,
    /// Days it is tested on.
    pub test_days: f64,
    /// Days from one window to the next; as many as are tested where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_days: Option<f64>,
    /// Days left out between training and testing: as long as a position may be held.
    pub gap_days: f64,
    /// Folds, or groups.
    pub folds: usize,
    /// Groups tested at once.
    pub test_folds: usize,
    /// Days left out after a test, share of the history.
    pub embargo: f64,
    /// Days at the end that are locked away: opened once, by `--open-holdout`.
    pub holdout_days: f64,
}

impl Default for WalkForward {
    fn default() -> Self {
        Self {
            mode: SplitMode::Rolling,
            train_days: 365.0,
            test_days: 90.0,
            step_days: None,
            gap_days: 2.0,
            folds: 6,
            test_folds: 2,
            embargo: 0.01,
            holdout_days: 0.0,
        }
    }
}

impl WalkForward {
    /// The section with every value written out.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn resolved(&self) -> Result<String> {
        Ok(format!("[walkforward]\n{}", written(self)?))
    }

    /// Values outside their ranges, and rules between values that are broken.
    pub fn violations(&self) -> Vec<Violation> {
        let mut out: Vec<Violation> = Violation::outside(&[
            ("train_days", self.train_days, 1.0, 36_500.0),
            ("test_days", self.test_days, 1.0, 36_500.0),
            ("step_days", self.step_days.unwrap_or(self.test_days), 1.0, 36_500.0),
            ("gap_days", self.gap_days, 0.0, 3650.0),
            ("folds", self.folds as f64, 2.0, 24.0),
            ("test_folds", self.test_folds as f64, 1.0, 23.0),
            ("embargo", self.embargo, 0.0, 0.5),
            ("holdout_days", self.holdout_days, 0.0, 36_500.0),
        ])
        .into_iter()
        .map(|v| v.under("walkforward"))
        .collect();
        if self.mode == SplitMode::Combinatorial && self.test_folds >= self.folds {
            out.push(Violation::new(
                "walkforward.test_folds",
                format!("must be below walkforward.folds, was {} of {}", self.test_folds, self.folds),
            ));
        }
        // Otherwise there are too many to run, and the mode would be another.
        let splits = (0..self.test_folds).map(|k| (self.folds - k.min(self.folds)) as f64 / (k + 1) as f64);
        let splits = splits.product::<f64>().round();
        if self.mode == SplitMode::Combinatorial && splits > 1e6 {
            out.push(Violation::new(
                "walkforward.test_folds",
                format!(
                    "must leave at most 1,000,000 ways to test {} of {} folds, was {splits}",
                    self.test_folds, self.folds
                ),
            ));
        }
        if self.step_days.is_some_and(|s| s < self.test_days) {
            out.push(Violation::new(
                "walkforward.step_days",
                "must not be below walkforward.test_days: days would be tested twice",
            ));
        }
        out
    }
}
