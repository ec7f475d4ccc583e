//! The two readings of all shards: what each candidate says by itself, then how it stands to the best.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::aggregates::{Effects, Nearest, Together, coordinates};
use super::rows::{PointReader, numbers};
use super::{AxisEffect, JUDGED_FROM, Point, SweepRun, TopRow, block_name};
use crate::data::TableWriter;
use crate::data::table::Table;
use crate::error::{Error, Place, Result};
use crate::random::Stream;
use crate::scenario::Sampler;
use crate::stats::{BlockMoments, Cscv, CscvRanks};

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

/// The best candidate of a sweep.
pub(super) struct BestCandidate {
    pub candidate: u64,
    pub value: f64,
    pub point: Point,
}

/// The first reading: writes the table of candidates, and keeps of them what is small.
pub(super) struct FirstPass<'s> {
    sweep: &'s SweepRun<'s>,
    folder: PathBuf,
    writer: Option<TableWriter>,
    pub cscv: Option<Cscv>,
    pub effects: Effects,
    top: BestKept<(Point, TopRow)>,
    /// All of a small family; of a large one the leaders and a sample.
    leaders: BestKept<Point>,
    sampled: BestKept<Point>,
    pub candidates: u64,
    pub evaluations: u64,
    pub valued: u64,
    pub positive: u64,
}

impl<'s> FirstPass<'s> {
    pub fn new(sweep: &'s SweepRun<'s>, folder: &Path) -> Self {
        let (s, plan) = (&sweep.scenario().sweep, sweep.the_plan());
        let blocks = plan.blocks;
        let counts = vec![plan.block_days / blocks.max(1); blocks];
        Self {
            sweep,
            folder: folder.to_owned(),
            writer: None,
            cscv: if blocks > 0 { Cscv::new(&counts) } else { None },
            effects: Effects::new(sweep.space()),
            top: BestKept::new(s.top),
            leaders: BestKept::new(s.family / 2),
            sampled: BestKept::new(s.family),
            candidates: 0,
            evaluations: 0,
            valued: 0,
            positive: 0,
        }
    }

    /// Takes in the rows of one shard.
    pub fn see(&mut self, table: &Table) -> Result<()> {
        let sweep = self.sweep;
        self.evaluations += table.rows() as u64;
        let rows = sweep.rows(table)?;
        if let Some(c) = &mut self.cscv {
            c.see_all(self.candidates as usize, &sweep.moments(&rows)?);
        }
        let (mean_daily, sd_daily) = (numbers(table, "daily_mean")?, numbers(table, "daily_sd")?);
        let days = numbers(table, "days")?;
        let figures = TopFigures::of(table);
        let points = PointReader::new(sweep.space(), table)?;
        for &r in &rows.rows {
            let (id, value) = (rows.candidate[r] as u64, rows.value[r]);
            let point = points.point(r);
            self.candidates += 1;
            self.valued += u64::from(value.is_finite());
            self.positive += u64::from(value > 0.0);
            self.effects.add(&coordinates(sweep.space(), &point), value);
            let sharpe = mean_daily[r] / sd_daily[r];
            self.top.offer(value, id, || (point.clone(), figures.row(r, value, id, sweep.setting(&point))));
            self.leaders.offer(sharpe * days[r].sqrt(), id, || point.clone());
            // A priority that depends on the number alone: the same sample in any order of work.
            let seed = sweep.scenario().seed;
            self.sampled.offer(Stream::new(seed, "sweep family", id).uniform(), id, || point);
        }
        self.write(table)
    }

    fn write(&mut self, table: &Table) -> Result<()> {
        let shown = table.without(|name| name.starts_with("~block"));
        if let Some(w) = &mut self.writer {
            return w.append(&shown);
        }
        let plan = self.sweep.the_plan();
        let meta = [("assay:sweep", plan.id.clone()), ("assay:version", plan.assay_version.clone())];
        self.writer = Some(TableWriter::create(&self.folder.join("candidates.parquet"), &shown, &meta)?);
        Ok(())
    }

