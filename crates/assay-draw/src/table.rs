//! A table for readers: terminals ([`super::text`]) and pages ([`super::html`]) set the same one.

/// Which edge of its column a cell touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A column's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnHead {
    /// Its name.
    pub name: String,
    /// Where its cells lie.
    pub side: Side,
}

/// Rows of text under named columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextTable {
    /// The columns.
    pub columns: Vec<ColumnHead>,
    /// The rows; a short one is filled with empty cells, a long one cut.
    pub rows: Vec<Vec<String>>,
    /// What it shows; may be empty.
    pub caption: String,
}

impl TextTable {
    /// A table without rows; a column whose name starts with `>` is aligned right.
    pub fn new(columns: &[&str]) -> Self {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => ColumnHead { name: name.to_owned(), side: Side::Right },
            None => ColumnHead { name: (*name).to_owned(), side: Side::Left },
        };
        Self { columns: columns.iter().map(column).collect(), ..Self::default() }
    }

    /// With a caption.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a row.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The cell of a row and a column; empty where the row is short.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|r| r.get(column)).map_or("", String::as_str)
    }
}
