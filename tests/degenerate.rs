//! Runs at the edge of what a figure is about: what is undefined is null, and what is there is right.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::assay;

/// A run of positions on bars: each a row of open, high, low, close, an hour or a day apart.
struct Case {
    step_ms: i64,
    bars: Vec<[f64; 4]>,
    /// Bars whose close wants another position.
    wanted: Vec<(usize, f64)>,
}

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const START: i64 = 1_672_531_200_000; // 2023-01-01

fn write(dir: &Path, name: &str, case: &Case, symbol: &str, shift: i64) -> String {
    let time = |i: usize| assay::market::format_time(START + shift + i as i64 * case.step_ms);
    let row = |(i, b): (usize, &[f64; 4])| format!("{},{},{},{},{},10\n", time(i), b[0], b[1], b[2], b[3]);
    let bars: String = case.bars.iter().enumerate().map(row).collect();
    std::fs::write(dir.join(name), format!("time,open,high,low,close,volume\n{bars}")).unwrap();
    case.wanted.iter().map(|(i, p)| format!("{},{symbol},{p}\n", time(*i))).collect()
}

fn summary(dir: &TempDir, bars: &[&str], symbols: &[&str], positions: &str) -> Value {
    std::fs::write(dir.path().join("p.csv"), format!("time,symbol,position\n{positions}")).unwrap();
    let text = format!(
        "name = \"d\"\nsystem = \"signals\"\n[data]\nbars = {bars:?}\nsymbols = {symbols:?}\n[execution]\nfee_bps = 0\n\
         spread_bps = 0\nslippage_bps = 0\n[params]\nfile = \"p.csv\"\n"
    );
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    let args = ["backtest", "s.toml", "--out", "out", "--format", "json"];
    let out = assay().current_dir(dir.path()).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice::<Value>(&out.stdout).unwrap()["summary"].take()
}

fn of(case: &Case) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let positions = write(dir.path(), "a.csv", case, "A", 0);
    summary(&dir, &["a.csv"], &["A"], &positions)
}

/// Figures of a run that are null, by their names; a figure that is neither null nor a number is a fault of its own.
fn undefined(s: &Value) -> Vec<String> {
    let mut out = vec![];
    let mut see = |name: &str, v: &Value| match v {
        Value::Null => out.push(name.to_owned()),
        Value::Number(n) => assert!(n.as_f64().unwrap().is_finite(), "{name}"),
        _ => {}
    };
    for part in ["performance", "trades"] {
        for (name, v) in s[part].as_object().unwrap() {
            see(name, v);
        }
    }
    for name in [
        "sharpe_se_hac",
        "sharpe_bars",
        "monthly_return",
        "exposure",
        "exposure_notional",
        "turnover",
        "sharpe_interval",
        "max_drawdown_interval",
        "profit_factor_interval",
    ] {
        see(name, &s[name]);
    }
    see("costs.total_bps", &s["costs"]["total_bps"]);
    out
}

fn figure(s: &Value, path: &str) -> f64 {
    path.split('.').fold(s, |v, key| &v[key]).as_f64().unwrap_or(f64::NAN)
}

fn flat(n: usize) -> Vec<[f64; 4]> {
    vec![[100.0; 4]; n]
}

/// Each bar opens at the close before and moves by the factor.
fn growing(n: usize, factor: impl Fn(usize) -> f64) -> Vec<[f64; 4]> {
    let mut price = 100.0;
    let next = |i: usize| {
        let open = price;
        price *= factor(i);
        [open, open.max(price), open.min(price), price]
    };
    (0..n).map(next).collect()
}

const OF_TRADES: [&str; 14] = [
    "win_rate",
    "avg_win",
    "avg_loss",
    "payoff",
    "profit_factor",
    "expectancy",
    "expectancy_r",
    "sqn",
    "avg_return",
    "return_std",
    "best",
    "worst",
    "avg_bars",
    "avg_mae",
];

