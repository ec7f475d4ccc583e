//! What data there is in a folder, by the metadata and the times of its Parquet files and the archives of its cache.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde::Serialize;

use super::import::source_of;
use super::names::{self, ColumnRequest, TimeAt};
use super::parquet_file::{damaged, guarded, unreadable};
use super::parquet_in::{BatchCells, SYNTHETIC};
use super::quality::infer;
use super::table;
use crate::choices;
use crate::error::{Error, Result};
use crate::market::{Timeframe, format_time};

/// Folders below folders are looked into so deep.
const DEEPEST: usize = 4;

/// A Parquet file of bars or of something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What it says of its origin.
    pub source: Option<String>,
    /// Whether it says that it was generated: no evidence about any market.
    pub synthetic: bool,
    /// What it says of its instrument.
    pub symbol: Option<String>,
    /// What its rows are.
    pub holds: Contents,
    /// The length of its bars.
    pub timeframe: Option<Timeframe>,
    /// Its rows.
    pub rows: usize,
    /// Time of the first.
    pub first: Option<String>,
    /// Time of the last.
    pub last: Option<String>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

choices! {
    /// What the rows of a file are, by its columns.
    pub enum Contents {
        /// Bars.
        Bars = "bars",
        /// Funding rates.
        Funding = "funding",
        /// Something else.
        Other = "other",
    }
}

/// Archives of one folder of a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cached {
    /// The folder.
    pub folder: PathBuf,
    /// Archives with a checksum beside them.
    pub archives: usize,
    /// Their size.
    pub bytes: u64,
    /// Name of the first.
    pub first: String,
    /// Name of the last.
    pub last: String,
    /// Archives that are there in part.
    pub unfinished: usize,
}

/// The Parquet files in `folder` and below, by name, those of a folder `except` left out.
///
/// # Errors
/// The folder cannot be read.
pub fn holdings(folder: &Path, except: &Path) -> Result<Vec<Dataset>> {
    let mut files = Vec::new();
    walk(folder, Some(except), DEEPEST, &mut |path| {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) {
            files.push(path.to_owned());
        }
    })?;
    Ok(files.iter().map(|f| holding(f)).collect())
}

/// The archives in the cache `folder`, by folder.
///
/// # Errors
/// The folder is there and cannot be read.
pub fn cached(folder: &Path) -> Result<Vec<Cached>> {
    let mut all: BTreeMap<PathBuf, Cached> = BTreeMap::new();
    if !folder.exists() {
        return Ok(vec![]);
    }
    walk(folder, None, 2 * DEEPEST, &mut |path| {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let part = name.ends_with(".part");
        let checked = name.ends_with(".zip") && path.with_file_name(format!("{name}.CHECKSUM")).is_file();
        if !part && !checked {
            return;
        }
        let home = path.parent().unwrap_or(folder).to_owned();
        let c = all.entry(home.clone()).or_insert(Cached {
            folder: home,
            archives: 0,
            bytes: 0,
            first: String::new(),
            last: String::new(),
            unfinished: 0,
        });
        if part {
            c.unfinished += 1;
            return;
        }
        c.archives += 1;
        c.bytes += std::fs::metadata(path).map_or(0, |m| m.len());
        if c.first.is_empty() {
            c.first.clone_from(&name);
        }
        c.last = name;
    })?;
    Ok(all.into_values().collect())
}

/// Calls `see` with the files below `folder` by name, hidden ones left out.
fn walk(folder: &Path, except: Option<&Path>, depth: usize, see: &mut impl FnMut(&Path)) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|e| {
        Error::data(folder.display(), format!("cannot be read ({e})"))
            .caused_by(e)
            .hint("name a folder that is there")
    })?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if hidden || except.is_some_and(|e| same(&path, e)) {
            continue;
        }
        // A link to a folder may lead round in a circle.
        let link = path.is_symlink();
        if path.is_dir() && !link && depth > 0 {
            walk(&path, except, depth - 1, see)?;
        } else if path.is_file() {
            see(&path);
        }
    }
    Ok(())
}

fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// What one Parquet file says of itself.
fn holding(path: &Path) -> Dataset {
    let mut holding = Dataset {
        path: path.to_owned(),
        bytes: std::fs::metadata(path).map_or(0, |m| m.len()),
        source: None,
        synthetic: false,
        symbol: None,
        holds: Contents::Other,
        timeframe: None,
        rows: 0,
        first: None,
        last: None,
        problem: None,
    };
    let place = path.display().to_string();
    if let Err(e) = guarded(&place, || look(&place, path, &mut holding)) {
        let text = e.to_string();
        let line = text.lines().next().unwrap_or_default();
        holding.problem = Some(line.strip_prefix(&format!("{place}: ")).unwrap_or(line).to_owned());
    }
    holding
}

