//! What makes a run the same run: what its scenario says and what its files hold, not what they are called.

use std::sync::Arc;

use super::inputs::Inputs;
use super::ledger::HistorySketch;
use crate::data::sha256_hex;
use crate::error::Result;
use crate::execution::SpreadFrom;
use crate::scenario::Scenario;
use crate::system::ExtraData;

/// What a run was made of: its files, and what they hold.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// Name and SHA-256 of every file that was read.
    pub files: Vec<(String, String)>,
    /// What each is, and the identity of what it holds: [`Inputs::ids`].
    pub ids: Vec<(String, String)>,
    /// Identities of the bars, by which trials are counted: [`Inputs::histories`].
    pub histories: Vec<String>,
    /// Identities of the histories of which only a part was read.
    pub parts: Vec<String>,
    /// What all bars of the file of each symbol are known by in another form.
    pub sketches: Arc<[HistorySketch]>,
}

impl Provenance {
    /// What makes work the same work for the ledger: its id, and the histories that its bars are a part of.
    pub fn key(&self, kind: &str, id: &str) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|whole| &whole[..12]).collect();
        if parts.is_empty() { format!("{kind} {id}") } else { format!("{kind} {id} of {}", parts.join(" ")) }
    }
}

impl Inputs {
    /// What a run of `scenario` is made of.
    pub fn provenance(&self, scenario: &Scenario) -> Provenance {
        let cut = self.symbols.iter().filter(|l| l.whole.len() != l.bars.len());
        Provenance {
            files: self.files(),
            ids: self.ids(scenario),
            histories: self.histories(),
            parts: cut.map(|l| l.whole.id().to_owned()).collect(),
            sketches: self.sketches().into(),
        }
    }

    /// Name and hash of every file that was read.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![];
        for l in &self.symbols {
            files.push((l.file_name.clone(), l.sha256.clone()));
            files.extend(l.detail.iter().map(|d| (d.file_name.clone(), d.sha256.clone())));
            files.extend(l.funding.iter().map(|f| (f.file_name.clone(), f.sha256.clone())));
        }
        files.extend(self.conversions.iter().map(|(_, l)| (l.file_name.clone(), l.sha256.clone())));
        files.extend(self.extras.iter().map(|e| (e.file.clone(), e.data.sha256().to_owned())));
        files
    }

    /// The identity of everything that a run of `scenario` reads, each after what it is: bars of every symbol, and the
    /// columns, finer bars, funding, rates and files beside them.
    pub fn ids(&self, scenario: &Scenario) -> Vec<(String, String)> {
        let mut ids = vec![];
        let mut add = |what: &str, id: String| ids.push((what.to_owned(), id));
        for l in &self.symbols {
            add("bars", l.bars.id().to_owned());
            let spread = l.spread_id().filter(|_| scenario.execution.spread_from == SpreadFrom::Column);
            let columns = [("spread", spread), ("true_regime", l.truth_id())];
            columns.into_iter().for_each(|(what, id)| id.into_iter().for_each(|id| add(what, id)));
            if l.synthetic {
                // It is said of every result.
                add("synthetic", "yes".to_owned());
            }
            l.detail.iter().for_each(|d| add("detail", d.detail.fine().id().to_owned()));
            l.funding.iter().for_each(|f| add("funding", f.id.clone()));
        }
        for (pair, l) in &self.conversions {
            add(pair, l.bars.id().to_owned());
        }
        for extra in &self.extras {
            add(extra.name, extra.data.id());
        }
        ids
    }

    /// What all bars of the file of each symbol are known by in another form.
    pub fn sketches(&self) -> Vec<HistorySketch> {
        self.symbols.iter().map(|l| HistorySketch::of(&l.whole)).collect()
    }

    /// The identity of the bars of every symbol, those that are read and all of their file: what trials are counted by.
    pub fn histories(&self) -> Vec<String> {
        let mut ids: Vec<String> = vec![];
        for id in self.symbols.iter().flat_map(|l| [l.whole.id(), l.bars.id()]) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }
}

/// The id of work on `scenario` with these inputs: twelve digits of the hash of what it says and of what was read.
/// `more` is whatever else makes it another.
///
/// # Errors
/// Only where the program broke a promise to itself.
pub fn work_id(scenario: &Scenario, ids: &[(String, String)], more: &[&str]) -> Result<String> {
    let mut text = format!("assay {}\n{}\n", env!("CARGO_PKG_VERSION"), scenario.identity()?);
    for (what, id) in ids {
        text.push_str(&format!("{what} {id}\n"));
    }
    for part in more {
        // Two parts are not one that reads like both.
        text.push_str(&format!("{} {part}\n", part.len()));
    }
    Ok(sha256_hex(text.as_bytes())[..12].to_owned())
}

impl ExtraData {
    /// What makes it the same, from whatever file.
    pub fn id(&self) -> String {
        match self {
            Self::Positions(p) => p.id(),
            Self::Orders(o) => o.id(),
            Self::Events(e) => e.id(),
            Self::Labels(l) => l.id(),
        }
    }
}
