//! States of a hidden Markov model, fitted as time goes on.

use crate::market::Bars;
use crate::regime::{HmmOptions, walk_forward};
use assay_base::params;

params! {
    /// A Gaussian hidden Markov model of log returns. A model labels only bars that it has not seen.
    pub struct HiddenStates {
        /// States.
        "states" => states: usize = 3, 2..=5;
        /// Bars that a model is fitted on: the latest before those it labels.
        "train_bars" => train_bars: usize = 5000, 100..=1000000;
        /// Bars after which it is fitted again.
        "refit_bars" => refit_bars: usize = 500, 1..=1000000;
        /// Starting points of the first fit; later ones start from the model before.
        "starts" => starts: usize = 4, 1..=100;
        /// Steps of a fit, at most.
        "iterations" => iterations: usize = 200, 1..=10000;
    }
}

impl HiddenStates {
    /// In ascending order of variance.
    pub(super) fn names(&self) -> Vec<String> {
        (1..=self.states).map(|s| format!("STATE_{s}")).collect()
    }

    pub(super) fn labels(&self, bars: &Bars, seed: u64) -> Vec<u8> {
        let close = bars.close();
        // The first bar has no close before it: no move.
        let mut returns = vec![0.0; close.len()];
        for (slot, pair) in returns.iter_mut().skip(1).zip(close.windows(2)) {
            *slot = libm::log(pair[1] / pair[0]);
        }
        let options = HmmOptions {
            states: self.states,
            train_rows: self.train_bars,
            refit_rows: self.refit_bars,
            starts: self.starts,
            iterations: self.iterations,
            seed,
        };
        // What it calls unknown is no regime.
        walk_forward(&returns, &options).labels
    }
}