#[test]
fn a_run_without_a_trade() {
    let s = of(&Case {
        step_ms: DAY,
        bars: growing(90, |i| 1.0 + 0.01 * ((i % 3) as f64 - 1.0)),
        wanted: vec![(5, 0.0)],
    });
    let mut want = vec!["sharpe", "sortino", "calmar", "martin", "omega", "tail_ratio"];
    want.extend(OF_TRADES);
    want.extend(["avg_mfe", "sharpe_se_hac", "sharpe_bars"]);
    want.extend(["sharpe_interval", "max_drawdown_interval", "profit_factor_interval", "costs.total_bps"]);
    assert_eq!(undefined(&s), want);
    for (path, value) in [
        ("performance.total_return", 0.0),
        ("performance.cagr", 0.0),
        ("performance.volatility", 0.0),
        ("performance.max_drawdown", 0.0),
        ("exposure", 0.0),
        ("turnover", 0.0),
        ("trades.gross_profit", 0.0),
        ("trades.gross_loss", 0.0),
    ] {
        assert_eq!(figure(&s, path), value, "{path}");
    }
}

#[test]
fn a_run_of_one_trade() {
    // Bought at 100, up to 120, sold at 110: nothing else moves.
    let mut bars = flat(60);
    bars[10] = [100.0, 120.0, 95.0, 110.0];
    bars[11..].fill([110.0; 4]);
    let s = of(&Case { step_ms: DAY, bars, wanted: vec![(9, 1.0), (12, 0.0)] });
    let want = [
        "sortino",
        "calmar",
        "martin",
        "omega",
        "tail_ratio",
        "avg_loss",
        "payoff",
        "profit_factor",
        "expectancy_r",
        "sqn",
        "return_std",
        // Resamples without the one day that moved have no Sharpe ratio.
        "sharpe_interval",
        "profit_factor_interval",
    ];
    assert_eq!(undefined(&s), want);
    for (path, value) in [
        ("performance.total_return", 0.1),
        ("trades.n", 1.0),
        ("trades.win_rate", 1.0),
        ("trades.expectancy", 1000.0),
        ("trades.avg_mae", 0.05),
        ("trades.avg_mfe", 0.2),
        ("costs.total_bps", 0.0),
    ] {
        assert!((figure(&s, path) - value).abs() < 1e-9, "{path}: {}", figure(&s, path));
    }
    assert_eq!(s["trades"]["no_losses"], true);
}

#[test]
fn a_run_of_one_day_is_no_year() {
    let s = of(&Case { step_ms: HOUR, bars: growing(20, |_| 1.02), wanted: vec![(0, 1.0)] });
    let got = undefined(&s);
    for name in ["cagr", "volatility", "sharpe", "sortino", "calmar", "sharpe_se_hac"] {
        assert!(got.contains(&name.to_owned()), "{name} is defined: {got:?}");
    }
    // From the second open to the last close.
    assert!((figure(&s, "performance.total_return") - (1.02f64.powi(19) - 1.0)).abs() < 1e-9);
    assert_eq!(figure(&s, "performance.periods"), 1.0);
}

#[test]
fn an_account_that_grows_by_the_same_every_day_has_no_sharpe_ratio_and_no_error_of_one() {
    let s = of(&Case { step_ms: DAY, bars: growing(80, |_| 1.001), wanted: vec![(0, 1.0)] });
    let got = undefined(&s);
    // The first day is flat, and is the only one that differs.
    assert!(!got.contains(&"cagr".to_owned()), "{got:?}");
    let steady = of(&Case { step_ms: DAY, bars: flat(80), wanted: vec![(0, 1.0)] });
    for name in ["sharpe", "sharpe_se_hac", "sharpe_bars", "sortino", "calmar", "omega", "sharpe_interval"] {
        assert!(undefined(&steady).contains(&name.to_owned()), "{name}: {:?}", undefined(&steady));
    }
    assert_eq!(figure(&steady, "performance.total_return"), 0.0);
    // Returns that differ by rounding alone have neither.
    let r: Vec<f64> = (0..80).map(|i| 0.001 + if i % 2 == 0 { 1e-18 } else { 0.0 }).collect();
    assert!(assay::stats::sharpe_se_hac(&r, 6).is_nan());
    assert!(assay::stats::autocorrelations(&[0.1; 30], 3).iter().all(|v| v.is_nan()));
}

