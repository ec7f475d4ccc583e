//! `assay walkforward`.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::Common;
use super::finding::Finding;
use super::given::{Given, example};
use super::progress::Progress;
use crate::data::sha256_hex;
use crate::data::table::{self, Column, Table};
use crate::error::Result;
use crate::experiments::sweep::Sweep;
use crate::experiments::walkforward::walk_forward;
use crate::report::{walkforward_files, walkforward_text};
use crate::runs::History;
use crate::runs::ledger::LEDGER;
use crate::runs::{Draft, compact};
use crate::system::Registry;

/// Arguments of `assay walkforward`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("walkforward.train_days=180")))]
pub(super) struct WalkForwardArgs {
    /// Scenario file (TOML) with a [sweep] section, and a [walkforward] one where the defaults do not do
    scenario: PathBuf,
    #[command(flatten)]
    given: Given,
    /// Judge the best of all that comes before on the days that are locked away; the ledger allows it once
    #[arg(long)]
    open_holdout: bool,
    #[command(flatten)]
    common: Common,
}

impl WalkForwardArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| self.work(registry))
    }

    fn work(self, registry: &Registry) -> Result<u8> {
        let clock = Instant::now();
        let progress = Progress::new(self.common.quiet);
        let (scenario, inputs) = self.given.read(registry, &self.scenario, &progress)?;
        let history = History::new(&scenario, inputs)?;
        let sweep = Sweep::plan(&scenario, &history)?;
        let division = compact(&scenario.walkforward)?;
        let id = sha256_hex(format!("{}\n{division}\n", sweep.the_plan().id).as_bytes())[..12].to_owned();
        let draft = Draft::open(&self.given.out, &scenario.name)?;
        let mut ledger = self.given.ledger(&progress)?;
        progress.stage("walking forward");
        let watch = |done: u64, total: u64| progress.count(done, total);
        let path = self.given.out.join(LEDGER);
        let result = walk_forward(&sweep, id.clone(), &mut ledger, &path, self.open_holdout, &watch);
        progress.tell(ledger.notes());
        let result = result?;
        progress.stage("drawing");
        let drawn = walkforward_files(&result)?;
        let days = Table::new()
            .with("day_end", Column::TimeMs(result.days_ms.clone()))
            .with("return", Column::F64(result.returns.clone()));
        table::write(
            &draft.folder().join("out_of_sample.parquet"),
            &days,
            &[("assay:walkforward", id.clone())],
        )?;
        let finding = Finding {
            kind: "walkforward",
            id: &id,
            scenario: &scenario,
            resolved: format!("{}\n{}", sweep.the_plan().scenario, scenario.walkforward.resolved()?),
            files: &sweep.the_plan().files,
            counted: ("windows", result.windows.len() as u64),
            result: &result,
        };
        let timings = [("total_s", clock.elapsed().as_secs_f64())];
        let target = finding.publish(draft, drawn, &timings)?;
        drop(progress);
        finding.show(&self.common, ("walk-forward", &target), None, || walkforward_text(&result))?;
        Ok(0)
    }
}
