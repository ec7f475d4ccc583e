//! `assay data import`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::check::heading;
use super::source::SourceArgs;
use crate::cli::{Common, Format, print};
use crate::data::check::{Fix, Kind, Repair, Report, Severity, apply, check};
use crate::data::import::{Facts, Imported, Series, import, import_funding, series, write};
use crate::error::{Error, Place, Result};
use crate::market::{Instrument, Timeframe, format_time, known_instruments};
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
        let all = series(&self.source.files)?;
        let one = match all.as_slice() {
            [one] => one,
            // Files named one by one are meant to be one series, whatever their names say.
            many if !self.source.files.iter().any(|f| f.is_dir()) => {
                let funding = many.iter().all(|s| s.funding);
                &Series { name: String::new(), files: self.source.files.clone(), funding }
            }
            many => return Err(several(many)),
        };
        if one.funding { self.funding(one) } else { self.bars(one) }
    }

    fn funding(&self, series: &Series) -> Result<u8> {
        let events = import_funding(&series.files)?;
        events.write(&self.out)?;
        let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
        match self.common.format {
            Format::Json => print(&format!(
                "{:#}\n",
                json!({ "out": self.out.display().to_string(), "kind": "funding", "rows": events.rate.len(), "symbol": events.symbol,
                    "first": edge(events.time_ms.first()), "last": edge(events.time_ms.last()), "notes": events.notes, "files": events.files })
            ))?,
            Format::Text if self.common.quiet => {}
            Format::Text => {
                let mut text = format!(
                    "{}: {} rates of funding of {}, {} to {}\n",
                    self.out.display(),
                    events.rate.len(),
                    events.symbol.as_deref().unwrap_or("no symbol"),
                    edge(events.time_ms.first()),
                    edge(events.time_ms.last())
                );
                events.notes.iter().for_each(|n| text += &format!("{n}\n"));
                print(&text)?;
            }
        }
        Ok(0)
    }

    fn bars(&self, series: &Series) -> Result<u8> {
        let Imported { rows, facts } = import(&series.files, &self.source.options()?)?;
        if let Some(question) = facts.questions.first() {
            return Err(Error::data(place(series), "what its times mean is not known").hint(question));
        }
        let options = self.source.check_options(&facts);
        let (rows, repairs) = apply(rows, &self.fix, &options)?;
        let report = check(&rows, &options);
        let timeframe = length(series, &report, self.source.timeframe(), &facts)?;
        if self.strict && report.worst() == Some(Severity::Error) {
            self.show(&report, &facts, &repairs, false)?;
            return Ok(3);
        }
        let instrument = self.instrument(&facts)?;
        let counted: Vec<(String, u64)> =
            repairs.iter().map(|r| (r.fix.to_string(), r.rows as u64)).collect();
        write(&self.out, Imported { rows, facts: facts.clone() }, timeframe, instrument.as_ref(), &counted)?;
        self.show(&report, &facts, &repairs, true)?;
        Ok(0)
    }

    /// The instrument to write with the bars.
    fn instrument(&self, facts: &Facts) -> Result<Option<Instrument>> {
        let all = known_instruments();
        let by_name = |name: &str| all.iter().find(|i| i.symbol == name).cloned();
        match &self.instrument {
            None => Ok(facts.symbol.as_deref().and_then(by_name)),
            Some(name) => by_name(name).map(Some).ok_or_else(|| {
                let names: Vec<&str> = all.iter().map(|i| i.symbol.as_str()).collect();
                Error::usage("--instrument", format!("{name:?} is no known instrument"))
                    .hint(format!("known are {}", names.join(", ")))
            }),
        }
    }

    fn show(&self, report: &Report, facts: &Facts, repairs: &[Repair], written: bool) -> Result<()> {
        let out = written.then(|| self.out.display().to_string());
        match self.common.format {
            Format::Json => print(&format!(
                "{:#}\n",
                json!({ "out": out, "source": facts, "repairs": repairs, "report": report })
            )),
            Format::Text if self.common.quiet => Ok(()),
            Format::Text => {
                let mut text = heading(facts) + "\n" + &quality_text(report);
                for r in repairs {
                    wrap(&format!("{}: {}", r.fix, r.text), 100)
                        .iter()
                        .for_each(|l| text += &format!("{l}\n"));
                }
                text += &match out {
                    Some(out) => format!("\nbars: {out}\n"),
                    None => "\nnothing is written: a finding is an error, and --strict is given\n".to_owned(),
                };
                print(&text)
            }
        }
    }
}

fn place(series: &Series) -> Place {
    match series.files.as_slice() {
        [one] => Place::file(one.display()),
        [first, rest @ ..] => Place::text(format_args!("{} and {} more", first.display(), rest.len())),
        [] => Place::text(&series.name),
    }
}

/// The length of a bar; what a file's name says must not contradict its rows.
fn length(series: &Series, report: &Report, asked: Option<Timeframe>, facts: &Facts) -> Result<Timeframe> {
    let found = report.figures.timeframe;
    if let (Some(asked), Some(found)) = (asked, found)
        && asked != found
    {
        return Err(Error::data(
            place(series),
            format!("the bars are {found} apart, not {asked} as asked for"),
        )
        .hint(format!(
            "leave out --timeframe, or make longer bars of them: assay data resample FILE --to {asked}"
        )));
    }
    let mixed =
        report.findings.iter().find(|f| f.kind == Kind::MixedTimeframes && f.severity == Severity::Error);
    if let Some(finding) = mixed {
        return Err(Error::data(place(series), format!("the bars are not of one length: {}", finding.text))
            .hint("give bars of a fixed length such as 1h or 1d; ticks and months are not"));
    }
    found.or(asked).or(facts.stated_timeframe).ok_or_else(|| {
        Error::data(place(series), "one bar does not tell its length").hint("give it: --timeframe 1h")
    })
}

/// That a folder holds more than one series.
fn several(many: &[Series]) -> Error {
    let mut names: Vec<String> = many.iter().take(8).map(|s| s.name.clone()).collect();
    if many.len() > names.len() {
        names.push(format!("and {} more", many.len() - names.len()));
    }
    Error::usage(
        "FILES",
        format!("the folder holds {} series, of which a file of bars can be one", many.len()),
    )
    .hint(format!("name the files of one: {}", names.join("; ")))
}
