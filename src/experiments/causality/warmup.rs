//! How many bars a column needs before it has forgotten where the data began.

use rayon::prelude::*;
use serde::Serialize;

use super::cuts::stratified;
use super::subject::{CheckScope, CheckSubject, Computed, HistoryPart};
use crate::choices;
use crate::error::Result;
use crate::market::Bars;
use crate::random::Stream;
use crate::system::{ObservedColumn, Stage};

/// Places at which the data begin again.
const STARTS: usize = 16;
/// Bars computed from each, at most; a memory that is longer is only said to be longer.
const HORIZON: usize = 5_000;

choices! {
    /// Whether a column forgets where the data began.
    pub enum Forgets {
        /// After as many bars as said.
        Within = "within",
        /// The difference shrinks, and is not gone at the end of what was computed.
        Later = "later",
        /// The difference does not shrink: the column adds up its past, or follows its own.
        Never = "never",
    }
}

/// What one column remembers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// Where it stands.
    pub stage: Stage,
    /// Its name.
    pub column: String,
    /// Bars after which it claims to be known.
    pub declared: usize,
    /// Whether it forgets.
    pub forgets: Forgets,
    /// Bars after which no value differed beyond the tolerance, whatever the start.
    pub needed: Option<usize>,
    /// Largest relative difference at the first row it claims to be known; 1 where the one label is not the other.
    pub left: f64,
}

/// Begins of data to try, and the bars that follow each.
pub(super) struct Starts {
    at: Vec<usize>,
    pub(super) horizon: usize,
}

impl Starts {
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }
}

pub(super) fn starts(n: usize, seed: u64) -> Starts {
    let horizon = HORIZON.min(n / 2);
    let at = stratified(n - horizon, STARTS, &mut Stream::new(seed, "causality starts", 0));
    // The data as they are begin at 0: that would be no other start.
    Starts { at: at.into_iter().filter(|s| *s > 0).collect(), horizon }
}

/// The memory of every column of `full`.
pub(super) fn memories<S: CheckSubject>(
    subject: &S,
    bars: &Bars,
    full: &Computed,
    starts: &Starts,
    tolerance: f64,
    step: &(impl Fn() -> Result<()> + Sync),
) -> Result<Vec<Memory>> {
    let scales: Vec<f64> = full.columns.iter().map(scale).collect();
    let traces: Vec<Vec<Trace>> = starts
        .at
        .par_iter()
        .with_max_len(1)
        .map(|&start| {
            let part = subject.observe(
                &bars.slice(start, start + starts.horizon),
                &HistoryPart::from(start),
                CheckScope::All,
            )?;
            step()?;
            let pairs = full.columns.iter().zip(&part.columns).zip(&scales);
            let trace =
                |((a, b), scale): ((_, _), &f64)| Trace::of(a, b, start, starts.horizon, *scale, tolerance);
            Ok(pairs.map(trace).collect())
        })
        .collect::<Result<_>>()?;
    let column = |(k, c): (usize, &ObservedColumn)| memory(c, traces.iter().map(|t| &t[k]), starts.horizon);
    Ok(full.columns.iter().enumerate().map(column).collect())
}

/// Typical size of a column: differences of a value near zero are measured by it.
fn scale(c: &ObservedColumn) -> f64 {
    let finite = c.values.iter().filter(|v| v.is_finite());
    let (sum, n) = finite.fold((0.0, 0usize), |(sum, n), v| (sum + v.abs(), n + 1));
    if n == 0 { 0.0 } else { sum / n as f64 }
}

/// One column from one start, beside the same rows of the whole run.
struct Trace {
    /// One past the last row that differs beyond the tolerance.
    needed: usize,
    at_declared: f64,
    /// Sums of differences over a tenth of the rows in the middle, and at the end.
    middle: f64,
    end: f64,
}

impl Trace {
    fn of(
        a: &ObservedColumn,
        b: &ObservedColumn,
        start: usize,
        horizon: usize,
        scale: f64,
        tolerance: f64,
    ) -> Self {
        let tenth = horizon / 10;
        let mut trace = Self { needed: 0, at_declared: f64::NAN, middle: 0.0, end: 0.0 };
        let value =
            |c: &ObservedColumn, row: usize| row.checked_sub(c.first).and_then(|k| c.values.get(k).copied());
        for row in 0..b.end() {
            let Some(x) = value(a, start + row) else { continue };
            let y = value(b, row).unwrap_or(f64::NAN);
            let d = relative(x, y, scale, !a.labels.is_empty());
            if d > tolerance {
                trace.needed = row + 1;
            }
            if row == a.declared {
                trace.at_declared = d;
            }
            if (horizon / 2..horizon / 2 + tenth).contains(&row) {
                trace.middle += d;
            } else if row >= horizon - tenth {
                trace.end += d;
            }
        }
        trace
    }
}

/// Difference relative to the larger value, or to `scale` where both are smaller; 1 at most where only one is known.
fn relative(x: f64, y: f64, scale: f64, codes: bool) -> f64 {
    if x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan() {
        return 0.0;
    }
    if codes || x.is_nan() || y.is_nan() {
        return 1.0;
    }
    let d = (x - y).abs() / x.abs().max(y.abs()).max(scale);
    // Two zeros of different sign, or infinities.
    if d.is_nan() { if x == y { 0.0 } else { 1.0 } } else { d }
}

fn memory<'a>(c: &ObservedColumn, traces: impl Iterator<Item = &'a Trace> + Clone, horizon: usize) -> Memory {
    let needed = traces.clone().map(|t| t.needed).max().unwrap_or(0);
    let sum = |f: fn(&Trace) -> f64| traces.clone().map(f).sum::<f64>();
    let forgets = if needed <= horizon - horizon / 10 {
        Forgets::Within
    } else if sum(|t| t.end) >= 0.5 * sum(|t| t.middle) {
        Forgets::Never
    } else {
        Forgets::Later
    };
    Memory {
        stage: c.stage,
        column: c.name.clone(),
        declared: c.declared,
        forgets,
        needed: (forgets == Forgets::Within).then_some(needed),
        // Not `max` from a number: where no start reaches the row, nothing is known.
        left: traces.map(|t| t.at_declared).fold(f64::NAN, f64::max),
    }
}
