//! The trial ledger: every setting that was ever evaluated on a stretch of data, in a file that can only grow.
//!
//! One JSON object a line. Each holds the hash of the line before it, so that a line changed, left out or put in breaks the chain. A lock
//! keeps writers apart; a line is there whole and on the disk before the work it counts is used. The same work (a shard of a sweep
//! that is resumed, a backtest that is repeated) is counted once.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::compact;
use crate::data::sha256_hex;
use crate::error::{Error, Place, Result};

/// Name of the file, beside the runs.
pub const LEDGER: &str = "ledger.jsonl";

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trials {
    /// Command: `backtest`, `sweep`, `montecarlo`, `walkforward`, `holdout`.
    pub kind: String,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// What makes the work the same work: the same key is counted once.
    pub key: String,
    /// Identities of the bars; of older lines hashes of their files.
    pub data: Vec<String>,
    /// Open of the first bar that was judged, milliseconds UTC.
    pub from_ms: i64,
    /// Close of the last bar.
    pub to_ms: i64,
    /// Settings evaluated.
    pub count: u64,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Number of the line, from 1.
    pub line: u64,
    /// Hash of the line before; empty at the first.
    pub before: String,
    /// What was tried.
    #[serde(flatten)]
    pub trials: Trials,
    /// SHA-256 of the line without this field.
    pub hash: String,
}

impl LedgerEntry {
    fn new(line: u64, before: String, trials: Trials) -> Result<Self> {
        let mut entry = Self { line, before, trials, hash: String::new() };
        entry.hash = entry.own_hash()?;
        Ok(entry)
    }

    fn own_hash(&self) -> Result<String> {
        let bare = Self { hash: String::new(), ..self.clone() };
        Ok(sha256_hex(compact(&bare)?.as_bytes()))
    }
}

/// What a ledger holds.
#[derive(Debug, Clone, Default)]
pub struct TrialLedger {
    /// Its lines.
    pub entries: Vec<LedgerEntry>,
    /// Bytes after the last whole line: a writer was killed in the middle of one. It counted nothing.
    pub torn: usize,
}

impl TrialLedger {
    /// Reads a ledger and checks its chain; one that is not there is empty.
    ///
    /// # Errors
    /// A line is damaged, or was changed, left out or put in.
    pub fn read(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(path, &bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(Error::data(path.display(), format!("cannot be read ({e})")).caused_by(e)),
        }
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |k| k + 1);
        let mut entries: Vec<LedgerEntry> = vec![];
        let hint = "the number of trials behind every result beside it is in doubt: restore the file from a copy, or begin a new folder of results";
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
        Ok(Self { entries, torn: bytes.len() - whole })
    }

    /// Settings tried on data that share a history and a stretch of time with these.
    pub fn trials(&self, data: &[String], from_ms: i64, to_ms: i64) -> u64 {
        self.touching(data, from_ms, to_ms).map(|t| t.count).sum()
    }

    /// What was tried on data that share a history and a stretch of time with these.
    pub fn touching<'l>(
        &'l self,
        data: &'l [String],
        from_ms: i64,
        to_ms: i64,
    ) -> impl Iterator<Item = &'l Trials> {
        let touches = move |t: &&Trials| {
            t.from_ms < to_ms && from_ms < t.to_ms && t.data.iter().any(|d| data.contains(d))
        };
        self.entries.iter().map(|e| &e.trials).filter(touches)
    }

    /// Whether work of this key was counted.
    pub fn holds(&self, key: &str) -> bool {
        self.entries.iter().any(|e| e.trials.key == key)
    }
}

/// A ledger open for writing, locked against other writers for as long as a line is added.
#[derive(Debug)]
pub struct LedgerWriter {
    path: PathBuf,
    known: HashSet<String>,
    last: (u64, String),
    /// Length of the file after the last line that is known.
    length: u64,
    notes: Vec<String>,
}

impl LedgerWriter {
    /// Opens the ledger of a folder of results and checks it.
    ///
    /// # Errors
    /// It is damaged, or the folder cannot be written.
    pub fn open(out: &Path) -> Result<Self> {
        std::fs::create_dir_all(out).map_err(|e| {
            Error::output(out.display(), format!("the folder cannot be made ({e})"))
                .caused_by(e)
                .hint("choose another with --out")
        })?;
        let path = out.join(LEDGER);
        let last = (0, String::new());
        let mut writer = Self { path, known: HashSet::new(), last, length: 0, notes: vec![] };
        writer.locked(|_, _| Ok(()))?;
        Ok(writer)
    }

