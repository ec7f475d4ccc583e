//! A walk forward, from the scenario to the folder of the result.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::holdout::{HeldOut, no_folder, nothing_locked};
use super::publish::{ExperimentResult, shown, value};
use super::setup::{Setup, before_locked, locked_words, warn_all};
use crate::data::sha256_hex;
use crate::data::table::{self, Column, Table};
use crate::error::{Error, Result};
use crate::experiments::sweep::SweepRun;
use crate::experiments::walkforward::{WalkForwardResult, holdout_span, refuse_division, walk_forward};
use crate::progress::Progress;
use crate::report::walkforward_files;
use crate::runs::ledger::{LEDGER, TrialLedger, Trials};
use crate::runs::{DaySpan, Draft, History, Inputs, compact};
use crate::scenario::Scenario;
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
            return Err(no_folder());
        }
        let place = self.setup.place()?;
        let WalkedBars { scenario, history, own } = self.read(registry, progress)?;
        let sweep = SweepRun::plan(&scenario, &history)?;
        let division = compact(&scenario.walkforward)?;
        let id = sha256_hex(format!("{}\n{division}\n", sweep.the_plan().id).as_bytes())[..12].to_owned();
        let held = HeldOut::of(&self.setup, (&scenario, history.inputs()), own, &place)?;
        let opening = self.open_holdout.then(|| held.opening(&id)).transpose()?;
        let draft = Draft::open(place.path(), &scenario.name)?;
        let mut ledger = place.ledger(progress)?;
        progress.stage("walking forward")?;
        progress.check()?;
        refuse_division(&sweep)?;
        held.lock(progress)?;
        if let Some(opening) = &opening {
            progress.note(&opening.power(scenario.data.days_per_year()));
        }
        let path = place.path().join(LEDGER);
        let result = walk_forward(&sweep, id.clone(), &mut ledger, &path, opening.as_ref(), progress);
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

/// What a walk forward reads.
pub(super) struct WalkedBars {
    pub scenario: Scenario,
    pub history: History,
    /// The days at its end that it holds out itself.
    pub own: Option<DaySpan>,
}

impl WalkForwardJob {
    /// Reads the bars, its own hold-out with them: no window uses it. Days that are locked away before it are cut off with
    /// all that follows, and then there is none of its own.
    pub(super) fn read(&self, registry: &Registry, progress: &Progress) -> Result<WalkedBars> {
        let mut scenario = self.setup.read_scenario(registry)?;
        progress.stage("reading bars")?;
        let asked = scenario.clone();
        let inputs = Inputs::load(&mut scenario, &self.setup.sources)?;
        let mut history = History::new(&scenario, inputs)?;
        let days = |s: &Scenario, h: &History| holdout_span(h.clock(), &s.data, s.walkforward.holdout_days);
        let mut own = days(&scenario, &history);
        if self.open_holdout && own.is_none() {
            return Err(nothing_locked());
        }
        let spare = own.map(|own| own.from_ms);
        let book = self.setup.lock_book()?;
        warn_all(progress, book.notes());
        if let Some(reach) = book.first_locked(&history.inputs().read_bars(), spare)? {
            if self.open_holdout {
                let problem = format!("{}: that hold-out is not this scenario's", locked_words(&reach));
                return Err(Error::usage("--open-holdout", problem)
                    .hint("open it with the scenario that locked it, or end before it: set data.to"));
            }
            scenario = before_locked(asked, &reach, progress)?;
            scenario.walkforward.holdout_days = 0.0;
            let inputs = Inputs::load(&mut scenario, &self.setup.sources)?;
            history = History::new(&scenario, inputs)?;
            own = None;
        }
        warn_all(progress, scenario.from_files.clone());
        Ok(WalkedBars { scenario, history, own })
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
