//! Regimes by bar.

use crate::regime::NO_REGIME;

/// The regime of each bar of a symbol, known at its close.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Codes of the scheme of whoever labels; [`NO_REGIME`] before the labels have warmed up.
    pub codes: Vec<u8>,
    /// Whether the label of a bar is only the rule for what fits none.
    pub fallback: Vec<bool>,
}

impl Labels {
    /// Labels of these codes, each of them more than a leftover.
    pub fn of(codes: Vec<u8>) -> Self {
        Self { fallback: vec![false; codes.len()], codes }
    }

    /// No labels for `n` bars.
    pub fn none(n: usize) -> Self {
        Self { codes: vec![NO_REGIME; n], fallback: vec![false; n] }
    }

    /// Code of the label of `bar`.
    pub fn code(&self, bar: usize) -> u8 {
        self.codes.get(bar).copied().unwrap_or(NO_REGIME)
    }
}
