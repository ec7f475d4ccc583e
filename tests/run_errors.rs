//! Results that cannot be written, and runs that cannot be read back.

use std::path::{Path, PathBuf};

use crate::common::{assay, root};
use crate::place::Place;

#[test]
fn results_that_cannot_be_written_show_before_the_work() {
    let place = Place::new();
    place.write("file", "not a folder");
    let mut command = assay();
    command.arg("backtest").arg(place.path("s.toml")).arg("--out").arg(place.path("file/below"));
    let message = place.refusal(&mut command);
    assert!(message.starts_with("error: file/below/t: the folder cannot be made"), "{message}");
    assert!(message.ends_with("hint: choose another folder with --out\n"), "{message}");
}

#[test]
fn files_that_cannot_be_written_are_named_with_a_remedy() {
    let place = Place::new();
    copy(&example(), &place.path("run"));
    let preset = root().join("datasets/btcusdt-1h-synthetic.toml");
    let outs = [
        ("no/such.parquet", "cannot be written (no such folder)", "make its folder first, or name another"),
        (".", "is a folder, not a file", "name a file inside it"),
        (
            "bars.csv/below.parquet",
            "cannot be written (not a directory)",
            "name a file in a folder that can be written, and see that the disk is not full",
        ),
    ];
    for (out, problem, hint) in outs {
        let mut features = assay();
        features.arg("features").arg(place.path("bars.csv")).args(["--feature", "atr"]);
        let mut synth = assay();
        synth.args(["data", "synth"]).arg(&preset);
        for mut command in [features, synth] {
            let message = place.refusal(command.current_dir(place.dir.path()).args(["--out", out]));
            assert_eq!(message, format!("error: {out}: {problem}\n\nhint: {hint}\n"));
        }
    }
    let mut report = assay();
    report.current_dir(place.dir.path()).args(["report", "run", "--out", "bars.csv/below"]);
    assert_eq!(
        place.refusal(&mut report),
        "error: bars.csv/below: the folder cannot be made (Not a directory (os error 20))\n\nhint: choose another \
         folder with --out\n"
    );
    let left = crate::common::files(place.dir.path());
    assert!(left.iter().all(|f| f.starts_with("run") || f.components().count() == 1), "{left:?}");
    assert!(
        !left
            .iter()
            .any(|f| f.extension().is_some_and(|e| e == "tmp" || e == "parquet") && !f.starts_with("run"))
    );
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let place = Place::new();
    for command in ["gate", "report"] {
        for (given, is, listed) in [
            ("", "is not a run folder: it holds no manifest.json", true),
            ("nowhere", "is not a run folder: it does not exist", false),
            ("bars.csv", "is a file, and a run folder is expected", false),
        ] {
            let message = place.refusal(assay().arg(command).arg(place.path(given)));
            assert!(
                message.contains(&format!(": {is}\n\nhint: name a run folder, as results/<s")),
                "{message}"
            );
            assert_eq!(message.contains("; `assay list` prints"), !listed, "{message}");
            assert!(message.contains("; `assay list"), "{message}");
        }
    }
    place.write("summary.json", "{\"assay_version\": 3}");
    list(place.dir.path());
    let message = place.refusal(assay().arg("gate").arg(place.dir.path()));
    assert_eq!(
        message,
        "error: summary.json: is not the summary of a run (invalid type: integer `3`, expected a string at line 1 \
         column 19)\n\nhint: run the backtest again with this version\n"
    );
}

