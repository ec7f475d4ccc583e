//! Files that are read once, however often they are asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::error::Result;

/// The rows of files, by the number of the line that each belongs to.
#[derive(Debug)]
pub(super) struct ReadOnce<T>(Mutex<BTreeMap<u64, Arc<[T]>>>);

impl<T> Default for ReadOnce<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> ReadOnce<T> {
    /// The rows of line `line`, which `read` reads where nobody has.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn once(&self, line: u64, read: impl FnOnce() -> Result<Vec<T>>) -> Result<Arc<[T]>> {
        let known = self.0.lock().ok().and_then(|known| known.get(&line).cloned());
        if let Some(rows) = known {
            return Ok(rows);
        }
        let rows: Arc<[T]> = read()?.into();
        if let Ok(mut known) = self.0.lock() {
            known.insert(line, rows.clone());
        }
        Ok(rows)
    }
}