#[test]
fn a_ruined_account_has_no_turnover() {
    // Short at 100; it opens at 330: 230 of 100 are lost, and half a percent of what is liquidated.
    let mut bars = flat(40);
    bars[20..].fill([330.0, 330.0, 330.0, 330.0]);
    let s = of(&Case { step_ms: DAY, bars, wanted: vec![(5, -1.0), (25, 1.0), (30, 0.0)] });
    assert_eq!((&s["performance"]["ruined"], figure(&s, "performance.cagr")), (&Value::Bool(true), -1.0));
    assert!((figure(&s, "performance.total_return") + 2.3165).abs() < 1e-9);
    assert!((figure(&s, "performance.max_drawdown") - 2.3165).abs() < 1e-9);
    assert!(s["turnover"].is_null(), "{}", s["turnover"]);
    assert_eq!(figure(&s, "trades.n"), 1.0);
    assert_eq!(figure(&s, "orders.refused"), 1.0, "the long that is wanted later");
}

#[test]
fn bars_of_symbols_that_do_not_coincide_are_annualised_by_the_steps_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let days = |drift: f64| Case {
        step_ms: DAY,
        bars: growing(60, |i| 1.0 + drift + 0.01 * ((i % 5) as f64 - 2.0)),
        wanted: vec![(1, 0.5)],
    };
    let mut rows = write(dir.path(), "a.csv", &days(0.002), "A", 0);
    rows += &write(dir.path(), "b.csv", &days(0.001), "B", 13 * HOUR + HOUR / 2);
    let s = summary(&dir, &["a.csv", "b.csv"], &["A", "B"], &rows);
    // Two steps a day, less the half day at the end.
    let steps = 120.0 / (59.0 + 13.5 / 24.0 + 1.0) * 365.0;
    assert!((figure(&s, "bars_per_year") - steps).abs() < 1e-9, "{} {steps}", figure(&s, "bars_per_year"));
    // Of bars that coincide it is what it was, however many a symbol lacks.
    let mut short = days(0.001);
    short.bars.truncate(40);
    let mut rows = write(dir.path(), "a.csv", &days(0.002), "A", 0);
    rows += &write(dir.path(), "b.csv", &short, "B", 0);
    let s = summary(&dir, &["a.csv", "b.csv"], &["A", "B"], &rows);
    assert_eq!(figure(&s, "bars_per_year"), 365.0);
}

#[test]
fn no_stop_is_no_number() {
    let dir = tempfile::tempdir().unwrap();
    let case = Case {
        step_ms: DAY,
        bars: growing(40, |i| 1.0 + 0.01 * ((i % 3) as f64 - 1.0)),
        wanted: vec![(3, 1.0), (9, -1.0)],
    };
    let rows = write(dir.path(), "a.csv", &case, "A", 0);
    summary(&dir, &["a.csv"], &["A"], &rows);
    let run = crate::common::only_run(&dir.path().join("out"));
    let trades = assay::data::table::read(&run.join("trades.parquet")).unwrap();
    assert_eq!(trades.rows(), 2);
    for name in ["stop", "target"] {
        assert!(trades.f64(name).unwrap().iter().all(|v| v.is_nan()), "{name}");
    }
}

