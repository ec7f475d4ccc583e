//! Steps from bar to bar.

use super::*;

fn without(rows: &Rows, out: impl Fn(usize) -> bool) -> Rows {
    rows.pick(&(0..rows.len()).filter(|i| !out(*i)).collect::<Vec<_>>())
}

#[test]
fn missing_bars_are_counted_and_the_longest_named() {
    let rows = without(&every(H, 500), |i| i == 20 || (100..105).contains(&i));
    let report = found(&rows);
    let f = &report.figures;
    assert_eq!((f.gaps, f.missing_bars, f.longest_gaps.len()), (2, 6, 2));
    let longest = f.longest_gaps[0];
    assert_eq!(
        (longest.from_ms, longest.to_ms, longest.bars),
        (at("2024-01-05 03:00"), at("2024-01-05 09:00"), 5)
    );
    // 1.2 % are missing.
    assert_eq!(of(&report, FindingKind::MissingBars), Some((FindingSeverity::Warning, 2, vec![20, 99])));
    let report = found(&without(&every(H, 500), |i| i == 20));
    assert_eq!(of(&report, FindingKind::MissingBars), Some((FindingSeverity::Info, 1, vec![20])));
    let few = check(&rows, &CheckOptions { longest: 1, ..CheckOptions::default() });
    assert_eq!(few.figures.longest_gaps, [longest]);
}

#[test]
fn a_calendar_says_what_is_missing() {
    // A week of hourly bars of a stock, of its exchange's sessions, but for one bar.
    let hours = (0..24 * 7).map(|k| at("2024-01-08 14:30") + k * H);
    let us = Calendar::UsEquity;
    let open: Vec<i64> = hours.filter(|t| us.is_open(*t)).collect();
    let rows = without(&bars(open), |i| i == 10);
    let none = found(&rows);
    assert!(none.figures.gaps > 4, "nights count: {}", none.figures.gaps);
    let report = check(&rows, &CheckOptions { calendar: Some(us), ..CheckOptions::default() });
    let f = &report.figures;
    assert_eq!((f.gaps, f.missing_bars, f.counted_by.as_str()), (1, 1, "us-equity"));
    assert_eq!(of(&report, FindingKind::OutsideCalendar), None);
    let mut late = rows.clone();
    late.time_ms[0] -= 2 * H;
    let report = check(&late, &CheckOptions { calendar: Some(us), ..CheckOptions::default() });
    assert_eq!(of(&report, FindingKind::OutsideCalendar), Some((FindingSeverity::Info, 1, vec![0])));
}

#[test]
fn weekends_are_no_gaps_and_long_ones_are_said() {
    let all = every(H, 24 * 7 * 6);
    let closed = |t: i64| {
        let (day, hour) = (crate::week::weekday(t), t.rem_euclid(D) / H);
        day == 5 || (day == 4 && hour >= 22) || (day == 6 && hour < 22)
    };
    let week = without(&all, |i| closed(all.time_ms[i]));
    let report = found(&week);
    let f = &report.figures;
    assert_eq!((f.gaps, f.missing_bars, f.other_gaps, f.counted_by.as_str()), (0, 0, 0, "weekdays"));
    assert_eq!(f.longest_gaps.len(), 5);
    // A Tuesday hour, and a Monday after a weekend.
    let holes = without(&week, |i| {
        let t = week.time_ms[i];
        t == at("2024-01-09 10:00") || (at("2024-01-14 22:00")..at("2024-01-16")).contains(&t)
    });
    let report = found(&holes);
    let f = &report.figures;
    assert_eq!((f.gaps, f.missing_bars, f.other_gaps, f.other_missing), (1, 1, 1, 24));
    assert_eq!(of(&report, FindingKind::LongWeekends).map(|f| (f.0, f.1)), Some((FindingSeverity::Info, 1)));
    assert_eq!(f.longest_gaps[0].to_ms, at("2024-01-16"));
}

#[test]
fn daily_bars_of_an_exchange_have_holidays() {
    let all = every(D, 7 * 30);
    let off = ["2024-01-15", "2024-07-04"].map(at);
    let rows = without(&all, |i| crate::week::weekday(all.time_ms[i]) >= 5 || off.contains(&all.time_ms[i]));
    let f = found(&rows).figures;
    // The Monday makes a gap of more than three days, the Thursday stands alone.
    assert_eq!((f.gaps, f.missing_bars, f.other_gaps, f.other_missing), (1, 1, 1, 1));
    assert_eq!(f.timeframe.unwrap().to_string(), "1d");
}

