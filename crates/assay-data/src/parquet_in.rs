//! Bars from a Parquet file.

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType, UInt8Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::file::reader::ChunkReader;

use super::columnar::arrow_batches;
use super::instant;
use super::names::{self, ColumnRequest, TimeAt};
use super::parquet_file::{guarded, open, unreadable};
use super::row_symbols::{RowSymbols, is_asked};
use super::rows::{At, Places, Rows};
use super::synth::REGIMES;
use super::two_levels::Levels;
use crate::error::{Error, Place, Result};
use crate::regime::NO_REGIME;

/// The optional column that holds the regime that generated each bar.
pub(super) const TRUTH: &str = "true_regime";

/// What a generated history says of itself in the metadata of its file.
pub(super) const SYNTHETIC: (&str, Option<&str>) = ("assay:source", Some("synthetic"));

/// The content of a file of columns, not yet checked as bars.
pub(super) struct RawColumns {
    pub rows: Rows,
    /// Regime codes, where the file has the column.
    pub truth: Option<Vec<u8>>,
    /// Name of the column of times.
    pub time_name: String,
    /// Whether the times say of themselves that they are UTC, or are numbers since 1970.
    pub zoned: bool,
    /// The instrument of the rows, where a column names it.
    pub symbol: Option<String>,
    /// Rows left out because they are of others.
    pub of_others: usize,
    /// Columns that are not read and look like a volume, where none is known as it.
    pub like_volume: Vec<String>,
    /// What the file says of itself.
    pub metadata: Vec<(String, String)>,
}

impl RawColumns {
    /// What the metadata say under `key`.
    pub fn said(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The same, of an instrument that the names of its columns say.
    fn of(self, symbol: Option<String>) -> Self {
        Self { symbol: self.symbol.or(symbol), ..self }
    }

    /// Whether the file says of itself that it was generated.
    pub fn synthetic(&self) -> bool {
        self.said(SYNTHETIC.0) == SYNTHETIC.1
    }
}

/// `file: row N` of the zero-based row `row`.
pub(super) fn place_of_row(place: &str, row: usize) -> Place {
    Place::row(place, row + 1)
}

/// Reads the bars of `file`, whose whole content is `bytes`.
pub(super) fn read(place: &str, file: File, bytes: &[u8], wanted: &ColumnRequest) -> Result<RawColumns> {
    guarded(place, || read_trusting(place, file, bytes, wanted))
}

/// Reads the bars of a Parquet file that is not on disk by itself.
pub(super) fn read_bytes(place: &str, bytes: &Bytes, wanted: &ColumnRequest) -> Result<RawColumns> {
    guarded(place, || read_trusting(place, bytes.clone(), bytes, wanted))
}

/// Reads the bars of an Arrow file, whose whole content is `bytes`.
pub(super) fn read_arrow(place: &str, bytes: &[u8], wanted: &ColumnRequest) -> Result<RawColumns> {
    let (schema, batches) = arrow_batches(place, bytes)?;
    let (names, symbol) = names_of(place, &schema, wanted)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let layout = ParquetLayout::of(place, &names, &schema, wanted)?;
    let metadata = schema.metadata().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let read = layout.collect(place, &names, batches.into_iter().map(Ok), |column| column, metadata)?;
    Ok(read.of(symbol))
}

fn read_trusting<F: ChunkReader + 'static>(
    place: &str,
    file: F,
    bytes: &[u8],
    wanted: &ColumnRequest,
) -> Result<RawColumns> {
    let builder = open(place, file, bytes)?;
    let schema = builder.schema().clone();
    let said = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let said = said.into_iter().map(|kv| (kv.key, kv.value.unwrap_or_default())).collect();
    let (names, symbol) = names_of(place, &schema, wanted)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let layout = ParquetLayout::of(place, &names, &schema, wanted)?;
    let wanted = layout.columns();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let at = |column: usize| wanted.partition_point(|&w| w < column);
    let batches = builder.with_projection(mask).with_batch_size(1 << 16).build();
    let batches = batches.map_err(|e| unreadable(place, e))?.map(|b| b.map_err(|e| unreadable(place, e)));
    Ok(layout.collect(place, &names, batches, at, said)?.of(symbol))
}

