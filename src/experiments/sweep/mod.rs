//! Sweeps: many settings of one scenario on one history, by the engine of a single backtest.
//!
//! Data moves one way: [`Space`] says what can be tried, [`Draw`] which point a candidate is, [`Engine`] runs points, [`Store`] keeps
//! rows as they are done, [`finish`] puts them together and says what they are worth.

mod aggregates;
mod choice;
mod declared;
mod draw;
mod engine;
mod files;
mod folder;
mod overfit;
mod passes;
mod placebo;
mod placebo_bars;
#[cfg(test)]
mod placebo_tests;
mod rows;
mod space;
mod stages;
mod start;
mod store;
mod summarise;
#[cfg(test)]
mod tests;
mod tpe;

use std::ops::Range;

pub use aggregates::{AxisEffect, BinSummary, Heat, Plateau, TopRow};
pub use draw::{Draw, MOST};
pub use engine::{Engine, Evaluated, Task, assignments};
pub use folder::{SweepFolder, SweptCandidate};
pub use overfit::{FamilyTests, LEVEL, Overfitting, ReturnComparison};
pub use placebo::{FEWEST_PLACEBOS, MOST_PLACEBOS, SearchReplays};
pub use rows::PointReader;
pub use space::{Point, Space};
pub use store::{Store, SweepManifest};
pub use summarise::{SweepSummary, finish};

use self::rows::{axis_columns, figure_column};
use self::stages::{Items, SweepStage, shard_name};
use self::start::{CommonStart, blocks_of, refuse_growth_of_days};
use crate::data::table::{Column, Table, TextColumn};
use crate::error::{Error, Place, Result};
use crate::metrics::list;
use crate::progress::Progress;
use crate::regime::RegimeScheme;
use crate::runs::ledger::{HistorySketch, LedgerWriter, TrialLedger, Trials};
use crate::runs::{History, Provenance, TrialCounter, Wants, figure_names, work_id};
use crate::scenario::{CandidateSpan, FigureSet, Sampler, Scenario};

/// Candidate-bars of one shard, about.
const SHARD_BARS: u64 = 32_000_000;

/// What sets the shared start of all candidates on a command line.
pub(crate) const SHARED_FROM: &str = "data.from=";

/// Column of where each candidate begins, of candidates that have their own spans.
pub(crate) const JUDGED_FROM: &str = "judged_from";

/// A sweep, planned.
#[derive(Debug)]
pub struct SweepRun<'a> {
    /// The scenario, whose `data.from` is where every candidate begins, unless each has its own span.
    scenario: Scenario,
    history: &'a History,
    space: Space,
    draw: Draw,
    plan: SweepManifest,
    provenance: Provenance,
    /// Where its candidates begin.
    start: CommonStart,
    /// The regimes that candidates are measured by.
    regimes: RegimeScheme,
}

/// Where a sweep stands after a part of it was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepProgress {
    /// Shards that are done.
    pub done: u64,
    /// Shards there are.
    pub of: u64,
}

impl<'a> SweepRun<'a> {
    /// Plans the sweep of a scenario over a prepared history.
    ///
    /// # Errors
    /// An axis names nothing, is empty or holds a value out of range; nothing satisfies the conditions; the grid is too large.
    pub fn plan(scenario: &Scenario, history: &'a History) -> Result<Self> {
        let s = &scenario.sweep;
        if s.figures == FigureSet::Core
            && !list::find(s.metric.name()).is_some_and(|m| m.is_at(list::MeasuredAt::Core))
        {
            let problem = format!("{:?} is not among the core figures", s.metric.name());
            return Err(Error::scenario(Place::key("sweep.metric").within(&scenario.name), problem)
                .hint("use sharpe, total_return or max_drawdown, or figures = \"all\""));
        }
        let space = Space::of(scenario)?;
        declared::declared(scenario, history, &space)?;
        let draw = Draw::of(scenario, &space)?;
        let start = CommonStart::of(scenario, history, &space)?;
        refuse_growth_of_days(scenario, history, start.first)?;
        let steps = history.steps();
        let (blocks, block_days) = blocks_of(scenario, history, start.first, draw.total());
        // Neither so large that a kill loses much, nor so small that writing takes longer than work.
        let size = (SHARD_BARS / steps as u64).min(draw.total() / 16).clamp(32, 8192).next_power_of_two();
        let size = match scenario.sweep.sampler {
            Sampler::Tpe => scenario.sweep.batch as u64,
            _ => size,
        };
        let provenance = files::provenance(scenario, history, &space)?;
        let plan = SweepManifest {
            id: String::new(),
            assay_version: env!("CARGO_PKG_VERSION").to_owned(),
            ids: provenance.ids.clone(),
            seal: String::new(),
            identity: work_id(scenario, &provenance.ids, &[&scenario.sweep.resolved()])?,
            scenario: format!("{}\n{}", scenario.resolved()?, scenario.sweep.resolved()),
            files: provenance.files.clone(),
            total: draw.total(),
            shard_size: size,
            blocks,
            block_days,
        }
        .named()?;
        let regimes = history.regimes(scenario)?;
        Ok(Self { scenario: start.judged(scenario), history, space, draw, plan, provenance, start, regimes })
    }

