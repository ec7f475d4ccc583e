//! The replays behind a backtest: the setting of the scenario under every path, and its baselines.

use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::backtest::{Run, full};
use super::history::{History, Prepared};
use super::job::Job;
use super::promises;
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::progress::Progress;
use crate::risk::Risk;
use crate::scenario::Scenario;
use crate::system::ParamSet;

/// The replays of a scenario's own setting.
pub(super) struct Replays {
    pub main: Run,
    /// The same under the pessimistic path and the optimistic one.
    pub edges: [Run; 2],
    pub without_stop: Option<Run>,
    /// How long the decisions took.
    pub decided: Duration,
}

/// Replays the scenario's setting under its own path and both edges, and without emergency stop where one was called.
pub(super) fn replays(
    history: &History,
    scenario: &Scenario,
    prepared: &Prepared,
    progress: &Progress,
) -> Result<Replays> {
    let clock = Instant::now();
    let job = Job { scenario, prepared, span: (0..history.steps()).into(), noise: None };
    let policy = scenario.execution.intrabar;
    let edges = [Intrabar::Pessimistic, Intrabar::Optimistic];
    history.ready(&job, true, |ready| {
        let decided = clock.elapsed();
        let paths: Vec<Intrabar> =
            edges.into_iter().chain((!edges.contains(&policy)).then_some(policy)).collect();
        let runs: Vec<Run> = paths
            .par_iter()
            .map(|path| {
                progress.check()?;
                Ok(full(ready, scenario, prepared, *path, &scenario.risk))
            })
            .collect::<Result<_>>()?;
        let mut runs = runs.into_iter();
        let (Some(pessimistic), Some(optimistic)) = (runs.next(), runs.next()) else {
            return Err(Error::internal("backtest", "a replay went missing"));
        };
        let main = match runs.next() {
            Some(own) => own,
            None if policy == Intrabar::Optimistic => optimistic.clone(),
            None => pessimistic.clone(),
        };
        let calm = || Risk { emergency_stop: false, ..scenario.risk.clone() };
        let stopped = main.emergency_stop_step.is_some();
        let without_stop = stopped.then(|| full(ready, scenario, prepared, policy, &calm()));
        Ok(Replays { main, edges: [pessimistic, optimistic], without_stop, decided })
    })
}

/// The system's baselines on the same bars, costs and cash, by the pessimistic path, at full exposure without `[risk]`.
/// Where that acts on the run, its own variant stands among them, as the one that they can be compared with.
pub(super) fn baselines(
    history: &History,
    scenario: &Scenario,
    prepared: &Prepared,
    progress: &Progress,
) -> Result<Vec<Run>> {
    let first = history.first(scenario);
    let mut others = scenario.system.baselines(&scenario.params);
    let mut names = vec![];
    for params in &others {
        let other = Scenario { params: params.clone(), ..scenario.clone() };
        let own = (scenario.variant(), first);
        promises::baseline(scenario.system, other.variant(), history.first(&other), own, &names)?;
        names.push(other.variant());
    }
    if scenario.risk.acts() && !others.is_empty() {
        others.push(scenario.params.clone());
    }
    let one = |params: ParamSet| {
        progress.check()?;
        let prepared = match reads_alike(scenario, &params) {
            true => prepared.clone(),
            false => history.prepare(&Scenario { params: params.clone(), ..scenario.clone() })?,
        };
        let other = Scenario { params, risk: Risk::default(), ..scenario.clone() };
        let span = (first..history.steps()).into();
        let job = Job { scenario: &other, prepared: &prepared, span, noise: None };
        history.ready(&job, false, |ready| {
            Ok(full(ready, &other, &prepared, Intrabar::Pessimistic, &other.risk))
        })
    };
    others.into_par_iter().map(one).collect()
}

/// Whether a system reads the bars alike under the scenario's parameters and under `params`.
fn reads_alike(scenario: &Scenario, params: &ParamSet) -> bool {
    let read = scenario.system.about().column_params;
    read.iter().all(|name| scenario.params.value(name) == params.value(name))
}
