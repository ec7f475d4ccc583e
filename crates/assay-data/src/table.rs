//! The table format of results: named columns of equal length in one Parquet file.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

pub use super::columns::{Column, TextColumn};
use super::file;
use super::parquet_file::{MAGIC, guarded, open, unreadable};
use super::parquet_in::place_of_row;
use super::parquet_out::{Floats, Pieces, encode};
use crate::error::{Error, Result, nearest};

mod typed;

/// Key of a file's metadata: the edge of a bar that its times mark.
pub const BAR_TIME: &str = "assay:time";

/// Key of a file's metadata: the instrument.
pub const BAR_SYMBOL: &str = "assay:symbol";

/// Key of a file's metadata: the length of a bar.
pub const BAR_TIMEFRAME: &str = "assay:timeframe";

/// Named columns of equal length, in order, with the file's metadata.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The file it came from, for errors.
    source: String,
    rows: usize,
    columns: Vec<(Cow<'static, str>, Column)>,
    metadata: Vec<(String, String)>,
}

/// Writes `table` to `path` with `metadata`. The bytes depend on the arguments alone; the file appears whole or not at
/// all.
///
/// # Errors
/// The columns differ in length or share a name, or the file cannot be written.
pub fn write(path: &Path, table: &Table, metadata: &[(&str, String)]) -> Result<()> {
    file::write_atomic(path, &bytes(path, table, metadata)?)
}

/// The bytes of the file that [`write()`] writes to `path`.
///
/// # Errors
/// The columns differ in length or share a name.
pub fn bytes(path: &Path, table: &Table, metadata: &[(&str, String)]) -> Result<Vec<u8>> {
    let place = path.display().to_string();
    let rows = table.rows;
    for (i, (name, column)) in table.columns.iter().enumerate() {
        if column.len() != rows {
            let problem =
                format!("column {name} has {} rows where the first column has {rows}", column.len());
            return Err(Error::internal(place, problem));
        }
        if table.columns[..i].iter().any(|(n, _)| n == name) {
            return Err(Error::internal(place, format!("two columns are named {name}")));
        }
    }
    encode(&place, table.arrow()?, metadata, Floats::Computed)
}

/// A table written piece by piece, so that no more of it than a piece is in memory.
pub struct TableWriter {
    place: String,
    names: Vec<String>,
    pieces: Pieces,
}

impl TableWriter {
    /// Begins the file `path` with the rows of `first`, whose columns those that follow have as well.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path, first: &Table, metadata: &[(&str, String)]) -> Result<Self> {
        let place = path.display().to_string();
        let file = std::fs::File::create(path).map_err(|e| {
            Error::output(&place, format!("cannot be written ({e})")).caused_by(e).hint("is the disk full?")
        })?;
        let columns = first.arrow()?;
        let names = first.names().map(str::to_owned).collect();
        let mut writer = Self { pieces: Pieces::new(&place, file, &columns, metadata)?, place, names };
        writer.pieces.write(&writer.place, columns)?;
        Ok(writer)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// They have other columns, or the file cannot be written.
    pub fn append(&mut self, table: &Table) -> Result<()> {
        if !table.names().eq(self.names.iter().map(String::as_str)) {
            return Err(Error::internal(&self.place, "a piece of the table has other columns"));
        }
        self.pieces.write(&self.place, table.arrow()?)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<()> {
        self.pieces.finish(&self.place)
    }
}

/// Reads a table that [`write()`] wrote.
///
/// # Errors
/// The file is missing, damaged, or has a column of a type that [`write()`] does not write.
pub fn read(path: &Path) -> Result<Table> {
    let (handle, bytes) = file::read(path)?;
    let place = path.display().to_string();
    if !bytes.starts_with(MAGIC) {
        return Err(Error::data(&place, "not a Parquet file (it does not begin with PAR1)"));
    }
    guarded(&place, || read_trusting(&place, handle, &bytes))
}

fn read_trusting(place: &str, handle: std::fs::File, bytes: &[u8]) -> Result<Table> {
    let again =
        handle.try_clone().map_err(|e| Error::data(place, format!("cannot be read ({e})")).caused_by(e))?;
    let plain = open(place, again, bytes)?;
    let metadata = plain.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let metadata = metadata.into_iter().map(|kv| (kv.key, kv.value.unwrap_or_default())).collect();
    // Text is asked for as codes, which is how it lies in the file.
    let fields = plain.schema().fields().iter().map(|f| match f.data_type() {
        DataType::Utf8 => Field::new_dictionary(f.name(), DataType::Int32, DataType::Utf8, f.is_nullable()),
        _ => f.as_ref().clone(),
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(schema.clone());
    let shape =
        ArrowReaderMetadata::try_new(plain.metadata().clone(), options).map_err(|e| unreadable(place, e))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(handle, shape).with_batch_size(1 << 17);

    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let column = Column::for_type(field.data_type()).ok_or_else(|| {
            let (name, kind) = (field.name(), field.data_type());
            Error::data(place, format!("column {name} holds {kind}, which no table of this program does"))
        })?;
        columns.push((Cow::Owned(field.name().clone()), column));
    }
    let mut rows = 0;
    for batch in builder.build().map_err(|e| unreadable(place, e))? {
        let batch = batch.map_err(|e| unreadable(place, e))?;
        for ((name, column), array) in columns.iter_mut().zip(batch.columns()) {
            column
                .append(array)
                .map_err(|row| Error::data(place_of_row(place, rows + row), format!("{name} is null")))?;
        }
        rows += batch.num_rows();
    }
    Ok(Table { source: place.to_owned(), rows, columns, metadata })
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column at the end. Length and name are checked by [`write()`].
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, column: Column) {
        if self.columns.is_empty() {
            self.rows = column.len();
        }
        self.columns.push((name.into(), column));
    }

    /// As [`Table::push`], for building a table in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, column: Column) -> Self {
        self.push(name, column);
        self
    }

