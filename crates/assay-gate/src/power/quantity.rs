//! Metrics that a simulation of days can measure: what makes a value of each true, and when a drawn history passes a row.

use super::days::{RunDays, TradeTally};
use crate::stats::{Moments4, Z95, max_drawdown_of_returns, std_dev, wilson};

/// A metric of the run that days with their returns and trades show. A number in it is a group of trades: 0 for all,
/// 1 and on for regimes by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SimulatedMetric {
    /// Share of winners.
    WinRate(usize),
    /// Gross profit over gross loss.
    ProfitFactor(usize),
    /// Annual Sharpe ratio of daily returns.
    Sharpe,
    /// Compound return of a month.
    MonthlyReturn,
    /// Deepest fall of daily equity.
    MaxDrawdown,
}

/// A history drawn from the days of a run.
pub(super) struct DrawnHistory {
    /// Return of each day.
    pub returns: Vec<f64>,
    /// Trades, first of all regimes, then by regime.
    pub trades: Vec<TradeTally>,
    /// Days of the year and of a month.
    pub per_year: f64,
}

impl SimulatedMetric {
    /// Of each day, a number whose mean under the weights of days is zero where the metric has `value`; for a Sharpe
    /// ratio where `at` is the mean and the standard deviation of daily returns under these weights. A drawdown has no
    /// such number.
    pub fn moments(self, days: &RunDays, value: f64, at: [f64; 2]) -> Vec<f64> {
        let trades = |group: usize, f: &dyn Fn(&TradeTally) -> f64| match days.trades.get(group) {
            Some(of_days) => of_days.iter().map(f).collect(),
            None => vec![0.0; days.len()],
        };
        match self {
            Self::WinRate(group) => trades(group, &|t| t.wins - value * t.n()),
            Self::ProfitFactor(group) => trades(group, &|t| t.won[0] - value * t.lost[0]),
            Self::Sharpe => {
                // What one day moves the ratio by: the second part, whose mean is zero there, lets more or less
                // scatter make it true as well.
                let ([mean, sd], day) = (at, value / days.per_year.sqrt());
                let square = |r: f64| ((r - mean) / sd) * ((r - mean) / sd) - 1.0;
                days.returns.iter().map(|r| r / sd - day - 0.5 * day * square(*r)).collect()
            }
            Self::MonthlyReturn => {
                let mean = libm::log1p(value) / days.per_month();
                days.returns.iter().map(|r| libm::log1p(*r) - mean).collect()
            }
            Self::MaxDrawdown => vec![],
        }
    }

    /// Whether the 95 % interval of the metric in a history lies on the good side of `bound`, above it where `above`
    /// holds; a drawdown passes by its value.
    pub fn passes(self, history: &DrawnHistory, bound: f64, above: bool) -> bool {
        let clear = |x: f64| if above { x >= 0.0 } else { x <= 0.0 };
        let side = if above { -Z95 } else { Z95 };
        match self {
            Self::WinRate(group) => history.trades.get(group).is_some_and(|t| {
                let i = wilson(t.wins as u64, t.n() as u64);
                t.n() > 0.0 && clear(if above { i.lo } else { i.hi } - bound)
            }),
            Self::ProfitFactor(group) => history
                .trades
                .get(group)
                .and_then(log_profit_factor)
                .is_some_and(|(log, error)| clear(log + side * error - libm::log(bound))),
            Self::Sharpe => {
                let moments = Moments4::of(&history.returns);
                let at = bound / history.per_year.sqrt();
                let variance = moments.shape().sharpe_variance(at, history.returns.len() as f64);
                variance.is_some_and(|v| clear(moments.sharpe() + side * v.sqrt() - at))
            }
            Self::MonthlyReturn => log_of_month(&history.returns, history.per_year / 12.0)
                .is_some_and(|(log, error)| clear(log + side * error - libm::log1p(bound))),
            Self::MaxDrawdown => clear(max_drawdown_of_returns(history.returns.iter().copied()) - bound),
        }
    }

    /// Observations of it in a history, in the unit of `min_n`: trades, days or months.
    pub fn sample(self, history: &DrawnHistory) -> f64 {
        match self {
            Self::WinRate(group) | Self::ProfitFactor(group) => {
                history.trades.get(group).map_or(0.0, TradeTally::n)
            }
            Self::Sharpe | Self::MaxDrawdown => history.returns.len() as f64,
            Self::MonthlyReturn => (history.returns.len() as f64 / (history.per_year / 12.0)).floor(),
        }
    }
}

