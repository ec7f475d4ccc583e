//! `assay gate RUN --power` on the committed example.

use serde_json::Value;

use crate::common::{assay, files, root};

/// The output of `assay gate RUN --power` with arguments, and its exit code.
fn power(arguments: &[&str]) -> (i32, String) {
    let runs = std::fs::read_dir(root().join("results/example")).unwrap();
    let run = runs.map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
    let out = assay().arg("gate").arg(&run).arg("--power").args(arguments).output().unwrap();
    let said = if out.stdout.is_empty() { out.stderr } else { out.stdout };
    (out.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn the_example_says_what_its_criteria_can_decide_and_writes_nothing() {
    let before = files(&root().join("results"));
    let (code, text) = power(&[]);
    assert_eq!(code, 0, "{text}");
    for said in [
        "can decide on a sample as long as",
        "134 days, 229 closed trades",
        // ((1.95996 sqrt(.58 x .42) + .84162 sqrt(.6 x .4)) / .02)², the middle of 58 to 62 %.
        "4759 trades",
        "all deciding rows together",
        "limits it",
        "no sample of this length decides",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let (code, one) = power(&["--format", "json", "--threads", "1"]);
    let (_, two) = power(&["--format", "json", "--threads", "2"]);
    assert_eq!(code, 0, "{one}");
    assert_eq!(one, two);
    let report: Value = serde_json::from_str(&one).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|r| r["id"] == id).unwrap();
    assert_eq!(row("SC2.1")["n_needed"], 4759.0);
    assert_eq!(row("SC2.1")["supposed"]["from"], "middle of the range of SC3.1");
    assert_eq!(row("IM.TR")["supposed"]["from"], "documented");
    assert_eq!(row("IM.TR")["n_unit"], "bars");
    let set = &report["set"];
    let joint = set["power"].as_f64().unwrap();
    assert!(joint <= set["limiting"]["power"].as_f64().unwrap(), "{set}");
    assert_eq!(files(&root().join("results")), before);
}

#[test]
fn criteria_without_documented_values_say_so_and_options_of_verdicts_are_refused() {
    let honest = root().join("scenarios/criteria/honest.toml");
    let (code, text) = power(&["--criteria", honest.to_str().unwrap()]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("not drawn: no row about the whole run has a documented value"), "{text}");
    assert!(text.contains("no sample decides it"), "{text}");
    assert_eq!(power(&["--quiet"]), (0, String::new()));
    for option in ["--lenient", "--no-marks", "--resamples=500"] {
        let (code, said) = power(&[option]);
        assert!(code == 2 && said.contains("--power"), "{said}");
    }
}
