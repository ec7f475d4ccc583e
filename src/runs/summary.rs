//! What a run amounts to: the document behind `summary.json`.

use serde::{Deserialize, Serialize};

use super::data_summary::{DataSummary, FundingSummary, LabelFileSummary};
use super::timing::{RetimedSummary, SkippedReading};
use crate::execution::{CostsPaid, Intrabar};
use crate::market::Calendar;
use crate::metrics::{EquityStats, MonthReturn, RegimeBars, TradeStats, nan_as_null};
use crate::regime::{RegimeEvaluation, RegimeScheme};
use crate::replay::{Counts, Refusals};
use crate::risk::Event;
use crate::stats::Interval;

/// A run in numbers. Shares are fractions, money is in account currency, what is undefined is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of the program.
    pub assay_version: String,
    /// Hash of the resolved scenario, the data, the criteria and the version.
    pub run_id: String,
    /// Name of the scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// Variant of the system.
    pub variant: String,
    /// The set of defaults its parameters started from, of a system that has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Systems that traded or labelled and do not come with the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_systems: Vec<String>,
    /// Seed of the resampling.
    pub seed: u64,
    /// The bars.
    pub data: DataSummary,
    /// Currency of every amount.
    pub currency: String,
    /// Equity at the start.
    pub start_equity: f64,
    /// When the market trades; absent around the clock.
    #[serde(default, skip_serializing_if = "Calendar::is_always")]
    pub calendar: Calendar,
    /// Trading days in a year.
    pub days_per_year: f64,
    /// Bars in a year.
    pub bars_per_year: f64,
    /// What the scenario leaves open that its reader should know, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether exposure was staged.
    pub staged: bool,
    /// Path taken inside ambiguous bars.
    pub intrabar: Intrabar,
    /// Performance on the daily equity curve, from the first bar that is judged.
    pub performance: EquityStats,
    /// 95 % stationary-bootstrap interval of the daily Sharpe ratio.
    pub sharpe_interval: Option<Interval>,
    /// Standard error of the daily Sharpe ratio with autocorrelation (Lo 2002, Bartlett, 6 lags), annualised.
    #[serde(with = "nan_as_null")]
    pub sharpe_se_hac: f64,
    /// Sharpe ratio of bar returns, annualised; the smaller of the two is the honest one.
    #[serde(with = "nan_as_null")]
    pub sharpe_bars: f64,
    /// Largest drawdown of bar closes; that of `performance` is of daily closes.
    #[serde(default = "unknown", with = "nan_as_null")]
    pub max_drawdown_bars: f64,
    /// Range of maximum drawdowns to be expected of such daily returns (95 % of resamples).
    pub max_drawdown_interval: Option<Interval>,
    /// Geometric mean of calendar-month returns.
    #[serde(with = "nan_as_null")]
    pub monthly_return: f64,
    /// Calendar months, partial ones marked.
    pub months: Vec<MonthReturn>,
    /// Closed trades that moved the account.
    pub trades: TradeStats,
    /// 95 % bootstrap interval of the profit factor.
    pub profit_factor_interval: Option<Interval>,
    /// Trades of the monitor stage, which moved nothing.
    pub shadow_trades: usize,
    /// Trades whose exit bar reached both stop and target.
    pub ambiguous_trades: usize,
    /// Trades whose exit filled at an open beyond its level.
    pub gap_exits: usize,
    /// Orders that were not carried out as sent.
    #[serde(default)]
    pub orders: Counts,
    /// What the limits above the system refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refused: Refusals,
    /// Each symbol, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<SymbolSummary>,
    /// Trades by what closed them.
    pub exits: Vec<Count>,
    /// Bars by why they were or were not traded.
    pub reasons: Vec<Count>,
    /// Share of bars with a position.
    #[serde(with = "nan_as_null")]
    pub exposure: f64,
    /// Mean notional over equity, all bars.
    #[serde(with = "nan_as_null")]
    pub exposure_notional: f64,
    /// Two-sided turnover a year, in equities.
    #[serde(with = "nan_as_null")]
    pub turnover: f64,
    /// Costs by kind.
    pub costs: CostSummary,
    /// The same run under the path that hurts and the path that helps.
    pub edges: Vec<EdgeSummary>,
    /// The regimes the run is measured by; absent where they are those of the unified framework.
    #[serde(default = "usual_regimes", skip_serializing_if = "is_usual")]
    pub regime_scheme: RegimeScheme,
    /// The file that the labels came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_file: Option<LabelFileSummary>,
    /// Each regime: its bars, its trades.
    pub regimes: Vec<RegimeSummary>,
    /// Share of trades, and of profit, of positions held over more than one regime.
    pub across_regimes: AcrossRegimes,
    /// Labels against the truth column of a synthetic history, where there is one.
    pub regime_evaluation: Option<RegimeEvaluation>,
    /// Tables of the system's own monitoring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<serde_json::Value>,
    /// The other variants on the same bars, costs and cash, at full exposure without `[risk]`; where that acts, the
    /// variant of the run as well.
    pub baselines: Vec<BaselineSummary>,
    /// The run under other readings of when positions and orders from outside were known, where its system reads any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retimed: Vec<RetimedSummary>,
    /// Those readings of which there is no run, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_retimed: Vec<SkippedReading>,
    /// Buying at the open of the first bar that is judged and holding, without costs.
    pub hold: EquityStats,
    /// Acts of the rules above the system.
    pub events: Vec<Event>,
    /// The emergency stop, if one was called.
    pub emergency_stop: Option<EmergencySummary>,
    /// Numbers the run states about itself, for criteria of the system itself.
    pub facts: std::collections::BTreeMap<String, f64>,
}