#[test]
fn a_damaged_run_is_refused_file_by_file() {
    let place = Place::new();
    let run = place.path("run");
    let refused = |file: &str, edit: &dyn Fn(&Path), forge: bool| {
        let _ = std::fs::remove_dir_all(&run);
        copy(&example(), &run);
        edit(&run.join(file));
        if forge {
            list(&run);
        }
        let verdict = std::fs::read(run.join("verdict.json")).unwrap();
        let [gate, report] = ["gate", "report"].map(|c| place.refusal(assay().arg(c).arg(&run)));
        assert_eq!(gate, report, "{file}");
        assert_eq!(std::fs::read(run.join("verdict.json")).unwrap(), verdict, "the verdict was touched");
        gate
    };
    let damaged = |file: &str, edit: &dyn Fn(&Path)| refused(file, edit, true);
    let damaged_only = |file: &str, edit: &dyn Fn(&Path)| refused(file, edit, false);
    let missing = |path: &Path| std::fs::remove_file(path).unwrap();
    let half = |path: &Path| {
        let whole = std::fs::read(path).unwrap();
        std::fs::write(path, &whole[..whole.len() / 2]).unwrap();
    };
    // Whatever the manifest lists is there and unchanged, and nothing else is.
    let edited = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path, text.replacen('1', "2", 1)).unwrap();
    };
    let folder = |path: &Path| std::fs::remove_dir_all(path).unwrap();
    let added = |path: &Path| std::fs::write(path, "x").unwrap();
    let page = |path: &Path| std::fs::write(path, "<html></html>").unwrap();
    for (file, edit, named, problem) in [
        ("trades.parquet", &missing as &dyn Fn(&Path), "trades.parquet", "is missing, and the manifest"),
        (
            "trades.parquet",
            &half,
            "trades.parquet",
            "is not what the manifest of the folder lists: it was changed",
        ),
        ("summary.json", &edited, "summary.json", "is not what the manifest"),
        ("report.html", &page, "report.html", "is not what the manifest"),
        ("baselines", &folder, "baselines/", "is missing, and the manifest"),
        ("pessimistic", &added, "pessimistic", "is not in the manifest of the folder: it was added later"),
    ] {
        let message = damaged_only(file, edit);
        assert!(
            message.starts_with(&format!("error: run/{named}")) && message.contains(problem),
            "{message}"
        );
    }
    // What a forged manifest vouches for is read with care all the same.
    for file in ["trades.parquet", "equity.parquet", "signals.parquet", "baselines/S5/equity.parquet"] {
        let message = damaged(file, &missing);
        assert!(message.starts_with(&format!("error: run/{file}: no such file\n\nhint: ")), "{message}");
        let message = damaged(file, &half);
        assert!(
            message.starts_with(&format!("error: run/{file}: the Parquet file is cut short")),
            "{message}"
        );
    }
    // A table of another kind lacks the columns of this one.
    let other = |path: &Path| {
        std::fs::copy(path.with_file_name("equity.parquet"), path).unwrap();
    };
    let message = damaged("trades.parquet", &other);
    assert!(message.contains("no column"), "{message}");
    let message = damaged("summary.json", &half);
    assert!(
        message.starts_with("error: run/summary.json: is not the summary of a run (EOF while"),
        "{message}"
    );
    let message = damaged("scenario.toml", &|path| std::fs::write(path, "name = 3\n").unwrap());
    assert!(message.starts_with("error: run/scenario.toml:1: "), "{message}");
    let message = damaged("criteria/unified.toml", &|path| std::fs::write(path, "system = [\n").unwrap());
    assert!(message.starts_with("error: run/criteria/unified.toml:1: "), "{message}");
    assert!(message.ends_with("\n\nhint: compare with scenarios/criteria/unified.toml\n"), "{message}");
}

#[test]
fn criteria_that_are_not_there_are_named() {
    const HINT: &str = "hint: name a criteria file; scenarios/criteria/unified.toml is an example\n";
    let place = Place::new();
    copy(&example(), &place.path("run"));
    let mut gate = assay();
    gate.arg("gate").arg(place.path("run")).arg("--criteria").arg(place.path("none.toml"));
    let missing =
        format!("error: none.toml: cannot be read: No such file or directory (os error 2)\n\n{HINT}");
    assert_eq!(place.refusal(&mut gate), missing);
    place.scenario("[gate]\ncriteria = [\"none.toml\"]\n");
    assert_eq!(place.refusal(&mut place.backtest()), missing);
    // A run that was made without any.
    let bare = Place::new();
    bare.backtest().arg("--quiet").assert().success();
    let run = crate::common::only_run(&bare.path("out"));
    let output = assay().arg("gate").arg(&run).args(["--format", "json"]).output().unwrap();
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["rows"][0]["id"], "honest.trades", "it is judged by those of the program");
}

