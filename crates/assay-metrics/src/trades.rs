//! Statistics of closed trades.

use serde::{Deserialize, Serialize};

use super::equity::ratio;
use super::nan_as_null;
use crate::stats::{Interval, is_rounding, mean, profit_factor, std_dev, wilson};

/// Closed trades as columns in order of exit. A column the caller does not have may be empty: what needs it is undefined.
#[derive(Debug, Clone, Copy, Default)]
pub struct TradeColumns<'a> {
    /// Profit after all costs, money. Its length is the number of trades.
    pub pnl: &'a [f64],
    /// Profit after all costs as a fraction of entry notional.
    pub return_frac: &'a [f64],
    /// Profit after all costs in units of the risk taken at entry; NaN for a trade without a stop.
    pub r_multiple: &'a [f64],
    /// Bars held.
    pub bars_held: &'a [u32],
    /// Worst unrealised move from entry, a fraction, zero or positive: how far it went against the trade.
    pub mae: &'a [f64],
    /// Best unrealised move from entry, a fraction, zero or positive.
    pub mfe: &'a [f64],
}

/// What a set of closed trades amounts to. NaN (`null` in JSON) marks what is undefined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeStats {
    /// Number of trades.
    pub n: usize,
    /// Trades with a profit above zero.
    pub wins: usize,
    /// Trades with a profit below zero.
    pub losses: usize,
    /// Trades with no profit and no loss: neither wins nor losses, but part of `n`.
    pub breakeven: usize,
    /// `wins / n`. Undefined without a trade.
    #[serde(with = "nan_as_null")]
    pub win_rate: f64,
    /// 95 % Wilson interval of the win rate; `[0, 1]` without a trade.
    pub win_rate_interval: Interval,
    /// Sum of profits of winning trades, money.
    #[serde(with = "nan_as_null")]
    pub gross_profit: f64,
    /// Sum of losses of losing trades, money, zero or negative.
    #[serde(with = "nan_as_null")]
    pub gross_loss: f64,
    /// Mean profit of winning trades, money. Undefined without one.
    #[serde(with = "nan_as_null")]
    pub avg_win: f64,
    /// Mean loss of losing trades, money, negative. Undefined without one.
    #[serde(with = "nan_as_null")]
    pub avg_loss: f64,
    /// `avg_win / |avg_loss|` (convention). Undefined without a win or without a loss.
    #[serde(with = "nan_as_null")]
    pub payoff: f64,
    /// `gross_profit / |gross_loss|` of money (convention). Undefined where no trade lost; see `no_losses`.
    #[serde(with = "nan_as_null")]
    pub profit_factor: f64,
    /// Whether there are winning trades and no losing one, so that the profit factor has no value.
    pub no_losses: bool,
    /// Mean profit of a trade, money (convention).
    #[serde(with = "nan_as_null")]
    pub expectancy: f64,
    /// Mean R multiple, over trades that have one; V. K. Tharp, Trade Your Way to Financial Freedom (1998).
    #[serde(with = "nan_as_null")]
    pub expectancy_r: f64,
    /// System quality number `sqrt(min(n, 100)) * mean / sd` (ddof 1) of R multiples; V. K. Tharp, The Definitive Guide to
    /// Position Sizing (2008). Undefined below two, or where they do not vary.
    #[serde(with = "nan_as_null")]
    pub sqn: f64,
    /// Mean return of a trade on its entry notional.
    #[serde(with = "nan_as_null")]
    pub avg_return: f64,
    /// Standard deviation (ddof 1) of the returns of trades. Undefined below two.
    #[serde(with = "nan_as_null")]
    pub return_std: f64,
    /// Largest profit, money.
    #[serde(with = "nan_as_null")]
    pub best: f64,
    /// Smallest profit (largest loss), money.
    #[serde(with = "nan_as_null")]
    pub worst: f64,
    /// Mean number of bars held.
    #[serde(with = "nan_as_null")]
    pub avg_bars: f64,
    /// Mean of the worst unrealised moves, a fraction, positive.
    #[serde(with = "nan_as_null")]
    pub avg_mae: f64,
    /// Mean of the best unrealised moves, a fraction.
    #[serde(with = "nan_as_null")]
    pub avg_mfe: f64,
    /// Most losing trades in a row; any other trade ends a row.
    pub max_consecutive_losses: usize,
}

