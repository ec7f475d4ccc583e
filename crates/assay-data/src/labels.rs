//! Labels over time from a file: the regime that somebody says the market is in, and from when on that is known.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, SchemaRef};
use csv::{ReaderBuilder, StringRecord};
use parquet::file::reader::ChunkReader;

use super::columnar::{batches, is_columnar};
use super::identity::Identity;
use super::parquet_in::{BatchCells, is_text, place_of_row};
use super::{file, instant, names};
use crate::error::{Error, Place, Result, nearest};
use crate::market::Bars;
use crate::regime::{NO_REGIME, NO_REGIME_NAME, RegimeScheme};

/// Which columns of a file hold what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelColumns {
    /// The labels: names, or codes where there are `names`.
    pub column: String,
    /// When each is known.
    pub available: String,
    /// Every name that may stand there, by code; none takes those that do, in the order of the alphabet.
    pub names: Vec<String>,
}

/// Labels as a file has them, in its order.
#[derive(Debug, Clone, Default)]
pub struct LabelFile {
    /// The file.
    pub place: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// The regimes, by code.
    pub regimes: RegimeScheme,
    /// When each row is known, milliseconds UTC, rising for each symbol.
    available_ms: Vec<i64>,
    /// What it says from then on; [`NO_REGIME`] takes back what was said.
    code: Vec<u8>,
    /// Names of the symbols, where the file has a column of them.
    symbols: Vec<String>,
    /// Which of them each row is about.
    symbol: Vec<usize>,
}

/// What a row says, as text.
struct LabelRow {
    line: usize,
    available_ms: i64,
    label: String,
    symbol: Option<String>,
}

impl LabelFile {
    /// What makes them the same labels, from whatever file: a hash of times, names and symbols.
    pub fn id(&self) -> String {
        let hash = Identity::new("labels", self.rows()).times(&self.available_ms);
        let hash = hash.texts(self.code.iter().map(|c| self.regimes.name_of(*c)));
        let names = self.regimes.names();
        let hash = hash.text(&names.len().to_string()).texts(names);
        hash.texts(self.symbol.iter().filter_map(|k| self.symbols.get(*k)).map(String::as_str)).end()
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.code.len()
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> String {
        let name = Path::new(&self.place).file_name();
        name.map_or_else(|| self.place.clone(), |f| f.to_string_lossy().into_owned())
    }

    /// When its first label is known.
    pub fn first_ms(&self) -> Option<i64> {
        self.available_ms.iter().copied().min()
    }

    /// Checks that the file says something of each of `symbols`, and of no other.
    ///
    /// # Errors
    /// It does not.
    pub fn check_symbols(&self, symbols: &[&str]) -> Result<()> {
        for name in &self.symbols {
            if !symbols.contains(&name.as_str()) {
                let near = nearest(name, symbols.iter().copied()).map_or_else(
                    || format!("there are {}", symbols.join(", ")),
                    |n| format!("did you mean {n}?"),
                );
                return Err(Error::data(&self.place, format!("{name:?} is no symbol of this run")).hint(near));
            }
        }
        match symbols.iter().find(|s| !self.symbols.is_empty() && !self.symbols.iter().any(|n| n == *s)) {
            None => Ok(()),
            Some(s) => Err(Error::data(&self.place, format!("no row is about symbol {s}"))
                .hint("leave out the column of symbols where the labels are those of all")),
        }
    }

    /// The label that is known at the close of each bar of a symbol: that of the last row available by then.
    pub fn at_closes(&self, symbol: &str, bars: &Bars) -> Vec<u8> {
        let wanted = self.symbols.iter().position(|s| s == symbol);
        let rows: Vec<usize> =
            (0..self.rows()).filter(|r| self.symbols.is_empty() || Some(self.symbol[*r]) == wanted).collect();
        let mut next = 0;
        let mut held = NO_REGIME;
        (0..bars.len())
            .map(|i| {
                let close = bars.close_time(i);
                while let Some(r) = rows.get(next).filter(|r| self.available_ms[**r] <= close) {
                    held = self.code[*r];
                    next += 1;
                }
                held
            })
            .collect()
    }
}

/// Reads labels from CSV, Parquet or Arrow.
///
/// # Errors
/// The file or a row of it cannot be understood; a row has no label or no time from which it is known; times of one symbol do
/// not rise; a label is none of the names that are given, or no name of a regime.
pub fn load_labels(path: &Path, columns: &LabelColumns) -> Result<LabelFile> {
    let (handle, bytes) = file::read(path)?;
    labels_of(path.display().to_string(), handle, &bytes, columns)
}

/// As [`load_labels`] of the content `bytes` of a file.
pub(super) fn labels_of<F: ChunkReader + 'static>(
    place: String,
    handle: F,
    bytes: &[u8],
    columns: &LabelColumns,
) -> Result<LabelFile> {
    let columnar = is_columnar(bytes);
    let rows = match columnar {
        true => from_columns(&place, batches(&place, handle, bytes)?, columns)?,
        false => from_text(&place, bytes, columns)?,
    };
    if rows.is_empty() {
        return Err(Error::data(place, "a header but no rows").hint("give at least one row"));
    }
    let at = |row: &LabelRow| {
        if columnar { place_of_row(&place, row.line - 1) } else { Place::line(&place, row.line) }
    };
    let regimes = scheme(&place, &rows, columns, &at)?;
    let mut out = LabelFile { sha256: file::sha256_hex(bytes), regimes, ..LabelFile::default() };
    out.place.clone_from(&place);
    for row in &rows {
        let k = out.about(row.symbol.as_deref());
        let last = out.symbol.iter().rposition(|s| *s == k).map(|r| out.available_ms[r]);
        if let Some(before) = last.filter(|b| *b >= row.available_ms) {
            let problem = if before == row.available_ms {
                "two labels are available at the same time"
            } else {
                "the label is available before that of the row above"
            };
            return Err(Error::data(at(row), problem)
                .hint(format!("sort the rows by {} and keep one a time", columns.available)));
        }
        out.symbol.push(k);
        out.available_ms.push(row.available_ms);
        out.code.push(code(&out.regimes, &row.label, &columns.names).unwrap_or(NO_REGIME));
    }
    Ok(out)
}

