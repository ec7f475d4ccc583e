//! Positions and orders from outside: what a result owes to knowing them as early as their file says.

use serde_json::Value;
use tempfile::TempDir;

use crate::common::assay;

const HOUR: i64 = 3_600_000;
/// Monday 2023-01-02.
const START: i64 = 1_672_617_600_000;

/// Closes of an hourly walk without drift; a bar opens at the close before.
fn walk(n: usize) -> Vec<f64> {
    let (mut state, mut price) = (7u64, 100.0);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        price *= 1.0 + 0.004 * ((state >> 33) as f64 / f64::from(1u32 << 31) - 0.5);
        price
    };
    (0..n).map(|_| next()).collect()
}

fn time(bar: usize) -> String {
    assay::market::format_time(START + bar as i64 * HOUR)
}

/// Writes the bars, and `rows` as the file of positions or orders.
fn write(dir: &TempDir, close: &[f64], rows: &str, params: &str) {
    let mut bars = "time,open,high,low,close,volume\n".to_owned();
    for (i, c) in close.iter().enumerate() {
        let open = if i == 0 { 100.0 } else { close[i - 1] };
        bars += &format!("{},{open},{},{},{c},10\n", time(i), open.max(*c), open.min(*c));
    }
    std::fs::write(dir.path().join("bars.csv"), bars).unwrap();
    std::fs::write(dir.path().join("p.csv"), rows).unwrap();
    let text = format!(
        "name = \"own\"\nsystem = \"signals\"\n[data]\nbars = [\"bars.csv\"]\n[execution]\nfee_bps = 0\nspread_bps = 0\n\
         slippage_bps = 0\n[params]\nfile = \"p.csv\"\n{params}"
    );
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
}

fn run(dir: &TempDir, more: &[&str]) -> String {
    let args = ["backtest", "s.toml", "--out", "out"];
    let out = assay().current_dir(dir.path()).args(args).args(more).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn summary(dir: &TempDir, more: &[&str]) -> Value {
    let json = run(dir, &[&["--format", "json"], more].concat());
    serde_json::from_str::<Value>(&json).unwrap()["summary"].take()
}

/// The run under one of its other readings.
fn reading<'a>(s: &'a Value, name: &str) -> &'a Value {
    let all = s["retimed"].as_array().unwrap();
    all.iter().find(|r| r["reading"] == name).unwrap_or_else(|| panic!("{name}: {all:?}"))
}

fn sharpe(v: &Value) -> f64 {
    v["performance"]["sharpe"].as_f64().unwrap()
}

const DAYS: usize = 120;

/// The side of each day, stamped with its midnight: known at its end only.
fn of_the_day(close: &[f64]) -> String {
    let row = |d: usize| {
        let side = if close[24 * d + 23] > close[24 * d] { 1 } else { -1 };
        format!("{},{side}\n", time(24 * d))
    };
    "time,position\n".to_owned() + &(1..DAYS).map(row).collect::<String>()
}

