//! Which part of a history a run is about.

use std::collections::HashMap;
use std::ops::Range;

use crate::market::covered_ms;
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

/// Steps in a year of `clock` from step `first` on: what figures of bars are annualised with.
///
/// They are the bars of a year. Where the bars of several symbols do not coincide there are more steps than bars: around
/// the clock they are counted by the time in which a bar was open, so that a gap of all symbols is none of a year; a calendar
/// says which time is one, and the bars of a year are taken as often as there are steps for a bar.
pub(super) fn steps_per_year(data: &Data, clock: &Clock, first: usize) -> f64 {
    const YEAR_MS: f64 = 365.0 * 86_400_000.0;
    let length = crate::market::Timeframe::from_ms(clock.length_ms());
    let bars = length.map_or(f64::NAN, |length| data.bars_per_year(length));
    let each = steps_per_bar(clock, first);
    if each > 1.0 && data.calendar().is_always() && data.days_per_year() == 365.0 {
        let open_ms = covered_ms((first..clock.len()).map(|t| clock.time(t)), clock.length_ms());
        return (clock.len() - first) as f64 * YEAR_MS / open_ms as f64;
    }
    bars * each
}

/// Steps for each bar of a symbol: 1 where the bars of the symbols coincide, 2 where two trade by turns or open at other
/// minutes.
///
/// Bars are counted by the time of the week at which they open. The busiest symbol says how many bars a symbol has; at
/// each time of the week there are as many steps as the symbol with most bars there has. So bars that one symbol lacks
/// here and there, or that lie in other years than those of another, make no further steps of a year.
fn steps_per_bar(clock: &Clock, first: usize) -> f64 {
    let (n, end) = (clock.len() - first, clock.len());
    let bars = |k: usize| clock.bar_at(k, end) - clock.bar_at(k, first);
    let most = (0..clock.symbols()).map(bars).max().unwrap_or(n);
    // Holidays and halts of one of them are no other grid.
    const SAME: f64 = 1.05;
    if n as f64 <= SAME * most as f64 {
        return 1.0;
    }
    let cycle = whole_weeks(clock.length_ms());
    let mut steps: HashMap<i64, usize> = HashMap::new();
    for k in 0..clock.symbols() {
        let mut own: HashMap<i64, usize> = HashMap::new();
        let opens = (first..end).filter(|t| clock.bar_at(k, *t) < clock.bar_at(k, t + 1));
        opens.for_each(|t| *own.entry(clock.time(t).rem_euclid(cycle)).or_default() += 1);
        for (at, count) in own {
            let so_far = steps.entry(at).or_default();
            *so_far = count.max(*so_far);
        }
    }
    let ratio = steps.values().sum::<usize>() as f64 / most as f64;
    if ratio <= SAME { 1.0 } else { ratio }
}

/// The shortest time that is a whole number of weeks and of bars of this length.
fn whole_weeks(length_ms: i64) -> i64 {
    const WEEK: i64 = 7 * 86_400_000;
    WEEK / common_divisor(WEEK, length_ms) * length_ms
}

/// The longest time that both are whole multiples of; that of 0 and a time is the time.
fn common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
