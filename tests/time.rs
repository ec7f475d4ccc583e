//! Borders of time: what is read before a span, what is judged, what is held where it begins.

use std::path::{Path, PathBuf};

use assay::data::table::{self, Column, Table};
use assay::market::{format_time, parse_time};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, root};

fn json(args: &[&str]) -> Value {
    let out = assay().args(args).args(["--format", "json"]).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn text(args: &[&str]) -> String {
    let out = assay().args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refused(args: &[&str]) -> String {
    let out = assay().args(args).output().unwrap();
    assert_eq!(out.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stderr).unwrap()
}

/// Rows of bars that follow one another: an open time, and what the close is of the bar before.
fn csv(times: impl Iterator<Item = i64>, mut factor: impl FnMut(usize) -> f64) -> String {
    let mut out = String::from("time,open,high,low,close,volume\n");
    let mut price = 100.0;
    for (i, t) in times.enumerate() {
        let close: f64 = price * factor(i);
        let (high, low) = (price.max(close) * 1.001, price.min(close) * 0.999);
        out += &format!("{},{price},{high},{low},{close},10\n", format_time(t));
        price = close;
    }
    out
}

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

/// A number between 0 and 1, drawn from `i`.
fn uniform(i: usize) -> f64 {
    let mut x = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((x >> 11) as f64) / (1u64 << 53) as f64
}

/// A folder with a file of bars and a scenario over it.
fn place(bars: &str, scenario: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bars.csv"), bars).unwrap();
    let path = dir.path().join("s.toml");
    std::fs::write(&path, scenario).unwrap();
    (dir, path)
}

/// Days that fall, then days that rise: whoever warms up longer sees fewer of those that fall.
fn fall_and_rise() -> String {
    let start = parse_time("2022-01-01").unwrap();
    let drift = |i: usize| if i < 400 { 0.998 } else { 1.004 };
    csv((0..620).map(|i| start + i * DAY), |i| drift(i) + 0.02 * (uniform(i) - 0.5))
}

const SPANS: &str = "name = \"spans\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"X\"\n[execution]\n\
    fee_bps = 0\nspread_bps = 0\nslippage_bps = 0\n[params]\nfast = 5\nslow = 20\nsides = \"long\"\n[sweep]\nresamples = 99\n\
    [sweep.params]\nslow = [20, 50, 100, 200, 400]\n";

fn candidates(folder: &Value) -> Table {
    table::read(&Path::new(folder["folder"].as_str().unwrap()).join("candidates.parquet")).unwrap()
}

fn numbers(table: &Table, name: &str) -> Vec<f64> {
    match table.column(name).unwrap() {
        Column::I64(v) => v.iter().map(|v| *v as f64).collect(),
        _ => table.f64(name).unwrap().to_vec(),
    }
}

#[test]
fn candidates_are_judged_over_the_same_days_and_each_is_a_backtest() {
    let (dir, scenario) = place(&fall_and_rise(), SPANS);
    let (scenario, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let swept = json(&["sweep", scenario, "--out", &out, "--set", "params.slow=50"]);
    let rows = candidates(&swept);
    let days = numbers(&rows, "days");
    assert_eq!(days, vec![days[0]; 5], "all are judged over the days of the slowest");
    let s = &swept["sweep"];
    assert_eq!(s.get("lead_bars"), None, "the scenario has no data.from");
    assert_eq!((s["warmup_bars"].as_u64(), s["cut_off_bars"].as_u64()), (Some(399), Some(380)));
    assert_eq!(s["start_ms"].as_i64(), parse_time("2023-02-04"));
    // Each row, run alone by what it says of itself, gives its figures to the last bit.
    let mut holds = vec![];
    for k in 0..5 {
        let from = format!("data.from={}", rows.labels("data.from").unwrap().get(k).unwrap());
        let slow = format!("params.slow={}", [20, 50, 100, 200, 400][k]);
        let alone = json(&["backtest", scenario, "--out", &out, "--set", &from, "--set", &slow]);
        let summary = &alone["summary"];
        for name in ["sharpe", "total_return", "max_drawdown"] {
            let (row, own) = (rows.f64(name).unwrap()[k], summary["performance"][name].as_f64().unwrap());
            assert_eq!(row.to_bits(), own.to_bits(), "{slow} {name}");
        }
        holds.push(summary["hold"]["sharpe"].as_f64().unwrap());
    }
    // What they are compared with is one and the same, here and there.
    let hold = s["overfitting"]["hold"]["other"].as_f64().unwrap();
    assert!(holds.iter().all(|h| h.to_bits() == holds[0].to_bits()), "{holds:?}");
    assert!((hold - holds[0]).abs() < 1e-9, "{hold} {holds:?}");
    // The scenario itself is the second row, and is compared over the same days.
    let own = s["overfitting"]["incumbent"]["other"].as_f64().unwrap();
    assert!((own - rows.f64("sharpe").unwrap()[1]).abs() < 1e-9);
    assert_eq!(s["overfitting"]["days"].as_f64(), Some(days[0]));
}

#[test]
fn every_sampler_shares_the_span_of_the_axes_whatever_it_draws() {
    let (dir, scenario) = place(&fall_and_rise(), SPANS);
    let scenario = scenario.to_str().unwrap();
    let range = ["--set", "sweep.params.slow={low = 20, high = 300}"];
    let mut starts = vec![];
    for (sampler, count) in
        [("random", 4), ("sobol", 8), ("latin", 9), ("halving", 12), ("tpe", 40), ("tpe", 7)]
    {
        let out = dir.path().join(format!("{sampler}-{count}")).display().to_string();
        let (sampler, count) = (format!("sweep.sampler={sampler}"), format!("sweep.count={count}"));
        let args = ["sweep", scenario, "--out", &out, "--set", &sampler, "--set", &count];
        let swept = json(&[&args[..], &range].concat());
        let rows = candidates(&swept);
        let days = numbers(&rows, "days");
        let whole = days.iter().copied().fold(0.0, f64::max);
        // Rounds of halving begin alike, and the later ones end later.
        let rounds = if sampler.ends_with("halving") { 3 } else { 1 };
        let mut lengths = days.clone();
        lengths.sort_by(f64::total_cmp);
        lengths.dedup();
        assert_eq!(lengths.len(), rounds, "{sampler}: {lengths:?}");
        starts.push((swept["sweep"]["start_ms"].as_i64().unwrap(), whole.to_bits()));
    }
    assert!(starts.iter().all(|s| *s == starts[0]), "{starts:?}");
    assert_eq!(format_time(starts[0].0), "2022-10-27 00:00:00", "299 bars for an average of 300");
}

#[test]
fn own_spans_are_said_on_every_line_to_be_no_comparison() {
    let (dir, scenario) = place(&fall_and_rise(), SPANS);
    let (scenario, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let args = ["sweep", scenario, "--out", &out, "--set", "sweep.span=own"];
    let rows = candidates(&json(&args));
    let from: Vec<String> = rows.time_ms("judged_from").unwrap().iter().map(|t| format_time(*t)).collect();
    assert_eq!(from[0], "2022-01-20 00:00:00");
    assert_eq!(from[4], "2023-02-04 00:00:00");
    assert!(rows.labels("data.from").is_err(), "none is written into a candidate");
    let said = text(&args);
    for words in ["X 1d (own spans: not comparable)", "rows are of different days", "2022-01-20"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // A row is still the backtest of its setting.
    let alone = json(&["backtest", scenario, "--out", &out]);
    let sharpe = alone["summary"]["performance"]["sharpe"].as_f64().unwrap();
    assert_eq!(rows.f64("sharpe").unwrap()[0].to_bits(), sharpe.to_bits());
}

#[test]
fn candidates_that_trade_alike_on_the_common_days_have_the_same_figures() {
    // It rises without a pause: every average is below the price, and every setting is long.
    let start = parse_time("2022-01-01").unwrap();
    let bars = csv((0..500).map(|i| start + i * DAY), |i| 1.001 + 0.004 * uniform(i));
    let (dir, scenario) = place(&bars, SPANS);
    let out = dir.path().join("out").display().to_string();
    let rows = candidates(&json(&["sweep", scenario.to_str().unwrap(), "--out", &out]));
    for name in ["sharpe", "total_return", "max_drawdown", "exposure", "days", "costs", "daily_sd", "trades"]
    {
        let all: Vec<u64> = numbers(&rows, name).iter().map(|v| v.to_bits()).collect();
        assert!(all.iter().all(|v| *v == all[0]), "{name}: {:?}", numbers(&rows, name));
    }
    assert!(rows.f64("sharpe").unwrap()[0] > 1.0);
}

/// Bars of hours over some weeks, around the clock.
fn hours(n: i64) -> String {
    let start = parse_time("2023-03-01").unwrap();
    csv((0..n).map(|i| start + i * HOUR), |i| 1.0 + 0.012 * (uniform(i) - 0.497))
}

const CROSS: &str = "name = \"from\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"X\"\n[params]\nfast = 20\n\
    slow = 200\n";

#[test]
fn bars_before_from_serve_the_warm_up_and_the_run_begins_there() {
    let (dir, scenario) = place(&hours(24 * 120), CROSS);
    let (scenario, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let span = ["--set", "data.from=2023-04-07", "--set", "data.to=2023-06-01"];
    let run = |more: &[&str]| json(&[&["backtest", scenario, "--out", &out][..], &span, more].concat());
    let done = run(&[]);
    let data = &done["summary"]["data"];
    assert_eq!(data["start_ms"].as_i64(), parse_time("2023-04-07"));
    assert_eq!((data["bars"].as_u64(), data["warmup_bars"].as_u64()), (Some(24 * 92), Some(24 * 37)));
    assert_eq!(done["summary"]["notes"], Value::Null);
    // Whatever the parameters, the days judged are the same.
    let other = run(&["--set", "params.slow=50"]);
    assert_eq!(other["summary"]["data"]["start_ms"], data["start_ms"]);
    assert_eq!(other["summary"]["hold"], done["summary"]["hold"]);
    let folder = Path::new(done["run"].as_str().unwrap());
    let trades = table::read(&folder.join("trades.parquet")).unwrap();
    let first = *trades.time_ms("entry_time").unwrap().first().unwrap();
    assert_eq!(format_time(first), "2023-04-07 01:00:00", "what is wanted at the first close is bought next");
    let equity = table::read(&folder.join("equity.parquet")).unwrap();
    assert_eq!(equity.rows(), 24 * 55);
    // Without bars enough before it, it begins when the warm-up is over, and says so.
    let late = text(&["backtest", scenario, "--out", &out, "--set", "data.from=2023-03-05"]);
    let note = "judged from 2023-03-09 07:00:00, not from 2023-03-05 00:00:00: 96 bars come before data.from, and the warm-up \
                takes 199";
    assert!(late.contains(note), "{late}");
}

#[test]
fn what_lies_beside_the_bars_is_needed_from_from_on_and_no_earlier() {
    let (dir, scenario) = place(&hours(24 * 60), CROSS);
    let write = |name: &str, rows: String| std::fs::write(dir.path().join(name), rows).unwrap();
    let at = |day: i64| format_time(parse_time("2023-03-01").unwrap() + day * DAY);
    let rates =
        |from: i64| (from * 3..180).map(move |k| (k, parse_time("2023-03-01").unwrap() + k * 8 * HOUR));
    let rows: String = rates(20).map(|(_, t)| format!("{},0.0001\n", format_time(t))).collect();
    write("funding.csv", format!("time,funding_rate\n{rows}"));
    let days: String = (20..60).map(|d| format!("{},1,1.1,0.9,1.05,1\n", at(d))).collect();
    write("rate.csv", format!("time,open,high,low,close,volume\n{days}"));
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let run = |more: &[&str], from: &str| {
        let from = format!("data.from={from}");
        let args = ["backtest", path, "--out", &out, "--set", &from];
        [&args[..], more].concat().iter().map(|s| (*s).to_owned()).collect::<Vec<String>>()
    };
    let ok = |args: Vec<String>| json(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let no = |args: Vec<String>| refused(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let funding = ["--set", "data.funding=funding.csv"];
    let paid = ok(run(&funding, "2023-03-22"));
    assert!(paid["summary"]["costs"]["funding"].as_f64().unwrap() != 0.0);
    assert_eq!(paid["summary"]["data"]["funding"]["events"].as_u64(), Some(3 * 39));
    let e = no(run(&funding, "2023-03-15"));
    assert!(e.contains("covers 2023-03-21 00:00:00") && e.contains("need 2023-03-15 00:00:00"), "{e}");
    // A rate of currencies.
    let text = CROSS.to_owned()
        + "[account]\ncurrency = \"EUR\"\n[[instrument]]\nsymbol = \"X\"\nquote = \"USD\"\n[[conversion]]\npair = \"USD_EUR\"\n\
           bars = \"rate.csv\"\n";
    std::fs::write(&scenario, text).unwrap();
    let ran = ok(run(&[], "2023-03-23"));
    assert!(ran["summary"]["trades"]["n"].as_u64().unwrap() > 0);
    let e = no(run(&[], "2023-03-15"));
    assert!(e.contains("no price of USD in EUR within four days before 2023-03-15 01:00:00"), "{e}");
    // A column of spreads that begins with the span.
    let spread = |i: usize| if i < 480 { String::new() } else { "0.02".to_owned() };
    let bars = hours(24 * 60);
    let mut lines = bars.lines();
    let head = format!("{},spread\n", lines.next().unwrap());
    let rows: String = lines.enumerate().map(|(i, l)| format!("{l},{}\n", spread(i))).collect();
    std::fs::write(dir.path().join("bars.csv"), head + &rows).unwrap();
    std::fs::write(&scenario, CROSS.to_owned() + "[execution]\nspread_from = \"column\"\n").unwrap();
    let ran = ok(run(&[], "2023-03-21"));
    assert!(ran["summary"]["costs"]["spread"].as_f64().unwrap() > 0.0);
    let e = no(run(&[], "2023-03-20"));
    assert!(e.contains("the spread of the bar at 2023-03-20 00:00:00 is no price"), "{e}");
}

#[test]
fn positions_before_from_are_held_and_orders_before_it_are_not_sent() {
    let text = "name = \"given\"\nsystem = \"signals\"\n[data]\nbars = [\"bars.csv\"]\n[params]\nfile = \"file.csv\"\n";
    let (dir, scenario) = place(&hours(24 * 30), text);
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let file = |rows: &str| std::fs::write(dir.path().join("file.csv"), rows).unwrap();
    file("time,position\n2023-03-02 00:00,1\n2023-03-20 00:00,0\n2023-03-29 00:00,-1\n");
    let span = ["--set", "data.from=2023-03-10", "--set", "data.to=2023-03-25"];
    let run = |more: &[&str]| json(&[&["backtest", path, "--out", &out][..], more].concat());
    let done = run(&span);
    let trades = table::read(&Path::new(done["run"].as_str().unwrap()).join("trades.parquet")).unwrap();
    let entries: Vec<String> =
        trades.time_ms("entry_time").unwrap().iter().map(|t| format_time(*t)).collect();
    assert_eq!(
        entries,
        ["2023-03-10 01:00:00"],
        "the position of before is taken at the first close; the last row is later"
    );
    let p = &done["summary"]["data"]["positions"];
    assert_eq!((p["changes"].as_u64(), p["left_out"].as_u64()), (Some(2), Some(1)));
    assert_eq!(done["summary"]["notes"][0], "1 of 3 positions lie at data.to or later and were left out");
    // A row about no bar of the file is a mistake, whatever the span.
    for (row, words) in [
        ("2023-02-02 00:00", "lies outside the bars"),
        ("2099-01-01 00:00", "lies outside the bars"),
        ("2023-03-24 23:30", "no bar opens at"),
        ("2023-03-27 23:30", "no bar opens at"),
    ] {
        file(&if row < "2023-03-05" {
            format!("time,position\n{row},0\n2023-03-05 00:00,1\n")
        } else {
            format!("time,position\n2023-03-05 00:00,1\n{row},0\n")
        });
        let e = refused(&[&["backtest", path, "--out", &out][..], &span].concat());
        assert!(e.contains(words), "{row}: {e}");
    }

    file(
        "time,order,side,units\n2023-03-02 00:00,market,buy,1\n2023-03-03 00:00,market,sell,1\n\
         2023-03-12 00:00,market,buy,2\n2023-03-28 00:00,market,sell,2\n",
    );
    let done = run(&span);
    let p = &done["summary"]["data"]["positions"];
    assert_eq!((p["rows"].as_u64(), p["left_out"].as_u64()), (Some(4), Some(3)), "{p}");
    let note = done["summary"]["notes"][0].as_str().unwrap();
    assert_eq!(note, "3 of 4 orders lie outside the bars that are judged and were not sent");
    assert_eq!(run(&[])["summary"]["data"]["positions"].get("left_out"), None);
}

#[test]
fn the_ledger_counts_the_days_that_were_judged() {
    let (dir, scenario) = place(&hours(24 * 120), CROSS);
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    json(&["backtest", path, "--out", &out, "--set", "data.from=2023-05-01"]);
    json(&["backtest", path, "--out", &out, "--set", "data.to=2023-04-01"]);
    let lines = std::fs::read_to_string(Path::new(&out).join("ledger.jsonl")).unwrap();
    let spans: Vec<(String, String)> = lines
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap())
        .map(|l| (format_time(l["from_ms"].as_i64().unwrap()), format_time(l["to_ms"].as_i64().unwrap())))
        .collect();
    // 199 bars of warm-up were read and not judged.
    let want =
        [("2023-05-01 00:00:00", "2023-06-29 00:00:00"), ("2023-03-09 07:00:00", "2023-04-01 00:00:00")];
    assert_eq!(spans, want.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

/// Windows of a walk forward, each run alone from its first day to its last by what was chosen for it.
fn windows_are_backtests(scenario: &str, out: &str) -> (Value, PathBuf) {
    let walked = json(&["walkforward", scenario, "--out", out]);
    let w = &walked["walkforward"];
    let windows = w["windows"].as_array().unwrap();
    assert!(windows.len() > 3, "{}", windows.len());
    let (mut traded, mut at_once) = (0, 0);
    for window in windows {
        let time = |key: &str| format_time(window[key].as_i64().unwrap());
        let span = [format!("data.from={}", time("test_from_ms")), format!("data.to={}", time("test_to_ms"))];
        let set = window["set"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned());
        let sets: Vec<String> = span.into_iter().chain(set).flat_map(|s| ["--set".to_owned(), s]).collect();
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let alone = json(&[&["backtest", scenario, "--out", out][..], &sets].concat());
        let s = &alone["summary"];
        for (key, name) in [
            ("test_return", "total_return"),
            ("test_sharpe", "sharpe"),
            ("test_max_drawdown", "max_drawdown"),
        ] {
            assert_eq!(window[key].as_f64(), s["performance"][name].as_f64(), "{key} of {sets:?}");
        }
        assert_eq!(window["test_trades"].as_u64(), s["trades"]["n"].as_u64(), "{sets:?}");
        traded += s["trades"]["n"].as_u64().unwrap();
        let trades = table::read(&Path::new(alone["run"].as_str().unwrap()).join("trades.parquet")).unwrap();
        let start = window["test_from_ms"].as_i64().unwrap();
        at_once += u64::from(trades.time_ms("entry_time").unwrap().first() == Some(&(start + HOUR)));
    }
    assert!(traded > 10 && at_once > 1, "{traded} trades, {at_once} windows begin with one");
    (walked["walkforward"].clone(), PathBuf::from(walked["folder"].as_str().unwrap()))
}

#[test]
fn a_window_of_a_walk_forward_is_a_backtest_of_its_days() {
    let text = CROSS.to_owned()
        + "[sweep]\n[sweep.params]\nfast = [5, 20]\nslow = [50, 100]\n[walkforward]\ntrain_days = 30\n\
        test_days = 15\n";
    let (dir, scenario) = place(&hours(24 * 130), &text);
    let out = dir.path().join("out").display().to_string();
    let (w, _) = windows_are_backtests(scenario.to_str().unwrap(), &out);
    assert_eq!(w["chained"]["periods"].as_u64(), Some(15 * w["windows"].as_array().unwrap().len() as u64));
}

/// Hours of a market of currencies in UTC, in winter: from Sunday 22:00 to Friday 22:00.
fn currency(weeks: i64) -> String {
    let start = parse_time("2022-11-07").unwrap();
    let open = |t: &i64| {
        let (day, hour) = ((t / DAY + 3) % 7, t % DAY / HOUR);
        day < 4 || day == 4 && hour < 22 || day == 6 && hour >= 22
    };
    csv((0..24 * 7 * weeks).map(|i| start + i * HOUR).filter(open), |i| 1.0 + 0.004 * (uniform(i) - 0.499))
}

#[test]
fn days_of_a_market_with_sessions_are_its_trading_days() {
    let text = CROSS.replace("symbol = \"X\"\n", "symbol = \"X\"\ncalendar = \"fx\"\n")
        + "[sweep]\n[sweep.params]\nfast = [5, 20]\nslow = [50, 100]\n[walkforward]\ntrain_days = 20\ntest_days = 10\ngap_days = 1\n";
    let (dir, scenario) = place(&currency(16), &text);
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let (w, folder) = windows_are_backtests(path, &out);
    let windows = w["windows"].as_array().unwrap();
    // Two weeks have ten trading days, and none of them stands for a weekend.
    for window in windows {
        let days = (window["test_to_ms"].as_i64().unwrap() - window["test_from_ms"].as_i64().unwrap()) / DAY;
        assert_eq!(days, 14, "{window}");
    }
    assert_eq!(w["chained"]["periods"].as_u64(), Some(10 * windows.len() as u64));
    let days = table::read(&folder.join("out_of_sample.parquet")).unwrap();
    let zeros = days.f64("return").unwrap().iter().filter(|r| **r == 0.0).count();
    assert!(zeros < days.rows() / 4, "{zeros} of {} days without a return", days.rows());
    // Folds of such days choose as well.
    for (mode, folds) in [("kfold", 3), ("combinatorial", 4)] {
        let folds = format!("walkforward.folds={folds}");
        let set = format!("walkforward.mode={mode}");
        let w = json(&["walkforward", path, "--out", &out, "--set", &set, "--set", &folds]);
        for window in w["walkforward"]["windows"].as_array().unwrap() {
            assert!(window["candidate"].is_u64(), "{mode}: {window}");
        }
    }
}

#[test]
fn paths_begin_alike_and_say_where() {
    let text = CROSS.to_owned() + "[montecarlo]\npaths = 20\nearly_stop = false\n";
    let (dir, scenario) = place(&hours(24 * 90), &text);
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let paths = |method: &str| {
        let set = format!("montecarlo.method={method}");
        let done = json(&["montecarlo", path, "--out", &out, "--set", &set]);
        let rows = table::read(&Path::new(done["folder"].as_str().unwrap()).join("paths.parquet")).unwrap();
        (done["montecarlo"].clone(), rows)
    };
    // Of other parameters: from where the slowest of all that a jitter can make has warmed up.
    let (m, rows) = paths("parameters");
    assert_eq!(m["judged_from"], "2023-03-10 13:00:00", "229 bars, for an average of 230");
    let days = numbers(&rows, "days");
    assert!(days.iter().all(|d| *d == days[0]), "{days:?}");
    let same_days = ["--set", "data.from=2023-03-10 13:00:00"];
    let own = json(&[&["backtest", path, "--out", &out][..], &same_days].concat());
    let original = m["figures"].as_array().unwrap().iter().find(|f| f["name"] == "sharpe").unwrap();
    assert_eq!(original["original"].as_f64(), own["summary"]["performance"]["sharpe"].as_f64());
    // From another start: a path is the backtest that its words set.
    let (_, rows) = paths("start");
    for k in [0, 7, 19] {
        let n = k.to_string();
        let set = "montecarlo.method=start";
        let path_of = json(&["montecarlo", path, "--path", &n, "--out", &out, "--set", set]);
        let from = path_of["set"][0].as_str().unwrap();
        let alone = json(&["backtest", path, "--out", &out, "--set", from]);
        let (a, b) =
            (rows.f64("sharpe").unwrap()[k], alone["summary"]["performance"]["sharpe"].as_f64().unwrap());
        assert_eq!(a.to_bits(), b.to_bits(), "{from}");
    }
    // Other bars after `data.from`, the real ones before it.
    let set = ["--set", "montecarlo.method=stationary", "--set", "data.from=2023-04-01"];
    let path_of = json(&[&["montecarlo", path, "--path", "3", "--out", &out][..], &set].concat());
    let real = assay::data::load(&dir.path().join("bars.csv"), &assay::data::LoadRequest::default()).unwrap();
    let made = path_of["bars"][0].as_str().unwrap();
    let made = assay::data::load(Path::new(made), &assay::data::LoadRequest::default()).unwrap();
    let kept = 24 * 31;
    assert_eq!(made.bars.close()[..kept], real.bars.close()[..kept]);
    assert_ne!(made.bars.close()[kept..], real.bars.close()[kept..]);
}

#[test]
fn checks_and_comparisons_of_labels_are_about_the_days_judged() {
    let dir = tempfile::tempdir().unwrap();
    let path = root().join("scenarios/unified.toml").display().to_string();
    let span = ["--set", "data.from=2021-06-01", "--set", "data.to=2021-07-15"];
    let checked = json(&[&["check", "causality", &path][..], &span].concat());
    assert_eq!(checked["causality"]["clean"], true);
    assert_eq!(checked["causality"]["bars"].as_u64(), Some(24 * 44 + 200));
    let out = dir.path().join("out").display().to_string();
    let args = ["regime", "evaluate", &path, "--out", &out, "--shifts", "19"];
    let compared = json(&[&args[..], &span].concat());
    assert_eq!(compared["regimes"]["from"], "2021-06-01 00:00:00");
    assert_eq!(compared["regimes"]["bars"].as_u64(), Some(24 * 44));
}

#[test]
fn costs_that_cannot_be_computed_are_refused_or_counted() {
    let (dir, scenario) = place(&hours(24 * 30).replace(",10\n", ",0\n"), CROSS);
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let args = ["backtest", path, "--out", &out, "--set", "execution.impact=1"];
    let e = refused(&args);
    assert!(e.contains("no bar has a volume, and execution.impact needs it"), "{e}");
    assert!(!Path::new(&out).join("from").exists());
    // One bar in two has a volume: impact is known of days that have any.
    std::fs::write(dir.path().join("bars.csv"), hours(24 * 30)).unwrap();
    assert_eq!(json(&args)["summary"]["notes"], Value::Null);
    // In the first hours no average true range is known.
    let text = "name = \"early\"\nsystem = \"signals\"\n[data]\nbars = [\"bars.csv\"]\n[execution]\nslippage_atr = 0.1\n[params]\n\
                file = \"file.csv\"\n";
    std::fs::write(&scenario, text).unwrap();
    let rows =
        "time,position\n2023-03-01 02:00,1\n2023-03-01 05:00,0\n2023-03-05 00:00,1\n2023-03-06 00:00,0\n";
    std::fs::write(dir.path().join("file.csv"), rows).unwrap();
    let s = json(&["backtest", path, "--out", &out])["summary"].take();
    let note =
        "at 2 bars with a fill impact or slippage by the average true range is not known, and was not paid";
    assert_eq!(s["notes"], serde_json::json!([note]));
    // Bars cannot be drawn apart from the positions that were made for them.
    let e = refused(&["montecarlo", path, "--out", &out]);
    assert!(e.contains("draws other bars, and the positions of file.csv stay at their times"), "{e}");
    json(&[
        "montecarlo",
        path,
        "--out",
        &out,
        "--set",
        "montecarlo.method=start",
        "--set",
        "montecarlo.paths=10",
    ]);
}

/// Two symbols, the first of which begins three months before the other.
fn two_symbols(rest: &str) -> (TempDir, PathBuf) {
    let text = format!(
        "name = \"two\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\", \"late.csv\"]\nsymbols = [\"A\", \"B\"]\n[params]\n\
         fast = 5\nslow = 20\n{rest}"
    );
    let (dir, scenario) = place(&hours(24 * 180), &text);
    let start = parse_time("2023-03-01").unwrap() + 90 * DAY;
    let late = csv((0..24 * 90).map(|i| start + i * HOUR), |i| 1.0 + 0.01 * (uniform(i + 9) - 0.497));
    std::fs::write(dir.path().join("late.csv"), late).unwrap();
    (dir, scenario)
}

#[test]
fn paths_of_several_symbols_are_judged_over_the_days_of_the_run() {
    let (dir, scenario) = two_symbols("[montecarlo]\npaths = 20\nearly_stop = false\n");
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let from = ["--set", "data.from=2023-06-20"];
    let done = json(&[&["montecarlo", path, "--out", &out][..], &from].concat());
    let rows = table::read(&Path::new(done["folder"].as_str().unwrap()).join("paths.parquet")).unwrap();
    let days = numbers(&rows, "days");
    assert!(days.iter().all(|d| *d == 69.0), "2023-06-20 to 2023-08-28: {days:?}");
    let run = json(&[&["backtest", path, "--out", &out][..], &from].concat());
    assert_eq!(run["summary"]["performance"]["periods"].as_u64(), Some(69));
    // The bars before the span are those of both, as they are.
    let again = json(&[&["montecarlo", path, "--path", "3", "--out", &out][..], &from].concat());
    for (k, file) in ["bars.csv", "late.csv"].iter().enumerate() {
        let load = |p: &Path| assay::data::load(p, &assay::data::LoadRequest::default()).unwrap().bars;
        let (made, real) =
            (load(Path::new(again["bars"][k].as_str().unwrap())), load(&dir.path().join(file)));
        let begins = real.rows_between(Some(made.open_time()[0]), None).start;
        let kept = made.rows_between(None, parse_time("2023-06-20")).end;
        assert_eq!(made.close()[..kept], real.close()[begins..begins + kept], "{file}");
        assert_ne!(made.close()[kept..], real.close()[begins + kept..], "{file}");
    }
}

#[test]
fn a_symbol_that_ended_before_the_span_takes_no_part() {
    let (dir, scenario) = two_symbols("[sweep]\n[sweep.params]\nslow = [20, 400]\n");
    // The second has ended before the first has warmed up for the slowest.
    let start = parse_time("2023-03-01").unwrap();
    let bars = csv((0..500).map(|i| start + (i - 100) * HOUR), |i| 1.0 + 0.01 * (uniform(i) - 0.497));
    std::fs::write(dir.path().join("late.csv"), &bars).unwrap();
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let alone = |set: &[&str]| json(&[&["backtest", path, "--out", &out][..], set].concat());
    let rows = candidates(&json(&["sweep", path, "--out", &out]));
    for (k, slow) in ["params.slow=20", "params.slow=400"].iter().enumerate() {
        let from = format!("data.from={}", rows.labels("data.from").unwrap().get(k).unwrap());
        let s = alone(&["--set", slow, "--set", &from]);
        let sharpe = s["summary"]["performance"]["sharpe"].as_f64().unwrap();
        assert_eq!(rows.f64("sharpe").unwrap()[k].to_bits(), sharpe.to_bits(), "{slow}");
    }
    let ended = alone(&["--set", "data.from=2023-05-01"]);
    let s = &ended["summary"];
    assert_eq!(
        (s["symbols"][1]["bars"].as_u64(), s["symbols"][1]["missing_bars"].as_u64()),
        (Some(0), Some(0))
    );
    assert_eq!(s["symbols"][1]["trades"]["n"].as_u64(), Some(0));
    // What is held is the other alone.
    let real =
        assay::data::load(&dir.path().join("bars.csv"), &assay::data::LoadRequest::default()).unwrap().bars;
    let first = real.rows_between(parse_time("2023-05-01"), None).start;
    let held = real.close()[real.len() - 1] / real.open()[first] - 1.0;
    assert!((s["hold"]["total_return"].as_f64().unwrap() - held).abs() < 1e-12);
    // A symbol shorter than a warm-up is refused, by a sweep as by a backtest.
    let slow = ["--set", "sweep.params.slow=[20, 600]"];
    let e = refused(&[&["sweep", path, "--out", &out][..], &slow].concat());
    assert!(e.contains("late.csv: 500 bars in range, but the warm-up of this system takes 599"), "{e}");
    let e = refused(&["backtest", path, "--out", &out, "--set", "data.from=2031-01-01"]);
    assert!(e.contains("bars.csv: no bars from data.from on"), "{e}");
}

#[test]
fn rates_and_impact_at_the_first_day_are_known_or_refused() {
    let text = CROSS.to_owned()
        + "[account]\ncurrency = \"EUR\"\n[[instrument]]\nsymbol = \"X\"\nquote = \"USD\"\n[[conversion]]\npair = \"USD_EUR\"\n\
           bars = \"rate.csv\"\n";
    let (dir, scenario) = place(&hours(24 * 60), &text);
    let from = parse_time("2023-03-21").unwrap();
    let rates = |first: i64| {
        let rows: String = (0..24 * 41)
            .map(|i| format!("{},0.9,0.95,0.85,0.9,1\n", format_time(first + i * HOUR)))
            .collect();
        std::fs::write(dir.path().join("rate.csv"), format!("time,open,high,low,close,volume\n{rows}"))
            .unwrap();
    };
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out").display().to_string());
    let args = ["backtest", path, "--out", &out, "--set", "data.from=2023-03-21"];
    // Rates that begin with the span: the first close of a rate is that of the first judged bar.
    rates(from);
    let plain = json(&args);
    assert!(plain["summary"]["trades"]["n"].as_u64().unwrap() > 0);
    // Turnover in the currency of the account is known a day later.
    let with_impact = [&args[..], &["--set", "execution.impact=0.5"]].concat();
    let e = refused(&with_impact);
    assert!(e.contains("execution.impact needs the day before data.from"), "{e}");
    rates(from - 26 * HOUR);
    let costs = json(&with_impact)["summary"]["costs"]["impact"].as_f64().unwrap();
    assert!(costs > 0.0, "{costs}");
}

#[test]
fn a_test_of_one_bar_trades_nothing_and_ends_nothing() {
    let text = SPANS.replace("slow = [20, 50, 100, 200, 400]", "slow = [20, 50]")
        + "[walkforward]\ntrain_days = 100\ntest_days = 1\n";
    let (dir, scenario) = place(&fall_and_rise(), &text);
    let out = dir.path().join("out").display().to_string();
    let w = json(&["walkforward", scenario.to_str().unwrap(), "--out", &out]);
    let windows = w["walkforward"]["windows"].as_array().unwrap();
    assert!(windows.len() > 400);
    let chosen: Vec<&Value> = windows.iter().filter(|w| w["candidate"].is_u64()).collect();
    assert!(chosen.len() > 200, "{}", chosen.len());
    assert!(chosen.iter().all(|w| w["test_trades"] == 0 && w["test_return"] == 0.0));
}

#[test]
fn what_comes_after_the_end_changes_nothing() {
    let start = parse_time("2023-03-01").unwrap();
    let before = hours(24 * 40);
    // The same hours, and quarters of an hour behind them.
    let end = start + 24 * 40 * HOUR;
    let after = csv((0..6000).map(|i| end + i * HOUR / 4), |i| 1.0 + 0.002 * (uniform(i) - 0.5));
    let both = before.clone() + &after.lines().skip(1).map(|l| l.to_owned() + "\n").collect::<String>();
    let run = |bars: &str| {
        let (dir, scenario) = place(bars, CROSS);
        let out = dir.path().join("out").display().to_string();
        let to = format!("data.to={}", format_time(end));
        let mut s =
            json(&["backtest", scenario.to_str().unwrap(), "--out", &out, "--set", &to])["summary"].take();
        for key in ["sha256", "rows_in_file"] {
            s["data"].as_object_mut().unwrap().remove(key);
        }
        s
    };
    assert_eq!(run(&before), run(&both));
}

#[test]
fn no_figure_of_a_run_counts_bars_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let all =
        assay::data::load(&root().join("datasets/btcusdt-1h.parquet"), &assay::data::LoadRequest::default());
    let all = all.unwrap().bars;
    let shorter = dir.path().join("shorter.parquet");
    assay::data::write_parquet(&shorter, &all.slice(3000, all.len()), None, &[]).unwrap();
    let whole = dir.path().join("whole.parquet");
    assay::data::write_parquet(&whole, &all, None, &[]).unwrap();
    let path = root().join("scenarios/unified.toml").display().to_string();
    let out = dir.path().join("out").display().to_string();
    let span = ["--set", "data.from=2022-02-15", "--set", "data.to=2022-06-01", "--out", &out];
    let run = |file: &Path| {
        let data = ["backtest", &path, "--data", file.to_str().unwrap()];
        let mut s = json(&[&data[..], &span].concat())["summary"].take();
        s.as_object_mut().unwrap().remove("data");
        s.as_object_mut().unwrap().remove("run_id");
        s
    };
    let (a, b) = (run(&whole), run(&shorter));
    let close = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        _ => a == b,
    };
    fn compare(at: &str, a: &Value, b: &Value, close: &dyn Fn(&Value, &Value) -> bool) {
        match (a, b) {
            (Value::Object(x), Value::Object(y)) => {
                assert!(x.keys().eq(y.keys()), "{at}");
                x.iter().for_each(|(k, v)| compare(&format!("{at}.{k}"), v, &y[k], close));
            }
            (Value::Array(x), Value::Array(y)) => {
                assert_eq!(x.len(), y.len(), "{at}");
                x.iter().zip(y).for_each(|(v, w)| compare(at, v, w, close));
            }
            _ => assert!(close(a, b), "{at}: {a} against {b}"),
        }
    }
    compare("summary", &a, &b, &close);
}

#[test]
fn a_sweep_that_is_refused_leaves_nothing_behind_and_own_spans_are_counted_from_the_quickest() {
    let (dir, scenario) = place(&fall_and_rise(), SPANS);
    let (path, out) = (scenario.to_str().unwrap(), dir.path().join("out"));
    let at = out.display().to_string();
    for sampler in ["halving", "tpe"] {
        let set = format!("sweep.sampler={sampler}");
        let e = refused(&[
            "sweep",
            path,
            "--out",
            &at,
            "--shard",
            "1/3",
            "--set",
            &set,
            "--set",
            "sweep.count=4",
        ]);
        assert!(e.contains("cannot be divided"), "{e}");
        assert!(!out.join("spans").exists(), "{sampler}");
    }
    json(&["sweep", path, "--out", &at, "--set", "sweep.span=own"]);
    let line = std::fs::read_to_string(out.join("ledger.jsonl")).unwrap();
    let from = serde_json::from_str::<Value>(line.lines().next().unwrap()).unwrap()["from_ms"].as_i64();
    assert_eq!(from, parse_time("2022-01-20"));
}
