//! `assay data import`: files as they come, to bars that a backtest takes; and files that are refused.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{assay, real_data};

/// Exit code, standard output and standard error of `assay data ARGS`.
fn data(args: &[&str]) -> (i32, String, String) {
    let out = assay().arg("data").args(args).output().unwrap();
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

/// A real file or folder, or none with a line that says so.
fn real(name: &str) -> Option<String> {
    let path = real_data(name)?.join(name);
    path.exists().then(|| path.display().to_string())
}

/// What importing `files` says, as JSON, and the file it made.
fn imported(scratch: &Scratch, files: &[&str], more: &[&str]) -> (Value, PathBuf) {
    let out = scratch.at("out.parquet");
    let args: Vec<&str> = ["import"]
        .iter()
        .chain(files)
        .chain(["--out", &out, "--format", "json"].iter())
        .chain(more)
        .copied()
        .collect();
    let (code, text, error) = data(&args);
    assert_eq!(code, 0, "{error}");
    (serde_json::from_str(&text).unwrap(), PathBuf::from(out))
}

/// The bars of a file, as `open_time,open,high,low,close,volume` of each row.
fn bars(path: &Path) -> Vec<(i64, [f64; 5])> {
    let loaded = assay::data::load(path, &assay::data::LoadRequest::default()).unwrap();
    let b = &loaded.bars;
    (0..b.len())
        .map(|i| (b.open_time()[i], [b.open()[i], b.high()[i], b.low()[i], b.close()[i], b.volume()[i]]))
        .collect()
}

fn ms(text: &str) -> i64 {
    assay::market::parse_time(text).unwrap()
}

const H: i64 = 3_600_000;

/// Rows of a kline file from an hour on; microseconds where `unit` is 1000.
fn klines(from_ms: i64, n: i64, unit: i64) -> String {
    (0..n)
        .map(|i| {
            let t = from_ms + i * H;
            let p = 100.0 + (i % 9) as f64;
            let close_time = if unit == 1 { t + H - 1 } else { (t + H) * 1000 - 1 };
            format!("{},{p},{},{},{p},7.5,{close_time},0,1,0,0,0\n", t * unit, p + 1.0, p - 1.0)
        })
        .collect()
}

fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut w = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    w.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    w.write_all(bytes).unwrap();
    w.finish().unwrap().into_inner()
}

/// Months in any order, one with milliseconds and a header, the next with microseconds and none, one zipped: one history.
#[test]
fn months_of_klines_become_one_history_that_a_backtest_takes() {
    let s = Scratch::new();
    let header = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n";
    let december = ms("2024-12-01");
    let january = december + 744 * H;
    let a = s.write("BTCUSDT-1h-2024-12.csv", format!("{header}{}", klines(december, 744, 1)));
    let b = s.write(
        "BTCUSDT-1h-2025-01.zip",
        zipped("BTCUSDT-1h-2025-01.csv", klines(january, 744, 1000).as_bytes()),
    );
    let (said, path) = imported(&s, &[&b, &a], &[]);
    assert_eq!(
        (&said["source"]["format"], &said["source"]["symbol"]),
        (&"binance".into(), &"BTCUSDT".into())
    );
    assert_eq!(said["source"]["files"][0]["name"], "BTCUSDT-1h-2024-12.csv");
    assert_eq!(said["report"]["figures"]["rows"], 1488);
    assert_eq!(said["report"]["figures"]["missing_bars"], 0);
    let rows = bars(&path);
    assert_eq!((rows[0].0, rows[744].0, rows[1487].0), (december, january, december + 1487 * H));

    // The file says of itself what it is, and is read again without a question.
    let out = s.at("again.parquet");
    let (code, text, error) = data(&["import", path.to_str().unwrap(), "--out", &out, "--format", "json"]);
    assert_eq!(code, 0, "{error}");
    let again: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&again["source"]["symbol"], &again["source"]["questions"]),
        (&"BTCUSDT".into(), &Value::Array(vec![]))
    );
    let args = [
        "backtest",
        "scenarios/ma-cross.toml",
        "--data",
        path.to_str().unwrap(),
        "--out",
        &s.at("runs"),
        "--quiet",
    ];
    let scenario_there = crate::common::root().join("scenarios/ma-cross.toml").exists();
    if scenario_there {
        assert!(assay().args(args).output().unwrap().status.success());
    }
}

