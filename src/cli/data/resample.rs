//! `assay data resample`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::{Common, Format, print};
use crate::data::{Request, TimeConvention, load, resample, resampled_lines, write_resampled};
use crate::error::{Error, Place, Result};
use crate::market::{Anchor, Calendar, DailyHours, Hours, Timeframe, Zone, format_time};

/// Arguments of `assay data resample`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResampleArgs {
    /// CSV, Parquet or Arrow file of bars
    bars: PathBuf,
    /// Length of the bars to make (15m, 1h, 4h, 1d, 1w); a multiple of that of the file
    #[arg(long, value_name = "LENGTH")]
    to: Timeframe,
    /// Where bars begin: at multiples of their length since 1970 (weeks on Mondays), or with the session
    #[arg(long, value_enum, default_value_t = Where::Epoch)]
    anchor: Where,
    /// Session by the clock, as 09:30-16:00, or 17:00 for a day that goes on until the next
    #[arg(long, value_name = "HH:MM[-HH:MM]", conflicts_with = "calendar")]
    session: Option<DailyHours>,
    /// Clock of the session: UTC, +03:00, America/New_York
    #[arg(long, value_name = "ZONE", requires = "session")]
    timezone: Option<Zone>,
    /// When the market trades: 24/7, fx or us-equity; its sessions, and which parts of a bar should be there
    #[arg(long, value_name = "NAME")]
    calendar: Option<Calendar>,
    /// Length of the bars of the file, where it should not be asked
    #[arg(long, value_name = "LENGTH")]
    timeframe: Option<Timeframe>,
    /// Which edge of a bar the times of the file mark
    #[arg(long, value_name = "EDGE", default_value = "open", value_parser = ["open", "close"])]
    time: String,
    /// Parquet file to write; its times are opens
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    /// At multiples of their length since 1970-01-01 UTC
    Epoch,
    /// At the open of the session and every length after it
    Session,
}

impl ResampleArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        let anchor = self.anchor()?;
        let time = if self.time == "close" { TimeConvention::Close } else { TimeConvention::Open };
        let source = load(&self.bars, &Request { timeframe: self.timeframe, time, ..Request::default() })?;
        let made = resample(&source, self.to, anchor)?;
        write_resampled(&self.out, &made, &source, anchor)?;
        let from = source.bars.timeframe();
        match self.common.format {
            Format::Json => {
                let time = |t: Option<&i64>| t.map(|t| format_time(*t));
                let document = json!({
                    "out": self.out.display().to_string(),
                    "from": from,
                    "to": self.to,
                    "anchor": anchor.to_string(),
                    "bars": made.bars.len(),
                    "first_open": time(made.bars.open_time().first()),
                    "last_open": time(made.bars.open_time().last()),
                    "tally": made.tally,
                });
                print(&format!("{document:#}\n"))?;
            }
            Format::Text if !self.common.quiet => {
                let mut text = format!("{}: bars begin at {anchor}\n", self.out.display());
                for line in resampled_lines(&made, from) {
                    text.push_str(&format!("  {line}\n"));
                }
                print(&text)?;
            }
            Format::Text => {}
        }
        Ok(0)
    }

    fn anchor(&self) -> Result<Anchor> {
        match (self.anchor, self.session, self.calendar) {
            (Where::Epoch, None, calendar) => Ok(Anchor::Epoch(calendar.unwrap_or_default())),
            (Where::Epoch, Some(_), _) => {
                Err(Error::usage("--session", "bars that begin at the epoch have no session")
                    .hint("add --anchor session"))
            }
            (Where::Session, Some(hours), _) => {
                Ok(Anchor::Session(Hours::Daily(hours.at(self.timezone.unwrap_or(Zone::UTC)))))
            }
            (Where::Session, None, Some(calendar)) => Ok(Anchor::Session(Hours::Calendar(calendar))),
            (Where::Session, None, None) => {
                Err(Error::usage(Place::given("--anchor", "session"), "no session was named")
                    .hint("add --session 09:30-16:00 --timezone America/New_York, or --calendar us-equity"))
            }
        }
    }
}
