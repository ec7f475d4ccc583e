//! What closes a position by itself, as its distances are known at the close that decides.

use crate::execution::{Bracket, Follow, Level, Trail};
use crate::features::{FeatureCache, FeatureColumn};

/// Bars of the average true range, which is known as many bars after the first.
pub(super) const ATR_BARS: usize = 14;

/// Stop, target and trail of every position.
#[derive(Debug, Clone, Default)]
pub struct Brackets {
    /// Distance of the stop, percent of the close that decided.
    pub stop: Option<f64>,
    /// Distance of the target, percent of the close that decided.
    pub target: Option<f64>,
    /// Distance the stop trails behind the best price, percent of it.
    pub trail: Option<f64>,
    /// Profit from which on it trails, percent of the fill; from the fill on without it.
    pub trail_from: Option<f64>,
    /// The four in average true ranges of the bar that decided, where not in percent.
    pub in_atr: [Option<f64>; 4],
    /// What the trailing stop follows.
    pub follow: Follow,
    /// The ranges, where any distance is in them.
    pub atr: Option<FeatureColumn>,
}

impl Brackets {
    /// The same with the ranges it needs.
    pub fn with_atr(self, cache: &FeatureCache) -> Self {
        let atr = self.in_atr.iter().any(Option::is_some).then(|| cache.get("atr", &[ATR_BARS as f64]));
        Self { atr, ..self }
    }

    /// Whether its distances are known at the close of `bar`: ranges are not before their warm-up, and are no distance
    /// where the market did not move.
    pub(super) fn known(&self, bar: usize) -> bool {
        self.atr.as_ref().is_none_or(|c| c[bar] > 0.0)
    }

    /// Those of a position decided at `bar`, whose close was `close`. None where a range is not known.
    pub(super) fn at(&self, bar: usize, close: f64) -> Option<Bracket> {
        if !self.known(bar) {
            return None;
        }
        let range = self.atr.as_ref().map_or(f64::NAN, |c| c[bar]);
        let [stop_atr, target_atr, trail_atr, from_atr] = self.in_atr;
        let level = |percent: Option<f64>, ranges: Option<f64>| match (percent, ranges) {
            (Some(p), _) => Level::Distance(close * p / 100.0),
            (None, Some(r)) => Level::Distance(r * range),
            (None, None) => Level::None,
        };
        let follow = self.follow;
        let from = match (self.trail_from, from_atr) {
            (Some(p), _) => Level::Share(p / 100.0),
            (None, Some(r)) => Level::Distance(r * range),
            (None, None) => Level::None,
        };
        let trail = match (self.trail, trail_atr) {
            (Some(p), _) => Trail { distance: p / 100.0, share: true, follow, from },
            (None, Some(r)) => Trail { distance: r * range, share: false, follow, from },
            (None, None) => Trail::NONE,
        };
        Some(Bracket { stop: level(self.stop, stop_atr), target: level(self.target, target_atr), trail })
    }
}
