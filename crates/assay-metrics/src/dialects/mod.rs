//! One run measured by the definitions of several libraries, so that nobody has to guess why two numbers of one name differ.
//!
//! Each dialect says of every figure its formula, its grid, its degrees of freedom and its periods a year. Figures keep the
//! sign the library gives them; percentages are fractions here. A figure that a library does not have is absent.

mod assay;
mod backtesting_py;
mod empyrical;
mod quantstats;
#[cfg(test)]
mod tests;
mod vectorbt;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::calendar::daily;
use super::equity::simple_returns;
use super::nan_as_null;
use crate::choices;
use crate::error::{Error, Place, Result, nearest};
use crate::market::Calendar;

choices! {
    /// Whose definitions; this program's come first.
    pub enum Dialect {
        /// This program's.
        Assay = "assay",
        /// empyrical-reloaded 0.7.1, with its default period.
        Empyrical = "empyrical",
        /// quantstats 0.0.86, with its defaults.
        Quantstats = "quantstats",
        /// vectorbt 1.2.0, with its defaults.
        Vectorbt = "vectorbt",
        /// backtesting.py 0.6.6.
        BacktestingPy = "backtesting.py",
    }
}

impl Dialect {
    /// Every figure it has, in the order of [`Metric::ALL`].
    pub fn figures(self, run: &RunSeries<'_>) -> Vec<Figure> {
        let mut figures = match self {
            Self::Assay => assay::figures(run),
            Self::Empyrical => empyrical::figures(run),
            Self::Quantstats => quantstats::figures(run),
            Self::Vectorbt => vectorbt::figures(run),
            Self::BacktestingPy => backtesting_py::figures(run),
        };
        figures.sort_by_key(|f| f.metric);
        figures
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! metrics {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal;)+) => {
        /// A figure that several libraries know, under whatever name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Metric { $($(#[doc = $doc])* $variant,)+ }

        impl Metric {
            /// All, in the order of tables.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is, in one line: as the [list](super::list) says.
            pub fn meaning(self) -> &'static str {
                super::list::find(self.name()).map_or("", |m| m.meaning)
            }
        }
    };
}

metrics! {
    /// Gain over the whole run, a fraction of the start.
    TotalReturn = "total_return";
    /// Compound annual growth.
    Cagr = "cagr";
    /// Annual return by the mean return of a period.
    AnnualReturn = "annual_return";
    /// Annual standard deviation of returns.
    Volatility = "volatility";
    /// Return over its standard deviation, annual.
    Sharpe = "sharpe";
    /// Return over its downside deviation, annual.
    Sortino = "sortino";
    /// Root mean square of losses.
    DownsideDeviation = "downside_deviation";
    /// Deepest fall from a peak.
    MaxDrawdown = "max_drawdown";
    /// Annual growth over the deepest fall.
    Calmar = "calmar";
    /// Root mean square of falls from the peak.
    Ulcer = "ulcer";
    /// Growth over the ulcer index.
    Martin = "martin";
    /// Sum of gains over sum of losses.
    Omega = "omega";
    /// 95 % quantile over 5 % quantile of returns.
    TailRatio = "tail_ratio";
    /// Return that 5 % of periods fall below.
    Var95 = "var95";
    /// Mean return of the worst 5 % of periods.
    Cvar95 = "cvar95";
    /// Share of winners.
    WinRate = "win_rate";
    /// Gains over losses.
    ProfitFactor = "profit_factor";
    /// Mean gain over mean loss.
    Payoff = "payoff";
    /// Mean outcome of a trade.
    Expectancy = "expectancy";
    /// System quality number: t-statistic of the outcomes of trades.
    Sqn = "sqn";
    /// Fraction of capital by Kelly's criterion.
    Kelly = "kelly";
    /// Share of time in the market.
    Exposure = "exposure";
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Metric {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|m| m.name() == name).ok_or_else(|| {
            let all = Self::ALL.iter().map(|m| m.name());
            let hint = match nearest(name, all.clone()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("it is one of {}", all.collect::<Vec<_>>().join(", ")),
            };
            Error::usage(Place::given("metric", format_args!("{name:?}")), "there is no metric of that name")
                .hint(hint)
        })
    }
}

choices! {
    /// What a figure is made of.
    pub enum Sampling {
        /// Returns of UTC days, the first against the start; a day without a bar is carried forward where the market never closes.
        Days = "days",
        /// Returns of bars, the first against the start.
        Bars = "bars",
        /// Returns between the last bars of UTC days by the time bars *open*; days without a bar and the first day give none.
        OpenDays = "open_days",
        /// Equity at the close of bars, without the start.
        Equity = "equity",
        /// Closed trades.
        Trades = "trades",
    }
}

