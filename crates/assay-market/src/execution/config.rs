//! The `[execution]` section of a scenario.

use crate::error::Violation;
use serde::{Deserialize, Serialize};

use super::{Costs, Intrabar};
use crate::choices;

choices! {
    /// At which price a market order fills.
    pub enum FillRule {
        /// The next bar's open.
        NextOpen = "next_open",
        /// The close that decided it: only for comparison with tools that do so.
        Close = "close",
    }

    /// Where the bid-ask spread comes from.
    pub enum SpreadFrom {
        /// `spread_bps`, always.
        Constant = "constant",
        /// The column `spread` of the file of bars, a price.
        Column = "column",
        /// Corwin and Schultz (2012), from highs and lows of the bars before.
        CorwinSchultz = "corwin_schultz",
        /// Abdi and Ranaldo (2017), from closes, highs and lows of the bars before.
        AbdiRanaldo = "abdi_ranaldo",
    }

    /// How a system's entries are sent.
    pub enum EntryOrder {
        /// At the market.
        Market = "market",
        /// As a limit, and at the market once its time is over.
        LimitFirst = "limit_first",
    }

    /// When a resting limit is filled.
    pub enum LimitRule {
        /// Where the price touches it.
        Touch = "touch",
        /// Where the price goes beyond it.
        Through = "through",
    }
}

/// Fees from a volume on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Traded in the last 30 days, account currency, from which it holds.
    pub volume: f64,
    /// Fee of a taker, basis points.
    pub taker_bps: f64,
    /// Fee of a maker, basis points.
    pub maker_bps: f64,
}

/// How orders are filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Execution {
    /// At which price a market order fills.
    pub fill: FillRule,
    /// Path taken inside a bar that reached both stop and target.
    pub intrabar: Intrabar,
    /// When a resting limit is filled.
    pub limit: LimitRule,
    /// How a system's entries are sent.
    pub entry: EntryOrder,
    /// How much better than the close that decided the limit of an entry is, basis points.
    pub entry_offset_bps: f64,
    /// Bars that such a limit rests before the entry is made at the market.
    pub entry_bars: usize,
    /// Exchange fee of every fill that takes, basis points of notional.
    pub fee_bps: f64,
    /// Fee of a fill that was a resting limit, basis points; that of a taker where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker_fee_bps: Option<f64>,
    /// Fee of each unit traded, account currency.
    pub fee_per_unit: f64,
    /// Fee of each fill, account currency.
    pub fee_per_order: f64,
    /// Least fee of a fill, account currency.
    pub fee_minimum: f64,
    /// Full bid-ask spread, basis points; a market fill pays half. The floor of an estimated one.
    pub spread_bps: f64,
    /// Where the spread comes from.
    pub spread_from: SpreadFrom,
    /// Most that an estimated spread can be, basis points.
    pub spread_max_bps: f64,
    /// Slippage of a market fill, basis points.
    pub slippage_bps: f64,
    /// Slippage on top of it, in average true ranges (14) of the bar before.
    pub slippage_atr: f64,
    /// Factor of the square-root law of market impact: daily volatility times the root of the order's share of daily volume.
    pub impact: f64,
    /// Largest share of a bar's volume that fills can take; what is left waits for the next bar. 0 for no bound.
    pub participation: f64,
    /// Bars from a decision to its fill beyond the next.
    pub latency_bars: usize,
    /// Milliseconds from the open to the fill.
    pub latency_ms: u32,
    /// Fees from volumes on, instead of `fee_bps` and `maker_fee_bps`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tier: Vec<Tier>,
}

impl Default for Execution {
    #[inline]
    fn default() -> Self {
        Self { fee_bps: 10.0, spread_bps: 1.0, slippage_bps: 1.0, ..Self::FREE }
    }
}

impl Execution {
    /// Fills cost nothing.
    pub const FREE: Self = Self {
        fill: FillRule::NextOpen,
        intrabar: Intrabar::Pessimistic,
        limit: LimitRule::Touch,
        entry: EntryOrder::Market,
        entry_offset_bps: 0.0,
        entry_bars: 1,
        fee_bps: 0.0,
        maker_fee_bps: None,
        fee_per_unit: 0.0,
        fee_per_order: 0.0,
        fee_minimum: 0.0,
        spread_bps: 0.0,
        spread_from: SpreadFrom::Constant,
        spread_max_bps: 25.0,
        slippage_bps: 0.0,
        slippage_atr: 0.0,
        impact: 0.0,
        participation: 0.0,
        latency_bars: 0,
        latency_ms: 0,
        tier: Vec::new(),
    };

