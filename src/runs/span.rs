//! Which part of a history a run is about.

use std::ops::Range;

/// Steps `from..to` are traded and judged; those before are read, for the warm-up of columns, and never
/// judged.
///
/// Where the warm-up ends later than `from`, the run begins there. Nothing is held at the start, and the first order is sent at the close of the first step. What is open at the end is closed at
/// the last close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First step that is traded and judged.
    pub from: usize,
    /// One past the last.
    pub to: usize,
}

impl From<Range<usize>> for Span {
    fn from(steps: Range<usize>) -> Self {
        Self { from: steps.start, to: steps.end }
    }
}
