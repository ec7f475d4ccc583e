//! What the gate reads of a run.

use std::collections::BTreeMap;

use super::promises::OWN_TABLES;
use super::run_dir::{RunRecord, TradesAndEquity};
use super::summary::Summary;
use super::terms::run_terms;
use super::timing::RetimedSummary;
use crate::data::table::{Column, Table, TextColumn};
use crate::error::Result;
use crate::gate::{Cells, DelayedRun, Equity, Evidence, SignalRows, TableView, Tables, Trades};
use crate::random::ContentSeed;
use crate::regime::{NO_REGIME, RegimeScheme};
use crate::replay::{ExitReason, Reject};
use crate::risk::Risk;
use crate::system::{Symbols, SystemRef};

/// What the gate reads of a run: trades and equity by the pessimistic path, those of its baselines, and its other tables
/// as they were recorded.
///
/// # Errors
/// A table lacks a column or holds one of another type.
pub fn evidence(record: &RunRecord) -> Result<Evidence<'_>> {
    let s = &record.summary;
    let judged = record.pessimistic.as_ref().unwrap_or(&record.main);
    let mut facts = s.facts.clone();
    let own = record.system.map(|s| s.table_facts(&record.signals, &judged.trades)).unwrap_or_default();
    facts.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    // What every run states of itself; a system may say otherwise what it means by these words.
    for (name, value) in [("trades", s.trades.n), ("days", s.performance.periods)] {
        facts.entry(name.to_owned()).or_insert(value as f64);
    }
    let mut main = tables(judged, Some(&record.signals), &s.regime_scheme)?;
    if record.pessimistic.is_some() {
        add_bars(&mut main, &record.main.equity);
    }
    main.views.push(view("signals", &record.signals));
    main.views.push(view("events", &record.events));
    main.views.extend(record.tables.iter().map(|(name, table)| view(name, table)));
    main.views.extend(record.system.into_iter().flat_map(|s| empty_tables(s, &record.tables)));
    Ok(Evidence {
        run_id: s.run_id.clone(),
        system: s.system.clone(),
        variant: s.variant.clone(),
        bars_per_year: s.bars_per_year,
        calendar: s.calendar,
        days_per_year: s.days_per_year,
        bar_ms: s.data.quality.timeframe.ms(),
        start_ms: s.data.start_ms,
        end_ms: s.data.end_ms,
        start_equity: s.start_equity,
        staged: s.staged,
        ruled: is_ruled(&record.scenario),
        seed: resampling_seed(judged)?,
        regimes: s.regime_scheme.clone(),
        main,
        baselines: record
            .baselines
            .iter()
            .map(|(name, t)| Ok((name.clone(), tables(t, None, &s.regime_scheme)?)))
            .collect::<Result<_>>()?,
        facts,
        delayed: delayed_runs(s),
        search: None,
        studies: BTreeMap::new(),
        objections: vec![],
        terms: run_terms(record),
        words: words(record.system, &s.regime_scheme),
    })
}

/// The seed of every interval of a run, in its verdict and its summary: made of what the gate judges, so that nobody can
/// choose it, a run has the same on any day, and another scenario that comes to the same trades and equity has it too.
///
/// Close time and equity of every bar, then entry, exit and profit of every trade, under the pessimistic path.
///
/// # Errors
/// A table lacks a column.
pub(super) fn resampling_seed(judged: &TradesAndEquity) -> Result<u64> {
    let (trades, equity) = (&judged.trades, &judged.equity);
    Ok(ContentSeed::new("assay run v1")
        .whole(equity.time_ms("close_time")?)
        .numbers(equity.f64("equity")?)
        .whole(trades.time_ms("entry_time")?)
        .whole(trades.time_ms("exit_time")?)
        .numbers(trades.f64("pnl")?)
        .seed())
}

/// The replays that acted later, and those that there are none of.
fn delayed_runs(s: &Summary) -> Vec<DelayedRun> {
    let own = s.performance.sharpe;
    let runs = s.retimed.iter().filter(|r| r.later).map(|r| delayed(r, own));
    let skipped = s.not_retimed.iter().map(|r| DelayedRun {
        name: r.reading.name().to_owned(),
        label: r.label.clone(),
        setting: String::new(),
        sharpe: f64::NAN,
        own,
        hangs_on_timing: false,
        skipped: Some(r.reason.clone()),
    });
    runs.chain(skipped).collect()
}

fn delayed(r: &RetimedSummary, own: f64) -> DelayedRun {
    DelayedRun {
        name: r.reading.name().to_owned(),
        label: r.label.clone(),
        setting: r.setting.clone(),
        sharpe: r.performance.sharpe,
        own,
        hangs_on_timing: r.hangs_on_timing,
        skipped: None,
    }
}

