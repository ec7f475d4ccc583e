//! How far a ledger went when something was made beside it: a ledger that is shorter, or other, was cut or rewritten.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TrialLedger;
use crate::error::{Error, Result};

/// Number of lines of a ledger, and the hash of the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerAnchor {
    /// Lines.
    pub lines: u64,
    /// Hash of the last; empty where there is none.
    pub head: String,
}

impl LedgerAnchor {
    /// What is wrong with a ledger that was seen as this; none where it has only grown.
    pub fn refutes(&self, ledger: &TrialLedger) -> Option<String> {
        let (lines, seen) = (ledger.entries.len() as u64, self.lines);
        if lines < seen {
            return Some(format!(
                "the ledger is shorter than this result has seen ({lines} lines, anchor {seen})"
            ));
        }
        let at = (seen as usize).checked_sub(1).map_or("", |k| ledger.entries[k].hash.as_str());
        (at != self.head)
            .then(|| format!("the ledger is not the one that this result has seen: line {seen} is another"))
    }
}

/// What `manifest.json` says of a ledger.
#[derive(Deserialize)]
struct Anchored {
    ledger: Option<LedgerAnchor>,
}

/// The anchor in the manifest of a result folder; none of one that an older version made.
pub(crate) fn anchor_of(folder: &Path) -> Option<LedgerAnchor> {
    let text = std::fs::read(folder.join("manifest.json")).ok()?;
    serde_json::from_slice::<Anchored>(&text).ok()?.ledger
}

/// What is wrong with the ledger of a folder of results by any result that is left beside it, named; the result `first`
/// is asked first. A manifest that cannot be read says nothing here: `ledger verify` names it.
pub(crate) fn refuted_beside(results: &Path, first: Option<&Path>, ledger: &TrialLedger) -> Option<String> {
    let own = first.and_then(anchor_of).and_then(|anchor| anchor.refutes(ledger));
    own.or_else(|| {
        let beside = results_in(results).into_iter();
        beside.filter_map(|folder| Some((anchor_of(&folder)?.refutes(ledger)?, folder))).next().map(
            |(why, folder)| {
                let name = |p: Option<&Path>| {
                    p.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
                };
                format!("{why}: {}/{}", name(folder.parent()), name(Some(&folder)))
            },
        )
    })
}

/// Folders that may be results, in the order of their names.
fn results_in(results: &Path) -> Vec<PathBuf> {
    let folders = |dir: &Path| {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_dir()).collect();
        found.sort();
        found
    };
    folders(results).into_iter().flat_map(|scenario| folders(&scenario)).collect()
}

/// Every result in a folder of results that has an anchor, in the order of their names.
///
/// # Errors
/// The manifest of one cannot be read.
pub(crate) fn anchors_beside(results: &Path) -> Result<Vec<(PathBuf, LedgerAnchor)>> {
    let mut anchors = vec![];
    for folder in results_in(results) {
        let path = folder.join("manifest.json");
        let Ok(text) = std::fs::read(&path) else { continue };
        let manifest: Anchored = serde_json::from_slice(&text).map_err(|e| {
            Error::data(path.display(), format!("is not the manifest of a result ({e})"))
                .caused_by(e)
                .hint("restore the file from a copy, or make the result again")
        })?;
        anchors.extend(manifest.ledger.map(|anchor| (folder, anchor)));
    }
    Ok(anchors)
}
