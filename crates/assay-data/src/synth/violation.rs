//! A value against a rule of presets, and all of them as one error.

use std::fmt;

use crate::error::{Error, Place};

/// A value against a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeViolation {
    /// Key, with dots between tables.
    pub field: String,
    /// What the value must be.
    pub rule: String,
    /// What it was.
    pub found: String,
}

impl RangeViolation {
    pub(super) fn of(field: impl Into<String>, rule: impl Into<String>, found: impl fmt::Display) -> Self {
        Self { field: field.into(), rule: rule.into(), found: found.to_string() }
    }
}

/// All of `found` as one error about the preset called `place`.
pub(super) fn refusal(place: &Place, found: &[RangeViolation]) -> Error {
    let lines: Vec<String> = found.iter().map(RangeViolation::to_string).collect();
    let place = match found {
        [one] => place.clone().about(&one.field),
        _ => place.clone(),
    };
    let problem = lines.join(&format!("\n{place}: "));
    Error::scenario(place, problem)
}

impl fmt::Display for RangeViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}, was {}", self.field, self.rule, self.found)
    }
}
