//! `assay regime`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::progress::Spinner;
use super::scenario_args::setup;
use super::{Common, heading};
use crate::error::Result;
use crate::experiments::regimes::RegimeOptions;
use crate::jobs::RegimeJob;
use crate::report::regimes_text;
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
    /// Bars to use instead of the scenario's (CSV or Parquet), with the symbol and instrument the file names; repeat for each symbol
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
        let spinner = Spinner::new(self.common.quiet);
        let options = RegimeOptions {
            states: usize::from(self.states),
            train_bars: self.train_bars,
            refit_bars: self.refit_bars as usize,
            transition_bars: self.transition_bars as usize,
            shifts: self.shifts as usize,
        };
        let setup = setup(&self.scenario, &self.data, &self.set, self.out.as_deref());
        let done = RegimeJob { setup, options }.run(registry, &spinner.progress())?;
        drop(spinner);
        let text = || {
            let (scenario, loaded, found) = (&done.scenario, &done.loaded, &done.found);
            let first = loaded.bars.len() - found.bars;
            let mut text =
                heading(scenario, scenario.data.name(0), loaded, first) + "\n" + &regimes_text(found);
            if let Some(out) = &done.folder {
                text.push_str(&format!("\nwritten to {}\n", out.display()));
            }
            Ok(text)
        };
        self.common.show(|| done.document(), text)?;
        Ok(0)
    }
}
