//! Which part of a history a run is about.

use std::ops::Range;

use crate::replay::Clock;
use crate::scenario::Data;

/// Steps `from..to` are traded and judged; those before are read, for the warm-up of columns, and never
/// judged.
///
/// Where the warm-up ends later than `from`, the run begins there. Nothing is held at the start, and the first order is sent at the close of the first step. What is open at the end is closed at
/// the last close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First step that is traded and judged.
    pub from: usize,
    /// One past the last.
    pub to: usize,
}

impl From<Range<usize>> for Span {
    fn from(steps: Range<usize>) -> Self {
        Self { from: steps.start, to: steps.end }
    }
}

/// Steps in a year of `clock` from step `first` on: what figures of bars are annualised with. Where the bars of several symbols
/// do not coincide there are more steps than bars of any, and they are counted by the time they took.
pub(super) fn steps_per_year(data: &Data, clock: &Clock, first: usize) -> f64 {
    const YEAR_MS: f64 = 365.0 * 86_400_000.0;
    let (n, end) = (clock.len() - first, clock.len());
    let most = (0..clock.symbols()).map(|k| clock.bar_at(k, end) - clock.bar_at(k, first)).max().unwrap_or(n);
    // Bars that one symbol lacks here and there are no other grid, nor are those of other years.
    let closer = || (first + 1..end).any(|t| clock.time(t) - clock.time(t - 1) < clock.length_ms());
    if n * 20 <= most * 21 || !closer() {
        let length = crate::market::Timeframe::from_ms(clock.length_ms());
        return length.map_or(f64::NAN, |length| data.bars_per_year(length));
    }
    n as f64 * YEAR_MS / (clock.close_time(end - 1) - clock.time(first)) as f64
}
