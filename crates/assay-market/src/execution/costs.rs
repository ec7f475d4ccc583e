//! What a fill costs beyond its price.

use serde::{Deserialize, Serialize};

/// Costs paid so far, by kind, in account currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CostsPaid {
    /// Exchange fees.
    pub fee: f64,
    /// Half spreads.
    pub spread: f64,
    /// Slippage.
    pub slippage: f64,
    /// What the orders themselves moved the price by.
    pub impact: f64,
    /// Funding paid, negative where more was received.
    pub funding: f64,
    /// Interest on borrowed money and borrowed units.
    pub borrow: f64,
    /// Overnight financing, negative where more was received.
    pub swap: f64,
    /// Fees of liquidations.
    pub liquidation: f64,
}

impl CostsPaid {
    /// Names of the kinds, as columns and lines have them.
    pub const KINDS: [&str; 8] = [
        "fee",
        "spread_cost",
        "slippage_cost",
        "impact_cost",
        "funding",
        "borrow_cost",
        "swap",
        "liquidation_fee",
    ];

    /// One amount a kind, in the order of [`Self::KINDS`].
    #[inline]
    pub fn amounts(&self) -> [f64; 8] {
        let Self { fee, spread, slippage, impact, funding, borrow, swap, liquidation } = *self;
        [fee, spread, slippage, impact, funding, borrow, swap, liquidation]
    }

    /// All kinds together.
    #[inline]
    pub fn total(&self) -> f64 {
        self.amounts().iter().sum()
    }

    /// Adds another's.
    #[inline]
    pub fn add(&mut self, other: &Self) {
        self.fee += other.fee;
        self.spread += other.spread;
        self.slippage += other.slippage;
        self.impact += other.impact;
        self.funding += other.funding;
        self.borrow += other.borrow;
        self.swap += other.swap;
        self.liquidation += other.liquidation;
    }

    /// Takes `share` of it away and returns that.
    #[inline]
    pub fn part(&mut self, share: f64) -> Self {
        let whole = *self;
        let gone = whole.scaled(share);
        *self = Self {
            fee: whole.fee - gone.fee,
            spread: whole.spread - gone.spread,
            slippage: whole.slippage - gone.slippage,
            impact: whole.impact - gone.impact,
            funding: whole.funding - gone.funding,
            borrow: whole.borrow - gone.borrow,
            swap: whole.swap - gone.swap,
            liquidation: whole.liquidation - gone.liquidation,
        };
        gone
    }

    /// Each amount times `by`.
    #[inline]
    pub fn scaled(&self, by: f64) -> Self {
        Self {
            fee: self.fee * by,
            spread: self.spread * by,
            slippage: self.slippage * by,
            impact: self.impact * by,
            funding: self.funding * by,
            borrow: self.borrow * by,
            swap: self.swap * by,
            liquidation: self.liquidation * by,
        }
    }
}

/// A fill: the price before costs, the price paid or received, and what lies between and beside them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// Price the market showed.
    pub reference: f64,
    /// Price paid or received: the reference moved against the order by half the spread, the slippage and the impact.
    pub price: f64,
    /// What it cost, account currency.
    pub costs: CostsPaid,
}

/// Whether a fill took what others offered, or was itself the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liquidity {
    /// A market order, a stop, a limit that could be filled at once.
    Taker,
    /// A limit that rested.
    Maker,
}

/// What fills cost at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Fee of a taker, basis points (1/10,000) of what is traded.
    pub taker_bps: f64,
    /// Fee of a maker.
    pub maker_bps: f64,
    /// Fee of each unit.
    pub fee_per_unit: f64,
    /// Fee of each fill.
    pub fee_per_order: f64,
    /// Least fee of a fill.
    pub fee_minimum: f64,
    /// Full bid-ask spread, basis points; a taker pays half of it.
    pub spread_bps: f64,
    /// Slippage of a taker, basis points.
    pub slippage_bps: f64,
    /// The price moves against a taker by this times the square root of what is traded, a share of the price.
    pub impact: f64,
    /// Smallest step of a price; 0 for none.
    pub tick_size: f64,
    /// Units of account currency that one unit at a price of 1 is worth.
    pub worth: f64,
}

