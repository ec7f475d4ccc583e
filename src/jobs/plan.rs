//! A search announced before it begins.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::holdout::{HeldOut, no_folder};
use super::judge::Judged;
use super::ledger::read_ledger;
use super::publish::value;
use super::setup::Setup;
use super::walkforward::{WalkForwardJob, WalkedBars};
use crate::data::sha256_hex;
use crate::error::{Error, Result};
use crate::experiments::sweep::SweepRun;
use crate::progress::Progress;
use crate::runs::ledger::{LEDGER, TrialLedger, Trials};
use crate::runs::{DayLock, History, LockBook, SealedPlan, TrialPlan, even_levels, refuse_second_plan};
use crate::scenario::Scenario;
use crate::system::Registry;

/// `assay plan seal`: writes what will be tried, on which bars and by which criteria to the ledger, and locks the hold-out
/// of the scenario, before anything is evaluated.
#[derive(Debug, Clone)]
pub struct PlanSealJob {
    /// What is announced, and the folder of results whose ledger it is written to, which there must be.
    pub setup: Setup,
    /// What is expected, in words.
    pub hypothesis: Option<String>,
    /// Settings that will be tried; as many as the scenario's sweep has where not given, and one without a sweep.
    pub trials: Option<u64>,
    /// Verdicts that will be asked for, which then share 5 % evenly; where not given, the first is judged at 3 % and
    /// each further one at less.
    pub asks: Option<u64>,
}

/// What a ledger holds of plans and locks.
#[derive(Debug, Clone)]
pub struct PlanOutcome {
    /// The ledger.
    pub ledger: PathBuf,
    /// Its plans.
    pub plans: Vec<SealedPlan>,
    /// The days it locks away.
    pub locks: Vec<DayLock>,
}

impl PlanSealJob {
    /// A plan of `setup` with nothing said but what the scenario says.
    pub fn new(setup: Setup) -> Self {
        Self { setup, hypothesis: None, trials: None, asks: None }
    }

    /// Does all of it. The same plan sealed again is the same plan.
    ///
    /// # Errors
    /// The family has another plan; the scenario or the data are wrong; there is no folder of results, or it cannot be
    /// written.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<PlanOutcome> {
        let Some(out) = self.setup.out.as_deref() else { return Err(no_folder()) };
        if self.trials == Some(0) || self.asks == Some(0) {
            return Err(Error::usage("--trials, --asks", "must be 1 or more"));
        }
        let WalkedBars { scenario, history, own } =
            WalkForwardJob::new(self.setup.clone()).read(registry, progress)?;
        let plan = self.plan(&scenario, &history, registry)?;
        let inputs = history.inputs();
        let clock = history.clock();
        let last = clock.len().saturating_sub(1);
        let lead = inputs.symbols.iter().map(|l| l.bars.open_time().get(l.lead).copied());
        let line = plan.line(Trials {
            scenario: scenario.name.clone(),
            system: scenario.system.name().to_owned(),
            family: Some(scenario.family.clone()),
            data: inputs.histories(),
            sketches: inputs.sketches(),
            from_ms: lead.flatten().min().unwrap_or_else(|| clock.time(0)),
            to_ms: own.map_or_else(|| clock.close_time(last), |own| own.from_ms),
            ..Trials::default()
        })?;
        if own.is_some() {
            self.setup.check_lock_registry()?;
        }
        let place = self.setup.place()?;
        let mut ledger = place.ledger(progress)?;
        refuse_second_plan(&TrialLedger::read(&out.join(LEDGER))?, &line)?;
        progress.stage("sealing")?;
        let held = HeldOut::of(&self.setup, (&scenario, inputs), own, &place)?;
        // Another plan may have been sealed since, and what is not announced locks nothing. A lock that fails is made where
        // the same plan is sealed again.
        ledger.add_unless(line, refuse_second_plan)?;
        held.lock(progress)?;
        show_plans(out, progress)
    }

    fn plan(&self, scenario: &Scenario, history: &History, registry: &Registry) -> Result<TrialPlan> {
        let criteria = Judged::by(scenario, &self.setup.sources, registry)?.criteria;
        let sweep = &scenario.sweep;
        let sweeps = !sweep.axes.is_empty();
        let total = match (self.trials, sweeps) {
            (Some(n), _) => n,
            (None, true) => candidates(&SweepRun::plan(scenario, history)?),
            (None, false) => 1,
        };
        let text = format!("{}\n{}", scenario.identity()?, sweep.resolved());
        Ok(TrialPlan {
            hypothesis: self.hypothesis.clone(),
            scenario_sha256: sha256_hex(text.as_bytes()),
            criteria_sha256: criteria.map(|c| c.sha256),
            sampler: sweeps.then(|| sweep.sampler.name().to_owned()),
            trials: total,
            levels: self.asks.map(even_levels).unwrap_or_default(),
        })
    }
}

/// Candidates of a sweep, without those that its conditions leave out where that is known beforehand.
fn candidates(sweep: &SweepRun<'_>) -> u64 {
    let total = sweep.the_plan().total;
    match sweep.divisible() {
        true => (0..total).filter(|id| sweep.point(*id).is_some()).count() as u64,
        false => total,
    }
}

/// `assay plan show`: the plans and locks of the ledger of a folder of results.
///
/// # Errors
/// There is none, or it is damaged.
pub fn show_plans(results: &Path, progress: &Progress) -> Result<PlanOutcome> {
    let found = read_ledger(results, progress)?;
    let plans = SealedPlan::all(&found.ledger)?;
    let locks = LockBook::only(found.path.clone(), found.ledger).locks()?;
    Ok(PlanOutcome { ledger: found.path, plans, locks })
}

impl PlanOutcome {
    /// The document of both commands with `--format json`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        let lock = |l: &DayLock| {
            json!({
                "scenario": l.scenario,
                "from_ms": l.span.from_ms,
                "to_ms": l.span.to_ms,
                "days": l.span.days,
                "opened_by": l.opened.as_ref().map(|s| &s.scenario),
            })
        };
        Ok(json!({
            "ledger": self.ledger.display().to_string(),
            "plans": value(&self.plans)?,
            "locks": self.locks.iter().map(lock).collect::<Vec<_>>(),
        }))
    }
}
