//! Opens of bars, of which some are off the close before.

use super::IntrabarPreset;
use crate::random::Stream;

/// Opens that are off the last close.
#[derive(Debug)]
pub(super) struct OpeningGap<'a> {
    intrabar: &'a IntrabarPreset,
    first: bool,
    gaps: Stream,
}

impl<'a> OpeningGap<'a> {
    pub fn new(intrabar: &'a IntrabarPreset, seed: u64, index: u64) -> Self {
        Self { intrabar, first: true, gaps: Stream::new(seed, "synth gap", index) }
    }

    /// Log of the next open over the last close: nothing on the first bar.
    pub fn gap(&mut self) -> f64 {
        if self.intrabar.gap_share == 0.0 {
            return 0.0;
        }
        let happens = self.gaps.uniform() < self.intrabar.gap_share;
        let size = self.intrabar.gap_sd * self.gaps.normal();
        if std::mem::replace(&mut self.first, false) || !happens { 0.0 } else { size }
    }
}
