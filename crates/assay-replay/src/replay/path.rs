//! A bar walked with everything that rests in it: stop, target and liquidation of the position, and orders.

use super::ExitReason;
use super::closing::Exit;
use super::fill_engine::FillEngine;
use super::notice::{Outcome, Reject, Rejected};
use super::opening::Opening;
use crate::execution::{Follow, LimitRule, Liquidity, Order, OrderKind, Reach, Touch, TouchKind, Trail};

/// What was reached.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reached {
    Liquidation,
    Stop,
    Target,
    Order(usize),
}

impl Reached {
    /// What is done first where several are reached at one price: what makes a position smaller.
    #[inline]
    fn rank(self, orders: &[Order], held_side: f64) -> (u8, u32) {
        match self {
            Self::Liquidation => (0, 0),
            Self::Stop => (1, 0),
            Self::Target => (2, 0),
            Self::Order(k) if orders[k].side * held_side < 0.0 => (3, orders[k].id),
            Self::Order(k) => (4, orders[k].id),
        }
    }
}

impl FillEngine<'_> {
    /// Walks straight from price to price. `opens` says that the first of them is the open of the bar.
    pub fn walk_points(&mut self, orders: &mut Vec<Order>, points: &[f64], rule: LimitRule, opens: bool) {
        let mut now = points[0];
        let mut at_open = opens;
        self.see(orders, now);
        for &to in &points[1..] {
            // Each pass fills, wakes or parks something, or finds the volume used up, so that it ends.
            while let Some((price, what)) = self.next(orders, now, to, rule) {
                at_open &= price == points[0] && now == points[0];
                self.reached(orders, what, price, at_open);
                now = price;
            }
            at_open = false;
            self.see(orders, to);
            now = to;
        }
    }

    /// Lets excursions and trails know a price.
    #[inline]
    fn see(&mut self, orders: &mut [Order], price: f64) {
        if let Some(p) = &mut self.hold.position {
            p.see_worst(price);
            p.see_best(price);
            if p.trail.follow == Follow::Path && p.trail.distance.is_finite() {
                p.follow(price);
            }
        }
        for o in orders {
            if matches!(o.kind, OrderKind::TrailingStop(Trail { follow: Follow::Path, .. })) {
                o.trail_after(price);
            }
        }
    }

    /// What is reached first on the way from `now` to `to`, and at which price.
    fn next(&self, orders: &[Order], now: f64, to: f64, rule: LimitRule) -> Option<(f64, Reached)> {
        let held = self.hold.position.as_ref();
        let held_side = held.map_or(0.0, |p| p.side);
        let mut best: Option<(f64, Reached)> = None;
        let mut consider = |level: f64, reach: Reach, limit: bool, what: Reached| {
            let Some(price) = reach.on(level, now, to) else { return };
            let passed = |p: f64| if reach == Reach::Above { p > level } else { p < level };
            if limit && rule == LimitRule::Through && !passed(now) && !passed(to) {
                return;
            }
            let nearer = match best {
                None => true,
                Some((p, w)) => {
                    let (d, e) = ((price - now).abs(), (p - now).abs());
                    d < e || d == e && what.rank(orders, held_side) < w.rank(orders, held_side)
                }
            };
            if nearer {
                best = Some((price, what));
            }
        };
        let stays = !self.hold.is_leaving();
        if let Some(p) = held {
            let (adverse, good) =
                if p.side > 0.0 { (Reach::Below, Reach::Above) } else { (Reach::Above, Reach::Below) };
            let liquidation = self.liquidation_price();
            if liquidation.is_finite() {
                consider(liquidation, adverse, false, Reached::Liquidation);
            }
            if stays && p.stop.is_finite() {
                consider(p.stop, adverse, false, Reached::Stop);
            }
            if stays && p.target.is_finite() {
                consider(p.target, good, true, Reached::Target);
            }
        }
        for (k, o) in orders.iter().enumerate().filter(|_| stays) {
            // Orders wait until what leaves in parts is gone.
            if o.parked || o.arrives > self.at.bar || o.reduce_only && o.side * held_side >= 0.0 {
                continue;
            }
            if let Some((level, reach)) = o.waits_for().filter(|(l, _)| !l.is_nan()) {
                let limit = matches!(o.kind, OrderKind::Limit(_)) || o.awake;
                consider(level, reach, limit, Reached::Order(k));
            }
        }
        best
    }

    fn reached(&mut self, orders: &mut Vec<Order>, what: Reached, price: f64, at_open: bool) {
        match what {
            Reached::Liquidation | Reached::Stop | Reached::Target => {
                let kind = if what == Reached::Target { TouchKind::Target } else { TouchKind::Stop };
                let touch = Touch { kind, price, gap: at_open, ambiguous: false };
                // The path is known here: the price reached is the only extreme there is.
                self.touched(touch, what == Reached::Liquidation, price, price);
            }
            Reached::Order(k) => {
                let order = orders[k];
                if matches!(order.kind, OrderKind::StopLimit { .. }) && !order.awake {
                    orders[k].awake = true;
                    return;
                }
                // A limit that could be filled the moment it came in, or woke up, takes.
                let resting = order.limit().is_some_and(|l| l == price)
                    || at_open && order.arrives < self.at.bar && !order.awake;
                let role =
                    if order.limit().is_some() && resting { Liquidity::Maker } else { Liquidity::Taker };
                let before = self.hold.budget;
                let left = self.carry_out(&order, price, role);
                // What the bar has no volume for has not been filled, and cancels no other.
                let some = left == 0.0 || self.hold.budget != before;
                if order.group != 0 && some {
                    orders.retain(|o| o.group != order.group || o.id == order.id);
                }
                self.forget_reductions(orders);
                match orders.iter_mut().find(|o| o.id == order.id) {
                    Some(o) if left > 0.0 => *o = self.rest(&order, left, some),
                    _ => orders.retain(|o| o.id != order.id),
                }
            }
        }
        self.forget_reductions(orders);
    }

    /// Takes back orders that belonged to a position that has been closed, even if another was opened at once: those that
    /// could only reduce it, and what was left of market orders.
    #[inline]
    pub fn forget_reductions(&mut self, orders: &mut Vec<Order>) {
        if std::mem::take(&mut self.hold.went_flat) {
            let over = forget_reductions(orders, usize::from(self.hold.symbol), self.at.bar, self.done);
            self.ledger.counts.cut += over;
        }
    }

    /// What the volume of the bar did not bear of an order: `left` units wait for the next bar, a limit at its price,
    /// others for its open.
    fn rest(&self, order: &Order, left: f64, some: bool) -> Order {
        let order = Order { units: left, ..*order };
        match order.limit() {
            Some(_) => Order { parked: true, ..order },
            None => order.carried(self.at.bar + 1, some),
        }
    }

    /// Carries out an order at the open that was taken from the book; what is left of it is put back.
    pub fn at_market(&mut self, order: &Order, price: f64, orders: &mut Vec<Order>) {
        let before = self.hold.budget;
        let left = self.carry_out(order, price, Liquidity::Taker);
        let some = left == 0.0 || self.hold.budget != before;
        if order.group != 0 && some {
            orders.retain(|o| o.group != order.group);
        }
        self.forget_reductions(orders);
        if left > 0.0 {
            let place = orders.partition_point(|o| o.id < order.id);
            orders.insert(place, self.rest(order, left, some));
        }
    }

    /// Fills an order at `reference`: it makes the position smaller first, then, unless it may only do that, larger or the
    /// other way round. Returns what the volume did not bear. Units of orders are those that were asked for: a part of the
    /// position is the part that was meant of it, and what opens is scaled by the stage of the order.
    pub fn carry_out(&mut self, order: &Order, reference: f64, role: Liquidity) -> f64 {
        let mut units = order.units;
        let mut left = 0.0;
        let limit = order.limit();
        if let Some(p) = self.hold.position.filter(|p| p.side != order.side) {
            let terms = &self.at.terms;
            // What a rounding makes more or less of the whole is the whole.
            let all = (units - p.asked).abs() <= p.asked * 1e-12;
            let closing = if all || units > p.asked { p.asked } else { terms.whole_lots(units) };
            if closing == 0.0 {
                // Less than a lot.
                self.ledger.counts.refused += usize::from(!p.shadow);
                self.refused(units, order.side, order.id, Reject::TOO_SMALL);
                return 0.0;
            }
            let asked_after = p.asked - closing;
            // At full exposure what was asked for is what is held, to the last bit.
            let part = if p.asked == p.units { closing } else { p.down_to(asked_after, terms) };
            let how = Exit { role, limit, order: order.id, asked_after, ..Exit::MARKET };
            left = self.close(part, reference, ExitReason::ORDER, how);
            units = if all { 0.0 } else { units - closing };
            if left > 0.0 {
                return left * (closing / part) + units;
            }
            if self.hold.position.is_some() {
                // What is no lot of the rest closes nothing, and opens nothing.
                return 0.0;
            }
        } else if order.reduce_only {
            return 0.0;
        }
        if units > 0.0 && !order.reduce_only {
            let opening = Opening {
                side: order.side,
                bracket: order.bracket,
                signal_bar: order.decided,
                size_frac: order.entry.size_frac,
                stage: order.entry.stage,
                shadow: order.entry.shadow,
                scale: order.entry.scale,
                order: order.id,
            };
            let scale = order.entry.scale;
            left = self.open(&opening, units * scale, reference, role, limit) / scale;
        }
        left
    }
}

/// Takes back what belonged to a position that has been closed; returns how many orders were filled in part and are not to
/// be filled further.
pub(super) fn forget_reductions(
    orders: &mut Vec<Order>,
    symbol: usize,
    bar: usize,
    done: &mut Outcome,
) -> usize {
    let mut over = 0;
    orders.retain(|o| {
        if o.rest && !o.reduce_only {
            over += 1;
            let (order, side, units) = (o.id, o.side, o.units);
            let reason = Reject::POSITION_CLOSED;
            done.rejected(|| Rejected { step: 0, symbol, bar, order, side, units, reason });
        }
        !o.rest && !o.reduce_only
    });
    over
}
