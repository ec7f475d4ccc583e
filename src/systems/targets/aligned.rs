//! Positions of a file on the bars they belong to.

use super::params::{Signals, Stamp};
use crate::data::Timed;
use crate::error::{Error, Result};
use crate::market::{Bars, format_time};

/// Position wanted at the close of each bar; NaN where the file says nothing.
///
/// # Errors
/// A time is that of no bar. Rows outside the bars are refused as well: a decision that would never be carried out is a mistake
/// in the times more often than not.
pub fn align(bars: &Bars, positions: &Timed, p: &Signals) -> Result<Vec<f64>> {
    let mut out = vec![f64::NAN; bars.len()];
    let opens = bars.open_time();
    let (first, last) = (opens[0], opens[opens.len() - 1]);
    let step = bars.timeframe().ms();
    for (k, (&time, &value)) in positions.time_ms.iter().zip(&positions.value).enumerate() {
        let open = match p.stamp {
            Stamp::Open => time,
            Stamp::Close => time - step,
        };
        match opens.binary_search(&open) {
            Ok(bar) => out[bar] = value * p.size,
            Err(at) => {
                let said = format_time(time);
                let problem = if open < first || open > last {
                    format!(
                        "{said} lies outside the bars, which open from {} to {}",
                        format_time(first),
                        format_time(last)
                    )
                } else {
                    format!(
                        "no bar opens at {}: the next ones open at {} and {}",
                        format_time(open),
                        format_time(opens[at - 1]),
                        format_time(opens[at])
                    )
                };
                let other = match p.stamp {
                    Stamp::Open => Stamp::Close,
                    Stamp::Close => Stamp::Open,
                };
                return Err(Error::data(positions.place_of(k), problem).hint(format!(
                    "times mark the {} of the deciding bar here; if yours mark the other edge, set params.stamp = {:?}; to leave rows out, cut \
                     the file to the range of the bars",
                    p.stamp.name(),
                    other.name()
                )));
            }
        }
    }
    Ok(out)
}
