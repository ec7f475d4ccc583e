//! What a criterion asks of a table: an aggregate of its rows.

use std::fmt;

use super::condition::Condition;
use crate::choices;

/// An aggregate of the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// How the rows become a number.
    pub aggregate: Aggregate,
    /// Which table.
    pub table: Asked<String>,
    /// Which column, for a mean and a quantile.
    pub column: Option<Asked<String>>,
    /// Which rows count; all where absent.
    pub condition: Option<Asked<Condition>>,
    /// Which rows a share is of; all where absent.
    pub of: Option<Asked<Condition>>,
}

/// A value with the file and line it is in, for messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// The value.
    pub value: T,
    /// File and line.
    pub place: String,
}

/// How rows become a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// Rows that meet a condition over rows.
    Share,
    /// Mean of a column.
    Mean,
    /// Rows in a stretch of time.
    Rate(Per),
    /// Rows.
    Count,
    /// Quantile of a column, at this probability.
    Quantile(f64),
}

impl Aggregate {
    /// Names in files.
    pub const NAMES: [&'static str; 5] = ["share", "mean", "rate", "count", "quantile"];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Mean => "mean",
            Self::Rate(_) => "rate",
            Self::Count => "count",
            Self::Quantile(_) => "quantile",
        }
    }

    /// Whether it is of one column.
    pub(super) fn takes_column(self) -> bool {
        matches!(self, Self::Mean | Self::Quantile(_))
    }

    /// Whether it can be watched over a rolling window.
    pub(super) fn rolls(self) -> bool {
        matches!(self, Self::Share | Self::Mean)
    }
}

choices! {
    /// The stretch of time of a rate, in which the market trades.
    pub enum Per {
        /// A trading day.
        Day = "day",
        /// An hour of bars.
        Hour = "hour",
        /// A bar.
        Bar = "bar",
    }
}

impl Query {
    /// Its conditions, each with its key in files.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (&'static str, &Asked<Condition>)> {
        let both = [("where", &self.condition), ("of", &self.of)];
        both.into_iter().filter_map(|(key, c)| c.as_ref().map(|c| (key, c)))
    }

    /// Whether it asks about column `name`.
    pub(super) fn names(&self, name: &str) -> bool {
        self.column.as_ref().is_some_and(|c| c.value == name)
            || self.conditions().any(|(_, c)| c.value.names(name))
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.aggregate.name())?;
        if let Aggregate::Quantile(q) = self.aggregate {
            write!(f, " {q}")?;
        }
        write!(f, " of {}", self.table.value)?;
        if let Some(column) = &self.column {
            write!(f, ".{}", column.value)?;
        }
        if let Aggregate::Rate(per) = self.aggregate {
            write!(f, " per {}", per.name())?;
        }
        if let Some(condition) = &self.condition {
            write!(f, " where {}", condition.value.text())?;
        }
        match &self.of {
            Some(of) => write!(f, " of those where {}", of.value.text()),
            None => Ok(()),
        }
    }
}
