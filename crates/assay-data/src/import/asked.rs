//! What the user asks of a file: its format and its columns.

use super::{Format, Options};
use crate::error::{Error, Result};
use crate::names::ColumnRequest;
use crate::text::NumberStyle;

/// The format that is asked for, if a file that can be one of `possible` can be that; otherwise the one
/// `found`.
///
/// # Errors
/// It cannot.
pub(super) fn asked_or(place: &str, found: Format, possible: &[Format], options: &Options) -> Result<Format> {
    match options.format {
        None => Ok(found),
        Some(asked) if possible.contains(&asked) => Ok(asked),
        Some(asked) => {
            let all: Vec<&str> = possible.iter().map(|f| f.name()).collect();
            let hint = match asked {
                Format::Lean => {
                    "LEAN's files are known by their folders: keep equity/usa/daily or the like above them"
                }
                _ => "leave out --as",
            };
            Err(Error::data(
                place,
                format!(
                    "is {} by what it holds, and cannot be {}; it could be {}",
                    found.name(),
                    asked.name(),
                    all.join(", ")
                ),
            )
            .hint(hint))
        }
    }
}

/// What is wanted of the columns of a file.
pub(super) fn wanted(options: &Options) -> ColumnRequest {
    ColumnRequest {
        convention: options.time.unwrap_or_default(),
        volume_optional: true,
        either_edge: options.time.is_none(),
        symbol: options.symbol.clone(),
        named: options.named.clone(),
    }
}

/// Refuses `--columns` for a file whose columns are known, for `why`: it would be passed over.
pub(super) fn unnamed(place: &str, why: &str, options: &Options) -> Result<()> {
    if options.columns.is_empty() {
        return Ok(());
    }
    Err(Error::data(place, format!("--columns cannot name its columns: {why}"))
        .hint("leave it out; --map close=Last says which of them is the close"))
}

/// Refuses what says how a text is written for a file that is none: `what` it is.
pub(super) fn text_only(place: &str, what: &str, options: &Options) -> Result<()> {
    let asked = if options.skip_lines > 0 {
        "--skip"
    } else if options.numbers != NumberStyle::default() {
        "--decimal and --thousands"
    } else {
        return Ok(());
    };
    Err(Error::data(place, format!("is {what}, and {asked} say how a text of separated columns is written"))
        .hint("leave them out, and import files of one kind at a time"))
}
