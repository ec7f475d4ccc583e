//! Positions of a file on the bars they belong to.

use super::params::{Signals, Stamp};
use crate::data::Timed;
use crate::error::{Error, Place, Result};
use crate::market::{Bars, format_time};
use crate::system::SymbolData;

/// Where the bars that a file is about are more than those that are there.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeftOut {
    /// Before the first.
    pub before: bool,
    /// After the last.
    pub after: bool,
}

impl LeftOut {
    /// Of the bars of a symbol: of a part of them, or by `data.to`.
    pub fn of(symbol: &SymbolData<'_>) -> Self {
        Self { before: symbol.partial, after: symbol.partial || symbol.ends_early }
    }
}

/// Position wanted at the close of each bar; NaN where the file says nothing.
///
/// # Errors
/// A time is that of no bar. Rows outside the bars are refused as well: a decision that would never be
/// carried out is a mistake in the times more often than not. Rows about bars that were left out are left
/// out as well.
pub fn align(bars: &Bars, positions: &Timed, p: &Signals, left_out: LeftOut) -> Result<Vec<f64>> {
    let mut out = vec![f64::NAN; bars.len()];
    for (k, (&time, &value)) in positions.time_ms.iter().zip(&positions.value).enumerate() {
        if let Some(bar) = bar_in(bars, left_out, time, p.stamp, || positions.place_of(k))? {
            out[bar] = value * p.size;
        }
    }
    Ok(out)
}

/// The bar that a row with this time belongs to; none where it lies before or after bars that are a part of
/// those the file is about. The place of a row is put in words only where it is needed.
pub(super) fn bar_in(
    bars: &Bars,
    left_out: LeftOut,
    time: i64,
    stamp: Stamp,
    place: impl Fn() -> Place,
) -> Result<Option<usize>> {
    match find(bars, time, stamp) {
        Ok(bar) => Ok(Some(bar)),
        Err(0) if left_out.before => Ok(None),
        Err(at) if left_out.after && at == bars.len() => Ok(None),
        Err(_) => bar_of(bars, time, stamp, place()).map(Some),
    }
}

/// The bar whose edge `stamp` is at `time`, or where it would stand.
fn find(bars: &Bars, time: i64, stamp: Stamp) -> std::result::Result<usize, usize> {
    let open = match stamp {
        Stamp::Open => time,
        Stamp::Close => time - bars.timeframe().ms(),
    };
    bars.open_time().binary_search(&open)
}

/// The bar that a row at `place` with this time belongs to.
///
/// # Errors
/// There is none.
fn bar_of(bars: &Bars, time: i64, stamp: Stamp, place: Place) -> Result<usize> {
    let opens = bars.open_time();
    let (first, last) = (opens[0], opens[opens.len() - 1]);
    find(bars, time, stamp).map_err(|at| {
        let said = format_time(time);
        let open = if stamp == Stamp::Open { time } else { time - bars.timeframe().ms() };
        let problem = if open < first || open > last {
            format!("{said} lies outside the bars, which open from {} to {}", format_time(first), format_time(last))
        } else {
            format!(
                "no bar opens at {}: the next ones open at {} and {}",
                format_time(open),
                format_time(opens[at - 1]),
                format_time(opens[at])
            )
        };
        let other = match stamp {
            Stamp::Open => Stamp::Close,
            Stamp::Close => Stamp::Open,
        };
        Error::data(place, problem).hint(format!(
            "times mark the {} of the deciding bar here; if yours mark the other edge, set params.stamp = {:?}; to leave rows out, cut \
             the file to the range of the bars",
            stamp.name(),
            other.name()
        ))
    })
}
