//! Times as people and spreadsheets write them: `1/2/2024 9:30 PM`, `Jan 02, 2024`, `02-Jan-2024 16:00`, `2024-01-02 05-PM`, `20240102  09:30:00`.
//!
//! The slow way, after the common layouts.

use chrono::{NaiveDate, NaiveTime};

use super::{DateOrder, Dates, Written, offset_ms};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Milliseconds of a time and how it was written; `None` where it is not one.
pub(super) fn read(field: &[u8], order: DateOrder) -> Option<(i64, Written)> {
    let text = std::str::from_utf8(field).ok()?;
    let words: Vec<&str> = text.split([' ', ',', '\u{a0}', '\u{202f}']).filter(|w| !w.is_empty()).collect();
    let (date, dates, rest) = date(&words, order)?;
    let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    if rest.is_empty() {
        return Some((midnight, Written::Day(dates)));
    }
    let (ms, half_days, rest) = clock(rest)?;
    match rest {
        [] if half_days => Some((midnight + ms, Written::HalfDays(dates))),
        [] => Some((midnight + ms, Written::Clock(dates))),
        [zone] => Some((midnight + ms - offset_ms(zone.as_bytes())?, Written::Zoned)),
        _ => None,
    }
}

/// The date that the words begin with, its layout and the words behind it.
fn date<'w>(words: &'w [&'w str], order: DateOrder) -> Option<(NaiveDate, Dates, &'w [&'w str])> {
    let (first, rest) = words.split_first()?;
    if first.len() == 8 && first.bytes().all(|b| b.is_ascii_digit()) {
        let day =
            NaiveDate::from_ymd_opt(first[..4].parse().ok()?, number(&first[4..6])?, number(&first[6..])?)?;
        return Some((day, Dates::Compact, rest));
    }
    // Jan 02 2024
    if let (Some(m), [d, y, rest @ ..]) = (month(first), rest) {
        return Some((NaiveDate::from_ymd_opt(year(y)?, m, number(d)?)?, Dates::MonthName, rest));
    }
    // 2 Jan 2024
    if let ([m, y, rest @ ..], Some(d)) = (rest, number(first)) {
        let m = month(m)?;
        return Some((NaiveDate::from_ymd_opt(year(y)?, m, d)?, Dates::MonthName, rest));
    }
    let separator = first.chars().find(|c| "-/.".contains(*c))?;
    let [a, b, c] = first.split(separator).collect::<Vec<_>>().try_into().ok()?;
    let (y, m, d, dates) = if a.len() == 4 {
        (a, number(b)?, c, Dates::YearFirst(separator as u8))
    } else if let Some(m) = month(b) {
        (c, m, a, Dates::MonthName)
    } else if order == DateOrder::Dmy || separator == '.' && order == DateOrder::Unknown {
        (c, number(b)?, a, Dates::DayFirst(separator as u8))
    } else if order == DateOrder::Mdy {
        (c, number(a)?, b, Dates::MonthFirst)
    } else {
        return None;
    };
    Some((NaiveDate::from_ymd_opt(year(y)?, m, number(d)?)?, dates, rest))
}

/// Milliseconds since midnight, whether they are those of a clock of twelve hours, and the words behind it.
fn clock<'w>(words: &'w [&'w str]) -> Option<(i64, bool, &'w [&'w str])> {
    let (first, mut rest) = words.split_first()?;
    let upper = first.to_ascii_uppercase();
    let half = |w: &str| match w.to_ascii_uppercase().as_str() {
        "AM" | "A.M." => Some(0),
        "PM" | "P.M." => Some(12),
        _ => None,
    };
    // 05-PM, 5PM, 5:30PM
    let (digits, mut after_noon) =
        match upper.strip_suffix("AM").map(|d| (d, 0)).or(upper.strip_suffix("PM").map(|d| (d, 12))) {
            Some((digits, h)) => (digits.trim_end_matches('-'), Some(h)),
            None => (upper.as_str(), None),
        };
    if let (None, [next, behind @ ..]) = (after_noon, rest)
        && let Some(h) = half(next)
    {
        (after_noon, rest) = (Some(h), behind);
    }
    let mut parts = digits.split(':');
    let mut h = number(parts.next()?)?;
    let minutes = parts.next();
    // An hour alone is one only beside AM or PM.
    if minutes.is_none() && after_noon.is_none() {
        return None;
    }
    let min = minutes.map_or(Some(0), number)?;
    let seconds = parts.next().unwrap_or("0");
    let (s, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    if parts.next().is_some() || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let ms = format!("{fraction:0<3}")[..3].parse::<u32>().ok()?;
    if let Some(later) = after_noon {
        if !(1..=12).contains(&h) {
            return None;
        }
        h = h % 12 + later;
    }
    let time = NaiveTime::from_hms_milli_opt(h, min, number(s)?, ms)?;
    let since = time.signed_duration_since(NaiveTime::MIN).num_milliseconds();
    Some((since, after_noon.is_some(), rest))
}

/// The number of a month by its name or the three letters of it.
fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    let full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|m| *m == word).or_else(|| full.iter().position(|m| *m == word));
    at.map(|i| i as u32 + 1)
}

/// A number of one or two digits.
fn number(word: &str) -> Option<u32> {
    (matches!(word.len(), 1 | 2) && word.bytes().all(|b| b.is_ascii_digit())).then(|| word.parse().ok())?
}

/// A year of four digits: of two nobody knows the century.
fn year(word: &str) -> Option<i32> {
    (word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit())).then(|| word.parse().ok())?
}

