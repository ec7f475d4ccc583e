//! `assay ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Common, Format, eprintln_safe, print};
use crate::error::{Error, Result};
use crate::market::format_time;
use crate::report::Table;
use crate::report::text::{count, render};
use crate::runs::ledger::{LEDGER, Ledger};

/// Commands of `assay ledger`.
#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Print what was tried, and how much on each stretch of data
    Show(LedgerArgs),
    /// Check that no line was changed, left out or put in; exit code 2 where one was
    Verify(LedgerArgs),
}

/// Arguments of both.
#[derive(Debug, Args)]
pub(super) struct LedgerArgs {
    /// Folder of results, or the ledger itself
    #[arg(default_value = "results")]
    results: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl LedgerArgs {
    fn read(&self) -> Result<(PathBuf, Ledger)> {
        let path = if self.results.is_file() { self.results.clone() } else { self.results.join(LEDGER) };
        if !path.exists() {
            return Err(Error::usage(path.display(), "there is no ledger here").hint(
                "name the folder that runs were written to with --out; a ledger begins with the first run",
            ));
        }
        let ledger = Ledger::read(&path)?;
        Ok((path, ledger))
    }
}

impl LedgerCommand {
    pub(super) fn run(self) -> Result<u8> {
        match self {
            Self::Show(args) => args.show(),
            Self::Verify(args) => args.verify(),
        }
    }
}

impl LedgerArgs {
    fn show(&self) -> Result<u8> {
        let (path, ledger) = self.read()?;
        if ledger.torn > 0 {
            eprintln_safe(&format!(
                "note: the last line of {} is cut off and counts nothing",
                path.display()
            ));
        }
        if self.common.format == Format::Json {
            let document = json!({ "ledger": path.display().to_string(), "entries": ledger.entries });
            print(&format!("{document:#}\n"))?;
            return Ok(0);
        }
        let mut table = Table::new(&["data", "from", "to", "kind", "scenario", ">entries", ">settings"])
            .caption("What was tried, by stretch of data");
        type Slice = (String, i64, i64, String, String);
        let mut groups: Vec<(Slice, (u64, u64))> = vec![];
        for e in &ledger.entries {
            let t = &e.trials;
            let data = t.data.first().map_or(String::new(), |d| d.chars().take(10).collect());
            let key = (data, t.from_ms, t.to_ms, t.kind.clone(), t.scenario.clone());
            match groups.iter_mut().find(|(k, _)| *k == key) {
                Some((_, sum)) => *sum = (sum.0 + 1, sum.1 + t.count),
                None => groups.push((key, (1, t.count))),
            }
        }
        let day = |ms: i64| format_time(ms).chars().take(10).collect::<String>();
        for ((data, from, to, kind, scenario), (entries, settings)) in groups {
            table.row([data, day(from), day(to), kind, scenario, count(entries), count(settings)]);
        }
        let all: u64 = ledger.entries.iter().map(|e| e.trials.count).sum();
        print(&format!(
            "{}\n{} settings in {} lines of {}\n",
            render(&table),
            count(all),
            ledger.entries.len(),
            path.display()
        ))?;
        Ok(0)
    }

    fn verify(&self) -> Result<u8> {
        let (path, ledger) = self.read()?;
        let all: u64 = ledger.entries.iter().map(|e| e.trials.count).sum();
        let last = ledger.entries.last().map_or("", |e| e.hash.as_str());
        if self.common.format == Format::Json {
            let document = json!({
                "ledger": path.display().to_string(),
                "whole": true,
                "lines": ledger.entries.len(),
                "settings": all,
                "torn_bytes": ledger.torn,
                "last_hash": last,
            });
            print(&format!("{document:#}\n"))?;
            return Ok(0);
        }
        let torn = if ledger.torn > 0 {
            format!(
                "; {} bytes after the last whole line, of a writer that was killed, count nothing",
                ledger.torn
            )
        } else {
            String::new()
        };
        print(&format!(
            "{}: {} lines, {} settings, chain whole{torn}\nlast hash {last}\n",
            path.display(),
            ledger.entries.len(),
            count(all)
        ))?;
        Ok(0)
    }
}
