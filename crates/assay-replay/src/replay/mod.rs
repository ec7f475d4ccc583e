//! The loop: bars and a trader in, trades and an equity curve out.
//!
//! At bar `i`, in this order: orders of the close before fill at the open; stops, targets and resting orders are walked
//! inside; the close is marked to market, the limits look at it, and the trader decides for bar `i + 1`. Many symbols share one
//! account on the union of their bars. See `docs/execution.md`.

mod account;
mod clock;
mod engine;
mod exit;
mod extremes;
mod guard;
mod holding;
mod ledger;
mod market;
mod noisy;
mod path;
mod path_value;
mod position;
mod recorder;
mod slot;
mod summary;
mod switches;
mod trader;

#[cfg(test)]
mod tests;

pub use crate::execution::{Execution, FillRule};
pub use account::{Account, AccountKind, Allocation, MarginMode};
pub use clock::Clock;
pub use engine::{replay, replay_all};
pub use exit::ExitReason;
pub use extremes::Extremes;
pub use guard::{Guard, Refusals};
pub use ledger::{Counts, Ledger};
pub use market::{Conditions, Market, Terms};
pub use noisy::{EntryNoise, Noisy};
pub use position::{Opened, Position, Trade};
pub use recorder::{FullRecorder, Held, Recorder, Tick};
pub use summary::SummaryRecorder;
pub use switches::{Money, Switches, can_switch, replay_switches, replay_switches_money};
pub use trader::{Book, Entry, Intent, Trader, View};
