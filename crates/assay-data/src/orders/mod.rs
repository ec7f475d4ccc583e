//! Orders from a file: one a row.

mod row;

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, SchemaRef};
use csv::{ReaderBuilder, StringRecord};
use parquet::file::reader::ChunkReader;

use super::columnar::{batches, is_columnar};
use super::identity::Identity;
use super::parquet_in::{BatchCells, place_of_row};
use super::{file, instant, names};
use crate::error::{Error, Place, Result, nearest};
use crate::execution::{Bracket, Expiry, OrderKind};
use row::row;
pub use row::{wrong_side, wrong_start};

/// What a row asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OrderRequest {
    /// An order.
    Place(Placed),
    /// All resting orders of the symbol are taken back.
    Cancel,
    /// The position is closed at the next open, and resting orders are taken back.
    Close,
}

/// How much an order is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// Units.
    Units(f64),
    /// A share of the equity at the close that decides, at its price.
    Equity(f64),
}

/// An order as a file has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// +1 buys, -1 sells.
    pub side: f64,
    /// How much.
    pub amount: Amount,
    /// When it fills.
    pub kind: OrderKind,
    /// Whether it may only make a position smaller.
    pub reduce_only: bool,
    /// Bars it is good for; 0 until it is cancelled.
    pub bars: usize,
    /// What then becomes of it.
    pub expiry: Expiry,
    /// Orders of one group cancel each other; 0 for none.
    pub group: u32,
    /// What closes the position it opens.
    pub bracket: Bracket,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// Time of the bar whose close decides, milliseconds UTC.
    pub time_ms: i64,
    /// Symbol, where the file has a column of them.
    pub symbol: Option<String>,
    /// What is asked for.
    pub request: OrderRequest,
    /// `file:line`, or `file: row N`.
    pub place: Place,
}

/// The orders of a file.
#[derive(Debug, Clone)]
pub struct OrderFile {
    /// The file.
    pub place: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its rows, in its order.
    pub rows: Vec<OrderRow>,
}

impl OrderFile {
    /// What makes them the same orders, from whatever file: a hash of what each row asks for.
    pub fn id(&self) -> String {
        let times: Vec<i64> = self.rows.iter().map(|r| r.time_ms).collect();
        let texts = self.rows.iter().map(|r| format!("{:?} {:?}", r.symbol, r.request));
        texts.fold(Identity::new("orders", times.len()).times(&times), |hash, t| hash.text(&t)).end()
    }

    /// Checks that every row says which of `symbols` it is about, where there are several, and names no other.
    ///
    /// # Errors
    /// One does not.
    pub fn check_symbols(&self, symbols: &[&str]) -> Result<()> {
        for row in &self.rows {
            match row.symbol.as_deref() {
                None if symbols.len() > 1 => {
                    return Err(Error::data(&row.place, "no symbol, and there are several")
                        .hint(format!("say which one it is about: {}", symbols.join(", "))));
                }
                Some(name) if !symbols.contains(&name) => {
                    let near = nearest(name, symbols.iter().copied()).map_or_else(
                        || format!("there are {}", symbols.join(", ")),
                        |n| format!("did you mean {n}?"),
                    );
                    return Err(
                        Error::data(&row.place, format!("{name:?} is no symbol of this run")).hint(near)
                    );
                }
                _ => {}
            }
        }
        Ok(())
    }
}

const COLUMNS: [&str; 20] = [
    "time",
    "symbol",
    "order",
    "side",
    "units",
    "size",
    "price",
    "limit_price",
    "stop",
    "target",
    "trail",
    "trail_percent",
    "trail_on",
    "reduce_only",
    "bars",
    "expiry",
    "group",
    "note",
    "trail_from",
    "trail_from_percent",
];

/// Whether a CSV or Parquet file holds orders: it has a column named `order`.
///
/// # Errors
/// The file cannot be read.
pub fn holds_orders(path: &Path) -> Result<bool> {
    let (handle, bytes) = file::read(path)?;
    are_orders(&path.display().to_string(), handle, &bytes)
}

/// As [`holds_orders`] of the content of a file.
pub(super) fn are_orders<F: ChunkReader + 'static>(place: &str, handle: F, bytes: &[u8]) -> Result<bool> {
    if is_columnar(bytes) {
        let (schema, _) = batches(place, handle, bytes)?;
        return Ok(schema.fields().iter().any(|f| f.name() == "order"));
    }
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(first).split(',').any(|n| n.trim() == "order"))
}

/// Reads orders from CSV or Parquet.
///
/// # Errors
/// The file or a row of it cannot be understood.
pub fn load_orders(path: &Path) -> Result<OrderFile> {
    let (handle, bytes) = file::read(path)?;
    orders_of(path.display().to_string(), handle, &bytes)
}

