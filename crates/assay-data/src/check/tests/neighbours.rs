//! Prices far from those about them, splits, and last bars.

use super::*;

fn one_way(rows: &mut Rows, i: usize, by: f64) {
    let n = rows.len();
    scale(rows, i..n, by);
    rows.open[i] = rows.close[i - 1];
    rows.high[i] = rows.open[i].max(rows.high[i]);
    rows.low[i] = rows.open[i].min(rows.low[i]);
}

#[test]
fn a_crash_is_an_outlier_and_no_bad_print() {
    let mut rows = every(H, 400);
    one_way(&mut rows, 200, 0.9);
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::OutlierReturn), Some((FindingSeverity::Info, 1, vec![200])));
    assert!(
        report.find(FindingKind::OutlierReturn).unwrap().rows[0].what.starts_with("-9.9 %"),
        "{report:?}"
    );
    assert_eq!((of(&report, FindingKind::BadPrint), of(&report, FindingKind::SuspectedSplit)), (None, None));
    let mut rows = every(H, 400);
    one_way(&mut rows, 200, 0.995);
    assert_eq!(found(&rows).findings, []);
}

#[test]
fn a_close_that_comes_back_is_a_bad_print() {
    let mut rows = every(H, 400);
    rows.close[200] *= 0.9;
    rows.low[200] = rows.close[200];
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::BadPrint), Some((FindingSeverity::Warning, 1, vec![200])));
    assert_eq!(of(&report, FindingKind::OutlierReturn), None);
}

#[test]
fn a_wick_that_stands_alone() {
    let mut rows = every(H, 400);
    rows.low[200] = 0.01;
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::BadWick), Some((FindingSeverity::Error, 1, vec![200])));
    assert!(report.find(FindingKind::BadWick).unwrap().rows[0].what.starts_with("low 0.01 is 100.0 % off"));
    let mut rows = every(H, 400);
    rows.high[200] *= 1.06;
    assert_eq!(of(&found(&rows), FindingKind::BadWick), Some((FindingSeverity::Warning, 1, vec![200])));
    // Both: one finding, as bad as the worst.
    rows.low[100] = 0.01;
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::BadWick), Some((FindingSeverity::Error, 2, vec![100, 200])));
    // A storm: all bars about it are wide.
    let mut rows = every(H, 400);
    (195..206).for_each(|i| rows.low[i] *= 0.95);
    assert_eq!(of(&found(&rows), FindingKind::BadWick), None);
}

#[test]
fn a_volume_that_stands_alone() {
    let mut rows = every(H, 400);
    rows.volume[200] *= 1e6;
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::BadVolume), Some((FindingSeverity::Warning, 1, vec![200])));
    // A busy day is not one bar, and a market without volume has none.
    (195..206).for_each(|i| rows.volume[i] = 1e8);
    assert_eq!(of(&found(&rows), FindingKind::BadVolume), None);
    let mut quiet = every(H, 400);
    quiet.volume.iter_mut().for_each(|v| *v = 0.0);
    quiet.volume[200] = 5.0;
    assert_eq!(of(&found(&quiet), FindingKind::BadVolume), None);
}

/// Daily bars of weekdays with a jump by `ratio` at bar 200 and volume to match.
fn stock(ratio: f64) -> Rows {
    let days = (0..600).map(|k| at("2022-01-03") + k * D).filter(|t| crate::week::weekday(*t) < 5);
    let mut rows = bars(days);
    let n = rows.len();
    scale(&mut rows, 200..n, 1.0 / ratio);
    rows.volume[200..].iter_mut().for_each(|v| *v *= ratio);
    rows
}

#[test]
fn a_split_of_shares_is_suspected() {
    for (ratio, name) in [(7.0, "7:1"), (2.002, "2:1"), (1.5, "3:2"), (0.1, "1:10"), (3.91, "4:1")] {
        let report = found(&stock(ratio));
        assert_eq!(
            of(&report, FindingKind::SuspectedSplit),
            Some((FindingSeverity::Warning, 1, vec![200])),
            "{name}"
        );
        let what = &report.find(FindingKind::SuspectedSplit).unwrap().rows[0].what;
        assert!(what.starts_with(name), "{what}");
    }
}

