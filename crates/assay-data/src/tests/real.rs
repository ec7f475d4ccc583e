//! Files as their sources published them, where the folder that `ASSAY_REAL_DATA` names is there.

use std::path::Path;

use super::LoadRequest;
use crate::market::{Calendar, parse_time};
use crate::{Gap, Loaded, Quality, load, table, write_parquet};
use assay_testing::real;

fn good(path: &Path) -> Loaded {
    load(path, &LoadRequest::default()).unwrap_or_else(|e| panic!("{e}"))
}

const BTC: &str = "kctanglog/BTCUSDT - 1hour - (10-02-2018 to 31-03-2025).csv";

#[test]
fn the_long_hourly_history() {
    let Some(path) = real(BTC) else { return };
    let loaded = good(&path);
    let q = &loaded.quality;
    assert_eq!((q.rows, q.gaps, q.missing_bars, q.zero_volume, q.flat), (62_482, 25, 88, 3, 3));
    assert_eq!((q.off_grid, q.overlapping, q.timeframe.to_string().as_str()), (0, 0, "1h"));
    let at = |t: &str| parse_time(t).unwrap();
    let longest = Gap { from_ms: at("2018-06-26 01:00:00"), to_ms: at("2018-06-26 12:00:00"), bars: 10 };
    assert_eq!(q.longest_gap, Some(longest));
    assert_eq!(q.first_open_ms, Some(at("2018-02-09 16:00:00")));
    assert_eq!(q.last_open_ms, Some(at("2025-03-31 17:00:00")));
    assert_eq!(
        q.lines()[..2],
        [
            "62,482 bars of 1h, 2018-02-09 16:00:00 to 2025-03-31 17:00:00",
            "25 gaps, 88 bars missing; longest 2018-06-26 01:00:00 -> 2018-06-26 12:00:00 (10 bars)",
        ]
    );

    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.parquet");
    write_parquet(&copy, &loaded.bars, None, &[]).unwrap();
    let again = good(&copy);
    assert_eq!(again.bars.open_time(), loaded.bars.open_time());
    assert_eq!(again.bars.close(), loaded.bars.close());
    assert_eq!(again.bars.volume(), loaded.bars.volume());
    assert_eq!(again.quality, loaded.quality);
}

#[test]
fn exchange_dumps_with_and_without_a_header() {
    for (name, rows, gaps) in [
        ("binance-klines-csv/BTCUSDT-1h-2023-01.csv", 744, 0),
        ("binance-klines-csv/BTCUSDT-1h-2023-02.csv", 672, 0),
        ("binance-klines-csv/BTCUSDT-1h-2023-03.csv", 743, 1),
        ("binance-klines-csv/BTCUSDT-1h-2023-04.csv", 720, 0),
        ("binance-klines-csv/BTCUSDT-1h-2023-05.csv", 744, 0),
        ("nautilus/ADABTC-1m-2021-11-27.csv", 10, 0),
        ("nautilus/ADABTC-1m-2021-11-28.csv", 11, 0),
    ] {
        let Some(path) = real(name) else { continue };
        let loaded = good(&path);
        assert_eq!((loaded.rows_in_file, loaded.quality.gaps), (rows, gaps), "{name}");
        let close = LoadRequest { time: crate::TimeConvention::Close, ..LoadRequest::default() };
        let closed = load(&path, &close).unwrap();
        let differ =
            closed.bars.open_time().iter().zip(loaded.bars.open_time()).filter(|(a, b)| a != b).count();
        // The hour of the outage of 2023-03-24 says that it closed early.
        assert_eq!((differ, closed.quality.off_grid), (gaps, gaps), "{name}");
    }
}

#[test]
fn other_layouts() {
    for (name, rows, timeframe) in [
        ("backtesting.py/GOOG.csv", 2148, "1d"),
        ("backtesting.py/EURUSD.csv", 5000, "1h"),
        ("backtrader-yahoo/yhoo-1996-2015.txt", 4965, "1d"),
        ("ejtrader-mt-points/XAUUSDd1.csv", 0, "1d"),
        ("philipshurpik-mt4-hdr/EURUSD60.csv", 0, "1h"),
        ("backtrader-yahoo/2006-min-005.txt", 0, "5m"),
    ] {
        let Some(path) = real(name) else { continue };
        let loaded = good(&path);
        assert_eq!(loaded.bars.timeframe().to_string(), timeframe, "{name}");
        assert!(rows == 0 || loaded.rows_in_file == rows, "{name}");
        // Its weekends are no gaps, and would be by the clock.
        assert_eq!(loaded.quality.counted_by, "weekdays", "{name}");
        let by_the_clock = Quality::of(&loaded.bars, Some(Calendar::Always));
        assert!(by_the_clock.gaps > loaded.quality.gaps, "{name} lacks its weekends");
    }
}

#[test]
fn what_is_no_history_of_bars_is_refused() {
    for (name, words) in [
        (
            "datasets-sp500/data.csv",
            "missing columns open, high, low, close, volume, found: Date, SP500, Dividend",
        ),
        ("backtesting.py/BTCUSD.csv", "the bars are not of one length"),
        ("rnowotniak-mt4/GOLD60.csv", "no recognisable header"),
        ("backtrader-yahoo/2006-01-02-volume-min-001.txt", ":2: 8 fields where the header has 7"),
        ("freqtrade-testdata/UNITTEST_BTC-8m.feather", "the file is empty (0 bytes)"),
        ("freqtrade-testdata/NOPAIR_XXX-4m.json", "this looks like JSON"),
        ("bitfinex-1m/merged.csv.gz", "a gzip archive"),
    ] {
        let Some(path) = real(name) else { continue };
        let e = load(&path, &LoadRequest::default()).unwrap_err().to_string();
        assert!(e.contains(words), "{e}");
    }
}

/// Prints how long the long history takes; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let Some(path) = real(BTC) else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a.parquet");
    let best = |what: &str, f: &mut dyn FnMut()| {
        let times = (0..15).map(|_| {
            let start = std::time::Instant::now();
            f();
            start.elapsed()
        });
        println!("{what}: {:?}", times.min().unwrap());
    };
    let loaded = good(&path);
    best("load csv", &mut || drop(good(&path)));
    best("write parquet", &mut || write_parquet(&out, &loaded.bars, None, &[]).unwrap());
    println!("bytes {}", std::fs::metadata(&out).unwrap().len());
    best("load parquet", &mut || drop(good(&out)));

    let mut wide = table::Table::new().with("t", table::Column::TimeMs(loaded.bars.open_time().to_vec()));
    for k in 0..60u32 {
        let close = loaded.bars.close();
        let column = match k % 6 {
            0 => table::Column::Str(table::TextColumn::new(
                &["TRENDING", "QUIET", "SIDEWAYS"],
                (0..close.len() as u32).map(|i| (i / 37 + k) % 3),
            )),
            _ => table::Column::F64(close.windows(1).map(|w| (w[0] * f64::from(k + 1)).ln()).collect()),
        };
        wide.push(format!("c{k}"), column);
    }
    let out = dir.path().join("wide.parquet");
    best("write 61 columns", &mut || table::write(&out, &wide, &[]).unwrap());
    println!("bytes {}", std::fs::metadata(&out).unwrap().len());
    best("read 61 columns", &mut || drop(table::read(&out).unwrap()));
}
