//! `assay backtest`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::given::{Given, example, load_inputs};
use super::progress::Progress;
use super::{Common, document};
use crate::error::{Error, Result, nearest};
use crate::gate::{Criteria, GateOptions, Report, judge_run};
use crate::metrics::dialects::Dialect;
use crate::report::{RunReport, dialect_text, terminal_summary};
use crate::runs::ledger::Trials;
use crate::runs::{Draft, RunMeasures, RunRecord, backtest, evidence};
use crate::scenario::Scenario;
use crate::system::Registry;

/// Arguments of `assay backtest`.
#[derive(Debug, Args)]
#[command(mut_arg("data", |a| {
    a.help("Bars to use instead of the scenario's (CSV or Parquet); repeat for each symbol")
}))]
#[command(mut_arg("set", example("params.trail_atr=0.5")))]
#[command(mut_arg("out", |a| a.help("Folder for run folders")))]
pub(super) struct BacktestArgs {
    /// Scenario file (TOML)
    scenario: PathBuf,
    #[command(flatten)]
    given: Given,
    /// End with the exit code of the verdict: 0 PASS, 3 FAIL, 4 INCONCLUSIVE
    #[arg(long)]
    gate: bool,
    #[command(flatten)]
    dialect: DialectArg,
    #[command(flatten)]
    common: Common,
}

/// Whose definitions figures are shown by.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DialectArg {
    /// Show figures by the definitions of a library as well
    #[arg(long = "metrics-dialect", value_name = "NAME", default_value = "assay", value_parser = dialect)]
    metrics_dialect: Dialect,
}

fn dialect(name: &str) -> std::result::Result<Dialect, String> {
    Dialect::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Dialect::ALL.iter().map(|d| d.name()).collect();
        let near = nearest(name, names.iter().copied()).map(|n| format!("; did you mean {n}?"));
        format!("it is one of {}{}", names.join(", "), near.unwrap_or_default())
    })
}

impl BacktestArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| self.work(registry))
    }

    fn work(self, registry: &Registry) -> Result<u8> {
        let total = Instant::now();
        let progress = Progress::new(self.common.quiet);
        let mut scenario = Scenario::read_with(registry, &self.scenario, &self.given.set)?;
        let criteria = read_criteria(&scenario)?;
        let draft = Draft::open(&self.given.out, &scenario.name)?;

        progress.stage("reading bars");
        let clock = Instant::now();
        let inputs = load_inputs(&mut scenario, &self.given.data)?;
        let load_s = clock.elapsed().as_secs_f64();
        progress
            .stage(format!("replaying {} bars", inputs.symbols.iter().map(|l| l.bars.len()).sum::<usize>()));
        let strict = scenario.gate.strict;
        let resamples = scenario.gate.resamples;
        let backtest = backtest(scenario, inputs)?;

        progress.stage("measuring");
        let clock = Instant::now();
        let record = RunRecord::of(&backtest, criteria.files)?;
        let tried = Trials {
            kind: "backtest".into(),
            scenario: backtest.scenario.name.clone(),
            system: backtest.scenario.system.name().into(),
            key: format!("backtest {}", record.summary.run_id),
            data: backtest.symbols.iter().map(|s| s.loaded.sha256.clone()).collect(),
            from_ms: backtest.clock.time(0),
            to_ms: backtest.clock.close_time(backtest.clock.len() - 1),
            count: 1,
        };
        // The record holds all that follows; the readings behind it need not stay in memory.
        let t = backtest.timings;
        drop(backtest);
        let measure_s = clock.elapsed().as_secs_f64();
        progress.stage("judging");
        let clock = Instant::now();
        let options = GateOptions { strict, resamples };
        let verdict = criteria.criteria.map(|c| judge_run(&c, &evidence(&record)?, &options)).transpose()?;
        let gate_s = clock.elapsed().as_secs_f64();

        progress.stage("drawing");
        let clock = Instant::now();
        let mut files = RunReport::new(&record, verdict.as_ref())?.files()?;
        if let Some(v) = &verdict {
            files.push(("verdict.json".to_owned(), v.json()?.into_bytes()));
        }
        let draw_s = clock.elapsed().as_secs_f64();
        progress.stage("writing");
        let timings = json!({
            "threads": rayon::current_num_threads(),
            "load_s": load_s,
            "readings_s": t.readings.as_secs_f64(),
            "decisions_s": t.decisions.as_secs_f64(),
            "replay_s": t.replay.as_secs_f64(),
            "measure_s": measure_s,
            "gate_s": gate_s,
            "draw_s": draw_s,
            "until_writing_s": total.elapsed().as_secs_f64(),
        });
        self.given.ledger(&progress)?.add(tried)?;
        let dir = draft.finish(&record, &files, timings)?;
        drop(progress);
        show(&self.common, self.dialect, &record, verdict.as_ref(), &dir)?;
        Ok(if self.gate { verdict.as_ref().map_or(4, Report::exit_code) } else { 0 })
    }
}

/// Criteria of a scenario, with the text they were read from.
pub(super) struct Judged {
    pub(super) criteria: Option<Criteria>,
    files: Vec<(String, String)>,
}

pub(super) fn read_criteria(scenario: &Scenario) -> Result<Judged> {
    let paths: Vec<PathBuf> = scenario.gate.criteria.iter().map(|c| scenario.root.join(c)).collect();
    if paths.is_empty() {
        return Ok(Judged { criteria: None, files: vec![] });
    }
    let criteria = Criteria::read_all(&paths)?;
    let mut files = vec![];
    for path in &paths {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::scenario(path.display(), format!("cannot be read ({e})")).caused_by(e))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if files.iter().any(|(n, _)| *n == name) {
            return Err(Error::scenario(path.display(), "two criteria files have the same name")
                .hint("rename one: a run keeps both side by side"));
        }
        files.push((name, text));
    }
    Ok(Judged { criteria: Some(criteria), files })
}

/// Prints a run: a summary for people, or one document for programs.
pub(super) fn show(
    common: &Common,
    dialect: DialectArg,
    record: &RunRecord,
    verdict: Option<&Report>,
    dir: &Path,
) -> Result<()> {
    let dialect = dialect.metrics_dialect;
    let whole = || {
        let figures = RunMeasures::of(record)?.figures(dialect);
        Ok(json!({
            "run": dir.display().to_string(),
            "summary": document(&record.summary)?,
            "metrics": { "dialect": dialect.name(), "figures": document(&figures)? },
            "verdict": document(&verdict)?,
        }))
    };
    common.show(whole, || {
        let mut text = terminal_summary(record, verdict);
        if dialect != Dialect::Assay {
            let measures = RunMeasures::of(record)?;
            let own = measures.figures(Dialect::Assay);
            text.push('\n');
            text.push_str(&dialect_text(dialect, &measures.figures(dialect), &own));
        }
        Ok(format!("{text}\nrun folder: {}\n", dir.display()))
    })
}
