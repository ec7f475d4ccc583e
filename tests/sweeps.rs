//! Sweeps from outside: one engine, the same bytes however the work is cut, killed and resumed, and nothing lost.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use assay::data::table::{self, Column, Table};
use assay::market::format_time;
use serde_json::Value;

use crate::common::{assay, files, own_registry, root};

/// A short sweep of the textbook system: a few hundred candidates, several shards.
const CROSS: &str = "name = \"cross\"\nsystem = \"ma-cross\"\nseed = 7\n[data]\nbars = [\"DATA\"]\nto = \"2021-09-01\"\n\
    [execution]\nfee_bps = 10\n[sweep]\nsampler = \"grid\"\nwhere = [\"params.fast < params.slow\"]\nfamily = 100\n\
    resamples = 199\n[sweep.params]\nfast = { from = 4, to = 60, step = 2 }\nslow = { from = 10, to = 200, step = 5 }\n\
    stop_atr = [\"none\", 2.0]\ntarget_atr = [\"none\", 3.0]\n";

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    let data = root().join("datasets/btcusdt-1h.parquet");
    std::fs::write(&path, text.replace("DATA", &data.display().to_string())).unwrap();
    path
}

fn run(args: &[&str]) -> String {
    let out = assay().args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&run(args)).unwrap()
}

fn refused(args: &[&str]) -> String {
    let out = assay().args(args).output().unwrap();
    assert_eq!(out.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stderr).unwrap()
}

fn folder(v: &Value) -> PathBuf {
    PathBuf::from(v["folder"].as_str().unwrap())
}

/// Files of a result that must be the same bytes, whatever happened on the way.
fn same_bytes(a: &Path, b: &Path) {
    let names: Vec<PathBuf> = files(a);
    assert_eq!(names, files(b));
    for name in names.iter().filter(|n| !n.ends_with("manifest.json")) {
        assert!(
            std::fs::read(a.join(name)).unwrap() == std::fs::read(b.join(name)).unwrap(),
            "{}",
            name.display()
        );
    }
}

fn value_of(table: &Table, name: &str, row: usize) -> f64 {
    match table.column(name).unwrap() {
        Column::I64(v) => v[row] as f64,
        Column::F64(v) => v[row],
        other => panic!("{name}: {}", other.kind()),
    }
}

/// Runs one row of a table of candidates alone, by the words that set it, and compares.
fn alone(scenario: &Path, table: &Table, row: usize, out: &Path) {
    let mut args =
        vec!["backtest".to_owned(), scenario.display().to_string(), "--format".into(), "json".into()];
    args.extend(["--out".to_owned(), out.display().to_string()]);
    for name in table.names().filter(|n| n.contains('.')) {
        let text = match table.column(name).unwrap() {
            Column::I64(v) => v[row].to_string(),
            Column::F64(v) if v[row].is_nan() => "none".to_owned(),
            Column::F64(v) if v[row].fract() == 0.0 && name.ends_with("bars") => format!("{:.0}", v[row]),
            Column::F64(v) => format!("{:?}", v[row]),
            Column::Bool(v) => v[row].to_string(),
            Column::Str(l) => l.get(row).unwrap().to_owned(),
            other => panic!("{}", other.kind()),
        };
        args.extend(["--set".to_owned(), format!("{name}={text}")]);
    }
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let s = &json(&words)["summary"];
    let number = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    let same = |name: &str, other: &Value| {
        let (a, b) = (value_of(table, name, row), number(other));
        assert!(
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            "row {row} {name}: {a} and alone {b}\n{args:?}"
        );
    };
    for name in [
        "total_return",
        "cagr",
        "volatility",
        "sharpe",
        "sortino",
        "max_drawdown",
        "ulcer",
        "omega",
        "var95",
        "cvar95",
        "end_equity",
    ] {
        same(name, &s["performance"][name]);
    }
    for name in [
        "win_rate",
        "profit_factor",
        "expectancy",
        "expectancy_r",
        "sqn",
        "avg_return",
        "avg_bars",
        "avg_mae",
    ] {
        same(name, &s["trades"][name]);
    }
    same("trades", &s["trades"]["n"]);
    same("ambiguous_trades", &s["ambiguous_trades"]);
    same("exposure", &s["exposure"]);
    same("costs", &s["costs"]["total"]);
    for edge in s["edges"].as_array().unwrap() {
        let path = edge["intrabar"].as_str().unwrap();
        for name in ["total_return", "sharpe", "max_drawdown", "win_rate", "profit_factor"] {
            same(&format!("{path}_{name}"), &edge[name]);
        }
    }
    for r in s["regimes"].as_array().unwrap().iter().filter(|r| r["regime"] != "NONE") {
        let regime = r["regime"].as_str().unwrap().to_lowercase();
        same(&format!("{regime}_pnl"), &r["bars"]["pnl"]);
        same(&format!("{regime}_sharpe"), &r["bars"]["sharpe"]);
        same(&format!("{regime}_trades"), &r["trades"]["n"]);
        same(&format!("{regime}_win_rate"), &r["trades"]["win_rate"]);
        same(&format!("{regime}_profit_factor"), &r["trades"]["profit_factor"]);
    }
}

