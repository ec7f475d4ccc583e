//! The trial ledger: every setting that was ever evaluated on a stretch of data, in a file that can only grow.
//!
//! One JSON object a line. Each holds the hash of the line before it, so that a line changed, left out or put in breaks the chain. A lock
//! keeps writers apart; a line is there whole and on the disk before the work it counts is used. The same work (a shard of a sweep
//! that is resumed, a backtest that is repeated) is counted once. What is known of each trial stands in a file a line, whose hash the
//! line holds.

mod anchor;
mod entry;
mod pool;
mod read_once;
mod related;
mod rows;
mod sketch;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use anchor::LedgerAnchor;
pub(crate) use anchor::{anchor_of, anchors_beside, refuted_beside};
pub use entry::{LedgerEntry, Trials};
pub use pool::{PoolOf, TrialPool, ask_level};
pub use related::RelatedHistories;
pub use rows::{ROWS, TrialRow};
pub use sketch::{HistoryRelation, HistorySketch};
pub use writer::LedgerWriter;

use crate::data::sha256_hex;
use crate::error::{Error, Place, Result};
use read_once::ReadOnce;

/// Name of the file, beside the runs.
pub const LEDGER: &str = "ledger.jsonl";

/// Kind of the lines that say what a sweep that is done chose.
pub const SWEPT: &str = "swept";

/// Kind of the lines that lock days away.
pub const LOCK: &str = "lock";

/// What a ledger holds.
#[derive(Debug, Clone, Default)]
pub struct TrialLedger {
    /// Its lines.
    pub entries: Vec<LedgerEntry>,
    /// Bytes after the last whole line: a writer was killed in the middle of one. It counted nothing.
    pub torn: usize,
    /// Its folder, in which the rows of its trials lie as well.
    folder: PathBuf,
    /// Files that were read: several pools hold the same trials.
    files: Arc<FilesRead>,
}

/// Files beside a ledger that were read, by the numbers of their lines.
#[derive(Debug, Default)]
struct FilesRead {
    rows: ReadOnce<TrialRow>,
    sketches: ReadOnce<HistorySketch>,
}

