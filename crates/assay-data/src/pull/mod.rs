//! Public archives into a folder: which files there are, fetched politely, verified, and none of them twice.
//!
//! [`Catalogue`] names the sources, [`plan()`] the archives of a range, [`pull`] brings them into a cache that mirrors the source, and
//! [`finish`] makes one file of what they hold. Nothing else of the library talks to a network.

mod catalogue;
mod checksum;
mod fetch;
mod finish;
mod http;
mod period;
mod plan;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

pub use catalogue::{ArchiveSeries, Catalogue, DataSource, RowKind, SourceKind};
pub use finish::{PulledFiles, finish};
pub use period::{Month, Period};
pub use plan::{Archive, PullRequest, plan};

use crate::choices;
use crate::error::{Error, Place, Result};
use fetch::{Fetcher, Got};

/// Requests a second where neither the catalogue nor the user says.
const RATE: f64 = 2.0;

/// How to fetch.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// The folder that archives are kept in, a folder a source.
    pub cache: PathBuf,
    /// Instead of the source's own base URL: a mirror.
    pub base_url: Option<String>,
    /// Requests a second at most, instead of the source's own.
    pub rate: Option<f64>,
    /// How often a request that failed is made again.
    pub retries: u32,
    /// Wait before the first of these; it doubles.
    pub backoff: Duration,
    /// For connecting, for the head of an answer, and between two pieces of a body.
    pub timeout: Duration,
    /// Ask for the checksum of archives that are there, since a source may replace one.
    pub refresh: bool,
    /// Go on without archives that cannot be had whole.
    pub allow_missing: bool,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self {
            cache: PathBuf::from("datasets/cache"),
            base_url: None,
            rate: None,
            retries: 4,
            backoff: Duration::from_millis(500),
            timeout: Duration::from_secs(20),
            refresh: false,
            allow_missing: false,
        }
    }
}

/// What goes on.
#[derive(Debug, Clone, Copy)]
pub enum PullEvent<'a> {
    /// Another process pulls into the same cache; this one waits for it.
    Queued,
    /// An archive's turn.
    Archive {
        /// Its name.
        name: &'a str,
        /// How many came before it.
        index: usize,
        /// How many there are.
        of: usize,
    },
    /// Bytes of it are there.
    Bytes {
        /// So many.
        done: u64,
        /// Of so many, where the server says.
        total: Option<u64>,
    },
    /// A request failed and is made again.
    Waiting {
        /// Why it failed.
        why: &'a str,
        /// After what time.
        wait: Duration,
    },
}

/// An archive that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// What it covers.
    pub period: Period,
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, which is that of the source.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// How it came.
    pub state: State,
}

choices! {
    /// How an archive came.
    pub enum State {
        /// It was there.
        Kept = "kept",
        /// It was fetched.
        Fetched = "fetched",
        /// Its beginning was there and the rest was fetched.
        Resumed = "resumed",
    }
}

/// An archive that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingArchive {
    /// What it would cover.
    pub period: Period,
    /// Why it is missing.
    pub why: FetchReason,
}

choices! {
    /// Why an archive is missing.
    pub enum FetchReason {
        /// The source has nothing so old of this symbol.
        Before = "before",
        /// The source has it not yet, or no longer traded the symbol.
        After = "after",
        /// The source has older and newer ones.
        Hole = "hole",
        /// What the source sends has another hash than it states.
        WrongChecksum = "wrong-checksum",
    }
}

/// What a pull brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// The archives, oldest first.
    pub archives: Vec<Pulled>,
    /// What is missing of the range, oldest first.
    pub missing: Vec<MissingArchive>,
    /// Requests that were made.
    pub requests: u64,
}

/// What is told what goes on in a pull. An error of its own ends the pull: what is there stays, and a file
/// half there is resumed by the next one.
pub type PullListener<'a> = dyn FnMut(PullEvent<'_>) -> Result<()> + 'a;

