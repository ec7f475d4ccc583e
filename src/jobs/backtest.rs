//! A backtest, from the scenario to the run folder.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::judge::Judged;
use super::publish::{shown, value};
use super::setup::Setup;
use crate::error::Result;
use crate::experiments::placebos::{PlaceboReport, Placebos, placebos, with_placebos};
use crate::gate::{Criteria, Evidence, GateOptions, GateReport, judge_run};
use crate::metrics::dialects::Dialect;
use crate::progress::Progress;
use crate::report::RunReport;
use crate::runs::ledger::{LEDGER, LedgerAnchor, TrialLedger, Trials, anchor_of, refuted_beside};
use crate::runs::{
    Draft, HoldoutOpening, RunMeasures, RunRecord, Timings, ask_of, backtest_with, evidence, family_search,
    other_verdicts,
};
use crate::scenario::Gate;
use crate::system::Registry;

/// `assay backtest`: reads, loads, replays, measures, counts the trial, judges, draws and publishes the run
/// folder, in this order.
#[derive(Debug, Clone)]
pub struct BacktestJob {
    /// What is run.
    pub setup: Setup,
}

/// A backtest that is done.
#[derive(Debug)]
pub struct BacktestOutcome {
    /// The run folder, where there was to be one.
    pub folder: Option<PathBuf>,
    /// All that the folder holds but charts.
    pub record: RunRecord,
    /// The verdict, where the scenario has criteria.
    pub verdict: Option<GateReport>,
    /// Placebos and bounds, where they were asked for. They are no trials, and counted nowhere.
    pub placebos: Option<Placebos>,
    /// What was tried and is in no ledger, because there is no folder of results: whoever wants it to count
    /// adds it to a ledger. With a folder it was counted before the folder appeared.
    pub uncounted: Vec<Trials>,
}

/// Seconds of the stages before drawing.
struct Took {
    load: f64,
    replay: Timings,
    measure: f64,
    placebo: f64,
    gate: f64,
}

fn options_of(gate: &Gate) -> GateOptions {
    GateOptions { strict: gate.strict, resamples: gate.resamples, no_marks: false }
}

/// What a run without a folder leaves to be counted, with the verdict that is asked of it where it is judged.
fn with_ask(tried: Trials, is_judged: bool) -> Vec<Trials> {
    let ask = is_judged.then(|| tried.ask()).flatten();
    std::iter::once(tried).chain(ask).collect()
}