    /// Ends the table of candidates.
    ///
    /// # Errors
    /// It cannot be written, or no candidate is left.
    pub fn end(&mut self) -> Result<()> {
        match self.writer.take() {
            Some(w) => w.finish()?,
            None => return Err(nothing_left(self.sweep)),
        }
        if self.candidates == 0 { Err(nothing_left(self.sweep)) } else { Ok(()) }
    }

    pub fn best(&self) -> Option<BestCandidate> {
        let ((rank, candidate), (point, _)) = self.top.kept.first_key_value()?;
        Some(BestCandidate { candidate: *candidate, value: rank.0, point: point.clone() })
    }

    /// The family that tests of the best resample, by the numbers of its candidates.
    pub fn family(&mut self) -> Vec<(u64, Point)> {
        let kept = std::mem::take(&mut self.leaders.kept).into_iter();
        let all: BTreeMap<u64, Point> =
            kept.chain(std::mem::take(&mut self.sampled.kept)).map(|((_, id), point)| (id, point)).collect();
        all.into_iter().collect()
    }

    /// The best, best first.
    pub fn top(self) -> Vec<TopRow> {
        self.top.kept.into_values().map(|(_, row)| row).collect()
    }
}

/// The second reading: what is known only once the best is.
pub(super) struct SecondPass<'s> {
    sweep: &'s SweepRun<'s>,
    pub ranks: Option<CscvRanks>,
    pub nearest: Option<Nearest>,
    pub together: Option<Together>,
}

impl<'s> SecondPass<'s> {
    pub fn new(
        sweep: &'s SweepRun<'s>,
        cscv: Option<Cscv>,
        best: Option<&BestCandidate>,
        axes: &[AxisEffect],
    ) -> Self {
        let near = |b: &BestCandidate| Nearest::new(sweep.space(), b.candidate, b.value, &b.point);
        Self {
            sweep,
            ranks: cscv.map(Cscv::second),
            nearest: best.map(near),
            together: Together::of(sweep.space(), axes),
        }
    }

    /// Takes in the rows of one shard.
    pub fn see(&mut self, table: &Table) -> Result<()> {
        let sweep = self.sweep;
        let rows = sweep.rows(table)?;
        if let Some(c) = &mut self.ranks {
            c.rank_all(&sweep.moments(&rows)?);
        }
        let points = PointReader::new(sweep.space(), table)?;
        for &r in &rows.rows {
            let (place, value) = (coordinates(sweep.space(), &points.point(r)), rows.value[r]);
            if let Some(near) = &mut self.nearest {
                near.add(rows.candidate[r] as u64, &place, value);
            }
            if let Some(pair) = &mut self.together {
                pair.add(&place, value);
            }
        }
        Ok(())
    }
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
pub(super) struct TopFigures {
    figures: [Option<Vec<f64>>; 6],
    /// Where each is judged from, of candidates that have their own spans.
    judged_from: Option<Vec<i64>>,
}

impl TopFigures {
    pub fn of(table: &Table) -> Self {
        let names = ["total_return", "sharpe", "max_drawdown", "trades", "win_rate", "profit_factor"];
        let judged_from = table.time_ms(JUDGED_FROM).ok().map(<[i64]>::to_vec);
        Self { figures: names.map(|name| numbers(table, name).ok()), judged_from }
    }

    pub fn row(&self, r: usize, value: f64, id: u64, set: Vec<String>) -> TopRow {
        let [total_return, sharpe, max_drawdown, trades, win_rate, profit_factor] =
            self.figures.each_ref().map(|column| column.as_ref().map_or(f64::NAN, |v| v[r]));
        TopRow {
            candidate: id,
            set,
            judged_from_ms: self.judged_from.as_ref().map(|from| from[r]),
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
