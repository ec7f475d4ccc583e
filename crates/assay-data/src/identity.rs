//! What makes things the same things, whatever file they came from: a hash of their columns, bit by bit.
//!
//! The bytes of a file are hashed as well, for the record. What a run is known by is this: names of what there is, then
//! each column as little-endian numbers.

use sha2::{Digest, Sha256};

use super::file::hex;
use super::table::{Column, TextColumn};

/// A hash that grows by what a thing holds.
pub(super) struct Identity(Sha256);

impl Identity {
    /// Of `rows` rows of the kind that `what` names.
    pub fn new(what: &str, rows: usize) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("assay {what} {rows}\n"));
        Self(hash)
    }

    pub fn times(mut self, column: &[i64]) -> Self {
        column.iter().for_each(|t| self.0.update(t.to_le_bytes()));
        self
    }

    /// Every NaN is the same nothing, and zero has no sign.
    pub fn numbers(mut self, column: &[f64]) -> Self {
        let plain = |v: &f64| if v.is_nan() { f64::NAN } else { *v + 0.0 };
        column.iter().for_each(|v| self.0.update(plain(v).to_bits().to_le_bytes()));
        self
    }

    pub fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    pub fn texts<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        texts.into_iter().fold(self, Self::text)
    }

    /// A text a row; a missing one is told apart from an empty one.
    fn labels(self, labels: &TextColumn) -> Self {
        let one = |row: usize| labels.get(row).map_or_else(|| "0".to_owned(), |text| format!("1{text}"));
        (0..labels.len()).map(one).fold(self, |hash, text| hash.text(&text))
    }

    /// A column under its name.
    pub fn column(self, name: &str, column: &Column) -> Self {
        let hash = self.text(name);
        match column {
            Column::F64(v) => hash.text("number").numbers(v),
            Column::TimeMs(v) | Column::I64(v) => hash.text("time").times(v),
            Column::Str(labels) => hash.text("text").labels(labels),
            Column::U32(v) => hash.text("count").times(&v.iter().map(|v| i64::from(*v)).collect::<Vec<_>>()),
            Column::U8(v) => hash.text("code").times(&v.iter().map(|v| i64::from(*v)).collect::<Vec<_>>()),
            Column::I16Lists(v) => v.iter().fold(hash.text("lists"), |hash, row| {
                hash.times(&row.iter().map(|v| i64::from(*v)).collect::<Vec<_>>())
            }),
            Column::Bool(v) => hash.text("truth").times(&v.iter().map(|v| i64::from(*v)).collect::<Vec<_>>()),
        }
    }

    pub fn end(self) -> String {
        hex(&self.0.finalize())
    }
}