#[test]
fn positions_of_days_that_act_in_the_first_hour_are_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    write(&dir, &close, &of_the_day(&close), "");
    let s = summary(&dir, &[]);
    let (later, end) = (reading(&s, "one_bar_later"), reading(&s, "end_of_interval"));
    assert!(sharpe(&s) > 10.0 && sharpe(later) > 0.5 * sharpe(&s), "an hour of 23 is not much: {s}");
    assert_eq!(
        (&later["hangs_on_timing"], &end["hangs_on_timing"]),
        (&Value::Bool(false), &Value::Bool(true))
    );
    assert_eq!(
        (&end["setting"], &end["label"]),
        (&"execution.latency_bars=23".into(), &"known at the end of 1d".into())
    );
    assert!(sharpe(end) < 4.0, "{end}");
    // It is a run that anyone can make.
    let alone = summary(&dir, &["--set", "execution.latency_bars=23"]);
    assert_eq!((&alone["performance"], &alone["trades"]), (&end["performance"], &end["trades"]));
    // Read as the close of the bar they act an hour earlier: said, and no warning.
    let other = reading(&s, "other_stamp");
    assert_eq!((&other["later"], &other["hangs_on_timing"]), (&Value::Bool(false), &Value::Bool(false)));
    let alone = summary(&dir, &["--set", "params.stamp=close"]);
    assert_eq!(alone["performance"], other["performance"]);
    // The first screen, and the gate.
    let text = run(&dir, &[]);
    assert!(text.contains("warning: the result hangs on when positions were known"), "{text}");
    assert!(text.contains("known at the end of 1d ") && text.contains("one bar later "), "{text}");
    let criteria = "system = \"signals\"\n[[criterion]]\nid = \"R\"\nmetric = \"sharpe\"\nscope = \"overall\"\nop = \">=\"\n\
                    threshold = 1.0\nbetter = \"higher\"\nwindow = \"run\"\nmin_n = 1\nunit = \"x\"\nkind = \"acceptance\"\n\
                    phase = \"any\"\nseverity = \"target\"\nsays = \"words\"\n";
    std::fs::write(dir.path().join("c.toml"), criteria).unwrap();
    let gate = |more: &[&str]| {
        let args = [
            "backtest",
            "s.toml",
            "--out",
            "gated",
            "--gate",
            "--format",
            "json",
            "--set",
            "gate.criteria=[\"c.toml\"]",
        ];
        let out = assay().current_dir(dir.path()).args(args).args(more).output().unwrap();
        let v: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {out:?}"));
        (out.status.code(), v["verdict"].clone())
    };
    let (code, verdict) = gate(&[]);
    let row =
        verdict["rows"].as_array().unwrap().iter().find(|r| r["id"] == "timing.end_of_interval").unwrap();
    assert_eq!(
        (&row["verdict"], &verdict["overall"], code),
        (&"INCONCLUSIVE".into(), &"INCONCLUSIVE".into(), Some(4)),
        "{row}"
    );
    assert!(row["reason"].as_str().unwrap().contains("execution.latency_bars=23"), "{row}");
}

#[test]
fn the_end_of_an_interval_is_where_its_times_say() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    write(&dir, &close, &of_the_day(&close), "stamp = \"close\"\n");
    let s = summary(&dir, &[]);
    let end = reading(&s, "end_of_interval");
    assert_eq!(end["setting"], "execution.latency_bars=24");
    // The first row is that of the second day: known at its end.
    let first = trades(&dir, &["--set", "execution.latency_bars=24"])[0].0;
    write(&dir, &close, &of_the_day(&close), "");
    assert_eq!((first, trades(&dir, &["--set", "execution.latency_bars=23"])[0].0), (48, 48));
}

#[test]
fn limits_see_a_larger_size_of_an_entry_on_its_way() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(60);
    let rows = format!("time,position\n{},0.5\n{},5\n", time(10), time(11));
    write(&dir, &close, &rows, "");
    let set = ["--set", "execution.latency_bars=1", "--set", "account.leverage=5"];
    assert!(trades(&dir, &set)[0].2 > 40.0, "without a limit it is");
    let units = trades(&dir, &[&set[..], &["--set", "risk.limits.max_position=1"]].concat())[0].2;
    assert!((units / (10_000.0 / close[11]) - 1.0).abs() < 0.02, "{units}");
}

#[test]
fn a_reading_that_is_too_late_to_be_run_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    write(&dir, &close, &of_the_day(&close), "");
    write_criteria(&dir);
    let args = ["backtest", "s.toml", "--gate", "--format", "json", "--set", "gate.criteria=[\"c.toml\"]"];
    let late = ["--set", "execution.latency_bars=9990"];
    let out = assay().current_dir(dir.path()).args(args).args(late).output().unwrap();
    let document = serde_json::from_slice::<Value>(&out.stdout).unwrap();
    let s = &document["summary"];
    assert!(s["retimed"].as_array().unwrap().iter().all(|r| r["reading"] != "end_of_interval"));
    let skipped = &s["not_retimed"][0];
    assert_eq!(
        (&skipped["reading"], s["not_retimed"].as_array().unwrap().len()),
        (&"end_of_interval".into(), 1)
    );
    let why = "0..=10000, was 10013; longer bars need fewer";
    let note =
        |n: &Value| n.as_str().is_some_and(|n| n.contains("known at the end of 1d") && n.contains(why));
    assert!(s["notes"].as_array().unwrap().iter().any(note), "{}", s["notes"]);
    let rows = document["verdict"]["rows"].as_array().unwrap();
    let row = rows.iter().find(|r| r["id"] == "timing.end_of_interval").unwrap();
    assert_eq!((&row["verdict"], &row["decides"]), (&"NOT_APPLICABLE".into(), &Value::Bool(false)));
    assert!(row["reason"].as_str().unwrap().contains(why), "{row}");
}