/// Brings `archives` of `source` into the cache, oldest first, and tells `on` what goes on.
///
/// # Errors
/// That of `on`; the source cannot be reached or has none of them; lacks one between two others, or sends one with another hash than it states, and
/// that was not allowed; or the cache cannot be written.
pub fn pull(
    source: &DataSource,
    archives: &[Archive],
    options: &PullOptions,
    on: &mut PullListener<'_>,
) -> Result<Brought> {
    let base_url = base_url(source, options)?;
    let rate = rate(source, options)?;
    let folder = options.cache.join(&source.name);
    let _lock = lock(&folder, on)?;
    let mut fetcher = Fetcher::new(&base_url, rate, options, on);
    let (mut there, mut missing) = (Vec::new(), Vec::new());
    for (index, archive) in archives.iter().enumerate() {
        fetcher.tell(PullEvent::Archive { name: archive.name(), index, of: archives.len() })?;
        let (sha256, state) = match fetcher.fetch(archive, &folder)? {
            Got::Kept { sha256 } => (sha256, State::Kept),
            Got::Fetched { sha256, resumed: false } => (sha256, State::Fetched),
            Got::Fetched { sha256, resumed: true } => (sha256, State::Resumed),
            Got::Absent => {
                missing.push(MissingArchive { period: archive.period, why: FetchReason::Before });
                continue;
            }
            Got::Damaged { .. } if options.allow_missing => {
                missing.push(MissingArchive { period: archive.period, why: FetchReason::WrongChecksum });
                continue;
            }
            Got::Damaged { stated, found } => return Err(damaged(&base_url, archive, &stated, &found)),
        };
        let path = folder.join(&archive.path);
        let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
        there.push(Pulled { period: archive.period, path, sha256, bytes, state });
    }
    let requests = fetcher.requests();
    place(&mut missing, &there);
    let holes: Vec<String> =
        missing.iter().filter(|m| m.why == FetchReason::Hole).map(|m| m.period.to_string()).collect();
    if there.is_empty() {
        return Err(nothing(&base_url, archives));
    }
    if !holes.is_empty() && !options.allow_missing {
        let problem = format!("has nothing for {}, and has what lies before and after", holes.join(", "));
        return Err(Error::data(Place::text(&base_url), problem)
            .hint("--allow-missing goes on without; the bars will have a gap there"));
    }
    Ok(Brought { archives: there, missing, requests })
}

/// Says of each absent period whether it lies before, after or between those that are there.
fn place(missing: &mut [MissingArchive], there: &[Pulled]) {
    let (Some(first), Some(last)) = (there.first(), there.last()) else { return };
    for m in missing.iter_mut().filter(|m| m.why == FetchReason::Before) {
        let day = m.period.first_day();
        if day > last.period.first_day() {
            m.why = FetchReason::After;
        } else if day > first.period.first_day() {
            m.why = FetchReason::Hole;
        }
    }
}

fn base_url(source: &DataSource, options: &PullOptions) -> Result<String> {
    let url = match (&options.base_url, &source.base_url) {
        (Some(url), _) => {
            catalogue::address(url).map_err(|problem| Error::usage("--base-url", problem))?;
            url
        }
        (None, Some(url)) => url,
        (None, None) => {
            return Err(Error::usage(
                Place::text(&source.name).about("source"),
                "can only be downloaded by hand",
            ));
        }
    };
    Ok(url.trim_end_matches('/').to_owned())
}

fn rate(source: &DataSource, options: &PullOptions) -> Result<f64> {
    let rate = options.rate.or(source.rate).unwrap_or(RATE);
    if rate > 0.0 && rate <= catalogue::MAX_RATE {
        return Ok(rate);
    }
    let most = catalogue::MAX_RATE;
    Err(Error::usage("--rate", format!("must be above 0 and at most {most} requests a second, was {rate}")))
}

/// Keeps a second process from the same files, and both together to the rate of one.
fn lock(folder: &Path, on: &mut PullListener<'_>) -> Result<Option<File>> {
    let path = folder.join(".lock");
    let made = std::fs::create_dir_all(folder).and_then(|()| File::create(&path));
    let file = made.map_err(|e| {
        Error::output(path.display(), format!("cannot be made ({e})"))
            .caused_by(e)
            .hint("name a folder that can be written with --cache")
    })?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            on(PullEvent::Queued)?;
            Ok(file.lock().is_ok().then_some(file))
        }
        // A file system without locks: better unguarded than not at all.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn damaged(base_url: &str, archive: &Archive, stated: &str, found: &str) -> Error {
    let problem = format!("came twice with SHA-256 {found} where {stated} is stated");
    Error::network(format!("{base_url}/{}", archive.path), problem).hint(
        "nothing of it was kept; try later or from another network, or go on without it with --allow-missing",
    )
}

fn nothing(base_url: &str, archives: &[Archive]) -> Error {
    let range = match archives {
        [first, .., last] => format!("nothing from {} to {}", first.path, last.name()),
        [one] => format!("no {}", one.path),
        [] => "nothing".to_owned(),
    };
    Error::data(Place::text(base_url), format!("has {range}")).hint(
        "check the symbol (as the source spells it) and since when it is traded; a month is published after its end",
    )
}
