//! Marks on verdicts and demands of criteria files, from outside.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, only_run, root, trending};

const RULE: &str = "\n[[criterion]]\nid = \"ID\"\nmetric = \"win_rate\"\nscope = \"overall\"\nop = \">=\"\n\
                    threshold = 0.0\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\n\
                    kind = \"acceptance\"\nmin_n = 1\nunit = \"%\"\nsays = \"words\"\n";

/// A criteria file that every run with a trade passes, with more keys above and below its rule.
fn criteria(dir: &TempDir, name: &str, demands: &str, more: &str) -> PathBuf {
    let path = dir.path().join(name);
    let text = format!("system = \"ma-cross\"\n{demands}{}{more}", RULE.replace("ID", "R.1"));
    std::fs::write(&path, text).unwrap();
    path
}

/// The crossover on a market with trends, with assignments, judged by `criteria`: the exit code and the run folder.
fn crossover(out: &Path, criteria: &Path, sets: &[&str]) -> (i32, PathBuf) {
    let dir = criteria.parent().unwrap();
    trending(&dir.join("bars.csv"));
    let text = format!(
        "name = \"cross\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"BTCUSDT\"\n[params]\nfast = 5\n\
         slow = 20\n[gate]\ncriteria = [{:?}]\n",
        criteria.display().to_string()
    );
    std::fs::write(dir.join("cross.toml"), text).unwrap();
    let mut c = assay();
    c.arg("backtest").arg(dir.join("cross.toml")).args(["--quiet", "--gate"]);
    c.args(sets.iter().flat_map(|s| ["--set", s]));
    let output = c.arg("--out").arg(out).output().unwrap();
    let code = output.status.code().unwrap();
    assert!([0, 3, 4].contains(&code), "{}", String::from_utf8_lossy(&output.stderr));
    (code, only_run(out))
}

/// `assay gate` with arguments: the exit code and the document.
fn gate(run: &Path, args: &[&str]) -> (i32, Value) {
    let output = assay().arg("gate").arg(run).args(["--format", "json"]).args(args).output().unwrap();
    let v = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    (output.status.code().unwrap(), v)
}

fn verdict(run: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(run.join("verdict.json")).unwrap()).unwrap()
}

