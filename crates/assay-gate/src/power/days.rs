//! The days of a run as a simulation draws them: the return of each, and the trades entered on it.

use crate::evidence::Evidence;
use crate::series;
use crate::span::JudgedSpan;
use crate::stats::block_length;

const DAY_MS: i64 = 86_400_000;

/// Sums over closed trades.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct TradeTally {
    /// Winners.
    pub wins: f64,
    /// Losers.
    pub losses: f64,
    /// Neither.
    pub even: f64,
    /// Profits of the winners, in account currency, and their squares.
    pub won: [f64; 2],
    /// Losses of the losers, positive, and their squares.
    pub lost: [f64; 2],
}

impl TradeTally {
    /// Closed trades.
    pub fn n(&self) -> f64 {
        self.wins + self.losses + self.even
    }

    pub fn add(&mut self, other: &Self) {
        self.wins += other.wins;
        self.losses += other.losses;
        self.even += other.even;
        for k in 0..2 {
            self.won[k] += other.won[k];
            self.lost[k] += other.lost[k];
        }
    }

    fn count(&mut self, pnl: f64) {
        let (side, sums) = if pnl > 0.0 {
            (&mut self.wins, &mut self.won)
        } else if pnl < 0.0 {
            (&mut self.losses, &mut self.lost)
        } else {
            self.even += 1.0;
            return;
        };
        *side += 1.0;
        sums[0] += pnl.abs();
        sums[1] += pnl * pnl;
    }
}

/// The days of a run: returns, and of the trades entered on each day the sums, all together and by regime.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunDays {
    /// Return of each day.
    pub returns: Vec<f64>,
    /// Trades of each day: first of all regimes, then of the regime with code 0, 1, ...
    pub trades: Vec<Vec<TradeTally>>,
    /// Days of the year that are counted.
    pub per_year: f64,
    /// Days in a block.
    pub block: usize,
}

impl RunDays {
    /// The days of the run itself, in blocks of the length that suits the mean of the returns and of their sizes: the
    /// larger of the two for the circular bootstrap ([`block_length`]), in whole days, at least one.
    pub fn of(e: &Evidence<'_>, span: &JudgedSpan) -> Self {
        let days = series::days(e, &e.main, span);
        let t = &e.main.trades;
        let kept = series::trades(&e.main, span, None, false);
        let regimes = kept.iter().map(|&i| usize::from(t.regime[i]) + 1).max().unwrap_or(0);
        let mut trades = vec![vec![TradeTally::default(); days.returns.len()]; regimes + 1];
        for i in kept {
            let entered = t.entry_time_ms[i].div_euclid(DAY_MS);
            let after = days.day.partition_point(|d| i64::from(*d) < entered);
            let Some(k) = days.returns.len().checked_sub(1).map(|last| after.min(last)) else { break };
            trades[0][k].count(t.pnl[i]);
            trades[usize::from(t.regime[i]) + 1][k].count(t.pnl[i]);
        }
        let block = block(&days.returns);
        Self { returns: days.returns, trades, per_year: e.days_per_year, block }
    }

    /// How many days there are.
    pub fn len(&self) -> usize {
        self.returns.len()
    }

    /// Days of a month.
    pub fn per_month(&self) -> f64 {
        self.per_year / 12.0
    }

    /// Of a number of each day, the sum over the block that starts on each; blocks go on at the first day after the
    /// last.
    pub fn block_sums(&self, of_day: &[f64]) -> Vec<f64> {
        let n = of_day.len();
        (0..n).map(|s| (s..s + self.block).map(|d| of_day[d % n]).sum()).collect()
    }

    /// Weights of days from those of the blocks that start on each: a day is in as many blocks as they are long.
    pub fn day_weights(&self, of_block: &[f64]) -> Vec<f64> {
        let n = of_block.len();
        let back = |d: usize| (0..self.block).map(move |k| of_block[(d + n - k % n) % n]).sum::<f64>();
        (0..n).map(|d| back(d) / self.block as f64).collect()
    }
}

fn block(returns: &[f64]) -> usize {
    let sizes: Vec<f64> = returns.iter().map(|r| r.abs()).collect();
    let (own, of_sizes) = (block_length(returns).circular, block_length(&sizes).circular);
    // `max` passes over NaN.
    1f64.max(own).max(of_sizes).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{HOUR, evidence};

    fn whole() -> JudgedSpan {
        JudgedSpan { from_ms: 0, to_ms: 0, phase: false, cut: None }
    }

    #[test]
    fn every_trade_is_on_the_day_of_its_entry_in_all_regimes_and_in_its_own() {
        let mut e = evidence();
        // From the evening before to the morning.
        e.main.trades.entry_time_ms[4] = e.start_ms + 23 * HOUR;
        e.main.trades.shadow[0] = true;
        e.main.trades.pnl[5] = 0.0;
        let days = RunDays::of(&e, &whole());
        assert_eq!((days.len(), days.trades.len()), (60, 6));
        let n: Vec<f64> = days.trades[0].iter().map(TradeTally::n).collect();
        assert_eq!(n[..3], [4.0, 3.0, 4.0]);
        let sum = |group: &[TradeTally]| {
            group.iter().fold(TradeTally::default(), |mut sum, t| {
                sum.add(t);
                sum
            })
        };
        let all = sum(&days.trades[0]);
        assert_eq!((all.n(), all.even), (239.0, 1.0));
        let by_regime: f64 = days.trades[1..].iter().map(|g| sum(g).n()).sum();
        assert_eq!(by_regime, 239.0);
        let pnl: f64 = e.main.trades.pnl[1..].iter().sum();
        assert!((all.won[0] - all.lost[0] - pnl).abs() < 1e-9);
    }

    #[test]
    fn blocks_go_round() {
        let mut days = RunDays::of(&evidence(), &whole());
        days.block = 3;
        assert_eq!(days.block_sums(&[1.0, 2.0, 4.0, 8.0]), [7.0, 14.0, 13.0, 11.0]);
        let weights = [0.1, 0.2, 0.3, 0.4];
        let of_days = days.day_weights(&weights);
        let x = [1.0, 2.0, 4.0, 8.0];
        let by_days: f64 = of_days.iter().zip(x).map(|(w, x)| w * x).sum();
        let sums = days.block_sums(&x);
        let by_blocks: f64 = weights.iter().zip(&sums).map(|(w, s)| w * s).sum::<f64>() / 3.0;
        assert!((by_days - by_blocks).abs() < 1e-12 && (of_days.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
