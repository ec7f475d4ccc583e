//! Tables of a run as they lie in its record: named columns that criteria may ask about.

use std::borrow::Cow;

/// The cells of one column.
#[derive(Debug, Clone, Copy)]
pub enum Cells<'a> {
    /// Numbers; NaN is a missing cell.
    F64(&'a [f64]),
    /// Signed integers.
    I64(&'a [i64]),
    /// Counts and indices.
    U32(&'a [u32]),
    /// Small codes.
    U8(&'a [u8]),
    /// Truth values.
    Bool(&'a [bool]),
    /// Times, milliseconds UTC.
    TimeMs(&'a [i64]),
    /// Text, as codes into a list of names; a code outside it is a missing cell.
    Text {
        /// The names.
        names: &'a [Cow<'static, str>],
        /// Which of them each row holds.
        codes: &'a [u32],
    },
}

/// What the cells of a column are, as far as comparing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    Number,
    Truth,
    Time,
    Text,
}

impl CellKind {
    /// In the words of a message.
    pub fn words(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Truth => "truth values",
            Self::Time => "times",
            Self::Text => "text",
        }
    }
}

impl<'a> Cells<'a> {
    /// What they are.
    pub(super) fn kind(&self) -> CellKind {
        match self {
            Self::F64(_) | Self::I64(_) | Self::U32(_) | Self::U8(_) => CellKind::Number,
            Self::Bool(_) => CellKind::Truth,
            Self::TimeMs(_) => CellKind::Time,
            Self::Text { .. } => CellKind::Text,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::I64(v) | Self::TimeMs(v) => v.len(),
            Self::U32(v) => v.len(),
            Self::U8(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Text { codes, .. } => codes.len(),
        }
    }

    /// The number of row `i`; `None` where it is missing or no number.
    pub(super) fn number(&self, i: usize) -> Option<f64> {
        match self {
            Self::F64(v) => Some(v[i]).filter(|x| !x.is_nan()),
            Self::I64(v) => Some(v[i] as f64),
            Self::U32(v) => Some(f64::from(v[i])),
            Self::U8(v) => Some(f64::from(v[i])),
            Self::Bool(_) | Self::TimeMs(_) | Self::Text { .. } => None,
        }
    }

    /// The text of row `i`; `None` where it is missing or no text.
    pub(super) fn text(&self, i: usize) -> Option<&'a str> {
        match self {
            Self::Text { names, codes } => names.get(codes[i] as usize).map(AsRef::as_ref),
            _ => None,
        }
    }

    /// The truth value of row `i`; `None` where it is none.
    pub(super) fn truth(&self, i: usize) -> Option<bool> {
        match self {
            Self::Bool(v) => Some(v[i]),
            _ => None,
        }
    }

    /// The times; `None` where they are none.
    pub(super) fn times(&self) -> Option<&'a [i64]> {
        match self {
            Self::TimeMs(v) => Some(v),
            _ => None,
        }
    }

    /// Whether row `i` holds nothing.
    pub(super) fn is_missing(&self, i: usize) -> bool {
        match self {
            Self::F64(v) => v[i].is_nan(),
            Self::Text { names, codes } => codes[i] as usize >= names.len(),
            _ => false,
        }
    }
}

/// One table of a run.
#[derive(Debug, Clone, Default)]
pub struct TableView<'a> {
    /// Its name: `trades`, `equity`, `signals`, `events`, or that of a table beside these.
    pub name: &'a str,
    /// Its columns, of one length, with their names.
    pub columns: Vec<(&'a str, Cells<'a>)>,
}

impl<'a> TableView<'a> {
    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, c)| c.len())
    }

    /// The column `name`.
    pub(super) fn column(&self, name: &str) -> Option<Cells<'a>> {
        self.columns.iter().find(|(n, _)| *n == name).map(|(_, c)| *c)
    }

    /// Names of its columns, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.columns.iter().map(|(n, _)| *n)
    }

    /// When each row became known.
    pub(super) fn times(&self) -> Option<&'a [i64]> {
        let of = |name: &str| self.column(name).and_then(|c| c.times());
        match self.name {
            "trades" | "paper_trades" => of("exit_time"),
            "signals" | "equity" => of("close_time"),
            _ => ["time", "close_time", "exit_time"].into_iter().find_map(of),
        }
    }

    /// The regime of each row: for equity the one known at the bar's open, as everywhere.
    pub(super) fn regimes(&self) -> Option<Cells<'a>> {
        let name = if self.name == "equity" { "regime_at_open" } else { "regime" };
        self.column(name).filter(|c| c.kind() == CellKind::Text)
    }

    /// Checks that every column has as many rows as the first.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.columns.iter().find(|(_, c)| c.len() != self.rows()) {
            Some((name, c)) => Err(format!(
                "{}: column {name} has {} rows, the first column has {}",
                self.name,
                c.len(),
                self.rows()
            )),
            None => Ok(()),
        }
    }
}
