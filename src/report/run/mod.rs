//! The report of one run: its tables, charts and page, made of the record on disk and the verdict on it.

mod charts;
mod page;
mod tables;
mod terminal;

use rayon::prelude::*;

use super::drawings::{Drawing, files};
use crate::error::Result;
use crate::experiments::RunRecord;
use crate::gate;

pub use terminal::terminal_summary;

/// The report of a run, ready to be written.
pub struct RunReport {
    charts: Vec<(&'static str, Drawing)>,
    html: String,
}

impl RunReport {
    /// Draws the charts that `record` has data for, and sets the page.
    ///
    /// # Errors
    /// A table of the record lacks a column.
    pub fn new(record: &RunRecord, verdict: Option<&gate::Report>) -> Result<Self> {
        let plans = charts::plan(record)?;
        let charts = plans
            .into_par_iter()
            .map(|(name, chart)| Ok((name, chart.draw()?)))
            .collect::<Result<Vec<_>>>()?;
        let html = page::page(record, verdict, &charts);
        Ok(Self { charts, html })
    }

    /// Every file, by its path within the run folder.
    pub fn files(self) -> Result<Vec<(String, Vec<u8>)>> {
        Ok(files(self.html, self.charts))
    }
}
