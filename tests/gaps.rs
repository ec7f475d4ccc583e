//! Time in which nothing trades: nights, weekends, gaps, and the bars of other symbols in between.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::assay;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Monday 2023-01-02.
const START: i64 = 1_672_617_600_000;

/// Hours of bars from the start on, and the positions wanted at their closes, in units or as a share.
#[derive(Clone)]
struct Symbol {
    name: &'static str,
    opens: Vec<i64>,
    price: fn(usize) -> f64,
    wanted: Vec<(usize, f64)>,
}

impl Symbol {
    fn flat(name: &'static str, opens: Vec<i64>, wanted: Vec<(usize, f64)>) -> Self {
        Self { name, opens, price: |_| 100.0, wanted }
    }
}

/// Opens of hourly bars, `n` a day from `hour` (in half hours) on, on the weekdays of `days` days.
fn sessions(days: i64, half_hour: i64, n: i64) -> Vec<i64> {
    let weekdays = (0..days).filter(|d| d % 7 < 5);
    weekdays.flat_map(|d| (0..n).map(move |h| START + d * DAY + half_hour * HOUR / 2 + h * HOUR)).collect()
}

fn write(dir: &Path, s: &Symbol) -> String {
    let time = |i: usize| assay::market::format_time(s.opens[i]);
    let mut bars = "time,open,high,low,close,volume\n".to_owned();
    for i in 0..s.opens.len() {
        let (open, close) = ((s.price)(i.saturating_sub(1)), (s.price)(i));
        let (high, low) = (open.max(close), open.min(close));
        bars += &format!("{},{open},{high},{low},{close},1000\n", time(i));
    }
    std::fs::write(dir.join(format!("{}.csv", s.name)), bars).unwrap();
    s.wanted.iter().map(|(i, p)| format!("{},{},{p}\n", time(*i), s.name)).collect()
}

/// The summary of a run of these symbols without costs, under `more` of a scenario.
fn summary(symbols: &[Symbol], more: &str) -> Value {
    run(&tempfile::tempdir().unwrap(), symbols, "length = \"1h\"", more)
}

fn run(dir: &TempDir, symbols: &[Symbol], bars: &str, more: &str) -> Value {
    let positions: String = symbols.iter().map(|s| write(dir.path(), s)).collect();
    std::fs::write(dir.path().join("p.csv"), format!("time,symbol,position\n{positions}")).unwrap();
    let files: Vec<String> = symbols.iter().map(|s| format!("{}.csv", s.name)).collect();
    let names: Vec<&str> = symbols.iter().map(|s| s.name).collect();
    let timeframe = bars.replace("length", "timeframe");
    let text = format!(
        "name = \"g\"\nsystem = \"signals\"\n[params]\nfile = \"p.csv\"\nunit = \"units\"\n[execution]\nfee_bps = 0\n\
         spread_bps = 0\nslippage_bps = 0\n[data]\nbars = {files:?}\nsymbols = {names:?}\n{timeframe}\n{more}"
    );
    backtest(dir, &text)
}

fn backtest(dir: &TempDir, scenario: &str) -> Value {
    std::fs::write(dir.path().join("s.toml"), scenario).unwrap();
    let args = ["backtest", "s.toml", "--out", "out", "--format", "json"];
    let out = assay().current_dir(dir.path()).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice::<Value>(&out.stdout).unwrap()["summary"].take()
}

fn figure(s: &Value, path: &str) -> f64 {
    path.split('.').fold(s, |v, key| &v[key]).as_f64().unwrap_or(f64::NAN)
}

const INTEREST: &str = "[account]\nborrow_rate = 0.1\n";

/// Interest of a short of 50 units at 100 over these hours.
fn due(hours: f64) -> f64 {
    5000.0 * 0.1 * hours / 8760.0
}

