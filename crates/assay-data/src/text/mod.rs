//! Bars from a text file of separated values.

mod lines;
mod number;
mod row;
mod start;

use csv::{ByteRecord, ReaderBuilder};
use rayon::prelude::*;

use self::lines::{Lines, Records, chunks, newlines, utf8};
pub(super) use self::lines::{split, without_mark};
pub use self::number::NumberStyle;
pub(super) use self::start::TextStart;
use super::instant::{self, DateOrder, Written};
use super::names::{self, ColumnRequest, KLINE, Roles, TimeAt};
use super::row_symbols::{RowSymbols, is_asked};
use super::rows::{At, Places, Rows};
use crate::error::{Error, Place, Result};
use crate::market::Zone;

/// A text file whose layout is known.
pub(super) struct Text<'a> {
    place: &'a str,
    text: &'a [u8],
    layout: Layout,
}

/// What the fields of a text file are.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub delimiter: u8,
    /// Names of the columns as the file spells them.
    pub names: Vec<String>,
    /// Byte of the text at which the header begins or, without one, the first row.
    pub start: usize,
    /// Records of the header; 0 where there is none.
    pub header_lines: usize,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// Whether a volume may be missing, if it is missing in every row.
    pub gappy_volume: bool,
    /// The clock that the user says times are on: what its letters behind them mean is no question then.
    pub zone: Option<Zone>,
    pub roles: Roles,
    /// Where times are milliseconds since the midnight of a day, that day.
    pub midnight_ms: Option<i64>,
    /// What a date with slashes means, where somebody says.
    pub order: DateOrder,
    /// Whether rows in which no price is given are left out, and counted.
    pub skip_empty: bool,
    /// The instrument whose rows are read, where rows name one and any is of it.
    pub symbol: Option<String>,
}

/// The rows of a text file and what was seen on the way.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub rows: Rows,
    /// How the times were written.
    pub written: Option<Written>,
    /// The zone that every time names, whose clock it is on.
    pub zone: Option<Zone>,
    /// Whether all times are dates alone.
    pub days_alone: bool,
    /// Rows left out because they hold no price on one side or at all.
    pub empty: usize,
    /// The instrument of the rows, where a column names it.
    pub symbol: Option<String>,
    /// Rows left out because they are of others.
    pub of_others: usize,
}

impl<'a> Text<'a> {
    /// Finds out the delimiter and the columns of `bytes`, the content of the file `place`, by the names in its header.
    pub fn open(place: &'a str, bytes: &'a [u8], wanted: &ColumnRequest) -> Result<Self> {
        let start = Self::start(place, bytes, 0, NumberStyle::default())?;
        let TextStart { text, delimiter, first, .. } = start;
        let fields = split(first, delimiter);
        let bare = fields.len() == KLINE.len() && is_digits(&fields[0]);
        let names = if bare { KLINE.map(str::to_owned).to_vec() } else { fields };
        let roles = Self::roles(Place::line(place, start.line_of(start.at)), &names, wanted)?;
        let mut layout = Layout::new(delimiter, names, !bare, roles);
        layout.symbol.clone_from(&wanted.symbol);
        Ok(Self { place, text, layout })
    }

    /// As [`Text::open`] for a file whose layout is known from elsewhere.
    pub fn laid_out(place: &'a str, bytes: &'a [u8], layout: Layout) -> Result<Self> {
        let text = without_mark(bytes);
        utf8(place, text)?;
        Ok(Self { place, text, layout })
    }

