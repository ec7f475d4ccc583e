//! Two files of one instrument side by side.

use super::report::{Against, Difference, Finding, FindingKind, FindingSeverity, QualityReport, Seen};
use super::shift;
use super::view::{BarsView, median};
use crate::quality::infer;
use crate::rows::Rows;
use crate::week::{alike, snapped};
use crate::words::{grouped, percent};

/// Cells whose relative difference is at most this are alike: the last digits of decimals.
const ALIKE: f64 = 1e-6;

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
        scale(here, there, &as_is, |v, i| v.o[i], &mut a, out);
        return a;
    }
    let Some(by) = shift::shifted(here, there, &mut a, out) else { return a };
    let pairs = if by == 0 { as_is } else { common(&here.t, &there.t, by) };
    a.common = pairs.len();
    scale(here, there, &pairs, |v, i| v.c[i], &mut a, out);
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

/// Whether the prices of one are a constant times those of the other.
fn scale(
    here: &BarsView<'_>,
    there: &BarsView<'_>,
    pairs: &[(usize, usize)],
    price: impl Fn(&BarsView<'_>, usize) -> f64,
    a: &mut Against,
    out: &mut Vec<Finding>,
) {
    let ratio = |&(i, k): &(usize, usize)| price(here, i) / price(there, k);
    let scale = median(pairs.iter().map(ratio));
    let fits = pairs.iter().filter(|p| (ratio(p) / scale - 1.0).abs() < 1e-4).count();
    // Files that differ by a spread are not another scale.
    if scale.is_finite() && scale > 0.0 && (scale - 1.0).abs() > 0.01 && fits * 10 > pairs.len() * 9 {
        a.scale = Some(scale);
        let mut seen = Seen::in_rows(here.rows);
        let (i, k) = pairs[0];
        seen.see(here.row(i), || format!("{}, there {}", price(here, i), price(there, k)));
        let text =
            format!("prices are {scale:.6} times those of the other file: another unit, or an adjustment");
        out.extend(seen.finding(FindingKind::ScaleDiffers, FindingSeverity::Error, text));
    }
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

/// Correlation of the returns of consecutive common bars.
pub(super) fn together(here: &BarsView<'_>, there: &BarsView<'_>, pairs: &[(usize, usize)]) -> Option<f64> {
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
