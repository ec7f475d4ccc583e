//! `assay selftest`.

use clap::Args;

use super::progress::Spinner;
use super::{Common, eprintln_safe};
use crate::error::{Error, Result};
use crate::jobs::ValidityJob;
use crate::report::{validity_document, validity_text};

/// Arguments of `assay selftest`.
#[derive(Debug, Args)]
pub(super) struct SelftestArgs {
    /// Measure how often the gate promotes noise and finds what was planted
    #[arg(long)]
    validity: bool,
    /// Histories of each cell; by default those of the short run, which leaves out the long cells
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    histories: Option<u64>,
    /// A cell, as gbm-100; repeat for several, all by default
    #[arg(long = "cell", value_name = "NAME")]
    cells: Vec<String>,
    #[command(flatten)]
    common: Common,
}

impl SelftestArgs {
    pub(super) fn run(self) -> Result<u8> {
        if !self.validity {
            return Err(Error::usage("selftest", "nothing is asked for").hint("add --validity"));
        }
        self.common.clone().on_threads(|| self.work())
    }

    fn work(&self) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let job = ValidityJob { histories: self.histories, cells: self.cells.clone() };
        let done = job.run(&spinner.progress())?;
        let looks = spinner.is_shown();
        drop(spinner);
        if looks {
            // Wall time is no result: it goes where progress goes.
            eprintln_safe(&format!("{:.0} s", done.took.as_secs_f64()));
        }
        self.common.show(|| Ok(validity_document(&done.cells)), || Ok(validity_text(&done.cells)))?;
        Ok(if done.alarms() { 3 } else { 0 })
    }
}
