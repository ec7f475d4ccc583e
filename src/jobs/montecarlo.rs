//! A Monte Carlo of a scenario or of a run folder, and one of its paths again.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::judge::Judged;
use super::publish::{ExperimentResult, make_folder, shown, value};
use super::setup::{ResultPlace, Setup};
use crate::data::table::{self, Column, Table};
use crate::data::{FileMetadata, write_parquet};
use crate::error::Result;
use crate::experiments::montecarlo::{MonteCarloResult, MonteCarloRun, Original, Paths};
use crate::metrics::simple_returns;
use crate::progress::Progress;
use crate::report::montecarlo_files;
use crate::runs::ledger::{LEDGER, TrialLedger, Trials};
use crate::runs::{CountedTrial, Draft, History, Inputs, Provenance, RunRecord, work_id};
use crate::scenario::Scenario;
use crate::system::Registry;

/// What paths are drawn of.
#[derive(Debug, Clone)]
pub enum PathsOf {
    /// A scenario.
    Scenario(Setup),
    /// A finished run, by the methods that need no bars.
    Run {
        /// Its folder.
        run: PathBuf,
        /// Values set in its scenario, as `montecarlo.method=trade_bootstrap`.
        set: Vec<String>,
        /// Folder that results are written under; without one nothing is written.
        out: Option<PathBuf>,
    },
}

/// `assay montecarlo`: reads, loads, draws paths, counts what was tried, draws charts and publishes the
/// folder.
#[derive(Debug, Clone)]
pub struct MonteCarloJob {
    /// What paths are drawn of.
    pub of: PathsOf,
}

/// A Monte Carlo that is done.
#[derive(Debug)]
pub struct MonteCarloOutcome {
    /// Its folder, where there was to be one.
    pub folder: Option<PathBuf>,
    /// What it says.
    pub result: MonteCarloResult,
    /// One row a path.
    pub paths: Paths,
    /// What was tried and is in no ledger, because there is no folder of results. Paths of a run folder are
    /// nothing new that was tried.
    pub uncounted: Vec<Trials>,
}

/// One path again.
#[derive(Debug)]
pub struct PathOutcome {
    /// Its number.
    pub path: u64,
    /// Its figures, by name.
    pub figures: Vec<(String, f64)>,
    /// What it sets in the scenario.
    pub set: Vec<String>,
    /// Its bars, where they were drawn.
    pub inputs: Option<Inputs>,
    /// Files these bars were written to, where there is a folder of results.
    pub files: Vec<PathBuf>,
}

/// Paths about to be drawn.
struct ReadyPaths<'a> {
    scenario: &'a Scenario,
    history: Option<&'a History>,
    run: MonteCarloRun<'a>,
    made: Provenance,
}

impl ReadyPaths<'_> {
    /// Open of the first bar that is judged, and close of the last; none without bars.
    fn span_ms(&self) -> Option<(i64, i64)> {
        let (history, from) = (self.history?, self.run.start_ms()?);
        Some((from, history.clock().close_time(history.steps() - 1)))
    }
}

impl MonteCarloJob {
    /// Paths of a scenario.
    pub fn of_scenario(setup: Setup) -> Self {
        Self { of: PathsOf::Scenario(setup) }
    }

    /// Paths of a finished run; nothing is written.
    pub fn of_run(run: impl Into<PathBuf>) -> Self {
        Self { of: PathsOf::Run { run: run.into(), set: vec![], out: None } }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The scenario, the data or the run folder are wrong, the method cannot be applied, a result cannot be
    /// written, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<MonteCarloOutcome> {
        let clock = Instant::now();
        self.ready(registry, progress, |ready| self.conclude(&ready, registry, clock, progress))
    }

    /// Runs path `path` again, and writes its bars where there is a folder of results.
    ///
    /// # Errors
    /// There is no such path, or as [`Self::run`].
    pub fn path(&self, path: u64, registry: &Registry, progress: &Progress) -> Result<PathOutcome> {
        self.ready(registry, progress, |ready| {
            let again = ready.run.replay(path)?;
            let files = match (&again.inputs, self.out()) {
                (Some(inputs), Some(out)) => write_bars(out, path, inputs)?,
                _ => vec![],
            };
            self.count_path(&ready, path, progress)?;
            let (figures, set, inputs) = (again.figures, again.set, again.inputs);
            Ok(PathOutcome { path, figures, set, inputs, files })
        })
    }

