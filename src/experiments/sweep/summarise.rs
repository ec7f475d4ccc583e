//! From shards to the result: one table of all candidates, and what they say together.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::aggregates::Nearest;
use super::overfit::SearchSample;
use super::passes::{FirstPass, SecondPass};
use super::store::Store;
use super::{AxisEffect, Heat, Overfitting, Plateau, SweepRun, TopRow};
use crate::error::{Error, Result};
use crate::gate::SearchPlacebos;
use crate::progress::Progress;
use crate::runs::ledger::TrialLedger;
use crate::scenario::CandidateSpan;
use crate::stats::CscvRanks;

/// A sweep in numbers: the document behind `sweep.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepSummary {
    /// Version of the program.
    pub assay_version: String,
    /// Hash of the scenario, the data and the version.
    pub sweep_id: String,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// Sampler.
    pub sampler: String,
    /// What it looks for.
    pub metric: String,
    /// Whether less of it is better, as of a drawdown: no statement about zero is made then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower_is_better: bool,
    /// Name and hash of each file.
    pub files: Vec<(String, String)>,
    /// Whether a file says of itself that it was generated.
    pub synthetic: bool,
    /// Instrument and bar length.
    pub title: String,
    /// Bars of the history.
    pub bars: usize,
    /// Bars before the first that is judged: the slowest warm-up (of own spans the quickest), or what lies before
    /// `data.from`.
    pub warmup_bars: usize,
    /// Of these, bars before `data.from`.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lead_bars: usize,
    /// Of these, bars that the quickest candidate could have traded: what a common span cuts off.
    pub cut_off_bars: usize,
    /// Open of the first bar that is judged, milliseconds UTC.
    pub start_ms: i64,
    /// Close of the last bar.
    pub end_ms: i64,
    /// Over which bars candidates are judged: `shared`, or each over its `own`, so that rows cannot be compared.
    pub span: String,
    /// Candidates drawn.
    pub drawn: u64,
    /// Of these, evaluated over the whole history; the others broke a condition or a rule of the scenario, or were dropped early.
    pub candidates: u64,
    /// Evaluations, shorter ones included.
    pub evaluations: u64,
    /// Candidates with a value of the metric and trades enough.
    pub valued: u64,
    /// Of these, with a positive one.
    pub positive: u64,
    /// The best, best first.
    pub top: Vec<TopRow>,
    /// What the axes do, the most important first.
    pub axes: Vec<AxisEffect>,
    /// The two most important together.
    pub heat: Option<Heat>,
    /// How the best lies among its neighbours.
    pub plateau: Option<Plateau>,
    /// What the best is worth, knowing how many were tried.
    pub overfitting: Option<Overfitting>,
    /// The whole search again on placebo bars, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placebos: Option<SearchPlacebos>,
}

fn is_none(bars: &usize) -> bool {
    *bars == 0
}

impl SweepSummary {
    /// Values of a metric of which less is better, as it is defined: the search looks for the most of its negative.
    fn in_its_own_terms(mut self) -> Self {
        // Nothing is said of zero.
        self.positive = self.valued;
        // The negative of nothing is nothing.
        let turn = |v: &mut f64| *v = 0.0 - *v;
        self.top.iter_mut().for_each(|row| turn(&mut row.value));
        let bins = self.axes.iter_mut().flat_map(|axis| &mut axis.bins);
        for bin in bins.chain(self.heat.iter_mut().flat_map(|heat| &mut heat.cells)) {
            turn(&mut bin.mean);
            turn(&mut bin.best);
        }
        if let Some(p) = &mut self.plateau {
            turn(&mut p.value);
            turn(&mut p.median);
            p.values.iter_mut().flatten().for_each(turn);
            p.positive = 1.0;
            p.ratio = if p.median > 0.0 { p.value / p.median } else { f64::NAN };
        }
        self
    }

    /// Whether each candidate is judged over bars of its own, so that rows cannot be compared.
    pub fn own_spans(&self) -> bool {
        self.span == CandidateSpan::Own.name()
    }
}

