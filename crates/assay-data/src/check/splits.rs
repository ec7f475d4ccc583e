//! Jumps by a ratio of shares between a close and the next open.

use super::report::{Finding, FindingKind, FindingSeverity, Seen};
use super::view::{BarsView, median};
use crate::week::DAY;
use crate::words::signed_percent;

/// Ratios of splits, new shares for one old; reverse splits are their inverses.
const RATIOS: [(u32, u32); 17] = [
    (2, 1),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (12, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (30, 1),
    (40, 1),
    (50, 1),
    (100, 1),
    (3, 2),
];

/// How far from its ratio a jump may be, as a logarithm: the market moves overnight too. A jump of half as much again is met without a
/// split as well, so 3:2 must be nearer.
const NEAR: (f64, f64) = (0.04, 0.02);

/// Bars before and after that say whether the level stays.
const ABOUT: usize = 20;

/// How far the level after may be from the ratio.
const STAYS: f64 = 0.25;

/// A day of news has a wide range and a large turnover; the day of a split has neither.
const NEWS: (f64, f64) = (5.0, 4.0);

pub(super) fn check(view: &BarsView<'_>, out: &mut Vec<Finding>) {
    let mut seen = Seen::in_rows(view.rows);
    for i in 1..view.len() {
        let (before, open) = (view.c[i - 1], view.o[i]);
        let jump = before / open;
        // A gap of more than a long weekend may be a move.
        let adjacent = view.t[i].saturating_sub(view.t[i - 1]) <= 5 * DAY;
        if !(before > 0.0 && open > 0.0 && adjacent && !(0.71..1.4).contains(&jump)) {
            continue;
        }
        if let Some((n, m)) = ratio(view, i, jump) {
            let change = signed_percent(1.0 / jump - 1.0);
            seen.see(view.row(i), || format!("{n}:{m}, {before} -> {open} ({change})"));
        }
    }
    let text = "jumps like those of splits of shares: the prices are not adjusted";
    out.extend(seen.finding(FindingKind::SuspectedSplit, FindingSeverity::Warning, text));
}

/// The split that a jump looks like.
fn ratio(view: &BarsView<'_>, i: usize, jump: f64) -> Option<(u32, u32)> {
    let both = RATIOS.into_iter().flat_map(|(n, m)| [(n, m), (m, n)]);
    let off = |(n, m): (u32, u32)| (jump.ln() - (f64::from(n) / f64::from(m)).ln()).abs();
    let nearest = both.min_by(|a, b| off(*a).total_cmp(&off(*b)))?;
    let integer = nearest.0 == 1 || nearest.1 == 1;
    if off(nearest) > if integer { NEAR.0 } else { NEAR.1 } {
        return None;
    }
    let (before, after) = (i.saturating_sub(ABOUT)..i, i..(i + ABOUT).min(view.len()));
    let level = median(before.clone().map(|k| view.c[k])) / median(after.map(|k| view.c[k]));
    let range = |k: usize| if view.sound(k) { (view.h[k] / view.l[k]).ln() } else { f64::NAN };
    let usual_range = median(before.clone().map(range));
    let usual_volume = median(before.map(|k| view.v[k]));
    // Of twice as many shares twice as many change hands.
    let turnover = view.v[i] / usual_volume / jump;
    let stays = (level.ln() - jump.ln()).abs() <= STAYS;
    let calm = range(i) <= NEWS.0 * usual_range;
    let quiet = usual_volume == 0.0 || turnover <= NEWS.1;
    (stays && calm && quiet).then_some(nearest)
}
