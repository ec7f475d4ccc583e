//! The union of the bars of many symbols.

use std::sync::Arc;

use arrow_buffer::ScalarBuffer;

use super::market::Market;
use crate::market::Timeframe;

/// Steps: one for every time at which a bar of any symbol opens.
#[derive(Debug, Clone)]
pub struct Clock {
    times: ScalarBuffer<i64>,
    /// For each symbol the number of its bars that open before each step, and at the end all; none where its bars are the steps.
    before: Vec<Option<Vec<u32>>>,
    length: Timeframe,
    /// The last step that closes on the day each step does, where asked for.
    last_of_day: Option<Arc<[u32]>>,
}

impl Clock {
    /// The clock of these markets, whose bars are of one length.
    pub fn of(markets: &[Market<'_>]) -> Self {
        let length = markets.first().map_or(Timeframe::H1, |m| m.bars.timeframe());
        if let [one] = markets {
            let times = one.bars.columns().open_time.clone();
            return Self { times, before: vec![None], length, last_of_day: None };
        }
        let mut times: Vec<i64> = markets.iter().flat_map(|m| m.bars.open_time().iter().copied()).collect();
        times.sort_unstable();
        times.dedup();
        let before = markets
            .iter()
            .map(|m| {
                let opens = m.bars.open_time();
                if opens.len() == times.len() {
                    return None;
                }
                let mut k = 0;
                let mut out: Vec<u32> = Vec::with_capacity(times.len() + 1);
                for t in &times {
                    while k < opens.len() && opens[k] < *t {
                        k += 1;
                    }
                    out.push(k as u32);
                }
                out.push(opens.len() as u32);
                Some(out)
            })
            .collect();
        Self { times: times.into(), before, length, last_of_day: None }
    }

    /// The same, which knows the last step of each day: for many runs on one clock.
    #[must_use]
    #[inline]
    pub fn with_days(self) -> Self {
        let n = self.len();
        let day = |t: usize| (self.close_time(t) - 1).div_euclid(86_400_000);
        let mut last = vec![0u32; n];
        for t in (0..n).rev() {
            last[t] = if t + 1 < n && day(t + 1) == day(t) { last[t + 1] } else { t as u32 };
        }
        Self { last_of_day: Some(last.into()), ..self }
    }

    /// The last step that closes on the day `step` does, where it is known.
    #[inline]
    pub fn last_of_day(&self, step: usize) -> Option<usize> {
        Some(self.last_of_day.as_ref()?[step] as usize)
    }

    /// Steps.
    #[inline]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Symbols.
    #[inline]
    pub fn symbols(&self) -> usize {
        self.before.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Length of a bar.
    #[inline]
    pub fn length_ms(&self) -> i64 {
        self.length.ms()
    }

    /// Time at which a step opens.
    #[inline]
    pub fn time(&self, step: usize) -> i64 {
        self.times[step]
    }

    /// Time at which it closes.
    #[inline]
    pub fn close_time(&self, step: usize) -> i64 {
        self.length.end_ms(self.times[step])
    }

    /// The first step that opens at `time_ms` or later; the number of steps where there is none.
    #[inline]
    pub fn step_from(&self, time_ms: i64) -> usize {
        self.times.partition_point(|t| *t < time_ms)
    }

    /// The first step that closes after `time_ms`; the number of steps where there is none.
    #[inline]
    pub fn step_closing_after(&self, time_ms: i64) -> usize {
        self.times.partition_point(|t| self.length.end_ms(*t) <= time_ms)
    }

    /// The first bar of symbol `k` that opens at `step` or later.
    #[inline]
    pub fn bar_at(&self, k: usize, step: usize) -> usize {
        match &self.before[k] {
            None => step,
            Some(before) => before[step] as usize,
        }
    }

    /// The step at which bar `bar` of symbol `k` opens; the number of steps for a bar that is none.
    #[inline]
    pub fn step_of(&self, k: usize, bar: usize) -> usize {
        match &self.before[k] {
            None => bar.min(self.times.len()),
            Some(before) => {
                // The last step before which there are no more than `bar` bars.
                if bar >= before[before.len() - 1] as usize {
                    self.times.len()
                } else {
                    before.partition_point(|b| *b as usize <= bar) - 1
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Bars, Columns, Timeframe};

    fn bars(hours: &[i64]) -> Bars {
        let flat = vec![1.0; hours.len()];
        let columns = Columns {
            open_time: hours.iter().map(|h| h * 3_600_000).collect(),
            open: flat.clone().into(),
            high: flat.clone().into(),
            low: flat.clone().into(),
            close: flat.clone().into(),
            volume: flat.into(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    #[test]
    fn steps_are_the_union_and_find_their_bars() {
        let (a, b) = (bars(&[1, 2, 3, 6]), bars(&[2, 4, 5, 6, 7]));
        let clock = Clock::of(&[Market::from(&a), Market::from(&b)]);
        let hours: Vec<i64> = (0..clock.len()).map(|t| clock.time(t) / 3_600_000).collect();
        assert_eq!(hours, [1, 2, 3, 4, 5, 6, 7]);
        for (k, bars) in [&a, &b].into_iter().enumerate() {
            for (i, t) in bars.open_time().iter().enumerate() {
                let step = clock.step_of(k, i);
                assert_eq!(clock.time(step), *t);
                assert_eq!((clock.bar_at(k, step), clock.bar_at(k, step + 1)), (i, i + 1));
            }
            assert_eq!(clock.step_of(k, bars.len()), 7);
        }
        // Hour 4 has no bar of the first.
        assert_eq!((clock.bar_at(0, 3), clock.bar_at(0, 4)), (3, 3));
    }
}
