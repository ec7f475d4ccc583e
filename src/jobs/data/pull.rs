//! A history out of a public archive.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::size;
use crate::data::pull::{
    Archive, ArchiveSeries, Brought, Catalogue, DataSource, Period, PullEvent, PullOptions, PullRequest,
    PulledFiles, finish, plan, pull,
};
use crate::error::{Error, Result};
use crate::market::format_time;
use crate::progress::Progress;

/// `assay data pull`: fetches the archives of a range into a cache, verifies them, and makes one file of them.
/// Told to stop, it keeps the archives that are there and the beginning of the one that is not.
#[derive(Debug, Clone)]
pub struct DataPullJob {
    /// Source of the catalogue.
    pub source: String,
    /// What of the source; without a name its first.
    pub kind: Option<String>,
    /// What is wanted.
    pub wanted: PullRequest,
    /// How to fetch.
    pub options: PullOptions,
    /// Another catalogue than the program's own.
    pub catalogue: Option<PathBuf>,
    /// Parquet file to write; without a name one in `datasets`, named by what it holds.
    pub out: Option<PathBuf>,
    /// Whether a file is made of the archives.
    pub import: bool,
}

/// What was brought.
#[derive(Debug, Clone)]
pub struct PullOutcome {
    /// Where from.
    pub source: DataSource,
    /// What of it.
    pub series: ArchiveSeries,
    /// What was wanted.
    pub wanted: PullRequest,
    /// The archives.
    pub brought: Brought,
    /// What was made of them.
    pub finished: Option<PulledFiles>,
}

impl DataPullJob {
    /// What is wanted of the first kind of a source, imported into a file named by what it holds.
    pub fn new(source: impl Into<String>, wanted: PullRequest) -> Self {
        let (source, options) = (source.into(), PullOptions::default());
        Self { source, kind: None, wanted, options, catalogue: None, out: None, import: true }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// There is no such source, it cannot be reached or lacks something, a file cannot be written, or it was
    /// told to stop.
    pub fn run(&self, progress: &Progress) -> Result<PullOutcome> {
        let catalogue = Catalogue::read(self.catalogue.as_deref())?;
        let source = catalogue.source(&self.source)?;
        let series = source.series(self.kind.as_deref())?;
        let wanted = &self.wanted;
        let archives = plan(series, wanted)?;
        begun(&archives)?;
        let out = self.out.clone().unwrap_or_else(|| default_out(&self.source, &series.kind, wanted));

        progress.stage("fetching")?;
        let mut name = String::new();
        let brought = pull(source, &archives, &self.options, &mut |event| tell(progress, &mut name, event))?;
        progress.count(archives.len() as u64, archives.len() as u64);
        let finished = if self.import {
            progress.stage("importing")?;
            let paths: Vec<PathBuf> = brought.archives.iter().map(|a| a.path.clone()).collect();
            Some(finish(source, series, wanted, &paths, &out)?)
        } else {
            None
        };
        let (source, series) = (source.clone(), series.clone());
        Ok(PullOutcome { source, series, wanted: wanted.clone(), brought, finished })
    }
}

/// Says what goes on, and whether to go on.
fn tell(progress: &Progress, name: &mut String, event: PullEvent<'_>) -> Result<()> {
    match event {
        PullEvent::Queued => {
            progress.detail("waiting for another pull into this cache");
            progress.check()
        }
        PullEvent::Archive { name: archive, index, of } => {
            archive.clone_into(name);
            progress.detail(archive);
            progress.count(index as u64, of as u64);
            progress.check()
        }
        PullEvent::Bytes { done, total } => {
            progress.detail(&format!(
                "{name} {}{}",
                size(done),
                total.map_or_else(String::new, |t| format!(" of {}", size(t)))
            ));
            progress.check()
        }
        PullEvent::Waiting { why, wait } => {
            progress.detail(&format!("{name}: {why}; again in {:.1} s", wait.as_secs_f64()));
            progress.check()
        }
    }
}

/// Refuses what cannot have been published, so that a slip in a year is no thousand requests.
fn begun(archives: &[Archive]) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    // A clock that is a day off is no reason.
    let tomorrow = format_time(now + 86_400_000);
    match archives.last().map(|a| a.period) {
        Some(last) if last.first_day().to_string().as_str() > tomorrow.as_str() => {
            Err(Error::usage("--to", format!("{last} has not begun"))
                .hint("a month is published after its end, a day on the next"))
        }
        _ => Ok(()),
    }
}

fn default_out(source: &str, kind: &str, wanted: &PullRequest) -> PathBuf {
    let timeframe = wanted.timeframe.map_or_else(String::new, |t| format!("-{t}"));
    Path::new("datasets").join(format!("{source}-{kind}-{}{timeframe}.parquet", wanted.symbol))
}

impl PullOutcome {
    /// First and last period that is there.
    pub fn range(&self) -> Option<(Period, Period)> {
        Some((self.brought.archives.first()?.period, self.brought.archives.last()?.period))
    }

    /// The document of `assay data pull --format json`.
    pub fn document(&self) -> Value {
        json!({
            "source": self.source.name,
            "kind": self.series.kind,
            "symbol": self.wanted.symbol,
            "timeframe": self.wanted.timeframe.map(|t| t.to_string()),
            "licence": self.source.licence,
            "archives": self.brought.archives,
            "missing": self.brought.missing,
            "requests": self.brought.requests,
            "file": self.finished,
        })
    }
}