#[test]
fn rows_of_a_sweep_run_alone_give_the_same_figures_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("results");
    let at = out.display().to_string();
    let cross = write(dir.path(), "cross.toml", CROSS);
    let swept = json(&["sweep", cross.to_str().unwrap(), "--out", &at, "--format", "json"]);
    let table = table::read(&folder(&swept).join("candidates.parquet")).unwrap();
    assert_eq!(table.rows() as u64, swept["sweep"]["candidates"].as_u64().unwrap());
    let n = table.rows();
    for row in [0, n / 7, n / 3, n / 2, 2 * n / 3, n - 1] {
        alone(&cross, &table, row, &out);
    }
    // The framework, with axes that change what is read, what is decided, how orders fill and what they cost.
    let text = std::fs::read_to_string(root().join("scenarios/unified-sweep.toml")).unwrap();
    let text = text
        .replace("datasets/btcusdt-1h.parquet", "DATA")
        .replace("count = 1000", "count = 40\nresamples = 99")
        .replace("timeframe = \"1h\"", "timeframe = \"1h\"\nto = \"2021-12-01\"")
        + "[sweep.execution]\nfee_bps = { low = 1.0, high = 20.0, log = true }\nspread_from = [\"constant\", \"corwin_schultz\"]\n\
           intrabar = [\"pessimistic\", \"adaptive\"]\n[sweep.risk]\nlimits.max_drawdown = [0.0, 0.02]\n";
    let unified = write(dir.path(), "unified.toml", &text);
    let swept = json(&["sweep", unified.to_str().unwrap(), "--out", &at, "--format", "json"]);
    let table = table::read(&folder(&swept).join("candidates.parquet")).unwrap();
    assert_eq!(table.rows(), 40);
    for row in [0, 5, 11, 17, 23, 29, 31, 38] {
        alone(&unified, &table, row, &out);
    }
}

#[test]
fn threads_order_and_parts_change_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let cross = write(dir.path(), "cross.toml", CROSS);
    let scenario = cross.to_str().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let one = json(&["sweep", scenario, "--out", &at("one"), "--threads", "1", "--format", "json"]);
    let two = json(&["sweep", scenario, "--out", &at("two"), "--threads", "2", "--format", "json"]);
    same_bytes(&folder(&one), &folder(&two));
    // Parts on three machines, the last first, joined in any order.
    let mut parts = vec![];
    for part in ["3/3", "1/3", "2/3"] {
        let out = at(&format!("part-{}", &part[..1]));
        let done = json(&["sweep", scenario, "--out", &out, "--shard", part, "--format", "json"]);
        assert!(done["shards_done"].as_u64().unwrap() < done["shards"].as_u64().unwrap(), "several shards");
        parts.push(folder(&done).display().to_string());
    }
    let short = refused(&["sweep", "merge", scenario, &parts[0], &parts[1], "--out", &at("short")]);
    assert!(short.contains("shards are done") && short.contains("merge"), "{short}");
    let merged = json(&[
        "sweep",
        "merge",
        scenario,
        &parts[2],
        &parts[0],
        &parts[1],
        "--out",
        &at("merged"),
        "--format",
        "json",
    ]);
    same_bytes(&folder(&one), &folder(&merged));
    assert_eq!(one["sweep"]["overfitting"]["search"]["trials"], one["sweep"]["candidates"]);
}