#[test]
fn what_the_files_do_not_tell_is_asked_for() {
    let s = Scratch::new();
    let rows: String =
        (0..48).map(|i| format!("2024-01-{:02} {:02}:00,1,2,0.5,1,3\n", 1 + i / 24, i % 24)).collect();
    let plain = s.write("x.csv", format!("datetime,open,high,low,close,volume\n{rows}"));
    let out = s.at("o.parquet");
    let (code, _, error) = data(&["import", &plain, "--out", &out]);
    assert_eq!(code, 2);
    assert!(
        error.contains("what its times or prices mean is not known")
            && error.contains("--time open or --time close"),
        "{error}"
    );
    assert!(!Path::new(&out).exists());
    let (said, path) = imported(&s, &[&plain], &["--time", "close"]);
    assert_eq!(bars(&path)[0].0, ms("2023-12-31 23:00"));
    assert_eq!(said["source"]["time"], "close");

    let broker: String =
        (0..48).map(|i| format!("2024.07.{:02},{:02}:00,1,2,0.5,1,3\n", 1 + i / 24, i % 24)).collect();
    let mt = s.write("EURUSD60.csv", broker.replace('\n', "\r\n"));
    let (code, _, error) = data(&["import", &mt, "--out", &out]);
    assert_eq!(code, 2);
    assert!(error.contains("the clock of the broker's server") && error.contains("--timezone"), "{error}");
    let (said, path) = imported(&s, &[&mt], &["--timezone", "America/New_York+7"]);
    assert_eq!(bars(&path)[0].0, ms("2024-06-30 21:00"));
    assert_eq!(
        (&said["source"]["format"], &said["source"]["zone"]),
        (&"metatrader".into(), &"America/New_York+07:00".into())
    );
    // A check says what is open and goes on.
    let (code, text, _) = data(&["check", &mt]);
    assert_eq!(code, 0);
    assert!(
        text.contains("to be answered before an import: the times are on the clock of the broker's server"),
        "{text}"
    );
}

