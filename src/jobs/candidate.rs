//! One candidate of a sweep that is done, looked up or run alone.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::backtest::{BacktestJob, BacktestOutcome};
use super::publish::value;
use super::setup::{ResultPlace, ScenarioFrom, Setup};
use crate::error::Result;
use crate::experiments::sweep::{SweepFolder, SweptCandidate, TopRow};
use crate::progress::Progress;
use crate::runs::is_choice_of;
use crate::runs::ledger::{LedgerEntry, TrialLedger};
use crate::runs::{Sources, ledger_of};
use crate::system::Registry;

/// The name of a candidate: the folder of its sweep, and its number there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateOf {
    /// Folder of the sweep.
    pub sweep: PathBuf,
    /// Number of the candidate.
    pub number: u64,
}

impl FromStr for CandidateOf {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.rsplit_once(':').filter(|(sweep, _)| !sweep.is_empty());
        let of = parts.and_then(|(sweep, number)| Some((sweep, number.parse().ok()?)));
        let of = of.map(|(sweep, number)| Self { sweep: sweep.into(), number });
        of.ok_or_else(|| "write SWEEP:N, as results/mine/sweep-0123456789ab:17".to_owned())
    }
}

impl std::fmt::Display for CandidateOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.sweep.display(), self.number)
    }
}

/// `assay backtest --candidate`: runs one candidate of a sweep by the scenario in its folder, and refuses if the
/// figures are not those of its row.
#[derive(Debug, Clone)]
pub struct CandidateJob {
    /// Which.
    pub of: CandidateOf,
    /// What the file names of the scenario stand for; relative ones start from the working directory.
    pub sources: Sources,
    /// Folder of results, as [`Setup::out`].
    pub out: Option<PathBuf>,
    /// Folder of the user's own ledger of locks, as [`Setup::lock_registry`].
    pub lock_registry: Option<PathBuf>,
    /// Placebos of each kind, as [`Setup::placebos`].
    pub placebos: Option<u32>,
}

impl CandidateJob {
    /// Does all of it.
    ///
    /// # Errors
    /// There is no such sweep or candidate, its figures are others, or as [`BacktestJob::run`].
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<BacktestOutcome> {
        progress.stage("reading the sweep")?;
        let sweep = &self.of.sweep;
        let folder = SweepFolder::read(registry, sweep)?;
        let candidate = folder.candidate(self.of.number)?;
        if let Some(bars) = candidate.dropped_after {
            progress.warn(&format!(
                "{} was dropped after {bars} bars: its row is of these, the run is of all {}",
                self.of, folder.summary.bars
            ));
        }
        self.count_sweep(&folder.summary.sweep_id, progress)?;
        let shown = sweep.join("scenario.toml").display().to_string();
        let from = ScenarioFrom::Text { text: folder.text, shown, root: PathBuf::from(".") };
        let setup = Setup {
            set: candidate.row.set.clone(),
            sources: self.sources.clone(),
            out: self.out.clone(),
            lock_registry: self.lock_registry.clone(),
            placebos: self.placebos,
            ..Setup::from(from)
        };
        BacktestJob { setup }.run_if(
            registry,
            progress,
            |record| candidate.must_be(sweep, &record.summary),
            (None, true),
        )
    }
}

impl CandidateJob {
    /// Counts the trials of the sweep in the ledger of the folder of results, wherever it was run: the candidate was chosen
    /// among them.
    fn count_sweep(&self, id: &str, progress: &Progress) -> Result<()> {
        let Some(out) = &self.out else { return Ok(()) };
        let there = TrialLedger::read(&ledger_of(&self.of.sweep))?;
        let own = format!("sweep {id} ");
        let of_sweep = |e: &&LedgerEntry| e.trials.key.starts_with(&own) || is_choice_of(&e.trials, id);
        let shards = there.entries.iter().filter(of_sweep);
        let mut writer = ResultPlace::of(Some(out))?.ledger(progress)?;
        let mut none = true;
        for entry in shards {
            none = false;
            writer.add(there.whole(entry)?)?;
        }
        if none {
            progress
                .warn("there is no ledger beside the sweep: its trials are not counted with its candidate");
        }
        Ok(())
    }
}

/// Candidates of a sweep.
#[derive(Debug)]
pub struct SweepShown {
    /// The sweep.
    pub folder: SweepFolder,
    /// What is shown of it.
    pub candidates: CandidatesShown,
}

/// What is shown of a sweep.
#[derive(Debug)]
pub enum CandidatesShown {
    /// The best, best first.
    Best(Vec<TopRow>),
    /// One of them.
    One(Box<SweptCandidate>),
}

/// `assay sweep show`: the `best` candidates of a sweep that is done, or one of them.
///
/// # Errors
/// There is no such sweep or candidate, or a file of it is damaged.
pub fn show_sweep(registry: &Registry, sweep: &Path, one: Option<u64>, best: usize) -> Result<SweepShown> {
    let folder = SweepFolder::read(registry, sweep)?;
    let candidates = match one {
        Some(number) => CandidatesShown::One(Box::new(folder.candidate(number)?)),
        None => CandidatesShown::Best(folder.best(best)?),
    };
    Ok(SweepShown { folder, candidates })
}

impl SweepShown {
    /// The document of `assay sweep show --format json`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        let folder = self.folder.dir.display().to_string();
        Ok(match &self.candidates {
            CandidatesShown::Best(rows) => json!({
                "folder": folder,
                "metric": self.folder.summary.metric,
                "candidates": self.folder.summary.candidates,
                "best": value(rows)?,
            }),
            CandidatesShown::One(c) => {
                // A figure that is not defined is null.
                let figures: Map<String, Value> =
                    c.figures.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
                json!({
                    "folder": folder,
                    "candidate": c.row.candidate,
                    "set": c.row.set,
                    "dropped_after_bars": c.dropped_after,
                    "figures": figures,
                })
            }
        })
    }
}
