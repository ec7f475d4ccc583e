//! One row of a text: its time and its values, or what is wrong with it.

use csv::ByteRecord;

use super::number::NumberStyle;
use super::{Layout, Text, ZONE_HINT};
use crate::instant::{self, DateOrder, Written};
use crate::market::Zone;
use crate::names::{TimeAt, shorten};

/// One row of a text.
pub(super) struct TextRow {
    pub time: i64,
    pub written: Written,
    pub zone: Option<Zone>,
    pub values: [f64; 5],
    pub spread: f64,
}

impl Text<'_> {
    /// Whether a row names no price at all, or none of one side.
    pub(super) fn lacks_prices(&self, record: &ByteRecord) -> bool {
        let none = |side: &[usize; 4]| {
            side.iter().all(|&i| {
                let field = record.get(i).unwrap_or_default().trim_ascii();
                field.is_empty() || field.eq_ignore_ascii_case(b"null")
            })
        };
        none(&self.layout.roles.prices) || self.layout.roles.ask.as_ref().is_some_and(none)
    }

    /// Time and values of one record, or the problem and its remedy.
    pub(super) fn row(
        &self,
        record: &ByteRecord,
        scratch: &mut Vec<u8>,
        order: DateOrder,
    ) -> Result<TextRow, (String, &'static str)> {
        let Layout { names, header_lines, roles, midnight_ms, .. } = &self.layout;
        let (have, want) = (record.len(), names.len());
        if have < want || (have > want && record.iter().skip(want).any(|f| !f.trim_ascii().is_empty())) {
            let header = if *header_lines > 0 { "the header has" } else { "the rows of this format have" };
            let hint = if have < want {
                "the file may be cut off here; download or export it again"
            } else {
                "the columns may be shifted against the header; correct the header, or name the columns with --columns when importing"
            };
            return Err((
                format!("{have} field{} where {header} {want}", if have == 1 { "" } else { "s" }),
                hint,
            ));
        }
        let field = |i: usize| record.get(i).unwrap_or_default().trim_ascii();
        let stamp = match roles.time {
            TimeAt::One(i) => field(i),
            TimeAt::DateAndClock(date, clock) => {
                scratch.clear();
                scratch.extend_from_slice(field(date));
                scratch.push(b' ');
                scratch.extend_from_slice(field(clock));
                scratch
            }
        };
        let mut zone = None;
        let (time, written) = match midnight_ms {
            None => match instant::read(stamp, order) {
                Some(read) => Some(read),
                None => self.zoned(stamp, order, &mut zone)?,
            },
            Some(midnight) => {
                of_day(stamp).map(|ms| (midnight + ms, Written::Clock(instant::Dates::Compact)))
            }
        }
        .ok_or_else(|| (self.not("time", stamp, "a time"), instant::HINT))?;
        if let Some(problem) = instant::fault(time) {
            return Err((problem, "check the unit and the column of the times"));
        }
        let style = self.layout.numbers;
        let no_number = |i: usize, text: &[u8]| {
            let hint = match text {
                [] => "fill it in or leave the row out; a missing value is never made up",
                _ if text.contains(&b',') && style == NumberStyle::default() => {
                    "say what the comma is when importing: --decimal , (1,5 is one and a half) or --thousands , (1,500 is fifteen hundred)"
                }
                _ if style != NumberStyle::default() => "it is not written as --decimal and --thousands say",
                _ => "write a plain number such as 42000.5",
            };
            (self.not(&names[i], text, "a number"), hint)
        };
        let value = |i: usize| style.price(field(i)).ok_or_else(|| no_number(i, field(i)));
        let mut values = [0.0; 5];
        for (to, &i) in values.iter_mut().zip(&roles.prices) {
            *to = value(i)?;
        }
        if let Some(i) = roles.volume {
            let text = field(i);
            values[4] = match style.volume(text) {
                Some(volume) => volume,
                None if self.layout.gappy_volume && says_nothing(text) => f64::NAN,
                None => return Err(no_number(i, text)),
            };
        }
        let mut spread = match roles.spread {
            Some(i) => match style.price(field(i)) {
                Some(spread) => spread,
                // Where nobody quoted, there is no spread.
                None if says_nothing(field(i)) => f64::NAN,
                None => return Err(no_number(i, field(i))),
            },
            None => f64::NAN,
        };
        if let Some(ask) = roles.ask {
            let mut other = [0.0; 4];
            for (to, i) in other.iter_mut().zip(ask) {
                *to = value(i)?;
            }
            spread = other[3] - values[3];
            for (bid, ask) in values.iter_mut().zip(other) {
                *bid = 0.5 * (*bid + ask);
            }
        }
        Ok(TextRow { time, written, zone, values, spread })
    }

    /// A time with the name of a zone behind it.
    fn zoned(
        &self,
        stamp: &[u8],
        order: DateOrder,
        zone: &mut Option<Zone>,
    ) -> Result<Option<(i64, Written)>, (String, &'static str)> {
        let Some((time, name)) = instant::zone_behind(stamp) else { return Ok(None) };
        let Some(read) = instant::read(time, order) else { return Ok(None) };
        let letters = matches!(name.len(), 2..=5) && name.bytes().all(|b| b.is_ascii_uppercase());
        match (name.parse::<Zone>(), self.layout.zone) {
            (Ok(named), None) if name.contains('/') => *zone = Some(named),
            (Ok(named), Some(asked)) if name.contains('/') && named == asked => *zone = Some(named),
            (Ok(named), Some(asked)) if name.contains('/') => {
                return Err((
                    format!("the time names the zone {named}, and --timezone is {asked}"),
                    "leave out --timezone",
                ));
            }
            (_, Some(_)) if letters => {}
            _ => {
                return Err((
                    format!("the zone {name:?} is the name of several clocks, or of none"),
                    ZONE_HINT,
                ));
            }
        }
        Ok(Some(read))
    }

    /// That the field `text` of column `name` is not what it must be.
    fn not(&self, name: &str, text: &[u8], what: &str) -> String {
        if text.is_empty() {
            return format!("{name} is empty");
        }
        format!("{name} is not {what}: \"{}\"", shorten(&String::from_utf8_lossy(text)))
    }
}

/// The first milliseconds of a day that are in the field.
fn of_day(field: &[u8]) -> Option<i64> {
    let ms: i64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    (0..86_400_000).contains(&ms).then_some(ms)
}

/// Whether a field says that there is nothing.
fn says_nothing(text: &[u8]) -> bool {
    ["", "-", "--", "null", "nan", "n/a", "na"].iter().any(|n| text.eq_ignore_ascii_case(n.as_bytes()))
}
