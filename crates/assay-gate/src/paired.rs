//! Compares two variants on the same bars.

use super::criteria::{Change, CriterionMetric};
use super::evidence::Tables;
use super::measure::{Measure, estimate, no_value, purpose};
use super::series;
use super::span::JudgedSpan;
use super::verdict::Observation;
use crate::stats;

/// Metric of `a` compared with that of `b`, in all regimes or in one, over `span`.
pub fn observe(
    m: &Measure,
    metric: &CriterionMetric,
    change: Change,
    (a_name, a): (&str, &Tables),
    (b_name, b): (&str, &Tables),
    regime: Option<u8>,
    span: &JudgedSpan,
) -> Observation {
    if a.equity.close_time_ms != b.equity.close_time_ms {
        return Observation::missing(format!("{a_name} and {b_name} did not run on the same bars"));
    }
    let e = m.evidence;
    let purpose = purpose(metric, &format!("{a_name}-{b_name}"), regime, &e.regimes);
    let shadow = span.phase && *metric == CriterionMetric::WinRate;
    let a_trades = series::trades(a, span, regime, shadow);
    let b_trades = series::trades(b, span, regime, shadow);
    let trades = a_trades.len().min(b_trades.len());
    let (values, interval, n, unit, method) = match (metric, change) {
        (CriterionMetric::WinRate | CriterionMetric::ProfitFactor, Change::Absolute) => {
            let (a, b) = (series::pnl(a, &a_trades), series::pnl(b, &b_trades));
            let (boot, method) = m.blocks(&[&a, &b]);
            let (values, interval) = if *metric == CriterionMetric::WinRate {
                let values = (stats::win_rate(&a), stats::win_rate(&b));
                (values, stats::win_rate_difference(&b, &a, &boot, &purpose))
            } else {
                let values = (stats::profit_factor(&a), stats::profit_factor(&b));
                (values, stats::profit_factor_difference(&b, &a, &boot, &purpose))
            };
            (values, interval, trades, "trades", method)
        }
        (CriterionMetric::Sharpe, _) => {
            // Both in the regimes of the first, so that bars stay paired.
            let (a, b, per_year, unit) = match regime {
                Some(r) => {
                    let of = |t: &Tables| series::regime_returns(e, t, &a.equity, r, span);
                    (of(a), of(b), e.bars_per_year, "bars")
                }
                None => {
                    let of = |t: &Tables| series::days(e, t, span).returns;
                    (of(a), of(b), e.days_per_year, "days")
                }
            };
            let (boot, method) = m.blocks(&[&a, &b]);
            let values = (stats::sharpe_ratio(&a, per_year), stats::sharpe_ratio(&b, per_year));
            let interval = match change {
                Change::Absolute => stats::sharpe_difference_interval(&b, &a, per_year, &boot, &purpose),
                Change::Relative => stats::sharpe_change_interval(&b, &a, &boot, &purpose),
            };
            (values, interval, a.len(), unit, method)
        }
        (CriterionMetric::MaxDrawdown, Change::Absolute) => {
            let values = (series::max_drawdown(e, a, span), series::max_drawdown(e, b, span));
            let (a, b) = (series::days(e, a, span).returns, series::days(e, b, span).returns);
            let (boot, method) = m.blocks(&[&a, &b]);
            let interval = stats::max_drawdown_difference_interval(&b, &a, &boot, &purpose);
            (values, interval, a.len(), "days", method)
        }
        (CriterionMetric::MonthlyReturn, _) => {
            let (a, b) = (series::days(e, a, span), series::days(e, b, span));
            let (values, months) = ((a.monthly, b.monthly), a.months);
            let (a, b) = (a.of_whole_months, b.of_whole_months);
            let per_month = a.len() as f64 / months as f64;
            let (boot, method) = m.blocks(&[&a, &b]);
            let interval = match change {
                Change::Absolute => {
                    stats::compound_monthly_difference_interval(&b, &a, per_month, &boot, &purpose)
                }
                Change::Relative => {
                    stats::compound_monthly_change_interval(&b, &a, per_month, &boot, &purpose)
                }
            };
            (values, interval, months, "months", method)
        }
        _ => return Observation::missing(format!("{metric} is not compared between variants")),
    };
    let (of, with) = values;
    let value = match change {
        Change::Absolute => of - with,
        Change::Relative => of / with - 1.0,
    };
    let mut o = estimate(value, interval, n, unit, method);
    o.trades = Some(trades as u64);
    if of.is_nan() || with.is_nan() {
        let which = if of.is_nan() { a_name } else { b_name };
        return no_value(o, &format!("{metric} of {which} has no value"));
    }
    o.note = Some(format!("{b_name} {}, {a_name} {}", shown(metric, with), shown(metric, of)));
    if change == Change::Relative && with <= 0.0 {
        return no_value(o, "the baseline is not positive, so a relative change has no meaning");
    }
    if change == Change::Relative && o.interval.is_none() {
        o.missing = Some("the baseline is not positive on 95 % of the resamples".into());
    }
    o
}

/// A value of `metric` as text.
fn shown(metric: &CriterionMetric, x: f64) -> String {
    match metric {
        CriterionMetric::Sharpe | CriterionMetric::ProfitFactor => format!("{x:.2}"),
        _ => format!("{:.1} %", x * 100.0),
    }
}
