//! `assay data import`.

use std::path::PathBuf;

use clap::Args;

use super::check::heading;
use super::source::SourceArgs;
use crate::cli::Common;
use crate::cli::progress::Spinner;
use crate::data::check::Fix;
use crate::data::import::Events;
use crate::error::Result;
use crate::jobs::data::{DataImportJob, ImportOutcome, ImportedBars};
use crate::market::format_time;
use crate::report::quality_text;
use crate::report::text::wrap;

/// Arguments of `assay data import`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct ImportArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Parquet file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Repairs, by name and counted: sort, dedup, dedup=first, dedup=last, drop-last, fill-gaps
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    fix: Vec<Fix>,
    /// Write nothing where a finding is an error
    #[arg(long)]
    strict: bool,
    /// The instrument of the table whose steps and sizes are written with the bars; the symbol, where it is one
    #[arg(long, value_name = "NAME")]
    instrument: Option<String>,
    #[command(flatten)]
    common: Common,
}

const AFTER_HELP: &str = "\
Examples:
  assay data import BTCUSDT-1h-2023-*.zip --out btcusdt-1h.parquet
  assay data import EURUSD60.csv --timezone America/New_York+7 --out eurusd-1h.parquet
  assay data import XAUUSDh1.csv --timezone America/New_York+7 --price-scale 0.01 --out gold.parquet
  assay data import eurusd-m1-bid.csv eurusd-m1-ask.csv --time open --out eurusd.parquet
  assay data import BTC_USDT_USDT-8h-funding_rate.feather --out funding.parquet";

impl ImportArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let (source, out) = (self.source.files()?, self.out.clone());
        let job =
            DataImportJob { source, out, fix: self.fix, strict: self.strict, instrument: self.instrument };
        let done = job.run(&spinner.progress())?;
        drop(spinner);
        let text = || {
            Ok(match &done {
                ImportOutcome::Bars(bars) => bars_text(bars),
                ImportOutcome::Funding(events, out) => funding_text(events, &out.display().to_string()),
            })
        };
        self.common.show(|| Ok(done.document()), text)?;
        Ok(match &done {
            ImportOutcome::Bars(bars) if bars.out.is_none() => 3,
            _ => 0,
        })
    }
}

fn funding_text(events: &Events, out: &str) -> String {
    let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
    let mut text = format!(
        "{out}: {} rates of funding of {}, {} to {}\n",
        events.rate.len(),
        events.symbol.as_deref().unwrap_or("no symbol"),
        edge(events.time_ms.first()),
        edge(events.time_ms.last())
    );
    events.notes.iter().for_each(|n| text += &format!("{n}\n"));
    text
}

fn bars_text(bars: &ImportedBars) -> String {
    let mut text = heading(&bars.facts) + "\n" + &quality_text(&bars.report);
    for r in &bars.repairs {
        wrap(&format!("{}: {}", r.fix, r.text), 100).iter().for_each(|l| text += &format!("{l}\n"));
    }
    text += &match &bars.out {
        Some(out) => format!("\nbars: {}\n", out.display()),
        None => "\nnothing is written: a finding is an error, and --strict is given\n".to_owned(),
    };
    text
}
