//! Systems that want positions, from outside: the textbook crossover and signals from a file.

use serde_json::Value;

use crate::common::{assay, only_run, real_btcusdt};
use crate::place::{Place, csv, rows};

const SIGNALS: &str = "name = \"mine\"\nsystem = \"signals\"\n\n[data]\nbars = [\"bars.csv\"]\n\n[params]\nfile = \"mine.csv\"\n";

fn json(command: &mut assert_cmd::Command) -> Value {
    let output = command.args(["--format", "json"]).assert().code(0).get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
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
    // What needs the framework says so.
    for command in [["check", "causality"], ["regime", "evaluate"]] {
        let output =
            assay().args(command).arg("scenarios/ma-cross.toml").assert().code(2).get_output().clone();
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not for this command"));
    }
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