impl Costs {
    /// Nothing costs anything.
    pub const FREE: Self = Self {
        taker_bps: 0.0,
        maker_bps: 0.0,
        fee_per_unit: 0.0,
        fee_per_order: 0.0,
        fee_minimum: 0.0,
        spread_bps: 0.0,
        slippage_bps: 0.0,
        impact: 0.0,
        tick_size: 0.0,
        worth: 1.0,
    };

    /// Fills `units` (positive) at `reference`: `side` +1 buys, -1 sells. A maker pays the fee only. `extra_slippage_bps` comes on top
    /// of the ordinary slippage of a taker.
    pub fn fill(
        &self,
        reference: f64,
        units: f64,
        side: f64,
        role: Liquidity,
        extra_slippage_bps: f64,
    ) -> Fill {
        let bps = |v: f64| v / 10_000.0;
        let (half_spread, slippage, impact, fee_bps) = match role {
            Liquidity::Maker => (0.0, 0.0, 0.0, self.maker_bps),
            Liquidity::Taker => {
                let moved = if self.impact > 0.0 {
                    reference * self.impact * (units * self.worth * reference).sqrt()
                } else {
                    0.0
                };
                (
                    reference * bps(self.spread_bps) / 2.0,
                    reference * bps(self.slippage_bps + extra_slippage_bps),
                    moved,
                    self.taker_bps,
                )
            }
        };
        let mut price = reference + side * (half_spread + slippage + impact);
        let mut slippage = slippage;
        if self.tick_size > 0.0 && role == Liquidity::Taker {
            let rounded = round_to(price, self.tick_size, side);
            slippage += (rounded - price) * side;
            price = rounded;
        }
        let worth = units * self.worth;
        Fill {
            reference,
            price,
            costs: CostsPaid {
                fee: self.fee(price, units, fee_bps),
                spread: half_spread * worth,
                slippage: slippage * worth,
                impact: impact * worth,
                ..CostsPaid::default()
            },
        }
    }

    #[inline]
    fn fee(&self, price: f64, units: f64, fee_bps: f64) -> f64 {
        let fee = price * (units * self.worth) * (fee_bps / 10_000.0)
            + units * self.fee_per_unit
            + self.fee_per_order;
        fee.max(self.fee_minimum)
    }

    /// The same fill of a taker at a price no worse than `limit`: impact gives way first, then slippage, then spread.
    #[inline]
    pub fn no_worse(&self, fill: Fill, units: f64, side: f64, limit: f64) -> Fill {
        if side * (fill.price - limit) <= 0.0 {
            return fill;
        }
        let worth = units * self.worth;
        let mut left = (limit - fill.reference) * side * worth;
        let mut costs = fill.costs;
        for cost in [&mut costs.spread, &mut costs.slippage, &mut costs.impact] {
            *cost = cost.min(left).max(0.0);
            left -= *cost;
        }
        costs.fee = self.fee(limit, units, self.taker_bps);
        Fill { price: limit, costs, ..fill }
    }
}

