//! From a result to a folder of its own: the same for sweeps, walk-forward and Monte Carlo.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::runs::ledger::LedgerAnchor;
use crate::runs::{Draft, pretty};
use crate::scenario::Scenario;

/// What an experiment found.
pub(super) struct ExperimentResult<'a, R> {
    /// Names its document and, with its id, its folder.
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    pub(super) scenario: &'a Scenario,
    /// The scenario as it was run, every value written out.
    pub(super) resolved: String,
    /// Name and hash of each file that was read.
    pub(super) files: &'a [(String, String)],
    /// How many there were of what, for the manifest.
    pub(super) counted: (&'static str, u64),
    pub(super) result: &'a R,
    /// How far the ledger went.
    pub(super) ledger: LedgerAnchor,
}

impl<R: Serialize> ExperimentResult<'_, R> {
    /// Puts what was drawn, the document and the scenario into a draft, and gives it its name.
    pub(super) fn publish(
        &self,
        draft: Draft,
        mut files: Vec<(String, Vec<u8>)>,
        timings: &[(&str, f64)],
    ) -> Result<PathBuf> {
        let (kind, id) = (self.kind, self.id);
        files.push((format!("{kind}.json"), pretty(self.result)?.into_bytes()));
        files.push(("scenario.toml".to_owned(), self.resolved.clone().into_bytes()));
        let mut head = json!({
            (format!("{kind}_id")): id,
            "assay_version": env!("CARGO_PKG_VERSION"),
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            "files": self.files,
        });
        head[self.counted.0] = json!(self.counted.1);
        head["ledger"] = json!(self.ledger);
        let mut took = json!({ "threads": rayon::current_num_threads() });
        for (what, seconds) in timings {
            took[*what] = json!(seconds);
        }
        draft.publish(&format!("{kind}-{id}"), head, &files, took)
    }
}

/// A result as the value of a document.
pub(super) fn value(result: &impl Serialize) -> Result<Value> {
    serde_json::to_value(result)
        .map_err(|e| Error::internal("json", format!("cannot be written ({e})")).caused_by(e))
}

/// A folder as a document shows it; null where nothing was written.
pub(super) fn shown(folder: Option<&Path>) -> Value {
    json!(folder.map(|f| f.display().to_string()))
}

/// Makes a folder for results.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| {
        Error::output(folder.display(), format!("the folder cannot be made ({e})"))
            .caused_by(e)
            .hint("choose another folder with --out")
    })
}
