//! Choosing on one part of history and judging on another: walk-forward windows, purged and combinatorial cross-validation, and a
//! hold-out that is opened once.

mod days;
mod folds;
mod holdout;
mod result;
mod tested;

use std::cell::RefCell;
use std::ops::Range;

pub use holdout::holdout_span;
pub use result::{Drift, Holdout, WalkForwardResult, WindowResult};

use super::sweep::{Engine, Point, SweepRun, Task, assignments};
use crate::error::{Error, Place, Result};
use crate::metrics::{EquityStats, LEAST_DAYS_OF_GROWTH};
use crate::progress::Progress;
use crate::runs::ledger::{LedgerWriter, PoolOf, TrialLedger, TrialPool, Trials};
use crate::runs::{CountedTrial, HoldoutOpening, Wants, figure, place_of};
use crate::scenario::{Objective, Sampler, Scenario, SplitMode, WalkForward};
use crate::stats::{Window, sharpe_ratio};
use days::DayGrid;
use folds::Division;
use tested::{Searched, Tested, grown};

/// Candidates evaluated at once.
const CHUNK: u64 = 1024;

/// The best candidate of a part.
struct BestTrained {
    id: u64,
    point: Point,
    value: f64,
    cagr: f64,
}

/// Runs the walk forward of a scenario. `opening` is what opens the days locked away, where they are to be.
///
/// # Errors
/// The history is too short for a window; the search adapts itself; it was told to stop, which it does before the next
/// candidate.
pub fn walk_forward(
    sweep: &SweepRun<'_>,
    id: String,
    ledger: &mut LedgerWriter,
    ledger_path: &std::path::Path,
    opening: Option<&HoldoutOpening>,
    progress: &Progress,
) -> Result<WalkForwardResult> {
    let s = sweep.scenario();
    let w = &s.walkforward;
    refuse_adaptive(sweep)?;
    let days = DayGrid::of(sweep.history().clock(), sweep.first(), &s.data);
    let n = days_before_holdout(&days, w);
    let locked = days.len() - n;
    let windows = match w.mode {
        SplitMode::Rolling | SplitMode::Anchored => DayGrid::windows(w, n).len() as u64,
        SplitMode::KFold | SplitMode::Combinatorial => 1,
    };
    let engine = sweep.engine_for(Wants::default(), sweep.the_plan().total * windows.max(1), progress)?;
    let hold = sweep.history().hold(s, sweep.first(), s.account.equity)?;
    let counted = RefCell::default();
    let walker = Walker { sweep, engine, days: &days, hold, counted, progress };
    let tested = match w.mode {
        SplitMode::Rolling | SplitMode::Anchored => walker.windows(n)?,
        SplitMode::KFold | SplitMode::Combinatorial => walker.folds(w, n)?,
    };
    let (_, to_ms) = days.span_ms(&(0..n));
    let from_ms = sweep.history().clock().time(sweep.first());
    let candidates = (0..sweep.the_plan().total).filter(|id| sweep.point(*id).is_some()).count() as u64;
    ledger.add(walker.trials("walkforward", &id, (from_ms, to_ms)))?;
    let holdout = match opening {
        None => None,
        Some(opening) => {
            progress.stage("judging on the hold-out")?;
            Some(walker.holdout(n, &id, ledger, opening)?)
        }
    };
    let day = |ms: i64| ms.div_euclid(86_400_000) as i32;
    let span = (day(from_ms), day(to_ms - 1));
    let pool = TrialPool::of(&TrialLedger::read(ledger_path)?, PoolOf::Family(&s.family), span)?;
    let searched =
        Searched { candidates, trials: pool.trials - pool.duplicates, locked_days: locked, holdout };
    Ok(tested.result(sweep, id, searched))
}

/// Days that are not held out at the end.
fn days_before_holdout(days: &DayGrid, w: &WalkForward) -> usize {
    days.len() - (w.holdout_days.round() as usize).min(days.len())
}

/// Refuses what [`walk_forward`] refuses before it evaluates anything: days are locked only for what can be run.
///
/// # Errors
/// The history is too short for a window or its folds, the windows are too short for the metric, or the search adapts
/// itself.
pub fn refuse_division(sweep: &SweepRun<'_>) -> Result<()> {
    let s = sweep.scenario();
    let w = &s.walkforward;
    refuse_adaptive(sweep)?;
    let days = DayGrid::of(sweep.history().clock(), sweep.first(), &s.data);
    let n = days_before_holdout(&days, w);
    match w.mode {
        SplitMode::Rolling | SplitMode::Anchored => windows_of(s, n).map(|_| ()),
        SplitMode::KFold | SplitMode::Combinatorial => Division::checked(s, w, n).map(|_| ()),
    }
}

