//! The `[data]` section of a scenario, and the prices of currencies beside it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::TimeConvention;
use crate::data::synth::PresetFile;
use crate::error::{Place, Result};
use crate::market::{Calendar, Instrument, Timeframe, parse_time};

/// `[data]`: the bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// One CSV or Parquet file a symbol, relative to the project root; none where the bars are generated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bars: Vec<String>,
    /// The preset that the bars are generated from, instead of files: a path relative to the project root, or the name of
    /// a shipped one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synth: Option<String>,
    /// Name of the instrument, or of all of them together, in tables and titles.
    #[serde(default = "default_symbol")]
    pub symbol: String,
    /// Names of the instruments where there are several, in the order of `bars`. Of generated bars, those of the preset's
    /// symbols that are traded, always: all of them where a file does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<String>,
    /// Length of a bar; read from the data where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeframe: Option<Timeframe>,
    /// Which edge of a bar the times of the file mark.
    #[serde(default)]
    pub time: TimeConvention,
    /// Files of finer bars of the same markets, for the intrabar policy `detail`.
    #[serde(default, skip_serializing_if = "FileNames::is_empty")]
    pub detail: FileNames,
    /// Files of funding rates, which positions pay or get.
    #[serde(default, skip_serializing_if = "FileNames::is_empty")]
    pub funding: FileNames,
    /// When trading and judging start, UTC: at the first bar that opens then or later. The bars before it are read, and
    /// serve the warm-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// When they end, UTC: bars that open then or later are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When the market trades, by which results are annualised: as given, or that of the instruments where all have the
    /// same. Around the clock where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// Trading days in a year of this market; those of the calendar where absent.
    #[serde(default)]
    pub days_per_year: Option<f64>,
}

/// File names: one as text, several as a list, an empty one for a symbol that has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "OneOrMany")]
pub struct FileNames(Vec<String>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for FileNames {
    fn from(files: OneOrMany) -> Self {
        match files {
            OneOrMany::One(file) => Self(vec![file]),
            OneOrMany::Many(files) => Self(files),
        }
    }
}

impl From<FileNames> for OneOrMany {
    fn from(FileNames(mut files): FileNames) -> Self {
        match files.pop() {
            Some(file) if files.is_empty() => Self::One(file),
            Some(file) => {
                files.push(file);
                Self::Many(files)
            }
            None => Self::Many(files),
        }
    }
}

impl FileNames {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }

    /// How many are named.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// That of symbol `k`.
    pub fn get(&self, k: usize) -> Option<&str> {
        self.0.get(k).map(String::as_str).filter(|f| !f.is_empty())
    }
}

/// `[[conversion]]`: the price of one currency in another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// `USD_JPY` is the price of one dollar in yen.
    pub pair: String,
    /// CSV or Parquet file of its bars, relative to the project root.
    pub bars: String,
}

impl Data {
    /// How many symbols there are.
    pub fn count(&self) -> usize {
        match self.synth {
            Some(_) => self.symbols.len(),
            None => self.bars.len(),
        }
    }

    /// Names the symbols of generated bars where the file does not: all that the preset has. A run's echo holds them, so
    /// that it says what it was about without the preset.
    pub(super) fn name_generated(&mut self, root: &Path, place: impl FnOnce() -> Place) -> Result<()> {
        // An empty name is none, as of every other file.
        self.synth.take_if(|s| s.is_empty());
        if let (Some(preset), [], []) = (&self.synth, &self.bars[..], &self.symbols[..]) {
            let made = PresetFile::find(root, preset, place())?.preset.symbols;
            self.symbols = made.into_iter().map(|s| s.symbol).collect();
        }
        Ok(())
    }

    /// Name of what is traded, all of it.
    pub fn title(&self) -> String {
        match self.symbols.len() {
            0 => self.symbol.clone(),
            _ if self.symbol != default_symbol() => self.symbol.clone(),
            1..=4 => self.symbols.join(" "),
            n => format!("{n} symbols"),
        }
    }

    /// When trading and judging start, milliseconds UTC; bars before it serve the warm-up.
    pub fn from_ms(&self) -> Option<i64> {
        self.from.as_deref().and_then(parse_time)
    }

    /// When they end.
    pub fn to_ms(&self) -> Option<i64> {
        self.to.as_deref().and_then(parse_time)
    }

    /// When the market trades.
    pub fn calendar(&self) -> Calendar {
        self.calendar.unwrap_or_default()
    }

    /// The same where `instruments` say when it trades: what is given counts, then what all of them say.
    #[must_use]
    pub(super) fn trading_by(self, instruments: &[Instrument]) -> Self {
        let theirs = common_calendar(instruments).filter(|c| !c.is_always());
        let all = Self { calendar: self.calendar.or(theirs), ..self };
        // Written out, as every default.
        Self { days_per_year: Some(all.days_per_year()), ..all }
    }

    /// Trading days in a year: what daily results are annualised with.
    pub fn days_per_year(&self) -> f64 {
        self.days_per_year.unwrap_or_else(|| self.calendar().days_per_year())
    }

    /// Bars in a year: what results of bars are annualised with.
    pub fn bars_per_year(&self, timeframe: Timeframe) -> f64 {
        match self.calendar() {
            Calendar::Always => timeframe.per_year(self.days_per_year()),
            c => c.bars_per_year(timeframe) * (self.days_per_year() / c.days_per_year()),
        }
    }

    /// Name of symbol `k`.
    pub fn name(&self, k: usize) -> &str {
        self.symbols.get(k).unwrap_or(&self.symbol)
    }
}

/// The calendar that all of `instruments` have.
pub(super) fn common_calendar(instruments: &[Instrument]) -> Option<Calendar> {
    let mut all = instruments.iter().map(|i| i.calendar);
    all.next().flatten().filter(|c| all.all(|other| other == Some(*c)))
}

pub(super) fn default_symbol() -> String {
    "UNNAMED".to_owned()
}
