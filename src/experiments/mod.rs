//! Experiments over the one runner: the single run is the unit that each of them repeats.

pub mod causality;
mod intrabar;
pub mod montecarlo;
pub mod regimes;
mod starts;
pub mod sweep;
pub mod walkforward;

pub use intrabar::{BracketTruth, IntrabarTruth, intrabar_truth};
