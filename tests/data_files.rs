//! What files of bars are known by, and what is known of them goes with them: units, names of columns, clocks, instruments.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::assay;

/// A folder for files, and the program run in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Exit code, standard output and standard error of `assay` with these words.
    fn run(&self, command: &str) -> (i32, String, String) {
        let out = assay().current_dir(self.0.path()).args(command.split_whitespace()).output().unwrap();
        let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    /// What it prints where it ends well.
    fn says(&self, command: &str) -> String {
        let (code, text, error) = self.run(command);
        assert_eq!(code, 0, "{command}: {error}");
        text
    }

    /// What it refuses with, and writes nothing.
    fn refuses(&self, command: &str) -> String {
        let (code, _, error) = self.run(command);
        assert_eq!(code, 2, "{command}: {error}");
        assert!(!self.0.path().join("out.parquet").exists(), "{command}");
        error
    }

    fn metadata(&self, file: &str, key: &str) -> Option<String> {
        let table = assay::data::table::read(&self.0.path().join(file)).unwrap();
        table.metadata(key).map(str::to_owned)
    }
}

const START: i64 = 1_704_067_200_000;
const HOUR: i64 = 3_600_000;

/// Open, high, low, close and volume of bar `i` of a made-up market.
fn bar(i: i64) -> [f64; 5] {
    let price = |i: i64| 100.0 + ((i * 7919) % 101) as f64 / 50.0;
    let (o, c) = (price(i), price(i + 1));
    [o, o.max(c) + 0.5, o.min(c) - 0.5, c, 10.0 + (i % 5) as f64]
}

/// `n` bars of `step` from `from` on, as CSV under `header`.
fn csv(header: &str, from: i64, step: i64, n: i64) -> String {
    let mut text = format!("{header}\n");
    for i in 0..n {
        let [o, h, l, c, v] = bar(i);
        writeln!(text, "{},{o},{h},{l},{c},{v}", from + i * step).unwrap();
    }
    text
}

const HEADER: &str = "timestamp,open,high,low,close,volume";

/// The same bars as an Arrow batch whose volume is called `volume`.
fn batch(volume: &str) -> RecordBatch {
    let column =
        |k: usize| -> ArrayRef { Arc::new(Float64Array::from_iter_values((0..60).map(|i| bar(i)[k]))) };
    let times: ArrayRef = Arc::new(Int64Array::from_iter_values((0..60).map(|i| START + i * HOUR)));
    RecordBatch::try_from_iter([
        ("open_time", times),
        ("open", column(0)),
        ("high", column(1)),
        ("low", column(2)),
        ("close", column(3)),
        (volume, column(4)),
    ])
    .unwrap()
}

/// The same as Parquet.
fn parquet(folder: &Folder, name: &str, volume: &'static str) {
    use assay::data::table::{Column, Table, write};
    let column = |k: usize| Column::F64((0..60).map(|i| bar(i)[k]).collect());
    let mut table =
        Table::new().with("open_time", Column::TimeMs((0..60).map(|i| START + i * HOUR).collect()));
    for (k, name) in ["open", "high", "low", "close", volume].into_iter().enumerate() {
        table.push(name, column(k));
    }
    write(&folder.0.path().join(name), &table, &[]).unwrap();
}

fn arrow(batch: &RecordBatch) -> Vec<u8> {
    let mut w = arrow_ipc::writer::FileWriter::try_new(vec![], &batch.schema()).unwrap();
    w.write(batch).unwrap();
    w.finish().unwrap();
    w.into_inner().unwrap()
}

