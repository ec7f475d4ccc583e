//! Days as a walk-forward divides them.

use std::ops::Range;

use crate::metrics::day_of_close;
use crate::replay::Clock;
use crate::scenario::Data;

const DAY_MS: i64 = 86_400_000;

/// Steps of whole days, by their closes: day `d` has steps `edges[d]..edges[d + 1]`.
///
/// The days are those that daily returns are counted of: every day of a market that never closes, the trading days of
/// another. A bar that closes after a day without a session and before the next belongs to the next.
pub(super) struct DayGrid {
    pub edges: Vec<usize>,
    /// The open of the first bar of each day, and at last that of the bar after them, or where the data end.
    opens: Vec<i64>,
    /// Where each day begins, which is the end of the day before it, and at last the end of the last, milliseconds UTC.
    pub times: Vec<i64>,
}

impl DayGrid {
    /// The days of `clock` from the first whole one after step `first` on.
    pub fn of(clock: &Clock, first: usize, data: &Data) -> Self {
        let start = clock.time(first + 1).div_euclid(DAY_MS) + 1;
        let end = clock.close_time(clock.len() - 1).div_euclid(DAY_MS);
        let mut times = vec![start * DAY_MS];
        if data.days_per_year() >= 360.0 {
            times.extend((start..end).map(|d| (d + 1) * DAY_MS));
        } else {
            let calendar = data.calendar();
            let trades = |d: &i64| calendar.is_always() || calendar.session_of(*d).is_some();
            let closes = (clock.step_closing_after(start * DAY_MS)..clock.len())
                .map(|t| day_of_close(clock.close_time(t)));
            let mut days: Vec<i64> = closes.filter(|d| *d < end).filter(trades).collect();
            days.dedup();
            times.extend(days.into_iter().map(|d| (d + 1) * DAY_MS));
        }
        let edges: Vec<usize> = times.iter().map(|t| clock.step_closing_after(*t)).collect();
        let over = clock.close_time(clock.len() - 1);
        let open = |step: &usize| if *step < clock.len() { clock.time(*step) } else { over };
        Self { opens: edges.iter().map(open).collect(), edges, times }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// The steps of some of them.
    pub fn steps(&self, days: &Range<usize>) -> Range<usize> {
        self.edges[days.start]..self.edges[days.end]
    }

    /// Where the bars of some of them begin and end, as `data.from` and `data.to` say it.
    pub fn span_ms(&self, days: &Range<usize>) -> (i64, i64) {
        (self.opens[days.start], self.opens[days.end])
    }
}

/// The returns of the last `n` days of a run over so many: a bar that opens on the day before them brings that day with it,
/// on which nothing is held.
pub(super) fn of_days(daily: &[f64], n: usize) -> Vec<f64> {
    let mut returns = vec![0.0; n.saturating_sub(daily.len())];
    returns.extend(&daily[daily.len().saturating_sub(n)..]);
    returns
}
