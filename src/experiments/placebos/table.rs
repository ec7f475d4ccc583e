//! Placebos in a run folder: a report, and a row a replicate.

use std::path::Path;

use super::{ENTRIES, LAG, PlaceboReport};
use crate::data::table::{self, Column, Table, TextColumn};
use crate::error::{Error, Result};
use crate::runs::pretty;

/// Files of a run folder.
const REPORT: &str = "placebos.json";
const ROWS: &str = "placebos.parquet";

/// One placebo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceboReplicate {
    /// Which kind.
    pub name: &'static str,
    /// Its seed.
    pub seed: u64,
    /// Annualised Sharpe ratio of its net daily returns.
    pub sharpe: f64,
}

/// Placebos of one run: the report, and every replicate.
#[derive(Debug, Clone, PartialEq)]
pub struct Placebos {
    /// The report.
    pub report: PlaceboReport,
    /// Replicates, kind by kind, in the order of their numbers.
    pub replicates: Vec<PlaceboReplicate>,
}

impl Placebos {
    /// Sharpe ratios of the placebos of one kind: `lag` or `entries`.
    pub fn sharpes(&self, name: &str) -> Vec<f64> {
        self.replicates.iter().filter(|r| r.name == name).map(|r| r.sharpe).collect()
    }

    /// Both files, by their names in the folder of run `run_id`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn files(&self, run_id: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let rows = table::bytes(Path::new(ROWS), &self.table(), &[("assay:run", run_id.to_owned())])?;
        Ok(vec![(REPORT.to_owned(), pretty(&self.report)?.into_bytes()), (ROWS.to_owned(), rows)])
    }

    /// One row a replicate, numbered within its kind; a seed as sixteen hexadecimal digits.
    pub fn table(&self) -> Table {
        let all = &self.replicates;
        let text = |of: Vec<String>| Column::Str(TextColumn::collect(of.iter().map(String::as_str)));
        let number = |k: usize| all[..k].iter().rev().take_while(|r| r.name == all[k].name).count();
        Table::new()
            .with("name", text(all.iter().map(|r| r.name.to_owned()).collect()))
            .with("replicate", Column::U32((0..all.len()).map(|k| number(k) as u32).collect()))
            .with("seed", text(all.iter().map(|r| format!("{:016x}", r.seed)).collect()))
            .with("sharpe", Column::F64(all.iter().map(|r| r.sharpe).collect()))
    }

    /// Those of the run folder `dir`; none where it has none.
    ///
    /// # Errors
    /// A file is damaged.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(REPORT);
        if !path.is_file() {
            return Ok(None);
        }
        let damaged = |e: String| {
            Error::data(path.display(), format!("is not the report of placebos ({e})"))
                .hint("run the backtest again with this version")
        };
        let text = std::fs::read_to_string(&path).map_err(|e| damaged(e.to_string()))?;
        let report = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        let rows = table::read(&dir.join(ROWS))?;
        let (names, seeds, sharpes) = (rows.labels("name")?, rows.labels("seed")?, rows.f64("sharpe")?);
        let one = |k: usize| {
            let name = [LAG, ENTRIES].into_iter().find(|n| names.get(k) == Some(*n));
            let seed = seeds.get(k).and_then(|s| u64::from_str_radix(s, 16).ok());
            let (name, seed) = name.zip(seed).ok_or_else(|| damaged(format!("row {k} of {ROWS}")))?;
            Ok(PlaceboReplicate { name, seed, sharpe: sharpes[k] })
        };
        let replicates = (0..rows.rows()).map(one).collect::<Result<_>>()?;
        Ok(Some(Self { report, replicates }))
    }
}
