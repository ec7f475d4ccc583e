//! Labels of any scheme, from outside: `[regimes] by` on every command.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, only_run};

use assay::data::table;
use assay::scenario::Scenario;

/// Five months, and few resamples: what is asked here is who is measured, not how surely.
const SHORT: [&str; 4] = ["--set", "data.to=\"2021-06-01\"", "--set", "gate.resamples=100"];

/// `assay WORDS --set ..` on the crossover, over five months of the embedded history.
fn crossover(command: &[&str], sets: &[&str]) -> Command {
    let mut c = assay();
    c.args(command).arg("scenarios/ma-cross.toml").args(SHORT).arg("--quiet");
    c.args(sets.iter().flat_map(|s| ["--set", s]));
    c
}

/// The run folder of a backtest measured by `sets`.
fn measured(sets: &[&str]) -> (TempDir, PathBuf) {
    let out = tempfile::tempdir().unwrap();
    crossover(&["backtest"], sets).arg("--out").arg(out.path()).assert().code(0);
    let run = only_run(out.path());
    (out, run)
}

fn refused(command: &mut Command) -> String {
    let output = command.assert().code(2).get_output().clone();
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn summary(run: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(run.join("summary.json")).unwrap()).unwrap()
}

fn names(run: &Path, file: &str, column: &str) -> Vec<String> {
    let t = table::read(&run.join(file)).unwrap();
    let labels = t.labels(column).unwrap();
    (0..t.rows()).map(|i| labels.get(i).unwrap_or("NONE").to_owned()).collect()
}

