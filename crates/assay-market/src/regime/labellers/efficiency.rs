//! Efficiency ratio by volatility.

use crate::error::Violation;
use crate::indicators::{efficiency_ratio, rolling_std};
use crate::market::Bars;
use crate::regime::NO_REGIME;
use assay_base::params;

use super::rank_among_before;

params! {
    /// How straight the way was, unless it was wild.
    pub struct EfficiencyVolatility {
        /// Bars of the efficiency ratio: net change over the sum of changes.
        "efficiency_bars" => efficiency_bars: usize = 50, 2..=5000;
        /// Bars whose log returns make a volatility.
        "volatility_bars" => volatility_bars: usize = 50, 2..=5000;
        /// Bars before a bar among which its volatility is ranked.
        "rank_bars" => rank_bars: usize = 500, 2..=100000;
        /// Rank from which a bar is VOLATILE.
        "volatile" => volatile: f64 = 0.90, 0.0..=1.0;
        /// Ratio from which a bar that is not volatile is TRENDING.
        "trending" => trending: f64 = 0.30, 0.0..=1.0;
        /// Ratio below which it is CHOPPY.
        "choppy" => choppy: f64 = 0.08, 0.0..=1.0;
    }
}

impl EfficiencyVolatility {
    pub(super) const NAMES: [&str; 4] = ["TRENDING", "NORMAL", "CHOPPY", "VOLATILE"];

    pub(super) fn conflicts(&self) -> Vec<Violation> {
        if self.choppy < self.trending {
            return vec![];
        }
        let found = format!("{} and {}", self.choppy, self.trending);
        vec![Violation::must_be("choppy", "below regimes.trending", found)]
    }

    pub(super) fn warmup(&self) -> usize {
        (self.volatility_bars + self.rank_bars).max(self.efficiency_bars)
    }

    pub(super) fn labels(&self, bars: &Bars) -> Vec<u8> {
        let close = bars.close();
        let mut returns = vec![f64::NAN; close.len()];
        for (slot, pair) in returns.iter_mut().skip(1).zip(close.windows(2)) {
            *slot = libm::log(pair[1] / pair[0]);
        }
        let rank = rank_among_before(&rolling_std(&returns, self.volatility_bars), self.rank_bars);
        let ratio = efficiency_ratio(close, self.efficiency_bars);
        let label = |(rank, ratio): (&f64, &f64)| {
            if rank.is_nan() || ratio.is_nan() {
                NO_REGIME
            } else if *rank >= self.volatile {
                3
            } else if *ratio >= self.trending {
                0
            } else {
                1 + u8::from(*ratio < self.choppy)
            }
        };
        rank.iter().zip(&ratio).map(label).collect()
    }
}
