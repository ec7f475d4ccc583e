//! Rows that become known at a time, from a file: news, calendars, approvals, probabilities of another program.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_schema::DataType;
use csv::{ReaderBuilder, StringRecord};
use parquet::file::reader::ChunkReader;

use super::columnar::{batches, is_columnar};
use super::identity::Identity;
use super::parquet_in::{BatchCells, is_text, place_of_row};
use super::table::{Column, TextColumn};
use super::{file, instant, names};
use crate::error::{Error, Place, Result, nearest};

/// Events in the order in which they became known; those of one time in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct EventFile {
    /// The file.
    pub place: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// When each row was known, milliseconds UTC, never falling.
    pub available_ms: Vec<i64>,
    /// Which symbol each row is about; missing where it is about all. None where the file has no such column.
    symbol: Option<TextColumn>,
    /// The other columns: numbers, text or times.
    columns: Vec<(String, Column)>,
    /// Line of the file behind each row, or its number in a file of columns.
    lines: Vec<usize>,
    columnar: bool,
}

/// Names of the column that says when a row was known.
const AVAILABLE: [&str; 5] = ["available_time", "available", "available_ts", "available_at", "known_time"];
const HINT: &str = "say when each row could be known, not when it happened: 2024-03-08 13:30, UTC";

impl EventFile {
    /// What makes them the same events, from whatever file: a hash of every column under its name.
    pub fn id(&self) -> String {
        let mut hash = Identity::new("events", self.len()).times(&self.available_ms);
        if let Some(symbol) = &self.symbol {
            hash = hash.column("symbol", &Column::Str(symbol.clone()));
        }
        let mut columns: Vec<_> = self.columns.iter().collect();
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        columns.into_iter().fold(hash, |hash, (name, column)| hash.column(name, column)).end()
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.available_ms.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.available_ms.is_empty()
    }

    /// How many of the rows were known at a time: at the close of a bar, those that a decision there may read.
    pub fn known_by(&self, time_ms: i64) -> usize {
        self.available_ms.partition_point(|t| *t <= time_ms)
    }

    /// Whether a row is about a symbol: it names it, or none.
    pub fn is_about(&self, row: usize, symbol: &str) -> bool {
        self.symbol.as_ref().and_then(|s| s.get(row)).is_none_or(|s| s == symbol)
    }

    /// A column of numbers; NaN where a row says nothing.
    ///
    /// # Errors
    /// There is no such column, or it holds something else.
    pub fn numbers(&self, name: &str) -> Result<&[f64]> {
        match self.column(name)? {
            Column::F64(values) => Ok(values),
            Column::Str(texts) => {
                let no_number = |r: &usize| texts.get(*r).is_some_and(|t| t.parse::<f64>().is_err());
                let row = (0..texts.len()).find(no_number).unwrap_or(0);
                let said = names::shorten(texts.get(row).unwrap_or_default());
                Err(Error::data(self.place_of(row), format!("{name} is no number: {said:?}"))
                    .hint("leave a cell empty where nothing is known"))
            }
            other => Err(self.holds(name, other, "numbers")),
        }
    }

    /// A column of text; missing where a row says nothing.
    ///
    /// # Errors
    /// There is no such column, or it holds something else.
    pub fn text(&self, name: &str) -> Result<&TextColumn> {
        match self.column(name)? {
            Column::Str(values) => Ok(values),
            other => Err(self.holds(name, other, "text")),
        }
    }

