//! The layouts of text files that are read.

use super::{LoadRequest, hours, load_csv};
use crate::market::Timeframe;
use crate::{Loaded, TimeConvention};

const T0: i64 = 1_609_459_200_000; // 2021-01-01
const H: i64 = 3_600_000;

fn good(text: &str) -> Loaded {
    load_csv(text, &LoadRequest::default()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn assert_two_bars(loaded: &Loaded) {
    let bars = &loaded.bars;
    assert_eq!(bars.open_time(), [T0, T0 + H]);
    assert_eq!(bars.open(), [10.0, 11.0]);
    assert_eq!(bars.high(), [12.0, 12.5]);
    assert_eq!(bars.low(), [9.0, 9.5]);
    assert_eq!(bars.close(), [11.0, 10.0]);
    assert_eq!(bars.volume(), [5.0, 0.1]);
    assert_eq!(bars.timeframe(), Timeframe::H1);
}

#[test]
fn delimiters_headers_and_times() {
    for text in [
        "open_time,open,high,low,close,volume\n1609459200000,10,12,9,11,5\n1609462800000,11,12.5,9.5,10,0.1\n",
        "\u{feff}Open Time,Open,High,Low,Close,Volume\r\n2021-01-01,10,12,9,11,5\r\n2021-01-01 01:00,11,12.5,9.5,10,1e-1",
        "o;h;l;c;v;ts\n10;12;9;11;5;1609459200\n11;12.5;9.5;10;0.1;1609462800\n",
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n\
         2021.01.01\t00:00:00\t10\t12\t9\t11\t7\t5\t1\n2021.01.01\t01:00:00\t11\t12.5\t9.5\t10\t7\t.1\t1\n",
        "Gmt time,Open,High,Low,Close,Volume\n01.01.2021 00:00:00.000,10,12,9,11,5\n\
         01.01.2021 01:00:00.000,11,12.5,9.5,10,0.1\n",
        "\"date\",\"open\",\"high\",\"low\",\"close\",\"volume\"\n\"2021-01-01T00:00:00Z\",\"10\",\"12\",\"9\",\"11\",\"5\"\n\
         \"2021-01-01T03:00:00+02:00\",\"11\",\"12.5\",\"9.5\",\"10\",\"0.1\"\n",
        "timestamp , open , high , low , close , volume\n 1609459200000000 , 10 , 12 , 9 , 11 , 5 ,\n\
         1609462800000000000, 11, 12.5, 9.5, 10, 0.1,,\n",
        "1609459200000,10,12,9,11,5,1609462799999,0,0,0,0,0\n1609462800000,11,12.5,9.5,10,0.1,1609466399999,0,0,0,0,0\n",
    ] {
        assert_two_bars(&good(text));
    }
}

#[test]
fn units_are_told_apart_row_by_row() {
    let text =
        "time,open,high,low,close,volume\n1609459200000,10,12,9,11,5\n1609462800000000,11,12.5,9.5,10,0.1\n";
    assert_two_bars(&good(text));
}

#[test]
fn numbers_are_exact() {
    let text =
        "time,open,high,low,close,volume\n2021-01-01,0.1,129587.00000000001,0.1,0.30000000000000004,5e-324\n";
    let request = LoadRequest { timeframe: Some(Timeframe::D1), ..LoadRequest::default() };
    let bars = load_csv(text, &request).unwrap().bars;
    assert_eq!(bars.high(), [129_587.000_000_000_01]);
    assert_eq!(bars.close(), [0.1 + 0.2]);
    assert_eq!(bars.volume(), [5e-324]);
}

#[test]
fn closing_times_become_opening_times() {
    let request = LoadRequest { time: TimeConvention::Close, ..LoadRequest::default() };
    let row = "10,12,9,11,5\n";
    for stamps in [
        ["1609462800000", "1609466400000"],
        ["1609462799999", "1609466399999"],
        ["1609462799999999", "1609466399999999"],
        ["1609462799", "1609466399"],
    ] {
        let [a, b] = stamps;
        let text = format!("close_time,open,high,low,close,volume\n{a},{row}{b},{row}");
        assert_eq!(load_csv(text, &request).unwrap().bars.open_time(), [T0, T0 + H], "{stamps:?}");
    }
}

#[test]
fn the_range_is_half_open_and_cut_after_the_check_and_what_is_before_it_is_kept() {
    let first = 1_600_000_000_000 / H * H;
    let request =
        LoadRequest { from_ms: Some(first + H), to_ms: Some(first + 4 * H), ..LoadRequest::default() };
    let loaded = load_csv(hours(6), &request).unwrap();
    assert_eq!(loaded.bars.volume(), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!((loaded.lead, loaded.rows_in_file, loaded.quality.rows), (1, 6, 4));
    assert_eq!((loaded.file_name.as_str(), loaded.truth), ("a.csv", None));
    assert_eq!(loaded.sha256, crate::sha256_hex(hours(6).as_bytes()));
    let broken = hours(6).replace(",5\n", ",-5\n");
    assert!(load_csv(broken, &request).unwrap_err().to_string().contains("a.csv:7: volume must be"));
}