#[test]
fn interest_runs_through_nights_weekends_and_gaps() {
    // Held from the second open of a stock's year to its last close.
    let stock = Symbol::flat("A", sessions(364, 27, 7), vec![(0, -50.0)]);
    let held = (stock.opens[stock.opens.len() - 1] + HOUR - stock.opens[1]) as f64 / HOUR as f64;
    let paid = figure(&summary(std::slice::from_ref(&stock), INTEREST), "costs.borrow");
    assert!((paid - due(held)).abs() < 1e-9, "{paid} {}", due(held));
    assert!((paid - 494.9).abs() < 0.1, "nearly a year of 500: {paid}");
    // Days, which leave out the weekends.
    let days = Symbol::flat(
        "A",
        (0..364).filter(|d| d % 7 < 5).map(|d| START + d * DAY).collect(),
        vec![(0, -50.0)],
    );
    let held = (days.opens[days.opens.len() - 1] + DAY - days.opens[1]) as f64 / HOUR as f64;
    let dir = tempfile::tempdir().unwrap();
    let paid = figure(&run(&dir, &[days], "length = \"1d\"", INTEREST), "costs.borrow");
    assert!((paid - due(held)).abs() < 1e-9, "{paid} {}", due(held));
    // Bought back at the first open after 48 hours without bars: the gap is paid for; opened there, it is not.
    let gap: Vec<i64> = (0..10).chain(58..70).map(|h| START + h * HOUR).collect();
    for (wanted, hours) in [(vec![(1, -50.0), (9, 0.0)], 56.0), (vec![(9, -50.0), (12, 0.0)], 3.0)] {
        let paid = figure(&summary(&[Symbol::flat("A", gap.clone(), wanted)], INTEREST), "costs.borrow");
        assert!((paid - due(hours)).abs() < 1e-9, "{paid} {hours}");
    }
    // Half of it bought back there pays for half from there on.
    let wanted = vec![(1, -50.0), (9, -25.0), (13, 0.0)];
    let paid = figure(&summary(&[Symbol::flat("A", gap, wanted)], INTEREST), "costs.borrow");
    assert!((paid - due(56.0 + 4.0 / 2.0)).abs() < 1e-9, "{paid}");
}

#[test]
fn a_symbol_that_never_trades_changes_no_bit_of_interest() {
    let stock = Symbol {
        name: "A",
        opens: sessions(40, 27, 7),
        price: |i| 100.0 + 0.37 * ((i * 7) % 11) as f64,
        wanted: vec![(0, -50.3), (31, 0.0), (40, 170.7), (90, -20.1)],
    };
    let rows = |symbols: &[Symbol]| {
        let dir = tempfile::tempdir().unwrap();
        let margin = format!("{INTEREST}leverage = 3\n");
        let s = run(&dir, symbols, "length = \"1h\"", &margin);
        let trades = crate::common::only_run(&dir.path().join("out")).join("trades.parquet");
        let trades = assay::data::table::read(&trades).unwrap();
        let bits = |name: &str| trades.f64(name).unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let end = s["performance"]["end_equity"].as_f64().or(s["end_equity"].as_f64());
        (bits("borrow_cost"), bits("pnl"), bits("units"), end.map(f64::to_bits))
    };
    let alone = rows(std::slice::from_ref(&stock));
    assert!(alone.0.len() == 3 && alone.0.iter().all(|b| f64::from_bits(*b) > 0.0), "{alone:?}");
    let always: Vec<i64> = (-5..41 * 24).map(|h| START + h * HOUR).collect();
    let offset: Vec<i64> = always.iter().map(|t| t + HOUR / 2).collect();
    let short: Vec<i64> = always[200..300].to_vec();
    for opens in [always, offset, short] {
        let idle = Symbol::flat("Z", opens, vec![(0, 0.0)]);
        assert_eq!(rows(&[stock.clone(), idle]), alone);
    }
}

#[test]
fn a_symbol_that_ends_first_has_paid_for_all_the_time_it_was_held() {
    let hours = |n: i64, shift: i64| (0..n).map(|h| START + h * HOUR + shift).collect::<Vec<i64>>();
    let on_the_hour = Symbol::flat("A", hours(24, 0), vec![(0, 0.0)]);
    let between = Symbol::flat("D", hours(10, HOUR / 2), vec![(1, -50.0)]);
    let s = summary(&[on_the_hour, between], INTEREST);
    assert!((figure(&s, "costs.borrow") - due(8.0)).abs() < 1e-9, "{}", s["costs"]);
}

