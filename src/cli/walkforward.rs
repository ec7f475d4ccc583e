//! `assay walkforward`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::progress::Spinner;
use super::scenario_args::{ScenarioArgs, example};
use crate::error::Result;
use crate::jobs::WalkForwardJob;
use crate::report::walkforward_text;
use crate::system::Registry;

/// Arguments of `assay walkforward`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("walkforward.train_days=180")))]
pub(super) struct WalkForwardArgs {
    /// Scenario file (TOML) with a [sweep] section, and a [walkforward] one where the defaults do not do
    scenario: PathBuf,
    #[command(flatten)]
    given: ScenarioArgs,
    /// Judge the best of all that comes before on the days that are locked away; they are opened once
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
        let spinner = Spinner::new(self.common.quiet);
        let setup = self.given.setup(&self.scenario);
        let job = WalkForwardJob { setup, open_holdout: self.open_holdout };
        let done = job.run(registry, &spinner.progress())?;
        drop(spinner);
        let folder = ("walk-forward", done.folder.as_deref());
        self.common.show_with_folder(folder, || done.document(), || walkforward_text(&done.result))?;
        Ok(0)
    }
}
