//! A sweep, a part of one, and parts joined, from the scenario to the folder of the result.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::publish::{ExperimentResult, shown, value};
use super::setup::{ResultPlace, Setup, warn_all};
use crate::data::table::{self, Table};
use crate::error::{Error, Result};
use crate::experiments::sweep::{self as engine, Store, SweepSummary};
use crate::gate::SearchPlacebos;
use crate::progress::Progress;
use crate::report::sweep_files;
use crate::runs::ledger::{LEDGER, TrialLedger, Trials};
use crate::runs::{Draft, History, ledger_of};
use crate::system::Registry;

/// `assay sweep`: reads, loads, evaluates every candidate, counting each shard before it is kept, puts the
/// shards together, draws and publishes the folder. Told to stop, it keeps the shards that are done; the same
/// job on the same folder of results goes on from there.
#[derive(Debug, Clone)]
pub struct SweepJob {
    /// What is run. Without a folder of results shards lie in a temporary folder, which goes with the job.
    pub setup: Setup,
    /// Part `i` (from 0) of `n` alone, to be joined by [`SweepMergeJob`].
    pub shard: Option<(u64, u64)>,
    /// Go on with this folder, and refuse if it is not of this very sweep.
    pub resume: Option<PathBuf>,
    /// Runs the whole search again on so many placebo bars, and says how often it finds as much there. Not of a part.
    pub placebos: Option<u64>,
}

/// `assay sweep merge`: joins the parts of a sweep into the result of one run.
#[derive(Debug, Clone)]
pub struct SweepMergeJob {
    /// What the parts were run with.
    pub setup: Setup,
    /// Folders of the parts.
    pub parts: Vec<PathBuf>,
}

/// What came of a sweep.
#[derive(Debug)]
pub enum SweepOutcome {
    /// Part of it is done.
    Part(SweepPart),
    /// All of it is.
    Whole(Box<SweepResult>),
}

/// A part that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepPart {
    /// Folder of the part.
    pub folder: PathBuf,
    /// Shards in it.
    pub done: u64,
    /// Shards of the whole.
    pub of: u64,
}

/// A sweep that is done.
#[derive(Debug)]
pub struct SweepResult {
    /// Its folder, where there was to be one.
    pub folder: Option<PathBuf>,
    /// What it says.
    pub finished: SweepSummary,
    /// The table of candidates, where there is no folder that holds it.
    pub candidates: Option<Table>,
    /// What was tried and is in no ledger, because there is no folder of results.
    pub uncounted: Vec<Trials>,
}

impl SweepJob {
    /// The whole sweep of `setup`.
    pub fn new(setup: Setup) -> Self {
        Self { setup, shard: None, resume: None, placebos: None }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The scenario or the data are wrong; another process is at work on the same sweep; a result cannot be
    /// written; it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<SweepOutcome> {
        let clock = Instant::now();
        if self.setup.out.is_none() && (self.shard.is_some() || self.resume.is_some()) {
            return Err(Error::usage("sweep", "a part of a sweep is kept in a folder of results")
                .hint("name one, or run the sweep whole"));
        }
        if self.shard.is_some() && self.placebos.is_some() {
            return Err(Error::usage("--placebos", "a part of a sweep is not the whole search")
                .hint("run the sweep whole"));
        }
        let place = self.setup.place()?;
        let (scenario, inputs) = self.setup.read(registry, progress)?;
        progress.stage("preparing")?;
        let history = History::new(&scenario, inputs)?;
        let sweep = engine::SweepRun::plan(&scenario, &history)?;
        let replays = self.placebos.map(|n| sweep.replays(n)).transpose()?;
        let dir = match &self.resume {
            Some(dir) => {
                // A folder to go on with must be there.
                Store::plan(dir)?;
                dir.clone()
            }
            None => part_folder(&place, &sweep),
        };
        sweep.can_be_parted(self.shard)?;
        let is_new = !dir.exists();
        let mut store = Store::open(&dir, sweep.the_plan())?;
        warn_all(progress, store.notes());
        let held = lock(&dir, self.shard)?;
        let mut ledger = place.ledger(progress)?;
        progress.stage("sweeping")?;
        let state = sweep.run(&mut store, &mut ledger, self.shard, progress);
        warn_all(progress, ledger.notes());
        if state.is_err() && is_new && store.shards().next().is_none() {
            // Nothing was done: nothing is left behind.
            drop(held);
            let _ = std::fs::remove_dir_all(&dir);
        }
        let state = state?;
        if self.shard.is_some() {
            return Ok(SweepOutcome::Part(SweepPart { folder: dir, done: state.done, of: state.of }));
        }
        let swept_s = clock.elapsed().as_secs_f64();
        let placebos = replays.map(|replays| replays.run(&store, progress)).transpose()?;
        conclude(&sweep, &mut store, &place, (placebos, swept_s), progress)
            .map(|r| SweepOutcome::Whole(Box::new(r)))
    }
}

