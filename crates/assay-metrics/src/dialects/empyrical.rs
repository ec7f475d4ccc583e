//! empyrical-reloaded: daily returns, 252 a year unless told otherwise.

use super::{Figure, Metric, RunSeries, Sampling, Sheet, downside, falls, growth, lowest_mean, sides};
use crate::stats::{mean, quantile_type7, sorted, std_dev};

const A: f64 = 252.0;

pub(super) fn figures(run: &RunSeries<'_>) -> Vec<Figure> {
    let r = run.day_returns();
    let (n, ascending) = (r.len(), sorted(&r));
    let (up, down) = sides(&r);
    // The sample deviation of equal values is taken for zero, whatever rounding leaves.
    let constant = r.iter().all(|x| *x == r[0]);
    let sd = if constant && n > 1 { 0.0 } else { std_dev(&r, 1) };
    let annual = if n == 0 { f64::NAN } else { libm::pow(growth(&r), A / n as f64) - 1.0 };
    let deepest = falls(super::compounded(&r), 1.0).into_iter().fold(f64::NAN, f64::min);
    let down_year = downside(&r) * A.sqrt();
    let two = |x: f64| if n < 2 { f64::NAN } else { x };
    let mut s = Sheet::new(Sampling::Days, n);
    s.push(Metric::TotalReturn, growth(&r) - 1.0, "prod(1 + r) - 1 (cum_returns_final)");
    s.push(Metric::Cagr, annual, "prod(1 + r)^(252/n) - 1").annual(A);
    s.push(Metric::Volatility, two(std_dev(&r, 1) * A.sqrt()), "sd(r) 252^(1/2)").annual(A).ddof(1);
    s.push(Metric::Sharpe, two(mean(&r) / sd * A.sqrt()), "mean(r) / sd(r) sqrt(252)").annual(A).ddof(1);
    s.push(Metric::Sortino, two(mean(&r) * A / down_year), "252 mean(r) / downside risk").annual(A);
    s.push(Metric::DownsideDeviation, down_year, "sqrt(mean(min(r, 0)^2)) sqrt(252) (downside_risk)")
        .annual(A);
    s.push(Metric::MaxDrawdown, deepest, "min(E / running peak - 1), start included; negative");
    let calmar = if deepest < 0.0 { annual / -deepest } else { f64::NAN };
    s.push(Metric::Calmar, calmar, "annual return / |max drawdown|").annual(A);
    let omega = if n > 1 && down > 0.0 { up / down } else { f64::NAN };
    s.push(Metric::Omega, omega, "sum of gains / sum of losses, threshold 0");
    let quantile = |q| quantile_type7(&ascending, q);
    s.push(
        Metric::TailRatio,
        quantile(0.95).abs() / quantile(0.05).abs(),
        "|95 % quantile| / |5 % quantile|",
    );
    s.push(Metric::Var95, quantile(0.05), "5 % quantile of r");
    s.push(Metric::Cvar95, lowest_mean(&ascending), "mean of the lowest floor(0.05 (n - 1)) + 1 returns");
    s.figures
}
