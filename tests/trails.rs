//! Trailing stops that begin at a profit, from outside: in sweeps, in files of positions and of orders, and what is
//! refused of them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use assay::data::table::{Column, Table};
use assay::jobs::{BacktestJob, BacktestOutcome, Progress, Setup, SweepJob, SweepOutcome};
use assay::system::Registry;
use tempfile::TempDir;

use crate::common::root;

/// Sweeps how a stop trails and from where on.
const SWEPT: &str = "name = \"trails\"\nsystem = \"ma-cross\"\nseed = 1\n[data]\nbars = [\"DATA\"]\nto = \"2021-03-01\"\n\
    [params]\nfast = 5\nslow = 30\n[sweep]\nfamily = 10\nresamples = 99\n[sweep.params]\n\
    trail_percent = [\"none\", 1.0]\ntrail_from_percent = [\"none\", 1.5]\ntrail_from_atr = [\"none\", 2.0]\n\
    trail_on = [\"close\", \"extreme\", \"path\"]\n";

/// The scenario in a file, with values set; nothing is written.
fn setup(path: PathBuf, sets: &[&str]) -> Setup {
    Setup { set: sets.iter().map(|s| (*s).to_owned()).collect(), ..Setup::file(path) }
}

fn run(setup: Setup) -> assay::Result<BacktestOutcome> {
    BacktestJob { setup }.run(&Registry::built_in(), &Progress::silent())
}

fn refused(setup: Setup) -> String {
    let e = run(setup).unwrap_err();
    assert_eq!(e.exit_code(), 2);
    e.to_string()
}

fn number(table: &Table, name: &str, row: usize) -> f64 {
    match table.column(name).unwrap() {
        Column::F64(v) => v[row],
        other => panic!("{name}: {}", other.kind()),
    }
}

#[test]
fn a_sweep_over_the_start_of_a_trail_has_the_figures_of_each_run_alone() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = dir.path().join("s.toml");
    let data = root().join("datasets/btcusdt-1h.parquet").display().to_string();
    std::fs::write(&scenario, SWEPT.replace("DATA", &data)).unwrap();
    // The core figures are those of the fast kernel, where a system has one; with a trail there is none.
    for figures in ["all", "core"] {
        let sweep = SweepJob::new(setup(scenario.clone(), &[&format!("sweep.figures={figures}")]));
        let SweepOutcome::Whole(swept) = sweep.run(&Registry::built_in(), &Progress::silent()).unwrap()
        else {
            panic!("a part")
        };
        // A start without a trail, and a start in two units, are no candidates: 3 ways to follow, with no trail at
        // all, with a trail from the fill on, and from either profit on.
        let table = swept.candidates.unwrap();
        assert_eq!(table.rows(), 12);
        let mut returns = BTreeSet::new();
        for row in 0..table.rows() {
            let value = |name: &str| {
                let v = number(&table, &format!("params.{name}"), row);
                format!("params.{name}={}", if v.is_nan() { "none".to_owned() } else { v.to_string() })
            };
            let on = table.labels("params.trail_on").unwrap().get(row).unwrap();
            let sets = [
                value("trail_percent"),
                value("trail_from_percent"),
                value("trail_from_atr"),
                format!("params.trail_on={on}"),
            ];
            let alone = run(setup(scenario.clone(), &sets.each_ref().map(String::as_str))).unwrap();
            let found = alone.record.summary.performance.total_return;
            assert_eq!(number(&table, "total_return", row).to_bits(), found.to_bits(), "{sets:?}");
            returns.insert(found.to_bits());
        }
        // Without a trail it is all one what it would follow; each of the others is a run of its own.
        assert_eq!(returns.len(), 10);
    }
}

/// Hours that rise from 100 to 104 in the first bar after the order, and fall back to 99.
fn market() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut bars = "time,open,high,low,close,volume\n".to_owned();
    let rows = [
        [100.0, 100.0, 100.0, 100.0],
        [100.0, 104.0, 100.0, 103.0],
        [103.0, 103.5, 99.0, 99.0],
        [99.0, 99.0, 99.0, 99.0],
    ];
    for (i, [open, high, low, close]) in rows.iter().chain(std::iter::repeat_n(&rows[3], 60)).enumerate() {
        let (day, hour) = (1 + i / 24, i % 24);
        bars += &format!("2024-01-{day:02} {hour:02}:00,{open},{high},{low},{close},10\n");
    }
    std::fs::write(dir.path().join("bars.csv"), bars).unwrap();
    let text = "name = \"t\"\nsystem = \"signals\"\n[data]\nbars = [\"bars.csv\"]\n[execution]\nfee_bps = 0\nspread_bps = 0\n\
                slippage_bps = 0\n[params]\nfile = \"p.csv\"\n";
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    dir
}

