//! Fills that close a position, or a part of it: by a decision, a level, or the exchange.

use super::fill_engine::FillEngine;
use super::notice::Effect;
use super::position::TradePlace;
use super::position_state::{Carry, Less};
use super::{AccountKind, ExitReason, MarginMode};
use crate::execution::{Fill, Liquidity, Touch, TouchKind};

/// How a position is closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    pub role: Liquidity,
    pub extra_bps: f64,
    pub limit: Option<f64>,
    pub touch: Option<Touch>,
    /// Number of the order at the exchange, 0 for none.
    pub order: u32,
    /// What is held when all of it is filled, as its trader asked for it; NaN where the rest is in proportion.
    pub asked_after: f64,
}

impl Exit {
    pub const MARKET: Self = Self {
        role: Liquidity::Taker,
        extra_bps: 0.0,
        limit: None,
        touch: None,
        order: 0,
        asked_after: f64::NAN,
    };
}

impl FillEngine<'_> {
    /// Closes `units` of the position; what the volume did not bear is returned.
    #[inline]
    pub fn close(&mut self, units: f64, reference: f64, reason: ExitReason, how: Exit) -> f64 {
        let Some(p) = &self.hold.position else { return 0.0 };
        let (shadow, side) = (p.shadow, -p.side);
        let wanted = if p.is_all(units) { p.units } else { units };
        let some = self.taken(wanted, shadow);
        if some == 0.0 {
            return wanted;
        }
        let fill = self.filled(reference, some, side, how.role, how.extra_bps, how.limit);
        let asked_after = if some == wanted { how.asked_after } else { f64::NAN };
        self.reduce(some, &fill, reason, &Exit { asked_after, ..how });
        wanted - some
    }

    /// Books a fill that closes `units` of the position.
    fn reduce(&mut self, units: f64, fill: &Fill, reason: ExitReason, how: &Exit) {
        let Some(p) = &mut self.hold.position else { return };
        p.see_worst(fill.reference);
        p.see_best(fill.reference);
        let whole = units >= p.units;
        let part = if whole { *p } else { p.split(units, how.asked_after) };
        let side = p.side;
        if whole {
            self.hold.position = None;
            self.hold.went_flat = true;
        }
        if !part.shadow {
            self.settle(fill, part.units, -side);
            if whole {
                // No dust of rounding stays behind.
                self.hold.units = 0.0;
                self.hold.basis = 0.0;
            }
        }
        let place =
            TradePlace { symbol: self.hold.symbol, worth: self.worth(), converted: self.at.converted };
        let mut trade = part.close(fill, self.at.bar, reason, place);
        if let Some(touch) = how.touch {
            trade.ambiguous |= touch.ambiguous;
            trade.gap = touch.gap;
        }
        let effect = if whole { Effect::Closed(reason) } else { Effect::Reduced(reason) };
        self.tell(fill, part.units, -side, how.order, effect);
        self.done.trades.push(trade);
    }

    /// Closes the position at a stop or target that was reached.
    pub fn touched(&mut self, touch: Touch, liquidation: bool, high: f64, low: f64) {
        let leaving = self.hold.is_leaving() && !liquidation;
        let Some(p) = &mut self.hold.position else { return };
        if leaving {
            p.see(high, low);
            return;
        }
        let adverse = if p.side > 0.0 { low } else { high };
        // Which extreme of the exit bar came before the exit is unknown, so only the worse is believed: an adverse
        // one up to the stop, and nothing better than the exit price.
        if !touch.gap && touch.kind == TouchKind::Target {
            let bound = if p.side * (adverse - p.stop) > 0.0 { adverse } else { p.stop };
            p.see_worst(bound);
        }
        if liquidation {
            self.liquidate(touch.price, Some(touch));
            return;
        }
        let reason = match touch.kind {
            TouchKind::Stop if p.trailed => ExitReason::TRAIL,
            TouchKind::Stop => ExitReason::STOP,
            TouchKind::Target => ExitReason::TARGET,
        };
        let role = if touch.kind == TouchKind::Target { Liquidity::Maker } else { Liquidity::Taker };
        let units = p.units;
        let left = self.close(units, touch.price, reason, Exit { role, touch: Some(touch), ..Exit::MARKET });
        if left > 0.0 {
            self.hold.carry =
                Some(Carry::Less(Less { units: left, reason, extra_bps: 0.0, asked_after: f64::NAN }));
        }
    }

    /// Price at which too little is left to secure the position; infinite on the harmless side for none.
    pub fn liquidation_price(&self) -> f64 {
        let Some(p) = self.hold.position.as_ref().filter(|p| !p.shadow) else { return f64::NAN };
        let none = -p.side * f64::INFINITY;
        let (m, size, fx) = (self.at.maintenance, self.at.terms.contract_size, self.hold.fx);
        if self.ledger.kind == AccountKind::Spot || self.at.leverage.is_infinite() {
            return none;
        }
        let price = match self.ledger.margin {
            MarginMode::Isolated => {
                let margin = p.margin / (p.units * size * fx);
                (p.side * p.entry.price - margin) / (p.side - m)
            }
            MarginMode::Cross => {
                let rest = self.ledger.cash() + self.at.others_value - self.at.others_maintenance;
                let u = self.hold.units;
                (self.hold.basis * fx - rest) / (size * fx * (u - m * u.abs()))
            }
        };
        if price > 0.0 { price } else { none }
    }

    /// Closes the position because too little is left of its security. A contract loses no more than that.
    fn liquidate(&mut self, price: f64, touch: Option<Touch>) {
        let Some(p) = &self.hold.position else { return };
        let (side, units, worth) = (p.side, p.units, self.worth());
        let mut fill = Fill { reference: price, price, costs: Default::default() };
        fill.costs.liquidation = units * price * worth * self.ledger.liquidation_fee;
        if self.ledger.kind == AccountKind::Perpetual {
            let left = match self.ledger.margin {
                MarginMode::Isolated => p.margin + side * units * (price - p.entry.price) * worth,
                MarginMode::Cross => self.equity(price),
            };
            // The fee takes what there is; beyond the bankruptcy price the exchange bears the loss.
            fill.costs.liquidation = fill.costs.liquidation.min(left.max(0.0));
            if left < 0.0 {
                let bankruptcy = price - side * left / (units * worth);
                fill = Fill { reference: bankruptcy, price: bankruptcy, ..fill };
            }
        }
        self.ledger.counts.liquidated += 1;
        self.reduce(units, &fill, ExitReason::LIQUIDATION, &Exit { touch, ..Exit::MARKET });
    }
}