/// What a summary of an earlier version does not say.
fn unknown() -> f64 {
    f64::NAN
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The scheme of a summary that names none.
fn usual_regimes() -> RegimeScheme {
    crate::data::synth::REGIMES.clone()
}

fn is_usual(scheme: &RegimeScheme) -> bool {
    *scheme == crate::data::synth::REGIMES
}

/// One symbol of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolSummary {
    /// Its name.
    pub symbol: String,
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bars from `data.from` on.
    pub bars: usize,
    /// Steps of the run, from its first bar there to its last, at which it has none: it is marked at its last close.
    pub missing_bars: usize,
    /// Open of its first bar there, milliseconds UTC.
    pub start_ms: i64,
    /// Close of its last bar.
    pub end_ms: i64,
    /// The file of its funding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<FundingSummary>,
    /// Closed trades.
    pub trades: TradeStats,
    /// Profit after costs; those of all symbols add up to that of the run.
    pub pnl: f64,
    /// Profit before costs.
    pub gross_pnl: f64,
    /// Costs by kind.
    pub costs: CostsPaid,
}

/// How many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Of what.
    pub name: String,
    /// How many.
    pub count: usize,
}

/// Costs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostSummary {
    /// By kind.
    #[serde(flatten)]
    pub paid: CostsPaid,
    /// All.
    pub total: f64,
    /// All, in basis points of what was traded.
    #[serde(with = "nan_as_null")]
    pub total_bps: f64,
    /// Profit before costs.
    pub gross_pnl: f64,
}

/// A run under one intrabar path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EdgeSummary {
    /// The path.
    pub intrabar: Intrabar,
    /// Total return.
    #[serde(with = "nan_as_null")]
    pub total_return: f64,
    /// Daily Sharpe ratio.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// Largest drawdown.
    #[serde(with = "nan_as_null")]
    pub max_drawdown: f64,
    /// Trades.
    pub trades: usize,
    /// Win rate.
    #[serde(with = "nan_as_null")]
    pub win_rate: f64,
    /// Profit factor.
    #[serde(with = "nan_as_null")]
    pub profit_factor: f64,
    /// Ambiguous trades.
    pub ambiguous_trades: usize,
}

/// One regime, both ways: the bars spent in it and the trades signalled in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegimeSummary {
    /// Its name; `NONE` for bars before the first label.
    pub regime: String,
    /// Profit, Sharpe ratio and volatility of the bars whose open it was known at.
    pub bars: RegimeBars,
    /// Share of the bars labelled by a rule for what fits none, of a labeller that has one.
    #[serde(with = "nan_as_null")]
    pub fallback_share: f64,
    /// Trades whose signal bar had the label.
    pub trades: TradeStats,
    /// 95 % bootstrap interval of their profit factor.
    pub profit_factor_interval: Option<Interval>,
}

/// Trades that lived through more than one regime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcrossRegimes {
    /// How many.
    pub trades: usize,
    /// Their profit.
    pub pnl: f64,
}

impl Summary {
    /// A baseline as tables and charts name it.
    pub fn baseline_name(&self, variant: &str) -> String {
        let ruled = self.baselines.iter().any(|b| b.variant == self.variant);
        if ruled { format!("{variant} without [risk]") } else { variant.to_owned() }
    }
}

/// A baseline in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineSummary {
    /// Variant.
    pub variant: String,
    /// Performance on the daily curve.
    pub performance: EquityStats,
    /// Its trades.
    pub trades: TradeStats,
    /// Geometric mean of calendar-month returns.
    #[serde(with = "nan_as_null")]
    pub monthly_return: f64,
}

/// What an emergency stop did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmergencySummary {
    /// Bar at whose close it was called.
    pub bar: usize,
    /// Trades it closed.
    pub forced_exits: usize,
    /// Their profit.
    pub forced_pnl: f64,
    /// Bars from the stop to the next entry, or to the end of the run.
    pub flat_bars: usize,
    /// Total return of the run.
    #[serde(with = "nan_as_null")]
    pub total_return: f64,
    /// Total return had nothing been stopped.
    #[serde(with = "nan_as_null")]
    pub total_return_without: f64,
}
