//! The instruments of the rows of one file, where a column names them: a history is of one.

use crate::error::{Error, Place, Result};

/// So many are named in an error.
const NAMED: usize = 6;

/// So many are told apart; of a file with more it is known that it is of several.
const KEPT: usize = 1000;

/// The instruments met so far.
#[derive(Debug, Clone, Default)]
pub(super) struct RowSymbols {
    /// Each with its first row.
    met: Vec<(String, usize)>,
    /// Which of them the last row was of.
    last: usize,
}

impl RowSymbols {
    /// Takes what row `row` says.
    pub fn meet(&mut self, symbol: &[u8], row: usize) {
        let is = |(s, _): &(String, usize)| s.as_bytes().eq_ignore_ascii_case(symbol);
        if self.met.get(self.last).is_some_and(is) {
            return;
        }
        match self.met.iter().position(is) {
            Some(k) => self.last = k,
            None if self.met.len() < KEPT => {
                self.last = self.met.len();
                self.met.push((String::from_utf8_lossy(symbol).into_owned(), row));
            }
            None => {}
        }
    }

    /// Whether any row named one.
    pub fn any(&self) -> bool {
        !self.met.is_empty()
    }

    /// Takes over what a later stretch of the file says.
    pub fn append(&mut self, other: Self) {
        other.met.iter().for_each(|(symbol, row)| self.meet(symbol.as_bytes(), *row));
    }

    /// The one instrument of all rows; none where no row names any. `place` says where a row is.
    ///
    /// # Errors
    /// The rows are of several.
    pub fn one(&self, place: impl Fn(usize) -> Place) -> Result<Option<String>> {
        let [(first, _), rest @ ..] = &self.met[..] else { return Ok(None) };
        let Some((_, row)) = rest.first() else { return Ok(Some(first.clone()).filter(|s| !s.is_empty())) };
        let mut names: Vec<String> = self.met.iter().take(NAMED).map(|(s, _)| format!("{s:?}")).collect();
        if self.met.len() > NAMED {
            names.push("...".into());
        }
        let n = match self.met.len() {
            KEPT => format!("at least {KEPT}"),
            n => n.to_string(),
        };
        let problem =
            format!("the rows are of {n} instruments ({}), and a history is of one", names.join(", "));
        Err(Error::data(place(*row), problem).hint(format!(
            "take one out of the file: assay data import FILE --symbol {:?} --out bars.parquet; or, if this column names no \
             instruments, --map symbol=-",
            self.met.iter().map(|(s, _)| s).find(|s| !s.is_empty()).unwrap_or(first)
        )))
    }
}

/// Whether the rows of an instrument are those that are asked for by this name.
pub(super) fn is_asked(asked: &str, symbol: &[u8]) -> bool {
    symbol.eq_ignore_ascii_case(asked.as_bytes())
}
