//! Positions and rates from files.

use std::path::Path;

use super::*;

fn read(name: &str, text: &str) -> Result<Timed> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    load_positions(&path)
}

#[test]
fn words_numbers_and_nothing_are_positions() {
    let p = read(
        "p.csv",
        "time,close,signal\n2021-01-01 00:00,1,BUY\n2021-01-01 01:00,1,\n2021-01-01 02:00,1,hold\n\
         2021-01-01 03:00,1,-0.5\n2021-01-01 04:00,1,flat\n",
    )
    .unwrap();
    assert_eq!(p.time_ms.len(), 5);
    assert!(p.value[0] == 1.0 && p.value[1].is_nan() && p.value[2].is_nan());
    assert_eq!(p.value[3..], [-0.5, 0.0]);
    assert!(p.place_of(3).to_string().ends_with("p.csv:5"));
    // pandas: an index without a name.
    let p = read("q.csv", ",position\n2021-01-01 00:00:00+00:00,0.25\n").unwrap();
    assert_eq!((p.time_ms[0], p.value[0]), (1_609_459_200_000, 0.25));
}

#[test]
fn booleans_entries_and_exits_are_positions() {
    let said =
        |p: &Timed| -> Vec<Option<f64>> { p.value.iter().map(|v| (!v.is_nan()).then_some(*v)).collect() };
    let day = |k: usize| format!("2021-01-0{}", k + 1);
    let file = |header: &str, rows: &[&str]| {
        let rows: String = rows.iter().enumerate().map(|(k, r)| format!("{},{r}\n", day(k))).collect();
        read("p.csv", &format!("time,{header}\n{rows}"))
    };
    let p = file("position", &["True", "", "false"]).unwrap();
    assert_eq!(said(&p), [Some(1.0), None, Some(0.0)]);
    let p = file("entries,exits", &["False,False", "True,False", "True,False", "False,True"]).unwrap();
    assert_eq!(said(&p), [None, Some(1.0), None, Some(0.0)]);
    let p = file("enter_long,exit_long,enter_short", &["1,0,", "0,,1.0", "0,1,0"]).unwrap();
    assert_eq!(said(&p), [Some(1.0), Some(-1.0), None]);
    let p = file("symbol,entries,exits", &["A,1,0", "B,1,0", "A,0,1"]).unwrap();
    assert_eq!(said(&p.of_symbol("A")), [Some(1.0), Some(0.0)]);
    let e = file("entries,exits", &["1,0", "1,later"]).unwrap_err().to_string();
    assert!(e.contains("p.csv:3: exits is no true or false: \"later\""), "{e}");
    let e = file("exits", &["1"]).unwrap_err().to_string();
    assert!(e.contains("no column of positions"), "{e}");
    // What would be passed over, and changes the position, is refused by its name.
    for (header, words) in [
        ("Position,entries,exits", "Position says the position, and entries, exits say it too"),
        ("signal,enter_short", "drop the column signal, or the columns enter_short"),
        ("enter_short,exit_shorts", "exit_shorts is no column of entries or exits"),
        ("enter_short,exit_shorts", "did you mean exit_short?"),
        ("enter_longs,exit_long", "did you mean enter_long?"),
        ("enter_long,Exit Long", "did you mean exit_long?"),
    ] {
        let e = file(header, &["1,0,0"]).unwrap_err();
        assert!(e.to_string().contains(words) && e.exit_code() == 2, "{header}: {e}");
    }
    // freqtrade's frames have more columns, some of them of words.
    let frame = "open,high,low,close,volume,enter_long,enter_tag,exit_long,exit_tag";
    let p = file(frame, &["1,1,1,1,1,1,golden cross,0,", "1,1,1,1,1,0,,1,stop"]).unwrap();
    assert_eq!(said(&p), [Some(1.0), Some(0.0)]);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (text, words) in [
        ("time,position\nsoon,1\n", "p.csv:2: time is not a time: \"soon\""),
        ("time,position\n2021-01-01,up\n", "p.csv:2: position is no position: \"up\""),
        ("time,position\n2021-01-01,inf\n", "the position is infinite"),
        ("time,position\n2021-01-02,1\n2021-01-01,0\n", "p.csv:3: the time is before that of the row above"),
        ("time,position\n2021-01-02,1\n2021-01-02,0\n", "p.csv:3: two rows have the same time"),
        ("time,positions\n2021-01-02,1\n", "no column of positions; there are time, positions"),
        ("when,position\n2021-01-02,1\n", "no column of times"),
        ("time,position\n2021-01-02\n", "p.csv:2"),
        ("time,position\n", "a header but no rows"),
    ] {
        let e = read("p.csv", text).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        assert!(e.to_string().contains(words), "{text:?}: {e}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.csv");
    let rates = |text: &str| {
        std::fs::write(&path, text).unwrap();
        load_funding(&path)
    };
    let f =
        rates("time,funding_rate,mark\n2021-01-01 00:00,0.0001,29000\n2021-01-01 08:00,-2e-5,\n").unwrap();
    assert_eq!((f.value[1], f.mark[0]), (-2e-5, 29000.0));
    assert!(f.mark[1].is_nan());
    for text in ["time,rate\n2021-01-01,5\n", "time,rate\n2021-01-01,\n", "time,rate\n2021-01-01,BUY\n"] {
        let e = rates(text).unwrap_err().to_string();
        assert!(e.contains("f.csv:2: rate is no rate"), "{e}");
    }
    // By what is usual among some weeks of events, and by the largest.
    let events = |rate: &dyn Fn(usize) -> f64| {
        let row = |k: usize| format!("2021-{:02}-{:02} 00:00,{}\n", k / 20 + 1, k % 20 + 1, rate(k));
        rates(&format!("time,rate\n{}", (0..60).map(row).collect::<String>()))
    };
    for fine in [&(|_| 0.0001) as &dyn Fn(usize) -> f64, &|_| 0.0, &|k| if k == 7 { -0.04 } else { 0.0003 }] {
        assert!(events(fine).is_ok());
    }
    let percent = events(&|k| 0.01 + 0.001 * k as f64).unwrap_err().to_string();
    assert!(
        percent.contains("half of the rates that are not zero") && percent.contains("in percent by 100"),
        "{percent}"
    );
    let one = events(&|k| if k == 7 { 0.5 } else { 0.0001 }).unwrap_err().to_string();
    assert!(one.contains("f.csv:9: a rate of 0.5 in one event"), "{one}");
    let times: Vec<i64> = (0..40).map(|k| k * 28_800_000).collect();
    let held = Timed::funding("paid", &times, &[0.02; 40], None).unwrap_err().to_string();
    assert!(held.contains("paid: half of the rates"), "{held}");
    assert!(load_positions(Path::new("none.csv")).unwrap_err().to_string().contains("no such file"));
}
