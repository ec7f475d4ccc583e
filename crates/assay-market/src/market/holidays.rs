//! Days on which the New York Stock Exchange does not open, and those on which it closes early, by rule, from 1990 on.

use chrono::{Datelike, Duration, NaiveDate, Weekday};

use Weekday::{Fri, Mon, Sat, Sun, Thu};

/// Closures that no rule foretells: mourning for four presidents, the attacks of 2001, a hurricane.
const CLOSED_ONCE: [(i32, u32, u32); 11] = [
    (1994, 4, 27),
    (2001, 9, 11),
    (2001, 9, 12),
    (2001, 9, 13),
    (2001, 9, 14),
    (2004, 6, 11),
    (2007, 1, 2),
    (2012, 10, 29),
    (2012, 10, 30),
    (2018, 12, 5),
    (2025, 1, 9),
];

/// Early closes that no rule foretells: two Fridays after Christmas and the eve of 2000.
const EARLY_ONCE: [(i32, u32, u32); 3] = [(1997, 12, 26), (1999, 12, 31), (2003, 12, 26)];

/// Whether the exchange is closed on a weekday.
pub(super) fn is_holiday(date: NaiveDate) -> bool {
    let (y, m, d, w) = (date.year(), date.month(), date.day(), date.weekday());
    // Monday to Friday number `n` of a month.
    let nth = |month: u32, weekday: Weekday, n: u32| m == month && w == weekday && (d - 1) / 7 + 1 == n;
    // A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
    let kept = |month: u32, day: u32| {
        m == month && (d == day || (w == Fri && d + 1 == day) || (w == Mon && d == day + 1))
    };
    // New Year's Day on a Saturday is not kept: the Friday ends the year of the books.
    (m == 1 && (d == 1 || (d == 2 && w == Mon)))
        || (y >= 1998 && nth(1, Mon, 3))
        || nth(2, Mon, 3)
        || (m == 5 && w == Mon && d > 24)
        || (y >= 2022 && kept(6, 19))
        || kept(7, 4)
        || nth(9, Mon, 1)
        || nth(11, Thu, 4)
        || kept(12, 25)
        || easter(y).is_some_and(|e| date + Duration::days(2) == e)
        || CLOSED_ONCE.contains(&(y, m, d))
}

/// The hour of New York at which the exchange closes on a day when that is before 16:00.
pub(super) fn early_close(date: NaiveDate) -> Option<i64> {
    let (y, m, d, w) = (date.year(), date.month(), date.day(), date.weekday());
    let eve = m == 12 && d == 24 && !matches!(w, Fri | Sat | Sun);
    // The Friday after the fourth Thursday of November.
    let after_thanksgiving = m == 11 && w == Fri && (23..=29).contains(&d);
    if y < 1993 {
        return (eve || after_thanksgiving).then_some(14);
    }
    let independence = match (m, d) {
        (7, 3) if w == Weekday::Wed => y >= 2013,
        (7, 3) => y >= 1995 && !matches!(w, Fri | Sat | Sun),
        // Until 2012 the Friday after a Thursday was short instead of the Wednesday before.
        (7, 5) => w == Fri && (1995..2013).contains(&y),
        _ => false,
    };
    (eve || after_thanksgiving || independence || EARLY_ONCE.contains(&(y, m, d))).then_some(13)
}

/// Easter Sunday of the Gregorian calendar (the anonymous computus, as in Meeus, Astronomical Algorithms, chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let n = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
    NaiveDate::from_ymd_opt(year, (n / 31) as u32, (n % 31 + 1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(year: i32) -> impl Iterator<Item = NaiveDate> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        first.iter_days().take_while(move |d| d.year() == year)
    }

    fn weekday(d: &NaiveDate) -> bool {
        !matches!(d.weekday(), Sat | Sun)
    }

    fn text(days: impl Iterator<Item = NaiveDate>) -> String {
        days.map(|d| d.format("%m-%d").to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn holidays_are_those_the_exchange_published() {
        for (year, want) in [
            (1990, "01-01 02-19 04-13 05-28 07-04 09-03 11-22 12-25"),
            (1994, "02-21 04-01 04-27 05-30 07-04 09-05 11-24 12-26"),
            (1998, "01-01 01-19 02-16 04-10 05-25 07-03 09-07 11-26 12-25"),
            (2001, "01-01 01-15 02-19 04-13 05-28 07-04 09-03 09-11 09-12 09-13 09-14 11-22 12-25"),
            (2004, "01-01 01-19 02-16 04-09 05-31 06-11 07-05 09-06 11-25 12-24"),
            (2011, "01-17 02-21 04-22 05-30 07-04 09-05 11-24 12-26"),
            (2012, "01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25"),
            (2021, "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24"),
            (2022, "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26"),
            (2025, "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25"),
            (2027, "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24"),
        ] {
            assert_eq!(text(days(year).filter(weekday).filter(|d| is_holiday(*d))), want, "{year}");
        }
    }

    #[test]
    fn early_closes_are_those_the_exchange_published() {
        for (year, want) in [
            (1999, "11-26 12-31"),
            (2002, "07-05 11-29 12-24"),
            (2003, "07-03 11-28 12-24 12-26"),
            (2009, "11-27 12-24"),
            (2012, "07-03 11-23 12-24"),
            (2013, "07-03 11-29 12-24"),
            (2020, "11-27 12-24"),
            (2021, "11-26"),
            (2024, "07-03 11-29 12-24"),
        ] {
            let early = days(year).filter(weekday).filter(|d| !is_holiday(*d) && early_close(*d) == Some(13));
            assert_eq!(text(early), want, "{year}");
        }
        let eve = NaiveDate::from_ymd_opt(1991, 12, 24).unwrap();
        assert_eq!(early_close(eve), Some(14));
    }

    #[test]
    fn easter_is_on_the_day_of_the_tables() {
        for (y, m, d) in [(1990, 4, 15), (2000, 4, 23), (2008, 3, 23), (2024, 3, 31), (2038, 4, 25)] {
            assert_eq!(easter(y), NaiveDate::from_ymd_opt(y, m, d));
        }
    }
}