#[test]
fn a_column_that_looks_like_a_volume_is_named_in_every_format() {
    let f = Folder::new();
    let mut json = String::from("[");
    for i in 0..60 {
        let [o, h, l, c, v] = bar(i);
        let comma = if i > 0 { "," } else { "" };
        write!(json, "{comma}{{\"open_time\":{},\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"Volume USDT\":{v}}}", START + i * HOUR).unwrap();
    }
    json.push(']');
    parquet(&f, "a.parquet", "Volume USDT");
    f.write("a.arrow", arrow(&batch("Volume USDT"))).write("a.json", &json);
    f.write("a.csv", csv("open_time,open,high,low,close,Volume USDT", START, HOUR, 60));
    f.write("wrapped.json", format!("{{\"data\": {json}}}"));
    for file in ["a.parquet", "a.arrow", "a.json", "a.csv", "wrapped.json"] {
        let text = f.says(&format!("data check {file}")).replace('\n', " ");
        assert!(
            text.contains("Volume USDT may be it: --map volume=\"Volume USDT\" takes it"),
            "{file}: {text}"
        );
        // The remedy works.
        let out = assay()
            .current_dir(f.0.path())
            .args([
                "data",
                "import",
                file,
                "--map",
                "volume=Volume USDT",
                "--out",
                "taken.parquet",
                "--format",
                "json",
            ])
            .output()
            .unwrap();
        let said: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(said["report"]["figures"]["zero_volume"], 0, "{file}");
    }
}

#[test]
fn names_of_columns_are_taken_for_json_and_refused_where_columns_have_names() {
    let f = Folder::new();
    let rows: Vec<String> = (0..60)
        .map(|i| {
            let [o, h, l, c, v] = bar(i);
            format!("[{},{l},{h},{o},{c},{v}]", START + i * HOUR)
        })
        .collect();
    f.write("low.json", format!("{{\"code\": 0, \"result\": {{\"list\": [{}]}}}}", rows.join(",")));
    parquet(&f, "a.parquet", "volume");
    let columns = "--time open --columns time,low,high,open,close,volume";
    let e = f.refuses("data import low.json --time open --out out.parquet");
    assert!(e.contains("neither open, high, low, close nor open, close, high, low fits its rows"), "{e}");
    assert!(e.contains("low,high,open,close does"), "{e}");
    let text = f.says(&format!("data import low.json {columns} --out low.parquet"));
    assert!(
        text.contains("the rows are those of result.list in the JSON")
            && text.contains("0 errors, 0 warnings"),
        "{text}"
    );
    let e = f.refuses(&format!("data import a.parquet {columns} --out out.parquet"));
    assert!(e.contains("--columns cannot name its columns: its columns have names"), "{e}");
}

#[test]
fn the_name_of_a_folder_is_a_hint() {
    let f = Folder::new();
    for folder in ["d1", "w1", "a/h4/b", "d13"] {
        let file = format!("{folder}/bars.csv");
        f.write(&file, csv(HEADER, START, HOUR, 40));
        let text = f.says(&format!("data import {file} --time open --strict --out bars.parquet"));
        assert!(text.contains("reads like bars of") && text.contains("findings       none"), "{text}");
        // The name of the file itself is another matter.
        let file = format!("{folder}/X-1d.csv");
        f.write(&file, csv(HEADER, START, HOUR, 40));
        let text = f.says(&format!("data check {file}"));
        assert!(text.contains("timeframe_contradicted"), "{text}");
    }
    // One bar has no length, whatever its folder is called.
    f.write("d1/one.csv", csv(HEADER, START, HOUR, 1));
    assert!(
        f.refuses("data import d1/one.csv --time open --out out.parquet").contains("one bar does not tell")
    );
}

/// Daily rows as LEAN keeps shares, each price times `unit`.
fn lean(unit: f64) -> String {
    let days = (0..60).map(|i| (i, START + (i / 5 * 7 + i % 5) * 24 * HOUR));
    let row = |(i, t): (i64, i64)| {
        let day = assay::market::format_time(t)[..10].replace('-', "");
        let [o, h, l, c, v] = bar(i).map(|x| (x * 100.0).round() * (unit / 100.0));
        format!("{day} 00:00,{o},{h},{l},{c},{}\n", (v / unit * 1000.0).round())
    };
    days.map(row).collect()
}

