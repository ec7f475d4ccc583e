//! One row of a file of orders: its cells, read and checked against each other.

use super::{Amount, COLUMNS, OrderRequest, OrderRow, Placed};
use crate::error::{Error, Place, Result, nearest};
use crate::execution::{Bracket, Expiry, Follow, Level, OrderKind, Trail};
use crate::names;

const TYPES: [&str; 7] = ["market", "limit", "stop", "stop_limit", "trailing_stop", "cancel", "close"];

/// One row of cells, by the place of their names in [`COLUMNS`].
pub(super) fn row<'a>(place: Place, time_ms: i64, cell: &dyn Fn(usize) -> &'a str) -> Result<OrderRow> {
    let cells = OrderCells { place: &place, cell };
    let symbol = cells.symbol();
    let request = match cells.order()?.as_str() {
        "cancel" => OrderRequest::Cancel,
        "close" => OrderRequest::Close,
        order => OrderRequest::Place(cells.placed(order)?),
    };
    Ok(OrderRow { time_ms, symbol, request, place })
}

/// The cells of one row, and where it stands for what is wrong with it.
struct OrderCells<'r, 'a> {
    place: &'r Place,
    cell: &'r dyn Fn(usize) -> &'a str,
}

/// The prices of a row; each may be left out.
struct Prices {
    price: Option<f64>,
    limit: Option<f64>,
    stop: Option<f64>,
    target: Option<f64>,
}

impl<'a> OrderCells<'_, 'a> {
    /// An order of the type `order`. Cells are read in a fixed order: of several mistakes, the first is named.
    fn placed(&self, order: &str) -> Result<Placed> {
        let side = self.side()?;
        let amount = self.amount()?;
        let prices = self.prices()?;
        let trail = self.trail()?;
        let kind = self.kind(order, &prices, trail)?;
        // The price the position would be opened at, where it is known.
        if let Some(at) = prices.price.filter(|_| !matches!(kind, OrderKind::Market)) {
            wrong_side(self.place, side, at, prices.stop, prices.target)?;
            if !matches!(kind, OrderKind::TrailingStop(_)) {
                wrong_start(self.place, side, at, trail.from)?;
            }
        }
        let reduce_only = self.reduce_only();
        let expiry = self.expiry()?;
        Ok(Placed {
            side,
            amount,
            kind,
            reduce_only,
            bars: self.whole(14)?,
            expiry,
            group: self.whole(16)? as u32,
            bracket: bracket(kind, &prices, trail),
        })
    }

    fn symbol(&self) -> Option<String> {
        Some(self.text(1)).filter(|s| !s.is_empty()).map(str::to_owned)
    }

    /// The type of the order, one of [`TYPES`].
    fn order(&self) -> Result<String> {
        let order = self.lower(2);
        if TYPES.contains(&order.as_str()) {
            return Ok(order);
        }
        let near = nearest(&order, TYPES).map(|n| format!("did you mean {n}? "));
        self.refuse(
            format!("order is no type of order: {:?}", names::shorten(self.text(2))),
            &format!("{}types are {}", near.unwrap_or_default(), TYPES.join(", ")),
        )
    }

    fn side(&self) -> Result<f64> {
        match self.lower(3).as_str() {
            "buy" | "long" | "1" => Ok(1.0),
            "sell" | "short" | "-1" => Ok(-1.0),
            _ => self.refuse(
                format!("side is neither buy nor sell: {:?}", names::shorten(self.text(3))),
                "write buy or sell",
            ),
        }
    }

    fn amount(&self) -> Result<Amount> {
        match (self.number(4)?, self.number(5)?) {
            (Some(units), None) => Ok(Amount::Units(units)),
            (None, Some(share)) => Ok(Amount::Equity(share)),
            (None, None) => {
                self.refuse("neither units nor size is given".to_owned(), "give one of them, above 0")
            }
            _ => self.refuse("both units and size are given".to_owned(), "give one of them"),
        }
    }

    fn prices(&self) -> Result<Prices> {
        Ok(Prices {
            price: self.number(6)?,
            limit: self.number(7)?,
            stop: self.number(8)?,
            target: self.number(9)?,
        })
    }

    fn trail(&self) -> Result<Trail> {
        let (follow, from) = (self.follow()?, self.trail_from()?);
        match (self.number(10)?, self.number(11)?) {
            (Some(distance), None) => Ok(Trail { distance, share: false, follow, from }),
            (None, Some(percent)) if percent < 100.0 => {
                Ok(Trail { distance: percent / 100.0, share: true, follow, from })
            }
            (None, None) if from == Level::None => Ok(Trail::NONE),
            (None, None) => self.refuse(
                "trail_from is given, and no stop trails".to_owned(),
                "fill in trail or trail_percent, or leave trail_from empty",
            ),
            _ => self.refuse(
                "trail and trail_percent do not fit".to_owned(),
                "give one of them; a percentage below 100",
            ),
        }
    }

    /// From which profit on a stop trails.
    fn trail_from(&self) -> Result<Level> {
        match (self.number(18)?, self.number(19)?) {
            (Some(price), None) => Ok(Level::Price(price)),
            (None, Some(percent)) => Ok(Level::Share(percent / 100.0)),
            (None, None) => Ok(Level::None),
            _ => self.refuse(
                "both trail_from and trail_from_percent are given".to_owned(),
                "give one of them: a price, or a profit in percent",
            ),
        }
    }

    /// What a trail follows.
    fn follow(&self) -> Result<Follow> {
        match self.lower(12).as_str() {
            "" | "close" => Ok(Follow::Close),
            "extreme" => Ok(Follow::Extreme),
            "path" => Ok(Follow::Path),
            other => self.refuse(
                format!("trail_on is neither close, extreme nor path: {other:?}"),
                "write one of them",
            ),
        }
    }

    /// When an order of the type `order` fills, at the prices and the trail that it needs.
    fn kind(&self, order: &str, prices: &Prices, trail: Trail) -> Result<OrderKind> {
        let needs = |what: Option<f64>, name: &str| -> Result<f64> {
            what.ok_or_else(|| {
                Error::data(self.place, format!("a {order} order needs a {name}"))
                    .hint(format!("fill in the column {name}"))
            })
        };
        let price = || needs(prices.price, "price");
        match order {
            "market" => Ok(OrderKind::Market),
            "limit" => Ok(OrderKind::Limit(price()?)),
            "stop" => Ok(OrderKind::Stop(price()?)),
            "stop_limit" => {
                Ok(OrderKind::StopLimit { stop: price()?, limit: needs(prices.limit, "limit_price")? })
            }
            _ if trail == Trail::NONE => self
                .refuse("a trailing_stop order needs a trail".to_owned(), "fill in trail or trail_percent"),
            _ => Ok(OrderKind::TrailingStop(trail)),
        }
    }

    fn reduce_only(&self) -> bool {
        matches!(self.lower(13).as_str(), "true" | "1" | "yes")
    }

    fn expiry(&self) -> Result<Expiry> {
        match self.lower(15).as_str() {
            "" | "cancel" => Ok(Expiry::Cancel),
            "market" => Ok(Expiry::Market),
            other => {
                self.refuse(format!("expiry is neither cancel nor market: {other:?}"), "write one of them")
            }
        }
    }

    fn text(&self, k: usize) -> &'a str {
        (self.cell)(k)
    }

    fn lower(&self, k: usize) -> String {
        self.text(k).to_ascii_lowercase()
    }

    /// The positive number of cell `k`; `None` where it is empty.
    fn number(&self, k: usize) -> Result<Option<f64>> {
        let text = self.text(k);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(v) if v.is_finite() && v > 0.0 => Ok(Some(v)),
            _ => self.refuse(
                format!("{} is no positive number: {:?}", COLUMNS[k], names::shorten(text)),
                "write a plain number above 0, or leave it empty",
            ),
        }
    }

    /// The whole number of cell `k`; 0 where it is empty.
    fn whole(&self, k: usize) -> Result<usize> {
        let v = self.number(k)?.unwrap_or(0.0);
        if v.fract() == 0.0 && v < 1e9 {
            return Ok(v as usize);
        }
        self.refuse(format!("{} is no whole number: {v}", COLUMNS[k]), "write a whole number of bars")
    }

    fn refuse<T>(&self, problem: String, hint: &str) -> Result<T> {
        Err(Error::data(self.place, problem).hint(hint))
    }
}

