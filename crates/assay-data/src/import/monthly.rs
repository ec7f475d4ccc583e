//! Bars of calendar months, which sources mark by the first day, the first or the last trading day, or the last day of each.

use super::Options;
use super::edge;
use super::part::{ImportPart, SourceClock};
use crate::error::{Error, Result};
use crate::load::TimeConvention;
use crate::market::{Timeframe, format_time, month_start};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Steps from month to month lie in here, from trading day to trading day.
const STEP: std::ops::RangeInclusive<i64> = 24 * DAY..=38 * DAY;

/// The first trading day is no later than this, and the last no earlier before the end.
const NEAR: i64 = 7 * DAY;

/// Fewer rows show no months.
const ENOUGH: usize = 3;

/// More rows are of more months than any market has: nothing of them is looked at.
const MOST: usize = 10_000;

/// Clocks are ahead of UTC by at most so much, and behind it by less.
const CLOCKS: i64 = 14 * HOUR;

/// Puts the bars of a source of months at the first of theirs, by the clock of the source, and says so; `None` where it is none.
///
/// # Errors
/// The times mark another edge than was asked for, or are those of a clock that is not known, and so may be of either of two months.
pub(super) fn to_firsts(
    place: &str,
    part: &mut ImportPart,
    options: &Options,
) -> Result<Option<TimeConvention>> {
    let months = match options.timeframe {
        Some(asked) => asked.months(),
        None => (part.rows.len() >= ENOUGH).then_some(1),
    };
    let Some(n) = months.filter(|_| part.rows.len() <= MOST) else { return Ok(None) };
    // Times that are UTC by themselves are of the month that it is where the market is.
    let local: Vec<i64> = match (part.clock, options.zone) {
        (SourceClock::Utc, Some(zone)) => part.rows.time_ms.iter().map(|t| zone.local_ms(*t)).collect(),
        _ => part.rows.time_ms.clone(),
    };
    let known = edge::settled(place, part, options)?;
    let closes = known == Some(TimeConvention::Close);
    let firsts: Vec<i64> = local.iter().map(|t| month_start(t - i64::from(closes), n)).collect();
    if !are_months(&local, &firsts, n, options.timeframe.is_some()) {
        return Ok(None);
    }
    let unplaced = part.clock == SourceClock::Utc && options.zone.is_none();
    if let Some(row) = local.iter().position(|t| unplaced && may_be_of_two(*t, closes)) {
        return Err(Error::data(
            part.rows.place(row),
            format!(
                "{} may be of two months: it is near the first of one by some clock",
                format_time(local[row])
            ),
        )
        .hint(
            "say the clock of the market, as --timezone Asia/Tokyo; or that times are ends, as --time close",
        ));
    }
    let on_first = local.iter().filter(|t| **t - month_start(**t, 1) < DAY).count();
    if known.is_none() && on_first * 2 > local.len() {
        part.questions.push(edge::QUESTION.to_owned());
    }
    let moved = part.rows.time_ms.iter().zip(&firsts).filter(|(t, first)| t != first).count();
    if moved > 0 {
        let all = firsts.len();
        part.notes.push(format!(
            "bars are calendar months: each stands at the first of its month, {moved} of {all} were marked by another day, as {}",
            format_time(local[0])
        ));
    }
    part.rows.time_ms = firsts;
    part.days = true;
    Ok(Some(known.unwrap_or_default()))
}

/// Whether times are those of months: of `n` each, `asked` for or found out.
fn are_months(local: &[i64], firsts: &[i64], n: i64, asked: bool) -> bool {
    let (mut sorted, mut months) = (local.to_vec(), firsts.to_vec());
    sorted.sort_unstable();
    months.sort_unstable();
    let steps: Vec<i64> = sorted.windows(2).map(|w| w[1] - w[0]).collect();
    // As many rows as months, but for one that is there twice.
    let twice = months.windows(2).filter(|w| w[0] == w[1]).count();
    let short = steps.iter().filter(|s| **s < *STEP.start() * n).count();
    if twice * 10 > sorted.len() || short * 20 > steps.len() {
        return false;
    }
    if n > 1 {
        // Quarters of another year than the calendar's would be put in two.
        return at_edges(local, n);
    }
    // Months from the 15th to the 15th are no calendar months, and bars of four weeks or thirty days wander through them.
    let at_an_edge = at_edges(local, 1);
    if asked {
        return at_an_edge;
    }
    let monthly = steps.iter().filter(|s| STEP.contains(s)).count();
    monthly * 2 > steps.len() && at_an_edge
}

/// Whether times lie about the begin of their `n` months, or about the end.
fn at_edges(local: &[i64], n: i64) -> bool {
    let end = |t: i64| Timeframe::of_months(n).map_or(t, |m| m.end_ms(month_start(t, n)));
    let begin = local.iter().filter(|t| **t - month_start(**t, n) < NEAR).count();
    let ends = local.iter().filter(|t| end(**t) - **t <= NEAR).count();
    begin.max(ends) * 10 >= local.len() * 8
}

