use std::io::Write;

use super::*;
use crate::data::load_positions;
use crate::execution::{Level, Trail};
use crate::features::FeatureCache;
use crate::market::{Bars, Columns, Timeframe};
use crate::replay::{Intent, Trader, View};

const HOUR: i64 = 3_600_000;

fn bars(closes: &[f64]) -> Bars {
    let columns = Columns {
        open_time: (0..closes.len() as i64).map(|i| i * HOUR).collect(),
        open: closes.to_vec().into(),
        high: closes.to_vec().into(),
        low: closes.to_vec().into(),
        close: closes.to_vec().into(),
        volume: vec![1.0; closes.len()].into(),
    };
    Bars::new(Timeframe::H1, columns).unwrap()
}

#[test]
fn averages_cross_both_ways() {
    let closes = [10.0, 10.0, 10.0, 13.0, 13.0, 1.0, 1.0, 1.0, 1.0];
    let cache = FeatureCache::new(bars(&closes));
    let mut p = MaCross { fast: 2, slow: 3, size: 0.5, ..MaCross::default() };
    let wanted = crossover(&cache, &p);
    assert_eq!(first_row(&p), 2);
    assert!(wanted[..3].iter().all(|w| w.is_nan()), "unknown, then equal: {wanted:?}");
    assert_eq!(wanted[3..7], [0.5, 0.5, -0.5, -0.5]);
    assert!(wanted[7].is_nan(), "equal again");
    p.sides = Sides::Long;
    assert_eq!(crossover(&cache, &p)[5], 0.0);
    p.sides = Sides::Short;
    assert_eq!(crossover(&cache, &p)[3..6], [0.0, 0.0, -0.5]);
    assert_eq!(MaCross { fast: 3, slow: 3, ..p }.conflicts().len(), 1);
}

#[test]
fn an_order_is_sent_where_another_position_is_wanted() {
    let b = bars(&[100.0; 8]);
    let position = vec![f64::NAN, 0.5, 0.5, f64::NAN, 0.25, -0.5, 0.0, 0.0];
    let wanted = Wanted::new(position, Unit::Equity, Brackets { stop: Some(2.0), ..Brackets::default() });
    assert_eq!(wanted.changes(), [(1, 0.5), (4, 0.25), (5, -0.5), (6, 0.0)]);
    let mut trader = TargetTrader::new(&b, &wanted);
    assert_eq!(trader.next_wake(0), 1);
    let flat = View { equity: 1000.0, drawdown: 0.0, position: None };
    let entry = trader.on_close(1, &flat).entry.unwrap();
    assert_eq!((entry.side, entry.size_frac, entry.bracket.stop), (1.0, 0.5, Level::Distance(2.0)));
    assert!(entry.bracket.target == Level::None && entry.bracket.trail == Trail::NONE);
    assert_eq!(trader.on_close(2, &flat), Intent::default());
    // A stop closed it meanwhile: the next other position is entered anew.
    assert_eq!(trader.next_wake(3), 4);
    assert_eq!(trader.on_close(4, &flat).entry.unwrap().size_frac, 0.25);
    assert_eq!(trader.on_close(5, &flat).entry.unwrap().side, -1.0);
    // Flat, and flat is wanted: nothing to wake up for.
    assert_eq!(trader.next_wake(6), usize::MAX);
}

#[test]
fn times_of_a_file_must_be_those_of_bars() {
    let b = bars(&[1.0, 2.0, 3.0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    let read = |text: &str, stamp| {
        let mut f = std::fs::File::create(&path).unwrap();
        f.write_all(text.as_bytes()).unwrap();
        let p = Signals { stamp, size: 2.0, ..Signals::default() };
        align(&b, &load_positions(&path).unwrap(), &p)
    };
    let hourly = "time,position\n1970-01-01 01:00,0.5\n1970-01-01 02:00,-1\n";
    let opens = read(hourly, Stamp::Open).unwrap();
    assert!(opens[0].is_nan() && opens[1..] == [1.0, -2.0]);
    // Marked by closes the first row belongs to the first bar.
    let closes = read(hourly, Stamp::Close).unwrap();
    assert!(closes[2].is_nan() && closes[..2] == [1.0, -2.0]);
    for (text, stamp, words) in [
        ("time,position\n1970-01-01 00:30,1\n", Stamp::Open, "p.csv:2: no bar opens at 1970-01-01 00:30:00"),
        ("time,position\n1970-01-01 03:00,1\n", Stamp::Open, "lies outside the bars"),
        ("time,position\n1970-01-01 00:00,1\n", Stamp::Close, "set params.stamp = \"open\""),
    ] {
        let e = read(text, stamp).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        assert!(e.to_string().contains(words), "{e}");
    }
}
