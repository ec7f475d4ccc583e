//! The summary of a run for a terminal, at most 100 columns wide.

use super::tables;
use crate::gate;
use crate::market::{Calendar, format_time};
use crate::report::text::{count, number, render, wrap};
use crate::runs::RunRecord;

/// What a run came to, for people at a terminal.
pub fn terminal_summary(record: &RunRecord, verdict: Option<&gate::GateReport>) -> String {
    let s = &record.summary;
    let d = &s.data;
    let mut out = match s.system == s.variant {
        true => format!("{}  {}\n", s.scenario, s.system),
        false => {
            let profile = s.profile.as_ref().map_or(String::new(), |p| format!(" profile {p}"));
            format!("{}  {} {}{profile}\n", s.scenario, s.system, s.variant)
        }
    };
    let day = |ms: i64| format_time(ms).chars().take(10).collect::<String>();
    let lines = [
        format!(
            "{} from {}: {} bars, {} of warm-up, {} to {}",
            d.title(),
            d.file,
            count(d.bars as u64),
            d.warmup_bars,
            day(d.start_ms),
            day(d.end_ms)
        ),
        d.quality.lines().join("; "),
        format!(
            "{} path inside bars, fee and slippage on every fill; annualised with {} days and {} bars a year{}",
            s.intrabar.name(),
            number(s.days_per_year, 0),
            number(s.bars_per_year, 0),
            if s.calendar == Calendar::Always {
                String::new()
            } else {
                format!(" (calendar {})", s.calendar)
            }
        ),
    ];
    for line in lines.iter().chain(&s.notes).flat_map(|l| wrap(l, 100)) {
        out.push_str(&line);
        out.push('\n');
    }
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
        out.push_str(&(wrap(&text, 100).join("\n") + "\n"));
    }
    if let Some(p) = &d.positions {
        let (rows, changes) = (count(p.rows as u64), count(p.changes as u64));
        out.push_str(&format!("{rows} positions from {}, {changes} of them changes\n", p.file));
    }
    let symbols = (!s.symbols.is_empty()).then(|| tables::symbols(s));
    let shown = [Some(tables::performance(s)), symbols, Some(tables::figures(s)), Some(tables::regimes(s))];
    let rest = [Some(tables::edges(s)), Some(tables::reasons(s))];
    for table in shown.into_iter().chain(rest).flatten() {
        out.push('\n');
        out.push_str(&render(&table));
    }
    if let Some(e) = &s.regime_evaluation {
        let line = format!(
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
        );
        out.push('\n');
        for line in wrap(&line, 100) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    for event in s.events.iter().take(12) {
        let line = format!("{}  {}: {}", format_time(event.time_ms), event.kind, event.detail);
        out.push_str(&wrap(&line, 100).join("\n"));
        out.push('\n');
    }
    if s.events.len() > 12 {
        out.push_str(&format!("... and {} more events in summary.json\n", s.events.len() - 12));
    }
    if let Some(verdict) = verdict {
        out.push('\n');
        out.push_str(&verdict.text());
    }
    out
}
