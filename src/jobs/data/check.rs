//! What is wrong with files of bars.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Files;
use crate::data::NumberStyle;
use crate::data::check::{FindingSeverity, QualityReport, check};
use crate::data::import::{
    Events, Facts, Imported, Options, Series, has_columns, import, import_funding, series,
};
use crate::error::{Error, ErrorKind, Result};
use crate::market::{Zone, format_time};
use crate::progress::Progress;

/// `assay data check`: checks every series in some files, and compares one with a second file.
#[derive(Debug, Clone, Default)]
pub struct DataCheckJob {
    /// The files.
    pub source: Files,
    /// A second file of the same instrument, to compare every bar with.
    pub against: Option<PathBuf>,
    /// The clock of the second file; where absent and its times name none, that of the files.
    pub against_zone: Option<Zone>,
    /// What time it is, milliseconds UTC: later bars, and one that has not closed by then, are reported.
    pub now_ms: Option<i64>,
}

/// Every series that was checked.
#[derive(Debug)]
pub struct DataCheckOutcome {
    /// In the order of their names.
    pub series: Vec<CheckedSeries>,
}

/// One series.
#[derive(Debug)]
pub struct CheckedSeries {
    /// Its name, for a title.
    pub name: String,
    /// What was found.
    pub found: SeriesKind,
}

/// What a series turned out to be.
#[derive(Debug)]
pub enum SeriesKind {
    /// Bars.
    Bars(Box<QualityReport>, Box<Facts>),
    /// Rates of funding.
    Funding(Events),
    /// Something that cannot be read, among others that can.
    Refused(Error),
}

impl DataCheckJob {
    /// Does all of it. Of one series a refusal is an error; of several the others are still worth checking.
    ///
    /// # Errors
    /// A file cannot be read, or it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<DataCheckOutcome> {
        progress.stage("checking")?;
        let all = series(&self.source.files)?;
        if self.against.is_some() && all.len() > 1 {
            return Err(Error::usage(
                "--against",
                format!("compares with one series, and {} are named", all.len()),
            )
            .hint("name the files of one instrument and bar length"));
        }
        let mut checked = vec![];
        for (k, one) in all.iter().enumerate() {
            progress.check()?;
            let found = match self.one(one) {
                Err(e) if all.len() > 1 && e.kind() != ErrorKind::Cancelled => SeriesKind::Refused(e),
                found => found?,
            };
            checked.push(CheckedSeries { name: one.name.clone(), found });
            progress.count(k as u64 + 1, all.len() as u64);
        }
        Ok(DataCheckOutcome { series: checked })
    }

    fn one(&self, one: &Series) -> Result<SeriesKind> {
        if one.funding {
            return Ok(SeriesKind::Funding(import_funding(&one.files)?));
        }
        let options = &self.source.options;
        let imported = import(&one.files, options)?;
        let other = self.against.as_deref().map(|f| self.other(f)).transpose()?;
        let mut checks = self.source.check_options(&imported.facts);
        checks.now_ms = self.now_ms;
        let mut report = check(&imported.rows, &checks);
        if let Some(other) = &other {
            let name = other.facts.files.first().map_or("the other file", |f| &f.name);
            report = report.against(&imported.rows, &other.rows, name);
        }
        Ok(SeriesKind::Bars(Box::new(report), Box::new(imported.facts)))
    }

    /// Reads the second file: it may be of another format, and has its own clock.
    fn other(&self, file: &Path) -> Result<Imported> {
        let first = &self.source.options;
        let own = Options { format: None, zone: self.against_zone, usual_zone: first.zone, ..first.clone() };
        // What says how to read a text says nothing of a file whose columns have names, and whose prices are prices.
        let own = match has_columns(file)? {
            true => Options {
                columns: vec![],
                named: vec![],
                price_scale: None,
                adjust: false,
                skip_lines: 0,
                numbers: NumberStyle::default(),
                ..own
            },
            false => own,
        };
        // A text that is understood by itself needs nothing of what the first one does.
        let plain = Options {
            columns: vec![],
            named: vec![],
            skip_lines: 0,
            numbers: NumberStyle::default(),
            ..own.clone()
        };
        let files = [file.to_owned()];
        match import(&files, &plain) {
            Ok(read) if read.facts.questions.is_empty() => Ok(read),
            plain => import(&files, &own).or_else(|e| plain.map_err(|_| e)),
        }
    }
}

impl DataCheckOutcome {
    /// Whether a finding of any series is an error.
    pub fn is_wrong(&self) -> bool {
        let wrong = |s: &CheckedSeries| match &s.found {
            SeriesKind::Bars(report, _) => report.worst() == Some(FindingSeverity::Error),
            _ => false,
        };
        self.series.iter().any(wrong)
    }

    /// How many series could not be read.
    pub fn refused(&self) -> usize {
        self.series.iter().filter(|s| matches!(s.found, SeriesKind::Refused(_))).count()
    }

    /// The document of `assay data check --format json`.
    pub fn document(&self) -> Value {
        let one = |s: &CheckedSeries| match &s.found {
            SeriesKind::Bars(report, facts) => json!({ "source": facts, "report": report }),
            SeriesKind::Funding(events) => json!({ "funding": funding_text(events) }),
            SeriesKind::Refused(e) => json!({ "refused": e.to_string() }),
        };
        json!({ "series": self.series.iter().map(one).collect::<Vec<_>>() })
    }
}

/// Rates of funding in words.
pub(crate) fn funding_text(e: &Events) -> String {
    let edge = |t: Option<&i64>| t.map_or_else(String::new, |t| format_time(*t));
    let mut text = format!(
        "{} rates of funding, {} to {}\n",
        e.rate.len(),
        edge(e.time_ms.first()),
        edge(e.time_ms.last())
    );
    e.notes.iter().for_each(|n| text += &format!("{n}\n"));
    text
}
