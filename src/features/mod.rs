//! Named, parameterised columns over bars, computed once and shared.
//!
//! A feature is written `name` or `name:p1,p2` (`atr:14`, `macd:12,26`). [`features`] is the one place where a name
//! meets its kernel; [`FeatureCache`] computes each (name, parameters) once. Row `i` of a feature reads bars `0..=i`;
//! rows before its warm-up are NaN.

mod cache;
mod holes;
mod list;
mod registry;

pub use cache::{Column, FeatureCache};
pub use holes::compute;
pub use list::{FAMILIES, features};
pub use registry::{Family, Feature, FeatureSpec, Parameter};