fn look(place: &str, path: &Path, holding: &mut Dataset) -> Result<()> {
    let file =
        File::open(path).map_err(|e| Error::data(place, format!("cannot be opened ({e})")).caused_by(e))?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|e| unreadable(place, e))?;
    let about = builder.metadata().file_metadata();
    holding.rows = usize::try_from(about.num_rows()).unwrap_or(0);
    let said: Vec<(String, String)> = about
        .key_value_metadata()
        .into_iter()
        .flatten()
        .map(|kv| (kv.key.clone(), kv.value.clone().unwrap_or_default()))
        .collect();
    let value = |key: &str| said.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    holding.source = value(SYNTHETIC.0);
    holding.symbol = value(table::BAR_SYMBOL);
    holding.timeframe = value(table::BAR_TIMEFRAME).and_then(|v| v.parse().ok());
    if holding.source.is_none()
        && let Some(source) = source_of(&said)
    {
        let files = source.facts.files.len();
        holding.source = Some(format!(
            "{}, {files} file{}",
            source.facts.format.name(),
            if files == 1 { "" } else { "s" }
        ));
    }
    holding.synthetic = holding.source.as_deref() == SYNTHETIC.1;

    let schema = builder.schema().clone();
    let all: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let (holds, column) =
        match names::find(&all, &ColumnRequest { volume_optional: true, ..ColumnRequest::default() }) {
            Ok(names::Roles { time: TimeAt::One(column), .. }) => (Contents::Bars, Some(column)),
            _ if all.contains(&"funding_rate") => (Contents::Funding, all.iter().position(|n| *n == "time")),
            _ => (Contents::Other, None),
        };
    holding.holds = holds;
    let Some(column) = column else { return Ok(()) };
    // The library takes these numbers on trust.
    for chunk in builder.metadata().row_groups().iter().filter_map(|g| g.columns().get(column)) {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        if start < 0
            || chunk.compressed_size() < 0
            || start.saturating_add(chunk.compressed_size()) as u64 > holding.bytes
        {
            return Err(damaged(place, &"a column lies outside the file"));
        }
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
    let batches = builder.with_projection(mask).with_batch_size(1 << 16).build();
    let mut times = Vec::new();
    for batch in batches.map_err(|e| unreadable(place, e))? {
        let batch = batch.map_err(|e| unreadable(place, e))?;
        BatchCells { place, batch: &batch, first_row: times.len(), names: &all }
            .times(column, 0, &mut times)?;
    }
    holding.first = times.first().map(|t| format_time(*t));
    holding.last = times.last().map(|t| format_time(*t));
    if holds == Contents::Bars {
        holding.timeframe = holding.timeframe.or_else(|| infer(&times));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{self, Column, Table};

    #[test]
    fn bars_are_described_and_others_named() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("cache")).unwrap();
        std::fs::copy(assay_testing::root().join("datasets/btcusdt-1h.parquet"), at("a.parquet")).unwrap();
        std::fs::copy(assay_testing::root().join("datasets/btcusdt-1h.parquet"), at("cache/b.parquet"))
            .unwrap();
        let rates =
            Table::new().with("time", Column::TimeMs(vec![0])).with("funding_rate", Column::F64(vec![0.1]));
        table::write(&at("f.parquet"), &rates, &[("assay:symbol", "X".into())]).unwrap();
        std::fs::write(at("z.parquet"), "hello").unwrap();
        let all = holdings(dir.path(), &at("cache")).unwrap();
        assert_eq!(all.len(), 3);
        let bars = &all[0];
        assert_eq!((bars.synthetic, bars.holds), (true, Contents::Bars));
        assert_eq!((bars.symbol.as_deref(), bars.rows), (Some("BTCUSDT"), 26_280));
        assert_eq!(bars.timeframe, Some(Timeframe::H1));
        assert_eq!(bars.first.as_deref(), Some("2021-01-01 00:00:00"));
        assert_eq!(bars.last.as_deref(), Some("2023-12-31 23:00:00"));
        assert_eq!(bars.problem, None);
        assert_eq!((all[1].holds, all[1].first.as_deref()), (Contents::Funding, Some("1970-01-01 00:00:00")));
        assert_eq!((all[1].symbol.as_deref(), all[1].rows), (Some("X"), 1));
        assert!(all[2].problem.as_deref().unwrap().starts_with("unreadable Parquet"), "{:?}", all[2]);
        assert!(holdings(&at("none"), &at("cache")).is_err());
    }

    #[test]
    fn a_cache_is_described_by_folder() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("s/1h");
        std::fs::create_dir_all(&home).unwrap();
        for name in
            ["a-1.zip", "a-1.zip.CHECKSUM", "a-2.zip", "a-2.zip.CHECKSUM", "a-3.zip", "a-4.zip.part", ".lock"]
        {
            std::fs::write(home.join(name), "1234").unwrap();
        }
        let all = cached(dir.path()).unwrap();
        assert_eq!(all.len(), 1);
        // The one without a checksum was not put there by a pull.
        assert_eq!((all[0].archives, all[0].bytes, all[0].unfinished), (2, 8, 1));
        assert_eq!((all[0].first.as_str(), all[0].last.as_str()), ("a-1.zip", "a-2.zip"));
        assert_eq!(cached(&dir.path().join("none")).unwrap(), []);
    }
}
