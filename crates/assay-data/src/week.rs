//! Which bars should be there: by a calendar, or by what the rows show of their week.

use crate::Gap;
use crate::market::{Calendar, Timeframe};

pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 86_400_000;
const WEEK: i64 = 7 * DAY;

/// The longest step between two bars that is taken for a gap inside a week: two days. Longer ones span a weekend, or are holidays.
const WITHIN_WEEK: i64 = 48 * HOUR;

/// The longest step between daily bars that no gap is: over a weekend.
const OVER_WEEKEND: i64 = 3 * DAY;

/// From the last bar before a weekend to the first after it; more where a holiday joins it.
const WEEKEND: (i64, i64) = (40 * HOUR, 100 * HOUR);

/// What says which bars should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeekRule {
    /// A calendar.
    Calendar(Calendar),
    /// All of them.
    Always,
    /// Those from Monday to Friday: the rows know no Saturday.
    Weekdays,
}

/// What is missing between two consecutive bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissingBars {
    /// Nothing.
    None,
    /// Bars that should be there.
    Bars(u64),
    /// What a weekend or a holiday takes; bars of it.
    Aside(u64),
}

/// 0 is Monday.
pub(crate) fn weekday(ms: i64) -> i64 {
    (ms.div_euclid(DAY) + 3).rem_euclid(7)
}

impl WeekRule {
    /// The calendar where there is one; otherwise weekdays where bars of at most a day know no Saturday, though they span one.
    pub(crate) fn of(calendar: Option<Calendar>, times: &[i64], step: i64) -> Self {
        if let Some(c) = calendar {
            return Self::Calendar(c);
        }
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return Self::Always };
        let saturdays = full_saturdays(first, last);
        let on_saturday = times.iter().filter(|t| weekday(**t) == 5).count();
        // Less than a quarter of a usual day: where a clock is ahead of UTC, Friday ends early on Saturday.
        let few = on_saturday * 28 < times.len();
        if step <= DAY
            && saturdays > 0
            && (few || on_saturday * 8 < times.len() && weekends(times, saturdays))
        {
            Self::Weekdays
        } else {
            Self::Always
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Calendar(c) => c.name().to_owned(),
            Self::Always => "24/7".to_owned(),
            Self::Weekdays => "weekdays".to_owned(),
        }
    }

    /// What is missing between bars that open at `from` and `to`.
    pub(crate) fn missing(self, from: i64, to: i64, step: i64) -> MissingBars {
        let bars = |n: u64| if n > 0 { MissingBars::Bars(n) } else { MissingBars::None };
        match self {
            // Markets are open in every month.
            _ if step >= Timeframe::MONTH.ms() => bars(between(from, to, step)),
            Self::Calendar(c) => bars(c.missing_between(from, to, step)),
            Self::Always => bars(between(from, to, step)),
            Self::Weekdays => {
                let distance = to.saturating_sub(from);
                let inside = if step >= DAY {
                    distance > OVER_WEEKEND
                } else {
                    // Starting on a Friday or ending on a Sunday, it may be the weekend.
                    distance <= WITHIN_WEEK
                        && !(4..=5).contains(&weekday(from))
                        && !(5..=6).contains(&weekday(to))
                };
                match (inside, between(from, to, step)) {
                    (_, 0) => MissingBars::None,
                    (true, n) if step < DAY => bars(n),
                    (true, _) => bars(on_weekdays(from, to, step)),
                    (false, n) if distance < DAY => MissingBars::Aside(n),
                    (false, _) => match on_weekdays(from, to, step) {
                        0 => MissingBars::None,
                        n => MissingBars::Aside(n),
                    },
                }
            }
        }
    }

    /// The opens of the bars missing between two.
    pub(crate) fn opens(self, from: i64, to: i64, step: i64) -> impl Iterator<Item = i64> {
        let n = match self.missing(from, to, step) {
            MissingBars::Bars(_) => between(from, to, step),
            _ => 0,
        };
        let length = Timeframe::from_ms(step.max(1)).unwrap_or(Timeframe::H1);
        let mut t = from;
        (1..=n)
            .map(move |_| {
                t = length.end_ms(t);
                t
            })
            .filter(move |&t| match self {
                _ if length.months().is_some() => true,
                Self::Calendar(c) => {
                    c.missing_between(t.saturating_sub(step), t.saturating_add(step), step) > 0
                }
                Self::Always => true,
                Self::Weekdays => step < DAY || weekday(t) < 5,
            })
    }
}

