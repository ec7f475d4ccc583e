//! `assay features`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Common, Format, print};
use crate::data::table::{self, Column, Table};
use crate::data::{Request, TimeConvention, load};
use crate::error::{Error, Result};
use crate::features::{FeatureCache, FeatureSpec};
use crate::market::Timeframe;
use crate::report::text::wrap;
use crate::system::Registry;

/// Arguments of `assay features`.
#[derive(Debug, Args)]
pub(super) struct FeaturesArgs {
    /// CSV or Parquet file of bars
    #[arg(required_unless_present = "list")]
    bars: Option<PathBuf>,
    /// A feature with its parameters, as `atr:14`, or of longer bars, as `ema:20@4h` (repeatable)
    #[arg(long = "feature", value_name = "NAME[:P,..][@LENGTH]")]
    features: Vec<String>,
    /// Parquet file to write
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// Print every feature with its parameters and meaning
    #[arg(long)]
    list: bool,
    /// Length of a bar, where the file should not be asked (1h, 15m, 1d)
    #[arg(long)]
    timeframe: Option<Timeframe>,
    /// Which edge of a bar the times of the file mark
    #[arg(long, value_name = "EDGE", default_value = "open", value_parser = ["open", "close"])]
    time: String,
    #[command(flatten)]
    common: Common,
}

impl FeaturesArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        if self.list {
            return list(registry, self.common.format);
        }
        let (Some(bars), Some(out)) = (&self.bars, &self.out) else { return Ok(2) };
        if self.features.is_empty() {
            return Err(Error::usage("--feature", "no feature was named")
                .hint("name at least one, as --feature atr:14; `assay features --list` prints all"));
        }
        let specs =
            self.features.iter().map(|f| registry.feature(f)).collect::<Result<Vec<FeatureSpec>>>()?;
        let time = if self.time == "close" { TimeConvention::Close } else { TimeConvention::Open };
        let request = Request { timeframe: self.timeframe, time, ..Request::default() };
        let loaded = load(bars, &request)?;
        let cache = FeatureCache::new(loaded.bars.clone());
        let mut table = Table::new();
        table.push("open_time", Column::TimeMs(loaded.bars.open_time().to_vec()));
        let mut rows = vec![];
        for (k, spec) in specs.iter().enumerate() {
            let name = spec.to_string();
            cache.fits(spec)?;
            if specs[..k].contains(spec) {
                return Err(
                    Error::usage("--feature", format!("{name} is named twice")).hint("name each once")
                );
            }
            table.push(name.clone(), Column::F64(cache.column(spec).to_vec()));
            rows.push((name, cache.warmup(spec)));
        }
        let source = format!("{} sha256:{}", loaded.file_name, loaded.sha256);
        table::write(out, &table, &[("assay:bars", source)])?;
        match self.common.format {
            Format::Json => {
                let features: Vec<_> =
                    rows.iter().map(|(n, w)| json!({ "name": n, "warmup_bars": w })).collect();
                let document = json!({ "out": out.display().to_string(), "bars": loaded.bars.len(), "features": features });
                print(&format!("{document:#}\n"))?;
            }
            Format::Text if !self.common.quiet => {
                let mut text = format!("{}: {} rows\n", out.display(), loaded.bars.len());
                for (name, warmup) in &rows {
                    text.push_str(&format!("  {name:<24} first value at row {warmup}\n"));
                }
                print(&text)?;
            }
            Format::Text => {}
        }
        Ok(0)
    }
}

fn list(registry: &Registry, format: Format) -> Result<u8> {
    if format == Format::Json {
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
        print(&format!("{:#}\n", json!(rows)))?;
        return Ok(0);
    }
    let mut text = String::new();
    for family in registry.families() {
        text.push_str(&format!("{}\n", family.name));
        for f in family.features {
            for (k, line) in wrap(f.meaning, 72).iter().enumerate() {
                text.push_str(&format!("  {:<25} {line}\n", if k == 0 { f.name } else { "" }));
            }
            let mut facts: Vec<String> = f
                .parameters
                .iter()
                .map(|p| format!("{}={} ({}..{})", p.name, p.default, p.min, p.max))
                .collect();
            facts.push(format!("values: {}", f.range));
            facts.push(format!("warm-up: {} bars", f.default_spec().warmup()));
            for line in wrap(&facts.join("; "), 72) {
                text.push_str(&format!("  {:<25} {line}\n", ""));
            }
        }
    }
    print(&text)?;
    Ok(0)
}
