//! A finished run judged.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::judge::{known_system, own_criteria, own_options, unknown_system};
use super::publish::value;
use crate::data::sha256_hex;
use crate::error::Result;
use crate::experiments::placebos::{Placebos, with_placebos};
use crate::gate::{Criteria, Evidence, GateOptions, GateReport, PowerReport, criteria_power, judge_run};
use crate::progress::Progress;
use crate::runs::ledger::{LedgerWriter, TrialLedger, refuted_beside};
use crate::runs::{
    RunRecord, ask_of, evidence, family_search, ledger_of, results_of, verdict_name, write_verdict,
};
use crate::system::Registry;

/// `assay gate`: reads a run folder, judges it, and puts the verdict into it: `verdict.json` stays as it was written with
/// the run, and any other one is a file beside it.
#[derive(Debug, Clone)]
pub struct GateJob {
    /// The run folder.
    pub run: PathBuf,
    /// Criteria files; without any those that the run was made with, or those of `scenarios/criteria/honest.toml`, which the
    /// program holds.
    pub criteria: Vec<PathBuf>,
    /// Judge the value alone, not its interval.
    pub lenient: bool,
    /// Bootstrap resamples behind an interval; without a number as many as the run's scenario says.
    pub resamples: Option<u32>,
    /// A marked PASS is none, also where the criteria do not say so.
    pub no_marks: bool,
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
    /// The file it was written to, if it was.
    pub file: Option<PathBuf>,
    /// The ledger that the trials were counted by.
    pub ledger: PathBuf,
}

impl GateJob {
    /// By the criteria the run was made with, strict as its scenario says; the verdict is written.
    pub fn new(run: impl Into<PathBuf>) -> Self {
        Self {
            run: run.into(),
            criteria: vec![],
            lenient: false,
            resamples: None,
            no_marks: false,
            write: true,
        }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The folder or a criteria file is wrong, the verdict cannot be written, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<GateOutcome> {
        progress.stage("reading the run")?;
        let record = RunRecord::read(registry, &self.run)?;
        unknown_system(&record, progress);
        let made_with =
            (!record.criteria.is_empty()).then(|| own_criteria(&record, &self.run)).transpose()?;
        let criteria = self.asked(&record, registry)?;
        let own = own_options(&record, &self.run)?;
        let options = GateOptions {
            strict: own.strict && !self.lenient,
            resamples: self.resamples.unwrap_or(own.resamples),
            no_marks: self.no_marks,
        };
        progress.stage("judging")?;
        let path = ledger_of(&self.run);
        let ledger = self.counted(&path, &record)?;
        let refuted = refuted_beside(&results_of(&self.run), Some(&self.run), &ledger);
        let search = family_search(&record, Some(&ledger), refuted, Some(&criteria.sha256))?;
        let placebos = Placebos::read(&self.run)?;
        let evidence = Evidence { search: Some(search), ..evidence(&record)? };
        let evidence = with_placebos(evidence, placebos.as_ref().map(|p| &p.report));
        let verdict = judge_run(&criteria, &evidence, &options)?;
        progress.check()?;
        // The verdict of the run is by what it was made with; any other way to judge it stands beside.
        let as_made = made_with.as_ref().is_some_and(|c| c.sha256 == criteria.sha256) && options == own;
        let body = verdict.json()?;
        let its_own = verdict_name(None);
        // What was written with the run stays as it is, also where another version of the program judges otherwise.
        let same = as_made && std::fs::read(self.run.join(&its_own)).is_ok_and(|b| b == body.as_bytes());
        let name = if same { its_own } else { verdict_name(Some(&digest(&criteria, &options, &verdict))) };
        if verdict.search.as_ref().is_none_or(|s| s.ledger.is_none()) {
            return Ok(GateOutcome { verdict, record, file: None, ledger: path });
        }
        if self.write && !same {
            write_verdict(&self.run, &name, body.as_bytes())?;
            let how = match &made_with {
                Some(_) => "judged otherwise than when the run was made",
                None => "the run was made without criteria",
            };
            progress.note(&format!("{how}: the verdict is in {name}"));
        }
        let file = self.write.then(|| self.run.join(name));
        Ok(GateOutcome { verdict, record, file, ledger: path })
    }

    /// `assay gate --power`: what the criteria can decide on a sample as long as the run, if what they document is true.
    ///
    /// Judges nothing: it writes no file, and is no ask of the family.
    ///
    /// # Errors
    /// The folder or a criteria file is wrong, or it was told to stop.
    pub fn power(&self, registry: &Registry, progress: &Progress) -> Result<PowerReport> {
        progress.stage("reading the run")?;
        let record = RunRecord::read(registry, &self.run)?;
        unknown_system(&record, progress);
        let criteria = self.asked(&record, registry)?;
        progress.stage("drawing histories")?;
        criteria_power(&criteria, &evidence(&record)?)
    }

    /// The criteria that were asked for: those named, else those of the run.
    fn asked(&self, record: &RunRecord, registry: &Registry) -> Result<Criteria> {
        let system = &record.summary.system;
        let criteria = match self.criteria.is_empty() {
            true => own_criteria(record, &self.run)?,
            false => Criteria::read_all(&self.criteria)?.for_runs_of(system),
        };
        let place = self.criteria.first().unwrap_or(&self.run);
        known_system(&criteria, system, registry, place.display())?;
        Ok(criteria)
    }

    /// The ledger beside the run, with the verdict that is asked for counted in it.
    fn counted(&self, path: &Path, record: &RunRecord) -> Result<TrialLedger> {
        let ledger = TrialLedger::read(path)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match ask_of(record, &ledger)?.filter(|ask| !ledger.holds(&ask.key)) {
            None => Ok(ledger),
            Some(ask) => {
                LedgerWriter::open(folder)?.add(ask)?;
                TrialLedger::read(path)
            }
        }
    }
}

impl GateOutcome {
    /// The document of `assay gate --format json`: the verdict.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        value(&self.verdict)
    }
}

/// What a verdict is by: criteria, how strictly they are taken, which marks it has, and how far the ledger went.
fn digest(criteria: &Criteria, options: &GateOptions, verdict: &GateReport) -> String {
    let GateOptions { strict, resamples, no_marks } = options;
    let mut by = format!("{} strict={strict} resamples={resamples}", criteria.sha256);
    if *no_marks {
        by.push_str(" no-marks");
    }
    for mark in &verdict.marks {
        by.push_str(&format!(" {}", mark.kind.name()));
    }
    let ledger = verdict.search.as_ref().and_then(|s| s.ledger.as_ref());
    by.push_str(&format!(" ledger={}", ledger.map_or("", |l| l.head.as_str())));
    sha256_hex(by.as_bytes())
}
