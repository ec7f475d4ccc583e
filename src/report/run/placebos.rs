//! Placebos of a run, for the terminal and for the page.

use super::tables::span;
use crate::experiments::placebos::{CapacitySize, PlaceboOutcome, PlaceboReport, PlaceboTest, Placebos};
use crate::report::text::{count, number, paragraph, ratio, render};
use crate::report::{HistogramChart, MarkKind, TextTable};

/// Placebos in words for people at a terminal; amounts are of `currency`.
pub fn placebos_text(p: &Placebos, currency: &str) -> String {
    let mut out = render(&tests(&p.report));
    out.push('\n');
    out.push_str(&render(&bounds(&p.report)));
    for line in lines(&p.report, currency) {
        out.push_str(&paragraph(&line));
    }
    out
}

/// Both tests.
pub(super) fn tests(r: &PlaceboReport) -> TextTable {
    let mut t =
        TextTable::new(&["placebo", ">n", ">mean Sharpe", ">at least", ">p before selection", ">95 %"]);
    let mut row = |name: &str, test: &PlaceboOutcome<PlaceboTest>| match test.measured() {
        Ok(of) => t.row([
            name.to_owned(),
            count(u64::from(of.n)),
            ratio(of.mean_sharpe),
            count(u64::from(of.at_least)),
            number(of.p, 3),
            span(Some(of.interval), 3),
        ]),
        Err(_) => t.row([name, "--", "--", "--", "--", "--"]),
    };
    row("positions at random lags", &r.lag);
    row("episodes in random order", &r.entries);
    t
}

/// Sharpe ratios of the same positions under other terms.
pub(super) fn bounds(r: &PlaceboReport) -> TextTable {
    let mut t = TextTable::new(&["positions", ">Sharpe", ">95 %", ">difference", ">95 %"]);
    let plain =
        |sharpe: f64| [ratio(sharpe), "--".to_owned(), ratio(sharpe - r.replay_sharpe), "--".to_owned()];
    let mut row = |name: &str, cells: [String; 4]| t.row(std::iter::once(name.to_owned()).chain(cells));
    row("the run itself", plain(r.run_sharpe));
    row("replayed at closes", [ratio(r.replay_sharpe), "--".into(), "--".into(), "--".into()]);
    if let Ok(later) = r.delay.measured() {
        for d in later {
            let name =
                if d.bars == 1 { "one bar later".to_owned() } else { format!("{} bars later", d.bars) };
            let spans = (span(d.interval, 2), span(d.difference_interval, 2));
            row(&name, [ratio(d.sharpe), spans.0, ratio(d.difference), spans.1]);
        }
    }
    if let Ok(sharpe) = r.costs_2x.measured() {
        row("costs doubled", plain(*sharpe));
    }
    if let Ok(flip) = r.sign_flip.measured() {
        row("on the other side", plain(flip.sharpe));
    }
    t
}

/// What is said in words: what there is no figure of, costs, capacity.
pub(super) fn lines(r: &PlaceboReport, currency: &str) -> Vec<String> {
    let mut out = vec![];
    let missing = [
        ("positions at random lags", r.lag.measured().err()),
        ("episodes in random order", r.entries.measured().err()),
        ("the other side", r.sign_flip.measured().err()),
        ("delay", r.delay.measured().err()),
        ("costs doubled", r.costs_2x.measured().err()),
        ("break-even cost", r.breakeven.measured().err()),
        ("capacity", r.capacity.measured().err()),
    ];
    if let Ok(cost) = r.breakeven.measured() {
        out.push(format!(
            "Break-even cost: {} basis points of what is traded on each side {}; the run pays {}.",
            number(cost.bps, 2),
            span(cost.interval, 2),
            number(cost.paid_bps, 2)
        ));
    }
    if let Ok(capacity) = r.capacity.measured() {
        let says = |size: &CapacitySize| match size.equity {
            Some(equity) => format!("at {} {currency}", count(equity.round() as u64)),
            None => "beyond the largest account tried".to_owned(),
        };
        let ends = |size: &CapacitySize| {
            let amount = |v: f64| if v.is_finite() { count(v.round() as u64) } else { "no end".to_owned() };
            size.interval.map_or("--".to_owned(), |i| format!("[{}, {}]", amount(i.lo), amount(i.hi)))
        };
        out.push(format!(
            "Capacity, by an impact factor of {}{}: half the Sharpe ratio is left {} {}, none {} {}.",
            number(capacity.impact, 2),
            if capacity.assumed { " (assumed: the scenario has none)" } else { "" },
            says(&capacity.half),
            ends(&capacity.half),
            says(&capacity.zero),
            ends(&capacity.zero)
        ));
    }
    if r.both_signs_win {
        out.push(
            "Positions and their opposite both gain: that is a rebate, carry or the fills, and no forecast."
                .to_owned(),
        );
    }
    out.extend(
        missing.into_iter().filter_map(|(what, why)| Some(format!("Inconclusive: {what}: {}.", why?))),
    );
    if r.not_on_path > 0 {
        out.push(format!(
            "{} positions of the run were opened inside a bar and gone by the next open: the replay does not hold them.",
            count(r.not_on_path as u64)
        ));
    }
    out
}

/// Sharpe ratios of all placebos, with that of the positions; none where there is no placebo.
pub(super) fn chart(p: &Placebos, subject: String) -> Option<HistogramChart> {
    let r = &p.report;
    let (lag, entries) = (p.sharpes("lag"), p.sharpes("entries"));
    let says = |name: &str, test: &PlaceboOutcome<PlaceboTest>| {
        test.measured().ok().map(|t| format!("p of {name} {}", number(t.p, 3)))
    };
    let all: Vec<f64> = lag.into_iter().chain(entries).collect();
    let stated: Vec<String> =
        [says("lags", &r.lag), says("orders", &r.entries)].into_iter().flatten().collect();
    (!all.is_empty()).then(|| HistogramChart {
        title: "The positions among placebos".to_owned(),
        subtitle: format!("{subject}; {}, before selection", stated.join(", ")),
        axis: "annual Sharpe ratio".to_owned(),
        counted: "placebos".to_owned(),
        values: all,
        step: None,
        marks: vec![(r.replay_sharpe, "the positions themselves".to_owned(), MarkKind::Plain)],
    })
}