#[test]
fn shares_in_ten_thousandths_are_asked_for_outside_of_their_folders() {
    let f = Folder::new();
    f.write("acme.csv", lean(10_000.0))
        .write("equity/usa/daily/acme.csv", lean(10_000.0))
        .write("coin.csv", lean(1.0));
    let e = f.refuses("data import acme.csv --time open --out out.parquet");
    assert!(
        e.contains("what its times or prices mean is not known") && e.contains("--price-scale 0.0001"),
        "{e}"
    );
    let text = f.says("data check acme.csv --time open");
    assert!(text.contains("to be answered before an import: prices are whole numbers"), "{text}");
    assert!(text.contains("prices_in_points"), "{text}");
    f.says("data import acme.csv --time open --price-scale 0.0001 --out scaled.parquet");
    f.says("data import equity/usa/daily/acme.csv --out there.parquet");
    let text = f.says("data check scaled.parquet --against there.parquet");
    assert!(text.contains("0 of 300 cells differ"), "{text}");
    // The user may know better, and prices with cents need no answer.
    f.says("data import acme.csv --time open --price-scale 1 --out asis.parquet");
    f.says("data import coin.csv --time open --out coin.parquet");
    // Minutes count from a midnight that only the folders say.
    let minutes: String =
        (0..30).map(|i| format!("{},2960000,2961000,2959000,2960000,5\n", 34_200_000 + i * 60_000)).collect();
    f.write("20200102_trade.csv", minutes);
    let e = f.refuses("data import 20200102_trade.csv --time open --out out.parquet");
    assert!(e.contains("milliseconds of a day") && e.contains("equity/usa/minute/aapl"), "{e}");
}

#[test]
fn each_of_two_files_has_its_own_clock() {
    let f = Folder::new();
    let zone: assay::market::Zone = "Europe/Athens".parse().unwrap();
    let stamped = |local: &dyn Fn(i64) -> i64| {
        let mut text = String::from("date,open,high,low,close,volume\n");
        for i in 0..24 * 200 {
            let [o, h, l, c, v] = bar(i);
            writeln!(text, "{},{o},{h},{l},{c},{v}", assay::market::format_time(local(START + i * HOUR)))
                .unwrap();
        }
        text
    };
    f.write("utc.csv", stamped(&|t| t)).write("athens.csv", stamped(&|t| zone.local_ms(t)));
    // The hour that the clock of Athens shows never is not in it.
    let first = |text: &str| text.lines().find(|l| l.contains("times_shifted")).map(str::to_owned);
    let text = f.says("data check utc.csv --time open --against athens.csv");
    assert!(first(&text).is_some(), "{text}");
    let text = f.says(
        "data check utc.csv --time open --timezone UTC --against athens.csv --against-timezone Europe/Athens",
    );
    assert!(text.contains("4,800 common bars, 0 only here, 0 only there; 0 of"), "{text}");
    // Of a file that names its own clock that of the other says nothing.
    f.says("data import utc.csv --time open --out utc.parquet");
    let text = f.says("data check athens.csv --time open --timezone Europe/Athens --against utc.parquet");
    assert!(text.contains("0 only there; 0 of"), "{text}");
    let (code, _, e) = f.run("data check utc.csv --against-timezone UTC");
    assert!(code == 2 && e.contains("--against"), "{e}");
    // Bars of another length are said first.
    f.says("data resample utc.parquet --to 4h --out four.parquet");
    let text = f.says("data check utc.parquet --against four.parquet");
    assert!(
        text.contains("not compared bar by bar") && text.contains("error    lengths_differ (1)"),
        "{text}"
    );
}

#[test]
fn longer_bars_and_an_import_of_them_keep_what_the_file_says_of_its_instrument() {
    let f = Folder::new();
    f.write("x.csv", csv(HEADER, START, HOUR, 24 * 30));
    f.says("data import x.csv --time open --symbol EURUSD --instrument EUR_USD --out eurusd.parquet");
    f.says("data resample eurusd.parquet --to 4h --out four.parquet");
    f.says("data import four.parquet --out again.parquet");
    for (file, length) in [("eurusd.parquet", "1h"), ("four.parquet", "4h"), ("again.parquet", "4h")] {
        let said = |key: &str| f.metadata(file, key).unwrap_or_default();
        assert_eq!(
            (said("assay:symbol"), said("assay:timeframe"), said("assay:time")),
            ("EURUSD".into(), length.into(), "open".into()),
            "{file}"
        );
        let instrument: Value = serde_json::from_str(&said("assay:instrument")).unwrap();
        assert_eq!(
            (&instrument["symbol"], &instrument["quote"]),
            (&"EUR_USD".into(), &"USD".into()),
            "{file}"
        );
    }
    // A CSV says nothing, and nothing is made up.
    f.says("data resample x.csv --to 4h --out plain.parquet");
    assert_eq!(f.metadata("plain.parquet", "assay:symbol"), None);
    // Under another name it is another instrument.
    f.says("data import four.parquet --symbol COIN --out coin.parquet");
    assert_eq!(f.metadata("coin.parquet", "assay:instrument"), None);
}

