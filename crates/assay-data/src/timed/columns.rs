//! Which columns of a file hold what.

use super::entry_exit;
use super::kind::{POSITIONS, RATES, ValueKind};
use crate::error::{Error, Result, nearest};

const TIMES: [&str; 9] =
    ["time", "timestamp", "datetime", "date", "close_time", "open_time", "index", "calc_time", "fundingtime"];

const MARKS: [&str; 2] = ["mark_price", "mark"];

/// Which columns hold what.
pub(super) struct ValueColumns {
    pub time: usize,
    pub value: ValueSource,
    pub mark: Option<usize>,
    pub symbol: Option<usize>,
}

/// What says the value of a row.
#[derive(Clone, Copy)]
pub(super) enum ValueSource {
    /// One column.
    Column(usize),
    /// Entries and exits, of longs and of shorts.
    EntryExit([Option<usize>; 4]),
}

pub(super) fn columns(place: &str, names: &[&str], kind: &ValueKind) -> Result<ValueColumns> {
    let find = |wanted: &[&str]| {
        wanted.iter().find_map(|w| names.iter().position(|n| n.trim().eq_ignore_ascii_case(w)))
    };
    // pandas leaves the name of an index empty.
    let unnamed = || names.iter().position(|n| n.trim().is_empty() || n.starts_with("__index_level"));
    let missing = |what: &str, wanted: &[&str]| {
        let near = names.iter().find_map(|n| nearest(&n.to_ascii_lowercase(), wanted.iter().copied()));
        let hint = format!("name one of the columns {}", near.unwrap_or(wanted[0]));
        Error::data(place, format!("no column of {what}; there are {}", names.join(", "))).hint(hint)
    };
    let time = find(&TIMES).or_else(unnamed).ok_or_else(|| missing("times", &TIMES))?;
    // freqtrade keeps funding in the columns of bars, the rate as their open.
    let freqtrade =
        || (kind.names == RATES.names && find(&["close"]).is_some()).then(|| find(&["open"])).flatten();
    let positions = kind.names == POSITIONS.names;
    let entries = if positions { entry_exit::columns(names) } else { None };
    if let Some((column, near)) = positions.then(|| entry_exit::misspelt(names)).flatten() {
        return Err(Error::data(place, format!("{column} is no column of entries or exits"))
            .hint(format!("did you mean {near}? Otherwise drop it or give it another name")));
    }
    let value = match (find(kind.names).or_else(freqtrade), entries) {
        (Some(column), Some(four)) => {
            let four: Vec<&str> = four.iter().flatten().map(|c| names[*c]).collect();
            let (one, four) = (names[column], four.join(", "));
            return Err(Error::data(place, format!("{one} says the position, and {four} say it too"))
                .hint(format!("drop the column {one}, or the columns {four}")));
        }
        (Some(column), None) => ValueSource::Column(column),
        (None, entries) => ValueSource::EntryExit(entries.ok_or_else(|| missing(kind.what[0], kind.names))?),
    };
    Ok(ValueColumns { time, value, mark: find(&MARKS), symbol: find(&["symbol"]) })
}
