//! The monitoring tables of the framework's documents, made of closed trades.

use serde::{Deserialize, Serialize};

use super::Regime;
use super::signals::{PATTERN_COUNT, PATTERN_NAMES};
use crate::data::table::Table;
use crate::error::Result;
use crate::metrics::nan_as_null;
use crate::stats::{Interval, mean, profit_factor, std_dev, wilson};

const DAY_MS: i64 = 86_400_000;
/// Days of the dashboard's window and of the three queries' windows.
const DASHBOARD_DAYS: i64 = 7;
const QUERY_DAYS: i64 = 30;

/// One group of closed trades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// What the trades have in common.
    pub group: String,
    /// Closed trades.
    pub trades: usize,
    /// Of these, with a profit after costs.
    pub wins: usize,
    /// Wins over trades.
    #[serde(with = "nan_as_null")]
    pub win_rate: f64,
    /// 95 % Wilson interval of the win rate.
    pub win_rate_interval: Interval,
    /// Mean return on notional, percent.
    #[serde(with = "nan_as_null")]
    pub avg_return_percent: f64,
    /// Mean profit, account currency.
    #[serde(with = "nan_as_null")]
    pub avg_pnl: f64,
    /// Sample standard deviation of profits.
    #[serde(with = "nan_as_null")]
    pub pnl_volatility: f64,
    /// The documents' ratio: mean over deviation of profits times the root of 252, for comparison only.
    #[serde(with = "nan_as_null")]
    pub sharpe_seed: f64,
    /// Mean over deviation of returns times the root of trades a year.
    #[serde(with = "nan_as_null")]
    pub sharpe_trade: f64,
    /// Mean R-multiple.
    #[serde(with = "nan_as_null")]
    pub avg_r: f64,
    /// Sum of profits over sum of losses.
    #[serde(with = "nan_as_null")]
    pub profit_factor: f64,
}

/// The tables, each over its documented window before the end of the run and over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Monitoring {
    /// The dashboard: by regime, last 7 days.
    pub perf_by_regime_7d: Vec<GroupRow>,
    /// Q1 by regime, last 30 days.
    pub win_rate_by_regime_30d: Vec<GroupRow>,
    /// Q2 by pattern, last 30 days. A trade with several patterns counts once in each row.
    pub pattern_accuracy_30d: Vec<GroupRow>,
    /// Q3 by volume confirmation, last 30 days.
    pub volume_confirmation_30d: Vec<GroupRow>,
    /// Q1 over the run.
    pub win_rate_by_regime: Vec<GroupRow>,
    /// Q2 over the run.
    pub pattern_accuracy: Vec<GroupRow>,
    /// Q2 by regime and pattern over the run.
    pub pattern_accuracy_by_regime: Vec<GroupRow>,
    /// Q3 over the run.
    pub volume_confirmation: Vec<GroupRow>,
}

struct ClosedTrades<'a> {
    exit_ms: &'a [i64],
    pnl: &'a [f64],
    return_percent: &'a [f64],
    r: &'a [f64],
    mask: &'a [u32],
    confirmed: &'a [bool],
    /// Names of the regimes, and which of them each trade was signalled in.
    regimes: Vec<String>,
    regime: Vec<Option<usize>>,
    years: f64,
}

impl ClosedTrades<'_> {
    fn row(&self, group: &str, rows: &[usize]) -> GroupRow {
        let pick = |x: &[f64]| rows.iter().map(|i| x[*i]).collect::<Vec<f64>>();
        let (pnl, returns, r) = (pick(self.pnl), pick(self.return_percent), pick(self.r));
        let n = rows.len();
        let wins = pnl.iter().filter(|p| **p > 0.0).count();
        let ratio = |x: &[f64], per_year: f64| {
            let sd = std_dev(x, 1);
            if n < 2 || sd <= 0.0 { f64::NAN } else { mean(x) / sd * per_year.sqrt() }
        };
        GroupRow {
            group: group.to_owned(),
            trades: n,
            wins,
            win_rate: wins as f64 / n as f64,
            win_rate_interval: wilson(wins as u64, n as u64),
            avg_return_percent: mean(&returns),
            avg_pnl: mean(&pnl),
            pnl_volatility: if n < 2 { f64::NAN } else { std_dev(&pnl, 1) },
            sharpe_seed: ratio(&pnl, 252.0),
            sharpe_trade: ratio(&returns, n as f64 / self.years),
            avg_r: mean(&r),
            profit_factor: profit_factor(&pnl),
        }
    }

    fn by_regime(&self, within: &[usize]) -> Vec<GroupRow> {
        let rows = self.regimes.iter().enumerate().map(|(r, name)| {
            let rows: Vec<usize> = within.iter().copied().filter(|i| self.regime[*i] == Some(r)).collect();
            self.row(name, &rows)
        });
        sorted(rows.collect())
    }

    fn by_pattern(&self, within: &[usize], prefix: &str) -> Vec<GroupRow> {
        let rows = (0..PATTERN_COUNT).map(|k| {
            let rows: Vec<usize> = within.iter().copied().filter(|i| self.mask[*i] & (1 << k) != 0).collect();
            self.row(&format!("{prefix}{}", PATTERN_NAMES[k]), &rows)
        });
        sorted(rows.filter(|r| r.trades > 0).collect())
    }

    fn by_volume(&self, within: &[usize]) -> Vec<GroupRow> {
        let rows = [(true, "Confirmed"), (false, "Not Confirmed")].into_iter().map(|(yes, name)| {
            let rows: Vec<usize> = within.iter().copied().filter(|i| self.confirmed[*i] == yes).collect();
            self.row(name, &rows)
        });
        sorted(rows.collect())
    }
}

