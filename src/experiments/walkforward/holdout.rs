//! The days at the end that are locked away.

use super::days::DayGrid;
use crate::replay::Clock;
use crate::runs::DaySpan;
use crate::scenario::Data;

/// The last `holdout_days` whole days of `clock`; none where there are none.
pub fn holdout_span(clock: &Clock, data: &Data, holdout_days: f64) -> Option<DaySpan> {
    if clock.len() < 2 {
        return None;
    }
    let days = DayGrid::of(clock, 0, data);
    let locked = (holdout_days.round() as usize).min(days.len());
    let first = days.len() - locked;
    (locked > 0).then(|| DaySpan {
        from_ms: days.times[first],
        to_ms: days.times[days.len()],
        days: locked as u64,
    })
}