/// A criteria file about `scope`.
fn criteria(dir: &Path, scope: &str) -> PathBuf {
    let path = dir.join("c.toml");
    let text = format!(
        "system = \"ma-cross\"\n\n[[criterion]]\nid = \"A\"\nmetric = \"win_rate\"\nscope = \"{scope}\"\nop = \">=\"\n\
         threshold = 0.0\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\n\
         kind = \"acceptance\"\nmin_n = 1\nunit = \"%\"\nsays = \"Some win.\"\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_run_is_measured_by_sessions_and_trades_alike() {
    let (_usual_out, usual) = measured(&[]);
    let (out, run) = measured(&["regimes.by=sessions"]);
    let (a, b) = (summary(&usual), summary(&run));
    assert_eq!(a["performance"], b["performance"]);
    assert_ne!(a["run_id"], b["run_id"]);
    // The folder names the scheme, and a folder of the usual labels does not.
    assert!(a.get("regime_scheme").is_none());
    assert_eq!(b["regime_scheme"]["name"], "sessions");
    let regimes: Vec<&str> =
        b["regimes"].as_array().unwrap().iter().map(|r| r["regime"].as_str().unwrap()).collect();
    let all = ["SYDNEY", "TOKYO", "LONDON", "LONDON_NEW_YORK", "NEW_YORK", "OFF_HOURS", "WEEKEND", "NONE"];
    assert_eq!(regimes, all);
    // Everything earned is somebody's.
    let sum: f64 = b["regimes"].as_array().unwrap().iter().map(|r| r["bars"]["pnl"].as_f64().unwrap()).sum();
    let earned = b["performance"]["end_equity"].as_f64().unwrap() - b["start_equity"].as_f64().unwrap();
    assert!((sum - earned).abs() < 1e-6, "{sum} {earned}");
    // A bar's label is that of its close; a bar earns under the label known at its open. Sunday, 2021-01-10, 22:00 UTC:
    // the week begins.
    let t = table::read(&run.join("equity.parquet")).unwrap();
    let at = t.time_ms("close_time").unwrap().iter().position(|t| *t == 1_610_319_600_000).unwrap();
    assert_eq!(names(&run, "equity.parquet", "regime_at_open")[at - 1..=at], ["WEEKEND", "SYDNEY"]);
    assert!(names(&run, "trades.parquet", "regime").iter().all(|n| all.contains(&n.as_str())));
    // Charts, page and verdict of the folder alone.
    assay().arg("report").arg(&run).arg("--quiet").assert().code(0);
    let svg = std::fs::read_to_string(run.join("charts/equity.svg")).unwrap();
    assert!(svg.contains("\nLONDON_NEW_YORK\n") && svg.contains("#332288") && !svg.contains("TRENDING"));
    let each = criteria(out.path(), "each-regime");
    let mut gate = assay();
    let printed = gate.arg("gate").arg(&run).arg("--criteria").arg(each).args(["--format", "json"]);
    let verdict: Value = serde_json::from_slice(&printed.output().unwrap().stdout).unwrap();
    let ids: Vec<&str> =
        verdict["rows"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids[..7], all[..7].iter().map(|n| format!("A.{n}")).collect::<Vec<_>>());
    assert_eq!(ids[7..], ["search.family_p"]);
    let wrong = criteria(out.path(), "regime:LONDN");
    let e = refused(assay().arg("gate").arg(&run).arg("--criteria").arg(wrong));
    assert!(e.contains("c.toml:6: criterion A is about regime \"LONDN\""), "{e}");
    assert!(e.contains("did you mean \"LONDON\"? the regimes of sessions are SYDNEY, TOKYO"), "{e}");
}

#[test]
fn every_labeller_measures_a_run() {
    for (sets, scheme, regimes) in [
        (&["regimes.by=volatility-trend", "regimes.rank_days=10"][..], "volatility-trend", 8),
        (&["regimes.by=volatility-trend", "regimes.trend=direction"], "volatility-trend", 12),
        (&["regimes.by=efficiency-volatility"], "efficiency-volatility", 4),
        (
            &["regimes.by=hmm", "regimes.states=2", "regimes.train_bars=500", "regimes.iterations=20"],
            "hmm",
            2,
        ),
    ] {
        let (_out, run) = measured(sets);
        let s = summary(&run);
        assert_eq!(s["regime_scheme"]["name"], scheme);
        assert_eq!(s["regime_scheme"]["regimes"].as_array().unwrap().len(), regimes);
        let labelled =
            names(&run, "equity.parquet", "regime_at_open").iter().filter(|n| *n != "NONE").count();
        assert!(labelled > 2000, "{scheme}: {labelled}");
        // The echo is a scenario that says the same.
        let resolved = run.join("scenario.toml");
        let text = std::fs::read_to_string(&resolved).unwrap();
        assert!(text.contains(&format!("[regimes]\nby = \"{scheme}\"\n")), "{text}");
        let again = Scenario::read(&resolved, &[]).unwrap();
        assert_eq!(again.resolved().unwrap(), text);
    }
    // The unified rules by name, with a parameter of theirs, on a system that labels nothing.
    let (_out, run) = measured(&["regimes.by=unified", "regimes.params.regime_order=upstream"]);
    let (_usual_out, usual) = measured(&[]);
    assert!(summary(&run).get("regime_scheme").is_none());
    let labels = |run: &Path| names(run, "equity.parquet", "regime_at_open");
    assert_ne!(labels(&run), labels(&usual));
    // What is the default anyway is not written down, and names the same run.
    let (_same_out, same) = measured(&["regimes.by=system"]);
    assert_eq!(same.file_name(), usual.file_name());
    assert!(!std::fs::read_to_string(same.join("scenario.toml")).unwrap().contains("[regimes]"));
}

#[test]
fn a_system_may_be_measured_by_others_than_it_decides_by() {
    let out = tempfile::tempdir().unwrap();
    let sets = ["regimes.by=sessions", "gate.criteria=[]", "params.kelly.rule=constant"];
    let mut c = assay();
    c.args(["backtest", "scenarios/unified.toml", "--quiet", "--out"]).arg(out.path()).args(SHORT);
    c.args(sets.iter().flat_map(|s| ["--set", s]));
    c.assert().code(0);
    let run = only_run(out.path());
    // The table of signals holds what it decided by, the tables of trades and equity what it is measured by.
    assert!(names(&run, "signals.parquet", "regime").iter().any(|n| n == "SIDEWAYS"));
    let sessions = ["SYDNEY", "TOKYO", "LONDON", "LONDON_NEW_YORK", "NEW_YORK", "OFF_HOURS", "WEEKEND"];
    let trades = names(&run, "trades.parquet", "regime");
    assert!(trades.len() > 5 && trades.iter().all(|n| sessions.contains(&n.as_str())), "{trades:?}");
    // Its monitoring counts every trade under the labels there are, and the truth is not asked about other regimes.
    let s = summary(&run);
    let groups = s["monitoring"]["win_rate_by_regime"].as_array().unwrap();
    let counted: u64 = groups.iter().map(|g| g["trades"].as_u64().unwrap()).sum();
    assert_eq!(counted, s["trades"]["n"].as_u64().unwrap());
    assert!(s["regime_evaluation"].is_null());
    assert!(!run.join("charts/regime_confusion.svg").exists());
    // Its own criteria are about its own regimes.
    let e = refused(
        assay()
            .args(["backtest", "scenarios/unified.toml", "--set", "regimes.by=sessions", "--out"])
            .arg(out.path())
            .args(SHORT),
    );
    assert!(e.contains("which the labels of this run do not have"), "{e}");
}

#[test]
fn sweeps_have_columns_of_the_scheme_and_do_not_vary_it() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = |sweep: &str| {
        let text = std::fs::read_to_string("scenarios/ma-cross.toml").unwrap();
        let bars = std::path::absolute("datasets/btcusdt-1h.parquet").unwrap();
        let text = text.replace("\"datasets/btcusdt-1h.parquet\"", &format!("{bars:?}"));
        let path = dir.path().join("s.toml");
        std::fs::write(
            &path,
            format!("{text}\n[regimes]\nby = \"efficiency-volatility\"\n\n[sweep]\n{sweep}\n"),
        )
        .unwrap();
        path
    };
    let out = dir.path().join("out");
    let run = |path: &Path| {
        let mut c = assay();
        c.arg("sweep").arg(path).args(SHORT).arg("--quiet").arg("--out").arg(&out);
        c
    };
    run(&scenario("params.fast = [10, 20]")).assert().code(0);
    let sweep = only_run(&out);
    let t = table::read(&sweep.join("candidates.parquet")).unwrap();
    let names: Vec<&str> = t.names().collect();
    for regime in ["trending", "normal", "choppy", "volatile"] {
        assert!(names.contains(&format!("{regime}_sharpe").as_str()), "{names:?}");
    }
    assert!(!names.iter().any(|n| n.starts_with("sideways")));
    // A candidate's row is its backtest.
    let (_alone_out, alone) = measured(&["regimes.by=efficiency-volatility", "params.fast=10"]);
    let s = summary(&alone);
    let choppy = s["regimes"].as_array().unwrap().iter().find(|r| r["regime"] == "CHOPPY").unwrap();
    let row = t.f64("choppy_pnl").unwrap()[0];
    assert!((row - choppy["bars"]["pnl"].as_f64().unwrap()).abs() < 1e-9);
    let e = refused(&mut run(&scenario("regimes.volatile = [0.8, 0.9]")));
    assert!(e.contains("sweep.regimes cannot be varied: [regimes] says what a run is measured by"), "{e}");
}

