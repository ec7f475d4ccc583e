//! What a system promises, held against what it gave: columns of the right length, and nothing before its
//! warm-up.

use crate::data::table::Table;
use crate::error::{Error, Place, Result};
use crate::regime::NO_REGIME;
use crate::replay::{AccountId, ExitReason, Reject, Rejected, Trade};
use crate::system::{Labels, ObservedColumn, Record, SystemRef, TradeColumn};

/// Tables of its own that the program writes for systems that trade the whole account.
pub(super) const OWN_TABLES: [&str; 3] = ["rejects", "paper_trades", "paper_equity"];

fn broken(system: SystemRef, problem: String, hint: &str) -> Error {
    Error::usage(Place::given("system", format_args!("{:?}", system.name())), problem).hint(hint)
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
    let early = labels.codes.iter().take(warmup.min(bars)).position(|c| *c != NO_REGIME);
    if let Some(bar) = early {
        let problem = format!("bar {bar} has a label, and the warm-up takes {warmup} bars");
        return Err(broken(
            system,
            problem,
            "leave bars before the warm-up without a label (regime::NO_REGIME)",
        ));
    }
    let regimes = system.about().regimes;
    let known = |c: u8| c == NO_REGIME || regimes.is_some_and(|r| r.get(c).is_some());
    match labels.codes.iter().position(|c| !known(*c)) {
        None => Ok(()),
        Some(bar) => {
            let code = labels.codes[bar];
            let names: Vec<&str> = regimes.map(|r| r.names()).unwrap_or_default();
            let problem = format!("bar {bar} has the label {code}, and its regimes are {}", names.join(", "));
            Err(broken(system, problem, "list every regime in About::regimes"))
        }
    }
}

/// Whether it labels as it says: regimes with labels, or neither.
pub(super) fn labelling(system: SystemRef, labels: Option<&Labels>) -> Result<()> {
    match (system.about().regimes, labels) {
        (Some(_), None) => {
            let problem = "lists regimes and gives no labels".to_owned();
            Err(broken(system, problem, "give System::labels, or leave About::regimes out"))
        }
        (None, Some(_)) => {
            let problem = "gives labels and lists no regimes".to_owned();
            Err(broken(system, problem, "list the regimes in About::regimes"))
        }
        _ => Ok(()),
    }
}

/// Its exits of a run.
pub(super) fn exits(system: SystemRef, trades: &[Trade]) -> Result<()> {
    let listed = |r: ExitReason| r.is_of_the_loop() || system.about().exits.contains(&r);
    match trades.iter().map(|t| t.reason).find(|r| !listed(*r)) {
        None => Ok(()),
        Some(reason) => {
            let problem =
                format!("closed a position for the reason {:?}, and does not list it", reason.name());
            Err(broken(system, problem, "list the reason in About::exits"))
        }
    }
}

/// Why it turned something away.
pub(super) fn rejects(system: SystemRef, rejects: &[(AccountId, Rejected)]) -> Result<()> {
    let listed = |r: Reject| Reject::ALL.contains(&r) || system.about().rejects.contains(&r);
    match rejects.iter().map(|(_, r)| r.reason).find(|r| !listed(*r)) {
        None => Ok(()),
        Some(reason) => {
            let problem =
                format!("refused an order for the reason {:?}, and does not list it", reason.name());
            Err(broken(system, problem, "list the reason in About::rejects"))
        }
    }
}

/// A setting that it is compared with: `own` and `others` are names and first steps of the setting itself and
/// of those before it.
pub(super) fn baseline(
    system: SystemRef,
    variant: &str,
    first: usize,
    own: (&str, usize),
    before: &[&'static str],
) -> Result<()> {
    if first > own.1 {
        let problem = format!("baseline {variant:?} may decide from step {first} on, the run from {}", own.1);
        return Err(broken(system, problem, "compare with settings whose warm-up is no longer"));
    }
    if variant == own.0 || before.contains(&variant) {
        let problem = format!("two settings of one run are named {variant:?}");
        return Err(broken(system, problem, "name each in System::variant"));
    }
    Ok(())
}

/// What a system recorded of a run with `decided` bars from its first decision on, over all symbols.
pub(super) fn record(system: SystemRef, record: &Record, decided: usize) -> Result<()> {
    table(system, "the table of signals", &record.signals)?;
    of_length(
        system,
        "the table of signals",
        record.signals.rows(),
        decided,
        "bars from the first decision on",
    )?;
    for name in ["close_time", "bar", "regime", "direction"] {
        if record.signals.columns().all(|(n, _)| n != name) {
            let problem = format!("the table of signals has no column {name:?}");
            return Err(broken(system, problem, "begin it with system::plain_signals"));
        }
    }
    for (k, (name, t)) in record.tables.iter().enumerate() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            let problem = format!("a table is named {name:?}");
            return Err(broken(system, problem, "use lower-case letters, digits, hyphens and underscores"));
        }
        if OWN_TABLES.contains(&name.as_str()) {
            return Err(broken(
                system,
                format!("a table is named {name:?}"),
                "the program writes one of that name",
            ));
        }
        if record.tables[..k].iter().any(|(n, _)| n == name) {
            return Err(broken(system, format!("two tables are named {name:?}"), "name each once"));
        }
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

/// Its column of a table of trades.
pub(super) fn trade_column(system: SystemRef, column: &TradeColumn, trades: &Table) -> Result<()> {
    let what = format!("column {:?} of the table of trades", column.name);
    // The variant of each trade is the system's to say.
    if column.name != "variant" && trades.columns().any(|(n, _)| *n == column.name) {
        return Err(broken(system, format!("{what} is there already"), "give it another name"));
    }
    of_length(system, &what, column.values.len(), trades.rows(), "trades")
}

/// What it shows of itself over `bars` bars.
pub(super) fn observed(system: SystemRef, columns: &[ObservedColumn], bars: usize) -> Result<()> {
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
