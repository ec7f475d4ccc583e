//! A finished run judged.

use std::path::PathBuf;

use super::judge::{known_system, own_criteria, own_options, unknown_system};
use crate::error::Result;
use crate::gate::{Criteria, GateOptions, GateReport, judge_run};
use crate::progress::Progress;
use crate::runs::{RunRecord, evidence, write_verdict};
use crate::system::Registry;

/// `assay gate`: reads a run folder, judges it, and puts the verdict into it.
#[derive(Debug, Clone)]
pub struct GateJob {
    /// The run folder.
    pub run: PathBuf,
    /// Criteria files; without any those that the run was made with.
    pub criteria: Vec<PathBuf>,
    /// Judge the value alone, not its interval.
    pub lenient: bool,
    /// Bootstrap resamples behind an interval; without a number as many as the run's scenario says.
    pub resamples: Option<u32>,
    /// Whether the verdict is written into the folder.
    pub write: bool,
}

/// A verdict, and what it is about.
#[derive(Debug)]
pub struct GateOutcome {
    /// The verdict.
    pub verdict: GateReport,
    /// The run.
    pub record: RunRecord,
}

impl GateJob {
    /// By the criteria the run was made with, strict as its scenario says; the verdict is written.
    pub fn new(run: impl Into<PathBuf>) -> Self {
        Self { run: run.into(), criteria: vec![], lenient: false, resamples: None, write: true }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The folder or a criteria file is wrong, the verdict cannot be written, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<GateOutcome> {
        progress.stage("reading the run")?;
        let record = RunRecord::read(registry, &self.run)?;
        unknown_system(&record, progress);
        let criteria = if self.criteria.is_empty() {
            own_criteria(&record, &self.run)?
        } else {
            Criteria::read_all(&self.criteria)?
        };
        let place = self.criteria.first().unwrap_or(&self.run);
        known_system(&criteria, &record.summary.system, registry, place.display())?;
        let own = own_options(&record, &self.run)?;
        let options = GateOptions {
            strict: own.strict && !self.lenient,
            resamples: self.resamples.unwrap_or(own.resamples),
        };
        progress.stage("judging")?;
        let verdict = judge_run(&criteria, &evidence(&record)?, &options)?;
        progress.check()?;
        if self.write {
            write_verdict(&self.run, verdict.json()?.as_bytes())?;
        }
        Ok(GateOutcome { verdict, record })
    }
}
