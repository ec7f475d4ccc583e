//! `assay data check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::source::SourceArgs;
use crate::cli::{Common, Format, print};
use crate::data::check::{Report, Severity, check};
use crate::data::import::{Facts, import};
use crate::error::{Error, Result};
use crate::market::parse_time;
use crate::report::text::wrap;

/// Arguments of `assay data check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A second file of the same instrument, to compare every bar with; read with the same options
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// End with exit code 3 where something is wrong
    #[arg(long)]
    strict: bool,
    /// What time it is, UTC: later bars, and one that has not closed by then, are reported
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl CheckArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        let now_ms = self.now.as_deref().map(time).transpose()?;
        let mut options = self.source.options()?;
        let imported = import(&self.source.files, &options)?;
        // A second file is told apart by its content: it may be of another format.
        options.format = None;
        let other = self.against.as_ref().map(|f| import(std::slice::from_ref(f), &options)).transpose()?;
        let mut checks = self.source.check_options(&imported.facts);
        checks.now_ms = now_ms;
        let mut report = check(&imported.rows, &checks);
        if let Some(other) = &other {
            let name = other.facts.files.first().map_or("the other file", |f| &f.name);
            report = report.against(&imported.rows, &other.rows, name);
        }
        self.show(&report, &imported.facts)?;
        let wrong = report.worst() == Some(Severity::Error);
        Ok(if self.strict && wrong { 3 } else { 0 })
    }

    fn show(&self, report: &Report, facts: &Facts) -> Result<()> {
        match self.common.format {
            Format::Json => print(&format!("{:#}\n", json!({ "source": facts, "report": report }))),
            Format::Text if self.common.quiet => Ok(()),
            Format::Text => print(&(heading(facts) + "\n" + &report.text())),
        }
    }
}

/// What was read, and what was assumed of it.
fn heading(facts: &Facts) -> String {
    let files = match &facts.files[..] {
        [one] => one.name.clone(),
        [first, .., last] => format!("{} files, {} to {}", facts.files.len(), first.name, last.name),
        [] => "no file".to_owned(),
    };
    let symbol = facts.symbol.as_deref().unwrap_or("no symbol");
    let format = serde_json::to_value(facts.format).ok();
    let format = format.as_ref().and_then(|f| f.as_str()).unwrap_or_default();
    let first = format!("{symbol} from {files}: {format}, times {}", facts.zone);
    let lines = std::iter::once(&first).chain(&facts.notes);
    lines.flat_map(|l| wrap(l, 100)).map(|l| l + "\n").collect()
}

fn time(text: &str) -> Result<i64> {
    parse_time(text).ok_or_else(|| {
        Error::usage("--now", format!("{text:?} is no time")).hint("write one of UTC, as 2024-05-14 15:20")
    })
}