impl SweepMergeJob {
    /// Does all of it.
    ///
    /// # Errors
    /// A folder is no part of this sweep, shards are missing, or as [`SweepJob::run`].
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<SweepResult> {
        let place = self.setup.place()?;
        let (scenario, inputs) = self.setup.read(registry, progress)?;
        let history = History::new(&scenario, inputs)?;
        let sweep = engine::SweepRun::plan(&scenario, &history)?;
        let dir = part_folder(&place, &sweep);
        let mut store = Store::open(&dir, sweep.the_plan())?;
        warn_all(progress, store.notes());
        let _lock = lock(&dir, None)?;
        let mut ledger = place.ledger(progress)?;
        progress.stage("joining parts")?;
        for (k, part) in self.parts.iter().enumerate() {
            progress.check()?;
            if let Some(why) = sweep.the_plan().differs(&Store::plan(part)?) {
                return Err(Error::usage(part.display(), format!("is not a part of this sweep: {why}"))
                    .hint("give the scenario, the data and the program that the parts were run with"));
            }
            let mut other = Store::open(part, sweep.the_plan())?;
            warn_all(progress, other.notes());
            store.join(&other)?;
            progress.count(k as u64 + 1, self.parts.len() as u64);
        }
        // Parts that were run elsewhere are counted here as well, once.
        let beside = self.parts.iter().map(|part| TrialLedger::read(&ledger_of(part)));
        let elsewhere: Vec<TrialLedger> = beside.collect::<Result<_>>()?;
        for (part, _) in self.parts.iter().zip(&elsewhere).filter(|(_, ledger)| ledger.entries.is_empty()) {
            progress.warn(&format!(
                "there is no ledger two folders above {}: its trials count as independent of all others",
                part.display()
            ));
        }
        sweep.count_shards(&store, &mut ledger, &elsewhere)?;
        warn_all(progress, ledger.notes());
        conclude(&sweep, &mut store, &place, (None, 0.0), progress)
    }
}

/// Where the shards of a sweep lie while it runs.
fn part_folder(place: &ResultPlace, sweep: &engine::SweepRun<'_>) -> PathBuf {
    place.path().join(&sweep.scenario().name).join(format!("sweep-{}.part", sweep.the_plan().id))
}

/// Keeps a second process out of the same work.
fn lock(dir: &Path, part: Option<(u64, u64)>) -> Result<File> {
    let name = part.map_or("lock".to_owned(), |(i, n)| format!("lock-{}-of-{n}", i + 1));
    let path = dir.join(name);
    let file = File::create(&path)
        .map_err(|e| Error::output(path.display(), format!("cannot be made ({e})")).caused_by(e))?;
    file.try_lock().map_err(|_| {
        Error::usage(dir.display(), "another process is at work on this sweep")
            .hint("wait for it, or divide the work with --shard")
    })?;
    Ok(file)
}

/// Puts the shards together, and publishes the result where it stays.
fn conclude(
    sweep: &engine::SweepRun<'_>,
    store: &mut Store,
    place: &ResultPlace,
    (placebos, swept_s): (Option<SearchPlacebos>, f64),
    progress: &Progress,
) -> Result<SweepResult> {
    let clock = Instant::now();
    progress.stage("putting together")?;
    let scenario = sweep.scenario();
    let path = place.path().join(LEDGER);
    let draft = Draft::open(place.path(), &scenario.name)?;
    let ledger = TrialLedger::read(&path)?;
    let finished = engine::finish(sweep, store, &ledger, draft.folder(), placebos, progress)?;
    place.ledger(progress)?.add(sweep.choice(&finished)?)?;
    let ledger = TrialLedger::read(&path)?;
    if !place.is_kept() {
        let candidates = Some(table::read(&draft.folder().join("candidates.parquet"))?);
        let uncounted = place.uncounted()?;
        return Ok(SweepResult { folder: None, finished, candidates, uncounted });
    }
    progress.stage("drawing")?;
    let drawn = sweep_files(&finished)?;
    let finding = ExperimentResult {
        kind: "sweep",
        id: &finished.sweep_id,
        scenario,
        resolved: sweep.the_plan().scenario.clone(),
        files: &finished.files,
        counted: ("candidates", finished.candidates),
        result: &finished,
        ledger: ledger.anchor(),
    };
    progress.check()?;
    let timings = [("sweep_s", swept_s), ("finish_s", clock.elapsed().as_secs_f64())];
    let folder = Some(finding.publish(draft, drawn, &timings)?);
    // The shards are in the result now.
    if let Err(e) = std::fs::remove_dir_all(store.dir()) {
        progress.warn(&format!(
            "{} is of no more use and cannot be removed ({e}): delete it by hand",
            store.dir().display()
        ));
    }
    Ok(SweepResult { folder, finished, candidates: None, uncounted: vec![] })
}

impl SweepPart {
    /// The document of `assay sweep --shard --format json`.
    pub fn document(&self) -> Value {
        json!({ "folder": self.folder.display().to_string(), "shards_done": self.done, "shards": self.of })
    }
}

impl SweepResult {
    /// The document of `assay sweep --format json`, but for the command that runs the best alone.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        Ok(json!({ "folder": shown(self.folder.as_deref()), "sweep": value(&self.finished)? }))
    }
}
