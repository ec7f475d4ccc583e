//! Regimes by bar.

use crate::regime::Regime;

/// The regime of each bar of a symbol, known at its close.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Codes; [`Regime::NONE_CODE`] before the labels have warmed up.
    pub codes: Vec<u8>,
    /// Whether the label of a bar is only the rule for what fits none.
    pub fallback: Vec<bool>,
}

impl Labels {
    /// No labels for `n` bars.
    pub fn none(n: usize) -> Self {
        Self { codes: vec![Regime::NONE_CODE; n], fallback: vec![false; n] }
    }

    /// Code of the label of `bar`.
    pub fn code(&self, bar: usize) -> u8 {
        self.codes.get(bar).copied().unwrap_or(Regime::NONE_CODE)
    }
}
