//! Values over time from a file: positions wanted, and rates of funding.

mod columnar;
mod columns;
mod entry_exit;
mod kind;
mod rates;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use bytes::Bytes;
use parquet::file::reader::ChunkReader;

use super::columnar::{batches, is_columnar};
use super::identity::Identity;
use super::parquet_in::place_of_row;
use super::{file, instant};
use crate::error::{Error, Place, Result, nearest};
use columnar::from_columns;
use kind::{POSITIONS, RATES, ValueKind};
use text::from_text;

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

impl Timed {
    /// Rates without marks of a file without columns of symbols.
    pub(crate) fn of_rates(place: String, time_ms: Vec<i64>, value: Vec<f64>) -> Self {
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
pub(crate) fn funding_of(place: String, bytes: Bytes) -> Result<Timed> {
    read(place, bytes.clone(), &bytes, &RATES)?.of_plausible_rates()
}

/// As [`load_positions`] for the content of a file.
pub(crate) fn positions_of(place: String, bytes: Bytes) -> Result<Timed> {
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