    /// Its costs before anything has been traded, where nothing about the bar is known.
    #[inline]
    pub fn costs(&self) -> Costs {
        Costs {
            taker_bps: self.fee_bps,
            maker_bps: self.maker_fee_bps.unwrap_or(self.fee_bps),
            fee_per_unit: self.fee_per_unit,
            fee_per_order: self.fee_per_order,
            fee_minimum: self.fee_minimum,
            spread_bps: self.spread_bps,
            slippage_bps: self.slippage_bps,
            ..Costs::FREE
        }
    }

    /// Fees of a taker and a maker, basis points, after `traded` in 30 days.
    #[inline]
    pub fn fees_after(&self, traded: f64) -> (f64, f64) {
        let reached = self.tier.iter().rev().find(|t| traded >= t.volume);
        reached.map_or((self.fee_bps, self.maker_fee_bps.unwrap_or(self.fee_bps)), |t| {
            (t.taker_bps, t.maker_bps)
        })
    }

    /// The same with another path inside the bar.
    #[inline]
    pub fn with_intrabar(&self, intrabar: Intrabar) -> Self {
        Self { intrabar, ..self.clone() }
    }

    /// Values outside their ranges, and rules between values that are broken.
    pub fn violations(&self) -> Vec<Violation> {
        let maker = self.maker_fee_bps.unwrap_or(0.0);
        let mut out: Vec<Violation> = Violation::outside(&[
            ("fee_bps", self.fee_bps, 0.0, 1000.0),
            // An exchange may pay makers.
            ("maker_fee_bps", maker, -100.0, 1000.0),
            ("fee_per_unit", self.fee_per_unit, 0.0, 1e6),
            ("fee_per_order", self.fee_per_order, 0.0, 1e6),
            ("fee_minimum", self.fee_minimum, 0.0, 1e6),
            ("spread_bps", self.spread_bps, 0.0, 1000.0),
            ("spread_max_bps", self.spread_max_bps, 0.0, 1000.0),
            ("slippage_bps", self.slippage_bps, 0.0, 1000.0),
            ("slippage_atr", self.slippage_atr, 0.0, 10.0),
            ("impact", self.impact, 0.0, 100.0),
            ("participation", self.participation, 0.0, 1.0),
            ("entry_offset_bps", self.entry_offset_bps, -1000.0, 1000.0),
            ("entry_bars", self.entry_bars as f64, 1.0, 10_000.0),
        ])
        .into_iter()
        .map(|v| v.under("execution"))
        .collect();
        if self.latency_bars > 10_000 {
            out.push(Violation::new(
                "execution.latency_bars",
                format!("must be a number in 0..=10000, was {}", self.latency_bars),
            ));
        }
        if self.fill == FillRule::Close
            && (self.latency_bars > 0 || self.latency_ms > 0 || self.participation > 0.0)
        {
            out.push(Violation::new(
                "execution.fill",
                "must be \"next_open\" where there is latency or participation",
            ));
        }
        let rising = self.tier.windows(2).all(|w| w[0].volume < w[1].volume);
        let fee = |v: f64| (-100.0..=1000.0).contains(&v);
        let sound = self.tier.iter().all(|t| t.volume >= 0.0 && fee(t.taker_bps) && fee(t.maker_bps));
        if !(rising && sound) {
            out.push(Violation::new(
                "execution.tier",
                "must have volumes that rise from 0 or more, and fees in -100..=1000",
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_hold_from_their_volume_on() {
        let tier = |volume, taker_bps| Tier { volume, taker_bps, maker_bps: taker_bps / 2.0 };
        let e = Execution { tier: vec![tier(1e6, 8.0), tier(5e6, 6.0)], ..Execution::default() };
        assert_eq!(e.fees_after(0.0), (10.0, 10.0));
        assert_eq!(e.fees_after(1e6), (8.0, 4.0));
        assert_eq!(e.fees_after(9e6), (6.0, 3.0));
        assert!(e.violations().is_empty());
        let wrong = Execution {
            tier: vec![tier(2.0, 1.0), tier(1.0, 1.0)],
            participation: 2.0,
            ..Execution::default()
        };
        assert_eq!(wrong.violations().len(), 2);
    }
}
