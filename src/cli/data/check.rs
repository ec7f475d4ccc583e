//! `assay data check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::source::SourceArgs;
use crate::cli::{Common, Format, print};
use crate::data::check::{Report, Severity, check};
use crate::data::import::{Facts, Options, Series, import, import_funding, series};
use crate::error::{Error, Result};
use crate::market::{format_time, parse_time};
use crate::report::quality_text;
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
        let options = self.source.options()?;
        let all = series(&self.source.files)?;
        if self.against.is_some() && all.len() > 1 {
            return Err(Error::usage(
                "--against",
                format!("compares with one series, and {} are named", all.len()),
            )
            .hint("name the files of one instrument and bar length"));
        }
        let mut documents = vec![];
        let (mut wrong, mut refused) = (false, 0usize);
        for (k, one) in all.iter().enumerate() {
            let title = (all.len() > 1).then_some(one.name.as_str());
            match self.one(one, &options, now_ms) {
                Ok(Checked::Bars(report, facts)) => {
                    wrong |= report.worst() == Some(Severity::Error);
                    documents.push(json!({ "source": facts, "report": report }));
                    self.say(k, title, &(heading(&facts) + "\n" + &quality_text(&report)))?;
                }
                Ok(Checked::Funding(text)) => {
                    documents.push(json!({ "funding": text }));
                    self.say(k, title, &text)?;
                }
                // Of one series the refusal is the answer; of a folder the others are still worth checking.
                Err(e) if all.len() == 1 => return Err(e),
                Err(e) => {
                    refused += 1;
                    documents.push(json!({ "refused": e.to_string() }));
                    self.say(k, title, &format!("refused: {e}\n"))?;
                }
            }
        }
        if self.common.format == Format::Json {
            let whole = json!({ "series": documents });
            print(&format!("{whole:#}\n"))?;
        } else if all.len() > 1 && !self.common.quiet {
            print(&format!("\n{} series, {refused} refused\n", all.len()))?;
        }
        Ok(match (self.strict && wrong, refused) {
            (true, _) => 3,
            (_, 0) => 0,
            _ => 2,
        })
    }

    /// Checks one series.
    fn one(&self, one: &Series, options: &Options, now_ms: Option<i64>) -> Result<Checked> {
        if one.funding {
            let e = import_funding(&one.files)?;
            let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
            let mut text = format!(
                "{} rates of funding, {} to {}\n",
                e.rate.len(),
                edge(e.time_ms.first()),
                edge(e.time_ms.last())
            );
            e.notes.iter().for_each(|n| text += &format!("{n}\n"));
            return Ok(Checked::Funding(text));
        }
        let imported = import(&one.files, options)?;
        // A second file is told apart by its content: it may be of another format.
        let free = Options { format: None, ..options.clone() };
        let other = self.against.as_ref().map(|f| import(std::slice::from_ref(f), &free)).transpose()?;
        let mut checks = self.source.check_options(&imported.facts);
        checks.now_ms = now_ms;
        let mut report = check(&imported.rows, &checks);
        if let Some(other) = &other {
            let name = other.facts.files.first().map_or("the other file", |f| &f.name);
            report = report.against(&imported.rows, &other.rows, name);
        }
        Ok(Checked::Bars(Box::new(report), Box::new(imported.facts)))
    }

    fn say(&self, k: usize, title: Option<&str>, text: &str) -> Result<()> {
        if self.common.format == Format::Json || self.common.quiet {
            return Ok(());
        }
        let title = title.map_or_else(String::new, |t| format!("{}== {t}\n", if k > 0 { "\n" } else { "" }));
        print(&(title + text))
    }
}

/// What a series turned out to be.
enum Checked {
    Bars(Box<Report>, Box<Facts>),
    Funding(String),
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
