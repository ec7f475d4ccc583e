//! What the commands print and write.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assay::data::table;
use assay::features::{FeatureCache, FeatureSpec};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, files, only_run, root};

/// One short run, made once, with what it printed.
fn run() -> &'static (TempDir, PathBuf, String) {
    static RUN: OnceLock<(TempDir, PathBuf, String)> = OnceLock::new();
    RUN.get_or_init(|| {
        let out = tempfile::tempdir().unwrap();
        let assert = assay()
            .args(["backtest", "scenarios/unified.toml", "--set", "data.to=\"2021-05-01\"", "--out"])
            .arg(out.path())
            .assert()
            .success();
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        assert!(assert.get_output().stderr.is_empty(), "progress without a terminal");
        let folder = only_run(out.path());
        (out, folder, text)
    })
}

fn copied(to: &TempDir) -> PathBuf {
    let target = to.path().join("run");
    for file in files(&run().1) {
        let path = target.join(&file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(run().1.join(file), path).unwrap();
    }
    target
}

#[test]
fn the_summary_fits_a_hundred_columns_and_names_what_matters() {
    let (_, folder, text) = run();
    for line in text.lines().filter(|l| !l.starts_with("run folder: ")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for words in
        ["TRENDING", "S5_static", "win rate", "pessimistic", "max drawdown", "SC3.1", "not applicable"]
    {
        assert!(text.contains(words), "{words}");
    }
    assert!(text.ends_with(&format!("run folder: {}\n", folder.display())));
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let assert = assay()
        .args(["backtest", "scenarios/unified.toml", "--set", "data.to=\"2021-05-01\"", "--format", "json"])
        .arg("--out")
        .arg(out.path())
        .assert()
        .success();
    assert!(assert.get_output().stderr.is_empty());
    let document: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let on_disk: Value =
        serde_json::from_slice(&std::fs::read(only_run(out.path()).join("summary.json")).unwrap()).unwrap();
    assert_eq!(document["summary"], on_disk);
    assert_eq!(document["run"], only_run(out.path()).display().to_string());
    let verdict: Value =
        serde_json::from_slice(&std::fs::read(run().1.join("verdict.json")).unwrap()).unwrap();
    assert_eq!(document["verdict"], verdict);
}

#[test]
fn quiet_is_quiet() {
    let out = tempfile::tempdir().unwrap();
    let assert = assay()
        .args(["backtest", "scenarios/example.toml", "--quiet", "--out"])
        .arg(out.path())
        .assert()
        .success();
    assert!(assert.get_output().stdout.is_empty() && assert.get_output().stderr.is_empty());
}

const RULE: &str = "system = \"unified\"\n\n[[criterion]]\nid = \"A\"\nmetric = \"max_dd\"\nscope = \"overall\"\n\
                    op = \"<=\"\nbetter = \"lower\"\nwindow = \"run\"\nphase = \"x\"\nseverity = \"target\"\n\
                    kind = \"acceptance\"\nunit = \"%\"\nsays = \"A rule.\"\n";

#[test]
fn the_gate_s_exit_code_is_its_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let folder = copied(&dir);
    for (tail, code, word) in [
        ("threshold = 0.99\nmin_n = 10\n", 0, "PASS"),
        ("threshold = 0.0000001\nmin_n = 10\n", 3, "FAIL"),
        ("threshold = 0.99\nmin_n = 100000\n", 4, "INCONCLUSIVE"),
    ] {
        let file = dir.path().join("c.toml");
        std::fs::write(&file, format!("{RULE}{tail}")).unwrap();
        let assert = assay().arg("gate").arg(&folder).arg("--criteria").arg(&file).assert().code(code);
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        assert!(text.starts_with(word), "{text}");
        let verdict: Value =
            serde_json::from_slice(&std::fs::read(folder.join("verdict.json")).unwrap()).unwrap();
        assert_eq!(verdict["overall"], word);
        // The same rule at the end of a backtest: the verdict is the exit code only where that is asked for.
        let gate = format!("gate.criteria=[{:?}]", file.display().to_string());
        let base = ["backtest", "scenarios/example.toml", "--quiet", "--set", &gate, "--out"];
        assay().args(base).arg(dir.path().join("out")).arg("--gate").assert().code(code);
        assay().args(base).arg(dir.path().join("out")).assert().code(0);
    }
}

#[test]
fn a_run_is_judged_and_drawn_again_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let folder = copied(&dir);
    std::fs::remove_file(folder.join("verdict.json")).unwrap();
    assay().arg("gate").arg(&folder).arg("--quiet").assert().code(3);
    let same = |a: &Path, b: &Path| {
        let equal = std::fs::read(a).unwrap() == std::fs::read(b).unwrap();
        assert!(equal, "{} differs", a.display());
    };
    same(&folder.join("verdict.json"), &run().1.join("verdict.json"));
    let again = dir.path().join("again");
    assay().arg("report").arg(&folder).arg("--quiet").arg("--out").arg(&again).assert().success();
    let drawn = files(&again);
    assert!(drawn.len() >= 15, "{drawn:?}");
    for file in drawn {
        same(&again.join(&file), &run().1.join(&file));
    }
}

#[test]
fn features_are_written_as_the_library_computes_them() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("f.parquet");
    let file = root().join("datasets/btcusdt-1h.parquet");
    assay()
        .arg("features")
        .arg(&file)
        .args(["--feature", "rsi:14", "--feature", "atr", "--feature", "ut_stop:10,1.5", "--out"])
        .arg(&out)
        .assert()
        .success();
    let written = table::read(&out).unwrap();
    let names: Vec<&str> = written.names().collect();
    assert_eq!(names, ["open_time", "rsi:14", "atr:14", "ut_stop:10,1.5"]);
    let bars = assay::data::load(&file, &assay::data::Request::default()).unwrap().bars;
    assert_eq!(written.time_ms("open_time").unwrap(), bars.open_time());
    let cache = FeatureCache::new(bars);
    for name in &names[1..] {
        let spec: FeatureSpec = name.parse().unwrap();
        let (a, b) = (written.f64(name).unwrap(), cache.column(&spec));
        assert!(a.iter().zip(&b[..]).all(|(x, y)| x.to_bits() == y.to_bits()), "{name}");
        assert!(a[..spec.warmup()].iter().all(|v| v.is_nan()) && !a[spec.warmup()].is_nan(), "{name}");
    }
}

#[test]
fn lists_and_help_teach() {
    let text = |arguments: &[&str]| {
        let assert = assay().args(arguments).assert().success();
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    };
    let features = text(&["features", "--list"]);
    for f in assay::features::FEATURES {
        assert!(features.contains(f.name) && features.contains(f.meaning), "{}", f.name);
    }
    let params = text(&["params"]);
    for p in assay::systems::unified::Params::specs() {
        assert!(params.contains(&format!("{} = {}", p.name, p.default)), "{}", p.name);
    }
    assert!(text(&["--help"]).contains("Exit codes:"));
    for command in ["backtest", "gate", "report", "features", "params"] {
        assert!(text(&[command, "--help"]).contains("Usage: assay"), "{command}");
    }
    assert!(text(&["data", "synth", "--help"]).contains("--compare"));
    for list in [&["features", "--list", "--format", "json"][..], &["params", "--format", "json"]] {
        let rows: Value = serde_json::from_str(&text(list)).unwrap();
        assert!(rows.as_array().unwrap().len() > 20);
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_assay"))
        .arg("params")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty());
}
