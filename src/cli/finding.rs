//! A result of its own folder to the reader: the same for sweeps, walk-forward and Monte Carlo.

use std::path::Path;

use serde_json::Value;

use super::Common;
use crate::error::Result;

impl Common {
    /// Prints a result as it was asked for, with its `folder`, called `name` in text.
    pub(super) fn show_with_folder(
        &self,
        (name, folder): (&str, Option<&Path>),
        document: impl FnOnce() -> Result<Value>,
        text: impl FnOnce() -> String,
    ) -> Result<()> {
        let folder = || folder.map_or_else(String::new, |f| f.display().to_string());
        self.show(document, || Ok(format!("{}\n{name} folder: {}\n", text(), folder())))
    }
}