#[test]
fn a_run_on_another_file_takes_what_that_file_says_and_says_so() {
    let f = Folder::new();
    f.write("x.csv", csv(HEADER, START, HOUR, 24 * 30))
        .write("pos.csv", format!("time,position\n{},1\n", START));
    let scenario = "name = \"t\"\nsystem = \"signals\"\n[data]\nbars = [\"x.csv\"]\nsymbol = \"COIN\"\n[[instrument]]\nsymbol = \"COIN\"\ntick = 0.5\n[params]\nfile = \"pos.csv\"\n";
    f.write("s.toml", scenario);
    f.says("data import x.csv --time open --symbol EURUSD --instrument EUR_USD --out eurusd.parquet");
    let run = |more: &str| {
        let (code, text, error) = f.run(&format!("backtest s.toml --out runs --format json {more}"));
        assert_eq!(code, 0, "{error}");
        (serde_json::from_str::<Value>(&text).unwrap()["summary"].clone(), error)
    };
    let (own, said) = run("");
    assert_eq!(
        (&own["data"]["symbol"], &own["currency"], said.contains("says of itself")),
        (&"COIN".into(), &"USDT".into(), false)
    );
    // A CSV says nothing of its instrument.
    assert_eq!(run("--data x.csv").0["data"]["symbol"], "COIN");
    let (taken, said) = run("--data eurusd.parquet");
    assert_eq!((&taken["data"]["symbol"], &taken["currency"]), (&"EURUSD".into(), &"USD".into()));
    let notes = taken["notes"].to_string();
    for part in [
        "eurusd.parquet says of itself: symbol EURUSD (scenario: COIN",
        "(scenario: 0.5)",
        "the account is in USD",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
        assert!(said.contains(part), "{part}: {said}");
    }
    // So does a sweep.
    f.write(
        "sweep.toml",
        scenario.replace("\"signals\"", "\"ma-cross\"").replace("file = \"pos.csv\"", "fast = 3\nslow = 9")
            + "[sweep.params]\nfast = [2, 3]\n",
    );
    let (code, _, error) = f.run("sweep sweep.toml --out runs --data eurusd.parquet");
    assert!(code == 0 && error.contains("symbol EURUSD (scenario: COIN"), "{error}");
}

