//! Clocks, told by the week of a market.

use super::*;
use crate::market::Zone;

/// Hourly bars of spot currencies over a year and a half, stamped by a clock.
fn currencies(clock: &str, from: &str, days: i64) -> Rows {
    let zone: Zone = clock.parse().unwrap();
    let hours = (0..24 * days).map(|k| at(from) + k * H).filter(|t| Calendar::Fx.is_open(*t));
    let mut times: Vec<i64> = hours.map(|t| zone.local_ms(t)).collect();
    times.dedup();
    bars(times)
}

fn doubt(rows: &Rows) -> Option<String> {
    found(rows).find(FindingKind::TimezoneDoubt).map(|f| f.text.clone())
}

#[test]
fn currencies_on_utc_are_not_doubted() {
    assert_eq!(doubt(&currencies("UTC", "2022-01-01", 500)), None);
    assert_eq!(doubt(&currencies("UTC", "2022-05-01", 60)), None);
    assert_eq!(doubt(&every(H, 24 * 500)), None);
}

/// What is said of currencies on a clock.
fn doubted(clock: &str, from: &str, days: i64) -> String {
    doubt(&currencies(clock, from, days)).unwrap_or_default()
}

#[test]
fn the_clock_of_a_broker_is_recognised() {
    for clock in [
        "America/New_York+7",
        "America/New_York",
        "Europe/London",
        "Europe/Berlin",
        "Europe/Athens",
        "UTC+01:00",
        "UTC+03:00",
        "UTC-05:00",
        "UTC+05:30",
        // Where the week ends on a Saturday morning.
        "UTC+09:00",
        "UTC+12:00",
    ] {
        let text = doubted(clock, "2022-01-01", 500);
        assert!(
            text.contains(&format!("another clock? --timezone {clock} fits all 71 weeks")),
            "{clock}: {text}"
        );
    }
    assert!(doubted("America/New_York+7", "2022-01-01", 500).starts_with("weeks that open Monday 00:00"));
    // A summer alone does not tell which; a spring between the two changes of clocks does.
    let text = doubted("UTC+03:00", "2022-05-01", 60);
    assert!(text.contains("America/New_York+7 or Europe/Athens or UTC+03:00 each fit all 8 weeks"), "{text}");
    let text = doubted("Europe/Athens", "2022-03-01", 40);
    assert!(text.ends_with("--timezone Europe/Athens fits all 5 weeks"), "{text}");
}

#[test]
fn bars_of_hours_and_minutes_and_a_later_open_tell_the_clock_too() {
    let athens: Zone = "Europe/Athens".parse().unwrap();
    let of = |step: i64, days: i64, open: &dyn Fn(i64) -> bool| {
        let utc = (0..days * D / step).map(|k| at("2022-01-01") + k * step).filter(|t| open(*t));
        let mut times: Vec<i64> = utc.map(|t| athens.local_ms(t).div_euclid(step) * step).collect();
        times.dedup();
        doubt(&bars(times)).unwrap_or_default()
    };
    let fx = |t: i64| Calendar::Fx.is_open(t);
    // Metals open an hour later, of minutes the first is often quiet.
    let metal = |t: i64| fx(t) && fx(t - H);
    let quiet = |t: i64| fx(t) && fx(t - 5 * M);
    assert!(
        of(H, 400, &metal).contains("--timezone Europe/Athens fits all 56 weeks"),
        "{}",
        of(H, 400, &metal)
    );
    assert!(
        of(M, 100, &quiet).contains("--timezone Europe/Athens fits all 14 weeks"),
        "{}",
        of(M, 100, &quiet)
    );
    assert!(of(4 * H, 400, &fx).contains("Europe/Athens"), "{}", of(4 * H, 400, &fx));
}

