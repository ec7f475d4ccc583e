//! Values over time from a file: positions wanted, and rates of funding.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_schema::{DataType, SchemaRef};
use bytes::Bytes;
use csv::{ReaderBuilder, StringRecord};
use parquet::file::reader::ChunkReader;

use super::columnar::{batches, is_columnar};
use super::entry_exit::{self, Sides};
use super::identity::Identity;
use super::parquet_in::{BatchCells, is_text, place_of_row};
use super::{file, instant, names};
use crate::error::{Error, Place, Result, nearest};

/// Values as a file has them, in its order.
#[derive(Debug, Clone, Default)]
pub struct Timed {
    /// The file.
    pub place: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// Time of each row, milliseconds UTC, rising.
    pub time_ms: Vec<i64>,
    /// The position wanted from then on, signed, NaN where nothing is said; or the rate.
    pub value: Vec<f64>,
    /// Mark price of each row of funding, NaN where the file has none.
    pub mark: Vec<f64>,
    /// Names of the symbols, where the file has a column of them.
    symbols: Vec<String>,
    /// Which of them each row is about.
    symbol: Vec<usize>,
    /// Line of the file behind each row, or its number in a Parquet file.
    lines: Vec<usize>,
    parquet: bool,
}

const TIMES: [&str; 9] =
    ["time", "timestamp", "datetime", "date", "close_time", "open_time", "index", "calc_time", "fundingtime"];

/// What the values are.
struct ValueKind {
    /// Names of their column, the first that is there.
    names: &'static [&'static str],
    /// In a message, many and one.
    what: [&'static str; 2],
    /// What to write.
    hint: &'static str,
    read: fn(&str) -> Option<f64>,
}

const POSITIONS: ValueKind = ValueKind {
    names: &["position", "target", "signal"],
    what: ["positions", "position"],
    hint: "write a number, or BUY, SELL, FLAT or HOLD",
    read: position,
};

const RATES: ValueKind = ValueKind {
    names: &["funding_rate", "rate", "funding", "last_funding_rate", "fundingrate"],
    what: ["funding rates", "rate"],
    hint: "write a share such as 0.0001, not a percentage",
    read: |text| text.trim().parse().ok().filter(|r: &f64| r.abs() < 1.0),
};

/// The usual rate of an event, and the largest, that are still taken for shares: half a percent every eight hours is five times
/// the position a year. Rates in percent are a hundred times those of a calm market, of a ten-thousandth.
const PLAUSIBLE_RATES: [f64; 2] = [0.005, 0.25];

/// Fewer rates do not say what is usual.
const ENOUGH_RATES: usize = 30;

const FLAG_HINT: &str = "write true or false, or 1 or 0";

const MARKS: [&str; 2] = ["mark_price", "mark"];

impl Timed {
    /// Rates without marks of a file without columns of symbols.
    pub(super) fn of_rates(place: String, time_ms: Vec<i64>, value: Vec<f64>) -> Self {
        let mark = vec![f64::NAN; value.len()];
        Self { place, time_ms, value, mark, ..Self::default() }
    }

    /// Positions in memory, called `name`: from each time on the position wanted, signed, NaN where nothing is
    /// said; and which of the symbols each is about, where there are several. Checked as a file of them is.
    ///
    /// For the hash of a file their identity stands.
    ///
    /// # Errors
    /// Columns are of unequal length or empty, times do not rise, or a value is infinite.
    pub fn positions(
        name: &str,
        time_ms: &[i64],
        position: &[f64],
        symbols: Option<&[String]>,
    ) -> Result<Self> {
        Self::held(name, time_ms, position, &[], symbols, &POSITIONS)
    }

    /// Rates of funding in memory, called `name`, with the mark price of each, or none. Checked as a file of
    /// them is.
    ///
    /// For the hash of a file their identity stands.
    ///
    /// # Errors
    /// Columns are of unequal length or empty, times do not rise, or a rate is missing or 1 and more.
    pub fn funding(name: &str, time_ms: &[i64], rate: &[f64], mark: Option<&[f64]>) -> Result<Self> {
        if let Some(k) = rate.iter().position(|r| r.is_nan() || r.abs() >= 1.0) {
            return Err(
                Error::data(place_of_row(name, k), format!("{} is no rate", rate[k])).hint(RATES.hint)
            );
        }
        Self::held(name, time_ms, rate, mark.unwrap_or_default(), None, &RATES)?.of_plausible_rates()
    }

