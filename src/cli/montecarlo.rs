//! `assay montecarlo`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::backtest::read_criteria;
use super::finding::Finding;
use super::given::{Given, example};
use super::progress::Progress;
use super::{Common, Format, print};
use crate::data::table::{self, Column, Table};
use crate::data::{sha256_hex, write_parquet};
use crate::error::{Error, Result};
use crate::experiments::montecarlo::{MonteCarloRun, Original, Paths};
use crate::metrics::simple_returns;
use crate::report::{montecarlo_files, montecarlo_text};
use crate::runs::History;
use crate::runs::ledger::Trials;
use crate::runs::{Draft, Inputs, RunRecord};
use crate::scenario::{PathMethod, Scenario};
use crate::system::Registry;

/// Arguments of `assay montecarlo`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("montecarlo.method=filtered")))]
pub(super) struct MonteCarloArgs {
    /// Scenario file (TOML), or the folder of a run for the methods that need no bars
    scenario: PathBuf,
    #[command(flatten)]
    given: Given,
    /// Run one path again and print its figures; with drawn bars, write them as path-N.parquet into --out
    #[arg(long, value_name = "N")]
    path: Option<u64>,
    #[command(flatten)]
    common: Common,
}

impl MonteCarloArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| {
            if self.scenario.is_dir() { self.of_run(registry) } else { self.of_scenario(registry) }
        })
    }

    fn of_scenario(self, registry: &Registry) -> Result<u8> {
        let clock = Instant::now();
        let progress = Progress::new(self.common.quiet);
        let (scenario, inputs) = self.given.read(registry, &self.scenario, &progress)?;
        let history = History::new(&scenario, inputs)?;
        let files = history.files();
        let run = MonteCarloRun::of_scenario(&scenario, &history)?;
        self.conclude(&scenario, Some(&history), &run, &files, progress, clock)
    }

    fn of_run(self, registry: &Registry) -> Result<u8> {
        let clock = Instant::now();
        let progress = Progress::new(self.common.quiet);
        let record = RunRecord::read(registry, &self.scenario)?;
        let place = self.scenario.join("scenario.toml");
        let mut sets = vec!["montecarlo.method=returns".to_owned()];
        sets.extend(self.given.set.iter().cloned());
        let scenario = Scenario::parse_with(
            registry,
            &record.scenario,
            &place.display().to_string(),
            PathBuf::from("."),
            &sets,
        )?;
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
        let original = Original {
            figures: figures.map(|(n, v)| (n.to_owned(), v)).to_vec(),
            pnl,
            daily: simple_returns(&curve),
        };
        let run = MonteCarloRun::of_run(&scenario, original)?;
        let files = vec![(format!("run {}", s.run_id), s.data.sha256.clone())];
        self.conclude(&scenario, None, &run, &files, progress, clock)
    }

    fn conclude(
        &self,
        scenario: &Scenario,
        history: Option<&History>,
        run: &MonteCarloRun<'_>,
        files: &[(String, String)],
        progress: Progress,
        clock: Instant,
    ) -> Result<u8> {
        if let Some(path) = self.path {
            drop(progress);
            return self.one(run, path);
        }
        let (resolved, settings) = (scenario.resolved()?, scenario.montecarlo.resolved()?);
        let text = format!("{resolved}\n{settings}\n{}", scenario.sweep.resolved());
        let id = sha256_hex(format!("assay {}\n{text}\n{files:?}\n", env!("CARGO_PKG_VERSION")).as_bytes())
            [..12]
            .to_owned();
        let criteria = if history.is_some() { read_criteria(scenario)?.criteria } else { None };
        let draft = Draft::open(&self.given.out, &scenario.name)?;
        progress.stage("drawing paths");
        let watch = |done: u64, total: u64| progress.count(done, total);
        let (result, paths) = run.run(id.clone(), criteria.as_ref(), &watch)?;
        if let Some(history) = history {
            let c = history.clock();
            let parameters = scenario.montecarlo.method == PathMethod::Parameters;
            self.given.ledger(&progress)?.add(Trials {
                kind: "montecarlo".into(),
                scenario: scenario.name.clone(),
                system: scenario.system.name().into(),
                key: format!("montecarlo {id}"),
                data: history.inputs().symbols.iter().map(|l| l.sha256.clone()).collect(),
                from_ms: c.time(0),
                to_ms: c.close_time(c.len() - 1),
                // Other parameters on the real history are other settings; other histories are not.
                count: if parameters { result.paths as u64 } else { 1 },
            })?;
        }
        progress.stage("drawing charts");
        let drawn = montecarlo_files(&result, &paths)?;
        table::write(
            &draft.folder().join("paths.parquet"),
            &path_table(&paths),
            &[("assay:montecarlo", id.clone())],
        )?;
        let finding = Finding {
            kind: "montecarlo",
            id: &id,
            scenario,
            resolved: text,
            files,
            counted: ("paths", result.paths as u64),
            result: &result,
        };
        let timings = [("total_s", clock.elapsed().as_secs_f64())];
        let target = finding.publish(draft, drawn, &timings)?;
        drop(progress);
        finding.show(&self.common, ("Monte Carlo", &target), None, || montecarlo_text(&result))?;
        Ok(0)
    }

    /// Runs one path again.
    fn one(&self, run: &MonteCarloRun<'_>, path: u64) -> Result<u8> {
        let again = run.replay(path)?;
        let files = match &again.inputs {
            Some(inputs) => write_bars(&self.given.out, path, inputs)?,
            None => vec![],
        };
        if self.common.format == Format::Json {
            let figures: serde_json::Map<String, serde_json::Value> =
                again.figures.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
            let document = json!({ "path": path, "figures": figures, "bars": files, "set": again.set });
            print(&format!("{document:#}\n"))?;
            return Ok(0);
        }
        let mut t = crate::report::Table::new(&["figure", ">value"]).caption(format!("Path {path}"));
        for (name, value) in &again.figures {
            t.row([name.clone(), crate::report::text::number(*value, 6)]);
        }
        let mut text = crate::report::text::render(&t);
        for s in &again.set {
            text.push_str(&format!("set: {s}\n"));
        }
        if !files.is_empty() {
            let data: Vec<String> = files.iter().map(|f| format!("--data {f}")).collect();
            text.push_str(&format!(
                "\nthe path alone:\n  assay backtest {} {}\n",
                self.scenario.display(),
                data.join(" ")
            ));
        }
        print(&text)?;
        Ok(0)
    }
}

/// Writes the bars of a path; names of the files.
fn write_bars(out: &Path, path: u64, inputs: &Inputs) -> Result<Vec<String>> {
    std::fs::create_dir_all(out)
        .map_err(|e| Error::output(out.display(), format!("the folder cannot be made ({e})")).caused_by(e))?;
    let mut names = vec![];
    for (k, l) in inputs.symbols.iter().enumerate() {
        let name = if inputs.symbols.len() > 1 {
            format!("path-{path}-{}.parquet", k + 1)
        } else {
            format!("path-{path}.parquet")
        };
        let file = out.join(name);
        let meta = [("assay:source", "synthetic".to_owned()), ("assay:path", path.to_string())];
        write_parquet(&file, &l.bars, None, &meta)?;
        names.push(file.display().to_string());
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