/// Writes the hashes of a folder as they are into its manifest.
fn list(run: &Path) {
    let hash = |file: &PathBuf| assay::data::sha256_hex(&std::fs::read(run.join(file)).unwrap());
    let files = crate::common::files(run);
    let all: serde_json::Map<String, serde_json::Value> = files
        .iter()
        .filter(|f| !f.ends_with("manifest.json"))
        .map(|f| (f.to_string_lossy().into_owned(), hash(f).into()))
        .collect();
    std::fs::write(run.join("manifest.json"), serde_json::json!({ "sha256": all }).to_string()).unwrap();
}

/// Every command that reads a folder of results, over one that was changed, over one that lacks a file and over one with a
/// file too many.
#[test]
fn whatever_reads_a_damaged_result_refuses_it_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let data = root().join("datasets/btcusdt-1h.parquet").display().to_string();
    let text = format!(
        "name = \"cross\"\nsystem = \"ma-cross\"\n[data]\nbars = [{data:?}]\nto = \"2021-06-01\"\n[sweep]\nfamily = 10\n\
         resamples = 99\n[sweep.params]\nfast = [5, 10]\nslow = [30]\n[walkforward]\ntrain_days = 60\ntest_days = 30\n\
         [montecarlo]\npaths = 100\nmethod = \"trade_bootstrap\"\n"
    );
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    for command in ["backtest", "sweep", "walkforward", "montecarlo"] {
        let mut made = assay();
        made.current_dir(dir.path()).args([command, "s.toml", "--quiet", "--out", "out"]).assert().success();
    }
    let out = dir.path().join("out/cross");
    let entries: Vec<_> = std::fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name()).collect();
    let folder = |begins: &str| -> String {
        let mut names = entries.iter().map(|n| n.to_str().unwrap());
        let is = |n: &&str| if begins.is_empty() { !n.contains(['-', '.']) } else { n.starts_with(begins) };
        names.find(is).unwrap().to_owned()
    };
    let (run, sweep, walk, paths) =
        (folder(""), folder("sweep-"), folder("walkforward-"), folder("montecarlo-"));
    let of = |name: &str| format!("out/cross/{name}");
    let candidate = format!("{}:0", of(&sweep));
    let readers: [(&str, &str, Vec<String>); 8] = [
        (&run, "summary.json", vec!["gate".into(), of(&run)]),
        (&run, "summary.json", vec!["report".into(), of(&run)]),
        (&run, "trades.parquet", vec!["report".into(), of(&run), "--explain".into(), "sharpe".into()]),
        (&run, "equity.parquet", vec!["montecarlo".into(), of(&run)]),
        (&sweep, "candidates.parquet", vec!["sweep".into(), "show".into(), of(&sweep)]),
        (&sweep, "candidates.parquet", vec!["backtest".into(), "--candidate".into(), candidate]),
        (&walk, "walkforward.json", vec!["list".into(), of(&walk)]),
        (&paths, "montecarlo.json", vec!["list".into(), of(&paths)]),
    ];
    for (folder, file, args) in readers {
        let path = out.join(folder).join(file);
        let whole = std::fs::read(&path).unwrap();
        let refused = |file: &str, problem: &str| {
            let output = assay().current_dir(dir.path()).args(&args).output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
            assert!(message.contains(file) && message.contains(problem), "{args:?}: {message}");
        };
        let mut changed = whole.clone();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        std::fs::write(&path, changed).unwrap();
        refused(file, "is not what the manifest of the folder lists: it was changed");
        std::fs::remove_file(&path).unwrap();
        refused(file, "");
        std::fs::write(&path, whole).unwrap();
        let more = out.join(folder).join("more.txt");
        std::fs::write(&more, "x").unwrap();
        refused("more.txt", "is not in the manifest of the folder: it was added later");
        std::fs::remove_file(&more).unwrap();
        // A file that the reader itself does not need.
        let page = out.join(folder).join("report.html");
        let whole = std::fs::read(&page).unwrap();
        std::fs::remove_file(&page).unwrap();
        refused("report.html", "is missing, and the manifest of the folder lists it");
        std::fs::write(&page, whole).unwrap();
    }
}

fn example() -> PathBuf {
    let runs = std::fs::read_dir(root().join("results/example")).unwrap();
    runs.flatten().map(|e| e.path()).next().unwrap()
}

fn copy(from: &Path, to: &Path) {
    for file in crate::common::files(from) {
        let target = to.join(&file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(file), target).unwrap();
    }
}
