//! Values over time from a Parquet or Arrow file.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_schema::{DataType, SchemaRef};

use super::columns::{ValueColumns, ValueSource, columns};
use super::entry_exit::{self, FLAG_HINT, Sides};
use super::kind::{POSITIONS, RATES, ValueKind};
use super::{Timed, TimedRow};
use crate::error::{Error, Result};
use crate::names;
use crate::parquet_in::{BatchCells, is_text};

/// Reads columns into `out`.
pub(super) fn from_columns(
    out: &mut Timed,
    file: (SchemaRef, Vec<RecordBatch>),
    kind: &ValueKind,
) -> Result<()> {
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
