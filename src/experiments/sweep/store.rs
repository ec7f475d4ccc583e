//! A sweep on disk while it runs: a plan, shards of rows, and a journal of the shards that are done.
//!
//! A shard appears whole or not at all, and counts as done once the journal holds its hash. Killed at any moment, a sweep goes on
//! from the shards in the journal.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::table::{self, Table};
use crate::data::{sha256_hex, write_atomic};
use crate::error::{Error, Place, Result};
use crate::runs::{compact, not_the_folder, pretty, results_hint};

const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal.jsonl";
const SHARDS: &str = "shards";

/// What a sweep is: the same plan gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepManifest {
    /// Hash of what it does.
    pub id: String,
    /// Version of the program.
    pub assay_version: String,
    /// What makes scenario and files the same, whatever they are called.
    #[serde(default)]
    pub identity: String,
    /// What each file is, and the identity of what it holds.
    #[serde(default)]
    pub ids: Vec<(String, String)>,
    /// Hash of all the rest, so that a change is noticed.
    #[serde(default)]
    pub seal: String,
    /// The resolved scenario with its sweep.
    pub scenario: String,
    /// Name and hash of each file it reads.
    pub files: Vec<(String, String)>,
    /// Candidates, those included that conditions leave out.
    pub total: u64,
    /// Candidates of one shard.
    pub shard_size: u64,
    /// Blocks of days kept of each candidate.
    pub blocks: usize,
    /// Days these blocks hold together.
    pub block_days: usize,
}