/// Puts the shards of a sweep that is done together: `candidates.parquet` in `folder`, and what they say. The best is judged among the
/// trials of `ledger`, and by what the search found on placebo bars, where it was run there.
///
/// # Errors
/// A shard is missing or damaged; the table cannot be written; no candidate is left; it was told to stop.
pub fn finish(
    sweep: &SweepRun<'_>,
    store: &mut Store,
    ledger: &TrialLedger,
    folder: &Path,
    placebos: Option<SearchPlacebos>,
    progress: &Progress,
) -> Result<SweepSummary> {
    let names: Vec<String> = store.shards().map(str::to_owned).collect();
    complete(sweep, store, names.len())?;
    let total = 2 * names.len() as u64;
    let mut first = FirstPass::new(sweep, folder);
    for (k, name) in names.iter().enumerate() {
        progress.check()?;
        first.see(&store.get(name)?)?;
        progress.count(k as u64 + 1, total);
    }
    first.end()?;
    let best = first.best();
    let axes = first.effects.axes(sweep.space());
    let mut second = SecondPass::new(sweep, first.cscv.take(), best.as_ref(), &axes);
    for (k, name) in names.iter().enumerate() {
        second.see(&store.get(name)?)?;
        progress.count((names.len() + k) as u64 + 1, total);
    }
    progress.check()?;
    let overfitting = match best {
        None => None,
        Some(best) => Some(sweep.overfitting(
            SearchSample {
                candidate: best.candidate,
                point: best.point,
                candidates: first.candidates,
                family: first.family(),
                pbo: second.ranks.take().and_then(CscvRanks::finish),
                placebos: placebos.clone(),
            },
            ledger,
            progress,
        )?),
    };
    Ok(SweepSummary { placebos, ..summary(sweep, first, second, axes, overfitting) })
}

/// Refuses a sweep of which shards are missing.
fn complete(sweep: &SweepRun<'_>, store: &Store, have: usize) -> Result<()> {
    let plan = sweep.the_plan();
    let wanted = plan.total.div_ceil(plan.shard_size);
    if !sweep.divisible() || have as u64 == wanted {
        return Ok(());
    }
    Err(Error::usage(store.dir().display(), format!("{have} of {wanted} shards are done"))
        .hint("run the missing parts, or give their folders to merge as well"))
}

fn summary(
    sweep: &SweepRun<'_>,
    first: FirstPass<'_>,
    second: SecondPass<'_>,
    axes: Vec<AxisEffect>,
    overfitting: Option<Overfitting>,
) -> SweepSummary {
    let (s, plan) = (sweep.scenario(), sweep.the_plan());
    let (loaded, clock) = (sweep.history().loaded(), sweep.history().clock());
    let synthetic = sweep.history().inputs().symbols.iter().any(|l| l.synthetic);
    let made = if synthetic { " (synthetic)" } else { "" };
    // Every chart and table names its bars, and with them that they are not those of all.
    let own = if s.sweep.span == CandidateSpan::Own { " (own spans: not comparable)" } else { "" };
    let summary = SweepSummary {
        assay_version: plan.assay_version.clone(),
        sweep_id: plan.id.clone(),
        scenario: s.name.clone(),
        system: s.system.name().to_owned(),
        sampler: s.sweep.sampler.name().to_owned(),
        metric: s.sweep.metric.name().to_owned(),
        lower_is_better: s.sweep.metric.sign() < 0.0,
        files: plan.files.clone(),
        synthetic,
        title: format!("{}{made} {}{own}", s.data.title(), loaded.bars.timeframe()),
        bars: sweep.history().steps(),
        warmup_bars: sweep.begins(),
        lead_bars: sweep.start.asked,
        cut_off_bars: sweep.begins() - sweep.start.earliest,
        start_ms: clock.time(sweep.begins()),
        end_ms: clock.close_time(clock.len() - 1),
        span: s.sweep.span.name().to_owned(),
        drawn: plan.total,
        candidates: first.candidates,
        evaluations: first.evaluations,
        valued: first.valued,
        positive: first.positive,
        top: first.top(),
        axes,
        heat: second.together.map(|t| t.heat(sweep.space())),
        plateau: second.nearest.map(Nearest::plateau),
        overfitting,
        placebos: None,
    };
    if summary.lower_is_better { summary.in_its_own_terms() } else { summary }
}
