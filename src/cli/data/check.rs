//! `assay data check`.

use std::path::PathBuf;

use clap::Args;

use super::source::SourceArgs;
use crate::cli::progress::Spinner;
use crate::cli::{Common, OutputFormat, print};
use crate::data::import::Facts;
use crate::error::{Error, Result};
use crate::jobs::data::{CheckedSeries, DataCheckJob, SeriesKind, funding_text};
use crate::market::{Zone, parse_time};
use crate::report::quality_text;
use crate::report::text::wrap;

/// Arguments of `assay data check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A second file of the same instrument, to compare every bar with; it may be of another format
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// The clock of the second file; that of the files where it names none and this is left out
    #[arg(long, value_name = "ZONE", requires = "against")]
    against_timezone: Option<Zone>,
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
        let spinner = Spinner::new(self.common.quiet);
        let job = DataCheckJob {
            source: self.source.files()?,
            against: self.against.clone(),
            against_zone: self.against_timezone,
            now_ms,
        };
        let done = job.run(&spinner.progress())?;
        drop(spinner);
        let (n, refused) = (done.series.len(), done.refused());
        match self.common.format {
            OutputFormat::Json => print(&format!("{:#}\n", done.document()))?,
            OutputFormat::Text if self.common.quiet => {}
            OutputFormat::Text => {
                for (k, one) in done.series.iter().enumerate() {
                    let gap = if k > 0 { "\n" } else { "" };
                    let title = if n > 1 { format!("{gap}== {}\n", one.name) } else { String::new() };
                    print(&(title + &text(one)))?;
                }
                if n > 1 {
                    print(&format!("\n{n} series, {refused} refused\n"))?;
                }
            }
        }
        Ok(match (self.strict && done.is_wrong(), refused) {
            (true, _) => 3,
            (_, 0) => 0,
            _ => 2,
        })
    }
}

/// What was found of a series.
fn text(one: &CheckedSeries) -> String {
    match &one.found {
        SeriesKind::Bars(report, facts) => heading(facts) + "\n" + &quality_text(report),
        SeriesKind::Funding(events) => funding_text(events),
        SeriesKind::Refused(e) => format!("refused: {e}\n"),
    }
}

/// What was read, and what was assumed of it.
pub(super) fn heading(facts: &Facts) -> String {
    let files = match &facts.files[..] {
        [one] => one.name.clone(),
        [first, .., last] => format!("{} files, {} to {}", facts.files.len(), first.name, last.name),
        [] => "no file".to_owned(),
    };
    let symbol = facts.symbol.as_deref().unwrap_or("no symbol");
    let first = format!("{symbol} from {files}: {}, times {}", facts.format.name(), facts.zone);
    let asked = facts.questions.iter().map(|q| format!("to be answered before an import: {q}"));
    let lines = std::iter::once(first).chain(facts.notes.iter().cloned()).chain(asked);
    lines.flat_map(|l| wrap(&l, 100)).map(|l| l + "\n").collect()
}

fn time(text: &str) -> Result<i64> {
    parse_time(text).ok_or_else(|| {
        Error::usage("--now", format!("{text:?} is no time")).hint("write one of UTC, as 2024-05-14 15:20")
    })
}
