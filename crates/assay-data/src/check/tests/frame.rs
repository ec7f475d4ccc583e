//! Order, values, columns, points, and how they are shown.

use super::*;

#[test]
fn rows_out_of_order_are_found_where_they_stand() {
    let mut rows = every(H, 100);
    rows.time_ms.swap(10, 11);
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::OutOfOrder), Some((FindingSeverity::Error, 1, vec![11])));
    let row = &report.find(FindingKind::OutOfOrder).unwrap().rows[0];
    assert_eq!((row.place.as_str(), row.time_ms), ("a.csv: row 12", at("2024-01-01 10:00")));
    assert_eq!(row.what, "after a row of 2024-01-01 11:00:00");
    assert_eq!((report.figures.out_of_order, report.figures.gaps), (1, 0));
}

#[test]
fn the_same_row_again_is_told_from_another_of_its_time() {
    let rows = every(H, 100);
    let mut picked: Vec<usize> = (0..100).collect();
    picked.splice(50..50, [49]);
    let report = found(&rows.pick(&picked));
    assert_eq!(of(&report, FindingKind::Duplicate), Some((FindingSeverity::Error, 1, vec![50])));
    assert_eq!(of(&report, FindingKind::ConflictingDuplicate), None);
    let mut other = rows.pick(&picked);
    other.close[50] *= 1.0001;
    let report = found(&other);
    assert_eq!(of(&report, FindingKind::Duplicate), None);
    assert_eq!(of(&report, FindingKind::ConflictingDuplicate), Some((FindingSeverity::Error, 1, vec![50])));
    let what = &report.find(FindingKind::ConflictingDuplicate).unwrap().rows[0].what;
    assert_eq!(what, "another close than in a.csv: row 50");
    assert_eq!((report.figures.duplicates, report.figures.conflicts), (0, 1));
    assert_eq!(of(&report, FindingKind::OutOfOrder), None);
    assert_eq!(of(&report, FindingKind::OutOfOrder), None);
}

#[test]
fn times_of_another_unit_are_implausible() {
    let mut rows = every(H, 60);
    rows.time_ms[59] *= 1000;
    assert_eq!(of(&found(&rows), FindingKind::ImplausibleTime), Some((FindingSeverity::Error, 1, vec![59])));
    rows.time_ms[59] = -1;
    assert_eq!(of(&found(&rows), FindingKind::ImplausibleTime), Some((FindingSeverity::Error, 1, vec![59])));
}

#[test]
fn values_that_no_bar_has() {
    let mut rows = every(H, 100);
    rows.low[3] = 0.0;
    rows.close[4] = f64::NAN;
    rows.volume[5] = -1.0;
    rows.high[6] = f64::INFINITY;
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::BadValue), Some((FindingSeverity::Error, 4, vec![3, 4, 5, 6])));
    let what: Vec<&str> =
        report.find(FindingKind::BadValue).unwrap().rows.iter().map(|r| r.what.as_str()).collect();
    assert_eq!(what, ["low is 0", "close is NaN", "volume is -1", "high is inf"]);
    assert_eq!(of(&report, FindingKind::OhlcViolation), None);
}

#[test]
fn a_high_below_and_a_low_above() {
    let mut rows = every(H, 100);
    rows.high[7] = rows.open[7].min(rows.close[7]) * 0.999;
    rows.low[8] = rows.open[8].min(rows.close[8]) * 1.0001;
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::OhlcViolation), Some((FindingSeverity::Error, 2, vec![7, 8])));
    assert_eq!(of(&report, FindingKind::ColumnOrder), None);
}

#[test]
fn bars_without_volume_and_flat_ones() {
    let mut rows = every(H, 100);
    rows.volume[20] = 0.0;
    (rows.high[21], rows.low[21], rows.close[21]) = (rows.open[21], rows.open[21], rows.open[21]);
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::ZeroVolume), Some((FindingSeverity::Info, 1, vec![20])));
    assert_eq!(of(&report, FindingKind::Flat), Some((FindingSeverity::Info, 1, vec![21])));
    rows.volume.fill(0.0);
    assert!(found(&rows).find(FindingKind::ZeroVolume).unwrap().text.contains("0 in every row"));
    rows.has_volume = false;
    assert!(found(&rows).find(FindingKind::ZeroVolume).unwrap().text.contains("the source has none"));
}

