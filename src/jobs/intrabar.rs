//! How often each intrabar policy is right, told by finer bars.

use super::bars::BarsFrom;
use crate::data::{LoadRequest, TimeConvention};
use crate::error::Result;
use crate::experiments::{IntrabarTruth, intrabar_truth};
use crate::progress::Progress;

/// `assay check intrabar`: bars, and finer bars of the same market.
#[derive(Debug, Clone)]
pub struct IntrabarJob {
    /// The bars.
    pub bars: BarsFrom,
    /// The finer ones.
    pub detail: BarsFrom,
    /// Which edge of a bar the times of both files mark.
    pub time: TimeConvention,
}

impl IntrabarJob {
    /// Of bars whose times are those of their opens.
    pub fn new(bars: impl Into<BarsFrom>, detail: impl Into<BarsFrom>) -> Self {
        Self { bars: bars.into(), detail: detail.into(), time: TimeConvention::Open }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The bars are wrong, or do not belong together; it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<IntrabarTruth> {
        progress.stage("reading bars")?;
        let request = LoadRequest { time: self.time, ..LoadRequest::default() };
        let bars = self.bars.load(&request)?;
        let loaded = bars.with_finer(self.detail.load(&request)?, &self.detail.place())?;
        progress.stage("comparing paths")?;
        intrabar_truth(&loaded)
    }
}
