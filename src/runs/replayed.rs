//! Searches that chose trials by results, judged by what they find on placebo bars.

use std::collections::BTreeMap;

use super::found::choice_of;
use super::ledger::{TrialLedger, TrialPool};
use crate::error::Result;
use crate::gate::SearchPlacebos;

/// Scores as near as this are those of the same returns.
const SAME_SCORE: f64 = 1e-6;

/// What sweeps found on placebo bars, by their ids.
#[derive(Debug, Default)]
pub(super) struct ReplayedSweeps(BTreeMap<String, SearchPlacebos>);

impl ReplayedSweeps {
    /// Of the sweeps that chose adaptive trials of `pool`, as far as `ledger` knows; `own` are those of a sweep that is not
    /// in it yet.
    ///
    /// # Errors
    /// A line of the ledger is no choice of a sweep.
    pub fn of(ledger: &TrialLedger, pool: &TrialPool, own: Option<(&str, &SearchPlacebos)>) -> Result<Self> {
        let mut all = BTreeMap::new();
        for id in pool.adaptive_by.iter().filter_map(|work| work.strip_prefix("sweep ")) {
            if let Some(placebos) = choice_of(ledger, id)?.and_then(|choice| choice.placebos) {
                all.insert(id.to_owned(), placebos);
            }
        }
        if let Some((id, placebos)) = own {
            all.insert(id.to_owned(), placebos.clone());
        }
        Ok(Self(all))
    }

    /// The placebos that judge a candidate with the standard score `score` among the trials of `pool`: those of the sweep with
    /// the largest chance; none where no trial was chosen by results.
    ///
    /// # Errors
    /// Why they cannot, in words.
    pub fn judge(
        &self,
        pool: &TrialPool,
        score: Option<f64>,
    ) -> std::result::Result<Option<SearchPlacebos>, String> {
        if pool.adaptive == 0 {
            return Ok(None);
        }
        let of = |work: &String| work.strip_prefix("sweep ").and_then(|id| self.0.get(id));
        let known: Vec<&SearchPlacebos> = pool.adaptive_by.iter().filter_map(of).collect();
        let chosen = format!("{} of the trials were chosen by looking at results", pool.adaptive);
        if known.len() < pool.adaptive_by.len() {
            let all = match (known.len(), pool.adaptive_by.len()) {
                (0, _) => String::new(),
                (n, of) => format!(" ({n} of {of} searches have placebos)"),
            };
            return Err(format!(
                "{chosen}: no count of trials prices such a search{all}; what can: the whole search on placebo bars (assay \
                 sweep --placebos 199), the out-of-sample chain of a walk-forward, or a hold-out"
            ));
        }
        let is_found = |p: &&SearchPlacebos| {
            p.score.zip(score).is_some_and(|(found, own)| (found - own).abs() <= SAME_SCORE)
        };
        if !known.iter().any(is_found) {
            return Err(format!(
                "{chosen}, and their placebos are about the best that each search found: this is another candidate, or is \
                 judged by another path inside the bars"
            ));
        }
        Ok(known.into_iter().max_by(|a, b| a.search_p.total_cmp(&b.search_p)).cloned())
    }

    /// Why too few placebos leave it open whether each search finds less than `level` by luck; none where `worst`, the largest
    /// chance of them, is above it.
    pub fn undecided(&self, pool: &TrialPool, worst: &SearchPlacebos, level: f64) -> Option<String> {
        let all = pool.adaptive_by.iter().filter_map(|work| self.0.get(work.strip_prefix("sweep ")?));
        let lucky = worst.search_p > level && worst.undecided(level).is_none();
        if lucky { None } else { std::iter::once(worst).chain(all).find_map(|p| p.undecided(level)) }
    }
}