/// Repeats row `i` over the `n` after it.
fn repeat(rows: &mut Rows, i: usize, n: usize) {
    for column in rows.values_mut() {
        let v = column[i];
        column[i + 1..=i + n].fill(v);
    }
}

#[test]
fn a_feed_that_stands_still() {
    let mut rows = every(H, 100);
    repeat(&mut rows, 30, 2);
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::StaleRepeats), Some((FindingSeverity::Warning, 3, vec![30])));
    assert_eq!(report.figures.stale, 3);
    // Two alike may be chance; without volume more may.
    let mut rows = every(H, 100);
    repeat(&mut rows, 30, 1);
    assert_eq!(of(&found(&rows), FindingKind::StaleRepeats), None);
    rows.volume.fill(0.0);
    repeat(&mut rows, 30, 8);
    assert_eq!(of(&found(&rows), FindingKind::StaleRepeats), None);
    repeat(&mut rows, 30, 9);
    assert_eq!(found(&rows).figures.stale, 10);
}

#[test]
fn columns_in_another_order_are_recognised() {
    // As Bitfinex writes: open, close, high, low, read as open, high, low, close.
    let right = every(H, 300);
    let mut rows = right.clone();
    (rows.high, rows.low, rows.close) = (right.close.clone(), right.high.clone(), right.low.clone());
    let f = found(&rows);
    let text = &f.find(FindingKind::ColumnOrder).unwrap().text;
    assert!(text.contains("fit as open, close, high, low"), "{text}");
    let mut rows = right.clone();
    (rows.high, rows.low) = (right.low.clone(), right.high.clone());
    let f = found(&rows);
    assert!(f.find(FindingKind::ColumnOrder).unwrap().text.contains("fit as open, low, high, close"));
    // A few wrong rows are no other order.
    let mut rows = right.clone();
    (3..13).for_each(|i| rows.high[i * 20] = rows.low[i * 20]);
    assert_eq!(of(&found(&rows), FindingKind::ColumnOrder), None);
}

#[test]
fn prices_in_points_are_suspected_where_the_instrument_has_a_finer_tick() {
    let in_points = |level: f64, symbol: &str| {
        let mut rows = every(H, 100);
        rows.values_mut()
            .into_iter()
            .take(4)
            .for_each(|c| c.iter_mut().for_each(|v| *v = (*v * level).round()));
        check(&rows, &CheckOptions { symbol: Some(symbol.into()), ..CheckOptions::default() })
    };
    let text = |r: &QualityReport| r.find(FindingKind::PricesInPoints).map(|f| f.text.clone());
    assert!(text(&in_points(1547.59, "XAUUSD")).unwrap().ends_with("--price-scale 0.01"));
    assert!(text(&in_points(1278.01, "EUR_USD")).unwrap().ends_with("--price-scale 0.00001"));
    assert!(text(&in_points(1100.0, "usd/jpy")).unwrap().ends_with("--price-scale 0.001"));
    assert!(text(&in_points(15.4, "XAUUSD")).unwrap().ends_with("rounded to whole numbers"));
    assert_eq!(text(&in_points(1278.01, "GER30Cash")), None);
    let fine = check(&every(H, 100), &CheckOptions { symbol: Some("XAUUSD".into()), ..Default::default() });
    assert_eq!(text(&fine), None);
}

