//! Bars that a scenario generates from a preset: what a run over the file of that preset gives, and no file.

use std::path::{Path, PathBuf};

use assay::data::table;
use serde_json::Value;

use crate::common::{assay, files, only_run, root};
use crate::place::Place;

/// A folder with a scenario `s.toml` of `data`, the text behind `[data]`.
fn place(system: &str, data: &str) -> Place {
    let place = Place::new();
    place.write("s.toml", &format!("name = \"t\"\nsystem = \"{system}\"\n\n[data]\n{data}\n"));
    place
}

/// A preset of 400 bars, of the symbols `names`.
fn preset(place: &Place, file: &str, seed: u64, names: &[&str]) {
    let head = format!(
        "name = \"made\"\nprocess = \"gbm\"\ntimeframe = \"1h\"\nstart = \"2021-01-01\"\nbars = 400\nseed = {seed}\n"
    );
    let of = |n: &&str| format!("symbol = \"{n}\"\nstart_price = 100.0\ntick = 0.01\nlot = 0.001\n");
    let (one, several) = match names {
        [name] => (of(name), String::new()),
        names => (String::new(), names.iter().map(|n| format!("[[symbols]]\n{}", of(n))).collect()),
    };
    let process = "[gbm]\ndrift = 0.0\nvolatility = 0.6\n[volume]\nlevel = 10.0\n";
    place.write(file, &format!("{head}{one}{process}{several}"));
}

