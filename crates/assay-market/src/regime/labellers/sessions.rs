//! The sessions of the world's markets, by their own clocks.

use crate::market::{Bars, Zone};
use assay_base::params;

params! {
    /// Which markets are open when a bar closes, which is when the next one opens. Hours are local, Mondays to Fridays,
    /// daylight saving known: Sydney 08:00 to 17:00, Tokyo 09:00 to 18:00, London and New York from 08:00.
    pub struct Sessions {
        /// Hour at which London closes.
        "london_end" => london_end: usize = 16, 16..=17;
        /// Hour at which New York closes.
        "new_york_end" => new_york_end: usize = 16, 16..=17;
    }
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A market: its clock and hours.
#[derive(Clone, Copy)]
struct SessionPlace {
    zone: Zone,
    opens: i64,
    closes: i64,
}

impl SessionPlace {
    fn is_open(self, utc_ms: i64) -> bool {
        let local = self.zone.local_ms(utc_ms);
        weekday(local) < 5 && (self.opens * HOUR..self.closes * HOUR).contains(&local.rem_euclid(DAY))
    }
}

/// Days since Monday.
fn weekday(local_ms: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (local_ms.div_euclid(DAY) + 3).rem_euclid(7)
}

/// From Friday 17:00 to Sunday 17:00 of New York.
fn weekend(utc_ms: i64) -> bool {
    let local = Zone::NEW_YORK.local_ms(utc_ms);
    let evening = local.rem_euclid(DAY) >= 17 * HOUR;
    match weekday(local) {
        4 => evening,
        5 => true,
        6 => !evening,
        _ => false,
    }
}

impl Sessions {
    pub(super) const NAMES: [&str; 7] =
        ["SYDNEY", "TOKYO", "LONDON", "LONDON_NEW_YORK", "NEW_YORK", "OFF_HOURS", "WEEKEND"];

    pub(super) fn labels(&self, bars: &Bars) -> Vec<u8> {
        (0..bars.len()).map(|i| self.at(bars.close_time(i))).collect()
    }

    /// The code of an instant: London and New York come before Tokyo, and Tokyo before Sydney; London and New York together are
    /// a session of their own.
    pub(super) fn at(&self, utc_ms: i64) -> u8 {
        let open =
            |zone, opens, closes: usize| SessionPlace { zone, opens, closes: closes as i64 }.is_open(utc_ms);
        if weekend(utc_ms) {
            return 6;
        }
        let london = open(Zone::LONDON, 8, self.london_end);
        let new_york = open(Zone::NEW_YORK, 8, self.new_york_end);
        match (london, new_york) {
            (true, true) => 3,
            (true, false) => 2,
            (false, true) => 4,
            (false, false) if open(Zone::TOKYO, 9, 18) => 1,
            (false, false) if open(Zone::SYDNEY, 8, 17) => 0,
            (false, false) => 5,
        }
    }
}
