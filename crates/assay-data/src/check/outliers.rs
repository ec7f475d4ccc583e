//! Prices far from those about them: returns by their robust z, wicks against their neighbours.

use super::report::{Finding, FindingKind, FindingSeverity, NAMED, Seen};
use super::view::{BarsView, median};
use crate::words::{percent, signed_percent};

/// The median absolute deviation times this estimates the standard deviation of a normal distribution.
const NORMAL: f64 = 1.4826;

/// Robust standard deviations beyond which a return is an outlier. Markets have fat tails: 20 is a crash, and rare.
const FAR: f64 = 20.0;

/// A price that comes back but for this share of the way was away for one bar.
const BACK: f64 = 0.2;

/// Fewer returns do not say what is usual.
const ENOUGH: usize = 50;

/// A wick is looked at from so many usual ranges on, and is one too long from so many of its neighbourhood on.
const LONG_WICK: (f64, f64) = (8.0, 12.0);

/// It must also reach so many ranges beyond the lows (or highs) of the bars next to it.
const BEYOND: f64 = 8.0;

/// A price at half or double of all about it did not trade.
const NO_TRADE: f64 = std::f64::consts::LN_2;

/// A volume of so many times the largest of so many bars on either side stands alone.
const ALONE: (f64, usize) = (100.0, 100);

pub(super) fn check(view: &BarsView<'_>, out: &mut Vec<Finding>) {
    if view.len() < ENOUGH {
        return;
    }
    volumes(view, out);
    returns(view, out);
    wicks(view, out);
}

fn returns(view: &BarsView<'_>, out: &mut Vec<Finding>) {
    let c = &view.c;
    let log = |i: usize| if c[i] > 0.0 && c[i - 1] > 0.0 { (c[i] / c[i - 1]).ln() } else { f64::NAN };
    // r[i] leads to close i.
    let r: Vec<f64> = std::iter::once(f64::NAN).chain((1..c.len()).map(log)).collect();
    let moved = || r.iter().copied().filter(|r| *r != 0.0 && r.is_finite());
    if moved().count() < ENOUGH {
        return;
    }
    let middle = median(moved());
    let scale = NORMAL * median(moved().map(|x| (x - middle).abs()));
    if scale.is_nan() || scale <= 0.0 {
        return;
    }
    let (mut far, mut print) = (Seen::in_rows(view.rows), Seen::in_rows(view.rows));
    let mut came_back = false;
    for i in 1..r.len() {
        let z = r[i] / scale;
        // The way back of a bad print is no second finding.
        if !r[i].is_finite() || z.abs() <= FAR || std::mem::take(&mut came_back) {
            continue;
        }
        let next = r.get(i + 1).copied().unwrap_or(f64::NAN);
        came_back = (r[i] + next).abs() < BACK * r[i].abs();
        let what = || format!("{} (z {z:.0})", signed_percent(r[i].exp_m1()));
        if came_back {
            print.see(view.row(i), || format!("{}, and back", what()));
        } else {
            far.see(view.row(i), what);
        }
    }
    opens(view, scale, out);
    let text =
        format!("closes more than {FAR} robust deviations from both neighbours: bad prints, or spikes");
    out.extend(print.finding(FindingKind::BadPrint, FindingSeverity::Warning, text));
    let text = format!("closes more than {FAR} robust deviations from the one before");
    out.extend(far.finding(FindingKind::OutlierReturn, FindingSeverity::Info, text));
}

/// Opens that lie far from the close before, and from which the bar comes back.
fn opens(view: &BarsView<'_>, scale: f64, out: &mut Vec<Finding>) {
    let (mut far, mut wild) = (Seen::in_rows(view.rows), Seen::in_rows(view.rows));
    for i in 1..view.len() {
        let (gap, back) = ((view.o[i] / view.c[i - 1]).ln(), (view.c[i] / view.o[i]).ln());
        if !gap.is_finite()
            || !back.is_finite()
            || gap.abs() <= FAR * scale
            || (gap + back).abs() >= BACK * gap.abs()
        {
            continue;
        }
        let what = || {
            format!("open {} is {} from the close before, and back", view.o[i], signed_percent(gap.exp_m1()))
        };
        if gap.abs() > NO_TRADE { wild.see(view.row(i), what) } else { far.see(view.row(i), what) }
    }
    let text = "opens far from the close before and from their own: bad prints, at which orders fill";
    out.extend(far.finding(FindingKind::BadOpen, FindingSeverity::Warning, text));
    let text =
        "opens at double or half of the close before and of their own: bad prints, at which orders fill";
    out.extend(wild.finding(FindingKind::BadOpen, FindingSeverity::Error, text));
}

