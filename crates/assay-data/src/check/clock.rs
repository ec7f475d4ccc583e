//! Whether the week of a market says that its times are not UTC.
//!
//! Currencies trade from Sunday to Friday 17:00 of New York: 22:00 UTC in winter, 21:00 in summer. Metals and indices of brokers open an
//! hour later. A week that begins elsewhere, or at one time all year, is on another clock.

use super::report::{Finding, FindingKind, FindingSeverity, Seen};
use super::view::BarsView;
use crate::market::Timeframe;
use crate::week::{DAY, HOUR, WeekRule, weekday};

/// A stretch without bars this long has a weekend in it; a longer one a holiday or a hole too.
const WEEKEND: std::ops::RangeInclusive<i64> = 40 * HOUR..=76 * HOUR;

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Season {
    Winter,
    Summer,
}

/// The season in New York and in Europe; `None` in the weeks about the changes of clocks.
fn season(ms: i64) -> Option<Season> {
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
    let weekends: Vec<usize> =
        (1..t.len()).filter(|&i| WEEKEND.contains(&t[i].saturating_sub(t[i - 1]))).collect();
    let opens: Vec<(i64, i64)> = weekends.iter().map(|&i| (t[i], of_week(t[i]))).collect();
    // The last bar of a week ends at its close.
    let ends = weekends.iter().map(|&i| (t[i - 1], of_week(t[i - 1]) + step));
    let (open, end) = (Usual::of(&opens), Usual::of(&ends.collect::<Vec<_>>()));
    let Some(first) = open.any() else { return };
    let on_sunday = (SUNDAY + 20 * HOUR..SUNDAY + DAY).contains(&first);
    // Bars of several hours hide the hour of daylight saving.
    let shifts = [open.shift(), end.shift()].into_iter().flatten().any(|s| s == HOUR) || step > HOUR;
    if weekends.len() < ENOUGH || (on_sunday && (shifts || open.shift().is_none())) {
        return;
    }
    let mut seen = Seen::in_rows(view.rows);
    for i in weekends {
        seen.see(view.row(i), || format!("the week opens {}", in_words(of_week(t[i]))));
    }
    let advice = advice(open);
    let opens = in_words(first);
    let text = format!(
        "weeks that open {opens}, where those of UTC open on Sunday from 21:00 to 23:00: another clock? {advice}"
    );
    out.extend(seen.finding(FindingKind::TimezoneDoubt, FindingSeverity::Warning, text));
}

/// Which clock it may be.
fn advice(open: Usual) -> String {
    // From Sunday 17:00, by the shorter way round the week.
    let ahead_of = |of_week: i64, start: i64| {
        let hours = ((of_week - SUNDAY - start) as f64 / HOUR as f64).round() as i64;
        if hours < -84 { hours + 168 } else { hours }
    };
    let utc = |hours: i64| format!("UTC{hours:+03}:00");
    // The clock of most brokers, or New York's own, where metals and indices open an hour after currencies.
    let new_york = |hours: i64| match if matches!(hours, 1 | 8) { hours - 1 } else { hours } {
        0 => "America/New_York".to_owned(),
        h => format!("America/New_York{h:+}"),
    };
    match (open.winter, open.summer) {
        (Some(w), Some(s)) if w == s => {
            format!("It follows New York's: try --timezone {}", new_york(ahead_of(w, 17 * HOUR)))
        }
        (Some(w), Some(_)) => format!("Try --timezone {}", utc(ahead_of(w, 22 * HOUR))),
        (Some(x), None) => {
            let (a, b) = (new_york(ahead_of(x, 17 * HOUR)), utc(ahead_of(x, 22 * HOUR)));
            format!("Try --timezone {a}, or {b}")
        }
        (None, Some(x)) => {
            let (a, b) = (new_york(ahead_of(x, 17 * HOUR)), utc(ahead_of(x, 21 * HOUR)));
            format!("Try --timezone {a}, or {b}")
        }
        (None, None) => String::new(),
    }
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
    fn clocks_are_told_by_the_start_of_the_week() {
        let of = |w: Option<i64>, s: Option<i64>| advice(Usual { winter: w, summer: s });
        let monday = 0;
        assert!(of(Some(monday), Some(monday)).ends_with("America/New_York+7"));
        assert!(of(Some(monday + HOUR), Some(monday + HOUR)).ends_with("America/New_York+7"));
        assert!(of(Some(SUNDAY + 17 * HOUR), Some(SUNDAY + 17 * HOUR)).ends_with("America/New_York"));
        assert!(of(Some(HOUR), Some(0)).ends_with("UTC+03:00"));
        assert!(of(Some(0), None).ends_with("America/New_York+7, or UTC+02:00"));
        assert!(of(None, Some(0)).ends_with("America/New_York+7, or UTC+03:00"));
        assert_eq!(in_words(SUNDAY + 22 * HOUR), "Sunday 22:00");
        assert_eq!(mode(vec![3, 1, 3, 1]), Some(1));
    }
}
