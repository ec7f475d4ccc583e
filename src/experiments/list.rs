//! The results that lie under a folder, one row each, from their documents alone.

mod documents;

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rayon::prelude::*;
use serde::Serialize;

use crate::choices;
use crate::error::{Error, Result};
use crate::progress::Progress;

choices! {
    /// What a folder of results is of.
    pub enum ResultKind {
        /// One run.
        Backtest = "backtest",
        /// A sweep.
        Sweep = "sweep",
        /// A walk-forward.
        WalkForward = "walkforward",
        /// A Monte Carlo.
        MonteCarlo = "montecarlo",
    }

    /// The order of a list.
    pub enum ListOrder {
        /// The newest first.
        When = "when",
        /// By folder.
        Name = "name",
        /// The highest Sharpe ratio first.
        Sharpe = "sharpe",
        /// The highest return first.
        Return = "return",
    }
}

/// One result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedResult {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is of.
    pub kind: ResultKind,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// Symbols, and length of their bars.
    pub title: String,
    /// Whether the history says of itself that it was generated.
    pub synthetic: bool,
    /// Open of the first bar that was judged, milliseconds UTC, where the document says so.
    pub from_ms: Option<i64>,
    /// Close of the last.
    pub to_ms: Option<i64>,
    /// When the folder was made, milliseconds UTC, by the clock of the machine: results themselves hold no time.
    pub made_ms: Option<i64>,
    /// Annual Sharpe ratio: of the run, of the best candidate, of the windows together, or the median of paths.
    pub sharpe: Option<f64>,
    /// Total return of the same.
    pub total_return: Option<f64>,
    /// Candidates, windows or paths; trades of a run.
    pub count: u64,
    /// Verdict of the gate, where there is one.
    pub verdict: Option<String>,
}

/// A folder that looks like a result and cannot be read as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenResult {
    /// The folder.
    pub folder: PathBuf,
    /// What is wrong with it, and what helps.
    pub problem: String,
}

/// Results under a folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultList {
    /// The folder.
    pub folder: PathBuf,
    /// Those that can be read.
    pub results: Vec<ListedResult>,
    /// Those that cannot, by folder.
    pub broken: Vec<BrokenResult>,
}

/// Folders below the one that is listed: `results/<scenario>/<run>`, and two levels of a reader's own.
const DEEPEST: usize = 4;

/// `assay list`: finds the results under a folder. Only their documents are read, no table and no chart; that all other files
/// are there, and no more, is known by their names.
///
/// # Errors
/// There is no such folder, it is itself a result that cannot be listed, or it was told to stop.
pub fn list_results(folder: &Path, order: ListOrder, progress: &Progress) -> Result<ResultList> {
    progress.stage("looking for results")?;
    std::fs::read_dir(folder).map_err(|e| {
        let problem = match folder.is_file() {
            true => "is a file, and a folder of results is expected".to_owned(),
            false => format!("is no folder that can be read ({e})"),
        };
        Error::usage(folder.display(), problem)
            .caused_by(e)
            .hint("name the folder that runs were written to with --out, by default results")
    })?;
    let mut found = vec![];
    look(folder, DEEPEST, &mut found);
    progress.check()?;
    let read: Vec<std::result::Result<ListedResult, BrokenResult>> = found
        .into_par_iter()
        .map(|(dir, what)| {
            let read = match what {
                Found::Result => documents::read(&dir),
                Found::Unfinished => {
                    Err("a sweep that is not done: its command goes on from here".to_owned())
                }
                Found::Draft => {
                    Err("being written, or left by a command that was killed: then delete it".to_owned())
                }
            };
            read.map_err(|problem| BrokenResult { folder: dir, problem })
        })
        .collect();
    let (mut results, mut broken) = (vec![], vec![]);
    for one in read {
        match one {
            Ok(result) => results.push(result),
            Err(problem) => broken.push(problem),
        }
    }
    // Asked for one result, and it is damaged: there is nothing to list.
    if let [BrokenResult { folder: dir, problem }] = &broken[..]
        && dir == folder
    {
        return Err(Error::data(folder.display(), problem.clone())
            .hint("put the file back as it was, or run it again: a damaged result is not listed"));
    }
    results.sort_by(|a, b| order.compare(a, b).then_with(|| a.folder.cmp(&b.folder)));
    broken.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(ResultList { folder: folder.to_owned(), results, broken })
}

enum Found {
    Result,
    Unfinished,
    Draft,
}

/// Gathers the folders that look like results. Links are not followed: a folder is listed once.
fn look(dir: &Path, deeper: usize, found: &mut Vec<(PathBuf, Found)>) {
    if let Some(what) = looks(dir) {
        found.push((dir.to_owned(), what));
        return;
    }
    if deeper == 0 {
        return;
    }
    // A folder that cannot be read holds nothing that could be named.
    let below = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let folders = below.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path());
    folders.for_each(|sub| look(&sub, deeper - 1, found));
}