    /// What a reader should be told of, once: a line that was cut off and is dropped.
    pub fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Adds what was tried, unless the same work was counted before. Returns whether it was added.
    ///
    /// # Errors
    /// The file was damaged meanwhile, or cannot be written.
    pub fn add(&mut self, trials: Trials) -> Result<bool> {
        if self.known.contains(&trials.key) {
            return Ok(false);
        }
        self.locked(|writer, file| {
            if writer.known.contains(&trials.key) {
                return Ok(false);
            }
            let key = trials.key.clone();
            let entry = LedgerEntry::new(writer.last.0 + 1, writer.last.1.clone(), trials)?;
            let line = compact(&entry)? + "\n";
            let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
            written.map_err(|e| {
                Error::output(writer.path.display(), format!("cannot be written ({e})"))
                    .caused_by(e)
                    .hint("is the disk full?")
            })?;
            writer.length += line.len() as u64;
            writer.last = (entry.line, entry.hash);
            writer.known.insert(key);
            Ok(true)
        })
    }

    /// Runs `work` with the file locked and all its lines known.
    fn locked<T>(&mut self, work: impl FnOnce(&mut Self, &mut File) -> Result<T>) -> Result<T> {
        let fail = |e: std::io::Error| {
            Error::output(self.path.display(), format!("cannot be used ({e})")).caused_by(e)
        };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(&self.path).map_err(fail)?;
        file.lock().map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        if length != self.length || self.length == 0 {
            let mut bytes = vec![];
            file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes)).map_err(fail)?;
            let ledger = TrialLedger::parse(&self.path, &bytes)?;
            if ledger.torn > 0 {
                // A writer was killed in the middle of a line, which therefore counted nothing.
                file.set_len((bytes.len() - ledger.torn) as u64).map_err(fail)?;
                self.notes.push(format!(
                    "the last line of {} was cut off and is dropped: it counted nothing",
                    self.path.display()
                ));
            }
            self.length = (bytes.len() - ledger.torn) as u64;
            self.last = ledger.entries.last().map_or((0, String::new()), |e| (e.line, e.hash.clone()));
            self.known = ledger.entries.into_iter().map(|e| e.trials.key).collect();
        }
        work(self, &mut file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(key: &str, count: u64) -> Trials {
        Trials {
            kind: "sweep".into(),
            scenario: "s".into(),
            system: "s".into(),
            key: key.into(),
            data: vec!["d".into()],
            from_ms: 0,
            to_ms: 100,
            count,
        }
    }

    #[test]
    fn the_same_work_counts_once_and_slices_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let mut a = LedgerWriter::open(dir.path()).unwrap();
        let mut b = LedgerWriter::open(dir.path()).unwrap();
        assert!(a.add(trials("one", 10)).unwrap());
        assert!(!b.add(trials("one", 10)).unwrap(), "another process has counted it");
        assert!(b.add(Trials { from_ms: 100, to_ms: 200, ..trials("two", 5) }).unwrap());
        assert!(a.add(trials("three", 1)).unwrap());
        let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
        assert_eq!(ledger.entries.len(), 3);
        let d = ["d".to_owned()];
        assert_eq!(ledger.trials(&d, 0, 100), 11);
        assert_eq!(ledger.trials(&d, 50, 150), 16);
        assert_eq!(ledger.trials(&["e".to_owned()], 0, 100), 0);
    }

    #[test]
    fn a_line_cut_short_is_dropped_and_a_changed_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(LEDGER);
        let mut w = LedgerWriter::open(dir.path()).unwrap();
        for key in ["one", "two", "three"] {
            w.add(trials(key, 7)).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{{\"line\":4,\"be")).unwrap();
        let mut w = LedgerWriter::open(dir.path()).unwrap();
        assert!(w.notes()[0].ends_with("ledger.jsonl was cut off and is dropped: it counted nothing"));
        assert!(w.add(trials("four", 1)).unwrap());
        assert!(w.notes().is_empty());
        assert_eq!(TrialLedger::read(&path).unwrap().entries.len(), 4);

        let read = |text: String| {
            std::fs::write(&path, text).unwrap();
            TrialLedger::read(&path).unwrap_err().to_string()
        };
        assert!(read(text.replacen("\"count\":7", "\"count\":1", 1)).contains("ledger.jsonl:1: was changed"));
        let without: Vec<&str> = text.lines().enumerate().filter(|(k, _)| *k != 1).map(|(_, l)| l).collect();
        assert!(read(without.join("\n") + "\n").contains("ledger.jsonl:2: does not follow"));
        assert!(read(format!("{text}nonsense\n")).contains("ledger.jsonl:4: is no line"));
    }
}
