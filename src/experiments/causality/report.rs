//! What a check found.

use std::collections::BTreeMap;

use serde::Serialize;

use super::compare::{CutComparison, ValueDifference};
use super::cuts::{CausalityOptions, CutJob, CutPlan, CutReason, Future};
use super::subject::Computed;
use super::warmup::{Memory, Starts};
use crate::market::{Bars, format_time};
use crate::system::Stage;

/// The outcome of a check.
#[derive(Debug, Clone, Serialize)]
pub struct Causality {
    /// Whether no value before a cut changed.
    pub clean: bool,
    /// Bars of the history.
    pub bars: usize,
    /// Rows before the first decision.
    pub warmup: usize,
    /// The first change of each column that changed, in the order of the pipeline: the first of them is the cause, or
    /// nearest to it.
    pub violations: Vec<CausalityViolation>,
    /// Where the data were cut.
    pub cuts: Vec<CutCount>,
    /// What was compared.
    pub stages: Vec<StageCount>,
    /// What it took.
    pub cost: Cost,
    /// Relative difference below which two values count as the same in `memories`.
    pub tolerance: f64,
    /// Bars computed from each later start of the data.
    pub horizon: usize,
    /// How long each column remembers where the data began.
    pub memories: Vec<Memory>,
}

/// The first change of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CausalityViolation {
    /// Where the column stands.
    pub stage: Stage,
    /// Its name.
    pub column: String,
    /// The bar whose value changed.
    pub bar: usize,
    /// When that bar opened (UTC).
    pub time: String,
    /// First bar that was missing or noise.
    pub cut: usize,
    /// Which of the two.
    pub future: Future,
    /// First bar of the history that was computed: 0, or that of a window.
    pub start: usize,
    /// The value with the real future, exact to the bit.
    pub whole: String,
    /// The value with the other.
    pub changed: String,
    /// The column reads at least as many bars ahead, by the widest change seen.
    pub ahead: usize,
    /// Recomputations in which the column changed.
    pub times: usize,
}

/// How many cuts were made for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CutCount {
    /// The reason.
    pub why: CutReason,
    /// Places.
    pub cuts: usize,
    /// Trades, gaps or windows behind them, where it is those.
    pub around: Option<usize>,
    /// Of as many.
    pub of: Option<usize>,
}

/// What was compared of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageCount {
    /// The stage.
    pub stage: Stage,
    /// Its columns; of fills, the facts of the whole run.
    pub columns: usize,
    /// Values compared in all recomputations.
    pub values: u64,
    /// Columns that changed.
    pub changed: usize,
}

/// The cost of a check, in work rather than time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Places cut.
    pub cuts: usize,
    /// Histories computed.
    pub histories: usize,
    /// Bars in all of them.
    pub bars: u64,
    /// Values compared.
    pub values: u64,
}

/// What was checked: the subject's run over all bars, and how it was computed again.
pub(super) struct Checked<'a> {
    pub(super) bars: &'a Bars,
    /// Rows before the first decision.
    pub(super) warmup: usize,
    /// The run over all bars.
    pub(super) full: &'a Computed,
    /// Where the data were cut.
    pub(super) plan: &'a CutPlan,
    /// Where the data began later.
    pub(super) starts: &'a Starts,
    pub(super) options: &'a CausalityOptions,
}

/// The outcome of a check, of what each recomputation of the plan found and what each column remembers.
pub(super) fn assemble(
    checked: &Checked<'_>,
    outcomes: Vec<CutComparison>,
    memories: Vec<Memory>,
) -> Causality {
    let compared = checked.values_compared(&outcomes);
    let violations = checked.violations(outcomes);
    let stages = checked.stages(&compared, &violations);
    let cuts = checked.cuts();
    Causality {
        clean: violations.is_empty(),
        bars: checked.bars.len(),
        warmup: checked.warmup,
        violations,
        cost: checked.cost(&cuts, &stages),
        cuts,
        stages,
        tolerance: checked.options.tolerance,
        horizon: checked.starts.horizon,
        memories,
    }
}