impl TradeStats {
    /// Measures closed trades.
    pub fn of(t: &TradeColumns) -> Self {
        let wins: Vec<f64> = t.pnl.iter().copied().filter(|&x| x > 0.0).collect();
        let losses: Vec<f64> = t.pnl.iter().copied().filter(|&x| x < 0.0).collect();
        let r: Vec<f64> = t.r_multiple.iter().copied().filter(|x| x.is_finite()).collect();
        let bars: Vec<f64> = t.bars_held.iter().map(|&b| f64::from(b)).collect();
        let extreme = |pick: fn(f64, f64) -> f64| t.pnl.iter().copied().reduce(pick).unwrap_or(f64::NAN);
        let n = t.pnl.len();
        Self {
            n,
            wins: wins.len(),
            losses: losses.len(),
            breakeven: n - wins.len() - losses.len(),
            win_rate: wins.len() as f64 / n as f64,
            win_rate_interval: wilson(wins.len() as u64, n as u64),
            gross_profit: wins.iter().fold(0.0, |s, x| s + x),
            gross_loss: losses.iter().fold(0.0, |s, x| s + x),
            avg_win: mean(&wins),
            avg_loss: mean(&losses),
            payoff: ratio(mean(&wins), -mean(&losses)),
            profit_factor: profit_factor(t.pnl),
            no_losses: losses.is_empty() && !wins.is_empty(),
            expectancy: mean(t.pnl),
            expectancy_r: mean(&r),
            sqn: sqn(&r),
            avg_return: mean(t.return_frac),
            return_std: std_dev(t.return_frac, 1),
            best: extreme(f64::max),
            worst: extreme(f64::min),
            avg_bars: mean(&bars),
            avg_mae: mean(t.mae),
            avg_mfe: mean(t.mfe),
            max_consecutive_losses: longest_run(t.pnl, |x| x < 0.0),
        }
    }
}

/// See [`TradeStats::sqn`].
fn sqn(r: &[f64]) -> f64 {
    let (m, sd) = (mean(r), std_dev(r, 1));
    if sd.is_nan() || is_rounding(sd, m) { f64::NAN } else { (r.len().min(100) as f64).sqrt() * m / sd }
}

/// The most values in a row that satisfy `is`.
fn longest_run(x: &[f64], is: impl Fn(f64) -> bool) -> usize {
    let (mut longest, mut run) = (0, 0);
    for &v in x {
        run = if is(v) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{SplitMix, close};

    /// Forty R multiples, `round(0.3 + 1.2 z, 6)`.
    fn reference() -> Vec<f64> {
        let mut g = SplitMix::new(61);
        (0..40).map(|_| ((0.3 + 1.2 * g.z12()) * 1e6).round() / 1e6).collect()
    }

    #[test]
    fn statistics_match_reference_values() {
        let r = reference();
        assert_eq!([r[0], r[1], r[39]], [-1.644914, -0.013914, 1.048303]);
        let s = TradeStats::of(&TradeColumns { pnl: &r, r_multiple: &r, ..Default::default() });
        for (name, got, want) in [
            ("win rate", s.win_rate, 0.45),
            ("lower", s.win_rate_interval.lo, 0.30705307810904925),
            ("upper", s.win_rate_interval.hi, 0.6017090820106795),
            ("average win", s.avg_win, 1.0256372777777778),
            ("average loss", s.avg_loss, -0.7403991818181819),
            ("profit factor", s.profit_factor, 1.1333856024348534),
            ("payoff", s.payoff, 1.3852490696425988),
            ("expectancy", s.expectancy, 0.05431722499999999),
            ("expectancy in R", s.expectancy_r, 0.05431722499999999),
            ("sqn", s.sqn, 0.2987291874548119),
            ("best", s.best, 2.501425),
            ("worst", s.worst, -2.55884),
        ] {
            assert!(close(got, want, 1e-12), "{name}: {got} is not {want}");
        }
        assert_eq!((s.n, s.wins, s.losses, s.breakeven, s.max_consecutive_losses), (40, 18, 22, 0, 4));
        assert!(s.avg_bars.is_nan() && s.avg_return.is_nan(), "columns not given");
    }

    #[test]
    fn quality_number_counts_at_most_a_hundred_trades() {
        let r: Vec<f64> = (0..400).map(|i| if i % 2 == 0 { 2.0 } else { 0.0 }).collect();
        assert!(close(sqn(&r), 10.0 / (400.0 / 399.0f64).sqrt(), 1e-12));
        assert!(sqn(&[1.0; 5]).is_nan() && sqn(&[1.0]).is_nan());
    }

    #[test]
    fn break_even_trades_count_but_neither_win_nor_lose() {
        let pnl = [-1.0, -1.0, 0.0, -1.0, 2.0];
        let s = TradeStats::of(&TradeColumns {
            pnl: &pnl,
            r_multiple: &[f64::NAN, -1.0, 0.0, -1.0, 2.0],
            bars_held: &[1, 2, 3, 4, 5],
            ..Default::default()
        });
        assert_eq!((s.wins, s.losses, s.breakeven, s.max_consecutive_losses), (1, 3, 1, 2));
        assert_eq!((s.win_rate, s.expectancy, s.expectancy_r, s.avg_bars), (0.2, -0.2, 0.0, 3.0));
        assert_eq!((s.gross_profit, s.gross_loss), (2.0, -3.0));
    }
}