impl Sampling {
    /// What tables call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Bars => "bars",
            Self::OpenDays => "days, first lost",
            Self::Equity => "equity of bars",
            Self::Trades => "trades",
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Which.
    pub metric: Metric,
    /// How much; NaN where the library gives none, infinite where it says so.
    #[serde(with = "nan_as_null")]
    pub value: f64,
    /// How it is computed.
    pub formula: &'static str,
    /// What of.
    pub grid: Sampling,
    /// How many of these.
    pub n: usize,
    /// Periods a year, where the figure is annual.
    pub per_year: Option<f64>,
    /// Degrees of freedom taken from a standard deviation.
    pub ddof: Option<u8>,
}

/// A run as figures see it: equity at the close of each bar from the first decision on, and closed trades.
#[derive(Debug, Clone, Copy)]
pub struct RunSeries<'a> {
    /// When each bar opened, milliseconds UTC.
    pub open_ms: &'a [i64],
    /// When each bar closed.
    pub close_ms: &'a [i64],
    /// Equity at that close, money.
    pub equity: &'a [f64],
    /// Whether a position was held at that close.
    pub held: &'a [bool],
    /// Equity before the first bar.
    pub start_equity: f64,
    /// Length of a bar.
    pub bar_ms: i64,
    /// When the market trades.
    pub calendar: Calendar,
    /// Days a year by the scenario.
    pub days_per_year: f64,
    /// Profit of each trade after costs, money.
    pub pnl: &'a [f64],
    /// The same as a fraction of the notional at entry.
    pub return_frac: &'a [f64],
    /// The same in units of the risk at entry.
    pub r_multiple: &'a [f64],
    /// Bar of the entry, counted from the first bar here.
    pub entry_bar: &'a [usize],
    /// Bar of the exit.
    pub exit_bar: &'a [usize],
}

impl RunSeries<'_> {
    /// The daily curve with its start, as the summary of a run has it.
    fn day_curve(&self) -> Vec<f64> {
        let Some(&start_ms) = self.open_ms.first() else { return vec![self.start_equity] };
        let days = daily(self.close_ms, self.equity, self.start_equity, start_ms).by(self.calendar);
        days.counted(self.days_per_year)
    }

    fn day_returns(&self) -> Vec<f64> {
        simple_returns(&self.day_curve())
    }

    fn bar_returns(&self) -> Vec<f64> {
        let curve: Vec<f64> = std::iter::once(self.start_equity).chain(self.equity.iter().copied()).collect();
        simple_returns(&curve)
    }
}

/// Figures on one grid.
struct Sheet {
    grid: Sampling,
    n: usize,
    figures: Vec<Figure>,
}

impl Sheet {
    fn new(grid: Sampling, n: usize) -> Self {
        Self { grid, n, figures: vec![] }
    }

    fn push(&mut self, metric: Metric, value: f64, formula: &'static str) -> &mut Figure {
        let (grid, n) = (self.grid, self.n);
        self.figures.push(Figure { metric, value, formula, grid, n, per_year: None, ddof: None });
        let last = self.figures.len() - 1;
        &mut self.figures[last]
    }
}

impl Figure {
    fn annual(&mut self, per_year: f64) -> &mut Self {
        self.per_year = Some(per_year);
        self
    }

    fn ddof(&mut self, ddof: u8) -> &mut Self {
        self.ddof = Some(ddof);
        self
    }
}

/// Growth factor of returns.
fn growth(r: &[f64]) -> f64 {
    r.iter().fold(1.0, |g, x| g * (1.0 + x))
}

/// `sqrt(mean(min(r, 0)²))` over all returns.
fn downside(r: &[f64]) -> f64 {
    (r.iter().map(|x| x.min(0.0) * x.min(0.0)).sum::<f64>() / r.len() as f64).sqrt()
}

/// Sums of what is above zero and of what is below, both positive.
fn sides(x: &[f64]) -> (f64, f64) {
    x.iter().fold((0.0, 0.0), |(up, down), v| (up + v.max(0.0), down - v.min(0.0)))
}

/// Fall from the running peak at each value, zero or negative; `peak` is what was reached before the first.
fn falls(curve: impl IntoIterator<Item = f64>, mut peak: f64) -> Vec<f64> {
    curve
        .into_iter()
        .map(|v| {
            peak = peak.max(v);
            v / peak - 1.0
        })
        .collect()
}

/// The compounded curve of returns, without its start of 1.
fn compounded(r: &[f64]) -> Vec<f64> {
    r.iter()
        .scan(1.0, |g, x| {
            *g *= 1.0 + x;
            Some(*g)
        })
        .collect()
}

/// Mean of the `floor((n - 1) * 0.05) + 1` lowest of ascending values.
fn lowest_mean(ascending: &[f64]) -> f64 {
    if ascending.is_empty() {
        return f64::NAN;
    }
    let k = ((ascending.len() - 1) as f64 * 0.05) as usize;
    ascending[..=k].iter().sum::<f64>() / (k + 1) as f64
}
