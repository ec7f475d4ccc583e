//! What placebos of a run come to.

use serde::{Deserialize, Serialize};

use crate::metrics::nan_as_null;
use crate::stats::{Interval, PValue};

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceboOutcome<T> {
    /// The figure.
    Measured(T),
    /// Why these positions cannot tell.
    Inconclusive(String),
}

impl<T> PlaceboOutcome<T> {
    /// The figure.
    ///
    /// # Errors
    /// There is none: the reason.
    pub fn measured(&self) -> std::result::Result<&T, &str> {
        match self {
            Self::Measured(of) => Ok(of),
            Self::Inconclusive(why) => Err(why),
        }
    }

    /// Of what may be refused with a reason.
    pub(super) fn of(outcome: std::result::Result<T, String>) -> Self {
        match outcome {
            Ok(of) => Self::Measured(of),
            Err(why) => Self::Inconclusive(why),
        }
    }
}

/// The Sharpe ratio of the positions among those of placebos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceboTest {
    /// Placebos.
    pub n: u32,
    /// Those whose Sharpe ratio is at least that of the positions themselves, to 1e-12; one that is undefined counts.
    pub at_least: u32,
    /// One-sided p-value, `(at_least + 1) / (n + 1)`. It is not corrected for a search: where the run is the best of
    /// several, it is the p-value before selection.
    pub p: f64,
    /// Where the p of endlessly many placebos lies, 95 % (Clopper and Pearson).
    pub interval: Interval,
    /// Mean annualised Sharpe ratio of the placebos.
    #[serde(with = "nan_as_null")]
    pub mean_sharpe: f64,
}

impl PlaceboTest {
    /// Of the Sharpe ratio of the positions and those of the placebos.
    pub fn among(sharpe: f64, placebos: &[f64]) -> Self {
        let n = u32::try_from(placebos.len()).unwrap_or(u32::MAX);
        let count = |least: f64| placebos.iter().filter(|s| s.is_nan() || **s >= least).count();
        let at_least = count(sharpe - 1e-12);
        let PValue { p, interval, .. } = PValue::of(at_least, count(sharpe + 1e-12), n);
        Self { n, at_least: at_least as u32, p, interval, mean_sharpe: crate::stats::mean(placebos) }
    }
}

/// The positions on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignFlip {
    /// Annualised Sharpe ratio.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// Mean net return of a day, a fraction.
    pub daily_mean: f64,
}

/// The positions some bars later.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DelayedPositions {
    /// Bars.
    pub bars: usize,
    /// Annualised Sharpe ratio.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// Its 95 % stationary bootstrap interval.
    pub interval: Option<Interval>,
    /// That Sharpe ratio less the one of the positions in their own time.
    #[serde(with = "nan_as_null")]
    pub difference: f64,
    /// Its 95 % interval, days of both resampled together.
    pub difference_interval: Option<Interval>,
}

/// The cost at which nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BreakEvenCost {
    /// Basis points of what is traded on each side at which the mean net return of a day is zero; below zero where the
    /// positions lose before costs.
    pub bps: f64,
    /// Its 95 % stationary bootstrap interval.
    pub interval: Option<Interval>,
    /// What the run itself pays, basis points of what it trades: all of fee, spread, slippage and impact.
    #[serde(with = "nan_as_null")]
    pub paid_bps: f64,
    /// Traded a day, both sides, as a multiple of the equity.
    pub turnover: f64,
}

/// One size of account.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CapacityPoint {
    /// Equity at the start, account currency.
    pub equity: f64,
    /// Annualised Sharpe ratio.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// The same by a curve that never rises with size.
    #[serde(with = "nan_as_null")]
    pub fitted: f64,
}

/// The account at which so much of the Sharpe ratio is left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CapacitySize {
    /// Equity at the start, account currency; none where more is left at the largest account tried.
    pub equity: Option<f64>,
    /// Its 95 % interval, the same days resampled at every size; no upper end beyond the largest account tried.
    pub interval: Option<Interval>,
}

/// Sharpe ratio against size of account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceboCapacity {
    /// Factor of the square-root law of impact.
    pub impact: f64,
    /// Whether that factor is an assumption, because the scenario has no impact.
    pub assumed: bool,
    /// The accounts, smallest (the run's own) first.
    pub points: Vec<CapacityPoint>,
    /// Where half the Sharpe ratio of the smallest is left.
    pub half: CapacitySize,
    /// Where none is left.
    pub zero: CapacitySize,
}

