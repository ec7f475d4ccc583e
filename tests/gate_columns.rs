//! Criteria over the columns of a run's tables, from outside.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{assay, only_run};

use assay::data::table::{self, Table};

/// A backtest of the crossover over five months of the embedded history.
fn crossover(out: &Path, criteria: &Path) -> assert_cmd::Command {
    let mut c = assay();
    let gate = format!("gate.criteria=[{:?}]", criteria.display().to_string());
    c.args([
        "backtest",
        "scenarios/ma-cross.toml",
        "--quiet",
        "--set",
        "data.to=\"2021-06-01\"",
        "--set",
        &gate,
    ]);
    c.arg("--out").arg(out);
    c
}

/// A file of criteria for `system`, each of its own keys.
fn criteria(dir: &TempDir, system: &str, rules: &[&str]) -> PathBuf {
    let mut text = format!("system = {system:?}\n");
    for (k, keys) in rules.iter().enumerate() {
        text.push_str(&format!(
            "\n[[criterion]]\nid = \"R.{k}\"\n{keys}\nscope = \"overall\"\nop = \">=\"\nthreshold = 0.0\n\
             better = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\n\
             kind = \"acceptance\"\nmin_n = 1\nunit = \"x\"\nsays = \"words\"\n"
        ));
    }
    let path = dir.path().join("c.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn rows(run: &Path) -> Vec<Value> {
    verdict(&run.join("verdict.json"))["rows"].as_array().unwrap().clone()
}

fn verdict(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn read(run: &Path, name: &str) -> Table {
    table::read(&run.join(name)).unwrap()
}

#[test]
fn aggregates_are_those_of_the_tables_and_the_same_from_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = criteria(
        &dir,
        "ma-cross",
        &[
            "metric = \"count\"\ntable = \"trades\"\nwhere = \"direction == 'long' and bars_held > 10\"",
            "metric = \"share\"\ntable = \"signals\"\nwhere = \"direction == 'BUY'\"",
            "metric = \"mean\"\ntable = \"trades\"\ncolumn = \"return_percent\"",
            "metric = \"rate\"\ntable = \"trades\"",
            "metric = \"quantile\"\ntable = \"equity\"\ncolumn = \"close\"\nq = 0.5",
        ],
    );
    let out = dir.path().join("out");
    crossover(&out, &file).assert().code(0);
    let run = only_run(&out);
    let seen: Vec<f64> = rows(&run).iter().map(|r| r["observed"].as_f64().unwrap()).collect();
    let trades = read(&run, "trades.parquet");
    let (side, held) = (trades.labels("direction").unwrap(), trades.u32("bars_held").unwrap());
    let long = (0..trades.rows()).filter(|&i| side.get(i) == Some("long") && held[i] > 10).count();
    assert!(long > 3 && long < trades.rows());
    assert_eq!(seen[0], long as f64);
    let signals = read(&run, "signals.parquet");
    let side = signals.labels("direction").unwrap();
    let buys = (0..signals.rows()).filter(|&i| side.get(i) == Some("BUY")).count();
    assert_eq!(seen[1], buys as f64 / signals.rows() as f64);
    let returns = trades.f64("return_percent").unwrap();
    assert!((seen[2] - returns.iter().sum::<f64>() / returns.len() as f64).abs() < 1e-9);
    let bars = read(&run, "equity.parquet").rows();
    assert!((seen[3] - trades.rows() as f64 / (bars as f64 / 24.0)).abs() < 1e-12);
    // The bars are asked as well, though the equity by the pessimistic path does not repeat them.
    assert!(seen[4] > 1.0);
    // Judged again from the folder: the same bytes.
    let first = std::fs::read(run.join("verdict.json")).unwrap();
    let code = assay().arg("gate").arg(&run).arg("--quiet").output().unwrap().status.code();
    assert!(matches!(code, Some(0 | 4)), "{code:?}");
    assert_eq!(std::fs::read(run.join("verdict.json")).unwrap(), first);
}

#[test]
fn slips_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for (rule, want) in [
        (
            "metric = \"mean\"\ntable = \"trades\"\ncolumn = \"r_multipel\"",
            "c.toml:7: criterion R.0: table \"trades\" has no column \"r_multipel\"\n\nhint: did you mean \"r_multiple\"? the columns of trades are id, symbol",
        ),
        (
            "metric = \"count\"\ntable = \"trade\"",
            "c.toml:6: criterion R.0: there is no table \"trade\"\n\nhint: did you mean \"trades\"? the tables are trades, equity, signals, events",
        ),
        (
            "metric = \"count\"\ntable = \"trades\"\nwhere = \"exit_reason == 'SINGAL'\"",
            "never holds \"SINGAL\", at character 16 of `exit_reason == 'SINGAL'`",
        ),
        (
            "metric = \"count\"\ntable = \"trades\"\nwhere = \"pnl > 0 and\"",
            "c.toml:7: where: a column, a number, text in quotes, true or false is expected, at character 12 of `pnl > 0 and`",
        ),
    ] {
        let file = criteria(&dir, "ma-cross", &[rule]);
        let out = dir.path().join("none");
        let output = crossover(&out, &file).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(want), "{message}");
        let left = std::fs::read_dir(out.join("ma-cross")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "something was left behind");
    }
}

