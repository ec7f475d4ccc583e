//! What a run amounts to: the document behind `summary.json`.

use serde::{Deserialize, Serialize};

use super::backtest::{Backtest, VariantRun};
use super::monitoring::Monitoring;
use super::tables::trades_table;
use crate::data::Quality;
use crate::error::Result;
use crate::execution::Intrabar;
use crate::metrics::{
    EquityStats, MonthReturn, RegimeBars, TradeColumns, TradeStats, bars_by_regime, cost_bps, daily,
    exposure, monthly, monthly_return, nan_as_null, simple_returns, trades_by_regime,
};
use crate::regime::{Regime, RegimeEvaluation, evaluate};
use crate::replay::{ExitReason, Trade};
use crate::risk::Event;
use crate::stats::{
    Bootstrap, Interval, max_drawdown_interval, mean, profit_factor_interval, sharpe_interval, sharpe_se_hac,
};
use crate::systems::unified::{Reason, fixtures};

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
    /// Profile its parameters started from.
    pub profile: String,
    /// Seed of the resampling.
    pub seed: u64,
    /// The bars.
    pub data: DataSummary,
    /// Currency of every amount.
    pub currency: String,
    /// Equity at the start.
    pub start_equity: f64,
    /// Trading days in a year.
    pub days_per_year: f64,
    /// Bars in a year.
    pub bars_per_year: f64,
    /// Whether exposure was staged.
    pub staged: bool,
    /// Path taken inside ambiguous bars.
    pub intrabar: Intrabar,
    /// Performance on the daily equity curve, from the first bar after the warm-up.
    pub performance: EquityStats,
    /// 95 % stationary-bootstrap interval of the daily Sharpe ratio.
    pub sharpe_interval: Option<Interval>,
    /// Standard error of the daily Sharpe ratio with autocorrelation (Lo 2002, Bartlett, 6 lags), annualised.
    #[serde(with = "nan_as_null")]
    pub sharpe_se_hac: f64,
    /// Sharpe ratio of bar returns, annualised; the smaller of the two is the honest one.
    #[serde(with = "nan_as_null")]
    pub sharpe_bars: f64,
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
    /// Each regime: its bars, its trades.
    pub regimes: Vec<RegimeSummary>,
    /// Share of trades, and of profit, of positions held over more than one regime.
    pub across_regimes: AcrossRegimes,
    /// Labels against the truth column of a synthetic history, where there is one.
    pub regime_evaluation: Option<RegimeEvaluation>,
    /// The documents' monitoring tables.
    pub monitoring: Monitoring,
    /// The other variants on the same bars, costs and cash.
    pub baselines: Vec<BaselineSummary>,
    /// Buying at the first open after the warm-up and holding, without costs.
    pub hold: EquityStats,
    /// Acts of the rules above the system.
    pub events: Vec<Event>,
    /// The emergency stop, if one was called.
    pub emergency_stop: Option<EmergencySummary>,
    /// Numbers the run states about itself, for criteria of the system itself.
    pub facts: std::collections::BTreeMap<String, f64>,
}

/// The bars of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Instrument.
    pub symbol: String,
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Rows of the file.
    pub rows_in_file: usize,
    /// Bars in range.
    pub bars: usize,
    /// Of these, bars before the first decision.
    pub warmup_bars: usize,
    /// Open of the first bar after the warm-up, milliseconds UTC.
    pub start_ms: i64,
    /// Close of the last bar, milliseconds UTC.
    pub end_ms: i64,
    /// What the bars lack.
    pub quality: Quality,
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
    /// Exchange fees.
    pub fee: f64,
    /// Half spreads.
    pub spread: f64,
    /// Slippage.
    pub slippage: f64,
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
    /// Share of the bars labelled by the leftover rule (TRENDING only).
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

/// Columns of trades for the statistics.
#[derive(Default)]
struct Columns {
    pnl: Vec<f64>,
    return_frac: Vec<f64>,
    r: Vec<f64>,
    held: Vec<u32>,
    mae: Vec<f64>,
    mfe: Vec<f64>,
}

impl Columns {
    fn of<'a>(trades: impl Iterator<Item = &'a Trade>) -> Self {
        let mut c = Self::default();
        for t in trades {
            c.pnl.push(t.pnl);
            c.return_frac.push(t.return_frac);
            c.r.push(t.r_multiple);
            c.held.push((t.exit_bar - t.entry_bar + 1) as u32);
            c.mae.push(-t.mae);
            c.mfe.push(t.mfe);
        }
        c
    }

    fn view(&self) -> TradeColumns<'_> {
        TradeColumns {
            pnl: &self.pnl,
            return_frac: &self.return_frac,
            r_multiple: &self.r,
            bars_held: &self.held,
            mae: &self.mae,
            mfe: &self.mfe,
        }
    }
}

/// The daily curve of an equity column, and its statistics.
struct Daily {
    curve: Vec<f64>,
    stats: EquityStats,
    months: Vec<MonthReturn>,
}