fn run(place: &Place, out: &str, args: &[&str]) -> PathBuf {
    let mut command = assay();
    command.arg("backtest").arg(place.path("s.toml")).arg("--out").arg(place.path(out)).arg("--quiet");
    command.args(args).assert().success();
    only_run(&place.path(out))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// `command` over the scenario, which must succeed; its JSON document.
fn document(place: &Place, command: &[&str]) -> Value {
    let mut program = assay();
    program.args(command).arg(place.path("s.toml")).args(["--format", "json", "--quiet"]);
    let output = program.assert().success().get_output().stdout.clone();
    serde_json::from_slice(&output).unwrap()
}

#[test]
fn a_generated_history_is_that_of_the_file_it_replaces() {
    let range = "from = \"2021-01-01\"\nto = \"2021-04-01\"\ntimeframe = \"1h\"";
    let of = |source: &str| place("ma-cross", &format!("{source}\nsymbol = \"BTCUSDT\"\n{range}"));
    let datasets = root().join("datasets");
    let preset = datasets.join("btcusdt-1h-synthetic.toml").display().to_string();
    let file = datasets.join("btcusdt-1h.parquet").display().to_string();
    let (made, read) = (of(&format!("synth = \"{preset}\"")), of(&format!("bars = [\"{file}\"]")));
    let (a, b) = (run(&made, "out", &[]), run(&read, "out", &[]));
    assert_eq!(files(&a), files(&b));
    for table in files(&a).iter().filter(|f| f.extension().is_some_and(|e| e == "parquet")) {
        // The metadata name the run, which is another.
        let columns = |run: &Path| -> Vec<String> {
            let table = table::read(&run.join(table)).unwrap();
            table.columns().map(|(name, column)| format!("{name} {column:?}")).collect()
        };
        assert!(columns(&a) == columns(&b), "{table:?}");
    }
    let (sa, sb) = (json(&a.join("summary.json")), json(&b.join("summary.json")));
    for key in ["sha256", "synthetic", "symbol", "rows_in_file", "bars", "quality"] {
        assert_eq!(sa["data"][key], sb["data"][key], "{key}");
    }
    assert_eq!(sa["data"]["synthetic"], true);
    assert_eq!(sa["data"]["file"], "btcusdt-1h-synthetic.toml");
    assert!(sa["regime_evaluation"].is_object() && sa["regime_evaluation"] == sb["regime_evaluation"]);
    // The scenario is another, so the run is; the data, and with it the trials counted on it, are the same.
    assert_ne!(a.file_name(), b.file_name());
    let data = |p: &Place| -> Value {
        let text = std::fs::read_to_string(p.path("out/ledger.jsonl")).unwrap();
        serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap()["data"].clone()
    };
    assert_eq!(data(&made), data(&read));
    // The report says what it is.
    assert!(std::fs::read_to_string(a.join("report.html")).unwrap().contains("ynthetic"));
}

#[test]
fn the_echo_runs_again_and_a_changed_preset_is_another_run() {
    let p = place("signals", "synth = \"two.toml\"");
    preset(&p, "two.toml", 1, &["AAA", "BBB"]);
    p.write("p.csv", "time,symbol,position\n2021-01-02,AAA,1\n2021-01-03,BBB,-1\n");
    p.scenario("\n[params]\nfile = \"p.csv\"\n");
    let first = run(&p, "first", &["--threads", "1"]);
    let echo = std::fs::read_to_string(first.join("scenario.toml")).unwrap();
    assert!(echo.contains("synth = \"two.toml\"\n") && !echo.contains("bars = ["), "{echo}");
    assert!(echo.contains("symbols = [\"AAA\", \"BBB\"]"), "{echo}");
    let summary = json(&first.join("summary.json"));
    assert_eq!(summary["symbols"][1]["file"], "two.toml BBB");
    p.write("s.toml", &echo);
    assert_eq!(run(&p, "again", &["--threads", "3"]).file_name(), first.file_name());
    preset(&p, "two.toml", 2, &["AAA", "BBB"]);
    assert_ne!(run(&p, "other", &[]).file_name(), first.file_name());
    // The preset does not have to be there to look at the run.
    std::fs::remove_file(p.path("two.toml")).unwrap();
    assay().arg("report").arg(&first).arg("--quiet").assert().success();
    // Symbols that the echo names and the preset has lost are missed.
    preset(&p, "two.toml", 1, &["AAA", "CCC"]);
    let message = p.refusal(&mut p.backtest());
    assert!(message.contains("data.symbols: \"BBB\" is no symbol of the preset two.toml"), "{message}");
}

#[test]
fn files_of_the_command_line_stand_instead() {
    let p = place("ma-cross", "synth = \"gbm\"");
    p.write("real.csv", &std::fs::read_to_string(p.path("bars.csv")).unwrap());
    let data = p.path("real.csv").display().to_string();
    let made = run(&p, "made", &["--data", &data]);
    let summary = json(&made.join("summary.json"));
    assert_eq!(
        (&summary["data"]["file"], &summary["data"]["synthetic"]),
        (&"real.csv".into(), &false.into())
    );
    let echo = std::fs::read_to_string(made.join("scenario.toml")).unwrap();
    assert!(echo.contains("bars = [\"real.csv\"]") && !echo.contains("synth"), "{echo}");
    let two = ["--data", &data, "--data", &data];
    let message = p.refusal(p.backtest().args(two));
    assert!(message.contains("--data: given 2 times for 1 symbol"), "{message}");
}

#[test]
fn every_command_that_runs_a_scenario_takes_one() {
    let p = place("ma-cross", "synth = \"made.toml\"");
    preset(&p, "made.toml", 3, &["MADE"]);
    p.scenario("\n[sweep.params]\nfast = [3, 5]\nslow = [8, 13]\n\n[montecarlo]\npaths = 10\n");
    p.scenario("\n[walkforward]\ntrain_days = 6\ntest_days = 3\n");
    let out = p.path("out").display().to_string();
    for command in ["sweep", "walkforward", "montecarlo"] {
        document(&p, &[command, "--out", &out]);
    }
    let ledger = std::fs::read_to_string(p.path("out/ledger.jsonl")).unwrap();
    let data = |line: &str| serde_json::from_str::<Value>(line).unwrap()["data"].clone();
    let all: Vec<Value> = ledger.lines().map(data).collect();
    assert!(all.len() >= 3 && all.iter().all(|d| *d == all[0]), "{all:?}");
    let causal = document(&p, &["check", "causality", "--cuts", "3"]);
    assert!(causal.to_string().contains("\"made.toml\""), "{causal}");
    // The truth of the preset is there to compare with.
    p.write(
        "s.toml",
        "name = \"t\"\nsystem = \"ma-cross\"\n\n[data]\nsynth = \"regimes\"\nsymbols = [\"SECOND\"]\n",
    );
    let labels = document(&p, &["regime", "evaluate", "--shifts", "3", "--train-bars", "2000"]);
    assert_eq!(
        (&labels["data"]["file"], &labels["data"]["synthetic"]),
        (&"regimes SECOND".into(), &true.into())
    );
    assert!(labels.to_string().contains("truth"), "{labels}");
}

#[test]
fn what_cannot_be_generated_is_refused() {
    for (data, words) in [
        ("synth = \"gmb\"", "s.toml:5: \"gmb\" is no preset"),
        ("synth = \"gmb\"", "hint: did you mean \"gbm\"? shipped presets are gbm, merton,"),
        ("synth = \"gmb\"\nsymbols = [\"GBM\"]", "error: data.synth: \"gmb\" is no preset"),
        (
            "bars = [\"bars.csv\"]\nsynth = \"gbm\"",
            "s.toml:6: data.synth must be left out where data.bars names files",
        ),
        ("synth = \"basket\"", "data.synth must make one symbol for system \"unified\", was 4 (ALPHA, BETA,"),
        (
            "synth = \"basket\"\nsymbols = [\"ALPH\"]",
            "\"ALPH\" is no symbol of the preset basket\n\nhint: did you mean \"ALPHA\"?",
        ),
        ("synth = \"bad.toml\"", "bad.toml:1: unknown key \"sede\""),
        ("synth = \"gbm\"\ntimeframe = \"4h\"", "gbm: the bars are 1h apart, not 4h as requested"),
        ("synth = \"gbm\"\nfrom = \"2031-01-01\"", "gbm: no bars from data.from on"),
        ("synth = \"gbm\"\ndetail = \"bars.csv\"", "bars.csv: "),
        ("", "data.bars must name one file a symbol, was 0 files"),
    ] {
        let p = place("unified", data);
        p.write("bad.toml", "sede = 1\n");
        let message = p.refusal(&mut p.backtest());
        assert!(message.contains(words), "{data}: {message}");
    }
}
