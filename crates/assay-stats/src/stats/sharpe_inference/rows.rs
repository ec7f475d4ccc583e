//! Power and required length of the rows of a criteria file.

use std::fmt;

use super::super::ledoit_wolf::memmel_variance;
use super::one_sided::{NeverEnough, OneSidedTest, SampleLength};
use super::shape::ReturnShape;

/// Level of a strict row: it passes where the worse end of a two-sided 95 % interval meets the bound.
const STRICT: f64 = 0.025;

/// What the length of a sample is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleUnit {
    /// Closed trades.
    Trades,
    /// Daily returns.
    Days,
    /// Returns of bars.
    Bars,
    /// Whole calendar months.
    Months,
}

impl SampleUnit {
    /// The name, in the plural.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trades => "trades",
            Self::Days => "days",
            Self::Bars => "bars",
            Self::Months => "months",
        }
    }
}

/// Length that a row needs; its text is like `305 trades`, or says why no length is enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowLength {
    /// How many.
    pub length: SampleLength,
    /// Of what.
    pub unit: SampleUnit,
}

impl fmt::Display for RowLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            SampleLength::Needed(n) => write!(f, "{:.0} {}", n.ceil(), self.unit.name()),
            SampleLength::Never(NeverEnough::BoundIsValue) => {
                write!(f, "cannot pass: the bound is the documented value")
            }
            SampleLength::Never(NeverEnough::ValueMissesBound) => {
                write!(f, "cannot pass: the documented value misses the bound")
            }
        }
    }
}

/// Power of a strict row of a criteria file whose documented value is the true one: the row passes where the
/// lower end of its two-sided 95 % interval meets the bound, a one-sided test of level 2.5 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowPower {
    test: OneSidedTest,
    unit: SampleUnit,
}

impl RowPower {
    fn of(distance: f64, at_bound: f64, at_value: f64, unit: SampleUnit) -> Option<Self> {
        Some(Self { test: OneSidedTest::of_variances(distance, at_bound, at_value, STRICT)?, unit })
    }

    /// Win rate of at least `bound` where it is `documented`, in trades: variances `b (1 - b)` and
    /// `d (1 - d)`.
    ///
    /// `None` unless both lie inside (0, 1).
    pub fn win_rate(bound: f64, documented: f64) -> Option<Self> {
        let variance = |p: f64| p * (1.0 - p);
        Self::of(documented - bound, variance(bound), variance(documented), SampleUnit::Trades)
    }

    /// Sharpe ratio of at least `bound` where it is `documented`, both per day, in days:
    /// [`OneSidedTest::of_sharpe`] with the `shape` of the daily returns, and `None` as there.
    pub fn sharpe(bound: f64, documented: f64, shape: &ReturnShape) -> Option<Self> {
        Some(Self {
            test: OneSidedTest::of_sharpe(bound, documented, shape, STRICT)?,
            unit: SampleUnit::Days,
        })
    }

    /// Profit factor of at least `bound` where it is `documented`, in trades: its logarithm has the variance
    /// `((1 + c_w²) / p + (1 + c_l²) / (1 - p)) / n` with the win rate p and the coefficients of variation
    /// (standard deviation over mean) c_w of wins and c_l of losses.
    ///
    /// By the delta method for the ratio of the two sums. `None` unless both factors are positive and finite,
    /// `win_rate` lies inside (0, 1) and the coefficients are finite and not negative.
    pub fn profit_factor(
        bound: f64,
        documented: f64,
        win_rate: f64,
        variation_of_wins: f64,
        variation_of_losses: f64,
    ) -> Option<Self> {
        let shares = win_rate > 0.0 && win_rate < 1.0;
        if !(shares && variation_of_wins >= 0.0 && variation_of_losses >= 0.0) {
            return None;
        }
        let part = |c: f64, share: f64| (1.0 + c * c) / share;
        let variance = part(variation_of_wins, win_rate) + part(variation_of_losses, 1.0 - win_rate);
        Self::of(log_ratio(documented, bound), variance, variance, SampleUnit::Trades)
    }

    /// Compound monthly return of at least `bound` where it is `documented`, both as fractions, in whole
    /// months: distance `ln(1 + d) - ln(1 + b)`, and `sd_of_logs` the standard deviation of monthly log
    /// returns.
    ///
    /// `None` unless both returns exceed -1 and the standard deviation is positive.
    pub fn monthly_return(bound: f64, documented: f64, sd_of_logs: f64) -> Option<Self> {
        let variance = if sd_of_logs > 0.0 { sd_of_logs * sd_of_logs } else { return None };
        Self::of(log_ratio(1.0 + documented, 1.0 + bound), variance, variance, SampleUnit::Months)
    }

    /// Sharpe ratio above that of a baseline on the same days, `documented` and `baseline` per day with the
    /// `correlation` of the two daily returns, in days: the difference has the variance
    /// `(2 (1 - rho) + (S1² + S2² - 2 S1 S2 rho²) / 2) / n`.
    ///
    /// C. Memmel, Finance Letters 1 (2003), 21-23, for normal returns, and taken at the documented values
    /// under both hypotheses. `None` unless the correlation lies in [-1, 1], and for a difference without
    /// variance.
    pub fn paired_sharpe(documented: f64, baseline: f64, correlation: f64) -> Option<Self> {
        Self::sharpe_contrast(documented, baseline, 1.0, 0.0, correlation)
    }

    /// Sharpe ratio less `factor` times that of a baseline on the same days of at least `bound`, as
    /// [`paired_sharpe`](Self::paired_sharpe) otherwise.
    ///
    /// With a factor of one, a bound on the difference; with a bound of zero and a factor of `1 + c`, that the
    /// ratio of the two is at least `1 + c`. The variance is that of Memmel with the baseline scaled:
    /// `1 + f² - 2 f rho + (S1² + f² S2² - 2 S1 f S2 rho²) / 2` over n. `None` as there.
    pub fn sharpe_contrast(
        documented: f64,
        baseline: f64,
        factor: f64,
        bound: f64,
        correlation: f64,
    ) -> Option<Self> {
        if !(-1.0..=1.0).contains(&correlation) {
            return None;
        }
        let scaled = factor * baseline;
        // Memmel's is that of a factor of one.
        let beyond = (factor - 1.0) * (factor + 1.0 - 2.0 * correlation);
        let variance = memmel_variance(documented, scaled, correlation) + beyond;
        Self::of(documented - scaled - bound, variance, variance, SampleUnit::Days)
    }

    /// The same with its samples counted in `unit`, as where returns are those of bars.
    #[must_use]
    pub fn counted_in(self, unit: SampleUnit) -> Self {
        Self { unit, ..self }
    }

    /// What its samples are counted in.
    pub fn unit(&self) -> SampleUnit {
        self.unit
    }

    /// Chance that it passes on a sample of length `n`; `None` unless `n` is positive.
    pub fn power(&self, n: f64) -> Option<f64> {
        self.test.power(n)
    }

    /// Length with which it passes with chance `power`, by convention 0.8; `None` unless that lies in [0.5,
    /// 1).
    pub fn length(&self, power: f64) -> Option<RowLength> {
        Some(RowLength { length: self.test.length(power)?, unit: self.unit })
    }
}

/// `ln(value / bound)`, exactly zero where they are equal; not finite unless both are positive.
fn log_ratio(value: f64, bound: f64) -> f64 {
    libm::log(value) - libm::log(bound)
}