/// The names of the columns, and the instrument where they name one beside each price.
fn names_of(place: &str, schema: &Schema, wanted: &ColumnRequest) -> Result<(Vec<String>, Option<String>)> {
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    match Levels::of_tuples(&names) {
        None => Ok((names.into_iter().map(str::to_owned).collect(), None)),
        Some(levels) => {
            let one = levels.one(wanted.symbol.as_deref(), &Place::file(place))?;
            Ok((one.names, Some(one.symbol)))
        }
    }
}

/// Which column of a file of columns is what.
struct ParquetLayout {
    time: usize,
    zoned: bool,
    prices: [usize; 4],
    volume: Option<usize>,
    /// Whether a volume may be missing in a row.
    volume_optional: bool,
    truth: Option<usize>,
    spread: Option<usize>,
    symbol: Option<usize>,
    /// The instrument whose rows are read, where any is of it.
    asked: Option<String>,
}

impl ParquetLayout {
    fn of(place: &str, names: &[&str], schema: &Schema, wanted: &ColumnRequest) -> Result<Self> {
        let roles = names::find(names, wanted).map_err(|f| Error::data(place, f.problem).hint(f.hint))?;
        let time = match roles.time {
            TimeAt::One(i) => i,
            TimeAt::DateAndClock(date, clock) => {
                let whole = |i: usize| matches!(schema.field(i).data_type(), DataType::Timestamp(..));
                [date, clock].into_iter().find(|&i| whole(i)).ok_or_else(|| {
                    Error::data(
                        place,
                        format!("the time is in two columns, {} and {}", names[date], names[clock]),
                    )
                    .hint("join them into one timestamp column named open_time")
                })?
            }
        };
        let truth = names.iter().position(|n| *n == TRUTH);
        let spread = roles.spread.filter(|&i| schema.field(i).data_type().is_numeric());
        let zoned = match schema.field(time).data_type() {
            DataType::Timestamp(_, zone) => zone.is_some(),
            kind => kind.is_numeric(),
        };
        let names_it = |kind: &DataType| match kind {
            DataType::Dictionary(_, value) => is_text(value),
            kind => is_text(kind) || kind.is_integer(),
        };
        let symbol = roles.symbol.filter(|&i| names_it(schema.field(i).data_type()));
        let (prices, volume) = (roles.prices, roles.volume);
        let (volume_optional, asked) = (wanted.volume_optional, wanted.symbol.clone());
        Ok(Self { time, zoned, prices, volume, volume_optional, truth, spread, symbol, asked })
    }

    /// The columns that are read, rising.
    fn columns(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self
            .prices
            .into_iter()
            .chain([self.time])
            .chain(self.volume)
            .chain(self.truth)
            .chain(self.spread)
            .chain(self.symbol)
            .collect();
        all.sort_unstable();
        all
    }

