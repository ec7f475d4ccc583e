//! The foreign system on the whole command line: nothing of Assay was changed for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use assay::cli::run_with;
use assay::data::table::{self, Table};
use assay::system::Registry;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Runs a command on the scenario with results in `out`; returns its exit code.
fn assay(out: &Path, words: &[&str]) -> u8 {
    let scenario = scenarios().join("rotation.toml").display().to_string();
    let out = out.display().to_string();
    let words = words.iter().map(|w| w.replace("SCENARIO", &scenario).replace("OUT", &out));
    let words = std::iter::once("assay".to_owned()).chain(words).chain(["--quiet".to_owned()]);
    run_with(&Registry::built_in().with(&foreign_system::ROTATION), words.map(OsString::from))
}

/// The only run folder with trades below `out`.
fn run_folder(out: &Path) -> PathBuf {
    let made = std::fs::read_dir(out.join("rotation")).unwrap().flatten().map(|e| e.path());
    made.into_iter().find(|d| d.join("trades.parquet").is_file()).unwrap()
}

fn backtest(set: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut words = vec!["backtest", "SCENARIO", "--out", "OUT"];
    set.iter().for_each(|s| words.extend(["--set", s]));
    assert_eq!(assay(dir.path(), &words), 0);
    let run = run_folder(dir.path());
    (dir, run)
}

fn read(run: &Path, name: &str) -> Table {
    table::read(&run.join(name)).unwrap()
}

fn texts(t: &Table, column: &str) -> Vec<String> {
    let labels = t.labels(column).unwrap();
    (0..labels.len()).map(|i| labels.get(i).unwrap_or("").to_owned()).collect()
}

#[test]
fn a_run_has_its_regimes_reasons_tables_and_paper_account() {
    let (_dir, run) = backtest(&[]);
    let trades = read(&run, "trades.parquet");
    assert!(trades.rows() > 20, "{}", trades.rows());
    let exits = texts(&trades, "exit_reason");
    for reason in ["rotated", "bad_news", "stop"] {
        assert!(exits.iter().any(|e| e == reason), "no trade was left for {reason}");
    }
    assert!(texts(&trades, "regime").iter().all(|r| r == "RISK_ON"), "it buys above the average alone");
    // One slot: no two positions at a time.
    let (entry, exit) = (trades.time_ms("entry_time").unwrap(), trades.time_ms("exit_time").unwrap());
    assert!((1..trades.rows()).all(|k| entry[k] >= exit[k - 1] - 3_600_000));
    let rejects = read(&run, "tables/rejects.parquet");
    let reasons = texts(&rejects, "reason");
    for reason in ["news", "weaker"] {
        assert!(reasons.iter().any(|r| r == reason), "nothing was refused for {reason}");
    }
    let ranks = read(&run, "tables/ranks.parquet");
    assert!(ranks.rows() > 600 && ranks.f64("momentum").unwrap().iter().all(|m| m.is_finite()));
    let paper = read(&run, "tables/paper_trades.parquet");
    assert!(paper.rows() > trades.rows());
    let signals = read(&run, "signals.parquet");
    let regimes = texts(&signals, "regime");
    assert!(regimes.iter().any(|r| r == "RISK_OFF") && regimes.iter().any(|r| r == "RISK_ON"));
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("summary.json")).unwrap()).unwrap();
    let named: Vec<&str> =
        summary["regimes"].as_array().unwrap().iter().filter_map(|r| r["regime"].as_str()).collect();
    assert_eq!(&named[..2], ["RISK_ON", "RISK_OFF"]);
    assert!(summary["facts"]["rankings"].as_f64().unwrap() > 300.0);
    assert_eq!(summary["data"]["events"][0]["input"], "news");
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("RISK_ON") && !page.contains("TRENDING"));
}

