//! Archives to one file: the place where pulling ends and importing begins.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::catalogue::{Holds, Series, Source};
use super::funding;
use super::plan::Wanted;
use crate::data::import;
use crate::data::write_parquet;
use crate::error::{Error, Result};
use crate::market::{Bars, Columns, Timeframe, format_time};

/// What was made of archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// The file.
    pub out: PathBuf,
    /// Its rows.
    pub rows: usize,
    /// Time of the first.
    pub first: String,
    /// Time of the last.
    pub last: String,
    /// What was assumed or left out, in words.
    pub notes: Vec<String>,
}

/// Makes one file `out` of the archives `paths`, which are in order of time.
///
/// # Errors
/// An archive does not hold what it should, or the file cannot be written.
pub fn finish(
    source: &Source,
    series: &Series,
    wanted: &Wanted,
    paths: &[PathBuf],
    out: &Path,
) -> Result<Finished> {
    if let Some(folder) = out.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| Error::output(folder.display(), format!("cannot be made ({e})")))?;
    }
    let origin = format!("{} {}", source.name, series.kind);
    let (times, notes) = match series.holds {
        Holds::Klines => bars(&origin, wanted, paths, out)?,
        Holds::Funding => (funding::join(&origin, &wanted.symbol, paths, out)?, vec![]),
    };
    let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
    let (first, last) = (edge(times.first()), edge(times.last()));
    Ok(Finished { out: out.to_owned(), rows: times.len(), first, last, notes })
}

/// Imports klines and writes them as bars; returns their times.
fn bars(origin: &str, wanted: &Wanted, paths: &[PathBuf], out: &Path) -> Result<(Vec<i64>, Vec<String>)> {
    let options = import::Options {
        format: Some(import::Format::Binance),
        symbol: Some(wanted.symbol.clone()),
        timeframe: wanted.timeframe,
        ..import::Options::default()
    };
    let import::Imported { rows, facts } = import::import(paths, &options)?;
    let timeframe = wanted.timeframe.unwrap_or(Timeframe::H1);
    let times = rows.time_ms.clone();
    let columns = Columns {
        open_time: rows.time_ms.clone().into(),
        open: rows.open.clone().into(),
        high: rows.high.clone().into(),
        low: rows.low.clone().into(),
        close: rows.close.clone().into(),
        volume: rows.volume.clone().into(),
    };
    let bars =
        Bars::new(timeframe, columns).map_err(|fault| Error::data(rows.place(fault.row), fault.problem))?;
    let metadata = [
        ("assay:source", origin.to_owned()),
        ("assay:symbol", wanted.symbol.clone()),
        ("assay:timeframe", timeframe.to_string()),
    ];
    write_parquet(out, &bars, None, &metadata)?;
    Ok((times, facts.notes))
}
