//! Repairs.

use super::*;

fn fixed(rows: &Rows, fixes: &[&str]) -> crate::error::Result<(Rows, Vec<Repair>)> {
    let fixes = fixes.iter().map(|f| f.parse()).collect::<crate::error::Result<Vec<Fix>>>()?;
    apply(rows.clone(), &fixes, &CheckOptions::default())
}

#[test]
fn sorting_is_stable_and_counted() {
    let mut rows = every(H, 50);
    rows.time_ms.swap(10, 12);
    rows.time_ms[30] = rows.time_ms[29];
    let (out, done) = fixed(&rows, &["sort"]).unwrap();
    assert!(out.time_ms.is_sorted());
    assert_eq!((out.open[10], out.open[29], out.open[30]), (rows.open[12], rows.open[29], rows.open[30]));
    assert_eq!((done[0].rows, done[0].text.as_str()), (2, "2 rows put in order"));
    assert_eq!(out.place(10).to_string(), "a.csv: row 13");
    assert_eq!(fixed(&every(H, 5), &["sort"]).unwrap().1[0].rows, 0);
}

#[test]
fn repeats_are_dropped_and_conflicts_only_by_choice() {
    let rows = every(H, 50).pick(&(0..50).chain([49]).collect::<Vec<_>>());
    let (out, done) = fixed(&rows, &["dedup"]).unwrap();
    assert_eq!((out.len(), done[0].rows, done[0].text.as_str()), (50, 1, "1 repeated row dropped"));
    let mut rows = every(H, 53);
    rows.time_ms[50..].fill(at("2024-01-03 02:00"));
    let e = fixed(&rows, &["dedup"]).unwrap_err().to_string();
    assert!(
        e.starts_with("a.csv: row 52: has the time 2024-01-03 02:00:00 and another open than a.csv: row 51"),
        "{e}"
    );
    let (first, done) = fixed(&rows, &["dedup=first"]).unwrap();
    assert_eq!((first.len(), first.close[50]), (51, rows.close[50]));
    assert_eq!(done[0].text, "2 repeated rows dropped, 2 rows with other values");
    let (last, _) = fixed(&rows, &["dedup=last"]).unwrap();
    assert_eq!((last.len(), last.close[50]), (51, rows.close[52]));
    let e = fixed(&rows, &["dedup=last", "sort", "dedup"]).unwrap_err().to_string();
    assert!(e.contains("contradict"), "{e}");
}

#[test]
fn the_last_bar_is_the_last_in_time() {
    let mut rows = every(H, 5);
    rows.time_ms.swap(1, 4);
    let (out, done) = fixed(&rows, &["drop-last"]).unwrap();
    assert_eq!((out.len(), done[0].text.as_str()), (4, "the bar of 2024-01-01 04:00:00 dropped"));
    assert!(!out.time_ms.contains(&at("2024-01-01 04:00")));
    assert_eq!(fixed(&Rows::default(), &["drop-last"]).unwrap().1[0].rows, 0);
}

#[test]
fn gaps_are_filled_flat_and_marked() {
    let whole = every(H, 100);
    let mut rows = whole.pick(&(0..100).filter(|i| !(40..43).contains(i)).collect::<Vec<_>>());
    rows.spread = Some(vec![0.5; 97]);
    let (out, done) = fixed(&rows, &["fill-gaps"]).unwrap();
    assert_eq!(out.time_ms, whole.time_ms);
    assert_eq!(done[0].rows, 3);
    for i in 40..43 {
        let c = whole.close[39];
        assert_eq!((out.open[i], out.high[i], out.low[i], out.close[i], out.volume[i]), (c, c, c, c, 0.0));
        assert!(out.is_filled(i) && out.spread.as_ref().unwrap()[i].is_nan());
        assert_eq!(out.place(i).to_string(), "filled in");
    }
    assert_eq!((out.is_filled(39), out.place(43).to_string()), (false, "a.csv: row 44".into()));
    assert_eq!(found(&out).figures.gaps, 0);
    // What is filled in stays marked behind other rows.
    let mut more = every(H, 2);
    more.append(out);
    assert!(more.is_filled(42) && !more.is_filled(41));
}

#[test]
fn only_what_the_calendar_misses_is_filled() {
    let us = Calendar::UsEquity;
    let open: Vec<i64> =
        (0..24 * 5).map(|k| at("2024-01-08 14:30") + k * H).filter(|t| us.is_open(*t)).collect();
    let rows = bars(open).pick(&(0..35).filter(|i| *i != 10).collect::<Vec<_>>());
    let options = CheckOptions { calendar: Some(us), ..CheckOptions::default() };
    let (out, done) = apply(rows, &[Fix::FillGaps], &options).unwrap();
    assert_eq!((out.len(), done[0].rows), (35, 1));
    assert!(out.is_filled(10));
}

#[test]
fn gaps_of_rows_out_of_order_are_not_filled() {
    let mut rows = every(H, 20);
    rows.time_ms.swap(3, 4);
    assert!(fixed(&rows, &["fill-gaps"]).unwrap_err().to_string().contains("add sort to --fix"));
    rows.time_ms[4] = rows.time_ms[3];
    assert!(fixed(&rows, &["fill-gaps"]).unwrap_err().to_string().contains("add dedup to --fix"));
    // In whatever order they are named.
    let mut rows = every(H, 20).pick(&[0, 1, 2, 5, 4, 6, 7, 7]);
    rows.time_ms[0] = at("2024-01-01");
    let (out, done) = fixed(&rows, &["fill-gaps", "drop-last", "dedup", "sort"]).unwrap();
    let names: Vec<String> = done.iter().map(|r| r.fix.to_string()).collect();
    assert_eq!(names, ["sort", "dedup", "drop-last", "fill-gaps"]);
    assert_eq!(out.time_ms, every(H, 7).time_ms);
    let mut far = every(M, 3);
    far.time_ms[2] = at("2199-01-01");
    assert!(fixed(&far, &["fill-gaps"]).unwrap_err().to_string().contains("would be filled in"));
}

#[test]
fn repairs_have_names() {
    for name in ["sort", "dedup", "dedup=first", "dedup=last", "drop-last", "fill-gaps"] {
        assert_eq!(name.parse::<Fix>().unwrap().to_string(), name);
    }
    assert!("dedupe".parse::<Fix>().unwrap_err().to_string().contains("did you mean dedup?"));
    let done = Repair { fix: Fix::Dedup(Keep::Last), rows: 1, text: String::new() };
    assert_eq!(serde_json::to_string(&done).unwrap(), r#"{"fix":"dedup=last","rows":1,"text":""}"#);
}