impl BacktestJob {
    /// Does all of it.
    ///
    /// # Errors
    /// The scenario, the criteria or the data are wrong; a result cannot be written; it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<BacktestOutcome> {
        self.run_if(registry, progress, |_| Ok(()), (None, true))
    }

    /// The same without a run folder: counted in the ledger and judged as any, and not drawn.
    pub(super) fn judge(&self, registry: &Registry, progress: &Progress) -> Result<BacktestOutcome> {
        self.run_if(registry, progress, |_| Ok(()), (None, false))
    }

    /// The same, where nothing is judged, counted or written of a run that is `refused`; `opening` is what opened the days
    /// that it is judged on, where they were locked, and a folder is written where it `publishes`.
    pub(super) fn run_if(
        &self,
        registry: &Registry,
        progress: &Progress,
        refused: impl FnOnce(&RunRecord) -> Result<()>,
        (opening, publishes): (Option<&HoldoutOpening>, bool),
    ) -> Result<BacktestOutcome> {
        let total = Instant::now();
        let mut scenario = self.setup.read_scenario(registry)?;
        let criteria = Judged::by(&scenario, &self.setup.sources, registry)?;
        // A folder that cannot be written shows before the work.
        let out = self.setup.out.as_deref();
        let draft = out.map(|out| Draft::open(out, &scenario.name)).transpose()?;

        let clock = Instant::now();
        let book = self.setup.lock_book()?;
        let inputs = self.setup.load_by(&book, &mut scenario, progress)?;
        let seen = book.opened_over(&inputs.read_bars())?;
        let load = clock.elapsed().as_secs_f64();
        let bars = inputs.symbols.iter().map(|l| l.bars.len()).sum::<usize>();
        progress.stage(format!("replaying {bars} bars"))?;
        let options = options_of(&scenario.gate);
        let backtest = backtest_with(scenario, inputs, progress)?;

        progress.stage("measuring")?;
        let clock = Instant::now();
        let record = RunRecord::of(&backtest, criteria.files)?;
        refused(&record)?;
        let measure = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        let of = |n: u32| placebos(&backtest, &record, n, progress);
        let placebos = self.setup.placebos.map(of).transpose()?;
        let placebo = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        let mut tried = backtest.tried(&record)?;
        match opening {
            None => tried.say_seen(&seen),
            Some(opening) => opening.opened(Some(&record.summary.run_id))?,
        }
        // The record holds all that follows; the readings behind it need not stay in memory.
        let replay = backtest.timings;
        drop(backtest);
        let measure = measure + clock.elapsed().as_secs_f64();
        progress.stage("judging")?;
        progress.check()?;
        // From here on it is not stopped: what is counted is published.
        let clock = Instant::now();
        let mut outcome =
            BacktestOutcome { folder: None, record, verdict: None, placebos, uncounted: vec![] };
        // Counted before it is judged: by all that was tried, itself included.
        let ledger = match &draft {
            None => {
                outcome.uncounted = with_ask(tried, criteria.criteria.is_some());
                None
            }
            Some(_) => Some(self.count(tried, criteria.criteria.is_some(), &outcome.record, progress)?),
        };
        let studied = outcome.placebos.as_ref().map(|p| &p.report);
        let judged = |c| self.judged((&outcome.record, studied), ledger.as_ref(), c, &options);
        outcome.verdict = criteria.criteria.as_ref().map(judged).transpose()?;
        let took = Took { load, replay, measure, placebo, gate: clock.elapsed().as_secs_f64() };
        if let (Some(draft), Some(ledger)) = (draft.filter(|_| publishes), ledger) {
            let anchor = self.anchor(&outcome.record, &ledger);
            self.publish(&mut outcome, (draft, anchor), &took, total, progress)?;
        }
        Ok(outcome)
    }

    /// The verdict on the run with what placebos of it say, among all that `ledger` counts.
    fn judged(
        &self,
        (record, placebos): (&RunRecord, Option<&PlaceboReport>),
        ledger: Option<&TrialLedger>,
        criteria: &Criteria,
        options: &GateOptions,
    ) -> Result<GateReport> {
        // A run that is repeated, and what lies beside it, have seen a ledger before.
        let (own, out) = (self.folder_of(record), self.setup.out.as_deref());
        let refuted = ledger.zip(out).and_then(|(l, out)| refuted_beside(out, own.as_deref(), l));
        let search = family_search(record, ledger, refuted, Some(&criteria.sha256))?;
        let evidence = Evidence { search: Some(search), ..evidence(record)? };
        judge_run(criteria, &with_placebos(evidence, placebos), options)
    }

    /// What the run has seen of the ledger: what was seen of a longer one stays seen.
    fn anchor(&self, record: &RunRecord, ledger: &TrialLedger) -> LedgerAnchor {
        let before = self.folder_of(record).and_then(|folder| anchor_of(&folder));
        before.filter(|before| before.refutes(ledger).is_some()).unwrap_or(ledger.anchor())
    }

    /// The folder of the run.
    fn folder_of(&self, record: &RunRecord) -> Option<PathBuf> {
        let s = &record.summary;
        self.setup.out.as_ref().map(|out| out.join(&s.scenario).join(&s.run_id))
    }

    /// Counts the run in the ledger, and the verdict that is asked of it; the ledger with both.
    fn count(
        &self,
        tried: Trials,
        is_judged: bool,
        record: &RunRecord,
        progress: &Progress,
    ) -> Result<TrialLedger> {
        let place = self.setup.place()?;
        let mut writer = place.ledger(progress)?;
        writer.add(tried)?;
        let path = place.path().join(LEDGER);
        let ledger = TrialLedger::read(&path)?;
        if !is_judged {
            return Ok(ledger);
        }
        ask_of(record, &ledger)?.map(|ask| writer.add(ask)).transpose()?;
        TrialLedger::read(&path)
    }

    /// Draws and publishes; `draft` with how far the ledger goes.
    fn publish(
        &self,
        outcome: &mut BacktestOutcome,
        (draft, ledger): (Draft, LedgerAnchor),
        took: &Took,
        total: Instant,
        progress: &Progress,
    ) -> Result<()> {
        let _ = progress.stage("drawing");
        let clock = Instant::now();
        let mut files = outcome.files()?;
        // Verdicts that were asked of it otherwise stay.
        files.extend(
            self.folder_of(&outcome.record).map(|folder| other_verdicts(&folder)).unwrap_or_default(),
        );
        let draw_s = clock.elapsed().as_secs_f64();
        let _ = progress.stage("writing");
        let mut timings = json!({
            "threads": rayon::current_num_threads(),
            "load_s": took.load,
            "readings_s": took.replay.readings.as_secs_f64(),
            "decisions_s": took.replay.decisions.as_secs_f64(),
            "replay_s": took.replay.replay.as_secs_f64(),
            "measure_s": took.measure,
            "gate_s": took.gate,
            "draw_s": draw_s,
            "until_writing_s": total.elapsed().as_secs_f64(),
        });
        if outcome.placebos.is_some() {
            timings["placebos_s"] = json!(took.placebo);
        }
        outcome.folder = Some(draft.finish(&outcome.record, &ledger, &files, timings)?);
        Ok(())
    }
}

impl BacktestOutcome {
    /// The files that are made of the record: charts, page, verdict and placebos, by their paths in the run folder.
    ///
    /// # Errors
    /// A table lacks a column that a chart needs.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files =
            RunReport::new(&self.record, self.verdict.as_ref(), self.placebos.as_ref())?.files()?;
        if let Some(v) = &self.verdict {
            files.push(("verdict.json".to_owned(), v.json()?.into_bytes()));
        }
        if let Some(p) = &self.placebos {
            files.extend(p.files(&self.record.summary.run_id)?);
        }
        Ok(files)
    }

    /// The document of `assay backtest --format json`, figures by the definitions of `dialect`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self, dialect: Dialect) -> Result<Value> {
        let mut all = document(&self.record, self.verdict.as_ref(), self.folder.as_deref(), dialect)?;
        if let Some(p) = &self.placebos {
            all["placebos"] = value(&p.report)?;
        }
        Ok(all)
    }
}

/// The document of a run.
pub(super) fn document(
    record: &RunRecord,
    verdict: Option<&GateReport>,
    folder: Option<&Path>,
    dialect: Dialect,
) -> Result<Value> {
    let figures = RunMeasures::of(record)?.figures(dialect);
    Ok(json!({
        "run": shown(folder),
        "summary": value(&record.summary)?,
        "metrics": { "dialect": dialect.name(), "figures": value(&figures)? },
        "verdict": value(&verdict)?,
    }))
}
