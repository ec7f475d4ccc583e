//! Two files of one instrument side by side.

use super::report::{Against, Difference, Finding, FindingKind, FindingSeverity, QualityReport, Seen};
use super::view::{BarsView, median};
use crate::market::format_time;
use crate::quality::infer;
use crate::rows::Rows;
use crate::week::{HOUR, alike};
use crate::words::{count, grouped, percent};

/// Cells whose relative difference is at most this are alike: the last digits of decimals.
const ALIKE: f64 = 1e-6;

/// Returns of two files of one instrument go together by more than this; those of files a bar apart hardly at all.
const TOGETHER: f64 = 0.8;

/// Hours by which a clock may be off.
const CLOCKS: i64 = 14;

/// Fewer common bars do not say whether returns go together.
const ENOUGH: usize = 30;

impl QualityReport {
    /// The same with what a second file of the instrument says.
    #[must_use]
    pub fn against(mut self, rows: &Rows, other: &Rows, name: &str) -> Self {
        let (here, there) = (BarsView::new(rows), BarsView::new(other));
        self.against = Some(compare(&here, &there, name, &mut self.findings));
        self.sort();
        self
    }
}

fn compare(here: &BarsView<'_>, there: &BarsView<'_>, name: &str, out: &mut Vec<Finding>) -> Against {
    let pairs = common(&here.t, &there.t, 0);
    let mut a = Against {
        name: name.to_owned(),
        rows: there.rows.len(),
        common: pairs.len(),
        only_here: 0,
        only_there: 0,
        cells: 0,
        cells_differ: 0,
        largest: None,
        correlation: together(here, there, &pairs),
        shift_ms: None,
        scale: None,
    };
    let text = ("the other file", "bars that the other file lacks");
    a.only_here = alone(here, there, &pairs, |p| p.0, text, FindingKind::OnlyHere, out);
    let text = ("this file", "bars of the other file that this one lacks");
    a.only_there = alone(there, here, &pairs, |p| p.1, text, FindingKind::OnlyThere, out);
    cells(here, there, &pairs, &mut a, out);
    shifted(here, there, &mut a, out);
    a
}

/// Positions of the bars that both have where the other's times are `by` later.
fn common(here: &[i64], there: &[i64], by: i64) -> Vec<(usize, usize)> {
    let (mut i, mut k, mut out) = (0, 0, Vec::new());
    while i < here.len() && k < there.len() {
        match here[i].cmp(&there[k].saturating_add(by)) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => k += 1,
            std::cmp::Ordering::Equal => {
                out.push((i, k));
                (i, k) = (i + 1, k + 1);
            }
        }
    }
    out
}

/// Bars of `one` within the range of `two` that are in no pair.
fn alone(
    one: &BarsView<'_>,
    two: &BarsView<'_>,
    pairs: &[(usize, usize)],
    mine: impl Fn(&(usize, usize)) -> usize,
    (whose, text): (&str, &str),
    kind: FindingKind,
    out: &mut Vec<Finding>,
) -> usize {
    let (Some(&first), Some(&last)) = (two.t.first(), two.t.last()) else { return 0 };
    let mut seen = Seen::in_rows(one.rows);
    let mut paired = pairs.iter().map(mine).peekable();
    for i in 0..one.len() {
        if paired.next_if_eq(&i).is_none() && (first..=last).contains(&one.t[i]) {
            seen.see(one.row(i), || format!("{whose} has no bar then"));
        }
    }
    let n = seen.count() as usize;
    out.extend(seen.finding(kind, FindingSeverity::Warning, text));
    n
}

