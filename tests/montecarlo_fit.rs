//! Models of a Monte Carlo from outside: one that does not fit is refused unless asked for, and the moments of history,
//! model and paths stand beside each other.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{assay, root};

/// The textbook crossover on a file of bars, ten paths.
fn scenario(dir: &Path, bars: &Path, more: &str) -> String {
    let path = dir.join("m.toml");
    let text = format!(
        "name = \"m\"\nsystem = \"ma-cross\"\n[data]\nbars = [{bars:?}]\n{more}\n[execution]\nfee_bps = 10\n\
         [montecarlo]\npaths = 20\nearly_stop = false\n"
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// What a call says on success.
fn told(args: &[&str]) -> String {
    let out = assay().args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn document(args: &[&str]) -> (Value, PathBuf) {
    let mut v: Value = serde_json::from_str(&told(&[args, &["--format", "json"]].concat())).unwrap();
    let folder = PathBuf::from(v["folder"].as_str().unwrap());
    (v["montecarlo"].take(), folder)
}

/// A moment of the first symbol: of the history, the model, and the paths (5 %, median, 95 %).
fn moment(m: &Value, name: &str) -> (f64, Option<f64>, [f64; 3]) {
    let rows = m["moments"][0]["rows"].as_array().unwrap();
    let row = rows.iter().find(|r| r["name"] == name).unwrap();
    let drawn = ["p5", "median", "p95"].map(|q| row["drawn"][q].as_f64().unwrap());
    (row["history"].as_f64().unwrap(), row["model"].as_f64(), drawn)
}

#[test]
fn a_model_at_its_bound_is_refused_unless_asked_for_and_then_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    let bars = root().join("datasets/btcusdt-1h.parquet");
    let path = scenario(dir.path(), &bars, "to = \"2021-06-01\"");
    let out = dir.path().join("out").display().to_string();
    for (method, model) in [("garch", "GARCH(1,1)"), ("gjr", "GJR-GARCH(1,1)"), ("filtered", "GARCH(1,1)")] {
        let set = format!("montecarlo.method={method}");
        let call = ["montecarlo", &path, "--set", &set, "--out", &out];
        let refused = assay().args(call).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8(refused.stderr).unwrap();
        for part in [&format!("the {model} model does not fit"), "persistence 0.99999", "accept_poor_fit"] {
            assert!(said.contains(part), "{said}");
        }
        let asked = [&call[..], &["--set", "montecarlo.accept_poor_fit=true"]].concat();
        assert!(told(&asked).contains("warning: the "));
        let (m, folder) = document(&asked);
        assert!(m["warnings"][0].as_str().unwrap().contains("does not fit"));
        assert_eq!((&m["fit"]["fits"], &m["fit"]["at_bounds"][0]), (&false.into(), &"persistence".into()));
        let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(page.contains("Warning: the ") && page.contains("Moments of the log returns"));
    }
}

#[test]
fn moments_of_paths_agree_with_a_history_that_the_model_made() {
    let dir = tempfile::tempdir().unwrap();
    let bars = dir.path().join("garch.parquet");
    let file = bars.display().to_string();
    told(&["data", "synth", "garch", "--set", "bars=8000", "--set", "garch.beta=0.88", "--out", &file]);
    let path = scenario(dir.path(), &bars, "");
    let out = dir.path().join("out").display().to_string();
    for method in ["garch", "filtered", "stationary"] {
        let set = format!("montecarlo.method={method}");
        let (m, _) = document(&["montecarlo", &path, "--set", &set, "--out", &out]);
        assert_eq!(m["warnings"], serde_json::json!([]), "{method}");
        let (history, model, [low, median, high]) = moment(&m, "volatility");
        assert!((median / history - 1.0).abs() < 0.06, "{method}: {median} {history}");
        assert!(low < median && median < high);
        assert_eq!(model.is_some(), method != "stationary");
        let (history, _, [low, _, high]) = moment(&m, "mean");
        assert!(low < history && history < high, "{method}: {low} {history} {high}");
        let (history, _, [_, median, _]) = moment(&m, "acf1_squares");
        assert!((median - history).abs() < 0.1 && history > 0.1, "{method}: {median} {history}");
        assert_eq!(m["fit"].is_object(), method != "stationary");
    }
    // No bars are drawn: no moments of them.
    let (m, _) = document(&["montecarlo", &path, "--set", "montecarlo.method=returns", "--out", &out]);
    assert_eq!(m["moments"], serde_json::json!([]));
}
