//! How many settings were tried on the bars of a run: what its verdict knows of, and what the ledger does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Summary;
use super::ledger::{LEDGER, TrialLedger, Trials};
use crate::error::Result;

/// Both counts, side by side. They belong to no result: that of the ledger grows with every command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrialCounts {
    /// Settings that the gate judges: the run alone.
    pub gate: u64,
    /// Settings that the ledger counts on the same bars, at times that overlap, the run among them.
    pub ledger: u64,
    /// These by kind of work.
    pub by_kind: BTreeMap<String, u64>,
    /// The ledger; a document does not say where it lies.
    #[serde(skip)]
    pub path: PathBuf,
}

impl TrialCounts {
    /// Those of a run folder: by the ledger of the folder of results that it lies in. None where there is no ledger, or
    /// the run is not in it.
    ///
    /// # Errors
    /// The ledger is damaged.
    pub fn of_folder(run: &Path, summary: &Summary) -> Result<Option<Self>> {
        // A path as it is typed may have no name to go up from.
        let Some(out) = std::fs::canonicalize(run)
            .or_else(|_| std::path::absolute(run))
            .ok()
            .and_then(|p| Some(p.parent()?.parent()?.to_owned()))
        else {
            return Ok(None);
        };
        let typed = run.parent().and_then(Path::parent).filter(|p| !p.as_os_str().is_empty());
        let path = typed.map_or(out, Path::to_owned).join(LEDGER);
        Self::beside(&path, summary)
    }

    /// Those of a run by a ledger; none where it does not hold the run.
    ///
    /// # Errors
    /// The ledger is damaged.
    pub fn beside(path: &Path, summary: &Summary) -> Result<Option<Self>> {
        let ledger = TrialLedger::read(path)?;
        let id = format!("backtest {}", summary.run_id);
        let of_a_part = format!("{id} of ");
        let is_own = |t: &&Trials| t.key == id || t.key.starts_with(&of_a_part);
        let Some(own) = ledger.entries.iter().map(|e| &e.trials).find(is_own) else { return Ok(None) };
        // Older lines know bars by the hash of their file.
        let files = summary.symbols.iter().map(|s| &s.sha256).chain([&summary.data.sha256]);
        let data: Vec<String> = own.data.iter().chain(files).cloned().collect();
        let mut by_kind = BTreeMap::new();
        for trials in ledger.touching(&data, own.from_ms, own.to_ms) {
            *by_kind.entry(trials.kind.clone()).or_insert(0) += trials.count;
        }
        Ok(Some(Self { gate: 1, ledger: by_kind.values().sum(), by_kind, path: path.to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::ledger::LedgerWriter;

    fn trials(kind: &str, key: &str, data: &str, from_ms: i64, count: u64) -> Trials {
        Trials {
            kind: kind.into(),
            scenario: "s".into(),
            system: "ma-cross".into(),
            key: key.into(),
            data: vec![data.into()],
            from_ms,
            to_ms: from_ms + 100,
            count,
        }
    }

    #[test]
    fn the_ledger_counts_what_shares_bars_and_times_with_the_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/example/f9835377920b");
        let text = std::fs::read_to_string(folder.join("summary.json")).unwrap();
        let summary: Summary = serde_json::from_str(&text).unwrap();
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join(LEDGER);
        let run = out.path().join("example/f9835377920b");
        assert_eq!(TrialCounts::of_folder(&run, &summary).unwrap(), None, "there is no ledger");
        let mut ledger = LedgerWriter::open(out.path()).unwrap();
        ledger.add(trials("sweep", "sweep a", "bars", 1000, 40)).unwrap();
        assert_eq!(TrialCounts::of_folder(&run, &summary).unwrap(), None, "the run is not in it");
        // A run whose id only begins alike is another.
        ledger.add(trials("backtest", "backtest f9835377920bb", "bars", 1000, 1)).unwrap();
        assert_eq!(TrialCounts::of_folder(&run, &summary).unwrap(), None);
        ledger.add(trials("backtest", "backtest f9835377920b of 0123", "bars", 1000, 1)).unwrap();
        // By the hash of the file, as they once were counted; other bars; other times.
        ledger.add(trials("sweep", "sweep b", &summary.data.sha256, 1099, 7)).unwrap();
        ledger.add(trials("sweep", "sweep c", "others", 1000, 100)).unwrap();
        ledger.add(trials("sweep", "sweep d", "bars", 1100, 1000)).unwrap();
        let counts = TrialCounts::of_folder(&run, &summary).unwrap().unwrap();
        assert_eq!((counts.gate, counts.ledger), (1, 49));
        assert_eq!(counts.by_kind, BTreeMap::from([("backtest".to_owned(), 2), ("sweep".to_owned(), 47)]));
        assert_eq!(counts.path, path);
        std::fs::write(&path, "{}\n").unwrap();
        assert_eq!(TrialCounts::of_folder(&run, &summary).unwrap_err().exit_code(), 2);
    }
}