/// Whether the `[risk]` section of a resolved scenario acts on the run. One that cannot be read may: nothing is compared
/// with such a run.
fn is_ruled(scenario: &str) -> bool {
    let Ok(table) = scenario.parse::<toml::Table>() else { return true };
    let risk = table.get("risk").map(|risk| risk.clone().try_into::<Risk>());
    risk.is_some_and(|risk| risk.map_or(true, |risk| risk.acts()))
}

/// Names of regimes as codes of the scheme that a run is measured by; any other name is none.
pub(crate) fn regime_codes(labels: &TextColumn, scheme: &RegimeScheme) -> Vec<u8> {
    let of: Vec<u8> = labels.names.iter().map(|n| scheme.code(n).unwrap_or(NO_REGIME)).collect();
    labels.codes.iter().map(|c| of.get(*c as usize).copied().unwrap_or(NO_REGIME)).collect()
}

fn tables<'a>(t: &'a TradesAndEquity, signals: Option<&Table>, regimes: &RegimeScheme) -> Result<Tables<'a>> {
    let regime_codes = |labels| regime_codes(labels, regimes);
    let x = &t.trades;
    // A system of its own has no patterns, no volume rules and no stages.
    let sizes = x.f64("size_pct_before_stage").or_else(|_| x.f64("size_pct"))?;
    let trades = Trades {
        signal_time_ms: x.time_ms("signal_time")?.to_vec(),
        entry_time_ms: x.time_ms("entry_time")?.to_vec(),
        exit_time_ms: x.time_ms("exit_time")?.to_vec(),
        regime: regime_codes(x.labels("regime")?),
        pnl: x.f64("pnl")?.to_vec(),
        return_frac: x.f64("return_percent")?.iter().map(|r| r / 100.0).collect(),
        r_multiple: x.f64("r_multiple")?.to_vec(),
        size_frac: sizes.to_vec(),
        patterns: x.u32("pattern_mask").ok().map(<[u32]>::to_vec),
        ambiguous: x.bool("ambiguous")?.to_vec(),
        shadow: x.bool("shadow")?.to_vec(),
    };
    let e = &t.equity;
    let equity = Equity {
        close_time_ms: e.time_ms("close_time")?.to_vec(),
        equity: e.f64("equity")?.to_vec(),
        regime_at_open: regime_codes(e.labels("regime_at_open")?),
    };
    let views = vec![view("trades", x), view("equity", e)];
    let Some(s) = signals else {
        return Ok(Tables { trades, equity, signals: SignalRows::default(), views });
    };
    let direction = s.labels("direction")?;
    let sides: Vec<i8> =
        direction.names.iter().map(|n| i8::from(n == "BUY") - i8::from(n == "SELL")).collect();
    let sign = |code: &u32| sides.get(*code as usize).copied().unwrap_or(0);
    let signals = SignalRows {
        close_time_ms: s.time_ms("close_time")?.to_vec(),
        regime: regime_codes(s.labels("regime")?),
        direction: direction.codes.iter().map(sign).collect(),
        quality: s.f64("quality").ok().map(<[f64]>::to_vec),
        patterns: s.u32("pattern_mask").ok().map(<[u32]>::to_vec),
        volume_confirmed: s.bool("volume_confirmed").ok().map(<[bool]>::to_vec),
        valid: s.bool("valid").ok().map(<[bool]>::to_vec),
    };
    Ok(Tables { trades, equity, signals, views })
}

fn view<'a>(name: &'a str, table: &'a Table) -> TableView<'a> {
    let cells = |column: &'a Column| match column {
        Column::F64(v) => Some(Cells::F64(v)),
        Column::I64(v) => Some(Cells::I64(v)),
        Column::U32(v) => Some(Cells::U32(v)),
        Column::U8(v) => Some(Cells::U8(v)),
        Column::Bool(v) => Some(Cells::Bool(v)),
        Column::TimeMs(v) => Some(Cells::TimeMs(v)),
        Column::Str(TextColumn { names, codes }) => Some(Cells::Text { names, codes }),
        // No run has a table of lists, and no criterion asks about one.
        Column::I16Lists(_) => None,
    };
    TableView { name, columns: table.columns().filter_map(|(name, c)| Some((name, cells(c)?))).collect() }
}

/// The bars, which the equity by another path leaves out: they are the same.
fn add_bars<'a>(main: &mut Tables<'a>, equity: &'a Table) {
    let known = |v: &TableView<'_>, name: &str| v.columns.iter().any(|(n, _)| *n == name);
    if let Some(judged) = main.views.iter_mut().find(|v| v.name == "equity") {
        let bars = view("equity", equity).columns;
        let missing: Vec<_> = bars.into_iter().filter(|(name, _)| !known(judged, name)).collect();
        judged.columns.extend(missing);
    }
}

