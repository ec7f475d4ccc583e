//! Bars from a text file of separated values.

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::TimeConvention;
use super::instant;
use super::names::{self, KLINE, Roles, TimeAt, shorten};
use crate::error::{Error, Result};
use crate::market::Columns;

/// A text file whose layout is known.
pub(super) struct Delimited<'a> {
    place: &'a str,
    text: &'a [u8],
    delimiter: u8,
    /// Names of the columns as the file spells them.
    names: Vec<String>,
    has_header: bool,
    roles: Roles,
}

impl<'a> Delimited<'a> {
    /// Finds out the delimiter and the columns of `bytes`, the content of the file `place`.
    pub fn new(place: &'a str, bytes: &'a [u8], convention: TimeConvention) -> Result<Self> {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        utf8(place, text)?;
        let first = text.split(|&b| b == b'\n' || b == b'\r').find(|l| !l.trim_ascii().is_empty());
        let Some(first) = first else {
            return Err(Error::data(place, "the file holds nothing but blank lines")
                .hint("download or export it again"));
        };
        let delimiter = delimiter(first);
        let mut this = Self {
            place,
            text,
            delimiter,
            names: Vec::new(),
            has_header: false,
            roles: Roles { time: TimeAt::One(0), values: [0; 5], spread: None },
        };
        let mut record = ByteRecord::new();
        this.reader().next(&mut record)?;
        let fields: Vec<String> =
            record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect();
        let bare = fields.len() == KLINE.len() && is_digits(&fields[0]);
        this.has_header = !bare;
        this.names = if bare { KLINE.map(str::to_owned).to_vec() } else { fields };
        let named: Vec<&str> = this.names.iter().map(String::as_str).collect();
        this.roles = names::find(&named, convention)
            .map_err(|f| Error::data(this.place_of_line(&record), f.problem).hint(f.hint))?;
        Ok(this)
    }

    /// Reads every row.
    pub fn read(&self) -> Result<(Columns, Option<Vec<f64>>)> {
        let estimate = self.text.len() / 32;
        let mut times: Vec<i64> = Vec::with_capacity(estimate);
        let mut values: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::with_capacity(estimate));
        let mut spreads: Option<Vec<f64>> = self.roles.spread.map(|_| Vec::with_capacity(estimate));
        let mut rows = self.reader();
        let mut record = ByteRecord::new();
        let mut scratch = Vec::new();
        if self.has_header {
            rows.next(&mut record)?;
        }
        while rows.next(&mut record)? {
            let row = self.row(&record, &mut scratch);
            let (time, prices) =
                row.map_err(|(problem, hint)| Error::data(self.place_of_line(&record), problem).hint(hint))?;
            times.push(time);
            for (column, value) in values.iter_mut().zip(prices) {
                column.push(value);
            }
            if let (Some(column), Some(i)) = (&mut spreads, self.roles.spread) {
                column.push(record.get(i).and_then(|f| number(f.trim_ascii())).unwrap_or(f64::NAN));
            }
        }
        let [open, high, low, close, volume] = values.map(Into::into);
        Ok((Columns { open_time: times.into(), open, high, low, close, volume }, spreads))
    }

    /// `file:line` of the zero-based data row `row`.
    pub fn place_of_row(&self, row: usize) -> String {
        let mut rows = self.reader();
        let mut record = ByteRecord::new();
        for _ in 0..=row + usize::from(self.has_header) {
            match rows.next(&mut record) {
                Ok(true) => {}
                _ => return self.place.to_owned(),
            }
        }
        self.place_of_line(&record)
    }

    /// Time and values of one record, or the problem and its remedy.
    fn row(
        &self,
        record: &ByteRecord,
        scratch: &mut Vec<u8>,
    ) -> Result<(i64, [f64; 5]), (String, &'static str)> {
        let (have, want) = (record.len(), self.names.len());
        if have < want || record.iter().skip(want).any(|f| !f.trim_ascii().is_empty()) {
            let header = if self.has_header { "the header has" } else { "a kline row has" };
            let hint = if have < want {
                "the file may be cut off here; download or export it again"
            } else {
                "the columns may be shifted against the header; correct the header"
            };
            return Err((
                format!("{have} field{} where {header} {want}", if have == 1 { "" } else { "s" }),
                hint,
            ));
        }
        let field = |i: usize| record.get(i).unwrap_or_default().trim_ascii();
        let stamp = match self.roles.time {
            TimeAt::One(i) => field(i),
            TimeAt::DateAndClock(date, clock) => {
                scratch.clear();
                scratch.extend_from_slice(field(date));
                scratch.push(b' ');
                scratch.extend_from_slice(field(clock));
                scratch
            }
        };
        let time =
            instant::from_text(stamp).ok_or_else(|| (self.not("time", stamp, "a time"), instant::HINT))?;
        if let Some(problem) = instant::fault(time) {
            return Err((problem, "check the unit and the column of the times"));
        }
        let mut values = [0.0; 5];
        for (value, &i) in values.iter_mut().zip(&self.roles.values) {
            let text = field(i);
            *value = number(text).ok_or_else(|| {
                let hint = match text {
                    [] => "fill it in or leave the row out; a missing value is never made up",
                    _ if text.contains(&b',') => {
                        "write a point before decimals and nothing between thousands"
                    }
                    _ => "write a plain number such as 42000.5",
                };
                (self.not(&self.names[i], text, "a number"), hint)
            })?;
        }
        Ok((time, values))
    }

    /// That the field `text` of column `name` is not what it must be.
    fn not(&self, name: &str, text: &[u8], what: &str) -> String {
        if text.is_empty() {
            return format!("{name} is empty");
        }
        format!("{name} is not {what}: \"{}\"", shorten(&String::from_utf8_lossy(text)))
    }

    fn reader(&self) -> Rows<'a> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.delimiter).buffer_capacity(1 << 16);
        Rows(builder.from_reader(self.text))
    }

    /// `file:line` of the record just read.
    fn place_of_line(&self, record: &ByteRecord) -> String {
        let start = record.position().map_or(0, |p| p.byte()) as usize;
        format!("{}:{}", self.place, line_at(self.text, start))
    }
}

