//! What the jobs that run a scenario are given alike.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::market::format_time;
use crate::progress::Progress;
use crate::runs::ledger::{LEDGER, LOCK, LedgerWriter, TrialLedger, Trials};
use crate::runs::{Inputs, LockBook, LockedReach, Sources};
use crate::scenario::Scenario;
use crate::system::Registry;

/// Where a scenario comes from.
#[derive(Debug, Clone)]
pub enum ScenarioFrom {
    /// A file.
    File(PathBuf),
    /// The text of one.
    Text {
        /// The text.
        text: String,
        /// What errors call it.
        shown: String,
        /// Folder that the relative paths in it start from.
        root: PathBuf,
    },
    /// One that was read before.
    Ready(Box<Scenario>),
}

/// What a job runs, on what, and where its results go.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The scenario.
    pub scenario: ScenarioFrom,
    /// Values set in it, as `params.trail_atr=0.5`; of a scenario that is [ready](ScenarioFrom::Ready), none.
    pub set: Vec<String>,
    /// What its file names stand for.
    pub sources: Sources,
    /// Folder that results are written under, and beside them the ledger of trials. Without one nothing is
    /// written and nothing counted: the outcome says what was tried, and counting it is up to who ran the job.
    pub out: Option<PathBuf>,
    /// Folder with a ledger of the user's own, in which days that are locked away are known whatever the folder of
    /// results. Without one they are known by the ledger of the folder of results and those above it.
    pub lock_registry: Option<PathBuf>,
    /// Placebos of each kind to be made of a run, of those jobs that run one; none without a number.
    pub placebos: Option<u32>,
}

impl Setup {
    /// The scenario of a file, on the files it names; nothing is written.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::from(ScenarioFrom::File(path.into()))
    }

    /// The scenario of a text; relative paths in it start from the working directory.
    pub fn text(text: impl Into<String>) -> Self {
        let (shown, root) = ("scenario".to_owned(), PathBuf::from("."));
        Self::from(ScenarioFrom::Text { text: text.into(), shown, root })
    }

    /// A scenario that was read before.
    pub fn ready(scenario: Scenario) -> Self {
        Self::from(ScenarioFrom::Ready(Box::new(scenario)))
    }

    /// Reads the scenario.
    ///
    /// # Errors
    /// It is wrong, or the systems of `registry` contradict each other.
    pub fn read_scenario(&self, registry: &Registry) -> Result<Scenario> {
        registry.check()?;
        match &self.scenario {
            ScenarioFrom::File(path) => Scenario::read_with(registry, path, &self.set),
            ScenarioFrom::Text { text, shown, root } => {
                Scenario::parse_with(registry, text, shown, root.clone(), &self.set)
            }
            ScenarioFrom::Ready(scenario) if self.set.is_empty() => Ok(scenario.as_ref().clone()),
            ScenarioFrom::Ready(_) => {
                Err(Error::usage("set", "the scenario was read before, and values are set as it is read")
                    .hint("set them then, or change the scenario"))
            }
        }
    }

    /// Reads the scenario and what it names.
    pub(super) fn read(&self, registry: &Registry, progress: &Progress) -> Result<(Scenario, Inputs)> {
        let mut scenario = self.read_scenario(registry)?;
        let inputs = self.load(&mut scenario, progress)?;
        Ok((scenario, inputs))
    }

    /// Loads what a scenario names, but for days that are locked away.
    pub(super) fn load(&self, scenario: &mut Scenario, progress: &Progress) -> Result<Inputs> {
        self.load_by(&self.lock_book()?, scenario, progress)
    }

    /// The same by ledgers that were read.
    pub(super) fn load_by(
        &self,
        book: &LockBook,
        scenario: &mut Scenario,
        progress: &Progress,
    ) -> Result<Inputs> {
        progress.stage("reading bars")?;
        warn_all(progress, book.notes());
        let asked = scenario.clone();
        let inputs = Inputs::load(scenario, &self.sources)?;
        let inputs = match book.first_locked(&inputs.read_bars(), None)? {
            None => inputs,
            Some(reach) => {
                drop(inputs);
                *scenario = before_locked(asked, &reach, progress)?;
                Inputs::load(scenario, &self.sources)?
            }
        };
        warn_all(progress, scenario.from_files.clone());
        Ok(inputs)
    }

    /// All ledgers that days may be locked by.
    pub(super) fn lock_book(&self) -> Result<LockBook> {
        LockBook::read(self.out.as_deref(), self.lock_registry.as_deref())
    }

    /// Folders of the ledgers that locks and what opens them are written to.
    pub(super) fn lock_folders(&self, place: &ResultPlace) -> Vec<PathBuf> {
        std::iter::once(place.path().to_owned()).chain(self.lock_registry.clone()).collect()
    }

    /// Refuses a folder of the user's own locks that cannot be written, before anything is.
    pub(super) fn check_lock_registry(&self) -> Result<()> {
        let Some(folder) = &self.lock_registry else { return Ok(()) };
        LedgerWriter::open(folder).map(|_| ()).map_err(|e| {
            e.hint("it is the folder of the user's own locks: name one that can be written in ASSAY_REGISTRY")
        })
    }

    /// Where the job works.
    pub(super) fn place(&self) -> Result<ResultPlace> {
        ResultPlace::of(self.out.as_deref())
    }
}