/// Whole bars that fit between two, to the nearest, so that a few milliseconds of jitter are no gap.
pub(crate) fn between(from: i64, to: i64, step: i64) -> u64 {
    let distance = to.saturating_sub(from).saturating_sub(step);
    (distance as f64 / step.max(1) as f64).round().max(0.0) as u64
}

/// Those of them that open from Monday to Friday.
fn on_weekdays(from: i64, to: i64, step: i64) -> u64 {
    // Milliseconds of weekdays up to a time, from a Monday on.
    let worked = |t: i64| {
        let since = i128::from(t) + i128::from(3 * DAY);
        let (weeks, rest) = (since.div_euclid(i128::from(WEEK)), since.rem_euclid(i128::from(WEEK)));
        weeks * i128::from(5 * DAY) + rest.min(i128::from(5 * DAY))
    };
    let open = worked(to) - worked(from.saturating_add(step));
    (open as f64 / step.max(1) as f64).round().max(0.0) as u64
}

/// Whether most weeks have a weekend: where a clock is far ahead of UTC, as Tokyo's, it begins on Saturday in the morning.
fn weekends(times: &[i64], saturdays: i64) -> bool {
    let long =
        times.windows(2).filter(|w| (WEEKEND.0..=WEEKEND.1).contains(&w[1].saturating_sub(w[0]))).count();
    long as i64 * 5 >= saturdays * 4
}

/// Saturdays that lie wholly between two times.
fn full_saturdays(first: i64, last: i64) -> i64 {
    let weeks_to = |t: i64| (t.div_euclid(DAY).saturating_sub(3)).div_euclid(7);
    // Sundays begun by the last less those begun by the day after the first.
    (weeks_to(last) - weeks_to(first.saturating_add(DAY - 1))).max(0)
}

/// The longest stretches between bars, kept while they are met.
pub(crate) struct Longest {
    keep: usize,
    gaps: Vec<Gap>,
}

impl Longest {
    pub(crate) fn new(keep: usize) -> Self {
        Self { keep, gaps: Vec::new() }
    }

    /// Keeps a stretch if it is among the longest; the earlier of equals.
    pub(crate) fn meet(&mut self, from_ms: i64, to_ms: i64, step: i64) {
        let long = |g: &Gap| g.to_ms.saturating_sub(g.from_ms);
        let gap = Gap { from_ms, to_ms, bars: between(from_ms, to_ms, step) };
        if self.gaps.len() >= self.keep && self.gaps.last().is_none_or(|g| long(g) >= long(&gap)) {
            return;
        }
        let at = self.gaps.partition_point(|g| long(g) >= long(&gap));
        self.gaps.insert(at, gap);
        self.gaps.truncate(self.keep);
    }

    pub(crate) fn gaps(self) -> Vec<Gap> {
        self.gaps
    }
}

/// A common length within a thousandth of a step, so that the jitter of stamps makes no length of its own.
pub(crate) fn snapped(step: Timeframe) -> Timeframe {
    const COMMON: [&str; 18] = [
        "1s", "5s", "10s", "15s", "30s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h",
        "1d", "1w",
    ];
    let near = COMMON.iter().filter_map(|t| t.parse::<Timeframe>().ok());
    near.into_iter().find(|t| alike(t.ms(), step.ms())).unwrap_or(step)
}