impl Daily {
    fn of(close_ms: &[i64], equity: &[f64], start_equity: f64, start_ms: i64, days_per_year: f64) -> Self {
        let days = daily(close_ms, equity, start_equity, start_ms);
        // A market open every day counts every day; another counts its sessions.
        let curve = if days_per_year >= 360.0 { days.curve() } else { days.session_curve() };
        Self { stats: EquityStats::of(&curve, days_per_year), curve, months: monthly(&days) }
    }
}

fn counts<T: Copy + PartialEq>(
    all: &[T],
    name: fn(T) -> &'static str,
    values: impl Iterator<Item = T>,
) -> Vec<Count> {
    let mut found: Vec<Count> = all.iter().map(|v| Count { name: name(*v).to_owned(), count: 0 }).collect();
    for v in values {
        if let Some(k) = all.iter().position(|a| *a == v) {
            found[k].count += 1;
        }
    }
    found.retain(|c| c.count > 0);
    found
}

impl Summary {
    /// Sums up a backtest.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn of(b: &Backtest, run_id: &str) -> Result<Self> {
        let (s, bars, first) = (&b.scenario, &b.loaded.bars, b.first());
        let main = &b.main;
        let close_ms = b.close_times();
        let start_ms = bars.open_time()[first];
        let end_ms = close_ms[close_ms.len() - 1];
        let cash = s.account.equity;
        let days_per_year = s.data.days_per_year;
        let bars_per_year = bars.timeframe().per_year(days_per_year);
        let day = |equity: &[f64]| Daily::of(&close_ms, equity, cash, start_ms, days_per_year);
        let boot = Bootstrap { resamples: s.gate.resamples, seed: s.seed, mean_block: None };
        // The streams of the gate's questions, so that the summary shows the intervals the gate judges by.
        let asked = |metric: &str| format!("{metric} {} all", s.params.variant.name());
        let main_day = day(&main.equity);
        let returns = simple_returns(&main_day.curve);
        let curve: Vec<f64> = std::iter::once(cash).chain(main.equity.iter().copied()).collect();
        let bar_stats = EquityStats::of(&curve, bars_per_year);
        let real = || main.trades.iter().filter(|t| !t.shadow);
        let columns = Columns::of(real());
        let trades = TradeStats::of(&columns.view());
        let years = (end_ms - start_ms) as f64 / (365.0 * 86_400_000.0);
        let paid = main.ledger.paid();
        let traded = main.ledger.traded_notional();

        let edges = b.edges.iter().map(|run| edge(run, &day(&run.equity).stats)).collect();
        let hold: Vec<f64> = bars.close()[first..].iter().map(|c| cash * c / bars.open()[first]).collect();
        let baselines = b
            .baselines
            .iter()
            .map(|run| {
                let d = day(&run.equity);
                BaselineSummary {
                    variant: run.plan.params.variant.name().to_owned(),
                    trades: TradeStats::of(&Columns::of(run.trades.iter().filter(|t| !t.shadow)).view()),
                    monthly_return: monthly_return(&d.months),
                    performance: d.stats,
                }
            })
            .collect();
        let emergency_stop = main.log.emergency_stop_bar.map(|bar| {
            let forced = || real().filter(|t| t.reason == ExitReason::EmergencyStop);
            let without = b.without_stop.as_ref().map_or(f64::NAN, |run| day(&run.equity).stats.total_return);
            EmergencySummary {
                bar,
                forced_exits: forced().count(),
                forced_pnl: forced().map(|t| t.pnl).sum(),
                flat_bars: real().map(|t| t.entry_bar).filter(|e| *e > bar).min().unwrap_or(bars.len())
                    - bar
                    - 1,
                total_return: main_day.stats.total_return,
                total_return_without: without,
            }
        });
        let mut reasons: Vec<Reason> = main.plan.decisions.rows.iter().map(|d| d.reason).collect();
        for (bar, reason) in &main.log.reasons {
            reasons[bar - first] = *reason;
        }
        let decided = reasons.len() as f64;
        let invalid = main
            .plan
            .decisions
            .rows
            .iter()
            .filter(|d| !(d.confidence.is_finite() && d.agreement.is_finite()));
        let invalid = invalid.count() as f64;
        let error_rate = invalid / decided;
        let facts = [
            ("success_rate", 1.0 - error_rate),
            ("error_rate", error_rate),
            ("critical_errors", invalid),
            ("regime_fixtures_passed", fixtures::regimes_recognised(s.params.regime_order) as f64),
            ("pattern_fixtures_found", fixtures::patterns_found(&s.params) as f64),
            ("max_position_pct", s.params.max_position_pct),
        ];
        Ok(Self {
            assay_version: env!("CARGO_PKG_VERSION").to_owned(),
            run_id: run_id.to_owned(),
            scenario: s.name.clone(),
            system: s.system.name().to_owned(),
            variant: s.params.variant.name().to_owned(),
            profile: s.profile.name().to_owned(),
            seed: s.seed,
            data: DataSummary {
                symbol: s.data.symbol.clone(),
                file: b.loaded.file_name.clone(),
                sha256: b.loaded.sha256.clone(),
                rows_in_file: b.loaded.rows_in_file,
                bars: bars.len(),
                warmup_bars: first,
                start_ms,
                end_ms,
                quality: b.loaded.quality.clone(),
            },
            currency: s.account.currency.clone(),
            start_equity: cash,
            days_per_year,
            bars_per_year,
            staged: s.risk.staging != crate::risk::Staging::Full,
            intrabar: main.intrabar,
            sharpe_interval: sharpe_interval(&returns, days_per_year, &boot, &asked("sharpe")),
            sharpe_se_hac: sharpe_se_hac(&returns, 6) * days_per_year.sqrt(),
            sharpe_bars: bar_stats.sharpe,
            max_drawdown_interval: max_drawdown_interval(&returns, &boot, &asked("max_dd")),
            monthly_return: monthly_return(&main_day.months),
            months: main_day.months,
            performance: main_day.stats,
            profit_factor_interval: profit_factor_interval(&columns.pnl, &boot, &asked("profit_factor")),
            trades,
            shadow_trades: main.trades.len() - columns.pnl.len(),
            ambiguous_trades: real().filter(|t| t.ambiguous).count(),
            gap_exits: real().filter(|t| t.gap).count(),
            exits: counts(ExitReason::ALL, ExitReason::name, real().map(|t| t.reason)),
            reasons: counts(Reason::ALL, Reason::name, reasons.into_iter()),
            exposure: exposure(&main.exposure),
            exposure_notional: mean(&main.exposure.iter().map(|e| e.abs()).collect::<Vec<_>>()),
            turnover: traded / mean(&main.equity) / years,
            costs: CostSummary {
                fee: paid.fee,
                spread: paid.spread,
                slippage: paid.slippage,
                total: paid.total(),
                total_bps: cost_bps(paid.total(), traded),
                gross_pnl: real().map(|t| t.gross_pnl).sum(),
            },
            edges,
            regimes: regimes(b, &curve, bars_per_year, &boot, &columns),
            across_regimes: across(b),
            regime_evaluation: b.loaded.truth.as_ref().and_then(|truth| {
                let labels: Vec<u8> = b.readings.rows.iter().map(|r| r.label.regime as u8).collect();
                evaluate(truth.get(first..)?, &labels)
            }),
            monitoring: Monitoring::of(&trades_table(b, main), start_ms, end_ms)?,
            baselines,
            hold: day(&hold).stats,
            events: main.log.events.clone(),
            emergency_stop,
            facts: facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        })
    }
}

