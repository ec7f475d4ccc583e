//! Measures an aggregate of the rows of a table, with what is known of its uncertainty.

use super::cells::TableView;
use super::condition::Condition;
use super::evidence::{Evidence, Tables};
use super::measure::{Measure, estimate, rate};
use super::query::{Aggregate, Asked, Per, Query};
use super::series;
use super::span::JudgedSpan;
use super::verdict::Observation;
use crate::market::covered_ms;
use crate::stats::{self, Interval, MonteCarloError};

/// The rows of a table that a question is about.
pub struct SelectedRows {
    /// Which meet the condition (of those it is asked of).
    pub yes: Vec<usize>,
    /// Which of those it is asked of do not.
    pub no: Vec<usize>,
    /// How many a missing cell left open.
    pub open: usize,
}

impl SelectedRows {
    /// Of `query` in `table`: within `span`, in `regime` or all. Shadow trades moved nothing, so they are left out unless
    /// a condition asks about them.
    pub fn of(query: &Query, table: &TableView<'_>, regime: Option<&str>, span: &JudgedSpan) -> Self {
        let (times, regimes) = (table.times(), table.regimes());
        let shadow = table.column("shadow").filter(|_| table.name == "trades" && !query.names("shadow"));
        let holds = |c: &Option<Asked<Condition>>| c.as_ref().map(|c| c.value.of(table));
        let (of, condition) = (holds(&query.of), holds(&query.condition));
        let mut rows = Self { yes: vec![], no: vec![], open: 0 };
        for i in 0..table.rows() {
            let inside = !span.phase || times.is_some_and(|t| span.holds(t[i]));
            let of_regime = regime.is_none_or(|name| regimes.and_then(|r| r.text(i)) == Some(name));
            let real = shadow.is_none_or(|s| s.truth(i) != Some(true));
            if !(inside && of_regime && real) {
                continue;
            }
            let asked = of.as_ref().map_or(Some(true), |c| c[i]);
            let met = condition.as_ref().map_or(Some(true), |c| c[i]);
            match (asked, met) {
                (Some(false), _) => {}
                (Some(true), Some(true)) => rows.yes.push(i),
                (Some(true), Some(false)) => rows.no.push(i),
                (None, _) | (_, None) => rows.open += 1,
            }
        }
        rows
    }
}

