//! Two files of one instrument side by side.

use super::report::{Against, Difference, Finding, FindingKind, FindingSeverity, QualityReport, Seen};
use super::view::{BarsView, median};
use super::{shift, unit};
use crate::market::format_time;
use crate::quality::infer;
use crate::rows::Rows;
use crate::week::{alike, snapped};
use crate::words::{grouped, percent};

/// Cells whose relative difference is at most this are alike: the last digits of decimals.
const ALIKE: f64 = 1e-6;

/// Fewer common bars do not say whether returns go together.
const ENOUGH: usize = 30;

/// A return so many times the usual one is cut to that.
const PROPORTION: f64 = 20.0;

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
    let mut a = Against {
        name: name.to_owned(),
        rows: there.rows.len(),
        common: 0,
        only_here: 0,
        only_there: 0,
        cells: 0,
        cells_differ: 0,
        largest: None,
        correlation: None,
        shift_ms: None,
        scale: None,
    };
    let as_is = common(&here.t, &there.t, 0);
    (a.common, a.correlation) = (as_is.len(), together(here, there, &as_is));
    if lengths(here, there, out) {
        // The opens of bars that begin together are one price, whatever their lengths.
        unit::check(here, there, &as_is, |v, i| v.o[i], &mut a, out);
        return a;
    }
    let Some(by) = shift::shifted(here, there, &mut a, out) else {
        // An hour moves prices by little.
        unit::check(here, there, &as_is, |v, i| v.c[i], &mut a, out);
        return a;
    };
    let pairs = if by == 0 { as_is } else { common(&here.t, &there.t, by) };
    a.common = pairs.len();
    if pairs.is_empty() {
        nothing_in_common(here, there, out);
    }
    unit::check(here, there, &pairs, |v, i| v.c[i], &mut a, out);
    let moved = |t: i64| t.saturating_add(by);
    let text = ("the other file", "bars that the other file lacks");
    let range = (there.t.first().map(|t| moved(*t)), there.t.last().map(|t| moved(*t)));
    a.only_here = alone(here, range, pairs.iter().map(|p| p.0), text, FindingKind::OnlyHere, out);
    let text = ("this file", "bars of the other file that this one lacks");
    let back = |t: i64| t.saturating_sub(by);
    let range = (here.t.first().map(|t| back(*t)), here.t.last().map(|t| back(*t)));
    a.only_there = alone(there, range, pairs.iter().map(|p| p.1), text, FindingKind::OnlyThere, out);
    cells(here, there, &pairs, &mut a, out);
    a
}

/// Whether the bars of the two are of different lengths, which then is all that can be said of them.
fn lengths(here: &BarsView<'_>, there: &BarsView<'_>, out: &mut Vec<Finding>) -> bool {
    let length = |v: &BarsView<'_>| infer(&v.t).map(snapped);
    let (Some(a), Some(b)) = (length(here), length(there)) else { return false };
    if alike(a.ms(), b.ms()) {
        return false;
    }
    let longer = a.max(b);
    let whose = if a < b { "this" } else { "the other" };
    let mut seen = Seen::in_rows(here.rows);
    seen.see(here.row(0), || format!("a bar of {a}, there of {b}"));
    let text = format!(
        "bars of {a}, those of the other file of {b}: not compared bar by bar. Make longer ones of {whose}: \
         assay data resample FILE --to {longer}"
    );
    out.extend(seen.finding(FindingKind::LengthsDiffer, FindingSeverity::Error, text));
    true
}

/// What two files without a common bar are to each other.
fn nothing_in_common(here: &BarsView<'_>, there: &BarsView<'_>, out: &mut Vec<Finding>) {
    let ends = |v: &BarsView<'_>| Some((*v.t.first()?, *v.t.last()?));
    let (Some(a), Some(b)) = (ends(here), ends(there)) else { return };
    let (from, to) = (a.0.max(b.0), a.1.min(b.1));
    let span = |(from, to): (i64, i64)| format!("{} to {}", format_time(from), format_time(to));
    let text = if from > to {
        format!("no bar in common: this file is of {}, the other of {}", span(a), span(b))
    } else {
        let text = "no bar in common, though both are of";
        format!(
            "{text} {}: their bars begin at other minutes. Another time zone or bar length?",
            span((from, to))
        )
    };
    let mut seen = Seen::in_rows(here.rows);
    seen.see(here.row(0), || format!("the other's first bar is of {}", format_time(b.0)));
    out.extend(seen.finding(FindingKind::NoCommonBars, FindingSeverity::Error, text));
}

/// Positions of the bars that both have where the other's times are `by` later.
pub(super) fn common(here: &[i64], there: &[i64], by: i64) -> Vec<(usize, usize)> {
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

/// Bars of `one` within a range that are not `paired`.
fn alone(
    one: &BarsView<'_>,
    range: (Option<i64>, Option<i64>),
    paired: impl Iterator<Item = usize>,
    (whose, text): (&str, &str),
    kind: FindingKind,
    out: &mut Vec<Finding>,
) -> usize {
    let (Some(first), Some(last)) = range else { return 0 };
    let mut seen = Seen::in_rows(one.rows);
    let mut paired = paired.peekable();
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
    let unit = a.scale.unwrap_or(1.0);
    for &(i, k) in pairs {
        let mut first: Option<(&str, f64, f64)> = None;
        for (column, (name, x, y)) in columns[..used].iter().enumerate() {
            // In the unit of this file, which volumes do not share.
            let (x, y) = (x[i], if column < 4 { y[k] * unit } else { y[k] });
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
    let aligned = match (a.shift_ms, a.scale) {
        (None, None) => "",
        _ => ", once times and unit are those of this file",
    };
    let text = format!("common bars that differ, in {n} cells ({share}){aligned}");
    out.extend(seen.finding(FindingKind::CellsDiffer, FindingSeverity::Warning, text));
}

/// Correlation of the returns of consecutive common bars. Returns are cut where they are out of all proportion: one bad print, or the bar in
/// which a file changes its unit, says nothing of the others.
pub(super) fn together(here: &BarsView<'_>, there: &BarsView<'_>, pairs: &[(usize, usize)]) -> Option<f64> {
    let returns = pairs.windows(2).filter(|w| w[0].0 + 1 == w[1].0 && w[0].1 + 1 == w[1].1).map(|w| {
        let ((i, k), (j, m)) = (w[0], w[1]);
        ((here.c[j] / here.c[i]).ln(), (there.c[m] / there.c[k]).ln())
    });
    let returns: Vec<(f64, f64)> = returns.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    // Most bars of a thin market do not move: what is usual is of those that do.
    let usual = |of: fn(&(f64, f64)) -> f64| {
        let moves = returns.iter().map(of).map(f64::abs).filter(|r| *r > 0.0);
        PROPORTION * median(moves)
    };
    let (most_x, most_y) = (usual(|r| r.0), usual(|r| r.1));
    if !(most_x > 0.0 && most_y > 0.0) {
        return None;
    }
    let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in returns {
        let (x, y) = (x.clamp(-most_x, most_x), y.clamp(-most_y, most_y));
        (n, sx, sy) = (n + 1.0, sx + x, sy + y);
        (sxx, syy, sxy) = (sxx + x * x, syy + y * y, sxy + x * y);
    }
    let (vx, vy) = (n * sxx - sx * sx, n * syy - sy * sy);
    let r = (n * sxy - sx * sy) / (vx * vy).sqrt();
    (n >= ENOUGH as f64 && vx > 0.0 && vy > 0.0 && r.is_finite()).then_some(r.clamp(-1.0, 1.0))
}
