//! Purged folds and combinatorial splits: parts of one run a candidate, chosen and judged by daily returns.

use std::ops::Range;

use rayon::prelude::*;

use super::result::WindowResult;
use super::tested::{Tested, grown};
use super::{BestTrained, Walker};
use crate::error::{Error, Place, Result};
use crate::experiments::sweep::{Task, assignments};
use crate::metrics::EquityStats;
use crate::runs::figure;
use crate::scenario::{Objective, Scenario, SplitMode, WalkForward};
use crate::stats::{Combinatorial, Fold, purged_kfold, sharpe_ratio};

/// Fewest days a fold is trained on.
const LEAST_TRAIN: usize = 30;

/// Days divided into parts to train on and parts to test on.
pub(super) struct Division {
    folds: Vec<Fold>,
    /// How combinatorial splits make up paths; of plain folds there is one path.
    plan: Option<Combinatorial>,
}

impl Division {
    /// The folds of the first `n` days, each with enough of them to train on.
    pub(super) fn checked(s: &Scenario, w: &WalkForward, n: usize) -> Result<Self> {
        let horizon = w.gap_days.round() as usize;
        let embargo = (w.embargo * n as f64) as usize;
        let division = Self::of(w, n, horizon, embargo);
        if division.too_short() {
            return Err(Error::scenario(
                Place::key("walkforward").within(&s.name),
                format!("{n} whole days are too few for {} folds with a gap of {horizon} and an embargo of {embargo} days", w.folds),
            )
            .hint("take fewer folds, a shorter gap, or more history"));
        }
        refuse_figures_of_trades(s)?;
        Ok(division)
    }

    /// `n` days divided as said.
    fn of(w: &WalkForward, n: usize, horizon: usize, embargo: usize) -> Self {
        let plan = match w.mode {
            SplitMode::Combinatorial => Combinatorial::new(w.folds, w.test_folds),
            _ => None,
        };
        let folds = match &plan {
            Some(plan) => plan.folds(n, horizon, embargo),
            None => purged_kfold(n, w.folds, horizon, embargo),
        };
        Self { folds, plan }
    }

    /// Whether a fold has too few days to train on, or there is none.
    fn too_short(&self) -> bool {
        let trained = |f: &Fold| f.train.iter().map(Range::len).sum::<usize>();
        self.folds.is_empty() || self.folds.iter().any(|f| trained(f) < LEAST_TRAIN)
    }

    /// The days of each group, in order of time.
    fn groups(&self, n: usize) -> Vec<Range<usize>> {
        match &self.plan {
            Some(plan) => plan.bars(n),
            None => self.folds.iter().flat_map(|f| f.test.clone()).collect(),
        }
    }

    /// The path that takes `group` from `split`, where one does.
    fn path_of(&self, split: usize, group: usize) -> Option<usize> {
        match &self.plan {
            Some(plan) => plan.path_of(split, group),
            None => (split == group).then_some(0),
        }
    }

    /// Daily returns of each path: every group once, each by the split that the path takes it from.
    fn paths(&self, best: &[Option<Chosen>], n: usize) -> Vec<Vec<f64>> {
        let groups = self.groups(n);
        let count = self.plan.as_ref().map_or(1, Combinatorial::path_count);
        let mut paths = vec![vec![0.0; n]; count];
        for (k, chosen) in best.iter().enumerate() {
            let Some(Chosen { daily, .. }) = chosen else { continue };
            for (g, days) in groups.iter().enumerate() {
                if let Some(path) = self.path_of(k, g) {
                    paths[path][days.clone()].copy_from_slice(&daily[days.clone()]);
                }
            }
        }
        paths
    }
}

/// Refuses to look for a figure that parts of daily returns do not have.
fn refuse_figures_of_trades(s: &Scenario) -> Result<()> {
    match s.sweep.metric {
        Objective::Sharpe
        | Objective::Sortino
        | Objective::TotalReturn
        | Objective::Calmar
        | Objective::MaxDrawdown => Ok(()),
        metric => Err(Error::scenario(
            Place::key("sweep.metric").within(&s.name),
            format!("{:?} is a figure of trades, and folds are judged by daily returns", metric.name()),
        )
        .hint("use sharpe, sortino, total_return, calmar or max_drawdown, or rolling windows")),
    }
}

/// The candidate chosen by a fold.
struct Chosen {
    best: BestTrained,
    /// Its daily returns over all days.
    daily: Vec<f64>,
}