#[test]
fn stamps_read_by_the_wrong_edge_are_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    // What each bar does, stamped with its open, and read as if that were the close before.
    let row = |i: usize| format!("{},{}\n", time(i), if close[i] > close[i - 1] { 1 } else { -1 });
    let rows = "time,position\n".to_owned() + &(1..close.len()).map(row).collect::<String>();
    write(&dir, &close, &rows, "stamp = \"close\"\n");
    let s = summary(&dir, &[]);
    for name in ["one_bar_later", "other_stamp"] {
        assert_eq!(reading(&s, name)["hangs_on_timing"], true, "{name}: {s}");
    }
    assert!(sharpe(&s) > 50.0 && sharpe(reading(&s, "other_stamp")) < 5.0);
    assert!(
        s["retimed"].as_array().unwrap().len() == 2,
        "rows as far apart as bars have no interval of their own"
    );
}

#[test]
fn positions_that_last_and_orders_bring_no_warning() {
    let dir = tempfile::tempdir().unwrap();
    let drifting: Vec<f64> =
        walk(24 * DAYS).iter().enumerate().map(|(i, c)| c * 1.0002f64.powi(i as i32)).collect();
    let rows: String =
        (0..20).map(|k| format!("{},{}\n", time(k * 137 + k % 3), 1.0 - 0.02 * (k % 4) as f64)).collect();
    write(&dir, &drifting, &format!("time,position\n{rows}"), "");
    let s = summary(&dir, &[]);
    assert!(sharpe(&s) > 1.0);
    assert!(
        s["retimed"].as_array().unwrap().iter().all(|r| r["hangs_on_timing"] == false),
        "{}",
        s["retimed"]
    );
    assert!(!run(&dir, &[]).contains("warning: the result hangs"));
    // Orders arrive a bar later as well.
    let orders: String = (0..20)
        .map(|k| format!("{},market,buy,0.1\n{},close,,\n", time(k * 100), time(k * 100 + 50)))
        .collect();
    write(&dir, &drifting, &format!("time,order,side,units\n{orders}"), "");
    let s = summary(&dir, &[]);
    assert_eq!(reading(&s, "one_bar_later")["trades"]["n"], 20);
    let own: Vec<f64> = [&s, reading(&s, "one_bar_later")].map(sharpe).to_vec();
    assert!(own[0] != own[1], "{own:?}");
}

#[test]
fn what_fills_at_its_own_close_is_compared_with_the_open_after_the_next_bar() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    write(&dir, &close, &of_the_day(&close), "");
    let s = summary(&dir, &["--set", "execution.fill=close"]);
    let later = reading(&s, "one_bar_later");
    assert_eq!(later["setting"], "execution.latency_bars=1 execution.fill=next_open");
    let set = ["--set", "execution.latency_bars=1", "--set", "execution.fill=next_open"];
    assert_eq!(summary(&dir, &set)["performance"], later["performance"]);
}

