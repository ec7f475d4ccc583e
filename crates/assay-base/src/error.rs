//! The one error type: what is wrong, where it is, and what to do about it.

use std::fmt;

/// Result of every fallible library call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose turn it is to act on an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A command-line argument or option is wrong.
    Usage,
    /// A scenario or criteria file is wrong.
    Scenario,
    /// A market-data file, or a run directory read back, is wrong.
    Data,
    /// A result could not be written.
    Output,
    /// A server could not be reached, or did not answer as it should.
    Network,
    /// The program broke one of its own promises.
    Internal,
    /// Whoever waited for the work asked it to stop.
    Cancelled,
}

/// An error that names the place, the problem and the remedy.
///
/// `Display` prints `place: problem`, then a blank line and `hint: remedy` where there is one.
#[derive(Debug, thiserror::Error)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    place: String,
    problem: String,
    hint: Option<String>,
}

impl Error {
    /// Builds an error of `kind` about `place` (a file, a key, an option).
    pub fn new(kind: ErrorKind, place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self(Box::new(Inner { kind, place: place.to_string(), problem: problem.to_string(), hint: None }))
    }

    /// A wrong argument or option.
    pub fn usage(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage, place, problem)
    }

    /// A wrong scenario or criteria file.
    pub fn scenario(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Scenario, place, problem)
    }

    /// Wrong or unreadable data.
    pub fn data(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Data, place, problem)
    }

    /// A result that cannot be written.
    pub fn output(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Output, place, problem)
    }

    /// A server that cannot be reached or answers wrongly.
    pub fn network(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Network, place, problem)
    }

    /// A broken promise of the program itself.
    pub fn internal(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, place, problem)
    }

    /// Work that was asked to stop while it was at `stage`.
    pub fn cancelled(stage: &str) -> Self {
        Self::new(ErrorKind::Cancelled, if stage.is_empty() { "the work" } else { stage }, "cancelled")
    }

    /// The same with `place` before its own place.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.0.place = format!("{place}: {}", self.0.place);
        self
    }

    /// Adds the remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.0.hint = Some(hint.to_string());
        self
    }

    /// Whose turn it is to act.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Process exit code: 2 where the user's input is wrong, 1 for anything else.
    pub fn exit_code(&self) -> u8 {
        match self.0.kind {
            ErrorKind::Internal | ErrorKind::Network | ErrorKind::Cancelled => 1,
            _ => 2,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { place, problem, hint, .. } = &*self.0;
        write!(f, "{place}: {problem}")?;
        match hint {
            Some(hint) => write!(f, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The name among `candidates` nearest to `name`, if any is near enough to be a likely typing slip.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(name, c), c))
        .filter(|(d, c)| *d <= (c.len().max(name.len()) / 3).max(1))
        .min()
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_place_problem_and_remedy() {
        let e = Error::data("a.csv:3", "high is below low").hint("check the columns");
        assert_eq!(e.to_string(), "a.csv:3: high is below low\n\nhint: check the columns");
        assert_eq!(e.exit_code(), 2);
        assert_eq!(Error::internal("x", "y").exit_code(), 1);
        assert_eq!(Error::network("x", "y").exit_code(), 1);
    }

    #[test]
    fn nearest_finds_a_slip_and_refuses_a_stranger() {
        assert_eq!(nearest("fee_bsp", ["fee_bps", "slippage_bps"]), Some("fee_bps"));
        assert_eq!(nearest("zebra", ["fee_bps", "slippage_bps"]), None);
    }
}
