//! Pure kernels over slices: one output row for every input row, NaN before the first valid row.
//!
//! Row `i` of an output depends on rows `0..=i` of the inputs alone; that is what makes everything built on them
//! causal. A NaN prefix in an input (the warm-up of another kernel) is skipped: the kernel starts at the first number.
//! Conventions are Wilder's and TA-Lib's: EMA and RMA are seeded with the simple mean of their first `window` values;
//! the standard deviation inside an indicator is the population form. A window of 0 is read as 1.

mod averages;
pub mod candles;
mod channels;
mod estimators;
mod momentum;
mod regression;
mod rolling;
mod scan;
mod sorted;
mod statistics;
mod structure;
mod trend;
mod volatility;
mod volume;

pub use averages::{cascade, dema, ema, hma, kama, macd, rma, sma, tema, wma};
pub use channels::{delayed, middle, supertrend};
pub use estimators::{abdi_ranaldo, corwin_schultz, garman_klass, parkinson, rogers_satchell, yang_zhang};
pub use momentum::{cci, cmo, momentum, roc, rsi, stochastic, stochastic_rsi, tsi, williams_r};
pub use regression::{linreg, linreg_intercept, linreg_r2, linreg_slope};
pub use rolling::{rolling_max, rolling_min, rolling_std, rolling_sum, rolling_variance};
pub use statistics::{efficiency_ratio, hurst, rolling_quantile, rolling_rank, variance_ratio, zscore};
pub use structure::{MarketStructure, Swings, last_pivot, swings};
pub use trend::{Adx, adx, adx_talib, aroon, psar, ut_stop};
pub use volatility::{atr, true_range};
pub use volume::{ad_line, ad_oscillator, cmf, mfi, obv, vwap, vwap_session};

/// Index of the first number of `x`; its length where there is none.
fn first_valid(x: &[f64]) -> usize {
    x.iter().position(|v| !v.is_nan()).unwrap_or(x.len())
}
