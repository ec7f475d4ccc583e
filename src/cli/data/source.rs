//! Files of bars on the command line, and what is known of them.

use std::path::PathBuf;

use clap::Args;

use crate::data::DateOrder;
use crate::data::TimeConvention;
use crate::data::check::CheckOptions;
use crate::data::import::{Facts, Format, Options};
use crate::error::{Error, Result, nearest};
use crate::market::{Calendar, Timeframe, Zone};

/// Files of one instrument, and what is known of them beforehand.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Files of bars of one instrument, or a folder of them
    #[arg(required = true, value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,
    /// Their format, where it should not be found out: binance, bitfinex, freqtrade, lean, metatrader, yahoo, dukascopy, csv, json, parquet,
    /// arrow
    #[arg(long = "as", value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Name of the instrument
    #[arg(long, value_name = "S")]
    symbol: Option<String>,
    /// Length of a bar (1h, 15m, 1d)
    #[arg(long)]
    timeframe: Option<Timeframe>,
    /// The clock of times that name none: UTC, +03:00, America/New_York, America/New_York+7
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Zone>,
    /// Which edge of a bar the times mark
    #[arg(long, value_name = "EDGE", value_parser = ["open", "close"])]
    time: Option<String>,
    /// What prices are multiplied by, as 0.01 where they are in points
    #[arg(long, value_name = "X")]
    price_scale: Option<f64>,
    /// Names of the columns in their order, for a text without a header or with a wrong one: time,open,high,low,close,volume
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// What 01/02/2021 is: dmy is the first of February, mdy the second of January
    #[arg(long, value_name = "ORDER", value_parser = ["dmy", "mdy"])]
    dates: Option<String>,
    /// Make prices comparable over splits and dividends, where the source says how
    #[arg(long)]
    adjust: bool,
    /// The factor file of a share of LEAN's, where it does not lie beside the bars
    #[arg(long, value_name = "FILE", requires = "adjust")]
    factors: Option<PathBuf>,
    /// When the market is open: 24/7, fx, us-equity; says which bars should be there
    #[arg(long, value_name = "C")]
    calendar: Option<Calendar>,
}

impl SourceArgs {
    /// What the importer is to know.
    pub(super) fn options(&self) -> Options {
        Options {
            format: self.format,
            symbol: self.symbol.clone(),
            timeframe: self.timeframe,
            zone: self.timezone,
            time: self.time.as_deref().map(|t| match t {
                "close" => TimeConvention::Close,
                _ => TimeConvention::Open,
            }),
            price_scale: self.price_scale,
            columns: self.columns.clone(),
            named: Vec::new(),
            dates: match self.dates.as_deref() {
                Some("dmy") => DateOrder::Dmy,
                Some(_) => DateOrder::Mdy,
                None => DateOrder::Unknown,
            },
            adjust: self.adjust,
            factors: self.factors.clone(),
        }
    }

    /// What the check is to know, of what was said and of what the files say.
    pub(super) fn check_options(&self, facts: &Facts) -> CheckOptions {
        CheckOptions {
            timeframe: self.timeframe,
            stated_timeframe: facts.stated_timeframe,
            calendar: self.calendar,
            symbol: self.symbol.clone().or_else(|| facts.symbol.clone()),
            ..CheckOptions::default()
        }
    }
}

fn format(name: &str) -> Result<Format> {
    let all = Format::ALL.map(|(_, n)| n);
    Format::ALL.into_iter().find(|(_, n)| *n == name).map(|(f, _)| f).ok_or_else(|| {
        let error = Error::usage("--as", format!("{name:?} is no format"));
        match nearest(name, all) {
            Some(n) => error.hint(format!("did you mean {n}?")),
            None => error.hint(format!("choose of {}", all.join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_names() {
        assert_eq!(format("metatrader").unwrap(), Format::Metatrader);
        assert!(format("metatrade").unwrap_err().to_string().contains("did you mean metatrader?"));
        assert!(format("x").unwrap_err().to_string().contains("choose of binance"));
    }
}
