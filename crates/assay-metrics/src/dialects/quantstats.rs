//! quantstats: daily returns, 252 a year unless told otherwise; what others count by trades it counts by days.

use super::{Figure, Metric, RunSeries, Sampling, Sheet, compounded, downside, falls, growth, sides};
use crate::random::inverse_normal;
use crate::stats::{mean, quantile_type7, sorted, std_dev};

const A: f64 = 252.0;
/// `1 - 0.95` as the library's arithmetic has it.
const TAIL: f64 = 1.0 - 0.95;

pub(super) fn figures(run: &RunSeries<'_>) -> Vec<Figure> {
    let r = run.day_returns();
    let (n, ascending) = (r.len(), sorted(&r));
    let (up, down) = sides(&r);
    let (m, sd) = (mean(&r), std_dev(&r, 1));
    let whole = growth(&r);
    let cagr = libm::pow(whole.abs(), A / n as f64) - 1.0;
    let dd = falls(compounded(&r), 1.0);
    let deepest = dd.iter().copied().fold(0.0, f64::min);
    let ulcer = (dd.iter().map(|d| d * d).sum::<f64>() / (n as f64 - 1.0)).sqrt();
    let or_nan = |usable: bool, x: f64| if usable { x } else { f64::NAN };
    let mut s = Sheet::new(Sampling::Days, n);
    s.push(Metric::TotalReturn, whole - 1.0, "prod(1 + r) - 1 (comp)");
    s.push(Metric::Cagr, cagr, "prod(1 + r)^(252/n) - 1").annual(A);
    s.push(Metric::Volatility, sd * A.sqrt(), "sd(r) sqrt(252)").annual(A).ddof(1);
    s.push(Metric::Sharpe, m / sd * A.sqrt(), "mean(r) / sd(r) sqrt(252)").annual(A).ddof(1);
    let below = downside(&r);
    s.push(
        Metric::Sortino,
        or_nan(below > 0.0, m / below * A.sqrt()),
        "mean(r) / sqrt(sum(r^2 of losses) / n) sqrt(252)",
    )
    .annual(A);
    s.push(Metric::MaxDrawdown, deepest, "min(E / running peak - 1), start included; negative");
    s.push(Metric::Calmar, or_nan(deepest != 0.0, cagr / deepest.abs()), "cagr / |max drawdown|").annual(A);
    s.push(Metric::Ulcer, ulcer, "sqrt(sum(drawdown^2) / (n - 1)), start left out").ddof(1);
    s.push(
        Metric::Martin,
        or_nan(ulcer > 0.0, (whole - 1.0) / ulcer),
        "total return / ulcer index, not annual (ulcer_performance_index)",
    );
    s.push(
        Metric::Omega,
        or_nan(n > 1 && down > 0.0, up / down),
        "sum of gains / sum of losses, threshold 0",
    );
    let low = quantile_type7(&ascending, TAIL);
    let tail = (quantile_type7(&ascending, 0.95) / low).abs();
    s.push(Metric::TailRatio, or_nan(low != 0.0, tail), "|95 % quantile / 5 % quantile|");
    let z = inverse_normal(TAIL);
    s.push(Metric::Var95, or_nan(sd > 0.0, m + z * sd), "mean(r) + z sd(r), z of a normal distribution")
        .ddof(1);
    let density = libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
    s.push(Metric::Cvar95, m - sd * density / TAIL, "mean of the worst 5 % of a normal distribution").ddof(1);
    let (wins, losses) = (count(&r, |x| x > 0.0), count(&r, |x| x < 0.0));
    let rate = if wins + losses > 0.0 { wins / (wins + losses) } else { 0.0 };
    s.push(Metric::WinRate, rate, "days above 0 / days not 0: of days, not of trades");
    let factor = match (up > 0.0, down > 0.0) {
        (_, true) => up / down,
        (true, false) => f64::INFINITY,
        (false, false) => 0.0,
    };
    s.push(Metric::ProfitFactor, factor, "sum of gains / |sum of losses| of days");
    let payoff = (up / wins) / (down / losses);
    s.push(Metric::Payoff, payoff, "mean gain / |mean loss| of days");
    s.push(Metric::Kelly, (payoff * rate - (1.0 - rate)) / payoff, "p - (1 - p) / b: p and b of days");
    let moved = count(&r, |x| x != 0.0) / n as f64;
    s.push(
        Metric::Exposure,
        (moved * 100.0).ceil() / 100.0,
        "days with a return not 0 / days, rounded up to a percent",
    );
    s.figures
}

fn count(r: &[f64], of: impl Fn(f64) -> bool) -> f64 {
    r.iter().filter(|x| of(**x)).count() as f64
}
