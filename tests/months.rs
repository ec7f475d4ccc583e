//! Bars of calendar months: imported, made of shorter ones, traded and annualised.

use std::fmt::Write as _;

use assay::data::table;
use assay::market::{format_time, parse_time};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, only_run};

const DAY: i64 = 86_400_000;

/// Days of six years of a made-up market, as time, open, high, low, close and volume.
fn days() -> Vec<(i64, [f64; 5])> {
    let start = parse_time("2018-01-01").unwrap();
    let (mut price, mut seed) = (100.0f64, 11u64);
    (0..365 * 6 + 1)
        .map(|i| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let close = price * (1.0 + ((seed >> 40) as f64 / f64::from(1 << 24) - 0.5) / 25.0);
            let bar =
                [price, price.max(close) * 1.001, price.min(close) * 0.999, close, 10.0 + (i % 9) as f64];
            price = close;
            (start + i * DAY, bar)
        })
        .collect()
}

/// The months of days, by a loop of its own: the year and month, and the bar.
fn months() -> Vec<(String, [f64; 5])> {
    let mut out: Vec<(String, [f64; 5])> = vec![];
    for (t, [o, h, l, c, v]) in days() {
        let month = format_time(t)[..7].to_owned();
        match out.last_mut().filter(|(m, _)| *m == month) {
            Some((_, bar)) => *bar = [bar[0], bar[1].max(h), bar[2].min(l), c, bar[4] + v],
            None => out.push((month, [o, h, l, c, v])),
        }
    }
    out
}

fn text(rows: impl Iterator<Item = (String, [f64; 5])>) -> String {
    let mut text = "date,open,high,low,close,volume\n".to_owned();
    rows.for_each(|(t, [o, h, l, c, v])| writeln!(text, "{t},{o},{h},{l},{c},{v}").unwrap());
    text
}

fn runs(dir: &TempDir, command: &str) -> String {
    let out = assay().current_dir(dir.path()).args(command.split(' ')).assert().code(0);
    String::from_utf8(out.get_output().stdout.clone()).unwrap()
}

/// The times and bars of a file.
fn read(dir: &TempDir, file: &str) -> Vec<(String, [f64; 5])> {
    let bars = table::read(&dir.path().join(file)).unwrap();
    assert_eq!(bars.metadata("assay:timeframe"), Some("1M"), "{file}");
    let of = |name: &str, i: usize| bars.f64(name).unwrap()[i];
    let bar = |i: usize| ["open", "high", "low", "close", "volume"].map(|n| of(n, i));
    bars.time_ms("open_time").unwrap().iter().enumerate().map(|(i, t)| (format_time(*t), bar(i))).collect()
}

#[test]
fn months_are_bars() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
    write("days.csv", text(days().into_iter().map(|(t, b)| (format_time(t)[..10].to_owned(), b))));
    let want: Vec<(String, [f64; 5])> =
        months().into_iter().take(72).map(|(m, b)| (format!("{m}-01 00:00:00"), b)).collect();
    assert_eq!(want.len(), 72);
    // Made of days: the month that has begun is left out.
    runs(&dir, "data resample days.csv --to 1M --out made.parquet");
    let made = read(&dir, "made.parquet");
    assert_eq!(made.len(), 72);
    for (a, b) in made.iter().zip(&want) {
        assert_eq!((&a.0, &a.1[..4]), (&b.0, &b.1[..4]));
        assert!((a.1[4] - b.1[4]).abs() < 1e-9);
    }
    // Sessions have no months of their own.
    let session = "data resample days.csv --to 1M --anchor session --calendar fx --out x.parquet";
    let e = assay().current_dir(dir.path()).args(session.split(' ')).assert().code(2);
    let e = String::from_utf8(e.get_output().stderr.clone()).unwrap();
    assert!(e.contains("bars of 1M are no whole number of sessions"), "{e}");
    // Marked by their last day, which is not the same in any two months.
    let last = |i: usize| {
        let next = want.get(i + 1).map_or("2024-01-01", |w| &w.0[..10]);
        format_time(parse_time(next).unwrap() - DAY)[..10].to_owned()
    };
    write("months.csv", text(want.iter().enumerate().map(|(i, w)| (last(i), w.1))));
    let said = runs(&dir, "data import months.csv --out months.parquet");
    assert!(
        said.contains("bars are calendar months: each stands at the first of its month, 72 of 72"),
        "{said}"
    );
    assert!(said.contains("findings       none"), "{said}");
    assert_eq!(read(&dir, "months.parquet"), want);
    // Quarters and years of them.
    let said = runs(&dir, "data resample made.parquet --to 3M --out quarters.parquet");
    assert!(said.contains("24 bars of 3M from 72 of 1M") && said.contains("no bar lacks parts"), "{said}");
    let quarters = table::read(&dir.path().join("quarters.parquet")).unwrap();
    assert_eq!((quarters.rows(), quarters.metadata("assay:timeframe")), (24, Some("3M")));
    assert_eq!(quarters.f64("close").unwrap()[0], want[2].1[3]);
    // One that is missing is missing.
    write("hole.csv", text(want.iter().enumerate().filter(|(i, _)| *i != 30).map(|(i, w)| (last(i), w.1))));
    let said = runs(&dir, "data check hole.csv");
    assert!(said.contains("1 bar in 1 gap"), "{said}");

    // A run knows when each is over, and that there are twelve in a year.
    let scenario = "name = \"months\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"months.parquet\"]\nsymbol = \"X\"\n\
                    timeframe = \"1M\"\n[params]\nfast = 2\nslow = 6\n";
    write("months.toml", scenario.to_owned());
    runs(&dir, "backtest months.toml --out runs");
    let run = only_run(&dir.path().join("runs"));
    let summary: Value = serde_json::from_slice(&std::fs::read(run.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["bars_per_year"], 12.0);
    let equity = table::read(&run.join("equity.parquet")).unwrap();
    let times = equity.time_ms("close_time").unwrap();
    assert!(times.iter().all(|t| format_time(*t).ends_with("-01 00:00:00")), "{:?}", &times[..3]);
    let clean = runs(&dir, "check causality months.toml");
    assert!(clean.contains("CLEAN"), "{clean}");
    // A position decided at the end of a month is of that month.
    let at = |i: usize| want[i].0[..10].to_owned();
    write("positions.csv", format!("time,position\n{},1\n{},0\n", at(11), at(20)));
    let positions = "name = \"own\"\nsystem = \"signals\"\n[data]\nbars = [\"months.parquet\"]\nsymbol = \"X\"\n\
                     [params]\nfile = \"positions.csv\"\nstamp = \"close\"\n";
    write("own.toml", positions.to_owned());
    runs(&dir, "backtest own.toml --out own");
    let trades = table::read(&only_run(&dir.path().join("own")).join("trades.parquet")).unwrap();
    let entry = trades.time_ms("entry_time").unwrap();
    assert_eq!((trades.rows(), format_time(entry[0])[..10].to_owned()), (1, at(11)));
    // Minutes are not months.
    let e = assay()
        .current_dir(dir.path())
        .args(["backtest", "months.toml", "--set", "data.timeframe=1m"])
        .assert()
        .code(2);
    let e = String::from_utf8(e.get_output().stderr.clone()).unwrap();
    assert!(e.contains("the bars are 1M apart, not 1m"), "{e}");
}
