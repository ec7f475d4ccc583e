//! backtesting.py: equity of bars; days by the time bars open; compounding formulas; trades in per cent of their notional.

use super::{Figure, Metric, RunSeries, Sampling, Sheet, downside, falls, sides};
use crate::stats::{mean, std_dev, variance};

const DAY_MS: i64 = 86_400_000;

pub(super) fn figures(run: &RunSeries<'_>) -> Vec<Figure> {
    if run.equity.is_empty() {
        return vec![];
    }
    [of_days(run), of_equity(run), of_trades(run)].concat()
}

/// 365 where more than 60 % of the weekend is there, by bars; 252 otherwise, 52 for weeks.
fn days_a_year(run: &RunSeries<'_>) -> f64 {
    if run.bar_ms == 7 * DAY_MS {
        return 52.0;
    }
    // 1970-01-01 was a Thursday; Monday is 0.
    let weekend = |t: &&i64| (t.div_euclid(DAY_MS) + 3).rem_euclid(7) >= 5;
    let share = run.open_ms.iter().filter(weekend).count() as f64 / run.open_ms.len() as f64;
    if share > 2.0 / 7.0 * 0.6 { 365.0 } else { 252.0 }
}

/// Returns between the last equities of the days, or weeks, in which bars open.
fn day_returns(run: &RunSeries<'_>) -> Vec<f64> {
    let step = if run.bar_ms == 7 * DAY_MS { 7 } else { 1 };
    // A week ends with its Sunday.
    let period = |t: i64| (t.div_euclid(DAY_MS) + if step == 7 { 3 } else { 0 }).div_euclid(step);
    let mut last: Vec<(i64, f64)> = vec![];
    for (&t, &e) in run.open_ms.iter().zip(run.equity) {
        match last.last_mut() {
            Some((day, equity)) if *day == period(t) => *equity = e,
            _ => last.push((period(t), e)),
        }
    }
    last.windows(2).map(|w| w[1].1 / w[0].1 - 1.0).collect()
}

fn of_days(run: &RunSeries<'_>) -> Vec<Figure> {
    let a = days_a_year(run);
    let r = day_returns(run);
    let g = geometric_mean(&r);
    let annual = libm::pow(1.0 + g, a) - 1.0;
    let volatility =
        (libm::pow(variance(&r, 1) + (1.0 + g) * (1.0 + g), a) - libm::pow(1.0 + g, 2.0 * a)).sqrt();
    let mut s = Sheet::new(Sampling::OpenDays, r.len());
    s.push(Metric::AnnualReturn, annual, "(1 + geometric mean(r))^A - 1").annual(a);
    s.push(
        Metric::Volatility,
        volatility,
        "sqrt((var(r) + (1 + g)^2)^A - (1 + g)^(2A)), g the geometric mean",
    )
    .annual(a)
    .ddof(1);
    let sharpe = if volatility == 0.0 { f64::NAN } else { annual / volatility };
    s.push(Metric::Sharpe, sharpe, "annual return / volatility, both compounded").annual(a).ddof(1);
    s.push(
        Metric::Sortino,
        annual / (downside(&r) * a.sqrt()),
        "annual return, compounded / (sqrt(mean(min(r, 0)^2)) sqrt(A))",
    )
    .annual(a);
    let deepest = drawdown(run);
    let calmar = if deepest == 0.0 { f64::NAN } else { annual / -deepest };
    s.push(Metric::Calmar, calmar, "annual return / |max drawdown|").annual(a);
    s.figures
}

fn geometric_mean(r: &[f64]) -> f64 {
    if r.iter().any(|x| 1.0 + x <= 0.0) {
        return 0.0;
    }
    libm::exp(r.iter().map(|x| libm::log(1.0 + x)).sum::<f64>() / r.len() as f64) - 1.0
}

/// Negative, from the first close on.
fn drawdown(run: &RunSeries<'_>) -> f64 {
    falls(run.equity.iter().copied(), f64::NEG_INFINITY).into_iter().fold(0.0, f64::min)
}

fn of_equity(run: &RunSeries<'_>) -> Vec<Figure> {
    let n = run.equity.len();
    let growth = run.equity[n - 1] / run.equity[0];
    let ms = run.open_ms[n - 1] - run.open_ms[0];
    let years = ms as f64 / (365.25 * DAY_MS as f64);
    let mut s = Sheet::new(Sampling::Equity, n);
    s.push(Metric::TotalReturn, growth - 1.0, "E_n / E_1 - 1, from the first close on");
    let cagr = if years > 0.0 { libm::pow(growth, 1.0 / years) - 1.0 } else { f64::NAN };
    s.push(Metric::Cagr, cagr, "(E_n / E_1)^(1 / years) - 1, years of 365.25 days from open to open")
        .annual(365.25);
    s.push(
        Metric::MaxDrawdown,
        drawdown(run),
        "-max(1 - E / running peak), from the first close on; negative",
    );
    let mut held = vec![false; n];
    for (&entry, &exit) in run.entry_bar.iter().zip(run.exit_bar) {
        held[entry.min(n - 1)..=exit.min(n - 1)].fill(true);
    }
    let exposure = held.iter().filter(|h| **h).count() as f64 / n as f64;
    s.push(Metric::Exposure, exposure, "bars from entry to exit, both included / bars");
    s.figures
}

fn of_trades(run: &RunSeries<'_>) -> Vec<Figure> {
    let n = run.pnl.len();
    let wins = run.pnl.iter().filter(|x| **x > 0.0).count() as f64;
    let losses = run.pnl.iter().filter(|x| **x < 0.0).count() as f64;
    let rate = wins / n as f64;
    let (up, down) = sides(run.return_frac);
    let (gain, loss) = sides(run.pnl);
    let mut s = Sheet::new(Sampling::Trades, n);
    s.push(Metric::WinRate, rate, "trades with P&L above 0 / trades");
    let factor = if down > 0.0 { up / down } else { f64::NAN };
    s.push(
        Metric::ProfitFactor,
        factor,
        "sum of positive returns / |sum of negative returns|, per cent of notional",
    );
    s.push(Metric::Expectancy, mean(run.return_frac), "mean return of a trade on its notional");
    let sd = std_dev(run.pnl, 1);
    let sqn = if sd == 0.0 { f64::NAN } else { (n as f64).sqrt() * mean(run.pnl) / sd };
    s.push(Metric::Sqn, sqn, "sqrt(n) mean(P&L) / sd(P&L), money").ddof(1);
    let kelly = rate - (1.0 - rate) / ((gain / wins) / (loss / losses));
    s.push(Metric::Kelly, kelly, "p - (1 - p) / (mean win / |mean loss|), money");
    s.figures
}