impl LabelFile {
    /// The place of a symbol among those of the file.
    fn about(&mut self, name: Option<&str>) -> usize {
        let Some(name) = name else { return 0 };
        self.symbols.iter().position(|s| s == name).unwrap_or_else(|| {
            self.symbols.push(name.to_owned());
            self.symbols.len() - 1
        })
    }
}

/// The code of a label; none of what is no name, nor a code of names that are given.
fn code(regimes: &RegimeScheme, label: &str, given: &[String]) -> Option<u8> {
    if label == NO_REGIME_NAME {
        return Some(NO_REGIME);
    }
    let number = || label.parse::<u8>().ok().filter(|c| !given.is_empty() && usize::from(*c) < given.len());
    regimes.code(label).or_else(number)
}

/// The regimes of a file: those given, or those that stand in it.
fn scheme(
    place: &str,
    rows: &[LabelRow],
    columns: &LabelColumns,
    at: &dyn Fn(&LabelRow) -> Place,
) -> Result<RegimeScheme> {
    if columns.names.is_empty() {
        if let Some(row) = rows.iter().find(|r| r.label.parse::<f64>().is_ok()) {
            let problem = format!("{} is a code: {:?}", columns.column, row.label);
            return Err(Error::data(at(row), problem).hint("say what the codes stand for, in regimes.names"));
        }
        let mut found: Vec<&str> = rows.iter().map(|r| r.label.as_str()).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|n| *n != NO_REGIME_NAME);
        return RegimeScheme::named("file", found).map_err(|e| {
            Error::data(place, format!("column {}: {e}", columns.column))
                .hint(format!("{NO_REGIME_NAME} takes a label back; list other names in regimes.names"))
        });
    }
    let regimes = RegimeScheme::named("file", columns.names.clone())
        .map_err(|e| Error::scenario("regimes.names", e))?;
    let mut unknown: Vec<&LabelRow> =
        rows.iter().filter(|r| code(&regimes, &r.label, &columns.names).is_none()).collect();
    let Some(first) = unknown.first().copied() else { return Ok(regimes) };
    unknown.sort_by(|a, b| a.label.cmp(&b.label));
    unknown.dedup_by(|a, b| a.label == b.label);
    let all: Vec<String> =
        unknown.iter().take(8).map(|r| format!("{:?}", names::shorten(&r.label))).collect();
    let more = if unknown.len() > all.len() { ", .." } else { "" };
    let problem = format!("{} holds names that are not listed: {}{more}", columns.column, all.join(", "));
    Err(Error::data(at(first), problem).hint(regimes.near(&first.label)))
}

/// Where the columns stand.
struct LabelPlaces {
    label: usize,
    available: usize,
    symbol: Option<usize>,
}

fn places(place: &str, names: &[&str], columns: &LabelColumns) -> Result<LabelPlaces> {
    let find = |wanted: &str| names.iter().position(|n| n.trim().eq_ignore_ascii_case(wanted));
    let missing = |key: &str, wanted: &str, why: &str| {
        let near = nearest(wanted, names.iter().copied());
        let hint = match near {
            Some(n) => format!("{why}; did you mean regimes.{key} = {n:?}?"),
            None => format!("{why}; name it as regimes.{key}"),
        };
        Error::data(place, format!("no column {wanted:?}; there are {}", names.join(", "))).hint(hint)
    };
    let label = find(&columns.column)
        .ok_or_else(|| missing("column", &columns.column, "the column of labels is missing"))?;
    let available = find(&columns.available).ok_or_else(|| {
        missing(
            "available",
            &columns.available,
            "a label counts from the time it is known on, so that time must be there",
        )
    })?;
    Ok(LabelPlaces { label, available, symbol: find("symbol") })
}

