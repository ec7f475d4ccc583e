//! An open position, and the trade it becomes.

use super::{ContractSpec, ExitReason};
use crate::execution::{CostsPaid, Fill, Follow, Trail};

/// The first fill of a position: what was known of it then, whatever was added or parted with later.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opened {
    /// Units.
    pub units: f64,
    /// Price.
    pub price: f64,
    /// Parts of the position that were closed before.
    pub parts: u32,
}

/// A position that is open.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    /// +1 long, -1 short.
    pub side: f64,
    /// Units, positive.
    pub units: f64,
    /// Entry fill; of several the mean.
    pub entry: Fill,
    /// Its first fill.
    pub opened: Opened,
    /// Bar whose close decided the entry.
    pub signal_bar: usize,
    /// Bar of the entry fill.
    pub entry_bar: usize,
    /// Current stop, price; infinite on the harmless side where there is none.
    pub stop: f64,
    /// Stop at entry.
    pub first_stop: f64,
    /// Target, price; infinite where there is none.
    pub target: f64,
    /// How the stop trails.
    pub trail: Trail,
    /// Margin set aside for it, where it is isolated.
    pub margin: f64,
    /// Share of equity put in, as decided.
    pub size_frac: f64,
    /// Stage of exposure it was opened in.
    pub stage: u8,
    /// Whether it is only pretended: the account does not feel it.
    pub shadow: bool,
    /// Units it would have at full exposure: what its trader sees, and means by parts of it. More than its own where it was
    /// sized in a stage of less.
    pub(super) asked: f64,
    /// Share of what was asked for that its first fill was sized by.
    pub(super) factor: f64,
    /// Worst price seen since the fill.
    pub worst: f64,
    /// Best price seen since the fill.
    pub best: f64,
    /// Whether another path inside a bar so far would have led elsewhere.
    pub ambiguous: bool,
    pub(super) best_close: f64,
    pub(super) trailed: bool,
}

/// A closed round trip. Money in account currency, costs included where said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Which of the symbols.
    pub symbol: u16,
    /// +1 long, -1 short.
    pub side: f64,
    /// Units.
    pub units: f64,
    /// Bar whose close decided the entry.
    pub signal_bar: usize,
    /// Bar of the entry fill.
    pub entry_bar: usize,
    /// Bar of the exit fill.
    pub exit_bar: usize,
    /// The first fill of the position it is, or is a part of.
    pub opened: Opened,
    /// Price paid or received on entry, spread and slippage included; of several fills the mean.
    pub entry_price: f64,
    /// Price paid or received on exit, spread and slippage included.
    pub exit_price: f64,
    /// Stop at entry.
    pub stop: f64,
    /// Target.
    pub target: f64,
    /// Share of equity put in.
    pub size_frac: f64,
    /// Stage of exposure.
    pub stage: u8,
    /// Whether it was only pretended.
    pub shadow: bool,
    /// Share of what was asked for that its first fill was sized by: less than 1 in a stage of less than full exposure.
    pub factor: f64,
    /// What closed it.
    pub reason: ExitReason,
    /// Profit before costs.
    pub gross_pnl: f64,
    /// Costs of both fills.
    pub costs: CostsPaid,
    /// Profit after costs.
    pub pnl: f64,
    /// Profit after costs over notional at entry.
    pub return_frac: f64,
    /// Profit after costs over what the stop at entry would have lost before costs.
    pub r_multiple: f64,
    /// Worst unrealised move from entry, positive fraction of the entry price.
    pub mae: f64,
    /// Best unrealised move from entry, positive fraction of the entry price.
    pub mfe: f64,
    /// Whether stop and target both lay inside the bar that closed it.
    pub ambiguous: bool,
    /// Whether the exit filled at an open beyond its level.
    pub gap: bool,
}

/// Where a trade was made, and what its units are worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct TradePlace {
    pub symbol: u16,
    pub worth: f64,
    pub converted: bool,
}

impl Position {
    /// The position as its trader asked for it, whatever the stage of exposure left of its size.
    pub(super) fn as_asked(&self) -> Self {
        let opened = Opened { units: self.opened.units / self.factor, ..self.opened };
        Self { units: self.asked, opened, size_frac: self.size_frac / self.factor, ..*self }
    }

    /// Whether `units` of its own are all of it: what a rounding would leave is no position.
    #[inline]
    pub(super) fn is_all(&self, units: f64) -> bool {
        units >= self.units * (1.0 - 1e-12)
    }

    /// The units of its own to close where its trader wants to be left with `asked`.
    #[inline]
    pub(super) fn down_to(&self, asked: f64, terms: &ContractSpec) -> f64 {
        let left = terms.whole_lots(self.part(asked));
        self.units - left
    }

    /// What `asked` of the units its trader sees are of its own.
    pub(super) fn part(&self, asked: f64) -> f64 {
        if asked < self.asked { asked * (self.units / self.asked) } else { self.units }
    }

    /// Widens the excursion by a whole bar.
    #[inline]
    pub(super) fn see(&mut self, high: f64, low: f64) {
        let (worst, best) = if self.side > 0.0 { (low, high) } else { (high, low) };
        self.see_worst(worst);
        self.see_best(best);
    }

    #[inline]
    pub(super) fn see_worst(&mut self, price: f64) {
        if self.side * (price - self.worst) < 0.0 {
            self.worst = price;
        }
    }

