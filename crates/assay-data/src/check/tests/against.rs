//! A second file of the same instrument.

use super::*;

fn both(here: &Rows, there: &Rows) -> (QualityReport, Against) {
    let report = found(here).against(here, there, "b.csv");
    let a = report.against.clone().unwrap();
    (report, a)
}

#[test]
fn equal_files_agree() {
    let rows = every(H, 200);
    let (report, a) = both(&rows, &rows);
    assert_eq!(report.findings, []);
    assert_eq!((a.common, a.only_here, a.only_there, a.cells, a.cells_differ), (200, 0, 0, 1000, 0));
    assert_eq!((a.largest, a.shift_ms, a.scale), (None, None, None));
    assert!(a.correlation.unwrap() > 0.999);
    // The last digit of a decimal.
    let mut near = rows.clone();
    scale(&mut near, 0..200, 1.0 + 1e-9);
    assert_eq!(both(&rows, &near).0.findings, []);
}

#[test]
fn cells_that_differ_and_bars_of_one_only() {
    let rows = every(H, 200);
    let mut other = rows.pick(&(20..150).filter(|i| *i != 60).collect::<Vec<_>>());
    let mine = rows.pick(&(0..200).filter(|i| *i != 70).collect::<Vec<_>>());
    other.high[10] *= 1.01;
    other.volume[10] *= 2.0;
    let (report, a) = both(&mine, &other);
    assert_eq!((a.common, a.only_here, a.only_there, a.cells_differ), (128, 1, 1, 2));
    assert_eq!(of(&report, FindingKind::OnlyHere), Some((FindingSeverity::Warning, 1, vec![60])));
    assert_eq!(of(&report, FindingKind::OnlyThere).unwrap().1, 1);
    assert_eq!(of(&report, FindingKind::CellsDiffer), Some((FindingSeverity::Warning, 1, vec![30])));
    let largest = a.largest.unwrap();
    assert_eq!((largest.column.as_str(), largest.time_ms), ("volume", rows.time_ms[30]));
    // A file without volume is not held against one with.
    other.has_volume = false;
    assert_eq!(both(&mine, &other).1.cells_differ, 1);
}

#[test]
fn a_shift_of_the_clock_is_found() {
    let rows = every(H, 400);
    for (by, words) in [(3 * H, "3.0 h earlier"), (-2 * H, "2.0 h later"), (H, "1.0 h earlier")] {
        let mut other = rows.clone();
        other.time_ms.iter_mut().for_each(|t| *t += by);
        let (report, a) = both(&rows, &other);
        assert_eq!(a.shift_ms, Some(-by));
        let text = &report.find(FindingKind::TimesShifted).unwrap().text;
        assert!(text.contains(words), "{text}");
        assert_eq!(text.contains("open and the other by their close"), by == H, "{text}");
    }
    // Another market agrees nowhere.
    let mut other = every(H, 800);
    other = other.pick(&(400..800).collect::<Vec<_>>());
    other.time_ms = rows.time_ms.clone();
    assert_eq!(both(&rows, &other).1.shift_ms, None);
}

#[test]
fn another_unit_is_found() {
    let rows = every(H, 200);
    let mut other = rows.clone();
    scale(&mut other, 0..200, 100.0);
    let (report, a) = both(&rows, &other);
    assert!((a.scale.unwrap() - 0.01).abs() < 1e-12);
    assert_eq!(of(&report, FindingKind::ScaleDiffers).unwrap().0, FindingSeverity::Error);
    // A spread is no unit.
    let mut other = rows.clone();
    scale(&mut other, 0..200, 1.001);
    assert_eq!(both(&rows, &other).1.scale, None);
}

/// Another source of the same market: its prices scatter about these.
fn another_source(rows: &Rows) -> Rows {
    let mut other = rows.clone();
    (0..rows.len()).for_each(|i| scale(&mut other, i..i + 1, 1.0 + 0.0006 * (7.3 * i as f64).sin()));
    other
}

#[test]
fn another_unit_of_another_source_is_found() {
    let rows = every(H, 400);
    let noisy = another_source(&rows);
    let (report, a) = both(&rows, &noisy);
    assert_eq!((a.scale, report.find(FindingKind::ScaleDiffers)), (None, None));
    let mut other = noisy.clone();
    scale(&mut other, 0..400, 100.0);
    assert!((both(&rows, &other).1.scale.unwrap() - 0.01).abs() < 1e-5);
    // A spread of two per cent that scatters as much is not a unit.
    let mut other = noisy;
    scale(&mut other, 0..400, 1.02);
    assert_eq!(both(&rows, &other).1.scale, None);
    // On a clock of other seasons as well.
    let rows = every(H, 24 * 360);
    let zone: crate::market::Zone = "Europe/Athens".parse().unwrap();
    let mut other = another_source(&rows);
    scale(&mut other, 0..24 * 360, 0.01);
    other.time_ms.iter_mut().for_each(|t| *t = zone.local_ms(*t));
    let (report, a) = both(&rows, &other);
    let kinds: Vec<FindingKind> = report.findings.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FindingKind::TimesShifted, FindingKind::ScaleDiffers]);
    assert!((a.scale.unwrap() - 100.0).abs() < 0.2, "{:?}", a.scale);
}

