//! A Monte Carlo as text, as charts and as a page.

use super::TextTable;
use super::text::{count, money, number, paragraph, percent, render};
use crate::error::Result;
use crate::experiments::montecarlo::{FigureSummary, MonteCarloResult, Paths, SymbolMoments};
use crate::report::Drawings;
use crate::report::Page;
use crate::report::{FanChart, HistogramChart, MarkKind};

fn heading(r: &MonteCarloResult) -> Vec<String> {
    let paths = if r.paths < r.asked {
        format!("{} paths were enough of {}", count(r.paths as u64), count(r.asked as u64))
    } else {
        format!("{} paths", count(r.paths as u64))
    };
    let block = r.block.map_or(String::new(), |b| format!(", blocks of {} on average", number(b, 1)));
    let mut out = vec![
        format!("{}  {} Monte Carlo by {}, seed {}", r.scenario, r.system, r.method, r.seed),
        format!("{}: {paths}{block}", r.title),
        r.means.clone(),
    ];
    out.extend(r.model.iter().map(|m| format!("model: {m}")));
    out.extend(r.judged_from.iter().map(|from| {
        format!("every path, and the run beside them, is judged from {from} on, where the slowest setting has warmed up")
    }));
    if r.left_out_bars > 0 {
        out.push(format!(
            "{} bars at whose time another symbol has none were left out of what is drawn",
            count(r.left_out_bars as u64)
        ));
    }
    out
}

fn shown(name: &str, v: f64) -> String {
    match name {
        "total_return" | "cagr" | "max_drawdown" | "win_rate" => percent(v),
        "end_equity" | "lowest_equity" | "expectancy" => money(v),
        "trades" | "longest_drawdown_days" | "longest_losing_run" => number(v, 0),
        _ => number(v, 2),
    }
}

fn figures(r: &MonteCarloResult) -> TextTable {
    let mut t = TextTable::new(&["metric", ">the run", ">percentile", ">mean", ">+-", ">sd"])
        .caption("Over all paths; +- is the Monte Carlo error of the mean, percentile the share of paths below the run");
    for f in &r.figures {
        t.row([
            f.name.clone(),
            shown(&f.name, f.original),
            if f.percentile.is_nan() { "--".to_owned() } else { percent(f.percentile) },
            shown(&f.name, f.mean),
            shown(&f.name, f.mean_se),
            shown(&f.name, f.sd),
        ]);
    }
    t
}

fn quantiles(r: &MonteCarloResult) -> TextTable {
    let mut t = TextTable::new(&["quantiles", ">P1", ">P5", ">P25", ">median", ">P75", ">P95", ">P99"]);
    for f in &r.figures {
        t.row(std::iter::once(f.name.clone()).chain(f.quantiles.iter().map(|q| shown(&f.name, *q))));
    }
    t
}

fn errors(r: &MonteCarloResult) -> TextTable {
    let mut t = TextTable::new(&["how well it is known", ">P5", "95 % interval", ">P95", "95 % interval"])
        .caption("Quantiles with the interval their order statistics give");
    let cell = |f: &FigureSummary, k: usize| {
        f.intervals
            .get(k)
            .copied()
            .flatten()
            .map_or("--".to_owned(), |i| format!("[{}, {}]", shown(&f.name, i.lo), shown(&f.name, i.hi)))
    };
    for f in &r.figures {
        if matches!(f.name.as_str(), "total_return" | "sharpe" | "max_drawdown") {
            let [p5, p95] = [1, 5].map(|k| shown(&f.name, f.quantiles[k]));
            t.row([f.name.clone(), p5, cell(f, 1), p95, cell(f, 5)]);
        }
    }
    t
}

fn chances(r: &MonteCarloResult) -> TextTable {
    let mut t = TextTable::new(&["chance of", ">paths", ">of", ">share", "95 % interval"])
        .caption("With no event the upper bound is what so few paths can say, never zero");
    for c in &r.chances {
        t.row([
            c.what.clone(),
            count(c.events as u64),
            count(c.n as u64),
            if c.events == 0 { format!("< {}", percent(c.interval.hi)) } else { percent(c.share) },
            format!("[{}, {}]", percent(c.interval.lo), percent(c.interval.hi)),
        ]);
    }
    t
}

fn worst(r: &MonteCarloResult) -> TextTable {
    let mut t =
        TextTable::new(&[">path", ">return", ">max DD"]).caption("The worst paths: --path N runs one again");
    for w in &r.worst {
        t.row([count(w.path), percent(w.total_return), percent(w.max_drawdown)]);
    }
    t
}

/// A moment as shown: those of a year in percent.
fn moment(name: &str, v: f64) -> String {
    match name {
        "mean" | "volatility" => percent(v),
        "acf1" | "acf1_squares" => number(v, 3),
        _ => number(v, 2),
    }
}

/// What a moment is called.
fn moment_label(name: &str) -> &str {
    match name {
        "mean" => "mean a year",
        "volatility" => "volatility a year",
        "acf1" => "autocorrelation",
        "acf1_squares" => "autocorrelation of squares",
        other => other,
    }
}

