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

#[test]
fn the_clock_of_a_broker_is_recognised() {
    let text = doubt(&currencies("America/New_York+7", "2022-01-01", 500)).unwrap();
    assert!(text.contains("weeks that open Monday 00:00"), "{text}");
    assert!(text.ends_with("try --timezone America/New_York+7"), "{text}");
    let text = doubt(&currencies("UTC+03:00", "2022-01-01", 500)).unwrap();
    assert!(text.ends_with("Try --timezone UTC+03:00"), "{text}");
    let text = doubt(&currencies("America/New_York", "2022-01-01", 500)).unwrap();
    assert!(text.ends_with("try --timezone America/New_York"), "{text}");
    // A summer alone does not tell which.
    let text = doubt(&currencies("UTC+03:00", "2022-05-01", 60)).unwrap();
    assert!(text.ends_with("America/New_York+7, or UTC+03:00"), "{text}");
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