#[test]
fn a_search_for_the_smallest_drawdown_shows_it_as_it_is_defined() {
    let dir = tempfile::tempdir().unwrap();
    let data = crate::common::root().join("datasets/btcusdt-1h.parquet");
    let text = format!(
        "name = \"dd\"\nsystem = \"ma-cross\"\n[data]\nbars = [{data:?}]\nto = \"2021-06-01\"\n[sweep]\nresamples = 99\n\
         metric = \"max_drawdown\"\n[sweep.params]\nfast = [5, 10, 20, 40]\nslow = [50, 100, 200]\n"
    );
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    let run = |format: &str| {
        let args = ["sweep", "s.toml", "--out", "out", "--format", format];
        let out = assay().current_dir(dir.path()).args(args).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let s = serde_json::from_str::<Value>(&run("json")).unwrap()["sweep"].take();
    let top = s["top"].as_array().unwrap();
    for pair in top.windows(2) {
        assert!(pair[0]["value"].as_f64() <= pair[1]["value"].as_f64(), "the smallest first");
    }
    assert!(top.iter().all(|t| t["value"] == t["max_drawdown"]), "{top:?}");
    let p = &s["plateau"];
    let ratio = p["value"].as_f64().unwrap() / p["median"].as_f64().unwrap();
    assert!(ratio <= 1.0 && p["ratio"].as_f64() == Some(ratio), "{p}");
    let text = run("text");
    assert!(!text.contains("above zero"), "{text}");
    assert_eq!(s["lower_is_better"], true);
}

#[test]
fn growth_of_a_few_days_is_nothing_to_choose_by() {
    let dir = tempfile::tempdir().unwrap();
    let data = crate::common::root().join("datasets/btcusdt-1h.parquet");
    let text = format!(
        "name = \"c\"\nsystem = \"ma-cross\"\n[data]\nbars = [{data:?}]\nto = \"2021-05-01\"\n[sweep]\nresamples = 99\n\
         metric = \"calmar\"\n[sweep.params]\nfast = [5, 10]\nslow = [50, 100]\n[walkforward]\ntrain_days = 20\ntest_days = 10\n"
    );
    std::fs::write(dir.path().join("s.toml"), text).unwrap();
    let run = |args: &[&str]| {
        let out = assay().current_dir(dir.path()).args(args).args(["--out", "out"]).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, said) = run(&["walkforward", "s.toml"]);
    assert!(
        code == Some(2) && said.contains("calmar has no value below 30 days, and windows are trained on 20"),
        "{said}"
    );
    let (code, said) = run(&["sweep", "s.toml", "--set", "data.to=2021-02-01"]);
    assert!(code == Some(2) && said.contains("calmar has no value below 30 days"), "{said}");
    let halving = ["--set", "sweep.sampler=halving", "--set", "sweep.count=4"];
    let (code, said) = run(&[&["sweep", "s.toml"][..], &halving].concat());
    assert!(code == Some(2) && said.contains("of the first round"), "{said}");
    assert_eq!(run(&["sweep", "s.toml"]).0, Some(0));
}

#[test]
fn interest_is_charged_for_the_time_of_a_step() {
    let short = |shift: i64| {
        let dir = tempfile::tempdir().unwrap();
        let days = |wanted| Case { step_ms: DAY, bars: flat(60), wanted };
        let mut rows = write(dir.path(), "a.csv", &days(vec![(1, -0.5)]), "A", 0);
        rows += &write(dir.path(), "b.csv", &days(vec![(1, 0.0)]), "B", shift);
        std::fs::write(dir.path().join("p.csv"), format!("time,symbol,position\n{rows}")).unwrap();
        let text = "name = \"d\"\nsystem = \"signals\"\n[data]\nbars = [\"a.csv\", \"b.csv\"]\nsymbols = [\"A\", \"B\"]\n\
                    [account]\nborrow_rate = 0.5\n[params]\nfile = \"p.csv\"\n";
        std::fs::write(dir.path().join("s.toml"), text).unwrap();
        let args = ["backtest", "s.toml", "--out", "out", "--format", "json"];
        let out = assay().current_dir(dir.path()).args(args).output().unwrap();
        let s = serde_json::from_slice::<Value>(&out.stdout).unwrap()["summary"].take();
        figure(&s, "costs.borrow")
    };
    let (together, apart) = (short(0), short(13 * HOUR + HOUR / 2));
    assert!(together > 300.0 && (together - apart).abs() < 0.02 * together, "{together} {apart}");
}