/// As [`load_orders`] of the content of a file.
pub(super) fn orders_of<F: ChunkReader + 'static>(
    place: String,
    handle: F,
    bytes: &[u8],
) -> Result<OrderFile> {
    let sha256 = file::sha256_hex(bytes);
    let rows = if is_columnar(bytes) {
        from_columns(&place, batches(&place, handle, bytes)?)?
    } else {
        from_text(&place, bytes)?
    };
    if rows.is_empty() {
        return Err(Error::data(place, "a header but no rows").hint("give at least one row"));
    }
    Ok(OrderFile { place, sha256, rows })
}

/// Which column holds what, in the order of [`COLUMNS`].
fn columns(place: &str, names: &[&str]) -> Result<[Option<usize>; 20]> {
    for name in names {
        if !COLUMNS.contains(&name.trim()) {
            let near = nearest(name.trim(), COLUMNS).map(|n| format!("did you mean {n}? "));
            let hint = format!("{}known are {}", near.unwrap_or_default(), COLUMNS.join(", "));
            return Err(Error::data(place, format!("unknown column {:?}", name.trim())).hint(hint));
        }
    }
    let at = COLUMNS.map(|c| names.iter().position(|n| n.trim() == c));
    for (k, need) in [(0, "time"), (2, "order")] {
        if at[k].is_none() {
            return Err(Error::data(place, format!("no column {need}; there are {}", names.join(", ")))
                .hint(format!("known columns are {}", COLUMNS.join(", "))));
        }
    }
    Ok(at)
}

fn from_text(place: &str, bytes: &[u8]) -> Result<Vec<OrderRow>> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(true).flexible(false).from_reader(text);
    let broken = |e: csv::Error| {
        let at = e.position().map(|p| Place::line(place, p.line() as usize));
        Error::data(at.unwrap_or_else(|| Place::file(place)), format!("cannot be read ({e})"))
            .caused_by(e)
            .hint("give UTF-8 text with commas and as many fields in each row as in the header")
    };
    let header = reader.headers().map_err(broken)?.clone();
    let names: Vec<&str> = header.iter().collect();
    let at = columns(place, &names)?;
    let mut record = StringRecord::new();
    let mut rows = vec![];
    while reader.read_record(&mut record).map_err(broken)? {
        let here = Place::line(place, record.position().map_or(0, |p| p.line() as usize));
        let cell = |k: usize| at[k].and_then(|c| record.get(c)).map_or("", str::trim);
        let time = cell(0);
        let Some(time_ms) = instant::from_text(time.as_bytes()) else {
            return Err(Error::data(here, format!("time is not a time: {:?}", names::shorten(time)))
                .hint(instant::HINT));
        };
        rows.push(row(here, time_ms, &cell)?);
    }
    Ok(rows)
}