#[test]
fn killed_at_any_moment_and_resumed_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let cross = write(dir.path(), "cross.toml", CROSS);
    let scenario = cross.to_str().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let whole = json(&["sweep", scenario, "--out", &at("whole"), "--format", "json"]);
    let out = at("killed");
    let mut kills = 0;
    for wait_ms in [15, 40, 70, 110, 160, 220, 300, 400] {
        let mut child = Process::new(env!("CARGO_BIN_EXE_assay"))
            .env("ASSAY_REGISTRY", own_registry())
            .args(["sweep", scenario, "--out", &out, "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        if child.try_wait().unwrap().is_none() {
            // On Unix this is SIGKILL.
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        let finished =
            Path::new(&out).is_dir() && files(Path::new(&out)).iter().any(|f| f.ends_with("sweep.json"));
        if finished {
            break;
        }
    }
    assert!(kills >= 2, "the sweep was over before it could be killed");
    let again = json(&["sweep", scenario, "--out", &out, "--format", "json"]);
    same_bytes(&folder(&whole), &folder(&again));
    // Every candidate was counted, and once.
    let counted = run(&["ledger", "verify", &out]);
    let all = whole["sweep"]["candidates"].as_u64().unwrap();
    assert!(counted.contains(&format!("{} settings", assay::report::text::count(all))), "{counted}");
}

#[test]
fn what_has_changed_or_is_damaged_is_refused_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let cross = write(dir.path(), "cross.toml", CROSS);
    let scenario = cross.to_str().unwrap();
    let out = dir.path().join("r").display().to_string();
    let part = json(&["sweep", scenario, "--out", &out, "--shard", "1/2", "--format", "json"]);
    let part = folder(&part);
    let part_at = part.to_str().unwrap();
    let e = refused(&["sweep", scenario, "--out", &out, "--resume", part_at, "--set", "execution.fee_bps=5"]);
    assert!(e.contains("is another sweep") && e.contains("fee_bps = 10.0"), "{e}");
    let e = refused(&["sweep", scenario, "--out", &out, "--resume", part_at, "--set", "data.to=2021-08-01"]);
    assert!(e.contains("is another sweep") && e.contains("2021-08-01"), "{e}");
    let e = refused(&["sweep", scenario, "--out", &out, "--resume", dir.path().to_str().unwrap()]);
    assert!(e.contains("is not the folder of a sweep that is not done: it holds no plan.json"), "{e}");
    // Another version of the program.
    let plan = part.join("plan.json");
    let kept = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, kept.replace(env!("CARGO_PKG_VERSION"), "0.0.9")).unwrap();
    assert!(refused(&["sweep", scenario, "--out", &out, "--resume", part_at]).contains("was changed"));
    std::fs::write(&plan, &kept).unwrap();
    // A shard with one byte changed.
    let shard = files(&part).into_iter().find(|f| f.extension().is_some_and(|e| e == "parquet")).unwrap();
    let shard = part.join(shard);
    let bytes = std::fs::read(&shard).unwrap();
    let mut wrong = bytes.clone();
    wrong[bytes.len() / 2] ^= 1;
    std::fs::write(&shard, &wrong).unwrap();
    let e = refused(&["sweep", scenario, "--out", &out]);
    assert!(e.contains("is damaged") && e.contains("journal.jsonl"), "{e}");
    std::fs::write(&shard, &bytes).unwrap();
    // A changed ledger.
    let ledger = dir.path().join("r/ledger.jsonl");
    let text = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, text.replacen("\"count\":", "\"count\":1", 1)).unwrap();
    let e = refused(&["sweep", scenario, "--out", &out]);
    assert!(e.contains("ledger.jsonl:1: was changed"), "{e}");
    assert!(refused(&["ledger", "verify", &out]).contains("was changed"));
    std::fs::write(&ledger, &text).unwrap();
    // With all in order again it goes on.
    let whole = json(&["sweep", scenario, "--out", &out, "--format", "json"]);
    assert!(folder(&whole).join("sweep.json").exists() && !part.exists());
}

