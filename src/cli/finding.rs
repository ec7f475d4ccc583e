//! From a result to a folder of its own and to the reader: the same for sweeps, walk-forward and Monte Carlo.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Common, document};
use crate::error::Result;
use crate::runs::{Draft, pretty};
use crate::scenario::Scenario;

/// What an experiment found.
pub(super) struct Finding<'a, R> {
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
}

impl<R: Serialize> Finding<'_, R> {
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
        let mut took = json!({ "threads": rayon::current_num_threads() });
        for (what, seconds) in timings {
            took[*what] = json!(seconds);
        }
        draft.publish(&format!("{kind}-{id}"), head, &files, took)
    }

    /// Prints it with its `folder`, called `name` in text; `more` is said beside it in the document.
    pub(super) fn show(
        &self,
        common: &Common,
        (name, folder): (&str, &Path),
        more: Option<(&str, Value)>,
        text: impl FnOnce() -> String,
    ) -> Result<()> {
        let folder = folder.display().to_string();
        let whole = || {
            let mut whole = json!({ "folder": folder, (self.kind): document(self.result)? });
            if let Some((key, value)) = more {
                whole[key] = value;
            }
            Ok(whole)
        };
        common.show(whole, || Ok(format!("{}\n{name} folder: {folder}\n", text())))
    }
}