/// Logarithm of the profit factor and its standard error, `((1 + c_w²) / wins + (1 + c_l²) / losses)` with the coefficients
/// of variation of profits and losses; `None` without a win or a loss.
fn log_profit_factor(t: &TradeTally) -> Option<(f64, f64)> {
    if t.wins < 1.0 || t.losses < 1.0 {
        return None;
    }
    // 1 + c² is the mean square over the squared mean, so that the number cancels.
    let part = |[sum, squares]: [f64; 2]| squares / (sum * sum);
    Some((libm::log(t.won[0] / t.lost[0]), (part(t.won) + part(t.lost)).sqrt()))
}

/// Mean logarithm of the growth of a month and its standard error, from as many equal parts of the history as it has whole
/// months; `None` for fewer than two, or a lost account.
fn log_of_month(returns: &[f64], per_month: f64) -> Option<(f64, f64)> {
    let months = (returns.len() as f64 / per_month).floor() as usize;
    if months < 2 || returns.iter().any(|r| *r <= -1.0) {
        return None;
    }
    let n = returns.len();
    let log = |part: &[f64]| part.iter().map(|r| libm::log1p(*r)).sum::<f64>();
    let logs: Vec<f64> = (0..months).map(|m| log(&returns[m * n / months..(m + 1) * n / months])).collect();
    let days = n as f64 / months as f64;
    let scale = per_month / days;
    let mean = logs.iter().sum::<f64>() / months as f64 * scale;
    Some((mean, std_dev(&logs, 1) * scale.sqrt() / (months as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(returns: Vec<f64>, wins: f64, losses: f64) -> DrawnHistory {
        let t = TradeTally {
            wins,
            losses,
            even: 0.0,
            won: [3.0 * wins, 10.0 * wins],
            lost: [2.0 * losses, 5.0 * losses],
        };
        DrawnHistory { returns, trades: vec![t], per_year: 365.0 }
    }

    /// 58 of 100 have the Wilson interval .482 to .672; a profit factor of 1.5 x 58 / 42 with the error
    /// sqrt(10 / 9 / 58 + 5 / 4 / 42) = .2209 ends at 2.071 exp(-1.96 x .2209) = 1.343.
    #[test]
    fn trades_pass_by_the_worse_end_of_their_interval() {
        let h = history(vec![], 58.0, 42.0);
        let win = SimulatedMetric::WinRate(0);
        assert!(win.passes(&h, 0.482, true) && !win.passes(&h, 0.483, true));
        assert!(win.passes(&h, 0.673, false) && !win.passes(&h, 0.671, false));
        let factor = SimulatedMetric::ProfitFactor(0);
        assert!(factor.passes(&h, 1.342, true) && !factor.passes(&h, 1.345, true));
        assert!(!SimulatedMetric::WinRate(1).passes(&h, 0.1, true), "no such regime");
        assert!(!factor.passes(&history(vec![], 9.0, 0.0), 1.0, true));
        assert_eq!(win.sample(&h), 100.0);
    }

    #[test]
    fn returns_pass_by_the_worse_end_of_their_interval() {
        let returns: Vec<f64> = (0..730).map(|d| if d % 2 == 0 { 0.012 } else { -0.01 }).collect();
        let h = history(returns.clone(), 1.0, 1.0);
        let moments = Moments4::of(&returns);
        let annual = moments.sharpe() * 365f64.sqrt();
        let edge = |bound: f64| {
            let v = moments.shape().sharpe_variance(bound / 365f64.sqrt(), 730.0).unwrap();
            annual - Z95 * (v * 365.0).sqrt() - bound
        };
        let at = (0..4000).map(|k| f64::from(k) * 1e-3).find(|b| edge(*b) < 0.0).unwrap();
        assert!(SimulatedMetric::Sharpe.passes(&h, at - 1e-3, true));
        assert!(!SimulatedMetric::Sharpe.passes(&h, at, true));
        // The deepest fall of this history is one loss.
        assert!(SimulatedMetric::MaxDrawdown.passes(&h, 0.0101, false));
        assert!(!SimulatedMetric::MaxDrawdown.passes(&h, 0.0099, false));
        // 24 months, all nearly alike.
        let month = libm::expm1((libm::log1p(0.012) + libm::log1p(-0.01)) / 2.0 * 365.0 / 12.0);
        assert!(SimulatedMetric::MonthlyReturn.passes(&h, month - 0.004, true));
        assert!(!SimulatedMetric::MonthlyReturn.passes(&h, month, true));
        assert_eq!(SimulatedMetric::MonthlyReturn.sample(&h), 24.0);
        assert!(!SimulatedMetric::MonthlyReturn.passes(
            &history(returns[..60].to_vec(), 1.0, 1.0),
            -0.5,
            true
        ));
    }
}