#[test]
fn labels_of_a_file_count_from_their_availability_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("risk.csv");
    // Said of March at its start, known two days and half an hour later.
    let text = "time,regime,available\n2021-01-01,OFF,2021-01-01\n2021-03-01,ON,2021-03-03 00:30\n\
                2021-04-01,NONE,2021-04-01\n2021-05-01,OFF,2021-05-01\n";
    std::fs::write(&file, text).unwrap();
    let path = format!("regimes.file={:?}", file.display().to_string());
    let sets = ["regimes.by=file", path.as_str(), "regimes.colours=[\"#AA0000\", \"#0000AA\"]"];
    let (out, run) = measured(&sets);
    let s = summary(&run);
    assert_eq!((&s["label_file"]["file"], &s["label_file"]["rows"]), (&"risk.csv".into(), &4.into()));
    let t = table::read(&run.join("equity.parquet")).unwrap();
    let close = t.time_ms("close_time").unwrap();
    let labels = names(&run, "equity.parquet", "regime_at_open");
    // At the close of 01:00 it is known; the bar that opens then is the first that earns under it.
    let first = labels.iter().position(|n| n == "ON").unwrap();
    assert_eq!(close[first] - 3_600_000, 1_614_733_200_000, "2021-03-03 01:00 UTC");
    assert_eq!(labels[first - 1], "OFF");
    let taken_back = labels.iter().skip(first).position(|n| n == "NONE").unwrap() + first;
    assert_eq!(close[taken_back] - 3_600_000, 1_617_235_200_000, "2021-04-01 00:00 UTC");
    assert!(std::fs::read_to_string(run.join("charts/equity.svg")).unwrap().contains("#AA0000"));
    // Another file is another run.
    std::fs::write(&file, text.replace("03 00:30", "04 00:30")).unwrap();
    let (_other_out, other) = measured(&sets);
    assert_ne!(run.file_name(), other.file_name());
    // Real prices filled otherwise have the same labels; other prices have none.
    let more = ["montecarlo.method=execution", "montecarlo.paths=10"];
    let run = |method: &str| {
        let mut all = sets.to_vec();
        all.extend([method, more[1]]);
        let mut c = crossover(&["montecarlo"], &all);
        c.arg("--out").arg(out.path());
        c
    };
    run(more[0]).assert().code(0);
    run("montecarlo.method=regime").assert().code(0);
    let e = refused(&mut run("montecarlo.method=stationary"));
    assert!(e.contains("labels of a file say nothing of other prices"), "{e}");
    // Mistakes of the file are named; a file that says nothing in time is one.
    std::fs::write(&file, "regime,available\nON,2022-01-01\n").unwrap();
    let e = refused(&mut crossover(&["backtest"], &sets[..2]));
    assert!(e.contains("no bar gets a label: the first label of the file is known at 2022-01-01"), "{e}");
    std::fs::write(&file, "regime,available\nON,\n").unwrap();
    let e = refused(&mut crossover(&["backtest"], &sets[..2]));
    assert!(e.contains("risk.csv:2: no available"), "{e}");
    std::fs::write(&file, "regime,available\nON,2021-01-01\n").unwrap();
    let e = refused(&mut crossover(&["backtest"], &sets));
    assert!(e.contains("2 colours are given for 1 regimes"), "{e}");
}

