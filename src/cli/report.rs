//! `assay report`.

use std::path::PathBuf;

use clap::Args;

use super::backtest::{DialectArg, show};
use super::progress::Spinner;
use super::{Common, OutputFormat, print};
use crate::error::{Error, Result};
use crate::jobs::{ExplainJob, ReportJob};
use crate::metrics::dialects::Metric;
use crate::report::explanation_text;
use crate::runs::Explanation;
use crate::system::Registry;

/// Arguments of `assay report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Run folder, as results/<scenario>/<run id>
    run: PathBuf,
    /// Folder to write report.html and charts/ into, by default the run folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Say how a metric, such as sharpe, is computed, under every library's definition, and draw nothing
    #[arg(long, value_name = "METRIC", conflicts_with = "out")]
    explain: Option<String>,
    #[command(flatten)]
    dialect: DialectArg,
    #[command(flatten)]
    common: Common,
}

impl ReportArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| self.work(registry))
    }

    fn work(self, registry: &Registry) -> Result<u8> {
        let metric = self.explain.as_deref().map(str::parse::<Metric>).transpose()?;
        let spinner = Spinner::new(self.common.quiet);
        let progress = spinner.progress();
        if let Some(metric) = metric {
            let explanation = ExplainJob { run: self.run.clone(), metric }.run(registry, &progress)?;
            drop(spinner);
            return self.explain(&explanation);
        }
        let done = ReportJob { run: self.run, out: self.out }.run(registry, &progress)?;
        drop(spinner);
        let (end, verdict) = (format!("run folder: {}\n", done.folder.display()), done.verdict.as_ref());
        show(&self.common, self.dialect, &done.record, verdict, &end, |d| done.document(d))?;
        Ok(0)
    }

    fn explain(&self, explanation: &Explanation) -> Result<u8> {
        match self.common.format {
            OutputFormat::Json => {
                let document = serde_json::to_string_pretty(explanation)
                    .map_err(|e| Error::internal("json", format!("cannot be written ({e})")).caused_by(e))?;
                print(&(document + "\n"))?;
            }
            OutputFormat::Text => print(&explanation_text(explanation))?,
        }
        Ok(0)
    }
}
