//! The scenario file: types, defaults, validation.

mod params;

pub use params::{ParamSpec, ParamValue};
