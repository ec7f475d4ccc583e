//! A walk forward as text, as charts and as a page.

use super::text::{count, number, paragraph, percent, ratio, render};
use super::{TextTable, day};
use crate::error::Result;
use crate::experiments::walkforward::{WalkForwardResult, WindowResult};
use crate::report::Drawings;
use crate::report::Page;
use crate::report::{Curve, EquityChart, HistogramChart, MarkKind, ScatterChart};

fn heading(r: &WalkForwardResult) -> Vec<String> {
    let mut lines = vec![
        format!("{}  {} walk forward, {} windows, chosen by {}", r.scenario, r.system, r.mode, r.metric),
        format!(
            "{}: {} windows of {} candidates each; {} settings were ever tried on this data",
            r.title,
            r.windows.len(),
            count(r.candidates),
            count(r.trials)
        ),
    ];
    if r.dropped_days > 0 {
        lines.push(format!("the last {} days fit no window and were not used", r.dropped_days));
    }
    if r.locked_days > 0 && r.holdout.is_none() {
        lines.push(format!(
            "{} days at the end are held out; where they are locked, --open-holdout opens them, once",
            r.locked_days
        ));
    }
    lines
}

fn row(t: &mut TextTable, name: String, w: &WindowResult) {
    let set: Vec<&str> =
        w.set.iter().map(|s| s.rsplit_once("params.").map_or(s.as_str(), |(_, s)| s)).collect();
    t.row([
        name,
        day(w.test_from_ms),
        day(w.test_to_ms),
        number(w.train_value, 3),
        number(w.test_value, 3),
        percent(w.test_return),
        percent(w.test_max_drawdown),
        w.test_trades.map_or("--".to_owned(), count),
        set.join(" "),
    ]);
}

fn windows(r: &WalkForwardResult) -> TextTable {
    let mut t = TextTable::new(&[
        ">#",
        "test from",
        "to",
        ">in sample",
        ">out",
        ">return",
        ">max DD",
        ">trades",
        "chosen",
    ])
    .caption(format!("Each window: {} in sample and out of sample", r.metric));
    for (k, w) in r.windows.iter().enumerate() {
        row(&mut t, (k + 1).to_string(), w);
    }
    if let Some(h) = &r.holdout {
        row(&mut t, "hold-out".to_owned(), &h.chosen);
    }
    t
}

fn chained(r: &WalkForwardResult) -> TextTable {
    let mut t = TextTable::new(&["out of sample, chained", ">value", "note"]);
    let e = &r.chained;
    let interval = r
        .sharpe_interval
        .map_or("--".to_owned(), |i| format!("95 % interval [{}, {}]", number(i.lo, 2), number(i.hi, 2)));
    t.row(["Sharpe".to_owned(), ratio(e.sharpe), interval]);
    t.row(["total return".to_owned(), percent(e.total_return), format!("{} days", count(e.periods as u64))]);
    t.row(["CAGR".to_owned(), percent(e.cagr), String::new()]);
    t.row(["max drawdown".to_owned(), percent(e.max_drawdown), String::new()]);
    let efficiency = r.efficiency.map_or("--".to_owned(), percent);
    t.row([
        "efficiency".to_owned(),
        efficiency,
        "growth out of sample over that in sample; 50 % is asked for".to_owned(),
    ]);
    t.row(["windows with a profit".to_owned(), percent(r.profitable), String::new()]);
    if let Some([least, low, median]) = r.path_quantiles.filter(|_| r.path_sharpes.len() > 1) {
        let note = format!(
            "least {}, median {}; {} paths share most of their data",
            number(least, 2),
            number(median, 2),
            r.path_sharpes.len()
        );
        t.row(["5 % quantile of path Sharpes".to_owned(), number(low, 2), note]);
    }
    t
}

fn drift(r: &WalkForwardResult) -> TextTable {
    let mut t = TextTable::new(&["axis", ">changes", ">values chosen"])
        .caption("How the choice moves from window to window");
    let mut all: Vec<_> = r.drift.iter().filter(|d| d.changes > 0).collect();
    all.sort_by(|a, b| b.changes.cmp(&a.changes).then(a.axis.cmp(&b.axis)));
    for d in all.into_iter().take(16) {
        t.row([d.axis.clone(), d.changes.to_string(), d.values.to_string()]);
    }
    t
}

