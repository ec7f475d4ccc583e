//! Wrong bars: file and row, problem and remedy, word by word.

use assay::data::table::{self, Table};

use crate::common::root;
use crate::place::{Place, csv, refused, rows};

#[test]
fn the_place_itself_is_fine() {
    let place = Place::new();
    place.backtest().assert().success();
}

/// Refusals of a whole file of bars.
#[test]
fn wrong_files_of_bars_are_named_with_a_remedy() {
    const AGAIN: &str = "download or export it again";
    const EXPECTED: &str = "expected a time column (open_time, timestamp, time, date, datetime, ts or gmt time) and \
                            open, high, low, close, volume, in any order and case; other names are told by an import: assay \
                            data import FILE --map close=Last";
    let bytes = |edit: fn(&mut Vec<u8>)| {
        refused(|p| {
            let mut whole = std::fs::read(root().join("datasets/btcusdt-1h.parquet")).unwrap();
            edit(&mut whole);
            std::fs::write(p.path("bars.csv"), whole).unwrap();
        })
    };
    let without_high = refused(|p| {
        let whole = table::read(&root().join("datasets/btcusdt-1h.parquet")).unwrap();
        let mut part = Table::new();
        whole.columns().filter(|(n, _)| *n != "high").for_each(|(n, c)| part.push(n.to_owned(), c.clone()));
        table::write(&p.path("bars.csv"), &part, &[]).unwrap();
    });
    for (message, problem, hint) in [
        (
            refused(|p| std::fs::remove_file(p.path("bars.csv")).unwrap()),
            "bars.csv: no such file",
            "check the path; a relative path starts at the current folder",
        ),
        (
            refused(|p| {
                std::fs::remove_file(p.path("bars.csv")).unwrap();
                std::fs::create_dir(p.path("bars.csv")).unwrap();
            }),
            "bars.csv: is a folder, not a file",
            "name one CSV or Parquet file inside it",
        ),
        (refused(|p| p.write("bars.csv", "")), "bars.csv: the file is empty (0 bytes)", AGAIN),
        (
            refused(|p| p.write("bars.csv", &csv(&[]))),
            "bars.csv: a header but no rows",
            "download or export the file again",
        ),
        (
            refused(|p| p.write("bars.csv", "time,open,high,low,close\n2021-01-01,1,1,1,1\n")),
            "bars.csv:1: missing column volume, found: time, open, high, low, close",
            EXPECTED,
        ),
        (
            without_high,
            "bars.csv: missing column high, found: open_time, open, low, close, volume, true_regime",
            EXPECTED,
        ),
        (
            bytes(|b| b.truncate(b.len() / 2)),
            "bars.csv: the Parquet file is cut short (it does not end with PAR1)",
            AGAIN,
        ),
        (
            bytes(|b| {
                let third = b.len() / 3;
                b[third..third + 4000].fill(7);
            }),
            "bars.csv: unreadable Parquet (Parquet argument error: External: Data corruption detected)",
            "the file is damaged; download or export it again",
        ),
        (
            bytes(|b| *b = b"\x1f\x8b\x08 some archive".to_vec()),
            "bars.csv: a gzip archive",
            "make bars of it: assay data import FILE --out bars.parquet",
        ),
        (
            refused(|p| p.write("bars.csv", &csv(&rows(150)))),
            "bars.csv: 150 bars in range, but the warm-up of this system takes 200 and at least 2 must follow",
            "give more history: set data.to later, or use a longer file",
        ),
        (
            refused(|p| p.write("bars.csv", &csv(&rows(201)))),
            "bars.csv: 201 bars in range, but the warm-up of this system takes 200 and at least 2 must follow",
            "give more history: set data.to later, or use a longer file",
        ),
        (
            refused(|p| p.scenario("from = \"2023-01-01\"\n")),
            "bars.csv: no bars from data.from on",
            "the bars open from 2021-01-01 00:00:00 to 2021-01-13 11:00:00: set data.from earlier or data.to later, or use a longer file",
        ),
        (
            refused(|p| p.scenario("from = \"2021-01-02\"\nto = \"2021-01-03\"\n")),
            "bars.csv: 48 bars in range, but the warm-up of this system takes 200 and at least 2 must follow",
            "give more history: set data.to later, or use a longer file",
        ),
        (
            refused(|p| p.scenario("from = \"2021-01-13 11:00\"\n")),
            "bars.csv: 1 bar from data.from on, and at least 2 are needed",
            "the bars open from 2021-01-01 00:00:00 to 2021-01-13 11:00:00: set data.from earlier or data.to later, or use a longer file",
        ),
        (
            refused(|p| p.scenario("timeframe = \"4h\"\n")),
            "bars.csv: the bars are 1h apart, not 4h as requested",
            "ask for 1h (data.timeframe in a scenario), or give a file of 4h bars",
        ),
    ] {
        assert_eq!(message, format!("error: {problem}\n\nhint: {hint}\n"));
    }
}

