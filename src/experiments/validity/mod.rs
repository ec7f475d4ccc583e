//! How often the gate is wrong: it judges histories in which nothing can be found, and such in which something was
//! planted.

mod cells;
mod markets;

pub use cells::{CellClaim, CellHistory, CellResult, CellSearch, ValidityCell};
pub use markets::{FORESEEN_SHARPE, MadeBars, MadeMarket};
