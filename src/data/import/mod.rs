//! Files of any common format to rows of one instrument, as they are: nothing is sorted, filled or repaired.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::TimeConvention;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::market::{Timeframe, Zone};

/// A format of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Klines of Binance: CSV with or without a header, or JSON arrays of twelve.
    Binance,
    /// Candles of Bitfinex: open, close, high, low.
    Bitfinex,
    /// Candles of freqtrade: JSON arrays of six, or Feather.
    Freqtrade,
    /// Bars of QuantConnect LEAN in its folders.
    Lean,
    /// Exports of MetaTrader 4 and 5.
    Metatrader,
    /// Daily shares of Yahoo, with `Adj Close`.
    Yahoo,
    /// Bars of Dukascopy.
    Dukascopy,
    /// Any text of separated columns.
    Csv,
    /// Parquet.
    Parquet,
    /// Arrow IPC (Feather, second version).
    Arrow,
}

/// What is known of files beforehand; what is not given is found out.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Their format.
    pub format: Option<Format>,
    /// Name of the instrument.
    pub symbol: Option<String>,
    /// Length of a bar.
    pub timeframe: Option<Timeframe>,
    /// The clock of times that name none.
    pub zone: Option<Zone>,
    /// Which edge of a bar the times mark.
    pub time: Option<TimeConvention>,
    /// What prices are multiplied by.
    pub price_scale: Option<f64>,
}

/// Rows and what is known of them.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The rows.
    pub rows: Rows,
    /// What is known of them.
    pub facts: Facts,
}

/// What is known of imported rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The format they were in.
    pub format: Format,
    /// The instrument, where a file's name or content tells.
    pub symbol: Option<String>,
    /// The length of a bar that a file's name or content states; the rows may say otherwise.
    pub stated_timeframe: Option<Timeframe>,
    /// The clock the times were on.
    pub zone: Zone,
    /// Which edge of a bar the times marked; rows hold opens.
    pub time: TimeConvention,
    /// What was assumed, scaled, adjusted or left out, in words.
    pub notes: Vec<String>,
    /// The files, in the order of their rows.
    pub files: Vec<SourceFile>,
}

/// One file that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its name without its folder.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Rows in it.
    pub rows: usize,
}

/// Reads files of one instrument. A folder stands for the files in it, by name.
///
/// # Errors
/// A file cannot be read, is of no known format, or holds something else than bars.
pub fn import(paths: &[PathBuf], _options: &Options) -> Result<Imported> {
    Err(Error::internal(paths.len(), "not there yet"))
}
