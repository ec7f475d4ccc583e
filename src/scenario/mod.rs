//! The scenario file: types, defaults, validation, and the fully resolved echo that names a run.

mod assign;
mod chosen;
mod data;
mod file;
mod from_files;
mod raw;
mod regimes;
mod rules;
mod sections;
mod source;
mod studies;
mod sweep;
mod system;
#[cfg(test)]
mod tests;

pub use crate::params::{ParamSpec, ParamValue};
pub use crate::replay::Account;
pub use data::Data;
pub use file::Scenario;
pub use regimes::{LabelSource, LabelsBy, Regimes};
pub use sections::{Gate, ReportOptions};
pub use studies::{MonteCarlo, PathMethod, SplitMode, WalkForward};
pub(crate) use sweep::tidy;
pub use sweep::{AxisValues, CandidateSpan, FigureSet, Objective, Sampler, Sweep};
