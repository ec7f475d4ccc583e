//! This program's own definitions: those of the summary of a run.

use super::{Figure, Metric, RunSeries, Sampling, Sheet};
use crate::{EquityStats, TradeColumns, TradeStats};

pub(super) fn figures(run: &RunSeries<'_>) -> Vec<Figure> {
    let a = run.days_per_year;
    let e = EquityStats::of(&run.day_curve(), a);
    let mut days = Sheet::new(Sampling::Days, e.periods);
    days.push(Metric::TotalReturn, e.total_return, "E_n / E_0 - 1");
    days.push(Metric::Cagr, e.cagr, "(E_n / E_0)^(A/n) - 1").annual(a);
    days.push(Metric::Volatility, e.volatility, "sd(r) sqrt(A)").annual(a).ddof(1);
    days.push(Metric::Sharpe, e.sharpe, "mean(r) / sd(r) sqrt(A); undefined without variation")
        .annual(a)
        .ddof(1);
    days.push(Metric::Sortino, e.sortino, "mean(r) / sqrt(mean(min(r, 0)^2)) sqrt(A), over all n").annual(a);
    days.push(
        Metric::DownsideDeviation,
        e.downside_deviation,
        "sqrt(mean(min(r, 0)^2)), over all n, not annual",
    );
    days.push(Metric::MaxDrawdown, e.max_drawdown, "max(1 - E / running peak), start included; positive");
    days.push(Metric::Calmar, e.calmar, "cagr / max_drawdown").annual(a);
    days.push(Metric::Ulcer, e.ulcer, "sqrt(mean((1 - E / peak)^2)), start included");
    days.push(Metric::Martin, e.martin, "cagr / ulcer").annual(a);
    days.push(Metric::Omega, e.omega, "sum of gains / sum of losses, threshold 0");
    days.push(Metric::TailRatio, e.tail_ratio, "|95 % quantile| / |5 % quantile|, type 7");
    days.push(Metric::Var95, e.var95, "5 % quantile of r, type 7; a loss is negative");
    days.push(Metric::Cvar95, e.cvar95, "mean of the lowest floor(0.05 (n - 1)) + 1 returns");

    let t = TradeStats::of(&TradeColumns {
        pnl: run.pnl,
        return_frac: run.return_frac,
        r_multiple: run.r_multiple,
        ..TradeColumns::default()
    });
    let mut trades = Sheet::new(Sampling::Trades, t.n);
    trades.push(Metric::WinRate, t.win_rate, "trades with a profit after costs above 0 / all trades");
    trades.push(
        Metric::ProfitFactor,
        t.profit_factor,
        "sum of profits / |sum of losses|, money; undefined without a loss",
    );
    trades.push(Metric::Payoff, t.payoff, "mean win / |mean loss|, money");
    trades.push(Metric::Expectancy, t.expectancy, "mean profit of a trade, money");
    trades.push(Metric::Sqn, t.sqn, "sqrt(min(n, 100)) mean(R) / sd(R), R multiples").ddof(1);

    let mut bars = Sheet::new(Sampling::Bars, run.held.len());
    let held = run.held.iter().filter(|h| **h).count() as f64 / run.held.len() as f64;
    bars.push(Metric::Exposure, held, "bars with a position at their close / bars");
    [days.figures, trades.figures, bars.figures].concat()
}
