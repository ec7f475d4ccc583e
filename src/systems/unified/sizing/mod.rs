//! How large a position is: a Kelly fraction from closed trades, multipliers, and caps on drawdown.

mod caps;
mod kelly;
mod multipliers;

pub use caps::drawdown_cap;
pub use kelly::{KellyPrior, KellyRule, TradeRecord};
pub use multipliers::{ConfidenceRule, confidence_multiplier, pattern_multiplier, volatility_multiplier};
