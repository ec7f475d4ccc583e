//! What holds of any rows.

use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 1.0..200.0f64,
        1 => any::<f64>(),
        1 => prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(5e-324), Just(f64::MAX), Just(-1.0)],
    ]
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => (0..300i64).prop_map(|k| k * H),
        1 => any::<i64>(),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), Just(-1)],
    ]
}

fn any_rows() -> impl Strategy<Value = Rows> {
    let row = (time(), value(), value(), value(), value(), value());
    (prop::collection::vec(row, 0..150), any::<bool>()).prop_map(|(v, has_volume)| Rows {
        time_ms: v.iter().map(|r| r.0).collect(),
        open: v.iter().map(|r| r.1).collect(),
        high: v.iter().map(|r| r.2).collect(),
        low: v.iter().map(|r| r.3).collect(),
        close: v.iter().map(|r| r.4).collect(),
        volume: v.iter().map(|r| r.5).collect(),
        has_volume,
        places: Places::of("a", At::Rows),
        ..Rows::default()
    })
}

fn any_options() -> impl Strategy<Value = CheckOptions> {
    let calendar = prop::option::of(prop::sample::select(Calendar::ALL.to_vec()));
    (calendar, prop::option::of(any::<i64>()), prop::option::of(1..i64::MAX), 0..4usize).prop_map(
        |(calendar, now_ms, step, longest)| CheckOptions {
            calendar,
            now_ms,
            stated_timeframe: step.and_then(Timeframe::from_ms),
            symbol: Some("XAUUSD".into()),
            longest,
            ..CheckOptions::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_a_check_panic(rows in any_rows(), other in any_rows(), options in any_options()) {
        let report = check(&rows, &options).against(&rows, &other, "b");
        prop_assert_eq!(report.figures.rows, rows.len());
        for f in &report.findings {
            prop_assert!(f.count > 0 && f.rows.len() <= 20 && f.rows.len() as u64 <= f.count);
            prop_assert!(f.kind == FindingKind::OnlyThere || f.rows.iter().all(|r| r.row < rows.len()));
        }
        let json = serde_json::to_string(&report).unwrap();
        let back: QualityReport = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), json);
    }

    #[test]
    fn sorting_and_dropping_repeats_a_second_time_does_nothing(rows in any_rows()) {
        let fixes = [Fix::Sort, Fix::Dedup(Keep::First)];
        let options = CheckOptions::default();
        let (once, _) = apply(rows, &fixes, &options).unwrap();
        prop_assert!(once.time_ms.windows(2).all(|w| w[0] < w[1]));
        let (twice, done) = apply(once.clone(), &fixes, &options).unwrap();
        prop_assert_eq!(done.iter().map(|r| r.rows).sum::<usize>(), 0);
        prop_assert_eq!(&twice.time_ms, &once.time_ms);
    }

    #[test]
    fn it_does_not_matter_how_rows_were_divided_into_files(rows in any_rows(), cut in 0..150usize) {
        let cut = cut.min(rows.len());
        let part = |range: std::ops::Range<usize>, name: &str| {
            let mut part = rows.pick(&range.collect::<Vec<_>>());
            part.origin = Vec::new();
            part.places = Places::of(name, At::Rows);
            part
        };
        let mut joined = part(0..cut, "a");
        joined.append(part(cut..rows.len(), "b"));
        joined.has_volume = rows.has_volume;
        let bare = |rows: &Rows| {
            let mut report = found(rows);
            for row in report.findings.iter_mut().flat_map(|f| &mut f.rows) {
                row.place.clear();
                // Duplicates name the place of the other.
                row.what.clear();
            }
            report
        };
        prop_assert_eq!(bare(&joined), bare(&rows));
    }

    #[test]
    fn what_is_filled_in_is_what_was_missing(holes in prop::collection::vec(any::<bool>(), 20..120)) {
        let all = every(H, holes.len() as i64);
        let rows = all.pick(&(0..all.len()).filter(|i| *i < 12 || !holes[*i]).collect::<Vec<_>>());
        let missing = found(&rows).figures.missing_bars;
        let (out, done) = apply(rows, &[Fix::FillGaps], &CheckOptions::default()).unwrap();
        prop_assert_eq!(done[0].rows as u64, missing);
        prop_assert_eq!(found(&out).figures.missing_bars, 0);
    }
}