#[test]
fn what_a_file_s_name_says_is_held_against_its_bars() {
    let rows = every(M, 400);
    let said = |tf: &str| {
        let stated_timeframe = Some(tf.parse().unwrap());
        check(&rows, &CheckOptions { stated_timeframe, ..CheckOptions::default() })
    };
    let report = said("8m");
    assert_eq!(
        of(&report, FindingKind::TimeframeContradicted).map(|f| (f.0, f.1)),
        Some((FindingSeverity::Error, 350))
    );
    assert_eq!(report.figures.timeframe.unwrap().to_string(), "1m");
    assert_eq!(of(&said("1m"), FindingKind::TimeframeContradicted), None);
    // Bars of half a length that all lie on its grid are still not of it.
    assert_eq!(of(&said("30s"), FindingKind::TimeframeContradicted).map(|f| f.1), Some(1));
    // A thin market: most minutes have no bar, and those that do lie on the grid.
    let thin = without(&rows, |i| i % 5 != 0 && i % 7 != 0);
    let stated_timeframe = Some("1m".parse().unwrap());
    let report = check(&thin, &CheckOptions { stated_timeframe, ..CheckOptions::default() });
    assert_eq!(of(&report, FindingKind::TimeframeContradicted), None);
    let asked = check(&rows, &CheckOptions { timeframe: "5m".parse().ok(), ..CheckOptions::default() });
    assert!(asked.find(FindingKind::TimeframeContradicted).unwrap().text.contains("asked for"));
}

#[test]
fn bars_of_several_lengths() {
    let start = at("2024-01-01");
    let mixed = bars((0..100).map(|k| start + k * H).chain((0..60).map(|k| start + 100 * H + k * 25 * M)));
    let report = found(&mixed);
    assert_eq!(of(&report, FindingKind::MixedTimeframes), Some((FindingSeverity::Error, 59, vec![101])));
    assert_eq!(of(&report, FindingKind::Overlapping).map(|f| f.0), Some(FindingSeverity::Error));
    // A part in four-hourly bars: multiples, but in a row.
    let multiple = bars((0..100).map(|k| start + k * H).chain((0..40).map(|k| start + (100 + 4 * k) * H)));
    assert_eq!(
        of(&found(&multiple), FindingKind::MixedTimeframes),
        Some((FindingSeverity::Warning, 39, vec![101]))
    );
    let months = bars((0..48).map(|m| at(&format!("{}-{:02}-01", 2020 + m / 12, 1 + m % 12))));
    let report = found(&months);
    assert_eq!(
        (report.findings.len(), report.figures.missing_bars, report.figures.off_grid),
        (0, 0, 0),
        "{report:?}"
    );
    assert_eq!((report.figures.timeframe, report.figures.timeframe_share), ("1M".parse().ok(), Some(1.0)));
    let holes = found(&without(&months, |i| i == 20 || i == 21)).figures;
    assert_eq!((holes.gaps, holes.missing_bars), (1, 2));
    // Of trading days the months begin anywhere.
    let months =
        bars((0..48).map(|m| at(&format!("{}-{:02}-{:02}", 2020 + m / 12, 1 + m % 12, 1 + m * 7 % 4))));
    let report = found(&months);
    assert!(report.find(FindingKind::MixedTimeframes).unwrap().text.contains("calendar months"));
    assert_eq!(of(&found(&every(H, 300)), FindingKind::MixedTimeframes), None);
}

/// Bars of one length and then of another, of a market that trades from Monday to Friday.
fn two_lengths(first: i64, n: i64, then: i64, m: i64) -> QualityReport {
    let start = at("2024-01-01");
    let open = |t: &i64| crate::week::weekday(*t) < 5;
    let before: Vec<i64> = (0..n).map(|k| start + k * first).filter(open).collect();
    let next = (start + n * first).div_euclid(D) * D + D;
    found(&bars(before.into_iter().chain((0..m).map(|k| next + k * then).filter(open))))
}

#[test]
fn bars_of_several_lengths_are_found_across_weekends() {
    let mixed = |r: &QualityReport| of(r, FindingKind::MixedTimeframes).map(|f| f.0);
    let warned = Some(FindingSeverity::Warning);
    let days_then_hours = two_lengths(D, 140, H, 24 * 28);
    assert_eq!(mixed(&days_then_hours), warned);
    let f = days_then_hours.find(FindingKind::MixedTimeframes).unwrap();
    assert_eq!((f.count, f.rows[0].row), (80, 1), "{f:?}");
    assert_eq!(f.rows[0].what, "from here on 80 are 24.0 h apart");
    // Nobody knows when a week of such bars ends.
    assert_eq!(days_then_hours.find(FindingKind::TimezoneDoubt), None);
    assert_eq!(mixed(&two_lengths(H, 24 * 28, D, 140)), warned);
    assert_eq!(mixed(&two_lengths(4 * H, 6 * 70, H, 24 * 140)), warned);
    // Some hours after years of days: shorter than most, and not a tenth of all.
    assert_eq!(mixed(&two_lengths(D, 2800, H, 24 * 3)), warned);
    assert_eq!(mixed(&two_lengths(D, 700, H, 24 * 14)), Some(FindingSeverity::Error));
    // One length, with weekends, nights or thin trade, is one.
    assert_eq!(mixed(&two_lengths(D, 700, D, 700)), None);
    assert_eq!(mixed(&two_lengths(H, 24 * 100, H, 24 * 100)), None);
    let mut state = 1u64;
    let mut traded = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 60 < 3
    };
    let thin = bars((0..20_000).filter(|_| traded()).map(|k| at("2024-01-01") + k * M));
    assert_eq!(mixed(&found(&thin)), None);
}