    #[inline]
    pub(super) fn see_best(&mut self, price: f64) {
        if self.side * (price - self.best) > 0.0 {
            self.best = price;
        }
    }

    /// Moves the stop towards the price, never away from it.
    #[inline]
    pub(super) fn tighten(&mut self, stop: f64) {
        if self.side * (stop - self.stop) > 0.0 {
            self.stop = stop;
            self.trailed = true;
        }
    }

    /// Lets the stop trail from the fill on; or, where it does so only from a profit on, makes it wait for that: what is no
    /// better than the price just short of it moves nothing.
    pub(super) fn begin_to_trail(&mut self, fill: f64) {
        let waits = self.trail.short_of_start(fill, self.side);
        self.best_close = waits.unwrap_or(fill);
        // Of closes the first one counts, of other prices that of the fill.
        let begun = waits.is_none_or(|short| self.side * (fill - short) > 0.0);
        if self.trail.follow != Follow::Close && begun {
            self.best_close = fill;
            self.tighten(self.trail.stop(fill, self.side));
            self.first_stop = self.stop;
        }
    }

    /// Lets the stop follow a close, from the first close better than the entry on, or the extreme of a bar that has closed.
    #[inline]
    pub(super) fn trail_to(&mut self, high: f64, low: f64, close: f64) {
        if !self.trail.distance.is_finite() {
            return;
        }
        let seen = match self.trail.follow {
            Follow::Close => close,
            Follow::Extreme if self.side > 0.0 => high,
            Follow::Extreme => low,
            // It has followed the path already.
            Follow::Path => return,
        };
        self.follow(seen);
    }

    /// Whether its stop follows the path inside bars.
    #[inline]
    pub(super) fn follows_path(&self) -> bool {
        self.trail.follow == Follow::Path && self.trail.distance.is_finite()
    }

    /// Lets the stop follow a price better than any before.
    #[inline]
    pub(super) fn follow(&mut self, price: f64) {
        if self.side * (price - self.best_close) > 0.0 {
            self.best_close = price;
            self.tighten(self.trail.stop(price, self.side));
        }
    }

    /// Takes in a fill of `units` more: prices and costs become those of the whole.
    #[inline]
    pub(super) fn add(&mut self, fill: &Fill, units: f64) {
        let whole = self.units + units;
        let mean = |a: f64, b: f64| (a * self.units + b * units) / whole;
        self.entry.reference = mean(self.entry.reference, fill.reference);
        self.entry.price = mean(self.entry.price, fill.price);
        self.entry.costs.add(&fill.costs);
        self.units = whole;
    }

    /// Parts with `units`, which take their share of the costs of entry along. `asked_after` is what is held then, as its
    /// trader asked for it; NaN where that is in proportion.
    #[inline]
    pub(super) fn split(&mut self, units: f64, asked_after: f64) -> Self {
        let share = units / self.units;
        let mut gone = *self;
        gone.units = units;
        self.opened.parts += 1;
        gone.entry.costs = self.entry.costs.part(share);
        gone.margin = self.margin * share;
        let asked = match self.asked == self.units {
            // At full exposure what was asked for is what is held, to the last bit.
            true => self.units - units,
            false if asked_after.is_finite() => asked_after,
            false => self.asked - self.asked * share,
        };
        gone.asked = self.asked - asked;
        self.asked = asked;
        self.units -= units;
        self.margin -= gone.margin;
        gone
    }

    /// The trade this position becomes by an exit fill. `worth` is what one unit at a price of 1 is worth in account currency at the exit; `converted`
    /// says that its profit is made in another currency and converted only then.
    pub(super) fn close(&self, exit: &Fill, exit_bar: usize, reason: ExitReason, place: TradePlace) -> Trade {
        let TradePlace { symbol, worth, converted } = place;
        let mut costs = self.entry.costs;
        costs.add(&exit.costs);
        let made = |from: f64, to: f64| self.side * self.units * (to - from) * worth;
        let (gross_pnl, pnl) = if converted {
            // Spread and slippage of the entry were converted at its own rate: the money is what the prices made.
            let booked = costs.spread + costs.slippage + costs.impact;
            let pnl = made(self.entry.price, exit.price) - (costs.total() - booked);
            (pnl + costs.total(), pnl)
        } else {
            let gross = made(self.entry.reference, exit.reference);
            (gross, gross - costs.total())
        };
        let notional = self.units * self.entry.price * worth;
        let risk = self.units * (self.entry.price - self.first_stop).abs() * worth;
        Trade {
            symbol,
            side: self.side,
            units: self.units,
            signal_bar: self.signal_bar,
            entry_bar: self.entry_bar,
            exit_bar,
            opened: self.opened,
            entry_price: self.entry.price,
            exit_price: exit.price,
            stop: self.first_stop,
            target: self.target,
            size_frac: self.size_frac,
            stage: self.stage,
            shadow: self.shadow,
            factor: self.factor,
            reason,
            gross_pnl,
            costs,
            pnl,
            return_frac: pnl / notional,
            r_multiple: if risk > 0.0 && risk.is_finite() { pnl / risk } else { f64::NAN },
            mae: (-self.side * (self.worst - self.entry.price) / self.entry.price).max(0.0),
            mfe: (self.side * (self.best - self.entry.price) / self.entry.price).max(0.0),
            ambiguous: self.ambiguous,
            gap: false,
        }
    }
}
