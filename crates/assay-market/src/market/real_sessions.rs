//! The calendars against sessions that were, where the folder that `ASSAY_REAL_DATA` names is there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use super::{Calendar, Zone, parse_time};
use assay_testing::real;

const DAY: i64 = 86_400_000;

/// Times of the lines of a zipped file, `YYYYMMDD HH:MM`, taken as they stand.
fn times(path: &Path) -> Vec<i64> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let time = |line: &str| {
        let t = line.split(',').next().unwrap();
        parse_time(&format!("{}-{}-{} {}", &t[..4], &t[4..6], &t[6..8], &t[9..14])).unwrap()
    };
    text.lines().map(time).collect()
}

#[test]
fn every_day_of_a_stock_is_a_session_and_no_other() {
    for (name, count) in [("spy", 5849), ("aapl", 5849), ("goog", 4183)] {
        let Some(path) = real(&format!("lean/equity/usa/daily/{name}.zip")) else { continue };
        let there: BTreeSet<i64> = times(&path).iter().map(|t| t.div_euclid(DAY)).collect();
        let (first, last) = (*there.first().unwrap(), *there.last().unwrap());
        let calendar = Calendar::UsEquity;
        let want: BTreeSet<i64> = (first..=last).filter(|&d| calendar.session_of(d).is_some()).collect();
        assert_eq!(there, want, "{name}");
        assert_eq!(there.len(), count, "{name}");
        let all: Vec<i64> = there.into_iter().collect();
        assert_eq!(
            all.windows(2).map(|w| calendar.missing_between(w[0] * DAY, w[1] * DAY, DAY)).sum::<u64>(),
            0
        );
    }
}

#[test]
fn short_days_of_two_stocks_are_early_closes() {
    let mut last_hour: BTreeMap<i64, i64> = BTreeMap::new();
    for name in ["spy", "aapl"] {
        let Some(path) = real(&format!("lean/equity/usa/hour/{name}.zip")) else { return };
        for local in times(&path) {
            let hour = local.rem_euclid(DAY) / 3_600_000;
            let day = last_hour.entry(local.div_euclid(DAY)).or_insert(hour);
            *day = (*day).max(hour);
        }
    }
    for (day, hour) in last_hour {
        let s = Calendar::UsEquity.session_of(day).unwrap();
        let close = (Zone::NEW_YORK.local_ms(s.close_ms) - day * DAY) / 3_600_000;
        // The earlier years of the files hold what was reported after the close, up to 16:00.
        assert!(if close == 16 { hour == 15 } else { hour >= 12 }, "{s}: last hour {hour}");
        assert!(hour >= 15 || close == 13, "{s}: last hour {hour}");
    }
}

#[test]
fn published_closures_are_the_rules() {
    let Some(path) = real("lean/market-hours/market-hours-database.json") else { return };
    let all: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let stocks = &all["entries"]["Equity-usa-[*]"];
    let day = |text: &str| {
        let p: Vec<u32> = text.split('/').map(|p| p.parse().unwrap()).collect();
        parse_time(&format!("{}-{:02}-{:02}", p[2], p[0], p[1])).unwrap().div_euclid(DAY)
    };
    let closed: BTreeSet<i64> =
        stocks["holidays"].as_array().unwrap().iter().map(|d| day(d.as_str().unwrap())).collect();
    let (first, last) = (day("1/1/1998"), day("12/31/2028"));
    for d in first..=last {
        let weekend = [2, 3].contains(&d.rem_euclid(7));
        let session = Calendar::UsEquity.session_of(d);
        assert_eq!(session.is_none(), weekend || closed.contains(&d), "day {d}");
    }
    for (text, _) in stocks["earlyCloses"].as_object().unwrap() {
        // A Sunday of the list is none.
        let Some(s) = Calendar::UsEquity.session_of(day(text)) else { continue };
        assert_eq!((s.close_ms - s.open_ms) * 2, 7 * 3_600_000, "{text}");
    }
}

#[test]
fn currencies_and_gold_trade_within_the_week() {
    for (name, outside, most_of_the_week) in
        [("forex/oanda/hour/eurusd", 0, 0.99), ("cfd/oanda/hour/xauusd", 57, 0.93)]
    {
        let Some(path) = real(&format!("lean/{name}.zip")) else { continue };
        let there = times(&path);
        let closed = there.iter().filter(|t| !Calendar::Fx.is_open(**t)).count();
        assert_eq!(closed, outside, "{name}");
        let hour = 3_600_000;
        let absent: u64 = there.windows(2).map(|w| Calendar::Fx.missing_between(w[0], w[1], hour)).sum();
        println!("{name}: {} bars, {absent} absent within the week", there.len());
        let share = there.len() as f64 / (there.len() as f64 + absent as f64);
        assert!(share > most_of_the_week, "{name}: {share}");
    }
}
