//! Power of all deciding rows together, by histories drawn from the run itself.

use rayon::prelude::*;
use serde::Serialize;

use super::days::{RunDays, TradeTally};
use super::quantity::{DrawnHistory, SimulatedMetric};
use super::truth::{TrueBlocks, TruthTarget, true_blocks};
use crate::random::{ContentSeed, Stream};
use crate::stats::{Interval, wilson};

/// Histories drawn.
pub(super) const HISTORIES: u32 = 2000;

/// A row that a drawn history can be judged by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SimulatedRow {
    /// The row's id.
    pub id: String,
    /// What question it asks.
    pub question: &'static str,
    /// What it measures.
    pub metric: SimulatedMetric,
    /// The bound of its worse side.
    pub bound: f64,
    /// Whether values above the bound are good.
    pub above: bool,
    /// Smallest sample that is judged, and smallest number of trades.
    pub least: [f64; 2],
    /// Whether it counts in the verdict.
    pub decides: bool,
}

/// Power of all deciding rows together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetPower {
    /// Deciding rows that histories were judged by.
    pub rows: usize,
    /// Chance that all of them pass.
    pub power: f64,
    /// 95 % interval of that chance, for the number of histories.
    pub interval: Interval,
    /// Histories drawn.
    pub histories: u32,
    /// Days in each.
    pub days: usize,
    /// Days in a block.
    pub block_days: usize,
    /// How many equally weighted blocks without a common day the weighted ones amount to.
    pub effective_blocks: f64,
    /// The seed, in hexadecimal: it comes from the criteria.
    pub seed: String,
    /// The row that passes least often; none of several that never do but the first.
    pub limiting: Option<LimitingRow>,
    /// Rows that ask one question, together.
    pub questions: Vec<QuestionPower>,
    /// Values that cannot all be true of days like these, left out for that.
    pub dropped: Vec<DroppedValue>,
}

/// The row that limits a set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitingRow {
    /// Its id.
    pub id: String,
    /// Its power on the same histories.
    pub power: f64,
    /// Power of the set without it.
    pub power_without: f64,
}

/// Power of the deciding rows that ask one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionPower {
    /// `edge`, `risk` or `behaviour`.
    pub question: &'static str,
    /// Ids of the rows.
    pub rows: Vec<String>,
    /// Chance that all of them pass.
    pub power: f64,
}

/// A value that could not be true of the days together with the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DroppedValue {
    /// Ids of the rows about it.
    pub rows: Vec<String>,
    /// The value.
    pub value: f64,
}

/// Power of the set and of each of `rows`, in their order, if `targets` are true of days like `days`.
pub(super) fn set_power(
    days: &RunDays,
    targets: &[TruthTarget],
    rows: &[SimulatedRow],
    digest: &str,
) -> (SetPower, Vec<f64>) {
    let truth = true_blocks(days, targets);
    let content: Vec<i64> = digest.bytes().map(i64::from).collect();
    let seed = ContentSeed::new("assay gate power v1").whole(&content).seed();
    let passed = simulate(days, &truth, rows, seed);
    let share =
        |of: &dyn Fn(&[bool]) -> bool| passed.iter().filter(|p| of(p)).count() as f64 / f64::from(HISTORIES);
    let each: Vec<f64> = (0..rows.len()).map(|k| share(&|p| p[k])).collect();
    let deciding: Vec<usize> = (0..rows.len()).filter(|k| rows[*k].decides).collect();
    let joint = |kept: &[usize]| share(&|p| kept.iter().all(|k| p[*k]));
    let power = joint(&deciding);
    let least = deciding.iter().copied().min_by(|a, b| each[*a].total_cmp(&each[*b]));
    let limiting = least.map(|k| {
        let others: Vec<usize> = deciding.iter().copied().filter(|i| *i != k).collect();
        LimitingRow { id: rows[k].id.clone(), power: each[k], power_without: joint(&others) }
    });
    let mut questions: Vec<QuestionPower> = vec![];
    for &k in &deciding {
        if questions.iter().all(|q| q.question != rows[k].question) {
            let same: Vec<usize> =
                deciding.iter().copied().filter(|i| rows[*i].question == rows[k].question).collect();
            let ids = same.iter().map(|i| rows[*i].id.clone()).collect();
            questions.push(QuestionPower { question: rows[k].question, rows: ids, power: joint(&same) });
        }
    }
    let dropped = |k: &usize| DroppedValue { rows: targets[*k].rows.clone(), value: targets[*k].value };
    let set = SetPower {
        rows: deciding.len(),
        power,
        interval: wilson((power * f64::from(HISTORIES)).round() as u64, u64::from(HISTORIES)),
        histories: HISTORIES,
        days: days.len(),
        block_days: days.block,
        effective_blocks: truth.effective,
        seed: format!("{seed:016x}"),
        limiting,
        questions,
        dropped: truth.dropped.iter().map(dropped).collect(),
    };
    (set, each)
}

/// Whether each row passes, history by history.
pub(super) fn simulate(
    days: &RunDays,
    truth: &TrueBlocks,
    rows: &[SimulatedRow],
    seed: u64,
) -> Vec<Vec<bool>> {
    let mut sum = 0.0;
    let cumulative: Vec<f64> = truth
        .weights
        .iter()
        .map(|w| {
            sum += w;
            sum
        })
        .collect();
    let judged = |index: u32| {
        let history = draw(days, &cumulative, Stream::new(seed, "gate power", u64::from(index)));
        let trades = history.trades.first().map_or(0.0, TradeTally::n);
        let enough =
            |row: &SimulatedRow| row.metric.sample(&history) >= row.least[0] && trades >= row.least[1];
        rows.iter().map(|r| enough(r) && r.metric.passes(&history, r.bound, r.above)).collect()
    };
    (0..HISTORIES).into_par_iter().map(judged).collect()
}

/// A history as long as the run, of blocks that start on days drawn by their weights.
fn draw(days: &RunDays, cumulative: &[f64], mut stream: Stream) -> DrawnHistory {
    let n = days.len();
    let total = cumulative.last().copied().unwrap_or(0.0);
    let mut returns = Vec::with_capacity(n);
    let mut trades = vec![TradeTally::default(); days.trades.len()];
    while returns.len() < n {
        let at = stream.uniform() * total;
        let start = cumulative.partition_point(|c| *c <= at).min(n - 1);
        for d in (start..start + days.block.min(n - returns.len())).map(|d| d % n) {
            returns.push(days.returns[d]);
            trades.iter_mut().zip(&days.trades).for_each(|(sum, of_days)| sum.add(&of_days[d]));
        }
    }
    DrawnHistory { returns, trades, per_year: days.per_year }
}
