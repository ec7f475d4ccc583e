//! The part of a run that a criterion is about.

/// The span a criterion is measured over, `(from, to]`.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedSpan {
    /// Start, in milliseconds.
    pub from_ms: i64,
    /// End, in milliseconds.
    pub to_ms: i64,
    /// A window of a staged deployment rather than the whole run.
    pub phase: bool,
    /// Why the span is shorter than documented.
    pub cut: Option<String>,
}

impl JudgedSpan {
    /// Whether something known at `time_ms` belongs to it.
    pub fn holds(&self, time_ms: i64) -> bool {
        !self.phase || (time_ms > self.from_ms && time_ms <= self.to_ms)
    }
}
