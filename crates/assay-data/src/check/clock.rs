//! Whether the week of a market says that its times are not UTC.
//!
//! Currencies trade from Sunday to Friday 17:00 of New York: 22:00 UTC in winter, 21:00 in summer. Metals and indices of brokers open an
//! hour later. A week that begins or ends elsewhere is on another clock; which one is said only where it fits every week.

use super::order::PLAUSIBLE;
use super::report::{Finding, FindingKind, FindingSeverity, Seen};
use super::view::BarsView;
use super::zones::{ClockFit, SHARES, Weekend, clocks, clocks_of_half_hours, mostly};
use crate::market::Timeframe;
use crate::week::{DAY, HOUR, WeekRule, weekday};
use crate::words::grouped;

/// A stretch without bars this long has a weekend in it; a longer one a holiday or a hole too.
const WEEKEND: std::ops::RangeInclusive<i64> = 40 * HOUR..=76 * HOUR;

/// So many clocks are named where several fit.
const SHOWN: usize = 3;

/// Fewer weeks say nothing.
const ENOUGH: usize = 2;

/// A market open for so much of a day is open around the clock, for so little has sessions.
const OPEN: (f64, f64) = (0.9, 0.6);

const SUNDAY: i64 = 6 * DAY;

pub(super) fn check(view: &BarsView<'_>, step: Timeframe, rule: WeekRule, out: &mut Vec<Finding>) {
    if rule == WeekRule::Always || step.ms() > 4 * HOUR || view.len() < 2 {
        return;
    }
    let open = share_of_day(view, step.ms());
    if open >= OPEN.0 {
        around_the_clock(view, step.ms(), out);
    } else if open <= OPEN.1 {
        sessions(view, step.ms(), out);
    }
}

/// Share of the day's bars that are commonly there.
fn share_of_day(view: &BarsView<'_>, step: i64) -> f64 {
    // Minutes are counted by the hour: a slot a minute would be thin.
    let slot = step.max(HOUR);
    let slots = (DAY / slot).max(1) as usize;
    let mut seen = vec![0usize; slots + 1];
    for t in view.t.iter() {
        seen[(t.rem_euclid(DAY) / slot) as usize] += 1;
    }
    let common = view.len() / slots / 4;
    seen.iter().filter(|n| **n > common).count() as f64 / slots as f64
}

/// Half of a year, by daylight saving.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    Winter,
    Summer,
}

/// The season in New York and in Europe; `None` in the weeks about the changes of clocks.
pub(super) fn season(ms: i64) -> Option<Season> {
    // Days of a mean year: no clock changes within a week of the borders.
    let day = (ms.rem_euclid(31_556_952_000)) / DAY;
    match day {
        100..=290 => Some(Season::Summer),
        0..=58 | 320.. => Some(Season::Winter),
        _ => None,
    }
}

/// The most common value, the smallest of equals.
fn mode(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.chunk_by(|a, b| a == b).rev().max_by_key(|r| r.len()).map(|r| r[0])
}

/// A time of the week in words.
fn in_words(of_week: i64) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let of_week = of_week.rem_euclid(7 * DAY);
    let (h, m) = (of_week % DAY / HOUR, of_week % HOUR / 60_000);
    format!("{} {h:02}:{m:02}", DAYS[(of_week / DAY) as usize])
}

/// The usual times of a week in winter and in summer.
#[derive(Clone, Copy)]
struct Usual {
    winter: Option<i64>,
    summer: Option<i64>,
}

impl Usual {
    fn of(times: &[(i64, i64)]) -> Self {
        let of = |s: Season| {
            mode(times.iter().filter(|(at, _)| season(*at) == Some(s)).map(|(_, of_week)| *of_week).collect())
        };
        Self { winter: of(Season::Winter), summer: of(Season::Summer) }
    }

    /// By how much it is later in winter, where both are known.
    fn shift(self) -> Option<i64> {
        Some(self.winter? - self.summer?)
    }

    fn any(self) -> Option<i64> {
        self.winter.or(self.summer)
    }
}

fn around_the_clock(view: &BarsView<'_>, step: i64, out: &mut Vec<Finding>) {
    let t = &view.t[..];
    let of_week = |ms: i64| weekday(ms) * DAY + ms.rem_euclid(DAY);
    // Absurd times have no clock.
    let sound = |i: &usize| PLAUSIBLE.contains(&t[i - 1]) && PLAUSIBLE.contains(&t[*i]);
    let after: Vec<usize> =
        (1..t.len()).filter(sound).filter(|&i| WEEKEND.contains(&(t[i] - t[i - 1]))).collect();
    // The last bar of a week ends at its close.
    let weekends: Vec<Weekend> =
        after.iter().map(|&i| Weekend { end: t[i - 1].saturating_add(step), open: t[i] }).collect();
    let opens: Vec<(i64, i64)> = after.iter().map(|&i| (t[i], of_week(t[i]))).collect();
    let usual = Usual::of(&opens);
    let all = || mode(opens.iter().map(|(_, of_week)| *of_week).collect());
    let Some(first) = usual.any().or_else(all) else { return };
    if weekends.len() < ENOUGH {
        return;
    }
    let Some((severity, verdict)) = verdict(&weekends, step, usual, first) else { return };
    let mut seen = Seen::in_rows(view.rows);
    for i in after {
        seen.see(view.row(i), || format!("the week opens {}", in_words(of_week(t[i]))));
    }
    let text = format!(
        "weeks that open {}, where those of UTC open on Sunday from 21:00 to 23:00: {verdict}",
        in_words(first)
    );
    out.extend(seen.finding(FindingKind::TimezoneDoubt, severity, text));
}