#[test]
fn lines_that_were_cut_off_are_told_of_and_change_no_result() {
    let dir = tempfile::tempdir().unwrap();
    let text = CROSS.split("[sweep]").next().unwrap();
    let few = "[sweep]\nsampler = \"grid\"\n[sweep.params]\nfast = { from = 4, to = 20, step = 2 }\n";
    let scenario = write(dir.path(), "few.toml", &format!("{text}{few}"));
    let scenario = scenario.to_str().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let whole = json(&["sweep", scenario, "--out", &at("whole"), "--format", "json"]);
    let part = json(&["sweep", scenario, "--out", &at("cut"), "--shard", "1/1", "--format", "json"]);
    let journal = folder(&part).join("journal.jsonl");
    let ledger = dir.path().join("cut/ledger.jsonl");
    for path in [&journal, &ledger] {
        let mut bytes = std::fs::read(path).unwrap();
        bytes.extend(b"{\"cut");
        std::fs::write(path, bytes).unwrap();
    }
    let told = assay().args(["ledger", "show", &at("cut")]).assert().code(0).get_output().clone();
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("ledger.jsonl is cut off and counts nothing"), "{told}");
    let again = assay().args(["sweep", scenario, "--out", &at("cut"), "--format", "json"]).assert().code(0);
    let told = String::from_utf8(again.get_output().stderr.clone()).unwrap();
    for name in [&journal, &ledger] {
        let words = format!("note: the last line of {} was cut off and is dropped", name.display());
        assert!(told.contains(&words), "{told}");
    }
    let again: Value = serde_json::from_slice(&again.get_output().stdout).unwrap();
    same_bytes(&folder(&whole), &folder(&again));
}

