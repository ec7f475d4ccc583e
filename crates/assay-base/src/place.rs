//! Where something is wrong.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;

/// Where something is wrong: the text that is printed, and what it is made of.
///
/// A place is made of its parts ([`Self::file`], [`Self::line`], [`Self::row`], [`Self::key`]) or of plain text. What plain
/// text is says the kind of the error: the file of data and of output, the key of a scenario, the option of a usage, and
/// nothing but text anywhere else. [`Self::text`] is nothing but text in every error. A path is always a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    shown: String,
    file: Option<String>,
    line: Option<usize>,
    row: Option<usize>,
    key: Option<String>,
    /// Whether the kind of the error says what the text is.
    open: bool,
}

impl Place {
    /// A place that is no file, key or option.
    pub fn text(shown: impl fmt::Display) -> Self {
        Self { shown: shown.to_string(), ..Self::default() }
    }

    /// A file, as errors call it; one within an archive is named with it.
    pub fn file(file: impl fmt::Display) -> Self {
        let file = file.to_string();
        Self { shown: file.clone(), file: Some(file), ..Self::default() }
    }

    /// A line of a file, from 1: `file:line`.
    pub fn line(file: impl fmt::Display, line: usize) -> Self {
        let file = file.to_string();
        Self { shown: format!("{file}:{line}"), file: Some(file), line: Some(line), ..Self::default() }
    }

    /// A row of a file that has no lines, from 1: `file: row N`.
    pub fn row(file: impl fmt::Display, row: usize) -> Self {
        let file = file.to_string();
        Self { shown: format!("{file}: row {row}"), file: Some(file), row: Some(row), ..Self::default() }
    }

    /// A key of a scenario, an option or an argument.
    pub fn key(key: impl fmt::Display) -> Self {
        let key = key.to_string();
        Self { shown: key.clone(), key: Some(key), ..Self::default() }
    }

    /// A key and what was given for it: `key value`.
    pub fn given(key: impl fmt::Display, value: impl fmt::Display) -> Self {
        let key = key.to_string();
        Self { shown: format!("{key} {value}"), key: Some(key), ..Self::default() }
    }

    /// The same place, of which `key` is what is wrong there; the text that is printed stays.
    #[must_use]
    pub fn about(mut self, key: impl fmt::Display) -> Self {
        self.key = Some(key.to_string());
        self.open = false;
        self
    }

    /// The same with `outer` printed before it.
    #[must_use]
    pub fn within(mut self, outer: impl fmt::Display) -> Self {
        self.shown = format!("{outer}: {}", self.shown);
        self
    }

    /// The same with `inner` printed after it: `place: inner`.
    #[must_use]
    pub fn then(mut self, inner: impl fmt::Display) -> Self {
        self.shown = format!("{}: {inner}", self.shown);
        self.open = false;
        self
    }

    /// The place in an error of `kind`, which says what plain text is.
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        if std::mem::take(&mut self.open) {
            match kind {
                ErrorKind::Data | ErrorKind::Output => self.file = Some(self.shown.clone()),
                ErrorKind::Scenario | ErrorKind::Usage => self.key = Some(self.shown.clone()),
                ErrorKind::Network | ErrorKind::Internal | ErrorKind::Cancelled => {}
            }
        }
        self
    }

    /// The file.
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line of the file, from 1.
    pub fn line_number(&self) -> Option<usize> {
        self.line
    }

    /// The row of a file that has no lines, from 1.
    pub fn row_number(&self) -> Option<usize> {
        self.row
    }

    /// The key, option or argument.
    pub fn key_name(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown)
    }
}

impl From<String> for Place {
    fn from(shown: String) -> Self {
        Self { shown, open: true, ..Self::default() }
    }
}

impl From<&str> for Place {
    fn from(shown: &str) -> Self {
        shown.to_owned().into()
    }
}

impl From<&String> for Place {
    fn from(shown: &String) -> Self {
        shown.clone().into()
    }
}

impl From<&Self> for Place {
    fn from(place: &Self) -> Self {
        place.clone()
    }
}

impl From<std::path::Display<'_>> for Place {
    fn from(path: std::path::Display<'_>) -> Self {
        Self::file(path)
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::file(path.display())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::file(path.display())
    }
}
