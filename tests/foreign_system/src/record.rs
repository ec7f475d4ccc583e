//! What a run of it leaves: a row a bar and symbol, its rankings as a table of their own, a fact.

use assay::data::table::{Column, Table, TextColumn};
use assay::system::{Made, Record, RunView, plain_signals};

use super::StrongestOf;

pub(super) fn record(run: &RunView<'_>, made: &Made<'_, StrongestOf>) -> Record {
    let ranks = made.log.map_or(&[][..], |log| &log.ranks);
    let name = |symbol: usize| run.symbols[symbol].name;
    let table = Table::new()
        .with("time", Column::TimeMs(ranks.iter().map(|r| run.clock.close_time(r.step)).collect()))
        .with("symbol", Column::Str(TextColumn::collect(ranks.iter().map(|r| name(r.symbol)))))
        .with("rank", Column::U32(ranks.iter().map(|r| r.rank as u32).collect()))
        .with("momentum", Column::F64(ranks.iter().map(|r| r.momentum).collect()));
    let bought = |symbol: usize, bar: usize| {
        run.trades.iter().any(|t| usize::from(t.symbol) == symbol && t.signal_bar == bar)
    };
    Record {
        signals: plain_signals(run, |symbol, bar| if bought(symbol, bar) { "BUY" } else { "HOLD" }),
        facts: vec![("rankings", ranks.iter().filter(|r| r.rank == 1).count() as f64)],
        tables: vec![("ranks".to_owned(), table)],
        ..Record::default()
    }
}