#[test]
fn a_unit_that_changes_is_no_clock() {
    let rows = every(H, 24 * 360);
    let mut other = another_source(&rows);
    scale(&mut other, 4000..24 * 360, 100.0);
    let (report, a) = both(&rows, &other);
    assert_eq!((report.find(FindingKind::TimesShifted), a.shift_ms, a.scale), (None, None, None));
    let (kind, text) = first(&report);
    assert_eq!(kind, FindingKind::ScaleDiffers);
    assert!(
        text.starts_with(
            "prices are 1 times those of the other file, 0.01 times from 2024-06-15 16:00:00 on: one of the files"
        ),
        "{text}"
    );
    assert_eq!(of(&report, FindingKind::ScaleDiffers), Some((FindingSeverity::Error, 1, vec![4000])));
}

#[test]
fn one_bar_out_of_all_proportion_hides_no_clock() {
    let rows = every(H, 800);
    let mut other = rows.clone();
    other.time_ms.iter_mut().for_each(|t| *t += 3 * H);
    scale(&mut other, 400..800, 100.0);
    let (report, a) = both(&rows, &other);
    assert_eq!(a.shift_ms, Some(-3 * H));
    let kinds: Vec<FindingKind> = report.findings.iter().take(2).map(|f| f.kind).collect();
    assert_eq!(kinds, [FindingKind::TimesShifted, FindingKind::ScaleDiffers]);
}

#[test]
fn files_without_a_common_bar_are_no_comparison() {
    let rows = every(H, 400);
    let (one, two) = (rows.pick(&(0..200).collect::<Vec<_>>()), rows.pick(&(200..400).collect::<Vec<_>>()));
    let (report, a) = both(&one, &two);
    let (kind, text) = first(&report);
    assert_eq!((kind, a.common), (FindingKind::NoCommonBars, 0));
    assert_eq!(report.worst(), Some(FindingSeverity::Error));
    assert!(
        text.contains(
            "this file is of 2024-01-01 00:00:00 to 2024-01-09 07:00:00, the other of 2024-01-09 08:00"
        ),
        "{text}"
    );
    let mut half = rows.clone();
    half.time_ms.iter_mut().for_each(|t| *t += H / 2);
    let (report, _) = both(&rows, &half);
    assert!(first(&report).1.contains("their bars begin at other minutes"), "{}", first(&report).1);
}

/// What is found first.
fn first(report: &QualityReport) -> (FindingKind, &str) {
    let f = &report.findings[0];
    (f.kind, &f.text)
}

#[test]
fn bars_of_other_lengths_are_said_first_and_not_compared() {
    let hours = every(H, 400);
    let quarters = every(15 * M, 1600);
    for (here, there, words) in [
        (
            &hours,
            &quarters,
            "bars of 1h, those of the other file of 15m: not compared bar by bar. Make longer ones of the other",
        ),
        (
            &quarters,
            &hours,
            "bars of 15m, those of the other file of 1h: not compared bar by bar. Make longer ones of this",
        ),
    ] {
        let (report, a) = both(here, there);
        let (kind, text) = first(&report);
        assert_eq!(kind, FindingKind::LengthsDiffer);
        assert!(text.starts_with(words) && text.ends_with("--to 1h"), "{text}");
        assert_eq!((report.findings.len(), a.common, a.cells, a.only_there), (1, 400, 0, 0));
    }
    // Another unit shows in the opens of bars that begin together.
    let mut cents = hours.clone();
    cents.open = (0..400).map(|i| 100.0 * quarters.open[4 * i]).collect();
    let (report, a) = both(&cents, &quarters);
    let kinds: Vec<FindingKind> = report.findings.iter().take(2).map(|f| f.kind).collect();
    assert_eq!(kinds, [FindingKind::LengthsDiffer, FindingKind::ScaleDiffers]);
    assert!((a.scale.unwrap() - 100.0).abs() < 1e-9);
}

#[test]
fn files_are_compared_once_their_times_and_units_are_one() {
    // An error of this file's own stands below what makes the two files differ.
    let mut rows = every(H, 400);
    rows.high[50] = rows.low[50] / 2.0;
    let mut other = rows.clone();
    other.time_ms.iter_mut().for_each(|t| *t += 3 * H);
    scale(&mut other, 0..400, 100.0);
    other.close[100] *= 1.0001;
    let (report, a) = both(&rows, &other);
    let kinds: Vec<FindingKind> = report.findings.iter().map(|f| f.kind).collect();
    use FindingKind::{CellsDiffer, OhlcViolation, ScaleDiffers, TimesShifted};
    assert_eq!(kinds, [TimesShifted, ScaleDiffers, OhlcViolation, CellsDiffer]);
    assert_eq!((a.common, a.only_here, a.only_there, a.cells_differ), (400, 0, 0, 1));
    assert!(report.find(CellsDiffer).unwrap().text.ends_with("once times and unit are those of this file"));
}

#[test]
fn clocks_of_different_daylight_saving_are_said_by_season() {
    let rows = every(H, 24 * 360);
    let zone: crate::market::Zone = "Europe/Athens".parse().unwrap();
    let mut other = rows.clone();
    other.time_ms.iter_mut().for_each(|t| *t = zone.local_ms(*t));
    let (report, a) = both(&rows, &other);
    let (kind, text) = first(&report);
    assert_eq!(kind, FindingKind::TimesShifted);
    assert!(text.contains("2.0 h earlier in winter and 3.0 h earlier in summer"), "{text}");
    assert_eq!((report.findings.len(), a.shift_ms, a.cells), (1, None, 0));
}
