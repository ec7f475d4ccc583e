use std::io::Write;

use super::*;
use crate::data::load_positions;
use crate::market::{Bars, Columns, Timeframe};

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
fn times_of_a_file_must_be_those_of_bars() {
    let b = bars(&[1.0, 2.0, 3.0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    let read = |text: &str, stamp| {
        let mut f = std::fs::File::create(&path).unwrap();
        f.write_all(text.as_bytes()).unwrap();
        let p = Signals { stamp, size: 2.0, ..Signals::default() };
        align(&b, &load_positions(&path).unwrap(), &p, BarsLeftOut::default()).map(|a| a.wanted)
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
        (
            "time,position\n1970-01-01 00:00,1\n",
            Stamp::Close,
            "1970-01-01 00:00:00 lies outside the bars, which close from 1970-01-01 01:00:00 to 1970-01-01 03:00:00",
        ),
        (
            "time,position\n1970-01-01 01:30,1\n",
            Stamp::Close,
            "no bar closes at 1970-01-01 01:30:00: the next ones close at 1970-01-01 01:00:00 and 1970-01-01 02:00:00",
        ),
    ] {
        let e = read(text, stamp).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        assert!(e.to_string().contains(words), "{e}");
    }
}
