//! Every fault of a file has its message.

use std::path::Path;

use super::{LoadRequest, Scratch, hours, load_csv, message};
use crate::TimeConvention;
use crate::market::Timeframe;

fn csv_message(text: impl AsRef<[u8]>) -> String {
    let scratch = Scratch::new();
    message(&scratch.csv(text), &LoadRequest::default())
}

const HEADER: &str = "time,open,high,low,close,volume\n";

/// Loads the header, a good row at 00:00 and `row`, which is line 3.
fn second_row(row: &str) -> String {
    csv_message(format!("{HEADER}2021-01-01 00:00,10,12,9,11,5\n{row}\n"))
}

const CHECK: &str = "\n\nhint: check the row, and that the header names the columns in their true order";
const EXPECTED: &str = "\n\nhint: expected a time column (open_time, timestamp, time, date, datetime, ts or gmt time) \
                        and open, high, low, close, volume, in any order and case; other names are told by an import: assay data import FILE --map close=Last";
const PLAIN: &str = "\n\nhint: write a plain number such as 42000.5";
const TIMES: &str = "\n\nhint: write times as YYYY-MM-DD HH:MM:SS (UTC), or as epoch seconds, milliseconds, \
                     microseconds or nanoseconds";

#[test]
fn headers() {
    let cases: &[(&str, String)] = &[
        (
            "\n\n \n",
            "a.csv: the file holds nothing but blank lines\n\nhint: download or export it again".into(),
        ),
        (HEADER, "a.csv: a header but no rows\n\nhint: download or export the file again".into()),
        ("\nhello world\n1,2\n", format!("a.csv:2: no recognisable header, found: hello world{EXPECTED}")),
        (
            "2021.01.01,00:00,1,2,0.5,1,3\n",
            format!("a.csv:1: no recognisable header, found: 2021.01.01, 00:00, 1, 2, 0.5, 1, 3{EXPECTED}"),
        ),
        (
            "time,open,high,low,close,Volume USDT\n",
            format!(
                "a.csv:1: missing column volume, found: time, open, high, low, close, Volume USDT{EXPECTED}"
            ),
        ),
        (
            "Date;SP500;Dividend\n",
            format!(
                "a.csv:1: missing columns open, high, low, close, volume, found: Date, SP500, Dividend{EXPECTED}"
            ),
        ),
        (
            "time,open,open,high,low,close,volume\n",
            "a.csv:1: columns 2 and 3 are both named \"open\"\n\nhint: rename or remove one of them".into(),
        ),
    ];
    for (text, want) in cases {
        assert_eq!(&csv_message(text), want);
    }
}