#[test]
fn wrong_sweeps_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let head = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"DATA\"]\nto = \"2021-03-01\"\n";
    for (sweep, words) in [
        ("", "has no axis to sweep over"),
        ("[sweep]\nparams.fats = [1, 2]", "did you mean \"fast\"?"),
        ("[sweep]\nparams.fast = []", "s.toml:7: sweep.params.fast is an empty axis"),
        ("[sweep]\nparams.fast = { from = 5, to = 1, step = 1 }", "is an empty axis"),
        ("[sweep]\nparams.fast = [0]", "must be a whole number in 1..=100000, was 0"),
        ("[sweep]\nparams.fast = [5, 6]\nwhere = [\"params.fast > 9\"]", "nothing satisfies the conditions"),
        ("[sweep]\nparams.fast = [500]\nparams.slow = [100]", "none of 1 candidates is left"),
        (
            "[sweep]\nparams.fast = { from = 1, to = 90000, step = 1 }\nparams.slow = { from = 2, to = 90001, step = 1 }\n\
             params.size = { low = 0.1, high = 1.0, points = 100000 }",
            "the grid has 8.100e14 candidates",
        ),
        ("[sweep]\nparams.size = { low = 0.1, high = 1.0 }", "a range without a number of points"),
        ("[sweep]\nsampler = \"random\"\nparams.fast = [5, 6]", "sweep.count: is missing"),
        ("[sweep]\nsmapler = \"grid\"\nparams.fast = [5, 6]", "did you mean \"sampler\"?"),
    ] {
        let scenario = write(dir.path(), "s.toml", &format!("{head}{sweep}\n"));
        let out = dir.path().join("never");
        let e = refused(&["sweep", scenario.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert!(e.contains(words), "{sweep}: {e}");
        let left = if out.exists() { files(&out) } else { vec![] };
        assert!(
            !left.iter().any(|f| f.ends_with("sweep.json") || f.ends_with("candidates.parquet")),
            "{left:?}"
        );
    }
    let scenario = write(
        dir.path(),
        "s.toml",
        &format!("{head}[sweep]\nsampler = \"tpe\"\ncount = 9\nparams.fast = [5, 6]\n"),
    );
    let e = refused(&[
        "sweep",
        scenario.to_str().unwrap(),
        "--shard",
        "1/2",
        "--out",
        dir.path().to_str().unwrap(),
    ]);
    assert!(e.contains("cannot be divided"), "{e}");
    let e = refused(&["sweep", scenario.to_str().unwrap(), "--shard", "3/2"]);
    assert!(e.contains("write I/N"), "{e}");
}

#[test]
fn every_sampler_finds_and_repeats() {
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"s\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"DATA\"]\nto = \"2021-06-01\"\n[sweep]\ncount = 60\n\
        family = 60\nresamples = 99\nbatch = 12\nwhere = [\"2 * params.fast <= params.slow\"]\n[sweep.params]\n\
        fast = { low = 3, high = 60 }\nslow = { low = 20, high = 200, log = true }\nsize = { low = 0.1, high = 1.0 }\n";
    let scenario = write(dir.path(), "s.toml", text);
    for sampler in ["random", "sobol", "latin", "halving", "tpe"] {
        let set = format!("sweep.sampler=\"{sampler}\"");
        let at = |name: &str| dir.path().join(format!("{sampler}-{name}")).display().to_string();
        let sweep = |name: &str, threads: &str| {
            let args = [
                "sweep",
                scenario.to_str().unwrap(),
                "--set",
                &set,
                "--out",
                &at(name),
                "--threads",
                threads,
            ];
            json(&[&args[..], &["--format", "json"]].concat())
        };
        let (a, b) = (sweep("a", "1"), sweep("b", "2"));
        same_bytes(&folder(&a), &folder(&b));
        let table = table::read(&folder(&a).join("candidates.parquet")).unwrap();
        for row in 0..table.rows() {
            assert!(
                2.0 * value_of(&table, "params.fast", row) <= value_of(&table, "params.slow", row),
                "{sampler}"
            );
        }
        let s = &a["sweep"];
        let n = s["candidates"].as_u64().unwrap();
        match sampler {
            // 60, then 20, then 7: the first two on shorter histories.
            "halving" => {
                assert_eq!((n, s["evaluations"].as_u64().unwrap()), (7, 87));
                let bars: Vec<f64> = (0..table.rows()).map(|r| value_of(&table, "bars", r)).collect();
                assert!(bars[0] < bars[60] && bars[60] < bars[86], "{bars:?}");
            }
            "random" | "tpe" => assert_eq!(n, 60),
            _ => assert!((20..60).contains(&n), "{sampler}: conditions leave some out, {n}"),
        }
        assert!(s["top"][0]["value"].as_f64().unwrap() >= s["top"][1]["value"].as_f64().unwrap());
    }
}

#[test]
fn a_walk_forward_counts_every_day_once_and_opens_its_holdout_once() {
    let dir = tempfile::tempdir().unwrap();
    let text = CROSS
        .replace("to = \"2021-09-01\"\n", "")
        .replace("step = 2", "step = 8")
        .replace("step = 5", "step = 40")
        + "[walkforward]\ntrain_days = 200\ntest_days = 50\nholdout_days = 90\n";
    let scenario = write(dir.path(), "w.toml", &text);
    let path = scenario.to_str().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let one = json(&["walkforward", path, "--out", &at("a"), "--threads", "1", "--format", "json"]);
    let two = json(&["walkforward", path, "--out", &at("b"), "--threads", "2", "--format", "json"]);
    same_bytes(&folder(&one), &folder(&two));
    let w = &one["walkforward"];
    let windows = w["windows"].as_array().unwrap();
    assert!(windows.len() >= 10, "{}", windows.len());
    for pair in windows.windows(2) {
        assert_eq!(pair[0]["test_to_ms"], pair[1]["test_from_ms"]);
        let gap = pair[0]["test_from_ms"].as_i64().unwrap() - pair[0]["train_to_ms"].as_i64().unwrap();
        assert_eq!(gap, 2 * 86_400_000);
    }
    assert_eq!(w["chained"]["periods"].as_u64().unwrap(), 50 * windows.len() as u64);
    // The windows' returns compound to that of the chain.
    let product: f64 = windows.iter().map(|w| 1.0 + w["test_return"].as_f64().unwrap()).product();
    let chained = w["chained"]["total_return"].as_f64().unwrap();
    assert!((product - 1.0 - chained).abs() < 1e-9, "{product} {chained}");
    assert!(w["holdout"].is_null());
    // The chart shows the days tested, where each test begins, and what holding brought.
    let svg = std::fs::read_to_string(folder(&one).join("charts/equity.svg")).unwrap();
    let day = |k: &str, w: &Value| format_time(w[k].as_i64().unwrap())[..10].to_owned();
    let range =
        format!("{} to {}", day("test_from_ms", &windows[0]), day("test_to_ms", windows.last().unwrap()));
    for words in [&range, "holding over the same days", "a test begins"] {
        assert!(svg.contains(words), "{words}");
    }

    let opened = json(&["walkforward", path, "--out", &at("a"), "--open-holdout", "--format", "json"]);
    let h = &opened["walkforward"]["holdout"];
    assert!(h["from_ms"].as_i64().unwrap() >= windows.last().unwrap()["test_to_ms"].as_i64().unwrap());
    // The same scenario may show its hold-out again, another may not open it.
    json(&["walkforward", path, "--out", &at("a"), "--open-holdout", "--format", "json"]);
    let e = refused(&[
        "walkforward",
        path,
        "--out",
        &at("a"),
        "--open-holdout",
        "--set",
        "sweep.metric=\"calmar\"",
    ]);
    assert!(e.contains("were opened before, by scenario \"cross\""), "{e}");

    for (mode, windows, paths) in [("kfold", 6, 1), ("combinatorial", 15, 5)] {
        let set = format!("walkforward.mode=\"{mode}\"");
        let v = json(&["walkforward", path, "--out", &at(mode), "--set", &set, "--format", "json"]);
        let w = &v["walkforward"];
        assert_eq!(w["windows"].as_array().unwrap().len(), windows);
        assert_eq!(w["path_sharpes"].as_array().unwrap().len(), paths);
    }
    let e = refused(&["walkforward", path, "--out", &at("e"), "--set", "walkforward.train_days=5000"]);
    assert!(e.contains("too few for one window"), "{e}");
    let e = refused(&[
        "walkforward",
        path,
        "--out",
        &at("f"),
        "--open-holdout",
        "--set",
        "walkforward.holdout_days=0",
    ]);
    assert!(e.contains("no day is locked away"), "{e}");
    let e = refused(&[
        "walkforward",
        path,
        "--out",
        &at("e"),
        "--set",
        "walkforward.test_folds=6",
        "--set",
        "walkforward.mode=\"combinatorial\"",
    ]);
    assert!(e.contains("walkforward.test_folds must be below"), "{e}");
}

#[test]
fn paths_repeat_alone_and_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"m\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"DATA\"]\nto = \"2021-06-01\"\n[execution]\nfee_bps = 10\n\
        [montecarlo]\npaths = 40\nearly_stop = false\naccept_poor_fit = true\n";
    let scenario = write(dir.path(), "m.toml", text);
    let path = scenario.to_str().unwrap();
    for method in [
        "trade_permutation",
        "trade_bootstrap",
        "returns",
        "stationary",
        "circular",
        "regime",
        "gbm",
        "merton",
        "garch",
        "gjr",
        "filtered",
        "heston",
        "execution",
        "parameters",
        "start",
        "dropped_trades",
    ] {
        let set = format!("montecarlo.method=\"{method}\"");
        let at = |name: &str| dir.path().join(format!("{method}-{name}")).display().to_string();
        let draw = |name: &str, threads: &str| {
            json(&[
                "montecarlo",
                path,
                "--set",
                &set,
                "--out",
                &at(name),
                "--threads",
                threads,
                "--format",
                "json",
            ])
        };
        let (a, b) = (draw("a", "1"), draw("b", "2"));
        same_bytes(&folder(&a), &folder(&b));
        let m = &a["montecarlo"];
        assert_eq!(m["paths"], 40, "{method}");
        // The worst path, alone.
        let worst = &m["worst"][0];
        let n = worst["path"].to_string();
        let again =
            json(&["montecarlo", path, "--set", &set, "--out", &at("p"), "--path", &n, "--format", "json"]);
        let (x, y) =
            (again["figures"]["total_return"].as_f64().unwrap(), worst["total_return"].as_f64().unwrap());
        // Daily returns are added up another way in the fast kernel.
        assert!(x == y || method == "returns" && (x - y).abs() < 1e-9, "{method}: {x} {y}");
        let table = table::read(&folder(&a).join("paths.parquet")).unwrap();
        assert_eq!(table.rows(), 40);
        // Drawn bars are a file like any other, and a backtest on it gives the path's figures.
        if let Some(file) = again["bars"][0].as_str() {
            let run = json(&[
                "backtest",
                path,
                "--data",
                file,
                "--out",
                &at("p"),
                "--format",
                "json",
                "--set",
                "data.to=2030-01-01",
            ]);
            assert_eq!(run["summary"]["performance"]["total_return"].as_f64().unwrap(), x, "{method}");
            assert_eq!(run["summary"]["data"]["synthetic"], true);
        }
        let permuted = method == "trade_permutation";
        let total = &m["figures"][0];
        assert_eq!(total["name"], "total_return");
        if permuted {
            // The order of the trades changes nothing about the end.
            assert!(total["sd"].as_f64().unwrap() < 1e-9);
        } else {
            assert!(total["sd"].as_f64().unwrap() > 0.0, "{method}");
        }
    }
    // A run folder serves the methods that need no bars.
    let out = dir.path().join("runs").display().to_string();
    let run = json(&["backtest", path, "--out", &out, "--format", "json"]);
    let folder_of_run = run["run"].as_str().unwrap();
    let m = json(&["montecarlo", folder_of_run, "--out", &out, "--format", "json"]);
    assert_eq!(m["montecarlo"]["method"], "returns");
    let e = refused(&["montecarlo", folder_of_run, "--set", "montecarlo.method=\"gbm\"", "--out", &out]);
    assert!(e.contains("needs the bars"), "{e}");
    let e = refused(&["montecarlo", path, "--path", "40", "--out", &out]);
    assert!(e.contains("they count from 0 to 39"), "{e}");
    let e = refused(&["montecarlo", path, "--set", "montecarlo.ruin=2", "--out", &out]);
    assert!(e.contains("montecarlo.ruin must be a number"), "{e}");
}

