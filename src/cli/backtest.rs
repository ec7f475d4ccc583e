//! `assay backtest`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::progress::Spinner;
use super::scenario_args::{ScenarioArgs, example};
use super::{Common, eprintln_safe};
use crate::error::{Error, Place, Result, nearest};
use crate::gate::GateReport;
use crate::jobs::{BacktestJob, CandidateJob, CandidateOf, HoldoutJob, Setup};
use crate::metrics::dialects::Dialect;
use crate::report::{dialect_text, placebos_text, terminal_summary};
use crate::runs::{RunMeasures, RunRecord};
use crate::system::Registry;

/// Arguments of `assay backtest`.
#[derive(Debug, Args)]
#[command(mut_arg("data", |a| {
    a.help("Bars to use instead of the scenario's (CSV or Parquet), with the symbol and instrument the file names; repeat for each symbol")
}))]
#[command(mut_arg("set", example("params.trail_atr=0.5")))]
#[command(mut_arg("out", |a| a.help("Folder for run folders")))]
pub(super) struct BacktestArgs {
    /// Scenario file (TOML)
    #[arg(required_unless_present = "candidate")]
    scenario: Option<PathBuf>,
    /// Run candidate N of a finished sweep, by the scenario in its folder; refused if the figures are not those of its row
    #[arg(long, value_name = "SWEEP:N", conflicts_with_all = ["scenario", "set"])]
    candidate: Option<CandidateOf>,
    #[command(flatten)]
    given: ScenarioArgs,
    /// Judge the scenario on the days that are locked away, and on them alone; they are opened once, for one scenario
    #[arg(long, conflicts_with = "candidate")]
    open_holdout: bool,
    /// Make placebos of the run, so many of each kind (199 without a number): its positions at random times, later, at other
    /// costs and sizes
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "199", value_parser = number_of_placebos)]
    placebos: Option<u32>,
    /// End with the exit code of the verdict: 0 PASS, 3 FAIL, 4 INCONCLUSIVE
    #[arg(long)]
    gate: bool,
    #[command(flatten)]
    dialect: DialectArg,
    #[command(flatten)]
    common: Common,
}

/// Whose definitions metrics are shown by.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DialectArg {
    /// Show metrics by the definitions of a library as well
    #[arg(long = "metrics-dialect", value_name = "NAME", default_value = "assay", value_parser = dialect)]
    metrics_dialect: Dialect,
}

fn dialect(name: &str) -> std::result::Result<Dialect, String> {
    Dialect::ALL.iter().copied().find(|d| d.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Dialect::ALL.iter().map(|d| d.name()).collect();
        let near = nearest(name, names.iter().copied()).map(|n| format!("; did you mean {n}?"));
        format!("it is one of {}{}", names.join(", "), near.unwrap_or_default())
    })
}

fn number_of_placebos(text: &str) -> std::result::Result<u32, String> {
    text.parse().map_err(|_| "it is a number of placebos; name the scenario before the option".to_owned())
}

impl BacktestArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| self.work(registry))
    }

    fn work(self, registry: &Registry) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let (given, placebos, progress) = (&self.given, self.placebos, spinner.progress());
        let setup = |scenario: &PathBuf| Setup { placebos, ..given.setup(scenario) };
        let done = match (&self.candidate, &self.scenario) {
            (Some(of), _) => {
                let Setup { sources, out, lock_registry, .. } = given.setup(&of.sweep);
                let of = of.clone();
                CandidateJob { of, sources, out, lock_registry, placebos }.run(registry, &progress)?
            }
            (None, Some(scenario)) if self.open_holdout => {
                HoldoutJob { setup: setup(scenario) }.run(registry, &progress)?
            }
            (None, Some(scenario)) => BacktestJob { setup: setup(scenario) }.run(registry, &progress)?,
            (None, None) => {
                return Err(Error::usage(
                    Place::text("assay backtest").about("SCENARIO"),
                    "needs a scenario file",
                )
                .hint("see assay backtest --help"));
            }
        };
        drop(spinner);
        let folder = done.folder.as_deref().map_or_else(String::new, |f| f.display().to_string());
        let (record, verdict) = (&done.record, done.verdict.as_ref());
        let mut end = format!("run folder: {folder}\n");
        if let Some(p) = &done.placebos {
            end = format!("{}\n{end}", placebos_text(p, &record.summary.currency));
        }
        show(&self.common, self.dialect, record, verdict, &end, |d| done.document(d))?;
        if self.gate && verdict.is_none() {
            eprintln_safe(
                "note: the scenario names no criteria, so nothing was judged; assay gate judges the run folder",
            );
        }
        Ok(if self.gate { verdict.map_or(4, GateReport::exit_code) } else { 0 })
    }
}

/// Prints a run and its verdict: a summary for people that ends with `end`, or one document for programs.
pub(super) fn show(
    common: &Common,
    dialect: DialectArg,
    record: &RunRecord,
    verdict: Option<&GateReport>,
    end: &str,
    document: impl FnOnce(Dialect) -> Result<Value>,
) -> Result<()> {
    let dialect = dialect.metrics_dialect;
    common.show(
        || document(dialect),
        || {
            let mut text = terminal_summary(record, verdict);
            if dialect != Dialect::Assay {
                let measures = RunMeasures::of(record)?;
                let own = measures.figures(Dialect::Assay);
                text.push('\n');
                text.push_str(&dialect_text(dialect, &measures.figures(dialect), &own));
            }
            Ok(format!("{text}\n{end}"))
        },
    )
}
