//! Paths drawn from a run alone: its trades in another order, or its days in blocks.

use rayon::prelude::*;

use super::summary::fan_of;
use super::{Drawn, MonteCarloRun};
use crate::error::Result;
use crate::paths::{Compounding, RETURNS_PURPOSE, TradeMethod, TradePath, TradePaths, bootstrap_paths};
use crate::progress::Progress;
use crate::random::Stream;
use crate::scenario::PathMethod;
use crate::stats::{Blocks, automatic_block, max_drawdown_of_returns, sharpe_ratio};

/// Paths of daily returns that are walked day by day for the fan and for ruin.
const WALKED: usize = 2000;

/// Columns of the trade methods.
pub(super) const TRADE_NAMES: [&str; 5] =
    ["total_return", "max_drawdown", "end_equity", "lowest_equity", "longest_losing_run"];

impl MonteCarloRun<'_> {
    /// Paths of trades.
    pub(super) fn draw_trades(&self, progress: &Progress) -> Result<Drawn> {
        let n = self.scenario.montecarlo.paths as u64;
        let (trades, curve) = self.trades();
        let paths = self.trade_paths();
        let one = |k: u64| {
            progress.check()?;
            Ok(self.trade_row(&paths.path(k, &trades, curve)))
        };
        let mut drawn = Drawn::new(self.names());
        drawn.paths.rows = (0..n).into_par_iter().map(one).collect::<Result<_>>()?;
        progress.count(n, n);
        Ok(drawn)
    }

    /// The row of one path of trades.
    pub(super) fn trades_again(&self, path: u64) -> Vec<f64> {
        let (trades, curve) = self.trades();
        self.trade_row(&self.trade_paths().path(path, &trades, curve))
    }

    /// The row of the trades in the order they had, measured as the paths are.
    pub(super) fn trades_as_they_were(&self) -> Vec<f64> {
        let (trades, curve) = self.trades();
        self.trade_row(&TradePath::of(trades, curve))
    }

    /// Return of each trade on the equity before it; none where the account was ever at zero, so that profits add up instead.
    fn trade_returns(&self) -> Option<Vec<f64>> {
        let mut equity = self.start();
        self.original
            .pnl
            .iter()
            .map(|p| {
                let r = (equity > 0.0).then(|| p / equity);
                equity += p;
                r
            })
            .collect()
    }

    /// The trades as they are drawn, and how they make up equity.
    fn trades(&self) -> (Vec<f64>, Compounding) {
        let start = self.start();
        match self.trade_returns() {
            Some(returns) if returns.iter().all(|r| *r > -1.0) => {
                (returns, Compounding::Compounded { start })
            }
            _ => (self.original.pnl.clone(), Compounding::Additive { start }),
        }
    }

    /// How paths of trades are drawn.
    fn trade_paths(&self) -> TradePaths {
        let m = &self.scenario.montecarlo;
        let method = match (m.method, m.block) {
            (PathMethod::TradePermutation, _) => TradeMethod::Permutation,
            (_, Some(mean_block)) if mean_block > 1.0 => TradeMethod::BlockBootstrap { mean_block },
            _ => TradeMethod::Bootstrap,
        };
        TradePaths { resamples: m.paths as u32, seed: self.scenario.seed, method }
    }

    /// A path of trades in the columns of [`TRADE_NAMES`].
    fn trade_row(&self, p: &TradePath) -> Vec<f64> {
        let start = self.start();
        vec![
            p.final_equity / start - 1.0,
            p.max_drawdown_fraction,
            p.final_equity,
            p.lowest_equity,
            f64::from(p.longest_losing_run),
        ]
    }

    /// Paths of daily returns, of which the first are followed day by day.
    pub(super) fn draw_days(&self, progress: &Progress) -> Result<Drawn> {
        let s = &self.scenario;
        let n = s.montecarlo.paths;
        let root = s.data.days_per_year().sqrt();
        let paths = bootstrap_paths(&self.original.daily, n as u32, self.block.unwrap_or(1.0), s.seed);
        progress.check()?;
        let mut drawn = Drawn::new(self.names());
        drawn.paths.rows =
            paths.iter().map(|p| self.returns_row(p.sharpe * root, p.max_drawdown, p.total_return)).collect();
        let walked = 0..n.min(WALKED) as u64;
        drawn.fans = walked.clone().into_par_iter().map(|k| fan_of(&self.drawn_returns(k))).collect();
        drawn.lowest = Some(walked.into_par_iter().map(|k| self.lowest_equity(k)).collect());
        progress.count(n as u64, n as u64);
        Ok(drawn)
    }

    /// The row of one path of daily returns.
    pub(super) fn days_again(&self, path: u64) -> Vec<f64> {
        let drawn = self.drawn_returns(path);
        self.returns_row(
            sharpe_ratio(&drawn, self.scenario.data.days_per_year()),
            max_drawdown_of_returns(drawn.iter().copied()),
            drawn.iter().fold(1.0, |w, r| w * (1.0 + r)) - 1.0,
        )
    }

    /// The longest of the blocks that suit the returns, their sizes and their squares.
    pub(super) fn automatic_block_of_days(&self) -> f64 {
        let r = &self.original.daily;
        let size: Vec<f64> = r.iter().map(|x| x.abs()).collect();
        let square: Vec<f64> = r.iter().map(|x| x * x).collect();
        [r, &size, &square].into_iter().map(|v| automatic_block(v)).fold(1.0, f64::max)
    }

    /// A path of daily returns in its columns.
    fn returns_row(&self, sharpe: f64, max_drawdown: f64, total: f64) -> Vec<f64> {
        vec![total, sharpe, max_drawdown, self.start() * (1.0 + total)]
    }

    /// The daily returns of one path.
    fn drawn_returns(&self, path: u64) -> Vec<f64> {
        let r = &self.original.daily;
        let stream = Stream::new(self.scenario.seed, RETURNS_PURPOSE, path);
        Blocks::new(stream, r.len(), self.block.unwrap_or(1.0)).flatten().map(|i| r[i]).collect()
    }

    /// The lowest equity along one path of daily returns.
    fn lowest_equity(&self, path: u64) -> f64 {
        let mut w = 1.0;
        let all = self.drawn_returns(path).into_iter().map(|r| {
            w *= 1.0 + r;
            w
        });
        all.fold(1.0, f64::min) * self.start()
    }
}
