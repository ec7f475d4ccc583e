//! The whole search again on placebo bars: how much it finds where there is nothing to find.
//!
//! A search that looks at results as it goes exploits all of its space, not the points it leaves behind: no count of trials
//! prices it. What it finds on bars whose directions are coins does, whatever the search does. No replay is a trial: nothing
//! is chosen from it, and no ledger that stays counts it.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::placebo_bars::PlaceboBars;
use super::rows::numbers;
use super::stages::shard_name;
use super::{Point, PointReader, Store, SweepRun, Task};
use crate::error::{Error, Result};
use crate::gate::SearchPlacebos;
use crate::metrics::list;
use crate::progress::Progress;
use crate::runs::ledger::LedgerWriter;
use crate::runs::{History, Inputs, Wants};
use crate::scenario::{FigureSet, Sampler, Scenario};
use crate::stats::{Moments4, score_over_zero};

/// Fewest placebos: with fewer no chance is as small as 5 %.
pub const FEWEST_PLACEBOS: u64 = 19;

/// Most of them.
pub const MOST_PLACEBOS: u64 = 9999;

/// Replays of a search on placebo bars, planned.
#[derive(Debug)]
pub struct SearchReplays<'a> {
    sweep: &'a SweepRun<'a>,
    bars: PlaceboBars<'a>,
    n: u64,
    /// The scenario, of which no more is measured than the search looks at.
    scenario: Scenario,
}

impl<'a> SweepRun<'a> {
    /// Plans `n` replays of it on placebo bars.
    ///
    /// # Errors
    /// There are too few or too many, or something of the run is about the prices as they were.
    pub fn replays(&'a self, n: u64) -> Result<SearchReplays<'a>> {
        if !(FEWEST_PLACEBOS..=MOST_PLACEBOS).contains(&n) {
            let problem = format!("{n} placebos, and from {FEWEST_PLACEBOS} to {MOST_PLACEBOS} are possible");
            return Err(Error::usage("--placebos", problem).hint("199 tell a chance from 3 %"));
        }
        let mut scenario = self.scenario.clone();
        let s = &mut scenario.sweep;
        (s.regimes, s.edges) = (false, false);
        if list::find(s.metric.name()).is_some_and(|m| m.is_at(list::MeasuredAt::Core)) {
            s.figures = FigureSet::Core;
        }
        Ok(SearchReplays { sweep: self, bars: PlaceboBars::of(self.history.inputs())?, n, scenario })
    }

    /// Standard score over zero of the daily Sharpe ratio of the best in `store`; none where nothing has a value.
    fn score_of_best(&self, store: &Store, progress: &Progress) -> Result<Option<f64>> {
        let Some(point) = self.best_point(store)? else { return Ok(None) };
        let engine = self.engine(Wants { core: true, ..Wants::default() }, progress)?;
        let task = Task { span: 0..self.history.steps(), blocks: (0, 0), daily: true, counted: false };
        let best = engine.evaluate(&[&point], &task)?.pop().flatten();
        Ok(best.and_then(|e| score_over_zero(&Moments4::of(&e.daily))))
    }

    /// The best of those that were evaluated over the whole history; of equals the first, as a sweep has it.
    fn best_point(&self, store: &Store) -> Result<Option<Point>> {
        let last = match self.scenario.sweep.sampler {
            Sampler::Halving => shard_name(self.scenario.sweep.rounds - 1, 0),
            _ => String::new(),
        };
        let mut best: Option<(f64, u64, Point)> = None;
        for name in store.shards().filter(|name| **name >= *last) {
            let table = store.get(name)?;
            let points = PointReader::new(&self.space, &table)?;
            let ids = numbers(&table, "candidate")?;
            for (row, (value, id)) in self.values(&table)?.into_iter().zip(ids).enumerate() {
                let id = id as u64;
                let better = |(b, first, _): &(f64, u64, Point)| value > *b || (value == *b && id < *first);
                if value.is_finite() && best.as_ref().is_none_or(better) {
                    best = Some((value, id, points.point(row)));
                }
            }
        }
        Ok(best.map(|(.., point)| point))
    }
}

impl SearchReplays<'_> {
    /// Runs all of them, after the search itself is done in `store`. Results are the same on any number of threads.
    ///
    /// # Errors
    /// A temporary folder cannot be written, or it was told to stop.
    pub fn run(&self, store: &Store, progress: &Progress) -> Result<SearchPlacebos> {
        progress.stage("searching placebo bars")?;
        let unheard = progress.unheard();
        let own = self.sweep.score_of_best(store, &unheard)?;
        let done = AtomicU64::new(0);
        let one = |k: &u64| {
            progress.check()?;
            let score = self.one(self.bars.replicate(*k)?, &unheard)?;
            progress.count(done.fetch_add(1, Ordering::Relaxed) + 1, self.n);
            Ok(score)
        };
        let mut scores = vec![];
        let all: Vec<u64> = (0..self.n).collect();
        // Each holds a history of its own: no more at once than there are threads.
        for some in all.chunks(rayon::current_num_threads()) {
            scores.extend(some.par_iter().map(one).collect::<Result<Vec<_>>>()?);
        }
        Ok(SearchPlacebos::of(own, &scores))
    }

    /// What the search finds on other bars, in a folder that goes with it.
    fn one(&self, inputs: Inputs, progress: &Progress) -> Result<Option<f64>> {
        let history = History::new(&self.scenario, inputs)?;
        let sweep = SweepRun::plan(&self.scenario, &history)?;
        let folder = tempfile::tempdir().map_err(|e| {
            Error::output(std::env::temp_dir().display(), format!("cannot be written ({e})")).caused_by(e)
        })?;
        let mut store = Store::open(&folder.path().join("sweep.part"), sweep.the_plan())?;
        let mut ledger = LedgerWriter::open(folder.path())?;
        sweep.run(&mut store, &mut ledger, None, progress)?;
        sweep.score_of_best(&store, progress)
    }
}
