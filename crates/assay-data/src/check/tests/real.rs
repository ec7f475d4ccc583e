//! Figures of real files, measured by another program, where the folder that `ASSAY_REAL_DATA` names is there.
//!
//! A line of `real.csv` is a file, a folder, or files with one star in their name. Times are the opens that the files show, read as UTC. An empty
//! cell was not measured, or of bids where rows hold the middle of bid and ask. Daily bars of weekdays were measured by their gaps of more than
//! three days alone.

use std::path::{Path, PathBuf};

use super::*;
use crate::import::{Options, import, series};
use crate::market::Zone;
use assay_testing::real;

const TABLE: &str = include_str!("real.csv");

fn folder() -> Option<PathBuf> {
    real("")
}

/// What a name of the table stands for, in the order of names.
fn files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let path = folder.join(name);
    let Some((before, after)) = name.rsplit('/').next().and_then(|n| n.split_once('*')) else {
        return if path.exists() { vec![path] } else { Vec::new() };
    };
    let fits = |p: &PathBuf| {
        let n = p.file_name().unwrap().to_string_lossy().into_owned();
        n.starts_with(before) && n.ends_with(after)
    };
    let all = std::fs::read_dir(path.parent().unwrap()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = all.map(|e| e.path()).filter(fits).collect();
    found.sort();
    found
}

fn imported(paths: &[PathBuf]) -> crate::error::Result<Rows> {
    let mut options = Options { zone: Some(Zone::UTC), ..Options::default() };
    if paths.iter().any(|p| p.ends_with("2006-01-02-volume-min-001.txt")) {
        // Its header has seven names, its rows eight fields.
        let names = ["date", "time", "open", "high", "low", "close", "volume", "open_interest"];
        options.columns = names.map(String::from).to_vec();
    }
    let files: Vec<PathBuf> = series(paths)?.into_iter().flat_map(|s| s.files).collect();
    import(&files, &options).map(|i| i.rows)
}

/// Where the figures of rows are not those of a line of the table.
fn differences(rows: &Rows, cells: &[&str]) -> Vec<String> {
    let f = found(rows).figures;
    let time = |ms: Option<i64>| ms.map(crate::market::format_time).unwrap_or_default();
    let percent = |e: Option<Extreme>| e.map(|e| e.value * 100.0);
    let longest = f.longest_gaps.first();
    let measured = [
        f.timeframe.map(|t| t.to_string()).unwrap_or_default(),
        f.rows.to_string(),
        time(f.first_ms),
        time(f.last_ms),
        f.gaps.to_string(),
        f.missing_bars.to_string(),
        time(longest.map(|g| g.from_ms)),
        time(longest.map(|g| g.to_ms)),
        // Where a file has no volume it was measured as having none to count.
        if rows.has_volume || cells[9] != "0" { f.zero_volume.to_string() } else { "0".into() },
        f.flat.to_string(),
        percent(f.biggest_move).map(|v| format!("{v:+.1}")).unwrap_or_default(),
        time(f.biggest_move.map(|e| e.time_ms)),
        percent(f.biggest_range).map(|v| format!("{v:.1}")).unwrap_or_default(),
        time(f.biggest_range.map(|e| e.time_ms)),
    ];
    let names = TABLE.lines().next().unwrap().split('|').skip(1);
    let pairs = names.zip(&measured).zip(&cells[1..]);
    pairs
        .filter(|((_, is), should)| !should.is_empty() && is.as_str() != **should)
        .map(|((name, is), should)| format!("{}: {name} is {is}, should be {should}", cells[0]))
        .collect()
}

#[test]
fn the_figures_of_real_files_are_those_measured() {
    let Some(folder) = folder() else { return };
    let mut wrong = Vec::new();
    for line in TABLE.lines().skip(1) {
        let cells: Vec<&str> = line.split('|').collect();
        let paths = files(&folder, cells[0]);
        if paths.is_empty() {
            println!("skipped: {} is not there", cells[0]);
            continue;
        }
        match imported(&paths) {
            Ok(rows) => wrong.extend(differences(&rows, &cells)),
            Err(e) => wrong.push(format!("{}: {e}", cells[0])),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is known to be in the files is found there.
#[test]
fn known_faults_of_real_files_are_found() {
    let Some(folder) = folder() else { return };
    use FindingKind::{BadWick, SuspectedSplit, TimezoneDoubt};
    for (name, kind, times) in [
        ("lean/equity/usa/daily/goog.zip", BadWick, &["2007-12-18", "2008-09-30"][..]),
        ("lean/equity/usa/daily/aapl.zip", BadWick, &["2009-09-21", "2010-08-31", "2011-01-03"]),
        ("lean/crypto/coinbase/daily/btcusd_trade.zip", BadWick, &["2017-04-15"]),
        ("lean/equity/usa/daily/goog.zip", SuspectedSplit, &["2014-04-03"]),
        (
            "lean/equity/usa/daily/aapl.zip",
            SuspectedSplit,
            &["2000-06-21", "2005-02-28", "2014-06-09", "2020-08-31"],
        ),
        ("backtrader-yahoo/nvda-1999-2014.txt", SuspectedSplit, &[]),
        ("backtrader-yahoo/orcl-1995-2014.txt", SuspectedSplit, &[]),
        ("backtrader-yahoo/yhoo-1996-2015.txt", SuspectedSplit, &[]),
        ("lean/forex/oanda/hour/eurusd.zip", TimezoneDoubt, &[]),
        ("lean/cfd/oanda/hour/xauusd.zip", TimezoneDoubt, &[]),
        ("backtesting.py/EURUSD.csv", TimezoneDoubt, &[]),
        ("nautilus/gbpusd-m1-bid-2012.csv", TimezoneDoubt, &[]),
    ] {
        let paths = files(&folder, name);
        if paths.is_empty() {
            continue;
        }
        let rows = match imported(&paths) {
            Ok(rows) => rows,
            Err(e) => panic!("{e}"),
        };
        let report = found(&rows);
        let got = report.find(kind).map(|f| f.rows.iter().map(|r| r.time_ms).collect::<Vec<_>>());
        let want: Vec<i64> = times.iter().map(|t| at(t)).collect();
        assert_eq!(got.unwrap_or_default(), want, "{name} {kind:?}");
    }
    for name in
        ["rnowotniak-mt4/EURUSD60.csv", "ejtrader-mt-points/XAUUSDh1.csv", "rnowotniak-mt4/GOLD60.csv"]
    {
        let Ok(rows) = imported(&files(&folder, name)) else { continue };
        let report = found(&rows);
        let text = report.find(TimezoneDoubt).map(|f| f.text.as_str()).unwrap_or_default();
        // These weeks end an hour earlier between the changes of New York's clock and of Europe's.
        assert!(text.contains("--timezone Europe/Athens fits all"), "{name}: {text}");
    }
}

/// A file whose name says eight minutes holds bars of one.
#[test]
fn the_name_of_a_real_file_is_contradicted() {
    let Some(folder) = folder() else { return };
    let paths = files(&folder, "freqtrade-testdata/UNITTEST_BTC-8m.json.gz");
    let Ok(rows) = imported(&paths) else { return };
    let stated_timeframe = Some("8m".parse().unwrap());
    let report = check(&rows, &CheckOptions { stated_timeframe, ..CheckOptions::default() });
    assert_eq!(
        of(&report, FindingKind::TimeframeContradicted).map(|f| (f.0, f.1)),
        Some((FindingSeverity::Error, 11_955))
    );
}
