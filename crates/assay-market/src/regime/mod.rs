//! Market regimes: schemes of labels, what labels are worth, and labellers that need nothing but bars. Rules that a system
//! decides by are the system's.

mod evaluate;
mod hmm;
mod labellers;
mod scheme;
mod stability;

pub use evaluate::{RegimeEvaluation, evaluate};
pub use hmm::{Hmm, HmmOptions, UNKNOWN, Walk, walk_forward};
pub use labellers::{EfficiencyVolatility, HiddenStates, Labeller, Sessions, TrendKind, VolatilityTrend};
pub use scheme::{MOST_REGIMES, NO_REGIME, NO_REGIME_NAME, PALETTE, RegimeKind, RegimeScheme, Rgb, TAKEN};
pub use stability::{Stability, adjusted_rand, best_match, cross_table};