    /// Counts a path that is another setting on the real bars: whoever looks at its figures may choose it.
    fn count_path(&self, ready: &ReadyPaths<'_>, path: u64, progress: &Progress) -> Result<()> {
        let (Some(out), Some(span)) = (self.out(), ready.span_ms()) else { return Ok(()) };
        let Some(CountedTrial::Stored(row)) = ready.run.counted_path(path)? else { return Ok(()) };
        let id = format!("path {path} {}", row.trial_key);
        let tried = tried(ready.scenario, (span, &ready.made), &id, vec![CountedTrial::Stored(row)]);
        ResultPlace::Kept(out.to_owned()).ledger(progress)?.add(tried).map(|_| ())
    }

    fn out(&self) -> Option<&Path> {
        match &self.of {
            PathsOf::Scenario(setup) => setup.out.as_deref(),
            PathsOf::Run { out, .. } => out.as_deref(),
        }
    }

    /// Gets everything ready, and hands it to `then`.
    fn ready<T>(
        &self,
        registry: &Registry,
        progress: &Progress,
        then: impl FnOnce(ReadyPaths<'_>) -> Result<T>,
    ) -> Result<T> {
        match &self.of {
            PathsOf::Scenario(setup) => {
                let (scenario, inputs) = setup.read(registry, progress)?;
                let history = History::new(&scenario, inputs)?;
                let made = history.inputs().provenance(&scenario);
                progress.check()?;
                let run = MonteCarloRun::of_scenario(&scenario, &history)?;
                then(ReadyPaths { scenario: &scenario, history: Some(&history), run, made })
            }
            PathsOf::Run { run, set, .. } => {
                let record = RunRecord::read(registry, run)?;
                let place = run.join("scenario.toml");
                let mut sets = vec!["montecarlo.method=returns".to_owned()];
                sets.extend(set.iter().cloned());
                let shown = place.display().to_string();
                let root = PathBuf::from(".");
                let scenario = Scenario::parse_with(registry, &record.scenario, &shown, root, &sets)?;
                let s = &record.summary;
                let files = vec![(format!("run {}", s.run_id), s.data.sha256.clone())];
                let made = Provenance {
                    ids: vec![("run".into(), s.run_id.clone())],
                    files,
                    ..Provenance::default()
                };
                let run = MonteCarloRun::of_run(&scenario, original(&record)?)?;
                then(ReadyPaths { scenario: &scenario, history: None, run, made })
            }
        }
    }

    fn conclude(
        &self,
        ready: &ReadyPaths<'_>,
        registry: &Registry,
        clock: Instant,
        progress: &Progress,
    ) -> Result<MonteCarloOutcome> {
        let scenario = ready.scenario;
        let (resolved, settings) = (scenario.resolved()?, scenario.montecarlo.resolved()?);
        let text = format!("{resolved}\n{settings}\n{}", scenario.sweep.resolved());
        let files = &ready.made.files;
        let judged = match &self.of {
            PathsOf::Scenario(setup) => Judged::by(scenario, &setup.sources, registry)?,
            PathsOf::Run { .. } => Judged { criteria: None, files: vec![] },
        };
        let sweep = scenario.sweep.resolved();
        let mut more = vec![settings.as_str(), &sweep];
        // The chances of missing a criterion are part of the result.
        more.extend(judged.files.iter().map(|(_, body)| body.as_str()));
        let id = work_id(scenario, &ready.made.ids, &more)?;
        let criteria = judged.criteria;
        let draft = self.out().map(|out| Draft::open(out, &scenario.name)).transpose()?;
        progress.stage("drawing paths")?;
        let (result, paths, counted) = ready.run.run(id.clone(), criteria.as_ref(), progress)?;
        let counted = ready.run.counted_original()?.into_iter().chain(counted).collect();
        let tried = ready.span_ms().map(|span| tried(scenario, (span, &ready.made), &id, counted));
        let mut outcome = MonteCarloOutcome { folder: None, result, paths, uncounted: vec![] };
        let (Some(draft), Some(out)) = (draft, self.out()) else {
            outcome.uncounted.extend(tried);
            return Ok(outcome);
        };
        if let Some(tried) = tried {
            ResultPlace::Kept(out.to_owned()).ledger(progress)?.add(tried)?;
        }
        let ledger = TrialLedger::read(&out.join(LEDGER))?.anchor();
        progress.stage("drawing charts")?;
        let drawn = montecarlo_files(&outcome.result, &outcome.paths)?;
        let rows = draft.folder().join("paths.parquet");
        table::write(&rows, &path_table(&outcome.paths), &[("assay:montecarlo", id.clone())])?;
        let finding = ExperimentResult {
            kind: "montecarlo",
            id: &id,
            scenario,
            resolved: text,
            files,
            counted: ("paths", outcome.result.paths as u64),
            result: &outcome.result,
            ledger,
        };
        progress.check()?;
        let timings = [("total_s", clock.elapsed().as_secs_f64())];
        outcome.folder = Some(finding.publish(draft, drawn, &timings)?);
        Ok(outcome)
    }
}

/// What a run was, to be held against its paths.
fn original(record: &RunRecord) -> Result<Original> {
    let trades = &record.main.trades;
    let shadow = trades.bool("shadow").map_or(vec![false; trades.rows()], <[bool]>::to_vec);
    let pnl: Vec<f64> =
        trades.f64("pnl")?.iter().zip(&shadow).filter(|(_, s)| !**s).map(|(p, _)| *p).collect();
    let close = record.main.equity.time_ms("close_time")?;
    let equity = record.main.equity.f64("equity")?;
    let s = &record.summary;
    let days = crate::metrics::daily(close, equity, s.start_equity, s.data.start_ms);
    let curve = days.by(s.calendar).counted(s.days_per_year);
    let p = &s.performance;
    let figures = [
        ("total_return", p.total_return),
        ("cagr", p.cagr),
        ("sharpe", p.sharpe),
        ("max_drawdown", p.max_drawdown),
        ("end_equity", p.end_equity),
    ];
    let figures = figures.map(|(n, v)| (n.to_owned(), v)).to_vec();
    Ok(Original { figures, pnl, daily: simple_returns(&curve) })
}

/// What a Monte Carlo adds to the ledger: other parameters on the real history are other settings, other histories are not.
fn tried(
    scenario: &Scenario,
    ((from_ms, to_ms), made): ((i64, i64), &Provenance),
    id: &str,
    counted: Vec<CountedTrial>,
) -> Trials {
    let mut trials = Trials {
        kind: "montecarlo".into(),
        scenario: scenario.name.clone(),
        system: scenario.system.name().into(),
        family: Some(scenario.family.clone()),
        key: made.key("montecarlo", id),
        data: made.histories.clone(),
        sketches: made.sketches.to_vec(),
        from_ms,
        to_ms,
        ..Trials::default()
    };
    trials.take(counted);
    trials
}

/// Writes the bars of a path; names of the files.
fn write_bars(out: &Path, path: u64, inputs: &Inputs) -> Result<Vec<PathBuf>> {
    make_folder(out)?;
    let mut names = vec![];
    for (k, l) in inputs.symbols.iter().enumerate() {
        let name = if inputs.symbols.len() > 1 {
            format!("path-{path}-{}.parquet", k + 1)
        } else {
            format!("path-{path}.parquet")
        };
        let file = out.join(name);
        // Not what the original file says of its instrument: the path was run by the scenario's.
        let said = FileMetadata { timeframe: Some(l.bars.timeframe()), ..FileMetadata::default() };
        let mut meta = said.entries()?;
        meta.extend([("assay:source", "synthetic".to_owned()), ("assay:path", path.to_string())]);
        write_parquet(&file, &l.bars, None, &meta)?;
        names.push(file);
    }
    Ok(names)
}

fn path_table(paths: &Paths) -> Table {
    let mut t = Table::new().with("path", Column::I64((0..paths.rows.len() as i64).collect()));
    for (k, name) in paths.names.iter().enumerate() {
        t.push(name.clone(), Column::F64(paths.rows.iter().map(|r| r[k]).collect()));
    }
    t
}

impl MonteCarloOutcome {
    /// The document of `assay montecarlo --format json`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        Ok(json!({ "folder": shown(self.folder.as_deref()), "montecarlo": value(&self.result)? }))
    }
}

impl PathOutcome {
    /// The document of `assay montecarlo --path N --format json`.
    pub fn document(&self) -> Value {
        let figures: Map<String, Value> = self.figures.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
        let files: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
        json!({ "path": self.path, "figures": figures, "bars": files, "set": self.set })
    }
}
