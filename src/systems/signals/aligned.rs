//! Positions of a file on the bars they belong to.

use super::params::{Signals, Stamp};
use crate::data::Timed;
use crate::error::{Error, Place, Result};
use crate::market::{Bars, Timeframe, format_time};
use crate::system::SymbolData;

/// Bars that a file may be about beside those that are there: rows about them are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct BarsLeftOut<'a> {
    /// Whether any before the first and after the last may be: the bars are a part, as in a check.
    pub any: bool,
    /// When the bars of the file open, of which `data.to` may leave out the last ones.
    pub opens_in_file: &'a [i64],
}

impl<'a> BarsLeftOut<'a> {
    /// Of the bars of a symbol.
    pub fn of(symbol: &SymbolData<'a>) -> Self {
        Self { any: symbol.partial, opens_in_file: symbol.opens_in_file }
    }
}

/// Positions on the bars they belong to.
#[derive(Debug, Clone)]
pub struct AlignedPositions {
    /// Position wanted at the close of each bar; NaN where the file says nothing.
    pub wanted: Vec<f64>,
    /// Rows about bars that were left out.
    pub left_out: usize,
}

/// Puts the positions of a file on their bars.
///
/// # Errors
/// A time is that of no bar. Rows outside the bars are refused as well: a decision that would never be
/// carried out is a mistake in the times more often than not. Rows about bars that were left out are left
/// out as well.
pub fn align(
    bars: &Bars,
    positions: &Timed,
    p: &Signals,
    left_out: BarsLeftOut<'_>,
) -> Result<AlignedPositions> {
    let mut out = AlignedPositions { wanted: vec![f64::NAN; bars.len()], left_out: 0 };
    for (k, (&time, &value)) in positions.time_ms.iter().zip(&positions.value).enumerate() {
        match bar_in(bars, left_out, time, p.stamp, || positions.place_of(k))? {
            Some(bar) => out.wanted[bar] = value * p.size,
            None => out.left_out += 1,
        }
    }
    Ok(out)
}

/// The bar that a row with this time belongs to; none where that was left out. The place of a row is put in words only
/// where it is needed.
pub(super) fn bar_in(
    bars: &Bars,
    left_out: BarsLeftOut<'_>,
    time: i64,
    stamp: Stamp,
    place: impl Fn() -> Place,
) -> Result<Option<usize>> {
    let (opens, step) = (bars.open_time(), bars.timeframe());
    match find(opens, step, time, stamp) {
        Ok(bar) => Ok(Some(bar)),
        Err(at) if left_out.any && (at == 0 || at == bars.len()) => Ok(None),
        Err(_) => {
            let all = if left_out.opens_in_file.len() > opens.len() { left_out.opens_in_file } else { opens };
            // It is none of the bars that are there, or a mistake.
            bar_of(all, step, time, stamp, place()).map(|_| None)
        }
    }
}

/// The bar whose edge `stamp` is at `time`, or where it would stand.
fn find(opens: &[i64], step: Timeframe, time: i64, stamp: Stamp) -> std::result::Result<usize, usize> {
    let open = match stamp {
        Stamp::Open => time,
        Stamp::Close => step.open_ms(time),
    };
    opens.binary_search(&open)
}

/// The bar that a row at `place` with this time belongs to.
///
/// # Errors
/// There is none.
fn bar_of(opens: &[i64], step: Timeframe, time: i64, stamp: Stamp, place: Place) -> Result<usize> {
    let (first, last) = (opens[0], opens[opens.len() - 1]);
    find(opens, step, time, stamp).map_err(|at| {
        let said = format_time(time);
        // The edge that times mark, as a verb, where it is of a bar, and the open that it would be of.
        let (marks, edge_of, open): (_, fn(Timeframe, i64) -> i64, _) = match stamp {
            Stamp::Open => ("open", |_, open| open, time),
            Stamp::Close => ("close", Timeframe::end_ms, step.open_ms(time)),
        };
        let edge = |open: i64| format_time(edge_of(step, open));
        let problem = if open < first || open > last {
            format!("{said} lies outside the bars, which {marks} from {} to {}", edge(first), edge(last))
        } else {
            let (before, next) = (edge(opens[at - 1]), edge(opens[at]));
            format!("no bar {marks}s at {said}: the next ones {marks} at {before} and {next}")
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
