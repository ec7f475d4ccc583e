//! What the commands print and write.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assay::data::table;
use assay::features::{FeatureCache, FeatureSpec};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, files, only_run, own_registry, root, trending};

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

/// No line is longer than a terminal is wide; a path is as long as it is.
fn assert_narrow(text: &str) {
    for line in text.lines().filter(|l| !l.starts_with("run folder: ")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn the_summary_fits_a_hundred_columns_and_names_what_matters() {
    let (_, folder, text) = run();
    assert_narrow(text);
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

/// Every other command: one document with `--format json`, nothing with `--quiet`, and the same exit code.
#[test]
fn every_command_keeps_to_its_format() {
    let dir = tempfile::tempdir().unwrap();
    let folder = copied(&dir);
    let bars = root().join("datasets/btcusdt-1h.parquet");
    let preset = root().join("datasets/btcusdt-1h-synthetic.toml");
    let out = dir.path().join("out.parquet");
    let path = |p: &Path| p.display().to_string();
    for (arguments, code, key) in [
        (vec!["gate".to_owned(), path(&folder)], 3, "overall"),
        (vec!["report".to_owned(), path(&folder)], 0, "summary"),
        (
            ["features", &path(&bars), "--feature", "atr", "--out", &path(&out)].map(str::to_owned).to_vec(),
            0,
            "features",
        ),
        (
            ["data", "resample", &path(&bars), "--to", "4h", "--out", &path(&out)]
                .map(str::to_owned)
                .to_vec(),
            0,
            "tally",
        ),
        (["data", "synth", &path(&preset), "--out", &path(&out)].map(str::to_owned).to_vec(), 0, "bars"),
    ] {
        let with = |options: &[&str]| {
            let output = assay().args(&arguments).args(options).assert().code(code).get_output().clone();
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let document: Value = serde_json::from_str(&with(&["--format", "json"])).unwrap();
        assert!(document.get(key).is_some(), "{arguments:?} lacks {key}");
        assert_eq!(with(&["--quiet"]), "", "{arguments:?}");
        let text = with(&[]);
        assert!(!text.is_empty());
        assert_narrow(&text.replace(&path(dir.path()), ""));
    }
    // Quiet asks for no summary; a document that was asked for comes all the same.
    let both = assay().arg("gate").arg(&folder).args(["--quiet", "--format", "json"]).assert().code(3);
    assert!(serde_json::from_slice::<Value>(&both.get_output().stdout).is_ok());
}

#[test]
fn a_run_without_a_trade_is_measured_drawn_and_judged() {
    let dir = tempfile::tempdir().unwrap();
    let base = ["backtest", "scenarios/example.toml", "--set", "params.kelly_fraction=0", "--out"];
    // No trade is no evidence: the verdict cannot be PASS.
    let assert = assay().args(base).arg(dir.path()).arg("--gate").assert().code(3);
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert_narrow(&text);
    assert!(text.contains("no_edge"), "{text}");
    assert!(!text.split_whitespace().any(|w| ["NaN", "inf", "-inf"].contains(&w)), "{text}");
    let made = only_run(dir.path());
    let summary: Value = serde_json::from_slice(&std::fs::read(made.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["trades"]["n"], 0);
    assert_eq!(summary["performance"]["end_equity"], 10_000.0);
    assert_eq!(files(&made), files(&run().1));
}

#[test]
fn a_staged_run_fits_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let base = ["backtest", "scenarios/unified-staged.toml", "--set", "data.to=\"2021-06-01\"", "--out"];
    let assert = assay().args(base).arg(dir.path()).assert().success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert_narrow(&text);
    for words in ["emergency_stop", "rollback", "redeploy", "stage"] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
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

const RULE: &str = "system = \"ma-cross\"\n\n[[criterion]]\nid = \"A\"\nmetric = \"max_dd\"\nscope = \"overall\"\n\
                    op = \"<=\"\nbetter = \"lower\"\nwindow = \"run\"\nphase = \"x\"\nseverity = \"target\"\n\
                    kind = \"acceptance\"\nunit = \"%\"\nsays = \"A rule.\"\n";

#[test]
fn the_gate_s_exit_code_is_its_verdict() {
    let dir = tempfile::tempdir().unwrap();
    trending(&dir.path().join("bars.csv"));
    let scenario = dir.path().join("s.toml");
    let text =
        "name = \"s\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\n[params]\nfast = 5\nslow = 20\n";
    std::fs::write(&scenario, text).unwrap();
    let backtest = |more: &[&str], out: &str| {
        let mut command = assay();
        command
            .arg("backtest")
            .arg(&scenario)
            .arg("--quiet")
            .args(more)
            .arg("--out")
            .arg(dir.path().join(out));
        command.assert()
    };
    backtest(&[], "out").code(0);
    let folder = only_run(&dir.path().join("out"));
    for (tail, code, word) in [
        ("threshold = 0.99\nmin_n = 10\n", 0, "PASS"),
        ("threshold = 0.0000001\nmin_n = 10\n", 3, "FAIL"),
        ("threshold = 0.99\nmin_n = 100000\n", 4, "INCONCLUSIVE"),
    ] {
        let file = dir.path().join("c.toml");
        std::fs::write(&file, format!("{RULE}{tail}")).unwrap();
        let assert = assay().arg("gate").arg(&folder).arg("--criteria").arg(&file).assert().code(code);
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        assert!(text.lines().last().unwrap().starts_with(&format!("{word}: ")), "{text}");
        let verdict: Value =
            serde_json::from_slice(&std::fs::read(folder.join(other_verdict(&folder))).unwrap()).unwrap();
        assert_eq!(verdict["overall"], word);
        // The same rule at the end of a backtest: the verdict is the exit code only where that is asked for.
        let gate = format!("gate.criteria=[{:?}]", file.display().to_string());
        backtest(&["--set", &gate, "--gate"], "again").code(code);
        backtest(&["--set", &gate], "again").code(0);
    }
}

#[test]
fn a_run_is_judged_and_drawn_again_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let folder = copied(&dir);
    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    assay().arg("gate").arg(&folder).arg("--quiet").assert().code(3);
    assert!(std::fs::read(folder.join("manifest.json")).unwrap() == manifest);
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

/// The newest verdict of a folder that is not by the run's own criteria.
fn other_verdict(folder: &Path) -> String {
    let all = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    let others = all.filter(|e| e.file_name().to_string_lossy().starts_with("verdict-"));
    let newest = others.max_by_key(|e| e.metadata().unwrap().modified().unwrap()).unwrap();
    newest.file_name().into_string().unwrap()
}

/// A run that was judged by the value alone and few resamples is judged so again.
#[test]
fn a_run_is_judged_again_as_its_scenario_says() {
    let dir = tempfile::tempdir().unwrap();
    let sets = ["--set", "gate.strict=false", "--set", "gate.resamples=100", "--quiet", "--out"];
    assay().args(["backtest", "scenarios/example.toml"]).args(sets).arg(dir.path()).assert().success();
    let folder = only_run(dir.path());
    let first = std::fs::read(folder.join("verdict.json")).unwrap();
    let page = std::fs::read(folder.join("report.html")).unwrap();
    assay().arg("gate").arg(&folder).arg("--quiet").assert().code(3);
    assert!(std::fs::read(folder.join("verdict.json")).unwrap() == first);
    assay().arg("report").arg(&folder).arg("--quiet").assert().success();
    assert!(std::fs::read(folder.join("report.html")).unwrap() == page);
    // An option asked for counts over it.
    assay().arg("gate").arg(&folder).args(["--quiet", "--resamples", "200"]).assert().code(3);
    let name = other_verdict(&folder);
    let other = std::fs::read(folder.join(&name)).unwrap();
    assert!(other != first);
    assert!(std::fs::read(folder.join("verdict.json")).unwrap() == first);
    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["sha256"][&name], assay::data::sha256_hex(&other));
    assay().arg("report").arg(&folder).arg("--quiet").assert().success();
}

/// The same bars with the times of their closes, said to be so, are the same run.
#[test]
fn times_of_closes_are_read_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let bars = std::fs::read(root().join("datasets/btcusdt-1h.parquet")).unwrap();
    let open = dir.path().join("bars.parquet");
    std::fs::write(&open, bars).unwrap();
    let loaded = assay::data::load(&open, &assay::data::LoadRequest::default()).unwrap();
    assert!(loaded.synthetic);
    let b = loaded.bars.slice(0, 600);
    let mut text = "close_time,open,high,low,close,volume\n".to_owned();
    for i in 0..b.len() {
        let at = assay::market::format_time(b.close_time(i));
        text.push_str(&format!(
            "{at},{},{},{},{},{}\n",
            b.open()[i],
            b.high()[i],
            b.low()[i],
            b.close()[i],
            b.volume()[i]
        ));
    }
    let csv = dir.path().join("closes.csv");
    std::fs::write(&csv, text).unwrap();
    let with = |options: &[&str]| {
        let mut command = assay();
        command.args(["backtest", "scenarios/unified.toml", "--quiet", "--data"]).arg(&csv);
        command.args(options).arg("--out").arg(dir.path().join("out")).assert()
    };
    let refused = with(&[]).code(2).get_output().stderr.clone();
    assert!(String::from_utf8(refused).unwrap().contains("set data.time to \"close\""));
    with(&["--set", "data.time=close"]).success();
    let made = only_run(&dir.path().join("out"));
    let summary: Value = serde_json::from_slice(&std::fs::read(made.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["data"]["start_ms"], b.open_time()[200]);
    assert_eq!(summary["data"]["synthetic"], false);
}

/// Presets by name, several symbols into a folder, other values by `--set`; and a history that no one mistakes for a real one.
#[test]
fn synthetic_symbols_go_into_a_folder_of_files() {
    let dir = tempfile::tempdir().unwrap();
    let synth = |arguments: &[&str]| {
        let output = assay()
            .current_dir(dir.path())
            .args(["data", "synth"])
            .args(arguments)
            .assert()
            .success()
            .get_output()
            .clone();
        assert!(output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let list = synth(&["--list"]);
    assert_narrow(&list);
    let names: Value = serde_json::from_str(&synth(&["--list", "--format", "json"])).unwrap();
    assert_eq!(names.as_array().unwrap().len(), 10);
    for row in names.as_array().unwrap() {
        assert!(list.contains(row["name"].as_str().unwrap()), "{list} lacks {row}");
    }

    let text = synth(&["basket", "--out", "many", "--set", "bars=500", "--threads", "1"]);
    assert_narrow(&text);
    assert!(
        text.starts_with("many: 2000 synthetic bars of 4 symbols, no evidence about any market\n"),
        "{text}"
    );
    let again = ["basket", "--out", "again", "--set", "bars=500", "--threads", "3", "--format", "json"];
    let document: Value = serde_json::from_str(&synth(&again)).unwrap();
    for file in document["files"].as_array().unwrap() {
        assert_eq!(file["bars"], 500);
        let path = dir.path().join(file["file"].as_str().unwrap());
        let other = dir.path().join("many").join(path.file_name().unwrap());
        assert!(std::fs::read(&path).unwrap() == std::fs::read(other).unwrap(), "threads change {file}");
        assert!(assay::data::load(&path, &assay::data::LoadRequest::default()).unwrap().synthetic);
    }
    assert_eq!(synth(&["gap", "--out", "gap.parquet", "--quiet"]), "");
    let gap =
        assay::data::load(&dir.path().join("gap.parquet"), &assay::data::LoadRequest::default()).unwrap();
    assert_eq!((gap.bars.len(), gap.quality.gaps, gap.quality.missing_bars), (523, 1, 5));

    for (arguments, want) in [
        (&["gbm"][..], "--out <PATH>"),
        (&["gbn", "--out", "x"], "did you mean the shipped preset \"gbm\"?"),
        (&["gbm", "--out", "x", "--set", "gbm.drif=1"], "did you mean \"drift\"?"),
        (&["--list", "gbm"], "cannot be used with"),
    ] {
        let refused = assay().args(["data", "synth"]).args(arguments).assert().code(2).get_output().clone();
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains(want), "{message}, not {want}");
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
        .args([
            "--feature",
            "rsi:14",
            "--feature",
            "atr",
            "--feature",
            "ut_stop:10,1.5",
            "--feature",
            "ema:20@4h",
            "--out",
        ])
        .arg(&out)
        .assert()
        .success();
    let written = table::read(&out).unwrap();
    let names: Vec<&str> = written.names().collect();
    assert_eq!(names, ["open_time", "rsi:14", "atr:14", "ut_stop:10,1.5", "ema:20@4h"]);
    let bars = assay::data::load(&file, &assay::data::LoadRequest::default()).unwrap().bars;
    assert_eq!(written.time_ms("open_time").unwrap(), bars.open_time());
    let cache = FeatureCache::new(bars);
    for name in &names[1..] {
        let spec: FeatureSpec = name.parse().unwrap();
        let (a, b) = (written.f64(name).unwrap(), cache.column(&spec));
        assert!(a.iter().zip(&b[..]).all(|(x, y)| x.to_bits() == y.to_bits()), "{name}");
        let first = cache.warmup(&spec);
        assert!(a[..first].iter().all(|v| v.is_nan()) && !a[first].is_nan(), "{name}");
    }
}

#[test]
fn lists_and_help_teach() {
    let text = |arguments: &[&str]| {
        let assert = assay().args(arguments).assert().success();
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    };
    let features = text(&["features", "--list"]);
    assert_narrow(&features);
    let words = features.split_whitespace().collect::<Vec<_>>().join(" ");
    for f in assay::system::Registry::built_in().features() {
        assert!(words.contains(&format!("{} {}", f.name, f.meaning)), "{}", f.name);
    }
    let systems = text(&["params"]);
    assert!(systems.starts_with("unified") && systems.contains("\nma-cross"), "{systems}");
    let params = text(&["params", "unified"]);
    for p in assay::systems::unified::Params::specs() {
        assert!(params.contains(&format!("{} = {}", p.name, p.default)), "{}", p.name);
    }
    assert_narrow(&params);
    for name in assay::regime::Labeller::NAMES {
        assert!(systems.contains(name), "{systems}");
        let keys = text(&["params", name]);
        for spec in assay::regime::Labeller::named(name).unwrap().specs() {
            assert!(keys.contains(&format!("{} = {}", spec.name, spec.default)), "{keys}");
        }
    }
    let top = text(&["--help"]);
    for words in [
        "Exit codes:",
        "0  done",
        "1  the program failed",
        "2  the input is wrong",
        "3  FAIL",
        "4  INCONCLUSIVE",
    ] {
        assert!(top.contains(words), "{words} is missing in\n{top}");
    }
    for command in [
        "backtest",
        "gate",
        "report",
        "check",
        "check causality",
        "regime",
        "regime evaluate",
        "data",
        "data resample",
        "data synth",
        "features",
        "params",
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = text(&words);
        assert!(help.contains(&format!("Usage: assay {command}")), "{help}");
        assert!(["check", "regime", "data"].contains(&command) || help.contains("--threads"), "{help}");
        assert_narrow(&help);
        assert!(top.contains(command.split(' ').next().unwrap()));
    }
    assert!(text(&["--version"]).starts_with("assay "));
    for list in [&["features", "--list", "--format", "json"][..], &["params", "unified", "--format", "json"]]
    {
        let rows: Value = serde_json::from_str(&text(list)).unwrap();
        assert!(rows.as_array().unwrap().len() > 20);
    }
}

/// Runs `arguments` with a standard output whose reader has gone.
fn into_nowhere(arguments: &[&str]) -> std::process::Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_assay"));
    command.env("ASSAY_REGISTRY", own_registry());
    command.current_dir(root()).args(arguments).stdout(writer).stderr(std::process::Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["params"][..], &["features", "--list"], &["--help"], &["params", "--format", "json"]]
    {
        let output = into_nowhere(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

/// `assay gate RUN | head` must not turn a FAIL into the code of a PASS.
#[test]
fn a_verdict_is_the_exit_code_whoever_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = copied(&dir).display().to_string();
    let out = dir.path().join("out").display().to_string();
    for arguments in [
        &["gate", &folder][..],
        &["gate", &folder, "--format", "json"],
        &["backtest", "scenarios/example.toml", "--gate", "--out", &out],
    ] {
        let output = into_nowhere(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
    only_run(Path::new(&out));
}
