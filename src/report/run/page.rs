//! The page of a run: one file that needs nothing else.

use super::tables;
use crate::gate;
use crate::market::format_time;
use crate::report::Drawing;
use crate::report::text::{count, number, percent, ratio};
use crate::report::{Page, TextTable, VerdictBadge};
use crate::runs::RunRecord;
use crate::system::Part;

const CAPTIONS: [(&str, &str); 7] = [
    ("equity", "Equity after costs, its drawdown, and the regime known at each bar's open."),
    (
        "regime_sharpe",
        "Annualised Sharpe ratio of the bars spent in each regime. Hollow: too few trades to judge.",
    ),
    ("regime_win_rate", "Share of winning trades by the regime of their signal."),
    ("monthly_returns", "Compounded return of each calendar month; partial months are marked."),
    ("trade_returns", "Distribution of trade returns on notional, after costs."),
    ("price_trades", "A window of the history with entries, exits, stops and targets."),
    ("regime_confusion", "Rows are the true regime of the synthetic history, columns the label."),
];

/// The page.
pub(super) fn page(
    record: &RunRecord,
    verdict: Option<&gate::GateReport>,
    charts: &[(&'static str, Drawing)],
    parts: &[Part],
) -> String {
    let s = &record.summary;
    let d = &s.data;
    let mut p = Page::new(format!("{}: {} {}", s.scenario, s.system, s.variant));
    p.subtitle(format!(
        "{} from {} ({} bars), {} to {}, {}run {}",
        d.title(),
        d.file,
        count(d.bars as u64),
        format_time(d.start_ms),
        format_time(d.end_ms),
        s.profile.as_ref().map_or(String::new(), |p| format!("profile {p}, ")),
        s.run_id
    ));
    if let Some(v) = verdict {
        let badge = match v.overall {
            gate::Verdict::Pass => VerdictBadge::Pass,
            gate::Verdict::Fail => VerdictBadge::Fail,
            _ => VerdictBadge::Inconclusive,
        };
        p.badge(badge, &v.why);
    }
    let show = |p: &mut Page, name: &str, caption: &str| {
        if let Some((_, drawing)) = charts.iter().find(|(n, _)| *n == name) {
            p.figure(&drawing.svg, caption);
        }
    };
    let figure = |p: &mut Page, name: &str| {
        show(p, name, CAPTIONS.iter().find(|(n, _)| *n == name).map_or("", |(_, c)| *c));
    };

    p.section("Performance");
    p.paragraph(&format!(
        "Total return {} with a daily Sharpe ratio of {} {}, a largest drawdown of {} and {} trades, of which {} won. \
         Buying and holding returned {}. All figures are after costs, under the {} path inside bars.",
        percent(s.performance.total_return),
        ratio(s.performance.sharpe),
        tables::span(s.sharpe_interval, 2),
        percent(s.performance.max_drawdown),
        count(s.trades.n as u64),
        percent(s.trades.win_rate),
        percent(s.hold.total_return),
        s.intrabar.name()
    ));
    figure(&mut p, "equity");
    p.table(
        &tables::performance(s)
            .caption("The run, the other variants on the same bars and costs, and holding."),
    );
    p.table(
        &tables::figures(s)
            .caption("Daily returns unless said otherwise; intervals by stationary bootstrap."),
    );
    if !s.symbols.is_empty() {
        p.table(&tables::symbols(s).caption(
            "Each symbol of the account; missing bars are steps between its first and last at which it has none.",
        ));
    }
    figure(&mut p, "monthly_returns");
    figure(&mut p, "trade_returns");

    p.section("Regimes");
    figure(&mut p, "regime_sharpe");
    figure(&mut p, "regime_win_rate");
    p.table(&tables::regimes(s).caption(
        "Bars and profit by the label known at the bar's open (parts add up to the total); trades by the label of \
         their signal.",
    ));
    p.note(&format!(
        "{} trades were held over more than one regime; their profit is {} {}.",
        s.across_regimes.trades,
        number(s.across_regimes.pnl, 2),
        s.currency
    ));
    figure(&mut p, "regime_confusion");
    if let Some(e) = &s.regime_evaluation {
        p.note(&format!(
            "Accuracy {}, balanced accuracy {}, kappa {}; always naming the most frequent regime reaches {} and {}. \
             Median detection lag {} bars; {} of {} changes were missed, {} label changes were false.",
            number(e.accuracy, 3),
            number(e.balanced_accuracy, 3),
            number(e.kappa, 3),
            number(e.majority_accuracy, 3),
            number(e.majority_balanced_accuracy, 3),
            e.median_lag_bars.map_or("--".to_owned(), |l| number(l, 1)),
            e.missed,
            e.true_switches,
            e.false_switches
        ));
    }

    p.section("Signals and trades");
    figure(&mut p, "price_trades");
    for part in parts {
        if let Part::Chart { name, caption, .. } = part {
            show(&mut p, name, caption);
        }
    }
    p.table(&tables::reasons(s).caption("What became of each close, and what closed each trade."));
    p.table(&tables::edges(s).caption(
        "The same run with the path that hurts and the path that helps wherever one bar held stop and target.",
    ));

    for part in parts {
        if let Part::Section(section) = part {
            p.section(&section.title);
            p.paragraph(&section.text);
            for grid in &section.tables {
                p.table(&tables::grid(grid));
            }
        }
    }

    if let Some(v) = verdict {
        p.section("Criteria");
        p.paragraph(&v.judged);
        p.table(&criteria(v));
    }
    if !s.events.is_empty() {
        p.section("Events");
        let mut t = TextTable::new(&["time (UTC)", "event", "detail"]);
        for e in &s.events {
            t.row([format_time(e.time_ms), e.kind.clone(), e.detail.clone()]);
        }
        p.table(&t);
    }
    if let Some(e) = &s.emergency_stop {
        p.note(&format!(
            "Emergency stop at bar {}: {} forced exits for {} {}, then {} bars without a position. Total return {} \
             against {} had nothing been stopped.",
            e.bar,
            e.forced_exits,
            number(e.forced_pnl, 2),
            s.currency,
            count(e.flat_bars as u64),
            percent(e.total_return),
            percent(e.total_return_without)
        ));
    }

    p.section("Data and scenario");
    p.list(d.quality.lines());
    p.paragraph(&format!("SHA-256 of {}: {}.", d.file, d.sha256));
    p.code(&record.scenario);
    p.render()
}

fn criteria(v: &gate::GateReport) -> TextTable {
    let mut t =
        TextTable::new(&["id", "what", "rule", ">observed", ">95 % interval", ">n", "verdict", "why"]);
    for r in &v.rows {
        let end = |x: f64| r.unit.format(Some(x));
        t.row([
            r.id.clone(),
            r.says.clone(),
            r.rule.clone(),
            r.unit.format(r.observed),
            r.interval.map_or(String::new(), |i| format!("{} .. {}", end(i.lo), end(i.hi))),
            r.n.to_string(),
            r.verdict.to_string(),
            r.reason.clone().unwrap_or_default(),
        ]);
    }
    t
}