/// The records of a text that hold anything.
struct Rows<'a>(Reader<&'a [u8]>);

impl Rows<'_> {
    /// Reads the next record that is not blank; false at the end.
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool> {
        loop {
            let more = self.0.read_byte_record(record).map_err(|e| Error::internal("csv", e))?;
            if !more || record.len() > 1 || record.iter().any(|f| !f.trim_ascii().is_empty()) {
                return Ok(more);
            }
        }
    }
}

/// One-based line of the record that begins at byte `start` or, where blank lines precede it, just after them.
fn line_at(text: &[u8], start: usize) -> usize {
    let blank = text[start.min(text.len())..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let before = &text[..(start + blank).min(text.len())];
    let newlines = before.iter().filter(|&&b| b == b'\n').count();
    let lone_returns = before.windows(2).filter(|w| w[0] == b'\r' && w[1] != b'\n').count();
    1 + newlines + lone_returns + usize::from(before.last() == Some(&b'\r'))
}

/// The delimiter most frequent in the header `line`; a comma where there is none.
fn delimiter(line: &[u8]) -> u8 {
    let times = |d: u8| line.iter().filter(|&&b| b == d).count();
    b",;\t".iter().copied().rev().max_by_key(|&d| times(d)).unwrap_or(b',')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Refuses bytes that are not UTF-8 text.
fn utf8(place: &str, text: &[u8]) -> Result<()> {
    let Err(e) = std::str::from_utf8(text) else { return Ok(()) };
    let at = e.valid_up_to();
    let line = 1 + text[..at].iter().filter(|&&b| b == b'\n').count();
    let byte = text.get(at).copied().unwrap_or_default();
    let hint = if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        "this looks like UTF-16, which MetaTrader writes: save it as UTF-8"
    } else {
        "save the file as UTF-8 text, or give a CSV or Parquet file"
    };
    Err(Error::data(format!("{place}:{line}"), format!("not UTF-8 text (byte 0x{byte:02X})")).hint(hint))
}
