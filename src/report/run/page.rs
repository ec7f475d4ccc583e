//! The page of a run: one file that needs nothing else.

use super::{placebos, tables};
use crate::experiments::placebos::Placebos;
use crate::gate;
use crate::market::format_time;
use crate::regime::RegimeEvaluation;
use crate::report::Drawing;
use crate::report::text::{count, number, percent, ratio};
use crate::report::{Page, TextTable, VerdictBadge};
use crate::runs::{RunRecord, Summary};
use crate::system::Part;

const CAPTIONS: [(&str, &str); 8] = [
    (
        "equity",
        "Equity after costs, its drawdown from bar close to bar close, and the regime known at each bar's open.",
    ),
    (
        "regime_sharpe",
        "Annualised Sharpe ratio of the bars spent in each regime. Hollow: too few trades or bars to judge.",
    ),
    ("regime_win_rate", "Share of winning trades by the regime of their signal."),
    ("monthly_returns", "Compounded return of each calendar month; partial months are marked."),
    ("trade_returns", "Distribution of trade returns on notional, after costs."),
    (
        "price_trades",
        "A window of the history with entries, exits, and stops and targets as at entry. Signs that would overlap are \
         stacked; those without room are left out and counted.",
    ),
    ("regime_confusion", "Rows are the true regime of the synthetic history, columns the label."),
    (
        "placebos",
        "Sharpe ratios of the same positions at random lags and in random order, with that of the positions in their own \
         time.",
    ),
];

/// The page, section by section.
pub(super) fn page(
    record: &RunRecord,
    (verdict, placebos): (Option<&gate::GateReport>, Option<&Placebos>),
    charts: &[(&'static str, Drawing)],
    parts: &[Part],
) -> String {
    let s = &record.summary;
    let title = format!("{}: {} {}", s.scenario, s.system, s.variant);
    let mut p = RunPage { summary: s, charts, page: Page::new(title) };
    p.head(verdict);
    p.performance();
    p.regimes();
    p.signals_and_trades(parts);
    p.sections_of_the_system(parts);
    p.placebos(placebos);
    p.criteria(verdict);
    p.events();
    p.data_and_scenario(&record.scenario);
    p.page.render()
}

/// A page being set: each method adds one section of it.
struct RunPage<'a> {
    summary: &'a Summary,
    charts: &'a [(&'static str, Drawing)],
    page: Page,
}

