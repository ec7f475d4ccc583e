//! Buying and holding: what every system is compared with.

use super::history::History;
use super::market_inputs::currency;
use crate::error::Result;
use crate::scenario::Scenario;

impl History {
    /// Equity at the close of each step from `first` on of buying all symbols that have bars from there on in equal parts
    /// of `cash` at the first open, each as soon as it has bars, and holding, without costs.
    ///
    /// Money is the account's: a symbol of another currency is bought for its part at the rate of that open, and what it
    /// gains or loses is converted at the rate of each bar, as the positions of a run are.
    ///
    /// # Errors
    /// A currency cannot be converted.
    pub(crate) fn hold(&self, scenario: &Scenario, first: usize, cash: f64) -> Result<Vec<f64>> {
        let (clock, symbols) = (self.clock(), &self.inputs().symbols);
        let bought = |k: &usize| clock.bar_at(*k, first) < symbols[*k].bars.len();
        let part = cash / (0..symbols.len()).filter(bought).count().max(1) as f64;
        let mut out = vec![0.0; clock.len() - first];
        for k in (0..symbols.len()).filter(bought) {
            let fx = currency(scenario, self.inputs(), k)?;
            let (open, close) = (symbols[k].bars.open(), symbols[k].bars.close());
            let start = clock.bar_at(k, first);
            let worth = |bar: usize| match &fx {
                None => part * close[bar] / open[start],
                Some(fx) => part + part * (close[bar] / open[start] - 1.0) * fx[bar] / fx[start],
            };
            for (j, equity) in out.iter_mut().enumerate() {
                let closed = clock.bar_at(k, first + j + 1);
                *equity += if closed > start { worth(closed - 1) } else { part };
            }
        }
        Ok(out)
    }
}