#[test]
fn what_cannot_be_written_ends_clearly_and_keeps_what_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let cross = write(dir.path(), "cross.toml", CROSS);
    let scenario = cross.to_str().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let whole = json(&["sweep", scenario, "--out", &at("whole"), "--format", "json"]);
    // A part makes the folder; then something stands where a later shard must go.
    let out = at("stuck");
    let part = folder(&json(&["sweep", scenario, "--out", &out, "--shard", "1/5", "--format", "json"]));
    let blocked = part.join("shards/000-000007.parquet");
    std::fs::create_dir(&blocked).unwrap();
    let stopped = assay().args(["sweep", scenario, "--out", &out]).output().unwrap();
    let said = String::from_utf8(stopped.stderr).unwrap();
    assert!(!stopped.status.success(), "{said}");
    assert!(said.contains("000-000007.parquet") && said.contains("shards are done and kept"), "{said}");
    assert!(part.join("shards/000-000006.parquet").is_file());
    std::fs::remove_dir(&blocked).unwrap();
    let again = json(&["sweep", scenario, "--out", &out, "--format", "json"]);
    same_bytes(&folder(&whole), &folder(&again));
}

#[test]
fn no_window_knows_what_comes_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let text = CROSS.replace("step = 2", "step = 8").replace("step = 5", "step = 40")
        + "[walkforward]\ntrain_days = 90\ntest_days = 30\n";
    let scenario = write(dir.path(), "w.toml", &text);
    let at = |name: &str| dir.path().join(name).display().to_string();
    let windows = |name: &str, to: &str| {
        let set = format!("data.to={to}");
        let v = json(&[
            "walkforward",
            scenario.to_str().unwrap(),
            "--out",
            &at(name),
            "--set",
            &set,
            "--format",
            "json",
        ]);
        v["walkforward"]["windows"].as_array().unwrap().clone()
    };
    let (short, long) = (windows("short", "2021-08-01"), windows("long", "2021-12-01"));
    assert!(short.len() >= 2 && long.len() > short.len());
    assert_eq!(short[..], long[..short.len()]);
}
