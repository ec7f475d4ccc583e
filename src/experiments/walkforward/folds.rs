//! Purged folds and combinatorial splits: parts of one run a candidate, chosen and judged by daily returns.

use std::ops::Range;

use rayon::prelude::*;

use super::result::WindowResult;
use super::{BestTrained, Parts, Walker};
use crate::error::{Error, Place, Result};
use crate::experiments::sweep::{Task, assignments};
use crate::metrics::EquityStats;
use crate::runs::figure;
use crate::scenario::{Objective, SplitMode, WalkForward};
use crate::stats::{Combinatorial, Fold, purged_kfold, sharpe_ratio};

impl Walker<'_> {
    pub(super) fn folds(&self, w: &WalkForward, n: usize) -> Result<Parts> {
        let s = self.sweep.scenario();
        let horizon = w.gap_days.round() as usize;
        let embargo = (w.embargo * n as f64) as usize;
        let plan = Combinatorial::new(w.folds, w.test_folds);
        let folds: Vec<Fold> = match (w.mode, &plan) {
            (SplitMode::Combinatorial, Some(plan)) => plan.folds(n, horizon, embargo),
            _ => purged_kfold(n, w.folds, horizon, embargo),
        };
        if folds.is_empty() || folds.iter().any(|f| f.train.iter().map(Range::len).sum::<usize>() < 30) {
            return Err(Error::scenario(
                Place::key("walkforward").within(&s.name),
                format!("{n} whole days are too few for {} folds with a gap of {horizon} and an embargo of {embargo} days", w.folds),
            )
            .hint("take fewer folds, a shorter gap, or more history"));
        }
        if !matches!(
            s.sweep.metric,
            Objective::Sharpe
                | Objective::Sortino
                | Objective::TotalReturn
                | Objective::Calmar
                | Objective::MaxDrawdown
        ) {
            return Err(Error::scenario(
                Place::key("sweep.metric").within(&s.name),
                format!(
                    "{:?} is a figure of trades, and folds are judged by daily returns",
                    s.sweep.metric.name()
                ),
            )
            .hint("use sharpe, sortino, total_return, calmar or max_drawdown, or rolling windows"));
        }
        // One run over all of it a candidate; parts of its daily returns are what folds choose and judge by.
        let span = self.days.edges[0]..self.days.edges[n];
        let task = Task { span, blocks: (0, 0), daily: true };
        let mut best: Vec<Option<(BestTrained, Vec<f64>)>> = folds.iter().map(|_| None).collect();
        let per_year = s.data.days_per_year();
        let total = self.sweep.the_plan().total;
        self.each(&task, 0, total, |id, point, done| {
            if done.row[figure!("trades")] < s.sweep.min_trades as f64 || done.daily.len() < n {
                return;
            }
            let values: Vec<(f64, f64)> =
                folds.par_iter().map(|f| judged(&done.daily, &f.train, s.sweep.metric, per_year)).collect();
            for (slot, (value, cagr)) in best.iter_mut().zip(values) {
                if value.is_finite() && slot.as_ref().is_none_or(|(b, _)| value > b.value) {
                    *slot = Some((BestTrained { id, point: point.clone(), value, cagr }, done.daily.clone()));
                }
            }
        })?;
        let zero = vec![0.0; n];
        let mut out = vec![];
        for (fold, slot) in folds.iter().zip(&best) {
            let ms = |parts: &[Range<usize>]| {
                let (a, b) = (parts.first().map_or(0, |r| r.start), parts.last().map_or(0, |r| r.end));
                (self.days.times[a], self.days.times[b])
            };
            let ((train_from_ms, train_to_ms), (test_from_ms, test_to_ms)) =
                (ms(&fold.train), ms(&fold.test));
            let daily = slot.as_ref().map_or(&zero, |(_, d)| d);
            let e = stats(daily, &fold.test, per_year);
            out.push(WindowResult {
                train_from_ms,
                train_to_ms,
                test_from_ms,
                test_to_ms,
                candidate: slot.as_ref().map(|(b, _)| b.id),
                set: slot.as_ref().map_or(vec![], |(b, _)| assignments(self.sweep.space(), &b.point)),
                train_value: slot.as_ref().map_or(f64::NAN, |(b, _)| b.value),
                test_value: judged(daily, &fold.test, s.sweep.metric, per_year).0,
                train_cagr: slot.as_ref().map_or(f64::NAN, |(b, _)| b.cagr),
                test_return: e.total_return,
                test_sharpe: e.sharpe,
                test_max_drawdown: e.max_drawdown,
                test_trades: None,
            });
        }
        // Paths: every group once, each by the split that the path takes it from.
        let groups = match (w.mode, &plan) {
            (SplitMode::Combinatorial, Some(plan)) => plan.bars(n),
            _ => folds.iter().flat_map(|f| f.test.clone()).collect(),
        };
        let count = if w.mode == SplitMode::Combinatorial {
            plan.as_ref().map_or(1, Combinatorial::path_count)
        } else {
            1
        };
        let mut paths = vec![zero.clone(); count];
        for (k, slot) in best.iter().enumerate() {
            let Some((_, daily)) = slot else { continue };
            for (g, days) in groups.iter().enumerate() {
                let path = match (w.mode, &plan) {
                    (SplitMode::Combinatorial, Some(plan)) => plan.path_of(k, g),
                    _ => (k == g).then_some(0),
                };
                if let Some(path) = path {
                    paths[path][days.clone()].copy_from_slice(&daily[days.clone()]);
                }
            }
        }
        let sharpes = paths.iter().map(|p| sharpe_ratio(p, per_year)).collect();
        let dates = (0..n).map(|d| self.days.times[d + 1]).collect();
        Ok((out, 0, paths.swap_remove(0), sharpes, dates))
    }
}

fn stats(daily: &[f64], parts: &[Range<usize>], per_year: f64) -> EquityStats {
    let mut curve = vec![1.0];
    for r in parts.iter().flat_map(|p| &daily[p.clone()]) {
        curve.push(curve[curve.len() - 1] * (1.0 + r));
    }
    EquityStats::of(&curve, per_year)
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