fn from_text(place: &str, bytes: &[u8], columns: &LabelColumns) -> Result<Vec<LabelRow>> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(true).flexible(false).from_reader(text);
    let broken = |e: &csv::Error| {
        let at = e.position().map(|p| Place::line(place, p.line() as usize));
        Error::data(at.unwrap_or_else(|| Place::file(place)), format!("cannot be read ({e})"))
            .hint("give UTF-8 text with commas and as many fields in each row as in the header")
    };
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let heads: Vec<&str> = header.iter().collect();
    let LabelPlaces { label, available, symbol } = places(place, &heads, columns)?;
    let mut record = StringRecord::new();
    let mut rows = vec![];
    while reader.read_record(&mut record).map_err(|e| broken(&e))? {
        let line = record.position().map_or(0, |p| p.line() as usize);
        let cell = |k: usize| record.get(k).unwrap_or_default().trim();
        let refuse =
            |problem: String, hint: &str| Err(Error::data(Place::line(place, line), problem).hint(hint));
        if cell(available).is_empty() {
            return refuse(
                format!("no {}: it is not said when the label is known", columns.available),
                "give each row its time, or leave the row out",
            );
        }
        let Some(available_ms) = instant::from_text(cell(available).as_bytes()) else {
            let problem =
                format!("{} is not a time: {:?}", columns.available, names::shorten(cell(available)));
            return refuse(problem, instant::HINT);
        };
        if let Some(problem) = instant::fault(available_ms) {
            return refuse(problem, "check the unit and the column of the times");
        }
        if cell(label).is_empty() {
            return refuse(format!("no {}", columns.column), "write NONE where nothing is known any longer");
        }
        let symbol = symbol.map(|k| cell(k).to_owned());
        rows.push(LabelRow { line, available_ms, label: cell(label).to_owned(), symbol });
    }
    Ok(rows)
}

