//! Systems that peek, for tests: nothing here is part of the program.

use super::{
    Causality, CausalityOptions, CheckScope, CheckSubject, Computed, HistoryPart, SystemSubject,
    check_causality,
};
use crate::error::Result;
use crate::market::Bars;
use crate::progress::Progress;
use crate::runs::Inputs;
use crate::scenario::Scenario;
use crate::system::{ObservedColumn, Stage};

/// A system, what it observed changed by `doctor`.
pub(crate) struct Doctored<F> {
    pub(crate) honest: SystemSubject,
    pub(crate) doctor: F,
}

impl<F: Fn(&Bars, &mut Computed) + Sync> CheckSubject for Doctored<F> {
    fn observe(&self, bars: &Bars, part: &HistoryPart, scope: CheckScope) -> Result<Computed> {
        let mut seen = self.honest.observe(bars, part, scope)?;
        (self.doctor)(bars, &mut seen);
        Ok(seen)
    }

    fn warmup(&self) -> usize {
        self.honest.warmup()
    }
}

/// A feature `peek` of the system, computed by `value` at each row.
pub(crate) fn feature(bars: &Bars, seen: &mut Computed, value: impl Fn(usize) -> f64) {
    let values = (0..bars.len()).map(value).collect();
    let name = "peek".to_owned();
    seen.columns.insert(
        0,
        ObservedColumn { stage: Stage::Feature, name, first: 0, declared: 0, values, labels: vec![] },
    );
}

/// As [`super::check_scenario`], of a system with a feature that knows the next close.
pub(crate) fn peeking(
    scenario: &Scenario,
    inputs: Inputs,
    options: &CausalityOptions,
    progress: &Progress,
) -> Result<Vec<Causality>> {
    let doctor = |bars: &Bars, seen: &mut Computed| {
        feature(bars, seen, |i| bars.close().get(i + 1).copied().unwrap_or(f64::NAN));
    };
    let (scenario, inputs) = super::judged(scenario, inputs);
    let honest = SystemSubject::new(&scenario, &inputs, 0);
    check_causality(&Doctored { honest, doctor }, &inputs.symbols[0].bars, options, progress).map(|c| vec![c])
}
