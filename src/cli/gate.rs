//! `assay gate`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Common, Format, eprintln_safe, print};
use crate::error::{Error, Result};
use crate::gate::{Criteria, GateOptions, Report, judge_run};
use crate::runs::{RunRecord, evidence, write_verdict};
use crate::scenario::Gate;
use crate::system::Registry;

/// Arguments of `assay gate`.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// Run folder, as results/<scenario>/<run id>
    run: PathBuf,
    /// Criteria file (repeatable); by default those the run was made with
    #[arg(long, value_name = "FILE")]
    criteria: Vec<PathBuf>,
    /// Judge the value alone, not its interval
    #[arg(long)]
    lenient: bool,
    /// Bootstrap resamples behind an interval, by default as many as the run's scenario says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    resamples: Option<u32>,
    #[command(flatten)]
    common: Common,
}

impl GateArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| {
            let record = RunRecord::read(registry, &self.run)?;
            unknown_system(&record, &self.common);
            let criteria = if self.criteria.is_empty() {
                own_criteria(&record, &self.run)?
            } else {
                Criteria::read_all(&self.criteria)?
            };
            let own = own_options(&record, &self.run)?;
            let options = GateOptions {
                strict: own.strict && !self.lenient,
                resamples: self.resamples.unwrap_or(own.resamples),
            };
            let report: Report = judge_run(&criteria, &evidence(&record)?, &options)?;
            write_verdict(&self.run, report.json()?.as_bytes())?;
            match self.common.format {
                Format::Json => print(&report.json()?)?,
                Format::Text if self.common.quiet => {}
                Format::Text => print(&report.text())?,
            }
            Ok(report.exit_code())
        })
    }
}

/// Says so where the run is of a system that this program does not have.
pub(super) fn unknown_system(record: &RunRecord, common: &Common) {
    if record.system.is_none() && !common.quiet {
        let name = &record.summary.system;
        eprintln_safe(&format!(
            "note: this program has no system {name:?}: what only that system states of its runs stays open, \
             and its own charts are left out"
        ));
    }
}

/// How a run's scenario wants it judged.
pub(super) fn own_options(record: &RunRecord, run: &Path) -> Result<GateOptions> {
    let shown = run.join("scenario.toml").display().to_string();
    let gate = Gate::of_resolved(&record.scenario, &shown)?;
    Ok(GateOptions { strict: gate.strict, resamples: gate.resamples })
}

/// The criteria a run was made with, from its folder.
pub(super) fn own_criteria(record: &RunRecord, run: &Path) -> Result<Criteria> {
    if record.criteria.is_empty() {
        return Err(Error::data(run.display(), "the run was made without criteria")
            .hint("name a file with --criteria, as scenarios/criteria/unified.toml"));
    }
    let folder = run.join("criteria");
    let paths: Vec<PathBuf> = record.criteria.iter().map(|(n, _)| folder.join(n)).collect();
    Criteria::read_all(&paths)
}
