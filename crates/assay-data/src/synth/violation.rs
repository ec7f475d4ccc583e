//! All that is wrong with a preset as one error.

use crate::error::{Error, Place, Violation};

/// All of `found` as one error about the preset called `place`.
pub(super) fn refusal(place: &Place, found: &[Violation]) -> Error {
    let lines: Vec<String> = found.iter().map(Violation::to_string).collect();
    let place = match found {
        [one] => place.clone().about(&one.key),
        _ => place.clone(),
    };
    let problem = lines.join(&format!("\n{place}: "));
    Error::scenario(place, problem)
}
