//! The summary of a run for a terminal.

use super::tables;
use crate::gate;
use crate::market::{Calendar, format_time};
use crate::regime::RegimeEvaluation;
use crate::report::text::{count, number, paragraph, render, width, wrap};
use crate::report::{before, day};
use crate::runs::{DataSummary, RunRecord, Summary};

/// Events that are named; the others are counted.
const EVENTS: usize = 12;

/// What a run came to, for people at a terminal.
pub fn terminal_summary(record: &RunRecord, verdict: Option<&gate::GateReport>) -> String {
    let s = &record.summary;
    let mut out = heading(s);
    out.push_str(&setting(s));
    out.push_str(&further_files(&s.data));
    out.push_str(&tables_of(s));
    if let Some(e) = &s.regime_evaluation {
        out.push('\n');
        out.push_str(&paragraph(&labels_against_truth(e)));
    }
    out.push_str(&events(s));
    if let Some(verdict) = verdict {
        out.push('\n');
        out.push_str(&verdict.text(width()));
    }
    out
}

/// The scenario and the system, whose variant goes without saying where it has one only.
fn heading(s: &Summary) -> String {
    match s.system == s.variant {
        true => format!("{}  {}\n", s.scenario, s.system),
        false => {
            let profile = s.profile.as_ref().map_or(String::new(), |p| format!(" profile {p}"));
            format!("{}  {} {}{profile}\n", s.scenario, s.system, s.variant)
        }
    }
}

/// The bars, their quality, the assumptions of the run, and what its reader should know besides.
fn setting(s: &Summary) -> String {
    let d = &s.data;
    let bars = format!(
        "{} from {}: {} bars, {}, {} to {}",
        d.title(),
        d.file,
        count(d.bars as u64),
        before(d.warmup_bars, d.lead_bars),
        day(d.start_ms),
        day(d.end_ms)
    );
    let assumptions = format!(
        "{} path inside bars, fee and slippage on every fill; annualised with {} days and {} bars a year{}",
        s.intrabar.name(),
        number(s.days_per_year, 0),
        number(s.bars_per_year, 0),
        if s.calendar == Calendar::Always { String::new() } else { format!(" (calendar {})", s.calendar) }
    );
    let texts = [bars, d.quality.lines().join("; "), assumptions];
    texts.iter().chain(&s.notes).flat_map(|text| wrap(text, width())).map(|line| line + "\n").collect()
}

/// The finer bars and the positions that were read beside the bars.
fn further_files(d: &DataSummary) -> String {
    let mut out = String::new();
    if let Some(f) = &d.detail {
        let c = &f.coverage;
        let text = format!(
            "bars of {} from {} under {} of {} bars; {} incomplete, {} disagree",
            f.timeframe,
            f.file,
            count(c.covered as u64),
            count(c.bars as u64),
            count(c.incomplete as u64),
            count(c.disagree as u64)
        );
        out.push_str(&paragraph(&text));
    }
    if let Some(p) = &d.positions {
        let (rows, changes) = (count(p.rows as u64), count(p.changes as u64));
        out.push_str(&match p.orders {
            true => format!("{rows} orders from {}, {changes} of them sent\n", p.file),
            false => format!("{rows} positions from {}, {changes} of them changes\n", p.file),
        });
    }
    out
}

/// The tables of the run, an empty line before each.
fn tables_of(s: &Summary) -> String {
    let symbols = (!s.symbols.is_empty()).then(|| tables::symbols(s));
    let shown = [
        Some(tables::performance(s)),
        symbols,
        Some(tables::figures(s)),
        Some(tables::regimes(s)),
        Some(tables::edges(s)),
        Some(tables::reasons(s)),
    ];
    shown.into_iter().flatten().map(|table| "\n".to_owned() + &render(&table)).collect()
}

/// How right the labels were, in words.
fn labels_against_truth(e: &RegimeEvaluation) -> String {
    format!(
        "regime labels against the truth column: accuracy {}, balanced accuracy {} (always the most frequent: {} \
         and {}), kappa {}, median lag {} bars, {} of {} changes missed",
        number(e.accuracy, 3),
        number(e.balanced_accuracy, 3),
        number(e.majority_accuracy, 3),
        number(e.majority_balanced_accuracy, 3),
        number(e.kappa, 3),
        e.median_lag_bars.map_or("--".to_owned(), |l| number(l, 1)),
        e.missed,
        e.true_switches
    )
}

/// The first events, and how many more there were.
fn events(s: &Summary) -> String {
    let mut out = String::new();
    for event in s.events.iter().take(EVENTS) {
        out.push_str(&paragraph(&format!(
            "{}  {}: {}",
            format_time(event.time_ms),
            event.kind,
            event.detail
        )));
    }
    if s.events.len() > EVENTS {
        out.push_str(&format!("... and {} more events in summary.json\n", s.events.len() - EVENTS));
    }
    out
}
