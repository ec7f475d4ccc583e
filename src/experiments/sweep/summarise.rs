//! From shards to the result: one table of all candidates, and what they say together.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::aggregates::{Effects, Nearest, Together, coordinates};
use super::overfit::SearchSample;
use super::rows::{PointReader, numbers};
use super::store::Store;
use super::{AxisEffect, Heat, Overfitting, Plateau, Point, SweepRun, TopRow, assignments, block_name};
use crate::data::TableWriter;
use crate::data::table::Table;
use crate::error::{Error, Place, Result};
use crate::progress::Progress;
use crate::random::Stream;
use crate::scenario::Sampler;
use crate::stats::{BlockMoments, Cscv, CscvRanks};

/// A sweep in numbers: the document behind `sweep.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepSummary {
    /// Version of the program.
    pub assay_version: String,
    /// Hash of the scenario, the data and the version.
    pub sweep_id: String,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// Sampler.
    pub sampler: String,
    /// What it looks for.
    pub metric: String,
    /// Name and hash of each file.
    pub files: Vec<(String, String)>,
    /// Whether a file says of itself that it was generated.
    pub synthetic: bool,
    /// Instrument and bar length.
    pub title: String,
    /// Bars of the history.
    pub bars: usize,
    /// Bars at which the slowest candidate is still warming up.
    pub warmup_bars: usize,
    /// Candidates drawn.
    pub drawn: u64,
    /// Of these, evaluated over the whole history; the others broke a condition or a rule of the scenario, or were dropped early.
    pub candidates: u64,
    /// Evaluations, shorter ones included.
    pub evaluations: u64,
    /// Candidates with a value of the metric and trades enough.
    pub valued: u64,
    /// Of these, with a positive one.
    pub positive: u64,
    /// The best, best first.
    pub top: Vec<TopRow>,
    /// What the axes do, the most important first.
    pub axes: Vec<AxisEffect>,
    /// The two most important together.
    pub heat: Option<Heat>,
    /// How the best lies among its neighbours.
    pub plateau: Option<Plateau>,
    /// What the best is worth, knowing how many were tried.
    pub overfitting: Option<Overfitting>,
}

/// Keeps candidates by a priority, the greatest first.
struct BestKept<T> {
    most: usize,
    kept: BTreeMap<(Rank, u64), T>,
}

/// A number that orders downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rank(f64);

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0)
    }
}

impl<T> BestKept<T> {
    fn new(most: usize) -> Self {
        Self { most, kept: BTreeMap::new() }
    }

    fn offer(&mut self, priority: f64, id: u64, value: impl FnOnce() -> T) {
        if priority.is_nan() {
            return;
        }
        let key = (Rank(priority), id);
        let full = self.kept.len() >= self.most;
        if full && self.kept.last_key_value().is_none_or(|(last, _)| key >= *last) {
            return;
        }
        self.kept.insert(key, value());
        if full {
            self.kept.pop_last();
        }
    }
}

/// Rows of one shard that are over the whole history, as they are needed.
struct CandidateRows<'t> {
    table: &'t Table,
    candidate: Vec<f64>,
    value: Vec<f64>,
    rows: Vec<usize>,
}

impl SweepRun<'_> {
    fn rows<'t>(&self, table: &'t Table) -> Result<CandidateRows<'t>> {
        let whole = self.history().steps() as f64;
        let rows = match self.scenario().sweep.sampler {
            Sampler::Halving => {
                let bars = numbers(table, "bars")?;
                (0..table.rows()).filter(|r| bars[*r] == whole).collect()
            }
            _ => (0..table.rows()).collect(),
        };
        Ok(CandidateRows { candidate: numbers(table, "candidate")?, value: self.values(table)?, table, rows })
    }

    fn moments(&self, rows: &CandidateRows<'_>) -> Result<Vec<BlockMoments>> {
        let blocks = self.the_plan().blocks;
        if blocks == 0 || rows.rows.is_empty() {
            return Ok(vec![]);
        }
        let columns: Vec<&[f64]> =
            (0..2 * blocks).map(|k| rows.table.f64(&block_name(k))).collect::<Result<_>>()?;
        let of = |r: &usize| BlockMoments {
            sums: columns[..blocks].iter().map(|c| c[*r]).collect(),
            squares: columns[blocks..].iter().map(|c| c[*r]).collect(),
        };
        Ok(rows.rows.iter().map(of).collect())
    }
}

