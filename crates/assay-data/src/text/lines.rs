//! The lines and records of a text.

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::NumberStyle;
use crate::error::{Error, Place, Result};

/// Bytes that one thread reads at a time.
const CHUNK: usize = 1 << 21;

/// The fields of one line.
pub(crate) fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut record = ByteRecord::new();
    let mut reader = ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line);
    // A line of its own cannot fail to be read.
    let _ = reader.read_byte_record(&mut record);
    record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect()
}

/// The text in pieces that end at line ends.
pub(super) fn chunks(text: &[u8]) -> Vec<&[u8]> {
    let mut out = vec![];
    let mut rest = text;
    while rest.len() > CHUNK {
        let end = memchr::memchr(b'\n', &rest[CHUNK..]).map_or(rest.len(), |n| CHUNK + n + 1);
        let (chunk, behind) = rest.split_at(end);
        out.push(chunk);
        rest = behind;
    }
    out.push(rest);
    out
}

/// The records of a text that hold anything.
pub(super) struct Records<'a>(pub Reader<&'a [u8]>);

impl Records<'_> {
    /// Reads the next record that is not blank; false at the end.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<bool> {
        loop {
            let more = self.0.read_byte_record(record).map_err(|e| Error::internal("csv", e))?;
            if !more || record.len() > 1 || record.iter().any(|f| !f.trim_ascii().is_empty()) {
                return Ok(more);
            }
        }
    }
}

/// Counts lines along a text.
pub(super) struct Lines {
    pub at: usize,
    pub line: usize,
}

impl Lines {
    /// One-based line of the record that begins at byte `start` or, where blank lines precede it, just after them.
    pub fn of(&mut self, text: &[u8], start: usize) -> usize {
        let blank = text[start.min(text.len())..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let to = (start + blank).min(text.len());
        if let Some(between) = text.get(self.at..to) {
            self.line += newlines(between);
            self.at = to;
        }
        self.line
    }
}

/// Line ends in a text that does not end within one: line feeds, and carriage returns without one.
pub(super) fn newlines(text: &[u8]) -> usize {
    let feeds = memchr::memchr_iter(b'\n', text).count();
    let lone = |i: usize| text.get(i + 1) != Some(&b'\n');
    feeds + memchr::memchr_iter(b'\r', text).filter(|i| lone(*i)).count()
}

/// The delimiter most frequent in the header `line`; a comma where there is none. One that stands before decimals is none.
pub(super) fn delimiter(line: &[u8], numbers: NumberStyle) -> u8 {
    let times = |d: u8| line.iter().filter(|&&b| b == d).count();
    let all = b",;\t".iter().copied().rev();
    let found = if numbers.has_comma_decimals() && !line.contains(&b'"') {
        all.filter(|d| *d != b',').max_by_key(|&d| times(d)).filter(|d| times(*d) > 0)
    } else {
        None
    };
    let all = b",;\t".iter().copied().rev();
    found.or_else(|| all.max_by_key(|&d| times(d))).unwrap_or(b',')
}

/// A text without the mark that some editors put before it.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Refuses bytes that are not UTF-8 text.
pub(super) fn utf8(place: &str, text: &[u8]) -> Result<()> {
    let Err(e) = std::str::from_utf8(text) else { return Ok(()) };
    let at = e.valid_up_to();
    let line = 1 + text[..at].iter().filter(|&&b| b == b'\n').count();
    let byte = text.get(at).copied().unwrap_or_default();
    let hint = if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
        "this looks like UTF-16, which MetaTrader writes: save it as UTF-8"
    } else {
        "save the file as UTF-8 text, or give a CSV or Parquet file"
    };
    Err(Error::data(Place::line(place, line), format!("not UTF-8 text (byte 0x{byte:02X})")).hint(hint))
}