#[test]
fn no_file_is_written_over_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let row =
        |i: i64| format!("{},1,1.1,0.9,1,5\n", assay::market::format_time(1_672_617_600_000 + i * 3_600_000));
    let text = (0..60).map(row).fold("time,open,high,low,close,volume\n".to_owned(), |all, r| all + &r);
    let path = dir.path().join("bars.csv");
    std::fs::write(&path, &text).unwrap();
    for args in [
        &["data", "import", "bars.csv", "--time", "open", "--out", "./bars.csv"][..],
        &["data", "resample", "bars.csv", "--to", "2h", "--out", "bars.csv"],
        &["features", "bars.csv", "--feature", "sma:3", "--out", "bars.csv"],
    ] {
        let out = assay().current_dir(dir.path()).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(2) && said.contains("would be written over"), "{args:?}: {said}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn the_rows_of_several_instruments_are_told_apart() {
    let f = Folder::new();
    let mut text = String::from("time,symbol,open,high,low,close,volume\n");
    let mut json = vec![];
    for i in 0..60 {
        for (symbol, by) in [("AAA", 1.0), ("BBB", 7.0)] {
            let [o, h, l, c, v] = bar(i);
            let [o, h, l, c] = [o, h, l, c].map(|p| p * by);
            let t = START + i * HOUR;
            writeln!(text, "{t},{symbol},{o},{h},{l},{c},{v}").unwrap();
            json.push(format!(
                "{{\"t\":{t},\"ticker\":\"{symbol}\",\"o\":{o},\"h\":{h},\"l\":{l},\"c\":{c},\"v\":{v}}}"
            ));
        }
    }
    f.write("both.csv", &text).write("both.json", format!("[{}]", json.join(",")));
    for (file, place) in [("both.csv", "both.csv:3"), ("both.json", "both.json: row 2")] {
        let e = f.refuses(&format!("data import {file} --time open --out out.parquet"));
        assert!(e.contains(&format!("{place}: the rows are of 2 instruments (\"AAA\", \"BBB\")")), "{e}");
        assert!(e.contains("--symbol \"AAA\""), "{e}");
        let said = f.says(&format!("data import {file} --time open --symbol bbb --out b.parquet"));
        assert!(said.contains("the rows of BBB alone: 60 of others are left out"), "{said}");
        let table = assay::data::table::read(&f.0.path().join("b.parquet")).unwrap();
        assert_eq!((table.rows(), table.f64("open").unwrap()[3]), (60, bar(3)[0] * 7.0), "{file}");
        let (code, _, e) = f.run(&format!("data check {file} --time open"));
        assert!(code == 2 && e.contains("of 2 instruments"), "{e}");
    }
    // A run is of one as well: one after the other the rows are in order.
    let rows = text.lines().skip(1);
    let first = rows.clone().filter(|l| l.contains("AAA"));
    let later = rows.filter(|l| l.contains("BBB")).enumerate().map(|(i, l)| {
        let rest = l.split_once(',').unwrap().1;
        format!("{},{rest}", START + (60 + i as i64) * HOUR)
    });
    let lines: Vec<String> = first.map(str::to_owned).chain(later).collect();
    f.write("one.csv", format!("time,symbol,open,high,low,close,volume\n{}\n", lines.join("\n")));
    let (code, _, e) = f.run("features one.csv --time open --feature sma:5 --out f.parquet");
    assert!(code == 2 && e.contains("one.csv:62: the rows are of 2 instruments"), "{code} {e}");
    // Of Parquet too.
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(Int64Array::from_iter_values((0..60).map(|i| START + i * HOUR)))),
        ("symbol", Arc::new(arrow_array::StringArray::from_iter_values((0..60).map(|i| ["A", "B"][i % 2])))),
    ];
    for (k, name) in ["open", "high", "low", "close", "volume"].into_iter().enumerate() {
        columns.push((name, Arc::new(Float64Array::from_iter_values((0..60).map(|i| bar(i)[k])))));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    f.write("two.arrow", arrow(&batch));
    let e = f.refuses("data import two.arrow --time open --out out.parquet");
    assert!(e.contains("two.arrow: row 2: the rows are of 2 instruments"), "{e}");
    f.says("data import two.arrow --time open --symbol B --out b.parquet");
    let table = assay::data::table::read(&f.0.path().join("b.parquet")).unwrap();
    assert_eq!((table.rows(), table.f64("open").unwrap()[1]), (30, bar(3)[0]));
    // One instrument under another name is what the user says it is.
    f.write("a.csv", text.lines().filter(|l| !l.contains("BBB")).collect::<Vec<_>>().join("\n"));
    f.says("data import a.csv --time open --out a.parquet");
    assert_eq!(f.metadata("a.parquet", "assay:symbol").as_deref(), Some("AAA"));
    f.says("data import a.csv --time open --symbol CCC --out a.parquet");
    assert_eq!(f.metadata("a.parquet", "assay:symbol").as_deref(), Some("CCC"));
}

#[test]
fn an_average_price_is_not_taken_for_the_volume() {
    let f = Folder::new();
    let row = |i: i64, kraken: bool| {
        let [o, h, l, c, v] = bar(i);
        let t = START / 1000 + i * 3600;
        let middle = (h + l) / 2.0;
        match kraken {
            true => format!("[{t},\"{o}\",\"{h}\",\"{l}\",\"{c}\",\"{middle}\",\"{v}\",{}]", 5 + i),
            false => format!("[{t},{o},{h},{l},{c},{middle}]"),
        }
    };
    let rows = |kraken| format!("[{}]", (0..40).map(|i| row(i, kraken)).collect::<Vec<_>>().join(","));
    f.write("kraken.json", format!("{{\"error\":[],\"result\":{{\"XXBTZUSD\":{},\"last\":1}}}}", rows(true)));
    f.says("data import kraken.json --time open --out k.parquet");
    let table = assay::data::table::read(&f.0.path().join("k.parquet")).unwrap();
    assert_eq!(table.f64("volume").unwrap()[..3], [bar(0)[4], bar(1)[4], bar(2)[4]]);
    f.write("six.json", rows(false));
    f.write("six.csv", rows(false).replace("],[", "\n").replace(['[', ']'], ""));
    for file in ["six.json", "six.csv"] {
        let e = f.refuses(&format!("data import {file} --time open --out out.parquet"));
        assert!(e.contains("the sixth field lies between low and high in every row"), "{e}");
        f.says(&format!(
            "data import {file} --time open --columns time,open,high,low,close,volume --out v.parquet"
        ));
    }
}

