//! Entries and exits as positions: what vectorbt's arrays of booleans and freqtrade's columns of 0 and 1 ask for.

use std::collections::HashMap;

use crate::error::nearest;

/// What to write in a cell that is neither.
pub(super) const FLAG_HINT: &str = "write true or false, or 1 or 0";

/// Names of the columns: entries and exits of longs, entries and exits of shorts.
const NAMES: [&[&str]; 4] = [
    &["entries", "entry", "long_entries", "enter_long"],
    &["exits", "exit", "long_exits", "exit_long"],
    &["short_entries", "short_entry", "enter_short"],
    &["short_exits", "short_exit", "exit_short"],
];

/// Where the four stand among `names`; none where there is no column of entries.
pub(super) fn columns(names: &[&str]) -> Option<[Option<usize>; 4]> {
    let at = NAMES.map(|wanted| {
        wanted.iter().find_map(|w| names.iter().position(|n| n.trim().eq_ignore_ascii_case(w)))
    });
    (at[0].is_some() || at[2].is_some()).then_some(at)
}

/// Columns of freqtrade that are nearly called like those of entries and exits, and hold words.
const TAGS: [&str; 2] = ["enter_tag", "exit_tag"];

/// A column among `names` that is nearly called like one of entries or exits, and what that is called.
pub(super) fn misspelt<'n>(names: &[&'n str]) -> Option<(&'n str, &'static str)> {
    let known = || NAMES.iter().flat_map(|n| n.iter().copied());
    names.iter().find_map(|name| {
        let said = name.trim().to_ascii_lowercase();
        let right = known().chain(TAGS).any(|k| k == said);
        nearest(&said, known()).filter(|_| !right).map(|near| (*name, near))
    })
}

/// Whether a cell says yes; none where it says neither. An empty one says no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "" | "false" | "nan" | "none" | "null" => Some(false),
        number => match number.parse() {
            Ok(1.0) => Some(true),
            Ok(0.0) => Some(false),
            _ => None,
        },
    }
}

/// The side that each symbol is on, row by row.
#[derive(Debug, Default)]
pub(super) struct Sides(HashMap<String, f64>);

impl Sides {
    /// The position wanted of `symbol` from a row on: its new side, or NaN where the row changes nothing.
    ///
    /// As in vectorbt by default, an entry and an exit of one side at once say nothing, nor do entries of both sides; an
    /// entry turns a position of the other side round; an exit closes its own side only.
    pub fn next(&mut self, symbol: Option<&str>, said: [bool; 4]) -> f64 {
        let [long, close_long, short, close_short] = said;
        let (long, close_long) = (long && !close_long, close_long && !long);
        let (short, close_short) = (short && !close_short, close_short && !short);
        let side = self.0.entry(symbol.unwrap_or_default().to_owned()).or_insert(0.0);
        let wanted = match (long, short) {
            (true, false) => 1.0,
            (false, true) => -1.0,
            _ if close_long && *side > 0.0 || close_short && *side < 0.0 => 0.0,
            _ => *side,
        };
        if wanted == *side {
            return f64::NAN;
        }
        *side = wanted;
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_exits_are_sides() {
        let mut sides = Sides::default();
        // Entries and exits of longs, of shorts, and the side from then on; none where nothing changes.
        for (said, wanted) in [
            ([0, 1, 0, 0], None),
            ([1, 0, 0, 0], Some(1.0)),
            ([1, 0, 0, 0], None),
            ([0, 0, 0, 1], None),
            ([1, 1, 0, 0], None),
            ([0, 1, 0, 0], Some(0.0)),
            ([0, 0, 1, 0], Some(-1.0)),
            ([1, 0, 1, 0], None),
            ([0, 1, 0, 0], None),
            ([1, 0, 0, 1], Some(1.0)),
            ([0, 1, 1, 0], Some(-1.0)),
            ([0, 0, 1, 1], None),
            ([0, 0, 0, 1], Some(0.0)),
        ] {
            let found = sides.next(None, said.map(|s| s == 1));
            assert_eq!((!found.is_nan()).then_some(found), wanted, "{said:?}");
        }
        assert_eq!(sides.next(Some("B"), [true, false, false, false]), 1.0);
        assert_eq!(sides.next(Some("A"), [false, false, true, false]), -1.0, "each symbol has its own");
    }

    #[test]
    fn columns_are_found_by_the_names_of_both() {
        assert_eq!(columns(&["time", "Entries", "exits"]), Some([Some(1), Some(2), None, None]));
        let freqtrade = ["date", "close", "enter_long", "exit_long", "enter_short", "exit_short"];
        assert_eq!(columns(&freqtrade), Some([Some(2), Some(3), Some(4), Some(5)]));
        assert_eq!(columns(&["time", "exits"]), None, "nothing is ever entered");
        assert_eq!(
            ["True", "0", "", "1.0", "maybe", "0.5"].map(flag),
            [Some(true), Some(false), Some(false), Some(true), None, None]
        );
    }
}
