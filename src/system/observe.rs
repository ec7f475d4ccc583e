//! What the causality check sees of a system: named columns, and facts that happened at a bar.

use std::borrow::Cow;

use crate::choices;
use crate::features::FeatureColumn;

choices! {
    /// Where a column stands on the way from bars to money, in the order of the pipeline.
    #[derive(PartialOrd, Ord)]
    pub enum Stage {
        /// A feature the system reads.
        Feature = "feature",
        /// The label of a bar.
        Regime = "regime",
        /// The vote of a source.
        Source = "source",
        /// What else is read of a bar.
        SignalRow = "reading",
        /// What is decided at a close.
        Decision = "decision",
        /// Equity and exposure.
        Account = "account",
        /// Orders, entries, exits and acts of the rules above the system.
        Fill = "fill",
        /// A feature of the registry that the system does not read.
        Registry = "registry",
    }
}

/// One value a bar.
#[derive(Debug, Clone)]
pub struct ObservedColumn {
    /// Where it stands.
    pub stage: Stage,
    /// Its name.
    pub name: String,
    /// Row of the first value.
    pub first: usize,
    /// Row from which it claims to be known.
    pub declared: usize,
    /// Values of rows `first..`; rows that know that the data end are left out.
    pub values: FeatureColumn,
    /// Names of codes 0, 1, .. where the values are codes; empty for numbers.
    pub labels: Vec<Cow<'static, str>>,
}

impl ObservedColumn {
    /// Numbers of rows `first..`, known from there on.
    pub fn numbers(stage: Stage, name: impl Into<String>, first: usize, values: Vec<f64>) -> Self {
        Self { stage, name: name.into(), first, declared: first, values: values.into(), labels: vec![] }
    }

    /// One past the last row.
    pub fn end(&self) -> usize {
        self.first + self.values.len()
    }

    /// The value of a row in words, exact to the bit.
    pub fn show(&self, row: usize) -> String {
        match row.checked_sub(self.first).and_then(|k| self.values.get(k)) {
            None => "nothing".to_owned(),
            Some(v) => match self.labels.get(*v as usize) {
                Some(name) => name.to_string(),
                None => format!("{v}"),
            },
        }
    }
}

/// When within its bar something happened, and so what of the bar was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// At the open, of which only the price was known.
    Open,
    /// Between open and close: the extremes may be known, the close is not.
    Inside,
    /// At the close, when the whole bar is known.
    Close,
}

/// Something that happened at a bar: a fill, an order, an act of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The bar.
    pub bar: usize,
    /// When within it.
    pub phase: Phase,
    /// What is said.
    pub name: Cow<'static, str>,
    /// And its value.
    pub value: f64,
}

/// What a system shows of itself beside its fills.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Columns, one value a bar.
    pub columns: Vec<ObservedColumn>,
    /// Facts, in any order.
    pub facts: Vec<Fact>,
}
