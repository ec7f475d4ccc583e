//! A walk forward, from the scenario to the folder of the result.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::publish::{ExperimentResult, shown, value};
use super::setup::{Setup, warn_all};
use crate::data::sha256_hex;
use crate::data::table::{self, Column, Table};
use crate::error::{Error, Result};
use crate::experiments::sweep::SweepRun;
use crate::experiments::walkforward::{WalkForwardResult, walk_forward};
use crate::progress::Progress;
use crate::report::walkforward_files;
use crate::runs::ledger::{LEDGER, TrialLedger, Trials};
use crate::runs::{Draft, History, compact};
use crate::system::Registry;

/// `assay walkforward`: reads, loads, chooses and judges window by window, counts what was tried, draws and
/// publishes the folder.
#[derive(Debug, Clone)]
pub struct WalkForwardJob {
    /// What is run.
    pub setup: Setup,
    /// Judge the best of all that comes before on the days that are locked away; the ledger of the folder of
    /// results allows it once, and there must be one.
    pub open_holdout: bool,
}

/// A walk forward that is done.
#[derive(Debug)]
pub struct WalkForwardOutcome {
    /// Its folder, where there was to be one.
    pub folder: Option<PathBuf>,
    /// What it says.
    pub result: WalkForwardResult,
    /// What was tried and is in no ledger, because there is no folder of results.
    pub uncounted: Vec<Trials>,
}

impl WalkForwardJob {
    /// The walk forward of `setup`, its hold-out closed.
    pub fn new(setup: Setup) -> Self {
        Self { setup, open_holdout: false }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The scenario or the data are wrong, the hold-out was opened before, a result cannot be written, or it
    /// was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<WalkForwardOutcome> {
        let clock = Instant::now();
        if self.open_holdout && self.setup.out.is_none() {
            return Err(Error::usage(
                "open_holdout",
                "without a folder of results nothing keeps it closed afterwards",
            )
            .hint("name the folder whose ledger knows what was tried"));
        }
        let place = self.setup.place()?;
        let (scenario, inputs) = self.setup.read(registry, progress)?;
        let history = History::new(&scenario, inputs)?;
        let sweep = SweepRun::plan(&scenario, &history)?;
        let division = compact(&scenario.walkforward)?;
        let id = sha256_hex(format!("{}\n{division}\n", sweep.the_plan().id).as_bytes())[..12].to_owned();
        let draft = Draft::open(place.path(), &scenario.name)?;
        let mut ledger = place.ledger(progress)?;
        progress.stage("walking forward")?;
        let path = place.path().join(LEDGER);
        let result = walk_forward(&sweep, id.clone(), &mut ledger, &path, self.open_holdout, progress);
        warn_all(progress, ledger.notes());
        let result = result?;
        if !place.is_kept() {
            return Ok(WalkForwardOutcome { folder: None, result, uncounted: place.uncounted()? });
        }
        progress.stage("drawing")?;
        let drawn = walkforward_files(&result)?;
        let days = Table::new()
            .with("day_end", Column::TimeMs(result.days_ms.clone()))
            .with("return", Column::F64(result.returns.clone()));
        let days_file = draft.folder().join("out_of_sample.parquet");
        table::write(&days_file, &days, &[("assay:walkforward", id.clone())])?;
        let finding = ExperimentResult {
            kind: "walkforward",
            id: &id,
            scenario: &scenario,
            resolved: format!("{}\n{}", sweep.the_plan().scenario, scenario.walkforward.resolved()?),
            files: &sweep.the_plan().files,
            counted: ("windows", result.windows.len() as u64),
            result: &result,
            ledger: TrialLedger::read(&path)?.anchor(),
        };
        progress.check()?;
        let timings = [("total_s", clock.elapsed().as_secs_f64())];
        let folder = Some(finding.publish(draft, drawn, &timings)?);
        Ok(WalkForwardOutcome { folder, result, uncounted: vec![] })
    }
}

impl WalkForwardOutcome {
    /// The document of `assay walkforward --format json`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        Ok(json!({ "folder": shown(self.folder.as_deref()), "walkforward": value(&self.result)? }))
    }
}
