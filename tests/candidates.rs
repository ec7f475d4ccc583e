//! Candidates of a sweep by their numbers: looked up, and run alone with the figures of their rows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use assay::data::table;
use assay::jobs::{
    BacktestJob, CandidateJob, CandidateOf, CandidatesShown, Progress, Setup, Sources, SweepJob,
    SweepOutcome, Update, show_sweep,
};
use assay::system::Registry;
use tempfile::TempDir;

use crate::common::{assay, root};

const CROSS: &str = "name = \"cross\"\nsystem = \"ma-cross\"\nseed = 7\n[data]\nbars = [\"DATA\"]\nto = \"2021-04-01\"\n\
    [sweep]\nfamily = 10\nresamples = 99\nwhere = [\"params.fast < params.slow\"]\nEXTRA\n[sweep.params]\n\
    fast = [4, 12, 30]\nslow = [10, 20, 40]\nstop_atr = [\"none\", 2.0]\n[sweep.execution]\nfee_bps = [10.0]\n";

/// A sweep that is done, and its scenario.
fn swept(extra: &str) -> (TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let scenario = dir.path().join("s.toml");
    let data = root().join("datasets/btcusdt-1h.parquet").display().to_string();
    std::fs::write(&scenario, CROSS.replace("DATA", &data).replace("EXTRA", extra)).unwrap();
    let setup = Setup { out: Some(dir.path().join("out")), ..Setup::file(&scenario) };
    let done = SweepJob::new(setup).run(&Registry::built_in(), &Progress::silent()).unwrap();
    let SweepOutcome::Whole(done) = done else { panic!("a part") };
    let folder = done.folder.unwrap();
    (dir, scenario, folder)
}

fn candidate(sweep: &Path, number: u64) -> CandidateJob {
    let of = CandidateOf { sweep: sweep.to_owned(), number };
    CandidateJob { of, sources: Sources::default(), out: None, lock_registry: None, placebos: None }
}

#[test]
fn a_candidate_by_its_number_is_the_run_of_its_row() {
    let (_dir, scenario, folder) = swept("");
    let (registry, silent) = (Registry::built_in(), Progress::silent());
    let candidates = table::read(&folder.join("candidates.parquet")).unwrap();
    let numbers = candidates.i64("candidate").unwrap();
    assert_eq!(numbers.len(), 12);
    for (row, number) in numbers.iter().enumerate() {
        let number = *number as u64;
        let run = candidate(&folder, number).run(&registry, &silent).unwrap();
        let s = &run.record.summary;
        for (name, alone) in [
            ("total_return", s.performance.total_return),
            ("sharpe", s.performance.sharpe),
            ("max_drawdown", s.performance.max_drawdown),
            ("profit_factor", s.trades.profit_factor),
        ] {
            let found = candidates.f64(name).unwrap()[row];
            assert!(
                found.to_bits() == alone.to_bits() || found.is_nan() && alone.is_nan(),
                "{number} {name}"
            );
        }
        assert_eq!(candidates.i64("trades").unwrap()[row], s.trades.n as i64);
        // The same work by its settings has the same name.
        let shown = show_sweep(&registry, &folder, Some(number), 0).unwrap();
        let CandidatesShown::One(one) = &shown.candidates else { panic!() };
        let by_words = Setup { set: one.row.set.clone(), ..Setup::file(&scenario) };
        let by_words = BacktestJob { setup: by_words }.run(&registry, &silent).unwrap();
        assert_eq!(by_words.record.summary.run_id, s.run_id);
    }
    // 6 is 12 against 10, which the condition leaves out.
    for number in [6, 18, 99] {
        let e = candidate(&folder, number).run(&registry, &silent).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        let message = e.to_string();
        assert!(message.contains(&format!("has no candidate {number}")), "{message}");
        assert!(message.contains("12 of the numbers 0 to 17 have a row"), "{message}");
    }
}

#[test]
fn figures_that_are_not_those_of_the_row_are_refused_and_nothing_is_counted() {
    let (dir, _, folder) = swept("figures = \"core\"");
    // The same market, but for its last close.
    let bars = root().join("datasets/btcusdt-1h.parquet");
    let mut bars =
        assay::data::load(&bars, &assay::data::LoadRequest::default()).unwrap().bars.columns().clone();
    let mut close = bars.close.to_vec();
    close[2159] *= 1.05;
    bars.close = close.into();
    let (high, low) = (bars.high.to_vec(), bars.low.to_vec());
    bars.high = high.iter().zip(&bars.close[..]).map(|(h, c)| h.max(*c)).collect::<Vec<_>>().into();
    bars.low = low.iter().zip(&bars.close[..]).map(|(l, c)| l.min(*c)).collect::<Vec<_>>().into();
    let bars = assay::market::Bars::new(assay::market::Timeframe::H1, bars).unwrap();
    let other = dir.path().join("BTCUSDT-1h.parquet");
    assay::data::write_parquet(&other, &bars, None, &[]).unwrap();
    let ledger = dir.path().join("out/ledger.jsonl");
    let before = std::fs::read_to_string(&ledger).unwrap();
    let mut job = candidate(&folder, 1);
    job.out = Some(dir.path().join("out"));
    job.sources = Sources::instead_of_bars(vec![other]);
    let e = job.run(&Registry::built_in(), &Progress::silent()).err().unwrap();
    assert_eq!(e.exit_code(), 2);
    let message = e.to_string();
    assert!(message.contains(":1: has a total_return of ") && message.contains(" alone"), "{message}");
    assert!(message.contains("give its file with --data"), "{message}");
    assert_eq!(std::fs::read_to_string(&ledger).unwrap(), before);
    let folders = std::fs::read_dir(dir.path().join("out/cross")).unwrap().count();
    assert_eq!(folders, 1, "the sweep alone");
}

