//! BarCosts over the columns of a table, as `where = "rank == 1 and not symbol is missing"`.
//!
//! A comparison with a missing cell is neither true nor false, and so is what depends on it: such a row is left out and
//! counted, it never counts as 0.

mod parse;
#[cfg(test)]
mod tests;

use super::cells::{CellKind, Cells, TableView};
use crate::error::nearest;
use crate::market::parse_time;

/// A condition as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    root: Node,
}

/// What is wrong with a condition, and at which of its characters, counted from one.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The character.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Compare(Operand, Comparator, Operand),
    Missing(ColumnName),
    /// A column of truth values by itself.
    Flag(ColumnName),
}

#[derive(Debug, Clone, PartialEq)]
struct ColumnName {
    name: String,
    at: usize,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Column(ColumnName),
    Number(f64),
    Text(String, usize),
    Truth(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Comparator {
    const NAMED: [(&'static str, Self); 6] = [
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("<", Self::Below),
        (">", Self::Above),
    ];

    fn of<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Unequal => a != b,
            Self::Below => a < b,
            Self::AtMost => a <= b,
            Self::Above => a > b,
            Self::AtLeast => a >= b,
        }
    }

    fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }
}

/// The names that the text of a column may hold, where there is a list: unknown ones are slips.
pub(super) type KnownTexts<'a> = dyn Fn(&str) -> Option<&'a [String]> + 'a;

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Ok(Self { text: text.to_owned(), root: parse::parse(text)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it asks about column `name`.
    pub(super) fn names(&self, name: &str) -> bool {
        let mut found = false;
        self.root.columns(&mut |c| found |= c.name == name);
        found
    }

    /// Whether `table` has what it asks about: its columns, of a kind that can be compared as it does.
    pub(super) fn check(&self, table: &TableView<'_>, words: &KnownTexts<'_>) -> Result<(), Fault> {
        self.root.check(table, words)
    }

    /// Whether each row meets it; `None` where a missing cell leaves that open. It must have been checked.
    pub(super) fn of(&self, table: &TableView<'_>) -> Vec<Option<bool>> {
        self.root.of(table)
    }

    /// Texts that it asks for and that no row of `table` holds, each with its column.
    pub(super) fn unheard<'c>(&'c self, table: &TableView<'_>) -> Vec<(&'c str, &'c str)> {
        let mut all = vec![];
        self.root.texts(&mut |column, text| {
            let cells = table.column(&column.name);
            let held = cells
                .is_some_and(|c| c.kind() != CellKind::Text || (0..c.len()).any(|i| c.text(i) == Some(text)));
            if !held && !all.contains(&(column.name.as_str(), text)) {
                all.push((column.name.as_str(), text));
            }
        });
        all
    }
}

impl Node {
    fn columns<'n>(&'n self, see: &mut dyn FnMut(&'n ColumnName)) {
        match self {
            Self::Or(a, b) | Self::And(a, b) => {
                a.columns(see);
                b.columns(see);
            }
            Self::Not(a) => a.columns(see),
            Self::Compare(a, _, b) => {
                for side in [a, b] {
                    if let Operand::Column(c) = side {
                        see(c);
                    }
                }
            }
            Self::Missing(c) | Self::Flag(c) => see(c),
        }
    }

