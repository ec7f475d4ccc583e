//! `assay plan`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Common;
use super::progress::Spinner;
use super::scenario_args::ScenarioArgs;
use crate::error::Result;
use crate::jobs::{PlanOutcome, PlanSealJob, Progress, show_plans};
use crate::market::format_time;
use crate::system::Registry;

/// Commands of `assay plan`.
#[derive(Debug, Subcommand)]
pub(super) enum PlanCommand {
    /// Write to the ledger what will be tried and by what it will be judged, and lock the hold-out, before anything is run
    Seal(SealArgs),
    /// Print the plans and the locked days of a ledger
    Show(PlanShowArgs),
}

/// Arguments of `assay plan seal`.
#[derive(Debug, Args)]
pub(super) struct SealArgs {
    /// Scenario file (TOML)
    scenario: PathBuf,
    #[command(flatten)]
    given: ScenarioArgs,
    /// What is expected, in words
    #[arg(long, value_name = "TEXT")]
    hypothesis: Option<String>,
    /// Settings that will be tried, by default those of the scenario's sweep
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    trials: Option<u64>,
    /// Verdicts that will be asked for: they share a level of 5 % evenly
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    asks: Option<u64>,
    #[command(flatten)]
    common: Common,
}

/// Arguments of `assay plan show`.
#[derive(Debug, Args)]
pub(super) struct PlanShowArgs {
    /// Folder of results, or the ledger itself
    #[arg(default_value = "results")]
    results: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl PlanCommand {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        match self {
            Self::Seal(args) => args.common.clone().on_threads(|| args.work(registry)),
            Self::Show(args) => show(&args.common, &show_plans(&args.results, &Progress::silent())?),
        }
    }
}

impl SealArgs {
    fn work(self, registry: &Registry) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let setup = self.given.setup(&self.scenario);
        let (hypothesis, trials, asks) = (self.hypothesis, self.trials, self.asks);
        let job = PlanSealJob { setup, hypothesis, trials, asks };
        let done = job.run(registry, &spinner.progress())?;
        drop(spinner);
        show(&self.common, &done)
    }
}

fn show(common: &Common, found: &PlanOutcome) -> Result<u8> {
    common.show(|| found.document(), || Ok(text(found)))?;
    Ok(0)
}

fn text(found: &PlanOutcome) -> String {
    let day = |ms: i64| format_time(ms).chars().take(10).collect::<String>();
    let mut out = format!("plans and locked days of {}\n", found.ledger.display());
    for p in &found.plans {
        let (from, to) = (day(p.from_ms), day(p.to_ms - 1));
        let sealed = match p.trials_before {
            0 => "before any trial".to_owned(),
            n => format!("after {n} trials"),
        };
        out.push_str(&format!(
            "plan of family {} by scenario {:?}, days {from} to {to}: {} trials, sealed {sealed}\n",
            p.family, p.scenario, p.plan.trials
        ));
        out.extend(p.plan.hypothesis.iter().map(|h| format!("  hypothesis: {h}\n")));
        let levels: Vec<String> = p.plan.levels.iter().map(|l| format!("{:.2} %", 100.0 * *l)).collect();
        if !levels.is_empty() {
            out.push_str(&format!("  levels of its verdicts: {}\n", levels.join(", ")));
        }
    }
    for l in &found.locks {
        let opened =
            l.opened.as_ref().map_or_else(|| "locked".to_owned(), |s| format!("opened by {:?}", s.scenario));
        out.push_str(&format!("days {}, held out by scenario {:?}: {opened}\n", l.span, l.scenario));
    }
    if found.plans.is_empty() && found.locks.is_empty() {
        out.push_str("none\n");
    }
    out
}
