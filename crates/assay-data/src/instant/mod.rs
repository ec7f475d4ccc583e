//! The time of one row, from text or from a number whose unit its magnitude tells.

mod spelled;

use chrono::NaiveDate;

use crate::choices;
use crate::market::{format_time, parse_time};

pub(super) use spelled::zone_behind;

/// First and last acceptable instants: the years 1970 to 2200.
const EARLIEST: i64 = 0;
const LATEST: i64 = 7_289_654_400_000 - 1;

/// What to write instead of a time that cannot be read.
pub(super) const HINT: &str = "write times as YYYY-MM-DD HH:MM:SS (UTC), or as epoch seconds, milliseconds, microseconds or nanoseconds";

/// Milliseconds of an epoch number in seconds, ms, us or ns, told apart by magnitude; eight digits that make a calendar
/// date (`20210131`) are that date.
pub(super) fn from_integer(x: i64) -> i64 {
    const DATES: std::ops::RangeInclusive<i64> = 19_700_101..=22_001_231;
    if DATES.contains(&x) {
        let (y, m, d) = (x / 10_000, x / 100 % 100, x % 100);
        if let Some(date) = NaiveDate::from_ymd_opt(y as i32, m as u32, d as u32) {
            return date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        }
    }
    if let Some(ms) = calendar_number(x) {
        return ms;
    }
    match x.unsigned_abs() {
        0..100_000_000_000 => x * 1000,
        100_000_000_000..100_000_000_000_000 => x,
        100_000_000_000_000..100_000_000_000_000_000 => x.div_euclid(1000),
        _ => x.div_euclid(1_000_000),
    }
}

/// Milliseconds of a date and clock in digits: `2024010209`, `202401020930` or `20240102093000`. As seconds or milliseconds they would be of the
/// years 2032 and later, of 1976, and of 2594 and later.
fn calendar_number(x: i64) -> Option<i64> {
    let digits = match x {
        1_970_010_100..=2_200_123_123 => 10,
        197_001_010_000..=220_012_312_359 => 12,
        19_700_101_000_000..=22_001_231_235_959 => 14,
        _ => return None,
    };
    let whole = x * 10i64.pow(14 - digits);
    let part = |place: u32, size: i64| (whole / 10i64.pow(place) % size) as u32;
    let date = NaiveDate::from_ymd_opt((whole / 10i64.pow(10)) as i32, part(8, 100), part(6, 100))?;
    Some(date.and_hms_opt(part(4, 100), part(2, 100), part(0, 100))?.and_utc().timestamp_millis())
}

/// Whether a number is a calendar date in digits.
pub(super) fn is_day(x: i64) -> bool {
    from_integer(x) != x.saturating_mul(1000) && x < 100_000_000
}

/// As [`from_integer`] for a number that may have a fraction; the result is rounded to the millisecond.
pub(super) fn from_float(x: f64) -> Option<i64> {
    // A column of whole numbers that lacks one is kept as floats.
    if x.fract() == 0.0 && x.abs() < 9e15 {
        return Some(from_integer(x as i64));
    }
    let scaled = match x.abs() {
        a if a < 1e11 => x * 1e3,
        a if a < 1e14 => x,
        a if a < 1e17 => x / 1e3,
        a if a < 9e18 => x / 1e6,
        _ => return None,
    };
    Some(scaled.round() as i64)
}

/// How a time was written, which tells what is still unknown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// A number since 1970, UTC.
    Epoch,
    /// A date and clock with a distance from UTC.
    Zoned,
    /// A date and clock of an unnamed place, in a layout of dates.
    Clock(Dates),
    /// The same on a clock of twelve hours.
    HalfDays(Dates),
    /// A date alone.
    Day(Dates),
}

/// A layout of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    /// `YYYY-MM-DD`, with this separator.
    YearFirst(u8),
    /// `YYYYMMDD`.
    Compact,
    /// `DD.MM.YYYY`, with this separator.
    DayFirst(u8),
    /// `MM/DD/YYYY`.
    MonthFirst,
    /// With the name of a month.
    MonthName,
}

