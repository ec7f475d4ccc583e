//! The tables of a run: one row a trade, a bar's equity, an act of the rules.

use super::backtest::{Backtest, Run};
use super::promises::OWN_TABLES;
use crate::data::table::{Column, Table, TextColumn};
use crate::error::Result;
use crate::execution::CostsPaid;
use crate::replay::{AccountId, ExitReason, Trade};
use crate::system::regime_column;

/// What closed each trade: the reasons there are anyway, then those of the system.
fn exits(b: &Backtest, trades: &[&Trade]) -> Column {
    let all = ExitReason::with_own(b.scenario.system.about().exits);
    let names: Vec<&'static str> = all.iter().map(|r| r.name()).collect();
    let code = |r: ExitReason| all.iter().position(|a| *a == r).map_or(TextColumn::MISSING, |k| k as u32);
    Column::Str(TextColumn::new(&names, trades.iter().map(|t| code(t.reason))))
}

/// The price of a stop or a target; what is infinitely far away is none.
fn level(price: f64) -> f64 {
    if price.is_finite() { price } else { f64::NAN }
}

/// What every trade has, real or on paper. Times are of bar edges: the fill lies within the bar.
fn every_trade(b: &Backtest, trades: &[&Trade]) -> Table {
    let clock = &b.clock;
    let f = |get: &dyn Fn(&Trade) -> f64| Column::F64(trades.iter().map(|t| get(t)).collect());
    let u = |get: &dyn Fn(&Trade) -> usize| Column::U32(trades.iter().map(|t| get(t) as u32).collect());
    let flag = |get: &dyn Fn(&Trade) -> bool| Column::Bool(trades.iter().map(|t| get(t)).collect());
    let time = |get: &dyn Fn(&Trade) -> i64| Column::TimeMs(trades.iter().map(|t| get(t)).collect());
    Table::new()
        .with("symbol", Column::Str(TextColumn::collect(trades.iter().map(|t| b.symbol(t).name.as_str()))))
        .with("regime", regime_column(&b.regimes, trades.iter().map(|t| b.label_of(t))))
        .with("direction", Column::Str(TextColumn::collect(trades.iter().map(|t| side(t.side)))))
        .with("signal_time", time(&|t| clock.close_time(b.step(t, t.signal_bar))))
        .with("entry_time", time(&|t| clock.time(b.step(t, t.entry_bar))))
        .with("exit_time", time(&|t| clock.close_time(b.step(t, t.exit_bar))))
        .with("signal_bar", u(&|t| b.step(t, t.signal_bar)))
        .with("entry_bar", u(&|t| b.step(t, t.entry_bar)))
        .with("exit_bar", u(&|t| b.step(t, t.exit_bar)))
        .with("bars_held", u(&|t| t.exit_bar - t.entry_bar + 1))
        .with("entry", f(&|t| t.entry_price))
        .with("exit", f(&|t| t.exit_price))
        .with("units", f(&|t| t.units))
        .with("notional", f(&|t| t.units * t.entry_price))
        .with("size_pct", f(&|t| t.size_frac))
        .with("stop", f(&|t| level(t.stop)))
        .with("target", f(&|t| level(t.target)))
        .with("exit_reason", exits(b, trades))
        .with("gross_pnl", f(&|t| t.gross_pnl))
        .with_all(
            CostsPaid::KINDS.into_iter().enumerate().map(|(k, name)| (name, f(&|t| t.costs.amounts()[k]))),
        )
        .with("costs", f(&|t| t.costs.total()))
        .with("pnl", f(&|t| t.pnl))
        .with("return_percent", f(&|t| 100.0 * t.return_frac))
        .with("r_multiple", f(&|t| t.r_multiple))
        .with("mae", f(&|t| t.mae))
        .with("mfe", f(&|t| t.mfe))
        .with("ambiguous", flag(&|t| t.ambiguous))
        .with("gap", flag(&|t| t.gap))
        .with("shadow", flag(&|t| t.shadow))
}

