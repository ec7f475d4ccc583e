//! Positions or orders that were made elsewhere, from a file: aligned by time, carried out as they are.

mod aligned;
mod columns;
mod orders;
mod params;
mod record;
#[cfg(test)]
mod tests;
mod trader;

use crate::error::{Result, Violation};
use crate::replay::{EachSymbol, ExitReason};
use crate::system::targets::REASONS;
use crate::system::{
    About, ExtraInput, ExtraKind, Logged, Made, Observed, OwnDeployment, Record, RunView, Start, SymbolData,
    Symbols, System,
};

pub use aligned::{AlignedPositions, BarsLeftOut, align};
pub use columns::FileColumns;
pub use orders::{OrderSchedule, OrderTrader};
pub use params::{Signals, Stamp};
pub use trader::{SignalTrader, SignalsCandidate};

/// The system.
#[derive(Debug)]
pub struct FromFile;

/// The one there is.
pub static SIGNALS: FromFile = FromFile;

/// The name of its file of positions or orders.
pub(crate) const POSITIONS: &str = "positions";

static ABOUT: About = About {
    name: "signals",
    title: "positions or orders from a file",
    version: 2,
    symbols: Symbols::Many,
    regimes: None,
    exits: &[ExitReason::SIGNAL],
    rejects: &[],
    reasons: REASONS,
    column_params: &["file", "stamp", "size"],
    inputs: &[ExtraInput {
        name: POSITIONS,
        parameter: "file",
        meaning: "a CSV or Parquet file of positions or orders",
        holds: ExtraKind::Positions,
        required: true,
    }],
    deployment: OwnDeployment::NONE,
};

impl System for FromFile {
    type Params = Signals;
    type Columns = FileColumns;
    type Candidate = SignalsCandidate;
    type Log = ();
    type Trader<'a> = EachSymbol<SignalTrader<'a>>;

    fn about(&self) -> &About {
        &ABOUT
    }

    fn conflicts(&self, p: &Signals) -> Vec<Violation> {
        p.conflicts()
    }

    fn warmup(&self, p: &Signals) -> usize {
        p.distances().warmup()
    }

    fn columns(&self, of: &SymbolData<'_>, p: &Signals) -> Result<FileColumns> {
        FileColumns::new(of, p)
    }

    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        columns: &[&FileColumns],
        p: &Signals,
        _: bool,
    ) -> Result<SignalsCandidate> {
        Ok(SignalsCandidate::new(symbols, columns, p))
    }

    fn trader<'a>(
        &self,
        candidate: &'a SignalsCandidate,
        columns: &[&'a FileColumns],
        start: &Start<'a>,
    ) -> Self::Trader<'a> {
        start.each(|s| SignalTrader::new(candidate, columns[s.symbol], s))
    }

    fn log(&self, _: Self::Trader<'_>) -> Logged<()> {
        Logged::default()
    }

    fn record(&self, run: &RunView<'_>, made: &Made<'_, Self>) -> Record {
        record::record(run, &made.columns, made.candidate)
    }

    fn observe(&self, symbol: &SymbolData<'_>, _: &RunView<'_>, made: &Made<'_, Self>) -> Observed {
        record::observe(made.columns[symbol.index])
    }
}