/// The scenario on a file of positions or orders.
fn on_rows(dir: &TempDir, rows: &str, sets: &[&str]) -> Setup {
    std::fs::write(dir.path().join("p.csv"), rows).unwrap();
    setup(dir.path().join("s.toml"), sets)
}

/// Price and reason of the exit of its only trade.
fn exit(dir: &TempDir, rows: &str, sets: &[&str]) -> (f64, String) {
    let done = run(on_rows(dir, rows, sets)).unwrap();
    let trades = &done.record.main.trades;
    assert_eq!(trades.rows(), 1);
    (number(trades, "exit", 0), trades.labels("exit_reason").unwrap().get(0).unwrap().to_owned())
}

#[test]
fn positions_of_a_file_trail_from_a_profit_on() {
    let dir = market();
    let rows = "time,position\n2024-01-01 00:00,0.5\n";
    let out = |from: &str, on: &str| {
        exit(
            &dir,
            rows,
            &["params.stop_percent=10", "params.trail_percent=2", from, &format!("params.trail_on={on}")],
        )
    };
    let trail = |price: f64| (price, "trail".to_owned());
    // The close of 103 is 3 % ahead, the high of 104 is 4 %.
    assert_eq!(out("params.trail_from_percent=3", "close"), trail(103.0 * 0.98));
    assert_eq!(out("params.trail_from_percent=3.5", "close").1, "end");
    assert_eq!(out("params.trail_from_percent=3.5", "extreme"), trail(104.0 * 0.98));
    assert_eq!(out("params.trail_from_percent=4", "path"), trail(104.0 * 0.98));
    assert_eq!(out("params.trail_from_percent=4.5", "path").1, "end");
}

#[test]
fn rows_of_orders_say_where_a_trail_begins() {
    let dir = market();
    let head = "time,order,side,units,trail_percent,trail_on,trail_from,trail_from_percent\n";
    let out = |row: &str| exit(&dir, &format!("{head}2024-01-01 00:00,{row}\n"), &[]);
    let trail = |price: f64| (price, "trail".to_owned());
    assert_eq!(out("market,buy,1,2,close,103,"), trail(103.0 * 0.98));
    assert_eq!(out("market,buy,1,2,extreme,103.5,"), trail(104.0 * 0.98));
    assert_eq!(out("market,buy,1,2,extreme,,4"), trail(104.0 * 0.98));
    assert_eq!(out("market,buy,1,2,extreme,,4.5").1, "end");
    // An order that trails by itself: it sells what is held once it has been at 104.
    let two = |from: &str| {
        let row = format!("market,buy,1,,,,\n2024-01-01 00:00,trailing_stop,sell,1,2,path,{from}");
        exit(&dir, &format!("{head}2024-01-01 00:00,{row}\n"), &[])
    };
    assert_eq!(two("104,"), (104.0 * 0.98, "order".to_owned()));
    assert_eq!(two(",4"), (104.0 * 0.98, "order".to_owned()));
    for (row, words) in [
        ("market,buy,1,2,close,99,", "p.csv:2: the trail_from 99 is on the wrong side of 100"),
        ("trailing_stop,sell,1,2,close,100,", "p.csv:2: the trail_from 100 is on the wrong side of 100"),
    ] {
        let message = refused(on_rows(&dir, &format!("{head}2024-01-01 00:00,{row}\n"), &[]));
        assert!(message.contains(words) && message.contains("or give trail_from_percent"), "{message}");
    }
}

#[test]
fn a_start_without_a_trail_or_in_two_units_is_refused() {
    let refusal = |sets: &[&str]| refused(setup(root().join("scenarios/ma-cross.toml"), sets));
    for unit in ["percent", "atr"] {
        let message = refusal(&[&format!("params.trail_from_{unit}=3")]);
        let words = format!("params.trail_from_{unit} must be left out where no stop trails");
        assert!(message.contains(&words), "{message}");
        assert!(message.contains("give params.trail_percent or params.trail_atr as well"), "{message}");
    }
    let message = refusal(&["params.trail_atr=1", "params.trail_from_atr=3", "params.trail_from_percent=3"]);
    assert!(
        message.contains("params.trail_from_atr must be left out where params.trail_from_percent is given"),
        "{message}"
    );
}