fn from_columns(place: &str, (schema, batches): (SchemaRef, Vec<RecordBatch>)) -> Result<Vec<OrderRow>> {
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let at = columns(place, &names)?;
    let mut rows: Vec<OrderRow> = vec![];
    for batch in batches {
        let cells = BatchCells { place, batch: &batch, first_row: rows.len(), names: &names };
        let mut times = vec![];
        let time = at[0].unwrap_or_default();
        cells.times(time, time, &mut times)?;
        let texts = (0..names.len())
            .map(|c| if c == time { Ok(None) } else { cells.cast(c, c, &DataType::Utf8).map(Some) })
            .collect::<Result<Vec<_>>>()?;
        let first = rows.len();
        for (r, time_ms) in times.into_iter().enumerate() {
            let cell = |k: usize| {
                let array = at[k].and_then(|c| texts[c].as_ref());
                let text = array.map(|a| a.as_string::<i32>()).filter(|a| arrow_array::Array::is_valid(a, r));
                text.map_or("", |a| a.value(r).trim())
            };
            rows.push(row(place_of_row(place, first + r), time_ms, &cell)?);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::{Follow, Level, Trail};

    fn read(text: &str) -> Result<Vec<OrderRow>> {
        from_text("o.csv", text.as_bytes())
    }

    #[test]
    fn rows_are_orders() {
        let rows = read(
            "time,order,side,units,size,price,limit_price,stop,target,trail_percent,bars,expiry,reduce_only,group\n\
             2024-01-01,limit,buy,2,,99,,95,110,,3,market,,\n2024-01-02,stop_limit,sell,,0.5,90,89.5,,,,,,true,7\n\
             2024-01-03,trailing_stop,sell,1,,,,,,2.5,,,,\n2024-01-04,cancel,,,,,,,,,,,,\n2024-01-05,close,,,,,,,,,,,,\n",
        )
        .unwrap();
        let OrderRequest::Place(a) = rows[0].request else { panic!() };
        assert_eq!((a.side, a.amount, a.kind, a.bars), (1.0, Amount::Units(2.0), OrderKind::Limit(99.0), 3));
        assert_eq!(
            (a.bracket.stop, a.bracket.target, a.expiry),
            (Level::Price(95.0), Level::Price(110.0), Expiry::Market)
        );
        let OrderRequest::Place(b) = rows[1].request else { panic!() };
        assert_eq!(
            (b.amount, b.kind),
            (Amount::Equity(0.5), OrderKind::StopLimit { stop: 90.0, limit: 89.5 })
        );
        assert!(b.reduce_only && b.group == 7);
        let OrderRequest::Place(c) = rows[2].request else { panic!() };
        assert_eq!(c.kind, OrderKind::TrailingStop(Trail { distance: 0.025, share: true, ..Trail::NONE }));
        let rows2 = read(
            "time,order,side,units,price,trail,trail_percent,trail_from,trail_from_percent,trail_on\n\
             2024-01-01,market,buy,1,,,2,,3,extreme\n2024-01-02,limit,sell,1,100,5,,90,,\n2024-01-03,trailing_stop,sell,1,,5,,120,,path\n",
        )
        .unwrap();
        let starts = rows2.iter().map(|r| match r.request {
            OrderRequest::Place(Placed { kind: OrderKind::TrailingStop(t), bracket, .. }) => {
                assert_eq!(bracket.trail, Trail::NONE);
                (t.from, t.follow)
            }
            OrderRequest::Place(p) => (p.bracket.trail.from, p.bracket.trail.follow),
            _ => panic!(),
        });
        assert_eq!(
            starts.collect::<Vec<_>>(),
            [
                (Level::Share(0.03), Follow::Extreme),
                (Level::Price(90.0), Follow::Close),
                (Level::Price(120.0), Follow::Path)
            ]
        );
        assert_eq!((rows[3].request, rows[4].request), (OrderRequest::Cancel, OrderRequest::Close));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let head = "time,order,side,units,price,limit_price,stop,target,trail,bars\n";
        for (row, words) in [
            ("2024-01-01,limit,buy,NaN,99,,,,,", "o.csv:2: units is no positive number: \"NaN\""),
            ("2024-01-01,limit,buy,0,99,,,,,", "units is no positive number: \"0\""),
            ("2024-01-01,limit,buy,,99,,,,,", "neither units nor size is given"),
            ("2024-01-01,limit,buy,1,,,,,,", "a limit order needs a price"),
            ("2024-01-01,stop_limit,buy,1,99,,,,,", "a stop_limit order needs a limit_price"),
            ("2024-01-01,trailing_stop,buy,1,,,,,,", "needs a trail"),
            ("2024-01-01,limt,buy,1,99,,,,,", "order is no type of order: \"limt\""),
            ("2024-01-01,limit,up,1,99,,,,,", "side is neither buy nor sell: \"up\""),
            ("2024-01-01,limit,buy,1,99,,100,,,", "the stop 100 is on the wrong side of 99"),
            ("2024-01-01,limit,sell,1,99,,,100,,", "the target 100 is on the wrong side of 99"),
            ("2024-01-01,limit,buy,1,99,,,,,1.5", "bars is no whole number: 1.5"),
            ("soon,limit,buy,1,99,,,,,", "time is not a time"),
        ] {
            let e = read(&format!("{head}{row}\n")).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            assert!(e.to_string().contains(words), "{row}: {e}");
        }
        let head = "time,order,side,units,price,trail,trail_from,trail_from_percent\n";
        for (row, words) in [
            ("2024-01-01,market,buy,1,,,105,", "trail_from is given, and no stop trails"),
            ("2024-01-01,market,buy,1,,,,3", "trail_from is given, and no stop trails"),
            ("2024-01-01,market,buy,1,,2,105,3", "both trail_from and trail_from_percent are given"),
            ("2024-01-01,market,buy,1,,2,0,", "trail_from is no positive number: \"0\""),
            ("2024-01-01,limit,buy,1,99,2,99,", "the trail_from 99 is on the wrong side of 99"),
            ("2024-01-01,limit,sell,1,99,2,100,", "the trail_from 100 is on the wrong side of 99"),
        ] {
            let e = read(&format!("{head}{row}\n")).unwrap_err();
            assert_eq!(e.exit_code(), 2);
            assert!(e.to_string().contains(words), "{row}: {e}");
        }
        assert!(read("time,order,prize\n").unwrap_err().to_string().contains("did you mean price?"));
        assert!(read("order,side\n").unwrap_err().to_string().contains("no column time"));
    }
}
