//! Charts and page of a finished run again, and what stands behind one of its figures.

use std::path::PathBuf;

use serde_json::Value;

use super::backtest::document;
use super::judge::{own_criteria, own_options, unknown_system};
use super::publish::make_folder;
use crate::data::write_atomic;
use crate::error::Result;
use crate::experiments::placebos::{Placebos, with_placebos};
use crate::gate::{Evidence, GateReport, judge_run};
use crate::metrics::dialects::{Dialect, Metric};
use crate::progress::Progress;
use crate::report::RunReport;
use crate::runs::{Explanation, RunRecord, evidence, replace_files, search_of};
use crate::system::Registry;

/// `assay report`: reads a run folder, judges it by its own criteria, draws its charts and its page.
#[derive(Debug, Clone)]
pub struct ReportJob {
    /// The run folder.
    pub run: PathBuf,
    /// Folder that `report.html` and `charts/` are written into; the run folder without one.
    pub out: Option<PathBuf>,
}

/// `assay report --explain`: what stands behind a figure of a finished run, under every library's definition.
#[derive(Debug, Clone)]
pub struct ExplainJob {
    /// The run folder.
    pub run: PathBuf,
    /// The figure.
    pub metric: Metric,
}

/// A report that is written.
#[derive(Debug)]
pub struct ReportOutcome {
    /// The run.
    pub record: RunRecord,
    /// The verdict by its own criteria, where it has any.
    pub verdict: Option<GateReport>,
    /// Where the report is.
    pub folder: PathBuf,
}

impl ReportJob {
    /// Does all of it.
    ///
    /// # Errors
    /// The folder is wrong, a file cannot be written, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<ReportOutcome> {
        progress.stage("reading the run")?;
        let record = RunRecord::read(registry, &self.run)?;
        unknown_system(&record, progress);
        let placebos = Placebos::read(&self.run)?;
        progress.stage("judging")?;
        let verdict = if record.criteria.is_empty() {
            None
        } else {
            let options = own_options(&record, &self.run)?;
            // By the trials that were counted when the run was made: a page is that of its verdict.
            let evidence = Evidence { search: search_of(&self.run)?, ..evidence(&record)? };
            let evidence = with_placebos(evidence, placebos.as_ref().map(|p| &p.report));
            Some(judge_run(&own_criteria(&record, &self.run)?, &evidence, &options)?)
        };
        progress.stage("drawing")?;
        let files = RunReport::new(&record, verdict.as_ref(), placebos.as_ref())?.files()?;
        progress.stage("writing")?;
        let Some(folder) = self.out.clone() else {
            replace_files(&self.run, &files)?;
            return Ok(ReportOutcome { record, verdict, folder: self.run.clone() });
        };
        for (name, bytes) in files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                make_folder(parent)?;
            }
            write_atomic(&path, &bytes)?;
        }
        Ok(ReportOutcome { record, verdict, folder })
    }
}

impl ExplainJob {
    /// Does it.
    ///
    /// # Errors
    /// The folder is wrong, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<Explanation> {
        progress.stage("reading the run")?;
        let record = RunRecord::read(registry, &self.run)?;
        unknown_system(&record, progress);
        Explanation::of(&record, self.metric)
    }
}

impl ReportOutcome {
    /// The document of `assay report --format json`, figures by the definitions of `dialect`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self, dialect: Dialect) -> Result<Value> {
        document(&self.record, self.verdict.as_ref(), Some(&self.folder), dialect)
    }
}