choices! {
    /// What `01/02/2021` is.
    #[derive(Default)]
    pub enum DateOrder {
        /// Unknown.
        #[default]
        Unknown = "unknown",
        /// The first of February.
        Dmy = "dmy",
        /// The second of January.
        Mdy = "mdy",
    }
}

/// Milliseconds of a time written as text, UTC where it names no zone; `None` where it is not one.
pub(super) fn from_text(field: &[u8]) -> Option<i64> {
    read(field, DateOrder::Unknown).map(|(ms, _)| ms)
}

/// As [`from_text`], and how it was written.
pub(super) fn read(field: &[u8], order: DateOrder) -> Option<(i64, Written)> {
    if field.iter().all(u8::is_ascii_digit) {
        let x: i64 = std::str::from_utf8(field).ok()?.parse().ok()?;
        let written = match field.len() {
            8 if is_day(x) => Written::Day(Dates::Compact),
            10 | 12 | 14 if calendar_number(x).is_some() => Written::Clock(Dates::Compact),
            _ => Written::Epoch,
        };
        return Some((from_integer(x), written));
    }
    if let Some(found) = calendar(field, order) {
        return Some(found);
    }
    if let Some(found) = spelled::read(field, order) {
        return Some(found);
    }
    let text = std::str::from_utf8(field).ok()?;
    if let Some(ms) = parse_time(text) {
        return Some((ms, Written::Zoned));
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let number = plain.then(|| text.parse().ok().and_then(from_float)).flatten();
    number.map(|ms| (ms, Written::Epoch))
}

/// The two numbers before the year of a date with slashes or dashes, which may be day and month or month and day.
pub(super) fn slashed(b: &[u8]) -> Option<(u32, u32)> {
    let at = b.iter().position(|c| !c.is_ascii_digit())?;
    let separator = b[at];
    let mut parts = b.splitn(3, |c| *c == separator);
    let (first, second, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let year = rest.len() >= 4 && rest[..4].iter().all(u8::is_ascii_digit);
    let short = |p: &[u8]| matches!(p.len(), 1 | 2);
    (b"/-".contains(&separator) && year && short(first) && short(second))
        .then(|| Some((digits(first)?, digits(second)?)))?
}

/// The common layouts, quickly: `YYYY-MM-DD` (also with `.` or `/`), `YYYYMMDD`, `DD.MM.YYYY` or, where the order is known, `DD/MM/YYYY`; then
/// optionally a space or `T` and `HH:MM[:SS[.fraction]]` or `HHMM[SS]`, then optionally an offset from UTC.
fn calendar(b: &[u8], order: DateOrder) -> Option<(i64, Written)> {
    let (date, layout, rest) = date(b, order)?;
    let (clock, offset) = match rest {
        [] => return Some((date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis(), Written::Day(layout))),
        [b' ' | b'T', rest @ ..] => {
            let end =
                rest.iter().position(|b| !b.is_ascii_digit() && !b":.".contains(b)).unwrap_or(rest.len());
            rest.split_at(end)
        }
        _ => return None,
    };
    let (h, min, s, ms) = clock_parts(clock)?;
    let ms = date.and_hms_milli_opt(h, min, s, ms)?.and_utc().timestamp_millis();
    if offset.is_empty() {
        return Some((ms, Written::Clock(layout)));
    }
    Some((ms - offset_ms(offset)?, Written::Zoned))
}

/// The date that `b` begins with, its layout and the rest.
fn date(b: &[u8], order: DateOrder) -> Option<(NaiveDate, Dates, &[u8])> {
    if let Some((day, rest @ ([] | [b' ' | b'T', ..]))) = b.split_at_checked(8)
        && day.iter().all(u8::is_ascii_digit)
    {
        let date =
            NaiveDate::from_ymd_opt(digits(&day[..4])? as i32, digits(&day[4..6])?, digits(&day[6..])?)?;
        return Some((date, Dates::Compact, rest));
    }
    let (day, rest) = b.split_at_checked(10)?;
    let (y, m, d, layout) = match (day[4], day[2]) {
        (sep @ (b'-' | b'.' | b'/'), _) if day[7] == sep => {
            (&day[..4], &day[5..7], &day[8..], Dates::YearFirst(sep))
        }
        (_, b'.') if day[5] == b'.' => match order {
            DateOrder::Mdy => (&day[6..], &day[..2], &day[3..5], Dates::MonthFirst),
            _ => (&day[6..], &day[3..5], &day[..2], Dates::DayFirst(b'.')),
        },
        (_, b'/') if day[5] == b'/' => match order {
            DateOrder::Unknown => return None,
            DateOrder::Dmy => (&day[6..], &day[3..5], &day[..2], Dates::DayFirst(b'/')),
            DateOrder::Mdy => (&day[6..], &day[..2], &day[3..5], Dates::MonthFirst),
        },
        _ => return None,
    };
    Some((NaiveDate::from_ymd_opt(digits(y)? as i32, digits(m)?, digits(d)?)?, layout, rest))
}

/// Milliseconds by which a clock of the zone `Z`, `UTC`, `+HH`, `+HHMM`, `+HH:MM` or `GMT+HHMM` is ahead of UTC.
fn offset_ms(b: &[u8]) -> Option<i64> {
    let b = b.trim_ascii();
    let b = b.strip_prefix(b"GMT").or_else(|| b.strip_prefix(b"UTC")).unwrap_or(b);
    let (sign, b) = match b {
        b"" | b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (h, m) = match b {
        [_, _] => (digits(b)?, 0),
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?),
        _ => return None,
    };
    (h < 24 && m < 60).then(|| sign * i64::from(h * 60 + m) * 60_000)
}

/// Hours, minutes, seconds and milliseconds of `HH:MM[:SS[.fraction]]` or `HHMM[SS]`.
fn clock_parts(b: &[u8]) -> Option<(u32, u32, u32, u32)> {
    if matches!(b.len(), 4 | 6) && b.iter().all(u8::is_ascii_digit) {
        let seconds = if b.len() == 6 { digits(&b[4..])? } else { 0 };
        return Some((digits(&b[..2])?, digits(&b[2..4])?, seconds, 0));
    }
    if b.get(2) != Some(&b':') {
        return None;
    }
    let (h, m) = (digits(&b[..2])?, digits(b.get(3..5)?)?);
    match b.get(5..)? {
        [] => Some((h, m, 0, 0)),
        [b':', s1, s2] => Some((h, m, digits(&[*s1, *s2])?, 0)),
        [b':', s1, s2, b'.', fraction @ ..]
            if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) =>
        {
            let place = |i: usize| fraction.get(i).map_or(0, |b| u32::from(b - b'0'));
            Some((h, m, digits(&[*s1, *s2])?, place(0) * 100 + place(1) * 10 + place(2)))
        }
        _ => None,
    }
}

/// The number that a few digits make.
fn digits(b: &[u8]) -> Option<u32> {
    b.iter().try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

/// What is absurd about the time `ms`, if anything.
pub(super) fn fault(ms: i64) -> Option<String> {
    if ms < EARLIEST {
        return Some(format!("time {} is before 1970", format_time(ms)));
    }
    (ms > LATEST).then(|| format!("time {} is after 2200", format_time(ms)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn magnitude_tells_the_unit() {
        let ms = 1_518_192_000_000;
        for x in [ms / 1000, ms, ms * 1000, ms * 1_000_000] {
            assert_eq!(from_integer(x), ms);
            assert_eq!(from_float(x as f64), Some(ms));
        }
        assert_eq!(from_integer(20_180_209), 1_518_134_400_000);
        // Dates and clocks in digits are no seconds of 2034 and no milliseconds of 1976.
        for x in [2_018_020_916, 201_802_091_600, 20_180_209_160_000] {
            assert_eq!(from_integer(x), ms, "{x}");
        }
        assert_eq!(from_integer(2_018_020_977), 2_018_020_977_000);
        assert_eq!(
            (from_float(201_802_091_600.0), from_float(20_180_209.0)),
            (Some(ms), Some(1_518_134_400_000))
        );
        assert_eq!(from_integer(3600), 3_600_000);
        assert_eq!(from_float(f64::NAN), None);
        assert_eq!(from_float(f64::INFINITY), None);
    }

    #[test]
    fn the_common_layouts_are_one_instant() {
        let want = Some(1_518_192_000_000);
        for text in [
            "1518192000",
            "1518192000.0",
            "1.518192e12",
            "2018-02-09 16:00:00",
            "2018-02-09T16:00:00Z",
            "2018-02-09 16:00",
            "2018.02.09 16:00",
            "2018/02/09 16:00:00",
            "09.02.2018 16:00:00.000",
            "2018-02-09 16:00:00.0004999",
            "2018-02-09 18:00:00+02:00",
            "2018-02-09 16:00:00+00",
            "2018-02-09T16:00:00.000+0000",
            "2018-02-09T11:30:00-0430",
            "2018-02-09 16:00 UTC",
            "20180209 16:00",
            "20180209 160000",
            "20180209 1600",
            "09.02.2018 18:00:00.000 GMT+0200",
        ] {
            assert_eq!(from_text(text.as_bytes()), want, "{text}");
        }
        for text in [
            "",
            "abc",
            "09/02/2018",
            "2018-02-30",
            "2018-02-09 25:00",
            "2018-02-09 16:00:00.",
            "2018-02-09 16:00 EST",
            "2018-02-09 16:00+99",
            "-",
            "é",
        ] {
            assert_eq!(from_text(text.as_bytes()), None, "{text}");
        }
        assert_eq!(from_text(b"99999999999999999999"), None);
        assert_eq!(read(b"09/02/2018 16:00", DateOrder::Dmy).map(|r| r.0), want);
        assert_eq!(read(b"02/09/2018 16:00", DateOrder::Mdy).map(|r| r.0), want);
        assert_eq!(slashed(b"13/02/2018 16:00"), Some((13, 2)));
        let how = |text: &str| read(text.as_bytes(), DateOrder::Unknown).unwrap().1;
        assert_eq!(how("2018.02.09"), Written::Day(Dates::YearFirst(b'.')));
        assert_eq!(how("20180209"), Written::Day(Dates::Compact));
        assert_eq!(how("20180209 16:00"), Written::Clock(Dates::Compact));
        assert_eq!(how("2018-02-09 16:00+02:00"), Written::Zoned);
        assert_eq!(how("1518192000"), Written::Epoch);
    }

    #[test]
    fn absurd_years_are_named() {
        assert_eq!(fault(-1).unwrap(), "time 1969-12-31 23:59:59.999 is before 1970");
        assert_eq!(fault(LATEST + 1).unwrap(), "time 2201-01-01 00:00:00 is after 2200");
        assert_eq!(fault(LATEST), None);
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_thorough_one(ms in EARLIEST..LATEST) {
            let text = format_time(ms);
            prop_assert_eq!(calendar(text.as_bytes(), DateOrder::Unknown), Some((ms, Written::Clock(Dates::YearFirst(b'-')))));
            prop_assert_eq!(parse_time(&text), Some(ms));
        }

        #[test]
        fn any_bytes_are_taken_calmly(bytes in proptest::collection::vec(any::<u8>(), 0..40), x in any::<i64>()) {
            let _ = (from_text(&bytes), fault(from_integer(x)), from_float(f64::from_bits(x as u64)));
        }

        #[test]
        fn near_times_are_taken_calmly(text in "[0-9]{2,4}[-./][0-9]{2}[-./][0-9]{2,4}[ T][0-9:.Z+-]{0,14}") {
            let _ = from_text(text.as_bytes());
        }
    }
}
