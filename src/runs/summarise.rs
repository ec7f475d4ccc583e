//! From a backtest to its summary.

use super::backtest::{Backtest, Run, Symbol};
use super::data_summary::{DataSummary, FundingSummary};
use super::evidence::resampling_seed;
use super::notes::notes;
use super::run_dir::TradesAndEquity;
use super::span::steps_per_year;
use super::summary::{
    AcrossRegimes, BaselineSummary, CostSummary, Count, EdgeSummary, EmergencySummary, RegimeSummary,
    Summary, SymbolSummary,
};
use super::terms::own_systems;
use super::timing::{DailyResults, RetimedRun, RetimedSummary};
use crate::data::Loaded;
use crate::data::synth::REGIMES;
use crate::data::table::Table;
use crate::error::Result;
use crate::execution::CostsPaid;
use crate::metrics::{
    EquityStats, MonthReturn, TradeColumns, TradeStats, bars_by_regime, cost_bps, daily, exposure, monthly,
    monthly_return, simple_returns, trades_by_regime, turnover,
};
use crate::regime::{NO_REGIME, RegimeEvaluation, evaluate};
use crate::replay::{ExitReason, Trade};
use crate::scenario::Data;
use crate::stats::{
    Bootstrap, Interval, max_drawdown_interval, mean, profit_factor_interval, sharpe_interval, sharpe_se_hac,
};
use crate::system::Record;

/// Columns of trades for the statistics.
#[derive(Default)]
struct RealTrades {
    pnl: Vec<f64>,
    return_frac: Vec<f64>,
    r: Vec<f64>,
    held: Vec<u32>,
    mae: Vec<f64>,
    mfe: Vec<f64>,
}

impl RealTrades {
    fn of<'a>(trades: impl Iterator<Item = &'a Trade>) -> Self {
        let mut c = Self::default();
        for t in trades {
            c.pnl.push(t.pnl);
            c.return_frac.push(t.return_frac);
            c.r.push(t.r_multiple);
            c.held.push((t.exit_bar - t.entry_bar + 1) as u32);
            c.mae.push(t.mae);
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
    fn of(close_ms: &[i64], equity: &[f64], start_equity: f64, start_ms: i64, data: &Data) -> Self {
        let days = daily(close_ms, equity, start_equity, start_ms).by(data.calendar());
        let days_per_year = data.days_per_year();
        let curve = days.counted(days_per_year);
        Self { stats: EquityStats::of(&curve, days_per_year), curve, months: monthly(&days) }
    }
}

/// How many trades each reason closed; `own` are those of the system.
fn exits<'a>(own: &[ExitReason], trades: impl Iterator<Item = &'a Trade> + Clone) -> Vec<Count> {
    let of = |r: &ExitReason| Count {
        name: r.name().to_owned(),
        count: trades.clone().filter(|t| t.reason == *r).count(),
    };
    ExitReason::with_own(own).iter().map(of).filter(|c| c.count > 0).collect()
}