/// What the weeks say of their clock, if they are not as those of UTC; when they usually open, by season and in all.
fn verdict(weekends: &[Weekend], step: i64, usual: Usual, first: i64) -> Option<(FindingSeverity, String)> {
    let weeks = weekends.len();
    let utc = ClockFit::of("UTC", weekends, step)?;
    if utc.holds(weeks) {
        return None;
    }
    // Their weeks are those of currencies on a clock three hours ahead: both are said.
    let of_shares =
        |clock: &&&str| ClockFit::of_market(clock, weekends, step, SHARES).is_some_and(|f| f.holds(weeks));
    let shares = ["UTC", "America/New_York"].iter().find(of_shares);
    let or_shares = shares.map_or_else(String::new, |clock| {
        format!("; or {clock}, of shares that trade from Sunday to Friday 20:00 of New York")
    });
    let of = |name: String| ClockFit::of(&name, weekends, step);
    let mut all: Vec<ClockFit> = clocks().filter_map(of).collect();
    // The best first; of equals the first of the list.
    all.sort_by_key(|f| std::cmp::Reverse((f.fits, f.to_the_bar)));
    let mut fit: Vec<ClockFit> = all.iter().filter(|f| f.holds(weeks)).cloned().collect();
    if fit.is_empty() {
        fit = clocks_of_half_hours().filter_map(of).filter(|f| f.holds(weeks)).collect();
    }
    if let Some(best) = fit.first() {
        let exact = match best.to_the_bar {
            n if n == weeks => String::new(),
            n => format!(", {} to the bar", grouped(n as u64)),
        };
        let names: Vec<&str> = fit.iter().take(SHOWN).map(|f| f.name.as_str()).collect();
        let fits = if names.len() == 1 { "fits" } else { "each fit" };
        let text = format!(
            "another clock? --timezone {} {fits} all {} weeks{exact}{or_shares}",
            names.join(" or "),
            grouped(weeks as u64)
        );
        return Some((FindingSeverity::Warning, text));
    }
    // Weeks that are cut short in some years, but move with daylight saving on a Sunday evening.
    let of_week = |at: i64| weekday(at) * DAY + at.rem_euclid(DAY);
    let end = Usual::of(&weekends.iter().map(|w| (w.end, of_week(w.end))).collect::<Vec<_>>());
    let shifts = usual.shift().is_none_or(|s| s == HOUR) || end.shift() == Some(HOUR) || step > HOUR;
    if shifts && (SUNDAY + 20 * HOUR..SUNDAY + DAY).contains(&first) {
        return None;
    }
    if utc.fits == weeks && (mostly(utc.begin, weeks) || mostly(utc.end, weeks)) {
        let (edge, n) = if mostly(utc.end, weeks) { ("end", utc.end) } else { ("begin", utc.begin) };
        let text = format!(
            "UTC without some hours of each week? {} of {} {edge} as those of UTC do, and no other clock fits all",
            grouped(n as u64),
            grouped(weeks as u64)
        );
        return Some((FindingSeverity::Info, text));
    }
    let nearest = all.into_iter().find(|f| f.to_the_bar > 0);
    let nearest = nearest.map(|f| {
        let [fits, weeks, exact] = [f.fits, weeks, f.to_the_bar].map(|n| grouped(n as u64));
        format!(": on the nearest, {}, {fits} of {weeks} weeks have no bar outside the market, and {exact} begin and end with it", f.name)
    });
    let text = format!("another clock? None of those that are usual fits{}", nearest.unwrap_or_default());
    Some((FindingSeverity::Warning, text))
}

/// A market with an opening hour: in UTC it moves with daylight saving.
fn sessions(view: &BarsView<'_>, step: i64, out: &mut Vec<Finding>) {
    let t = &view.t[..];
    if step > HOUR {
        return;
    }
    let nights: Vec<usize> = (1..t.len())
        .filter(|&i| {
            t[i].div_euclid(DAY) != t[i - 1].div_euclid(DAY) && t[i].saturating_sub(t[i - 1]) > 6 * HOUR
        })
        .collect();
    let opens: Vec<(i64, i64)> = nights.iter().map(|&i| (t[i], t[i].rem_euclid(DAY))).collect();
    let open = Usual::of(&opens);
    let (Some(0), Some(first)) = (open.shift(), open.any()) else { return };
    if nights.len() < 5 * ENOUGH || !(8 * HOUR..10 * HOUR).contains(&first) {
        return;
    }
    let mut seen = Seen::in_rows(view.rows);
    seen.see(view.row(nights[0]), || "the day opens".into());
    let (h, m) = (first / HOUR, first % HOUR / 60_000);
    let text = format!(
        "the day opens at {h:02}:{m:02} in summer and winter alike: the clock of an exchange, not UTC? Say which by --timezone"
    );
    out.extend(seen.finding(FindingKind::TimezoneDoubt, FindingSeverity::Info, text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    #[test]
    fn seasons_leave_out_the_changes_of_clocks() {
        let at = |t: &str| season(parse_time(t).unwrap());
        for year in [1972, 1999, 2000, 2007, 2024] {
            assert!(at(&format!("{year}-01-15")) == Some(Season::Winter), "{year}");
            assert!(at(&format!("{year}-12-15")) == Some(Season::Winter), "{year}");
            assert!(at(&format!("{year}-07-15")) == Some(Season::Summer), "{year}");
            for day in ["03-08", "03-31", "04-07", "10-25", "11-07"] {
                assert!(at(&format!("{year}-{day}")).is_none(), "{year}-{day}");
            }
        }
    }

    #[test]
    fn times_of_a_week_are_in_words() {
        assert_eq!(in_words(SUNDAY + 22 * HOUR), "Sunday 22:00");
        assert_eq!(mode(vec![3, 1, 3, 1]), Some(1));
    }
}