#[test]
fn bars_off_the_grid_and_too_close() {
    let mut rows = every(H, 200);
    rows.time_ms[50] += 20 * M;
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::OffGrid), Some((FindingSeverity::Warning, 1, vec![50])));
    assert_eq!(of(&report, FindingKind::Overlapping), Some((FindingSeverity::Warning, 1, vec![51])));
    assert_eq!((report.figures.off_grid, report.figures.overlapping), (1, 1));
    // Jitter of stamps.
    let mut rows = every(8 * H, 200);
    (0..200).step_by(3).for_each(|i| rows.time_ms[i] += 8);
    let report = found(&rows);
    assert_eq!(of(&report, FindingKind::OffGrid).map(|f| (f.0, f.1)), Some((FindingSeverity::Info, 67)));
    assert_eq!((report.figures.timeframe_share, report.figures.overlapping), (Some(1.0), 0));
    assert_eq!(report.figures.timeframe.unwrap().to_string(), "8h");
    // Days of a clock with daylight saving.
    let rows = bars((0..200).map(|k| at("2024-01-01 05:00") + k * D - if k > 70 { H } else { 0 }));
    let report = found(&rows);
    assert_eq!((of(&report, FindingKind::OffGrid), of(&report, FindingKind::Overlapping)), (None, None));
}

/// What a run says is missing in its bars is what a check of their file says.
fn same_count(name: &str, rows: &Rows, bars: &crate::market::Bars) -> u64 {
    let mut all = 0;
    for calendar in [None, Some(Calendar::Always), Some(Calendar::Fx), Some(Calendar::UsEquity)] {
        let checked = check(rows, &CheckOptions { calendar, ..CheckOptions::default() }).figures;
        let run = crate::Quality::of(bars, calendar);
        assert_eq!(
            (run.gaps, run.missing_bars, &run.counted_by),
            (checked.gaps, checked.missing_bars, &checked.counted_by),
            "{name} {calendar:?}"
        );
        all += run.missing_bars;
    }
    all
}

#[test]
fn a_run_counts_what_is_missing_as_a_check_does() {
    let as_bars = |rows: &Rows, step: i64| {
        crate::market::Bars::new(Timeframe::from_ms(step).unwrap(), rows.clone().into_columns()).unwrap()
    };
    let week = |t: i64| crate::week::weekday(t) < 5;
    for (name, step, n) in [("hours", H, 24 * 60), ("days", D, 400), ("minutes", 15 * M, 4000)] {
        for (market, kept) in [("around the clock", &(|_| true) as &dyn Fn(i64) -> bool), ("weekdays", &week)]
        {
            let all = every(step, n);
            let rows = without(&all, |i| !kept(all.time_ms[i]) || i % 53 == 20 || (300..330).contains(&i));
            let missing = same_count(&format!("{name} {market}"), &rows, &as_bars(&rows, step));
            assert!(missing > 30, "{name} {market}: {missing}");
        }
    }
    // Every file that a scenario can read.
    let Some(folder) = assay_testing::real("") else { return };
    let (mut files, mut read) = (vec![folder], 0);
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().flatten().map(|e| e.path()));
            continue;
        }
        let small = std::fs::metadata(&path).unwrap().len() < 8_000_000;
        let Some(loaded) = small.then(|| crate::load(&path, &crate::LoadRequest::default()).ok()).flatten()
        else {
            continue;
        };
        let c = loaded.bars.columns();
        let mut rows = bars(c.open_time.iter().copied());
        rows.has_volume = false;
        same_count(&path.display().to_string(), &rows, &loaded.bars);
        read += 1;
    }
    assert!(read > 20, "{read} files were read");
}

#[test]
fn a_step_as_long_as_time_is_none_of_daylight_saving() {
    let timeframe = Timeframe::from_ms(i64::MAX);
    let options = CheckOptions { timeframe, ..CheckOptions::default() };
    let report = check(&bars([0, i64::MAX / 2]), &options);
    assert!(report.findings.iter().any(|f| f.kind == FindingKind::MixedTimeframes), "{report:?}");
}
