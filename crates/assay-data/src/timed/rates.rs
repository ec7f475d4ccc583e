//! Rates of funding that are shares of a position.

use super::Timed;
use crate::error::{Error, Result};

/// The usual rate of an event, and the largest, that are still taken for shares: half a percent every eight hours is five times
/// the position a year. Rates in percent are a hundred times those of a calm market, of a ten-thousandth.
const PLAUSIBLE_RATES: [f64; 2] = [0.005, 0.25];

/// Fewer rates do not say what is usual.
const ENOUGH_RATES: usize = 30;

impl Timed {
    /// Refuses rates that are no shares of a position, by what is usual among them and by the largest.
    pub(super) fn of_plausible_rates(self) -> Result<Self> {
        let mut sizes: Vec<(f64, usize)> =
            self.value.iter().enumerate().map(|(k, r)| (r.abs(), k)).filter(|(r, _)| *r > 0.0).collect();
        sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some((most, at)) = sizes.last() else { return Ok(self) };
        let hint = "rates are shares of the position: 0.0001 is a basis point an event; divide rates in percent by 100";
        // A few days of a squeeze are no unit; what half of some weeks of events exceed is.
        let usual = if sizes.len() < ENOUGH_RATES { 0.0 } else { sizes[(sizes.len() - 1) / 2].0 };
        if usual > PLAUSIBLE_RATES[0] && sizes.len() * 2 > self.value.len() {
            let problem = format!(
                "half of the rates that are not zero are {usual} and more an event: they are in percent, or no funding"
            );
            return Err(Error::data(&self.place, problem).hint(hint));
        }
        if *most > PLAUSIBLE_RATES[1] {
            let problem = format!("a rate of {} in one event", self.value[*at]);
            return Err(Error::data(self.place_of(*at), problem).hint(hint));
        }
        Ok(self)
    }
}