/// Whether a step is as long as another to within a thousandth.
pub(crate) fn alike(step: i64, other: i64) -> bool {
    step.saturating_sub(other).unsigned_abs() <= (other / 1000).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    fn at(text: &str) -> i64 {
        parse_time(text).unwrap()
    }

    #[test]
    fn weekends_are_inferred_from_saturdays() {
        let hours = |from: &str, n: i64| (0..n).map(|k| at(from) + k * HOUR).collect::<Vec<_>>();
        let all = hours("2024-01-01", 24 * 14);
        assert_eq!(WeekRule::of(None, &all, HOUR), WeekRule::Always);
        let week: Vec<i64> = all.iter().copied().filter(|t| weekday(*t) < 5).collect();
        assert_eq!(WeekRule::of(None, &week, HOUR), WeekRule::Weekdays);
        // From a Saturday noon to a Friday there is no whole Saturday.
        assert_eq!(WeekRule::of(None, &hours("2024-01-08", 24 * 5), HOUR), WeekRule::Always);
        assert_eq!(WeekRule::of(None, &[at("2024-01-01"), at("2024-01-08")], WEEK), WeekRule::Always);
        assert_eq!(WeekRule::of(Some(Calendar::Always), &week, HOUR), WeekRule::Calendar(Calendar::Always));
        assert_eq!(full_saturdays(at("2024-01-05 23:00"), at("2024-01-07 00:00")), 1);
        assert_eq!(full_saturdays(at("2024-01-06 00:00"), at("2024-01-07 00:00")), 1);
        assert_eq!(full_saturdays(at("2024-01-06 01:00"), at("2024-01-07 00:00")), 0);
        assert_eq!(full_saturdays(at("2024-01-05 23:00"), at("2024-01-06 23:00")), 0);
    }

    #[test]
    fn gaps_inside_a_week_are_told_from_weekends() {
        let m = |a: &str, b: &str, step: i64| WeekRule::Weekdays.missing(at(a), at(b), step);
        assert_eq!(m("2024-01-02 10:00", "2024-01-02 13:00", HOUR), MissingBars::Bars(2));
        assert_eq!(m("2024-01-02 10:00", "2024-01-02 11:00", HOUR), MissingBars::None);
        // Friday evening to Sunday evening: what is lost of Friday, which every weekend loses.
        assert_eq!(m("2024-01-05 21:00", "2024-01-07 22:00", HOUR), MissingBars::Aside(2));
        assert_eq!(m("2024-01-05 10:00", "2024-01-05 12:00", HOUR), MissingBars::Aside(1));
        assert_eq!(m("2024-01-02 10:00", "2024-01-04 11:00", HOUR), MissingBars::Aside(48));
        assert_eq!(m("2024-01-02 10:00", "2024-01-04 10:00", HOUR), MissingBars::Bars(47));
        // Daily bars: a weekend, one with a holiday, a holiday of its own.
        assert_eq!(m("2024-01-05", "2024-01-08", DAY), MissingBars::None);
        assert_eq!(m("2024-01-05", "2024-01-09", DAY), MissingBars::Bars(1));
        assert_eq!(m("2001-09-10", "2001-09-17", DAY), MissingBars::Bars(4));
        assert_eq!(m("2024-07-03", "2024-07-05", DAY), MissingBars::Aside(1));
        assert_eq!(WeekRule::Always.missing(at("2024-01-05"), at("2024-01-09"), DAY), MissingBars::Bars(3));
    }

    #[test]
    fn the_bars_of_a_gap_are_as_many_as_it_misses() {
        for rule in [WeekRule::Weekdays, WeekRule::Always, WeekRule::Calendar(Calendar::Always)] {
            for (a, b, step) in [
                ("2024-01-02 10:00", "2024-01-02 13:00", HOUR),
                ("2024-01-05", "2024-01-09", DAY),
                ("2024-01-05", "2024-01-08", DAY),
                ("2024-01-05 21:00", "2024-01-07 22:00", HOUR),
            ] {
                let opens: Vec<i64> = rule.opens(at(a), at(b), step).collect();
                let missing = match rule.missing(at(a), at(b), step) {
                    MissingBars::Bars(n) => n,
                    _ => 0,
                };
                assert_eq!(opens.len() as u64, missing, "{rule:?} {a}");
                assert!(opens.iter().all(|t| (at(a) + 1..at(b)).contains(t)));
            }
        }
    }

    #[test]
    fn the_longest_are_kept_in_order() {
        let mut longest = Longest::new(2);
        for (a, b) in [(0, 3), (10, 15), (20, 23), (30, 35), (40, 49)] {
            longest.meet(a, b, 1);
        }
        let got: Vec<_> = longest.gaps().iter().map(|g| (g.from_ms, g.bars)).collect();
        assert_eq!(got, [(40, 8), (10, 4)]);
        let mut none = Longest::new(0);
        none.meet(0, 9, 1);
        assert!(none.gaps().is_empty());
    }

    #[test]
    fn jitter_makes_no_length() {
        let ms = |n| Timeframe::from_ms(n).unwrap();
        assert_eq!(snapped(ms(28_800_007)).to_string(), "8h");
        assert_eq!(snapped(ms(480_000)).to_string(), "8m");
    }
}
