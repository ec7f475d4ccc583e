//! The figures of a recorded run, by any library's definitions, and what stands behind each of them.

use serde::Serialize;

use super::run_dir::RunRecord;
use super::summary::Summary;
use crate::error::{Error, Place, Result};
use crate::market::Calendar;
use crate::metrics::dialects::{Dialect, Figure, Metric, RunSeries};
use crate::stats::Interval;

/// Bars and trades of a run, read back from its tables.
#[derive(Debug)]
pub struct RunMeasures {
    open_ms: Vec<i64>,
    close_ms: Vec<i64>,
    equity: Vec<f64>,
    held: Vec<bool>,
    pnl: Vec<f64>,
    return_frac: Vec<f64>,
    r_multiple: Vec<f64>,
    entry_bar: Vec<usize>,
    exit_bar: Vec<usize>,
    start_equity: f64,
    bar_ms: i64,
    calendar: Calendar,
    days_per_year: f64,
}

impl RunMeasures {
    /// Of `record`.
    ///
    /// # Errors
    /// A table lacks a column or holds one of another type.
    pub fn of(record: &RunRecord) -> Result<Self> {
        let s = &record.summary;
        let (e, t) = (&record.main.equity, &record.main.trades);
        let length = s.data.quality.timeframe;
        let close_ms = e.time_ms("close_time")?.to_vec();
        // Trades of the monitor stage moved nothing.
        let real: Vec<usize> =
            t.bool("shadow")?.iter().enumerate().filter(|(_, s)| !**s).map(|(k, _)| k).collect();
        let f = |name: &str| -> Result<Vec<f64>> {
            let column = t.f64(name)?;
            Ok(real.iter().map(|k| column[*k]).collect())
        };
        let first = s.data.warmup_bars;
        let bars = |name: &str| -> Result<Vec<usize>> {
            let column = t.u32(name)?;
            let bar = |k: &usize| (column[*k] as usize).checked_sub(first).filter(|b| *b < close_ms.len());
            real.iter().map(bar).collect::<Option<Vec<_>>>().ok_or_else(|| {
                Error::data(Place::text(name), "a trade of the run lies outside its equity")
                    .hint("the folder was changed; run the backtest again")
            })
        };
        Ok(Self {
            open_ms: close_ms.iter().map(|c| length.open_ms(*c)).collect(),
            equity: e.f64("equity")?.to_vec(),
            held: e.f64("exposure")?.iter().map(|x| *x != 0.0).collect(),
            pnl: f("pnl")?,
            return_frac: f("return_percent")?.iter().map(|r| r / 100.0).collect(),
            r_multiple: f("r_multiple")?,
            entry_bar: bars("entry_bar")?,
            exit_bar: bars("exit_bar")?,
            start_equity: s.start_equity,
            calendar: s.calendar,
            days_per_year: s.days_per_year,
            close_ms,
            bar_ms: length.ms(),
        })
    }

    /// The figures of `dialect`.
    pub fn figures(&self, dialect: Dialect) -> Vec<Figure> {
        dialect.figures(&RunSeries {
            open_ms: &self.open_ms,
            close_ms: &self.close_ms,
            equity: &self.equity,
            held: &self.held,
            start_equity: self.start_equity,
            bar_ms: self.bar_ms,
            calendar: self.calendar,
            days_per_year: self.days_per_year,
            pnl: &self.pnl,
            return_frac: &self.return_frac,
            r_multiple: &self.r_multiple,
            entry_bar: &self.entry_bar,
            exit_bar: &self.exit_bar,
        })
    }
}

/// One figure under every definition.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Which.
    pub metric: Metric,
    /// What it is.
    pub meaning: &'static str,
    /// How sure it is, by this program's definition.
    pub uncertainty: Vec<Uncertainty>,
    /// Each library's own, this program's first.
    pub dialects: Vec<DialectFigure>,
}

/// A figure as one library has it.
#[derive(Debug, Clone, Serialize)]
pub struct DialectFigure {
    /// Whose.
    pub dialect: Dialect,
    /// The figure; `None` where the library has none.
    pub figure: Option<Figure>,
}

/// An interval or an error, and how it was come by.
#[derive(Debug, Clone, Serialize)]
pub struct Uncertainty {
    /// What and how.
    pub method: &'static str,
    /// Both ends, 95 %.
    pub interval: Option<Interval>,
    /// A standard error.
    pub standard_error: Option<f64>,
}

impl Explanation {
    /// Of `metric` in the run of `record`.
    ///
    /// # Errors
    /// As [`RunMeasures::of`].
    pub fn of(record: &RunRecord, metric: Metric) -> Result<Self> {
        let measures = RunMeasures::of(record)?;
        let dialects = Dialect::ALL
            .iter()
            .map(|&dialect| {
                let figure = measures.figures(dialect).into_iter().find(|f| f.metric == metric);
                DialectFigure { dialect, figure }
            })
            .collect();
        Ok(Self {
            metric,
            meaning: metric.meaning(),
            uncertainty: uncertainty(&record.summary, metric),
            dialects,
        })
    }
}

fn uncertainty(s: &Summary, metric: Metric) -> Vec<Uncertainty> {
    let interval =
        |method, interval: Option<Interval>| Uncertainty { method, interval, standard_error: None };
    let error =
        |method, e: f64| Uncertainty { method, interval: None, standard_error: e.is_finite().then_some(e) };
    let (n, a) = (s.performance.periods as f64, s.days_per_year);
    match metric {
        Metric::Sharpe => vec![
            interval("stationary bootstrap of days, block length by Politis and White", s.sharpe_interval),
            error(
                "Lo (2002), returns independent",
                crate::stats::sharpe_se_iid(s.performance.sharpe / a.sqrt(), s.performance.periods)
                    * a.sqrt(),
            ),
            error("Lo (2002) with autocorrelation: Bartlett weights, 6 lags", s.sharpe_se_hac),
        ],
        Metric::MaxDrawdown => vec![interval(
            "drawdowns to be expected of such days, stationary bootstrap",
            s.max_drawdown_interval,
        )],
        Metric::WinRate => {
            vec![interval("Wilson (1927)", (s.trades.n > 0).then_some(s.trades.win_rate_interval))]
        }
        Metric::ProfitFactor => vec![interval("stationary bootstrap of trades", s.profit_factor_interval)],
        Metric::Volatility if n > 1.0 => vec![error(
            "of a normal distribution, days independent",
            s.performance.volatility / (2.0 * (n - 1.0)).sqrt(),
        )],
        _ => vec![],
    }
}