/// Refusals of one row: the fourth, at line 5, unless said otherwise.
#[test]
fn wrong_rows_are_named_by_line_with_a_remedy() {
    const CHECK: &str = "check the row, and that the header names the columns in their true order";
    let edited = |edit: &dyn Fn(&mut Vec<String>)| {
        refused(|p| {
            let mut lines = rows(300);
            edit(&mut lines);
            p.write("bars.csv", &csv(&lines));
        })
    };
    let row = |values: &str| edited(&|r| r[3] = format!("2021-01-01 03:00:00,{values}"));
    let bar = "(bar 2021-01-01 03:00:00)";
    for (message, problem, hint) in [
        (
            edited(&|r| r.swap(10, 11)),
            "13: time 2021-01-01 10:00:00 is earlier than the row before it (2021-01-01 11:00:00)".to_owned(),
            "sort the file by time, oldest first; it is never sorted silently",
        ),
        (
            edited(&|r| r[5] = r[4].clone()),
            "7: duplicate time 2021-01-01 04:00:00".to_owned(),
            "remove the repeated rows; which one is right is not ours to say",
        ),
        (row("100,101,NaN,100,5"), format!("5: low must be a finite positive price, was NaN {bar}"), CHECK),
        (row("100,101,99,inf,5"), format!("5: close must be a finite positive price, was inf {bar}"), CHECK),
        (row("-100,101,99,100,5"), format!("5: open must be a finite positive price, was -100 {bar}"), CHECK),
        (row("100,0,99,100,5"), format!("5: high must be a finite positive price, was 0 {bar}"), CHECK),
        (row("100,99,101,100,5"), format!("5: high 99 is below low 101 {bar}"), CHECK),
        (row("100,101,99,102,5"), format!("5: high 101 is below open 100 or close 102 {bar}"), CHECK),
        (row("100,101,99,98,5"), format!("5: low 99 is above open 100 or close 98 {bar}"), CHECK),
        (row("100,101,99,100,-5"), format!("5: volume must be finite and not negative, was -5 {bar}"), CHECK),
        (
            row("100,101"),
            "5: 3 fields where the header has 6".to_owned(),
            "the file may be cut off here; download or export it again",
        ),
        (
            row("100,101,99,,5"),
            "5: close is empty".to_owned(),
            "fill it in or leave the row out; a missing value is never made up",
        ),
        (
            row("100,101,99,much,5"),
            "5: close is not a number: \"much\"".to_owned(),
            "write a plain number such as 42000.5",
        ),
        (
            edited(&|r| r[3] = "3rd of May,100,101,99,100,5".to_owned()),
            "5: time is not a time: \"3rd of May\"".to_owned(),
            "write times as YYYY-MM-DD HH:MM:SS (UTC), or as epoch seconds, milliseconds, microseconds or \
             nanoseconds",
        ),
    ] {
        assert_eq!(message, format!("error: bars.csv:{problem}\n\nhint: {hint}\n"));
    }
}

#[test]
fn a_refusal_is_the_same_in_every_format() {
    for option in [&["--quiet"][..], &["--format", "json"], &["--gate"], &["--threads", "2"]] {
        let place = Place::new();
        place.write("bars.csv", "");
        let message = place.refusal(place.backtest().args(option));
        assert!(message.starts_with("error: bars.csv: the file is empty (0 bytes)"), "{option:?}: {message}");
    }
}
