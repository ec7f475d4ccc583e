//! Files of bars on the command line, and what is known of them.

use std::path::PathBuf;

use clap::Args;

use crate::data::import::{Format, Options};
use crate::data::{DateOrder, NumberStyle, TimeConvention};
use crate::error::{Error, Result, nearest};
use crate::jobs::data::Files;
use crate::market::{Calendar, Timeframe, Zone};

/// Files of one instrument, and what is known of them beforehand.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Files of bars of one instrument, or a folder of them
    #[arg(required = true, value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,
    /// Their format, where it should not be found out: binance, bitfinex, freqtrade, lean, metatrader, yahoo, dukascopy, csv, json, parquet, arrow
    #[arg(long = "as", value_name = "FORMAT", value_parser = format)]
    file_format: Option<Format>,
    /// Name of the instrument; of a file of several, the one to take
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
    /// What prices are multiplied by, as 0.01 where they are in points and 0.0001 where in ten-thousandths
    #[arg(long, value_name = "X")]
    price_scale: Option<f64>,
    /// Names of the columns in their order, for a text without a header or with a wrong one, or for arrays of JSON: time,open,high,low,close,volume
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// A role and the name the files have for it, as close=Last; repeatable
    #[arg(long = "map", value_name = "ROLE=NAME", value_parser = role)]
    named: Vec<(String, String)>,
    /// Lines above the header to leave out
    #[arg(long = "skip", value_name = "N", default_value_t = 0, hide_default_value = true)]
    skip_lines: usize,
    /// What stands before decimals in a text, "," or "."
    #[arg(long, value_name = "SIGN")]
    decimal: Option<String>,
    /// What stands between thousands in a text: "," "." "'" "_" or space
    #[arg(long, value_name = "SIGN")]
    thousands: Option<String>,
    /// What a date such as 01/02/2021 is: dmy (the first of February) or mdy
    #[arg(long, value_name = "ORDER", value_parser = ["dmy", "mdy"])]
    dates: Option<String>,
    /// Make prices comparable over splits and dividends, by a factor file or a column Adj Close (--map adjusted_close=NAME)
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
    /// The files, and what the importer is to know.
    ///
    /// # Errors
    /// The price scale is no scale, or numbers are written in no such way.
    pub(super) fn files(&self) -> Result<Files> {
        if let Some(scale) = self.price_scale.filter(|s| !(s.is_finite() && *s > 0.0)) {
            return Err(Error::usage("--price-scale", format!("must be a positive number, was {scale}"))
                .hint("write 0.01 where a price of 154759 means 1547.59"));
        }
        let options = Options {
            format: self.file_format,
            symbol: self.symbol.clone(),
            timeframe: self.timeframe,
            zone: self.timezone,
            usual_zone: None,
            time: self.time.as_deref().map(|t| match t {
                "close" => TimeConvention::Close,
                _ => TimeConvention::Open,
            }),
            price_scale: self.price_scale,
            columns: self.columns.clone(),
            named: self.named.clone(),
            skip_lines: self.skip_lines,
            numbers: NumberStyle::new(self.decimal.as_deref(), self.thousands.as_deref())?,
            dates: match self.dates.as_deref() {
                Some("dmy") => DateOrder::Dmy,
                Some(_) => DateOrder::Mdy,
                None => DateOrder::Unknown,
            },
            adjust: self.adjust,
            factors: self.factors.clone(),
        };
        Ok(Files { files: self.files.clone(), options, calendar: self.calendar })
    }
}

fn format(name: &str) -> Result<Format> {
    let names = || Format::ALL.iter().map(|f| f.name());
    Format::ALL.iter().copied().find(|f| f.name() == name).ok_or_else(|| {
        let error = Error::usage("--as", format!("{name:?} is no format"));
        match nearest(name, names()) {
            Some(n) => error.hint(format!("did you mean {n}?")),
            None => error.hint(format!("choose of {}", names().collect::<Vec<_>>().join(", "))),
        }
    })
}

const ROLES: [&str; 9] =
    ["time", "open", "high", "low", "close", "volume", "spread", "adjusted_close", "symbol"];

fn role(text: &str) -> Result<(String, String)> {
    let error = || Error::usage("--map", format!("{text:?} is no role and name"));
    let (role, name) = text.split_once('=').ok_or_else(|| error().hint("write ROLE=NAME, as close=Last"))?;
    if !ROLES.contains(&role) {
        return Err(error().hint(format!("the roles are {}", ROLES.join(", "))));
    }
    Ok((role.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_names() {
        assert_eq!(format("metatrader").unwrap(), Format::Metatrader);
        assert!(format("metatrade").unwrap_err().to_string().contains("did you mean metatrader?"));
        assert_eq!(role("close=Last").unwrap(), ("close".into(), "Last".into()));
        assert!(role("last=Close").unwrap_err().to_string().contains("the roles are time, open"));
        assert!(format("x").unwrap_err().to_string().contains("choose of binance"));
    }
}
