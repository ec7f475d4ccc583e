//! Bars, timeframes, instruments and annualisation: what a market history is. Uses nothing else of the crate but its error type.

mod bars;
mod calendar;
mod detail;
mod funding;
mod holidays;
mod instrument;
mod time;
mod timeframe;
mod zone;

#[cfg(test)]
mod real_sessions;

pub use bars::{Bars, BarsFault, Columns};
pub use calendar::{Calendar, Session};
pub use detail::{Coverage, Detail};
pub use funding::{Accrual, Funding, Payment};
pub use instrument::{Instrument, known_instruments, whole_lots};
pub use time::{format_time, parse_time};
pub use timeframe::Timeframe;
pub use zone::{Instant, Zone};
