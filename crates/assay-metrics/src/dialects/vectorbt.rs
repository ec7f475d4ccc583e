//! vectorbt: returns of bars, a year of 365 days; trades in money.

use super::{
    Figure, Metric, RunSeries, Sampling, Sheet, compounded, downside, falls, growth, lowest_mean, sides,
};
use crate::stats::{mean, quantile_type7, sorted, std_dev};

pub(super) fn figures(run: &RunSeries<'_>) -> Vec<Figure> {
    [of_returns(run), of_trades(run)].concat()
}

fn of_returns(run: &RunSeries<'_>) -> Vec<Figure> {
    let a = 365.0 * 86_400_000.0 / run.bar_ms as f64;
    let r = run.bar_returns();
    let (n, ascending) = (r.len(), sorted(&r));
    let (up, down) = sides(&r);
    let (m, sd) = (mean(&r), std_dev(&r, 1));
    let annual = if n == 0 { f64::NAN } else { libm::pow(growth(&r), a / n as f64) - 1.0 };
    // The peak begins at the first close, not at the start: a loss of the first bar is no drawdown.
    let curve = compounded(&r);
    let dd = falls(curve.iter().copied(), f64::NEG_INFINITY);
    let deepest = dd.iter().copied().fold(f64::NAN, f64::min);
    let ulcer = (dd.iter().map(|d| d * d).sum::<f64>() / n as f64).sqrt();
    let below = downside(&r) * a.sqrt();
    let two = |x: f64| if n < 2 { f64::NAN } else { x };
    let or_infinite = |usable: bool, x: f64| if usable { x } else { f64::INFINITY };
    let mut s = Sheet::new(Sampling::Bars, n);
    s.push(Metric::TotalReturn, growth(&r) - 1.0, "prod(1 + r) - 1");
    s.push(Metric::Cagr, annual, "prod(1 + r)^(A/n) - 1 (annualized_return)").annual(a);
    s.push(Metric::Volatility, two(sd * a.sqrt()), "sd(r) sqrt(A)").annual(a).ddof(1);
    s.push(
        Metric::Sharpe,
        two(or_infinite(sd != 0.0, m / sd * a.sqrt())),
        "mean(r) / sd(r) sqrt(A); infinite where sd is 0",
    )
    .annual(a)
    .ddof(1);
    s.push(Metric::Sortino, two(or_infinite(below != 0.0, m * a / below)), "A mean(r) / downside risk")
        .annual(a);
    s.push(Metric::DownsideDeviation, below, "sqrt(mean(min(r, 0)^2)) sqrt(A) (downside_risk)").annual(a);
    s.push(Metric::MaxDrawdown, deepest, "min(E / running peak - 1), peak from the first close on; negative");
    let calmar = if deepest == 0.0 { f64::NAN } else { annual / deepest.abs() };
    s.push(Metric::Calmar, calmar, "annualized return / |max drawdown|").annual(a);
    s.push(Metric::Ulcer, ulcer, "sqrt(mean(drawdown^2)), peak from the first close on");
    let martin = if ulcer > 0.0 { annual / ulcer } else { f64::NAN };
    s.push(Metric::Martin, martin, "annualized return / ulcer index").annual(a);
    s.push(Metric::Omega, or_infinite(down != 0.0, up / down), "sum of gains / sum of losses, threshold 0");
    let quantile = |q| quantile_type7(&ascending, q);
    let low = quantile(0.05).abs();
    s.push(
        Metric::TailRatio,
        or_infinite(low != 0.0, quantile(0.95).abs() / low),
        "|95 % quantile| / |5 % quantile|",
    );
    s.push(Metric::Var95, quantile(0.05), "5 % quantile of r, of a bar");
    s.push(
        Metric::Cvar95,
        lowest_mean(&ascending),
        "mean of the lowest floor(0.05 (n - 1)) + 1 returns, of a bar",
    );
    s.figures
}

fn of_trades(run: &RunSeries<'_>) -> Vec<Figure> {
    let n = run.pnl.len();
    let (up, down) = sides(run.pnl);
    let count = |of: fn(f64) -> bool| run.pnl.iter().filter(|x| of(**x)).count() as f64;
    let (wins, losses) = (count(|x| x > 0.0), count(|x| x < 0.0));
    let all = n as f64;
    let average = |sum: f64, k: f64| if k > 0.0 { sum / k } else { 0.0 };
    let mut s = Sheet::new(Sampling::Trades, n);
    s.push(Metric::WinRate, wins / all, "winning trades / trades");
    let factor = if n == 0 { f64::NAN } else { up / down };
    s.push(Metric::ProfitFactor, factor, "sum of profits / |sum of losses|, money; infinite without a loss");
    let expectancy = wins / all * average(up, wins) - losses / all * average(down, losses);
    s.push(Metric::Expectancy, expectancy, "win rate x mean win - loss rate x |mean loss|, money");
    let sqn = all.sqrt() * mean(run.pnl) / std_dev(run.pnl, 1);
    s.push(Metric::Sqn, sqn, "sqrt(n) mean(P&L) / sd(P&L), money").ddof(1);
    s.figures
}
