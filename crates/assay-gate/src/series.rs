//! Cuts the series a metric needs out of a variant's tables.

use std::ops::Range;

use super::evidence::{Equity, Evidence, Tables};
use super::span::JudgedSpan;
use crate::metrics::{self, Drawdown};

/// Indices of the closed trades of a span, in one regime or all; shadow trades only where `shadow` is true.
pub fn trades(tables: &Tables, span: &JudgedSpan, regime: Option<u8>, shadow: bool) -> Vec<usize> {
    let t = &tables.trades;
    (0..t.exit_time_ms.len())
        .filter(|&i| {
            (shadow || !t.shadow[i])
                && span.holds(t.exit_time_ms[i])
                && regime.is_none_or(|r| t.regime[i] == r)
        })
        .collect()
}

/// Profits of `trades`.
pub fn pnl(tables: &Tables, trades: &[usize]) -> Vec<f64> {
    trades.iter().map(|&i| tables.trades.pnl[i]).collect()
}

/// Rows of the equity table that belong to a span, as a curve that starts with the equity before them.
struct SpanCurve {
    rows: Range<usize>,
    equity: Vec<f64>,
}

fn curve(e: &Evidence, equity: &Equity, span: &JudgedSpan) -> SpanCurve {
    let from = equity.close_time_ms.partition_point(|&t| span.phase && t <= span.from_ms);
    let to = equity.close_time_ms.partition_point(|&t| !span.phase || t <= span.to_ms).max(from);
    let before = if from == 0 { e.start_equity } else { equity.equity[from - 1] };
    let rows = from..to;
    SpanCurve {
        equity: std::iter::once(before).chain(equity.equity[rows.clone()].iter().copied()).collect(),
        rows,
    }
}

/// Returns by day.
#[derive(Debug, Clone, PartialEq)]
pub struct Days {
    /// Equity at the end of those days, and at the start.
    pub curve: Vec<f64>,
    /// Of every UTC day; in a market with sessions (fewer than 360 trading days a year) of the days with a bar.
    pub returns: Vec<f64>,
    /// Of every UTC day of the whole calendar months.
    pub of_whole_months: Vec<f64>,
    /// How many whole calendar months there are.
    pub months: usize,
    /// Their returns.
    pub of_months: Vec<f64>,
    /// UTC days of `returns`, since 1970-01-01.
    pub day: Vec<i32>,
    /// Geometric mean of their returns; NaN where there is none.
    pub monthly: f64,
}

/// The days of a span.
pub fn days(e: &Evidence, tables: &Tables, span: &JudgedSpan) -> Days {
    let SpanCurve { rows, equity } = curve(e, &tables.equity, span);
    let start_ms = if span.phase { span.from_ms } else { e.start_ms };
    let daily =
        metrics::daily(&tables.equity.close_time_ms[rows], &equity[1..], equity[0], start_ms).by(e.calendar);
    let every = daily.returns();
    let months = metrics::monthly(&daily);
    let mut of_whole_months = Vec::new();
    let mut first = 0;
    for m in &months {
        let end = (first + m.days as usize).min(every.len());
        if !m.partial {
            of_whole_months.extend_from_slice(&every[first..end]);
        }
        first = end;
    }
    let curve = daily.counted(e.days_per_year);
    Days {
        returns: metrics::simple_returns(&curve),
        curve,
        of_whole_months,
        months: months.iter().filter(|m| !m.partial).count(),
        of_months: months.iter().filter(|m| !m.partial).map(|m| m.return_frac).collect(),
        day: daily.counted_days(e.days_per_year),
        monthly: metrics::monthly_return(&months),
    }
}

/// Returns over the bars of a span that opened in `regime` by the labels of `labels`.
pub fn regime_returns(
    e: &Evidence,
    tables: &Tables,
    labels: &Equity,
    regime: u8,
    span: &JudgedSpan,
) -> Vec<f64> {
    let SpanCurve { rows, equity } = curve(e, &tables.equity, span);
    let of_regime = |i: usize| labels.regime_at_open[i] == regime;
    rows.zip(metrics::simple_returns(&equity)).filter(|(i, _)| of_regime(*i)).map(|(_, r)| r).collect()
}

