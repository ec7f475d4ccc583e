//! Wanted positions, carried out.

use super::params::Unit;
use crate::execution::{Bracket, Follow, Level, Trail};
use crate::features::{Column, FeatureCache};
use crate::market::Bars;
use crate::replay::{Entry, ExitReason, Intent, Market, Trade, Trader, View};

/// Stop, target and trail of every position.
#[derive(Debug, Clone, Default)]
pub struct Brackets {
    /// Distance of the stop, percent of the close that decided.
    pub stop: Option<f64>,
    /// Distance of the target, percent of the close that decided.
    pub target: Option<f64>,
    /// Distance the stop trails behind the best price, percent of it.
    pub trail: Option<f64>,
    /// The three in average true ranges of the bar that decided, where not in percent.
    pub in_atr: [Option<f64>; 3],
    /// What the trailing stop follows.
    pub follow: Follow,
    /// The ranges, where any distance is in them.
    pub atr: Option<Column>,
}

impl Brackets {
    /// The same with the ranges it needs.
    pub fn with_atr(self, cache: &FeatureCache) -> Self {
        let atr = self.in_atr.iter().any(Option::is_some).then(|| cache.get("atr", &[14.0]));
        Self { atr, ..self }
    }

    /// Those of a position decided at `bar`, whose close was `close`. None while a range is not known yet.
    fn at(&self, bar: usize, close: f64) -> Option<Bracket> {
        let range = self.atr.as_ref().map_or(f64::NAN, |c| c[bar]);
        if self.atr.is_some() && (range.is_nan() || range <= 0.0) {
            return None;
        }
        let [stop_atr, target_atr, trail_atr] = self.in_atr;
        let level = |percent: Option<f64>, ranges: Option<f64>| match (percent, ranges) {
            (Some(p), _) => Level::Distance(close * p / 100.0),
            (None, Some(r)) => Level::Distance(r * range),
            (None, None) => Level::None,
        };
        let follow = self.follow;
        let trail = match (self.trail, trail_atr) {
            (Some(p), _) => Trail { distance: p / 100.0, share: true, follow },
            (None, Some(r)) => Trail { distance: r * range, share: false, follow },
            (None, None) => Trail::NONE,
        };
        Some(Bracket { stop: level(self.stop, stop_atr), target: level(self.target, target_atr), trail })
    }
}

/// Which position is wanted at each close.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Signed position of each bar, NaN leaves what there is; empty where only the changes are known.
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

/// Carries out wanted positions: an order where another is wanted than before, and nothing where the same is wanted still, also
/// after a stop or a target has closed it.
pub struct TargetTrader<'a> {
    bars: &'a Bars,
    wanted: &'a Wanted,
    contract_size: f64,
    fx: Option<&'a [f64]>,
    /// Changes not yet acted upon.
    next: usize,
}

impl<'a> TargetTrader<'a> {
    /// A trader of `wanted` over `bars`.
    pub fn new(bars: &'a Bars, wanted: &'a Wanted) -> Self {
        Self { bars, wanted, contract_size: 1.0, fx: None, next: 0 }
    }

    /// The same where units may be contracts, and prices in another currency.
    pub fn in_market(market: &Market<'a>, wanted: &'a Wanted) -> Self {
        Self { contract_size: market.terms.contract_size, fx: market.fx, ..Self::new(market.bars, wanted) }
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

    fn next_look(&mut self, from: usize) -> usize {
        self.wanted.changes.get(self.next).map_or(usize::MAX, |(bar, _)| (*bar).max(from))
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
        let unit = close * self.contract_size * self.fx.map_or(1.0, |fx| fx[bar]);
        let units = match self.wanted.unit {
            Unit::Units => size,
            Unit::Equity => size * view.equity / unit,
        };
        match view.position {
            Some(p) if want != 0.0 && p.side == side => {
                intent.resize = Some(units);
                return intent;
            }
            Some(_) => intent.exit = Some(ExitReason::Signal),
            // What has been sent and not been filled is wanted no more.
            None => intent.cancel = true,
        }
        if let Some(bracket) = self.wanted.brackets.at(bar, close).filter(|_| want != 0.0) {
            let size_frac = units * unit / view.equity;
            intent.entry = Some(Entry { side, size_frac, bracket, stage: 0, shadow: false });
        }
        intent
    }

    fn on_exit(&mut self, _: &Trade) {}
}