impl Walker<'_> {
    /// Chooses and tests by folds of the first `n` days.
    pub(super) fn folds(&self, w: &WalkForward, n: usize) -> Result<Tested> {
        let division = Division::checked(self.sweep.scenario(), w, n)?;
        let best = self.chosen(&division.folds, n)?;
        let zero = vec![0.0; n];
        let windows = division
            .folds
            .iter()
            .zip(&best)
            .map(|(fold, chosen)| self.fold_result(fold, chosen.as_ref(), &zero))
            .collect();
        let mut paths = division.paths(&best, n);
        let per_year = self.sweep.scenario().data.days_per_year();
        Ok(Tested {
            windows,
            dropped_days: 0,
            path_sharpes: paths.iter().map(|p| sharpe_ratio(p, per_year)).collect(),
            returns: paths.swap_remove(0),
            hold: self.held(&(0..n)),
            days_ms: (0..n).map(|d| self.days.times[d + 1]).collect(),
        })
    }

    /// The best candidate of each fold by its training days; none where no candidate has a value.
    fn chosen(&self, folds: &[Fold], n: usize) -> Result<Vec<Option<Chosen>>> {
        let s = self.sweep.scenario();
        // One run over all of it a candidate; parts of its daily returns are what folds choose and judge by.
        let span = self.days.edges[0]..self.days.edges[n];
        let task = Task { span, blocks: (0, 0), daily: true, counted: true };
        let mut best: Vec<Option<Chosen>> = folds.iter().map(|_| None).collect();
        let per_year = s.data.days_per_year();
        let total = self.sweep.the_plan().total;
        self.each(&task, 0, total, |id, point, done| {
            if done.row[figure!("trades")] < s.sweep.min_trades as f64 {
                return;
            }
            let daily = self.days.returns(&(0..n), &done.daily);
            let values: Vec<(f64, f64)> =
                folds.par_iter().map(|f| judged(&daily, &f.train, s.sweep.metric, per_year)).collect();
            for (slot, (value, cagr)) in best.iter_mut().zip(values) {
                if value.is_finite() && slot.as_ref().is_none_or(|c| value > c.best.value) {
                    let best = BestTrained { id, point: point.clone(), value, cagr };
                    *slot = Some(Chosen { best, daily: daily.clone() });
                }
            }
        })?;
        Ok(best)
    }

    /// How what a fold chose did on the days it is tested on; `zero` are the returns of choosing nothing.
    fn fold_result(&self, fold: &Fold, chosen: Option<&Chosen>, zero: &[f64]) -> WindowResult {
        let s = self.sweep.scenario();
        let per_year = s.data.days_per_year();
        let (train_from_ms, train_to_ms) = self.hull_ms(&fold.train);
        let (test_from_ms, test_to_ms) = self.hull_ms(&fold.test);
        let best = chosen.map(|c| &c.best);
        let daily = chosen.map_or(zero, |c| &c.daily);
        let e = stats(daily, &fold.test, per_year);
        WindowResult {
            train_from_ms,
            train_to_ms,
            test_from_ms,
            test_to_ms,
            candidate: best.map(|b| b.id),
            set: best.map_or(vec![], |b| assignments(self.sweep.space(), &b.point)),
            train_value: s.sweep.metric.sign() * best.map_or(f64::NAN, |b| b.value),
            test_value: s.sweep.metric.sign() * judged(daily, &fold.test, s.sweep.metric, per_year).0,
            train_cagr: best.map_or(f64::NAN, |b| b.cagr),
            test_return: e.total_return,
            test_sharpe: e.sharpe,
            test_max_drawdown: e.max_drawdown,
            test_trades: None,
        }
    }

    /// Times of the begin of the first part and of the end of the last.
    fn hull_ms(&self, parts: &[Range<usize>]) -> (i64, i64) {
        let (a, b) = (parts.first().map_or(0, |r| r.start), parts.last().map_or(0, |r| r.end));
        self.days.span_ms(&(a..b))
    }
}

/// Performance over parts of a run, one after the other.
fn stats(daily: &[f64], parts: &[Range<usize>], per_year: f64) -> EquityStats {
    EquityStats::of(&grown(1.0, parts.iter().flat_map(|p| &daily[p.clone()])), per_year)
}

/// What parts of a run are worth, and their compound annual growth.
fn judged(daily: &[f64], parts: &[Range<usize>], metric: Objective, per_year: f64) -> (f64, f64) {
    let e = stats(daily, parts, per_year);
    let value = match metric {
        Objective::Sortino => e.sortino,
        Objective::TotalReturn => e.total_return,
        Objective::Calmar => e.calmar,
        Objective::MaxDrawdown => -e.max_drawdown,
        _ => e.sharpe,
    };
    (value, e.cagr)
}