/// Trades of the one run there is: open and close of each, in bars from the start, and its units with their side.
fn trades(dir: &TempDir, more: &[&str]) -> Vec<(i64, i64, f64)> {
    let out = dir.path().join("one");
    let _ = std::fs::remove_dir_all(&out);
    let args = ["backtest", "s.toml", "--quiet", "--out", "one"];
    assert!(assay().current_dir(dir.path()).args(args).args(more).output().unwrap().status.success());
    let t = assay::data::table::read(&crate::common::only_run(&out).join("trades.parquet")).unwrap();
    let bar = |name: &str, k: usize| (t.time_ms(name).unwrap()[k] - START) / HOUR;
    let side = t.labels("direction").unwrap();
    let of = |k: usize| {
        let sign = if side.names[side.codes[k] as usize] == "short" { -1.0 } else { 1.0 };
        let units = (t.f64("units").unwrap()[k] * 1e9).round() / 1e9;
        (bar("entry_time", k), bar("exit_time", k), sign * units)
    };
    (0..t.rows()).map(of).collect()
}

#[test]
fn what_is_decided_while_an_entry_is_under_way_finds_its_position() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(60);
    let rows = |rows: &[(usize, f64)]| {
        "time,position\n".to_owned()
            + &rows.iter().map(|(b, p)| format!("{},{p}\n", time(*b))).collect::<String>()
    };
    let late = |bars: usize| format!("execution.latency_bars={bars}");
    for (wanted, latency) in [
        (vec![(10, 1.0), (11, 0.0)], 1),
        (vec![(10, 1.0), (11, -1.0), (12, 0.0)], 1),
        (vec![(10, 1.0), (11, 2.0), (12, 0.0)], 2),
        (vec![(10, 1.0), (11, 0.0), (12, 1.0), (13, -2.0), (14, -1.0), (15, 0.0), (16, 1.0)], 3),
    ] {
        write(&dir, &close, &rows(&wanted), "unit = \"units\"\n");
        let moved: Vec<(usize, f64)> = wanted.iter().map(|(bar, p)| (bar + latency, *p)).collect();
        let arrived = trades(&dir, &["--set", &late(latency)]);
        write(&dir, &close, &rows(&moved), "unit = \"units\"\n");
        assert_eq!(arrived, trades(&dir, &[]), "{wanted:?} {latency} bars late");
        assert_eq!(arrived.iter().any(|t| t.2 < 0.0), wanted.iter().any(|w| w.1 < 0.0), "{arrived:?}");
    }
    // A limit entry is taken back as late as it was sent; what it has opened by then is closed.
    let mut held = 0;
    for offset in [-50, 0, 20, 400] {
        write(
            &dir,
            &close,
            &rows(&[(10, 1.0), (12, 0.0), (20, 1.0), (22, -1.0), (23, 0.0)]),
            "unit = \"units\"\n",
        );
        let offset = format!("execution.entry_offset_bps={offset}");
        let limit = ["execution.entry=\"limit_first\"", "execution.entry_bars=30", &offset, &late(3)];
        let set: Vec<&str> = limit.iter().flat_map(|s| ["--set", s]).collect();
        for (open, until, _) in trades(&dir, &set) {
            // In from the fourth bar after its close, out in the bar in which what was decided later arrives.
            let meant = |(from, to): &(i64, i64)| open >= *from && until <= *to;
            assert!([(14, 17), (24, 27), (26, 28)].iter().any(meant), "{offset}: {open} to {until}");
            held += 1;
        }
    }
    assert!(held > 2, "{held}");
    // Orders: what closes and cancels arrives as late as what it closes.
    let orders = |shift: usize| {
        let row = |bar: usize, what: &str| format!("{},{what}\n", time(bar + shift));
        "time,order,side,units,price\n".to_owned()
            + &row(10, "market,buy,1,")
            + &row(11, "close,,,")
            + &row(20, "limit,buy,1,200")
            + &row(21, "cancel,,,")
            + &row(30, "limit,buy,1,1")
            + &row(32, "cancel,,,")
            + &row(40, "market,sell,2,")
            + &row(43, "close,,,")
    };
    for latency in [1, 2, 4] {
        write(&dir, &close, &orders(0), "");
        let arrived = trades(&dir, &["--set", &late(latency)]);
        write(&dir, &close, &orders(latency), "");
        assert_eq!(arrived, trades(&dir, &[]), "{latency} bars late");
        assert!(arrived.len() >= 3, "{arrived:?}");
    }
}

