//! What a sweep leaves in the ledger of the choice it made: a backtest of what it found is judged with it.

use serde_json::json;

use super::{SweepRun, SweepSummary};
use crate::error::{Error, Result};
use crate::gate::SearchChoice;
use crate::runs::ledger::{SWEPT, Trials};

impl SweepRun<'_> {
    /// The line of the choice that `summary` is about. It counts nothing: the candidates are counted already.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn choice(&self, summary: &SweepSummary) -> Result<Trials> {
        let choice = choice_of(summary);
        // With placebos it says more than the same sweep said without.
        let placebos = summary.placebos.as_ref().map_or(String::new(), |p| format!(" placebos {}", p.n));
        let detail = serde_json::to_value(choice).map_err(|e| Error::internal("sweep", e.to_string()))?;
        Ok(Trials {
            kind: SWEPT.to_owned(),
            scenario: self.scenario.name.clone(),
            system: self.scenario.system.name().to_owned(),
            family: Some(self.scenario.family.clone()),
            key: format!("{SWEPT} {}{placebos}", self.plan.id),
            data: self.histories().to_vec(),
            from_ms: summary.start_ms,
            to_ms: summary.end_ms,
            rest: Some(0),
            detail: Some(json!({ "choice": detail })),
            ..Trials::default()
        })
    }
}

fn choice_of(s: &SweepSummary) -> SearchChoice {
    let o = s.overfitting.as_ref();
    let pbo = o.and_then(|o| o.pbo.as_ref());
    let cash = o.and_then(|o| o.against_cash.as_ref());
    let finite = |v: f64| v.is_finite().then_some(v);
    SearchChoice {
        sweep: s.sweep_id.clone(),
        scenario: s.scenario.clone(),
        candidates: s.candidates,
        days: o.map_or(0, |o| o.days as u64),
        splits: pbo.map(|p| p.combinations as u64),
        pbo: pbo.and_then(|p| finite(p.pbo)),
        prob_loss: pbo.and_then(|p| finite(p.prob_loss)),
        spa_p: cash.and_then(|c| finite(c.spa_consistent_p)),
        spa_p_interval: cash.map(|c| c.spa_consistent_interval),
        stepdown_p: cash.and_then(|c| c.best_adjusted_p),
        stepdown_p_interval: cash.and_then(|c| c.best_adjusted_interval),
        placebos: s.placebos.clone(),
    }
}
