//! What a fill costs beyond its price.

use serde::{Deserialize, Serialize};

/// Costs of every fill, in basis points (1/10,000) of its notional.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Costs {
    /// Exchange fee, charged on every fill.
    pub fee_bps: f64,
    /// Full bid-ask spread; a market fill pays half of it.
    pub spread_bps: f64,
    /// Slippage of a market fill (entries, stops, timed exits); a target is a resting limit and has none.
    pub slippage_bps: f64,
}

impl Default for Costs {
    fn default() -> Self {
        Self { fee_bps: 10.0, spread_bps: 1.0, slippage_bps: 1.0 }
    }
}

/// Costs paid so far, by kind, in account currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct CostsPaid {
    /// Exchange fees.
    pub fee: f64,
    /// Half spreads.
    pub spread: f64,
    /// Slippage.
    pub slippage: f64,
    /// Funding paid, negative where more was received.
    pub funding: f64,
}

impl CostsPaid {
    /// All kinds together.
    pub fn total(&self) -> f64 {
        self.fee + self.spread + self.slippage + self.funding
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.fee += other.fee;
        self.spread += other.spread;
        self.slippage += other.slippage;
        self.funding += other.funding;
    }
}

/// A fill: the price before costs, the price paid or received, and what lies between and beside them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// Price the market showed.
    pub reference: f64,
    /// Price paid or received: the reference moved against the order by half the spread and the slippage.
    pub price: f64,
    /// What it cost.
    pub costs: CostsPaid,
}

impl Costs {
    /// Fills `units` (positive) at `reference`: `side` +1 buys, -1 sells. A resting limit pays the fee only.
    /// `extra_slippage_bps` comes on top of the ordinary slippage of a market fill.
    pub fn fill(&self, reference: f64, units: f64, side: f64, limit: bool, extra_slippage_bps: f64) -> Fill {
        let bps = |v: f64| v / 10_000.0;
        let (half_spread, slippage) = if limit {
            (0.0, 0.0)
        } else {
            (reference * bps(self.spread_bps) / 2.0, reference * bps(self.slippage_bps + extra_slippage_bps))
        };
        let price = reference + side * (half_spread + slippage);
        Fill {
            reference,
            price,
            costs: CostsPaid {
                fee: price * units * bps(self.fee_bps),
                spread: half_spread * units,
                slippage: slippage * units,
                funding: 0.0,
            },
        }
    }

    /// Violations of the ranges, each in words.
    pub fn violations(&self) -> Vec<String> {
        [("fee_bps", self.fee_bps), ("spread_bps", self.spread_bps), ("slippage_bps", self.slippage_bps)]
            .into_iter()
            .filter(|(_, v)| !(0.0..=1000.0).contains(v))
            .map(|(k, v)| format!("execution.{k} must be a number in 0..=1000, was {v}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_fill_pays_all_three_and_a_limit_the_fee() {
        let costs = Costs { fee_bps: 10.0, spread_bps: 4.0, slippage_bps: 3.0 };
        let f = costs.fill(100.0, 2.0, 1.0, false, 0.0);
        assert!((f.price - 100.05).abs() < 1e-12);
        assert!((f.costs.spread - 0.04).abs() < 1e-12 && (f.costs.slippage - 0.06).abs() < 1e-12);
        assert!((f.costs.fee - 0.2001).abs() < 1e-12);
        assert!((costs.fill(100.0, 2.0, -1.0, false, 0.0).price - 99.95).abs() < 1e-12);
        let f = costs.fill(100.0, 2.0, -1.0, true, 0.0);
        assert_eq!((f.price, f.costs.spread, f.costs.slippage), (100.0, 0.0, 0.0));
    }
}
