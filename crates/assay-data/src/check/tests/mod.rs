//! Made-up rows for every finding, and for its absence.

mod against;
mod fix;
mod frame;
mod neighbours;
mod properties;
mod real;
mod spacing;
mod week;

use super::*;
use crate::market::parse_time;
use crate::rows::{At, Places};

pub(super) const M: i64 = 60_000;
pub(super) const H: i64 = 3_600_000;
pub(super) const D: i64 = 86_400_000;

pub(super) fn at(text: &str) -> i64 {
    parse_time(text).unwrap()
}

/// Sound bars of a calm market at these times, the same for the same number of them.
pub(super) fn bars(times: impl IntoIterator<Item = i64>) -> Rows {
    let mut rows = Rows { has_volume: true, places: Places::of("a.csv", At::Rows), ..Rows::default() };
    let mut state = 1u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5
    };
    let mut close: f64 = 100.0;
    for t in times {
        let open = close;
        close *= (0.004 * uniform()).exp();
        rows.time_ms.push(t);
        rows.open.push(open);
        rows.high.push(open.max(close) * (1.0 + 0.002 * (uniform() + 0.6)));
        rows.low.push(open.min(close) / (1.0 + 0.002 * (uniform() + 0.6)));
        rows.close.push(close);
        rows.volume.push(100.0 + 40.0 * uniform());
    }
    rows
}

/// `n` bars, `step` apart, from a Monday on.
pub(super) fn every(step: i64, n: i64) -> Rows {
    bars((0..n).map(|k| at("2024-01-01") + k * step))
}

/// Multiplies the prices of a stretch.
pub(super) fn scale(rows: &mut Rows, range: std::ops::Range<usize>, by: f64) {
    for column in rows.values_mut().into_iter().take(4) {
        column[range.clone()].iter_mut().for_each(|v| *v *= by);
    }
}

pub(super) fn found(rows: &Rows) -> QualityReport {
    check(rows, &CheckOptions::default())
}

/// Severity, count and the rows named of a finding.
pub(super) fn of(report: &QualityReport, kind: FindingKind) -> Option<(FindingSeverity, u64, Vec<usize>)> {
    report.find(kind).map(|f| (f.severity, f.count, f.rows.iter().map(|r| r.row).collect()))
}

#[test]
fn sound_bars_are_found_sound() {
    let report = found(&every(H, 24 * 40));
    assert_eq!(report.findings, []);
    assert_eq!(report.worst(), None);
    let f = &report.figures;
    assert_eq!((f.rows, f.first_ms, f.last_ms), (960, Some(at("2024-01-01")), Some(at("2024-02-09 23:00"))));
    assert_eq!((f.timeframe.unwrap().to_string().as_str(), f.timeframe_share), ("1h", Some(1.0)));
    assert_eq!((f.gaps, f.missing_bars, f.counted_by.as_str()), (0, 0, "24/7"));
    assert_eq!((f.longest_gaps.len(), f.zero_volume, f.flat, f.stale), (0, 0, 0, 0));
}

#[test]
fn no_row_is_a_finding() {
    let report = found(&Rows::default());
    assert_eq!(of(&report, FindingKind::NoRows), Some((FindingSeverity::Error, 1, vec![])));
    assert_eq!(report.findings.len(), 1);
    assert_eq!(found(&every(H, 1)).findings, []);
}