impl SweepManifest {
    /// The plan with its id.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn named(mut self) -> Result<Self> {
        let (total, size, blocks, days) = (self.total, self.shard_size, self.blocks, self.block_days);
        let text = format!("{} {total} {size} {blocks} {days}", self.identity);
        self.id = sha256_hex(text.as_bytes())[..12].to_owned();
        self.seal = String::new();
        self.seal = sha256_hex(compact(&self)?.as_bytes());
        Ok(self)
    }

    /// How another plan differs, in words; none where it is the same.
    pub fn differs(&self, other: &Self) -> Option<String> {
        if self.id == other.id {
            return None;
        }
        if self.assay_version != other.assay_version {
            return Some(format!(
                "it was begun by version {} of the program, this is {}",
                other.assay_version, self.assay_version
            ));
        }
        if self.ids != other.ids {
            match self.files.iter().zip(&other.files).find(|(a, b)| a != b) {
                Some((now, then)) if now.0 == then.0 => {
                    return Some(format!("the file {} has changed since", now.0));
                }
                Some((now, then)) => {
                    return Some(format!("it was begun on the file {}, not on {}", then.0, now.0));
                }
                // Another part of the same files: the scenario says which.
                None => {}
            }
        }
        let now: Vec<&str> = self.scenario.lines().collect();
        let then: Vec<&str> = other.scenario.lines().collect();
        let line = now.iter().zip(&then).find(|(a, b)| a != b);
        Some(match line {
            Some((a, b)) => format!("the scenario has changed since: it said `{b}` and says `{a}`"),
            None => "the scenario has changed since".to_owned(),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct FinishedShard {
    shard: String,
    rows: usize,
    sha256: String,
}

/// The folder of a sweep that runs.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    done: BTreeMap<String, FinishedShard>,
    notes: Vec<String>,
}

impl Store {
    /// Opens the folder `dir` of the sweep of `plan`, or makes it.
    ///
    /// # Errors
    /// The folder is that of another plan, is damaged, or cannot be written.
    pub fn open(dir: &Path, plan: &SweepManifest) -> Result<Self> {
        let fail = |e: std::io::Error| {
            Error::output(dir.display(), format!("the folder cannot be made ({e})"))
                .caused_by(e)
                .hint("choose another with --out")
        };
        std::fs::create_dir_all(dir.join(SHARDS)).map_err(fail)?;
        if dir.join(PLAN).exists() {
            if let Some(why) = plan.differs(&Self::plan(dir)?) {
                return Err(Error::usage(dir.display(), format!("is another sweep: {why}"))
                    .hint("give the scenario, the data and the program it was begun with, or begin anew without --resume"));
            }
        } else {
            write_atomic(&dir.join(PLAN), pretty(plan)?.as_bytes())?;
        }
        let mut store = Self { dir: dir.to_owned(), done: BTreeMap::new(), notes: vec![] };
        store.read_journal()?;
        Ok(store)
    }

    /// The plan of a folder.
    ///
    /// # Errors
    /// It holds none.
    pub fn plan(dir: &Path) -> Result<SweepManifest> {
        let path = dir.join(PLAN);
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Error::usage(
                dir.display(),
                not_the_folder("the folder of a sweep that is not done", dir, PLAN, &e),
            )
            .caused_by(e)
            .hint(results_hint("folder of a sweep that is not done", "sweep-<id>.part", dir))
        })?;
        let plan: SweepManifest = serde_json::from_str(&text).map_err(|e| {
            Error::data(path.display(), format!("is not the plan of a sweep ({e})")).caused_by(e)
        })?;
        if plan.identity.is_empty() {
            let problem = "was begun by an older version of the program, which knew data by their files";
            return Err(Error::data(path.display(), problem)
                .hint("finish it with that version, or begin anew without --resume"));
        }
        if plan.clone().named()? != plan {
            return Err(Error::data(path.display(), "was changed: its hashes are not those of its words")
                .hint("restore the file, or begin anew without --resume"));
        }
        Ok(plan)
    }

    fn read_journal(&mut self) -> Result<()> {
        let path = self.dir.join(JOURNAL);
        let unread = |e: std::io::Error| {
            Error::data(path.display(), format!("cannot be read ({e})"))
                .caused_by(e)
                .hint("check that it is a readable file, or delete the folder to begin anew")
        };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(unread(e)),
        };
        let mut bytes = vec![];
        // A process at work on another part of the same sweep ends its line first.
        file.lock_shared().and_then(|()| file.read_to_end(&mut bytes)).map_err(unread)?;
        drop(file);
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |k| k + 1);
        for (k, line) in bytes[..whole].split_inclusive(|b| *b == b'\n').enumerate() {
            let done: FinishedShard = serde_json::from_slice(line).map_err(|e| {
                Error::data(Place::line(path.display(), k + 1), format!("is no line of a journal ({e})"))
                    .caused_by(e)
                    .hint("delete the folder to begin anew")
            })?;
            self.done.insert(done.shard.clone(), done);
        }
        if whole < bytes.len() {
            // Killed in the middle of a line: that shard is evaluated again.
            let cut = || {
                let file = OpenOptions::new().write(true).open(&path)?;
                file.lock()?;
                file.set_len(whole as u64)
            };
            cut().map_err(|e| {
                Error::output(path.display(), format!("cannot be rid of a line that was cut off ({e})"))
                    .caused_by(e)
            })?;
            self.notes.push(format!(
                "the last line of {} was cut off and is dropped: its shard counts as not done",
                path.display()
            ));
        }
        Ok(())
    }

    /// What a reader should be told of, once: a line that was cut off and is dropped.
    pub fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Whether a shard is done.
    pub fn has(&self, shard: &str) -> bool {
        self.done.contains_key(shard)
    }

    /// Shards that are done.
    pub fn shards(&self) -> impl Iterator<Item = &str> {
        self.done.keys().map(String::as_str)
    }

    /// Rows of a shard that is done.
    pub fn rows(&self, shard: &str) -> usize {
        self.done.get(shard).map_or(0, |d| d.rows)
    }

    fn path(&self, shard: &str) -> PathBuf {
        self.dir.join(SHARDS).join(format!("{shard}.parquet"))
    }

    /// Writes a shard and takes note of it.
    ///
    /// # Errors
    /// It cannot be written; what is done is kept.
    pub fn put(&mut self, shard: &str, table: &Table) -> Result<()> {
        let kept = |e: Error| {
            let n = self.done.len();
            e.hint(format!(
                "is the disk full? {n} shards are done and kept in {}; the same command goes on from there",
                self.dir.display()
            ))
        };
        let path = self.path(shard);
        table::write(&path, table, &[("assay:shard", shard.to_owned())]).map_err(kept)?;
        let bytes = std::fs::read(&path)
            .map_err(|e| Error::output(path.display(), format!("cannot be read back ({e})")).caused_by(e))?;
        let done = FinishedShard { shard: shard.to_owned(), rows: table.rows(), sha256: sha256_hex(&bytes) };
        let line = compact(&done)? + "\n";
        let journal = self.dir.join(JOURNAL);
        let append = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().append(true).create(true).open(&journal)?;
            file.lock()?;
            file.write_all(line.as_bytes())?;
            file.sync_data()
        };
        append().map_err(|e| {
            kept(Error::output(journal.display(), format!("cannot be written ({e})")).caused_by(e))
        })?;
        self.done.insert(done.shard.clone(), done);
        Ok(())
    }

    /// Reads a shard that is done.
    ///
    /// # Errors
    /// It is damaged.
    pub fn get(&self, shard: &str) -> Result<Table> {
        let path = self.path(shard);
        let done = self.done.get(shard).ok_or_else(|| {
            Error::data(self.dir.display(), format!("shard {shard} is not done"))
                .hint("finish the sweep, or merge all of its parts")
        })?;
        let hint = "delete the folder to begin anew, or take this shard's line out of journal.jsonl to evaluate it again";
        let bytes = std::fs::read(&path).map_err(|e| {
            Error::data(path.display(), format!("cannot be read ({e})")).caused_by(e).hint(hint)
        })?;
        if sha256_hex(&bytes) != done.sha256 {
            return Err(
                Error::data(path.display(), "is damaged: its hash is not that of the journal").hint(hint)
            );
        }
        table::read(&path)
    }

    /// Takes in the shards of another folder of the same sweep.
    ///
    /// # Errors
    /// A shard of it is damaged, or cannot be copied.
    pub fn join(&mut self, other: &Self) -> Result<()> {
        for shard in other.done.keys() {
            if !self.has(shard) {
                self.put(shard, &other.get(shard)?)?;
            }
        }
        Ok(())
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::table::Column;

    #[test]
    fn a_line_cut_short_is_dropped_and_told_and_a_journal_that_cannot_be_read_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let plan = SweepManifest {
            id: String::new(),
            assay_version: "0".to_owned(),
            identity: "x".to_owned(),
            ids: vec![],
            seal: String::new(),
            scenario: String::new(),
            files: vec![],
            total: 2,
            shard_size: 1,
            blocks: 0,
            block_days: 0,
        };
        let plan = plan.named().unwrap();
        let open = || Store::open(dir.path(), &plan);
        let mut store = open().unwrap();
        let table = Table::new().with("x", Column::F64(vec![1.0]));
        store.put("a", &table).unwrap();
        store.put("b", &table).unwrap();
        let journal = dir.path().join(JOURNAL);
        let text = std::fs::read_to_string(&journal).unwrap();
        std::fs::write(&journal, &text[..text.len() - 20]).unwrap();
        let mut store = open().unwrap();
        assert!(store.has("a") && !store.has("b"));
        let notes = store.notes();
        assert!(notes[0].contains("journal.jsonl was cut off and is dropped"), "{notes:?}");
        store.put("b", &table).unwrap();
        assert_eq!(std::fs::read_to_string(&journal).unwrap(), text);
        assert!(open().unwrap().notes().is_empty());
        std::fs::remove_file(&journal).unwrap();
        std::fs::create_dir(&journal).unwrap();
        assert!(open().unwrap_err().to_string().contains("journal.jsonl: cannot be read"));
    }
}