/// By win rate, best first; empty groups last, in their own order.
fn sorted(mut rows: Vec<GroupRow>) -> Vec<GroupRow> {
    let key = |r: &GroupRow| if r.win_rate.is_nan() { -1.0 } else { r.win_rate };
    rows.sort_by(|a, b| key(b).total_cmp(&key(a)));
    rows
}

impl Monitoring {
    /// The tables of a trade table at `end_ms`; shadow trades count only where there are no others.
    pub fn of(trades: &Table, start_ms: i64, end_ms: i64) -> Result<Self> {
        let regime = trades.labels("regime")?;
        // The framework's own, all of them, unless the run is measured by other labels.
        let own = regime.names.iter().all(|n| n.parse::<Regime>().is_ok());
        let regimes: Vec<String> = match own {
            true => Regime::ALL.map(|r| r.name().to_owned()).to_vec(),
            false => regime.names.iter().map(ToString::to_string).collect(),
        };
        let place = |i: usize| regime.get(i).and_then(|n| regimes.iter().position(|r| r == n));
        // Of a system that knows neither, no trade has a pattern or a confirmation.
        let (none, no) = (vec![0; trades.rows()], vec![false; trades.rows()]);
        let t = ClosedTrades {
            exit_ms: trades.time_ms("exit_time")?,
            pnl: trades.f64("pnl")?,
            return_percent: trades.f64("return_percent")?,
            r: trades.f64("r_multiple")?,
            mask: trades.u32("pattern_mask").unwrap_or(&none),
            confirmed: trades.bool("volume_confirmed").unwrap_or(&no),
            regime: (0..trades.rows()).map(place).collect(),
            regimes: regimes.clone(),
            years: ((end_ms - start_ms) as f64 / (365.0 * DAY_MS as f64)).max(f64::MIN_POSITIVE),
        };
        let shadow = trades.bool("shadow")?;
        let since = |days: Option<i64>| -> Vec<usize> {
            let from = days.map_or(i64::MIN, |d| end_ms - d * DAY_MS);
            (0..trades.rows()).filter(|i| !shadow[*i] && t.exit_ms[*i] > from).collect()
        };
        let (week, month, all) = (since(Some(DASHBOARD_DAYS)), since(Some(QUERY_DAYS)), since(None));
        let mut dashboard = t.by_regime(&week);
        let key = |r: &GroupRow| if r.sharpe_seed.is_nan() { f64::NEG_INFINITY } else { r.sharpe_seed };
        dashboard.sort_by(|a, b| key(b).total_cmp(&key(a)));
        let by_both = regimes.iter().enumerate().flat_map(|(r, name)| {
            let rows: Vec<usize> = all.iter().copied().filter(|i| t.regime[*i] == Some(r)).collect();
            t.by_pattern(&rows, &format!("{name}/"))
        });
        Ok(Self {
            perf_by_regime_7d: dashboard,
            win_rate_by_regime_30d: t.by_regime(&month),
            pattern_accuracy_30d: t.by_pattern(&month, ""),
            volume_confirmation_30d: t.by_volume(&month),
            win_rate_by_regime: t.by_regime(&all),
            pattern_accuracy: t.by_pattern(&all, ""),
            pattern_accuracy_by_regime: by_both.collect(),
            volume_confirmation: t.by_volume(&all),
        })
    }
}
