//! `assay ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Common, OutputFormat, eprintln_safe, print};
use crate::error::Result;
use crate::jobs::{LedgerOutcome, Progress, read_ledger, verify_ledger};
use crate::market::format_time;
use crate::report::TextTable;
use crate::report::text::{count, render};

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

impl LedgerCommand {
    pub(super) fn run(self) -> Result<u8> {
        match self {
            Self::Show(args) => args.show(),
            Self::Verify(args) => args.verify(),
        }
    }
}

impl LedgerArgs {
    fn read(&self) -> Result<LedgerOutcome> {
        read_ledger(&self.results, &Progress::silent())
    }

    fn show(&self) -> Result<u8> {
        let found = self.read()?;
        let path = found.path.display();
        if found.ledger.torn > 0 {
            eprintln_safe(&format!("note: the last line of {path} is cut off and counts nothing"));
        }
        if self.common.format == OutputFormat::Json {
            print(&format!("{:#}\n", found.entries_document()))?;
            return Ok(0);
        }
        let mut table = TextTable::new(&["data", "from", "to", "kind", "scenario", ">entries", ">settings"])
            .caption("What was tried, by stretch of data");
        let day = |ms: i64| format_time(ms).chars().take(10).collect::<String>();
        for s in found.slices() {
            let data = s.data.chars().take(10).collect();
            let (entries, settings) = (count(s.entries), count(s.settings));
            table.row([data, day(s.from_ms), day(s.to_ms), s.kind, s.scenario, entries, settings]);
        }
        print(&format!(
            "{}\n{} settings in {} lines of {path}\n",
            render(&table),
            count(found.settings()),
            found.ledger.entries.len(),
        ))?;
        Ok(0)
    }

    fn verify(&self) -> Result<u8> {
        let found = verify_ledger(&self.results, &Progress::silent())?;
        if self.common.format == OutputFormat::Json {
            print(&format!("{:#}\n", found.document()))?;
            return Ok(0);
        }
        let torn = match found.ledger.torn {
            0 => String::new(),
            n => format!("; {n} bytes after the last whole line, of a writer that was killed, count nothing"),
        };
        print(&format!(
            "{}: {} lines, {} settings, chain whole{torn}\nlast hash {}\n{}\n",
            found.path.display(),
            found.ledger.entries.len(),
            count(found.settings()),
            found.last_hash(),
            match found.anchors {
                0 => "no result beside it says how far it went".to_owned(),
                1 => "1 result beside it has seen no other ledger".to_owned(),
                n => format!("{n} results beside it have seen no other ledger"),
            },
        ))?;
        Ok(0)
    }
}