#[test]
fn bars_of_a_year_of_sessions_that_take_turns_or_overlap() {
    let drift: fn(usize) -> f64 = |i| 100.0 + 0.05 * i as f64 + 0.3 * ((i * 5) % 7) as f64;
    let of = |name, opens| Symbol { name, opens, price: drift, wanted: vec![(1, 1.0)] };
    let per_year = |a: Vec<i64>, b: Vec<i64>, more: &str| {
        figure(&summary(&[of("A", a), of("B", b)], more), "bars_per_year")
    };
    let stocks = "calendar = \"us-equity\"\n[gate]\nresamples = 100\n";
    for days in [5, 12, 140] {
        // 13:30 to 20:30 and 14:00 to 21:00.
        let n = per_year(sessions(days, 27, 7), sessions(days, 28, 7), stocks);
        assert!((n - 2.0 * 1764.0).abs() < 0.01 * n, "{days} days: {n}");
        // 04:30 to 11:30 and 14:30 to 21:30, on one grid.
        let n = per_year(sessions(days, 9, 7), sessions(days, 29, 7), stocks);
        assert!((n - 2.0 * 1764.0).abs() < 0.01 * n, "{days} days by turns: {n}");
        // The same session, one with holes and a later start.
        let holes = sessions(days, 27, 7).into_iter().enumerate().filter(|(i, _)| i % 5 != 2 && *i > 8);
        let n = per_year(sessions(days, 27, 7), holes.map(|(_, t)| t).collect(), stocks);
        assert_eq!(n, 1764.0, "{days} days with holes");
    }
    // Bars that each lacks at random: still one grid.
    let some = |k: i64| -> Vec<i64> {
        let there = |t: &i64| (t / HOUR * 7919 + k * 104_729) % 1009 % 10 < 6;
        sessions(140, 27, 7).into_iter().filter(there).collect()
    };
    let n = per_year(some(1), some(2), stocks);
    assert!((n - 1764.0).abs() < 0.12 * n, "{n}");
    // One after the other: at no time more than one.
    let early = sessions(70, 27, 7);
    let late: Vec<i64> = sessions(140, 27, 7).into_iter().filter(|t| *t > START + 70 * DAY).collect();
    assert_eq!(per_year(early, late, stocks), 1764.0);
    // A share and a coin: 31 steps of a weekday, 24 of the others, counted by the time they took.
    let coin: Vec<i64> = (0..140 * 24).map(|h| START + h * HOUR).collect();
    let n = per_year(coin.clone(), sessions(140, 27, 7), "[gate]\nresamples = 100\n");
    assert!((n - 365.0 / 7.0 * (5.0 * 31.0 + 2.0 * 24.0)).abs() < 5.0, "{n}");
    // A gap of both is no time of theirs, nor is one between the end of the first and the start of the second.
    let of = |from: i64, to: i64, shift: i64| {
        (from..to).map(move |h| START + h * HOUR + shift).collect::<Vec<_>>()
    };
    let gap = |shift: i64| [of(0, 300, shift), of(2700, 3000, shift)].concat();
    let n = per_year(gap(0), gap(HOUR / 2), "[gate]\nresamples = 100\n");
    assert!((n - 17520.0).abs() < 50.0, "{n}");
    let n = per_year(of(0, 300, 0), of(2700, 3000, HOUR / 2), "[gate]\nresamples = 100\n");
    assert!((n - 8760.0).abs() < 1.0, "{n}");
    // On the coin's grid the share has no steps of its own.
    assert_eq!(per_year(coin, sessions(140, 28, 7), "[gate]\nresamples = 100\n"), 8760.0);
}

