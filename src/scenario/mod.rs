//! The scenario file: types, defaults, validation, and the fully resolved echo that names a run.

mod file;
mod params;
mod source;
mod studies;
mod sweep;

pub use crate::replay::Account;
pub use file::{Data, Gate, Own, ReportOptions, Scenario, SystemName};
pub use params::{ParamSpec, ParamValue};
pub use studies::{MonteCarlo, PathMethod, SplitMode, WalkForward};
pub(crate) use sweep::tidy;
pub use sweep::{AxisValues, FigureSet, Objective, Sampler, Sweep};
