//! The folder of a sweep that is done, read back: its candidates by their numbers.

use std::path::{Path, PathBuf};

use super::passes::TopFigures;
use super::rows::{PointReader, numbers};
use super::{SHARED_FROM, Space, SweepSummary, TopRow, assignments};
use crate::data::table::{self, Table};
use crate::error::{Error, Place, Result};
use crate::runs::{Manifest, Summary, not_the_folder, results_hint};
use crate::scenario::Scenario;
use crate::system::Registry;

/// A sweep that is done.
#[derive(Debug)]
pub struct SweepFolder {
    /// Where it lies.
    pub dir: PathBuf,
    /// What it says.
    pub summary: SweepSummary,
    /// Its scenario with every value written out.
    pub text: String,
    /// The same, read; relative paths start from the working directory.
    pub scenario: Scenario,
    space: Space,
    table: Table,
    numbers: Vec<f64>,
}

/// One candidate of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptCandidate {
    /// Its row in the table of the best.
    pub row: TopRow,
    /// What each axis is in the scenario itself, in the order of [`TopRow::set`]; none where it does not say.
    pub own: Vec<Option<String>>,
    /// All of its figures.
    pub figures: Vec<(String, f64)>,
    /// Bars that it was evaluated over, where it was dropped before it saw all of them.
    pub dropped_after: Option<usize>,
}

/// Figures of a row that a run alone must have to the last bit.
type OfRun = fn(&Summary) -> f64;
const SAME: [(&str, OfRun); 6] = [
    ("total_return", |s| s.performance.total_return),
    ("sharpe", |s| s.performance.sharpe),
    ("max_drawdown", |s| s.performance.max_drawdown),
    ("end_equity", |s| s.performance.end_equity),
    ("trades", |s| s.trades.n as f64),
    ("costs", |s| s.costs.total),
];

impl SweepFolder {
    /// Reads a folder; the system is looked up in `registry`.
    ///
    /// # Errors
    /// It is no folder of a sweep that is done, or a file of it is missing or damaged.
    pub fn read(registry: &Registry, dir: &Path) -> Result<Self> {
        let text = |name: &str| -> Result<String> {
            std::fs::read_to_string(dir.join(name)).map_err(|e| {
                let hint = if dir.extension().is_some_and(|e| e == "part") {
                    "this sweep is not done: give its command again, which goes on from here".to_owned()
                } else {
                    results_hint("folder of a sweep", "sweep-<id>", dir)
                };
                Error::usage(dir.display(), not_the_folder("the folder of a sweep", dir, name, &e))
                    .caused_by(e)
                    .hint(hint)
            })
        };
        let path = dir.join("sweep.json");
        let summary: SweepSummary = serde_json::from_str(&text("sweep.json")?).map_err(|e| {
            Error::data(path.display(), format!("is not the document of a sweep ({e})"))
                .caused_by(e)
                .hint("run the sweep again with this version")
        })?;
        Manifest::verified(dir)?;
        let (shown, text) = (dir.join("scenario.toml").display().to_string(), text("scenario.toml")?);
        let scenario = Scenario::parse_with(registry, &text, &shown, PathBuf::from("."), &[])?;
        let space = Space::of(&scenario)?;
        let table = table::read(&dir.join("candidates.parquet"))?;
        let numbers = numbers(&table, "candidate")?;
        Ok(Self { dir: dir.to_owned(), summary, text, scenario, space, table, numbers })
    }

    /// Candidate `number`: of one that was evaluated over several stretches, over the longest.
    ///
    /// # Errors
    /// The table has no such row.
    pub fn candidate(&self, number: u64) -> Result<SweptCandidate> {
        let row = self.numbers.iter().rposition(|n| *n == number as f64).ok_or_else(|| {
            let last = self.numbers.iter().copied().fold(0.0, f64::max);
            Error::usage(self.dir.display(), format!("has no candidate {number}")).hint(format!(
                "{} of the numbers 0 to {last} have a row; a number that a condition or a rule leaves out has none: \
                 see candidates.parquet",
                self.summary.candidates
            ))
        })?;
        let shown = |v: &toml::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let written: toml::Table =
            toml::from_str(&self.text).map_err(|e| Error::internal("scenario.toml", e.to_string()))?;
        let own = |word: &String| at(&written, word.split('=').next().unwrap_or_default()).map(shown);
        let top =
            self.top_row(row, &PointReader::new(&self.space, &self.table)?, &TopFigures::of(&self.table))?;
        Ok(SweptCandidate {
            own: top.set.iter().map(own).collect(),
            row: top,
            figures: self.figures(row),
            dropped_after: self.dropped_after(row)?,
        })
    }

