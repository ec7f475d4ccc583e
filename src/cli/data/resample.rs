//! `assay data resample`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::Common;
use crate::cli::progress::Spinner;
use crate::data::{TimeConvention, resampled_lines};
use crate::error::{Error, Place, Result};
use crate::jobs::data::DataResampleJob;
use crate::market::{Anchor, Calendar, DailyHours, Hours, Timeframe, Zone};

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
        let spinner = Spinner::new(self.common.quiet);
        let job = DataResampleJob {
            timeframe: self.timeframe,
            time,
            out: Some(self.out.clone()),
            ..DataResampleJob::new(self.bars.clone(), self.to, anchor)
        };
        let done = job.run(&spinner.progress())?;
        drop(spinner);
        let text = || {
            let mut text = format!("{}: bars begin at {anchor}\n", self.out.display());
            for line in resampled_lines(&done.made, done.source.bars.timeframe()) {
                text.push_str(&format!("  {line}\n"));
            }
            Ok(text)
        };
        self.common.show(|| Ok(done.document()), text)?;
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
