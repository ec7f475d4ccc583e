//! Bars, timeframes, instruments and annualisation: what a market history is. Uses nothing else of the crate but its error type.

mod anchor;
mod bars;
mod bars_id;
mod calendar;
mod detail;
mod funding;
mod holidays;
mod instrument;
mod resample;
mod time;
mod timeframe;
mod zone;

#[cfg(test)]
mod real_sessions;

pub use anchor::{Anchor, AnchorSpan, DailyHours, Hours};
pub use bars::{Bars, BarsFault, Columns};
pub use calendar::{Calendar, Opens, Session};
pub use detail::{Coverage, Detail};
pub use funding::{Accrual, Funding, Payment};
pub use instrument::{
    FeeClass, Instrument, known_fees, known_instrument, known_instruments, same_instrument, whole_lots,
};
pub use resample::{Partial, Resampled, Tally, resample};
pub use time::{format_time, parse_time};
pub use timeframe::{Timeframe, covered_ms, month_start};
pub use zone::{Instant, Zone};
