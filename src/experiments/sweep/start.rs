//! Where the candidates of a sweep begin, and what the days from there on allow.

use super::Space;
use crate::error::{Error, Place, Result};
use crate::experiments::warmups::{Varied, warmups};
use crate::market::format_time;
use crate::metrics::LEAST_DAYS_OF_GROWTH;
use crate::runs::History;
use crate::scenario::{CandidateSpan, Objective, Sampler, Scenario};

/// Least days of a block of cross-validation.
const BLOCK_DAYS: usize = 20;

/// Days that must be left for cross-validation at all.
const LEAST_DAYS: usize = 60;

/// Where the candidates of a sweep begin.
#[derive(Debug)]
pub(super) struct CommonStart {
    /// First step that the scenario asks for.
    pub(super) asked: usize,
    /// First step at which every candidate can trade.
    pub(super) first: usize,
    /// First step at which the quickest can.
    pub(super) earliest: usize,
    /// The start that all share, as `data.from` says it, where the scenario does not.
    pub(super) shared: Option<String>,
}

impl CommonStart {
    pub(super) fn of(scenario: &Scenario, history: &History, space: &Space) -> Result<Self> {
        let varied = Varied { keys: space.keys(), dimensions: space.in_dimensions(), space: Some(space) };
        let found = warmups(scenario, &varied)?;
        let asked = history.asked(scenario);
        let [earliest, first] = [found.shortest, found.longest].map(|warmup| history.warm(warmup).max(asked));
        history.must_last(found.longest, first)?;
        // What is the same for all need not be said.
        let own = scenario.sweep.span == CandidateSpan::Own;
        let says = !own && first > asked && found.shortest < found.longest;
        Ok(Self { asked, first, earliest, shared: says.then(|| format_time(history.clock().time(first))) })
    }

    /// The scenario as candidates are run from.
    pub(super) fn judged(&self, scenario: &Scenario) -> Scenario {
        match &self.shared {
            Some(from) => scenario.judged_from(from),
            None => scenario.clone(),
        }
    }
}

/// Refuses to look for the growth of a year in a few days: those of the history, or of the first round of
/// halving.
pub(super) fn refuse_growth_of_days(scenario: &Scenario, history: &History, first: usize) -> Result<()> {
    let s = &scenario.sweep;
    let clock = history.clock();
    let days = (clock.close_time(clock.len() - 1) - clock.time(first)) as f64 / 86_400_000.0;
    let share = match s.sampler {
        Sampler::Halving => (s.eta as f64).powi(1 - s.rounds as i32),
        _ => 1.0,
    };
    if s.metric != Objective::Calmar || days * share >= LEAST_DAYS_OF_GROWTH {
        return Ok(());
    }
    let of = if share < 1.0 { " of the first round" } else { "" };
    let problem = format!(
        "calmar has no value below {LEAST_DAYS_OF_GROWTH} days, and there are {:.0}{of}",
        days * share
    );
    Err(Error::scenario(Place::key("sweep.metric").within(&scenario.name), problem)
        .hint("give more history, or look for sharpe, sortino or total_return"))
}

/// Blocks of days for cross-validation, from step `first` on, and how many days they hold together; 0 where
/// days are too few.
pub(super) fn blocks_of(
    scenario: &Scenario,
    history: &History,
    first: usize,
    candidates: u64,
) -> (usize, usize) {
    let (clock, steps) = (history.clock(), history.steps());
    // Days that every candidate trades on: whole ones.
    let days = |t: i64| crate::metrics::day_of_close(t);
    let all_days = days(clock.close_time(steps - 1)) - days(clock.close_time(first));
    let sessions = if scenario.data.days_per_year() >= 360.0 {
        all_days as usize
    } else {
        // Sessions are fewer than days; at most as many as there are bars.
        ((all_days as f64 * scenario.data.days_per_year() / 366.0) as usize).saturating_sub(5)
    };
    let most = if candidates > 100_000 { 12 } else { 16 };
    let blocks = match sessions {
        0..LEAST_DAYS => 0,
        n => (n / BLOCK_DAYS).min(most) / 2 * 2,
    };
    let blocks = if blocks >= 4 { blocks } else { 0 };
    (blocks, sessions.checked_div(blocks).map_or(0, |length| length * blocks))
}