    fn column(&self, name: &str) -> Result<&Column> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, c)| c).ok_or_else(|| {
            let there: Vec<&str> = self.columns.iter().map(|(n, _)| n.as_str()).collect();
            let near = nearest(name, there.iter().copied()).map(|n| format!("; did you mean {n}?"));
            let problem =
                format!("no column {name}; there are {}{}", there.join(", "), near.unwrap_or_default());
            Error::data(&self.place, problem).hint("name the column as the system expects it")
        })
    }

    fn holds(&self, name: &str, column: &Column, wanted: &str) -> Error {
        Error::data(&self.place, format!("column {name} holds {} where {wanted} are expected", column.kind()))
            .hint("write one kind of value in each row of a column")
    }

    /// Where a row stands in the file.
    pub fn place_of(&self, row: usize) -> Place {
        match self.lines.get(row) {
            Some(line) if self.columnar => place_of_row(&self.place, line - 1),
            Some(line) => Place::line(&self.place, *line),
            None => Place::file(&self.place),
        }
    }

    /// Checks that the file names no other symbols than `symbols`.
    ///
    /// # Errors
    /// It does.
    pub fn check_symbols(&self, symbols: &[&str]) -> Result<()> {
        let Some(named) = &self.symbol else { return Ok(()) };
        let stranger = (0..self.len()).find(|r| named.get(*r).is_some_and(|s| !symbols.contains(&s)));
        let Some(row) = stranger else { return Ok(()) };
        let name = named.get(row).unwrap_or_default();
        let near = nearest(name, symbols.iter().copied())
            .map_or_else(|| format!("there are {}.", symbols.join(", ")), |n| format!("did you mean {n}?"));
        Err(Error::data(self.place_of(row), format!("{name:?} is no symbol of this run"))
            .hint(format!("{near} Leave it empty for a row about all")))
    }

    /// The rows known by a time.
    #[must_use]
    pub fn until(&self, time_ms: i64) -> Self {
        let n = self.known_by(time_ms);
        self.picked(&(0..n).collect::<Vec<_>>())
    }

    /// These rows, in this order.
    fn picked(&self, rows: &[usize]) -> Self {
        let text = |l: &TextColumn| TextColumn {
            names: l.names.clone(),
            codes: rows.iter().map(|r| l.codes[*r]).collect(),
        };
        let column = |c: &Column| match c {
            Column::F64(v) => Column::F64(rows.iter().map(|r| v[*r]).collect()),
            Column::TimeMs(v) => Column::TimeMs(rows.iter().map(|r| v[*r]).collect()),
            Column::Str(l) => Column::Str(text(l)),
            other => other.clone(),
        };
        Self {
            place: self.place.clone(),
            sha256: self.sha256.clone(),
            available_ms: rows.iter().map(|r| self.available_ms[*r]).collect(),
            symbol: self.symbol.as_ref().map(text),
            columns: self.columns.iter().map(|(n, c)| (n.clone(), column(c))).collect(),
            lines: rows.iter().map(|r| self.lines[*r]).collect(),
            columnar: self.columnar,
        }
    }

    /// In the order in which the rows became known.
    fn sorted(self) -> Self {
        if self.available_ms.is_sorted() {
            return self;
        }
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.sort_by_key(|r| self.available_ms[*r]);
        self.picked(&rows)
    }
}

/// Reads events from CSV or a file of columns: a column `available_time` that says when each row was known, one named
/// `symbol` where rows are about one of several, and whatever columns the system reads. Numbers may be missing.
///
/// # Errors
/// The file or a row of it cannot be understood, or says not when it was known.
pub fn load_events(path: &Path) -> Result<EventFile> {
    let (handle, bytes) = file::read(path)?;
    events_of(path.display().to_string(), handle, &bytes)
}

/// As [`load_events`] of the content `bytes` of a file.
pub(super) fn events_of<F: ChunkReader + 'static>(
    place: String,
    handle: F,
    bytes: &[u8],
) -> Result<EventFile> {
    let mut out = EventFile { sha256: file::sha256_hex(bytes), place, ..EventFile::default() };
    out.columnar = is_columnar(bytes);
    if out.columnar {
        from_columns(&mut out, handle, bytes)?;
    } else {
        from_text(&mut out, bytes)?;
    }
    Ok(out.sorted())
}

/// Which column says when, and which about what.
fn roles(place: &str, names: &[String]) -> Result<(usize, Option<usize>)> {
    let find = |wanted: &str| names.iter().position(|n| n.trim().eq_ignore_ascii_case(wanted));
    for (k, name) in names.iter().enumerate() {
        if names[..k].contains(name) {
            return Err(Error::data(place, format!("two columns are named {name}")).hint("name each once"));
        }
    }
    let Some(at) = AVAILABLE.iter().find_map(|w| find(w)) else {
        let problem = format!("no column says when a row was known; there are {}", names.join(", "));
        return Err(Error::data(place, problem).hint(format!("add a column {}: {HINT}", AVAILABLE[0])));
    };
    Ok((at, find("symbol")))
}