/// History, model and paths of one symbol beside each other.
fn moments(m: &SymbolMoments) -> TextTable {
    let fitted = m.rows.iter().any(|r| r.model.is_finite());
    let heads = ["moment", ">history", ">model", ">drawn", ">P5", ">P95"];
    let kept = |k: usize| fitted || k != 2;
    let heads: Vec<&str> = heads.into_iter().enumerate().filter(|(k, _)| kept(*k)).map(|(_, h)| h).collect();
    let mut t = TextTable::new(&heads).caption(format!(
        "Moments of the log returns of {}, {} bars: of the history and of the paths, median and range; lag 1",
        m.symbol,
        count(m.bars as u64)
    ));
    for r in &m.rows {
        let values = [r.history, r.model, r.drawn.median, r.drawn.p5, r.drawn.p95];
        let label = std::iter::once(moment_label(&r.name).to_owned());
        let cells = label.chain(values.iter().map(|v| moment(&r.name, *v)));
        t.row(cells.enumerate().filter(|(k, _)| kept(*k)).map(|(_, c)| c));
    }
    t
}

/// The Monte Carlo for a terminal.
pub fn montecarlo_text(r: &MonteCarloResult) -> String {
    let mut out: String = heading(r).iter().map(|l| paragraph(l)).collect();
    for warning in &r.warnings {
        out.push_str(&paragraph(&format!("warning: {warning}")));
    }
    let tables = [figures(r), quantiles(r), errors(r), chances(r), worst(r)];
    for table in r.moments.iter().map(moments).chain(tables) {
        if !table.rows.is_empty() {
            out.push('\n');
            out.push_str(&render(&table));
        }
    }
    out.push('\n');
    out.push_str(&paragraph(&format!(
        "the worst 5 % of paths end with {} on average",
        money(r.end_equity_cvar95)
    )));
    out
}

/// What the low tail of a metric is, and the high one: a deep drawdown is a bad end, however high its number.
fn tails(metric: &str) -> [MarkKind; 2] {
    match metric {
        "max_drawdown" => [MarkKind::Good, MarkKind::Bad],
        _ => [MarkKind::Bad, MarkKind::Good],
    }
}

/// Charts and page: relative path and bytes.
///
/// # Errors
/// Only where the program broke a promise to itself.
pub fn montecarlo_files(r: &MonteCarloResult, paths: &Paths) -> Result<Vec<(String, Vec<u8>)>> {
    let mut charts = Drawings::default();
    if !r.fan.at.is_empty() {
        let fan = FanChart {
            title: format!("Equity on {} paths", count(r.fan.n as u64)),
            subtitle: format!("{}, {}: {}", r.title, r.method, r.means),
            at: r.fan.at.clone(),
            quantiles: r.fan.quantiles.clone(),
            original: r.fan.original.clone(),
            level: None,
        };
        charts.put("fan", &fan)?;
    }
    let column = |name: &str| -> Vec<f64> {
        let k = paths.names.iter().position(|n| n == name);
        k.map_or(vec![], |k| paths.rows.iter().map(|row| row[k]).collect())
    };
    for (name, title, axis, scale) in [
        ("max_drawdown", "How deep it can go", "largest drawdown (%)", 100.0),
        ("total_return", "How it can end", "total return (%)", 100.0),
        ("sharpe", "What the Sharpe ratio can be", "annual Sharpe ratio", 1.0),
    ] {
        let [low, high] = tails(name);
        let values: Vec<f64> = column(name).into_iter().map(|v| scale * v).collect();
        let Some(f) = r.figures.iter().find(|f| f.name == name).filter(|_| !values.is_empty()) else {
            continue;
        };
        let chart = HistogramChart {
            title: format!("{title}: {} paths by {}", count(r.paths as u64), r.method),
            subtitle: format!("{}: {}", r.title, r.means),
            axis: axis.to_owned(),
            counted: "paths".to_owned(),
            values,
            step: None,
            marks: vec![
                (scale * f.original, "the run itself".to_owned(), MarkKind::Plain),
                (scale * f.quantiles[1], "5 % quantile".to_owned(), low),
                (scale * f.quantiles[5], "95 % quantile".to_owned(), high),
            ],
        };
        charts.put(name, &chart)?;
    }
    let mut page = Page::new(format!("{}: Monte Carlo", r.scenario));
    page.subtitle(heading(r)[..2].join("; "));
    page.section("What else could have happened");
    if r.synthetic {
        page.note("The history is synthetic: no evidence about any market.");
    }
    for warning in &r.warnings {
        page.note(&format!("Warning: {warning}."));
    }
    for line in heading(r).iter().skip(2) {
        page.paragraph(line);
    }
    for m in &r.moments {
        page.table(&moments(m));
    }
    page.table(&figures(r));
    page.table(&quantiles(r));
    page.table(&chances(r));
    page.section("How well it is known");
    page.table(&errors(r));
    page.table(&worst(r));
    Ok(charts.end(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bad_tail_of_a_drawdown_is_the_deep_one() {
        assert_eq!(tails("max_drawdown"), [MarkKind::Good, MarkKind::Bad]);
        assert_eq!([tails("total_return"), tails("sharpe")], [[MarkKind::Bad, MarkKind::Good]; 2]);
    }
}
