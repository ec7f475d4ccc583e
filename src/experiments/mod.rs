//! Experiments over the one runner: the single run is the unit that each of them repeats.

pub mod causality;
mod intrabar;
mod list;
pub mod montecarlo;
pub mod placebos;
pub mod regimes;
pub mod sweep;
pub mod validity;
pub mod walkforward;
mod warmups;

pub use intrabar::{BracketTruth, IntrabarTruth, intrabar_truth};
pub use list::{BrokenResult, ListOrder, ListedResult, ResultKind, ResultList, list_results};