/// Deepest fall of the equity of a span below its peak, as a fraction of the peak.
pub fn max_drawdown(e: &Evidence, tables: &Tables, span: &JudgedSpan) -> f64 {
    Drawdown::of(&curve(e, &tables.equity, span).equity).depth
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOUR, START, evidence, run};
    use super::*;

    fn whole() -> JudgedSpan {
        JudgedSpan { from_ms: 0, to_ms: 0, phase: false, cut: None }
    }

    #[test]
    fn days_compound_to_the_whole_run() {
        let e = evidence();
        let d = days(&e, &e.main, &whole());
        assert_eq!(d.returns.len(), 60);
        let growth: f64 = d.returns.iter().map(|r| 1.0 + r).product();
        let end = e.main.equity.equity.last().unwrap() / e.start_equity;
        assert!((growth - end).abs() < 1e-12);
    }

    #[test]
    fn whole_months_leave_out_what_is_cut() {
        let e = evidence(); // 2021-01-01 to 2021-03-02
        let d = days(&e, &e.main, &whole());
        assert_eq!((d.of_whole_months.len(), d.months), (59, 2));
        assert_eq!(d.of_whole_months, d.returns[..59]);
        let growth: f64 = d.returns[..59].iter().map(|r| 1.0 + r).product();
        assert!(((1.0 + d.monthly).powi(2) - growth).abs() < 1e-12);
        let span = JudgedSpan { from_ms: START + 24 * HOUR, to_ms: e.end_ms, phase: true, cut: None };
        let later = days(&e, &e.main, &span);
        assert_eq!((later.of_whole_months.len(), later.months), (28, 1));
        let none = days(&run(20, 0.6, 1), &e.main, &JudgedSpan { to_ms: START + 480 * HOUR, ..span });
        assert!(none.months == 0 && none.monthly.is_nan());
    }

    #[test]
    fn a_market_with_sessions_counts_its_own_days() {
        let mut e = evidence();
        let q = &mut e.main.equity;
        let keep: Vec<usize> = (0..q.close_time_ms.len()).filter(|i| i / 24 % 7 < 5).collect();
        q.close_time_ms = keep.iter().map(|&i| q.close_time_ms[i]).collect();
        q.equity = keep.iter().map(|&i| q.equity[i]).collect();
        q.regime_at_open.truncate(keep.len());
        assert_eq!(days(&e, &e.main, &whole()).returns.len(), 60);
        e.days_per_year = 252.0;
        assert_eq!(days(&e, &e.main, &whole()).returns.len(), 44);
    }

    #[test]
    fn a_phase_starts_from_the_equity_before_it() {
        let e = evidence();
        let span =
            JudgedSpan { from_ms: START + 24 * HOUR, to_ms: START + 72 * HOUR, phase: true, cut: None };
        let d = days(&e, &e.main, &span);
        let all = days(&e, &e.main, &whole());
        assert_eq!(d.returns, all.returns[1..3]);
        assert_eq!(trades(&e.main, &span, None, false).len(), 8);
        let regimes: usize =
            (0..5).map(|r| regime_returns(&e, &e.main, &e.main.equity, r, &span).len()).sum();
        assert_eq!(regimes, 48);
    }

    #[test]
    fn drawdown_counts_the_start_as_a_peak() {
        let mut e = evidence();
        e.main.equity.close_time_ms.truncate(3);
        e.main.equity.equity = vec![9_000.0, 9_900.0, 9_405.0];
        assert!((max_drawdown(&e, &e.main, &whole()) - 0.1).abs() < 1e-12);
        e.main.equity.equity = vec![11_000.0, 9_900.0, 8_250.0];
        assert!((max_drawdown(&e, &e.main, &whole()) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn shadow_trades_are_left_out_unless_asked_for() {
        let mut e = evidence();
        e.main.trades.shadow[0] = true;
        let n = e.main.trades.pnl.len();
        assert_eq!(trades(&e.main, &whole(), None, false).len(), n - 1);
        assert_eq!(trades(&e.main, &whole(), None, true).len(), n);
        let first = trades(&e.main, &whole(), Some(0), true);
        assert!(first.len() < n && first.contains(&0));
        assert_eq!(pnl(&e.main, &first[..1]), e.main.trades.pnl[..1]);
    }
}
