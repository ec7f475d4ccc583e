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
    assert_eq!((&later["jump"], &end["jump"]), (&Value::Bool(false), &Value::Bool(true)));
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
    assert_eq!((&other["later"], &other["jump"]), (&Value::Bool(false), &Value::Bool(false)));
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
fn stamps_read_by_the_wrong_edge_are_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let close = walk(24 * DAYS);
    // What each bar does, stamped with its open, and read as if that were the close before.
    let row = |i: usize| format!("{},{}\n", time(i), if close[i] > close[i - 1] { 1 } else { -1 });
    let rows = "time,position\n".to_owned() + &(1..close.len()).map(row).collect::<String>();
    write(&dir, &close, &rows, "stamp = \"close\"\n");
    let s = summary(&dir, &[]);
    for name in ["one_bar_later", "other_stamp"] {
        assert_eq!(reading(&s, name)["jump"], true, "{name}: {s}");
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
    assert!(s["retimed"].as_array().unwrap().iter().all(|r| r["jump"] == false), "{}", s["retimed"]);
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

#[test]
fn systems_that_decide_themselves_are_not_asked() {
    let args = ["backtest", "scenarios/ma-cross.toml", "--format", "json", "--out"];
    let dir = tempfile::tempdir().unwrap();
    let out = assay().args(args).arg(dir.path()).output().unwrap();
    let s: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(s["summary"].get("retimed").is_none() && out.status.success());
}