impl Summary {
    /// Sums up a backtest.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn of(b: &Backtest, run_id: &str) -> Result<Self> {
        let main = TradesAndEquity::of(b, &b.main, false)?;
        let pessimistic = b.pessimistic().map(|run| TradesAndEquity::of(b, run, false)).transpose()?;
        let seed = resampling_seed(pessimistic.as_ref().unwrap_or(&main))?;
        Self::with(b, run_id, &b.record()?, &main.trades, seed)
    }

    /// The same with what the system recorded, the table of trades, and the seed that the gate resamples by.
    pub(super) fn with(
        b: &Backtest,
        run_id: &str,
        record: &Record,
        table: &Table,
        seed: u64,
    ) -> Result<Self> {
        let (s, first) = (&b.scenario, b.first());
        let main = &b.main;
        let close_ms = b.close_times();
        let start_ms = b.clock.time(first);
        let end_ms = close_ms[close_ms.len() - 1];
        let cash = s.account.equity;
        let days_per_year = s.data.days_per_year();
        let bars_per_year = steps_per_year(&s.data, &b.clock, first);
        let days = DailyCurves { b, close_ms: &close_ms, start_ms };
        let boot = Bootstrap { resamples: s.gate.resamples, seed, mean_block: None };
        // The streams of the gate's questions, so that the summary shows the intervals the gate judges by.
        let asked = |metric: &str| format!("{metric} {} all", main.name);
        let main_day = days.of(&main.equity);
        let returns = simple_returns(&main_day.curve);
        let own = DailyResults { sharpe: main_day.stats.sharpe, returns: &returns };
        let again = |r: &RetimedRun| {
            let returns = simple_returns(&days.of(&r.run.equity).curve);
            r.summary(baseline(&r.run, &days), &returns, &own, &boot)
        };
        let retimed: Vec<RetimedSummary> = b.retimed.iter().map(again).collect();
        let curve: Vec<f64> = std::iter::once(cash).chain(main.equity.iter().copied()).collect();
        let bar_stats = EquityStats::of(&curve, bars_per_year);
        let real = || real(main);
        let columns = RealTrades::of(real());
        let trades = TradeStats::of(&columns.view());
        let years = (end_ms - start_ms) as f64 / (365.0 * 86_400_000.0);
        Ok(Self {
            assay_version: env!("CARGO_PKG_VERSION").to_owned(),
            run_id: run_id.to_owned(),
            scenario: s.name.clone(),
            system: s.system.name().to_owned(),
            variant: main.name.to_owned(),
            profile: s.preset.map(str::to_owned),
            own_systems: own_systems(s),
            seed: s.seed,
            data: DataSummary::of(b, start_ms, end_ms),
            currency: s.account.currency.clone(),
            start_equity: cash,
            calendar: s.data.calendar(),
            days_per_year,
            bars_per_year,
            notes: notes(b, &retimed, &main_day.stats),
            staged: s.risk.staging != crate::risk::Staging::Full,
            intrabar: main.intrabar,
            sharpe_interval: sharpe_interval(&returns, days_per_year, &boot, &asked("sharpe"))
                .map(Interval::from),
            sharpe_se_hac: sharpe_se_hac(&returns, 6) * days_per_year.sqrt(),
            sharpe_bars: bar_stats.sharpe,
            max_drawdown_bars: bar_stats.max_drawdown,
            max_drawdown_interval: max_drawdown_interval(&returns, &boot, &asked("max_dd"))
                .map(Interval::from),
            monthly_return: monthly_return(&main_day.months),
            months: main_day.months,
            performance: main_day.stats,
            profit_factor_interval: profit_factor_interval(&columns.pnl, &boot, &asked("profit_factor"))
                .map(Interval::from),
            trades,
            shadow_trades: main.trades.len() - columns.pnl.len(),
            ambiguous_trades: real().filter(|t| t.ambiguous).count(),
            gap_exits: real().filter(|t| t.gap).count(),
            orders: main.ledger.counts(),
            refused: main.refusals.clone(),
            symbols: symbols(b),
            exits: exits(s.system.about().exits, real()),
            reasons: reasons(s.system.about().reasons, &record.reasons),
            exposure: exposure(&main.exposure),
            exposure_notional: mean(&main.exposure.iter().map(|e| e.abs()).collect::<Vec<_>>()),
            turnover: turnover(&[main.ledger.traded_notional()], &main.equity, years),
            costs: costs(main),
            edges: b.edges.iter().map(|run| edge(run, &days.of(&run.equity).stats)).collect(),
            regime_scheme: b.regimes.clone(),
            label_file: b.label_file.clone(),
            regimes: regimes(b, &curve, bars_per_year, &boot, &columns),
            across_regimes: across(b),
            regime_evaluation: against_truth(b),
            monitoring: s.system.monitoring(table, start_ms, end_ms)?,
            baselines: b.baselines.iter().map(|run| baseline(run, &days)).collect(),
            retimed,
            not_retimed: b.not_retimed.clone(),
            hold: days.of(&b.hold).stats,
            events: main.events.clone(),
            emergency_stop: main.emergency_stop_step.map(|step| emergency(b, step, &days)),
            facts: record.facts.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect(),
        })
    }
}

/// Curves of one run by day.
struct DailyCurves<'a> {
    b: &'a Backtest,
    close_ms: &'a [i64],
    start_ms: i64,
}

impl DailyCurves<'_> {
    fn of(&self, equity: &[f64]) -> Daily {
        let s = &self.b.scenario;
        Daily::of(self.close_ms, equity, s.account.equity, self.start_ms, &s.data)
    }
}

/// Trades that moved the account.
fn real(run: &Run) -> impl Iterator<Item = &Trade> + Clone {
    run.trades.iter().filter(|t| !t.shadow)
}

fn costs(run: &Run) -> CostSummary {
    let paid = run.ledger.paid();
    CostSummary {
        paid,
        total: paid.total(),
        total_bps: cost_bps(paid.total(), run.ledger.traded_notional()),
        gross_pnl: real(run).map(|t| t.gross_pnl).sum(),
    }
}

/// The labels against the truth of a synthetic history. Other regimes than those of the truth are no answer to the
/// question.
fn against_truth(b: &Backtest) -> Option<RegimeEvaluation> {
    let truth = b.loaded().truth.as_ref().filter(|_| b.regimes == REGIMES)?;
    evaluate(truth.get(b.symbols[0].first..)?, &b.labels, REGIMES.len())
}

fn baseline(run: &Run, days: &DailyCurves<'_>) -> BaselineSummary {
    let d = days.of(&run.equity);
    BaselineSummary {
        variant: run.name.to_owned(),
        trades: TradeStats::of(&RealTrades::of(real(run)).view()),
        monthly_return: monthly_return(&d.months),
        performance: d.stats,
    }
}