fn from_columns(
    place: &str,
    file: (SchemaRef, Vec<RecordBatch>),
    columns: &LabelColumns,
) -> Result<Vec<LabelRow>> {
    let (schema, batches) = file;
    let heads: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let LabelPlaces { label, available, symbol } = places(place, &heads, columns)?;
    let mut rows: Vec<LabelRow> = vec![];
    for batch in batches {
        let first_row = rows.len();
        let cells = BatchCells { place, batch: &batch, first_row, names: &heads };
        let mut times = vec![];
        cells.times(available, available, &mut times)?;
        let kind = batch.column(label).data_type();
        if !is_text(kind) && !kind.is_integer() {
            return Err(cells.kind_error(label, kind, "a regime's name or code"));
        }
        let labels = cells.cast(label, label, &DataType::Utf8)?;
        let about = symbol.map(|c| cells.cast(c, c, &DataType::Utf8)).transpose()?;
        let about = about.as_ref().map(|a| a.as_string::<i32>());
        for (k, (available_ms, text)) in times.into_iter().zip(labels.as_string::<i32>()).enumerate() {
            let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else {
                return Err(Error::data(cells.row(k), format!("no {}", columns.column))
                    .hint("write NONE where nothing is known any longer"));
            };
            let symbol = about.map(|a| a.value(k).to_owned());
            rows.push(LabelRow { line: first_row + k + 1, available_ms, label: text.to_owned(), symbol });
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};
    use crate::table::{self, Column, Table, TextColumn};

    fn columns(names: &[&str]) -> LabelColumns {
        let names = names.iter().map(|n| (*n).to_owned()).collect();
        LabelColumns { column: "regime".into(), available: "available".into(), names }
    }

    fn read(text: &str, names: &[&str]) -> Result<LabelFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.csv");
        std::fs::write(&path, text).unwrap();
        load_labels(&path, &columns(names))
    }

    fn hours(n: i64) -> Bars {
        let flat = || vec![1.0; n as usize].into();
        let columns = Columns {
            open_time: (0..n).map(|i| 1_609_459_200_000 + i * 3_600_000).collect(),
            open: flat(),
            high: flat(),
            low: flat(),
            close: flat(),
            volume: flat(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    #[test]
    fn a_label_is_known_from_its_availability_on() {
        // What is said of 00:00 is known at 03:30: at the close of the bar of 03:00, which is at 04:00, and not before.
        let text = "time,regime,available\n2021-01-01 00:00,ON,2021-01-01 03:30\n2021-01-01 04:00,OFF,2021-01-01 06:00\n\
                    2021-01-01 06:00,NONE,2021-01-01 07:00:01\n";
        let f = read(text, &[]).unwrap();
        assert_eq!((f.regimes.names(), f.rows()), (vec!["OFF", "ON"], 3));
        let n = NO_REGIME;
        assert_eq!(f.at_closes("X", &hours(9)), [n, n, n, 1, 1, 0, 0, n, n]);
        // Bars that begin later know what was said before them.
        assert_eq!(f.at_closes("X", &hours(9).slice(4, 6)), [1, 0]);
        // ScenarioArgs names keep their order, and codes stand for them.
        let f = read("regime,available\n1,2021-01-01\nOFF,2021-01-02\n", &["ON", "OFF"]).unwrap();
        assert_eq!(f.at_closes("X", &hours(25)), [1; 25]);
    }

    #[test]
    fn symbols_have_labels_of_their_own() {
        let text = "regime,available,symbol\nON,2021-01-01,A\nOFF,2021-01-01,B\nOFF,2021-01-01 02:00,A\n";
        let f = read(text, &[]).unwrap();
        assert_eq!(
            (f.at_closes("A", &hours(3)), f.at_closes("B", &hours(3))),
            (vec![1, 0, 0], vec![0, 0, 0])
        );
        f.check_symbols(&["A", "B"]).unwrap();
        assert!(
            f.check_symbols(&["A", "C"]).unwrap_err().to_string().contains("\"B\" is no symbol of this run")
        );
        let e = f.check_symbols(&["A", "B", "C"]).unwrap_err().to_string();
        assert!(e.contains("no row is about symbol C"), "{e}");
    }

    #[test]
    fn tables_are_read_like_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.parquet");
        let table = |codes: [u32; 2]| {
            Table::new()
                .with("available", Column::TimeMs(vec![1_609_459_200_000, 1_609_466_400_000]))
                .with("regime", Column::Str(TextColumn::new(&["ON", "OFF"], codes)))
        };
        table::write(&path, &table([0, 1]), &[]).unwrap();
        let f = load_labels(&path, &columns(&[])).unwrap();
        assert_eq!(f.at_closes("X", &hours(3)), [1, 0, 0]);
        table::write(&path, &table([0, TextColumn::MISSING]), &[]).unwrap();
        let e = load_labels(&path, &columns(&[])).unwrap_err().to_string();
        assert!(e.contains("no regime"), "{e}");
        let codes = Table::new()
            .with("available", Column::TimeMs(vec![1_609_459_200_000]))
            .with("regime", Column::U8(vec![1]));
        table::write(&path, &codes, &[]).unwrap();
        assert_eq!(load_labels(&path, &columns(&["ON", "OFF"])).unwrap().at_closes("X", &hours(1)), [1]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, names, words) in [
            ("regime,available\nON,soon\n", &[][..], "l.csv:2: available is not a time: \"soon\""),
            ("regime,available\nON,\n", &[], "l.csv:2: no available: it is not said when the label is known"),
            ("regime,available\n,2021-01-01\n", &[], "l.csv:2: no regime"),
            (
                "regime,available\nON,2021-01-02\nOFF,2021-01-01\n",
                &[],
                "l.csv:3: the label is available before",
            ),
            (
                "regime,available\nON,2021-01-02\nOFF,2021-01-02\n",
                &[],
                "l.csv:3: two labels are available at the same",
            ),
            ("regime,available\n1,2021-01-02\n", &[], "l.csv:2: regime is a code: \"1\""),
            ("regime,available\non,2021-01-02\n", &[], "column regime: \"on\" is no name of a regime"),
            ("regime,available\nNONE,2021-01-02\n", &[], "there must be 1 to 32 regimes, was 0"),
            (
                "regime,available\nON,2021-01-01\nOF,2021-01-02\nX,2021-01-03\n",
                &["ON", "OFF"],
                "l.csv:3: regime holds names that are not listed: \"OF\", \"X\"\n\nhint: did you mean \"OFF\"?",
            ),
            ("regime,available\n2,2021-01-01\n", &["ON", "OFF"], "not listed: \"2\""),
            ("regime,time\nON,2021-01-01\n", &[], "no column \"available\"; there are regime, time"),
            ("regimes,available\nON,2021-01-01\n", &[], "did you mean regimes.column = \"regimes\"?"),
            ("regime,available\nON\n", &[], "l.csv:2"),
            ("regime,available\n", &[], "a header but no rows"),
        ] {
            let e = read(text, names).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            assert!(e.to_string().contains(words), "{text:?}: {e}");
        }
    }
}
