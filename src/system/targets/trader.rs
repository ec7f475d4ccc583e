//! Wanted positions, carried out.

use super::brackets::Brackets;
use super::params::Unit;
use super::record::Wishes;
use crate::market::Bars;
use crate::replay::{
    Acting, Deployable, Entry, ExitReason, Intent, Market, Reject, SymbolTrader, Trade, View,
};
use crate::system::SymbolStart;

/// Which position is wanted at each close.
#[derive(Debug, Clone)]
pub struct TargetPositions {
    /// Signed position of each bar, NaN leaves what there is; empty where only the changes are known.
    pub position: Vec<f64>,
    /// What a position of 1 is.
    pub unit: Unit,
    /// Stop, target and trail.
    pub brackets: Brackets,
    /// Bars at which another position is wanted than before, with what is wanted.
    changes: Vec<(usize, f64)>,
}

impl TargetPositions {
    /// Of one value a bar.
    pub fn new(position: Vec<f64>, unit: Unit, brackets: Brackets) -> Self {
        let changes = changes(&position);
        Self { position, unit, brackets, changes }
    }

    /// Of the closes at which another position is wanted than before, with what is wanted.
    pub fn switching(changes: Vec<(usize, f64)>, unit: Unit, brackets: Brackets) -> Self {
        Self { position: vec![], unit, brackets, changes }
    }

    /// Bars at which another position is wanted, with what is wanted.
    pub fn changes(&self) -> &[(usize, f64)] {
        &self.changes
    }

    /// What was wanted, for the record.
    pub fn wishes(&self) -> Wishes<'_> {
        Wishes { position: &self.position, changes: &self.changes, brackets: Some(&self.brackets) }
    }
}

/// Bars at which another position is wanted than before, with what is wanted.
fn changes(position: &[f64]) -> Vec<(usize, f64)> {
    let mut held = 0.0;
    let mut changes = vec![];
    for (bar, &v) in position.iter().enumerate() {
        if !v.is_nan() && v != held {
            held = v;
            changes.push((bar, v));
        }
    }
    changes
}

/// Carries out target positions. It sends an order at the first close at which it may decide, if a position is wanted there,
/// and from then on only when the target changes: after a stop or a target has closed a position, the next change opens
/// another. When a halt of a limit or an emergency stop is over, it starts again.
pub struct TargetTrader<'a> {
    bars: &'a Bars,
    wanted: &'a TargetPositions,
    contract_size: f64,
    fx: Option<&'a [f64]>,
    /// Target at the close at which it starts, while it has not been acted upon.
    start: Option<(usize, f64)>,
    /// Changes not yet acted upon.
    next: usize,
    /// Whether it starts again at the next close.
    again: bool,
}

impl<'a> TargetTrader<'a> {
    /// A trader of `wanted` over `bars`, from the first on.
    pub fn new(bars: &'a Bars, wanted: &'a TargetPositions) -> Self {
        Self { bars, wanted, contract_size: 1.0, fx: None, start: None, next: 0, again: false }
    }

    /// A trader of `wanted` where a replay of its symbol starts.
    pub fn of(start: &SymbolStart<'a>, wanted: &'a TargetPositions) -> Self {
        Self::in_market(&start.market, wanted).starting(start.first)
    }

    /// The same where units may be contracts, and prices in another currency.
    pub fn in_market(market: &Market<'a>, wanted: &'a TargetPositions) -> Self {
        Self { contract_size: market.terms.contract_size, fx: market.fx, ..Self::new(market.bars, wanted) }
    }

    /// The same with `first` as the first bar at whose close it may decide.
    #[must_use]
    pub fn starting(mut self, first: usize) -> Self {
        self.start_at(first);
        self
    }

    fn start_at(&mut self, bar: usize) {
        self.start = start_of(&self.wanted.changes, bar).map(|want| (bar, want));
        self.next = self.wanted.changes.partition_point(|(at, _)| *at < bar);
    }

    /// The next change, with its bar.
    fn change(&self) -> Option<(usize, f64)> {
        self.start.or_else(|| self.wanted.changes.get(self.next).copied())
    }

    /// What it sends where `want` is the target from the close of `bar` on.
    fn order(&self, bar: usize, want: f64, view: &View<'_>) -> Intent {
        let mut intent = Intent::default();
        let close = self.bars.close()[bar];
        let (side, size) = (if want < 0.0 { -1.0 } else { 1.0 }, want.abs());
        let unit = close * self.contract_size * self.fx.map_or(1.0, |fx| fx[bar]);
        let units = match self.wanted.unit {
            Unit::Units => size,
            Unit::Equity => size * view.equity / unit,
        };
        // The side of the position that this finds when it arrives.
        let found = view.coming.or(view.position.filter(|_| !view.leaving).map(|p| p.side));
        match view.position {
            _ if want != 0.0 && found == Some(side) => {
                intent.resize = Some(units);
                return intent;
            }
            _ if view.coming.is_some() => intent.exit = Some(ExitReason::SIGNAL),
            // What has been sent and not been filled is wanted no more: behind a position that leaves, and without one. Where
            // it may be filled until this arrives, what it opens is closed.
            Some(_) => (intent.exit, intent.cancel) = (Some(ExitReason::SIGNAL), view.leaving),
            None => (intent.exit, intent.cancel) = (view.late.then_some(ExitReason::SIGNAL), true),
        }
        if want == 0.0 {
            return intent;
        }
        match self.wanted.brackets.at(bar, close) {
            Some(bracket) => {
                intent.entry = Some(Entry { side, size_frac: units * unit / view.equity, bracket })
            }
            None => intent.refused = Some((side, Reject::NO_DISTANCE)),
        }
        intent
    }
}

/// The target that a start at the close of `bar` finds; none where it is flat, or changes at that very close.
pub(super) fn start_of(changes: &[(usize, f64)], bar: usize) -> Option<f64> {
    let next = changes.partition_point(|(at, _)| *at < bar);
    let changes_there = changes.get(next).is_some_and(|(at, _)| *at == bar);
    let level = changes[..next].last().map_or(0.0, |(_, want)| *want);
    (level != 0.0 && !changes_there).then_some(level)
}

impl SymbolTrader for TargetTrader<'_> {
    fn next_wake(&mut self, from: usize) -> usize {
        if self.again {
            return from;
        }
        if let Some((bar, _)) = self.start {
            return bar.max(from);
        }
        let rest = &self.wanted.changes[self.next..];
        // Already flat: a zero target needs no order.
        let skipped = rest.iter().take_while(|(bar, v)| *bar < from || *v == 0.0).count();
        self.next += skipped;
        rest.get(skipped).map_or(usize::MAX, |(bar, _)| *bar)
    }

    fn next_look(&mut self, from: usize) -> usize {
        match self.change() {
            _ if self.again => from,
            Some((bar, _)) => bar.max(from),
            None => usize::MAX,
        }
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        if std::mem::take(&mut self.again) && (view.position.is_none() || view.leaving) {
            self.start_at(bar);
        }
        let Some((_, want)) = self.change().filter(|(at, _)| *at <= bar) else { return Intent::default() };
        if self.start.take().is_none() {
            self.next += 1;
        }
        self.order(bar, want, view)
    }

    fn on_exit(&mut self, _: &Trade) {}

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        Some(self)
    }
}

impl Deployable for TargetTrader<'_> {
    fn act(&mut self, acting: Acting) {
        self.again |= acting == Acting::Main;
    }

    fn resume(&mut self) {
        self.again = true;
    }
}
