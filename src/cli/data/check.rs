//! `assay data check`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::source::SourceArgs;
use crate::cli::{Common, Format, print};
use crate::data::check::{Report, Severity, check};
use crate::data::import::{Facts, Imported, Options, Series, import, series};
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
        let all: Vec<Series> = series(&self.source.files)?;
        let bars: Vec<&Series> = all.iter().filter(|s| !s.funding).collect();
        if let ([_, second, ..], Some(_)) = (&bars[..], &self.against) {
            return Err(Error::usage("--against", format!("{} is a series of its own", second.name))
                .hint("name the files of one instrument and one bar length"));
        }
        let other = self.against.as_deref().map(|f| self.other(f)).transpose()?;
        let mut checked = Vec::with_capacity(bars.len());
        for s in bars {
            let imported = import(&s.files, &self.source.options())?;
            let mut checks = self.source.check_options(&imported.facts);
            checks.now_ms = now_ms;
            let mut report = check(&imported.rows, &checks);
            if let Some(other) = &other {
                let name = other.facts.files.first().map_or("the other file", |f| &f.name);
                report = report.against(&imported.rows, &other.rows, name);
            }
            checked.push(Checked { source: imported.facts, report });
        }
        if checked.is_empty() {
            return Err(Error::data(all.first().map_or("FILES", |s| &s.name), "holds no bars")
                .hint("rates of funding are read by assay data import"));
        }
        self.show(&checked)?;
        let wrong = checked.iter().any(|c| c.report.worst() == Some(Severity::Error));
        Ok(if self.strict && wrong { 3 } else { 0 })
    }

    /// The second file. It may be of another format, so its own is found out.
    fn other(&self, path: &Path) -> Result<Imported> {
        let all = series(&[path.to_owned()])?;
        let [one] = &all[..] else {
            return Err(Error::usage("--against", format!("{} holds several series", path.display()))
                .hint("name one file, or a folder of one instrument and one bar length"));
        };
        import(&one.files, &Options { format: None, ..self.source.options() })
    }

    fn show(&self, checked: &[Checked]) -> Result<()> {
        match self.common.format {
            Format::Json => print(&format!("{:#}\n", json!({ "series": checked }))),
            Format::Text if self.common.quiet => Ok(()),
            Format::Text => {
                let texts = checked.iter().map(|c| heading(&c.source) + "\n" + &c.report.text());
                print(&texts.collect::<Vec<_>>().join("\n\n"))
            }
        }
    }
}

/// One series, as it is printed.
#[derive(Serialize)]
struct Checked {
    source: Facts,
    report: Report,
}

/// What was read, and what was assumed of it.
fn heading(facts: &Facts) -> String {
    let files = match &facts.files[..] {
        [one] => one.name.clone(),
        [first, .., last] => format!("{} files, {} to {}", facts.files.len(), first.name, last.name),
        [] => "no file".to_owned(),
    };
    let symbol = facts.symbol.as_deref().unwrap_or("no symbol");
    let first = format!("{symbol} from {files}: {}, times {}", facts.format.name(), facts.zone);
    let lines = std::iter::once(&first).chain(&facts.notes).chain(&facts.questions);
    lines.flat_map(|l| wrap(l, 100)).map(|l| l + "\n").collect()
}

fn time(text: &str) -> Result<i64> {
    parse_time(text).ok_or_else(|| {
        Error::usage("--now", format!("{text:?} is no time")).hint("write one of UTC, as 2024-05-14 15:20")
    })
}