#[test]
fn what_fits_not_every_week_is_not_proposed() {
    // UTC without Sundays opens on Monday 00:00 all year, as the clock of most brokers does, and ends as UTC does.
    let all = currencies("UTC", "2022-01-01", 500);
    let kept: Vec<usize> = (0..all.len()).filter(|i| crate::week::weekday(all.time_ms[*i]) != 6).collect();
    let report = found(&all.pick(&kept));
    let f = report.find(FindingKind::TimezoneDoubt).unwrap();
    assert_eq!(f.severity, FindingSeverity::Info);
    assert!(f.text.ends_with("71 of 71 end as those of UTC do, and no other clock fits all"), "{}", f.text);
    // A broker that changed its clock.
    let mut times = currencies("UTC+03:00", "2022-01-01", 300).time_ms;
    times.extend(currencies("UTC+05:00", "2022-11-01", 200).time_ms);
    let text = doubt(&bars(times)).unwrap();
    assert!(text.contains("None of those that are usual fits: "), "{text}");
    assert!(text.contains("on the nearest, UTC+03:00, 4") && !text.contains("--timezone"), "{text}");
    // One week cut short is no contradiction, and is said.
    let mut short = currencies("America/New_York+7", "2022-01-01", 500);
    let cut: Vec<usize> = (0..short.len())
        .filter(|i| !(at("2022-06-17 20:00")..at("2022-06-18")).contains(&short.time_ms[*i]))
        .collect();
    short = short.pick(&cut);
    let text = doubt(&short).unwrap();
    assert!(text.ends_with("--timezone America/New_York+7 fits all 71 weeks, 70 to the bar"), "{text}");
}

#[test]
fn an_opening_hour_that_never_moves_is_of_an_exchange() {
    let stock = |clock: &str| {
        let zone: Zone = clock.parse().unwrap();
        let halves = (0..48 * 500).map(|k| at("2022-01-01") + k * H / 2);
        bars(halves.filter(|t| Calendar::UsEquity.is_open(*t)).map(|t| zone.local_ms(t)))
    };
    let report = found(&stock("America/New_York"));
    let f = report.find(FindingKind::TimezoneDoubt).unwrap();
    assert!(f.severity == FindingSeverity::Info && f.text.contains("opens at 09:30"), "{f:?}");
    assert_eq!(doubt(&stock("UTC")), None);
    // London opens at 08:00 of its clock: of UTC only in winter.
    let london: Zone = "Europe/London".parse().unwrap();
    let open = |t: &i64| {
        let local = london.local_ms(*t);
        crate::week::weekday(local) < 5 && (8 * H..16 * H).contains(&local.rem_euclid(D))
    };
    let hours: Vec<i64> = (0..24 * 500).map(|k| at("2022-01-01") + k * H).filter(open).collect();
    assert_eq!(doubt(&bars(hours.clone())), None);
    assert!(doubt(&bars(hours.iter().map(|t| london.local_ms(*t)))).unwrap().contains("opens at 08:00"));
}

#[test]
fn shares_around_the_clock_may_be_on_utc() {
    // From Sunday to Friday 20:00 of New York.
    let zone = Zone::NEW_YORK;
    let open = |t: &i64| {
        let local = zone.local_ms(*t);
        match crate::week::weekday(local) {
            5 => false,
            6 => local.rem_euclid(D) >= 20 * H,
            4 => local.rem_euclid(D) < 20 * H,
            _ => true,
        }
    };
    let utc = |from: &str, days: i64| -> Vec<i64> {
        (0..24 * days).map(|k| at(from) + k * H).filter(open).collect()
    };
    let of = |from: &str, days: i64| doubt(&bars(utc(from, days)));
    // Their week is that of currencies three hours ahead, and both are said.
    let text = of("2022-01-01", 500).unwrap();
    assert!(
        text.contains("another clock? --timezone UTC+03:00 fits all 72 weeks; or UTC, of shares that trade"),
        "{text}"
    );
    // And so on the clock of their market.
    let local = utc("2022-01-01", 500).into_iter().map(|t| zone.local_ms(t));
    let text = doubt(&bars(local)).unwrap();
    assert!(text.contains("; or America/New_York, of shares"), "{text}");
    let text = of("2022-05-01", 60).unwrap();
    assert!(
        text.contains("UTC+03:00 each fit")
            && text.ends_with("or UTC, of shares that trade from Sunday to Friday 20:00 of New York"),
        "{text}"
    );
}
