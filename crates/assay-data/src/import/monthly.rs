//! Bars of calendar months, which sources mark by the first day, the first or the last trading day, or the last day of each.

use super::Options;
use super::part::ImportPart;
use crate::load::TimeConvention;
use crate::market::{Timeframe, format_time, month_start};

const DAY: i64 = 86_400_000;

/// Steps from month to month lie in here, from trading day to trading day.
const STEP: std::ops::RangeInclusive<i64> = 24 * DAY..=38 * DAY;

/// Fewer rows show no months.
const ENOUGH: usize = 3;

/// Puts the bars of a source of months at the first of theirs and says so; false where it is none.
pub(super) fn to_firsts(part: &mut ImportPart, options: &Options) -> bool {
    let asked = options.timeframe.or(part.stated);
    if asked.is_some_and(|t| t != Timeframe::MONTH) || part.rows.len() < ENOUGH {
        return false;
    }
    // The end of a month is a time in it, but for the first instant of the next.
    let closes = options.time == Some(TimeConvention::Close);
    let firsts: Vec<i64> = part.rows.time_ms.iter().map(|t| month_start(t - i64::from(closes), 1)).collect();
    let (mut sorted, mut months) = (part.rows.time_ms.clone(), firsts.clone());
    sorted.sort_unstable();
    months.sort_unstable();
    let steps = sorted.windows(2).filter(|w| STEP.contains(&(w[1] - w[0]))).count();
    // As many rows as months, but for one that is there twice.
    let twice = months.windows(2).filter(|w| w[0] == w[1]).count();
    if steps * 10 < (sorted.len() - 1) * 8 || twice * 10 > sorted.len() {
        return false;
    }
    let moved = part.rows.time_ms.iter().zip(&firsts).filter(|(t, first)| t != first).count();
    if moved > 0 {
        part.notes.push(format!(
            "bars are calendar months: each stands at the first of its month, {moved} of {} were marked by another day, as {}",
            firsts.len(),
            format_time(part.rows.time_ms[0])
        ));
    }
    part.rows.time_ms = firsts;
    true
}

#[cfg(test)]
mod tests {
    use super::super::tests::part_of;
    use super::*;
    use crate::market::parse_time;

    fn firsts(times: &[&str], time: Option<TimeConvention>) -> Option<Vec<String>> {
        let mut part = part_of(&times.iter().map(|t| parse_time(t).unwrap()).collect::<Vec<_>>());
        let found = to_firsts(&mut part, &Options { time, ..Options::default() });
        found.then(|| part.rows.time_ms.iter().map(|t| format_time(*t)[..10].to_owned()).collect())
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
    }
}
