//! What the charts of a run show of it: which symbol, which times, and no time in which nothing trades.

use std::path::{Path, PathBuf};

use assay::data::table;
use assay::market::{Calendar, format_time, parse_time};

use crate::common::{assay, only_run};
use crate::place::{Place, csv};

/// Hourly bars of prices by their number, at the times given.
fn bars(times: impl Iterator<Item = i64>, price: impl Fn(usize) -> f64) -> String {
    let row = |(i, t): (usize, i64)| {
        let p = price(i);
        format!("{},{p},{},{},{p},9", format_time(t), p * 1.01, p * 0.99)
    };
    csv(&times.enumerate().map(row).collect::<Vec<_>>())
}

/// Runs `text` over the files of `place`; the run folder.
fn run(place: &Place, text: &str) -> PathBuf {
    place.write("s.toml", text);
    place.backtest().assert().code(0);
    only_run(&place.path("out"))
}

fn chart(run: &Path, name: &str) -> String {
    std::fs::read_to_string(run.join("charts").join(name).with_extension("svg")).unwrap()
}

const CROSS: &str = "[params]\nfast = 2\nslow = 6\n";

#[test]
fn of_several_symbols_the_one_with_the_most_trades_is_charted() {
    let place = Place::new();
    let hours = |n: i64| (0..n).map(|i| parse_time("2024-01-01").unwrap() + i * 3_600_000);
    // The first only rises, the second waves and lacks a day.
    place.write("up.csv", &bars(hours(400), |i| 100.0 + i as f64));
    let gone = hours(400).filter(|t| !format_time(*t).starts_with("2024-01-09"));
    place.write("wave.csv", &bars(gone, |i| 0.000_000_1 * (100.0 + ((i % 16) as f64 - 8.0).abs())));
    let text = format!(
        "name = \"two\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"up.csv\", \"wave.csv\"]\nsymbols = [\"UP\", \"WAVE\"]\n{CROSS}"
    );
    let folder = run(&place, &text);
    let svg = chart(&folder, "price_trades");
    let drawn = "WAVE, of 2 symbols the one with the most trades, 2024-01-01 ";
    assert!(svg.contains(drawn), "{}", svg.lines().find(|l| l.contains("symbols")).unwrap_or("no subtitle"));
    assert!(svg.contains("of 37") && svg.contains("e−6\n"), "its bars and its prices");
    let bars = table::read(&folder.join("bars.parquet")).unwrap();
    assert_eq!(bars.labels("symbol").unwrap().get(0), Some("WAVE"));
    assert!((365..376).contains(&bars.rows()), "{}", bars.rows());
    // The folder is enough to draw it again.
    let again = place.path("again");
    assay().arg("report").arg(&folder).arg("--out").arg(&again).assert().code(0);
    assert_eq!(chart(&again, "price_trades"), svg);
    // A run of one symbol has the bars beside its equity.
    let one = Place::new();
    let text = format!(
        "name = \"one\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"W\"\n{CROSS}"
    );
    assert!(!run(&one, &text).join("bars.parquet").exists());
}

#[test]
fn the_price_chart_says_which_times_it_draws() {
    let place = Place::new();
    let text = format!(
        "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"W\"\n{CROSS}\
         [report]\nprice_from = \"2021-01-05\"\nprice_bars = 48\n"
    );
    let svg = chart(&run(&place, &text), "price_trades");
    assert!(svg.contains("W 1h, 2021-01-05 00:00 to 2021-01-07 00:00, ma-cross; 48 of 2"), "{}", svg.len());
    assert!(!svg.contains("as at entry"), "no stop and no target is drawn");
}

#[test]
fn nights_and_weekends_take_no_room_of_a_market_with_a_calendar() {
    let from = parse_time("2024-01-08 14:30").unwrap();
    let half_hours = (0..48 * 40).map(|i| from + i * 1_800_000).filter(|t| Calendar::UsEquity.is_open(*t));
    let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"W\"\n";
    let place = Place::new();
    place.write("bars.csv", &bars(half_hours, |i| 100.0 + ((i % 20) as f64 - 10.0).abs()));
    // Where each night is a hole, the strip of regimes, 22 pixels high, has a piece a day.
    let pieces = |calendar: &str| {
        let folder = run(&place, &format!("{text}calendar = \"{calendar}\"\n{CROSS}"));
        let of = |name: &str| chart(&folder, name).matches("height=\"88\"").count();
        let both = [of("equity"), of("price_trades")];
        std::fs::remove_dir_all(place.path("out")).unwrap();
        both
    };
    let (holes, none) = (pieces("24/7"), pieces("us-equity"));
    assert!((0..2).all(|k| holes[k] > 2 * none[k]), "{holes:?} {none:?}");
}

#[test]
fn what_no_run_has_is_in_no_legend() {
    let place = Place::new();
    let text = format!(
        "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"W\"\n{CROSS}"
    );
    let folder = run(&place, &text);
    for name in ["regime_sharpe", "regime_win_rate"] {
        assert!(!chart(&folder, name).contains("documented target"), "{name}: nothing is documented");
    }
    // A gentle wave has few regimes: the strip names those it shows.
    let equity = chart(&folder, "equity");
    let all = ["TRENDING", "SIDEWAYS", "HIGH_VOLATILITY", "BREAKOUT", "QUIET"];
    let labels = table::read(&folder.join("equity.parquet")).unwrap();
    let labels = labels.labels("regime_at_open").unwrap();
    for regime in all {
        let has = (0..labels.len()).any(|i| labels.get(i) == Some(regime));
        assert!(has || !equity.contains(regime), "{regime}");
    }
    assert!(all.iter().any(|r| !equity.contains(r)), "not all of them");
}
