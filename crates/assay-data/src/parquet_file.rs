//! A Parquet file opened: whole, its columns inside it, and without a panic of the library.

use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use crate::error::{Error, Result};

/// What a Parquet file begins and ends with.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Runs `read` and turns a panic of the Parquet library, which some damaged files cause, into an error.
pub(super) fn guarded<T>(place: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(damaged(place, &"its parts contradict each other")))
}

/// A builder over `file` with its schema as Parquet itself declares it, without the writer's Arrow hints.
pub(super) fn open<F: ChunkReader + 'static>(
    place: &str,
    file: F,
    bytes: &[u8],
) -> Result<ParquetRecordBatchReaderBuilder<F>> {
    if bytes.len() < 12 || !bytes.ends_with(MAGIC) {
        return Err(Error::data(place, "the Parquet file is cut short (it does not end with PAR1)")
            .hint("download or export it again"));
    }
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|e| unreadable(place, e))?;
    // The library takes these numbers on trust.
    let inside = |start: i64, length: i64| {
        start >= 0 && length >= 0 && start.saturating_add(length) <= bytes.len() as i64
    };
    for chunk in builder.metadata().row_groups().iter().flat_map(|g| g.columns()) {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        if !inside(start, chunk.compressed_size()) {
            return Err(damaged(place, &"a column lies outside the file"));
        }
    }
    Ok(builder)
}

/// That the Parquet library cannot make sense of the file.
pub(super) fn unreadable(place: &str, e: impl std::error::Error + Send + Sync + 'static) -> Error {
    damaged(place, &e).caused_by(e)
}

/// That its parts do not fit together.
pub(super) fn damaged(place: &str, e: &dyn std::fmt::Display) -> Error {
    Error::data(place, format!("unreadable Parquet ({e})"))
        .hint("the file is damaged; download or export it again")
}
