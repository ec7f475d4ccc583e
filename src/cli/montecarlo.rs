//! `assay montecarlo`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::progress::Spinner;
use super::scenario_args::{ScenarioArgs, example};
use crate::error::Result;
use crate::jobs::{MonteCarloJob, PathOutcome, PathsOf};
use crate::report::{TextTable, montecarlo_text, text};
use crate::system::Registry;

/// Arguments of `assay montecarlo`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("montecarlo.method=regime")))]
pub(super) struct MonteCarloArgs {
    /// Scenario file (TOML), or the folder of a run for the methods that need no bars
    scenario: PathBuf,
    #[command(flatten)]
    given: ScenarioArgs,
    /// Run one path again and print its figures; with drawn bars, write them as path-N.parquet into --out
    #[arg(long, value_name = "N")]
    path: Option<u64>,
    #[command(flatten)]
    common: Common,
}

impl MonteCarloArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| self.work(registry))
    }

    fn work(self, registry: &Registry) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let progress = spinner.progress();
        let of = if self.scenario.is_dir() {
            let (run, set, out) =
                (self.scenario.clone(), self.given.set.clone(), Some(self.given.out.clone()));
            PathsOf::Run { run, set, out }
        } else {
            PathsOf::Scenario(self.given.setup(&self.scenario))
        };
        let job = MonteCarloJob { of };
        if let Some(path) = self.path {
            let again = job.path(path, registry, &progress)?;
            drop(spinner);
            return self.show_path(&again);
        }
        let done = job.run(registry, &progress)?;
        drop(spinner);
        let folder = ("Monte Carlo", done.folder.as_deref());
        self.common.show_with_folder(folder, || done.document(), || montecarlo_text(&done.result))?;
        Ok(0)
    }

    /// Prints one path; with --quiet as well, for that is all it was run for.
    fn show_path(&self, again: &PathOutcome) -> Result<u8> {
        let loud = Common { quiet: false, ..self.common.clone() };
        let text = || {
            let mut t = TextTable::new(&["metric", ">value"]).caption(format!("Path {}", again.path));
            for (name, value) in &again.figures {
                t.row([name.clone(), text::number(*value, 6)]);
            }
            let mut text = text::render(&t);
            for s in &again.set {
                text.push_str(&format!("set: {s}\n"));
            }
            if !again.files.is_empty() {
                let data: Vec<String> =
                    again.files.iter().map(|f| format!("--data {}", f.display())).collect();
                text.push_str(&format!(
                    "\nthe path alone:\n  assay backtest {} {}\n",
                    self.scenario.display(),
                    data.join(" ")
                ));
            }
            Ok(text)
        };
        loud.show(|| Ok(again.document()), text)?;
        Ok(0)
    }
}
