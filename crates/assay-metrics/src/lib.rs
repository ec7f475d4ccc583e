//! Performance of an equity curve and of trades, overall and per market regime.
//!
//! Fractions are fractions (0.1 is 10 %), drawdowns are positive, standard deviations have ddof 1 unless said otherwise. What
//! is undefined is NaN in memory and `null` in JSON: no stand-in number ever takes part in a comparison.

use assay_base::{choices, error, random};
use assay_market::{market, regime};
use assay_stats::stats;

mod activity;
mod calendar;
pub mod dialects;
mod drawdown;
mod equity;
pub mod list;
pub mod nan_as_null;
mod regimes;
mod trades;
#[cfg(test)]
mod zoo;

pub use activity::{cost_bps, cost_share, exposure, exposure_notional, turnover};
pub use calendar::{DailyEquity, MonthReturn, daily, day_of_close, monthly, monthly_return};
pub use drawdown::{Drawdown, drawdowns};
pub use equity::{EquityStats, LEAST_DAYS_OF_GROWTH, simple_returns};
pub use regimes::{RegimeBars, RegimeSums, RegimeTrades, bars_by_regime, regime_sums, trades_by_regime};
pub use trades::{TradeColumns, TradeStats};
