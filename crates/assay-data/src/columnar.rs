//! Files of columns, Parquet or Arrow (Feather), as batches.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_schema::SchemaRef;
use parquet::file::reader::ChunkReader;

use super::parquet_file::{MAGIC, guarded, open, unreadable};
use crate::error::{Error, Result};

/// What an Arrow file begins with.
const ARROW: &[u8] = b"ARROW1";

/// Whether a file is one of columns.
pub(super) fn is_columnar(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) || is_arrow(bytes)
}

/// Whether it is an Arrow file.
pub(super) fn is_arrow(bytes: &[u8]) -> bool {
    bytes.starts_with(ARROW)
}

/// The columns of an Arrow file and its batches.
pub(super) fn arrow_batches(place: &str, bytes: &[u8]) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let damaged = |e: arrow_schema::ArrowError| {
        Error::data(place, format!("unreadable Arrow file ({e})"))
            .hint("the file is damaged; download or export it again")
            .caused_by(e)
    };
    // The library panics on some damaged files.
    guarded(place, || {
        let reader = FileReader::try_new(Cursor::new(bytes), None).map_err(damaged)?;
        let schema = reader.schema();
        let batches = reader.map(|b| b.map_err(damaged)).collect::<Result<_>>()?;
        Ok((schema, batches))
    })
}

/// The columns of a file of columns and its batches.
pub(super) fn batches<F: ChunkReader + 'static>(
    place: &str,
    handle: F,
    bytes: &[u8],
) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    if is_arrow(bytes) {
        return arrow_batches(place, bytes);
    }
    guarded(place, || {
        let builder = open(place, handle, bytes)?;
        let schema = builder.schema().clone();
        let reader = builder.build().map_err(|e| unreadable(place, e))?;
        let batches = reader.map(|b| b.map_err(|e| unreadable(place, e))).collect::<Result<_>>()?;
        Ok((schema, batches))
    })
}
