//! Named feature columns of bars, and the list of those there are.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::bars::BarsFrom;
use super::publish::shown;
use super::setup::warn_all;
use crate::data::table::{self, Column, Table};
use crate::data::{LoadRequest, Loaded, TimeConvention};
use crate::error::{Error, Result};
use crate::features::{FeatureCache, FeatureSpec};
use crate::market::Timeframe;
use crate::progress::Progress;
use crate::runs::LockBook;
use crate::system::Registry;

/// `assay features`: columns of bars, and a file of them.
#[derive(Debug, Clone)]
pub struct FeaturesJob {
    /// The bars.
    pub bars: BarsFrom,
    /// The features with their parameters, as `atr:14`, or of longer bars, as `ema:20@4h`.
    pub features: Vec<String>,
    /// Parquet file to write, if any.
    pub out: Option<PathBuf>,
    /// Length of a bar, where the file should not be asked.
    pub timeframe: Option<Timeframe>,
    /// Which edge of a bar the times of the file mark.
    pub time: TimeConvention,
    /// Folder of the user's own ledger of locks, as [`Setup::lock_registry`](super::Setup::lock_registry).
    pub lock_registry: Option<PathBuf>,
}

/// The columns.
#[derive(Debug)]
pub struct FeaturesOutcome {
    /// `open_time`, then one column a feature under its full name.
    pub table: Table,
    /// Each feature, and the row of its first value.
    pub warmups: Vec<(String, usize)>,
    /// The file, where one was written.
    pub out: Option<PathBuf>,
}

impl FeaturesJob {
    /// These features of these bars, in memory.
    pub fn new(bars: impl Into<BarsFrom>, features: Vec<String>) -> Self {
        Self {
            bars: bars.into(),
            features,
            out: None,
            timeframe: None,
            time: TimeConvention::Open,
            lock_registry: None,
        }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// A feature does not exist or is named twice, the bars are wrong, the file cannot be written, or it was
    /// told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<FeaturesOutcome> {
        if self.features.is_empty() {
            return Err(Error::usage("--feature", "no feature was named")
                .hint("name at least one, as --feature atr:14; `assay features --list` prints all"));
        }
        if let (Some(out), BarsFrom::File(file)) = (&self.out, &self.bars) {
            super::data::not_over(out, std::slice::from_ref(file))?;
        }
        let specs =
            self.features.iter().map(|f| registry.feature(f)).collect::<Result<Vec<FeatureSpec>>>()?;
        progress.stage("reading bars")?;
        let loaded = self.load(progress)?;
        progress.stage("computing features")?;
        let cache = FeatureCache::new(loaded.bars.clone());
        let mut table = Table::new();
        table.push("open_time", Column::TimeMs(loaded.bars.open_time().to_vec()));
        let mut warmups = vec![];
        for (k, spec) in specs.iter().enumerate() {
            progress.check()?;
            let name = spec.to_string();
            cache.fits(spec)?;
            if specs[..k].contains(spec) {
                return Err(
                    Error::usage("--feature", format!("{name} is named twice")).hint("name each once")
                );
            }
            table.push(name.clone(), Column::F64(cache.column(spec).to_vec()));
            warmups.push((name, cache.warmup(spec)));
            progress.count(k as u64 + 1, specs.len() as u64);
        }
        if let Some(out) = &self.out {
            progress.stage("writing")?;
            let source = format!("{} sha256:{}", loaded.file_name, loaded.sha256);
            table::write(out, &table, &[("assay:bars", source)])?;
        }
        Ok(FeaturesOutcome { table, warmups, out: self.out.clone() })
    }

    /// The bars, but for days that are locked away.
    fn load(&self, progress: &Progress) -> Result<Loaded> {
        let request = LoadRequest { timeframe: self.timeframe, time: self.time, ..LoadRequest::default() };
        let book = LockBook::read(self.out.as_deref().and_then(Path::parent), self.lock_registry.as_deref())?;
        warn_all(progress, book.notes());
        self.bars.load_by(&book, &request, progress)
    }
}

impl FeaturesOutcome {
    /// The document of `assay features --format json`.
    pub fn document(&self) -> Value {
        let row = |(name, warmup): &(String, usize)| json!({ "name": name, "warmup_bars": warmup });
        let features: Vec<Value> = self.warmups.iter().map(row).collect();
        json!({ "out": shown(self.out.as_deref()), "bars": self.table.rows(), "features": features })
    }
}

/// The document of `assay features --list --format json`: every feature with its parameters and meaning.
pub fn feature_list(registry: &Registry) -> Value {
    let mut rows = vec![];
    for family in registry.families() {
        for f in family.features {
            let parameters: Vec<_> = f
                .parameters
                .iter()
                .map(|p| json!({ "name": p.name, "default": p.default, "min": p.min, "max": p.max }))
                .collect();
            rows.push(json!({
                "name": f.name,
                "family": family.name,
                "parameters": parameters,
                "range": f.range,
                "warmup_bars": f.default_spec().warmup(),
                "meaning": f.meaning,
            }));
        }
    }
    json!(rows)
}
