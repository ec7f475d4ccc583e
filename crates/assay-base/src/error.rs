//! The one error type: what is wrong, where it is, and what to do about it.

use std::fmt;

pub use crate::place::Place;
pub use crate::violation::Violation;

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

/// What an error was caused by.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An error that names the place, the problem and the remedy.
///
/// `Display` prints `place: problem`, then a blank line and `hint: remedy` where there is one. What programs ask for is
/// there as fields as well: [`Self::file`], [`Self::line`], [`Self::row`], [`Self::key`], [`Self::problem`],
/// [`Self::remedy`] and, as [`std::error::Error::source`], the error of a library or of the system that it came from.
#[derive(Debug)]
pub struct Error(Box<ErrorBody>);

#[derive(Debug)]
struct ErrorBody {
    kind: ErrorKind,
    place: Place,
    problem: String,
    hint: Option<String>,
    cause: Option<Cause>,
}

impl Error {
    /// Builds an error of `kind` about `place` (a file, a key, an option).
    pub fn new(kind: ErrorKind, place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        let place = place.into().of_kind(kind);
        Self(Box::new(ErrorBody { kind, place, problem: problem.to_string(), hint: None, cause: None }))
    }

    /// A wrong argument or option; plain text is its name.
    pub fn usage(place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage, place, problem)
    }

    /// A wrong scenario or criteria file; plain text is a key.
    pub fn scenario(place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Scenario, place, problem)
    }

    /// Wrong or unreadable data; plain text is the file.
    pub fn data(place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Data, place, problem)
    }

    /// A result that cannot be written; plain text is the file.
    pub fn output(place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Output, place, problem)
    }

    /// A server that cannot be reached or answers wrongly.
    pub fn network(place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Network, place, problem)
    }

    /// A broken promise of the program itself.
    pub fn internal(place: impl Into<Place>, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, place, problem)
    }

    /// Work that was asked to stop while it was at `stage`.
    pub fn cancelled(stage: &str) -> Self {
        Self::new(ErrorKind::Cancelled, if stage.is_empty() { "the work" } else { stage }, "cancelled")
    }

    /// The same with `outer` printed before its own place.
    #[must_use]
    pub fn within(mut self, outer: impl fmt::Display) -> Self {
        self.0.place = self.0.place.within(outer);
        self
    }

    /// Adds the remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.0.hint = Some(hint.to_string());
        self
    }

    /// Adds the error it came from. It is not printed: the problem says what of it a reader needs.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Whose turn it is to act.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it is, as it is printed.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// The file that is wrong, as it was named; one within an archive is named with it.
    pub fn file(&self) -> Option<&str> {
        self.0.place.file_name()
    }

    /// The line of the file, from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.place.line_number()
    }

    /// The row of a file that has no lines, such as Parquet, from 1.
    pub fn row(&self) -> Option<usize> {
        self.0.place.row_number()
    }

    /// The key of a scenario, the option or the argument that is wrong.
    pub fn key(&self) -> Option<&str> {
        self.0.place.key_name()
    }

    /// What is wrong.
    pub fn problem(&self) -> &str {
        &self.0.problem
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<&str> {
        self.0.hint.as_deref()
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
        let ErrorBody { place, problem, hint, .. } = &*self.0;
        write!(f, "{place}: {problem}")?;
        match hint {
            Some(hint) => write!(f, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
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
    fn a_place_is_what_it_was_made_of() {
        let fields = |e: &Error| {
            let own = |s: Option<&str>| s.map(str::to_owned);
            (own(e.file()), e.line(), e.row(), own(e.key()))
        };
        let some = |s: &str| Some(s.to_owned());
        for (e, shown, file, line, row, key) in [
            (Error::data("a.csv", "p"), "a.csv", some("a.csv"), None, None, None),
            (Error::output("a", "p"), "a", some("a"), None, None, None),
            (Error::usage("--data", "p"), "--data", None, None, None, some("--data")),
            (Error::scenario("data.synth", "p"), "data.synth", None, None, None, some("data.synth")),
            (Error::network("https://x", "p"), "https://x", None, None, None, None),
            (Error::internal("json", "p"), "json", None, None, None, None),
            // A path is a file in every error, and text is nothing but text.
            (Error::usage(std::path::Path::new("d"), "p"), "d", some("d"), None, None, None),
            (Error::data(Place::text("bar 3"), "p"), "bar 3", None, None, None, None),
            (Error::data(Place::line("a.csv", 3), "p"), "a.csv:3", some("a.csv"), Some(3), None, None),
            (Error::data(Place::row("a.pq", 3), "p"), "a.pq: row 3", some("a.pq"), None, Some(3), None),
            (
                Error::scenario(Place::line("s.toml", 7).about("seed"), "p"),
                "s.toml:7",
                some("s.toml"),
                Some(7),
                None,
                some("seed"),
            ),
            (Error::usage(Place::given("--set", "x=1"), "p"), "--set x=1", None, None, None, some("--set")),
            (Error::usage(Place::from("a").about("b"), "p"), "a", None, None, None, some("b")),
            (Error::usage("timeframe", "p").within("f"), "f: timeframe", None, None, None, some("timeframe")),
        ] {
            assert_eq!(fields(&e), (file, line, row, key), "{shown}");
            assert_eq!(e.to_string(), format!("{shown}: p"));
            assert_eq!(e.place().to_string(), shown);
        }
    }

    #[test]
    fn problem_remedy_and_cause_are_fields() {
        use std::error::Error as _;
        let cause = std::io::Error::new(std::io::ErrorKind::NotFound, "gone");
        let e = Error::data("a", format!("cannot be read ({cause})")).hint("look").caused_by(cause);
        assert_eq!((e.problem(), e.remedy()), ("cannot be read (gone)", Some("look")));
        let source = e.source().and_then(|s| s.downcast_ref::<std::io::Error>()).unwrap();
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
        assert_eq!(e.to_string(), "a: cannot be read (gone)\n\nhint: look");
        let none = Error::data("a", "b");
        assert!(none.remedy().is_none() && none.source().is_none());
    }

    #[test]
    fn nearest_finds_a_slip_and_refuses_a_stranger() {
        assert_eq!(nearest("fee_bsp", ["fee_bps", "slippage_bps"]), Some("fee_bps"));
        assert_eq!(nearest("zebra", ["fee_bps", "slippage_bps"]), None);
    }
}
