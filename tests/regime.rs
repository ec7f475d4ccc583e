//! `assay regime evaluate` from outside.

use serde_json::Value;

use crate::common::{assay, real_btcusdt};
use crate::place::Place;

const SHORT: [&str; 2] = ["--set", "data.to=\"2021-06-01\""];

fn stdout(options: &[&str]) -> String {
    let output = assay()
        .args(["regime", "evaluate", "scenarios/unified.toml"])
        .args(options)
        .assert()
        .code(0)
        .get_output()
        .clone();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_embedded_history_is_compared_with_its_truth_on_any_number_of_threads() {
    let text = stdout(&[&SHORT[..], &["--threads", "2"]].concat());
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
    for words in [
        "against the truth, second half",
        "majority",
        "in transition",
        "stays of 1 or 2",
        "state 3",
        "at 5 %.",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    assert_eq!(stdout(&[&SHORT[..], &["--threads", "1"]].concat()), text);
}

#[test]
fn the_folder_holds_the_document_and_the_charts() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("new");
    let options =
        [&SHORT[..], &["--format", "json", "--quiet", "--shifts", "19", "--out", folder.to_str().unwrap()]];
    let printed = stdout(&options.concat());
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("regimes.json")).unwrap(), printed);
    for chart in ["confusion_rules", "confusion_hmm", "agreement"] {
        assert!(
            folder.join(chart).with_extension("svg").is_file()
                && folder.join(chart).with_extension("png").is_file()
        );
    }
    let rows = document["regimes"]["labellers"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|l| l["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["rules", "hmm", "majority"]);
    let score = |k: usize, key: &str| rows[k]["truth"]["scores"][key].as_f64().unwrap();
    // The baseline knows nothing: every regime equally well guessed, no agreement beyond chance.
    assert!((score(2, "balanced_accuracy") - 0.2).abs() < 1e-12 && score(2, "kappa").abs() < 1e-12);
    assert!(score(0, "kappa") > 0.1 && score(1, "kappa") > 0.1);
    // Labels tell the size of the next move: that much anybody's labels do.
    assert!(rows[0]["volatility"]["p"].as_f64().unwrap() <= 0.05);
}

#[test]
fn wrong_input_is_refused() {
    let place = Place::new();
    let refusal = |options: &[&str]| {
        let mut command = assay();
        place.refusal(command.args(["regime", "evaluate"]).arg(place.path("s.toml")).args(options))
    };
    assert!(refusal(&["--states", "1"]).contains("1 is not in 2..=5"));
    assert!(refusal(&["--set", "params.hysteresis.detections=6"]).contains("params.hysteresis.window"));
    assert!(refusal(&["--data", "none.csv"]).contains("none.csv: no such file"));
}

#[test]
fn a_real_history_has_no_truth_and_all_the_rest() {
    let Some(file) = real_btcusdt("regimes on real data") else { return };
    let output = assay()
        .args([
            "regime",
            "evaluate",
            "scenarios/unified.toml",
            "--format",
            "json",
            "--shifts",
            "39",
            "--data",
        ])
        .arg(file)
        .assert()
        .code(0)
        .get_output()
        .clone();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = &document["regimes"];
    assert_eq!(found["bars"], 57_482);
    assert_eq!(found["labellers"].as_array().unwrap().len(), 2);
    assert_eq!(found["labellers"][0]["truth"], Value::Null);
    assert_eq!(found["hmm"]["fits"], 115);
    assert!(found["layer"]["p"].as_f64().unwrap() >= 1.0 / 40.0);
}
