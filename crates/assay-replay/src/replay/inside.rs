//! What happens inside a bar: levels of the position and orders that rest.

use super::Position;
use super::account_state::AccountState;
use super::fill_engine::FillEngine;
use super::notice::{Outcome, Reject};
use super::symbol_state::SymbolState;
use crate::execution::{
    Execution, Expiry, Follow, Intrabar, LimitRule, Order, OrderKind, Path, Touch, TouchKind, Trail, walk,
};
use crate::market::Detail;

impl SymbolState<'_> {
    /// Walks the bar with what is held and what rests.
    #[inline]
    pub fn inside(&mut self, ledger: &mut AccountState, execution: &Execution, done: &mut Outcome) {
        let simple =
            self.book.orders.is_empty() && self.hold.position.as_ref().is_some_and(|p| !p.follows_path());
        if simple {
            self.inside_simple(ledger, execution, done);
        } else {
            self.inside_orders(ledger, execution, done);
        }
    }

    fn inside_simple(&mut self, ledger: &mut AccountState, execution: &Execution, done: &mut Outcome) {
        let (i, bars) = (self.next, self.market.bars);
        let (open, high, low) = (bars.open()[i], bars.high()[i], bars.low()[i]);
        let detail = self.detail.filter(|_| execution.intrabar == Intrabar::Detail);
        let (mut engine, _) = self.engine(ledger, done);
        let liquidation = engine.liquidation_price();
        let Some(p) = &mut engine.hold.position else { return };
        // Whichever is nearer is reached first.
        let fatal = p.side * (liquidation - p.stop) > 0.0;
        let stop = if fatal { liquidation } else { p.stop };
        let target = if execution.limit == LimitRule::Through { beyond(p.target, p.side) } else { p.target };
        let touch = walk(Path { open, high, low }, p.side, stop, target, execution.intrabar);
        match touch {
            Some(touch) => {
                let finer = detail.and_then(|d| look_into(d, i, p, stop, target));
                let mut touch = finer.unwrap_or(touch);
                if touch.kind == TouchKind::Target && !touch.gap {
                    touch.price = p.target;
                }
                engine.touched(touch, fatal && touch.kind == TouchKind::Stop, high, low);
            }
            None => p.see(high, low),
        }
    }

    fn inside_orders(&mut self, ledger: &mut AccountState, execution: &Execution, done: &mut Outcome) {
        let (i, bars) = (self.next, self.market.bars);
        let (mut engine, book) = self.engine(ledger, done);
        engine.forget_reductions(&mut book.orders);
        self.expire(ledger, done);
        for o in &mut self.book.orders {
            o.parked = false;
            o.begin_to_trail(bars.open()[i]);
        }
        let fine =
            self.detail.filter(|_| execution.intrabar == Intrabar::Detail).map(|d| (d.of(i), d.fine()));
        match fine {
            Some((range, fine)) if !range.is_empty() => {
                for k in range.clone() {
                    let bar = [fine.open()[k], fine.high()[k], fine.low()[k], fine.close()[k]];
                    self.one_bar(bar, ledger, execution, done, k == range.start);
                }
            }
            _ => {
                let bar = [bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i]];
                self.one_bar(bar, ledger, execution, done, true);
            }
        }
        for o in &mut self.book.orders {
            let OrderKind::TrailingStop(Trail { follow, .. }) = o.kind else { continue };
            match follow {
                Follow::Path => {}
                Follow::Close => o.trail_after(bars.close()[i]),
                Follow::Extreme => o.trail_after(if o.side < 0.0 { bars.high()[i] } else { bars.low()[i] }),
            }
        }
    }

    /// Orders whose time is over are taken back, or carried out at the open.
    fn expire(&mut self, ledger: &mut AccountState, done: &mut Outcome) {
        let i = self.next;
        self.book.take_back(i);
        self.turn_away_second_entries(i, done);
        let mut k = 0;
        while k < self.book.orders.len() {
            let Some(then) = self.book.orders[k].over(i) else {
                k += 1;
                continue;
            };
            let order = self.book.orders.remove(k);
            if then == Expiry::Market && self.hold.is_leaving() {
                // It waits until what leaves in parts is gone.
                self.book
                    .orders
                    .insert(k, Order { kind: OrderKind::Market, good_until: usize::MAX, ..order });
                k += 1;
                continue;
            }
            if then == Expiry::Cancel {
                ledger.counts.expired += 1;
                self.refuse(&order, i, Reject::EXPIRED, done);
                continue;
            }
            let at_market = Order { kind: OrderKind::Market, ..order };
            let price = self.market_price(&order);
            let (mut engine, book) = self.engine(ledger, done);
            engine.at_market(&at_market, price, &mut book.orders);
            k = 0;
        }
        // Market orders fill at the open they arrive at.
        let mut k = 0;
        while k < self.book.orders.len() {
            let waits = self.book.orders[k].kind != OrderKind::Market || self.book.orders[k].arrives > i;
            if waits || self.hold.is_leaving() {
                k += 1;
                continue;
            }
            let order = self.book.orders.remove(k);
            let price = self.market_price(&order);
            let (mut engine, book) = self.engine(ledger, done);
            engine.at_market(&order, price, &mut book.orders);
            k = 0;
        }
    }

    /// Price at which an order fills at the market at this open: one that is at the exchange already does not arrive.
    fn market_price(&self, order: &Order) -> f64 {
        if order.carried || order.arrives < self.next {
            self.present_price()
        } else {
            self.arrival_price(order.side)
        }
    }

    /// Walks one bar, or one finer bar, on the path the policy takes: both are tried where it asks for the worse or the better.
    fn one_bar(
        &mut self,
        bar: [f64; 4],
        ledger: &mut AccountState,
        execution: &Execution,
        done: &mut Outcome,
        opens: bool,
    ) {
        let [open, high, low, close] = bar;
        let up_first = [open, high, low, close];
        let down_first = [open, low, high, close];
        let rule = execution.limit;
        let known = match execution.intrabar {
            Intrabar::Ohlc => Some(up_first),
            Intrabar::Olhc => Some(down_first),
            Intrabar::Adaptive if high - open < open - low => Some(up_first),
            Intrabar::Adaptive if high - open > open - low => Some(down_first),
            _ => None,
        };
        if let Some(points) = known {
            let (mut engine, book) = self.engine(ledger, done);
            engine.walk_points(&mut book.orders, &points, rule, opens);
            return;
        }
        let start = done.trades.len();
        let mut ends = [(self.hold, *ledger, 0.0), (self.hold, *ledger, 0.0)];
        let mut both = [Outcome::keeping(done.keep), Outcome::keeping(done.keep)];
        for (k, points) in [up_first, down_first].iter().enumerate() {
            let orders = &mut self.scratch[k];
            orders.clone_from(&self.book.orders);
            let (hold, account, equity) = &mut ends[k];
            let mut engine = FillEngine { hold, ledger: account, at: &self.at, done: &mut both[k] };
            engine.walk_points(orders, points, rule, opens);
            *equity = account.cash() + hold.value(&self.at.terms, close, self.at.converted);
        }
        let helps = execution.intrabar == Intrabar::Optimistic;
        // Where both end alike, up first.
        let k = usize::from(if helps { ends[1].2 > ends[0].2 } else { ends[1].2 < ends[0].2 });
        let differ = ends[0].2 != ends[1].2 || both[0].trades != both[1].trades;
        self.hold = ends[k].0;
        *ledger = ends[k].1;
        std::mem::swap(&mut self.book.orders, &mut self.scratch[k]);
        done.append(&mut both[k]);
        if differ {
            done.trades[start..].iter_mut().for_each(|t| t.ambiguous = true);
            if let Some(p) = self.hold.position.as_mut() {
                p.ambiguous = true;
            }
        }
    }

    /// Ends the bar: the price it is marked at, and trails.
    #[inline]
    pub fn close_bar(&mut self) {
        let (i, bars) = (self.next, self.market.bars);
        let close = bars.close()[i];
        self.hold.price = close;
        if let Some(p) = &mut self.hold.position {
            p.trail_to(bars.high()[i], bars.low()[i], close);
        }
    }
}

/// The order that the finer bars of `bar` reached first. Within one of them the path is the one that hurts.
#[inline]
fn look_into(detail: &Detail, bar: usize, p: &Position, stop: f64, target: f64) -> Option<Touch> {
    let fine = detail.fine();
    detail.of(bar).find_map(|k| {
        let path = Path { open: fine.open()[k], high: fine.high()[k], low: fine.low()[k] };
        walk(path, p.side, stop, target, Intrabar::Pessimistic)
    })
}

/// The nearest price beyond `level`.
#[inline]
fn beyond(level: f64, side: f64) -> f64 {
    if side > 0.0 { level.next_up() } else { level.next_down() }
}