#[test]
fn an_instrument_is_known_by_any_spelling() {
    let f = Folder::new();
    f.write("EUR_USD.csv", csv(HEADER, START, HOUR, 60)).write("x.csv", csv(HEADER, START, HOUR, 60));
    f.says("data import EUR_USD.csv --time open --out own.parquet");
    assert_eq!(f.metadata("own.parquet", "assay:symbol").as_deref(), Some("EURUSD"));
    f.says("data import x.csv --time open --symbol EURUSD --instrument EURUSD --out asked.parquet");
    for file in ["own.parquet", "asked.parquet"] {
        let said: Value = serde_json::from_str(&f.metadata(file, "assay:instrument").unwrap()).unwrap();
        assert_eq!(said["symbol"], "EUR_USD", "{file}");
    }
    let e = f.refuses("data import x.csv --time open --instrument EURUSE --out out.parquet");
    assert!(e.contains("no known instrument"), "{e}");
}

#[test]
fn prices_are_not_scaled_twice_and_the_close_alone_is_a_time() {
    let f = Folder::new();
    f.write("equity/usa/hour/acme.csv", lean(10_000.0));
    let e = f.refuses("data import equity/usa/hour/acme.csv --price-scale 0.0001 --out out.parquet");
    assert!(e.contains("would scale them again"), "{e}");
    // Times in a column of that name mark closes.
    f.write("x.csv", csv("close_time,open,high,low,close,volume", START, HOUR, 60));
    let said = f.says("data import x.csv --out x.parquet");
    let table = assay::data::table::read(&f.0.path().join("x.parquet")).unwrap();
    assert_eq!(table.time_ms("open_time").unwrap()[0], START - HOUR, "{said}");
}

#[test]
fn files_without_a_common_bar_are_no_clean_comparison() {
    let f = Folder::new();
    f.write("a.csv", csv(HEADER, START, HOUR, 60)).write("b.csv", csv(HEADER, START + 60 * HOUR, HOUR, 60));
    let (code, text, _) = f.run("data check a.csv --time open --against b.csv --strict");
    assert!(code == 3 && text.contains("no_common_bars"), "{code} {text}");
}

