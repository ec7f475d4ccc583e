//! The interface of a trading system, and the registry of those there are.
//!
//! A [`System`] has typed parameters, says what it is ([`About`]), and computes on the way from bars to
//! money: [`System::columns`] of the bars of one symbol, shared by every setting that reads them alike; a
//! [`System::candidate`], one setting ready to trade; a [`System::trader`] for one replay of it. What it
//! leaves behind becomes the tables of a run ([`System::record`]) and what the causality check compares
//! ([`System::observe`]). One call a run goes through a pointer, none inside the loop.
//!
//! Uses the replay, features and everything below them; knows no system by name. A system is a folder of
//! `systems/`, or a crate of its own: [`Registry::built_in`]`.with(&MINE)` adds it, and
//! [`crate::cli::run_with`] gives it the whole command line.
//!
//! A system that is long after a rise and flat after a fall, whole:
//!
//! ```
//! use assay::replay::{EachSymbol, ExitReason};
//! use assay::system::targets::{Brackets, REASONS, TargetTrader, Unit, TargetPositions};
//! use assay::system::{About, Logged, OwnDeployment, Registry, Start, SymbolData, Symbols, System};
//!
//! assay::params! {
//!     /// After a rise.
//!     pub struct AfterRise {
//!         /// Bars the rise is measured over.
//!         "bars" => bars: usize = 24, 1..=1000;
//!     }
//! }
//!
//! #[derive(Debug)]
//! struct Riser;
//!
//! static RISER: Riser = Riser;
//! static ABOUT: About = About {
//!     name: "after-rise",
//!     title: "long after a rise, flat after a fall",
//!     version: 1,
//!     symbols: Symbols::Many,
//!     regimes: None,
//!     exits: &[ExitReason::SIGNAL],
//!     rejects: &[],
//!     reasons: REASONS,
//!     column_params: &[],
//!     inputs: &[],
//!     deployment: OwnDeployment::NONE,
//! };
//!
//! impl System for Riser {
//!     type Params = AfterRise;
//!     type Columns = ();
//!     type Candidate = Vec<TargetPositions>;
//!     type Log = ();
//!     type Trader<'a> = EachSymbol<TargetTrader<'a>>;
//!
//!     fn about(&self) -> &About {
//!         &ABOUT
//!     }
//!     fn warmup(&self, p: &AfterRise) -> usize {
//!         p.bars
//!     }
//!     fn columns(&self, _: &SymbolData<'_>, _: &AfterRise) -> assay::Result<()> {
//!         Ok(())
//!     }
//!     fn candidate(
//!         &self,
//!         symbols: &[SymbolData<'_>],
//!         _: &[&()],
//!         p: &AfterRise,
//!         _: bool,
//!     ) -> assay::Result<Vec<TargetPositions>> {
//!         let position = |s: &SymbolData<'_>| {
//!             let close = s.bars().close();
//!             let rose = |i: usize| if i < p.bars { f64::NAN } else { f64::from(close[i] > close[i - p.bars]) };
//!             (0..close.len()).map(rose).collect()
//!         };
//!         let wanted = |s| TargetPositions::new(position(s), Unit::Equity, Brackets::default());
//!         Ok(symbols.iter().map(wanted).collect())
//!     }
//!     fn trader<'a>(&self, wanted: &'a Vec<TargetPositions>, _: &[&'a ()], start: &Start<'a>) -> Self::Trader<'a> {
//!         start.each(|s| TargetTrader::of(s, &wanted[s.symbol]))
//!     }
//!     fn log(&self, _: Self::Trader<'_>) -> Logged<()> {
//!         Logged::default()
//!     }
//! }
//!
//! let registry = Registry::built_in().with(&RISER);
//! registry.check()?;
//! let text = "name = \"mine\"\nsystem = \"after-rise\"\n[data]\nbars = [\"datasets/btcusdt-1h.parquet\"]\nto = \"2021-03-01\"\n";
//! let s = assay::scenario::Scenario::parse_with(&registry, text, "mine.toml", ".".into(), &[])?;
//! let bars = assay::data::load(&s.root.join(&s.data.bars[0]), &s.request())?;
//! let run = assay::runs::backtest(s, bars)?;
//! assert!(run.main.trades.iter().all(|t| t.side > 0.0) && run.main.trades.len() > 10);
//! # Ok::<(), assay::Error>(())
//! ```

mod about;
mod erased;
mod interface;
mod labels;
mod observe;
mod opaque;
mod params;
mod parts;
mod record;
mod registry;
mod replaying;
pub mod targets;

pub use about::{About, ExtraInput, ExtraKind, OwnDeployment, Symbols};
pub use erased::SystemRef;
pub use interface::{Extra, ExtraData, Logged, Made, Presets, Start, SymbolData, SymbolStart, System};
pub use labels::Labels;
pub use observe::{Fact, Observed, ObservedColumn, Phase, Stage};
pub use opaque::{Opaque, RunLog};
pub use params::ParamSet;
pub use parts::{Cell, Grid, Part, RunTables, Section, StackedBars, StackedRow};
pub(crate) use record::regime_column;
pub use record::{Record, RunView, SymbolView, TradeColumn, plain_signals};
pub use registry::Registry;
pub use replaying::{Replayed, Replaying, Target};
