//! Systems that want positions, from outside: the textbook crossover and signals from a file.

use serde_json::Value;

use crate::common::{assay, only_run, real_btcusdt, root};
use crate::place::{Place, csv, rows};

const SIGNALS: &str = "name = \"mine\"\nsystem = \"signals\"\n\n[data]\nbars = [\"bars.csv\"]\n\n[params]\nfile = \"mine.csv\"\n";

fn json(command: &mut assert_cmd::Command) -> Value {
    let output = command.args(["--format", "json"]).assert().code(0).get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn summary(place: &Place) -> Value {
    json(&mut place.backtest())["summary"].clone()
}

#[test]
fn the_crossover_runs_and_leaves_a_whole_folder() {
    let out = tempfile::tempdir().unwrap();
    let document = json(assay().args(["backtest", "scenarios/ma-cross.toml", "--out"]).arg(out.path()));
    let s = &document["summary"];
    assert_eq!((&s["system"], &s["variant"]), (&Value::from("ma-cross"), &Value::from("ma-cross")));
    // Always in the market, but for the bar that sends the first order and the last, which closes.
    assert_eq!(
        (&s["data"]["warmup_bars"], &s["exposure"]),
        (&Value::from(99), &Value::from(26_179.0 / 26_181.0))
    );
    assert!(s["trades"]["n"].as_u64().unwrap() > 100);
    assert_eq!(s["orders"]["cut"], s["trades"]["n"], "fees leave no room for all of the equity");
    let run = only_run(out.path());
    for file in ["report.html", "charts/equity.png", "signals.parquet", "trades.parquet"] {
        assert!(run.join(file).is_file(), "{file}");
    }
    assert!(!run.join("charts/source_contribution.png").exists());
    // The folder is read again by the other commands.
    assay().arg("report").arg(&run).arg("--quiet").assert().code(0);
    assay().arg("report").arg(&run).args(["--explain", "sharpe"]).assert().code(0);
    let threads = tempfile::tempdir().unwrap();
    let again = json(
        assay().args(["backtest", "scenarios/ma-cross.toml", "--threads", "1", "--out"]).arg(threads.path()),
    );
    assert_eq!(again["summary"], document["summary"]);
}

#[test]
fn a_file_of_positions_is_carried_out() {
    let place = Place::new();
    place.write("s.toml", SIGNALS);
    let bars = rows(300);
    let time = |bar: usize| bars[bar].split(',').next().unwrap().to_owned();
    let mine =
        format!("time,signal\n{},BUY\n{},HOLD\n{},SELL\n{},FLAT\n", time(10), time(12), time(40), time(90));
    place.write("mine.csv", &mine);
    let document = json(&mut place.backtest());
    let s = &document["summary"];
    // No warm-up but the file's own: labels come later than the first orders.
    assert_eq!(s["data"]["warmup_bars"], 0);
    assert_eq!(
        (&s["data"]["positions"]["rows"], &s["data"]["positions"]["changes"]),
        (&Value::from(4), &Value::from(3))
    );
    assert_eq!((&s["trades"]["n"], &s["exits"][0]["name"]), (&Value::from(2), &Value::from("signal")));
    // Another file is another run.
    place.write("mine.csv", &mine.replace("SELL", "-0.5"));
    assert_ne!(json(&mut place.backtest())["summary"]["run_id"], s["run_id"]);
}

#[test]
fn wrong_positions_are_refused_with_their_line() {
    let place = Place::new();
    place.write("s.toml", SIGNALS);
    let refusal = |place: &Place, options: &[&str]| place.refusal(place.backtest().args(options));
    assert!(refusal(&place, &[]).contains("mine.csv: no such file"));
    for (text, words) in [
        ("time,signal\n1980-01-01,BUY\n", "mine.csv:2: 1980-01-01 00:00:00 lies outside the bars"),
        ("time,signal\n2021-01-01,MAYBE\n", "mine.csv:2: signal is no position: \"MAYBE\""),
        ("time,size\n2021-01-01,1\n", "no column of positions; there are time, size"),
    ] {
        place.write("mine.csv", text);
        let message = refusal(&place, &[]);
        assert!(message.contains(words), "{message}");
    }
    assert!(refusal(&place, &["--set", "params.file="]).contains("params.file must name"));
    assert!(refusal(&place, &["--set", "params.stmp=close"]).contains("did you mean \"stamp\"?"));
    assert!(
        refusal(&place, &["--set", "account.leverage=0"])
            .contains("account.leverage must be a number in 0.01..=1000")
    );
    place.write(
        "s.toml",
        &SIGNALS
            .replace("\"signals\"", "\"ma-cross\"")
            .replace("file = \"mine.csv\"", "fast = 50\nslow = 20"),
    );
    assert!(refusal(&place, &[]).contains("params.fast must be below params.slow"));
    place.write("bars.csv", &csv(&rows(20)));
    assert!(refusal(&place, &["--set", "params.fast=5"]).contains("20 bars in range"));
    // A parameter of another system is none of this one.
    let message = refusal(&place, &["--set", "params.file=mine.csv"]);
    assert!(message.contains("unknown parameter \"file\""), "{message}");
}

#[test]
fn a_system_that_is_not_there_is_named_with_the_nearest() {
    let place = Place::new();
    place.write("s.toml", &SIGNALS.replace("\"signals\"", "\"signal\""));
    let message = place.refusal(&mut place.backtest());
    for words in
        ["s.toml:2: there is no system named \"signal\"", "did you mean \"signals\"? systems are unified, "]
    {
        assert!(message.contains(words), "{message}");
    }
    let message = place.refusal(place.backtest().args(["--set", "system=\"x\""]));
    assert!(message.contains("--set system=\"x\": there is no system named"), "{message}");
}

#[test]
fn every_system_is_checked_for_causality_and_measured_by_labels() {
    let out = tempfile::tempdir().unwrap();
    let range = ["--set", "data.to=\"2021-02-20\"", "--quiet"];
    // As it is; where a late order meets a position of its own side and enlarges it; where half of a position is
    // closed; where stops follow the price along the path inside a bar.
    for sets in [
        &[][..],
        &["execution.latency_bars=1", "execution.entry=limit_first"],
        &[
            "risk.limits.flash_drop=0.01",
            "risk.limits.flash_window_s=3600",
            "risk.limits.flash_action=reduce50",
        ],
        &["params.trail_atr=2", "params.trail_on=path"],
        &["params.trail_atr=1", "params.trail_from_percent=1", "params.trail_on=path"],
        &["params.trail_percent=1", "params.trail_from_atr=1", "params.trail_on=extreme"],
        &[
            "params.trail_percent=1",
            "params.trail_on=path",
            "execution.fill=close",
            "execution.intrabar=ohlc",
        ],
    ] {
        let sets = sets.iter().flat_map(|s| ["--set", s]);
        let mut check = assay();
        check.args(["check", "causality", "scenarios/ma-cross.toml", "--cuts", "5"]).args(range).args(sets);
        check.assert().code(0);
    }
    let document = json(
        assay()
            .args(["regime", "evaluate", "scenarios/ma-cross.toml", "--shifts", "9"])
            .args(range)
            .arg("--out")
            .arg(out.path()),
    );
    // Its labels are lent: it decides nothing by them.
    assert_eq!(document["regimes"]["layer"], Value::Null);
    assert_eq!(document["regimes"]["labellers"][0]["name"], "rules");
    // Positions of a file are known by their time: those about bars that are cut away are not there.
    let place = Place::new();
    place.write("s.toml", SIGNALS);
    let bars = rows(300);
    let time = |bar: usize| bars[bar].split(',').next().unwrap().to_owned();
    let changes = [(10, "1"), (60, "-0.5"), (130, "0"), (200, "0.7")];
    let mine: String = changes.iter().map(|(bar, v)| format!("{},{v}\n", time(*bar))).collect();
    place.write("mine.csv", &format!("time,position\n{mine}"));
    let check = || {
        let mut check = assay();
        check.args(["check", "causality", "--cuts", "5"]).arg(place.path("s.toml"));
        check
    };
    // What there is to compare, by stage.
    let values = |document: &Value, stage: &str| {
        let stages = document["causality"]["stages"].as_array().unwrap();
        stages.iter().find(|s| s["stage"] == stage).map_or(0, |s| s["values"].as_u64().unwrap())
    };
    let document = json(&mut check());
    assert!(values(&document, "decision") > 100_000 && values(&document, "fill") > 1_000, "{document:#}");
    let orders = format!(
        "time,order,side,units,price,stop,target,bars\n\
         {},stop,buy,2,130,,,4\n{},market,sell,1,,120,80,\n{},close,,,,,,\n{},limit,sell,3,103.5,120,80,9\n{},cancel,,,,,,\n",
        time(20),
        time(60),
        time(100),
        time(130),
        time(135)
    );
    // A position that is enlarged and reduced is known by its first fill until then.
    let steps = [(10, "0.5"), (30, "1"), (60, "0.25"), (90, "0"), (120, "-1"), (150, "-0.4"), (170, "0")];
    let steps: String = steps.iter().map(|(bar, v)| format!("{},{v}\n", time(*bar))).collect();
    place.write("mine.csv", &format!("time,position\n{steps}"));
    json(&mut check());
    // Prices of a future that is noise are none that the file was made for.
    place.write("mine.csv", &orders);
    let document = json(&mut check());
    assert!(values(&document, "fill") > 1_000, "{document:#}");
    // A file that does not fit the bars is refused here as anywhere.
    for (text, words) in [
        (format!("time,position\n{}\n", time(10).replace(":00:00", ":30:00") + ",1"), "no bar opens at"),
        ("time,position\n2020-12-31 23:00:00,1\n".to_owned(), "lies outside the bars"),
        (orders.replace(",130,,,4", ",70,,,4"), "the stop 70 is on the wrong side of the close"),
    ] {
        place.write("mine.csv", &text);
        let message = place.refusal(&mut check());
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn each_of_several_symbols_is_checked_by_itself() {
    let place = Place::new();
    place.write("other.csv", &csv(&rows(300)));
    place.write(
        "s.toml",
        "name = \"two\"\nsystem = \"ma-cross\"\n\n[data]\nbars = [\"bars.csv\", \"other.csv\"]\nsymbols = [\"ONE\", \"TWO\"]\n\n\
         [params]\nfast = 5\nslow = 20\n",
    );
    let mut check = assay();
    check.args(["check", "causality", "--cuts", "5"]).arg(place.path("s.toml"));
    let text = String::from_utf8(check.assert().code(0).get_output().stdout.clone()).unwrap();
    assert!(text.contains("ONE 1h from bars.csv") && text.contains("TWO 1h from other.csv"), "{text}");
    let document = json(&mut check);
    let symbols = document["symbols"].as_array().unwrap();
    assert_eq!(symbols.len(), 2);
    assert_eq!(symbols[1]["symbol"], "TWO");
    assert_eq!(symbols[1]["causality"]["clean"], true);
}

/// Half-hours under hours: each hour goes to one side first.
fn finer(place: &Place, agree: bool) {
    let (mut hours, mut halves) = (String::from("open_time,open,high,low,close,volume\n"), String::new());
    halves.push_str(&hours);
    for i in 0..400i64 {
        let (at, p) =
            (1_600_000_000_000 - 1_600_000_000_000 % 3_600_000 + i * 3_600_000, 100.0 + (i % 7) as f64);
        let high = if agree { p + 3.0 } else { p + 3.5 };
        hours.push_str(&format!("{at},{p},{high},{},{p},9\n", p - 3.0));
        let (up, down) = ([p + 3.0, p - 0.5], [p + 0.5, p - 3.0]);
        let (first, second) = if i % 2 == 0 { (up, down) } else { (down, up) };
        halves.push_str(&format!("{at},{p},{},{},{p},4\n", first[0], first[1]));
        halves.push_str(&format!("{},{p},{},{},{p},5\n", at + 1_800_000, second[0], second[1]));
    }
    place.write("bars.csv", &hours);
    place.write("fine.csv", &halves);
}

#[test]
fn finer_bars_settle_what_was_first() {
    let place = Place::new();
    finer(&place, true);
    place.write(
        "s.toml",
        "name = \"t\"\nsystem = \"ma-cross\"\n\n[data]\nbars = [\"bars.csv\"]\ndetail = \"fine.csv\"\n\n[execution]\n\
         intrabar = \"detail\"\n\n[params]\nfast = 2\nslow = 5\nstop_percent = 1\ntarget_percent = 1\n",
    );
    let s = json(&mut place.backtest())["summary"].clone();
    assert_eq!(s["data"]["detail"]["coverage"]["covered"], 400);
    assert_eq!((&s["intrabar"], &s["ambiguous_trades"]), (&Value::from("detail"), &Value::from(0)));
    let wins = |k: usize| s["edges"][k]["win_rate"].as_f64().unwrap();
    let truth = s["trades"]["win_rate"].as_f64().unwrap();
    assert!(wins(0) < truth && truth < wins(1), "{} {truth} {}", wins(0), wins(1));
    assert!(s["edges"][0]["ambiguous_trades"].as_u64().unwrap() > 20);

    let check = |place: &Place| {
        let mut command = assay();
        command
            .args(["check", "intrabar"])
            .arg(place.path("bars.csv"))
            .arg("--detail")
            .arg(place.path("fine.csv"));
        command
    };
    let truth = json(&mut check(&place));
    assert_eq!(truth["brackets"][0]["told"], truth["brackets"][0]["ambiguous"]);
    check(&place).assert().code(0);
    // Bars that are not those of their finer ones are refused, and so are files the wrong way round.
    let place = Place::new();
    finer(&place, false);
    assert!(place.refusal(&mut check(&place)).contains("no bar agrees with its finer ones; the high of"));
    let mut turned = assay();
    turned
        .args(["check", "intrabar"])
        .arg(place.path("fine.csv"))
        .arg("--detail")
        .arg(place.path("bars.csv"));
    assert!(place.refusal(&mut turned).contains("they must be shorter and divide them"));
    place.write("s.toml", "name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"bars.csv\"]\n\n[execution]\nintrabar = \"detail\"\n");
    assert!(place.refusal(&mut place.backtest()).contains("name their file as data.detail"));
}

#[test]
fn funding_is_a_cost_with_a_line_of_its_own() {
    let place = Place::new();
    place.write(
        "s.toml",
        &SIGNALS.replace("bars = [\"bars.csv\"]", "bars = [\"bars.csv\"]\nfunding = \"f.csv\""),
    );
    let bars = rows(300);
    let time = |bar: usize| bars[bar].split(',').next().unwrap().to_owned();
    place.write("mine.csv", &format!("time,position\n{},1\n{},0\n", time(10), time(40)));
    let events = |bars: &[usize], rate: &str| {
        let row = |b: &usize| format!("{},{rate}\n", time(*b));
        format!("time,funding_rate\n{}", bars.iter().map(row).collect::<String>())
    };
    let every: Vec<usize> = (0..300).step_by(8).collect();
    place.write("f.csv", &events(&every, "0.001"));
    let s = json(&mut place.backtest())["summary"].clone();
    assert_eq!(s["data"]["funding"]["events"], 38);
    // Held over the opens of bars 16, 24, 32 and 40: 4 tenths of a per cent of about the whole account.
    let paid = s["costs"]["funding"].as_f64().unwrap();
    assert!((35.0..45.0).contains(&paid), "{paid}");
    let parts = ["fee", "spread", "slippage", "funding"].map(|k| s["costs"][k].as_f64().unwrap());
    assert!((parts.iter().sum::<f64>() - s["costs"]["total"].as_f64().unwrap()).abs() < 1e-9);
    let net = s["performance"]["end_equity"].as_f64().unwrap() - 10_000.0;
    let gross = s["costs"]["gross_pnl"].as_f64().unwrap();
    assert!((gross - s["costs"]["total"].as_f64().unwrap() - net).abs() < 1e-6);
    let text = place.backtest().assert().code(0).get_output().stdout.clone();
    assert!(String::from_utf8(text).unwrap().contains("  funding"));
    let other = Place::new();
    for file in ["s.toml", "mine.csv"] {
        other.write(file, &std::fs::read_to_string(place.path(file)).unwrap());
    }
    for (text, words) in [
        (events(&every[..20], "0.001"), "the funding covers"),
        (events(&every, "3"), "f.csv:2: funding_rate is no rate: \"3\""),
        ("time,rates\n".to_owned(), "no column of funding rates"),
    ] {
        other.write("f.csv", &text);
        let message = other.refusal(&mut other.backtest());
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn the_parameters_of_each_system_are_listed() {
    for (system, words) in [("ma-cross", "fast = 20"), ("signals", "stamp = \"open\"")] {
        let output = assay().args(["params", system]).assert().code(0).get_output().clone();
        assert!(String::from_utf8_lossy(&output.stdout).contains(words));
    }
}

#[test]
fn the_crossover_runs_over_a_real_history() {
    let Some(file) = real_btcusdt("the crossover on real data") else { return };
    let out = tempfile::tempdir().unwrap();
    let document = json(
        assay()
            .args(["backtest", "scenarios/ma-cross.toml", "--out"])
            .arg(out.path())
            .arg("--data")
            .arg(file),
    );
    let s = &document["summary"];
    assert_eq!(s["data"]["bars"], 62_482);
    assert!(s["trades"]["n"].as_u64().unwrap() > 300);
}

/// Files of freqtrade under the real data, as the scenario names them.
fn futures(folder: &str) -> Option<std::path::PathBuf> {
    let data =
        std::path::PathBuf::from(std::env::var_os("ASSAY_REAL_DATA").unwrap_or("../shared/data".into()));
    let data = if data.is_absolute() { data } else { root().join(data) };
    let path = data.join(folder);
    path.is_dir().then_some(path)
}

#[test]
fn three_perpetuals_run_in_one_account_with_their_funding() {
    let Some(files) = futures("typhonun-freqtrade") else {
        println!("skipped: no perpetuals under the real data");
        return;
    };
    let place = Place::new();
    let text = std::fs::read_to_string(root().join("scenarios/perpetuals.toml")).unwrap();
    place.write("s.toml", &text.replace("futures/", &format!("{}/", files.display())));
    // The real files begin and end at different times.
    let s = summary(&place);
    let symbols = s["symbols"].as_array().unwrap();
    assert_eq!(symbols.len(), 3);
    let number = |v: &Value| v.as_f64().unwrap();
    let sum = |key: &str| symbols.iter().map(|x| number(&x[key])).sum::<f64>();
    let earned = number(&s["performance"]["total_return"]) * number(&s["start_equity"]);
    assert!((sum("pnl") - earned).abs() < 1e-6 * earned.abs(), "{} {earned}", sum("pnl"));
    assert!((sum("gross_pnl") - number(&s["costs"]["gross_pnl"])).abs() < 1e-6);
    for x in symbols {
        assert!(number(&x["trades"]["n"]) > 10.0 && number(&x["costs"]["funding"]) != 0.0, "{x}");
        assert!(number(&x["funding"]["events"]) > 80.0);
    }
    let funding: f64 = symbols.iter().map(|x| number(&x["costs"]["funding"])).sum();
    assert!((funding - number(&s["costs"]["funding"])).abs() < 1e-9);
    println!("three perpetuals: return {earned:.2}, funding {funding:.2}");
}

#[test]
fn sixteen_months_of_two_perpetuals_pay_their_funding() {
    let Some(files) = futures("catman77-freqtrade") else {
        println!("skipped: no perpetuals under the real data");
        return;
    };
    let place = Place::new();
    let file = |s: &str, what: &str| format!("{:?}", files.join(format!("{s}_USDT_USDT-{what}.feather")));
    place.write(
        "s.toml",
        &format!(
            "name = \"p\"\nsystem = \"ma-cross\"\n[data]\nbars = [{}, {}]\nsymbols = [\"BTC\", \"ETH\"]\nfunding = [{}, {}]\nto = \"2024-05-14\"\n\
             [account]\nkind = \"perpetual\"\nleverage = 2\nmaintenance_margin = 0.005\n[execution]\nfee_bps = 5\n[params]\nsize = 0.5\n",
            file("BTC", "1h-futures"),
            file("ETH", "1h-futures"),
            file("BTC", "8h-funding_rate"),
            file("ETH", "8h-funding_rate"),
        ),
    );
    let s = summary(&place);
    // 1,498 events, of which the last is at the end of the bars.
    assert_eq!(s["symbols"][0]["funding"]["events"], 1497);
    assert_eq!(
        (&s["data"]["bars"], &s["symbols"][1]["missing_bars"]),
        (&Value::from(11_976), &Value::from(0))
    );
    let paid = s["costs"]["funding"].as_f64().unwrap();
    assert!((100.0..2000.0).contains(&paid), "longs paid in these months: {paid}");
}

#[test]
fn orders_of_a_file_are_sent_and_wrong_ones_refused() {
    let place = Place::new();
    let head = "name = \"o\"\nsystem = \"signals\"\n[data]\nbars = [\"btcusdt.parquet\"]\nsymbol = \"BTC\"\n";
    let rest = "[[instrument]]\nsymbol = \"BTC\"\nlot = 0.001\ntick = 0.01\n[params]\nfile = \"o.csv\"\n";
    std::fs::copy(root().join("datasets/btcusdt-1h.parquet"), place.path("btcusdt.parquet")).unwrap();
    let bars =
        assay::data::load(&place.path("btcusdt.parquet"), &assay::data::LoadRequest::default()).unwrap().bars;
    let time = |i: usize| assay::market::format_time(bars.open_time()[i]);
    let close = |i: usize| bars.close()[i];
    place.write("s.toml", &format!("{head}{rest}"));
    place.write(
        "o.csv",
        &format!(
            "time,order,side,units,price,stop,target,bars,expiry\n{},limit,buy,0.1,{},{},{},24,market\n{},close,,,,,,,\n{},market,sell,0.05,,{},,,\n",
            time(500),
            0.999 * close(500),
            0.9 * close(500),
            1.5 * close(500),
            time(700),
            time(800),
            1.2 * close(800),
        ),
    );
    let s = summary(&place);
    assert_eq!((&s["trades"]["n"], &s["data"]["positions"]["rows"]), (&Value::from(2), &Value::from(3)));
    std::fs::remove_dir_all(place.path("out")).unwrap();
    for (row, problem) in [
        (format!("{},market,buy,0.0001,,,,,", time(500)), "o.csv:2: 0.0001 units are below the lot of 0.001"),
        (format!("{},market,buy,nan,,,,,", time(500)), "o.csv:2: units is no positive number"),
        (format!("{},market,buy,1,,{},,,", time(500), 2.0 * close(500)), "is on the wrong side of"),
        (format!("{},stop,buy,1,{},,,,", time(500), 0.5 * close(500)), "is on the wrong side of the close"),
        ("1999-01-01,market,buy,1,,,,,".to_owned(), "lies outside the bars"),
    ] {
        place.write("o.csv", &format!("time,order,side,units,price,stop,target,bars,expiry\n{row}\n"));
        let message = place.refusal(&mut place.backtest());
        assert!(message.contains(problem), "{row}: {message}");
    }
}

#[test]
fn wrong_portfolios_are_refused() {
    let place = Place::new();
    let bars = root().join("datasets/btcusdt-1h.parquet");
    let csv = |name: &str, step_ms: i64, n: i64| {
        let rows: String = (0..n)
            .map(|i| {
                format!(
                    "{},100,101,99,{},5\n",
                    1_600_000_000_000 + i * step_ms,
                    100.0 + (i % 7) as f64 / 10.0
                )
            })
            .collect();
        place.write(name, &format!("open_time,open,high,low,close,volume\n{rows}"));
    };
    csv("a.csv", 3_600_000, 300);
    csv("b.csv", 3_600_000, 300);
    csv("d.csv", 86_400_000, 300);
    let try_it = |text: &str| {
        let text = text.replace("BARS", &bars.display().to_string());
        place.write("s.toml", &format!("name = \"s\"\nsystem = \"ma-cross\"\n{text}"));
        place.refusal(&mut place.backtest())
    };
    let two = "[data]\nbars = [\"a.csv\", \"b.csv\"]\nsymbols = [\"A\", \"B\"]\n";
    for (text, problem) in [
        (
            "[data]\nbars = [\"a.csv\", \"d.csv\"]\nsymbols = [\"A\", \"D\"]\n".to_owned(),
            "bars of 1d where those of a.csv are of 1h",
        ),
        ("[data]\nbars = [\"a.csv\", \"b.csv\"]\n".to_owned(), "data.symbols must name each of the 2 files"),
        (
            "[data]\nbars = [\"a.csv\", \"b.csv\"]\nsymbols = [\"A\", \"A\"]\n".to_owned(),
            "must be different names, was \"A\" twice",
        ),
        (format!("{two}funding = \"f.csv\"\n"), "data.funding must name a file for each of the 2"),
        (
            format!("{two}[[instrument]]\nsymbol = \"C\"\n"),
            "instrument.symbol names no symbol of the data: \"C\"",
        ),
        (format!("{two}[[instrument]]\nsymbol = \"A\"\nlike = \"XAU_USB\"\n"), "did you mean \"XAU_USD\"?"),
        (format!("{two}[[instrument]]\nsymbol = \"A\"\nlot = -1.0\n"), "lot must be a number in 0..="),
        (
            format!("{two}[account]\ncurrency = \"GBP\"\n[[instrument]]\nsymbol = \"A\"\nquote = \"JPY\"\n"),
            "A is priced in JPY and the account is in GBP",
        ),
        (
            format!("{two}[account]\nkind = \"spot\"\nleverage = 2\n"),
            "account.leverage must be at most 1 for a spot account",
        ),
        (
            format!("{two}[account]\nleverage = 50\nmaintenance_margin = 0.05\n"),
            "account.maintenance_margin must be below 1 / leverage",
        ),
        (format!("{two}[execution]\nspread_from = \"column\"\n"), "has no column named spread"),
        (
            format!("{two}[risk.limits]\nmax_drawdown = 2.0\n"),
            "risk.limits.max_drawdown must be a number in 0..=1, was 2",
        ),
    ] {
        let message = try_it(&text);
        assert!(message.contains(problem), "{text}: {message}");
    }
    let message = place.refusal(place.backtest().args(["--data", "a.csv"]));
    assert!(message.contains("risk.limits.max_drawdown"), "{message}");
}

#[test]
fn a_yen_price_is_converted_by_a_third_currency() {
    let place = Place::new();
    let csv = |name: &str, level: f64, wave: f64| {
        let rows: String = (0..600)
            .map(|i| {
                let p = level * (1.0 + wave * (f64::from(i) / 40.0).sin());
                format!(
                    "{},{p},{},{},{p},5\n",
                    1_600_000_000_000_i64 + i64::from(i) * 3_600_000,
                    p * 1.001,
                    p * 0.999
                )
            })
            .collect();
        place.write(name, &format!("open_time,open,high,low,close,volume\n{rows}"));
    };
    csv("usd_jpy.csv", 150.0, 0.05);
    csv("gbp_usd.csv", 1.25, 0.0);
    place.write(
        "s.toml",
        "name = \"s\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"usd_jpy.csv\"]\nsymbol = \"USD_JPY\"\ndays_per_year = 260\n[account]\ncurrency = \"GBP\"\n\
         leverage = 30\n[[instrument]]\nsymbol = \"USD_JPY\"\nlike = \"USD_JPY\"\n[[conversion]]\npair = \"GBP_USD\"\nbars = \"gbp_usd.csv\"\n\
         [params]\nfast = 5\nslow = 20\nsize = 1.0\n",
    );
    let s = summary(&place);
    // Yen to dollars by the traded pair itself, dollars to pounds by the other. A pound's worth is 187.5 yen at first.
    let pnl = s["performance"]["total_return"].as_f64().unwrap();
    assert!(pnl > 0.02 && pnl < 2.0, "{pnl}");
    let n = s["trades"]["n"].as_f64().unwrap();
    let expectancy = s["trades"]["expectancy"].as_f64().unwrap();
    let start = s["start_equity"].as_f64().unwrap();
    assert!((n * expectancy - pnl * start).abs() < 1e-6 * start, "what trades made is what the account has");
}

#[test]
fn a_portfolio_is_judged_and_drawn_again() {
    let place = Place::new();
    for (name, phase) in [("a.csv", 0.0), ("b.csv", 1.0)] {
        let rows: String = (0..900)
            .map(|i| {
                let p = 100.0 + 10.0 * (f64::from(i) / 30.0 + phase).sin();
                format!(
                    "{},{p},{},{},{p},5\n",
                    1_600_000_000_000_i64 + i64::from(i) * 3_600_000,
                    p + 1.0,
                    p - 1.0
                )
            })
            .collect();
        place.write(name, &format!("open_time,open,high,low,close,volume\n{rows}"));
    }
    place.write(
        "c.toml",
        "system = \"ma-cross\"\n\n[[criterion]]\nid = \"W\"\nmetric = \"win_rate\"\nscope = \"overall\"\nop = \"<\"\nthreshold = 0.3\nbetter = \"lower\"\n\
         window = \"run\"\nphase = \"all\"\nseverity = \"critical\"\nkind = \"acceptance\"\nmin_n = 5\nunit = \"%\"\nsays = \"wins\"\n",
    );
    place.write(
        "s.toml",
        "name = \"two\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a.csv\", \"b.csv\"]\nsymbols = [\"A\", \"B\"]\n[params]\nfast = 5\nslow = 20\nsize = 0.4\n[gate]\n\
         criteria = [\"c.toml\"]\n[risk.limits]\nkill_at = \"2020-10-10\"\n",
    );
    let document = json(&mut place.backtest());
    let s = &document["summary"];
    assert!(s["events"].as_array().unwrap().iter().any(|e| e["kind"] == "kill_switch"), "{}", s["events"]);
    assert_eq!(document["verdict"]["overall"], "FAIL", "{}", document["verdict"]);
    let run = only_run(&place.path("out"));
    let events = assay::data::table::read(&run.join("events.parquet")).unwrap();
    assert_eq!(events.rows(), s["events"].as_array().unwrap().len());
    let before = std::fs::read(run.join("charts/price_trades.svg")).unwrap();
    assay().arg("gate").arg(&run).assert().code(3);
    assay().arg("report").arg(&run).assert().code(0);
    assert_eq!(before, std::fs::read(run.join("charts/price_trades.svg")).unwrap());
}

#[test]
fn a_sweep_over_files_is_another_sweep_where_a_file_is_another() {
    let place = Place::new();
    let bars = rows(300);
    let time = |bar: usize| bars[bar].split(',').next().unwrap().to_owned();
    let positions = |size: &str| format!("time,position\n{},{size}\n{},0\n", time(20), time(40));
    place.write("mine.csv", &positions("1"));
    place.write("other.csv", &positions("-1"));
    place.write(
        "s.toml",
        &format!("{SIGNALS}[sweep]\nmin_trades = 0\n[sweep.params]\nfile = [\"mine.csv\", \"other.csv\"]\n"),
    );
    let sweep = || {
        let mut sweep = assay();
        sweep.arg("sweep").arg(place.path("s.toml")).arg("--out").arg(place.path("out"));
        json(&mut sweep)["sweep"].clone()
    };
    let first = sweep();
    let again = sweep();
    assert!(first["sweep_id"].is_string());
    assert_eq!(first["sweep_id"], again["sweep_id"]);
    place.write("other.csv", &positions("0.5"));
    let changed = sweep();
    assert_ne!(first["sweep_id"], changed["sweep_id"], "{changed:#}");
    let names: Vec<&str> =
        changed["files"].as_array().unwrap().iter().map(|f| f[0].as_str().unwrap()).collect();
    assert_eq!(names, ["bars.csv", "mine.csv", "other.csv"]);
}

/// Two symbols of waves, and a crossover of them under rules of deployment.
fn deployed(place: &Place, risk: &str) {
    for (name, phase) in [("a.csv", 0.0), ("b.csv", 1.0)] {
        let close =
            |i: i32| 100.0 + 10.0 * (f64::from(i) / 30.0 + phase).sin() + (f64::from(i * i % 97)) / 50.0;
        let row = |i: i32| {
            let (time, p) = (1_600_000_000_000_i64 + i64::from(i) * 3_600_000, close(i));
            format!("{time},{p},{},{},{p},5\n", p + 1.0, p - 1.0)
        };
        let rows: String = (0..2200).map(row).collect();
        place.write(name, &format!("open_time,open,high,low,close,volume\n{rows}"));
    }
    place.write(
        "s.toml",
        &format!(
            "name = \"two\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a.csv\", \"b.csv\"]\nsymbols = [\"A\", \"B\"]\n\
             [params]\nfast = 5\nslow = 20\nsize = 0.4\n[sweep]\nmin_trades = 0\n[sweep.params]\nfast = [4, 5]\n\
             [risk]\n{risk}"
        ),
    );
}

const RULES: &str = "staging = \"gated\"\nmonitor_hours = 48\nsmall_hours = 120\nhalf_hours = 120\n\
                     emergency_stop = true\nestop_on_critical = false\nestop_drawdown = 0.05\nestop_at = \"2020-10-10 04:00\"\n\
                     redeploy_after_hours = 200\n[risk.alerts]\nwin_rate = 0.35\nwin_rate_trades = 10\n";

#[test]
fn rules_of_deployment_act_on_any_system() {
    let place = Place::new();
    deployed(&place, RULES);
    let document = json(&mut place.backtest());
    let s = &document["summary"];
    let events = s["events"].as_array().unwrap();
    for kind in ["stage", "emergency_stop", "rollback", "redeploy"] {
        assert!(events.iter().any(|e| e["kind"] == kind), "{kind} in {events:#?}");
    }
    assert!(s["staged"] == true && s["shadow_trades"].as_u64() > Some(0));
    assert!(s["emergency_stop"]["forced_exits"].as_u64() > Some(0), "{}", s["emergency_stop"]);
    assert!(s["refused"]["stopped"].as_u64() > Some(0), "{}", s["refused"]);
    // Nothing real opens between a stop and the next start.
    let run = only_run(&place.path("out"));
    let t = assay::data::table::read(&run.join("trades.parquet")).unwrap();
    let (entered, shadow) = (t.time_ms("entry_time").unwrap(), t.bool("shadow").unwrap());
    let mut stopped_at = None;
    let mut pauses = vec![];
    for e in events {
        let at = e["time_ms"].as_i64().unwrap();
        match e["kind"].as_str().unwrap() {
            "emergency_stop" => stopped_at = Some(at),
            "redeploy" => pauses.extend(stopped_at.take().map(|from| from..at)),
            _ => {}
        }
    }
    assert!(!pauses.is_empty() && pauses.iter().all(|p| entered.iter().all(|t| !p.contains(t))));
    assert!(shadow.iter().any(|s| *s) && shadow.iter().any(|s| !*s));

    // A sweep's row is the backtest of its setting, and nothing of it reads the future.
    let mut sweep = assay();
    sweep.arg("sweep").arg(place.path("s.toml")).arg("--out").arg(place.path("sweeps"));
    json(&mut sweep);
    let rows = assay::data::table::read(&only_run(&place.path("sweeps")).join("candidates.parquet")).unwrap();
    let assay::data::table::Column::I64(fast) = rows.column("params.fast").unwrap() else {
        panic!("whole numbers")
    };
    let k = fast.iter().position(|f| *f == 5).unwrap();
    assert_eq!(rows.f64("total_return").unwrap()[k], s["performance"]["total_return"].as_f64().unwrap());
    assay().args(["check", "causality"]).arg(place.path("s.toml")).assert().code(0);
}

#[test]
fn rules_of_deployment_that_a_system_cannot_follow_are_refused() {
    for (risk, says) in [
        ("staging = \"gated\"\n", "risk.staging must not be \"gated\": ma-cross has no criteria of its own"),
        (
            "emergency_stop = true\nrollback_to = \"S5_static\"\n",
            "risk.rollback_to must be \"flat\" for ma-cross, was \"S5_static\"",
        ),
        ("rollback_to = \"nowhere\"\n", "risk.rollback_to must be \"flat\" for ma-cross, was \"nowhere\""),
        ("[risk.alerts]\nwin_rate = 0.3\n", "risk.alerts must be left out: an alert lowers gated stages"),
        (
            "emergency_stop = true\n[risk.alerts]\nquality = 0.3\n",
            "risk.alerts.quality must be 0, was 0.3: ma-cross states no quality of its signals",
        ),
        ("[risk.alerts]\nwin_rate = 1.5\n", "risk.alerts.win_rate must be a number in 0..=1, was 1.5"),
        ("[risk.alerts]\nwin_rate_trades = 0\n", "risk.alerts.win_rate_trades must be a number in 1..="),
        ("[risk.alerts]\nwins = 1\n", "unknown key \"wins\""),
    ] {
        let place = Place::new();
        deployed(&place, risk);
        let out = place.backtest().assert().code(2);
        let text = String::from_utf8(out.get_output().stderr.clone()).unwrap();
        assert!(text.contains(says), "{risk}: {text}");
    }
}
