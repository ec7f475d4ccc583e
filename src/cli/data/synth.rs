//! `assay data synth`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::progress::Spinner;
use crate::cli::{Common, OutputFormat, print};
use crate::data::synth::{Moments, moments, moments_table, shipped};
use crate::data::{LoadRequest, load};
use crate::error::Result;
use crate::jobs::data::DataSynthJob;
use crate::report::text::{count, wrap};

/// Arguments of `assay data synth`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SynthArgs {
    /// Preset: a TOML file, or the name of a shipped one
    #[arg(required_unless_present = "list")]
    preset: Option<PathBuf>,
    /// Parquet file to write; for several symbols the folder to write their files into
    #[arg(long, value_name = "PATH", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// A real history (CSV or Parquet) whose moments are printed beside
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Another value for a key of the preset, such as seed=7 or gbm.volatility=0.8; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print the shipped presets
    #[arg(long, conflicts_with_all = ["preset", "out", "compare", "set"])]
    list: bool,
    #[command(flatten)]
    common: Common,
}

/// Histories side by side in one table: what fits on a terminal.
const COLUMNS: usize = 4;

impl SynthArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        let (Some(preset), Some(out)) = (&self.preset, &self.out) else {
            return self.print_list();
        };
        // The other file is read first: nothing is written where it cannot be compared.
        let real = self.compare.as_deref().map(|p| load(p, &LoadRequest::default())).transpose()?;
        let spinner = Spinner::new(self.common.quiet);
        let job = DataSynthJob { set: self.set.clone(), out: Some(out.clone()), ..DataSynthJob::new(preset) };
        let done = self.common.on_threads(|| job.run(&spinner.progress()))?;
        drop(spinner);
        let (bars, n) = (done.bars(), done.histories.len());
        match self.common.format {
            OutputFormat::Json => print(&format!("{:#}\n", done.document()))?,
            OutputFormat::Text if !self.common.quiet => {
                let name =
                    |p: &Path| p.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
                let mut columns: Vec<(String, Moments)> = Vec::new();
                for (path, history) in done.files.iter().zip(&done.histories) {
                    let own = moments(&history.bars);
                    let own = match &history.truth {
                        Some(truth) => own.with_labels(truth),
                        None => own,
                    };
                    columns.push((if n == 1 { name(path) } else { history.symbol.clone() }, own));
                }
                if let (Some(real), Some(path)) = (&real, &self.compare) {
                    columns.push((name(path), moments(&real.bars)));
                }
                let mut text = format!("{}: ", out.display());
                text += &match n {
                    1 => format!("{bars} synthetic bars, no evidence about any market\n"),
                    n => format!("{bars} synthetic bars of {n} symbols, no evidence about any market\n"),
                };
                for some in columns.chunks(COLUMNS) {
                    let some: Vec<(&str, &Moments)> = some.iter().map(|(n, m)| (n.as_str(), m)).collect();
                    text += &format!("\n{}", moments_table(&some));
                }
                print(&text)?;
            }
            OutputFormat::Text => {}
        }
        Ok(0)
    }

    /// Prints the shipped presets.
    fn print_list(&self) -> Result<u8> {
        if self.common.format == OutputFormat::Json {
            let rows: Vec<_> =
                shipped().iter().map(|s| json!({ "name": s.name, "about": s.about() })).collect();
            return print(&format!("{:#}\n", json!(rows))).map(|()| 0);
        }
        let mut text = String::new();
        for preset in shipped() {
            for (i, line) in wrap(preset.about(), 85).iter().enumerate() {
                text += &format!("{:<13}{line}\n", if i == 0 { preset.name } else { "" });
            }
        }
        text += &format!("\n{} presets; assay data synth NAME --out PATH\n", count(shipped().len() as u64));
        print(&text).map(|()| 0)
    }
}
