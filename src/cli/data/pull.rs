//! `assay data pull`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cli::Common;
use crate::cli::progress::Spinner;
use crate::data::pull::{FetchReason, MissingArchive, Period, PullOptions, PullRequest, State};
use crate::error::{Error, Result};
use crate::jobs::data::{DataPullJob, PullOutcome, size};
use crate::market::Timeframe;
use crate::report::text::wrap;

/// Arguments of `assay data pull`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PullArgs {
    /// Source of the catalogue, such as binance
    source: String,
    /// Instrument, spelled as the source does, such as BTCUSDT
    symbol: String,
    /// Length of a bar, such as 1h; none for funding
    timeframe: Option<String>,
    /// First month (2023-01) or day (2023-01-31)
    #[arg(long, value_name = "MONTH")]
    from: String,
    /// Last month or day, wanted as well
    #[arg(long, value_name = "MONTH")]
    to: String,
    /// What of the source, such as spot, um-futures or funding [default: its first]
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Parquet file to write [default: datasets/SOURCE-KIND-SYMBOL-TIMEFRAME.parquet]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Fill the cache and write no file
    #[arg(long, conflicts_with = "out")]
    no_import: bool,
    /// Go on without archives that are missing between others, or whose checksum stays wrong
    #[arg(long)]
    allow_missing: bool,
    /// Ask the source whether it has replaced archives that are in the cache
    #[arg(long)]
    refresh: bool,
    /// Folder that archives are kept in
    #[arg(long, value_name = "DIR", default_value = "datasets/cache")]
    cache: PathBuf,
    /// Another catalogue than the program's own
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// A mirror, instead of the catalogue's address
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Requests a second at most, instead of the catalogue's
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Seconds without an answer, or without a piece of one, after which a request has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    timeout: f64,
    /// How often a request that failed is made again
    #[arg(long, value_name = "N", default_value_t = 4)]
    retries: u32,
    /// Seconds before it is made again the first time; the wait doubles
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, hide = true)]
    backoff: f64,
    #[command(flatten)]
    common: Common,
}

impl PullArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        let job = DataPullJob {
            source: self.source.clone(),
            kind: self.kind.clone(),
            wanted: self.wanted()?,
            options: self.options()?,
            catalogue: self.catalogue.clone(),
            out: self.out.clone(),
            import: !self.no_import,
        };
        let spinner = Spinner::new(self.common.quiet);
        let done = job.run(&spinner.progress())?;
        drop(spinner);
        self.common.show(|| Ok(done.document()), || Ok(summary(&done, &self.cache)))?;
        Ok(0)
    }

    fn wanted(&self) -> Result<PullRequest> {
        Ok(PullRequest {
            symbol: self.symbol.clone(),
            timeframe: self.timeframe.as_deref().map(str::parse::<Timeframe>).transpose()?,
            from: period("--from", &self.from)?,
            to: period("--to", &self.to)?,
        })
    }

    fn options(&self) -> Result<PullOptions> {
        let seconds = |name: &str, value: f64, least: f64| {
            Duration::try_from_secs_f64(value)
                .ok()
                .filter(|d| (least..=3600.0).contains(&d.as_secs_f64()))
                .ok_or_else(|| {
                    Error::usage(name, format!("must be between {least} and 3600 seconds, was {value}"))
                })
        };
        Ok(PullOptions {
            cache: self.cache.clone(),
            base_url: self.base_url.clone(),
            rate: self.rate,
            retries: self.retries,
            backoff: seconds("--backoff", self.backoff, 0.0)?,
            timeout: seconds("--timeout", self.timeout, 0.05)?,
            refresh: self.refresh,
            allow_missing: self.allow_missing,
        })
    }
}

fn period(name: &str, text: &str) -> Result<Period> {
    text.parse().map_err(|problem| {
        Error::usage(name, problem).hint("months come as monthly archives, days around them as daily ones")
    })
}

/// What was brought, for a reader.
fn summary(done: &PullOutcome, cache: &Path) -> String {
    let (brought, wanted, licence) = (&done.brought, &done.wanted, &done.source.licence);
    let what = [Some(done.source.name.clone()), Some(done.series.kind.clone()), Some(wanted.symbol.clone())];
    let timeframe = wanted.timeframe.map(|t| t.to_string());
    let head = what.into_iter().chain([timeframe]).flatten().collect::<Vec<String>>().join(" ");
    let of = |state: State| {
        let some = brought.archives.iter().filter(|a| a.state == state);
        (some.clone().count(), some.map(|a| a.bytes).sum::<u64>())
    };
    let (kept, fetched, resumed) = (of(State::Kept), of(State::Fetched), of(State::Resumed));
    let mut parts = vec![];
    for ((n, bytes), word) in [(fetched, "fetched"), (resumed, "resumed"), (kept, "there already")] {
        if n > 0 {
            parts.push(format!("{n} {word} ({})", size(bytes)));
        }
    }
    let range = done.range().map_or_else(String::new, |(a, b)| format!("{a} to {b}"));
    let n = brought.archives.len();
    let archives = if n == 1 { "archive" } else { "archives" };
    let mut lines =
        vec![format!("{head}: {n} {archives}, {range}, verified, in {}", cache.display()), parts.join(", ")];
    for (why, words) in [
        (FetchReason::Before, "not there, before the first"),
        (FetchReason::After, "not published, or no longer traded"),
        (FetchReason::Hole, "missing in between"),
        (FetchReason::WrongChecksum, "left out, with a wrong checksum"),
    ] {
        let some: Vec<&MissingArchive> = brought.missing.iter().filter(|m| m.why == why).collect();
        match some[..] {
            [] => {}
            [one] => lines.push(format!("{words}: {}", one.period)),
            [first, .., last] if why == FetchReason::Before || why == FetchReason::After => {
                lines.push(format!("{words}: {} to {}", first.period, last.period));
            }
            _ => {
                let all: Vec<String> = some.iter().map(|m| m.period.to_string()).collect();
                lines.extend(wrap(&format!("{words}: {}", all.join(", ")), 100));
            }
        }
    }
    if let Some(f) = &done.finished {
        lines.push(format!("{}: {} rows, {} to {}", f.out.display(), f.rows, f.first, f.last));
        lines.extend(f.notes.iter().flat_map(|n| wrap(n, 100)));
    }
    lines.extend(wrap(&format!("licence: {licence}"), 100));
    lines.join("\n") + "\n"
}
