//! Pure statistics: moments, intervals, block bootstrap, standard errors.
//!
//! Nothing here knows of bars, trades or regimes. Sums run in a fixed order, so a result is the same bytes on any number
//! of threads. What is undefined is NaN (a number) or `None` (an interval); nothing panics on its input.

mod block_length;
mod bootstrap;
mod differences;
mod interval;
mod intervals;
mod lo;
mod moments;
mod ratios;
#[cfg(test)]
pub(crate) mod testing;

pub use block_length::{BlockLength, automatic_block, block_length};
pub use bootstrap::{Blocks, Bootstrap, percentile_interval};
pub use differences::{
    compound_monthly_change_interval, compound_monthly_difference_interval, max_drawdown_difference_interval,
    mean_difference_interval, profit_factor_difference, sharpe_change_interval, sharpe_difference_interval,
    win_rate_difference,
};
pub use interval::{Interval, Z95, wilson};
pub use intervals::{
    compound_monthly_interval, max_drawdown_interval, mean_interval, profit_factor_interval, sharpe_interval,
};
pub use lo::{autocorrelations, eta, sharpe_se_hac, sharpe_se_iid};
pub use moments::{mean, quantile_type7, sorted, std_dev, variance};
pub use ratios::{
    compound_monthly, is_rounding, max_drawdown_of_returns, profit_factor, sharpe_ratio, win_rate,
};