fn edge(run: &VariantRun, stats: &EquityStats) -> EdgeSummary {
    let real: Vec<&Trade> = run.trades.iter().filter(|t| !t.shadow).collect();
    let trades = TradeStats::of(&Columns::of(real.iter().copied()).view());
    EdgeSummary {
        intrabar: run.intrabar,
        total_return: stats.total_return,
        sharpe: stats.sharpe,
        max_drawdown: stats.max_drawdown,
        trades: trades.n,
        win_rate: trades.win_rate,
        profit_factor: trades.profit_factor,
        ambiguous_trades: real.iter().filter(|t| t.ambiguous).count(),
    }
}

fn regimes(
    b: &Backtest,
    curve: &[f64],
    bars_per_year: f64,
    boot: &Bootstrap,
    columns: &Columns,
) -> Vec<RegimeSummary> {
    let by_bars = bars_by_regime(
        curve,
        &b.regime_at_open(),
        bars_per_year,
        Some((boot, b.scenario.params.variant.name())),
    );
    let real: Vec<&Trade> = b.main.trades.iter().filter(|t| !t.shadow).collect();
    let entry: Vec<u8> = real
        .iter()
        .map(|t| b.readings.get(t.signal_bar).map_or(Regime::NONE_CODE, |r| r.label.regime as u8))
        .collect();
    let by_trades = trades_by_regime(&columns.view(), &entry);
    by_bars
        .into_iter()
        .zip(by_trades)
        .map(|(bars, trades)| {
            let code = bars.code;
            let labelled = b.readings.rows.iter().filter(|r| r.label.regime as u8 == code);
            let fallback = labelled.clone().filter(|r| r.label.fallback).count();
            let pnl: Vec<f64> =
                real.iter().zip(&entry).filter(|(_, e)| **e == code).map(|(t, _)| t.pnl).collect();
            RegimeSummary {
                regime: Regime::from_code(code).map_or("NONE", Regime::name).to_owned(),
                fallback_share: fallback as f64 / labelled.count() as f64,
                profit_factor_interval: profit_factor_interval(
                    &pnl,
                    boot,
                    &format!("profit_factor {} {code}", b.scenario.params.variant.name()),
                ),
                bars,
                trades: trades.trades,
            }
        })
        .collect()
}

fn across(b: &Backtest) -> AcrossRegimes {
    let label = |i: usize| b.readings.get(i).map(|r| r.label.regime);
    let mixed: Vec<&Trade> = b
        .main
        .trades
        .iter()
        .filter(|t| !t.shadow && (t.signal_bar..t.exit_bar).any(|i| label(i) != label(t.signal_bar)))
        .collect();
    AcrossRegimes { trades: mixed.len(), pnl: mixed.iter().map(|t| t.pnl).sum() }
}
