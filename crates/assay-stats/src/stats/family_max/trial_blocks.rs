//! What is kept of a trial: its returns by calendar block, centred and scaled.

use super::super::deflated_sharpe::MIN_RETURNS;
use super::super::moments::{mean, std_dev};
use super::super::ratios::is_rounding;

/// Fewest returns that are kept by weeks; fewer are kept by days.
const MIN_WEEKLY: usize = 365;

/// What the largest block sums are rounded to.
const SCALE: f64 = 32_767.0;

/// Longest span that is kept, a thousand years: beyond, a day is a mistake and no date.
const MAX_SPAN: i64 = 366_000;

/// Length of a calendar block. Blocks are the same for all trials, so that two trials can be laid over each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CalendarBlock {
    /// A day, UTC; its number is that of days since 1970-01-01.
    Day,
    /// A week from Monday to Sunday, UTC; day d belongs to week `floor((d + 3) / 7)`.
    Week,
}

impl CalendarBlock {
    /// Days in a block, 1 or 7.
    pub fn days(self) -> i32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }

    /// Number of the block of `day`, days since 1970-01-01.
    pub fn of(self, day: i32) -> i32 {
        match self {
            Self::Day => day,
            Self::Week => (i64::from(day) + 3).div_euclid(7) as i32,
        }
    }

    /// First day of block `number`, days since 1970-01-01.
    pub(super) fn first_day(self, number: i64) -> i64 {
        match self {
            Self::Day => number,
            Self::Week => number * 7 - 3,
        }
    }
}

/// Block sums of a trial's returns about their mean, as fractions of the root of the sum of their squares and
/// rounded to 1 / 32,767: all that its correlation with other trials needs. Five years take 522 bytes.
///
/// A block outside the span counts as zero. So trials that overlap in part are correlated in part, and those
/// that do not overlap are independent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TrialBlocks {
    block: CalendarBlock,
    first: i32,
    y: Vec<i16>,
}

impl TrialBlocks {
    /// Blocks of daily `returns`, each of the day in `days` (since 1970-01-01 UTC, ascending, with gaps where
    /// there is none): weeks from 365 returns on, else days.
    ///
    /// `None` for fewer than [`MIN_RETURNS`] returns, for returns or block sums that do not vary beyond their
    /// rounding, for a value that is not finite, and for days that do not ascend, are not as many, or span
    /// more than a thousand years.
    pub fn of(returns: &[f64], days: &[i32]) -> Option<Self> {
        let (n, m, sd) = (returns.len(), mean(returns), std_dev(returns, 1));
        let ascending = days.len() == n && days.windows(2).all(|d| d[0] < d[1]);
        if n < MIN_RETURNS || !ascending || !sd.is_finite() || is_rounding(sd, m) {
            return None;
        }
        if i64::from(*days.last()?) - i64::from(days[0]) > MAX_SPAN {
            return None;
        }
        let block = if n >= MIN_WEEKLY { CalendarBlock::Week } else { CalendarBlock::Day };
        let (first, last) = (block.of(days[0]), block.of(*days.last()?));
        let mut sums = vec![(0.0, 0u32); (last - first) as usize + 1];
        for (r, &day) in returns.iter().zip(days) {
            let (sum, count) = &mut sums[(block.of(day) - first) as usize];
            *sum += r;
            *count += 1;
        }
        let centred: Vec<f64> = sums.iter().map(|&(sum, count)| sum - f64::from(count) * m).collect();
        let length = centred.iter().map(|y| y * y).sum::<f64>().sqrt();
        // Returns that undo each other within every week leave their rounding.
        if !length.is_finite() || length <= 1e-9 * sd * (n as f64).sqrt() {
            return None;
        }
        Self::stored(block, first, centred.iter().map(|y| (SCALE * (y / length)).round() as i16).collect())
    }

    /// Blocks as they were stored, `y` from the block number `first` on. `None` where nothing but zeros, too
    /// long a span, or no date of 32 bits is in them.
    pub fn stored(block: CalendarBlock, first: i32, y: Vec<i16>) -> Option<Self> {
        let end = i64::from(first) + y.len() as i64;
        let days = [block.first_day(i64::from(first)), block.first_day(end) - 1];
        // One week more on either side: the first and the last may be cut by the ends of the span.
        let too_long = days[1] - days[0] > MAX_SPAN + 14;
        if too_long || days.iter().any(|&d| i32::try_from(d).is_err()) || y.iter().all(|&v| v == 0) {
            return None;
        }
        Some(Self { block, first, y })
    }

    /// Length of its blocks.
    pub fn block(&self) -> CalendarBlock {
        self.block
    }

    /// Number of the first block.
    pub fn first(&self) -> i32 {
        self.first
    }

    /// The blocks from the first to the last, in units of about 1 / 32,767.
    pub fn y(&self) -> &[i16] {
        &self.y
    }

    /// Sum of squares, exact: below 2^50 in the longest span.
    pub(super) fn square(&self) -> i64 {
        self.y.iter().map(|&v| i64::from(v) * i64::from(v)).sum()
    }

    /// Correlation with `other`: the sum of products over common blocks, over the roots of both sums of
    /// squares.
    ///
    /// Exactly one for a copy, zero without a common block; `None` where one is kept by weeks and the other
    /// by days.
    pub fn correlation(&self, other: &Self) -> Option<f64> {
        if self.block != other.block {
            return None;
        }
        let from = self.first.max(other.first);
        let common = self.from(from).iter().zip(other.from(from));
        let product: i64 = common.map(|(&a, &b)| i64::from(a) * i64::from(b)).sum();
        let squares = self.square() as f64 * other.square() as f64;
        Some((product as f64 / squares.sqrt()).clamp(-1.0, 1.0))
    }

    /// The blocks from block `number` on, which is not before the first.
    fn from(&self, number: i32) -> &[i16] {
        let skipped = i64::from(number) - i64::from(self.first);
        self.y.get(skipped as usize..).unwrap_or(&[])
    }
}