impl Checked<'_> {
    /// Values compared in each column over all recomputations, and in the facts, which stand last.
    fn values_compared(&self, outcomes: &[CutComparison]) -> Vec<u64> {
        let mut sums = vec![0u64; self.full.columns.len() + 1];
        for outcome in outcomes {
            // Facts stand last, behind however many columns were asked for.
            let (facts, columns) = outcome.compared.split_last().unwrap_or((&0, &[]));
            columns.iter().zip(&mut sums).for_each(|(n, sum)| *sum += *n as u64);
            sums[self.full.columns.len()] += *facts as u64;
        }
        sums
    }

    /// The first change of each column, in the order of the pipeline.
    fn violations(&self, outcomes: Vec<CutComparison>) -> Vec<CausalityViolation> {
        let mut violations: Vec<CausalityViolation> = vec![];
        let mut known: BTreeMap<(Stage, String), usize> = BTreeMap::new();
        for (job, outcome) in self.plan.jobs.iter().zip(outcomes) {
            for difference in outcome.differences {
                let v = self.violation(job, difference);
                match known.get(&(v.stage, v.column.clone())) {
                    Some(&k) => violations[k].merge(v),
                    None => {
                        known.insert((v.stage, v.column.clone()), violations.len());
                        violations.push(v);
                    }
                }
            }
        }
        violations.sort_by(|a, b| (a.stage, a.bar, &a.column).cmp(&(b.stage, b.bar, &b.column)));
        violations
    }

    /// A difference of one recomputation, its bars counted from the begin of the whole history.
    fn violation(&self, job: &CutJob, d: ValueDifference) -> CausalityViolation {
        let start = self.plan.window(job).map_or(0, |w| w.start);
        CausalityViolation {
            stage: d.stage,
            bar: start + d.bar,
            time: format_time(self.bars.open_time()[start + d.bar]),
            cut: start + job.cut,
            future: job.future,
            start,
            whole: d.whole,
            changed: d.cut,
            ahead: job.cut - d.bar,
            times: 1,
            column: d.column,
        }
    }

    /// What was compared of each stage that has columns.
    fn stages(&self, compared: &[u64], violations: &[CausalityViolation]) -> Vec<StageCount> {
        let full = self.full;
        let of = |stage: Stage| {
            let mine = full.columns.iter().zip(compared).filter(|(c, _)| c.stage == stage);
            let (columns, values) = match stage {
                Stage::Fill => (full.facts.len(), compared[full.columns.len()]),
                _ => mine.fold((0, 0), |(n, sum), (_, v)| (n + 1, sum + v)),
            };
            let changed = violations.iter().filter(|v| v.stage == stage).count();
            StageCount { stage, columns, values, changed }
        };
        Stage::ALL.iter().copied().map(of).filter(|s| s.columns > 0).collect()
    }

    /// How many cuts each reason led to, of those that led to any.
    fn cuts(&self) -> Vec<CutCount> {
        let plan = self.plan;
        let of = |why: CutReason| {
            let cuts = plan.jobs.iter().filter(|j| j.why == why && j.future == Future::Missing).count();
            let (around, of) = match why {
                CutReason::Every | CutReason::Drawn => (None, None),
                CutReason::Trade => (Some(plan.trades), Some(self.full.trades.len())),
                CutReason::Gap => (Some(plan.gaps[1]), Some(plan.gaps[0])),
                CutReason::Window => {
                    (Some(plan.windows.iter().filter(|w| w.why == CutReason::Window).count()), None)
                }
            };
            CutCount { why, cuts, around, of }
        };
        CutReason::ALL.iter().copied().map(of).filter(|c| c.cuts > 0).collect()
    }

    /// What the check took: the whole run, each window, each recomputation and each later start is a history.
    fn cost(&self, cuts: &[CutCount], stages: &[StageCount]) -> Cost {
        let (plan, starts) = (self.plan, self.starts);
        let computed = plan.windows.iter().map(|w| w.end - w.start).chain(plan.jobs.iter().map(|j| j.end));
        Cost {
            cuts: cuts.iter().map(|c| c.cuts).sum(),
            histories: 1 + plan.windows.len() + plan.jobs.len() + starts.len(),
            bars: (self.bars.len() + computed.sum::<usize>() + starts.len() * starts.horizon) as u64,
            values: stages.iter().map(|s| s.values).sum(),
        }
    }
}

impl CausalityViolation {
    /// Keeps the earlier bar, then the earlier cut, and the widest reach.
    fn merge(&mut self, other: Self) {
        let (ahead, times) = (self.ahead.max(other.ahead), self.times + other.times);
        let key = |v: &Self| (v.bar, v.start, v.cut, v.future);
        if key(&other) < key(self) {
            *self = other;
        }
        (self.ahead, self.times) = (ahead, times);
    }
}
