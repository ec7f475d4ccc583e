//! How orders meet bars: costs, and the path a bar may have taken inside.

mod costs;
mod intrabar;

pub use costs::{Costs, CostsPaid, Fill};
pub use intrabar::{Intrabar, Path, Touch, TouchKind, walk};
