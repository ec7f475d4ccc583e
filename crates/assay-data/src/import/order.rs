//! Four prices without names: open, high, low, close or open, close, high, low, as the rows prove it or the user says.

use super::Format;
use crate::check::order_that_fits;
use crate::error::{Error, Result};
use crate::rows::Rows;

/// Which way round the four prices of an array stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowOrder {
    /// Open, high, low, close.
    Ohlc,
    /// Open, close, high, low, as Bitfinex has them.
    Ochl,
}

/// Puts prices that were read as open, high, low, close in their columns.
fn put_right(rows: &mut Rows, order: RowOrder) {
    if order == RowOrder::Ochl {
        // What was taken for high, low, close is close, high, low.
        let (close, high, low) =
            (std::mem::take(&mut rows.high), std::mem::take(&mut rows.low), std::mem::take(&mut rows.close));
        (rows.high, rows.low, rows.close) = (high, low, close);
    }
}

/// Fewer rows may have a volume between their prices by chance.
const ENOUGH: usize = 10;

/// The fields of Kraken's arrays, whose sixth is a price.
pub(super) const KRAKEN: [&str; 8] = ["time", "open", "high", "low", "close", "vwap", "volume", "count"];

/// What is asked of arrays or columns without names whose volume may be a price.
pub(super) const VOLUME_OR_PRICE: &str = "the sixth field lies between low and high in every row: an average price, and the volume is \
                                          another? Name the fields: --columns time,open,high,low,close,vwap,volume or, if it is the \
                                          volume, --columns time,open,high,low,close,volume";

/// Whether what was taken for the volume is a price in every row, as an average weighted by volume is; 0 where nothing traded.
pub(super) fn volume_is_price(rows: &Rows, enough: usize) -> bool {
    let within = |i: usize| rows.low[i] <= rows.volume[i] && rows.volume[i] <= rows.high[i];
    let traded: Vec<usize> = (0..rows.len()).filter(|&i| rows.volume[i] != 0.0).collect();
    rows.has_volume && traded.len() >= enough && traded.into_iter().all(within)
}

/// As [`volume_is_price`], of rows of which nothing else is known.
pub(super) fn doubtful_volume(rows: &Rows) -> bool {
    volume_is_price(rows, ENOUGH)
}

/// Which order of the four prices the rows bear out.
enum BorneOut {
    One(RowOrder),
    Both,
    Neither,
}

fn borne_out(rows: &Rows) -> BorneOut {
    // A bar's high is never below, its low never above its open and close.
    let broken = |high: &[f64], low: &[f64], close: &[f64]| {
        (0..rows.len())
            .filter(|&i| high[i] < rows.open[i].max(close[i]) || low[i] > rows.open[i].min(close[i]))
            .count()
    };
    let ohlc = broken(&rows.high, &rows.low, &rows.close);
    let ochl = broken(&rows.low, &rows.close, &rows.high);
    let rare = |n: usize| n * 100 <= rows.len();
    match (rare(ohlc), rare(ochl)) {
        (true, false) => BorneOut::One(RowOrder::Ohlc),
        (false, true) => BorneOut::One(RowOrder::Ochl),
        (true, true) => BorneOut::Both,
        (false, false) => BorneOut::Neither,
    }
}

/// That rows fit neither order, and the one that they fit.
fn neither(place: &str, rows: &Rows) -> Error {
    let hint = match order_that_fits(rows) {
        Some(order) => {
            format!("{0} does: --columns time,{0},volume, in the order of all its fields", order.join(","))
        }
        None => "say what its fields are: --columns time,open,high,low,close,volume".to_owned(),
    };
    Error::data(place, "neither open, high, low, close nor open, close, high, low fits its rows").hint(hint)
}

