//! `assay report`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::backtest::show;
use super::gate::{own_criteria, own_options};
use crate::data::write_atomic;
use crate::error::{Error, Result};
use crate::experiments::{RunRecord, evidence};
use crate::gate::judge_run;
use crate::report::RunReport;

/// Arguments of `assay report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Run folder, as results/<scenario>/<run id>
    run: PathBuf,
    /// Folder to write report.html and charts/ into, by default the run folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl ReportArgs {
    pub(super) fn run(self) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| {
            let record = RunRecord::read(&self.run)?;
            let verdict = if record.criteria.is_empty() {
                None
            } else {
                let options = own_options(&record, &self.run)?;
                Some(judge_run(&own_criteria(&record, &self.run)?, &evidence(&record)?, &options)?)
            };
            let out = self.out.as_ref().unwrap_or(&self.run);
            for (name, bytes) in RunReport::new(&record, verdict.as_ref())?.files()? {
                let path = out.join(name);
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|e| {
                        Error::output(folder.display(), format!("the folder cannot be made ({e})"))
                            .hint("choose another folder with --out")
                    })?;
                }
                write_atomic(&path, &bytes)?;
            }
            show(&self.common, &record, verdict.as_ref(), out)?;
            Ok(0)
        })
    }
}