/// Refuses to choose by the growth of a year what is trained on a few days.
fn refuse_growth_of_days(s: &Scenario, train: usize) -> Result<()> {
    let days = train as f64 * 365.0 / s.data.days_per_year();
    if s.sweep.metric != Objective::Calmar || days >= LEAST_DAYS_OF_GROWTH {
        return Ok(());
    }
    let problem =
        format!("calmar has no value below {LEAST_DAYS_OF_GROWTH} days, and windows are trained on {train}");
    Err(Error::scenario(Place::key("sweep.metric").within(&s.name), problem)
        .hint("train on more days, or choose by sharpe, sortino or total_return"))
}

/// The windows in the first `n` days, of which there is one at least.
fn windows_of(s: &Scenario, n: usize) -> Result<Vec<Window>> {
    let w = &s.walkforward;
    let (train, gap, test) = DayGrid::parts(w);
    refuse_growth_of_days(s, train)?;
    let windows = DayGrid::windows(w, n);
    if !windows.is_empty() {
        return Ok(windows);
    }
    let need = train + gap + test;
    Err(Error::scenario(
        Place::key("walkforward").within(&s.name),
        format!("{n} whole days that are judged are too few for one window of {need} (train {train}, gap {gap}, test {test})"),
    )
    .hint("shorten walkforward.train_days and test_days, or give more history"))
}

/// Refuses a search that adapts itself to what it has seen.
fn refuse_adaptive(sweep: &SweepRun<'_>) -> Result<()> {
    let sampler = sweep.scenario().sweep.sampler;
    if !sweep.divisible() {
        return Err(Error::usage(
            "sweep.sampler",
            format!("{:?} adapts to what it has seen: each window would search elsewhere", sampler.name()),
        )
        .hint("use grid, random, sobol or latin for a walk forward"));
    }
    debug_assert!(!matches!(sampler, Sampler::Tpe | Sampler::Halving));
    Ok(())
}

/// Chooses among the candidates of a sweep and tests what was chosen.
struct Walker<'a> {
    sweep: &'a SweepRun<'a>,
    engine: Engine<'a>,
    days: &'a DayGrid,
    /// Equity of holding at the close of each step that is judged.
    hold: Vec<f64>,
    /// What was evaluated, for the ledger.
    counted: RefCell<Vec<CountedTrial>>,
    progress: &'a Progress,
}