/// Finds out the order of the prices of `rows`, which were read as open, high, low, close, and puts them right. Where the rows do not show it, the format
/// `asked` for tells, and then what is `presumed`.
///
/// # Errors
/// Nothing tells, or the rows show that it is not the order of the format asked for.
pub(super) fn settle(
    place: &str,
    rows: &mut Rows,
    asked: Option<Format>,
    presumed: Option<RowOrder>,
) -> Result<RowOrder> {
    let named = asked.map(|f| if f == Format::Bitfinex { RowOrder::Ochl } else { RowOrder::Ohlc });
    let proved = match borne_out(rows) {
        BorneOut::One(order) => Some(order),
        BorneOut::Neither if named.or(presumed).is_none() => return Err(neither(place, rows)),
        BorneOut::Both | BorneOut::Neither => None,
    };
    let order = proved.or(named).or(presumed).ok_or_else(|| {
        Error::data(place, "open, high, low, close and open, close, high, low both fit its rows").hint(
            "say which: --as bitfinex (open, close, high, low) or --columns time,open,high,low,close,volume",
        )
    })?;
    if let (Some(format), Some(named)) = (asked, named)
        && named != order
    {
        let is = if order == RowOrder::Ochl { "open, close, high, low" } else { "open, high, low, close" };
        return Err(Error::data(
            place,
            format!("the columns are {is}, as its rows show, which is not the order of {}", format.name()),
        )
        .hint("leave out --as"));
    }
    put_right(rows, order);
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::super::tests::part_of;
    use super::*;

    fn rows(all: &[[f64; 4]]) -> Rows {
        let mut rows = part_of(&vec![0; all.len()]).rows;
        for (i, row) in all.iter().enumerate() {
            rows.values_mut().into_iter().zip(row).for_each(|(column, v)| column[i] = *v);
        }
        rows
    }

    #[test]
    fn the_order_of_prices_is_proved_or_asked_for() {
        let mut ohlc = rows(&[[2.0, 4.0, 1.0, 3.0], [3.0, 5.0, 2.0, 4.0]]);
        let mut ochl = rows(&[[2.0, 3.0, 4.0, 1.0], [3.0, 4.0, 5.0, 2.0]]);
        assert_eq!(settle("a", &mut ohlc.clone(), None, None).unwrap(), RowOrder::Ohlc);
        assert_eq!(settle("a", &mut ochl, None, Some(RowOrder::Ohlc)).unwrap(), RowOrder::Ochl);
        assert_eq!(ochl.values()[..4].iter().map(|v| v[0]).collect::<Vec<_>>(), [2.0, 4.0, 1.0, 3.0]);
        let e = settle("a", &mut ohlc, Some(Format::Bitfinex), None).unwrap_err().to_string();
        assert!(e.contains("the columns are open, high, low, close, as its rows show"), "{e}");
        // Low, high, open, close, as some interfaces answer.
        let mut coinbase = rows(&[[1.0, 4.0, 2.0, 3.0], [2.0, 5.0, 3.0, 4.0]]);
        let e = settle("a", &mut coinbase, None, None).unwrap_err();
        assert!(e.problem().starts_with("neither open, high, low, close nor open, close"), "{e}");
        assert!(e.remedy().unwrap().starts_with("low,high,open,close does: --columns time,low,high"), "{e}");
        let mut newest_first = rows(&[[2.0, 5.0, 3.0, 4.0], [1.0, 4.0, 2.0, 3.0]]);
        newest_first.time_ms = vec![2, 1];
        let e = settle("a", &mut newest_first, None, None).unwrap_err();
        assert!(e.remedy().unwrap().starts_with("low,high,open,close does"), "{e}");
        // Bars of one price show nothing.
        let flat = rows(&[[2.0; 4]]);
        assert!(
            settle("a", &mut flat.clone(), None, None).unwrap_err().to_string().contains("both fit its rows")
        );
        assert_eq!(settle("a", &mut flat.clone(), Some(Format::Bitfinex), None).unwrap(), RowOrder::Ochl);
        assert_eq!(settle("a", &mut flat.clone(), None, Some(RowOrder::Ohlc)).unwrap(), RowOrder::Ohlc);
    }
}
