//! Fills that open a position, or make it larger.

use super::fill_engine::FillEngine;
use super::notice::{Effect, Reject};
use super::{Entry, Opened, Position, Staged};
use crate::execution::{Bracket, Liquidity};

/// What opens a position, beside its units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub side: f64,
    pub bracket: Bracket,
    pub signal_bar: usize,
    pub size_frac: f64,
    pub stage: u8,
    pub shadow: bool,
    pub scale: f64,
    /// Number of the order at the exchange, 0 for none.
    pub order: u32,
}

impl Opening {
    #[inline]
    pub fn of(e: &Entry, signal_bar: usize, staged: Staged) -> Self {
        let Entry { side, bracket, size_frac } = *e;
        let (stage, shadow, scale) = (staged.stage, staged.is_shadow(), staged.of(1.0));
        Self { side, bracket, signal_bar, size_frac, stage, shadow, scale, order: 0 }
    }
}

impl FillEngine<'_> {
    /// Opens a position of `units`, or adds to the one there is; what the volume did not bear is returned.
    pub fn open(
        &mut self,
        o: &Opening,
        units: f64,
        reference: f64,
        role: Liquidity,
        limit: Option<f64>,
    ) -> f64 {
        let shadow = match &self.hold.position {
            // What is only pretended makes no real position larger.
            Some(p) if o.shadow && !p.shadow => {
                self.refused(units / o.scale, o.side, o.order, Reject::STAGE);
                return 0.0;
            }
            Some(p) => p.shadow,
            None => o.shadow,
        };
        let wanted = self.admitted(units, o.side, reference, role, (shadow, o.order, o.scale));
        if wanted == 0.0 {
            return 0.0;
        }
        let some = self.taken(wanted, shadow);
        if some == 0.0 {
            return wanted;
        }
        let fill = self.filled(reference, some, o.side, role, 0.0, limit);
        let asked = self.asked(units, wanted, some, o.scale);
        let margin = some * fill.price * self.worth() / self.at.leverage;
        let effect = if self.hold.position.is_some() { Effect::Enlarged } else { Effect::Opened };
        self.tell(&fill, some, o.side, o.order, effect);
        match &mut self.hold.position {
            Some(p) => {
                p.add(&fill, some);
                p.asked += asked;
                p.margin += margin;
            }
            None => {
                let stop = o.bracket.stop.price(fill.price, -o.side);
                let mut p = Position {
                    side: o.side,
                    units: some,
                    entry: fill,
                    opened: Opened { units: some, price: fill.price, parts: 0 },
                    signal_bar: o.signal_bar,
                    entry_bar: self.at.bar,
                    stop,
                    first_stop: stop,
                    target: o.bracket.target.price(fill.price, o.side),
                    trail: o.bracket.trail,
                    margin,
                    size_frac: o.size_frac,
                    stage: o.stage,
                    shadow: o.shadow,
                    asked,
                    factor: o.scale,
                    worst: fill.price,
                    best: fill.price,
                    ambiguous: false,
                    best_close: fill.price,
                    trailed: false,
                };
                if p.trail.distance.is_finite() {
                    p.begin_to_trail(fill.price);
                }
                self.hold.position = Some(p);
            }
        }
        if !shadow {
            self.settle(&fill, some, o.side);
        }
        wanted - some
    }

    /// What `some` units that were filled are of those that were asked for: `units`, of which `wanted` were to be had, are
    /// `scale` of them. Whole lots are those of full exposure.
    fn asked(&self, units: f64, wanted: f64, some: f64, scale: f64) -> f64 {
        if scale == 1.0 {
            return some;
        }
        let of = if self.at.terms.whole_lots(units) == wanted {
            self.at.terms.whole_lots(units / scale)
        } else {
            wanted / scale
        };
        of * (some / wanted)
    }

    /// Adds `units` to the position there is, `scale` of what was asked for; what the volume did not bear is returned.
    #[inline]
    pub fn more(
        &mut self,
        units: f64,
        scale: f64,
        reference: f64,
        role: Liquidity,
        limit: Option<f64>,
    ) -> f64 {
        let Some(p) = &self.hold.position else { return 0.0 };
        let o = Opening {
            side: p.side,
            bracket: Bracket::NONE,
            signal_bar: p.signal_bar,
            size_frac: p.size_frac,
            stage: p.stage,
            shadow: p.shadow,
            scale,
            order: 0,
        };
        self.open(&o, units, reference, role, limit)
    }
}