    /// The roles of columns of these names, which stand at `place`.
    pub fn roles(place: Place, names: &[String], wanted: &ColumnRequest) -> Result<Roles> {
        let named: Vec<&str> = names.iter().map(String::as_str).collect();
        names::find(&named, wanted).map_err(|f| Error::data(place, f.problem).hint(f.hint))
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The same with another layout.
    pub fn with(mut self, change: impl FnOnce(&mut Layout)) -> Self {
        change(&mut self.layout);
        self
    }

    /// Reads every row; of several instruments those of the one that is asked for.
    pub fn read(&self) -> Result<Read> {
        let asked = self.layout.symbol.as_deref().filter(|_| self.layout.roles.symbol.is_some());
        let read = self.read_of(asked)?;
        // No row is of that name: then it is a name for what the rows are.
        if read.rows.is_empty() && read.of_others > 0 { self.read_of(None) } else { Ok(read) }
    }

    /// Reads every row of the instrument that is asked for.
    fn read_of(&self, asked: Option<&str>) -> Result<Read> {
        let body = self.body()?;
        let order = self.order(body)?;
        // A quoted field may hold a line break: then nobody can begin in the middle.
        let divisible = memchr::memchr(b'"', body).is_none() && memchr::memchr(b'\n', body).is_some();
        let chunks = if divisible { chunks(body) } else { vec![body] };
        let lines: Vec<usize> = chunks.par_iter().map(|c| newlines(c)).collect();
        let mut before = newlines(&self.text[..self.text.len() - body.len()]);
        let starts: Vec<usize> = lines
            .iter()
            .map(|n| {
                before += n;
                before - n
            })
            .collect();
        let work = chunks.par_iter().zip(starts).zip(lines);
        let parts: Vec<TextPart> =
            work.map(|((chunk, before), n)| self.part(chunk, before, n + 1, (order, asked))).collect();
        self.join(parts)
    }

    /// The text behind the header.
    fn body(&self) -> Result<&'a [u8]> {
        let text = &self.text[self.layout.start.min(self.text.len())..];
        if self.layout.header_lines == 0 {
            return Ok(text);
        }
        let mut rows = self.reader(text);
        for _ in 0..self.layout.header_lines {
            rows.next(&mut ByteRecord::new())?;
        }
        let at = (rows.0.position().byte() as usize).min(text.len());
        // The reader stops between a carriage return and its line feed.
        let rest = &text[at..];
        Ok(rest.strip_prefix(b"\n").filter(|_| text[..at].ends_with(b"\r")).unwrap_or(rest))
    }

    /// The fields of the first row.
    pub fn first_row(&self) -> Option<Vec<String>> {
        let mut record = ByteRecord::new();
        self.reader(self.body().ok()?).next(&mut record).ok()?.then_some(())?;
        Some(record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect())
    }

    /// What a date with slashes means: a number above 12 tells.
    fn order(&self, body: &[u8]) -> Result<DateOrder> {
        if self.layout.order != DateOrder::Unknown {
            return Ok(self.layout.order);
        }
        let (TimeAt::One(at) | TimeAt::DateAndClock(at, _)) = self.layout.roles.time;
        let mut rows = self.reader(body);
        let mut record = ByteRecord::new();
        let mut seen = false;
        while rows.next(&mut record)? {
            match record.get(at).and_then(|f| instant::slashed(f.trim_ascii())) {
                None => break,
                Some((13.., _)) => return Ok(DateOrder::Dmy),
                Some((_, 13..)) => return Ok(DateOrder::Mdy),
                Some(_) => seen = true,
            }
        }
        if seen {
            return Err(Error::data(
                self.place,
                "dates such as 01/02/2021 can be read in two ways, and no row says which",
            )
            .hint("say it: --dates dmy (the first of February) or --dates mdy (the second of January)"));
        }
        Ok(DateOrder::Unknown)
    }

    /// The rows of one chunk of at most `most` lines, before whose first there are `before` lines.
    fn part(
        &self,
        chunk: &[u8],
        before: usize,
        most: usize,
        (order, asked): (DateOrder, Option<&str>),
    ) -> TextPart {
        let mut part = TextPart { lines: Vec::with_capacity(most), ..TextPart::default() };
        part.read.rows.reserve(most);
        let roles = &self.layout.roles;
        let mut spreads = (roles.spread.is_some() || roles.ask.is_some()).then(|| Vec::with_capacity(most));
        let mut rows = self.reader(chunk);
        let mut record = ByteRecord::new();
        let mut scratch = Vec::new();
        let mut counted = Lines { at: 0, line: before + 1 };
        part.read.days_alone = true;
        loop {
            match rows.next(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => {
                    part.error = Some(e);
                    break;
                }
            }
            let line = counted.of(chunk, record.position().map_or(0, |p| p.byte()) as usize);
            if let Some(i) = roles.symbol {
                let symbol = record.get(i).unwrap_or_default().trim_ascii();
                if asked.is_some_and(|a| !is_asked(a, symbol)) {
                    part.read.of_others += 1;
                    continue;
                }
                part.symbols.meet(symbol, line);
            }
            if self.layout.skip_empty && self.lacks_prices(&record) {
                part.read.empty += 1;
                continue;
            }
            match self.row(&record, &mut scratch, order) {
                Ok(row) => {
                    if let Some(problem) = mixed(part.read.written, row.written) {
                        part.fail(self.place, line, problem, MIXED_HINT);
                        break;
                    }
                    part.read.written.get_or_insert(row.written);
                    if !part.lines.is_empty() && row.zone != part.read.zone {
                        part.fail(self.place, line, OTHER_ZONE, ZONE_HINT);
                        break;
                    }
                    part.read.zone = row.zone;
                    part.read.days_alone &= matches!(row.written, Written::Day(_));
                    part.read.rows.time_ms.push(row.time);
                    for (column, value) in part.read.rows.values_mut().into_iter().zip(row.values) {
                        column.push(value);
                    }
                    if let Some(column) = &mut spreads {
                        column.push(row.spread);
                    }
                    part.lines.push(line as u32);
                }
                Err((problem, hint)) => {
                    part.fail(self.place, line, problem, hint);
                    break;
                }
            }
        }
        part.read.rows.spread = spreads;
        part
    }