/// What closes the position: its trail is that of the row, unless the order itself trails by it.
fn bracket(kind: OrderKind, prices: &Prices, trail: Trail) -> Bracket {
    let level = |p: Option<f64>| p.map_or(Level::None, Level::Price);
    let trail = if matches!(kind, OrderKind::TrailingStop(_)) { Trail::NONE } else { trail };
    Bracket { stop: level(prices.stop), target: level(prices.target), trail }
}

/// Refuses a stop or target that lies on the wrong side of the price a position is opened at.
///
/// # Errors
/// One of them does.
pub fn wrong_side(place: &Place, side: f64, at: f64, stop: Option<f64>, target: Option<f64>) -> Result<()> {
    let word = if side > 0.0 { ["buys", "below", "above"] } else { ["sells", "above", "below"] };
    if let Some(s) = stop.filter(|s| side * (at - s) <= 0.0) {
        return Err(Error::data(place, format!("the stop {s} is on the wrong side of {at}"))
            .hint(format!("the stop of an order that {} lies {} its price", word[0], word[1])));
    }
    if let Some(t) = target.filter(|t| side * (t - at) <= 0.0) {
        return Err(Error::data(place, format!("the target {t} is on the wrong side of {at}"))
            .hint(format!("the target of an order that {} lies {} its price", word[0], word[2])));
    }
    Ok(())
}

/// Refuses a trail that begins at a price which a position on `side` has passed, or is at, when it is opened at `at`.
///
/// # Errors
/// It does.
pub fn wrong_start(place: &Place, side: f64, at: f64, from: Level) -> Result<()> {
    match from {
        Level::Price(from) if side * (from - at) <= 0.0 => {
            let word = if side > 0.0 { ["long", "above"] } else { ["short", "below"] };
            Err(Error::data(place, format!("the trail_from {from} is on the wrong side of {at}")).hint(format!(
                "it is a price: the stop of a {} begins to trail {} the price it is opened at; or give trail_from_percent",
                word[0], word[1]
            )))
        }
        _ => Ok(()),
    }
}