    /// Refuses rates that are no shares of a position, by what is usual among them and by the largest.
    fn of_plausible_rates(self) -> Result<Self> {
        let mut sizes: Vec<(f64, usize)> =
            self.value.iter().enumerate().map(|(k, r)| (r.abs(), k)).filter(|(r, _)| *r > 0.0).collect();
        sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some((most, at)) = sizes.last() else { return Ok(self) };
        let hint = "rates are shares of the position: 0.0001 is a basis point an event; divide rates in percent by 100";
        // A few days of a squeeze are no unit; what half of some weeks of events exceed is.
        let usual = if sizes.len() < ENOUGH_RATES { 0.0 } else { sizes[(sizes.len() - 1) / 2].0 };
        if usual > PLAUSIBLE_RATES[0] && sizes.len() * 2 > self.value.len() {
            let problem = format!(
                "half of the rates that are not zero are {usual} and more an event: they are in percent, or no funding"
            );
            return Err(Error::data(&self.place, problem).hint(hint));
        }
        if *most > PLAUSIBLE_RATES[1] {
            let problem = format!("a rate of {} in one event", self.value[*at]);
            return Err(Error::data(self.place_of(*at), problem).hint(hint));
        }
        Ok(self)
    }

    fn held(
        name: &str,
        time_ms: &[i64],
        value: &[f64],
        mark: &[f64],
        symbols: Option<&[String]>,
        kind: &ValueKind,
    ) -> Result<Self> {
        let n = time_ms.len();
        let others = [value.len(), if mark.is_empty() { n } else { mark.len() }];
        if n == 0 || others.iter().chain(&symbols.map(<[String]>::len)).any(|other| *other != n) {
            let problem = format!("{n} times, {} {} and what belongs to them", value.len(), kind.what[0]);
            return Err(Error::data(name, problem).hint("give at least one row, and columns of one length"));
        }
        let mut out = Self { place: name.to_owned(), parquet: true, ..Self::default() };
        for (k, time) in time_ms.iter().enumerate() {
            if let Some(problem) = instant::fault(*time) {
                return Err(
                    Error::data(place_of_row(name, k), problem).hint("times are milliseconds UTC since 1970")
                );
            }
            let mark = mark.get(k).copied().unwrap_or(f64::NAN);
            let symbol = symbols.map(|s| s[k].as_str());
            out.push(TimedRow { line: k + 1, time: *time, value: value[k], mark, symbol }, kind)?;
        }
        out.sha256 = out.id();
        Ok(out)
    }

    /// What makes them the same values, from whatever file: a hash of times, values, marks and symbols.
    pub fn id(&self) -> String {
        let about = self.symbol.iter().filter_map(|k| self.symbols.get(*k)).map(String::as_str);
        let hash = Identity::new("values", self.time_ms.len()).times(&self.time_ms);
        hash.numbers(&self.value).numbers(&self.mark).texts(about).end()
    }