#[test]
fn repairs_are_chosen_by_name_and_counted_in_the_file() {
    let s = Scratch::new();
    let mut rows: Vec<String> = klines(ms("2024-01-01"), 100, 1).lines().map(str::to_owned).collect();
    rows.swap(3, 4);
    rows.insert(10, rows[10].clone());
    let file = s.write("BTCUSDT-1h.csv", rows.join("\n"));
    let out = s.at("o.parquet");
    let (code, _, error) = data(&["import", &file, "--out", &out]);
    assert_eq!(code, 2);
    assert!(
        error.contains("BTCUSDT-1h.csv:5: time 2024-01-01 03:00:00 is earlier than the row before it"),
        "{error}"
    );
    assert!(error.contains("--fix sort,dedup") && !Path::new(&out).exists(), "{error}");
    let (said, path) = imported(&s, &[&file], &["--fix", "sort,dedup,drop-last"]);
    let repairs: Vec<(&str, u64)> = said["repairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["fix"].as_str().unwrap(), r["rows"].as_u64().unwrap()))
        .collect();
    assert_eq!(repairs, [("sort", 2), ("dedup", 1), ("drop-last", 1)]);
    assert_eq!(bars(&path).len(), 99);
    let written = assay::data::table::read(&path).unwrap();
    let source: Value = serde_json::from_str(written.metadata("assay:import").unwrap()).unwrap();
    assert_eq!(source["repairs"], serde_json::json!([["sort", 2], ["dedup", 1], ["drop-last", 1]]));
    assert_eq!(source["files"][0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(
        (written.metadata("assay:symbol"), written.metadata("assay:timeframe")),
        (Some("BTCUSDT"), Some("1h"))
    );

    // With --strict nothing is written while something is wrong.
    let strict = s.at("strict.parquet");
    let (code, text, _) = data(&["import", &file, "--out", &strict, "--strict"]);
    assert_eq!(code, 3);
    assert!(text.contains("nothing is written") && !Path::new(&strict).exists(), "{text}");
}

#[test]
fn bids_and_asks_are_mid_prices_and_a_spread() {
    let s = Scratch::new();
    let side = |p: f64| -> String {
        let rows: String =
            (0..60).map(|i| format!("2024-01-01 00:{i:02}:00+00:00,{p},{p},{p},{p}\n")).collect();
        format!("timestamp,open,high,low,close\n{rows}")
    };
    let bid = s.write("eurusd-m1-bid.csv", side(1.25));
    let ask = s.write("eurusd-m1-ask.csv", side(1.5));
    let (said, path) = imported(&s, &[&ask, &bid], &["--time", "open"]);
    assert_eq!(bars(&path)[7].1, [1.375, 1.375, 1.375, 1.375, 0.0]);
    let spread = assay::data::load(&path, &assay::data::LoadRequest::default()).unwrap().spread.unwrap();
    assert_eq!((spread.len(), spread[0]), (60, 0.25));
    let notes = said["source"]["notes"].to_string();
    assert!(notes.contains("the middle of bid and ask") && notes.contains("no volume"), "{notes}");
}

#[test]
fn columns_are_named_where_the_file_does_not() {
    let s = Scratch::new();
    // Seven names over eight fields.
    let rows: String =
        (0..60).map(|i| format!("2006-01-02,09:{i:02}:00,3602,3603,3597,3599,5699,0\n")).collect();
    let file = s.write("f.txt", format!("Date,Open,High,Low,Close,Volume,OpenInterest\n{rows}"));
    let (code, _, error) = data(&["import", &file, "--out", &s.at("o.parquet"), "--time", "close"]);
    assert_eq!(code, 2);
    assert!(
        error.contains("f.txt:2: 8 fields where the header has 7") && error.contains("--columns"),
        "{error}"
    );
    let names = "date,time,open,high,low,close,volume,openinterest";
    let (_, path) = imported(&s, &[&file], &["--columns", names, "--time", "close"]);
    assert_eq!(bars(&path)[0], (ms("2006-01-02 08:59"), [3602.0, 3603.0, 3597.0, 3599.0, 5699.0]));
    let last = s.write(
        "l.csv",
        "open_time,open,high,low,Last,volume\n2024-01-01 00:00,1,2,0.5,1,3\n2024-01-01 01:00,1,2,0.5,1.5,3\n",
    );
    let (_, path) = imported(&s, &[&last], &["--map", "close=Last"]);
    assert_eq!(bars(&path)[1].1[3], 1.5);
    let slashes =
        s.write("d.csv", "date,open,high,low,close,volume\n01/02/2024,1,2,0.5,1,3\n02/02/2024,1,2,0.5,1,3\n");
    let (_, _, error) = data(&["import", &slashes, "--out", &s.at("o.parquet")]);
    assert!(error.contains("can be read in two ways") && error.contains("--dates dmy"), "{error}");
    let (_, path) = imported(&s, &[&slashes], &["--dates", "dmy"]);
    assert_eq!(bars(&path)[1].0, ms("2024-02-02"));
}

#[test]
fn what_is_found_out_can_be_overridden_where_the_file_allows_it() {
    let s = Scratch::new();
    // A count of ticks makes an export of MetaTrader of it, whose clock must be said; as plain CSV it is taken at its word.
    let rows: String =
        (0..30).map(|i| format!("2024-01-01 {:02}:{:02}:00,1,2,0.5,1,3\n", i / 60, i % 60)).collect();
    let ticks = s.write("x.csv", format!("date,open,high,low,close,tick_volume\n{rows}"));
    let out = s.at("o.parquet");
    let (code, _, error) = data(&["import", &ticks, "--out", &out, "--time", "open"]);
    assert!(code == 2 && error.contains("--timezone"), "{error}");
    let (said, path) = imported(&s, &[&ticks], &["--as", "csv", "--time", "open"]);
    assert_eq!((&said["source"]["format"], bars(&path)[0].0), (&"csv".into(), ms("2024-01-01")));
    let (_, _, error) = data(&["import", &ticks, "--out", &out, "--as", "freqtrade"]);
    assert!(error.contains("cannot be freqtrade; it could be csv, binance, bitfinex"), "{error}");
    let (_, _, error) = data(&["import", &ticks, "--out", &out, "--as", "lean"]);
    assert!(error.contains("keep equity/usa/daily or the like above them"), "{error}");

    // Bars of one price do not show their order; it is said, and then it is taken.
    let flat: Vec<String> = (0..30).map(|i| format!("[{},2,2,2,2,7]", ms("2024-01-01") + i * H)).collect();
    let flat = s.write("flat.json", format!("[{}]", flat.join(",")));
    let (code, _, error) = data(&["import", &flat, "--out", &out]);
    assert!(code == 2 && error.contains("both fit its rows"), "{error}");
    assert_eq!(imported(&s, &[&flat], &["--as", "bitfinex"]).0["source"]["format"], "bitfinex");
    // What the rows disprove is not taken.
    let ohlc: Vec<String> = (0..30).map(|i| format!("[{},2,4,1,3,7]", ms("2024-01-01") + i * H)).collect();
    let ohlc = s.write("ohlc.json", format!("[{}]", ohlc.join(",")));
    let (_, _, error) = data(&["import", &ohlc, "--out", &out, "--as", "bitfinex"]);
    assert!(error.contains("which is not the order of bitfinex"), "{error}");
}

#[test]
fn json_of_unknown_origin_is_not_taken_for_known() {
    let s = Scratch::new();
    let rows = |name: &str, time: &dyn Fn(i64) -> String| -> String {
        let all: Vec<String> = (0..30)
            .map(|i| {
                format!(
                    "{{\"{name}\":{},\"open\":1,\"high\":2,\"low\":1,\"close\":1.5,\"volume\":3}}",
                    time(i)
                )
            })
            .collect();
        format!("[{}]", all.join(","))
    };
    let epoch = |i: i64| (ms("2024-01-01") + i * H).to_string();
    let out = s.at("o.parquet");
    let duka = s.write("d.json", rows("timestamp", &epoch));
    assert_eq!(imported(&s, &[&duka], &[]).0["source"]["format"], "dukascopy");
    // Another name: nobody says which edge it is.
    let other = s.write("t.json", rows("time", &epoch));
    let (code, _, error) = data(&["import", &other, "--out", &out]);
    assert!(code == 2 && error.contains("--time open or --time close"), "{error}");
    assert_eq!(imported(&s, &[&other], &["--time", "open"]).0["source"]["format"], "json");
    // Text without a zone is taken as UTC, and that is said.
    let text =
        s.write("x.json", rows("open_time", &|i| format!("\"2024-01-{:02} {:02}:00\"", 1 + i / 24, i % 24)));
    let (said, _) = imported(&s, &[&text], &[]);
    assert!(said["source"]["notes"].to_string().contains("name no zone and are taken as UTC"), "{said}");
    let (_, path) = imported(&s, &[&text], &["--timezone", "America/New_York"]);
    assert_eq!(bars(&path)[0].0, ms("2024-01-01 05:00"));
}

#[test]
fn files_on_different_clocks_are_not_one_series() {
    let s = Scratch::new();
    let header = "open_time,open,high,low,close,volume\n";
    let a = s.write(
        "a-2024-01.csv",
        format!(
            "{header}{}",
            (0..30).map(|i| format!("{},1,2,0.5,1,3\n", ms("2024-01-01") + i * H)).collect::<String>()
        ),
    );
    let b = s.write(
        "a-2024-02.csv",
        format!(
            "{header}{}",
            (0..30)
                .map(|i| format!("2024-02-{:02} {:02}:00,1,2,0.5,1,3\n", 1 + i / 24, i % 24))
                .collect::<String>()
        ),
    );
    let (code, _, error) = data(&["import", &a, &b, "--out", &s.at("o.parquet")]);
    assert_eq!(code, 2);
    assert!(error.contains("its clock is not named, of") && error.contains("it is UTC"), "{error}");
}

#[test]
fn columns_of_parquet_can_be_named_and_a_gap_in_adj_close_is_no_silent_one() {
    use assay::data::table::{self, Column, Table};
    let s = Scratch::new();
    let file = s.at("p.parquet");
    let price = |p: f64| Column::F64(vec![p; 30]);
    let table = Table::new()
        .with("when", Column::TimeMs((0..30).map(|i| ms("2024-01-01") + i * H).collect()))
        .with_all([
            ("open", price(1.0)),
            ("high", price(2.0)),
            ("low", price(0.5)),
            ("close", price(1.0)),
            ("last", price(1.5)),
            ("volume", price(3.0)),
        ]);
    table::write(Path::new(&file), &table, &[]).unwrap();
    let (_, path) = imported(&s, &[&file], &["--map", "time=when", "--map", "close=last", "--time", "open"]);
    assert_eq!(bars(&path)[3], (ms("2024-01-01 03:00"), [1.0, 2.0, 0.5, 1.5, 3.0]));

    let rows: String = (1..20)
        .map(|d| format!("2024-01-{d:02},1,2,0.5,1,{},3\n", if d == 7 { "null" } else { "0.9" }))
        .collect();
    let yahoo = s.write("y.csv", format!("Date,Open,High,Low,Close,Adj Close,Volume\n{rows}"));
    assert_eq!(bars(&imported(&s, &[&yahoo], &[]).1).len(), 19);
    let (code, _, error) = data(&["import", &yahoo, "--out", &s.at("o.parquet"), "--adjust"]);
    assert_eq!(code, 2);
    assert!(error.contains("the adjusted close is missing in rows that have prices"), "{error}");
}

/// Each is a refusal with the place, in the words of the user's problem, exit code 2, and nothing written.
#[test]
fn bad_input_is_refused_clearly() {
    let s = Scratch::new();
    let good = "open_time,open,high,low,close,volume\n2024-01-01 00:00,1,2,0.5,1,3\n";
    let whole = zipped("a.csv", klines(ms("2024-01-01"), 500, 1).as_bytes());
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("cut.zip", whole[..whole.len() - 60].to_vec(), "the archive is damaged or cut short"),
        (
            "bomb.zip",
            zipped("a.csv", &vec![b'1'; 80 << 20]),
            "unpacks to far more than bars of its size can be",
        ),
        ("zero.feather", vec![], "the file is empty (0 bytes)"),
        (
            "fields.csv",
            format!("{good}2024-01-01 01:00,1,2,0.5,1,3,9\n").into(),
            "fields.csv:3: 7 fields where the header has 6",
        ),
        ("latin.csv", [good.as_bytes(), b"caf\xE9"].concat(), "latin.csv:3: not UTF-8 text (byte 0xE9)"),
        (
            "mixed.csv",
            format!("{good}02.01.2024 00:00,1,2,0.5,1,3\n").into(),
            "mixed.csv:3: the time is written in another way",
        ),
        (
            "nought.csv",
            format!("{good}2024-01-01 01:00,0,2,0,1,3\n").into(),
            "nought.csv:3: open must be a finite positive price, was 0",
        ),
        (
            "minus.csv",
            format!("{good}2024-01-01 01:00,1,2,-0.5,1,3\n").into(),
            "minus.csv:3: low must be a finite positive price, was -0.5",
        ),
        (
            "monthly.csv",
            b"Date,SP500,Dividend\n1871-01-01,4.44,0.26\n".to_vec(),
            "missing columns open, high, low, close, found: Date, SP500, Dividend",
        ),
        (
            "months.csv",
            (1..13)
                .fold("date,open,high,low,close,volume\n".to_owned(), |t, m| {
                    // Two days in each month, at no steady distance.
                    t + &format!("2023-{m:02}-01,1,2,0.5,1,3\n2023-{m:02}-{},1,2,0.5,1,3\n", 11 + m)
                })
                .into(),
            "not of one length",
        ),
        ("empty.json", b"[]".to_vec(), "an array without a row"),
        (
            "trades.json",
            b"[[1570752011620,\"13\",null,\"sell\",1,2,3]]".to_vec(),
            "field 3 is null where a number is expected",
        ),
        (
            "a-8m.json",
            {
                let rows: Vec<String> = (0..60)
                    .map(|i| format!("[{},1,2,0.5,1.5,3]", 1_700_000_040_000i64 + i * 60_000))
                    .collect();
                format!("[{}]", rows.join(",")).into()
            },
            "the bars are 1m apart, not 5m as asked for",
        ),
    ];
    for (name, bytes, want) in cases {
        let file = s.write(name, bytes);
        let out = s.at("o.parquet");
        let more: &[&str] = if name == "a-8m.json" { &["--timeframe", "5m", "--time", "open"] } else { &[] };
        let args: Vec<&str> = ["import", &file, "--out", &out].iter().chain(more).copied().collect();
        let (code, text, error) = data(&args);
        assert_eq!((code, text.as_str()), (2, ""), "{name}: {error}");
        assert!(error.contains(want) && error.contains("hint: "), "{name}: {error}");
        assert!(!Path::new(&out).exists());
    }
    let two = [
        s.write("BTCUSDT-1h-2024-01.csv", klines(ms("2024-01-01"), 30, 1)),
        s.write("ETHUSDT-1h-2024-01.csv", klines(ms("2024-01-01"), 30, 1)),
    ];
    let (code, _, error) = data(&["import", &two[0], &two[1], "--out", &s.at("o.parquet")]);
    assert_eq!(code, 2);
    assert!(error.contains("its symbol is ETHUSDT") && error.contains("one instrument"), "{error}");
}

/// What is really in the files of `ASSAY_REAL_DATA`, trap by trap.
#[test]
fn traps_of_real_files() {
    let s = Scratch::new();
    // Prices in points, on the clock of a broker.
    if let Some(gold) = real("ejtrader-mt-points/XAUUSDh1.csv") {
        let (_, text, _) = data(&["check", &gold]);
        assert!(text.contains("points"), "{text}");
        let (said, path) =
            imported(&s, &[&gold], &["--price-scale", "0.01", "--timezone", "America/New_York+7"]);
        assert_eq!(said["report"]["figures"]["rows"], 57_600);
        assert_eq!(bars(&path)[0], (ms("2012-05-17 05:00"), [1547.59, 1553.84, 1547.4, 1552.95, 4418.0]));
    }
    // Open, close, high, low; minutes without trades are absent.
    if let Some(year) = real("bitfinex-1m/BTCUSD_Candles_1m_2018_raw.tar.gz") {
        let (said, path) = imported(&s, &[&year], &[]);
        assert_eq!(
            (&said["source"]["format"], &said["report"]["figures"]["rows"]),
            (&"bitfinex".into(), &520_499.into())
        );
        assert_eq!(bars(&path).len(), 520_499);
    }
    // Shares in ten-thousandths, split and paid out: made comparable on request.
    if let Some(aapl) = real("lean/equity/usa/daily/aapl.zip") {
        let (said, path) = imported(&s, &[&aapl], &[]);
        assert_eq!(bars(&path)[0].1[0], 13.63);
        assert!(said["report"]["findings"].to_string().contains("suspected_split"));
        let (said, path) = imported(&s, &[&aapl], &["--adjust"]);
        let found = said["report"]["findings"].to_string();
        assert!(!found.contains("suspected_split"), "{found}");
        assert!((bars(&path)[0].1[0] - 13.63 * 0.8613657 * 0.00892857).abs() < 1e-12);
        assert!(said["source"]["notes"].to_string().contains("factor file aapl.csv"));
    }
    // Rates of funding in the column of opens, their stamps some milliseconds late.
    if let Some(funding) = real("catman77-freqtrade/BTC_USDT_USDT-8h-funding_rate.feather") {
        let (said, path) = imported(&s, &[&funding], &[]);
        assert_eq!((&said["kind"], &said["rows"]), (&"funding".into(), &1498.into()));
        assert!(said["notes"].to_string().contains("461 times are not on the minute"), "{said}");
        let events = assay::data::load_funding(&path).unwrap();
        assert_eq!(events.time_ms.len(), 1498);
        assert!(events.value.iter().all(|r| r.abs() < 0.001));
    }
    if let Some(mark) = real("catman77-freqtrade/BTC_USDT_USDT-8h-mark.feather") {
        let (said, _) = imported(&s, &[&mark], &[]);
        assert!(said["source"]["notes"].to_string().contains("mark prices"), "{said}");
    }
    // A header with seven names over rows of eight fields.
    if let Some(minutes) = real("backtrader-yahoo/2006-01-02-volume-min-001.txt") {
        let (code, _, error) = data(&["import", &minutes, "--out", &s.at("o.parquet")]);
        assert_eq!(code, 2);
        assert!(error.contains(":2: 8 fields where the header has 7"), "{error}");
        let (said, _) = imported(&s, &[&minutes], &["--columns", "date,time,open,high,low,close,volume,oi"]);
        assert_eq!(
            (&said["report"]["figures"]["rows"], &said["source"]["time"]),
            (&30_889.into(), &"close".into())
        );
    }
    // A name that says eight minutes, a file of nothing, an array of nothing.
    if let Some(eight) = real("freqtrade-testdata/UNITTEST_BTC-8m.json.gz") {
        let (_, text, _) = data(&["check", &eight]);
        assert!(text.contains("timeframe_contradicted"), "{text}");
    }
    for (name, want) in [
        ("UNITTEST_BTC-8m.feather", "the file is empty (0 bytes)"),
        ("NOPAIR_XXX-4m.json", "an array without a row"),
    ] {
        if let Some(file) = real(&format!("freqtrade-testdata/{name}")) {
            let (code, _, error) = data(&["check", &file]);
            assert_eq!(code, 2);
            assert!(error.contains(want), "{error}");
        }
    }
    // An exchange stood still: one bar without volume, the next is missing.
    if let Some(march) = real("binance-klines-csv/BTCUSDT-1h-2023-03.csv") {
        let (said, _) = imported(&s, &[&march], &[]);
        let f = &said["report"]["figures"];
        assert_eq!((&f["missing_bars"], &f["zero_volume"]), (&1.into(), &1.into()));
        assert_eq!(f["longest_gaps"][0]["from_ms"], ms("2023-03-24 12:00"));
        // The last bar of a download is commonly unfinished: at half past its hour this one is.
        let (_, text, _) = data(&["check", &march, "--now", "2023-03-31 23:30"]);
        assert!(text.contains("unfinished_last_bar"), "{text}");
    }
    // A file to refuse.
    if let Some(monthly) = real("datasets-sp500/data.csv") {
        let (code, _, error) = data(&["import", &monthly, "--out", &s.at("o.parquet")]);
        assert_eq!(code, 2);
        assert!(error.contains("missing columns open, high, low, close"), "{error}");
    }
}

/// Two downloads of one market agree in every cell of their common bars.
#[test]
fn two_real_downloads_agree() {
    let (Some(one), Some(other)) = (real("kctanglog"), real("static-klines/BTCUSDT/1h")) else { return };
    let (code, text, error) =
        data(&["check", &one, "--against", &other, "--time", "open", "--format", "json"]);
    assert_eq!(code, 0, "{error}");
    let json: Value = serde_json::from_str(&text).unwrap();
    let against = &json["series"][0]["report"]["against"];
    assert_eq!((&against["common"], &against["cells_differ"]), (&28_457.into(), &0.into()), "{against}");
}

#[test]
fn a_volume_of_another_name_points_at_itself_and_points_are_no_spread() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let rows = |tail: &str| -> String {
        (0..30)
            .map(|i| {
                format!("2024-01-{:02} {:02}:00:00,1.08,1.0815,1.0784,1.0789,{tail}\n", 1 + i / 24, i % 24)
            })
            .collect()
    };
    let import = |name: &str, more: &[&str]| {
        let out = at("out.parquet");
        let made = assay()
            .args(["data", "import"])
            .arg(at(name))
            .args(["--timezone", "UTC", "--time", "open", "--out"])
            .arg(&out)
            .args(more)
            .output();
        let made = made.unwrap();
        let said = String::from_utf8_lossy(&made.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(made.status.success(), "{said}{}", String::from_utf8_lossy(&made.stderr));
        (said, assay::data::load(&out, &assay::data::LoadRequest::default()).unwrap())
    };
    for (name, named) in
        [("v.csv", "Volume BTC,Volume USDT"), ("q.csv", "base_volume,trades"), ("a.csv", "qty,amount")]
    {
        std::fs::write(at(name), format!("time,open,high,low,close,{named}\n{}", rows("3,4"))).unwrap();
        let (said, bars) = import(name, &[]);
        let first = named.split(',').next().unwrap();
        assert!(
            said.contains("no column is known as the volume")
                && said.contains(&format!("--map volume=\"{first}\"")),
            "{said}"
        );
        assert_eq!(bars.bars.volume()[0], 0.0);
        let (said, bars) = import(name, &["--map", &format!("volume={first}")]);
        assert!(!said.contains("no column is known"), "{said}");
        assert_eq!(bars.bars.volume()[0], 3.0);
    }
    std::fs::write(at("n.csv"), format!("time,open,high,low,close,note\n{}", rows("x"))).unwrap();
    assert!(import("n.csv", &[]).0.contains("the source has no volume"));
    // Columns of MetaTrader's package for Python: a spread in points.
    std::fs::write(
        at("mt.csv"),
        format!("time,open,high,low,close,tick_volume,spread,real_volume\n{}", rows("917,18,0")),
    )
    .unwrap();
    let (said, bars) = import("mt.csv", &[]);
    assert!(said.contains("the spread is in points") && bars.spread.is_none(), "{said}");
    // MetaStock's ASCII.
    let rows: String =
        (0..30).map(|i| format!("ACME,1,20240205,09{i:02}00,2000.0,2001.0,1999.5,2000.5,55,0\n")).collect();
    let head = "<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n";
    std::fs::write(at("m.asc"), head.to_owned() + &rows).unwrap();
    let (_, bars) = import("m.asc", &[]);
    assert_eq!(Some(bars.bars.open_time()[1]), assay::market::parse_time("2024-02-05 09:01"));
    assert_eq!(bars.bars.timeframe().to_string(), "1m");
}
