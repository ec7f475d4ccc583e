//! The stages of a sweep: which candidates are evaluated over which bars, as the sampler has it.

use std::ops::Range;

use super::rows::numbers;
use super::tpe::SeenPoint;
use super::{Point, PointReader, Store, SweepRun};
use crate::data::table::Table;
use crate::error::Result;
use crate::scenario::Sampler;

/// Candidates that can be evaluated without knowing each other.
pub(super) struct SweepStage {
    pub number: usize,
    pub items: Items,
    pub span: Range<usize>,
    /// Whether it is over the whole history.
    pub whole: bool,
}

/// Which candidates a stage evaluates.
pub(super) enum Items {
    /// So many from the first.
    All(u64),
    /// Those of these numbers.
    These(Vec<u64>),
    /// Those of these numbers, drawn.
    Points(Vec<(u64, Option<Point>)>),
}

impl Items {
    pub fn len(&self) -> u64 {
        match self {
            Self::All(n) => *n,
            Self::These(v) => v.len() as u64,
            Self::Points(v) => v.len() as u64,
        }
    }
}

/// What is done with each stage.
type EachStage<'e> = dyn FnMut(&mut Store, &SweepStage) -> Result<()> + 'e;

/// The name of a shard of a stage.
pub(super) fn shard_name(stage: usize, shard: u64) -> String {
    format!("{stage:03}-{shard:06}")
}

impl SweepRun<'_> {
    /// Candidates over all stages.
    pub(super) fn work(&self) -> u64 {
        match self.scenario.sweep.sampler {
            Sampler::Halving => (0..self.scenario.sweep.rounds).map(|r| self.survivors(r)).sum(),
            _ => self.plan.total,
        }
    }

    /// Candidates of round `r` of halving.
    fn survivors(&self, r: usize) -> u64 {
        (0..r).fold(self.plan.total, |n, _| n.div_ceil(self.scenario.sweep.eta as u64))
    }

    /// Goes through the stages in order; a stage may depend on the rows of those before.
    pub(super) fn stages(&self, store: &mut Store, each: &mut EachStage<'_>) -> Result<()> {
        match self.scenario.sweep.sampler {
            Sampler::Grid | Sampler::Random | Sampler::Sobol | Sampler::Latin => {
                let span = 0..self.history.steps();
                let items = Items::All(self.plan.total);
                each(store, &SweepStage { number: 0, items, span, whole: true })
            }
            Sampler::Halving => self.halving(store, each),
            Sampler::Tpe => self.tpe(store, each),
        }
    }

    /// Rounds over ever more of the history, each with the best of the round before.
    fn halving(&self, store: &mut Store, each: &mut EachStage<'_>) -> Result<()> {
        let (steps, sweep) = (self.history.steps(), &self.scenario.sweep);
        let mut items = Items::All(self.plan.total);
        for r in 0..sweep.rounds {
            let left = (sweep.rounds - 1 - r) as i32;
            let share = (sweep.eta as f64).powi(-left);
            let end = self.start.first + 2 + ((steps - self.start.first - 2) as f64 * share) as usize;
            let stage = SweepStage { number: r, items, span: 0..end.min(steps), whole: left == 0 };
            each(store, &stage)?;
            items = match left {
                0 => break,
                _ => Items::These(self.best_of(store, &stage, self.survivors(r + 1))?),
            };
        }
        Ok(())
    }

    /// Batches, each drawn by what is known of those before.
    fn tpe(&self, store: &mut Store, each: &mut EachStage<'_>) -> Result<()> {
        let batch = self.scenario.sweep.batch as u64;
        let start = (self.plan.total / 5)
            .max(batch.min(self.plan.total))
            .min(10 * self.space.dimensions() as u64 + batch);
        let mut seen = SeenPoint::default();
        let mut id = 0;
        let mut number = 0;
        while id < self.plan.total {
            let end = (id + batch).min(self.plan.total);
            let point = |k| {
                if k < start {
                    self.draw.point(&self.space, k)
                } else {
                    seen.draw(&self.space, self.scenario.seed, k)
                }
            };
            let items = Items::Points((id..end).map(|k| (k, point(k))).collect());
            each(store, &SweepStage { number, items, span: 0..self.history.steps(), whole: true })?;
            let name = shard_name(number, 0);
            if store.has(&name) {
                let table = store.get(&name)?;
                let points = PointReader::new(&self.space, &table)?;
                for (row, value) in self.values(&table)?.into_iter().enumerate() {
                    seen.add(self.space.place_of(&points.point(row)), value);
                }
            }
            (id, number) = (end, number + 1);
        }
        Ok(())
    }

    /// What each row of a shard is worth: the more the better, NaN for nothing. An infinite figure (a profit factor without a loss) is
    /// no value: it says that there were too few trades, not that none is better.
    pub(super) fn values(&self, table: &Table) -> Result<Vec<f64>> {
        let s = &self.scenario.sweep;
        let metric = numbers(table, s.metric.name())?;
        let trades = numbers(table, "trades")?;
        let sign = s.metric.sign();
        let valued = |m: &f64, t: &f64| m.is_finite() && *t >= s.min_trades as f64;
        let worth = |(m, t): (&f64, &f64)| if valued(m, t) { sign * m } else { f64::NAN };
        Ok(metric.iter().zip(&trades).map(worth).collect())
    }

    /// The best `keep` candidates of a stage that is done, in the order of their numbers.
    fn best_of(&self, store: &Store, stage: &SweepStage, keep: u64) -> Result<Vec<u64>> {
        let mut all: Vec<(f64, u64)> = vec![];
        for shard in 0..stage.items.len().div_ceil(self.plan.shard_size) {
            let table = store.get(&shard_name(stage.number, shard))?;
            let ids = numbers(&table, "candidate")?;
            let known = self.values(&table)?.into_iter().zip(ids);
            all.extend(known.map(|(v, id)| (if v.is_nan() { f64::NEG_INFINITY } else { v }, id as u64)));
        }
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.truncate(keep as usize);
        let mut ids: Vec<u64> = all.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        Ok(ids)
    }
}
