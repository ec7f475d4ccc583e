//! `assay gate`.

use std::path::PathBuf;

use clap::Args;

use super::progress::Spinner;
use super::{Common, OutputFormat, print, print_text};
use crate::error::Result;
use crate::jobs::GateJob;
use crate::report::text::{paragraph, width};
use crate::system::Registry;

/// Arguments of `assay gate`.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// Run folder, as results/<scenario>/<run id>
    run: PathBuf,
    /// Criteria file (repeatable); by default those the run was made with, or that luck does not explain it
    #[arg(long, value_name = "FILE")]
    criteria: Vec<PathBuf>,
    /// Judge the value alone, not its interval
    #[arg(long)]
    lenient: bool,
    /// Bootstrap resamples behind an interval, by default as many as the run's scenario says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    resamples: Option<u32>,
    /// A marked PASS is INCONCLUSIVE
    #[arg(long)]
    no_marks: bool,
    /// Judge nothing; show how often each criterion would pass on a sample as long as the run if what the criteria
    /// document were true, what length it takes to pass four times in five, and how often all pass together. Writes
    /// nothing, and ends with 0
    #[arg(long, conflicts_with_all = ["lenient", "resamples", "no_marks"])]
    power: bool,
    #[command(flatten)]
    common: Common,
}

impl GateArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| self.work(registry))
    }

    fn work(self, registry: &Registry) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let gate = GateJob {
            criteria: self.criteria,
            lenient: self.lenient,
            resamples: self.resamples,
            no_marks: self.no_marks,
            ..GateJob::new(self.run)
        };
        if self.power {
            let power = gate.power(registry, &spinner.progress())?;
            drop(spinner);
            match self.common.format {
                OutputFormat::Json => print(&power.json()?)?,
                OutputFormat::Text if self.common.quiet => {}
                OutputFormat::Text => print_text(&power.text(width()))?,
            }
            return Ok(0);
        }
        let judged = gate.run(registry, &spinner.progress())?;
        drop(spinner);
        let verdict = &judged.verdict;
        match self.common.format {
            OutputFormat::Json => {
                let mut document = judged.document()?;
                document["ledger_file"] = judged.ledger.display().to_string().into();
                print(&format!("{document:#}\n"))?;
            }
            OutputFormat::Text if self.common.quiet => {}
            OutputFormat::Text => {
                let ledger = judged.ledger.display();
                let counted = match verdict.search.as_ref().is_some_and(|s| s.ledger.is_some()) {
                    true => format!("trials counted by {ledger}"),
                    false => format!(
                        "no ledger of trials at {ledger}: the verdict is not written, for it could name none"
                    ),
                };
                print_text(&format!("{}\n{}", paragraph(&counted).trim_end(), verdict.text(width())))?;
            }
        }
        Ok(verdict.exit_code())
    }
}
