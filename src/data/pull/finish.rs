//! Archives to one file: the place where pulling ends and importing begins.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::catalogue::{Holds, Series, Source};
use super::funding;
use super::plan::Wanted;
use crate::data::import;
use crate::error::{Error, Result};
use crate::market::{Timeframe, format_time, known_instruments};

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
    let mut imported = import::import(paths, &options)?;
    imported.facts.notes.insert(0, format!("pulled from {origin}"));
    let timeframe = wanted.timeframe.unwrap_or(Timeframe::H1);
    let (times, notes) = (imported.rows.time_ms.clone(), imported.facts.notes.clone());
    let known = known_instruments();
    let instrument = known.iter().find(|i| i.symbol == wanted.symbol);
    import::write(out, imported, timeframe, instrument, &[])?;
    Ok((times, notes))
}
