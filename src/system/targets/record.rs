//! The table of a system that wants positions: what was wanted at each close, and whether that was another
//! than before.

use super::brackets::Brackets;
use super::trader::start_of;
use crate::data::table::{Column, TextColumn};
use crate::system::record::rows;
use crate::system::{Record, RunView, plain_signals};

/// Why a close led to an order or to none.
pub const REASONS: &[&str] = &["ordered", "hold", "no_distance"];

/// What a close came to, by its place in [`REASONS`].
const ORDERED: u8 = 0;
const HOLD: u8 = 1;
const NO_DISTANCE: u8 = 2;

/// What one symbol wanted.
#[derive(Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// The position wanted at each bar; of a symbol that wants no position, empty.
    pub position: &'a [f64],
    /// The bars at which it wanted another than before, and what.
    pub changes: &'a [(usize, f64)],
    /// What closes a position by itself, where anything does.
    pub brackets: Option<&'a Brackets>,
}

/// The record of symbols that wanted these positions.
pub fn record(run: &RunView<'_>, wanted: &[Wishes<'_>]) -> Record {
    let at = |symbol: usize, bar: usize| {
        let Wishes { changes, position, .. } = wanted[symbol];
        // At the first close a position is taken that was wanted before. Orders of a file were sent before, or not at all.
        if bar == run.symbols[symbol].first && !position.is_empty() {
            let start = start_of(changes, bar);
            if start.is_some() {
                return start;
            }
        }
        // Of several orders at one close the last.
        let changes = &changes[..changes.partition_point(|(b, _)| *b <= bar)];
        changes.last().filter(|(b, _)| *b == bar).map(|(_, want)| *want)
    };
    // What makes a position of the same side larger or smaller has no distances of its own.
    let opens = |symbol: usize, bar: usize, want: f64| {
        let before = wanted[symbol].changes;
        let before =
            before[..before.partition_point(|(b, _)| *b < bar)].last().map_or(0.0, |(_, want)| *want);
        want * before <= 0.0 || bar == run.symbols[symbol].first
    };
    let reason = |symbol: usize, bar: usize| match (at(symbol, bar), wanted[symbol].brackets) {
        (None, _) => HOLD,
        (Some(want), Some(b)) if want != 0.0 && !b.known(bar) && opens(symbol, bar, want) => NO_DISTANCE,
        (Some(_), _) => ORDERED,
    };
    let word = |symbol: usize, bar: usize| match at(symbol, bar) {
        None => "HOLD",
        Some(want) if want > 0.0 => "BUY",
        Some(want) if want < 0.0 => "SELL",
        Some(_) => "EXIT",
    };
    let rows = rows(run);
    let reasons: Vec<u8> = rows.iter().map(|r| reason(r.symbol, r.bar)).collect();
    let position =
        rows.iter().map(|r| wanted[r.symbol].position.get(r.bar).copied().unwrap_or(f64::NAN)).collect();
    let signals = plain_signals(run, word)
        .with("position", Column::F64(position))
        .with("reason", Column::Str(TextColumn::new(REASONS, reasons.iter().map(|r| u32::from(*r)))));
    let ordered = reasons.iter().filter(|r| **r == ORDERED).count();
    Record { signals, reasons, ordered, ..Record::default() }
}