#[test]
fn rows() {
    let cut = "\n\nhint: the file may be cut off here; download or export it again";
    let cases = [
        ("2021-01-01 01:00,10,12", format!("a.csv:3: 3 fields where the header has 6{cut}")),
        ("2021", format!("a.csv:3: 1 field where the header has 6{cut}")),
        (
            "2021-01-01 01:00,10,12,9,11,5,6",
            "a.csv:3: 7 fields where the header has 6\n\nhint: the columns may be shifted against the header; \
             correct the header, or name the columns with --columns when importing"
                .into(),
        ),
        ("2021-01-01 01:00,10,12,9,abc,5", format!("a.csv:3: close is not a number: \"abc\"{PLAIN}")),
        ("2021-01-01 01:00,10,,9,11,5", "a.csv:3: high is empty\n\nhint: fill it in or leave the row out; a missing value is never made up".into()),
        (
            "2021-01-01 01:00,\"1,000.5\",12,9,11,5",
            "a.csv:3: open is not a number: \"1,000.5\"\n\nhint: say what the comma is when importing: \
             --decimal , (1,5 is one and a half) or --thousands , (1,500 is fifteen hundred)"
                .into(),
        ),
        ("01/02/2021,10,12,9,11,5", format!("a.csv:3: time is not a time: \"01/02/2021\"{TIMES}")),
        (",10,12,9,11,5", format!("a.csv:3: time is empty{TIMES}")),
        (
            "2021-01-01 01:00,NaN,12,9,11,5",
            format!("a.csv:3: open must be a finite positive price, was NaN (bar 2021-01-01 01:00:00){CHECK}"),
        ),
        (
            "2021-01-01 01:00,10,inf,9,11,5",
            format!("a.csv:3: high must be a finite positive price, was inf (bar 2021-01-01 01:00:00){CHECK}"),
        ),
        (
            "2021-01-01 01:00,10,9,12,11,5",
            format!("a.csv:3: high 9 is below low 12 (bar 2021-01-01 01:00:00){CHECK}"),
        ),
        (
            "2020-12-31 23:00,10,12,9,11,5",
            "a.csv:3: time 2020-12-31 23:00:00 is earlier than the row before it (2021-01-01 00:00:00)\n\n\
             hint: sort the file by time, oldest first; it is never sorted silently"
                .into(),
        ),
        (
            "1609459200,10,12,9,11,5",
            "a.csv:3: the time is written in another way than in the rows above\n\n\
             hint: write all times of the column in one way; which of two ways is meant is not ours to say"
                .into(),
        ),
        (
            "2021-01-01 00:00,10,12,9,11,5",
            "a.csv:3: duplicate time 2021-01-01 00:00:00\n\n\
             hint: remove the repeated rows; which one is right is not ours to say"
                .into(),
        ),
        (
            "1871-01-01,10,12,9,11,5",
            "a.csv:3: time 1871-01-01 00:00:00 is before 1970\n\nhint: check the unit and the column of the times"
                .into(),
        ),
        (
            "9999-01-01,10,12,9,11,5",
            "a.csv:3: time 9999-01-01 00:00:00 is after 2200\n\nhint: check the unit and the column of the times"
                .into(),
        ),
    ];
    for (row, want) in cases {
        assert_eq!(second_row(row), want);
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let row = |hour: i64, close: &str| format!("2021-01-01 0{hour}:00,10,12,9,{close},5");
    for newline in ["\n", "\r\n", "\r"] {
        let header = HEADER.trim();
        let lines = ["", "", header, "", &row(0, "11"), " ", "", &row(1, "x")];
        let want = format!("a.csv:8: close is not a number: \"x\"{PLAIN}");
        assert_eq!(csv_message(lines.join(newline)), want, "{newline:?}");
        let lines = ["", header, &row(0, "11"), "", &row(1, "11"), "", "", &row(2, "13"), &row(3, "11"), ""];
        assert_eq!(
            csv_message(lines.join(newline)),
            format!("a.csv:8: high 12 is below open 10 or close 13 (bar 2021-01-01 02:00:00){CHECK}"),
            "{newline:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_of_bars() {
    let cases: &[(&[u8], &str)] = &[
        (
            b"time,open,high,low,close,volume\n2021-01-01,10,12,9,11,\xC3\x28\n",
            "a.csv:2: not UTF-8 text (byte 0xC3)\n\nhint: save the file as UTF-8 text, or give a CSV or Parquet file",
        ),
        (
            b"\xFF\xFEt\0i\0m\0e\0",
            "a.csv:1: not UTF-8 text (byte 0xFF)\n\n\
             hint: this looks like UTF-16, which MetaTrader writes: save it as UTF-8",
        ),
        (
            b"\x1F\x8B\x08\0",
            "a.csv: a gzip archive\n\nhint: make bars of it: assay data import FILE --out bars.parquet",
        ),
        (
            b"PK\x03\x04",
            "a.csv: a zip archive\n\nhint: make bars of it: assay data import FILE --out bars.parquet",
        ),
        (b"FEA1\0\0\0\0", "a.csv: a Feather file of the first version\n\nhint: convert it to CSV or Parquet"),
        (
            b"ARROW1\0\0",
            "a.csv: unreadable Arrow file (Io error: invalid seek to a negative or overflowing position)\n\nhint: the file is \
             damaged; download or export it again",
        ),
        (
            b"[[1,2]]",
            "a.csv: this looks like JSON\n\nhint: make bars of it: assay data import FILE --out bars.parquet",
        ),
        (
            b"PAR1 and then nothing",
            "a.csv: the Parquet file is cut short (it does not end with PAR1)\n\nhint: download or export it again",
        ),
    ];
    for (bytes, want) in cases {
        assert_eq!(csv_message(bytes), *want);
    }
    let scratch = Scratch::new();
    let path = scratch.at("a.parquet");
    std::fs::write(&path, HEADER).unwrap();
    assert_eq!(
        message(&path, &LoadRequest::default()),
        "a.parquet: not a Parquet file (it does not begin with PAR1)\n\nhint: download or export it again"
    );
}

#[test]
fn timeframes() {
    let request =
        |text: &str| LoadRequest { timeframe: Some(text.parse().unwrap()), ..LoadRequest::default() };
    let scratch = Scratch::new();
    let path = scratch.csv(hours(3));
    assert_eq!(
        message(&path, &request("4h")),
        "a.csv: the bars are 1h apart, not 4h as requested\n\nhint: ask for 1h (data.timeframe in a scenario), or give a file of 4h bars"
    );
    let one = scratch.csv(hours(1));
    assert_eq!(
        message(&one, &LoadRequest::default()),
        "a.csv: one bar does not tell its length\n\nhint: give the timeframe, such as 1h"
    );
    assert_eq!(
        super::load(&one, &request("4h")).unwrap().bars.timeframe(),
        "4h".parse::<Timeframe>().unwrap()
    );

    let months: String = ["2012-01-31", "2012-02-29", "2012-03-31", "2012-04-30", "2012-05-31"]
        .map(|d| format!("{d},10,12,9,11,5\n"))
        .concat();
    assert_eq!(
        csv_message(format!("{HEADER}{months}")),
        "a.csv: the bars are not of one length: 2 of 5 open less than 31d after the bar before\n\n\
         hint: give bars of one length such as 1h, 1d or 1M; ticks are not, and months that begin on any day are made \
         such by an import"
    );
}

#[test]
fn ranges_outside_the_file() {
    let scratch = Scratch::new();
    let path = scratch.csv(hours(3));
    let range = |from_ms, to_ms| message(&path, &LoadRequest { from_ms, to_ms, ..LoadRequest::default() });
    let covers = "\n\nhint: the file covers 2020-09-13 12:00:00 to 2020-09-13 14:00:00";
    assert_eq!(range(None, Some(0)), format!("a.csv: no bars before 1970-01-01 00:00:00{covers}"));
    // What ends before the range is read, and none of it is within.
    let after = LoadRequest { from_ms: Some(1_700_000_000_000), ..LoadRequest::default() };
    let ended = crate::load(&path, &after).unwrap();
    assert_eq!((ended.bars.len(), ended.lead), (3, 3));
}

#[test]
fn the_other_edge_is_pointed_at() {
    let text = hours(3).replacen("time", "close_time", 1);
    assert!(csv_message(&text).ends_with(
        "hint: close_time is there: set data.time to \"close\" in a scenario, --time close for a command"
    ));
    let request = LoadRequest { time: TimeConvention::Close, ..LoadRequest::default() };
    assert!(load_csv(&text, &request).is_ok());
    let e = load_csv(hours(3).replacen("time", "open_time", 1), &request).unwrap_err();
    assert!(e.to_string().ends_with(
        "hint: open_time is there: set data.time to \"open\" in a scenario, --time open for a command"
    ));
    let epoch = format!("{HEADER}1970-01-01 00:00,10,12,9,11,5\n1970-01-01 01:00,10,12,9,11,5\n");
    let e = load_csv(epoch, &request).unwrap_err().to_string();
    assert!(e.contains("the first bar would open at 1969-12-31 23:00:00, before 1970"), "{e}");
}

#[test]
fn file_line_row_remedy_and_cause_are_fields() {
    use std::error::Error as _;

    use crate::error::{Error, ErrorKind};
    use crate::load;

    let scratch = Scratch::new();
    let refused = |path: &Path| -> Error { load(path, &LoadRequest::default()).unwrap_err() };
    let shown = |path: &Path| path.display().to_string();

    let csv = scratch.csv("time,open,high,low,close,volume\n2021-01-01,1,2,x,1,1\n2021-01-02,1,2,1,1,1\n");
    let e = refused(&csv);
    assert_eq!(
        (e.kind(), e.file(), e.line(), e.row()),
        (ErrorKind::Data, Some(&*shown(&csv)), Some(2), None)
    );
    assert_eq!(e.to_string(), format!("{}:2: {}\n\nhint: {}", shown(&csv), e.problem(), e.remedy().unwrap()));
    // What is wrong with a row as a bar is found later, and knows its line as well.
    let csv = scratch.csv("time,open,high,low,close,volume\n2021-01-01,1,2,1,1,1\n2021-01-02,1,2,3,1,1\n");
    assert_eq!((refused(&csv).file(), refused(&csv).line()), (Some(&*shown(&csv)), Some(3)));

    let gone = scratch.at("gone.csv");
    let e = refused(&gone);
    assert_eq!((e.file(), e.line(), e.key()), (Some(&*shown(&gone)), None, None));
    let cause = e.source().and_then(|s| s.downcast_ref::<std::io::Error>()).unwrap();
    assert_eq!(cause.kind(), std::io::ErrorKind::NotFound);

    // Parquet: a damaged file by the library's error, a wrong row by its number.
    let damaged = scratch.at("damaged.parquet");
    std::fs::write(&damaged, b"PAR1 and nothing that makes sense PAR1").unwrap();
    let e = refused(&damaged);
    assert_eq!((e.file(), e.row()), (Some(&*shown(&damaged)), None));
    assert!(e.source().is_some_and(|s| s.is::<parquet::errors::ParquetError>()), "{e:?}");
    let path = scratch.at("row.parquet");
    let mut bars = crate::table::Table::new();
    bars.push("open_time", crate::table::Column::TimeMs(vec![0, 3_600_000, 7_200_000]));
    for name in ["open", "high", "low", "close"] {
        bars.push(name, crate::table::Column::F64(vec![1.0, -1.0, 1.0]));
    }
    bars.push("volume", crate::table::Column::F64(vec![1.0; 3]));
    crate::table::write(&path, &bars, &[]).unwrap();
    let e = refused(&path);
    assert_eq!((e.file(), e.line(), e.row()), (Some(&*shown(&path)), None, Some(2)));
    assert!(e.to_string().starts_with(&format!("{}: row 2: ", shown(&path))), "{e}");

    // Files beside the bars.
    let positions = scratch.at("p.csv");
    std::fs::write(&positions, "time,position\n2021-01-01,1\nsoon,1\n").unwrap();
    assert_eq!(crate::load_positions(&positions).unwrap_err().line(), Some(3));
    std::fs::write(&positions, "time,position\n2021-01-01,1,7\n").unwrap();
    let e = crate::load_positions(&positions).unwrap_err();
    assert_eq!((e.file(), e.line()), (Some(&*shown(&positions)), Some(2)));
    assert!(e.source().is_some_and(|s| s.is::<csv::Error>()));
    std::fs::write(&positions, "time,side,order\n2021-01-01,up,market\n").unwrap();
    assert_eq!(crate::load_orders(&positions).unwrap_err().line(), Some(2));

    let out = scratch.at("no/such.parquet");
    let e = crate::write_atomic(&out, b"x").unwrap_err();
    assert_eq!((e.kind(), e.file()), (ErrorKind::Output, Some(&*shown(&out))));
    assert!(e.source().is_some());
}