#[test]
fn prices_in_steps_of_a_hundred_may_be_a_market_s_own() {
    let in_steps = |step: f64, symbol: Option<&str>| {
        let mut rows = every(H, 100);
        rows.values_mut()
            .into_iter()
            .take(4)
            .for_each(|c| c.iter_mut().for_each(|v| *v = (*v * 5000.0 / step).round() * step));
        let report = check(&rows, &CheckOptions { symbol: symbol.map(str::to_owned), ..Default::default() });
        report.find(FindingKind::PricesInPoints).is_some()
    };
    assert!(in_steps(100.0, None) && in_steps(100.0, Some("AAPL")));
    // A cent in ten-thousandths is 100: in coarser steps no price has cents.
    assert!(!in_steps(500.0, None));
    for symbol in ["BTCKRW", "005930", "005930.KS", "btc/krw"] {
        assert!(!in_steps(100.0, Some(symbol)), "{symbol}");
    }
}

#[test]
fn extremes_are_by_the_logarithm() {
    let mut rows = every(H, 10);
    let n = rows.len();
    rows.values_mut().into_iter().take(4).for_each(|c| c.fill(100.0));
    // Down by a third is farther than up by two fifths.
    scale(&mut rows, 3..n, 1.4);
    scale(&mut rows, 6..n, 0.65);
    (rows.high[8], rows.low[8]) = (110.0, 88.0);
    let f = found(&rows).figures;
    let (m, r) = (f.biggest_move.unwrap(), f.biggest_range.unwrap());
    assert!(m.time_ms == rows.time_ms[6] && (m.value + 0.35).abs() < 1e-12, "{m:?}");
    assert!(r.time_ms == rows.time_ms[8] && (r.value - 0.25).abs() < 1e-12, "{r:?}");
}

#[test]
fn twenty_rows_are_named_and_all_are_counted() {
    let mut rows = every(H, 100);
    rows.volume[..50].fill(0.0);
    let report = found(&rows);
    let f = report.find(FindingKind::ZeroVolume).unwrap();
    assert_eq!((f.count, f.rows.len(), f.rows[19].row), (50, 20, 19));
}

#[test]
fn reports_go_through_json() {
    let mut rows = every(H, 100);
    rows.time_ms.swap(10, 11);
    rows.close[50] = f64::NAN;
    rows.volume[60] = 0.0;
    let report = found(&rows).against(&rows, &every(H, 90), "b.csv");
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains(r#""kind":"out_of_order","severity":"error","count":1"#), "{json}");
    assert_eq!(serde_json::from_str::<QualityReport>(&json).unwrap(), report);
    assert!(report.findings.windows(2).all(|f| f[0].severity >= f[1].severity));
}

#[test]
fn prices_of_any_instrument_in_ten_thousandths_are_suspected() {
    let shares = |unit: f64, level: f64| {
        let mut rows = every(H, 60);
        scale(&mut rows, 0..60, level / 100.0);
        for column in rows.values_mut().into_iter().take(4) {
            column.iter_mut().for_each(|v| *v = (*v * 100.0).round() * unit);
        }
        of(&found(&rows), FindingKind::PricesInPoints).map(|f| f.0)
    };
    assert_eq!(shares(100.0, 296.0), Some(FindingSeverity::Warning));
    // Prices to the cent, and in cents.
    assert_eq!((shares(0.01, 296.0), shares(1.0, 296.0)), (None, None));
}

#[test]
fn row_numbers_are_no_times() {
    let kind = FindingKind::ImplausibleTime;
    let rows = bars((0..60).map(|k| k * 1000));
    assert_eq!(of(&found(&rows), kind), Some((FindingSeverity::Error, 60, vec![0])));
    // Days of 1970 may be of an exchange.
    assert_eq!(of(&found(&bars((0..60).map(|k| k * D))), kind), None);
    assert_eq!(of(&found(&bars([0, 1000])), kind), None);
}

#[test]
fn a_spread_below_zero_is_no_value() {
    let mut rows = every(H, 60);
    let mut spread = vec![0.01; 60];
    (spread[7], spread[9], spread[11]) = (-0.01, f64::NAN, f64::INFINITY);
    rows.spread = Some(spread);
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::BadValue), Some((FindingSeverity::Error, 2, vec![7, 11])));
    assert_eq!(report.find(FindingKind::BadValue).unwrap().rows[0].what, "spread is -0.01");
}
