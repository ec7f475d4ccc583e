//! Compares two variants on the same bars.

use super::criteria::{Change, CriterionMetric};
use super::evidence::Tables;
use super::measure::{Measure, estimate, no_value, purpose};
use super::series;
use super::span::JudgedSpan;
use super::verdict::Observation;
use crate::stats::{self, ResampledInterval};

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
    let purpose = purpose(metric, &format!("{a_name}-{b_name}"), regime, &m.evidence.regimes);
    let shadow = span.phase && *metric == CriterionMetric::WinRate;
    let a_trades = series::trades(a, span, regime, shadow);
    let b_trades = series::trades(b, span, regime, shadow);
    let trades = a_trades.len().min(b_trades.len());
    let pair = VariantPair { m, a, b, regime, span, purpose: &purpose };
    let compared = match (metric, change) {
        (CriterionMetric::WinRate | CriterionMetric::ProfitFactor, Change::Absolute) => {
            pair.trades(metric, &a_trades, &b_trades)
        }
        (CriterionMetric::Sharpe, _) => pair.sharpe(change),
        (CriterionMetric::MaxDrawdown, Change::Absolute) => pair.max_drawdown(),
        (CriterionMetric::MonthlyReturn, _) => pair.monthly_return(change),
        _ => return Observation::missing(format!("{metric} is not compared between variants")),
    };
    compared.observation(metric, change, trades, [a_name, b_name])
}

/// Two variants and what is asked about both.
struct VariantPair<'p> {
    m: &'p Measure<'p>,
    a: &'p Tables<'p>,
    b: &'p Tables<'p>,
    regime: Option<u8>,
    span: &'p JudgedSpan,
    /// Name of the random stream.
    purpose: &'p str,
}

/// A metric of both variants, and the interval of the change between them.
struct Compared {
    /// Of the first, then of the second.
    values: (f64, f64),
    interval: Option<ResampledInterval>,
    n: usize,
    unit: &'static str,
    method: String,
}

impl VariantPair<'_> {
    /// A metric of closed trades.
    fn trades(&self, metric: &CriterionMetric, a_trades: &[usize], b_trades: &[usize]) -> Compared {
        let (a, b) = (series::pnl(self.a, a_trades), series::pnl(self.b, b_trades));
        let (boot, method) = self.m.blocks(&[&a, &b]);
        let (values, interval) = if *metric == CriterionMetric::WinRate {
            let values = (stats::win_rate(&a), stats::win_rate(&b));
            (values, stats::win_rate_difference(&b, &a, &boot, self.purpose))
        } else {
            let values = (stats::profit_factor(&a), stats::profit_factor(&b));
            (values, stats::profit_factor_difference(&b, &a, &boot, self.purpose))
        };
        Compared { values, interval, n: a_trades.len().min(b_trades.len()), unit: "trades", method }
    }

    fn sharpe(&self, change: Change) -> Compared {
        let e = self.m.evidence;
        // Both in the regimes of the first, so that bars stay paired.
        let (a, b, per_year, unit) = match self.regime {
            Some(r) => {
                let of = |t: &Tables| series::regime_returns(e, t, &self.a.equity, r, self.span);
                (of(self.a), of(self.b), e.bars_per_year, "bars")
            }
            None => {
                let of = |t: &Tables| series::days(e, t, self.span).returns;
                (of(self.a), of(self.b), e.days_per_year, "days")
            }
        };
        let (boot, method) = self.m.blocks(&[&a, &b]);
        let values = (stats::sharpe_ratio(&a, per_year), stats::sharpe_ratio(&b, per_year));
        let interval = match change {
            Change::Absolute => stats::sharpe_difference_interval(&b, &a, per_year, &boot, self.purpose),
            Change::Relative => stats::sharpe_change_interval(&b, &a, &boot, self.purpose),
        };
        Compared { values, interval, n: a.len(), unit, method }
    }

    fn max_drawdown(&self) -> Compared {
        let (e, a, b) = (self.m.evidence, self.a, self.b);
        let values = (series::max_drawdown(e, a, self.span), series::max_drawdown(e, b, self.span));
        let (a, b) = (series::days(e, a, self.span).returns, series::days(e, b, self.span).returns);
        let (boot, method) = self.m.blocks(&[&a, &b]);
        let interval = stats::max_drawdown_difference_interval(&b, &a, &boot, self.purpose);
        Compared { values, interval, n: a.len(), unit: "days", method }
    }

    fn monthly_return(&self, change: Change) -> Compared {
        let e = self.m.evidence;
        let (a, b) = (series::days(e, self.a, self.span), series::days(e, self.b, self.span));
        let (values, months) = ((a.monthly, b.monthly), a.months);
        let (a, b) = (a.of_whole_months, b.of_whole_months);
        let per_month = a.len() as f64 / months as f64;
        let (boot, method) = self.m.blocks(&[&a, &b]);
        let interval = match change {
            Change::Absolute => {
                stats::compound_monthly_difference_interval(&b, &a, per_month, &boot, self.purpose)
            }
            Change::Relative => {
                stats::compound_monthly_change_interval(&b, &a, per_month, &boot, self.purpose)
            }
        };
        Compared { values, interval, n: months, unit: "months", method }
    }
}

impl Compared {
    /// What is observed of the change of `metric`, with the smaller number of `trades` and the values of both `names`.
    fn observation(
        self,
        metric: &CriterionMetric,
        change: Change,
        trades: usize,
        [a_name, b_name]: [&str; 2],
    ) -> Observation {
        let (of, with) = self.values;
        let value = match change {
            Change::Absolute => of - with,
            Change::Relative => of / with - 1.0,
        };
        let mut o = estimate(value, self.interval, self.n, self.unit, self.method);
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
}

/// A value of `metric` as text.
fn shown(metric: &CriterionMetric, x: f64) -> String {
    match metric {
        CriterionMetric::Sharpe | CriterionMetric::ProfitFactor => format!("{x:.2}"),
        _ => format!("{:.1} %", x * 100.0),
    }
}