impl Walker<'_> {
    /// Goes through all candidates in chunks.
    fn each(
        &self,
        task: &Task,
        before: u64,
        total: u64,
        mut see: impl FnMut(u64, &Point, &super::sweep::Evaluated),
    ) -> Result<()> {
        let all = self.sweep.the_plan().total;
        let mut from = 0;
        while from < all {
            let to = (from + CHUNK).min(all);
            let drawn: Vec<(u64, Point)> =
                (from..to).filter_map(|id| Some((id, self.sweep.point(id)?))).collect();
            let points: Vec<&Point> = drawn.iter().map(|(_, p)| p).collect();
            for ((id, point), done) in drawn.iter().zip(self.engine.evaluate(&points, task)?) {
                if let Some(mut done) = done {
                    self.counted.borrow_mut().extend(done.counted.take());
                    see(*id, point, &done);
                }
            }
            self.progress.count(before + to, total);
            from = to;
        }
        Ok(())
    }

    /// What a row is worth.
    fn worth(&self, row: &[f64]) -> f64 {
        let s = &self.sweep.scenario().sweep;
        if row[figure!("trades")] < s.min_trades as f64 {
            f64::NAN
        } else {
            place_of(s.metric.name()).map_or(f64::NAN, |k| s.metric.sign() * row[k])
        }
    }

    fn best(&self, span: Range<usize>, before: u64, total: u64) -> Result<Option<BestTrained>> {
        let task = Task { span, blocks: (0, 0), daily: false, counted: true };
        let mut best: Option<BestTrained> = None;
        self.each(&task, before, total, |id, point, done| {
            let value = self.worth(&done.row);
            if value.is_finite() && best.as_ref().is_none_or(|b| value > b.value) {
                best = Some(BestTrained { id, point: point.clone(), value, cagr: done.row[figure!("cagr")] });
            }
        })?;
        Ok(best)
    }

    fn windows(&self, n: usize) -> Result<Tested> {
        let windows = windows_of(self.sweep.scenario(), n)?;
        let dropped = n - windows.last().map_or(0, |last| last.test.end);
        let total = self.sweep.the_plan().total * windows.len() as u64;
        let (mut out, mut series, mut hold, mut dates) = (vec![], vec![], vec![], vec![]);
        for (k, window) in windows.iter().enumerate() {
            let before = self.sweep.the_plan().total * k as u64;
            let best = self.best(self.days.steps(&window.train), before, total)?;
            let (result, returns) = self.tested(best, &window.train, &window.test)?;
            dates.extend((window.test.start..window.test.end).map(|d| self.days.times[d + 1]));
            series.extend(returns);
            hold.extend(self.held(&window.test));
            out.push(result);
        }
        let sharpe = sharpe_ratio(&series, self.sweep.scenario().data.days_per_year());
        Ok(Tested {
            windows: out,
            dropped_days: dropped,
            returns: series,
            hold,
            path_sharpes: vec![sharpe],
            days_ms: dates,
        })
    }

    /// What holding brought on each of some days.
    fn held(&self, days: &Range<usize>) -> Vec<f64> {
        let start = self.sweep.scenario().account.equity;
        self.days.growth(days, &self.hold, self.sweep.first(), start)
    }

    /// Runs what was chosen over the test alone; its daily returns, zeros where nothing was chosen.
    fn tested(
        &self,
        best: Option<BestTrained>,
        train: &Range<usize>,
        test: &Range<usize>,
    ) -> Result<(WindowResult, Vec<f64>)> {
        let (train_from_ms, train_to_ms) = self.days.span_ms(train);
        let (test_from_ms, test_to_ms) = self.days.span_ms(test);
        let nan = f64::NAN;
        let mut result = WindowResult {
            train_from_ms,
            train_to_ms,
            test_from_ms,
            test_to_ms,
            candidate: best.as_ref().map(|b| b.id),
            set: vec![],
            train_value: nan,
            test_value: nan,
            train_cagr: nan,
            test_return: 0.0,
            test_sharpe: nan,
            test_max_drawdown: 0.0,
            test_trades: None,
        };
        let Some(best) = best else { return Ok((result, vec![0.0; test.len()])) };
        let task = Task { span: self.days.steps(test), blocks: (0, 0), daily: true, counted: true };
        let mut done = self.engine.evaluate(&[&best.point], &task)?.remove(0);
        self.counted.borrow_mut().extend(done.as_mut().and_then(|e| e.counted.take()));
        result.set = assignments(self.sweep.space(), &best.point);
        result.train_value = self.sweep.scenario().sweep.metric.sign() * best.value;
        result.train_cagr = best.cagr;
        let Some(done) = done else {
            // On fewer than two bars nothing can be traded.
            result.test_trades = Some(0);
            return Ok((result, vec![0.0; test.len()]));
        };
        result.test_value = self.sweep.scenario().sweep.metric.sign() * self.worth(&done.row);
        result.test_return = done.row[figure!("total_return")];
        result.test_sharpe = done.row[figure!("sharpe")];
        result.test_max_drawdown = done.row[figure!("max_drawdown")];
        result.test_trades = Some(done.row[figure!("trades")] as u64);
        Ok((result, self.days.returns(test, &done.daily)))
    }

    /// What was evaluated since this was last asked.
    fn trials(&self, kind: &str, id: &str, (from_ms, to_ms): (i64, i64)) -> Trials {
        let s = self.sweep.scenario();
        let mut trials = Trials {
            kind: kind.to_owned(),
            scenario: s.name.clone(),
            system: s.system.name().to_owned(),
            family: Some(s.family.clone()),
            key: format!("{kind} {id}"),
            data: self.sweep.histories().to_vec(),
            from_ms,
            to_ms,
            sketches: self.sweep.sketches().to_vec(),
            ..Trials::default()
        };
        trials.take(self.counted.take());
        trials
    }

    fn holdout(
        &self,
        n: usize,
        id: &str,
        ledger: &mut LedgerWriter,
        opening: &HoldoutOpening,
    ) -> Result<Holdout> {
        let s = self.sweep.scenario();
        let end = self.days.len();
        let (from_ms, to_ms) = self.days.span_ms(&(n..end));
        // Opened, whatever becomes of it.
        opening.seal()?;
        let total = self.sweep.the_plan().total;
        let best = self.best(self.days.edges[0]..self.days.edges[n], 0, total)?;
        let (chosen, returns) = self.tested(best, &(0..n), &(n..end))?;
        // What was searched before these days, to choose.
        let searched = format!("{id} before the hold-out");
        ledger.add(self.trials("walkforward", &searched, (self.days.span_ms(&(0..n)).0, to_ms)))?;
        opening.opened(None)?;
        let curve = grown(s.account.equity, &returns);
        Ok(Holdout { from_ms, to_ms, chosen, performance: EquityStats::of(&curve, s.data.days_per_year()) })
    }
}
