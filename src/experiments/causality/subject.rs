//! What is checked: anything that turns bars into columns and facts.

use super::noise::Known;
use crate::error::Result;
use crate::market::Bars;
use crate::replay::Trade;
use crate::system::{Fact, ObservedColumn, Phase};

/// Computes everything from a history, and from nothing else.
pub trait CheckSubject: Sync {
    /// What there is to know of `bars`, which are that part of the history. The columns asked for are the same whatever the bars, in the same order, and
    /// those of [`CheckScope::System`] are the first of [`CheckScope::All`].
    ///
    /// # Errors
    /// The bars cannot be run.
    fn observe(&self, bars: &Bars, part: &HistoryPart, scope: CheckScope) -> Result<Computed>;

    /// Rows before the first decision.
    fn warmup(&self) -> usize;
}

/// Which part of the history bars are, for what lies beside them: other symbols, events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryPart {
    /// The row of the history at which they begin.
    pub start: usize,
    /// Where they are no longer known; none where they are what they were.
    pub cut: Option<Cut>,
}

/// Where a history is no longer known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The first row, from the start of the part.
    pub row: usize,
    /// What is known of it all the same.
    pub known: Known,
    /// Seed of the noise from there on.
    pub seed: u64,
}

impl HistoryPart {
    /// One that begins at a row and ends as it was.
    pub fn from(start: usize) -> Self {
        Self { start, cut: None }
    }
}

/// How much to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckScope {
    /// What the system reads, decides and does.
    System,
    /// That, and every feature of the registry.
    All,
}

/// Bars of a trade: of its signal, its entry and its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradeBars {
    /// Bar whose close decided it.
    pub signal: usize,
    /// Bar of the entry fill.
    pub entry: usize,
    /// Bar of the exit fill.
    pub exit: usize,
}

impl TradeBars {
    /// Those of a trade.
    pub fn of(t: &Trade) -> Self {
        Self { signal: t.signal_bar, entry: t.entry_bar, exit: t.exit_bar }
    }
}

/// All that was computed from one history.
#[derive(Debug, Clone)]
pub struct Computed {
    /// The columns, in the order of the pipeline.
    pub columns: Vec<ObservedColumn>,
    /// The facts in the order of bars and phases, without any that only the end of the data made.
    pub facts: Vec<Fact>,
    /// From here on facts may be missing because the data end.
    pub facts_until: (usize, Phase),
    /// Bars of every trade, to cut around.
    pub trades: Vec<TradeBars>,
}
