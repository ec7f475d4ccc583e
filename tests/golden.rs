//! The committed run, byte for byte.

use std::path::Path;

use serde_json::Value;

use crate::common::{assay, files, only_run, root};

/// A manifest without the wall-clock times beside its hashed content.
fn manifest(path: &Path) -> Value {
    let mut value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let timings = value.as_object_mut().unwrap().remove("timings");
    assert!(timings.is_some(), "{}", path.display());
    value
}

/// Runs `scenarios/example.toml` and compares every file with `results/example/`. With `ASSAY_BLESS=1` the new run
/// replaces the committed one: look at what changed before it is committed.
#[test]
fn the_example_run_is_reproduced_byte_for_byte() {
    let out = tempfile::tempdir().unwrap();
    assay()
        .args(["backtest", "scenarios/example.toml", "--quiet", "--out"])
        .arg(out.path())
        .assert()
        .success();
    let made = only_run(out.path());
    let committed = root().join("results/example");
    if std::env::var_os("ASSAY_BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&committed);
        for file in files(out.path()) {
            let target = root().join("results").join(&file);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(out.path().join(&file), target).unwrap();
        }
    }
    let runs: Vec<_> = std::fs::read_dir(&committed).unwrap().map(|e| e.unwrap().path()).collect();
    let [kept] = &runs[..] else { panic!("results/example holds one run, not {runs:?}") };
    assert_eq!(made.file_name(), kept.file_name(), "the run id has changed; bless it if that is meant");
    assert_eq!(files(&made), files(kept));
    for file in files(&made) {
        let (a, b) = (made.join(&file), kept.join(&file));
        if file == Path::new("manifest.json") {
            assert_eq!(manifest(&a), manifest(&b));
        } else {
            let same = std::fs::read(&a).unwrap() == std::fs::read(&b).unwrap();
            assert!(same, "{} differs from the committed run", file.display());
        }
    }
}