#[test]
fn criteria_for_a_system_that_there_is_not_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let own = criteria(&dir, "ma-cross", &["metric = \"win_rate\""]);
    let out = dir.path().join("out");
    crossover(&out, &own).assert().code(0);
    let run = only_run(&out);
    let slip = criteria(&dir, "unifed", &["metric = \"win_rate\""]);
    let refused = |mut command: assert_cmd::Command| {
        let stderr = command.assert().code(2).get_output().stderr.clone();
        let message = String::from_utf8(stderr).unwrap();
        assert!(message.contains("there is no system named \"unifed\""), "{message}");
        assert!(message.contains("did you mean \"unified\"?"), "{message}");
        message
    };
    let mut gate = assay();
    gate.arg("gate").arg(&run).arg("--criteria").arg(&slip);
    assert!(refused(gate).contains("the run is of system \"ma-cross\""));
    let elsewhere = dir.path().join("elsewhere");
    refused(crossover(&elsewhere, &slip));
    assert!(!elsewhere.exists(), "something was left behind");
}

#[test]
fn criteria_of_another_system_ask_what_there_is() {
    let dir = tempfile::tempdir().unwrap();
    let own = criteria(&dir, "ma-cross", &["metric = \"win_rate\""]);
    let out = dir.path().join("out");
    crossover(&out, &own).assert().code(0);
    let run = only_run(&out);
    let file = criteria(
        &dir,
        "unified",
        &[
            "metric = \"mean\"\ntable = \"signals\"\ncolumn = \"agreement\"",
            "metric = \"pattern_rate\"",
            "metric = \"success_rate\"",
            "metric = \"count\"\ntable = \"trades\"",
        ],
    );
    // Five months are too little to tell it from luck.
    assay().arg("gate").arg(&run).arg("--criteria").arg(&file).arg("--quiet").assert().code(4);
    // By other criteria than the run's own: in a file of its own.
    let mut files = std::fs::read_dir(&run).unwrap().map(|e| e.unwrap().path());
    let other = files.find(|p| p.file_name().unwrap().to_string_lossy().starts_with("verdict-")).unwrap();
    let verdict = verdict(&other);
    assert_eq!((&verdict["system"], &verdict["criteria_system"]), (&json!("ma-cross"), &json!("unified")));
    let rows = verdict["rows"].as_array().unwrap();
    let of = |k: usize| (rows[k]["verdict"].as_str().unwrap(), rows[k]["reason"].as_str().unwrap_or(""));
    assert_eq!(
        of(0),
        ("NOT_APPLICABLE", "runs of system ma-cross: table \"signals\" has no column \"agreement\"")
    );
    assert_eq!(
        of(1),
        ("NOT_APPLICABLE", "runs of system ma-cross have no column pattern_mask in table signals")
    );
    assert_eq!(of(2).0, "NOT_APPLICABLE");
    assert_eq!(of(3).0, "PASS");
    assert!(rows[0]["observed"].is_null() && rows[1]["observed"].is_null());
}