    /// The parts as one, or the first error among them.
    fn join(&self, parts: Vec<TextPart>) -> Result<Read> {
        let mut whole = Read { days_alone: true, ..Read::default() };
        let mut symbols = RowSymbols::default();
        let total = parts.iter().map(|p| p.lines.len()).sum();
        let mut lines: Vec<u32> = Vec::with_capacity(total);
        whole.rows.reserve(total);
        for part in parts {
            if let (Some(problem), Some(&line)) =
                (part.read.written.and_then(|w| mixed(whole.written, w)), part.lines.first())
            {
                return Err(Error::data(Place::line(self.place, line as usize), problem).hint(MIXED_HINT));
            }
            if let Some(&line) =
                part.lines.first().filter(|_| !lines.is_empty() && part.read.zone != whole.zone)
            {
                return Err(Error::data(Place::line(self.place, line as usize), OTHER_ZONE).hint(ZONE_HINT));
            }
            whole.zone = whole.zone.or(part.read.zone);
            whole.written = whole.written.or(part.read.written);
            whole.days_alone &= part.read.days_alone || part.lines.is_empty();
            whole.empty += part.read.empty;
            whole.of_others += part.read.of_others;
            symbols.append(part.symbols);
            lines.extend(&part.lines);
            whole.rows.append(part.read.rows);
            if let Some(e) = part.error {
                return Err(e);
            }
        }
        whole.symbol = symbols.one(|line| Place::line(self.place, line))?;
        whole.rows.has_volume = self.layout.roles.volume.is_some();
        if self.layout.gappy_volume {
            self.all_or_none(&whole.rows, &lines)?;
        }
        whole.rows.places = Places::of(self.place, At::Lines(lines.into()));
        Ok(whole)
    }

    /// Refuses a volume that some rows have and others have not.
    fn all_or_none(&self, rows: &Rows, lines: &[u32]) -> Result<()> {
        let Some(i) = rows.volume.iter().position(|v| v.is_nan()) else { return Ok(()) };
        if rows.volume.iter().all(|v| v.is_nan()) {
            return Ok(());
        }
        let name = self.layout.roles.volume.map_or("", |i| &self.layout.names[i]);
        Err(Error::data(
            Place::line(self.place, lines[i] as usize),
            format!("{name} is missing, and other rows have it"),
        )
        .hint("fill it in or leave the row out; a missing value is never made up"))
    }

    fn reader<'t>(&self, text: &'t [u8]) -> Records<'t> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.layout.delimiter).buffer_capacity(1 << 16);
        Records(builder.from_reader(text))
    }
}

impl Layout {
    /// Of columns of these names and roles.
    pub fn new(delimiter: u8, names: Vec<String>, has_header: bool, roles: Roles) -> Self {
        Self {
            delimiter,
            names,
            start: 0,
            header_lines: usize::from(has_header),
            numbers: NumberStyle::default(),
            gappy_volume: false,
            zone: None,
            roles,
            midnight_ms: None,
            order: DateOrder::Unknown,
            skip_empty: false,
            symbol: None,
        }
    }
}

/// What one thread read.
#[derive(Default)]
struct TextPart {
    read: Read,
    symbols: RowSymbols,
    lines: Vec<u32>,
    error: Option<Error>,
}

impl TextPart {
    fn fail(&mut self, place: &str, line: usize, problem: impl std::fmt::Display, hint: &str) {
        self.error = Some(Error::data(Place::line(place, line), problem).hint(hint));
    }
}

const OTHER_ZONE: &str = "the time names another zone than the row above";
const ZONE_HINT: &str =
    "say which clock when importing: --timezone America/New_York, Europe/London, UTC-05:00 or the like";

pub(super) const MIXED_HINT: &str =
    "write all times of the column in one way; which of two ways is meant is not ours to say";

/// Why times written like this and like that cannot stand in one column.
pub(super) fn mixed(first: Option<Written>, this: Written) -> Option<&'static str> {
    let layout = |w: Written| match w {
        Written::Clock(d) | Written::Day(d) => Some(d),
        _ => None,
    };
    let first = first?;
    let same = match (layout(first), layout(this)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => first == this,
        _ => false,
    };
    (!same).then_some("the time is written in another way than in the rows above")
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
