//! How often each intrabar policy is right, told by finer bars.

use std::path::PathBuf;

use super::bars::BarsFrom;
use crate::data::{LoadRequest, TimeConvention};
use crate::error::Result;
use crate::experiments::{IntrabarTruth, intrabar_truth};
use crate::progress::Progress;
use crate::runs::LockBook;

/// `assay check intrabar`: bars, and finer bars of the same market.
#[derive(Debug, Clone)]
pub struct IntrabarJob {
    /// The bars.
    pub bars: BarsFrom,
    /// The finer ones.
    pub detail: BarsFrom,
    /// Which edge of a bar the times of both files mark.
    pub time: TimeConvention,
    /// Folder of the user's own ledger of locks, as [`Setup::lock_registry`](super::Setup::lock_registry).
    pub lock_registry: Option<PathBuf>,
}

impl IntrabarJob {
    /// Of bars whose times are those of their opens.
    pub fn new(bars: impl Into<BarsFrom>, detail: impl Into<BarsFrom>) -> Self {
        Self { bars: bars.into(), detail: detail.into(), time: TimeConvention::Open, lock_registry: None }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The bars are wrong, or do not belong together; it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<IntrabarTruth> {
        progress.stage("reading bars")?;
        let request = LoadRequest { time: self.time, ..LoadRequest::default() };
        let book = LockBook::read(None, self.lock_registry.as_deref())?;
        let bars = self.bars.load_by(&book, &request, progress)?;
        let detail = self.detail.load_by(&book, &request, progress)?;
        let loaded = bars.with_finer(detail, &self.detail.place())?;
        progress.stage("comparing paths")?;
        intrabar_truth(&loaded)
    }
}