/// In a few words, what is left out of sample.
pub fn walkforward_verdict(r: &WalkForwardResult) -> String {
    let low = r.sharpe_interval.map(|i| i.lo);
    let mut against = vec![];
    match low {
        Some(lo) if lo > 0.0 => {}
        Some(lo) => against.push(format!("the Sharpe ratio may be {}", number(lo, 2))),
        None => against.push("too few days for an interval".to_owned()),
    }
    match r.efficiency {
        Some(e) if e >= 0.5 => {}
        Some(e) => against.push(format!("efficiency {}", percent(e))),
        None => against.push("nothing grew in sample".to_owned()),
    }
    if against.is_empty() {
        "what is chosen in sample keeps at least half of its growth out of sample".to_owned()
    } else {
        format!("what is chosen in sample does not hold: {}", against.join(", "))
    }
}

/// The walk forward for a terminal.
pub fn walkforward_text(r: &WalkForwardResult) -> String {
    let mut out: String = heading(r).iter().map(|l| paragraph(l)).collect();
    for table in [windows(r), chained(r), drift(r)] {
        if !table.rows.is_empty() {
            out.push('\n');
            out.push_str(&render(&table));
        }
    }
    out.push('\n');
    out.push_str(&paragraph(&walkforward_verdict(r)));
    out
}

/// The chained tests, beside holding over the same days, and where each test begins.
fn equity(r: &WalkForwardResult) -> EquityChart {
    let curve = |name: &str, returns: &[f64]| {
        let grown = returns.iter().scan(1.0, |value, x| {
            *value *= 1.0 + x;
            Some(*value)
        });
        Curve { name: name.into(), time_ms: r.days_ms.clone(), values: grown.collect() }
    };
    let range = match (r.windows.iter().map(|w| w.test_from_ms).min(), r.days_ms.last()) {
        (Some(from), Some(to)) => format!(", {} to {}", day(from), day(*to)),
        _ => String::new(),
    };
    let mut borders: Vec<i64> = r.windows.iter().map(|w| w.test_from_ms).collect();
    borders.sort_unstable();
    borders.dedup();
    EquityChart {
        title: "Out of sample: each window by what was best before it".into(),
        subtitle: format!(
            "{}{range}, chosen by {} among {} candidates, after costs",
            r.title,
            r.metric,
            count(r.candidates)
        ),
        axis: "equity (1 = start)".into(),
        equity: curve("out of sample, chained", &r.returns),
        comparisons: vec![curve("holding over the same days", &r.hold)],
        borders: Some((borders, "a test begins".into())),
        ..EquityChart::default()
    }
}

/// Charts and page: relative path and bytes.
///
/// # Errors
/// Only where the program broke a promise to itself.
pub fn walkforward_files(r: &WalkForwardResult) -> Result<Vec<(String, Vec<u8>)>> {
    let mut charts = Drawings::default();
    charts.put("equity", &equity(r))?;
    let scatter = ScatterChart {
        title: "What was best in sample, out of sample".into(),
        subtitle: format!(
            "{}: {} of each choice{}",
            r.title,
            r.metric,
            if r.metric == "max_drawdown" { "" } else { "; on the dashed line nothing would be left" }
        ),
        axes: [format!("{} in sample", r.metric), format!("{} out of sample", r.metric)],
        name: "window".into(),
        points: r.windows.iter().map(|w| (w.train_value, w.test_value)).collect(),
        marked: None,
        // Every drawdown is above zero.
        levels: if r.metric == "max_drawdown" { vec![] } else { vec![(0.0, "zero".into())] },
    };
    charts.put("in-and-out", &scatter)?;
    if r.path_sharpes.len() > 1 {
        let paths = HistogramChart {
            title: "Sharpe ratio of every path through the tests".into(),
            subtitle: "combinatorial purged cross-validation; paths share most of their data".into(),
            axis: "annual Sharpe ratio".into(),
            counted: "paths".into(),
            values: r.path_sharpes.clone(),
            step: None,
            marks: r.path_quantiles.map_or(vec![], |q| {
                vec![(q[2], "median".into(), MarkKind::Plain), (q[1], "5 % quantile".into(), MarkKind::Bad)]
            }),
        };
        charts.put("paths", &paths)?;
    }
    let mut page = Page::new(format!("{}: walk forward", r.scenario));
    page.subtitle(heading(r).join("; "));
    page.section("What is left");
    if r.synthetic {
        page.note("The history is synthetic: no evidence about any market.");
    }
    page.paragraph(&walkforward_verdict(r));
    page.table(&chained(r));
    page.section("Windows");
    page.table(&windows(r));
    page.table(&drift(r));
    Ok(charts.end(page))
}
