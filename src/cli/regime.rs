//! `assay regime`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::given::load_inputs;
use super::progress::Progress;
use super::{Common, Format, document, heading, print};
use crate::data::write_atomic;
use crate::error::{Error, Result};
use crate::experiments::regimes::{RegimeOptions, compare_regimes};
use crate::report::{regimes_charts, regimes_text};
use crate::scenario::Scenario;
use crate::system::Registry;

/// Commands of `assay regime`.
#[derive(Debug, Subcommand)]
pub(super) enum RegimeCommand {
    /// Compare the labels of a scenario with a hidden Markov model, a baseline, and the truth where there is one
    Evaluate(EvaluateArgs),
}

/// Arguments of `assay regime evaluate`.
#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Scenario file (TOML)
    scenario: PathBuf,
    /// Bars to use instead of the scenario's (CSV or Parquet); repeat for each symbol
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Set a scenario value (repeatable), as --set params.regime_hysteresis=true
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Folder to write regimes.json and charts into
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// States of the hidden Markov model
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=5))]
    states: u8,
    /// Bars it is fitted on, by default 5000 or a quarter of a shorter history
    #[arg(long, value_name = "N")]
    train_bars: Option<usize>,
    /// Bars after which it is fitted again
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    refit_bars: u32,
    /// Bars after a change of the truth that count as its transition
    #[arg(long, value_name = "N", default_value_t = 12)]
    transition_bars: u32,
    /// Shifts of the labels to compare with
    #[arg(long, value_name = "N", default_value_t = 199, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    shifts: u32,
    #[command(flatten)]
    common: Common,
}

impl RegimeCommand {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        match self {
            Self::Evaluate(args) => args.common.clone().on_threads(|| args.work(registry)),
        }
    }
}

impl EvaluateArgs {
    fn work(&self, registry: &Registry) -> Result<u8> {
        let progress = Progress::new(self.common.quiet);
        let mut scenario = Scenario::read_with(registry, &self.scenario, &self.set)?;
        progress.stage("reading bars");
        let inputs = load_inputs(&mut scenario, &self.data)?;
        let loaded = inputs.symbols[0].clone();
        if inputs.symbols.len() > 1 && !self.common.quiet {
            let name = scenario.data.name(0);
            progress.tell(vec![format!("the regimes are those of {name} alone, the first of the symbols")]);
        }
        let options = RegimeOptions {
            states: usize::from(self.states),
            train_bars: self.train_bars,
            refit_bars: self.refit_bars as usize,
            transition_bars: self.transition_bars as usize,
            shifts: self.shifts as usize,
        };
        let found = compare_regimes(&scenario, inputs, &options, &|what| progress.stage(what))?;
        let document = json!({
            "scenario": scenario.name,
            "data": { "file": loaded.file_name, "sha256": loaded.sha256, "synthetic": loaded.synthetic },
            "options": {
                "states": self.states,
                "transition_bars": self.transition_bars,
                "shifts": self.shifts,
                "seed": scenario.seed,
            },
            "regimes": document(&found)?,
        });
        let document = format!("{document:#}\n");
        if let Some(out) = &self.out {
            let mut files = regimes_charts(&found)?;
            files.push(("regimes.json".to_owned(), document.clone().into_bytes()));
            std::fs::create_dir_all(out).map_err(|e| {
                Error::output(out.display(), format!("the folder cannot be made ({e})"))
                    .caused_by(e)
                    .hint("choose another folder with --out")
            })?;
            for (name, bytes) in files {
                write_atomic(&out.join(name), &bytes)?;
            }
        }
        drop(progress);
        match self.common.format {
            Format::Json => print(&document)?,
            Format::Text if self.common.quiet => {}
            Format::Text => {
                let first = loaded.bars.len() - found.bars;
                let mut text =
                    heading(&scenario, scenario.data.name(0), &loaded, first) + "\n" + &regimes_text(&found);
                if let Some(out) = &self.out {
                    text.push_str(&format!("\nwritten to {}\n", out.display()));
                }
                print(&text)?;
            }
        }
        Ok(0)
    }
}
