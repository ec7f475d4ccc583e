//! The loop: bars and a trader in, trades and an equity curve out.
//!
//! At bar `i`, in this order: orders of the close before fill at the open; stops and targets are walked inside; the
//! close is marked to market and the trader decides for bar `i + 1`. See `docs/execution.md`.

mod engine;
mod ledger;
mod position;
mod recorder;
mod trader;

#[cfg(test)]
mod tests;

pub use engine::{Execution, FillRule, Market, replay};
pub use ledger::Ledger;
pub use position::{ExitReason, Position, Trade};
pub use recorder::{FullRecorder, Recorder};
pub use trader::{Entry, Intent, Trader, View};
