//! The rows of the file on the bars they belong to.

use super::POSITIONS;
use super::aligned::{AlignedPositions, BarsLeftOut, align};
use super::orders::OrderSchedule;
use super::params::Signals;
use crate::error::{Error, Result};
use crate::system::{ExtraData, SymbolData};

/// What the file says of one symbol.
#[derive(Debug)]
pub enum FileColumns {
    /// The positions wanted.
    Positions(AlignedPositions),
    /// Orders by the bar whose close sends them.
    Orders(OrderSchedule),
}

impl FileColumns {
    pub(super) fn new(of: &SymbolData<'_>, p: &Signals) -> Result<Self> {
        Ok(match of.extra(POSITIONS) {
            Some(ExtraData::Positions(file)) => {
                Self::Positions(align(of.bars(), &file.of_symbol(of.name), p, BarsLeftOut::of(of))?)
            }
            Some(ExtraData::Orders(file)) => {
                of_orders(p)?;
                Self::Orders(OrderSchedule::align(of, file, p.stamp)?)
            }
            Some(ExtraData::Events(_) | ExtraData::Labels(_)) | None => {
                return Err(Error::internal("signals", "the file of positions was not read"));
            }
        })
    }
}

/// Refuses what a file of orders says itself, row by row.
fn of_orders(p: &Signals) -> Result<()> {
    let given = match (p.distances().any(), p.size != 1.0) {
        (true, _) => "stop, target and trail",
        (_, true) => "params.size",
        _ => return Ok(()),
    };
    Err(Error::scenario("params", format!("{given} cannot be given for a file of orders"))
        .hint("each row has its units, stop and target; leave the parameters out"))
}