#[test]
fn the_gate_judges_it_by_its_own_tables() {
    let (dir, run) = backtest(&[]);
    let verdict: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("verdict.json")).unwrap()).unwrap();
    let row = |id: &str| {
        let rows = verdict["rows"].as_array().unwrap();
        rows.iter().find(|r| r["id"] == id).unwrap_or_else(|| panic!("no row {id}: {verdict:#}")).clone()
    };
    let ranks = read(&run, "tables/ranks.parquet");
    let (rank, momentum) = (ranks.u32("rank").unwrap(), ranks.f64("momentum").unwrap());
    let rising = (0..ranks.rows()).filter(|k| rank[*k] == 1 && momentum[*k] > 0.0).count();
    assert_eq!(row("R3")["observed"].as_f64().unwrap(), rising as f64);
    let reasons = texts(&read(&run, "tables/rejects.parquet"), "reason");
    let share = reasons.iter().filter(|r| *r == "news").count() as f64 / reasons.len() as f64;
    assert!((row("R4")["observed"].as_f64().unwrap() - share).abs() < 1e-12);
    let paper = read(&run, "tables/paper_trades.parquet");
    let (exits, r) = (texts(&paper, "exit_reason"), paper.f64("r_multiple").unwrap());
    let ended: Vec<f64> = (0..paper.rows()).filter(|k| exits[*k] != "end").map(|k| r[k]).collect();
    let mean = ended.iter().sum::<f64>() / ended.len() as f64;
    assert!((row("R5")["observed"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert_eq!(row("R6")["verdict"], "NOT_APPLICABLE");
    let folder = run.display().to_string();
    let code = assay(dir.path(), &["gate", &folder]);
    assert!([0, 3, 4].contains(&code), "{code}");
    // A name that its tables should have and have not is a slip.
    let criteria = std::fs::read_to_string(scenarios().join("criteria.toml")).unwrap();
    let wrong = dir.path().join("wrong.toml");
    for (a, b) in [("rank == 1", "rnak == 1"), ("\"ranks\"", "\"rank\""), ("\"r_multiple\"", "\"multiple\"")]
    {
        std::fs::write(&wrong, criteria.replace(a, b)).unwrap();
        let words = ["gate", &folder, "--criteria", &wrong.display().to_string()];
        assert_eq!(assay(dir.path(), &words), 2, "{b}");
    }
}

/// Bars of two symbols that rise and fall in turn, every fourth open a percent from the close before.
fn gapping(dir: &Path) -> [String; 2] {
    [0.0, 2.0].map(|shift| {
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        let mut close = 100.0;
        for i in 0..2_000_i64 {
            let gap = if i % 4 == 1 { 0.01 } else { 0.0 };
            let open: f64 = close * (1.0 + gap * if i % 8 == 1 { 1.0 } else { -1.0 });
            close = open * (1.0 + 0.004 * (i as f64 / 60.0 + shift).sin() + 0.001);
            let (high, low) = (open.max(close) * 1.001, open.min(close) * 0.999);
            text += &format!("{},{open},{high},{low},{close},1\n", 1_609_459_200_000 + i * 3_600_000);
        }
        let path = dir.join(format!("gaps-{shift}.csv"));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    })
}

#[test]
fn an_order_is_looked_at_again_when_it_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let bars = gapping(dir.path());
    let trades = |most: &str| {
        let out = tempfile::tempdir().unwrap();
        let gap = format!("params.max_gap={most}");
        let words = ["backtest", "SCENARIO", "--out", "OUT", "--data", &bars[0], "--data", &bars[1]];
        let set =
            ["--set", &gap, "--set", "params.every=3", "--set", "params.bars=12", "--set", "params.news="];
        assert_eq!(assay(out.path(), &[&words[..], &set].concat()), 0);
        let run = run_folder(out.path());
        let reasons = texts(&read(&run, "tables/rejects.parquet"), "reason");
        (read(&run, "trades.parquet").rows(), reasons.iter().filter(|r| *r == "gap").count())
    };
    let ((few, refused), (many, none)) = (trades("0.005"), trades("0.02"));
    assert!(refused > 5 && none == 0 && few > 5 && many > 5, "{few} {refused} {many} {none}");
}

#[test]
fn the_order_of_the_symbols_and_a_paper_account_change_nothing() {
    let (_a, one) = backtest(&[]);
    let (_b, other) = backtest(&["data.symbols=[\"BETA\", \"ALPHA\"]"]);
    let (a, b) = (read(&one, "trades.parquet"), read(&other, "trades.parquet"));
    assert_eq!(texts(&a, "symbol"), texts(&b, "symbol"));
    assert_eq!(a.time_ms("entry_time").unwrap(), b.time_ms("entry_time").unwrap());
    let near = |x: &[f64], y: &[f64]| x.iter().zip(y).all(|(x, y)| (x - y).abs() <= 1e-9 * x.abs().max(1.0));
    assert!(near(a.f64("pnl").unwrap(), b.f64("pnl").unwrap()));
    // The equity is what the trades of the real account made.
    let equity = read(&one, "equity.parquet");
    let end = *equity.f64("equity").unwrap().last().unwrap();
    let made: f64 = a.f64("pnl").unwrap().iter().sum();
    assert!((end - 10_000.0 - made).abs() < 1e-6, "{end} {made}");
}

#[test]
fn sweeps_walks_paths_and_reports_take_it() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["backtest", "sweep", "walkforward", "montecarlo"] {
        assert_eq!(assay(dir.path(), &[command, "SCENARIO", "--out", "OUT"]), 0, "{command}");
    }
    let run = run_folder(dir.path()).display().to_string();
    assert_eq!(assay(dir.path(), &["report", &run]), 0);
    assert_eq!(assay(dir.path(), &["params", "rotation"]), 0);
    assert_eq!(assay(dir.path(), &["regime", "evaluate", "SCENARIO", "--shifts", "9"]), 0);
    // The best of a sweep, run alone, gives the same figures.
    let sweep = std::fs::read_dir(dir.path().join("rotation")).unwrap().flatten().map(|e| e.path());
    let sweep = sweep.into_iter().find(|d| d.join("candidates.parquet").is_file()).unwrap();
    let candidates = read(&sweep, "candidates.parquet");
    let (sharpe, ends) = (candidates.f64("sharpe").unwrap(), candidates.f64("end_equity").unwrap());
    let best = (0..candidates.rows()).max_by(|a, b| sharpe[*a].total_cmp(&sharpe[*b])).unwrap();
    let value = |name: &str| candidates.i64(name).unwrap()[best];
    let set = ["bars", "every"].map(|name| format!("params.{name}={}", value(&format!("params.{name}"))));
    let (_dir, alone) = backtest(&[&set[0], &set[1]]);
    let equity = read(&alone, "equity.parquet");
    assert_eq!(*equity.f64("equity").unwrap().last().unwrap(), ends[best]);
}