    /// Reads every batch; `at` says which column of a batch a column of the file is.
    fn collect(
        &self,
        place: &str,
        names: &[&str],
        batches: impl Iterator<Item = Result<RecordBatch>>,
        at: impl Fn(usize) -> usize,
        metadata: Vec<(String, String)>,
    ) -> Result<RawColumns> {
        let mut rows = Rows { has_volume: self.volume.is_some(), ..Rows::default() };
        let mut codes: Vec<u8> = Vec::new();
        let mut spreads: Vec<f64> = Vec::new();
        let mut symbols = RowSymbols::default();
        let mut asked_for: Vec<usize> = Vec::new();
        for batch in batches {
            let batch = batch?;
            let cell = BatchCells { place, batch: &batch, first_row: rows.len(), names };
            cell.times(self.time, at(self.time), &mut rows.time_ms)?;
            let [open, high, low, close, volume] = rows.values_mut();
            for (column, &i) in [open, high, low, close].into_iter().zip(&self.prices) {
                cell.prices(i, at(i), column)?;
            }
            match self.volume {
                Some(i) if self.volume_optional => cell.gappy(i, at(i), volume)?,
                Some(i) => cell.prices(i, at(i), volume)?,
                None => volume.resize(volume.len() + batch.num_rows(), 0.0),
            }
            if let Some(i) = self.truth {
                cell.regimes(i, at(i), &mut codes)?;
            }
            if let Some(i) = self.spread {
                cell.gappy(i, at(i), &mut spreads)?;
            }
            if let Some(i) = self.symbol {
                let text = cell.cast(i, at(i), &DataType::Utf8)?;
                for (row, symbol) in (cell.first_row..).zip(text.as_string::<i32>().iter()) {
                    let symbol = symbol.unwrap_or_default().trim();
                    if self.asked.as_deref().is_some_and(|a| is_asked(a, symbol.as_bytes())) {
                        asked_for.push(row);
                    }
                    symbols.meet(symbol.as_bytes(), row);
                }
            }
        }
        rows.spread = self.spread.map(|_| spreads);
        rows.places = Places::of(place, At::Rows);
        let of_others = if asked_for.is_empty() { 0 } else { rows.len() - asked_for.len() };
        let symbol = if of_others > 0 {
            rows = rows.pick(&asked_for);
            codes = if codes.is_empty() { codes } else { asked_for.iter().map(|i| codes[*i]).collect() };
            self.asked.clone()
        } else {
            symbols.one(|row| place_of_row(place, row))?
        };
        let time_name = names[self.time].trim().to_owned();
        let like_volume = if self.volume.is_none() { names::like_volumes(names) } else { vec![] };
        let truth = self.truth.map(|_| codes);
        let zoned = self.zoned;
        Ok(RawColumns { rows, truth, time_name, zoned, symbol, of_others, like_volume, metadata })
    }
}

/// The columns of one batch.
pub(super) struct BatchCells<'a> {
    pub(super) place: &'a str,
    pub(super) batch: &'a RecordBatch,
    /// Row of the file at which the batch begins.
    pub(super) first_row: usize,
    pub(super) names: &'a [&'a str],
}

