//! What a check of rows found, for a terminal.

use super::text::{count, percent, width, wrap};
use crate::data::check::{Against, Extreme, Finding, FindingSeverity, QualityFigures, QualityReport};
use crate::market::format_time;

/// How many rows of a finding are shown; more are in the JSON.
const SHOWN: usize = 3;

/// Figures and findings as text, no line wider than a terminal.
pub fn quality_text(report: &QualityReport) -> String {
    let mut out = ReportLines::default();
    figures(&report.figures, &mut out);
    if let Some(a) = &report.against {
        against(a, &mut out);
    }
    let numbers = [
        (FindingSeverity::Error, "error"),
        (FindingSeverity::Warning, "warning"),
        (FindingSeverity::Info, "note"),
    ];
    let numbers = numbers.map(|(s, noun)| several(report.count(s) as u64, noun)).join(", ");
    out.entry("findings", if report.findings.is_empty() { "none" } else { &numbers });
    for f in &report.findings {
        finding(f, &mut out);
    }
    out.0
}

/// How a second file compares.
fn against(a: &Against, out: &mut ReportLines) {
    let n = |n: usize| count(n as u64);
    if a.cells == 0 {
        let text = format!("{}: {} common bars, not compared bar by bar", a.name, n(a.common));
        return out.entry("against", &text);
    }
    let aligned = match (a.shift_ms, a.scale) {
        (None, None) => "",
        (Some(_), None) => ", its times moved",
        (None, Some(_)) => ", its prices scaled",
        (Some(_), Some(_)) => ", its times moved and prices scaled",
    };
    let differ = percent(a.cells_differ as f64 / a.cells as f64);
    let text = format!(
        "{}{aligned}: {} common bars, {} only here, {} only there; {} of {} cells differ ({differ})",
        a.name,
        n(a.common),
        n(a.only_here),
        n(a.only_there),
        n(a.cells_differ),
        n(a.cells),
    );
    out.entry("against", &text);
}

#[derive(Default)]
struct ReportLines(String);

impl ReportLines {
    /// A name and what belongs to it, wrapped beside it.
    fn entry(&mut self, name: &str, text: &str) {
        for (i, line) in wrap(text, width() - 15).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.0 += &format!("{name:<13}  {line}\n");
        }
    }
}

fn several(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

fn figures(f: &QualityFigures, out: &mut ReportLines) {
    let n = |n: usize| count(n as u64);
    let range = match (f.first_ms, f.last_ms) {
        (Some(a), Some(b)) => format!(", {} to {}", format_time(a), format_time(b)),
        _ => String::new(),
    };
    out.entry("rows", &(n(f.rows) + &range));
    if let Some(t) = f.timeframe {
        let share = f.timeframe_share.unwrap_or(f64::NAN);
        out.entry("timeframe", &format!("{t}, {} of the steps", percent(share)));
        let bars = several(f.missing_bars, "bar");
        let mut missing = format!("{bars} in {}, counted by {}", several(f.gaps as u64, "gap"), f.counted_by);
        if f.other_gaps > 0 {
            let (bars, gaps) = (count(f.other_missing), n(f.other_gaps));
            missing += &format!("; {bars} more in {gaps} holidays and long weekends");
        }
        out.entry("missing", &missing);
    }
    for (i, g) in f.longest_gaps.iter().enumerate() {
        let (from, to) = (format_time(g.from_ms), format_time(g.to_ms));
        let hours = g.to_ms.saturating_sub(g.from_ms) as f64 / 3_600_000.0;
        let name = if i == 0 { "longest gaps" } else { "" };
        out.entry(name, &format!("{from} -> {to}, {hours:.1} h"));
    }
    out.entry(
        "order",
        &format!(
            "{} out of order, {} repeated, {} in conflict, {} overlapping, {} off the grid",
            n(f.out_of_order),
            n(f.duplicates),
            n(f.conflicts),
            n(f.overlapping),
            n(f.off_grid),
        ),
    );
    out.entry(
        "values",
        &format!(
            "{} bad, {} high/low violations, {} zero-volume, {} flat, {} stale",
            n(f.bad_values),
            n(f.ohlc_violations),
            n(f.zero_volume),
            n(f.flat),
            n(f.stale),
        ),
    );
    let extreme =
        |e: Extreme, sign: &str| format!("{sign}{} at {}", percent(e.value), format_time(e.time_ms));
    if let Some(e) = f.biggest_move {
        out.entry("biggest move", &extreme(e, if e.value > 0.0 { "+" } else { "" }));
    }
    if let Some(e) = f.biggest_range {
        out.entry("biggest range", &extreme(e, ""));
    }
}

fn finding(f: &Finding, out: &mut ReportLines) {
    out.0.push('\n');
    let head = format!("{:<7}  {} ({})", f.severity.name(), f.kind.name(), count(f.count));
    let text = wrap(&f.text, width() - 9);
    out.0 += &format!("{head}\n");
    for line in text {
        out.0 += &format!("         {line}\n");
    }
    for row in f.rows.iter().take(SHOWN) {
        let line = format!("{}, {}: {}", row.place, format_time(row.time_ms), row.what);
        for (i, line) in wrap(&line, width() - 13).into_iter().enumerate() {
            out.0 += if i == 0 { "         - " } else { "           " };
            out.0 += &line;
            out.0.push('\n');
        }
    }
    let more = f.count.saturating_sub(SHOWN as u64);
    if more > 0 && f.rows.len() > SHOWN {
        out.0 += &format!("         - and {} more\n", count(more));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::check::{CheckOptions, check};
    use crate::data::{At, Places, Rows};

    fn hourly(n: i64) -> Rows {
        let one = vec![100.0; n as usize];
        Rows {
            time_ms: (0..n).map(|k| 1_704_067_200_000 + k * 3_600_000).collect(),
            open: one.clone(),
            high: (0..n).map(|k| 101.0 + (k % 7) as f64).collect(),
            low: vec![99.0; n as usize],
            close: one.clone(),
            volume: one,
            has_volume: true,
            places: Places::of("a.csv", At::Rows),
            ..Rows::default()
        }
    }

    #[test]
    fn a_report_reads_well() {
        let mut rows = hourly(100);
        rows.time_ms.swap(10, 11);
        rows.close[50] = f64::NAN;
        rows.volume[60] = 0.0;
        let report = check(&rows, &CheckOptions::default()).against(&rows, &hourly(90), "b.csv");
        let text = quality_text(&report);
        assert!(text.lines().all(|l| l.chars().count() <= 100 && l == l.trim_end()), "{text}");
        for part in [
            "rows           100, 2024-01-01 00:00:00 to 2024-01-05 03:00:00\n",
            "timeframe      1h, 100.0 % of the steps\n",
            "missing        0 bars in 0 gaps, counted by 24/7\n",
            "findings       2 errors, ",
            "error    out_of_order (1)\n",
            "         - a.csv: row 12, 2024-01-01 10:00:00: after a row of 2024-01-01 11:00:00\n",
            "against        b.csv: 90 common bars, ",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_line_is_wider_than_a_terminal(times in prop::collection::vec(any::<i64>(), 0..60), value in any::<f64>()) {
            let rows = Rows { time_ms: times, ..hourly(0) };
            let column = vec![value; rows.time_ms.len()];
            let (open, high, low, close) = (column.clone(), column.clone(), column.clone(), column.clone());
            let rows = Rows { open, high, low, close, volume: column, ..rows };
            let text = quality_text(&check(&rows, &CheckOptions::default()).against(&rows, &rows, "b"));
            prop_assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
        }
    }
}
