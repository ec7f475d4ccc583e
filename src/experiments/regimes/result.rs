//! What a comparison of labels comes to.

use serde::Serialize;

use super::{FilterTest, LayerTest, VolatilityTest, finite};
use crate::regime::{Hmm, RegimeEvaluation, RegimeScheme, Stability, Walk, adjusted_rand, cross_table};

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct RegimeComparison {
    /// Bars that are compared: from `data.from` on, after the warm-up of the rules and the first fit of the model.
    pub bars: usize,
    /// When the first of them opened (UTC).
    pub from: String,
    /// When the first bar of the second half opened: what is fitted is fitted before it, what is scored is scored from it on.
    pub second_half_from: String,
    /// When the last closed.
    pub to: String,
    /// Bars a year, for what is annual.
    pub bars_per_year: f64,
    /// The regimes that the rules tell apart; absent where they are those of the unified framework.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regimes: Option<RegimeScheme>,
    /// Who labelled, and how.
    pub labellers: Vec<ComparedLabels>,
    /// The model.
    pub hmm: HmmReport,
    /// Rules against states.
    pub agreement: Agreement,
    /// The system of the scenario with its labels, and with the same labels at other times; none of a system
    /// that does not decide by labels.
    pub layer: Option<LayerTest>,
}

/// One way to label.
#[derive(Debug, Clone, Serialize)]
pub struct ComparedLabels {
    /// Its name.
    pub name: String,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// How long they stay.
    pub stability: Stability,
    /// Against the truth, on the second half.
    pub truth: Option<TruthScore>,
    /// Holding only under labels that were good in the first half; `None` for a single label.
    pub filter: Option<FilterTest>,
    /// Size of the next move by label; `None` for a single label.
    pub volatility: Option<VolatilityTest>,
}

/// Labels against the truth.
#[derive(Debug, Clone, Serialize)]
pub struct TruthScore {
    /// Which regime each label stands for, matched on the first half; `None` where it stands for none.
    pub stands_for: Vec<Option<String>>,
    /// Agreement as partitions, whatever the labels stand for.
    pub adjusted_rand: Option<f64>,
    /// Share right of bars within the transition after a change of the truth.
    pub accuracy_in_transition: Option<f64>,
    /// Share right of the other bars.
    pub accuracy_outside: Option<f64>,
    /// Everything else.
    pub scores: RegimeEvaluation,
}

/// The hidden Markov model of the last fit, and how it was come by.
#[derive(Debug, Clone, Serialize)]
pub struct HmmReport {
    /// Bars each fit saw.
    pub train_bars: usize,
    /// Bars between fits.
    pub refit_bars: usize,
    /// Fits.
    pub fits: usize,
    /// Fits that failed; their bars have no label.
    pub failed_fits: usize,
    /// States of the last fit, in ascending order of variance.
    pub states: Vec<StateReport>,
}

/// A state.
#[derive(Debug, Clone, Serialize)]
pub struct StateReport {
    /// Mean log return of a bar.
    pub mean: f64,
    /// Annual volatility.
    pub volatility: f64,
    /// Expected bars of a stay.
    pub mean_stay_bars: f64,
}

/// Rules and states on the same bars.
#[derive(Debug, Clone, Serialize)]
pub struct Agreement {
    /// `table[regime][state]`, bars.
    pub table: Vec<Vec<usize>>,
    /// Adjusted Rand index; `None` where either has one label only.
    pub adjusted_rand: Option<f64>,
}

impl HmmReport {
    /// What is told of a walk of models, of `per_year` bars a year.
    pub(super) fn of(walk: &Walk, train_bars: usize, refit_bars: usize, per_year: f64) -> Self {
        let state = |m: &Hmm, s: usize| StateReport {
            mean: m.mean[s],
            volatility: (m.variance[s] * per_year).sqrt(),
            mean_stay_bars: 1.0 / (1.0 - m.transition[s][s]),
        };
        let states =
            walk.last.as_ref().map(|m| (0..m.states()).map(|s| state(m, s)).collect()).unwrap_or_default();
        Self { train_bars, refit_bars, fits: walk.fits, failed_fits: walk.failed, states }
    }
}

impl Agreement {
    /// The two labels of the same bars side by side, of as many kinds as said.
    pub(super) fn of(rules: &[u8], regimes: usize, hmm: &[u8], states: usize) -> Self {
        let table = cross_table(rules, regimes, hmm, states);
        Self { adjusted_rand: finite(adjusted_rand(&table)), table }
    }
}
