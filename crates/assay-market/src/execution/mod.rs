//! How orders meet bars: their types, what they cost, and the path a bar may have taken inside.

mod config;
mod costs;
mod intrabar;
mod order;

pub use config::{EntryOrder, Execution, FillRule, LimitRule, SpreadFrom, Tier};
pub use costs::{Costs, CostsPaid, Fill, Liquidity, round_to};
pub use intrabar::{Intrabar, Path, Touch, TouchKind, walk};
pub use order::{Bracket, EntryTag, Expiry, Follow, Level, Order, OrderKind, Reach, Trail};
