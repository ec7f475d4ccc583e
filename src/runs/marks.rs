//! Where days end.

use crate::metrics::DailyEquity;
use crate::replay::Clock;

/// The step at whose close the equity of each day is taken; of a day without a bar, that of the day before.
#[derive(Debug)]
pub(super) struct Marks {
    first_day: i64,
    steps: Vec<u32>,
}

impl Marks {
    pub(super) fn of(clock: &Clock) -> Self {
        let mut days = DailyEquity::new(-1.0);
        for t in 0..clock.len() {
            days.mark(clock.close_time(t), t as f64, clock.time(0));
        }
        Self { first_day: days.day[0], steps: days.equity.iter().map(|t| *t as u32).collect() }
    }

    /// Those of a run on `clock`, which may end earlier, from step `first` on.
    pub(super) fn within<'m>(&'m self, clock: &Clock, first: usize) -> std::borrow::Cow<'m, [u32]> {
        let from = (clock.time(first).div_euclid(86_400_000) - self.first_day).max(0) as usize;
        let last = clock.len() - 1;
        let to = (crate::metrics::day_of_close(clock.close_time(last)) - self.first_day) as usize + 1;
        let all = &self.steps[from..to];
        match all.last() {
            Some(t) if *t as usize == last => all.into(),
            // Cut in the middle of a day.
            _ => all.iter().map(|t| (*t).min(last as u32)).collect::<Vec<_>>().into(),
        }
    }
}
