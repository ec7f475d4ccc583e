//! The loop: bars and traders in, trades and an equity curve out.
//!
//! FillContext bar `i`, in this order: orders of the close before fill at the open; stops, targets and resting orders are walked
//! inside; the close is marked to market, the limits look at it, and the traders decide for bar `i + 1`. Many symbols share one
//! account on the union of their bars. Decisions are made by a [`SymbolTrader`] of each symbol ([`EachSymbol`]), or by one
//! [`Trader`] that sees the whole account once an instant ([`AllSymbols`]) and may keep paper accounts beside it. See
//! `docs/concepts/execution.md`.

mod account;
mod account_fills;
mod account_state;
mod clock;
mod closing;
mod decider;
mod decisions;
mod deployment;
mod engine;
mod exit;
mod extremes;
mod fill_engine;
mod filling;
mod inside;
mod market;
mod month;
mod noisy;
mod notice;
mod on_its_way;
mod opening;
mod orders;
mod path;
mod path_value;
mod portfolio;
mod position;
mod position_state;
mod recorder;
mod risk_manager;
mod staging;
mod summary;
mod switches;
mod symbol_state;
mod trader;
mod trading;
mod trading_account;
mod watched;

#[cfg(test)]
mod tests;

pub use crate::execution::{Execution, FillRule};
pub use account::{Account, AccountKind, Allocation, MarginMode};
pub use account_state::{AccountState, Counts};
pub use clock::Clock;
pub use deployment::{Acting, AlertRules, Deployable, Deployment, STAGE_FULL, StageEnd, Staged, Standing};
pub use engine::{Over, replay, replay_account, replay_all};
pub use exit::ExitReason;
pub use extremes::Extremes;
pub use market::{BarCosts, ContractSpec, Market};
pub use noisy::{EntryNoise, Noisy};
pub use notice::{AccountId, Effect, Filled, Notice, Reject, Rejected};
pub use orders::{AccountOrders, Ask, Orders, Want};
pub use portfolio::{AccountView, Arriving, Check, Paper, Portfolio, Trader};
pub use position::{Opened, Position, Trade};
pub use recorder::{FullRecorder, Held, HeldFrom, PaperRun, PositionChange, Recorder, Step};
pub use risk_manager::{Refusals, RiskManager};
pub use summary::SummaryRecorder;
pub use switches::{Money, SwitchReplay, Switches, can_switch, replay_switches, replay_switches_money};
pub use trader::{Book, Entry, Intent, SymbolTrader, View};
pub use trading::{AllSymbols, EachSymbol, Trading};
pub use watched::{SentOrders, Watched};
