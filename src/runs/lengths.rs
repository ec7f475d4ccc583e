//! Refusals of histories that are too short.

use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::market::format_time;

/// Refuses a history of `n` bars, of `loaded` and others beside it, of which `data.from` leaves fewer than two to trade: those
/// from bar `first` on.
pub(crate) fn left(loaded: &Loaded, n: usize, first: usize) -> Result<()> {
    if n >= first + 2 {
        return Ok(());
    }
    let problem = match n.saturating_sub(first) {
        0 => "no bars from data.from on".to_owned(),
        one => format!("{one} bar from data.from on, and at least 2 are needed"),
    };
    let times = loaded.bars.open_time();
    let (start, end) = (times[0], times[times.len() - 1]);
    Err(Error::data(&loaded.file_name, problem).hint(format!(
        "the bars open from {} to {}: set data.from earlier or data.to later, or use a longer file",
        format_time(start),
        format_time(end)
    )))
}

/// Refuses a history of `n` bars that is shorter than the warm-up and two bars to trade.
pub(crate) fn enough(file: &str, n: usize, first: usize) -> Result<()> {
    if n >= first + 2 {
        return Ok(());
    }
    let problem =
        format!("{n} bars in range, but the warm-up of this system takes {first} and at least 2 must follow");
    Err(Error::data(file, problem).hint("give more history: set data.to later, or use a longer file"))
}
