//! What a system promises, held against what it gave: columns of the right length, and nothing before its
//! warm-up.

use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::regime::Regime;
use crate::system::{Column, Labels, Record, SystemRef, TradeColumn};

fn broken(system: SystemRef, problem: String, hint: &str) -> Error {
    Error::usage(format!("system {:?}", system.name()), problem).hint(hint)
}

fn of_length(system: SystemRef, what: &str, rows: usize, wanted: usize, of: &str) -> Result<()> {
    if rows == wanted {
        return Ok(());
    }
    let problem = format!("{what} has {rows} rows where there are {wanted} {of}");
    Err(broken(system, problem, "give one value for each"))
}

/// Labels of `bars` bars that warm up for `warmup`.
pub(super) fn labels(system: SystemRef, labels: &Labels, bars: usize, warmup: usize) -> Result<()> {
    of_length(system, "the column of labels", labels.codes.len(), bars, "bars")?;
    of_length(system, "the column of fallback labels", labels.fallback.len(), bars, "bars")?;
    let early = labels.codes.iter().take(warmup.min(bars)).position(|c| *c != Regime::NONE_CODE);
    if let Some(bar) = early {
        let problem = format!("bar {bar} has a label, and the warm-up takes {warmup} bars");
        return Err(broken(
            system,
            problem,
            "leave bars before the warm-up without a label (Regime::NONE_CODE)",
        ));
    }
    let names = system.about().regimes.unwrap_or_default().len();
    let known = |c: &u8| *c == Regime::NONE_CODE || usize::from(*c) < names;
    match labels.codes.iter().position(|c| !known(c)) {
        None => Ok(()),
        Some(bar) => {
            let problem =
                format!("bar {bar} has the label {}, and there are {names} regimes", labels.codes[bar]);
            Err(broken(system, problem, "name every regime in About::regimes"))
        }
    }
}

/// What a system recorded of a run with `decided` bars from its first decision on, over all symbols.
pub(super) fn record(system: SystemRef, record: &Record, decided: usize) -> Result<()> {
    table(system, "the table of signals", &record.signals)?;
    for (name, t) in &record.tables {
        table(system, &format!("the table {name:?}"), t)?;
    }
    if record.reasons.is_empty() {
        return Ok(());
    }
    of_length(
        system,
        "the column of reasons",
        record.reasons.len(),
        decided,
        "bars from the first decision on",
    )?;
    let names = system.about().reasons.len();
    match record.reasons.iter().find(|c| usize::from(**c) >= names) {
        None => Ok(()),
        Some(code) => {
            let problem = format!("a bar has the reason {code}, and there are {names}");
            Err(broken(system, problem, "name every reason in About::reasons"))
        }
    }
}

fn table(system: SystemRef, what: &str, t: &Table) -> Result<()> {
    for (name, column) in t.columns() {
        of_length(system, &format!("column {name:?} of {what}"), column.len(), t.rows(), "rows")?;
    }
    Ok(())
}

/// Its column of a table of `trades` trades.
pub(super) fn trade_column(system: SystemRef, column: &TradeColumn, trades: usize) -> Result<()> {
    let what = format!("column {:?} of the table of trades", column.name);
    of_length(system, &what, column.values.len(), trades, "trades")
}

/// What it shows of itself over `bars` bars.
pub(super) fn observed(system: SystemRef, columns: &[Column], bars: usize) -> Result<()> {
    for c in columns {
        if c.end() > bars && !c.values.is_empty() {
            let problem =
                format!("column {:?} has values up to row {} where there are {bars} bars", c.name, c.end());
            return Err(broken(system, problem, "give one value a bar from its first row on"));
        }
        let early = c.declared.saturating_sub(c.first).min(c.values.len());
        if let Some(k) = c.values[..early].iter().position(|v| !v.is_nan()).filter(|_| c.labels.is_empty()) {
            let (row, declared) = (c.first + k, c.declared);
            let problem = format!(
                "column {:?} has a value at row {row}, and declares {declared} rows of warm-up",
                c.name
            );
            return Err(broken(
                system,
                problem,
                "leave rows before the warm-up NaN, or declare the row of the first value",
            ));
        }
    }
    Ok(())
}
