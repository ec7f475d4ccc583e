//! Rows that come too late, or again.

use super::report::{Finding, FindingKind, FindingSeverity, QualityFigures, Seen};
use crate::market::format_time;
use crate::rows::Rows;
use crate::week::DAY;

/// Times outside of these are usually of another unit or column: 1970 to 2200.
pub(super) const PLAUSIBLE: std::ops::Range<i64> = 0..7_258_118_400_000;

/// The end of 1971: numbers counted from 1970 that are no times, as those of rows or milliseconds of a day, lie before it.
const NO_TIMES: i64 = 63_072_000_000;

/// Fewer rows may be of 1970.
const ENOUGH: usize = 3;

/// Whether every row is of the first days of time, less than a day apart: no market left such bars.
fn counted(t: &[i64]) -> bool {
    let short = t.windows(2).filter(|w| w[1].saturating_sub(w[0]).unsigned_abs() < DAY as u64).count();
    t.len() >= ENOUGH && t.iter().all(|t| PLAUSIBLE.contains(t) && *t < NO_TIMES) && 2 * short > t.len() - 1
}

pub(super) fn check(rows: &Rows, figures: &mut QualityFigures, out: &mut Vec<Finding>) {
    let t = &rows.time_ms;
    let mut odd = Seen::in_rows(rows);
    let mut late = Seen::in_rows(rows);
    for i in 0..t.len() {
        if !PLAUSIBLE.contains(&t[i]) {
            odd.see(i, || "outside of 1970 to 2200".into());
        }
        if i > 0 && t[i] < t[i - 1] {
            late.see(i, || format!("after a row of {}", format_time(t[i - 1])));
        }
    }
    figures.out_of_order = late.count() as usize;
    let (mut again, mut other) = (Seen::in_rows(rows), Seen::in_rows(rows));
    for (first, i) in repeated(t) {
        let place = || rows.place(first);
        match differing(rows, first, i) {
            None => again.see(i, || format!("the same as {}", place())),
            Some(which) => other.see(i, || format!("another {which} than in {}", place())),
        }
    }
    (figures.duplicates, figures.conflicts) = (again.count() as usize, other.count() as usize);
    let mut error =
        |seen: Seen<'_>, kind, text: &str| out.extend(seen.finding(kind, FindingSeverity::Error, text));
    error(
        odd,
        FindingKind::ImplausibleTime,
        "rows before 1970 or after 2200: another unit, or another column",
    );
    let mut first = Seen::in_rows(rows);
    if counted(t) {
        first.see_all(0, t.len() as u64, || "the first".into());
    }
    error(
        first,
        FindingKind::ImplausibleTime,
        "rows of 1970 and 1971, less than a day apart: numbers of rows, or a time of day, taken for times",
    );
    error(late, FindingKind::OutOfOrder, "rows earlier than the row above; --fix sort puts them in order");
    error(again, FindingKind::Duplicate, "rows that were there before, alike; --fix dedup drops them");
    error(
        other,
        FindingKind::ConflictingDuplicate,
        "rows with the time of another and other values; --fix dedup=first or dedup=last chooses",
    );
}

/// Rows whose time was there before, each with the first row of that time, in order of time.
pub(super) fn repeated(t: &[i64]) -> Vec<(usize, usize)> {
    if t.windows(2).all(|w| w[0] < w[1]) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..t.len()).collect();
    order.sort_by_key(|&i| t[i]);
    let mut out = Vec::new();
    for run in order.chunk_by(|&a, &b| t[a] == t[b]) {
        out.extend(run[1..].iter().map(|&i| (run[0], i)));
    }
    out
}

/// The first column in which two rows differ.
pub(super) fn differing(rows: &Rows, a: usize, b: usize) -> Option<&'static str> {
    // A NaN is alike to itself here: the same row twice is the same row.
    let differ = |v: &[f64]| v[a] != v[b] && !(v[a].is_nan() && v[b].is_nan());
    let names = ["open", "high", "low", "close", "volume"];
    let of_bar = names.into_iter().zip(rows.values()).find(|(_, v)| differ(v)).map(|(name, _)| name);
    of_bar.or_else(|| rows.spread.as_deref().filter(|v| differ(v)).map(|_| "spread"))
}