#[test]
fn the_causality_check_passes_it_and_catches_it_where_it_peeks() {
    let dir = tempfile::tempdir().unwrap();
    let check = |peek: &str| {
        let set = format!("params.peek={peek}");
        let words = [
            "check",
            "causality",
            "SCENARIO",
            "--cuts",
            "12",
            "--set",
            "data.to=\"2021-04-01\"",
            "--set",
            &set,
        ];
        assay(dir.path(), &words)
    };
    assert_eq!(check("nothing"), 0);
    assert_eq!(check("news"), 3, "news before they are out");
    assert_eq!(check("prices"), 3, "the next close of another symbol");
}

#[test]
fn wrong_files_of_events_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let news = |text: &str| {
        let path = dir.path().join("news.csv");
        std::fs::write(&path, text).unwrap();
        let set = format!("params.news={}", path.display());
        assay(dir.path(), &["backtest", "SCENARIO", "--out", "OUT", "--set", &set])
    };
    assert_eq!(news("available_time,symbol,score\n2021-03-01 00:00,ALPHA,-0.9\n"), 0);
    for text in [
        "time,symbol,score\n2021-03-01 00:00,ALPHA,-0.9\n",
        "available_time,symbol,score\n,ALPHA,-0.9\n",
        "available_time,symbol,score\n2021-03-01 00:00,GAMMA,-0.9\n",
        "available_time,symbol,score\n2021-03-01 00:00,ALPHA,bad\n",
        "available_time,symbol,worth\n2021-03-01 00:00,ALPHA,-0.9\n",
    ] {
        assert_eq!(news(text), 2, "{text}");
    }
}
