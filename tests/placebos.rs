//! Placebos by the command and by the library: what a run folder holds with them, and that it is the same without.

use std::collections::BTreeMap;
use std::path::Path;

use assay::experiments::placebos::Placebos;
use assay::jobs::{BacktestJob, Progress, ReportJob, Setup};
use assay::runs::RunRecord;
use assay::system::Registry;

use crate::common::{assay, root};

/// A crossover over ten weeks.
fn scenario(dir: &Path) -> std::path::PathBuf {
    let data = root().join("datasets/btcusdt-1h.parquet");
    let text = format!(
        "name = \"cross\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"{}\"]\nto = \"2021-03-15\"\n[params]\nfast = 5\nslow = 20\n",
        data.display()
    );
    let path = dir.join("cross.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Every file below `dir` by its path there.
fn all(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for e in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        let name = e.file_name().unwrap().to_string_lossy().into_owned();
        if e.is_dir() {
            out.extend(all(&e).into_iter().map(|(n, b)| (format!("{name}/{n}"), b)));
        } else {
            out.insert(name, std::fs::read(&e).unwrap());
        }
    }
    out
}

#[test]
fn a_run_has_placebos_where_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = scenario(dir.path());
    let run = |out: &str, placebos| {
        let setup = Setup { out: Some(dir.path().join(out)), placebos, ..Setup::file(&path) };
        BacktestJob { setup }.run(&Registry::built_in(), &Progress::silent()).unwrap()
    };
    let (plain, with) = (run("plain", None), run("with", Some(19)));
    assert!(plain.placebos.is_none());
    let [a, b] = [&plain, &with].map(|o| all(o.folder.as_deref().unwrap()));
    let new: Vec<&String> = b.keys().filter(|k| !a.contains_key(*k)).collect();
    assert_eq!(new, ["charts/placebos.png", "charts/placebos.svg", "placebos.json", "placebos.parquet"]);
    for (name, bytes) in a.iter().filter(|(n, _)| !["manifest.json", "report.html"].contains(&n.as_str())) {
        assert!(b[name] == *bytes, "{name}");
    }
    // They are no trials.
    let ledger = |out: &str| std::fs::read_to_string(dir.path().join(out).join("ledger.jsonl")).unwrap();
    assert_eq!(ledger("plain").lines().count(), ledger("with").lines().count());
    // The folder is sound, is read back, and its page is drawn again with them.
    let folder = with.folder.as_deref().unwrap();
    RunRecord::read(&Registry::built_in(), folder).unwrap();
    let read = Placebos::read(folder).unwrap().unwrap();
    assert_eq!(read.files("x").unwrap()[0], with.placebos.as_ref().unwrap().files("x").unwrap()[0]);
    let again = ReportJob { run: folder.to_owned(), out: Some(dir.path().join("page")) };
    again.run(&Registry::built_in(), &Progress::silent()).unwrap();
    let page = std::fs::read(dir.path().join("page/report.html")).unwrap();
    assert!(page == b["report.html"] && String::from_utf8(page).unwrap().contains("Placebos and bounds"));
}

#[test]
fn the_command_prints_them_and_takes_a_number() {
    let dir = tempfile::tempdir().unwrap();
    let path = scenario(dir.path());
    let run = |words: &[&str]| {
        let mut command = assay();
        command.arg("backtest").arg(&path).arg("--out").arg(dir.path().join("r")).args(words);
        command.output().unwrap()
    };
    let text = String::from_utf8(run(&["--placebos", "19"]).stdout).unwrap();
    for words in
        ["positions at random lags", "p before selection", "Break-even cost", "Capacity", "run folder"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let json = run(&["--format", "json", "--placebos=19"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["placebos"]["lag"]["measured"]["n"], 19);
    assert!(json["placebos"]["delay"]["measured"][1]["bars"] == 2);
    let plain: serde_json::Value = serde_json::from_slice(&run(&["--format", "json"]).stdout).unwrap();
    assert!(plain.get("placebos").is_none());
    for (words, says) in [
        (&["--placebos", "5"][..], "must be a number in 19..=99999, was 5"),
        (&["--placebos", "many"], "it is a number of placebos"),
    ] {
        let out = run(words);
        let error = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(2) && error.contains(says), "{error}");
    }
}

#[test]
fn the_gate_reads_them_and_says_where_there_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = scenario(dir.path());
    let judged = |out: &str, more: &[&str]| -> BTreeMap<String, serde_json::Value> {
        let out = dir.path().join(out);
        let run = assay().arg("backtest").arg(&path).arg("--out").arg(&out).args(more).output().unwrap();
        assert!(run.status.success());
        let gate = assay()
            .arg("gate")
            .arg(crate::common::only_run(&out))
            .args(["--format", "json"])
            .output()
            .unwrap();
        let verdict: serde_json::Value = serde_json::from_slice(&gate.stdout).unwrap();
        let rows = verdict["rows"].as_array().unwrap().iter();
        rows.map(|r| (r["id"].as_str().unwrap().to_owned(), r.clone())).collect()
    };
    let (with, without) = (judged("with", &["--placebos", "19"]), judged("without", &[]));
    let folder = crate::common::only_run(&dir.path().join("with"));
    let report = Placebos::read(&folder).unwrap().unwrap().report;
    let value = |id: &str| with[id]["observed"].as_f64().unwrap_or_else(|| panic!("{}", with[id]));
    assert_eq!(value("honest.placebo_p"), report.placebo_p().unwrap().value);
    assert_eq!(value("honest.delay"), report.delay_sharpe().unwrap().value);
    let (cost, paid) =
        (report.breakeven_cost_bps().unwrap().value, report.breakeven.measured().unwrap().paid_bps);
    assert_eq!(value("honest.costs"), cost);
    // The bound is twice what the run pays.
    assert!(with["honest.costs"]["rule"].as_str().unwrap().contains(&format!("{:.2}", 2.0 * paid)), "{paid}");
    for id in ["honest.placebo_p", "honest.delay", "honest.costs"] {
        let row = &without[id];
        assert_eq!(row["verdict"], "INCONCLUSIVE", "{row}");
        assert!(row["reason"].as_str().unwrap().contains("--placebos 199"), "{row}");
    }
}