impl TrialLedger {
    /// Reads a ledger and checks its chain; one that is not there is empty.
    ///
    /// # Errors
    /// A line is damaged, or was changed, left out or put in.
    pub fn read(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(path, &bytes),
            // Below a file there is none either.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Self::default())
            }
            Err(e) => Err(Error::data(path.display(), format!("cannot be read ({e})")).caused_by(e)),
        }
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |k| k + 1);
        let mut entries: Vec<LedgerEntry> = vec![];
        let hint = "restore the file from a copy: without it nobody knows how many trials stand behind the results beside it, and none of them can pass";
        for (k, line) in bytes[..whole].split(|b| *b == b'\n').enumerate() {
            if line.is_empty() && k + 1 == bytes[..whole].split(|b| *b == b'\n').count() {
                break;
            }
            let place = Place::line(path.display(), k + 1);
            let entry: LedgerEntry = serde_json::from_slice(line).map_err(|e| {
                Error::data(&place, format!("is no line of a trial ledger ({e})")).caused_by(e).hint(hint)
            })?;
            let before = entries.last().map_or("", |e| e.hash.as_str());
            if entry.hash != entry.own_hash()? {
                return Err(Error::data(&place, "was changed: its hash is not that of its words").hint(hint));
            }
            if entry.before != before || entry.line != k as u64 + 1 {
                return Err(Error::data(
                    &place,
                    "does not follow the line before it: a line was left out or put in",
                )
                .hint(hint));
            }
            entries.push(entry);
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { entries, torn: bytes.len() - whole, folder, files: Arc::default() })
    }

    /// The settings that a line holds, one row each; none of a line of an older version.
    ///
    /// # Errors
    /// The file of rows is missing or was changed.
    pub fn rows(&self, entry: &LedgerEntry) -> Result<Arc<[TrialRow]>> {
        let Some(sha256) = entry.rows_sha256.as_ref().filter(|_| entry.trials.kind != LOCK) else {
            return Ok(Arc::default());
        };
        self.files.rows.once(entry.line, || {
            let path = rows::rows_path(&self.folder, entry.line);
            whole_file(&path, sha256)?;
            rows::read(&path)
        })
    }

    /// The sketches that a line brings: those of the histories of its data of which no line before has one.
    ///
    /// # Errors
    /// Their file is missing or was changed.
    pub fn sketches(&self, entry: &LedgerEntry) -> Result<Arc<[HistorySketch]>> {
        // An older version kept those of a lock where a line of trials has its rows.
        let older = || entry.rows_sha256.as_ref().filter(|_| entry.trials.kind == LOCK);
        let (path, sha256) = match (&entry.sketches_sha256, older()) {
            (Some(sha256), _) => (sketch::sketches_path(&self.folder, entry.line), sha256),
            (None, Some(sha256)) => (sketch::older_path(&self.folder, entry.line), sha256),
            (None, None) => return Ok(Arc::default()),
        };
        self.files.sketches.once(entry.line, || {
            whole_file(&path, sha256)?;
            sketch::read(&path)
        })
    }

    /// The files of sketches that some line brings.
    fn all_sketches(&self) -> Result<Vec<Arc<[HistorySketch]>>> {
        let brought = self.entries.iter().map(|e| self.sketches(e));
        brought.filter(|s| s.as_ref().map_or(true, |s| !s.is_empty())).collect()
    }

    /// What some histories are known by, as far as a line holds it.
    ///
    /// # Errors
    /// As [`Self::sketches`].
    pub fn sketches_of(&self, histories: &[String]) -> Result<Vec<HistorySketch>> {
        let mut once = HashSet::new();
        let mut is_asked =
            |s: &&HistorySketch| histories.contains(&s.bars_id) && once.insert(s.bars_id.clone());
        let all = self.all_sketches()?;
        Ok(all.iter().flat_map(|brought| brought.iter()).filter(|s| is_asked(s)).cloned().collect())
    }

    /// Identities of all histories that show a market of `own`, whatever their form: those of `own`, and those whose
    /// sketch is one of the same market, as a whole or on the days from the first to the last of `days`.
    ///
    /// # Errors
    /// As [`Self::sketches`].
    pub fn related(&self, own: &[String], days: (i32, i32)) -> Result<RelatedHistories> {
        self.related_to(own, &self.sketches_of(own)?, days)
    }

    /// The same of histories whose sketches are known.
    ///
    /// # Errors
    /// As [`Self::sketches`].
    pub fn related_to(
        &self,
        own: &[String],
        sketches: &[HistorySketch],
        days: (i32, i32),
    ) -> Result<RelatedHistories> {
        Ok(RelatedHistories::of(own, sketches, &self.all_sketches()?, days))
    }

    /// A line with all that stands in files, for another ledger.
    ///
    /// # Errors
    /// A file is missing or was changed.
    pub fn whole(&self, entry: &LedgerEntry) -> Result<Trials> {
        let sketches = self.sketches_of(&entry.trials.data)?;
        Ok(Trials { rows: self.rows(entry)?.to_vec(), sketches, ..entry.trials.clone() })
    }

    /// How far it goes.
    pub fn anchor(&self) -> LedgerAnchor {
        let last = self.entries.last();
        LedgerAnchor {
            lines: self.entries.len() as u64,
            head: last.map_or_else(String::new, |e| e.hash.clone()),
        }
    }

    /// What was tried on some histories in a stretch of time.
    pub fn touching<'l>(
        &'l self,
        histories: &RelatedHistories,
        from_ms: i64,
        to_ms: i64,
    ) -> impl Iterator<Item = &'l Trials> {
        let touches =
            move |t: &&Trials| t.from_ms < to_ms && from_ms < t.to_ms && histories.hold_one_of(&t.data);
        self.entries.iter().map(|e| &e.trials).filter(touches)
    }

    /// Whether work of this key was counted.
    pub fn holds(&self, key: &str) -> bool {
        self.entries.iter().any(|e| e.trials.key == key)
    }
}

/// The days, since 1970-01-01, UTC, that a span in milliseconds touches.
pub fn days_of_span(from_ms: i64, to_ms: i64) -> (i32, i32) {
    let day = |ms: i64| i32::try_from(ms.div_euclid(86_400_000)).unwrap_or(i32::MAX);
    (day(from_ms), day(to_ms - 1))
}

/// Checks that a file beside the ledger is the one that a line lists.
fn whole_file(path: &Path, sha256: &str) -> Result<()> {
    let hint = "restore the file from a copy: without it nobody knows the trials behind the results beside it, and none of them can pass";
    let bytes = std::fs::read(path).map_err(|e| {
        Error::data(path.display(), format!("cannot be read ({e}), and the ledger lists it"))
            .caused_by(e)
            .hint(hint)
    })?;
    if sha256_hex(&bytes) != sha256 {
        return Err(Error::data(path.display(), "is not what the ledger lists: it was changed").hint(hint));
    }
    Ok(())
}