/// Trades of one run, in the order of their exits: what every trade has, and the columns of the system.
///
/// # Errors
/// The system gave a column of another length.
pub fn trades_table(b: &Backtest, run: &Run) -> Result<Table> {
    let trades: Vec<&Trade> = run.trades.iter().collect();
    let n = trades.len();
    let mut table = Table::new().with("id", Column::U32((0..n as u32).collect()));
    table = table.with_all(every_trade(b, &trades).into_columns());
    table.push_after("symbol", "variant", Column::Str(TextColumn::collect((0..n).map(|_| run.name))));
    b.add_trade_columns(run, &mut table)?;
    if b.scenario.risk.watches() && table.column("stage").is_err() {
        // Under rules of deployment every trade says its stage; a system that says more has done so.
        let asked = trades.iter().map(|t| t.size_frac / t.factor).collect();
        table.push_after("size_pct", "size_pct_before_stage", Column::F64(asked));
        let stages = Column::U8(trades.iter().map(|t| t.stage).collect());
        table.push_after("size_pct_before_stage", "stage", stages);
    }
    Ok(table)
}

/// What the rules above the system and the exchange did, in order.
pub fn events_table(b: &Backtest, run: &Run) -> Table {
    let mut events: Vec<(usize, i64, String, &str, String)> =
        run.events.iter().map(|e| (e.bar, e.time_ms, e.kind.clone(), "", e.detail.clone())).collect();
    for t in run.trades.iter().filter(|t| t.reason == ExitReason::LIQUIDATION) {
        let step = b.step(t, t.exit_bar);
        let detail = format!("{} units at {}, {:.2} lost", t.units, t.exit_price, -t.pnl);
        let name = b.symbol(t).name.as_str();
        events.push((step, b.clock.close_time(step), "liquidation".to_owned(), name, detail));
    }
    events.sort_by_key(|e| e.1);
    let text = |all: Vec<&str>| Column::Str(TextColumn::collect(all));
    Table::new()
        .with("time", Column::TimeMs(events.iter().map(|e| e.1).collect()))
        .with("bar", Column::U32(events.iter().map(|e| e.0 as u32).collect()))
        .with("symbol", text(events.iter().map(|e| e.3).collect()))
        .with("kind", text(events.iter().map(|e| e.2.as_str()).collect()))
        .with("detail", text(events.iter().map(|e| e.4.as_str()).collect()))
}

/// What a system that trades the whole account leaves beside trades and equity: refusals, and what became of its paper
/// accounts. A system without either leaves none.
pub fn account_tables(b: &Backtest, run: &Run) -> Vec<(String, Table)> {
    let [rejects, trades, equity] = OWN_TABLES.map(str::to_owned);
    let mut tables = vec![];
    if !run.rejects.is_empty() {
        tables.push((rejects, rejects_table(b, run)));
    }
    if !run.papers.is_empty() {
        tables.push((trades, paper_trades_table(b, run)));
        let mut curves = Table::new().with("close_time", Column::TimeMs(b.close_times()));
        for p in &run.papers {
            curves.push(p.paper.name, Column::F64(p.equity.clone()));
        }
        tables.push((equity, curves));
    }
    tables
}

fn side(side: f64) -> &'static str {
    if side > 0.0 { "long" } else { "short" }
}

/// One row a refusal, in the order of time.
pub(super) fn rejects_table(b: &Backtest, run: &Run) -> Table {
    let all = &run.rejects;
    let steps: Vec<usize> = all.iter().map(|(_, r)| r.step).collect();
    let account = |id: AccountId| id.paper_index().map_or("real", |k| run.papers[k].paper.name);
    let text = |texts: Vec<&str>| Column::Str(TextColumn::collect(texts));
    Table::new()
        .with("time", Column::TimeMs(steps.iter().map(|t| b.clock.close_time(*t)).collect()))
        .with("bar", Column::U32(steps.iter().map(|t| *t as u32).collect()))
        .with("symbol", text(all.iter().map(|(_, r)| b.symbols[r.symbol].name.as_str()).collect()))
        .with("account", text(all.iter().map(|(id, _)| account(*id)).collect()))
        .with("direction", text(all.iter().map(|(_, r)| side(r.side)).collect()))
        .with("units", Column::F64(all.iter().map(|(_, r)| r.units).collect()))
        .with("reason", text(all.iter().map(|(_, r)| r.reason.name()).collect()))
}