/// Whether a time, which is no date alone, is of one month by UTC and may be of another where the market is.
fn may_be_of_two(t: i64, closes: bool) -> bool {
    if t.rem_euclid(DAY) == 0 {
        return false;
    }
    match closes {
        false => month_start(t + CLOCKS, 1) != month_start(t, 1),
        true => month_start(t - CLOCKS, 1) != month_start(t, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::part::Edge;
    use super::super::tests::part_of;
    use super::*;
    use crate::market::parse_time;

    fn firsts(times: &[&str], time: Option<TimeConvention>) -> Option<Vec<String>> {
        let mut part = part_of(&times.iter().map(|t| parse_time(t).unwrap()).collect::<Vec<_>>());
        part.clock = SourceClock::Unnamed;
        part.edge = time.map_or(Edge::Known(TimeConvention::Open, "a date"), |_| Edge::Unknown);
        let found = to_firsts("a", &mut part, &Options { time, ..Options::default() }).unwrap();
        found.map(|_| part.rows.time_ms.iter().map(|t| format_time(*t)[..10].to_owned()).collect())
    }

    #[test]
    fn months_stand_at_their_first() {
        let want = Some(["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01"].map(str::to_owned).to_vec());
        // Their first days, first trading days, last trading days, last days.
        for times in [
            ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01"],
            ["2023-12-01", "2024-01-02", "2024-02-01", "2024-03-01"],
            ["2023-12-29", "2024-01-31", "2024-02-29", "2024-03-28"],
            ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"],
        ] {
            assert_eq!(firsts(&times, None), want, "{times:?}");
        }
        // The ends of months.
        let ends = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"];
        assert_eq!(firsts(&ends, Some(TimeConvention::Close)), want);
        // Newest first, as some sources write them.
        assert_eq!(firsts(&["2024-02-29", "2024-01-31", "2023-12-29"], None).unwrap()[0], "2024-02-01");
        for none in [["2024-01-01", "2024-01-02", "2024-01-03"], ["2024-01-01", "2024-04-01", "2024-07-01"]] {
            assert_eq!(firsts(&none, None), None, "{none:?}");
        }
        // Four weeks are no month; what is missing is.
        let weeks = ["2024-01-01", "2024-01-29", "2024-02-26", "2024-03-25", "2024-04-22"];
        assert_eq!(firsts(&weeks, None), None);
        assert_eq!(
            firsts(&["2024-01-01", "2024-01-31", "2024-03-01", "2024-03-31", "2024-04-30"], None),
            None
        );
        assert!(firsts(&["2024-01-31", "2024-02-29", "2024-03-28", "2024-07-31"], None).is_some());
        assert_eq!(firsts(&["2024-01-15", "2024-02-15", "2024-03-15"], None), None);
    }

    #[test]
    fn the_month_is_that_of_the_market() {
        let of = |times: &[&str], clock, options: &Options| {
            let mut part = part_of(&times.iter().map(|t| parse_time(t).unwrap()).collect::<Vec<_>>());
            (part.clock, part.edge) = (clock, Edge::Unknown);
            to_firsts("a", &mut part, options).map(|found| {
                let first = format_time(part.rows.time_ms[0])[..10].to_owned();
                (found.is_some(), first, part.questions.len())
            })
        };
        // Midnights of Tokyo, as UTC has them.
        let tokyo = ["2023-12-31 15:00", "2024-01-31 15:00", "2024-02-29 15:00"];
        let open = Options { time: Some(TimeConvention::Open), ..Options::default() };
        let e = of(&tokyo, SourceClock::Utc, &open).unwrap_err();
        assert!(
            e.to_string().contains("may be of two months") && e.remedy().unwrap().contains("--timezone"),
            "{e}"
        );
        let in_tokyo = Options { zone: "Asia/Tokyo".parse().ok(), ..open.clone() };
        assert_eq!(of(&tokyo, SourceClock::Utc, &in_tokyo).unwrap(), (true, "2024-01-01".into(), 0));
        // Those of New York are of the same month, and so are closes of a last day where they are said to be.
        let new_york = ["2024-01-01 05:00", "2024-02-01 05:00", "2024-03-01 05:00"];
        assert_eq!(of(&new_york, SourceClock::Utc, &open).unwrap().1, "2024-01-01");
        let close = Options { time: Some(TimeConvention::Close), ..Options::default() };
        assert!(of(&new_york, SourceClock::Utc, &close).is_err());
        let ends = ["2024-01-31 23:59:59.999", "2024-02-29 23:59:59.999", "2024-03-31 23:59:59.999"];
        assert_eq!(of(&ends, SourceClock::Utc, &close).unwrap().1, "2024-01-01");
        // Of the first of a month nobody knows whether it is its begin or the end of the one before.
        let plain = ["2024-01-01", "2024-02-01", "2024-03-01"];
        assert_eq!(of(&plain, SourceClock::Unnamed, &Options::default()).unwrap().2, 1);
        assert_eq!(of(&plain, SourceClock::Unnamed, &close).unwrap(), (true, "2023-12-01".into(), 0));
        // Quarters where they are asked for, of the calendar's year alone.
        let quarters = Options { timeframe: "3M".parse().ok(), ..open };
        let ends = ["2024-03-28", "2024-06-28", "2024-09-30"];
        assert_eq!(of(&ends, SourceClock::Unnamed, &quarters).unwrap(), (true, "2024-01-01".into(), 0));
        for others in [["2024-02-28", "2024-05-28", "2024-08-30"], ["2024-03-01", "2024-06-01", "2024-09-01"]]
        {
            assert!(!of(&others, SourceClock::Unnamed, &quarters).unwrap().0, "{others:?}");
        }
    }
}