    /// Where row `k` stands in the file.
    pub fn place_of(&self, k: usize) -> Place {
        match self.lines.get(k) {
            Some(line) if self.parquet => place_of_row(&self.place, line - 1),
            Some(line) => Place::line(&self.place, *line),
            None => Place::file(&self.place),
        }
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> String {
        let name = Path::new(&self.place).file_name();
        name.map_or_else(|| self.place.clone(), |f| f.to_string_lossy().into_owned())
    }

    /// Checks that the file says which of `symbols` each row is about, where there are several, and names no other.
    ///
    /// # Errors
    /// It does not.
    pub fn check_symbols(&self, symbols: &[&str]) -> Result<()> {
        if self.symbols.is_empty() {
            return match symbols {
                [_] => Ok(()),
                _ => {
                    Err(Error::data(&self.place, "has no column named symbol, and there are several symbols")
                        .hint(format!("say in each row which one it is about: {}", symbols.join(", "))))
                }
            };
        }
        for (k, name) in self.symbols.iter().enumerate() {
            if !symbols.contains(&name.as_str()) {
                let row = self.symbol.iter().position(|s| *s == k).unwrap_or(0);
                let near = nearest(name, symbols.iter().copied()).map_or_else(
                    || format!("there are {}", symbols.join(", ")),
                    |n| format!("did you mean {n}?"),
                );
                return Err(
                    Error::data(self.place_of(row), format!("{name:?} is no symbol of this run")).hint(near)
                );
            }
        }
        Ok(())
    }

    /// The rows about one symbol; all where the file names none.
    pub fn of_symbol(&self, name: &str) -> Self {
        if self.symbols.is_empty() {
            return self.clone();
        }
        let wanted = self.symbols.iter().position(|s| s == name);
        let rows: Vec<usize> = (0..self.time_ms.len()).filter(|&r| Some(self.symbol[r]) == wanted).collect();
        let floats = |v: &[f64]| rows.iter().map(|&r| v[r]).collect();
        Self {
            place: self.place.clone(),
            sha256: self.sha256.clone(),
            time_ms: rows.iter().map(|&r| self.time_ms[r]).collect(),
            value: floats(&self.value),
            mark: floats(&self.mark),
            symbols: self.symbols.clone(),
            symbol: rows.iter().map(|&r| self.symbol[r]).collect(),
            lines: rows.iter().map(|&r| self.lines[r]).collect(),
            parquet: self.parquet,
        }
    }

    /// Begins a row about the symbol `name`, if the file has such a column.
    fn about(&mut self, name: Option<&str>) -> usize {
        let Some(name) = name else { return 0 };
        match self.symbols.iter().position(|s| s == name) {
            Some(k) => k,
            None => {
                self.symbols.push(name.to_owned());
                self.symbols.len() - 1
            }
        }
    }

    fn push(&mut self, row: TimedRow<'_>, kind: &ValueKind) -> Result<()> {
        let TimedRow { line, time, value, mark, symbol } = row;
        self.lines.push(line);
        let k = self.about(symbol);
        let last = self.symbol.iter().rposition(|s| *s == k).map(|r| self.time_ms[r]);
        self.symbol.push(k);
        if let Some(before) = last.filter(|b| *b >= time) {
            let what = if before == time {
                "two rows have the same time"
            } else {
                "the time is before that of the row above"
            };
            return Err(Error::data(self.place_of(self.lines.len() - 1), what)
                .hint("sort the rows by time and keep one a time"));
        }
        if value.is_infinite() {
            let problem = format!("the {} is infinite", kind.what[1]);
            return Err(Error::data(self.place_of(self.lines.len() - 1), problem).hint(kind.hint));
        }
        self.time_ms.push(time);
        self.value.push(value);
        self.mark.push(mark);
        Ok(())
    }
}

/// One row of a file.
struct TimedRow<'a> {
    line: usize,
    time: i64,
    value: f64,
    mark: f64,
    symbol: Option<&'a str>,
}

/// A position in words or as a number; empty and HOLD leave what there is.
fn position(text: &str) -> Option<f64> {
    match text.trim().to_ascii_uppercase().as_str() {
        "" | "HOLD" | "NAN" | "NONE" | "NULL" => Some(f64::NAN),
        "BUY" | "LONG" | "TRUE" => Some(1.0),
        "SELL" | "SHORT" => Some(-1.0),
        "FLAT" | "EXIT" | "CLOSE" | "FALSE" => Some(0.0),
        number => number.parse().ok(),
    }
}

/// Which columns hold what.
struct ValueColumns {
    time: usize,
    value: ValueSource,
    mark: Option<usize>,
    symbol: Option<usize>,
}

/// What says the value of a row.
#[derive(Clone, Copy)]
enum ValueSource {
    /// One column.
    Column(usize),
    /// Entries and exits, of longs and of shorts.
    EntryExit([Option<usize>; 4]),
}

