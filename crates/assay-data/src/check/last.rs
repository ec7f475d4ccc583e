//! A last bar that has not ended.

use super::CheckOptions;
use super::report::{Finding, FindingKind, FindingSeverity, Seen};
use super::view::{BarsView, median};
use crate::market::{Timeframe, format_time};
use crate::week::DAY;
use crate::words::percent;

/// Bars of the same hour on so many days before say what is usual.
const DAYS: i64 = 30;

/// Fewer of them do not.
const ENOUGH: usize = 8;

/// Shorter bars have next to no volume now and then.
const SHORTEST: i64 = 5 * 60_000;

/// A bar cut short has less than these shares of the usual volume and range, and less volume than any of the others.
const SHORT: (f64, f64) = (0.25, 0.5);

pub(super) fn check(view: &BarsView<'_>, step: Timeframe, options: &CheckOptions, out: &mut Vec<Finding>) {
    let Some(last) = view.len().checked_sub(1) else { return };
    let mut seen = Seen::in_rows(view.rows);
    let close = step.end_ms(view.t[last]);
    if let Some(now) = options.now_ms {
        for i in (0..=last).rev().take_while(|&i| step.end_ms(view.t[i]) > now) {
            let end = step.end_ms(view.t[i]);
            seen.see(view.row(i), || format!("closes {}", format_time(end)));
        }
        let text = format!("bars not closed at {}; --fix drop-last drops the last", format_time(now));
        out.extend(seen.finding(FindingKind::UnfinishedLastBar, FindingSeverity::Warning, text));
        return;
    }
    if step.ms() < SHORTEST {
        return;
    }
    let Some((volume, range)) = shares(view, last, step) else { return };
    if volume < SHORT.0 && range < SHORT.1 {
        seen.see(view.row(last), || format!("closes {}", format_time(close)));
    }
    let text = format!(
        "the last bar has {} of the usual volume of its hour and {} of its range: perhaps it had not closed; --now TIME tells, --fix drop-last drops it",
        percent(volume),
        percent(range)
    );
    out.extend(seen.finding(FindingKind::UnfinishedLastBar, FindingSeverity::Info, text));
}

/// Volume and range of the last bar as shares of the usual ones; `None` where it has more volume than another or nothing is usual.
fn shares(view: &BarsView<'_>, last: usize, step: Timeframe) -> Option<(f64, f64)> {
    let range = |i: usize| if view.sound(i) { (view.h[i] / view.l[i]).ln() } else { f64::NAN };
    let days = if step.ms() < DAY { DAYS * DAY } else { DAYS.saturating_mul(step.ms()) };
    let since = view.t[last].saturating_sub(days);
    let of_day = |t: i64| if step.ms() < DAY { t.rem_euclid(DAY) } else { 0 };
    let before = (0..last).rev().take_while(|&i| view.t[i] >= since);
    let alike: Vec<usize> = before.filter(|&i| of_day(view.t[i]) == of_day(view.t[last])).collect();
    let volume = median(alike.iter().map(|&i| view.v[i]));
    let usual = median(alike.iter().map(|&i| range(i)));
    let least = alike.iter().all(|&i| view.v[i] > view.v[last]);
    let known = alike.len() >= ENOUGH && volume > 0.0 && usual > 0.0 && range(last).is_finite();
    (known && least).then(|| (view.v[last] / volume, range(last) / usual))
}
