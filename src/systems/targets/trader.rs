//! Wanted positions, carried out.

use super::params::Unit;
use crate::execution::{Bracket, Level, Trail};
use crate::market::Bars;
use crate::replay::{Entry, ExitReason, Intent, Trade, Trader, View};

/// Stop, target and trail of every position, percent of the close that decided it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Brackets {
    /// Distance of the stop.
    pub stop: Option<f64>,
    /// Distance of the target.
    pub target: Option<f64>,
    /// Distance the stop trails behind the best close.
    pub trail: Option<f64>,
}

/// Which position is wanted at each close.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Signed position of each bar; NaN leaves what there is.
    pub position: Vec<f64>,
    /// What a position of 1 is.
    pub unit: Unit,
    /// Stop, target and trail.
    pub brackets: Brackets,
    /// Bars at which another position is wanted than before, with what is wanted.
    changes: Vec<(usize, f64)>,
}

impl Wanted {
    /// Of one value a bar.
    pub fn new(position: Vec<f64>, unit: Unit, brackets: Brackets) -> Self {
        let mut held = 0.0;
        let mut changes = vec![];
        for (bar, &v) in position.iter().enumerate() {
            if !v.is_nan() && v != held {
                held = v;
                changes.push((bar, v));
            }
        }
        Self { position, unit, brackets, changes }
    }

    /// Bars at which another position is wanted, with what is wanted.
    pub fn changes(&self) -> &[(usize, f64)] {
        &self.changes
    }
}

/// Carries out wanted positions: an order where another is wanted than before, and nothing where the same is wanted still, also
/// after a stop or a target has closed it.
pub struct TargetTrader<'a> {
    bars: &'a Bars,
    wanted: &'a Wanted,
    /// Changes not yet acted upon.
    next: usize,
}

impl<'a> TargetTrader<'a> {
    /// A trader of `wanted` over `bars`.
    pub fn new(bars: &'a Bars, wanted: &'a Wanted) -> Self {
        Self { bars, wanted, next: 0 }
    }
}

impl Trader for TargetTrader<'_> {
    fn next_wake(&mut self, from: usize) -> usize {
        let rest = &self.wanted.changes[self.next..];
        // What is wanted flat is had already.
        let skipped = rest.iter().take_while(|(bar, v)| *bar < from || *v == 0.0).count();
        self.next += skipped;
        rest.get(skipped).map_or(usize::MAX, |(bar, _)| *bar)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let mut intent = Intent::default();
        let Some(&(at, want)) = self.wanted.changes.get(self.next).filter(|(at, _)| *at <= bar) else {
            return intent;
        };
        debug_assert_eq!(at, bar, "a change is seen at its own close");
        self.next += 1;
        let close = self.bars.close()[bar];
        let (side, size) = (if want < 0.0 { -1.0 } else { 1.0 }, want.abs());
        let units = match self.wanted.unit {
            Unit::Units => size,
            Unit::Equity => size * view.equity / close,
        };
        match view.position {
            Some(p) if want != 0.0 && p.side == side => {
                intent.resize = Some(units);
                return intent;
            }
            Some(_) => intent.exit = Some(ExitReason::Signal),
            None => {}
        }
        if want != 0.0 {
            let distance = |percent: Option<f64>| percent.map_or(f64::INFINITY, |p| close * p / 100.0);
            let b = &self.wanted.brackets;
            intent.entry = Some(Entry {
                side,
                size_frac: units * close / view.equity,
                bracket: Bracket {
                    stop: Level::distance(distance(b.stop)),
                    target: Level::distance(distance(b.target)),
                    trail: Trail::closes(distance(b.trail)),
                },
                stage: 0,
                shadow: false,
            });
        }
        intent
    }

    fn on_exit(&mut self, _: &Trade) {}
}