fn kinds(verdict: &Value) -> Vec<&str> {
    verdict["marks"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect()
}

fn says(verdict: &Value) -> &str {
    verdict["marks"][0]["says"].as_str().unwrap()
}

#[test]
fn each_mark_of_a_setting_stands_alone_and_makes_a_refused_pass_open() {
    let dir = tempfile::tempdir().unwrap();
    let file = criteria(&dir, "c.toml", "", "");
    let cases = [
        ("gate.strict=false", "lenient", "judged by values alone, not by intervals"),
        ("gate.resamples=200", "resamples", "200 resamples behind the intervals, where 1000 are asked for"),
        ("execution.fill=close", "fill-close", "orders are filled at the very close that decided them"),
        ("execution.fee_bps=0", "zero-fees", "trades of BTCUSDT pay no fee at all"),
        ("execution.maker_fee_bps=-1", "rebate", "a fee of BTCUSDT is negative, a rebate"),
    ];
    for (k, (set, kind, sentence)) in cases.into_iter().enumerate() {
        let (code, run) = crossover(&dir.path().join(k.to_string()), &file, &[set]);
        let own = verdict(&run);
        assert_eq!((code, kinds(&own), says(&own)), (0, vec![kind], sentence), "{set}");
        let page = std::fs::read_to_string(run.join("report.html")).unwrap();
        assert!(
            page.contains(&format!("<p class=\"note\">mark: {kind}: {sentence}</p>\n</header>")),
            "{set}"
        );
        let (code, refused) = gate(&run, &["--no-marks"]);
        assert_eq!((code, refused["overall"].as_str()), (4, Some("INCONCLUSIVE")), "{set}");
        let why = format!("All 2 deciding rows pass. But marks are refused, and there are: {kind}.");
        assert_eq!(refused["why"], why);
        // The verdict of the run is as it was, and the other has a file of its own.
        assert_eq!(verdict(&run), own);
        assert_eq!(gate(&run, &[]).0, 0);
    }
}

#[test]
fn a_run_without_a_mark_is_judged_alike_with_and_without_them() {
    let dir = tempfile::tempdir().unwrap();
    let file = criteria(&dir, "c.toml", "", "");
    let (code, run) = crossover(&dir.path().join("out"), &file, &[]);
    assert_eq!((code, &verdict(&run)["marks"]), (0, &serde_json::json!([])));
    assert!(!std::fs::read_to_string(run.join("report.html")).unwrap().contains("mark:"));
    let (code, refused) = gate(&run, &["--no-marks"]);
    assert_eq!((code, &refused["no_marks"]), (0, &true.into()));
    // Each way to judge has a file of its own.
    let count = || {
        let names = std::fs::read_dir(&run).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|n| n.starts_with("verdict-")).count()
    };
    assert_eq!(count(), 1);
    assert_eq!((gate(&run, &["--lenient"]).0, count()), (0, 2));
    assert_eq!((gate(&run, &["--lenient", "--no-marks"]).0, count()), (4, 3));

    // In text the marks stand above the verdict, which is last.
    let assert = assay().arg("gate").arg(&run).args(["--lenient", "--resamples", "150"]).assert().code(0);
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let marks = "\n\nmark: lenient: judged by values alone, not by intervals\nmark: resamples: 150 resamples";
    let at = text.find(marks).unwrap_or_else(|| panic!("{text}"));
    assert!(
        at > text.find("all trials of the family").unwrap()
            && text.trim_end().ends_with("PASS: All 2 deciding rows pass.")
    );
    assert!(!text[at..].contains("R.1"), "{text}");

    // A criteria file refuses marks, too, and asks for another number of resamples.
    let strict = criteria(&dir, "strict.toml", "marks = \"none\"\nmin_resamples = 150\n", "");
    let by = |more: &[&str]| {
        let file = strict.display().to_string();
        let (code, v) = gate(&run, &[&["--criteria", file.as_str()], more].concat());
        (code, kinds(&v).join(" "))
    };
    assert_eq!(by(&["--resamples", "150"]), (0, String::new()));
    assert_eq!(by(&["--resamples", "149"]), (4, "resamples".to_owned()));
    assert_eq!(by(&["--lenient"]), (4, "lenient".to_owned()));
    // What is measured all the same, and a FAIL that stays one.
    let hidden = RULE.replace("ID", "H.1") + "not_applicable = \"so it says\"\n";
    let failing = RULE.replace("ID", "F.1").replace("threshold = 0.0", "threshold = 0.999");
    for (demands, more, code) in [
        ("", hidden.clone(), 0),
        ("marks = \"none\"\n", hidden.clone(), 4),
        ("marks = \"none\"\n", hidden + &failing, 3),
    ] {
        let file = criteria(&dir, "hidden.toml", demands, &more).display().to_string();
        let (got, v) = gate(&run, &["--criteria", &file]);
        assert_eq!((got, kinds(&v)), (code, vec!["not-applicable"]));
        assert!(says(&v).contains("measured on this run: H.1 (win_rate) is "), "{v}");
    }

    // Unknown values are refused.
    for (demands, want) in [
        ("marks = \"few\"\n", "bad.toml:2: marks must be \"none\", was \"few\""),
        ("causality = true\n", "bad.toml:2: causality must be \"proven\", was true"),
        ("min_fee_bps = -5\n", "bad.toml:2: min_fee_bps must be a number in 0..=1000, was -5"),
        ("min_resamples = 10\n", "bad.toml:2: min_resamples must be a whole number in 100..=1000000, was 10"),
    ] {
        let bad = criteria(&dir, "bad.toml", demands, "");
        let refused = assay().arg("gate").arg(&run).arg("--criteria").arg(&bad).assert().code(2);
        let message = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(message.contains(want), "{message}");
    }
}

