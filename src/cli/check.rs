//! `assay check`.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::json;

use super::given::load_inputs;
use super::progress::Progress;
use super::{Common, document, eprintln_safe, heading};
use crate::data::{Loaded, Request, TimeConvention, load};
use crate::error::{Error, Result};
use crate::experiments::causality::{Causality, Options, check_scenario};
use crate::experiments::intrabar_truth;
use crate::report::{causality_text, intrabar_text};
use crate::runs::Inputs;
use crate::scenario::Scenario;
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
        let loaded =
            load(&self.bars, &Request { time, ..Request::default() })?.with_detail(&self.detail, time)?;
        let truth = intrabar_truth(&loaded)?;
        self.common.show(|| document(&truth), || Ok(intrabar_text(&truth)))?;
        Ok(0)
    }
}

/// Arguments of `assay check causality`.
#[derive(Debug, Args)]
pub(super) struct CausalityArgs {
    /// Scenario file (TOML)
    scenario: PathBuf,
    /// Bars to use instead of the scenario's (CSV or Parquet); repeat for each symbol
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
            Self::Causality(args) => args.common.clone().on_threads(|| args.work(registry, check_scenario)),
            Self::Intrabar(args) => args.common.clone().on_threads(|| args.work()),
        }
    }
}

/// What runs the check; tests put a system that peeks in its place.
type Check = fn(&Scenario, Inputs, &Options, &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<Causality>>;

impl CausalityArgs {
    fn work(&self, registry: &Registry, check: Check) -> Result<u8> {
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(Error::usage("--tolerance", format!("must be in 0..1, was {}", self.tolerance))
                .hint("1e-6 takes two values for the same that agree in six digits"));
        }
        let progress = Progress::new(self.common.quiet);
        let mut scenario = Scenario::read_with(registry, &self.scenario, &self.set)?;
        progress.stage("reading bars");
        let inputs = load_inputs(&mut scenario, &self.data)?;
        let files = inputs.symbols.clone();
        let options = Options { cuts: self.cuts as usize, tolerance: self.tolerance, seed: scenario.seed };
        progress.stage("computing the whole run");
        let clock = Instant::now();
        let tell = |done: usize, total: usize| progress.stage(format!("{done} of {total} histories"));
        let found = check(&scenario, inputs, &options, &tell)?;
        let looks = progress.is_shown();
        drop(progress);
        if looks {
            // Wall time is no result: it goes where progress goes.
            eprintln_safe(&format!(
                "{} histories in {:.1} s",
                found.iter().map(|f| f.cost.histories).sum::<usize>(),
                clock.elapsed().as_secs_f64()
            ));
        }
        self.show(&scenario, &files, &found)?;
        Ok(if found.iter().all(|f| f.clean) { 0 } else { 3 })
    }

    /// One report a symbol; a document of one symbol holds it as it is.
    fn show(&self, scenario: &Scenario, files: &[Loaded], found: &[Causality]) -> Result<()> {
        let one = |k: usize| {
            let (loaded, found) = (&files[k], &found[k]);
            Ok(json!({
                "scenario": scenario.name,
                "symbol": scenario.data.name(k),
                "data": { "file": loaded.file_name, "sha256": loaded.sha256, "synthetic": loaded.synthetic },
                "options": { "cuts": self.cuts, "tolerance": self.tolerance, "seed": scenario.seed },
                "causality": document(found)?,
            }))
        };
        let whole = || match found.len() {
            1 => one(0),
            n => Ok(json!({ "symbols": (0..n).map(one).collect::<Result<Vec<_>>>()? })),
        };
        let text = || {
            let of = |k: usize| {
                let (loaded, found) = (&files[k], &found[k]);
                let heading = heading(scenario, scenario.data.name(k), loaded, found.warmup);
                format!("{heading}\n{}", causality_text(found))
            };
            Ok((0..found.len()).map(of).collect::<Vec<_>>().join("\n"))
        };
        self.common.show(whole, text)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::experiments::causality::doubles::peeking;

    fn code(options: &[&str], check: Check) -> Result<u8> {
        let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/example.toml");
        let words = ["assay", "check", "causality", scenario, "--quiet", "--set", "data.to=\"2021-11-20\""];
        let cli = Cli::try_parse_from(words.iter().chain(options)).unwrap();
        let Command::Check(CheckCommand::Causality(args)) = cli.command else { panic!("another command") };
        args.work(&Registry::built_in(), check)
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
