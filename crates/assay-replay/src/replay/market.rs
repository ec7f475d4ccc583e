//! What a replay runs over.

use crate::execution::Execution;
use crate::market::{Bars, Detail, Funding, Instrument, whole_lots};

/// One symbol's bars and what is known beside them.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// The bars.
    pub bars: &'a Bars,
    /// LowerTimeframe bars under them, for the policy that looks into a bar.
    pub detail: Option<&'a Detail>,
    /// What positions pay over time.
    pub funding: Option<&'a Funding>,
    /// What is known of each bar at its open about the costs of trading in it.
    pub rows: Option<&'a BarCosts>,
    /// Units of account currency one unit of the quote currency is worth at the open of each bar; none where they are the same.
    pub fx: Option<&'a [f64]>,
    /// Steps of price and size.
    pub terms: ContractSpec,
}

impl<'a> From<&'a Bars> for Market<'a> {
    #[inline]
    fn from(bars: &'a Bars) -> Self {
        Self { bars, detail: None, funding: None, rows: None, fx: None, terms: ContractSpec::default() }
    }
}

/// Costs that change from bar to bar, by the bar in which a fill happens; all of it is known at that bar's open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarCosts {
    /// Full bid-ask spread, basis points.
    pub spread_bps: Option<Vec<f64>>,
    /// Average true range (14) over price, of the bar before.
    pub atr: Option<Vec<f64>>,
    /// Factor of the square-root law: daily volatility over the root of daily volume in account currency.
    pub impact: Option<Vec<f64>>,
}

/// What the loop needs of an instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContractSpec {
    /// Smallest step of a price; 0 for none.
    pub tick_size: f64,
    /// Smallest step of units; 0 for none.
    pub lot: f64,
    /// Least notional of an order that opens or enlarges, quote currency.
    pub min_notional: f64,
    /// Units of the base that one unit is.
    pub contract_size: f64,
    /// Share of its worth a position must be secured by, where not that of the account.
    pub maintenance: Option<f64>,
    /// Most worth in equities, where not that of the account.
    pub leverage: Option<f64>,
    /// Fees of a taker and a maker, basis points, where not those of the execution.
    pub fees_bps: [Option<f64>; 2],
}

impl Default for ContractSpec {
    #[inline]
    fn default() -> Self {
        Self::of(&Instrument::default())
    }
}

impl ContractSpec {
    /// Those of an instrument.
    #[inline]
    pub fn of(i: &Instrument) -> Self {
        Self {
            tick_size: i.tick,
            lot: i.lot,
            min_notional: i.min_notional,
            contract_size: i.contract_size,
            maintenance: i.maintenance_margin,
            leverage: i.leverage,
            fees_bps: [i.fee_bps, i.maker_fee_bps.or(i.fee_bps)],
        }
    }

    /// The most of `units` that is whole lots.
    #[inline]
    pub fn whole_lots(&self, units: f64) -> f64 {
        whole_lots(units, self.lot)
    }
}

impl Market<'_> {
    /// Units of account currency for one of the quote currency, known at the open of `bar`.
    #[inline]
    pub fn rate(&self, bar: usize) -> f64 {
        self.fx.map_or(1.0, |fx| fx[bar])
    }
}

/// Whether a fill's costs depend on more than the execution's constants.
#[inline]
pub(super) fn constant_costs(market: &Market<'_>, execution: &Execution) -> bool {
    market.rows.is_none()
        && market.fx.is_none()
        && execution.tier.is_empty()
        && market.terms == ContractSpec::default()
}
