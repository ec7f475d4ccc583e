//! Columns in another order than they were read in.

use super::report::{Finding, FindingKind, FindingSeverity, Seen};
use crate::rows::Rows;

/// So many rows, evenly spread, are tried in other orders.
const TRIED: usize = 20_000;

const NAMES: [&str; 4] = ["open", "high", "low", "close"];

/// Whether another order of the columns would make almost all violations vanish.
pub(super) fn check(rows: &Rows, violations: usize, out: &mut Vec<Finding>) {
    if violations < 3 || violations * 100 < rows.len() {
        return;
    }
    let Some(really) = order_that_fits(rows) else { return };
    let text = format!(
        "the columns read as open, high, low, close fit as {}: read them in that order and {} of {} rows are right",
        really.join(", "),
        crate::words::grouped(violations as u64),
        crate::words::grouped(rows.len() as u64),
    );
    let mut seen = Seen::in_rows(rows);
    seen.see_all(0, 1, || format!("{} as {}", NAMES.join(", "), really.join(", ")));
    out.extend(seen.finding(FindingKind::ColumnOrder, FindingSeverity::Error, text));
}

/// What the columns that were read as open, high, low, close are, where another order has a twentieth of the violations.
pub(crate) fn order_that_fits(rows: &Rows) -> Option<[&'static str; 4]> {
    let columns = [&rows.open[..], &rows.high, &rows.low, &rows.close];
    let every = rows.len().div_ceil(TRIED).max(1);
    let wrong = |order: [usize; 4]| {
        let [o, h, l, c] = order.map(|k| columns[k]);
        (0..rows.len()).step_by(every).filter(|&i| h[i] < o[i].max(c[i]) || l[i] > o[i].min(c[i])).count()
    };
    // Opens are near the close before: of two orders without violations the one whose bars join.
    let apart = |order: [usize; 4]| -> f64 {
        let (o, c) = (columns[order[0]], columns[order[3]]);
        let steps = (1..rows.len()).step_by(every).map(|i| {
            // Some sources have the newest row first.
            let rising = rows.time_ms[i] >= rows.time_ms[i - 1];
            let (before, after) = if rising { (i - 1, i) } else { (i, i - 1) };
            (o[after] / c[before]).ln().abs()
        });
        steps.filter(|d| d.is_finite()).sum()
    };
    let as_read = wrong([0, 1, 2, 3]);
    let mut best: Option<(f64, [usize; 4])> = None;
    for h in 0..4 {
        for l in (0..4).filter(|l| *l != h) {
            let rest: Vec<usize> = (0..4).filter(|k| *k != h && *k != l).collect();
            for (o, c) in [(rest[0], rest[1]), (rest[1], rest[0])] {
                let order = [o, h, l, c];
                if wrong(order) * 20 > as_read {
                    continue;
                }
                let distance = apart(order);
                if best.is_none_or(|(d, _)| distance < d) {
                    best = Some((distance, order));
                }
            }
        }
    }
    let (_, order) = best?;
    // What was read as open, high, low, close is, in that place, this.
    let mut really = [""; 4];
    for (meaning, place) in order.into_iter().enumerate() {
        really[place] = NAMES[meaning];
    }
    Some(really)
}