#[test]
fn impact_forgets_a_bar_of_absurd_volume_after_a_day() {
    let cost = |volume: f64, more: &str| {
        let dir = tempfile::tempdir().unwrap();
        let mut rows = "time,open,high,low,close,volume\n".to_owned();
        for i in 0..300 {
            let time = assay::market::format_time(START + i * HOUR);
            rows += &format!(
                "{time},100,101,99,100,{}\n",
                match i {
                    30 => volume,
                    95.. => 2000.0,
                    _ => 1000.0,
                }
            );
        }
        std::fs::write(dir.path().join("A.csv"), rows).unwrap();
        let at = |i: i64| assay::market::format_time(START + i * HOUR);
        std::fs::write(dir.path().join("p.csv"), format!("time,position\n{},0.5\n{},0\n", at(100), at(150)))
            .unwrap();
        let text = format!(
            "name = \"i\"\nsystem = \"signals\"\n[params]\nfile = \"p.csv\"\n[execution]\nimpact = 1\nfee_bps = 0\n\
             spread_bps = 0\nslippage_bps = 0\n[data]\nbars = [\"A.csv\"]\n{more}"
        );
        figure(&backtest(&dir, &text), "costs.impact")
    };
    let usual = cost(1000.0, "");
    assert_eq!(cost(1e18, ""), usual);
    // Half of the equity of 10,000, bought at the open of bar 101 and sold at that of 151, against the turnover of a day
    // before; a range of 2 % an hour. The volume doubles at bar 95.
    let expected = |day: i64| {
        let sigma = (101.0f64 / 99.0).ln() / (4.0 * 2.0f64.ln()).sqrt() * (day as f64).sqrt();
        let turnover = |bar: i64| (bar - day..bar).map(|i| if i < 95 { 1e5 } else { 2e5 }).sum::<f64>();
        [101, 151].map(|bar| 5000.0 * sigma * (5000.0 / turnover(bar)).sqrt()).iter().sum::<f64>()
    };
    let stock = cost(1000.0, "calendar = \"us-equity\"\n");
    for (found, day) in [(usual, 24), (stock, 7)] {
        assert!((found / expected(day) - 1.0).abs() < 0.002, "{day}: {found} {}", expected(day));
    }
}

#[test]
fn holding_is_converted_as_positions_are() {
    // A is priced in euros and rises by a half; a euro doubles, halves, or stays.
    for (last, gain) in [(2.0, 1.0), (0.5, 0.25), (1.0, 0.5)] {
        let dir = tempfile::tempdir().unwrap();
        let rows = |price: &dyn Fn(f64) -> f64| {
            let row = |i: i64| {
                let (open, close) = (price((i - 1).max(0) as f64), price(i as f64));
                let time = assay::market::format_time(START + i * HOUR);
                format!("{time},{open},{},{},{close},1\n", open.max(close), open.min(close))
            };
            (0..100).map(row).fold("time,open,high,low,close,volume\n".to_owned(), |all, r| all + &r)
        };
        std::fs::write(dir.path().join("A.csv"), rows(&|i| 100.0 + 50.0 * i / 99.0)).unwrap();
        std::fs::write(dir.path().join("fx.csv"), rows(&|i| 1.0 + (last - 1.0) * i / 98.0)).unwrap();
        let at = assay::market::format_time(START);
        std::fs::write(dir.path().join("p.csv"), format!("time,position\n{at},1\n")).unwrap();
        let text = "name = \"h\"\nsystem = \"signals\"\n[params]\nfile = \"p.csv\"\n[execution]\nfee_bps = 0\n\
                    spread_bps = 0\nslippage_bps = 0\n[account]\ncurrency = \"USDT\"\n[data]\nbars = [\"A.csv\"]\n\
                    symbols = [\"A\"]\n[[instrument]]\nsymbol = \"A\"\nquote = \"EUR\"\n[[conversion]]\n\
                    pair = \"EUR_USDT\"\nbars = \"fx.csv\"\n";
        let s = backtest(&dir, text);
        // Prices are drawn in their own currency, and not in that of the account.
        let run = crate::common::only_run(&dir.path().join("out"));
        let chart = std::fs::read_to_string(run.join("charts/price_trades.svg")).unwrap();
        assert!(chart.contains("price (EUR)"), "the axis of prices");
        let (hold, always) = (figure(&s, "hold.total_return"), figure(&s, "performance.total_return"));
        assert!((hold - gain).abs() < 0.02 * gain, "{last}: {hold} {gain}");
        // Bought an hour later.
        assert!((hold - always).abs() < 0.03 * gain, "{last}: {hold} {always}");
    }
}
