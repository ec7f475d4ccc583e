//! Blocks of a trial: what they hold, what they lose, and what has none.

use super::super::trial_blocks::{CalendarBlock, TrialBlocks};
use assay_testing::{SplitMix, iid};

/// 2021-01-04, a Monday.
const MONDAY: i32 = 18_631;

fn every_day(n: usize) -> Vec<i32> {
    (MONDAY..).take(n).collect()
}

#[test]
fn weeks_begin_on_monday_and_days_are_days() {
    let week = CalendarBlock::Week;
    // 1970-01-01 was a Thursday.
    for (day, number) in [(-4, -1), (-3, 0), (0, 0), (3, 0), (4, 1), (MONDAY - 1, 2661), (MONDAY, 2662)] {
        assert_eq!(week.of(day), number, "{day}");
    }
    assert_eq!((week.days(), CalendarBlock::Day.days(), CalendarBlock::Day.of(-7)), (7, 1, -7));
    assert_eq!(week.of(i32::MAX), 306_783_378);
    assert_eq!(week.of(i32::MIN), -306_783_378);
}

#[test]
fn a_year_makes_weeks_and_less_makes_days() {
    let returns = iid(1, 365, 0.001, 0.01);
    let year = TrialBlocks::of(&returns, &every_day(365)).unwrap();
    assert_eq!((year.block(), year.first(), year.y().len()), (CalendarBlock::Week, 2662, 53));
    let less = TrialBlocks::of(&returns[..364], &every_day(364)).unwrap();
    assert_eq!((less.block(), less.first(), less.y().len()), (CalendarBlock::Day, MONDAY, 364));
    // From a Wednesday on, a week more; with weekends left out, no week less.
    let later: Vec<i32> = every_day(365).iter().map(|d| d + 2).collect();
    assert_eq!(TrialBlocks::of(&returns, &later).unwrap().y().len(), 53);
    let later: Vec<i32> = every_day(365).iter().map(|d| d + 6).collect();
    assert_eq!(TrialBlocks::of(&returns, &later).unwrap().y().len(), 53);
    let weekdays: Vec<i32> = (0..365).map(|i| MONDAY + i / 5 * 7 + i % 5).collect();
    assert_eq!(TrialBlocks::of(&returns, &weekdays).unwrap().y().len(), 73);
}

#[test]
fn blocks_are_sums_about_the_mean_times_their_days() {
    // By hand: 30 returns, all zero but for a 3 on the first day and a gap of two days in the middle. Mean
    // 0.1.
    let mut returns = vec![0.0; 30];
    returns[0] = 3.0;
    let days: Vec<i32> = (0..30).map(|i| if i < 15 { i } else { i + 2 }).collect();
    let t = TrialBlocks::of(&returns, &days).unwrap();
    // Root of the sum of squares: sqrt(2.9² + 29 · 0.1²) = sqrt(8.7).
    let other = (-0.1f64 / 8.7f64.sqrt() * 32_767.0).round() as i16;
    assert_eq!(t.y()[0], (2.9f64 / 8.7f64.sqrt() * 32_767.0).round() as i16);
    assert_eq!(t.y()[14..18], [other, 0, 0, other]);
    assert_eq!((t.y().len(), t.first(), other), (32, 0, -1111));
}

#[test]
fn the_rounding_is_half_a_step() {
    let returns = iid(5, 1826, 0.0005, 0.02);
    let t = TrialBlocks::of(&returns, &every_day(1826)).unwrap();
    let mean = returns.iter().sum::<f64>() / 1826.0;
    let sums: Vec<f64> = returns.chunks(7).map(|w| w.iter().map(|r| r - mean).sum()).collect();
    let length = sums.iter().map(|s| s * s).sum::<f64>().sqrt();
    assert_eq!(t.y().len(), 261);
    for (y, s) in t.y().iter().zip(&sums) {
        assert!((f64::from(*y) - 32_767.0 * s / length).abs() <= 0.5 + 1e-9);
    }
    // What is lost of the correlation of two trials.
    let other = iid(6, 1826, 0.0, 0.02);
    let mixed: Vec<f64> = returns.iter().zip(&other).map(|(a, b)| 0.6 * a + 0.8 * b).collect();
    let m = TrialBlocks::of(&mixed, &every_day(1826)).unwrap();
    let mean = mixed.iter().sum::<f64>() / 1826.0;
    let weekly: Vec<f64> = mixed.chunks(7).map(|w| w.iter().map(|r| r - mean).sum()).collect();
    let product: f64 = weekly.iter().zip(&sums).map(|(a, b)| a * b).sum();
    let exact = product / (length * weekly.iter().map(|s| s * s).sum::<f64>().sqrt());
    let got = t.correlation(&m).unwrap();
    assert!((got - exact).abs() < 5e-5 && (0.4..0.8).contains(&got), "{got} {exact}");
}