fn cells(
    here: &BarsView<'_>,
    there: &BarsView<'_>,
    pairs: &[(usize, usize)],
    a: &mut Against,
    out: &mut Vec<Finding>,
) {
    let columns = [
        ("open", &here.o, &there.o),
        ("high", &here.h, &there.h),
        ("low", &here.l, &there.l),
        ("close", &here.c, &there.c),
        ("volume", &here.v, &there.v),
    ];
    let used = if here.rows.has_volume && there.rows.has_volume { 5 } else { 4 };
    let mut seen = Seen::in_rows(here.rows);
    let mut largest = 0.0;
    for &(i, k) in pairs {
        let mut first: Option<(&str, f64, f64)> = None;
        for (name, x, y) in &columns[..used] {
            let (x, y) = (x[i], y[k]);
            a.cells += 1;
            let apart = (x - y).abs() / x.abs().max(y.abs());
            // Two zeros are alike, and so is a value to itself whatever it is.
            if x == y || apart <= ALIKE {
                continue;
            }
            a.cells_differ += 1;
            first = first.or(Some((name, x, y)));
            if apart > largest && x.is_finite() && y.is_finite() {
                largest = apart;
                a.largest =
                    Some(Difference { time_ms: here.t[i], column: (*name).into(), here: x, there: y });
            }
        }
        if let Some((name, x, y)) = first {
            seen.see(here.row(i), || format!("{name} {x}, there {y}"));
        }
    }
    let n = grouped(a.cells_differ as u64);
    let share = percent(a.cells_differ as f64 / a.cells.max(1) as f64);
    let text = format!("common bars that differ, in {n} cells ({share})");
    out.extend(seen.finding(FindingKind::CellsDiffer, FindingSeverity::Warning, text));
    let ratio = |&(i, k): &(usize, usize)| here.c[i] / there.c[k];
    let scale = median(pairs.iter().map(ratio));
    let fits = pairs.iter().filter(|p| (ratio(p) / scale - 1.0).abs() < 1e-4).count();
    // Files that differ by a spread are not another scale.
    if scale.is_finite() && scale > 0.0 && (scale - 1.0).abs() > 0.01 && fits * 10 > pairs.len() * 9 {
        a.scale = Some(scale);
        let mut seen = Seen::in_rows(here.rows);
        let (i, k) = pairs[0];
        seen.see(here.row(i), || format!("close {}, there {}", here.c[i], there.c[k]));
        let text =
            format!("prices are {scale:.6} times those of the other file: another unit, or an adjustment");
        out.extend(seen.finding(FindingKind::ScaleDiffers, FindingSeverity::Error, text));
    }
}

/// Correlation of the returns of consecutive common bars.
fn together(here: &BarsView<'_>, there: &BarsView<'_>, pairs: &[(usize, usize)]) -> Option<f64> {
    let returns = pairs.windows(2).filter(|w| w[0].0 + 1 == w[1].0 && w[0].1 + 1 == w[1].1).map(|w| {
        let ((i, k), (j, m)) = (w[0], w[1]);
        ((here.c[j] / here.c[i]).ln(), (there.c[m] / there.c[k]).ln())
    });
    let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in returns.filter(|(x, y)| x.is_finite() && y.is_finite()) {
        (n, sx, sy) = (n + 1.0, sx + x, sy + y);
        (sxx, syy, sxy) = (sxx + x * x, syy + y * y, sxy + x * y);
    }
    let (vx, vy) = (n * sxx - sx * sx, n * syy - sy * sy);
    let r = (n * sxy - sx * sy) / (vx * vy).sqrt();
    (n >= ENOUGH as f64 && vx > 0.0 && vy > 0.0 && r.is_finite()).then_some(r.clamp(-1.0, 1.0))
}

/// Whether the other file agrees once its times are moved by a bar or by hours.
fn shifted(here: &BarsView<'_>, there: &BarsView<'_>, a: &mut Against, out: &mut Vec<Finding>) {
    let as_is = a.correlation.unwrap_or(0.0);
    let Some(step) = infer(&here.t).map(|t| t.ms()) else { return };
    if as_is > TOGETHER {
        return;
    }
    let hours = (-CLOCKS..=CLOCKS).map(|h| h * HOUR);
    let moves =
        [step, step.saturating_neg()].into_iter().chain(hours.filter(|h| *h != 0 && !alike(h.abs(), step)));
    let mut best: Option<(f64, i64, usize)> = None;
    for by in moves {
        let pairs = common(&here.t, &there.t, by);
        if let Some(r) = together(here, there, &pairs)
            && r > TOGETHER
            && best.is_none_or(|(b, ..)| r > b)
            && let Some(first) = pairs.first()
        {
            best = Some((r, by, first.0));
        }
    }
    let Some((r, by, first)) = best else { return };
    a.shift_ms = Some(by);
    let size = crate::words::length(by.abs());
    let side = if by > 0 { "later" } else { "earlier" };
    let why = if by.abs() == step {
        "one marks bars by their open and the other by their close?"
    } else {
        "another time zone?"
    };
    let mut seen = Seen::in_rows(here.rows);
    let t = here.t[first];
    seen.see(here.row(first), || format!("is the other's bar of {}", format_time(t.saturating_sub(by))));
    let bars = count(a.common as u64, "common bar");
    let text = format!(
        "the files agree once the other's times are {size} {side} (correlation of returns {r:.2}, {as_is:.2} over {bars} as they are): {why}"
    );
    out.extend(seen.finding(FindingKind::TimesShifted, FindingSeverity::Error, text));
}