/// Placebos and bounds of one run. Statistic of all: annualised Sharpe ratio of net daily returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceboReport {
    /// The run, by the pessimistic path inside bars.
    #[serde(with = "nan_as_null")]
    pub run_sharpe: f64,
    /// Its positions, replayed at closes without the system: what all others here are compared with. Where the run only
    /// switches at closes it is that of the run.
    #[serde(with = "nan_as_null")]
    pub replay_sharpe: f64,
    /// Correlation of the daily returns of both.
    #[serde(with = "nan_as_null")]
    pub replay_correlation: f64,
    /// Days.
    pub days: usize,
    /// Closes at which may be decided.
    pub steps: usize,
    /// Positions held, over all symbols.
    pub positions: usize,
    /// Episodes that can be put into another order: of one symbol its positions, of several the stretches at whose ends
    /// nothing is held on.
    pub episodes: usize,
    /// Positions of the run that these do not show: opened inside a bar, and gone by the next open.
    pub not_on_path: usize,
    /// Bars of the longest position.
    pub longest: usize,
    /// Least distance of a lag from no lag at all: twice the warm-up and the longest position.
    pub least_lag: usize,
    /// Positions moved along the bars by random lags.
    pub lag: PlaceboOutcome<PlaceboTest>,
    /// Episodes in random order, the flat bars between them permuted as well.
    pub entries: PlaceboOutcome<PlaceboTest>,
    /// Positions on the other side.
    pub sign_flip: PlaceboOutcome<SignFlip>,
    /// Whether positions and their opposite both gain after costs: rebates, carry or fills, and no forecast.
    pub both_signs_win: bool,
    /// Positions one and two bars later.
    pub delay: PlaceboOutcome<Vec<DelayedPositions>>,
    /// Sharpe ratio with fees, spread, slippage, impact and interest doubled.
    pub costs_2x: PlaceboOutcome<f64>,
    /// Cost at which nothing is left.
    pub breakeven: PlaceboOutcome<BreakEvenCost>,
    /// Sharpe ratio against size of account.
    pub capacity: PlaceboOutcome<PlaceboCapacity>,
}

/// A figure of placebos as criteria ask for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceboMetric {
    /// Its value.
    pub value: f64,
    /// 95 % interval.
    pub interval: Option<Interval>,
    /// What it is measured on: placebos, or days.
    pub sample: usize,
}

/// A metric, or why the run has none.
pub type PlaceboMetricResult<'a> = std::result::Result<PlaceboMetric, &'a str>;

impl PlaceboReport {
    /// `placebo_p`: the larger of the two p-values, with the interval of that one, of so many placebos.
    ///
    /// # Errors
    /// One of them is missing: why.
    pub fn placebo_p(&self) -> PlaceboMetricResult<'_> {
        let (lag, entries) = (self.lag.measured()?, self.entries.measured()?);
        let larger = if lag.p >= entries.p { lag } else { entries };
        let (value, interval) = (larger.p, Some(larger.interval));
        Ok(PlaceboMetric { value, interval, sample: larger.n as usize })
    }

    /// `delay_sharpe`: annualised Sharpe ratio of the positions one bar later, of so many days.
    ///
    /// # Errors
    /// There is none: why.
    pub fn delay_sharpe(&self) -> PlaceboMetricResult<'_> {
        let one = self.delay.measured()?.first().ok_or("no delay was replayed")?;
        Ok(PlaceboMetric { value: one.sharpe, interval: one.interval, sample: self.days })
    }

    /// `breakeven_cost_bps`: basis points a side, of so many days.
    ///
    /// # Errors
    /// There is none: why.
    pub fn breakeven_cost_bps(&self) -> PlaceboMetricResult<'_> {
        let cost = self.breakeven.measured()?;
        Ok(PlaceboMetric { value: cost.bps, interval: cost.interval, sample: self.days })
    }

    /// `capacity`: equity at which half the Sharpe ratio is left, account currency, of so many days; the largest account
    /// tried where more is left there.
    ///
    /// # Errors
    /// There is none: why.
    pub fn capacity_half(&self) -> PlaceboMetricResult<'_> {
        let of = self.capacity.measured()?;
        let largest = of.points.last().map_or(f64::NAN, |p| p.equity);
        let value = of.half.equity.unwrap_or(largest);
        Ok(PlaceboMetric { value, interval: of.half.interval, sample: self.days })
    }
}
