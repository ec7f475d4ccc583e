//! Two files of one instrument whose times are a constant apart, or on clocks of different daylight saving.

use super::against::{common, together};
use super::clock::{Season, season};
use super::report::{Against, Finding, FindingKind, FindingSeverity, Seen};
use super::view::BarsView;
use crate::market::format_time;
use crate::quality::infer;
use crate::week::{HOUR, alike};
use crate::words::{count, length};

/// Returns of two files of one instrument go together by more than this; those of files a bar apart hardly at all.
const TOGETHER: f64 = 0.8;

/// Hours by which a clock may be off.
const CLOCKS: i64 = 14;

/// By how much the other's times must be moved for the files to agree, 0 where they need not; `None` where no single distance will do, and so bars
/// cannot be compared one by one.
pub(super) fn shifted(
    here: &BarsView<'_>,
    there: &BarsView<'_>,
    a: &mut Against,
    out: &mut Vec<Finding>,
) -> Option<i64> {
    let Some(step) = infer(&here.t).map(|t| t.ms()) else { return Some(0) };
    if a.correlation.is_some_and(|r| r > TOGETHER) {
        return Some(0);
    }
    let as_is = a.correlation.map_or_else(
        || "no common stretch".to_owned(),
        |r| format!("{r:.2} over {} as they are", count(a.common as u64, "common bar")),
    );
    let of = |s: Season| best(here, there, step, &move |t: i64| season(t) == Some(s));
    let mut seasons = None;
    let one = best(here, there, step, &|_| true).or_else(|| {
        let (winter, summer) = (of(Season::Winter)?, of(Season::Summer)?);
        // One distance in both: no daylight saving keeps the files apart.
        let same = (winter.by == summer.by).then_some(Moved { r: winter.r.min(summer.r), ..winter });
        seasons = same.is_none().then_some((winter, summer));
        same
    });
    if let Some(Moved { r, by, first }) = one {
        if by != 0 {
            a.shift_ms = Some(by);
            let why = if by.abs() == step {
                "one marks bars by their open and the other by their close?"
            } else {
                "another time zone? --timezone and --against-timezone say which"
            };
            let text = format!(
                "the files agree once the other's times are {} (correlation of returns {r:.2}, {as_is}): {why}",
                in_words(by)
            );
            say(here, first, by, text, out);
        }
        return Some(by);
    }
    let Some((winter, summer)) = seasons else { return Some(0) };
    let text = format!(
        "the files agree once the other's times are {} in winter and {} in summer (correlation of returns {:.2} \
         and {:.2}, {as_is}): clocks of different daylight saving; --timezone and --against-timezone say which",
        in_words(winter.by),
        in_words(summer.by),
        winter.r,
        summer.r
    );
    say(here, winter.first, winter.by, text, out);
    None
}

/// A distance by which times are moved, how far returns then go together, and the first bar here that has one there.
#[derive(Clone, Copy)]
struct Moved {
    r: f64,
    by: i64,
    first: usize,
}

/// The distance at which returns of the bars of `which` times go together best, where they do.
fn best(here: &BarsView<'_>, there: &BarsView<'_>, step: i64, which: &dyn Fn(i64) -> bool) -> Option<Moved> {
    let hours = (-CLOCKS..=CLOCKS).map(|h| h * HOUR).filter(|h| !alike(h.abs(), step));
    let moves = [step, step.saturating_neg()].into_iter().chain(hours);
    let mut best: Option<Moved> = None;
    for by in moves {
        let mut pairs = common(&here.t, &there.t, by);
        pairs.retain(|(i, _)| which(here.t[*i]));
        if let (Some(r), Some(&(first, _))) = (together(here, there, &pairs), pairs.first())
            && r > TOGETHER
            && best.as_ref().is_none_or(|b| r > b.r)
        {
            best = Some(Moved { r, by, first });
        }
    }
    best
}

fn in_words(by: i64) -> String {
    match by.signum() {
        0 => "as they are".to_owned(),
        sign => format!("{} {}", length(by.abs()), if sign > 0 { "later" } else { "earlier" }),
    }
}

fn say(here: &BarsView<'_>, first: usize, by: i64, text: String, out: &mut Vec<Finding>) {
    let mut seen = Seen::in_rows(here.rows);
    let t = here.t[first];
    seen.see(here.row(first), || format!("is the other's bar of {}", format_time(t.saturating_sub(by))));
    out.extend(seen.finding(FindingKind::TimesShifted, FindingSeverity::Error, text));
}
