//! Cuts the series a metric needs out of a variant's tables.

use chrono::{DateTime, Datelike};

use super::evidence::{Equity, Evidence, Tables};
use super::measure::Span;
use crate::regime::Regime;

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// Indices of the closed trades of a span, in one regime or all; shadow trades only where `shadow` is true.
pub fn trades(tables: &Tables, span: &Span, regime: Option<Regime>, shadow: bool) -> Vec<usize> {
    let t = &tables.trades;
    (0..t.exit_time_ms.len())
        .filter(|&i| {
            (shadow || !t.shadow[i])
                && span.holds(t.exit_time_ms[i])
                && regime.is_none_or(|r| Regime::from_code(t.regime[i]) == Some(r))
        })
        .collect()
}

/// Profits of `trades`.
pub fn pnl(tables: &Tables, trades: &[usize]) -> Vec<f64> {
    trades.iter().map(|&i| tables.trades.pnl[i]).collect()
}

/// Returns over the days of a span, by the last equity of each UTC day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Days {
    /// Day number since 1970-01-01.
    pub day: Vec<i64>,
    /// Return over the day.
    pub returns: Vec<f64>,
    /// Open time of the first bar, in milliseconds.
    pub from_ms: i64,
    /// Close time of the last bar, in milliseconds.
    pub to_ms: i64,
}

/// Rows of the equity table that belong to a span, and the equity before them.
fn rows(e: &Evidence, equity: &Equity, span: &Span) -> (std::ops::Range<usize>, f64) {
    let from = equity.close_time_ms.partition_point(|&t| span.phase && t <= span.from_ms);
    let to = equity.close_time_ms.partition_point(|&t| !span.phase || t <= span.to_ms);
    let before = if from == 0 { e.start_equity } else { equity.equity[from - 1] };
    (from..to.max(from), before)
}

/// Return from one equity to the next; an account that has nothing left gains and loses nothing more.
fn return_of(from: f64, to: f64) -> f64 {
    if from > 0.0 { to / from - 1.0 } else { 0.0 }
}

/// The days of a span. A bar that closes at midnight belongs to the day it ends.
pub fn days(e: &Evidence, tables: &Tables, span: &Span) -> Days {
    let equity = &tables.equity;
    let (rows, mut last) = rows(e, equity, span);
    let mut out = Days::default();
    if let (Some(&first), Some(&end)) =
        (equity.close_time_ms[rows.clone()].first(), equity.close_time_ms[rows.clone()].last())
    {
        (out.from_ms, out.to_ms) = (first - e.bar_ms, end);
    }
    for i in rows.clone() {
        let day = (equity.close_time_ms[i] - 1).div_euclid(DAY_MS);
        let next = (i + 1 < rows.end).then(|| (equity.close_time_ms[i + 1] - 1).div_euclid(DAY_MS));
        if next != Some(day) {
            out.day.push(day);
            out.returns.push(return_of(last, equity.equity[i]));
            last = equity.equity[i];
        }
    }
    out
}

impl Days {
    /// The returns of the days in whole calendar months, and how many months these are.
    pub fn whole_months(&self) -> (Vec<f64>, usize) {
        let mut returns = Vec::new();
        let mut months = 0;
        let mut i = 0;
        while i < self.day.len() {
            let Some((first, next)) = month_of(self.day[i]) else { break };
            let end = i + self.day[i..].partition_point(|&d| d < next);
            if first * DAY_MS >= self.from_ms && next * DAY_MS <= self.to_ms {
                returns.extend_from_slice(&self.returns[i..end]);
                months += 1;
            }
            i = end;
        }
        (returns, months)
    }
}

/// The first day of the month of `day`, and of the month after it.
fn month_of(day: i64) -> Option<(i64, i64)> {
    let date = DateTime::from_timestamp_millis(day.checked_mul(DAY_MS)?)?.date_naive();
    let first = date.with_day(1)?;
    let next = first.checked_add_months(chrono::Months::new(1))?;
    let number =
        |d: chrono::NaiveDate| d.and_hms_opt(0, 0, 0).map(|t| t.and_utc().timestamp_millis() / DAY_MS);
    Some((number(first)?, number(next)?))
}

/// Returns over the bars of a span that opened in `regime` by the labels of `labels`.
pub fn regime_returns(
    e: &Evidence,
    tables: &Tables,
    labels: &Equity,
    regime: Regime,
    span: &Span,
) -> Vec<f64> {
    let equity = &tables.equity;
    let (rows, mut last) = rows(e, equity, span);
    let mut out = Vec::new();
    for i in rows {
        if Regime::from_code(labels.regime_at_open[i]) == Some(regime) {
            out.push(return_of(last, equity.equity[i]));
        }
        last = equity.equity[i];
    }
    out
}

/// Deepest fall of the equity of a span below its peak, as a fraction of the peak.
pub fn max_drawdown(e: &Evidence, tables: &Tables, span: &Span) -> f64 {
    let (rows, mut peak) = rows(e, &tables.equity, span);
    let mut deepest = 0.0_f64;
    for &x in &tables.equity.equity[rows] {
        peak = peak.max(x);
        deepest = deepest.max(1.0 - x / peak);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOUR, START, evidence};
    use super::*;

    fn whole() -> Span {
        Span { from_ms: 0, to_ms: 0, phase: false, cut: None }
    }

    #[test]
    fn days_compound_to_the_whole_run() {
        let e = evidence();
        let d = days(&e, &e.main, &whole());
        assert_eq!(d.returns.len(), 60);
        let growth: f64 = d.returns.iter().map(|r| 1.0 + r).product();
        let end = e.main.equity.equity.last().unwrap() / e.start_equity;
        assert!((growth - end).abs() < 1e-12);
        assert_eq!((d.from_ms, d.to_ms), (START, e.end_ms));
        assert_eq!(d.day[0] * DAY_MS, START);
    }

    #[test]
    fn whole_months_leave_out_what_is_cut_at_either_end() {
        let e = evidence(); // 2021-01-01 to 2021-03-02
        let d = days(&e, &e.main, &whole());
        let (returns, months) = d.whole_months();
        assert_eq!((returns.len(), months), (59, 2));
        assert_eq!(returns, d.returns[..59]);
        let later = Days { from_ms: d.from_ms + 1, ..d.clone() };
        assert_eq!((later.whole_months().0.len(), later.whole_months().1), (28, 1));
        let earlier = Days { to_ms: START + 59 * DAY_MS - 1, ..d };
        assert_eq!(earlier.whole_months().1, 1);
        assert_eq!(Days::default().whole_months(), (vec![], 0));
    }

    #[test]
    fn a_phase_starts_from_the_equity_before_it() {
        let e = evidence();
        let span = Span { from_ms: START + 24 * HOUR, to_ms: START + 72 * HOUR, phase: true, cut: None };
        let d = days(&e, &e.main, &span);
        let all = days(&e, &e.main, &whole());
        assert_eq!(d.returns, all.returns[1..3]);
        assert_eq!(trades(&e.main, &span, None, false).len(), 8);
        let regimes: usize =
            Regime::ALL.iter().map(|&r| regime_returns(&e, &e.main, &e.main.equity, r, &span).len()).sum();
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
        let first = trades(&e.main, &whole(), Some(Regime::Trending), true);
        assert!(first.len() < n && first.contains(&0));
        assert_eq!(pnl(&e.main, &first[..1]), e.main.trades.pnl[..1]);
    }
}