fn columns(place: &str, names: &[&str], kind: &ValueKind) -> Result<ValueColumns> {
    let find = |wanted: &[&str]| {
        wanted.iter().find_map(|w| names.iter().position(|n| n.trim().eq_ignore_ascii_case(w)))
    };
    // pandas leaves the name of an index empty.
    let unnamed = || names.iter().position(|n| n.trim().is_empty() || n.starts_with("__index_level"));
    let missing = |what: &str, wanted: &[&str]| {
        let near = names.iter().find_map(|n| nearest(&n.to_ascii_lowercase(), wanted.iter().copied()));
        let hint = format!("name one of the columns {}", near.unwrap_or(wanted[0]));
        Error::data(place, format!("no column of {what}; there are {}", names.join(", "))).hint(hint)
    };
    let time = find(&TIMES).or_else(unnamed).ok_or_else(|| missing("times", &TIMES))?;
    // freqtrade keeps funding in the columns of bars, the rate as their open.
    let freqtrade =
        || (kind.names == RATES.names && find(&["close"]).is_some()).then(|| find(&["open"])).flatten();
    let entries = || (kind.names == POSITIONS.names).then(|| entry_exit::columns(names)).flatten();
    let value = match find(kind.names).or_else(freqtrade) {
        Some(column) => ValueSource::Column(column),
        None => ValueSource::EntryExit(entries().ok_or_else(|| missing(kind.what[0], kind.names))?),
    };
    Ok(ValueColumns { time, value, mark: find(&MARKS), symbol: find(&["symbol"]) })
}

/// Reads positions from CSV or Parquet: a column of times and one named `position`, `target` or `signal`; or entries and
/// exits as vectorbt and freqtrade name them.
///
/// # Errors
/// The file or a row of it cannot be understood, or times do not rise.
pub fn load_positions(path: &Path) -> Result<Timed> {
    load(path, &POSITIONS)
}

/// Reads funding from CSV or Parquet: a column of times and one named `funding_rate`, `rate` or `funding`; and `mark_price` or `mark`, if there
/// is one. Files of freqtrade, which keep the rate as the open of a bar, are read as they are.
///
/// # Errors
/// The file or a row of it cannot be understood, a rate is missing or 1 and more, the rates are no shares by their size, or
/// times do not rise.
pub fn load_funding(path: &Path) -> Result<Timed> {
    load(path, &RATES)?.of_plausible_rates()
}

/// As [`load_funding`] for the content of a file.
pub(super) fn funding_of(place: String, bytes: Bytes) -> Result<Timed> {
    read(place, bytes.clone(), &bytes, &RATES)?.of_plausible_rates()
}

/// As [`load_positions`] for the content of a file.
pub(super) fn positions_of(place: String, bytes: Bytes) -> Result<Timed> {
    read(place, bytes.clone(), &bytes, &POSITIONS)
}

fn load(path: &Path, kind: &ValueKind) -> Result<Timed> {
    let (handle, bytes) = file::read(path)?;
    read(path.display().to_string(), handle, &bytes, kind)
}

fn read<F: ChunkReader + 'static>(place: String, handle: F, bytes: &[u8], kind: &ValueKind) -> Result<Timed> {
    let mut out = Timed { sha256: file::sha256_hex(bytes), ..Timed::default() };
    out.place.clone_from(&place);
    out.parquet = is_columnar(bytes);
    if out.parquet {
        from_columns(&mut out, batches(&place, handle, bytes)?, kind)?;
    } else {
        from_text(&mut out, bytes, kind)?;
    }
    if out.time_ms.is_empty() {
        return Err(Error::data(place, "a header but no rows").hint("give at least one row"));
    }
    Ok(out)
}

fn from_text(out: &mut Timed, bytes: &[u8], kind: &ValueKind) -> Result<()> {
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

fn from_columns(out: &mut Timed, file: (SchemaRef, Vec<RecordBatch>), kind: &ValueKind) -> Result<()> {
    let place = out.place.clone();
    let (schema, batches) = file;
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let ValueColumns { time: at, value: source, mark, symbol } = columns(&place, &names, kind)?;
    let mut sides = Sides::default();
    let mut first_row = 0;
    for batch in batches {
        let cells = BatchCells { place: &place, batch: &batch, first_row, names: &names };
        let mut times = vec![];
        cells.times(at, at, &mut times)?;
        let about = symbol.map(|c| cells.cast(c, c, &DataType::Utf8)).transpose()?;
        let about = about.as_ref().map(|a| a.as_string::<i32>());
        let symbol_of = |row: usize| about.map(|a| a.value(row));
        let values = match source {
            ValueSource::Column(wanted) => column_of_values(&cells, wanted, kind)?,
            ValueSource::EntryExit(four) => {
                let flags = four.map(|c| c.map(|c| column_of_flags(&cells, c)).transpose());
                let [long, close_long, short, close_short] = flags;
                let flags = [long?, close_long?, short?, close_short?];
                let said = |row: usize| flags.each_ref().map(|f| f.as_ref().is_some_and(|f| f[row]));
                (0..times.len()).map(|row| sides.next(symbol_of(row), said(row))).collect()
            }
        };
        let marks: Vec<f64> = match mark {
            None => vec![f64::NAN; times.len()],
            Some(column) => {
                let numbers = cells.cast(column, column, &DataType::Float64)?;
                numbers.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(f64::NAN)).collect()
            }
        };
        for (k, ((time, v), m)) in times.into_iter().zip(values).zip(marks).enumerate() {
            let row = TimedRow { line: first_row + k + 1, time, value: v, mark: m, symbol: symbol_of(k) };
            out.push(row, kind)?;
        }
        first_row += batch.num_rows();
    }
    Ok(())
}

