//! `assay check causality` from outside. That it finds a system that peeks is tested in the library, where one can be
//! made: the program has no switch for it.

use serde_json::Value;

use crate::common::{assay, root};
use crate::place::{Place, csv, refused, rows};

const CHECK: [&str; 3] = ["check", "causality", "scenarios/example.toml"];
/// So little that every cut is made.
const SHORT: [&str; 2] = ["--set", "data.to=\"2021-11-18\""];

fn stdout(options: &[&str]) -> String {
    let output = assay().args(CHECK).args(options).assert().code(0).get_output().clone();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_example_is_clean_on_any_number_of_threads() {
    let text = stdout(&["--threads", "2"]);
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
    for words in [
        "CLEAN: no value before a cut changed",
        "drawn over the history                                  100\n",
        "at every bar of 8 windows",
        "regime.strength",
        "adx:14",
        "never",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    // Nothing of the clock in a result.
    assert!(!text.contains(" s\n") && !text.contains("seconds"), "{text}");
    assert_eq!(stdout(&["--threads", "1"]), text);
}

#[test]
fn json_is_one_document_with_every_column() {
    let with = |options: &[&str]| stdout(&[&SHORT[..], options].concat());
    let document: Value = serde_json::from_str(&with(&["--format", "json", "--quiet"])).unwrap();
    assert_eq!(document["scenario"], "example");
    assert_eq!(document["data"]["file"], "btcusdt-1h.parquet");
    assert_eq!(document["data"]["synthetic"], true);
    let found = &document["causality"];
    assert_eq!(found["clean"], true);
    assert_eq!(found["violations"].as_array().unwrap().len(), 0);
    // What is judged, and a warm-up before it.
    assert_eq!(found["bars"], 17 * 24 + 200);
    assert_eq!(found["cuts"][0]["why"], "every");
    assert_eq!(found["cuts"][0]["cuts"], 17 * 24 + 200 - 1);
    let names: Vec<&str> =
        found["memories"].as_array().unwrap().iter().map(|m| m["column"].as_str().unwrap()).collect();
    // Every feature of the registry, whether the system reads it or not, and every step of the pipeline.
    for f in assay::features::features() {
        let known = |n: &&str| n.split(':').next() == Some(f.name);
        assert!(names.iter().any(known), "{}", f.name);
    }
    for name in ["regime", "ml.confidence", "patterns", "confidence", "reason", "equity", "exposure"] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(with(&["--quiet"]), "");
}

#[test]
fn wrong_input_is_refused() {
    let place = Place::new();
    let refusal = |scenario: &str, options: &[&str]| {
        let mut command = assay();
        place.refusal(command.args(["check", "causality"]).arg(place.path(scenario)).args(options))
    };
    assert_eq!(
        refusal("none.toml", &[]),
        "error: none.toml: cannot read the scenario: No such file or directory (os error 2)\n\nhint: check the path; \
         scenarios/unified.toml is an example\n"
    );
    assert_eq!(
        refusal("s.toml", &["--tolerance", "2"]),
        "error: --tolerance: must be in 0..1, was 2\n\nhint: 1e-6 takes two values for the same that agree in six \
         digits\n"
    );
    assert!(refusal("s.toml", &["--cuts", "0"]).contains("0 is not in 1..=100000"));
    assert!(refusal("s.toml", &["--set", "params.stop_atr=99"]).contains("0.5..=4"));
    assert!(refusal("s.toml", &["--data", "none.csv"]).contains("none.csv: no such file"));
    // What a backtest refuses of bars is refused in the same words.
    place.write("bars.csv", &csv(&rows(201)));
    let message = refusal("s.toml", &[]);
    let backtest = refused(|p| p.write("bars.csv", &csv(&rows(201))));
    assert!(message.contains("the warm-up of this system takes 200"), "{message}");
    assert_eq!(message, backtest);
    // No more than a backtest takes: the smallest history is checked at every bar.
    place.write("bars.csv", &csv(&rows(202)));
    assay().args(["check", "causality"]).arg(place.path("s.toml")).arg("--quiet").assert().code(0);
}

#[test]
fn other_rules_and_costs_are_clean_too() {
    for sets in [
        &["params.profile=upstream"][..],
        &["execution.fill=close", "params.exit_rules=textual", "params.trail_atr=0.5"],
    ] {
        let options: Vec<&str> = sets.iter().flat_map(|s| ["--set", s]).collect();
        let text = stdout(&[&options[..], &["--cuts", "20"]].concat());
        assert!(text.contains("CLEAN"), "{text}");
    }
    let staged = root().join("scenarios/unified-staged.toml");
    let to = ["--set", "data.to=\"2021-05-01\"", "--cuts", "20", "--quiet"];
    assay().args(["check", "causality"]).arg(staged).args(to).assert().code(0);
}
