//! One checked file of bars, or of funding, out of files of any common format.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Files;
use crate::data::check::{FindingKind, FindingSeverity, Fix, QualityReport, Repair, apply, check};
use crate::data::import::{Events, Facts, Imported, Series, import, import_funding, series, write};
use crate::error::{Error, Result};
use crate::market::{Instrument, Timeframe, format_time, known_instrument, known_instruments};
use crate::progress::Progress;

/// `assay data import`: reads, repairs what was asked for, checks and writes.
#[derive(Debug, Clone)]
pub struct DataImportJob {
    /// The files.
    pub source: Files,
    /// Parquet file to write.
    pub out: PathBuf,
    /// Repairs, by name and counted.
    pub fix: Vec<Fix>,
    /// Write nothing where a finding is an error.
    pub strict: bool,
    /// The instrument of the table whose steps and sizes are written with the bars; without a name the symbol,
    /// where it is one.
    pub instrument: Option<String>,
}

/// What came of an import.
#[derive(Debug)]
pub enum ImportOutcome {
    /// Bars.
    Bars(Box<ImportedBars>),
    /// Rates of funding, and the file they were written to.
    Funding(Box<Events>, PathBuf),
}

/// Bars that were imported.
#[derive(Debug)]
pub struct ImportedBars {
    /// What is wrong with them, or worth knowing.
    pub report: QualityReport,
    /// What the files say.
    pub facts: Facts,
    /// What was repaired.
    pub repairs: Vec<Repair>,
    /// The file; none where a finding is an error and nothing was to be written then.
    pub out: Option<PathBuf>,
}

impl DataImportJob {
    /// Of these files into `out`, nothing repaired.
    pub fn new(source: Files, out: impl Into<PathBuf>) -> Self {
        Self { source, out: out.into(), fix: vec![], strict: false, instrument: None }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The files are wrong or not of one series, what their times mean is not known, the file cannot be
    /// written, or it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<ImportOutcome> {
        super::not_over(&self.out, &self.source.files)?;
        progress.stage("importing")?;
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
        if one.funding {
            let events = import_funding(&one.files)?;
            progress.stage("writing")?;
            events.write(&self.out)?;
            return Ok(ImportOutcome::Funding(Box::new(events), self.out.clone()));
        }
        self.bars(one, progress).map(|b| ImportOutcome::Bars(Box::new(b)))
    }

    fn bars(&self, series: &Series, progress: &Progress) -> Result<ImportedBars> {
        let Imported { rows, facts, instrument } = import(&series.files, &self.source.options)?;
        if let Some(question) = facts.questions.first() {
            return Err(
                Error::data(place(series), "what its times or prices mean is not known").hint(question)
            );
        }
        progress.stage("checking")?;
        let options = self.source.check_options(&facts);
        let (rows, repairs) = apply(rows, &self.fix, &options)?;
        let report = check(&rows, &options);
        let timeframe = length(series, &report, self.source.options.timeframe, &facts)?;
        if self.strict && report.worst() == Some(FindingSeverity::Error) {
            return Ok(ImportedBars { report, facts, repairs, out: None });
        }
        let instrument = self.instrument(&facts, instrument)?;
        let counted: Vec<(String, u64)> =
            repairs.iter().map(|r| (r.fix.to_string(), r.rows as u64)).collect();
        progress.stage("writing")?;
        let imported = Imported { rows, facts: facts.clone(), instrument };
        write(&self.out, imported, timeframe, &counted)?;
        Ok(ImportedBars { report, facts, repairs, out: Some(self.out.clone()) })
    }

    /// The instrument to write with the bars: as asked for, as a file says of itself, as the table has it under its symbol.
    fn instrument(&self, facts: &Facts, own: Option<Instrument>) -> Result<Option<Instrument>> {
        match &self.instrument {
            // Under a name that the user gives it is another instrument.
            None => Ok(own
                .filter(|_| self.source.options.symbol.is_none())
                .or_else(|| facts.symbol.as_deref().and_then(known_instrument))),
            Some(name) => known_instrument(name).map(Some).ok_or_else(|| {
                let names: Vec<String> = known_instruments().into_iter().map(|i| i.symbol).collect();
                Error::usage("--instrument", format!("{name:?} is no known instrument"))
                    .hint(format!("known are {}", names.join(", ")))
            }),
        }
    }
}

impl ImportOutcome {
    /// The document of `assay data import --format json`.
    pub fn document(&self) -> Value {
        match self {
            Self::Bars(b) => {
                let out = b.out.as_ref().map(|out| out.display().to_string());
                json!({ "out": out, "source": b.facts, "repairs": b.repairs, "report": b.report })
            }
            Self::Funding(events, out) => {
                let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
                json!({ "out": out.display().to_string(), "kind": "funding", "rows": events.rate.len(), "symbol": events.symbol,
                    "first": edge(events.time_ms.first()), "last": edge(events.time_ms.last()), "notes": events.notes, "files": events.files })
            }
        }
    }
}

fn place(series: &Series) -> String {
    match series.files.as_slice() {
        [one] => one.display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
        [] => series.name.clone(),
    }
}

/// The length of a bar; what a file's name says must not contradict its rows.
fn length(
    series: &Series,
    report: &QualityReport,
    asked: Option<Timeframe>,
    facts: &Facts,
) -> Result<Timeframe> {
    let found = report.figures.timeframe;
    if let Some(finding) = report.find(FindingKind::ImplausibleTime) {
        let place = finding.rows.first().map_or_else(|| place(series), |r| r.place.clone());
        return Err(Error::data(place, format!("these are no times: {}", finding.text)).hint(
            "check the unit and the column of the times; --columns or --map say which column they are",
        ));
    }
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
    let mixed = report
        .findings
        .iter()
        .find(|f| f.kind == FindingKind::MixedTimeframes && f.severity == FindingSeverity::Error);
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