/// The name that stands behind a time as its zone (`20240102 09:30:00 US/Eastern`), and the time.
pub(crate) fn zone_behind(field: &[u8]) -> Option<(&[u8], &str)> {
    let text = std::str::from_utf8(field).ok()?;
    let (time, zone) = text.trim_end().rsplit_once(' ')?;
    let word = zone.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c));
    let half = ["AM", "PM"].iter().any(|h| zone.eq_ignore_ascii_case(h));
    let name = zone.starts_with(|c: char| c.is_ascii_uppercase()) && word && !half && month(zone).is_none();
    name.then_some((time.trim_end().as_bytes(), zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str, order: DateOrder) -> Option<i64> {
        super::super::read(text.as_bytes(), order).map(|r| r.0)
    }

    #[test]
    fn times_of_people_are_read() {
        let want = Some(1_704_231_000_000); // 2024-01-02 21:30
        for text in [
            "1/2/2024 9:30 PM",
            "01/02/2024 09:30 pm",
            "1/2/2024 21:30",
            "1/2/2024, 9:30:00 PM",
            "Jan 2, 2024 9:30 PM",
            "January 02, 2024 21:30",
            "2-Jan-2024 21:30:00",
            "02 Jan 2024 21:30",
            "2024-1-2 21:30",
            "20240102  21:30:00",
            "2024-01-02 9:30PM",
            "1/2/2024 21:30 UTC",
            "1/2/2024 23:30 +02:00",
            "1.2.2024 21:30",
            "01.02.2024 21:30",
        ] {
            assert_eq!(ms(text, DateOrder::Mdy), want, "{text}");
        }
        assert_eq!(ms("2.1.2024 21:30", DateOrder::Unknown), want);
        assert_eq!(ms("2/1/2024 21:30", DateOrder::Dmy), want);
        assert_eq!(ms("2024-01-02 09-PM", DateOrder::Unknown), Some(1_704_229_200_000));
        let noon = Some(1_704_196_800_000);
        assert_eq!(ms("2024-01-02 12:00 PM", DateOrder::Unknown), noon);
        assert_eq!(ms("2024-01-02 12:00 AM", DateOrder::Unknown), noon.map(|t| t - 43_200_000));
        assert_eq!(ms("Jan 02, 2024", DateOrder::Unknown), noon.map(|t| t - 43_200_000));
    }

    #[test]
    fn what_is_no_time_or_two_is_none() {
        for text in [
            "1/2/2024",
            "Jan 2, 24",
            "13:00 PM",
            "2024-01-02 13:00 PM",
            "2024-01-02 0:30 AM",
            "2024-01-02 9",
            "2024-01-02 9:30 EST",
            "2024-01-02 9:30 PM PM",
            "Jan",
            "2024-13-02",
            "1-2-2024",
            "price",
        ] {
            assert_eq!(ms(text, DateOrder::Unknown), None, "{text}");
        }
    }

    #[test]
    fn a_zone_behind_a_time_is_told_from_it() {
        assert_eq!(
            zone_behind(b"20240102 09:30:00 US/Eastern"),
            Some((&b"20240102 09:30:00"[..], "US/Eastern"))
        );
        assert_eq!(zone_behind(b"2024-01-02 09:30 EST").unwrap().1, "EST");
        for text in ["2024-01-02 09:30", "2024-01-02 09:30 PM", "2 Jan", "Date", "2024-01-02 09:30 x"] {
            assert_eq!(zone_behind(text.as_bytes()), None, "{text}");
        }
    }
}
