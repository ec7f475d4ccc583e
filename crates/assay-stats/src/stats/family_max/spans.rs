//! Which of many numbered things (days, blocks) are needed, without what lies between.

use std::ops::Range;

/// Ranges of numbers that do not touch each other, ascending, and where each begins if they are laid end to
/// end.
pub(super) struct Spans {
    parts: Vec<(Range<i64>, usize)>,
    len: usize,
}

impl Spans {
    /// The union of `ranges`; empty ones add nothing.
    pub(super) fn union(mut ranges: Vec<Range<i64>>) -> Self {
        ranges.retain(|r| r.start < r.end);
        ranges.sort_by_key(|r| (r.start, r.end));
        let mut merged: Vec<Range<i64>> = vec![];
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        let mut len = 0;
        let place = |range: Range<i64>| {
            let at = len;
            len += (range.end - range.start) as usize;
            (range, at)
        };
        let parts = merged.into_iter().map(place).collect();
        Self { parts, len }
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The ranges, each with its place.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Range<i64>, usize)> + '_ {
        self.parts.iter().cloned()
    }

    /// All numbers, ascending.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> + '_ {
        self.parts.iter().flat_map(|(range, _)| range.clone())
    }

    /// Place of `number`, which must be one of them.
    pub(super) fn place(&self, number: i64) -> usize {
        let part = self.parts.partition_point(|(range, _)| range.start <= number).saturating_sub(1);
        let (range, at) = &self.parts[part];
        debug_assert!(range.contains(&number));
        at + (number - range.start) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_one_and_gaps_take_no_place() {
        let spans = Spans::union(vec![10..12, -3..0, 0..2, 11..15, 5..5]);
        assert_eq!(spans.parts().collect::<Vec<_>>(), [(-3..2, 0), (10..15, 5)]);
        assert_eq!(spans.len(), 10);
        let places: Vec<usize> = spans.numbers().map(|n| spans.place(n)).collect();
        assert_eq!(places, (0..10).collect::<Vec<_>>());
        assert_eq!(Spans::union(vec![]).len(), 0);
    }
}