const TEXT: Cells<'_> = Cells::Text { names: &[], codes: &[] };
const NUMBERS: Cells<'_> = Cells::F64(&[]);
const TIMES: Cells<'_> = Cells::TimeMs(&[]);

const REJECTS: [(&str, Cells<'_>); 7] = [
    ("time", TIMES),
    ("bar", Cells::U32(&[])),
    ("symbol", TEXT),
    ("account", TEXT),
    ("direction", TEXT),
    ("units", NUMBERS),
    ("reason", TEXT),
];

const PAPER_TRADES: [(&str, Cells<'_>); 15] = [
    ("account", TEXT),
    ("symbol", TEXT),
    ("regime", TEXT),
    ("direction", TEXT),
    ("signal_time", TIMES),
    ("entry_time", TIMES),
    ("exit_time", TIMES),
    ("entry", NUMBERS),
    ("exit", NUMBERS),
    ("units", NUMBERS),
    ("exit_reason", TEXT),
    ("costs", NUMBERS),
    ("pnl", NUMBERS),
    ("return_percent", NUMBERS),
    ("r_multiple", NUMBERS),
];

/// The tables that a system may leave and this run did not, without a row: nothing was refused, nothing was traded on
/// paper. A run folder has no file of them.
fn empty_tables(system: SystemRef, written: &[(String, Table)]) -> Vec<TableView<'static>> {
    let about = system.about();
    let together = about.symbols == Symbols::Together;
    let [rejects, paper_trades, _] = OWN_TABLES;
    let mut may = vec![];
    if together || !about.rejects.is_empty() {
        may.push(TableView { name: rejects, columns: REJECTS.to_vec() });
    }
    if together {
        may.push(TableView { name: paper_trades, columns: PAPER_TRADES.to_vec() });
    }
    may.retain(|v| written.iter().all(|(name, _)| name != v.name));
    may
}

/// What the texts of some columns can be: any other is a slip.
fn words(
    system: Option<SystemRef>,
    regimes: &RegimeScheme,
) -> Vec<(&'static str, &'static str, Vec<String>)> {
    let texts = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let regimes = texts(&regimes.names());
    let sides = texts(&["long", "short"]);
    let mut all = vec![
        ("trades", "regime", regimes.clone()),
        ("paper_trades", "regime", regimes.clone()),
        ("equity", "regime_at_open", regimes),
        ("trades", "direction", sides.clone()),
        ("paper_trades", "direction", sides.clone()),
        ("rejects", "direction", sides),
    ];
    if let Some(about) = system.map(SystemRef::about) {
        let exits: Vec<&str> = ExitReason::with_own(about.exits).iter().map(|r| r.name()).collect();
        let rejects: Vec<&str> = Reject::ALL.iter().chain(about.rejects).map(|r| r.name()).collect();
        all.push(("trades", "exit_reason", texts(&exits)));
        all.push(("paper_trades", "exit_reason", texts(&exits)));
        all.push(("rejects", "reason", texts(&rejects)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::tables::{paper_trades_table, rejects_table};
    use super::*;
    use crate::runs::backtest;
    use crate::scenario::Scenario;

    #[test]
    fn a_run_is_compared_only_where_nothing_acted_on_it() {
        assert!(!is_ruled("name = \"t\"") && !is_ruled("[risk]\nstaging = \"full\""));
        assert!(is_ruled("[risk]\nstaging = \"time\"") && is_ruled("[risk.limits]\nmax_position = 0.1"));
        // What cannot be read may have acted.
        assert!(is_ruled("[risk]\nunheard_of = 1") && is_ruled("not toml"));
    }

    #[test]
    fn tables_that_were_not_written_have_the_columns_of_those_that_are() {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-03-01\"\n";
        let scenario = Scenario::parse(text, "t.toml", root.clone(), &[]).unwrap();
        let file = root.join("datasets/btcusdt-1h.parquet");
        let bars = crate::data::load(&file, &scenario.request()).unwrap();
        let b = backtest(scenario, bars).unwrap();
        let same = |table: Table, want: &[(&str, Cells<'_>)]| {
            let got = view("x", &table).columns;
            let kinds = |columns: &[(&str, Cells<'_>)]| {
                let kind = |c: &Cells<'_>| format!("{c:?}").split(['(', ' ']).next().map(str::to_owned);
                columns.iter().map(|(name, c)| ((*name).to_owned(), kind(c))).collect::<Vec<_>>()
            };
            assert_eq!(kinds(&got), kinds(want));
        };
        same(rejects_table(&b, &b.main), &REJECTS);
        same(paper_trades_table(&b, &b.main), &PAPER_TRADES);
    }
}
