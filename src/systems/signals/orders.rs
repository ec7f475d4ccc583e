//! Orders from a file, sent at the closes they belong to.

use super::aligned::{BarsLeftOut, bar_in};
use super::params::Stamp;
use crate::data::{Amount, OrderFile, OrderRequest, Placed, wrong_side, wrong_start};
use crate::error::{Error, Place, Result};
use crate::execution::{Level, Order, OrderKind};
use crate::market::Bars;
use crate::replay::{Book, ExitReason, Intent, Market, SymbolTrader, Trade, View};
use crate::system::SymbolData;

/// Orders by the bar whose close sends them.
#[derive(Debug, Clone, Default)]
pub struct OrderSchedule {
    /// Rows about bars that were left out.
    left_out: usize,
    rows: Vec<(usize, OrderRequest)>,
}

impl OrderSchedule {
    /// The orders of a file that are about a symbol, on the bars they belong to.
    ///
    /// # Errors
    /// A time is that of no bar; an order is below the lot, or its stop or target lies on the wrong side of the close that sends it.
    pub fn align(of: &SymbolData<'_>, file: &OrderFile, stamp: Stamp) -> Result<Self> {
        let (bars, lot) = (of.bars(), of.instrument.lot);
        let (mut rows, mut left_out) = (vec![], 0);
        for row in file.rows.iter().filter(|r| r.symbol.as_deref().is_none_or(|s| s == of.name)) {
            let Some(bar) = bar_in(bars, BarsLeftOut::of(of), row.time_ms, stamp, || row.place.clone())?
            else {
                left_out += 1;
                continue;
            };
            // Prices of a part of the bars may be other than those the file was made for.
            if let (OrderRequest::Place(order), false) = (&row.request, of.partial) {
                check(bars, bar, order, lot, &row.place)?;
            }
            rows.push((bar, row.request));
        }
        // Orders of one close keep the order of the file.
        rows.sort_by_key(|(bar, _)| *bar);
        Ok(Self { left_out, rows })
    }

    /// How many orders are sent at bar `first` or later, and how many are not.
    pub fn sent_from(&self, first: usize) -> (usize, usize) {
        let before = self.rows.partition_point(|(bar, _)| *bar < first);
        (self.rows.len() - before, before + self.left_out)
    }

    /// Bars with orders, and on which side they are; 0 for a row that closes.
    pub fn sides(&self) -> Vec<(usize, f64)> {
        let side = |r: &OrderRequest| if let OrderRequest::Place(o) = r { o.side } else { 0.0 };
        self.rows.iter().map(|(bar, r)| (*bar, side(r))).collect()
    }
}

fn check(bars: &Bars, bar: usize, order: &Placed, lot: f64, place: &Place) -> Result<()> {
    let close = bars.close()[bar];
    if let Amount::Units(units) = order.amount
        && units < lot * (1.0 - 1e-9)
    {
        return Err(Error::data(place, format!("{units} units are below the lot of {lot}"))
            .hint("order whole lots, or change the lot of the instrument"));
    }
    if let (OrderKind::Stop(p) | OrderKind::StopLimit { stop: p, .. }, false) =
        (order.kind, order.reduce_only)
        && order.side * (p - close) < 0.0
    {
        let side = if order.side > 0.0 { "buys lies above" } else { "sells lies below" };
        return Err(Error::data(
            place,
            format!("the stop {p} is on the wrong side of the close {close} that sends it"),
        )
        .hint(format!("a stop that {side} the price; use a limit for the other side")));
    }
    if let OrderKind::TrailingStop(trail) = order.kind {
        // A stop to sell is that of a long.
        wrong_start(place, -order.side, close, trail.from)?;
    }
    if order.kind == OrderKind::Market {
        wrong_start(place, order.side, close, order.bracket.trail.from)?;
        let price = |l: Level| if let Level::Price(p) = l { Some(p) } else { None };
        wrong_side(place, order.side, close, price(order.bracket.stop), price(order.bracket.target))?;
    }
    Ok(())
}

/// Sends them.
pub struct OrderTrader<'a> {
    bars: &'a Bars,
    rows: &'a [(usize, OrderRequest)],
    contract_size: f64,
    fx: Option<&'a [f64]>,
    next: usize,
}

impl<'a> OrderTrader<'a> {
    /// A trader of `sent` in a market.
    pub fn in_market(market: &Market<'a>, sent: &'a OrderSchedule) -> Self {
        let (contract_size, fx) = (market.terms.contract_size, market.fx);
        Self { bars: market.bars, rows: &sent.rows, contract_size, fx, next: 0 }
    }
}

impl SymbolTrader for OrderTrader<'_> {
    fn places(&self) -> bool {
        true
    }

    fn next_wake(&mut self, from: usize) -> usize {
        let rest = &self.rows[self.next..];
        self.next += rest.iter().take_while(|(bar, _)| *bar < from).count();
        self.rows.get(self.next).map_or(usize::MAX, |(bar, _)| *bar)
    }

    fn next_look(&mut self, from: usize) -> usize {
        self.rows.get(self.next).map_or(usize::MAX, |(bar, _)| (*bar).max(from))
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let now = self.rows[self.next..].iter().take_while(|(b, _)| *b == bar);
        let closes = now.clone().any(|(_, r)| *r == OrderRequest::Close);
        Intent {
            exit: (closes && (view.position.is_some() || view.late)).then_some(ExitReason::SIGNAL),
            ..Intent::default()
        }
    }

    fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
        while let Some((_, request)) = self.rows.get(self.next).filter(|(b, _)| *b <= bar) {
            self.next += 1;
            match request {
                OrderRequest::Cancel | OrderRequest::Close => book.cancel_all(),
                OrderRequest::Place(p) => {
                    let unit =
                        self.bars.close()[bar] * self.contract_size * self.fx.map_or(1.0, |fx| fx[bar]);
                    let units = match p.amount {
                        Amount::Units(units) => units,
                        Amount::Equity(share) => share * view.equity / unit,
                    };
                    book.place(Order {
                        reduce_only: p.reduce_only,
                        good_until: if p.bars == 0 { usize::MAX } else { bar + 1 + p.bars },
                        expiry: p.expiry,
                        group: p.group,
                        bracket: p.bracket,
                        ..Order::new(p.side, units, p.kind, bar)
                    });
                }
            }
        }
    }

    fn on_exit(&mut self, _: &Trade) {}
}
