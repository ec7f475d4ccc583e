//! The columns of a table by the kind of their values.

use super::{Column, Table, TextColumn};
use crate::error::{Error, Result};

/// The values of a column if it is of the expected kind.
macro_rules! typed {
    ($table:expr, $name:expr, $kind:ident, $words:literal) => {
        match $table.column($name)? {
            Column::$kind(values) => Ok(values),
            other => Err(Error::data(
                $table.place(),
                format!("column {} holds {} where {} are expected", $name, other.kind(), $words),
            )),
        }
    };
}

impl Table {
    /// The numbers of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn f64(&self, name: &str) -> Result<&[f64]> {
        typed!(self, name, F64, "numbers (f64)")
    }

    /// The integers of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn i64(&self, name: &str) -> Result<&[i64]> {
        typed!(self, name, I64, "integers (i64)")
    }

    /// The times of column `name`, milliseconds UTC.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn time_ms(&self, name: &str) -> Result<&[i64]> {
        typed!(self, name, TimeMs, "times (ms, UTC)")
    }

    /// The truth values of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn bool(&self, name: &str) -> Result<&[bool]> {
        typed!(self, name, Bool, "truth values (bool)")
    }

    /// The codes of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn u8(&self, name: &str) -> Result<&[u8]> {
        typed!(self, name, U8, "codes (u8)")
    }

    /// The counts of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn u32(&self, name: &str) -> Result<&[u32]> {
        typed!(self, name, U32, "counts (u32)")
    }

    /// The texts of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn labels(&self, name: &str) -> Result<&TextColumn> {
        typed!(self, name, Str, "text")
    }

    /// The lists of column `name`.
    ///
    /// # Errors
    /// There is no such column or it holds something else.
    pub fn lists(&self, name: &str) -> Result<&[Vec<i16>]> {
        typed!(self, name, I16Lists, "lists of whole numbers (i16)")
    }
}