    /// The `most` best candidates, the best first, of those that the sweep looks for: with a value, and trades enough.
    ///
    /// # Errors
    /// The table lacks a column.
    pub fn best(&self, most: usize) -> Result<Vec<TopRow>> {
        let s = &self.scenario.sweep;
        let (value, trades) = (numbers(&self.table, s.metric.name())?, numbers(&self.table, "trades")?);
        let mut rows = vec![];
        for row in 0..self.table.rows() {
            let valued = value[row].is_finite() && trades[row] >= s.min_trades as f64;
            if valued && self.dropped_after(row)?.is_none() {
                rows.push(row);
            }
        }
        let rank = |row: &usize| s.metric.sign() * value[*row];
        rows.sort_by(|a, b| rank(b).total_cmp(&rank(a)).then(self.numbers[*a].total_cmp(&self.numbers[*b])));
        rows.truncate(most);
        let (points, figures) = (PointReader::new(&self.space, &self.table)?, TopFigures::of(&self.table));
        rows.into_iter().map(|row| self.top_row(row, &points, &figures)).collect()
    }

    fn top_row(&self, row: usize, points: &PointReader<'_>, figures: &TopFigures) -> Result<TopRow> {
        let mut set = assignments(&self.space, &points.point(row));
        if let Ok(from) = self.table.labels("data.from") {
            set.extend(from.get(row).map(|from| format!("{SHARED_FROM}{from}")));
        }
        let value = numbers(&self.table, self.scenario.sweep.metric.name())?[row];
        Ok(figures.row(row, value, self.numbers[row] as u64, set))
    }

    /// Bars that a row is of, where these are not all.
    fn dropped_after(&self, row: usize) -> Result<Option<usize>> {
        if self.table.column("bars").is_err() {
            return Ok(None);
        }
        let bars = self.table.i64("bars")?[row] as usize;
        Ok(Some(bars).filter(|b| *b < self.summary.bars))
    }

    fn figures(&self, row: usize) -> Vec<(String, f64)> {
        let keys = self.space.keys();
        let names = self.table.names().filter(|n| *n != "candidate" && !keys.iter().any(|k| k == n));
        names.filter_map(|n| Some((n.to_owned(), numbers(&self.table, n).ok()?[row]))).collect()
    }
}

impl SweptCandidate {
    /// Checks that a run has the figures of this row.
    ///
    /// # Errors
    /// One is another: the data, or the program, are not those of the sweep.
    pub fn must_be(&self, sweep: &Path, run: &Summary) -> Result<()> {
        if self.dropped_after.is_some() {
            return Ok(());
        }
        for (name, of) in SAME {
            let Some((_, found)) = self.figures.iter().find(|(n, _)| n == name) else { continue };
            let here = of(run);
            if found.to_bits() != here.to_bits() && !(found.is_nan() && here.is_nan()) {
                let place = Place::text(format!("{}:{}", sweep.display(), self.row.candidate));
                return Err(Error::data(place, format!("has a {name} of {found} in the sweep and of {here} alone"))
                    .hint("the data, or the program, are not those of the sweep: give its file with --data, or run the sweep again"));
            }
        }
        Ok(())
    }
}

/// The value under a dotted key.
fn at<'t>(table: &'t toml::Table, key: &str) -> Option<&'t toml::Value> {
    table.get(key).or_else(|| {
        let (section, rest) = key.split_once('.')?;
        at(table.get(section)?.as_table()?, rest)
    })
}