    /// Adds a column behind the one named `after`, at the end where there is none of that name; a column that
    /// has its name already is replaced where it stands.
    pub fn push_after(&mut self, after: &str, name: impl Into<Cow<'static, str>>, column: Column) {
        let name = name.into();
        if let Some(k) = self.columns.iter().position(|(n, _)| *n == name) {
            self.columns[k].1 = column;
            return;
        }
        match self.columns.iter().position(|(n, _)| n == after) {
            Some(k) => self.columns.insert(k + 1, (name, column)),
            None => self.push(name, column),
        }
    }

    /// The same for several columns.
    #[must_use]
    pub fn with_all<N: Into<Cow<'static, str>>>(
        mut self,
        columns: impl IntoIterator<Item = (N, Column)>,
    ) -> Self {
        for (name, column) in columns {
            self.push(name, column);
        }
        self
    }

    /// The same without the columns whose names are not wanted.
    #[must_use]
    pub fn without(&self, unwanted: impl Fn(&str) -> bool) -> Self {
        let columns = self.columns.iter().filter(|(n, _)| !unwanted(n)).cloned().collect();
        Self { columns, ..self.clone_head() }
    }

    fn clone_head(&self) -> Self {
        Self {
            source: self.source.clone(),
            rows: self.rows,
            columns: vec![],
            metadata: self.metadata.clone(),
        }
    }

    fn arrow(&self) -> Result<Vec<(Field, ArrayRef)>> {
        self.columns.iter().map(|(name, column)| column.to_arrow(name)).collect()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(n, _)| n.as_ref())
    }

    /// The columns with their names, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(n, c)| (n.as_ref(), c))
    }

    /// The columns by value, in order.
    pub fn into_columns(self) -> impl Iterator<Item = (Cow<'static, str>, Column)> {
        self.columns.into_iter()
    }

    /// What the file says under `key` of its metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The column `name`.
    ///
    /// # Errors
    /// There is none.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns().find(|(n, _)| *n == name).map(|(_, c)| c).ok_or_else(|| {
            let error = Error::data(self.place(), format!("no column {name}"));
            match nearest(name, self.names()) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => {
                    error.hint(format!("the columns are {}", self.names().collect::<Vec<_>>().join(", ")))
                }
            }
        })
    }

    fn place(&self) -> &str {
        if self.source.is_empty() { "table" } else { &self.source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new()
            .with("t", Column::TimeMs(vec![0, 60_000, i64::MAX]))
            .with("x", Column::F64(vec![f64::NAN, -0.0, f64::INFINITY]))
            .with("i", Column::I64(vec![i64::MIN, 0, i64::MAX]))
            .with("b", Column::Bool(vec![true, false, true]))
            .with("u", Column::U8(vec![0, 4, 255]))
            .with("n", Column::U32(vec![0, 7, u32::MAX]))
            .with("s", Column::Str(TextColumn::new(&["TRENDING", "QUIET"], [1u8, 255, 0])))
            .with("free", Column::Str(TextColumn::collect(["é", "", "é"])))
            .with("lists", Column::I16Lists(vec![vec![1, -32_767], vec![], vec![7]]))
    }

    #[test]
    fn everything_comes_back_and_the_bytes_repeat() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.parquet"), dir.path().join("b.parquet"));
        let meta = [("z", "1".to_owned()), ("a", "two".to_owned())];
        write(&a, &table(), &meta).unwrap();
        write(&b, &table(), &meta).unwrap();
        assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
        let (want, got) = (table(), read(&a).unwrap());
        assert_eq!(got.rows(), 3);
        assert_eq!(got.names().collect::<Vec<_>>(), want.names().collect::<Vec<_>>());
        let bits = |t: &Table| t.f64("x").unwrap().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&got), bits(&want));
        assert_eq!(got.time_ms("t").unwrap(), want.time_ms("t").unwrap());
        assert_eq!(got.i64("i").unwrap(), want.i64("i").unwrap());
        assert_eq!(got.bool("b").unwrap(), want.bool("b").unwrap());
        assert_eq!(got.u8("u").unwrap(), want.u8("u").unwrap());
        assert_eq!(got.u32("n").unwrap(), want.u32("n").unwrap());
        assert_eq!(got.lists("lists").unwrap(), want.lists("lists").unwrap());
        for name in ["s", "free"] {
            let (got, want) = (got.labels(name).unwrap(), want.labels(name).unwrap());
            assert_eq!(
                (0..3).map(|i| got.get(i)).collect::<Vec<_>>(),
                (0..3).map(|i| want.get(i)).collect::<Vec<_>>()
            );
        }
        assert_eq!((got.metadata("a"), got.metadata("none")), (Some("two"), None));
    }

    #[test]
    fn empty_tables_and_tables_of_no_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        let none = Table::new().with("x", Column::F64(vec![])).with("s", Column::Str(TextColumn::default()));
        write(&path, &none, &[]).unwrap();
        let got = read(&path).unwrap();
        assert_eq!((got.rows(), got.f64("x").unwrap().len(), got.labels("s").unwrap().len()), (0, 0, 0));
    }

    #[test]
    fn several_row_groups_come_back_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        let n = 300_000u32;
        let text: Vec<String> = (0..n).map(|i| format!("t{}", i / 100_000)).collect();
        let big = Table::new()
            .with("n", Column::U32((0..n).collect()))
            .with("s", Column::Str(TextColumn::collect(text.iter().map(String::as_str))));
        write(&path, &big, &[]).unwrap();
        let got = read(&path).unwrap();
        assert_eq!(got.column("n").unwrap(), big.column("n").unwrap());
        assert_eq!(got.labels("s").unwrap(), big.labels("s").unwrap());
    }

    #[test]
    fn errors_name_file_column_and_type() {
        let table = table();
        assert_eq!(
            table.f64("fre").unwrap_err().to_string(),
            "table: no column fre\n\nhint: did you mean free?"
        );
        assert_eq!(
            table.f64("nothing").unwrap_err().to_string(),
            "table: no column nothing\n\nhint: the columns are t, x, i, b, u, n, s, free, lists"
        );
        assert_eq!(
            table.f64("s").unwrap_err().to_string(),
            "table: column s holds text where numbers (f64) are expected"
        );
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        let uneven = Table::new().with("a", Column::U8(vec![1])).with("b", Column::U8(vec![]));
        assert!(write(&path, &uneven, &[]).unwrap_err().to_string().contains("column b has 0 rows"));
        let twice = Table::new().with("a", Column::U8(vec![1])).with("a", Column::U8(vec![1]));
        assert!(write(&path, &twice, &[]).unwrap_err().to_string().contains("two columns are named a"));
        std::fs::write(&path, "hello").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("not a Parquet file"));
    }
}
