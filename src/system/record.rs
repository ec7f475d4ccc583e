//! A run as a system sees it afterwards, and what it adds to the tables of the run.

use std::borrow::Cow;

use super::labels::Labels;
use crate::data::table::{Column, Table, TextColumn};
use crate::market::Bars;
use crate::regime::RegimeScheme;
use crate::replay::{AccountId, Clock, PaperRun, Rejected, Trade};

/// A run, replayed.
pub struct RunView<'a> {
    /// Its symbols.
    pub symbols: Vec<SymbolView<'a>>,
    /// The union of their bars.
    pub clock: &'a Clock,
    /// First step at whose close the system may decide.
    pub first: usize,
    /// Closed trades in the order of their exits.
    pub trades: &'a [Trade],
    /// The paper accounts of a system that keeps some.
    pub papers: &'a [PaperRun],
    /// What was refused of a system that trades the whole account.
    pub rejects: &'a [(AccountId, Rejected)],
    /// What the codes of the labels stand for: the regimes the run is measured by.
    pub regimes: &'a RegimeScheme,
}

/// One symbol of a run.
#[derive(Clone, Copy)]
pub struct SymbolView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its bars.
    pub bars: &'a Bars,
    /// First bar that may be decided at.
    pub first: usize,
    /// The regime of each bar that the run is measured by: the system's own unless `[regimes] by` says
    /// otherwise.
    pub labels: &'a Labels,
}

impl RunView<'_> {
    /// Close time of every step from the first on.
    pub fn close_times(&self) -> Vec<i64> {
        (self.first..self.clock.len()).map(|t| self.clock.close_time(t)).collect()
    }
}

/// What a system adds to the folder of a run.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// One row a bar from the first decision on: `close_time`, `bar`, `regime`, `direction` (BUY, SELL, EXIT
    /// or HOLD), and whatever the system decides by; of several symbols with `symbol`, one row a step and
    /// symbol.
    pub signals: Table,
    /// Why each of these bars led to an order or to none, codes of [`About::reasons`](super::About::reasons).
    pub reasons: Vec<u8>,
    /// Of a system that is told what to do by a file: closes at which its positions led to an order, or its orders that
    /// were sent.
    pub ordered: usize,
    /// Of such a system: rows of its file that came to nothing, because they are about bars outside the span.
    pub left_out: usize,
    /// Numbers the run states about itself, for criteria of the system itself.
    pub facts: Vec<(&'static str, f64)>,
    /// Further tables, each a file `tables/<name>.parquet` of the run folder.
    pub tables: Vec<(String, Table)>,
}

impl Record {
    /// Of a system that says nothing: times and regimes.
    pub fn plain(run: &RunView<'_>) -> Self {
        Self { signals: plain_signals(run, |_, _| "HOLD"), ..Self::default() }
    }
}

/// A column of the table of trades.
#[derive(Debug, Clone)]
pub struct TradeColumn {
    /// The column that it stands behind; at the end where there is none of that name.
    pub after: &'static str,
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its values, one a trade.
    pub values: Column,
}

impl TradeColumn {
    /// A column at the end.
    pub fn last(name: impl Into<Cow<'static, str>>, values: Column) -> Self {
        Self { after: "", name: name.into(), values }
    }
}

/// Codes of regimes as text; a bar without one has none.
pub(crate) fn regime_column(scheme: &RegimeScheme, codes: impl Iterator<Item = u8>) -> Column {
    let codes = codes.map(|c| if scheme.get(c).is_some() { u32::from(c) } else { TextColumn::MISSING });
    Column::Str(TextColumn::named(&scheme.names(), codes))
}

/// Rows of all symbols from their first decision on, step after step: `close_time`, `bar`, `symbol`, `regime`
/// and `direction`, which `word` says of a symbol and bar.
pub fn plain_signals(run: &RunView<'_>, word: impl Fn(usize, usize) -> &'static str) -> Table {
    let rows = rows(run);
    Table::new()
        .with(
            "close_time",
            Column::TimeMs(rows.iter().map(|r| run.symbols[r.symbol].bars.close_time(r.bar)).collect()),
        )
        .with("bar", Column::U32(rows.iter().map(|r| r.step as u32).collect()))
        .with("symbol", Column::Str(TextColumn::collect(rows.iter().map(|r| run.symbols[r.symbol].name))))
        .with(
            "regime",
            regime_column(run.regimes, rows.iter().map(|r| run.symbols[r.symbol].labels.code(r.bar))),
        )
        .with("direction", Column::Str(TextColumn::collect(rows.iter().map(|r| word(r.symbol, r.bar)))))
}

/// A bar of a symbol, and its step.
pub(super) struct Row {
    pub(super) symbol: usize,
    pub(super) bar: usize,
    pub(super) step: usize,
}

/// Every bar of every symbol from its first decision on, step after step, symbols in their order.
pub(super) fn rows(run: &RunView<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![];
    for (symbol, s) in run.symbols.iter().enumerate() {
        rows.extend((s.first..s.bars.len()).map(|bar| Row {
            symbol,
            bar,
            step: run.clock.step_of(symbol, bar),
        }));
    }
    rows.sort_by_key(|r| r.step);
    rows
}