fn from_text(out: &mut EventFile, bytes: &[u8]) -> Result<()> {
    let place = out.place.clone();
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut rows = ReaderBuilder::new().has_headers(true).flexible(false).from_reader(text);
    let broken = |e: &csv::Error| {
        let at = e.position().map(|p| Place::line(&place, p.line() as usize));
        Error::data(at.unwrap_or_else(|| Place::file(&place)), format!("cannot be read ({e})"))
            .hint("give UTF-8 text with commas and as many fields in each row as in the header")
    };
    let names: Vec<String> = rows.headers().map_err(|e| broken(&e))?.iter().map(str::to_owned).collect();
    let (at, symbol) = roles(&place, &names)?;
    let mut cells: Vec<Vec<String>> = vec![vec![]; names.len()];
    let mut record = StringRecord::new();
    while rows.read_record(&mut record).map_err(|e| broken(&e))? {
        let line = record.position().map_or(0, |p| p.line() as usize);
        let said = record.get(at).unwrap_or_default().trim();
        let refuse = |problem: String| Error::data(Place::line(&place, line), problem).hint(HINT);
        if said.is_empty() {
            return Err(refuse(format!("{} is empty: the row does not say when it was known", names[at])));
        }
        let Some(ms) = instant::from_text(said.as_bytes()) else {
            return Err(refuse(format!("{} is not a time: {:?}", names[at], names::shorten(said))));
        };
        if let Some(problem) = instant::fault(ms) {
            return Err(refuse(problem));
        }
        out.available_ms.push(ms);
        out.lines.push(line);
        for (column, cell) in cells.iter_mut().zip(record.iter()) {
            column.push(cell.trim().to_owned());
        }
    }
    for (k, (name, texts)) in names.into_iter().zip(cells).enumerate() {
        if Some(k) == symbol {
            out.symbol = Some(labels(texts.iter().map(|t| Some(t.as_str()))));
        } else if k != at {
            out.columns.push((name, guessed(&texts)));
        }
    }
    Ok(())
}

/// Texts, empty ones missing.
fn labels<'a>(texts: impl Iterator<Item = Option<&'a str>> + Clone) -> TextColumn {
    let some = |t: Option<&'a str>| t.filter(|t| !t.trim().is_empty());
    let mut all = TextColumn::collect(texts.clone().map(|t| some(t).unwrap_or_default()));
    for (code, text) in all.codes.iter_mut().zip(texts) {
        if some(text).is_none() {
            *code = TextColumn::MISSING;
        }
    }
    all
}

/// Numbers where every cell that is not empty is one, else text.
fn guessed(texts: &[String]) -> Column {
    let number = |t: &String| if t.is_empty() { Some(f64::NAN) } else { t.parse().ok() };
    match texts.iter().map(number).collect::<Option<Vec<f64>>>() {
        Some(numbers) => Column::F64(numbers),
        None => Column::Str(labels(texts.iter().map(|t| Some(t.as_str())))),
    }
}

