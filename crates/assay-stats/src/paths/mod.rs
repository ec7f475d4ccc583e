//! Monte Carlo: what else could have happened to these trades, these returns, these bars.
//!
//! Three ways to another history: the same trades in another order ([`TradePaths`]), the strategy's own returns in blocks
//! ([`bootstrap_paths`]), or other bars to run the strategy on, drawn from the real ones ([`Resampler`], [`Shapes`]) or from
//! a model ([`Model`], [`CandlePool`]); [`ModelFit`] says whether a model fits. What a sample of paths can and cannot say is in [`quantile_ci`] and its neighbours.
//! Every path has its own random stream, so results are the same bytes on any number of threads.

mod bar_moments;
mod blocks;
mod candles;
mod diffusion;
mod filtered;
mod fit;
mod garch;
mod heston;
mod kernel;
mod lengths;
mod models;
mod quantiles;
mod shape;
mod simplex;
mod trades;

pub use bar_moments::BarMoments;
pub use blocks::{RegimeLabels, Resampler};
pub use candles::CandlePool;
pub use diffusion::{Gbm, Merton};
pub use filtered::Filtered;
pub use fit::{BOUND_TOLERANCE, ModelFit, PoorFit, VARIANCE_FACTOR};
pub use garch::{Garch, backcast};
pub use heston::Heston;
pub use heston::HestonSteps;
pub use kernel::{PathFigures, RETURNS_PURPOSE, bootstrap_paths};
pub use models::{Model, ModelKind};
pub use quantiles::{
    QuantileInterval, bound_without_events, enough, percentile_of, quantile_ci, se_of_mean, se_of_probability,
};
pub use shape::{Ohlcv, Shapes};
pub use trades::{Compounding, TradeMethod, TradePath, TradePaths};