#[test]
fn the_best_are_those_of_the_sweep_whatever_it_looks_for() {
    for metric in ["sharpe", "max_drawdown"] {
        let (_dir, _, folder) = swept(&format!("figures = \"core\"\ntop = 5\nmetric = {metric:?}"));
        let shown = show_sweep(&Registry::built_in(), &folder, None, 5).unwrap();
        let CandidatesShown::Best(rows) = &shown.candidates else { panic!() };
        let of = |rows: &[assay::experiments::sweep::TopRow]| -> Vec<u64> {
            rows.iter().map(|r| r.candidate).collect()
        };
        assert_eq!(rows.len(), 5);
        assert_eq!(of(rows), of(&shown.folder.summary.top), "{metric}");
        let sets = rows.iter().zip(&shown.folder.summary.top).all(|(a, b)| a.set == b.set);
        assert!(sets && rows[0].value.abs() > 0.0, "{metric}");
    }
}

#[test]
fn a_candidate_that_was_dropped_is_run_over_all_bars_and_says_so() {
    let (_dir, _, folder) =
        swept("sampler = \"halving\"\ncount = 9\neta = 3\nrounds = 2\nmetric = \"max_drawdown\"");
    let (registry, best) =
        (Registry::built_in(), |n| show_sweep(&Registry::built_in(), &folder, None, n).unwrap());
    let CandidatesShown::Best(rows) = best(100).candidates else { panic!() };
    assert!((1..=3).contains(&rows.len()), "those that saw the whole history");
    assert!(rows.is_sorted_by(|a, b| a.value <= b.value), "the smallest drawdown is the best");
    let CandidatesShown::Best(one) = best(1).candidates else { panic!() };
    assert_eq!(one[..], rows[..1]);
    let dropped = (0..9).find_map(|number| {
        let shown = show_sweep(&registry, &folder, Some(number), 0).ok()?;
        let CandidatesShown::One(c) = shown.candidates else { panic!() };
        c.dropped_after.map(|bars| (number, bars))
    });
    let (number, bars) = dropped.unwrap();
    let notes = Arc::new(Mutex::new(String::new()));
    let heard = notes.clone();
    let progress = Progress::new(move |update| {
        if let Update::Warning(text) = update {
            heard.lock().unwrap().push_str(text);
        }
    });
    candidate(&folder, number).run(&registry, &progress).unwrap();
    let notes = notes.lock().unwrap();
    assert!(notes.contains(&format!(":{number} was dropped after {bars} bars")), "{notes}");
}

#[test]
fn the_command_line_names_candidates_by_sweep_and_number() {
    let (_dir, _, folder) = swept("");
    let sweep = folder.display().to_string();
    let run = |args: &[&str]| {
        let out = assay().args(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (code, text, _) = run(&["sweep", "show", &sweep, "--best", "3"]);
    assert_eq!(code, Some(0));
    // What all have in common stands below the table, and not in its rows.
    assert!(text.contains("All of these: execution.fee_bps=10"), "{text}");
    assert_eq!(text.matches("fee_bps").count(), 1, "{text}");
    assert!(text.contains("3 of 12 candidates with a value"), "{text}");
    let (_, text, _) = run(&["sweep", "show", &sweep, "1"]);
    let settings: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
    for row in [
        ["params.fast", "4", "20"],
        ["params.stop_atr", "2.0", "none"],
        ["execution.fee_bps", "10.0", "10.0"],
    ] {
        assert!(settings.iter().any(|words| words[..] == row), "{row:?}: {text}");
    }
    assert!(text.contains(&format!("assay backtest --candidate {sweep}:1")), "{text}");
    let (_, text, _) = run(&["sweep", "show", &sweep, "1", "--format", "json"]);
    let one: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(one["candidate"], 1);
    assert!(one["set"].as_array().unwrap().contains(&"params.fast=4".into()), "{one:#}");
    assert!(one["figures"]["sharpe"].is_number());
    for (args, words) in [
        (&["backtest", "--candidate", "nothing"][..], "write SWEEP:N, as results/mine/sweep-0123456789ab:17"),
        (&["backtest", "--candidate", "results:1"], "results: is not the folder of a sweep: it "),
        (&["backtest", "--candidate", "a:1", "--set", "x.y=1"], "cannot be used with '--set <KEY=VALUE>'"),
        (&["backtest", "--candidate", "a:1", "scenarios/ma-cross.toml"], "cannot be used with"),
        (&["sweep", "show", "x.part", "1"], "this sweep is not done: give its command again"),
        (&["backtest"], "<SCENARIO>"),
    ] {
        let (code, _, message) = run(args);
        assert_eq!(code, Some(2), "{args:?}: {message}");
        assert!(message.contains(words), "{args:?}: {message}");
    }
}
