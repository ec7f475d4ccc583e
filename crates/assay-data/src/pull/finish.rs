//! Archives to one file: where pulling ends and importing begins.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::catalogue::{ArchiveSeries, DataSource, RowKind};
use super::plan::PullRequest;
use crate::error::{Error, Result};
use crate::import;
use crate::market::{Timeframe, format_time, known_instruments};

/// What was made of archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PulledFiles {
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

/// Makes one file `out` of the archives `paths`: bars or a table of funding rates, with where they come from in its metadata.
///
/// # Errors
/// An archive does not hold what it should, or the file cannot be written.
pub fn finish(
    source: &DataSource,
    series: &ArchiveSeries,
    wanted: &PullRequest,
    paths: &[PathBuf],
    out: &Path,
) -> Result<PulledFiles> {
    if let Some(folder) = out.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| {
            Error::output(folder.display(), format!("cannot be made ({e})"))
                .caused_by(e)
                .hint("name a file in a folder that can be written with --out")
        })?;
    }
    let origin = format!("pulled from {} {}; licence: {}", source.name, series.kind, source.licence);
    let (times, notes) = match series.holds {
        RowKind::Klines => bars(origin, wanted, paths, out)?,
        RowKind::Funding => {
            let mut events = import::import_funding(paths)?;
            events.symbol = Some(wanted.symbol.clone());
            events.write(out)?;
            (events.time_ms, events.notes)
        }
    };
    let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
    let (first, last) = (edge(times.first()), edge(times.last()));
    Ok(PulledFiles { out: out.to_owned(), rows: times.len(), first, last, notes })
}

/// Imports klines and writes them as bars; returns their times and what was noticed.
fn bars(
    origin: String,
    wanted: &PullRequest,
    paths: &[PathBuf],
    out: &Path,
) -> Result<(Vec<i64>, Vec<String>)> {
    let options = import::Options {
        format: Some(import::Format::Binance),
        symbol: Some(wanted.symbol.clone()),
        timeframe: wanted.timeframe,
        ..import::Options::default()
    };
    let mut imported = import::import(paths, &options)?;
    let notes = imported.facts.notes.clone();
    imported.facts.notes.push(origin);
    let timeframe = wanted.timeframe.unwrap_or(Timeframe::H1);
    imported.instrument = known_instruments().into_iter().find(|i| i.symbol == wanted.symbol);
    let bars = import::write(out, imported, timeframe, &[])?;
    Ok((bars.open_time().to_vec(), notes))
}
