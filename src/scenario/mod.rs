//! The scenario file: types, defaults, validation, and the fully resolved echo that names a run.

mod file;
mod params;
mod source;

pub use crate::replay::Account;
pub use file::{Data, Gate, Own, ReportOptions, Scenario, SystemName};
pub use params::{ParamSpec, ParamValue};