#[test]
fn fees_are_asked_of_every_symbol() {
    let dir = tempfile::tempdir().unwrap();
    let file = criteria(&dir, "c.toml", "min_fee_bps = 5\n", "");
    trending(&dir.path().join("bars.csv"));
    let bars = dir.path().join("bars.csv").display().to_string();
    let scenario = |b: &str| {
        let path = dir.path().join("two.toml");
        let text = format!(
            "name = \"two\"\nsystem = \"ma-cross\"\n[data]\nbars = [{bars:?}, {bars:?}]\nsymbols = [\"AAA\", \"BBB\"]\n\
             [[instrument]]\nsymbol = \"BBB\"\n{b}\n[params]\nfast = 5\nslow = 20\n[gate]\ncriteria = [{:?}]\n",
            file.display().to_string()
        );
        std::fs::write(&path, text).unwrap();
        path
    };
    for (k, (keys, code, smallest, marks)) in [
        ("fee_bps = 5.0", 0, 5.0, vec![]),
        ("fee_class = \"binance-perpetual\"", 3, 2.0, vec![]),
        ("fee_bps = 0.0", 3, 0.0, vec!["zero-fees"]),
    ]
    .into_iter()
    .enumerate()
    {
        let out = dir.path().join(k.to_string());
        let mut c = assay();
        c.arg("backtest")
            .arg(scenario(keys))
            .args(["--quiet", "--gate"])
            .arg("--out")
            .arg(&out)
            .assert()
            .code(code);
        let v = verdict(&only_run(&out));
        let row = v["rows"].as_array().unwrap().iter().find(|r| r["id"] == "demand.min_fee_bps").unwrap();
        assert_eq!((&row["observed"], kinds(&v)), (&smallest.into(), marks), "{keys}");
        assert_eq!(row["verdict"], if code == 0 { "PASS" } else { "FAIL" });
        if code != 0 {
            assert_eq!(row["reason"], "the smallest fee is that of BBB", "{keys}");
        }
    }
}

#[test]
fn what_came_from_outside_is_not_proven() {
    let dir = tempfile::tempdir().unwrap();
    let file = criteria(&dir, "c.toml", "causality = \"proven\"\n", "");
    let (code, run) = crossover(&dir.path().join("own"), &file, &[]);
    let row = |run: &Path| {
        let v = verdict(run);
        let rows = v["rows"].as_array().unwrap();
        rows.iter().find(|r| r["id"] == "demand.causality").unwrap().clone()
    };
    assert_eq!((code, row(&run)["verdict"].as_str(), kinds(&verdict(&run)).len()), (0, Some("PASS"), 0));

    // Labels of a file.
    let labels = dir.path().join("risk.csv");
    std::fs::write(&labels, "time,regime,available\n2020-01-01,OFF,2020-01-01\n2020-02-01,ON,2020-02-02\n")
        .unwrap();
    let path = format!("regimes.file={:?}", labels.display().to_string());
    let (code, run) = crossover(&dir.path().join("labels"), &file, &["regimes.by=file", &path]);
    let v = verdict(&run);
    assert_eq!((code, kinds(&v)), (4, vec!["causality-unproven"]));
    assert_eq!(
        says(&v),
        "nothing shows that the run knew no future: the labels of regimes come from risk.csv"
    );
    assert_eq!(
        (row(&run)["verdict"].as_str(), row(&run)["decides"].as_bool()),
        (Some("INCONCLUSIVE"), Some(true))
    );

    // Positions of a file.
    let positions = "time,position\n2021-01-05,1\n2021-01-15,0\n2021-02-05,1\n2021-02-15,0\n";
    std::fs::write(dir.path().join("p.csv"), positions).unwrap();
    let bars = root().join("datasets/btcusdt-1h.parquet").display().to_string();
    let plain = criteria(&dir, "signals.toml", "", "").display().to_string();
    let rule = std::fs::read_to_string(&plain).unwrap().replace("ma-cross", "signals");
    std::fs::write(&plain, rule).unwrap();
    let text = format!(
        "name = \"p\"\nsystem = \"signals\"\n[data]\nbars = [{bars:?}]\nto = \"2021-03-01\"\n\
         [gate]\ncriteria = [{plain:?}]\n[params]\nfile = \"p.csv\"\n"
    );
    std::fs::write(dir.path().join("p.toml"), text).unwrap();
    let out = dir.path().join("positions");
    let mut c = assay();
    c.current_dir(dir.path()).args(["backtest", "p.toml", "--quiet"]).arg("--out").arg(&out).assert().code(0);
    let v = verdict(&only_run(&out));
    assert_eq!(kinds(&v), ["causality-unproven"]);
    assert!(says(&v).ends_with(": the positions come from p.csv"), "{v}");
}