/// A column of values: numbers, booleans, or words.
fn column_of_values(cells: &BatchCells<'_>, column: usize, kind: &ValueKind) -> Result<Vec<f64>> {
    let array = cells.batch.column(column);
    let read = |(r, text): (usize, Option<&str>)| {
        let text = text.unwrap_or_default();
        (kind.read)(text).ok_or_else(|| {
            let problem =
                format!("{} is no {}: {:?}", cells.names[column], kind.what[1], names::shorten(text));
            Error::data(cells.row(r), problem).hint(kind.hint)
        })
    };
    let of_text = || -> Result<Vec<f64>> {
        let text = cells.cast(column, column, &DataType::Utf8)?;
        text.as_string::<i32>().iter().enumerate().map(read).collect()
    };
    match array.data_type() {
        of if is_text(of) => of_text(),
        DataType::Boolean if kind.names == POSITIONS.names => of_text(),
        of if of.is_numeric() => {
            let numbers = cells.cast(column, column, &DataType::Float64)?;
            let values: Vec<f64> =
                numbers.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(f64::NAN)).collect();
            let no_rate = |v: &f64| kind.names == RATES.names && (v.is_nan() || v.abs() >= 1.0);
            match values.iter().position(no_rate) {
                None => Ok(values),
                Some(r) => {
                    let problem = format!("{} is no {}: {}", cells.names[column], kind.what[1], values[r]);
                    Err(Error::data(cells.row(r), problem).hint(kind.hint))
                }
            }
        }
        of => Err(cells.kind_error(column, of, kind.what[1])),
    }
}