impl RunPage<'_> {
    /// What was run over which bars, and the verdict on it.
    fn head(&mut self, verdict: Option<&gate::GateReport>) {
        let (s, d) = (self.summary, &self.summary.data);
        self.page.subtitle(format!(
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
            self.page.badge(badge, &v.why);
            for mark in &v.marks {
                self.page.beside_badge(&mark.line());
            }
        }
    }

    /// Returns and risk, beside the baselines and holding.
    fn performance(&mut self) {
        let s = self.summary;
        self.page.section("Performance");
        self.page.paragraph(&format!(
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
        self.figure("equity");
        self.page.table(
            &tables::performance(s)
                .caption("The run, the other variants on the same bars and costs, and holding."),
        );
        self.page.table(
            &tables::figures(s)
                .caption("Daily returns unless said otherwise; intervals by stationary bootstrap."),
        );
        if !s.symbols.is_empty() {
            self.page.table(&tables::symbols(s).caption(
                "Each symbol of the account; missing bars are steps between its first and last at which it has none.",
            ));
        }
        self.figure("monthly_returns");
        self.figure("trade_returns");
    }

    /// What each regime brought, and how right its labels were.
    fn regimes(&mut self) {
        let s = self.summary;
        self.page.section("Regimes");
        self.figure("regime_sharpe");
        self.figure("regime_win_rate");
        self.page.table(&tables::regimes(s).caption(
            "Bars and profit by the label known at the bar's open (parts add up to the total); trades by the label of \
             their signal.",
        ));
        self.page.note(&format!(
            "{} trades were held over more than one regime; their profit is {} {}.",
            s.across_regimes.trades,
            number(s.across_regimes.pnl, 2),
            s.currency
        ));
        self.figure("regime_confusion");
        if let Some(e) = &s.regime_evaluation {
            self.page.note(&labels_against_truth(e));
        }
    }

    /// Where the run entered and left the market, and why.
    fn signals_and_trades(&mut self, parts: &[Part]) {
        let s = self.summary;
        self.page.section("Signals and trades");
        self.figure("price_trades");
        for part in parts {
            if let Part::Chart { name, caption, .. } = part {
                self.show(name, caption);
            }
        }
        self.page
            .table(&tables::reasons(s).caption("What became of each close, and what closed each trade."));
        self.page.table(&tables::edges(s).caption(
            "The same run with the path that hurts and the path that helps wherever one bar held stop and target.",
        ));
    }

    /// The sections that the system adds about itself.
    fn sections_of_the_system(&mut self, parts: &[Part]) {
        for part in parts {
            if let Part::Section(section) = part {
                self.page.section(&section.title);
                self.page.paragraph(&section.text);
                for grid in &section.tables {
                    self.page.table(&tables::grid(grid));
                }
            }
        }
    }

    /// What the positions would have come to elsewhere, later, dearer and larger, where that was asked for.
    fn placebos(&mut self, placebos: Option<&Placebos>) {
        let Some(p) = placebos else { return };
        let r = &p.report;
        self.page.section("Placebos and bounds");
        self.page.paragraph(&format!(
            "{} positions over {} closes, replayed at closes without the system and without [risk]; everything here is \
             compared with that replay. A p-value asks about timing given exposure: positions that earn the drift of the \
             market, whatever their Sharpe ratio, have a large one.",
            count(r.positions as u64),
            count(r.steps as u64)
        ));
        self.page.table(&placebos::tests(r).caption(
            "Share of placebos with a Sharpe ratio at least that of the positions. Not corrected for a search that found \
             the run: p before selection.",
        ));
        self.figure("placebos");
        self.page.table(&placebos::bounds(r).caption(
            "The same positions under other terms; intervals by stationary bootstrap, differences to the replay at closes.",
        ));
        self.page.list(placebos::lines(r, &self.summary.currency));
    }

    /// Each criterion with its verdict, of a run that was judged.
    fn criteria(&mut self, verdict: Option<&gate::GateReport>) {
        if let Some(v) = verdict {
            self.page.section("Criteria");
            self.page.paragraph(&v.judged);
            self.page.table(&criteria(v));
            if let Some(search) = &v.search {
                self.page.section("All trials of the family");
                for line in search.lines() {
                    self.page.paragraph(&line);
                }
            }
        }
    }

    /// What happened to the account, and what an emergency stop came to.
    fn events(&mut self) {
        let s = self.summary;
        if !s.events.is_empty() {
            self.page.section("Events");
            let mut t = TextTable::new(&["time (UTC)", "event", "detail"]);
            for e in &s.events {
                t.row([format_time(e.time_ms), e.kind.clone(), e.detail.clone()]);
            }
            self.page.table(&t);
        }
        if let Some(e) = &s.emergency_stop {
            self.page.note(&format!(
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
    }

    /// What it takes to make the run again.
    fn data_and_scenario(&mut self, scenario: &str) {
        let d = &self.summary.data;
        self.page.section("Data and scenario");
        self.page.list(d.quality.lines());
        self.page.paragraph(&format!("SHA-256 of {}: {}.", d.file, d.sha256));
        self.page.code(scenario);
    }

    /// A chart of every run, with its own caption, where it was drawn.
    fn figure(&mut self, name: &str) {
        self.show(name, CAPTIONS.iter().find(|(n, _)| *n == name).map_or("", |(_, c)| *c));
    }

    /// A chart, where it was drawn.
    fn show(&mut self, name: &str, caption: &str) {
        if let Some((_, drawing)) = self.charts.iter().find(|(n, _)| *n == name) {
            self.page.figure(&drawing.svg, caption);
        }
    }
}

/// How right the labels were, in words.
fn labels_against_truth(e: &RegimeEvaluation) -> String {
    format!(
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
    )
}

/// The rows of the verdict, one a criterion.
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
