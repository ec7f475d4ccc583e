//! The report of one run: its tables, charts and page, made of the record on disk and the verdict on it.

mod charts;
mod page;
mod placebos;
mod price;
mod tables;
mod terminal;

use rayon::prelude::*;

use crate::error::Result;
use crate::experiments::placebos::Placebos;
use crate::gate;
use crate::report::{Drawing, files};
use crate::runs::RunRecord;
use crate::system::{Part, RunTables};

pub use placebos::placebos_text;
pub use terminal::terminal_summary;

/// The report of a run, ready to be written.
pub struct RunReport {
    charts: Vec<(&'static str, Drawing)>,
    html: String,
}

impl RunReport {
    /// Draws the charts that `record` has data for, and sets the page; with the placebos of the run, where it has any.
    ///
    /// # Errors
    /// A table of the record lacks a column.
    pub fn new(
        record: &RunRecord,
        verdict: Option<&gate::GateReport>,
        placebos: Option<&Placebos>,
    ) -> Result<Self> {
        let parts = parts(record)?;
        let mut plans = charts::plan(record, &parts)?;
        let subject = || charts::subject(&record.summary);
        let drawn = placebos.and_then(|p| placebos::chart(p, subject()));
        plans.extend(drawn.map(|chart| ("placebos", charts::Planned::Placebos(chart))));
        let charts = plans
            .into_par_iter()
            .map(|(name, chart)| Ok((name, chart.draw()?)))
            .collect::<Result<Vec<_>>>()?;
        let html = page::page(record, (verdict, placebos), &charts, &parts);
        Ok(Self { charts, html })
    }

    /// Every file, by its path within the run folder.
    pub fn files(self) -> Result<Vec<(String, Vec<u8>)>> {
        Ok(files(self.html, self.charts))
    }
}

/// What the system adds to the report of its runs.
fn parts(record: &RunRecord) -> Result<Vec<Part>> {
    let Some(system) = record.system else { return Ok(vec![]) };
    let d = &record.summary.data;
    system.parts(&RunTables {
        subject: charts::subject(&record.summary),
        span_ms: (d.start_ms, d.end_ms),
        trades: &record.main.trades,
        signals: &record.signals,
        tables: &record.tables,
    })
}