#[test]
fn news_are_no_split() {
    let none = |rows: &Rows| assert_eq!(of(&found(rows), FindingKind::SuspectedSplit), None);
    none(&stock(1.44));
    none(&stock(1.2));
    // Earnings: by chance two to one, on a day of much turnover.
    let mut rows = stock(2.0);
    rows.volume[200] *= 9.0;
    none(&rows);
    // A crash with a wide range.
    let mut rows = stock(2.0);
    rows.low[200] *= 0.9;
    none(&rows);
    // A price that comes back.
    let mut rows = stock(2.0);
    let n = rows.len();
    scale(&mut rows, 203..n, 2.0);
    none(&rows);
    // Over a hole in the history.
    let mut rows = stock(2.0);
    rows.time_ms[200..].iter_mut().for_each(|t| *t += 60 * D);
    none(&rows);
}

#[test]
fn a_last_bar_that_has_not_closed() {
    let rows = every(H, 24 * 20);
    let at_time = |now: &str| {
        let report = check(&rows, &CheckOptions { now_ms: Some(at(now)), ..CheckOptions::default() });
        of(&report, FindingKind::UnfinishedLastBar)
    };
    assert_eq!(at_time("2024-01-20 23:59"), Some((FindingSeverity::Warning, 1, vec![479])));
    assert_eq!(at_time("2024-01-20 22:00"), Some((FindingSeverity::Warning, 2, vec![479, 478])));
    assert_eq!(at_time("2024-01-21 00:00"), None);
}

#[test]
fn a_last_bar_that_is_cut_short_is_suspected() {
    let cut = |volume: f64, range: f64| {
        let mut rows = every(H, 24 * 20);
        rows.volume[479] *= volume;
        let middle = rows.close[479];
        rows.open[479] = middle;
        rows.high[479] = middle * (1.0 + 0.002 * range);
        rows.low[479] = middle / (1.0 + 0.002 * range);
        of(&found(&rows), FindingKind::UnfinishedLastBar)
    };
    assert_eq!(cut(0.1, 0.1), Some((FindingSeverity::Info, 1, vec![479])));
    assert_eq!(cut(0.5, 0.1), None);
    assert_eq!(cut(0.1, 1.0), None);
    // Without volume nothing tells.
    let mut rows = every(H, 24 * 20);
    rows.volume.fill(0.0);
    assert_eq!(of(&found(&rows), FindingKind::UnfinishedLastBar), None);
}

#[test]
fn an_open_that_nothing_else_shows_is_a_bad_open() {
    let mut rows = every(H, 400);
    rows.open[200] *= 0.01;
    rows.low[200] = rows.open[200];
    let report = found(&rows);
    let bad: Vec<&Finding> = report.findings.iter().filter(|f| f.kind == FindingKind::BadOpen).collect();
    assert_eq!(bad.len(), 1, "{:?}", report.findings);
    assert_eq!((bad[0].severity, bad[0].count, bad[0].rows[0].row), (FindingSeverity::Error, 1, 200));
    // A gap that stays is none, and neither is a bar that moves a usual way from where the last one closed.
    let mut gap = every(H, 400);
    scale(&mut gap, 200..400, 1.2);
    assert!(found(&gap).findings.iter().all(|f| f.kind != FindingKind::BadOpen));
}

#[test]
fn a_spread_of_a_tenth_of_the_price_is_no_price() {
    let mut rows = every(H, 100);
    let of = |rows: &Rows| {
        let report = found(rows);
        report.findings.iter().find(|f| f.kind == FindingKind::WideSpread).map(|f| (f.severity, f.count))
    };
    rows.spread = Some(vec![0.02; 100]);
    assert_eq!(of(&rows), None);
    rows.spread.as_mut().unwrap()[7] = 18.0;
    assert_eq!(of(&rows), Some((FindingSeverity::Warning, 1)));
    rows.spread = Some(vec![18.0; 100]);
    assert_eq!(of(&rows), Some((FindingSeverity::Warning, 100)));
    // Of an ask and a bid above zero a spread is less than twice the price.
    rows.spread = Some(vec![250.0; 100]);
    assert_eq!(of(&rows), Some((FindingSeverity::Error, 100)));
}
