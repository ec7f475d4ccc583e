//! What tests of several crates share: where the checkout and real histories are, and series of the reference
//! vectors.

mod real_data;
mod series;

pub use real_data::{real, root};
pub use series::{SplitMix, ar1, close, garch, iid};
