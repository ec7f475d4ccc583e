//! The interface of a trading system, and the registry of those there are.
//!
//! A [`System`] has typed parameters, says what it is ([`About`]), and computes on the way from bars to money: [`System::columns`]
//! of the bars of one symbol, shared by every setting that reads them alike; a [`System::candidate`], one setting ready to trade;
//! a [`System::trader`] for one replay of it. What it leaves behind becomes the tables of a run ([`System::record`]) and what the
//! causality check compares ([`System::observe`]). One call a run goes through a pointer, none inside the loop.
//!
//! Uses the replay, features and everything below them; knows no system by name. A system is a folder of `systems/`, or a crate of
//! its own: [`Registry::built_in`]`.with(&MINE)` adds it, and [`crate::cli::run_with`] gives it the whole command line.

mod about;
mod erased;
mod interface;
mod labels;
mod observe;
mod opaque;
mod orders;
mod params;
mod parts;
mod record;
mod registry;
mod replaying;
pub mod targets;
#[cfg(test)]
mod tests;

pub use about::{About, ExtraInput, Symbols};
pub use erased::SystemRef;
pub use interface::{Extra, ExtraData, Logged, Made, Presets, Start, SymbolData, System};
pub use labels::Labels;
pub use observe::{Column, Fact, Observed, Phase, Stage};
pub use opaque::{Opaque, RunLog};
pub use orders::SentOrders;
pub use params::ParamSet;
pub use parts::{Cell, Grid, Part, RunTables, Section, StackedBars, StackedRow};
pub(crate) use record::regime_column;
pub use record::{Record, RunView, SymbolView, TradeColumn, plain_signals};
pub use registry::Registry;
pub use replaying::{Replayed, Replaying, Target};
