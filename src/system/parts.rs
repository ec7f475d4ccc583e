//! Charts and sections that a system adds to the report of its runs, as data: the report draws them.

pub use assay_draw::{StackedBars, StackedRow};

use crate::data::table::Table;
use crate::stats::Interval;

/// The tables of a run folder.
pub struct RunTables<'a> {
    /// What the run is, in a line for subtitles.
    pub subject: String,
    /// Open of the first judged bar and close of the last, milliseconds UTC.
    pub span_ms: (i64, i64),
    /// Closed trades.
    pub trades: &'a Table,
    /// One row a bar.
    pub signals: &'a Table,
    /// The system's own tables, by name.
    pub tables: &'a [(String, Table)],
}

/// An addition to the report.
#[derive(Debug, Clone)]
pub enum Part {
    /// A chart, which also becomes files of the folder `charts`.
    Chart {
        /// File name without ending.
        name: &'static str,
        /// A sentence below it.
        caption: &'static str,
        /// What it shows.
        chart: StackedBars,
    },
    /// A section of the page.
    Section(Section),
}

/// A section of the page.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What it is about.
    pub text: String,
    /// Its tables.
    pub tables: Vec<Grid>,
}

/// A table of values; the report formats them.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Headings; one that begins with `>` stands over numbers.
    pub heads: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// A sentence above it.
    pub caption: String,
}

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A fraction, shown as percent.
    Share(f64),
    /// Both ends of an interval of fractions, shown as percent.
    ShareInterval(Interval),
    /// A number that is percent already, with two decimals.
    Percent(f64),
    /// An amount of account currency.
    Money(f64),
    /// A ratio.
    Ratio(f64),
}
