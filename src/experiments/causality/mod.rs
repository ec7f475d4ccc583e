//! Does anything before a bar change when the bars from there on are missing, or others?
//!
//! A value at bar `i` may read bars `0..=i` and nothing else, a fill at its open nothing of it but the open,
//! a fill inside it anything but its close. This room computes everything a run computes again on a history
//! cut short, and on ones whose future is noise, and compares every earlier row bit for bit with the whole
//! run. It knows nothing of the system: a [`CheckSubject`] turns bars into named columns and facts,
//! [`SystemSubject`] is any system of a registry. The same machinery starts the data later instead of ending
//! it sooner, and so says how many bars each column needs before it has forgotten where the data began.

mod compare;
mod cuts;
#[cfg(test)]
pub(crate) mod doubles;
mod facts;
mod noise;
mod report;
mod subject;
mod system_subject;
#[cfg(test)]
mod tests;
mod warmup;

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::data::Loaded;
use crate::error::Result;
use crate::market::Bars;
use crate::progress::Progress;
use crate::random::Stream;
use crate::runs::{History, Inputs, enough};
use crate::scenario::{Data, Scenario};
use crate::system::Phase;
use compare::{CutComparison, compare};
use cuts::{CutJob, CutWindow};
use report::{Checked, assemble};

pub use cuts::{CausalityOptions, CutReason, Future};
pub use noise::Known;
pub use report::{Causality, CausalityViolation, Cost, CutCount, StageCount};
pub use subject::{CheckScope, CheckSubject, Computed, Cut, HistoryPart, TradeBars};
pub use system_subject::SystemSubject;
pub use warmup::{Forgets, Memory};

/// Checks the system of `scenario`, with the scenario's seed: over each of its symbols by itself, or where they are decided
/// together, as seen from each of them with the others beside it.
///
/// # Errors
/// A history is shorter than the warm-up and two bars to trade, the program broke its own promise, or it was
/// told to stop.
pub fn check_scenario(
    scenario: &Scenario,
    inputs: Inputs,
    options: &CausalityOptions,
    progress: &Progress,
) -> Result<Vec<Causality>> {
    let inputs = inputs.with_extras(scenario)?;
    // Files beside the bars must fit the whole of them: of parts, rows about other bars are left out.
    let whole = History::once(scenario, inputs)?;
    whole.prepare(scenario)?;
    let (scenario, inputs) = &judged(scenario, whole.into_inputs());
    let options = CausalityOptions { seed: scenario.seed, ..*options };
    let check = |k: usize| {
        let loaded = &inputs.symbols[k];
        enough(&loaded.file_name, loaded.bars.len(), scenario.system.warmup(&scenario.params))?;
        check_causality(&SystemSubject::new(scenario, inputs, k), &loaded.bars, &options, progress)
    };
    (0..inputs.symbols.len()).map(check).collect()
}

/// What is checked: the bars that are judged and a warm-up before them, as if they were all. Bars further back are no more
/// than a longer start.
fn judged(scenario: &Scenario, inputs: Inputs) -> (Scenario, Inputs) {
    let warmup = scenario.system.warmup(&scenario.params);
    let near = |l: Loaded| {
        let bars = l.bars.slice(l.lead.saturating_sub(warmup), l.bars.len());
        Loaded { bars, lead: 0, truth: None, spread: None, detail: None, funding: None, ..l }
    };
    let symbols = inputs.symbols.into_iter().map(|l| if l.lead > warmup { near(l) } else { l }).collect();
    let data = Data { from: None, ..scenario.data.clone() };
    (Scenario { data, ..scenario.clone() }, Inputs { symbols, ..inputs })
}

/// Warm-up for which windows are made long enough, at most.
const LONGEST_WARMUP: usize = 1_000;

/// Checks `subject` over `bars`.
///
/// # Errors
/// The subject broke its own contract (columns that come and go, rows that are missing); it was told to stop,
/// which it does before the next history.
pub fn check_causality<S: CheckSubject>(
    subject: &S,
    bars: &Bars,
    options: &CausalityOptions,
    progress: &Progress,
) -> Result<Causality> {
    progress.stage("computing the whole run")?;
    let full = subject.observe(bars, &HistoryPart::default(), CheckScope::All)?;
    // Windows must be long enough for every column, but not for one that needs years.
    let declared = full.columns.iter().map(|c| c.declared).max().unwrap_or(0);
    let warmup = subject.warmup().max(declared.min(LONGEST_WARMUP));
    let mut plan = cuts::plan(warmup, bars, &full.trades, options);
    let wholes: Vec<Computed> = plan
        .windows
        .par_iter()
        .enumerate()
        .map(|(k, w)| {
            progress.check()?;
            subject.observe(&w.of(bars), &HistoryPart::from(w.start), plan.scope_of(k))
        })
        .collect::<Result<_>>()?;
    plan.cut_windows(warmup, |k| &wholes[k].trades);
    let whole = |window: usize| if window == 0 { &full } else { &wholes[window - 1] };

    let starts = warmup::starts(bars.len(), options.seed);
    progress.stage("computing it again on other histories")?;
    let (done, total) = (AtomicU64::new(0), (plan.jobs.len() + starts.len()) as u64);
    let step = || {
        progress.count(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        progress.check()
    };
    let results: Vec<Result<CutComparison>> = plan
        .jobs
        .par_iter()
        .with_max_len(1)
        .map(|job| {
            progress.check()?;
            let outcome = recompute(subject, bars, plan.window(job), job, whole(job.window), options.seed);
            step()?;
            outcome
        })
        .collect();
    let outcomes = results.into_iter().collect::<Result<Vec<CutComparison>>>()?;
    let memories = warmup::memories(subject, bars, &full, &starts, options.tolerance, &step)?;
    let checked =
        Checked { bars, warmup: subject.warmup(), full: &full, plan: &plan, starts: &starts, options };
    Ok(assemble(&checked, outcomes, memories))
}

/// Computes the history of one job and compares it with the whole.
fn recompute<S: CheckSubject>(
    subject: &S,
    bars: &Bars,
    window: Option<&CutWindow>,
    job: &CutJob,
    whole: &Computed,
    seed: u64,
) -> Result<CutComparison> {
    let history = window.map_or_else(|| bars.clone(), |w| w.of(bars));
    let start = window.map_or(0, |w| w.start);
    let noise = |known| {
        // Keyed by the bar of the whole history, so that a place has its noise whatever else is checked.
        let at = start + job.cut;
        noise::after(&history, job.cut, job.end, known, &mut Stream::new(seed, "causality noise", at as u64))
    };
    let (history, known_until) = match job.future {
        Future::Missing => (history.slice(0, job.cut), Phase::Open),
        Future::Noise => (noise(Known::Nothing)?, Phase::Open),
        Future::AfterOpen => (noise(Known::Open)?, Phase::Inside),
        Future::BeforeClose => (noise(Known::Range)?, Phase::Close),
    };
    let known = match job.future {
        Future::Missing | Future::Noise => Known::Nothing,
        Future::AfterOpen => Known::Open,
        Future::BeforeClose => Known::Range,
    };
    let part = HistoryPart { start, cut: Some(Cut { row: job.cut, known, seed }) };
    compare(whole, &subject.observe(&history, &part, job.scope)?, job.cut, known_until)
}
