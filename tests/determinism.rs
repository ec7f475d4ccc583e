//! The same bytes on any number of threads, in any place, language and time zone; another id for anything else.

use std::path::Path;

use tempfile::TempDir;

use crate::common::{assay, files, only_run, root};

const SHORT: [&str; 2] = ["--set", "data.to=\"2021-05-01\""];

fn run(out: &TempDir, extra: &[&str], prepare: impl FnOnce(&mut assert_cmd::Command)) -> std::path::PathBuf {
    let mut command = assay();
    command.args(["backtest", "scenarios/unified.toml", "--quiet", "--out"]).arg(out.path());
    command.args(SHORT).args(extra);
    prepare(&mut command);
    command.assert().success();
    only_run(out.path())
}

fn assert_same(a: &Path, b: &Path) {
    assert_eq!(a.file_name(), b.file_name());
    assert_eq!(files(a), files(b));
    for file in files(a).iter().filter(|f| *f != Path::new("manifest.json")) {
        let same = std::fs::read(a.join(file)).unwrap() == std::fs::read(b.join(file)).unwrap();
        assert!(same, "{} differs", file.display());
    }
}

#[test]
fn threads_place_language_and_zone_change_no_byte() {
    let dirs: Vec<TempDir> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let one = run(&dirs[0], &["--threads", "1"], |_| {});
    let two = run(&dirs[1], &["--threads", "2"], |_| {});
    let seven = run(&dirs[2], &["--threads", "7"], |c| {
        c.env("TZ", "Asia/Kathmandu").env("LANG", "de_DE.UTF-8").env("LC_ALL", "de_DE.UTF-8");
    });
    let mut elsewhere = assay();
    elsewhere.current_dir(dirs[3].path()).arg("backtest").arg(root().join("scenarios/unified.toml"));
    elsewhere.args(["--quiet", "--out", "."]).args(SHORT).assert().success();
    let away = only_run(dirs[3].path());
    for other in [&two, &seven, &away] {
        assert_same(&one, other);
    }
}

#[test]
fn the_id_follows_parameters_data_and_criteria() {
    let id = |extra: &[&str]| {
        let out = tempfile::tempdir().unwrap();
        run(&out, extra, |_| {}).file_name().unwrap().to_owned()
    };
    let base = id(&[]);
    assert_eq!(base, id(&["--set", "params.kelly_fraction=0.25"]), "a default written out is the same run");
    let copy = tempfile::tempdir().unwrap();
    let bars = copy.path().join("btcusdt-1h.parquet");
    assay()
        .args(["data", "synth", "datasets/btcusdt-1h-synthetic.toml", "--quiet", "--out"])
        .arg(&bars)
        .assert()
        .success();
    let bars = bars.to_str().unwrap();
    let mut ids = vec![
        base,
        id(&["--set", "params.kelly_fraction=0.2"]),
        id(&["--set", "seed=43"]),
        id(&["--set", "gate.criteria=[]"]),
    ];
    // The same bars from another path are the same bars.
    assert_eq!(id(&["--data", bars]), ids[0]);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