/// `price` on a multiple of `tick_size`: up for +1, down for -1; what already lies on one stays.
#[inline]
pub fn round_to(price: f64, tick_size: f64, side: f64) -> f64 {
    let steps = price / tick_size;
    let near = steps.round();
    let steps = if (steps - near).abs() < 1e-9 * steps.abs().max(1.0) {
        near
    } else if side > 0.0 {
        steps.ceil()
    } else {
        steps.floor()
    };
    steps * tick_size
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Costs =
        Costs { taker_bps: 10.0, maker_bps: 4.0, spread_bps: 4.0, slippage_bps: 3.0, ..Costs::FREE };

    #[test]
    fn a_taker_pays_all_and_a_maker_the_fee() {
        let f = PLAIN.fill(100.0, 2.0, 1.0, Liquidity::Taker, 0.0);
        assert!((f.price - 100.05).abs() < 1e-12);
        assert!((f.costs.spread - 0.04).abs() < 1e-12 && (f.costs.slippage - 0.06).abs() < 1e-12);
        assert!((f.costs.fee - 0.2001).abs() < 1e-12);
        assert!((PLAIN.fill(100.0, 2.0, -1.0, Liquidity::Taker, 0.0).price - 99.95).abs() < 1e-12);
        let f = PLAIN.fill(100.0, 2.0, -1.0, Liquidity::Maker, 0.0);
        assert_eq!((f.price, f.costs.spread, f.costs.slippage), (100.0, 0.0, 0.0));
        assert!((f.costs.fee - 0.08).abs() < 1e-12);
    }

    #[test]
    fn fees_by_unit_by_order_and_at_least() {
        let c = Costs { fee_per_unit: 0.5, fee_per_order: 1.0, fee_minimum: 3.0, ..Costs::FREE };
        assert_eq!(c.fill(100.0, 2.0, 1.0, Liquidity::Taker, 0.0).costs.fee, 3.0);
        assert_eq!(c.fill(100.0, 10.0, 1.0, Liquidity::Maker, 0.0).costs.fee, 6.0);
    }

    #[test]
    fn impact_grows_with_the_root_of_the_order() {
        let c = Costs { impact: 1e-5, worth: 10.0, ..Costs::FREE };
        let moved = |units| c.fill(100.0, units, 1.0, Liquidity::Taker, 0.0).price - 100.0;
        assert!((moved(40.0) - 100.0 * 1e-5 * 40_000.0_f64.sqrt()).abs() < 1e-12);
        assert!((moved(40.0) / moved(10.0) - 2.0).abs() < 1e-9);
        let f = c.fill(100.0, 40.0, 1.0, Liquidity::Taker, 0.0);
        assert!((f.costs.impact - (f.price - 100.0) * 400.0).abs() < 1e-9);
    }

    #[test]
    fn prices_lie_on_ticks_and_never_to_the_order_s_good() {
        let c = Costs { tick_size: 0.25, ..PLAIN };
        let f = c.fill(100.0, 2.0, 1.0, Liquidity::Taker, 0.0);
        assert_eq!(f.price, 100.25);
        assert!((f.costs.spread + f.costs.slippage - 0.5).abs() < 1e-12);
        assert_eq!(c.fill(100.0, 2.0, -1.0, Liquidity::Taker, 0.0).price, 99.75);
        assert_eq!(round_to(0.3, 0.1, 1.0), 0.30000000000000004);
        assert_eq!(round_to(99.9, 0.25, 1.0), 100.0);
    }

    #[test]
    fn a_limit_bounds_a_taker() {
        let f = PLAIN.fill(100.0, 2.0, 1.0, Liquidity::Taker, 0.0);
        let bounded = PLAIN.no_worse(f, 2.0, 1.0, 100.03);
        assert_eq!(bounded.price, 100.03);
        assert!((bounded.costs.spread - 0.04).abs() < 1e-9 && (bounded.costs.slippage - 0.02).abs() < 1e-9);
        assert_eq!(PLAIN.no_worse(f, 2.0, 1.0, 101.0), f);
    }

    #[test]
    fn parts_make_the_whole() {
        let mut paid = CostsPaid { fee: 3.0, swap: -1.0, impact: 0.7, ..CostsPaid::default() };
        let whole = paid.total();
        let gone = paid.part(0.25);
        assert_eq!(gone.fee, 0.75);
        assert!((paid.total() + gone.total() - whole).abs() < 1e-12);
        assert_eq!(CostsPaid::KINDS.len(), paid.amounts().len());
    }
}
