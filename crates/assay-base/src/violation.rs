//! A value against a rule: what a check of settings found.

use std::fmt;

/// A value against a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The key it stands under, with dots between tables.
    pub key: String,
    /// What is wrong with it, as it reads after the key.
    pub problem: String,
}

impl Violation {
    /// The value under `key` has a `problem`.
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }

    /// The value under `key` must be as the `rule` says, and was `found`.
    pub fn must_be(key: impl Into<String>, rule: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self::new(key, format!("must be {rule}, was {found}"))
    }

    /// Of numbers under their keys, each with its least and its greatest value, those that lie outside.
    pub fn outside(values: &[(&str, f64, f64, f64)]) -> Vec<Self> {
        let wrong = values.iter().filter(|(_, v, lo, hi)| !(*lo..=*hi).contains(v));
        wrong.map(|(k, v, lo, hi)| Self::must_be(*k, format_args!("a number in {lo}..={hi}"), v)).collect()
    }

    /// The same under a key of `table`.
    pub fn under(self, table: &str) -> Self {
        Self { key: format!("{table}.{}", self.key), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.problem)
    }
}

#[cfg(test)]
mod tests {
    use super::Violation;

    #[test]
    fn a_violation_reads_as_a_sentence_about_its_key() {
        let found =
            Violation::outside(&[("a", 0.5, 0.0, 1.0), ("b", 2.0, 0.0, 1.0), ("c", f64::NAN, 0.0, 1.0)]);
        let said: Vec<String> = found.into_iter().map(|v| v.under("t").to_string()).collect();
        assert_eq!(said, ["t.b must be a number in 0..=1, was 2", "t.c must be a number in 0..=1, was NaN"]);
    }
}
