//! `assay check`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::progress::Spinner;
use super::scenario_args::{lock_registry, setup};
use super::{Common, document, eprintln_safe, heading};
use crate::data::TimeConvention;
use crate::error::Result;
use crate::jobs::{CausalityJob, CausalityOutcome, IntrabarJob, Progress};
use crate::report::{causality_text, intrabar_text};
use crate::system::Registry;

/// Commands of `assay check`.
#[derive(Debug, Subcommand)]
pub(super) enum CheckCommand {
    /// Show that no feature, label, decision or fill reads bars after its own
    Causality(CausalityArgs),
    /// Measure by finer bars how often each intrabar policy picks the true order of stop and target
    Intrabar(IntrabarArgs),
}

/// Arguments of `assay check intrabar`.
#[derive(Debug, Args)]
pub(super) struct IntrabarArgs {
    /// CSV or Parquet file of bars
    bars: PathBuf,
    /// CSV or Parquet file of finer bars of the same market
    #[arg(long, value_name = "FILE")]
    detail: PathBuf,
    /// Which edge of a bar the times of both files mark
    #[arg(long, value_name = "EDGE", default_value = "open", value_parser = ["open", "close"])]
    time: String,
    #[command(flatten)]
    common: Common,
}

impl IntrabarArgs {
    fn work(&self) -> Result<u8> {
        let time = if self.time == "close" { TimeConvention::Close } else { TimeConvention::Open };
        let spinner = Spinner::new(self.common.quiet);
        let lock_registry = lock_registry();
        let job =
            IntrabarJob { time, lock_registry, ..IntrabarJob::new(self.bars.clone(), self.detail.clone()) };
        let truth = job.run(&spinner.progress())?;
        drop(spinner);
        self.common.show(|| document(&truth), || Ok(intrabar_text(&truth)))?;
        Ok(0)
    }
}

/// Arguments of `assay check causality`.
#[derive(Debug, Args)]
pub(super) struct CausalityArgs {
    /// Scenario file (TOML)
    scenario: PathBuf,
    /// Bars to use instead of the scenario's (CSV or Parquet), with the symbol and instrument the file names; repeat for each symbol
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Set a scenario value (repeatable), as --set params.trail_atr=0.5
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Places to cut, drawn over the history; at most as many gaps and twice as many trades are cut around
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    cuts: u32,
    /// Relative difference below which two values are the same, where data begin at different bars
    #[arg(long, value_name = "X", default_value_t = 1e-6)]
    tolerance: f64,
    #[command(flatten)]
    common: Common,
}

impl CheckCommand {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        match self {
            Self::Causality(args) => {
                args.common.clone().on_threads(|| args.work(|job, progress| job.run(registry, progress)))
            }
            Self::Intrabar(args) => args.common.clone().on_threads(|| args.work()),
        }
    }
}

impl CausalityArgs {
    /// `run` runs the job; tests put a system that peeks in its place.
    fn work(&self, run: impl FnOnce(&CausalityJob, &Progress) -> Result<CausalityOutcome>) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let setup = setup(&self.scenario, &self.data, &self.set, None);
        let job = CausalityJob { setup, cuts: self.cuts as usize, tolerance: self.tolerance };
        let done = run(&job, &spinner.progress())?;
        let looks = spinner.is_shown();
        drop(spinner);
        if looks {
            // Wall time is no result: it goes where progress goes.
            eprintln_safe(&format!(
                "{} histories in {:.1} s",
                done.symbols.iter().map(|s| s.found.cost.histories).sum::<usize>(),
                done.took.as_secs_f64()
            ));
        }
        let text = || {
            let of = |s: &crate::jobs::CheckedSymbol| {
                let heading = heading(&done.scenario, &s.name, &s.loaded, s.found.warmup);
                format!("{heading}\n{}", causality_text(&s.found))
            };
            Ok(done.symbols.iter().map(of).collect::<Vec<_>>().join("\n"))
        };
        self.common.show(|| done.document(), text)?;
        Ok(if done.is_clean() { 0 } else { 3 })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::experiments::causality::{check_scenario, doubles::peeking};
    use crate::jobs::CausalityCheck;

    fn code(options: &[&str], check: CausalityCheck) -> Result<u8> {
        let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/example.toml");
        let words = ["assay", "check", "causality", scenario, "--quiet", "--set", "data.to=\"2021-11-20\""];
        let cli = Cli::try_parse_from(words.iter().chain(options)).unwrap();
        let Command::Check(CheckCommand::Causality(args)) = cli.command else { panic!("another command") };
        args.work(|job, progress| job.run_by(check, &Registry::built_in(), progress))
    }

    #[test]
    fn a_system_that_peeks_ends_with_3_and_an_honest_one_with_0() {
        assert_eq!(code(&[], check_scenario).unwrap(), 0);
        assert_eq!(code(&[], peeking).unwrap(), 3);
        for wrong in ["-0.1", "1", "nan"] {
            let e = code(&[&format!("--tolerance={wrong}")], check_scenario).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            assert!(e.to_string().starts_with("--tolerance: must be in 0..1"), "{e}");
        }
    }
}
