//! The main job on real bars.

use serde_json::Value;

use crate::common::{assay, only_run, real_btcusdt};

#[test]
fn the_62_482_hourly_bars_run_to_a_verdict() {
    let Some(file) = real_btcusdt("the main run on real data") else { return };
    let out = tempfile::tempdir().unwrap();
    let assert = assay()
        .args(["backtest", "scenarios/unified.toml", "--format", "json", "--gate", "--data"])
        .arg(&file)
        .arg("--out")
        .arg(out.path())
        .assert()
        .code(3);
    let document: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let quality = &document["summary"]["data"]["quality"];
    assert_eq!(quality["rows"], 62_482);
    assert_eq!(quality["gaps"], 25);
    assert_eq!(quality["missing_bars"], 88);
    assert_eq!(quality["zero_volume"], 3);
    assert_eq!(quality["longest_gap"]["bars"], 10);
    assert_eq!(document["verdict"]["overall"], "FAIL");
    let regimes = document["summary"]["regimes"].as_array().unwrap();
    let pnl: f64 = regimes.iter().map(|r| r["bars"]["pnl"].as_f64().unwrap()).sum();
    let p = &document["summary"]["performance"];
    let total = p["end_equity"].as_f64().unwrap() - p["start_equity"].as_f64().unwrap();
    assert!((pnl - total).abs() <= 1e-9 * p["start_equity"].as_f64().unwrap(), "{pnl} against {total}");
    let run = only_run(out.path());
    assert!(run.join("report.html").is_file() && run.join("charts/equity.png").is_file());
}

/// A year and a half with gaps in it, traded often.
#[test]
fn nothing_of_a_real_history_knows_its_future() {
    let Some(file) = real_btcusdt("causality on real data") else { return };
    let assert = assay()
        .args(["check", "causality", "scenarios/unified.toml", "--format", "json", "--data"])
        .arg(&file)
        .args(["--set", "data.from=\"2019-01-01\"", "--set", "data.to=\"2020-07-01\""])
        .args(["--set", "params.kelly.rule=constant", "--cuts", "40"])
        .assert()
        .code(0);
    let document: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let found = &document["causality"];
    assert_eq!(found["violations"], Value::Array(vec![]));
    let cuts = |why: &str| {
        let rows = found["cuts"].as_array().unwrap();
        rows.iter().find(|c| c["why"] == why).unwrap_or_else(|| panic!("no {why} in {rows:?}")).clone()
    };
    assert_eq!(cuts("trade")["around"], 80);
    assert!(cuts("trade")["of"].as_u64().unwrap() > 500);
    assert_eq!(cuts("gap")["around"], cuts("gap")["of"]);
    assert_eq!(cuts("window")["cuts"], 2000);
}