/// What `query` comes to; everything it names is there.
pub fn observe(
    m: &Measure<'_>,
    query: &Query,
    (name, tables): (&str, &Tables<'_>),
    regime: Option<&str>,
    span: &JudgedSpan,
) -> Observation {
    let Some(table) = tables.view(&query.table.value) else {
        return Observation::missing(format!("{name} has no table {}", query.table.value));
    };
    let rows = SelectedRows::of(query, table, regime, span);
    let purpose = format!("{query} {name} {}", regime.unwrap_or("all"));
    let mut open = rows.open;
    let mut values = || -> Vec<f64> {
        let cells = query.column.as_ref().and_then(|c| table.column(&c.value));
        let known: Vec<f64> = rows.yes.iter().filter_map(|&i| cells.and_then(|c| c.number(i))).collect();
        open += rows.yes.len() - known.len();
        known
    };
    let mut o = match query.aggregate {
        Aggregate::Share => rate(rows.yes.len(), rows.yes.len() + rows.no.len(), "rows"),
        Aggregate::Count => Observation {
            value: Some(rows.yes.len() as f64),
            n: (rows.yes.len() + rows.no.len()) as u64,
            n_unit: "rows",
            method: "counted".into(),
            exact: true,
            ..Observation::default()
        },
        Aggregate::Mean => m.mean(&values(), "rows", &purpose),
        Aggregate::Quantile(q) => quantile(m, &values(), q, &purpose),
        Aggregate::Rate(per) => {
            let times: Vec<i64> =
                table.times().map_or_else(Vec::new, |t| rows.yes.iter().map(|&i| t[i]).collect());
            per_time(m, per, &times, tables, span, &purpose)
        }
    };
    o.trades = Some(series::trades(tables, span, None, false).len() as u64);
    o.note = note(query, table, open);
    o
}

/// Rows that were left out, and texts that no row holds: both are easily slips.
fn note(query: &Query, table: &TableView<'_>, open: usize) -> Option<String> {
    let mut notes = vec![];
    if open > 0 {
        let rows = if open == 1 { "row is" } else { "rows are" };
        notes.push(format!("{open} {rows} left out: a cell is missing"));
    }
    for (_, condition) in query.conditions() {
        for (column, text) in condition.value.unheard(table) {
            notes.push(format!("no row of {} has {column} {text:?}", table.name));
        }
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// The type-7 quantile. Its interval is read off the ordered values: between the quantiles at both ends of the stationary
/// bootstrap's interval for the share of values up to it (Woodruff 1952), and never narrower than the order statistics
/// that hold it were the values independent. Where a sample is too small to bound it, an end is infinite.
fn quantile(m: &Measure<'_>, x: &[f64], q: f64, purpose: &str) -> Observation {
    let ordered = stats::sorted(x);
    let value = stats::quantile_type7(&ordered, q);
    let below: Vec<f64> = x.iter().map(|v| if *v <= value { 1.0 } else { 0.0 }).collect();
    let (boot, method) = m.blocks(&[&below]);
    let method = format!("order statistics, {method}");
    let Some(least) = assay_stats::paths::quantile_ci(&ordered, q).map(|i| i.interval) else {
        return estimate(value, None, x.len(), "rows", method);
    };
    // The share up to the quantile found differs from q by the steps of the sample.
    let shift = q - stats::mean(&below);
    let at = |p: f64| stats::quantile_type7(&ordered, (p + shift).clamp(0.0, 1.0));
    let lower = |p: f64| least.lo.min(at(p));
    let upper = |p: f64| least.hi.max(at(p));
    let o = estimate(value, None, x.len(), "rows", method);
    match stats::mean_interval(&below, &boot, purpose) {
        None => Observation { interval: Some(least), ..o },
        Some(shares) => {
            let MonteCarloError { resamples, lo, hi } = shares.error;
            let lo = Interval { lo: lower(lo.lo), hi: lower(lo.hi) };
            let hi = Interval { lo: upper(hi.lo), hi: upper(hi.hi) };
            let interval = Some(Interval { lo: lower(shares.lo), hi: upper(shares.hi) });
            Observation { interval, error: Some(MonteCarloError { resamples, lo, hi }), ..o }
        }
    }
}

/// Rows a day, an hour or a bar of the market's time: `times` are those of the rows. The interval resamples the numbers
/// of rows in a day's bars; without any row it is that of a Poisson process.
fn per_time(
    m: &Measure<'_>,
    per: Per,
    times: &[i64],
    tables: &Tables<'_>,
    span: &JudgedSpan,
    purpose: &str,
) -> Observation {
    let e: &Evidence<'_> = m.evidence;
    let closes: Vec<i64> = tables.equity.close_time_ms.iter().copied().filter(|t| span.holds(*t)).collect();
    if closes.is_empty() {
        return Observation { n_unit: "days", ..Observation::missing("no bar in the span") };
    }
    let bars_a_day = e.bars_per_year / e.days_per_year;
    let unit = if bars_a_day >= 1.0 { "days" } else { "bars" };
    // How much of its unit a bar is. Bars of symbols that do not open together overlap: time is counted once.
    let of_bar = match per {
        Per::Day => 1.0 / bars_a_day,
        Per::Hour => covered_ms(closes.iter().copied(), e.bar_ms) as f64 / 3_600_000.0 / closes.len() as f64,
        Per::Bar => 1.0,
    };
    let group = (bars_a_day.round() as usize).max(1);
    let mut counts = vec![0.0; closes.len() / group];
    for t in times {
        let bar = closes.partition_point(|close| close < t).min(closes.len() - 1);
        if let Some(count) = counts.get_mut(bar / group) {
            *count += 1.0;
        }
    }
    let stretch = closes.len() as f64 * of_bar;
    let value = times.len() as f64 / stretch;
    if times.is_empty() {
        // The 97.5 % bound of the rate of a Poisson process without an event: -ln(0.025) over its time.
        let interval = Some(Interval { lo: 0.0, hi: 40f64.ln() / stretch });
        let o = estimate(value, None, counts.len(), unit, "poisson 95 %, no row".to_owned());
        return Observation { interval, ..o };
    }
    let (boot, method) = m.blocks(&[&counts]);
    let scale = 1.0 / (group as f64 * of_bar);
    let interval = stats::mean_interval(&counts, &boot, purpose).map(|i| i.map(|x| x * scale));
    estimate(value, interval, counts.len(), unit, method)
}

/// What a rolling window over `query` averages, in order of time.
pub fn events(query: &Query, tables: &Tables<'_>) -> Vec<(i64, f64)> {
    let Some(table) = tables.view(&query.table.value) else { return vec![] };
    let Some(times) = table.times() else { return vec![] };
    let whole = JudgedSpan { from_ms: 0, to_ms: 0, phase: false, cut: None };
    let rows = SelectedRows::of(query, table, None, &whole);
    let cells = query.column.as_ref().and_then(|c| table.column(&c.value));
    let mut events: Vec<(i64, f64)> = match query.aggregate {
        Aggregate::Mean => rows
            .yes
            .iter()
            .filter_map(|&i| Some((times[i], cells?.number(i).filter(|x| x.is_finite())?)))
            .collect(),
        _ => {
            let worth = |rows: &[usize], x: f64| rows.iter().map(|&i| (times[i], x)).collect::<Vec<_>>();
            [worth(&rows.yes, 1.0), worth(&rows.no, 0.0)].concat()
        }
    };
    events.sort_by_key(|e| e.0);
    events
}
