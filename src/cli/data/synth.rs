//! `assay data synth`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::{Common, Format, print};
use crate::data::synth::{moments, moments_table, write};
use crate::data::{Request, load};
use crate::error::Result;

/// Arguments of `assay data synth`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SynthArgs {
    /// Preset (TOML), such as datasets/btcusdt-1h-synthetic.toml
    preset: PathBuf,
    /// Parquet file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A real history (CSV or Parquet) whose moments are printed beside
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl SynthArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        // The other file is read first: nothing is written where it cannot be compared.
        let real = self.compare.as_deref().map(|p| load(p, &Request::default())).transpose()?;
        let made = write(&self.preset, &self.out)?;
        let own = moments(&made.bars).with_labels(&made.truth);
        let other = real.as_ref().map(|r| moments(&r.bars));
        match self.common.format {
            Format::Json => print(&format!(
                "{:#}\n",
                json!({ "out": self.out.display().to_string(), "bars": made.bars.len() })
            ))?,
            Format::Text if !self.common.quiet => {
                let name =
                    |p: &Path| p.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
                let synthetic = name(&self.out);
                let compared = self.compare.as_deref().map(name).unwrap_or_default();
                let mut columns = vec![(synthetic.as_str(), &own)];
                if let Some(m) = &other {
                    columns.push((compared.as_str(), m));
                }
                print(&format!(
                    "{}: {} synthetic bars, no evidence about any market\n\n{}",
                    self.out.display(),
                    made.bars.len(),
                    moments_table(&columns)
                ))?;
            }
            Format::Text => {}
        }
        Ok(0)
    }
}
