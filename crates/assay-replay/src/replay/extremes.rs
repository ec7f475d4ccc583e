//! Highest and lowest prices of any stretch of bars, in a time that does not grow with it.

use crate::market::Bars;

/// Bars of a block.
const BLOCK: usize = 16;

/// Extremes of blocks of bars and of runs of blocks.
#[derive(Debug, Clone)]
pub struct Extremes {
    /// `high[k][b]` is the highest of blocks `b..b + 2^k`.
    high: Vec<Vec<f64>>,
    low: Vec<Vec<f64>>,
}

impl Extremes {
    /// Those of `bars`.
    #[inline]
    pub fn of(bars: &Bars) -> Self {
        Self { high: table(bars.high(), f64::max), low: table(bars.low(), f64::min) }
    }

    /// Highest high and lowest low of bars `from..to`, which are of the bars this was made of.
    #[inline]
    pub fn over(&self, bars: &Bars, from: usize, to: usize) -> (f64, f64) {
        (
            query(&self.high, bars.high(), from, to, f64::NEG_INFINITY, |a, b| if b > a { b } else { a }),
            query(&self.low, bars.low(), from, to, f64::INFINITY, |a, b| if b < a { b } else { a }),
        )
    }
}

#[inline]
fn table(values: &[f64], pick: fn(f64, f64) -> f64) -> Vec<Vec<f64>> {
    let of = |c: &[f64]| c.iter().copied().reduce(pick).unwrap_or(f64::NAN);
    let mut levels = vec![values.chunks_exact(BLOCK).map(of).collect::<Vec<f64>>()];
    let mut width = 1;
    while levels[levels.len() - 1].len() > width {
        let below = &levels[levels.len() - 1];
        let next: Vec<f64> = (0..below.len() - width).map(|b| pick(below[b], below[b + width])).collect();
        levels.push(next);
        width *= 2;
    }
    levels
}

#[inline]
fn query(
    levels: &[Vec<f64>],
    values: &[f64],
    from: usize,
    to: usize,
    none: f64,
    pick: impl Fn(f64, f64) -> f64,
) -> f64 {
    let scan = |part: &[f64], start: f64| part.iter().fold(start, |a, b| pick(a, *b));
    let (first, last) = (from.div_ceil(BLOCK), to / BLOCK);
    if first >= last {
        return scan(&values[from..to], none);
    }
    let mut out = scan(&values[from..first * BLOCK], none);
    out = scan(&values[last * BLOCK..to], out);
    let level = (last - first).ilog2() as usize;
    let row = &levels[level];
    pick(pick(out, row[first]), row[last - (1 << level)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};
    use crate::random::Stream;

    #[test]
    fn extremes_are_those_of_a_scan() {
        let mut s = Stream::new(1, "extremes", 0);
        for n in [1usize, 31, 32, 33, 64, 100, 1000] {
            let high: Vec<f64> = (0..n).map(|_| 2.0 + s.uniform()).collect();
            let low: Vec<f64> = (0..n).map(|_| 1.0 + 0.5 * s.uniform()).collect();
            let columns = Columns {
                open_time: (0..n as i64).map(|i| i * 3_600_000).collect(),
                open: vec![2.0; n].into(),
                high: high.clone().into(),
                low: low.clone().into(),
                close: vec![2.0; n].into(),
                volume: vec![1.0; n].into(),
            };
            let bars = Bars::new(Timeframe::H1, columns).unwrap();
            let e = Extremes::of(&bars);
            for _ in 0..300 {
                let (a, b) = (s.below(n), s.below(n));
                let (from, to) = (a.min(b), a.max(b) + 1);
                let most = high[from..to].iter().copied().fold(f64::MIN, f64::max);
                let least = low[from..to].iter().copied().fold(f64::MAX, f64::min);
                assert_eq!(e.over(&bars, from, to), (most, least), "{from}..{to} of {n}");
            }
        }
    }
}