impl From<ScenarioFrom> for Setup {
    fn from(scenario: ScenarioFrom) -> Self {
        Self {
            scenario,
            set: vec![],
            sources: Sources::default(),
            out: None,
            lock_registry: None,
            placebos: None,
        }
    }
}

/// Where a job works that cannot keep all it makes in memory.
pub(super) enum ResultPlace {
    /// The folder of results.
    Kept(PathBuf),
    /// One that goes with the job.
    Thrown(TempDir),
}

impl ResultPlace {
    pub(super) fn of(out: Option<&Path>) -> Result<Self> {
        Ok(match out {
            Some(out) => Self::Kept(out.to_owned()),
            None => Self::Thrown(tempfile::tempdir().map_err(|e| {
                Error::output(std::env::temp_dir().display(), format!("cannot be written ({e})"))
                    .caused_by(e)
                    .hint("name a folder for the results")
            })?),
        })
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Kept(out) => out,
            Self::Thrown(dir) => dir.path(),
        }
    }

    /// Whether what is published stays.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    /// The ledger in it.
    pub(super) fn ledger(&self, progress: &Progress) -> Result<LedgerWriter> {
        let mut ledger = LedgerWriter::open(self.path())?;
        warn_all(progress, ledger.notes());
        Ok(ledger)
    }

    /// What was tried and is counted nowhere that stays.
    pub(super) fn uncounted(&self) -> Result<Vec<Trials>> {
        if self.is_kept() {
            return Ok(vec![]);
        }
        let ledger = TrialLedger::read(&self.path().join(LEDGER))?;
        // A lock in a folder that goes with the job locks nothing.
        ledger.entries.iter().filter(|e| e.trials.kind != LOCK).map(|e| ledger.whole(e)).collect()
    }
}

/// The scenario as far as days that are locked away, where it does not say itself that it reaches into them.
///
/// # Errors
/// It does, or nothing is left.
pub(super) fn before_locked(asked: Scenario, reach: &LockedReach, progress: &Progress) -> Result<Scenario> {
    let (data, end) = (&asked.data, format_time(reach.from_ms));
    let begins_late = data.from_ms().is_some_and(|from| from >= reach.from_ms);
    if data.to.is_some() || begins_late || reach.at_once {
        return Err(locked_days(reach));
    }
    progress.warn(&format!("{}: bars from {end} on are not read", locked_words(reach)));
    let mut scenario = asked;
    scenario.data.to = Some(end);
    Ok(scenario)
}

/// The refusal to read locked days.
pub(super) fn locked_days(reach: &LockedReach) -> Error {
    let hint = match reach.at_once {
        true => "open them once with --open-holdout: there are no bars before them".to_owned(),
        false => {
            let end = format_time(reach.from_ms);
            format!("open them once with --open-holdout, or end before them: data.to = \"{end}\"")
        }
    };
    Error::usage("data", locked_words(reach)).hint(hint)
}

/// Which days are locked, and by whom.
pub(super) fn locked_words(reach: &LockedReach) -> String {
    let lock = &reach.lock;
    format!(
        "days {} of these bars are locked by scenario {:?} in {}",
        lock.span,
        lock.scenario,
        lock.ledger.display()
    )
}

/// Tells what must be told.
pub(super) fn warn_all(progress: &Progress, notes: Vec<String>) {
    notes.iter().for_each(|n| progress.warn(n));
}

/// Runs `work` on so many threads; without a number on those of the caller. Results are the same for any.
///
/// # Errors
/// The threads cannot be started, or those of `work`.
pub fn on_threads<T: Send>(threads: Option<u16>, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let Some(n) = threads else { return work() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(n)).build().map_err(|e| {
        Error::internal("--threads", format!("{n} threads cannot be started ({e})")).caused_by(e)
    })?;
    pool.install(work)
}
