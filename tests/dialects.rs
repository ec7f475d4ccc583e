//! Figures by other libraries' definitions, from outside.

use std::path::PathBuf;

use serde_json::Value;

use crate::common::{assay, root};

fn example() -> PathBuf {
    let folder = root().join("results/example");
    let mut runs = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    runs.find(|p| p.is_dir()).unwrap()
}

fn report(run: &str, options: &[&str]) -> String {
    let output = assay().args(["report", run]).args(options).assert().code(0).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_figure_is_explained_under_every_definition() {
    let run = example();
    let run = run.to_str().unwrap();
    let text = report(run, &["--explain", "sharpe"]);
    for words in [
        "sharpe: Return over its standard deviation",
        "95 % interval",
        "Lo (2002) with autocorrelation",
        "assay ",
        "backtesting.py",
        "days, first lost",
        "vectorbt: mean(r) / sd(r) sqrt(A)",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
    let document: Value =
        serde_json::from_str(&report(run, &["--explain", "win_rate", "--format", "json"])).unwrap();
    let summary: Value =
        serde_json::from_str(&std::fs::read_to_string(example().join("summary.json")).unwrap()).unwrap();
    let rows = document["dialects"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0]["figure"]["value"], summary["trades"]["win_rate"]);
    assert_eq!(rows[0]["figure"]["n"], summary["trades"]["n"]);
    assert_eq!((&rows[1]["dialect"], &rows[1]["figure"]), (&Value::from("empyrical"), &Value::Null));
    assert_eq!(rows[2]["figure"]["grid"], "days");
}

#[test]
fn own_figures_are_the_summary_s_and_others_come_beside_them() {
    let run = example();
    let out = tempfile::tempdir().unwrap();
    let to = ["--out", out.path().to_str().unwrap()];
    let text = report(run.to_str().unwrap(), &[&to[..], &["--metrics-dialect", "backtesting.py"]].concat());
    assert!(text.contains("Figures by the definitions of backtesting.py."), "{text}");
    assert!(text.contains("annual_return"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 100 || l.contains(" folder: ")), "{text}");
    let text = report(run.to_str().unwrap(), &[&to[..], &["--format", "json"]].concat());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["metrics"]["dialect"], "assay");
    let figures = document["metrics"]["figures"].as_array().unwrap();
    let of = |name: &str| &figures.iter().find(|f| f["metric"] == name).unwrap()["value"];
    for name in ["sharpe", "sortino", "cagr", "max_drawdown", "omega", "cvar95"] {
        assert_eq!(of(name), &document["summary"]["performance"][name], "{name}");
    }
    for name in ["win_rate", "profit_factor", "payoff", "expectancy", "sqn"] {
        assert_eq!(of(name), &document["summary"]["trades"][name], "{name}");
    }
    assert_eq!(of("exposure"), &document["summary"]["exposure"]);
}

#[test]
fn wrong_names_are_refused_with_the_right_ones() {
    let run = example();
    let refusal = |options: &[&str]| {
        let output = assay().arg("report").arg(&run).args(options).assert().code(2).get_output().clone();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refusal(&["--explain", "sharp"]).contains("did you mean sharpe?"));
    assert!(refusal(&["--metrics-dialect", "vectorbts"]).contains("did you mean vectorbt?"));
    assert!(refusal(&["--explain", "sharpe", "--out", "x"]).contains("cannot be used with"));
}

/// A run on real bars against the libraries themselves: `.ci/run` has `tests/reference/dialects.py` measure it.
#[test]
fn figures_agree_over_a_real_run() {
    let Ok(path) = std::env::var("ASSAY_DIALECTS") else {
        println!("skipped: ASSAY_DIALECTS names no figures of a run");
        return;
    };
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for run in document["runs"].as_array().unwrap() {
        for (dialect, figures) in run["figures"].as_object().unwrap() {
            let mut worst = (0.0_f64, "");
            for (name, want) in figures.as_object().unwrap() {
                let text = report(run["name"].as_str().unwrap(), &["--explain", name, "--format", "json"]);
                let explanation: Value = serde_json::from_str(&text).unwrap();
                let rows = explanation["dialects"].as_array().unwrap();
                let got = &rows.iter().find(|r| r["dialect"] == **dialect).unwrap()["figure"]["value"];
                match (got.as_f64(), want.as_f64()) {
                    (Some(got), Some(want)) => {
                        let off = if got == want { 0.0 } else { (got / want - 1.0).abs() };
                        assert!(off <= 1e-9, "{name} of {dialect}: {got} against {want}");
                        if off > worst.0 {
                            worst = (off, name);
                        }
                    }
                    // Neither is a number: undefined, or infinite.
                    (got, want) => assert_eq!(got, want, "{name} of {dialect}"),
                }
            }
            println!(
                "{dialect}: {} figures, worst {:.1e} {}",
                figures.as_object().unwrap().len(),
                worst.0,
                worst.1
            );
        }
    }
}
