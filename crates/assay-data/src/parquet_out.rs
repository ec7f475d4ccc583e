//! Columns to Parquet, the same bytes every time.

use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use super::columns::{TextColumn, times};
use super::file::write_atomic;
use super::parquet_in::TRUTH;
use super::synth::REGIMES;
use crate::error::{Error, Result};
use crate::market::Bars;

/// Writes `bars` as a Parquet file of the columns `open_time` (timestamp in milliseconds, UTC), `open`, `high`, `low`,
/// `close`, `volume` and, where `truth` gives a regime code a bar, `true_regime` (the regime's name, null where the code
/// is unknown).
///
/// The bytes depend on the arguments alone. The file appears at `path` whole or not at all.
///
/// # Errors
/// `truth` is not as long as the bars, or the file cannot be written.
pub fn write_parquet(
    path: &Path,
    bars: &Bars,
    truth: Option<&[u8]>,
    metadata: &[(&str, String)],
) -> Result<()> {
    write_bars(path, bars, truth, None, metadata)
}

/// As [`write_parquet`], with a column `spread` of the bid-ask spread of each bar where it is given; NaN is null.
///
/// # Errors
/// As of [`write_parquet`]; or `spread` is not as long as the bars.
pub fn write_bars(
    path: &Path,
    bars: &Bars,
    truth: Option<&[u8]>,
    spread: Option<&[f64]>,
    metadata: &[(&str, String)],
) -> Result<()> {
    write_atomic(path, &bars_file(&path.display().to_string(), bars, truth, spread, metadata)?)
}

/// The bytes of the file of [`write_bars`]; `place` is what errors call it.
pub(super) fn bars_file(
    place: &str,
    bars: &Bars,
    truth: Option<&[u8]>,
    spread: Option<&[f64]>,
    metadata: &[(&str, String)],
) -> Result<Vec<u8>> {
    let c = bars.columns();
    let mut columns = vec![times("open_time", c.open_time.clone())];
    for (name, values) in
        [("open", &c.open), ("high", &c.high), ("low", &c.low), ("close", &c.close), ("volume", &c.volume)]
    {
        let array: ArrayRef = Arc::new(PrimitiveArray::<Float64Type>::new(values.clone(), None));
        columns.push((Field::new(name, DataType::Float64, false), array));
    }
    if let Some(spread) = spread {
        if spread.len() != bars.len() {
            let problem = format!("{} spreads for {} bars", spread.len(), bars.len());
            return Err(Error::internal(place, problem));
        }
        let array: PrimitiveArray<Float64Type> =
            spread.iter().map(|s| Some(*s).filter(|s| s.is_finite())).collect();
        columns.push((Field::new("spread", DataType::Float64, true), Arc::new(array) as ArrayRef));
    }
    if let Some(codes) = truth {
        if codes.len() != bars.len() {
            let problem = format!("{} regime codes for {} bars", codes.len(), bars.len());
            return Err(Error::internal(place, problem));
        }
        let labels = TextColumn::new(&REGIMES.names(), codes.iter().copied());
        columns.push(labels.to_arrow(TRUTH)?);
    }
    encode(place, columns, metadata, Floats::Quoted)
}

/// What the floats of a file are like, which decides how they are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Floats {
    /// Prices of few decimals, whose bytes repeat from row to row.
    Quoted,
    /// Results of arithmetic, of whose bytes only the leading ones repeat.
    Computed,
}

