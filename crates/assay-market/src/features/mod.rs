//! Named, parameterised columns over bars, computed once and shared.
//!
//! A feature is written `name` or `name:p1,p2` (`atr:14`, `macd:12,26`), of longer bars `name:p1,p2@longer`
//! (`ema:20@4h`, `ema:20@1d/fx`; see [`Longer`]).
//! [`features`] is the one place where a name meets its kernel; [`FeatureCache`] computes each (name, parameters, timeframe) once.
//! Row `i` of a feature reads bars `0..=i`, of longer bars those that are over at its close; rows before its warm-up are NaN.

mod cache;
mod higher_timeframe;
mod holes;
mod list;
mod longer;
mod registry;

pub use cache::{FeatureCache, FeatureColumn};
pub use higher_timeframe::Coarse;
pub use holes::compute;
pub use list::{FAMILIES, features, true_range};
pub use longer::Longer;
pub use registry::{Feature, FeatureFamily, FeatureSpec, Parameter};