/// Columns of the trades on paper.
const ON_PAPER: [&str; 14] = [
    "symbol",
    "regime",
    "direction",
    "signal_time",
    "entry_time",
    "exit_time",
    "entry",
    "exit",
    "units",
    "exit_reason",
    "costs",
    "pnl",
    "return_percent",
    "r_multiple",
];

/// One row a trade on paper, account after account, each in the order of exits.
pub(super) fn paper_trades_table(b: &Backtest, run: &Run) -> Table {
    let trades: Vec<&Trade> = run.papers.iter().flat_map(|p| &p.trades).collect();
    let accounts = run.papers.iter().flat_map(|p| p.trades.iter().map(|_| p.paper.name));
    let shown = every_trade(b, &trades).into_columns().filter(|(name, _)| ON_PAPER.contains(&name.as_ref()));
    Table::new().with("account", Column::Str(TextColumn::collect(accounts))).with_all(shown)
}

/// Equity of every judged bar, with the bar itself, so that a run can be charted from its folder
/// alone.
pub fn equity_table(b: &Backtest, run: &Run, with_bars: bool) -> Table {
    let bars = &b.loaded().bars;
    let mut table = Table::new();
    table.push("close_time", Column::TimeMs(b.close_times()));
    table.push("equity", Column::F64(run.equity.clone()));
    table.push("exposure", Column::F64(run.exposure.clone()));
    table.push("regime_at_open", regime_column(&b.regimes, b.regime_at_open().into_iter()));
    if with_bars {
        for (name, column) in [
            ("open", bars.open()),
            ("high", bars.high()),
            ("low", bars.low()),
            ("close", bars.close()),
            ("volume", bars.volume()),
        ] {
            // Of several symbols the first one's; without a bar of its own it stands still.
            let at = |t: usize| match (b.clock.bar_at(0, t), b.clock.bar_at(0, t + 1)) {
                (before, now) if now > before => column[before],
                _ if name == "volume" => 0.0,
                (before, _) => bars.close()[before.saturating_sub(1)],
            };
            table.push(name, Column::F64((b.first()..b.clock.len()).map(at).collect()));
        }
    }
    table
}

/// The judged bars of the symbol with the most trades (the first of equals), of a run of several symbols: what its price
/// chart shows.
pub fn bars_table(b: &Backtest, run: &Run) -> Option<Table> {
    if b.symbols.len() < 2 {
        return None;
    }
    let trades = |k: usize| run.trades.iter().filter(|t| !t.shadow && usize::from(t.symbol) == k).count();
    let counts = (0..b.symbols.len()).map(|k| (k, trades(k)));
    let (k, _) = counts.reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    let (symbol, bars) = (&b.symbols[k], &b.symbols[k].loaded.bars);
    let rows = b.clock.bar_at(k, b.first())..bars.len();
    let column = |all: &[f64]| Column::F64(all[rows.clone()].to_vec());
    let table = Table::new()
        .with("symbol", Column::Str(TextColumn::collect(rows.clone().map(|_| symbol.name.as_str()))))
        .with("open_time", Column::TimeMs(bars.open_time()[rows.clone()].to_vec()))
        .with("open", column(bars.open()))
        .with("high", column(bars.high()))
        .with("low", column(bars.low()))
        .with("close", column(bars.close()))
        .with("volume", column(bars.volume()));
    Some(table)
}