/// What a folder looks like, by its name and the names in it.
fn looks(dir: &Path) -> Option<Found> {
    let name = dir.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    if name.starts_with(".writing-") {
        return Some(Found::Draft);
    }
    if name.starts_with("sweep-") && name.ends_with(".part") {
        return Some(Found::Unfinished);
    }
    let id = name.rsplit('-').next().unwrap_or_default();
    let kind = &name[..name.len() - id.len()];
    let named = id.len() == 12
        && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && ["", "sweep-", "walkforward-", "montecarlo-"].contains(&kind);
    (named || documents::any(dir)).then_some(Found::Result)
}

impl ListOrder {
    fn compare(self, a: &ListedResult, b: &ListedResult) -> Ordering {
        // What is not known stands last.
        let falling = |a: Option<f64>, b: Option<f64>| {
            let key = |v: Option<f64>| v.filter(|v| !v.is_nan()).unwrap_or(f64::NEG_INFINITY);
            key(b).total_cmp(&key(a))
        };
        match self {
            Self::Name => Ordering::Equal,
            Self::When => b.made_ms.cmp(&a.made_ms),
            Self::Sharpe => falling(a.sharpe, b.sharpe),
            Self::Return => falling(a.total_return, b.total_return),
        }
    }
}

/// When a file was last written, milliseconds UTC.
fn written_ms(path: &Path) -> Option<i64> {
    let time = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{ "scenario": "a", "system": "ma-cross", "performance": { "sharpe": SHARPE, "total_return": 0.5 },
        "data": { "symbol": "X", "start_ms": 1000, "end_ms": 2000, "quality": { "timeframe": "1h" }, "of_a_later_version": 1 },
        "trades": { "n": 3 } }"#;

    fn put(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn names(list: &ResultList) -> Vec<String> {
        list.results.iter().map(|r| r.folder.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        put(root, "mine/a/000000000001/summary.json", &RUN.replace("SHARPE", "1.5"));
        put(root, "mine/a/000000000001/verdict.json", r#"{ "overall": "PASS", "rows": [] }"#);
        put(root, "mine/a/000000000002/summary.json", "{ \"scenario\": ");
        put(root, "mine/a/000000000003/trades.parquet", "");
        put(root, "mine/a/.writing-x/summary.json", &RUN.replace("SHARPE", "9"));
        put(root, "mine/a/sweep-00000000000a.part/plan.json", "{}");
        put(root, "mine/a/other/notes.txt", "not a result");
        // A verdict that cannot be read is not taken for none.
        put(root, "mine/b/000000000004/summary.json", &RUN.replace("SHARPE", "1"));
        put(root, "mine/b/000000000004/verdict.json", "PASS");
        let list = list_results(root, ListOrder::Name, &Progress::silent()).unwrap();
        assert_eq!(names(&list), ["000000000001"]);
        let r = &list.results[0];
        assert_eq!(
            (r.sharpe, r.total_return, r.count, r.from_ms, r.to_ms),
            (Some(1.5), Some(0.5), 3, Some(1000), Some(2000))
        );
        assert_eq!((r.verdict.as_deref(), r.title.as_str(), r.synthetic), (Some("PASS"), "X 1h", false));
        let said: Vec<String> = list
            .broken
            .iter()
            .map(|b| format!("{}: {}", b.folder.file_name().unwrap().to_str().unwrap(), b.problem))
            .collect();
        for (said, words) in said.iter().zip([
            ".writing-x: being written, or left by a command that was killed",
            "000000000002: summary.json is damaged, or of another program (EOF",
            "000000000003: summary.json cannot be read (",
            "sweep-00000000000a.part: a sweep that is not done",
            "000000000004: verdict.json is damaged",
        ]) {
            assert!(said.starts_with(words), "{said}");
        }
        assert_eq!(said.len(), 5);
        let e = list_results(&root.join("none"), ListOrder::Name, &Progress::silent()).unwrap_err();
        assert_eq!(e.exit_code(), 2);
    }

    #[test]
    fn orders_put_the_best_first_and_the_unknown_last() {
        let dir = tempfile::tempdir().unwrap();
        for (name, sharpe) in
            [("00000000000a", "1"), ("00000000000b", "null"), ("00000000000c", "2"), ("00000000000d", "1")]
        {
            put(dir.path(), &format!("a/{name}/summary.json"), &RUN.replace("SHARPE", sharpe));
        }
        let by = |order| {
            names(&list_results(dir.path(), order, &Progress::silent()).unwrap())
                .concat()
                .replace("00000000000", "")
        };
        assert_eq!(by(ListOrder::Name), "abcd");
        assert_eq!(by(ListOrder::Sharpe), "cadb");
        assert_eq!(by(ListOrder::Return), "abcd");
        for (k, name) in ["b", "d", "a", "c"].into_iter().enumerate() {
            let path = dir.path().join(format!("a/00000000000{name}/summary.json"));
            let at = UNIX_EPOCH + std::time::Duration::from_secs(1_000 + k as u64);
            std::fs::File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
        }
        assert_eq!(by(ListOrder::When), "cadb");
        let list = list_results(dir.path(), ListOrder::When, &Progress::silent()).unwrap();
        assert_eq!(list.results[0].made_ms, Some(1_003_000));
    }
}