/// The bytes of a Parquet file of `columns`.
///
/// Only Parquet's own types describe the columns, so that every reader shows plain ones. Integers and times are
/// delta-packed and text is dictionary-encoded.
pub(super) fn encode(
    place: &str,
    columns: Vec<(Field, ArrayRef)>,
    metadata: &[(&str, String)],
    floats: Floats,
) -> Result<Vec<u8>> {
    let fail = |e: &dyn std::fmt::Display| Error::internal(place, format!("Parquet was not encoded ({e})"));
    let options = options(place, &columns, metadata, floats)?;
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields));
    let rows = arrays.first().map_or(0, |a| a.len());
    RecordBatch::try_new(schema.clone(), arrays.clone()).map_err(|e| fail(&e))?;
    let mut bytes = Vec::new();
    let writer =
        ArrowWriter::try_new_with_options(&mut bytes, schema.clone(), options).map_err(|e| fail(&e))?;
    let (mut file, factory) = writer.into_serialized_writer().map_err(|e| fail(&e))?;
    for (group, first) in (0..rows).step_by(ROWS_OF_A_GROUP).enumerate() {
        let n = ROWS_OF_A_GROUP.min(rows - first);
        let writers = factory.create_column_writers(group).map_err(|e| fail(&e))?;
        // Every column is packed by itself, so that any number of threads makes the same bytes.
        let packed: Vec<_> = writers
            .into_par_iter()
            .zip(schema.fields().par_iter())
            .zip(&arrays)
            .map(|((mut writer, field), array)| {
                for leaf in compute_leaves(field, &array.slice(first, n))? {
                    writer.write(&leaf)?;
                }
                writer.close()
            })
            .collect();
        let mut to = file.next_row_group().map_err(|e| fail(&e))?;
        for column in packed {
            column.and_then(|c| c.append_to_row_group(&mut to)).map_err(|e| fail(&e))?;
        }
        to.close().map_err(|e| fail(&e))?;
    }
    file.close().map_err(|e| fail(&e))?;
    Ok(bytes)
}

/// How columns are packed.
fn options(
    place: &str,
    columns: &[(Field, ArrayRef)],
    metadata: &[(&str, String)],
    floats: Floats,
) -> Result<ArrowWriterOptions> {
    let fail = |e: &dyn std::fmt::Display| Error::internal(place, format!("Parquet was not encoded ({e})"));
    let pairs = metadata.iter().map(|(k, v)| KeyValue::new((*k).to_owned(), v.clone())).collect();
    let (split, level) = match floats {
        Floats::Quoted => (Encoding::PLAIN, 3),
        Floats::Computed => (Encoding::BYTE_STREAM_SPLIT, 1),
    };
    let mut properties = WriterProperties::builder()
        .set_created_by("assay".to_owned())
        .set_max_row_group_row_count(Some(ROWS_OF_A_GROUP))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(level).map_err(|e| fail(&e))?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(pairs));
    for (field, _) in columns {
        let path = ColumnPath::new(vec![field.name().clone()]);
        let encoding = match field.data_type() {
            DataType::Float64 => split,
            DataType::Int64 | DataType::Timestamp(..) => Encoding::DELTA_BINARY_PACKED,
            _ => continue,
        };
        properties =
            properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
    }
    Ok(ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true))
}

/// Rows of a row group.
const ROWS_OF_A_GROUP: usize = 1 << 17;

/// Rows of a group of a table that is written piece by piece: what is in memory.
const ROWS_IN_MEMORY: usize = 1 << 15;

/// A Parquet file written piece by piece.
pub(super) struct Pieces {
    writer: ArrowWriter<std::io::BufWriter<std::fs::File>>,
    schema: Arc<Schema>,
}

impl Pieces {
    /// Begins `file` for columns like these.
    pub fn new(
        place: &str,
        file: std::fs::File,
        columns: &[(Field, ArrayRef)],
        metadata: &[(&str, String)],
    ) -> Result<Self> {
        let options = options(place, columns, metadata, Floats::Computed)?;
        let schema = Arc::new(Schema::new(columns.iter().map(|(f, _)| f.clone()).collect::<Vec<_>>()));
        let writer =
            ArrowWriter::try_new_with_options(std::io::BufWriter::new(file), schema.clone(), options)
                .map_err(|e| Error::internal(place, format!("Parquet was not encoded ({e})")).caused_by(e))?;
        Ok(Self { writer, schema })
    }

    /// Adds rows.
    pub fn write(&mut self, place: &str, columns: Vec<(Field, ArrayRef)>) -> Result<()> {
        let full = |e: &dyn std::fmt::Display| {
            Error::output(place, format!("cannot be written ({e})")).hint("is the disk full?")
        };
        let arrays = columns.into_iter().map(|(_, a)| a).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(|e| Error::internal(place, format!("Parquet was not encoded ({e})")).caused_by(e))?;
        self.writer.write(&batch).map_err(|e| full(&e).caused_by(e))?;
        if self.writer.in_progress_rows() >= ROWS_IN_MEMORY {
            self.writer.flush().map_err(|e| full(&e).caused_by(e))?;
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(self, place: &str) -> Result<()> {
        let done = self.writer.close();
        done.map(|_| ()).map_err(|e| {
            Error::output(place, format!("cannot be written ({e})")).caused_by(e).hint("is the disk full?")
        })
    }
}