#[test]
fn mistakes_of_the_section_are_named() {
    for (sets, words) in [
        (
            &["regimes.by=sesions"][..],
            "--set regimes.by=sesions: nothing that labels regimes is named \"sesions\"\n\nhint: did you mean \"sessions\"? \
             regimes.by is one of system, unified, hmm, volatility-trend, efficiency-volatility, sessions, file",
        ),
        (&["regimes.by=ma-cross"], "system \"ma-cross\" labels no regimes"),
        (&["regimes.by=7"], "regimes.by must be text, was 7"),
        (&["regimes.states=3"], "regimes.states means nothing for regimes.by = \"system\""),
        (&["regimes.by=hmm", "regimes.states=9"], "regimes.states must be a whole number in 2..=5, was 9"),
        (&["regimes.by=hmm", "regimes.stetes=3"], "has no key \"stetes\"\n\nhint: did you mean \"states\"?"),
        (&["regimes.by=hmm", "regimes.london_end=17"], "hint: it belongs to regimes.by = \"sessions\""),
        (&["regimes.by=hmm", "regimes.colours=[\"red\"]"], "\"red\" is no colour: write #RRGGBB"),
        (&["regimes.by=hmm", "regimes.colours=[\"#112233\"]"], "1 colours are given for 3 regimes"),
        (
            &["regimes.by=hmm", "regimes.train_bars=100000"],
            "no bar gets a label: these labels warm up for 100000 bars",
        ),
        (
            &["regimes.by=volatility-trend", "regimes.low=0.9"],
            "--set regimes.low=0.9: regimes.low must be below regimes.high",
        ),
        (&["regimes.by=file"], "regimes.by = \"file\" needs regimes.file"),
        (&["regimes.by=file", "regimes.file=none.csv"], "no such file"),
        (&["regimes.by=file", "regimes.file=a", "regimes.names=[\"up\"]"], "\"up\" is no name of a regime"),
        (
            &["regimes.by=unified", "regimes.params.swing_l=3"],
            "unified has no parameter \"swing_l\"\n\nhint: did you mean \"swing_k\"?",
        ),
        (&["regimes.by=unified", "regimes.swing_k=3"], "has no key \"swing_k\""),
    ] {
        let out = tempfile::tempdir().unwrap();
        let e = refused(crossover(&["backtest"], sets).arg("--out").arg(out.path()));
        assert!(e.contains(words), "{sets:?}: {e}");
    }
}

#[test]
fn labels_of_any_scheme_are_compared_with_the_truth() {
    let output = crossover(&["regime", "evaluate"], &["regimes.by=efficiency-volatility"])
        .args(["--shifts", "9", "--train-bars", "500", "--format", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["regimes"]["regimes"]["name"], "efficiency-volatility");
    let rules = &document["regimes"]["labellers"][0];
    assert_eq!(rules["labels"], serde_json::json!(["TRENDING", "NORMAL", "CHOPPY", "VOLATILE"]));
    // What each stands for is matched, not taken from its name: four labels, four of the five regimes.
    let stands: Vec<&str> =
        rules["truth"]["stands_for"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(stands.len(), 4);
    assert!(
        stands.iter().all(|s| ["TRENDING", "SIDEWAYS", "HIGH_VOLATILITY", "BREAKOUT", "QUIET"].contains(s))
    );
    assert_eq!(document["regimes"]["agreement"]["table"].as_array().unwrap().len(), 4);
    assert!(document["regimes"]["layer"].is_null());
}
