//! `assay report`.

use std::path::PathBuf;

use clap::Args;

use super::backtest::{DialectArg, show};
use super::gate::{own_criteria, own_options, unknown_system};
use super::{Common, Format, print};
use crate::data::write_atomic;
use crate::error::{Error, Result};
use crate::gate::judge_run;
use crate::metrics::dialects::Metric;
use crate::report::{RunReport, explanation_text};
use crate::runs::{Explanation, RunRecord, evidence};
use crate::system::Registry;

/// Arguments of `assay report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Run folder, as results/<scenario>/<run id>
    run: PathBuf,
    /// Folder to write report.html and charts/ into, by default the run folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Say what stands behind a figure, such as sharpe, under every library's definition, and draw nothing
    #[arg(long, value_name = "FIGURE", conflicts_with = "out")]
    explain: Option<String>,
    #[command(flatten)]
    dialect: DialectArg,
    #[command(flatten)]
    common: Common,
}

impl ReportArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| {
            let metric = self.explain.as_deref().map(str::parse::<Metric>).transpose()?;
            let record = RunRecord::read(registry, &self.run)?;
            unknown_system(&record, &self.common);
            if let Some(metric) = metric {
                return self.explain(&record, metric);
            }
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
                            .caused_by(e)
                            .hint("choose another folder with --out")
                    })?;
                }
                write_atomic(&path, &bytes)?;
            }
            show(&self.common, self.dialect, &record, verdict.as_ref(), out)?;
            Ok(0)
        })
    }
    fn explain(&self, record: &RunRecord, metric: Metric) -> Result<u8> {
        let explanation = Explanation::of(record, metric)?;
        match self.common.format {
            Format::Json => {
                let document = serde_json::to_string_pretty(&explanation)
                    .map_err(|e| Error::internal("json", format!("cannot be written ({e})")).caused_by(e))?;
                print(&(document + "\n"))?;
            }
            Format::Text => print(&explanation_text(&explanation))?,
        }
        Ok(0)
    }
}
