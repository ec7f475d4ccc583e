//! What several tests need: the program, the project's files, real data where there is any.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program, started in the project's root, with a folder for locks that no other call of it knows.
pub fn assay() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.current_dir(root()).env("ASSAY_REGISTRY", own_registry());
    command
}

/// A folder for the user's ledger of locks that nobody else uses: one that locks days makes it.
pub fn own_registry() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let folder = FOLDER.get_or_init(|| tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
    folder.path().join(NEXT.fetch_add(1, Ordering::Relaxed).to_string())
}

/// A folder of real histories, or `None` with a line that says what is skipped.
pub fn real_data(what: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("ASSAY_REAL_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {what} (no real data at {})", folder.display());
    None
}

/// The 62,482 hourly BTCUSDT bars, where they are there.
pub fn real_btcusdt(what: &str) -> Option<PathBuf> {
    let folder = real_data(what)?.join("kctanglog");
    let found = std::fs::read_dir(&folder).ok()?.flatten().map(|e| e.path());
    let file = found.into_iter().find(|p| p.extension().is_some_and(|e| e == "csv"));
    if file.is_none() {
        println!("skipped: {what} (no BTCUSDT history in {})", folder.display());
    }
    file
}

/// The one run folder below `out`, beside the ledger of trials.
pub fn only_run(out: &Path) -> PathBuf {
    let children = |p: &Path| -> Vec<PathBuf> {
        let all = std::fs::read_dir(p).unwrap().map(|e| e.unwrap().path());
        all.filter(|p| p.is_dir() && !p.ends_with("ledger-trials")).collect()
    };
    assert!(out.join("ledger.jsonl").is_file(), "every run is counted");
    let scenarios = children(out);
    assert_eq!(scenarios.len(), 1, "{scenarios:?}");
    let runs = children(&scenarios[0]);
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

/// Every file below `dir`, by its relative path, sorted.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    fn walk(root: &Path, dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                out.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut out = vec![];
    walk(dir, dir, &mut out);
    out.sort();
    out
}