#[test]
fn orders_that_know_the_next_bar_are_a_warning_and_no_pass() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * 60);
    let rising = (2..close.len() - 3).step_by(3).filter(|i| close[i + 1] > close[*i]);
    let row = |i: usize| format!("{},market,buy,50\n{},close,,\n", time(i), time(i + 1));
    write(&dir, &close, &("time,order,side,units\n".to_owned() + &rising.map(row).collect::<String>()), "");
    let s = summary(&dir, &[]);
    let later = reading(&s, "one_bar_later");
    assert!(sharpe(&s) > 20.0 && later["trades"]["n"] == s["trades"]["n"], "{later}");
    assert_eq!(later["hangs_on_timing"], true);
}

#[test]
fn days_filled_forward_to_hours_have_an_interval_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    let side = |d: usize| if close[24 * d + 23] > close[24 * d] { 1 } else { -1 };
    let rows: String = (24..24 * DAYS).map(|i| format!("{},{}\n", time(i), side(i / 24))).collect();
    write(&dir, &close, &format!("time,position\n{rows}"), "");
    let s = summary(&dir, &[]);
    let end = reading(&s, "end_of_interval");
    assert_eq!(
        (&end["setting"], &end["hangs_on_timing"]),
        (&"execution.latency_bars=23".into(), &Value::Bool(true))
    );
}

#[test]
fn a_loss_that_may_be_chance_is_no_warning() {
    let mut jumps = 0;
    for seed in 0..8u64 {
        let dir = tempfile::tempdir().unwrap();
        let close = walk(24 * 90);
        let row = |d: u64| {
            let drawn = (d + 1 + 1000 * seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            format!("{},{}\n", time(24 * d as usize), if drawn.is_multiple_of(2) { 1 } else { -1 })
        };
        write(&dir, &close, &("time,position\n".to_owned() + &(1..90).map(row).collect::<String>()), "");
        let s = summary(&dir, &["--set", "gate.resamples=1000"]);
        jumps += s["retimed"].as_array().unwrap().iter().filter(|r| r["hangs_on_timing"] == true).count();
    }
    assert!(jumps <= 1, "{jumps} of 8 runs of noise");
}

/// A file of criteria with one rule about trades.
fn write_criteria(dir: &TempDir) {
    let criteria = "system = \"signals\"\n[[criterion]]\nid = \"R\"\nmetric = \"win_rate\"\nscope = \"overall\"\nop = \">=\"\n\
                    threshold = 0.1\nbetter = \"higher\"\nwindow = \"run\"\nmin_n = 1\nunit = \"%\"\nkind = \"acceptance\"\n\
                    phase = \"any\"\nseverity = \"warning\"\nsays = \"words\"\n";
    std::fs::write(dir.path().join("c.toml"), criteria).unwrap();
}

#[test]
fn no_run_passes_by_its_timing_alone() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * 30);
    write(&dir, &close, &format!("time,position\n{},0\n", time(5)), "");
    write_criteria(&dir);
    let args = ["backtest", "s.toml", "--gate", "--format", "json", "--set", "gate.criteria=[\"c.toml\"]"];
    let out = assay().current_dir(dir.path()).args(args).output().unwrap();
    let verdict = serde_json::from_slice::<Value>(&out.stdout).unwrap()["verdict"].take();
    assert_eq!((&verdict["overall"], out.status.code()), (&"INCONCLUSIVE".into(), Some(4)), "{verdict}");
    let rows = verdict["rows"].as_array().unwrap();
    let row = rows.iter().find(|r| r["id"] == "timing.one_bar_later").unwrap();
    assert_eq!((&row["verdict"], &row["observed"]), (&"INCONCLUSIVE".into(), &Value::Null), "{row}");
}

#[test]
fn systems_that_decide_themselves_are_not_asked() {
    let args = ["backtest", "scenarios/ma-cross.toml", "--format", "json", "--out"];
    let dir = tempfile::tempdir().unwrap();
    let out = assay().args(args).arg(dir.path()).output().unwrap();
    let s: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(s["summary"].get("retimed").is_none() && out.status.success());
}
