//! Jobs about files of bars, without a scenario: one file a job.

mod check;
mod import;
mod list;
mod pull;
mod resample;
mod synth;

use std::path::{Path, PathBuf};

pub(crate) use check::funding_text;
pub use check::{CheckedSeries, DataCheckJob, DataCheckOutcome, SeriesKind};
pub use import::{DataImportJob, ImportOutcome, ImportedBars};
pub use list::{DataListJob, DataListOutcome};
pub use pull::{DataPullJob, PullOutcome};
pub use resample::{DataResampleJob, ResampleOutcome};
pub use synth::{DataSynthJob, SynthOutcome};

use crate::data::check::CheckOptions;
use crate::data::import::{Facts, Options};
use crate::error::{Error, Result};
use crate::market::Calendar;

/// Refuses to write over a file that is read: its source would be gone.
///
/// # Errors
/// `out` is one of `inputs`.
pub(super) fn not_over(out: &Path, inputs: &[PathBuf]) -> Result<()> {
    let same = |p: &PathBuf| matches!((p.canonicalize(), out.canonicalize()), (Ok(a), Ok(b)) if a == b);
    match inputs.iter().find(|p| same(p)) {
        Some(input) => {
            Err(Error::usage("--out", format!("{} is read, and would be written over", input.display()))
                .hint("name another file"))
        }
        None => Ok(()),
    }
}

/// Files of bars of one instrument, and what is known of them beforehand.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The files, or folders of them.
    pub files: Vec<PathBuf>,
    /// What the importer is to know.
    pub options: Options,
    /// When the market is open.
    pub calendar: Option<Calendar>,
}

impl Files {
    /// What the check is to know, of what was said and of what the files say.
    fn check_options(&self, facts: &Facts) -> CheckOptions {
        CheckOptions {
            timeframe: self.options.timeframe,
            stated_timeframe: facts.stated_timeframe,
            calendar: self.calendar,
            symbol: self.options.symbol.clone().or_else(|| facts.symbol.clone()),
            ..CheckOptions::default()
        }
    }
}

/// A number of bytes for a reader.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