#[test]
fn what_a_sceptic_found_in_files() {
    let f = Folder::new();
    let ohlcv = |i: i64| {
        let [o, h, l, c, v] = bar(i);
        format!("{o},{h},{l},{c},{v}")
    };
    let rows = |time: &dyn Fn(i64) -> String| -> String {
        (0..40).map(|i| format!("{},{}\n", time(i), ohlcv(i))).collect()
    };
    let hour = |i: i64| assay::market::format_time(START + i * HOUR);
    let opens = |f: &Folder| {
        let table = assay::data::table::read(&f.0.path().join("o.parquet")).unwrap();
        (table.time_ms("open_time").unwrap().to_vec(), table.f64("open").unwrap().to_vec())
    };
    // The first row of a text without a header is a row, whatever its first column is.
    f.write("headless.csv", rows(&|i| format!("EURUSD,{}", hour(i))));
    f.says("data import headless.csv --time open --columns symbol,time,open,high,low,close,volume --out o.parquet");
    assert_eq!(opens(&f).1.len(), 40);
    // Dates with points follow --dates.
    let day = |i: i64| assay::market::format_time(START + i * 24 * HOUR);
    f.write(
        "dots.csv",
        format!(
            "date,open,high,low,close,volume\n{}",
            rows(&|i| {
                let d = day(i);
                format!("{}.{}.{}", &d[5..7], &d[8..10], &d[..4])
            })
        ),
    );
    f.says("data import dots.csv --dates mdy --out o.parquet");
    assert_eq!(opens(&f).0[1] - opens(&f).0[0], 24 * HOUR);
    // Numbers that are dates with clocks are no seconds.
    f.write(
        "digits.csv",
        format!(
            "time,open,high,low,close,volume\n{}",
            rows(&|i| { hour(i)[..16].replace(['-', ' ', ':'], "") })
        ),
    );
    f.says("data import digits.csv --time open --out o.parquet");
    assert_eq!(opens(&f).0[39], START + 39 * HOUR);
    f.write(
        "serial.csv",
        format!("time,open,high,low,close,volume\n{}", rows(&|i| (45_293 + i).to_string())),
    );
    let e = f.refuses("data import serial.csv --time open --out out.parquet");
    assert!(e.contains("serial.csv:2: these are no times"), "{e}");
    // Unpadded hours are of an unnamed clock.
    f.write(
        "short.csv",
        format!(
            "time,open,high,low,close,volume\n{}",
            rows(&|i| { format!("{} {}:00", &hour(i)[..10], i % 24) })
        ),
    );
    f.says("data import short.csv --time open --timezone America/New_York --out o.parquet");
    assert_eq!(opens(&f).0[0], START + 5 * HOUR);
    // Rows by their numbers say their own times.
    let objects: Vec<String> = (0..40)
        .map(|i| {
            let [o, h, l, c, v] = bar(i);
            let t = START + i * HOUR;
            format!(
                "\"{t}\":{{\"time\":{t},\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"volume\":{v}}}"
            )
        })
        .collect();
    f.write("index.json", format!("{{{}}}", objects.join(",")));
    f.says("data import index.json --time open --out o.parquet");
    assert_eq!(opens(&f).0[39], START + 39 * HOUR);
    let numbered: Vec<String> =
        objects.iter().enumerate().map(|(i, o)| format!("\"{i}\":{}", &o[o.find('{').unwrap()..])).collect();
    f.write("numbered.json", format!("{{{}}}", numbered.join(",")));
    let (code, ..) = f.run("data import numbered.json --time open --out out.parquet");
    assert!(code == 2 && !f.0.path().join("out.parquet").exists());
    // A column that names no instruments, and a name that the source does not have.
    f.write(
        "pattern.csv",
        format!(
            "time,open,high,low,close,volume,name\n{}",
            (0..40)
                .map(|i| { format!("{},{},{}\n", hour(i), ohlcv(i), ["Doji", "Hammer"][i as usize % 2]) })
                .collect::<String>()
        ),
    );
    let e = f.refuses("data import pattern.csv --time open --out out.parquet");
    assert!(e.contains("--map symbol=-"), "{e}");
    f.says("data import pattern.csv --time open --map symbol=- --out o.parquet");
    assert_eq!(opens(&f).1.len(), 40);
    f.write(
        "named.csv",
        format!("time,symbol,open,high,low,close,volume\n{}", rows(&|i| format!("{},AAPL", hour(i)))),
    );
    let said = f.says("data import named.csv --time open --symbol MSFT --out o.parquet");
    assert!(said.contains("the source says AAPL; written as MSFT, as asked for"), "{said}");
    // A zone that is named and another that is asked for.
    f.write(
        "zone.csv",
        format!("time,open,high,low,close,volume\n{}", rows(&|i| format!("{} US/Eastern", hour(i)))),
    );
    let e = f.refuses("data import zone.csv --time open --timezone Europe/London --out out.parquet");
    assert!(e.contains("names the zone") && e.contains("leave out --timezone"), "{e}");
    // A spread that is no number is no missing one.
    f.write(
        "spread.csv",
        format!(
            "time,open,high,low,close,volume,spread\n{}",
            (0..40).map(|i| { format!("{},{},\"0,5\"\n", hour(i), ohlcv(i)) }).collect::<String>()
        ),
    );
    let e = f.refuses("data import spread.csv --time open --out out.parquet");
    assert!(e.contains("spread is not a number: \"0,5\"") && e.contains("--decimal"), "{e}");
    // What says how to read one file says nothing of another that is understood by itself.
    f.write("plain.csv", csv(HEADER, START, HOUR, 40));
    f.write("above.csv", format!("x\ny\n{}", csv(HEADER, START, HOUR, 40)));
    let text = f.says("data check above.csv --skip 2 --time open --against plain.csv");
    assert!(text.contains("40 common bars") && text.contains("0 of 200 cells differ"), "{text}");
}