#[test]
fn correlations_are_those_over_common_blocks() {
    let mut g = SplitMix::new(3);
    let day = |first, y: &[i16]| TrialBlocks::stored(CalendarBlock::Day, first, y.to_vec()).unwrap();
    let (a, b) = (day(10, &[3, 0, 4]), day(12, &[5, 12]));
    assert!((a.correlation(&b).unwrap() - 20.0 / 65.0).abs() < 1e-15);
    assert_eq!(a.correlation(&b), b.correlation(&a));
    assert_eq!(a.correlation(&day(13, &[1])), Some(0.0));
    assert_eq!(day(13, &[1]).correlation(&a), Some(0.0));
    assert_eq!(a.correlation(&day(10, &[-3, 0, -4])), Some(-1.0));
    let week = super::weeks(&mut g, 1, 200);
    assert_eq!((week.correlation(&week), week.correlation(&a)), (Some(1.0), None));
    let far = TrialBlocks::stored(CalendarBlock::Day, i32::MIN, vec![1]).unwrap();
    assert_eq!(far.correlation(&day(i32::MAX - 1, &[1, 1])), Some(0.0));
}

#[test]
fn what_cannot_be_measured_has_no_blocks() {
    let good = iid(2, 400, 0.0, 0.01);
    let days = every_day(400);
    let of = |r: &[f64], d: &[i32]| TrialBlocks::of(r, d).is_some();
    assert!(of(&good, &days) && of(&good[..30], &days[..30]) && !of(&good[..29], &days[..29]));
    assert!(!of(&[], &[]) && !of(&good, &days[..399]) && !of(&good[..399], &days));
    // No variance: constant, or nothing but the rounding of a constant rate.
    assert!(!of(&[0.001; 400], &days) && !of(&[0.0; 50], &days[..50]));
    let growth: Vec<f64> = (0..400).map(|i| 1.01f64.powi(i + 1) / 1.01f64.powi(i) - 1.0).collect();
    assert!(!of(&growth, &days));
    // Days that undo each other within every week.
    let weekly: Vec<f64> = (0..406).map(|i| [0.01, -0.02, 0.03, 0.0, 0.01, -0.01, 0.004][i % 7]).collect();
    assert!(!of(&weekly, &every_day(406)));
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        let mut r = good.clone();
        r[7] = bad;
        assert!(!of(&r, &days), "{bad}");
    }
    // Days that stand still, run back, or are no dates.
    for (at, day) in [(5, days[4]), (5, days[3]), (399, i32::MAX), (0, i32::MIN)] {
        let mut d = days.clone();
        d[at] = day;
        assert!(!of(&good, &d), "{at} {day}");
    }
}

#[test]
fn stored_blocks_are_checked() {
    let stored = |block, first, y: &[i16]| TrialBlocks::stored(block, first, y.to_vec());
    assert!(
        stored(CalendarBlock::Week, 0, &[]).is_none() && stored(CalendarBlock::Week, 0, &[0, 0]).is_none()
    );
    assert!(stored(CalendarBlock::Week, i32::MAX / 7 + 1, &[1]).is_none());
    assert!(stored(CalendarBlock::Day, i32::MAX, &[1]).is_some());
    assert!(stored(CalendarBlock::Day, i32::MAX, &[1, 1]).is_none());
    assert!(stored(CalendarBlock::Week, 0, &vec![1; 60_000]).is_none());
    // What was made can be stored, up to the longest span.
    let mut days = every_day(400);
    days[399] = days[0] + 366_000;
    let t = TrialBlocks::of(&iid(2, 400, 0.0, 0.01), &days).unwrap();
    assert_eq!(stored(t.block(), t.first(), t.y()), Some(t.clone()));
}