    /// Comparisons of a column with a text.
    fn texts<'n>(&'n self, see: &mut dyn FnMut(&'n ColumnName, &'n str)) {
        match self {
            Self::Or(a, b) | Self::And(a, b) => {
                a.texts(see);
                b.texts(see);
            }
            Self::Not(a) => a.texts(see),
            Self::Compare(Operand::Column(c), _, Operand::Text(t, _))
            | Self::Compare(Operand::Text(t, _), _, Operand::Column(c)) => see(c, t),
            Self::Compare(..) | Self::Missing(_) | Self::Flag(_) => {}
        }
    }

    fn check(&self, table: &TableView<'_>, words: &KnownTexts<'_>) -> Result<(), Fault> {
        match self {
            Self::Or(a, b) | Self::And(a, b) => a.check(table, words).and_then(|()| b.check(table, words)),
            Self::Not(a) => a.check(table, words),
            Self::Missing(c) => c.cells(table).map(|_| ()),
            Self::Flag(c) => match c.cells(table)?.kind() {
                CellKind::Truth => Ok(()),
                kind => Err(Fault {
                    at: c.at,
                    problem: format!(
                        "column {:?} holds {}: it is no condition by itself",
                        c.name,
                        kind.words()
                    ),
                    hint: Some("compare it, as in \"column == 1\"".into()),
                }),
            },
            Self::Compare(a, how, b) => comparable(a, *how, b, table, words),
        }
    }

    fn of(&self, table: &TableView<'_>) -> Vec<Option<bool>> {
        let rows = table.rows();
        let both = |a: &Self, b: &Self, decides: bool| {
            let (a, b) = (a.of(table), b.of(table));
            let join = |(a, b)| match (a, b) {
                (Some(x), _) | (_, Some(x)) if x == decides => Some(decides),
                (Some(_), Some(_)) => Some(!decides),
                _ => None,
            };
            a.into_iter().zip(b).map(join).collect()
        };
        match self {
            Self::Or(a, b) => both(a, b, true),
            Self::And(a, b) => both(a, b, false),
            Self::Not(a) => a.of(table).into_iter().map(|x| x.map(|x| !x)).collect(),
            Self::Missing(c) => match table.column(&c.name) {
                Some(cells) => (0..rows).map(|i| Some(cells.is_missing(i))).collect(),
                None => vec![None; rows],
            },
            Self::Flag(c) => match table.column(&c.name) {
                Some(cells) => (0..rows).map(|i| cells.truth(i)).collect(),
                None => vec![None; rows],
            },
            Self::Compare(a, how, b) => compare(a, *how, b, table),
        }
    }
}

impl ColumnName {
    fn cells<'a>(&self, table: &TableView<'a>) -> Result<Cells<'a>, Fault> {
        table.column(&self.name).ok_or_else(|| {
            let (problem, hint) = no_column(table, &self.name);
            Fault { at: self.at, problem, hint: Some(hint) }
        })
    }
}

/// That `table` has no column `name`, and which it has.
pub(super) fn no_column(table: &TableView<'_>, name: &str) -> (String, String) {
    let all: Vec<&str> = table.names().collect();
    let near =
        nearest(name, all.iter().copied()).map_or_else(String::new, |n| format!("did you mean {n:?}? "));
    (
        format!("table {:?} has no column {name:?}", table.name),
        format!("{near}the columns of {} are {}", table.name, all.join(", ")),
    )
}

impl Operand {
    fn kind(&self, table: &TableView<'_>) -> Result<CellKind, Fault> {
        Ok(match self {
            Self::Column(c) => c.cells(table)?.kind(),
            Self::Number(_) => CellKind::Number,
            Self::Text(..) => CellKind::Text,
            Self::Truth(_) => CellKind::Truth,
        })
    }

    fn column(&self) -> Option<&ColumnName> {
        match self {
            Self::Column(c) => Some(c),
            _ => None,
        }
    }
}

