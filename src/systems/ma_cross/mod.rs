//! The textbook system: two moving averages of the close, long where the fast one is above the slow one,
//! short where it is below.

mod columns;
mod params;
mod record;
#[cfg(test)]
mod streamed;
#[cfg(test)]
mod tests;
mod trader;

use crate::error::{Result, Violation};
use crate::replay::{EachSymbol, ExitReason, Switches};
use crate::system::targets::{REASONS, TargetTrader};
use crate::system::{
    About, Logged, Made, Observed, OwnDeployment, Record, RunView, Start, SymbolData, Symbols, System,
};

pub use columns::{crossover, crossover_changes, first_row};
pub use params::{Average, MaCross, Sides};
pub use trader::CrossCandidate;

/// The system.
#[derive(Debug)]
pub struct Crossover;

/// The one there is.
pub static MA_CROSS: Crossover = Crossover;

static ABOUT: About = About {
    name: "ma-cross",
    title: "a crossover of two moving averages",
    version: 2,
    symbols: Symbols::Many,
    regimes: None,
    exits: &[ExitReason::SIGNAL],
    rejects: &[],
    reasons: REASONS,
    column_params: &[],
    inputs: &[],
    deployment: OwnDeployment::NONE,
};

impl System for Crossover {
    type Params = MaCross;
    /// Both averages are features, which the cache shares.
    type Columns = ();
    type Candidate = CrossCandidate;
    type Log = ();
    type Trader<'a> = EachSymbol<TargetTrader<'a>>;

    fn about(&self) -> &About {
        &ABOUT
    }

    fn conflicts(&self, p: &MaCross) -> Vec<Violation> {
        p.conflicts()
    }

    fn warmup(&self, p: &MaCross) -> usize {
        first_row(p).max(p.distances().warmup())
    }

    fn columns(&self, _: &SymbolData<'_>, _: &MaCross) -> Result<()> {
        Ok(())
    }

    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        _: &[&()],
        p: &MaCross,
        keep: bool,
    ) -> Result<CrossCandidate> {
        Ok(CrossCandidate::new(symbols, p, keep))
    }

    fn trader<'a>(&self, candidate: &'a CrossCandidate, _: &[&'a ()], start: &Start<'a>) -> Self::Trader<'a> {
        start.each(|s| candidate.trader(s))
    }

    fn log(&self, _: Self::Trader<'_>) -> Logged<()> {
        Logged::default()
    }

    fn switches<'a>(&self, candidate: &'a CrossCandidate) -> Option<Switches<'a>> {
        candidate.switches()
    }

    fn follows_path(&self, p: &MaCross) -> bool {
        p.distances().trail_on == crate::system::targets::TrailOn::Path
    }

    fn record(&self, run: &RunView<'_>, made: &Made<'_, Self>) -> Record {
        record::record(run, made.candidate)
    }

    fn observe(&self, symbol: &SymbolData<'_>, _: &RunView<'_>, made: &Made<'_, Self>) -> Observed {
        record::observe(symbol, made.candidate)
    }
}