/// A column of entries or exits: booleans, 0 and 1, or words for them.
fn column_of_flags(cells: &BatchCells<'_>, column: usize) -> Result<Vec<bool>> {
    let text = cells.cast(column, column, &DataType::Utf8)?;
    let read = |(r, text): (usize, Option<&str>)| {
        let text = text.unwrap_or_default();
        entry_exit::flag(text).ok_or_else(|| {
            let problem = format!("{} is no true or false: {:?}", cells.names[column], names::shorten(text));
            Error::data(cells.row(r), problem).hint(FLAG_HINT)
        })
    };
    text.as_string::<i32>().iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Timed> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        load_positions(&path)
    }

    #[test]
    fn words_numbers_and_nothing_are_positions() {
        let p = read(
            "p.csv",
            "time,close,signal\n2021-01-01 00:00,1,BUY\n2021-01-01 01:00,1,\n2021-01-01 02:00,1,hold\n\
             2021-01-01 03:00,1,-0.5\n2021-01-01 04:00,1,flat\n",
        )
        .unwrap();
        assert_eq!(p.time_ms.len(), 5);
        assert!(p.value[0] == 1.0 && p.value[1].is_nan() && p.value[2].is_nan());
        assert_eq!(p.value[3..], [-0.5, 0.0]);
        assert!(p.place_of(3).to_string().ends_with("p.csv:5"));
        // pandas: an index without a name.
        let p = read("q.csv", ",position\n2021-01-01 00:00:00+00:00,0.25\n").unwrap();
        assert_eq!((p.time_ms[0], p.value[0]), (1_609_459_200_000, 0.25));
    }

    #[test]
    fn booleans_entries_and_exits_are_positions() {
        let said =
            |p: &Timed| -> Vec<Option<f64>> { p.value.iter().map(|v| (!v.is_nan()).then_some(*v)).collect() };
        let day = |k: usize| format!("2021-01-0{}", k + 1);
        let file = |header: &str, rows: &[&str]| {
            let rows: String = rows.iter().enumerate().map(|(k, r)| format!("{},{r}\n", day(k))).collect();
            read("p.csv", &format!("time,{header}\n{rows}"))
        };
        let p = file("position", &["True", "", "false"]).unwrap();
        assert_eq!(said(&p), [Some(1.0), None, Some(0.0)]);
        let p = file("entries,exits", &["False,False", "True,False", "True,False", "False,True"]).unwrap();
        assert_eq!(said(&p), [None, Some(1.0), None, Some(0.0)]);
        let p = file("enter_long,exit_long,enter_short", &["1,0,", "0,,1.0", "0,1,0"]).unwrap();
        assert_eq!(said(&p), [Some(1.0), Some(-1.0), None]);
        let p = file("symbol,entries,exits", &["A,1,0", "B,1,0", "A,0,1"]).unwrap();
        assert_eq!(said(&p.of_symbol("A")), [Some(1.0), Some(0.0)]);
        let e = file("entries,exits", &["1,0", "1,later"]).unwrap_err().to_string();
        assert!(e.contains("p.csv:3: exits is no true or false: \"later\""), "{e}");
        let e = file("exits", &["1"]).unwrap_err().to_string();
        assert!(e.contains("no column of positions"), "{e}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, words) in [
            ("time,position\nsoon,1\n", "p.csv:2: time is not a time: \"soon\""),
            ("time,position\n2021-01-01,up\n", "p.csv:2: position is no position: \"up\""),
            ("time,position\n2021-01-01,inf\n", "the position is infinite"),
            (
                "time,position\n2021-01-02,1\n2021-01-01,0\n",
                "p.csv:3: the time is before that of the row above",
            ),
            ("time,position\n2021-01-02,1\n2021-01-02,0\n", "p.csv:3: two rows have the same time"),
            ("time,positions\n2021-01-02,1\n", "no column of positions; there are time, positions"),
            ("when,position\n2021-01-02,1\n", "no column of times"),
            ("time,position\n2021-01-02\n", "p.csv:2"),
            ("time,position\n", "a header but no rows"),
        ] {
            let e = read("p.csv", text).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            assert!(e.to_string().contains(words), "{text:?}: {e}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        let rates = |text: &str| {
            std::fs::write(&path, text).unwrap();
            load_funding(&path)
        };
        let f = rates("time,funding_rate,mark\n2021-01-01 00:00,0.0001,29000\n2021-01-01 08:00,-2e-5,\n")
            .unwrap();
        assert_eq!((f.value[1], f.mark[0]), (-2e-5, 29000.0));
        assert!(f.mark[1].is_nan());
        for text in ["time,rate\n2021-01-01,5\n", "time,rate\n2021-01-01,\n", "time,rate\n2021-01-01,BUY\n"] {
            let e = rates(text).unwrap_err().to_string();
            assert!(e.contains("f.csv:2: rate is no rate"), "{e}");
        }
        // By what is usual among some weeks of events, and by the largest.
        let events = |rate: &dyn Fn(usize) -> f64| {
            let row = |k: usize| format!("2021-{:02}-{:02} 00:00,{}\n", k / 20 + 1, k % 20 + 1, rate(k));
            rates(&format!("time,rate\n{}", (0..60).map(row).collect::<String>()))
        };
        for fine in
            [&(|_| 0.0001) as &dyn Fn(usize) -> f64, &|_| 0.0, &|k| if k == 7 { -0.04 } else { 0.0003 }]
        {
            assert!(events(fine).is_ok());
        }
        let percent = events(&|k| 0.01 + 0.001 * k as f64).unwrap_err().to_string();
        assert!(
            percent.contains("half of the rates that are not zero") && percent.contains("in percent by 100"),
            "{percent}"
        );
        let one = events(&|k| if k == 7 { 0.5 } else { 0.0001 }).unwrap_err().to_string();
        assert!(one.contains("f.csv:9: a rate of 0.5 in one event"), "{one}");
        let times: Vec<i64> = (0..40).map(|k| k * 28_800_000).collect();
        let held = Timed::funding("paid", &times, &[0.02; 40], None).unwrap_err().to_string();
        assert!(held.contains("paid: half of the rates"), "{held}");
        assert!(load_positions(Path::new("none.csv")).unwrap_err().to_string().contains("no such file"));
    }
}