/// Whether two sides can be compared so; one of them is a column.
fn comparable(
    a: &Operand,
    how: Comparator,
    b: &Operand,
    table: &TableView<'_>,
    words: &KnownTexts<'_>,
) -> Result<(), Fault> {
    let (ka, kb) = (a.kind(table)?, b.kind(table)?);
    let at = a.column().or(b.column()).map_or(1, |c| c.at);
    let fault = |problem: String, hint: &str| Err(Fault { at, problem, hint: Some(hint.to_owned()) });
    match (ka, kb, a, b) {
        (CellKind::Time, CellKind::Text, _, Operand::Text(t, at))
        | (CellKind::Text, CellKind::Time, Operand::Text(t, at), _) => match parse_time(t) {
            Some(_) => return Ok(()),
            None => {
                return Err(Fault {
                    at: *at,
                    problem: format!("{t:?} is no time"),
                    hint: Some("write times as \"2024-05-31\" or \"2024-05-31 14:00\" (UTC)".into()),
                });
            }
        },
        _ if ka != kb => {
            let name = a.column().or(b.column()).map_or("", |c| &c.name);
            let problem = format!("column {name:?}: {} cannot be compared with {}", ka.words(), kb.words());
            return fault(problem, "numbers are bare, text is in quotes, truth values are true and false");
        }
        (CellKind::Text | CellKind::Truth, ..) if how.is_order() => {
            return fault(
                format!("{} have no order", ka.words()).replace("text have", "text has"),
                "compare them with == or !=",
            );
        }
        _ => {}
    }
    let asked = match (a, b) {
        (Operand::Column(c), Operand::Text(t, at)) | (Operand::Text(t, at), Operand::Column(c)) => {
            (c, t, *at)
        }
        _ => return Ok(()),
    };
    let (column, text, at) = asked;
    let Some(all) = words(&column.name) else { return Ok(()) };
    if all.iter().any(|w| w == text) {
        return Ok(());
    }
    let near = nearest(text, all.iter().map(String::as_str));
    let near = near.map_or_else(String::new, |n| format!("did you mean {n:?}? "));
    Err(Fault {
        at,
        problem: format!("column {:?} of {:?} never holds {text:?}", column.name, table.name),
        hint: Some(format!("{near}it holds {}", all.join(", "))),
    })
}

fn compare(a: &Operand, how: Comparator, b: &Operand, table: &TableView<'_>) -> Vec<Option<bool>> {
    let rows = table.rows();
    let cells = |side: &Operand| side.column().and_then(|c| table.column(&c.name));
    let (ca, cb) = (cells(a), cells(b));
    let kind = ca.or(cb).map_or(CellKind::Number, |c| c.kind());
    let each = |of: &dyn Fn(usize) -> Option<bool>| (0..rows).map(of).collect();
    match kind {
        CellKind::Number => {
            let value = |side: &Operand, cells: Option<Cells<'_>>, i| match (side, cells) {
                (Operand::Number(x), _) => Some(*x),
                (_, Some(c)) => c.number(i),
                _ => None,
            };
            each(&|i| Some(how.of(value(a, ca, i)?, value(b, cb, i)?)))
        }
        CellKind::Truth => {
            let value = |side: &Operand, cells: Option<Cells<'_>>, i| match (side, cells) {
                (Operand::Truth(x), _) => Some(*x),
                (_, Some(c)) => c.truth(i),
                _ => None,
            };
            each(&|i| Some(how.of(value(a, ca, i)?, value(b, cb, i)?)))
        }
        CellKind::Time => {
            let fixed = |side: &Operand| match side {
                Operand::Text(t, _) => parse_time(t),
                _ => None,
            };
            let (fa, fb) = (fixed(a), fixed(b));
            let value = |fixed: Option<i64>, cells: Option<Cells<'_>>, i: usize| {
                fixed.or_else(|| cells.and_then(|c| c.times()).map(|t| t[i]))
            };
            each(&|i| Some(how.of(value(fa, ca, i)?, value(fb, cb, i)?)))
        }
        CellKind::Text => {
            fn value<'t>(side: &'t Operand, cells: Option<Cells<'t>>, i: usize) -> Option<&'t str> {
                match (side, cells) {
                    (Operand::Text(t, _), _) => Some(t),
                    (_, Some(c)) => c.text(i),
                    _ => None,
                }
            }
            each(&|i| Some(how.of(value(a, ca, i)?, value(b, cb, i)?)))
        }
    }
}