/// Puts the shards of a sweep that is done together: `candidates.parquet` in `folder`, and what they say. `trials` are those of the ledger.
///
/// # Errors
/// A shard is missing or damaged; the table cannot be written; no candidate is left; it was told to stop.
pub fn finish(
    sweep: &SweepRun<'_>,
    store: &mut Store,
    trials: u64,
    folder: &Path,
    progress: &Progress,
) -> Result<SweepSummary> {
    let s = sweep.scenario();
    let names: Vec<String> = store.shards().map(str::to_owned).collect();
    let plan = sweep.the_plan();
    if sweep.divisible() {
        let wanted = plan.total.div_ceil(plan.shard_size);
        if names.len() as u64 != wanted {
            let have = names.len();
            return Err(Error::usage(store.dir().display(), format!("{have} of {wanted} shards are done"))
                .hint("run the missing parts, or give their folders to merge as well"));
        }
    }
    let blocks = plan.blocks;
    let counts = vec![plan.block_days / blocks.max(1); blocks];
    let mut cscv = if blocks > 0 { Cscv::new(&counts) } else { None };
    let mut effects = Effects::new(sweep.space());
    let mut top = BestKept::new(s.sweep.top);
    // All of a small family; of a large one the leaders and a sample.
    let (mut leaders, mut sampled) = (BestKept::new(s.sweep.family / 2), BestKept::new(s.sweep.family));
    let mut writer: Option<TableWriter> = None;
    let (mut candidates, mut evaluations, mut valued, mut positive) = (0u64, 0u64, 0u64, 0u64);
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let total = 2 * names.len() as u64;
    for (k, name) in names.iter().enumerate() {
        progress.check()?;
        let table = store.get(name)?;
        evaluations += table.rows() as u64;
        let rows = sweep.rows(&table)?;
        if let Some(c) = &mut cscv {
            c.see_all(candidates as usize, &sweep.moments(&rows)?);
        }
        let (mean_daily, sd_daily) = (numbers(&table, "daily_mean")?, numbers(&table, "daily_sd")?);
        let days = numbers(&table, "days")?;
        let figures = TopFigures::of(&table);
        let points = PointReader::new(sweep.space(), &table)?;
        for &r in &rows.rows {
            candidates += 1;
            let (id, value) = (rows.candidate[r] as u64, rows.value[r]);
            let point = points.point(r);
            valued += u64::from(value.is_finite());
            positive += u64::from(value > 0.0);
            effects.add(&coordinates(sweep.space(), &point), value);
            let sharpe = mean_daily[r] / sd_daily[r];
            if sharpe.is_finite() {
                n += 1.0;
                let d = sharpe - mean;
                mean += d / n;
                squares += d * (sharpe - mean);
            }
            top.offer(value, id, || (point.clone(), figures.row(r, value, id, sweep, &point)));
            leaders.offer(sharpe * days[r].sqrt(), id, || point.clone());
            // A priority that depends on the number alone: the same sample in any order of work.
            sampled.offer(Stream::new(s.seed, "sweep family", id).uniform(), id, || point);
        }
        let shown = table.without(|name| name.starts_with("~block"));
        match &mut writer {
            Some(w) => w.append(&shown)?,
            None => {
                let meta = [("assay:sweep", plan.id.clone()), ("assay:version", plan.assay_version.clone())];
                writer = Some(TableWriter::create(&folder.join("candidates.parquet"), &shown, &meta)?);
            }
        }
        progress.count(k as u64 + 1, total);
    }
    match writer {
        Some(w) => w.finish()?,
        None => return Err(nothing_left(sweep)),
    }
    if candidates == 0 {
        return Err(nothing_left(sweep));
    }
    let best = top.kept.first_key_value().map(|((rank, id), (point, _))| (*id, rank.0, point.clone()));
    let mut ranks: Option<CscvRanks> = cscv.map(Cscv::second);
    let mut nearest = best.as_ref().map(|(id, value, point)| Nearest::new(sweep.space(), *id, *value, point));
    let axes = effects.axes(sweep.space());
    let mut together = Together::of(sweep.space(), &axes);
    for (k, name) in names.iter().enumerate() {
        let table = store.get(name)?;
        let rows = sweep.rows(&table)?;
        if let Some(c) = &mut ranks {
            c.rank_all(&sweep.moments(&rows)?);
        }
        let points = PointReader::new(sweep.space(), &table)?;
        for &r in &rows.rows {
            let (place, value) = (coordinates(sweep.space(), &points.point(r)), rows.value[r]);
            if let Some(near) = &mut nearest {
                near.add(rows.candidate[r] as u64, &place, value);
            }
            if let Some(pair) = &mut together {
                pair.add(&place, value);
            }
        }
        progress.count((names.len() + k) as u64 + 1, total);
    }
    let mut family: BTreeMap<u64, Point> = BTreeMap::new();
    for ((_, id), point) in leaders.kept.into_iter().chain(sampled.kept) {
        family.insert(id, point);
    }
    progress.check()?;
    let overfitting = match &best {
        None => None,
        Some((id, _, point)) => Some(sweep.overfitting(
            SearchSample {
                candidate: *id,
                point: point.clone(),
                candidates,
                variance: if n > 1.0 { squares / (n - 1.0) } else { f64::NAN },
                family: family.into_iter().collect(),
                pbo: ranks.and_then(CscvRanks::finish),
            },
            trials,
            progress,
        )?),
    };
    let loaded = sweep.history().loaded();
    let synthetic = sweep.history().inputs().symbols.iter().any(|l| l.synthetic);
    let made = if synthetic { " (synthetic)" } else { "" };
    Ok(SweepSummary {
        assay_version: plan.assay_version.clone(),
        sweep_id: plan.id.clone(),
        scenario: s.name.clone(),
        system: s.system.name().to_owned(),
        sampler: s.sweep.sampler.name().to_owned(),
        metric: s.sweep.metric.name().to_owned(),
        files: plan.files.clone(),
        synthetic,
        title: format!("{}{made} {}", s.data.title(), loaded.bars.timeframe()),
        bars: sweep.history().steps(),
        warmup_bars: sweep.first(),
        drawn: plan.total,
        candidates,
        evaluations,
        valued,
        positive,
        top: top.kept.into_values().map(|(_, row)| row).collect(),
        axes,
        heat: together.map(|t| t.heat(sweep.space())),
        plateau: nearest.map(Nearest::plateau),
        overfitting,
    })
}

fn nothing_left(sweep: &SweepRun<'_>) -> Error {
    Error::scenario(
        Place::key("sweep").within(&sweep.scenario().name),
        format!(
            "none of {} candidates is left: the scenario's own rules refuse them all",
            sweep.the_plan().total
        ),
    )
    .hint("run one of them as a backtest to see which rule, or add it to sweep.where")
}

/// Columns of the table of the best; the core figures lack some of them.
struct TopFigures([Option<Vec<f64>>; 6]);

impl TopFigures {
    fn of(table: &Table) -> Self {
        let names = ["total_return", "sharpe", "max_drawdown", "trades", "win_rate", "profit_factor"];
        Self(names.map(|name| numbers(table, name).ok()))
    }

    fn row(&self, r: usize, value: f64, id: u64, sweep: &SweepRun<'_>, point: &Point) -> TopRow {
        let [total_return, sharpe, max_drawdown, trades, win_rate, profit_factor] =
            self.0.each_ref().map(|column| column.as_ref().map_or(f64::NAN, |v| v[r]));
        TopRow {
            candidate: id,
            set: assignments(sweep.space(), point),
            value,
            total_return,
            sharpe,
            max_drawdown,
            trades: trades as u64,
            win_rate,
            profit_factor,
        }
    }
}
