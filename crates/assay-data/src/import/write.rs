//! Checked bars in the project's own file: Parquet that says of itself what it is.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Facts, Imported};
use crate::error::{Error, Result};
use crate::market::{Bars, Timeframe};
use crate::metadata::FileMetadata;
use crate::parquet_out::write_bars;

/// Where the bars of a file came from; the value of `assay:import` in its metadata, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportOrigin {
    /// What the files said.
    #[serde(flatten)]
    pub facts: Facts,
    /// What was changed on the way, by name, with the number of rows; nothing else was.
    pub repairs: Vec<(String, u64)>,
}

/// Writes the rows of `imported` as bars. The bytes depend on the arguments alone.
///
/// # Errors
/// The first row that is no bar, with its place in the files; or the file cannot be written.
pub fn write(
    path: &Path,
    imported: Imported,
    timeframe: Timeframe,
    repairs: &[(String, u64)],
) -> Result<Bars> {
    let Imported { mut rows, facts, instrument } = imported;
    let origin = std::mem::take(&mut rows.origin);
    let places = rows.places.clone();
    let spread = rows.spread.take();
    let bars = Bars::new(timeframe, rows.into_columns()).map_err(|fault| {
        let row = origin.get(fault.row).map_or(fault.row, |o| *o as usize);
        Error::data(places.of_row(row), fault.problem).hint(
            "assay data check shows all findings; --fix sort,dedup repairs what can be repaired, by name",
        )
    })?;
    let said = FileMetadata { symbol: facts.symbol.clone(), timeframe: Some(timeframe), instrument };
    let mut metadata = said.entries()?;
    if facts.synthetic {
        metadata.push(("assay:source", "synthetic".to_owned()));
    }
    let source = ImportOrigin { facts, repairs: repairs.to_vec() };
    metadata.push((IMPORT, serde_json::to_string(&source).map_err(|e| Error::internal("metadata", e))?));
    write_bars(path, &bars, None, spread.as_deref(), &metadata)?;
    Ok(bars)
}

/// Key of [`ImportOrigin`] in the metadata of a file.
const IMPORT: &str = "assay:import";

/// What the metadata of a file of bars say of its source; none where it was not imported.
pub fn source_of(metadata: &[(String, String)]) -> Option<ImportOrigin> {
    let (_, text) = metadata.iter().find(|(k, _)| k == IMPORT)?;
    serde_json::from_str(text).ok()
}
