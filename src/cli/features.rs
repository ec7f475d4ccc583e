//! `assay features`.

use std::path::PathBuf;

use clap::Args;

use super::progress::Spinner;
use super::scenario_args::lock_registry;
use super::{Common, OutputFormat, print};
use crate::data::TimeConvention;
use crate::error::Result;
use crate::jobs::{FeaturesJob, feature_list};
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
        let time = if self.time == "close" { TimeConvention::Close } else { TimeConvention::Open };
        let spinner = Spinner::new(self.common.quiet);
        let job = FeaturesJob {
            out: Some(out.clone()),
            timeframe: self.timeframe,
            time,
            lock_registry: lock_registry(),
            ..FeaturesJob::new(bars.clone(), self.features.clone())
        };
        let done = job.run(registry, &spinner.progress())?;
        drop(spinner);
        let text = || {
            let mut text = format!("{}: {} rows\n", out.display(), done.table.rows());
            for (name, warmup) in &done.warmups {
                text.push_str(&format!("  {name:<24} first value at row {warmup}\n"));
            }
            Ok(text)
        };
        self.common.show(|| Ok(done.document()), text)?;
        Ok(0)
    }
}

fn list(registry: &Registry, format: OutputFormat) -> Result<u8> {
    if format == OutputFormat::Json {
        print(&format!("{:#}\n", feature_list(registry)))?;
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
