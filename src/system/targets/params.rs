//! Names and distances that systems with target positions share.

use super::brackets::{ATR_BARS, Brackets};
use crate::choices;
use crate::error::Violation;
use crate::execution::Follow;
use crate::features::FeatureCache;

choices! {
    /// What a trailing stop follows.
    pub enum TrailOn {
        /// The best close, from the first one better than the fill on.
        Close = "close",
        /// The best price of bars that have closed.
        Extreme = "extreme",
        /// The best price so far on the path inside the bar.
        Path = "path",
    }

    /// What a position of 1 is.
    pub enum Unit {
        /// All of the equity at the close of the decision.
        Equity = "equity",
        /// One unit of the instrument.
        Units = "units",
    }
}

impl TrailOn {
    /// The same for the loop.
    pub fn follow(self) -> Follow {
        match self {
            Self::Close => Follow::Close,
            Self::Extreme => Follow::Extreme,
            Self::Path => Follow::Path,
        }
    }
}

/// Stop, target and trail as scenarios give them: each in percent (stop and target of the close that decided,
/// the trail of the best price, its start of the fill), or in average true ranges (14) of the bar that decided.
#[derive(Debug, Clone, Copy)]
pub struct Distances {
    /// Stop, target, trail, and profit from which on it trails, in percent.
    pub percent: [Option<f64>; 4],
    /// The same in ranges.
    pub in_atr: [Option<f64>; 4],
    /// What the trailing stop follows.
    pub trail_on: TrailOn,
}

impl Distances {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.percent.iter().chain(&self.in_atr).any(Option::is_some)
    }

    /// Bars before the first close at which they are known.
    pub fn warmup(&self) -> usize {
        if self.in_atr.iter().any(Option::is_some) { ATR_BARS } else { 0 }
    }

    /// The same, ready for a trader over these bars.
    pub fn brackets(&self, cache: &FeatureCache) -> Brackets {
        let [stop, target, trail, trail_from] = self.percent;
        let (in_atr, follow) = (self.in_atr, self.trail_on.follow());
        Brackets { stop, target, trail, trail_from, in_atr, follow, ..Brackets::default() }.with_atr(cache)
    }

    /// Distances given in both units, and a start of a trail that there is not.
    pub fn conflicts(&self) -> Vec<Violation> {
        let names = ["stop", "target", "trail", "trail_from"];
        let both = names.into_iter().zip(self.percent.iter().zip(&self.in_atr));
        let both = both.filter(|(_, (a, b))| a.is_some() && b.is_some());
        let problem = |n: &str| format!("must be left out where params.{n}_percent is given");
        let mut out: Vec<Violation> =
            both.map(|(n, _)| Violation::new(format!("params.{n}_atr"), problem(n))).collect();
        let [.., trail, from] = self.percent;
        let [.., trail_atr, from_atr] = self.in_atr;
        if trail.or(trail_atr).is_none() && from.or(from_atr).is_some() {
            let unit = if from.is_some() { "percent" } else { "atr" };
            out.push(Violation::new(
                format!("params.trail_from_{unit}"),
                "must be left out where no stop trails: give params.trail_percent or params.trail_atr as well",
            ));
        }
        out
    }
}
