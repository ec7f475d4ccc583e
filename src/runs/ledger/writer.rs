//! A ledger that is written to.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::entry::LineFiles;
use super::rows::{rows_path, to_bytes};
use super::{HistorySketch, LEDGER, LedgerEntry, TrialLedger, TrialRow, Trials, sketch};
use crate::data::{sha256_hex, write_atomic};
use crate::error::{Error, Result};
use crate::runs::compact;

/// A ledger open for writing, locked against other writers for as long as a line is added.
#[derive(Debug)]
pub struct LedgerWriter {
    path: PathBuf,
    known: HashSet<String>,
    /// Histories that some line holds a sketch of.
    sketched: HashSet<String>,
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
        let (last, sketched) = ((0, String::new()), HashSet::new());
        let mut writer = Self { path, known: HashSet::new(), sketched, last, length: 0, notes: vec![] };
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
        self.add_unless(trials, |_, _| Ok(()))
    }

    /// The same, where `refuse` has nothing against the line and what the ledger holds: no other writer comes in between.
    ///
    /// # Errors
    /// That of `refuse`, or as [`Self::add`].
    pub fn add_unless(
        &mut self,
        mut trials: Trials,
        refuse: impl FnOnce(&TrialLedger, &Trials) -> Result<()>,
    ) -> Result<bool> {
        self.locked(|writer, file| {
            refuse(&TrialLedger::parse(&writer.path, &writer.whole(file)?)?, &trials)?;
            if writer.known.contains(&trials.key) {
                return Ok(false);
            }
            let key = trials.key.clone();
            let number = writer.last.0 + 1;
            // Its files are there before the line that lists them.
            let files = writer.put_files(number, &mut trials)?;
            let sketched = files.sketched.clone();
            let entry = LedgerEntry::new(number, writer.last.1.clone(), trials, files)?;
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
            writer.sketched.extend(sketched);
            Ok(true)
        })
    }

    /// Writes what of line `number` stands in files of its own: its rows, and the sketches that no line before it holds.
    fn put_files(&self, number: u64, trials: &mut Trials) -> Result<LineFiles> {
        let (rows, mut sketches) = (std::mem::take(&mut trials.rows), std::mem::take(&mut trials.sketches));
        let mut once = HashSet::new();
        sketches.retain(|s| !self.sketched.contains(&s.bars_id) && once.insert(s.bars_id.clone()));
        Ok(LineFiles {
            rows_sha256: (!rows.is_empty()).then(|| self.put_rows(number, &rows)).transpose()?,
            sketches_sha256: (!sketches.is_empty())
                .then(|| self.put_sketches(number, &sketches))
                .transpose()?,
            sketched: sketches.into_iter().map(|s| s.bars_id).collect(),
        })
    }

    /// Writes the rows of line `number`, and gives their hash.
    fn put_rows(&self, number: u64, rows: &[TrialRow]) -> Result<String> {
        let path = rows_path(self.folder(), number);
        put(&path, &to_bytes(&path, rows)?)
    }

    /// Writes the sketches of line `number`, and gives their hash.
    fn put_sketches(&self, number: u64, sketches: &[HistorySketch]) -> Result<String> {
        let path = sketch::sketches_path(self.folder(), number);
        put(&path, &sketch::to_bytes(&path, sketches)?)
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// All bytes of the file.
    fn whole(&self, file: &mut File) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(|e| Error::output(self.path.display(), format!("cannot be used ({e})")).caused_by(e))?;
        Ok(bytes)
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
        if length == 0 {
            // A new file: its name must be on the disk before its first line is relied on.
            sync_folder(self.folder()).map_err(fail)?;
        }
        if length != self.length || self.length == 0 {
            let bytes = self.whole(&mut file)?;
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
            self.sketched = ledger.entries.iter().flat_map(|e| e.sketched.iter().cloned()).collect();
            self.known = ledger.entries.into_iter().map(|e| e.trials.key).collect();
        }
        work(self, &mut file)
    }
}

/// Writes a file beside the ledger, and gives its hash.
fn put(path: &Path, bytes: &[u8]) -> Result<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(|e| {
        Error::output(folder.display(), format!("the folder cannot be made ({e})")).caused_by(e)
    })?;
    write_atomic(path, bytes)?;
    // The name as well as the bytes: a line must not outlive its rows.
    let folder = path.parent().map_or(Ok(()), sync_folder);
    let synced = File::open(path).and_then(|file| file.sync_data()).and(folder);
    synced.map_err(|e| {
        Error::output(path.display(), format!("cannot be written ({e})"))
            .caused_by(e)
            .hint("is the disk full?")
    })?;
    Ok(sha256_hex(bytes))
}

/// Puts the names in a folder on the disk, where the system can.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // Windows opens no folder as a file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
