//! `assay data pull`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::json;

use super::size;
use crate::cli::progress::Progress;
use crate::cli::{Common, Format, print};
use crate::data::pull::{
    Archive, Brought, Catalogue, Event, Finished, Missing, Options, Period, State, Wanted, Why, finish, plan,
    pull,
};
use crate::error::{Error, Result};
use crate::market::{Timeframe, format_time};
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
        let catalogue = Catalogue::read(self.catalogue.as_deref())?;
        let source = catalogue.source(&self.source)?;
        let series = source.series(self.kind.as_deref())?;
        let wanted = Wanted {
            symbol: self.symbol.clone(),
            timeframe: self.timeframe.as_deref().map(str::parse::<Timeframe>).transpose()?,
            from: period("--from", &self.from)?,
            to: period("--to", &self.to)?,
        };
        let options = self.options()?;
        let archives = plan(series, &wanted)?;
        begun(&archives)?;
        let out = self.out.clone().unwrap_or_else(|| default_out(&self.source, &series.kind, &wanted));

        let progress = Progress::new(self.common.quiet);
        let mut now = Doing::default();
        let brought = pull(source, &archives, &options, &mut |event| now.show(&progress, event))?;
        progress.stage("importing");
        let finished = if self.no_import {
            None
        } else {
            let paths: Vec<PathBuf> = brought.archives.iter().map(|a| a.path.clone()).collect();
            Some(finish(source, series, &wanted, &paths, &out)?)
        };
        drop(progress);

        let what = [Some(source.name.clone()), Some(series.kind.clone()), Some(wanted.symbol.clone())];
        let timeframe = wanted.timeframe.map(|t| t.to_string());
        match self.common.format {
            Format::Json => print(&format!(
                "{:#}\n",
                json!({
                    "source": source.name,
                    "kind": series.kind,
                    "symbol": wanted.symbol,
                    "timeframe": timeframe,
                    "licence": source.licence,
                    "archives": brought.archives,
                    "missing": brought.missing,
                    "requests": brought.requests,
                    "file": finished,
                })
            ))?,
            Format::Text if !self.common.quiet => {
                let head: Vec<String> = what.into_iter().chain([timeframe]).flatten().collect();
                print(&summary(
                    &head.join(" "),
                    &brought,
                    finished.as_ref(),
                    &options.cache,
                    &source.licence,
                ))?;
            }
            Format::Text => {}
        }
        Ok(0)
    }

    fn options(&self) -> Result<Options> {
        let seconds = |name: &str, value: f64, least: f64| {
            Duration::try_from_secs_f64(value)
                .ok()
                .filter(|d| (least..=3600.0).contains(&d.as_secs_f64()))
                .ok_or_else(|| {
                    Error::usage(name, format!("must be between {least} and 3600 seconds, was {value}"))
                })
        };
        Ok(Options {
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

fn default_out(source: &str, kind: &str, wanted: &Wanted) -> PathBuf {
    let timeframe = wanted.timeframe.map_or_else(String::new, |t| format!("-{t}"));
    Path::new("datasets").join(format!("{source}-{kind}-{}{timeframe}.parquet", wanted.symbol))
}

/// What is being done, for who looks on.
#[derive(Default)]
struct Doing {
    name: String,
}

impl Doing {
    fn show(&mut self, progress: &Progress, event: Event<'_>) {
        if !progress.is_shown() {
            return;
        }
        match event {
            Event::Queued => progress.stage("waiting for another pull into this cache"),
            Event::Archive { name, index, of } => {
                name.clone_into(&mut self.name);
                progress.stage(name);
                progress.count(index as u64, of as u64);
            }
            Event::Bytes { done, total } => {
                let of = total.map_or_else(String::new, |t| format!(" of {}", size(t)));
                progress.stage(format!("{} {}{of}", self.name, size(done)));
            }
            Event::Waiting { why, wait } => {
                progress.stage(format!("{}: {why}; again in {:.1} s", self.name, wait.as_secs_f64()));
            }
        }
    }
}

/// What was brought, for a reader.
fn summary(
    head: &str,
    brought: &Brought,
    finished: Option<&Finished>,
    cache: &Path,
    licence: &str,
) -> String {
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
    let range = match (brought.archives.first(), brought.archives.last()) {
        (Some(a), Some(b)) => format!("{} to {}", a.period, b.period),
        _ => String::new(),
    };
    let n = brought.archives.len();
    let archives = if n == 1 { "archive" } else { "archives" };
    let mut lines =
        vec![format!("{head}: {n} {archives}, {range}, verified, in {}", cache.display()), parts.join(", ")];
    for (why, words) in [
        (Why::Before, "not there, before the first"),
        (Why::After, "not published, or no longer traded"),
        (Why::Hole, "missing in between"),
        (Why::WrongChecksum, "left out, with a wrong checksum"),
    ] {
        let some: Vec<&Missing> = brought.missing.iter().filter(|m| m.why == why).collect();
        match some[..] {
            [] => {}
            [one] => lines.push(format!("{words}: {}", one.period)),
            [first, .., last] if why == Why::Before || why == Why::After => {
                lines.push(format!("{words}: {} to {}", first.period, last.period));
            }
            _ => {
                let all: Vec<String> = some.iter().map(|m| m.period.to_string()).collect();
                lines.extend(wrap(&format!("{words}: {}", all.join(", ")), 100));
            }
        }
    }
    if let Some(f) = finished {
        lines.push(format!("{}: {} rows, {} to {}", f.out.display(), f.rows, f.first, f.last));
        lines.extend(f.notes.iter().flat_map(|n| wrap(n, 100)));
    }
    lines.extend(wrap(&format!("licence: {licence}"), 100));
    lines.join("\n") + "\n"
}