fn from_columns<F: ChunkReader + 'static>(out: &mut EventFile, handle: F, bytes: &[u8]) -> Result<()> {
    let place = out.place.clone();
    let (schema, batches) = batches(&place, handle, bytes)?;
    let names: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    let (at, symbol) = roles(&place, &names)?;
    let shown: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut texts: Vec<Vec<Option<String>>> = vec![vec![]; names.len()];
    let mut numbers: Vec<Vec<f64>> = vec![vec![]; names.len()];
    let mut times: Vec<Vec<i64>> = vec![vec![]; names.len()];
    let mut first_row = 0;
    for batch in &batches {
        let cells = BatchCells { place: &place, batch, first_row, names: &shown };
        if let Some(row) = (0..batch.num_rows()).find(|r| batch.column(at).is_null(*r)) {
            let problem = format!("{} is null: the row does not say when it was known", names[at]);
            return Err(Error::data(cells.row(row), problem).hint(HINT));
        }
        cells.times(at, at, &mut out.available_ms)?;
        out.lines.extend((0..batch.num_rows()).map(|k| first_row + k + 1));
        for k in (0..names.len()).filter(|k| *k != at) {
            let kind = batch.column(k).data_type().clone();
            if Some(k) == symbol || is_text(&kind) {
                let cast = cells.cast(k, k, &DataType::Utf8)?;
                texts[k].extend(cast.as_string::<i32>().iter().map(|t| t.map(str::to_owned)));
            } else if kind.is_numeric() || kind == DataType::Boolean {
                let cast = cells.cast(k, k, &DataType::Float64)?;
                numbers[k].extend(cast.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(f64::NAN)));
            } else if kind.is_temporal() {
                cells.times(k, k, &mut times[k])?;
            } else {
                return Err(cells.kind_error(k, &kind, "events are numbers, text or times"));
            }
        }
        first_row += batch.num_rows();
    }
    for (k, name) in names.into_iter().enumerate().filter(|(k, _)| *k != at) {
        let text = || labels(texts[k].iter().map(Option::as_deref));
        if Some(k) == symbol {
            out.symbol = Some(text());
            continue;
        }
        let kind = schema.field(k).data_type();
        let column = if is_text(kind) {
            Column::Str(text())
        } else if kind.is_temporal() {
            Column::TimeMs(std::mem::take(&mut times[k]))
        } else {
            Column::F64(std::mem::take(&mut numbers[k]))
        };
        out.columns.push((name, column));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<EventFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("news.csv");
        std::fs::write(&path, text).unwrap();
        load_events(&path)
    }

    #[test]
    fn rows_are_known_from_their_availability_on_whatever_their_order() {
        let e = read(
            "event_time,available_time,symbol,score,source\n\
             2024-01-01 00:00,2024-01-01 02:00,BTC,0.5,a\n\
             2024-01-01 00:30,2024-01-01 01:00,,-1,b\n\
             2024-01-01 01:30,2024-01-01 02:00,ETH,,\n",
        )
        .unwrap();
        let hour = |h: i64| 1_704_067_200_000 + h * 3_600_000;
        assert_eq!(e.available_ms, [hour(1), hour(2), hour(2)]);
        assert_eq!([0, 1, 2].map(|h| e.known_by(hour(h))), [0, 1, 3]);
        assert_eq!(e.known_by(hour(1) - 1), 0);
        let scores = e.numbers("score").unwrap();
        assert!(scores[..2] == [-1.0, 0.5] && scores[2].is_nan());
        assert_eq!((e.text("source").unwrap().get(1), e.text("source").unwrap().get(2)), (Some("a"), None));
        assert_eq!([0, 1, 2].map(|r| e.is_about(r, "BTC")), [true, true, false]);
        assert!(e.place_of(0).to_string().ends_with("news.csv:3"));
        let early = e.until(hour(1));
        assert_eq!((early.len(), early.numbers("score").unwrap()), (1, &[-1.0][..]));
        assert!(e.check_symbols(&["BTC", "ETH"]).is_ok());
        let wrong = e.check_symbols(&["BTC", "ETHER"]).unwrap_err().to_string();
        assert!(wrong.contains("news.csv:4: \"ETH\" is no symbol of this run"), "{wrong}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, words) in [
            ("time,score\n2024-01-01,1\n", "no column says when a row was known; there are time, score"),
            (
                "available,score\n,1\n",
                "news.csv:2: available is empty: the row does not say when it was known",
            ),
            ("available,score\nsoon,1\n", "news.csv:2: available is not a time: \"soon\""),
            ("available,score,score\n2024-01-01,1,2\n", "two columns are named score"),
            ("available,score\n2024-01-01\n", "news.csv:2"),
        ] {
            let e = read(text).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            assert!(e.to_string().contains(words), "{text:?}: {e}");
        }
        let e = read("available,score\n2024-01-01,high\n").unwrap();
        let wrong = e.numbers("score").unwrap_err().to_string();
        assert!(wrong.contains("news.csv:2: score is no number: \"high\""), "{wrong}");
        let missing = e.numbers("scores").unwrap_err().to_string();
        assert!(missing.contains("no column scores; there are score; did you mean score?"), "{missing}");
        assert!(read("available,score\n").unwrap().is_empty());
    }

    #[test]
    fn a_file_of_columns_is_read_alike() {
        use super::super::table::{self, Table};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("news.parquet");
        let t = Table::new()
            .with("available_time", Column::TimeMs(vec![2000, 1000]))
            .with("score", Column::F64(vec![0.5, -1.0]))
            .with("kind", Column::Str(TextColumn::collect(["a", "b"])))
            .with("event_time", Column::TimeMs(vec![5, 6]));
        table::write(&path, &t, &[]).unwrap();
        let e = load_events(&path).unwrap();
        assert_eq!((&e.available_ms[..], e.numbers("score").unwrap()), (&[1000, 2000][..], &[-1.0, 0.5][..]));
        assert_eq!(e.text("kind").unwrap().get(0), Some("b"));
        assert!(e.place_of(0).to_string().ends_with("row 2"), "{}", e.place_of(0));
    }
}