/// Volumes far above all about them: an order of such a bar has no impact, and takes a part of what was never traded.
fn volumes(view: &BarsView<'_>, out: &mut Vec<Finding>) {
    if !view.rows.has_volume {
        return;
    }
    let v = &view.v;
    let mut seen = Seen::in_rows(view.rows);
    let usual = median(v.iter().copied().filter(|v| *v > 0.0));
    for i in (0..v.len()).filter(|i| v[*i] > ALONE.0 * usual) {
        let near = (i.saturating_sub(ALONE.1)..(i + ALONE.1 + 1).min(v.len())).filter(|k| *k != i);
        let largest = near.map(|k| v[k]).fold(0.0, f64::max);
        if largest > 0.0 && v[i] > ALONE.0 * largest {
            seen.see(view.row(i), || format!("volume {}, the next largest about it {largest}", v[i]));
        }
    }
    let text = format!(
        "volumes above {} times any of the {} bars about them: another unit, or bad prints",
        ALONE.0,
        2 * ALONE.1
    );
    out.extend(seen.finding(FindingKind::BadVolume, FindingSeverity::Warning, text));
}

/// Wicks that stand alone.
fn wicks(view: &BarsView<'_>, out: &mut Vec<Finding>) {
    let ranges = view.ranges();
    let usual = median(ranges.iter().copied().filter(|r| *r > 0.0));
    if usual.is_nan() {
        return;
    }
    let (mut wild, mut long) = (Seen::in_rows(view.rows), Seen::in_rows(view.rows));
    for i in 0..view.len() {
        if ranges[i].is_nan() || ranges[i] <= LONG_WICK.0 * usual {
            continue;
        }
        let below = (view.o[i].min(view.c[i]) / view.l[i]).ln();
        let above = (view.h[i] / view.o[i].max(view.c[i])).ln();
        for (wick, lower) in [(below, true), (above, false)] {
            let near = (i.saturating_sub(10)..(i + 11).min(view.len())).filter(|k| *k != i);
            let about = median(near.map(|k| ranges[k])).max(usual / 2.0);
            if wick.is_nan() || wick <= LONG_WICK.1 * about {
                continue;
            }
            let beyond = beyond(view, i, lower);
            if beyond <= BEYOND * about {
                continue;
            }
            let what = || {
                let (name, price) = if lower { ("low", view.l[i]) } else { ("high", view.h[i]) };
                let share = if lower { -(-wick).exp_m1() } else { wick.exp_m1() };
                format!("{name} {price} is {} off, {:.0} usual ranges", percent(share), wick / about)
            };
            if wick > NO_TRADE && beyond > NO_TRADE {
                wild.see(view.row(i), what);
            } else {
                long.see(view.row(i), what);
            }
        }
    }
    let (n_wild, n_long) = (wild.count(), long.count());
    let text = "highs or lows far from everything about them: spikes, or bad prints";
    let long = long.finding(FindingKind::BadWick, FindingSeverity::Warning, text);
    let text = format!("highs or lows far from everything about them, {n_wild} of them at double or half");
    let Some(mut wild) = wild.finding(FindingKind::BadWick, FindingSeverity::Error, text) else {
        out.extend(long);
        return;
    };
    wild.count = n_wild + n_long;
    wild.rows.extend(long.into_iter().flat_map(|l| l.rows));
    wild.rows.truncate(NAMED);
    out.push(wild);
}

/// How far a low is below the lowest of the three bars before and after, or a high above the highest; NaN where there is none.
fn beyond(view: &BarsView<'_>, i: usize, lower: bool) -> f64 {
    let near = (i.saturating_sub(3)..(i + 4).min(view.len())).filter(|k| *k != i && view.sound(*k));
    if lower {
        (near.map(|k| view.l[k]).fold(f64::NAN, f64::min) / view.l[i]).ln()
    } else {
        (view.h[i] / near.map(|k| view.h[k]).fold(f64::NAN, f64::max)).ln()
    }
}