/// The emergency stop at the close of `step`, beside the run in which nothing was stopped.
fn emergency(b: &Backtest, step: usize, days: &DailyCurves<'_>) -> EmergencySummary {
    let forced = || real(&b.main).filter(|t| t.reason == ExitReason::EMERGENCY_STOP);
    let total_return = |run: &Run| days.of(&run.equity).stats.total_return;
    let next_entry = real(&b.main).map(|t| b.step(t, t.entry_bar)).filter(|e| *e > step).min();
    EmergencySummary {
        bar: step,
        forced_exits: forced().count(),
        // The sum of nothing is -0.
        forced_pnl: 0.0 + forced().map(|t| t.pnl).sum::<f64>(),
        flat_bars: next_entry.unwrap_or(b.clock.len()) - step - 1,
        total_return: total_return(&b.main),
        total_return_without: b.without_stop.as_ref().map_or(f64::NAN, total_return),
    }
}

/// How many bars led to an order, or to none, for each reason.
fn reasons(names: &[&str], codes: &[u8]) -> Vec<Count> {
    let of = |(k, name): (usize, &&str)| Count {
        name: (*name).to_owned(),
        count: codes.iter().filter(|c| usize::from(**c) == k).count(),
    };
    names.iter().enumerate().map(of).filter(|c| c.count > 0).collect()
}

/// Each symbol in numbers, where there are several.
fn symbols(b: &Backtest) -> Vec<SymbolSummary> {
    if b.symbols.len() < 2 {
        return vec![];
    }
    let of = |(k, s): (usize, &Symbol)| {
        let bars = &s.loaded.bars;
        let trades: Vec<&Trade> =
            b.main.trades.iter().filter(|t| usize::from(t.symbol) == k && !t.shadow).collect();
        let mut costs = CostsPaid::default();
        trades.iter().for_each(|t| costs.add(&t.costs));
        let Loaded { lead, .. } = s.loaded;
        let steps = (b.clock.step_of(k, bars.len() - 1) + 1).saturating_sub(b.clock.step_of(k, lead));
        let within = bars.len() - lead;
        // One that ended before has no bar at all.
        let end_ms = bars.close_time(bars.len() - 1);
        SymbolSummary {
            symbol: s.name.clone(),
            file: s.loaded.file_name.clone(),
            sha256: s.loaded.sha256.clone(),
            bars: within,
            missing_bars: steps - within,
            start_ms: bars.open_time().get(lead).copied().unwrap_or(end_ms),
            end_ms,
            funding: FundingSummary::of(&s.loaded),
            pnl: trades.iter().map(|t| t.pnl).sum(),
            gross_pnl: trades.iter().map(|t| t.gross_pnl).sum(),
            trades: TradeStats::of(&RealTrades::of(trades.iter().copied()).view()),
            costs,
        }
    };
    b.symbols.iter().enumerate().map(of).collect()
}

fn edge(run: &Run, stats: &EquityStats) -> EdgeSummary {
    let real: Vec<&Trade> = run.trades.iter().filter(|t| !t.shadow).collect();
    let trades = TradeStats::of(&RealTrades::of(real.iter().copied()).view());
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
    columns: &RealTrades,
) -> Vec<RegimeSummary> {
    let by_bars =
        bars_by_regime(curve, &b.regime_at_open(), &b.regimes, bars_per_year, Some((boot, b.main.name)));
    let real: Vec<&Trade> = b.main.trades.iter().filter(|t| !t.shadow).collect();
    let entry: Vec<u8> = real.iter().map(|t| b.label_of(t)).collect();
    let by_trades = trades_by_regime(&columns.view(), &entry, &b.regimes);
    by_bars
        .into_iter()
        .zip(by_trades)
        .map(|(bars, trades)| {
            let code = bars.code;
            let labels = &b.symbols[0].labels;
            let judged = labels.codes.iter().zip(&labels.fallback).skip(b.symbols[0].first);
            let labelled = judged.filter(|(c, _)| **c == code && code != NO_REGIME);
            let fallback = labelled.clone().filter(|(_, f)| **f).count();
            let pnl: Vec<f64> = real
                .iter()
                .zip(&entry)
                .filter(|(_, e)| b.regimes.known(**e) == code)
                .map(|(t, _)| t.pnl)
                .collect();
            RegimeSummary {
                regime: b.regimes.name_of(code).to_owned(),
                fallback_share: fallback as f64 / labelled.count() as f64,
                profit_factor_interval: profit_factor_interval(
                    &pnl,
                    boot,
                    &format!("profit_factor {} {code}", b.main.name),
                )
                .map(Interval::from),
                bars,
                trades: trades.trades,
            }
        })
        .collect()
}

fn across(b: &Backtest) -> AcrossRegimes {
    let changes = |t: &Trade| {
        let s = b.symbol(t);
        (t.signal_bar..t.exit_bar).any(|i| s.labels.code(i) != s.labels.code(t.signal_bar))
    };
    let mixed: Vec<&Trade> = b.main.trades.iter().filter(|t| !t.shadow && changes(t)).collect();
    AcrossRegimes { trades: mixed.len(), pnl: mixed.iter().map(|t| t.pnl).sum() }
}
