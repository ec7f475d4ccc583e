//! Which clock the weeks of a market are on that trades from Sunday to Friday 17:00 of New York.

use crate::market::{Instant, Zone};
use crate::week::{DAY, HOUR, weekday};

const WEEK: i64 = 7 * DAY;

/// The week of currencies, by New York's clock.
const CLOSES: i64 = 4 * DAY + 17 * HOUR;
const OPENS: i64 = 6 * DAY + 17 * HOUR;

/// How much later than that a kind of market opens and closes.
type Later = (i64, i64);

/// Metals and indices of brokers open an hour after currencies.
const LATER: [Later; 2] = [(0, 0), (HOUR, 0)];

/// Shares that trade around the clock do so from Sunday to Friday 20:00 of New York.
pub(super) const SHARES: Later = (3 * HOUR, 3 * HOUR);

/// The first and the last minutes of a week often have no trade.
const QUIET: i64 = 15 * 60_000;

/// A clock is proposed where so many weeks begin and end with it to the bar; others are cut short by holidays.
const TO_THE_BAR: f64 = 0.8;

/// A weekend as a file has it: the end of the last bar before it, and the open of the first after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weekend {
    pub end: i64,
    pub open: i64,
}

/// How the weeks of a file fit a clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ClockFit {
    /// As `--timezone` takes it.
    pub name: String,
    /// Weeks without a bar while the market is closed.
    pub fits: usize,
    /// Those of them that also begin and end when the market does.
    pub to_the_bar: usize,
    /// Weeks that begin, and that end, when the market does.
    pub begin: usize,
    pub end: usize,
}

impl ClockFit {
    /// Of bars of `step` that name no clock, of the market that fits best.
    pub fn of(name: &str, weekends: &[Weekend], step: i64) -> Option<Self> {
        let all: Option<Vec<Self>> =
            LATER.iter().rev().map(|later| Self::of_market(name, weekends, step, *later)).collect();
        all?.into_iter().max_by_key(|f| (f.to_the_bar, f.fits))
    }

    /// The same of one market.
    pub fn of_market(name: &str, weekends: &[Weekend], step: i64, later: Later) -> Option<Self> {
        let zone: Zone = name.parse().ok()?;
        let new_york = |local: i64| match zone.utc_of(local) {
            Instant::One(t) | Instant::Twice(t, _) => Some(Zone::NEW_YORK.local_ms(t)),
            Instant::Never => None,
        };
        // By how much each bar is after the edge of the week that is nearest.
        let edges =
            weekends.iter().map(|w| Some((after(new_york(w.open)?, OPENS), after(new_york(w.end)?, CLOSES))));
        let edges: Vec<(i64, i64)> = edges.collect::<Option<_>>()?;
        let quiet = if step <= QUIET { QUIET } else { 0 };
        // Bars of several hours begin before the market does and end after it, shorter ones with it.
        let within = if step > HOUR { step } else { 1 };
        let (open_later, end_later) = later;
        let begins = |by: i64| open_later - by < within && by - open_later <= quiet;
        let ends = |by: i64| by - end_later < within && end_later - by <= quiet;
        let sound = |&&(open, end): &&(i64, i64)| open - open_later > -step && end - end_later < step;
        Some(Self {
            name: name.to_owned(),
            fits: edges.iter().filter(sound).count(),
            to_the_bar: edges.iter().filter(sound).filter(|e| begins(e.0) && ends(e.1)).count(),
            begin: edges.iter().filter(|e| begins(e.0)).count(),
            end: edges.iter().filter(|e| ends(e.1)).count(),
        })
    }

    /// Whether all of `weeks` fit, and most to the bar.
    pub fn holds(&self, weeks: usize) -> bool {
        self.fits == weeks && mostly(self.to_the_bar, weeks)
    }
}

/// Whether `n` are most of `weeks`.
pub(super) fn mostly(n: usize, weeks: usize) -> bool {
    n as f64 >= TO_THE_BAR * weeks as f64
}

/// By how much a time of a clock is after the nearest time of the week `edge`, negative before it.
fn after(local: i64, edge: i64) -> i64 {
    let of_week = weekday(local) * DAY + local.rem_euclid(DAY);
    (of_week - edge + WEEK / 2).rem_euclid(WEEK) - WEEK / 2
}

/// Clocks that files of brokers and vendors are on, as `--timezone` takes them: with New York's daylight saving, with Europe's, with none.
pub(super) fn clocks() -> impl Iterator<Item = String> {
    let new_york = (-6..=12).map(|h: i64| match h {
        0 => "America/New_York".to_owned(),
        h => format!("America/New_York{h:+}"),
    });
    let europe = ["Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/London+3"].map(str::to_owned);
    new_york.chain(europe).chain((-12..=14).filter(|h| *h != 0).map(|h: i64| format!("UTC{h:+03}:00")))
}

/// Those that are off by half an hour: hourly bars hide it, so they are looked at where no other fits.
pub(super) fn clocks_of_half_hours() -> impl Iterator<Item = String> {
    ['-', '+'].into_iter().flat_map(|sign| (0..14).map(move |h| format!("UTC{sign}{h:02}:30")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_is_one_that_is_taken() {
        let all: Vec<String> = clocks().chain(clocks_of_half_hours()).collect();
        assert!(all.iter().all(|c| c.parse::<Zone>().is_ok_and(|z| !z.is_utc())), "{all:?}");
        assert_eq!(all.len(), 19 + 4 + 26 + 28);
    }

    #[test]
    fn distances_go_the_shorter_way_round_the_week() {
        assert_eq!(after(OPENS - 3 * DAY + WEEK, OPENS), after(OPENS - 3 * DAY, OPENS));
        // 1970 began on a Thursday.
        let monday = 4 * DAY;
        assert_eq!((after(monday + OPENS - HOUR, OPENS), after(monday, OPENS)), (-HOUR, 7 * HOUR));
    }
}
