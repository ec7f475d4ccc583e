//! Rows of JSON, and what is none.

use super::*;

fn with(text: &str, options: &Options) -> Result<Parsed> {
    read("a.json", text.as_bytes(), &JsonRequest::of(options))
}

fn parsed(text: &str) -> Result<Parsed> {
    with(text, &Options::default())
}

#[test]
fn arrays_and_objects() {
    let p = parsed(r#"[[1640995200000,"1.5","3","1","2","9",1640998799999,"0",3,"0","0","0"]]"#).unwrap();
    assert_eq!((p.width, p.rows.time_ms[0]), (Some(12), 1_640_995_200_000));
    assert_eq!(p.rows.values().map(|v| v[0]), [1.5, 3.0, 1.0, 2.0, 9.0]);
    // Microseconds, as from 2025 on.
    assert_eq!(parsed("[[1735689600000000,1,1,1,1,1]]").unwrap().rows.time_ms[0], 1_735_689_600_000);
    let p = parsed(r#"[{"timestamp":1672531200000,"open":1,"high":3,"low":1,"close":2},{"close":5,"timestamp":1672534800000,"open":2,"high":6,"low":2}]"#).unwrap();
    assert_eq!((p.width, p.rows.has_volume), (None, false));
    assert_eq!((p.rows.close.clone(), p.rows.volume.clone()), (vec![2.0, 5.0], vec![0.0, 0.0]));
}

#[test]
fn rows_of_several_instruments_are_no_history() {
    let row =
        |s: &str, t: i64| format!("{{\"t\":{t},\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"v\":9,\"symbol\":{s}}}");
    let two = format!("[{},{},{}]", row("\"A\"", 10), row("\"B\"", 11), row("\"A\"", 12));
    let e = parsed(&two).map(|_| ()).unwrap_err();
    assert!(e.to_string().starts_with("a.json: row 2: the rows are of 2 instruments (\"A\", \"B\")"), "{e}");
    let of = |symbol: &str, text: &str| {
        let p = with(text, &Options { symbol: Some(symbol.into()), ..Options::default() }).unwrap();
        (p.rows.time_ms, p.symbol, p.of_others)
    };
    assert_eq!(of("a", &two), (vec![10_000, 12_000], Some("A".into()), 1));
    let broken = two.replace(
        "\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"v\":9,\"symbol\":\"B\"",
        "\"o\":null,\"h\":4,\"l\":1,\"c\":3,\"v\":9,\"symbol\":\"B\"",
    );
    assert!(broken.contains("null"));
    assert_eq!(of("A", &broken).0, [10_000, 12_000]);
    assert!(parsed(&broken).is_err());
    // A name that no row has is a name for all of them, where they are of one.
    let one = format!("[{},{}]", row("\"A\"", 10), row("\"A\"", 11));
    assert_eq!(of("C", &one), (vec![10_000, 11_000], Some("A".into()), 0));
    let e = with(&two, &Options { symbol: Some("C".into()), ..Options::default() }).map(|_| ()).unwrap_err();
    assert!(e.to_string().contains("of 2 instruments"), "{e}");
    // Rows that name none are of another than those that do.
    let late = format!("[{{\"t\":9,\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"v\":9}},{}]", row("\"A\"", 10));
    assert!(parsed(&late).map(|_| ()).unwrap_err().to_string().contains("of 2 instruments (\"\", \"A\")"));
    assert_eq!(parsed(&format!("\u{feff}{one}")).unwrap().rows.len(), 2);
}

#[test]
fn a_field_that_the_first_row_lacks_is_not_passed_over() {
    let first = "{\"t\":10,\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"x\":1}";
    let more =
        |field: &str| format!("[{first},{{\"t\":11,\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"x\":1,{field}}}]");
    let e = parsed(&more("\"v\":9")).map(|_| ()).unwrap_err().to_string();
    assert!(e.starts_with("a.json: row 2: v is missing in the rows above"), "{e}");
    let spread = parsed(&more("\"spread\":0.5")).unwrap().rows.spread.unwrap();
    assert!(spread[0].is_nan() && spread[1] == 0.5);
    assert!(!parsed(&more("\"y\":9")).unwrap().rows.has_volume);
    let map = Options { named: vec![("spread".into(), "x".into())], ..Options::default() };
    assert_eq!(with(&more("\"y\":9"), &map).unwrap().rows.spread, Some(vec![1.0, 1.0]));
}

#[test]
fn what_is_no_bar_is_named() {
    for (text, want) in [
        ("[]", "a.json: an array without a row"),
        ("[[1,2,3,4", "a.json: the JSON is cut short"),
        ("{\"a\":1}", "a.json: an object without an array of rows, found: a"),
        ("[[1,2,3]]", "a.json: row 1: 3 fields"),
        ("[[1,2,3,4,5,6],[1,2,3,4,5,6,7]]", "a.json: row 2: 7 fields where the rows above have 6"),
        (
            "[[1570752011620,\"13\",null,\"sell\",1,2,3]]",
            "a.json: row 1: field 3 is null where a number is expected",
        ),
        ("[{\"timestamp\":1,\"open\":1,\"high\":3,\"low\":1}]", "a.json: row 1: missing column close"),
        ("[{\"t\":1}]", "a.json: row 1: missing columns open, high, low, close, found: t"),
        ("[[-5,2,3,4,5,6]]", "a.json: row 1: time 1969-12-31 23:59:55 is before 1970"),
        ("[[1,2,4,1,3,1]] x", "a.json:1: no JSON of bars"),
        ("[7]", "a.json:1: no JSON of bars"),
    ] {
        let e = parsed(text).map(|_| ()).unwrap_err().to_string();
        assert!(e.starts_with(want), "{text}: {e}");
    }
    let two = "[{\"timestamp\":1,\"open\":1,\"high\":3,\"low\":1,\"close\":2},{\"timestamp\":1,\"open\":1,\"high\":3,\"low\":1}]";
    assert!(
        parsed(two)
            .map(|_| ())
            .unwrap_err()
            .to_string()
            .contains("row 2: a field that the first row has is missing")
    );
}

/// A row an hour of made-up bars, `fields` of it.
fn hours(row: &dyn Fn(i64) -> String) -> String {
    let rows: Vec<String> = (0..4).map(|k| row(1_704_067_200 + k * 3600)).collect();
    format!("[{}]", rows.join(","))
}

#[test]
fn rows_in_an_object_are_read() {
    let arrays = hours(&|t| format!("[{t},2,4,1,3,9]"));
    let objects = hours(&|t| format!("{{\"t\":{t},\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"v\":9}}"));
    for (text, path) in [
        (format!("{{\"code\":0,\"result\":{{\"list\":{arrays}}}}}"), "result.list"),
        (format!("{{\"results\":{objects},\"count\":4}}"), "results"),
        (format!("{{\"notes\":[{{\"id\":1}}],\"error\":[],\"data\":{arrays}}}"), "data"),
    ] {
        let p = parsed(&text).unwrap();
        assert_eq!((p.path.as_deref(), p.rows.len()), (Some(path), 4), "{text}");
        assert_eq!(p.rows.values().map(|v| v[3]), [2.0, 4.0, 1.0, 3.0, 9.0]);
    }
    assert_eq!(parsed(&arrays).unwrap().path, None);
    // Names beside the rows count.
    let split = hours(&|t| format!("[9,3,1,4,2,{t}]"));
    let names = "[\"volume\",\"close\",\"low\",\"high\",\"open\",\"time\"]";
    let p = parsed(&format!("{{\"columns\":{names},\"data\":{split}}}")).unwrap();
    assert_eq!((p.width, p.rows.values().map(|v| v[0])), (None, [2.0, 4.0, 1.0, 3.0, 9.0]));
}

#[test]
fn an_object_without_one_array_of_bars_is_refused() {
    let arrays = hours(&|t| format!("[{t},2,4,1,3,9]"));
    for (text, want) in [
        ("{}".to_owned(), "a.json: an object without an array of rows, found: "),
        (
            "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}".into(),
            "a.json: an object without an array of rows, found: code, msg",
        ),
        ("{\"data\":[]}".into(), "a.json: an object without an array of rows, found: data"),
        ("{\"t\":[1,2],\"o\":[1,2],\"c\":[1,2]}".into(), "a.json: an object of columns, where rows"),
        (
            format!("{{\"a\":{arrays},\"b\":{{\"c\":{arrays}}}}}"),
            "a.json: bars are in 2 arrays of the JSON: a and b.c",
        ),
        (
            "{\"data\":[[1,2,3,4,5,6],[1,2,null,4,5,6]]}".into(),
            "a.json (data): row 2: field 3 is null where a number",
        ),
        ("{\"data\":[[1,2,3".into(), "a.json: the JSON is cut short"),
        ("{\"t\":1}\n{\"t\":2}".into(), "a.json:2: no JSON of bars (trailing characters"),
    ] {
        let e = parsed(&text).map(|_| ()).unwrap_err().to_string();
        assert!(e.starts_with(want), "{text}: {e}");
    }
    let e = parsed("{\"t\":1}\n{\"t\":2}").map(|_| ()).unwrap_err();
    assert!(e.remedy().unwrap().contains("one a line"), "{e}");
    // Nested without end is no reason to fall over.
    let deep = "{\"a\":".repeat(100_000);
    assert!(parsed(&deep).is_err());
}

#[test]
fn names_of_the_user_count_for_arrays_and_are_refused_where_they_cannot() {
    let columns = |names: &str| Options {
        columns: names.split(',').map(str::to_owned).collect(),
        ..Options::default()
    };
    let low_first = hours(&|t| format!("[{t},1,4,2,3,9]"));
    let p = with(&low_first, &columns("time,low,high,open,close,volume")).unwrap();
    assert_eq!((p.width, p.rows.values().map(|v| v[0])), (None, [2.0, 4.0, 1.0, 3.0, 9.0]));
    // A spread is taken, and what looks like a volume is not.
    let p = with(&low_first, &columns("time,low,high,open,close,volume btc")).unwrap();
    assert_eq!((p.rows.has_volume, &p.like_volume[..]), (false, &["volume btc".to_owned()][..]));
    let p = with(&low_first, &columns("time,low,high,open,close,spread")).unwrap();
    assert_eq!(p.rows.spread, Some(vec![9.0; 4]));

    let refused = |text: &str, options: &Options| with(text, options).map(|_| ()).unwrap_err().to_string();
    let e = refused(&low_first, &columns("time,low,high,open,close"));
    assert!(e.starts_with("a.json: row 1: 6 fields, and --columns names 5"), "{e}");
    let e = refused(&low_first, &columns("time,low,high,open,x,volume"));
    assert!(e.starts_with("a.json: row 1: missing column close"), "{e}");
    let objects =
        hours(&|t| format!("{{\"t\":{t},\"o\":2,\"h\":4,\"l\":1,\"c\":3,\"Volume USDT\":9,\"gap\":null}}"));
    let e = refused(&objects, &columns("time,open,high,low,close,volume"));
    assert!(e.contains("the rows are objects"), "{e}");
    let map =
        |role: &str, name: &str| Options { named: vec![(role.into(), name.into())], ..Options::default() };
    let e = refused(&low_first, &map("close", "last"));
    assert!(e.contains("the rows are arrays without any"), "{e}");
    assert_eq!(parsed(&objects).unwrap().like_volume, ["Volume USDT"]);
    assert_eq!(with(&objects, &map("volume", "Volume USDT")).unwrap().rows.volume, [9.0; 4]);
    let spread = with(&objects, &map("spread", "gap")).unwrap().rows.spread.unwrap();
    assert!(spread.iter().all(|s| s.is_nan()));
}

#[test]
fn dates_of_json_are_read_as_the_user_says() {
    let days = "[[\"01/02/2024\",2,4,1,3,9],[\"02/02/2024\",2,4,1,3,9]]";
    assert!(parsed(days).map(|_| ()).unwrap_err().to_string().contains("the time is \"01/02/2024\""));
    let p = with(days, &Options { dates: DateOrder::Dmy, ..Options::default() }).unwrap();
    assert_eq!((p.days, p.rows.time_ms[1] - p.rows.time_ms[0]), (true, 86_400_000));
}
