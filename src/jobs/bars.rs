//! Bars that a job is given by themselves, without a scenario.

use std::path::PathBuf;

use super::setup::{locked_days, locked_words};
use crate::data::{Content, LoadRequest, Loaded, load};
use crate::error::Result;
use crate::market::format_time;
use crate::progress::Progress;
use crate::runs::{LockBook, ReadBars};

/// Where bars come from.
#[derive(Debug, Clone)]
pub enum BarsFrom {
    /// A CSV, Parquet or Arrow file.
    File(PathBuf),
    /// The content of one.
    Content(Content),
    /// A history that was loaded before, or [made of bars](Loaded::of).
    Loaded(Box<Loaded>),
}

impl BarsFrom {
    /// Reads them.
    ///
    /// # Errors
    /// They are not what `request` wants, or no history at all.
    pub fn load(&self, request: &LoadRequest) -> Result<Loaded> {
        match self {
            Self::File(path) => load(path, request),
            Self::Content(content) => content.bars(request),
            Self::Loaded(loaded) => loaded.as_ref().clone().within(request),
        }
    }

    /// The same, but for days that are locked away.
    pub(super) fn load_by(
        &self,
        book: &LockBook,
        request: &LoadRequest,
        progress: &Progress,
    ) -> Result<Loaded> {
        let loaded = self.load(request)?;
        match book.first_locked(&[ReadBars::of(&loaded)], None)? {
            None => Ok(loaded),
            Some(reach) if reach.at_once => Err(locked_days(&reach)),
            Some(reach) => {
                let end = format_time(reach.from_ms);
                progress.warn(&format!("{}: bars from {end} on are not read", locked_words(&reach)));
                self.load(&LoadRequest { to_ms: Some(reach.from_ms), ..*request })
            }
        }
    }

    /// What errors call them.
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Content(content) => content.name().to_owned(),
            Self::Loaded(loaded) => loaded.file_name.clone(),
        }
    }
}

impl From<PathBuf> for BarsFrom {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<Loaded> for BarsFrom {
    fn from(loaded: Loaded) -> Self {
        Self::Loaded(Box::new(loaded))
    }
}