impl BatchCells<'_> {
    /// Column `at` of the batch, which is column `i` of the file, as `to`.
    pub(super) fn cast(&self, i: usize, at: usize, to: &DataType) -> Result<ArrayRef> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(self.batch.column(at), to, &options).map_err(|e| {
            Error::data(self.place, format!("column {} cannot be read ({e})", self.names[i])).caused_by(e)
        })
    }

    pub(super) fn kind_error(&self, i: usize, kind: &DataType, expected: &str) -> Error {
        Error::data(self.place, format!("column {} holds {kind} where {expected} is expected", self.names[i]))
    }

    /// Refuses a missing value in column `i`.
    fn complete(&self, i: usize, array: &dyn Array) -> Result<()> {
        match (0..array.len()).find(|&r| array.null_count() > 0 && array.is_null(r)) {
            None => Ok(()),
            Some(r) => Err(Error::data(self.row(r), format!("{} is null", self.names[i]))
                .hint("drop or fill the row before giving the file; it is never filled silently")),
        }
    }

    pub(super) fn row(&self, r: usize) -> Place {
        place_of_row(self.place, self.first_row + r)
    }

    /// Numbers of which some may be missing: NaN.
    fn gappy(&self, i: usize, at: usize, out: &mut Vec<f64>) -> Result<()> {
        let numbers = self.cast(i, at, &DataType::Float64)?;
        out.extend(numbers.as_primitive::<Float64Type>().iter().map(|v| v.unwrap_or(f64::NAN)));
        Ok(())
    }

    fn prices(&self, i: usize, at: usize, out: &mut Vec<f64>) -> Result<()> {
        let array = self.batch.column(at);
        if !array.data_type().is_numeric() {
            return Err(self.kind_error(i, array.data_type(), "a number"));
        }
        self.complete(i, array)?;
        out.extend_from_slice(self.cast(i, at, &DataType::Float64)?.as_primitive::<Float64Type>().values());
        Ok(())
    }

    pub(super) fn times(&self, i: usize, at: usize, out: &mut Vec<i64>) -> Result<()> {
        let array = self.batch.column(at);
        self.complete(i, array)?;
        let start = out.len();
        let name = self.names[i];
        match array.data_type() {
            DataType::Timestamp(unit, _) => {
                let raw = self.cast(i, at, &DataType::Int64)?;
                let raw = raw.as_primitive::<Int64Type>().values().iter();
                match unit {
                    TimeUnit::Second => out.extend(raw.map(|x| x.saturating_mul(1000))),
                    TimeUnit::Millisecond => out.extend(raw),
                    TimeUnit::Microsecond => out.extend(raw.map(|x| x.div_euclid(1000))),
                    TimeUnit::Nanosecond => out.extend(raw.map(|x| x.div_euclid(1_000_000))),
                }
            }
            DataType::Date32 | DataType::Date64 => {
                let ms = self.cast(i, at, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
                out.extend(ms.as_primitive::<TimestampMillisecondType>().values().iter());
            }
            kind if kind.is_integer() => {
                let raw = self.cast(i, at, &DataType::Int64)?;
                out.extend(
                    raw.as_primitive::<Int64Type>().values().iter().map(|&x| instant::from_integer(x)),
                );
            }
            kind if kind.is_floating() => {
                let raw = self.cast(i, at, &DataType::Float64)?;
                for (r, &x) in raw.as_primitive::<Float64Type>().values().iter().enumerate() {
                    let ms = instant::from_float(x).ok_or_else(|| {
                        Error::data(self.row(r), format!("{name} is not a time: {x}")).hint(instant::HINT)
                    })?;
                    out.push(ms);
                }
            }
            kind if is_text(kind) => {
                let text = self.cast(i, at, &DataType::Utf8)?;
                for (r, t) in text.as_string::<i32>().iter().enumerate() {
                    let t = t.unwrap_or_default();
                    let ms = instant::from_text(t.trim().as_bytes()).ok_or_else(|| {
                        let shown = names::shorten(t);
                        Error::data(self.row(r), format!("{name} is not a time: {shown:?}"))
                            .hint(instant::HINT)
                    })?;
                    out.push(ms);
                }
            }
            kind => return Err(self.kind_error(i, kind, "a time")),
        }
        for (r, &ms) in out[start..].iter().enumerate() {
            if let Some(problem) = instant::fault(ms) {
                return Err(
                    Error::data(self.row(r), problem).hint("check the unit and the column of the times")
                );
            }
        }
        Ok(())
    }

    fn regimes(&self, i: usize, at: usize, out: &mut Vec<u8>) -> Result<()> {
        let array = self.batch.column(at);
        let kind = array.data_type();
        if is_text(kind) {
            let text = self.cast(i, at, &DataType::Utf8)?;
            let code = |t: &str| REGIMES.code(t).unwrap_or(NO_REGIME);
            out.extend(text.as_string::<i32>().iter().map(|t| t.map_or(NO_REGIME, code)));
        } else if kind.is_integer() {
            // A number that is no code becomes null on the way, and null is unknown.
            let codes = cast_with_options(array, &DataType::UInt8, &CastOptions::default()).map_err(|e| {
                Error::data(self.place, format!("column {TRUTH} cannot be read ({e})")).caused_by(e)
            })?;
            let known = |c: u8| REGIMES.known(c);
            out.extend(codes.as_primitive::<UInt8Type>().iter().map(|c| c.map_or(NO_REGIME, known)));
        } else {
            return Err(self.kind_error(i, kind, "a regime's name or code"));
        }
        Ok(())
    }
}

pub(super) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}
