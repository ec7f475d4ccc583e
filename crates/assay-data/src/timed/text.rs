//! Values over time from a CSV file.

use csv::{ReaderBuilder, StringRecord};

use super::columns::{ValueColumns, ValueSource, columns};
use super::entry_exit::{self, FLAG_HINT, Sides};
use super::kind::ValueKind;
use super::{Timed, TimedRow};
use crate::error::{Error, Place, Result};
use crate::{instant, names};

/// Reads rows of text into `out`.
pub(super) fn from_text(out: &mut Timed, bytes: &[u8], kind: &ValueKind) -> Result<()> {
    let place = out.place.clone();
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut rows = ReaderBuilder::new().has_headers(true).flexible(false).from_reader(text);
    let broken = |e: csv::Error| {
        let at = e.position().map(|p| Place::line(&place, p.line() as usize));
        Error::data(at.unwrap_or_else(|| Place::file(&place)), format!("cannot be read ({e})"))
            .caused_by(e)
            .hint("give UTF-8 text with commas and as many fields in each row as in the header")
    };
    let header = rows.headers().map_err(broken)?.clone();
    let names: Vec<&str> = header.iter().collect();
    let ValueColumns { time: at, value: source, mark, symbol } = columns(&place, &names, kind)?;
    let mut sides = Sides::default();
    let mut record = StringRecord::new();
    while rows.read_record(&mut record).map_err(broken)? {
        let line = record.position().map_or(0, |p| p.line() as usize);
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let time = cell(at);
        let refuse =
            |problem: String, hint: &str| Err(Error::data(Place::line(&place, line), problem).hint(hint));
        let Some(ms) = instant::from_text(time.trim().as_bytes()) else {
            return refuse(format!("{} is not a time: {:?}", names[at], names::shorten(time)), instant::HINT);
        };
        if let Some(problem) = instant::fault(ms) {
            return refuse(problem, "check the unit and the column of the times");
        }
        let name = symbol.and_then(|k| record.get(k)).map(str::trim);
        let v = match source {
            ValueSource::Column(wanted) => match (kind.read)(cell(wanted)) {
                Some(v) => v,
                None => {
                    let said = names::shorten(cell(wanted));
                    return refuse(format!("{} is no {}: {said:?}", names[wanted], kind.what[1]), kind.hint);
                }
            },
            ValueSource::EntryExit(four) => {
                let said = four.map(|c| c.map_or(Some(false), |c| entry_exit::flag(cell(c))));
                if let Some(k) = said.iter().position(Option::is_none) {
                    let column = four[k].unwrap_or_default();
                    let said = names::shorten(cell(column));
                    return refuse(format!("{} is no true or false: {said:?}", names[column]), FLAG_HINT);
                }
                sides.next(name, said.map(|s| s == Some(true)))
            }
        };
        let m = mark.and_then(|k| record.get(k)?.trim().parse().ok()).unwrap_or(f64::NAN);
        out.push(TimedRow { line, time: ms, value: v, mark: m, symbol: name }, kind)?;
    }
    Ok(())
}
