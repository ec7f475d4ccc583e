//! Longer bars out of shorter ones.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::data::{LoadRequest, Loaded, TimeConvention, resample, write_resampled};
use crate::error::Result;
use crate::jobs::BarsFrom;
use crate::jobs::publish::shown;
use crate::market::{Anchor, Resampled, Timeframe, format_time};
use crate::progress::Progress;

/// `assay data resample`: reads bars, makes longer ones of them, and writes these.
#[derive(Debug, Clone)]
pub struct DataResampleJob {
    /// The shorter bars.
    pub bars: BarsFrom,
    /// Length of the bars to make.
    pub to: Timeframe,
    /// Where they begin.
    pub anchor: Anchor,
    /// Length of the bars of the file, where it should not be asked.
    pub timeframe: Option<Timeframe>,
    /// Which edge of a bar the times of the file mark.
    pub time: TimeConvention,
    /// Parquet file to write, if any.
    pub out: Option<PathBuf>,
}

/// What was made.
#[derive(Debug)]
pub struct ResampleOutcome {
    /// The bars, and what was counted on the way.
    pub made: Resampled,
    /// What they were made of.
    pub source: Loaded,
    /// Where they begin.
    pub anchor: Anchor,
    /// The file, where one was written.
    pub out: Option<PathBuf>,
}

impl DataResampleJob {
    /// Bars of length `to` that begin at `anchor`, in memory.
    pub fn new(bars: impl Into<BarsFrom>, to: Timeframe, anchor: Anchor) -> Self {
        Self { bars: bars.into(), to, anchor, timeframe: None, time: TimeConvention::Open, out: None }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The bars are wrong or cannot be made longer so, the file cannot be written, or it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<ResampleOutcome> {
        if let (Some(out), BarsFrom::File(file)) = (&self.out, &self.bars) {
            super::not_over(out, std::slice::from_ref(file))?;
        }
        progress.stage("reading bars")?;
        let request = LoadRequest { timeframe: self.timeframe, time: self.time, ..LoadRequest::default() };
        let source = self.bars.load(&request)?;
        progress.stage("resampling")?;
        let made = resample(&source, self.to, self.anchor)?;
        if let Some(out) = &self.out {
            progress.stage("writing")?;
            write_resampled(out, &made, &source, self.anchor)?;
        }
        Ok(ResampleOutcome { made, source, anchor: self.anchor, out: self.out.clone() })
    }
}

impl ResampleOutcome {
    /// The document of `assay data resample --format json`.
    pub fn document(&self) -> Value {
        let time = |t: Option<&i64>| t.map(|t| format_time(*t));
        let made = &self.made;
        json!({
            "out": shown(self.out.as_deref()),
            "from": self.source.bars.timeframe(),
            "to": made.bars.timeframe(),
            "anchor": self.anchor.to_string(),
            "bars": made.bars.len(),
            "first_open": time(made.bars.open_time().first()),
            "last_open": time(made.bars.open_time().last()),
            "tally": made.tally,
        })
    }
}
