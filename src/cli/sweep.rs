//! `assay sweep`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::Common;
use super::progress::Spinner;
use super::scenario_args::{ScenarioArgs, example};
use crate::error::{Error, Place, Result};
use crate::experiments::sweep::{FEWEST_PLACEBOS, MOST_PLACEBOS};
use crate::jobs::{CandidatesShown, SweepJob, SweepMergeJob, SweepOutcome, SweepResult, show_sweep};
use crate::report::{candidate_text, candidates_text, sweep_text};
use crate::system::Registry;

/// Arguments of `assay sweep`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub(super) struct SweepArgs {
    #[command(subcommand)]
    command: Option<SweepCommand>,
    #[command(flatten)]
    whole: WholeArgs,
}

/// Commands below `assay sweep`.
#[derive(Debug, Subcommand)]
enum SweepCommand {
    /// Join the parts that --shard made into the result of one run
    Merge(MergeArgs),
    /// Print the best candidates of a finished sweep, or one of them with all of its settings
    Show(ShowArgs),
}

/// A sweep, or a part of it.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("sweep.count=500")))]
pub(super) struct WholeArgs {
    /// Scenario file (TOML) with a [sweep] section
    #[arg(required = true)]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    given: ScenarioArgs,
    /// Run part I of N only; `assay sweep merge` joins the parts
    #[arg(long, value_name = "I/N", value_parser = part)]
    shard: Option<(u64, u64)>,
    /// Go on with this folder, and refuse if it is not of this very sweep
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    /// Run the whole search again on N placebo bars (199 without a number): how often it finds as much where the
    /// direction of every bar is a coin. Takes N times as long; the one way to judge sampler "tpe" on these days
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "199",
          value_parser = clap::value_parser!(u64).range(FEWEST_PLACEBOS..=MOST_PLACEBOS), conflicts_with = "shard")]
    placebos: Option<u64>,
    #[command(flatten)]
    common: Common,
}

/// Arguments of `assay sweep merge`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("sweep.count=500")))]
struct MergeArgs {
    /// Scenario file (TOML) the parts were run with
    scenario: PathBuf,
    /// Folders of the parts, as results/<scenario>/sweep-<id>.part
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    given: ScenarioArgs,
    #[command(flatten)]
    common: Common,
}

/// Arguments of `assay sweep show`.
#[derive(Debug, Clone, Args)]
struct ShowArgs {
    /// Folder of the sweep, as results/<scenario>/sweep-<id>
    sweep: PathBuf,
    /// Number of a candidate
    candidate: Option<u64>,
    /// Candidates to print
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "candidate")]
    best: usize,
    #[command(flatten)]
    common: Common,
}

fn part(text: &str) -> std::result::Result<(u64, u64), String> {
    let parts: Option<(u64, u64)> =
        text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((i, n)) if 1 <= i && i <= n => Ok((i - 1, n)),
        _ => Err("write I/N, as 1/4 for the first of four parts".to_owned()),
    }
}

impl SweepArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        match self.command {
            Some(SweepCommand::Merge(args)) => {
                let common = args.common.clone();
                common.on_threads(|| args.work(registry))
            }
            Some(SweepCommand::Show(args)) => args.work(registry),
            None => {
                let common = self.whole.common.clone();
                common.on_threads(|| self.whole.work(registry))
            }
        }
    }
}

/// What was asked for, to be printed with each of the best.
struct Words<'a> {
    scenario: &'a Path,
    given: &'a ScenarioArgs,
}

impl Words<'_> {
    /// The command that runs one candidate alone.
    fn command(&self, set: &[String]) -> String {
        let quote =
            |s: &str| if s.contains([' ', '"', '[', '{', '\'']) { format!("'{s}'") } else { s.to_owned() };
        let mut words = format!("assay backtest {}", self.scenario.display());
        for file in &self.given.data {
            words.push_str(&format!(" --data {}", quote(&file.display().to_string())));
        }
        let own = self.given.set.iter().filter(|s| !s.trim_start().starts_with("sweep."));
        for s in own.chain(set) {
            words.push_str(&format!(" --set {}", quote(s)));
        }
        words
    }
}

impl WholeArgs {
    fn work(self, registry: &Registry) -> Result<u8> {
        let Some(path) = &self.scenario else {
            return Err(Error::usage(Place::text("assay sweep").about("SCENARIO"), "needs a scenario file")
                .hint("see assay sweep --help"));
        };
        let spinner = Spinner::new(self.common.quiet);
        let (setup, resume) = (self.given.setup(path), self.resume.clone());
        let job = SweepJob { setup, shard: self.shard, resume, placebos: self.placebos };
        let done = job.run(registry, &spinner.progress())?;
        drop(spinner);
        let part = match done {
            SweepOutcome::Whole(result) => {
                return show(&result, &self.common, &Words { scenario: path, given: &self.given });
            }
            SweepOutcome::Part(part) => part,
        };
        let (i, n) = self.shard.unwrap_or_default();
        let text = || {
            Ok(format!(
                "part {} of {n} is done: {} of {} shards are in {}\njoin all parts with: assay sweep merge {} FOLDERS...\n",
                i + 1,
                part.done,
                part.of,
                part.folder.display(),
                path.display()
            ))
        };
        self.common.show(|| Ok(part.document()), text)?;
        Ok(0)
    }
}

impl MergeArgs {
    fn work(self, registry: &Registry) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let merge = SweepMergeJob { setup: self.given.setup(&self.scenario), parts: self.parts };
        let result = merge.run(registry, &spinner.progress())?;
        drop(spinner);
        show(&result, &self.common, &Words { scenario: &self.scenario, given: &self.given })
    }
}

impl ShowArgs {
    fn work(self, registry: &Registry) -> Result<u8> {
        let shown = show_sweep(registry, &self.sweep, self.candidate, self.best)?;
        self.common.show(
            || shown.document(),
            || {
                Ok(match &shown.candidates {
                    CandidatesShown::Best(rows) => candidates_text(&shown.folder, rows),
                    CandidatesShown::One(c) => {
                        let alone = alone(&self.sweep, c.row.candidate);
                        format!(
                            "{}\nalone, with the same figures:\n  {alone}\n",
                            candidate_text(&shown.folder, c)
                        )
                    }
                })
            },
        )?;
        Ok(0)
    }
}

/// The command that runs a candidate of a sweep.
fn alone(sweep: &Path, candidate: u64) -> String {
    format!("assay backtest --candidate {}:{candidate}", sweep.display())
}

/// Prints a sweep that is done.
fn show(result: &SweepResult, common: &Common, words: &Words<'_>) -> Result<u8> {
    let replay = result.finished.top.first().map(|t| words.command(&t.set));
    let document = || {
        let mut whole = result.document()?;
        whole["replay_best"] = json!(replay);
        Ok(whole)
    };
    common.show_with_folder(("sweep", result.folder.as_deref()), document, || {
        let best = result.finished.top.first();
        let by_number = best.zip(result.folder.as_deref()).map(|(t, folder)| alone(folder, t.candidate));
        let by_number = by_number.map_or_else(String::new, |words| format!("  {words}\n"));
        let alone = |command| format!("\nthe best alone, with the same figures:\n  {command}\n{by_number}");
        sweep_text(&result.finished) + &replay.as_ref().map_or(String::new(), alone)
    })?;
    Ok(0)
}