    /// The plan.
    pub fn the_plan(&self) -> &SweepManifest {
        &self.plan
    }

    /// The scenario, whose `data.from` is where every candidate begins, unless each has its own span.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The history.
    pub fn history(&self) -> &'a History {
        self.history
    }

    /// What can be tried.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Candidate `id` of a sweep that does not adapt; none where the conditions leave it out.
    pub fn point(&self, id: u64) -> Option<Point> {
        self.draw.point(&self.space, id)
    }

    /// The first step at which every candidate trades.
    pub fn first(&self) -> usize {
        self.start.first
    }

    /// The first step that any candidate is judged at.
    pub fn begins(&self) -> usize {
        match self.scenario.sweep.span {
            CandidateSpan::Shared => self.start.first,
            CandidateSpan::Own => self.start.earliest,
        }
    }

    /// Words that set a candidate on the command line: its axes, and the start that all share where the scenario does
    /// not say it.
    pub(crate) fn setting(&self, point: &Point) -> Vec<String> {
        let mut words = assignments(&self.space, point);
        words.extend(self.start.shared.iter().map(|from| format!("{SHARED_FROM}{from}")));
        words
    }

    /// Whether parts of it can be run apart: no candidate depends on how others did.
    pub fn divisible(&self) -> bool {
        !matches!(self.scenario.sweep.sampler, Sampler::Tpe | Sampler::Halving)
    }

    /// What runs its candidates.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn engine(&self, wants: Wants, progress: &Progress) -> Result<Engine<'_>> {
        self.engine_for(wants, self.work(), progress)
    }

    /// The same for `total` evaluations.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn engine_for(&self, wants: Wants, total: u64, progress: &Progress) -> Result<Engine<'_>> {
        let shared = (self.scenario.sweep.span == CandidateSpan::Shared).then_some(self.start.first);
        let adaptive = self.scenario.sweep.sampler == Sampler::Tpe;
        let counter = TrialCounter::new(&self.provenance, adaptive, total);
        let engine = Engine::new(&self.scenario, self.history, &self.space, wants, counter)?;
        Ok(engine.from_step(shared).told(progress))
    }

    /// Refuses a part of what is no sum of its parts.
    ///
    /// # Errors
    /// It is asked for a part, and candidates depend on how others did.
    pub fn can_be_parted(&self, part: Option<(u64, u64)>) -> Result<()> {
        if part.is_none() || self.divisible() {
            return Ok(());
        }
        let sampler = self.scenario.sweep.sampler.name();
        Err(Error::usage(
            "--shard",
            format!("sampler {sampler:?} cannot be divided: each candidate depends on how those before did"),
        )
        .hint("use grid, random, sobol or latin, or run it whole"))
    }

    /// What is measured of each candidate.
    pub fn wants(&self) -> Wants {
        let s = &self.scenario.sweep;
        Wants { edges: s.edges, regimes: s.regimes, core: s.figures == FigureSet::Core }
    }

    /// Runs the sweep, or part `i` of `n` of it, and keeps what is done in `store`. Shards that are done are left
    /// alone. Told to stop, it does so before the next candidate; shards that are done stay.
    ///
    /// # Errors
    /// A candidate needs something that is not in the data; a result cannot be written; the ledger is damaged;
    /// it was told to stop.
    pub fn run(
        &self,
        store: &mut Store,
        ledger: &mut LedgerWriter,
        part: Option<(u64, u64)>,
        progress: &Progress,
    ) -> Result<SweepProgress> {
        self.can_be_parted(part)?;
        let engine = self.engine(self.wants(), progress)?;
        let mut standing = SweepProgress { done: 0, of: 0 };
        let total = self.work();
        let mut before = 0;
        self.stages(store, &mut |store, stage| {
            let count = stage.items.len();
            let shards = count.div_ceil(self.plan.shard_size);
            for shard in 0..shards {
                progress.check()?;
                standing.of += 1;
                let name = shard_name(stage.number, shard);
                let range = shard * self.plan.shard_size..((shard + 1) * self.plan.shard_size).min(count);
                let mine = part.is_none_or(|(i, n)| shard % n == i);
                if mine && !store.has(&name) {
                    self.shard(&engine, stage, &name, range.clone(), store, ledger)?;
                }
                standing.done += u64::from(store.has(&name));
                progress.count(before + range.end, total);
            }
            before += count;
            Ok(())
        })?;
        // Rounds of fewer candidates than were reckoned with end here as well.
        progress.count(total, total);
        Ok(standing)
    }

    fn shard(
        &self,
        engine: &Engine<'_>,
        stage: &SweepStage,
        name: &str,
        range: Range<u64>,
        store: &mut Store,
        ledger: &mut LedgerWriter,
    ) -> Result<()> {
        let drawn: Vec<(u64, Point)> = range
            .filter_map(|k| match &stage.items {
                Items::All(_) => Some((k, self.draw.point(&self.space, k)?)),
                Items::These(ids) => Some((ids[k as usize], self.draw.point(&self.space, ids[k as usize])?)),
                Items::Points(points) => {
                    let (id, point) = &points[k as usize];
                    Some((*id, point.clone()?))
                }
            })
            .collect();
        let points: Vec<&Point> = drawn.iter().map(|(_, p)| p).collect();
        let blocks = if stage.whole { (self.plan.blocks, self.plan.block_days) } else { (0, 0) };
        let task = Task { span: stage.span.clone(), blocks, daily: false, counted: true };
        let mut done = engine.evaluate(&points, &task)?;
        let mut trials = self.trials(name, stage.span.end);
        trials.detail = (self.scenario.sweep.sampler == Sampler::Halving)
            .then(|| serde_json::json!({ "halving_round": stage.number }));
        trials.take(done.iter_mut().flatten().filter_map(|e| e.counted.take()));
        let kept: Vec<(u64, &Point, &Evaluated)> =
            drawn.iter().zip(&done).filter_map(|((id, p), e)| Some((*id, p, e.as_ref()?))).collect();
        ledger.add(trials)?;
        store.put(name, &self.table(stage, &kept))
    }

    /// Counts the shards that are done, wherever they were run: as the ledgers of `elsewhere` do, or by their number alone
    /// where these do not know them.
    ///
    /// # Errors
    /// A ledger is damaged or cannot be written.
    pub fn count_shards(
        &self,
        store: &Store,
        ledger: &mut LedgerWriter,
        elsewhere: &[TrialLedger],
    ) -> Result<()> {
        let whole = self.history.steps();
        for name in store.shards().map(str::to_owned).collect::<Vec<_>>() {
            let key = self.trials(&name, whole).key;
            let known =
                elsewhere.iter().find_map(|l| Some((l, l.entries.iter().find(|e| e.trials.key == key)?)));
            if let Some((there, entry)) = known {
                ledger.add(there.whole(entry)?)?;
                continue;
            }
            let count = store.rows(&name) as u64;
            ledger.add(Trials { count, rest: Some(count), ..self.trials(&name, whole) })?;
        }
        Ok(())
    }

    /// What a shard adds to the ledger.
    fn trials(&self, shard: &str, end: usize) -> Trials {
        let clock = self.history.clock();
        Trials {
            kind: "sweep".to_owned(),
            scenario: self.scenario.name.clone(),
            system: self.scenario.system.name().to_owned(),
            family: Some(self.scenario.family.clone()),
            key: self.provenance.key("sweep", &format!("{} {shard}", self.plan.id)),
            data: self.histories().to_vec(),
            from_ms: clock.time(self.begins()),
            to_ms: clock.close_time(end.min(clock.len()) - 1),
            rest: Some(0),
            sketches: self.provenance.sketches.to_vec(),
            ..Trials::default()
        }
    }

    /// What its trials are counted by.
    pub fn histories(&self) -> &[String] {
        &self.provenance.histories
    }

    /// What these are known by in another form.
    pub fn sketches(&self) -> &[HistorySketch] {
        &self.provenance.sketches
    }

    fn table(&self, stage: &SweepStage, kept: &[(u64, &Point, &Evaluated)]) -> Table {
        let ids = kept.iter().map(|(id, ..)| *id as i64).collect();
        let points: Vec<&Point> = kept.iter().map(|(_, p, _)| *p).collect();
        let mut table = Table::new().with("candidate", Column::I64(ids));
        if self.scenario.sweep.sampler == Sampler::Halving {
            let same = |v: usize| Column::I64(vec![v as i64; kept.len()]);
            table.push("round", same(stage.number));
            table.push("bars", same(stage.span.end));
        }
        if self.scenario.sweep.span == CandidateSpan::Own {
            let clock = self.history.clock();
            let from = kept.iter().map(|(.., e)| clock.time(e.first)).collect();
            table.push(JUDGED_FROM, Column::TimeMs(from));
        }
        if let Some(from) = &self.start.shared {
            // What a row needs to be run alone, beside its axes.
            table.push("data.from", Column::Str(TextColumn::collect(kept.iter().map(|_| from.as_str()))));
        }
        for (key, column) in axis_columns(&self.space, &points) {
            table.push(key, column);
        }
        let wants = self.wants();
        let regimes = wants.regimes.then_some(&self.regimes);
        for (k, name) in figure_names(wants.edges, regimes, wants.core).into_iter().enumerate() {
            let column = figure_column(&name, kept.iter().map(|(.., e)| e.row[k]));
            table.push(name, column);
        }
        for k in 0..if stage.whole { 2 * self.plan.blocks } else { 0 } {
            let values = kept.iter().map(|(.., e)| e.blocks.get(k).copied().unwrap_or(f64::NAN)).collect();
            table.push(block_name(k), Column::F64(values));
        }
        table
    }
}

/// Name of the `k`-th number kept for cross-validation; not a column of the result.
pub(crate) fn block_name(k: usize) -> String {
    format!("~block {k:02}")
}
