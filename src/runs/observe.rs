//! A scenario over a history of one symbol, as the causality check sees it.

use std::sync::Arc;

use super::backtest::Run;
use super::history::History;
use super::inputs::Inputs;
use super::job::Job;
use crate::error::Result;
use crate::features::FeatureCache;
use crate::replay::FullRecorder;
use crate::scenario::Scenario;
use crate::system::{Labels, Observed, RunView, SentOrders, SymbolView, Target};

/// What there is to know of it.
pub struct Observing {
    /// What the system shows of itself.
    pub observed: Observed,
    /// The run, and what was sent at each close; none where the history is no longer than the warm-up.
    pub run: Option<(Run, SentOrders)>,
    /// The features of the bars.
    pub cache: FeatureCache,
}

/// Runs `scenario` over a part of the bars that its other files are about.
///
/// # Errors
/// Something that the scenario asks for is not in the history.
pub fn observe(scenario: &Scenario, inputs: Inputs) -> Result<Observing> {
    let history = History::part(scenario, inputs)?;
    let n = history.ticks();
    let first = scenario.system.warmup(&scenario.params);
    let labels = Labels::none(0);
    let (observed, run) = if n > first + 1 {
        let prepared = history.prepare(scenario)?;
        let job = Job { scenario, prepared: &prepared, span: (0..n).into(), noise: None };
        history.ready(&job, true, |ready| {
            let mut recorder = FullRecorder::new(n);
            let mut sent = vec![];
            let target = Target::Watched(&mut recorder, &mut sent);
            let replayed = ready.replay(&scenario.execution, &scenario.risk, scenario.guard(1), target);
            let run = Run::of(ready, scenario, &prepared, &scenario.execution, recorder, replayed);
            let symbols = history.symbols(&prepared);
            let view = view(&history, first, &labels, &run.trades);
            let columns = &prepared.columns;
            let observed =
                scenario.system.observe(&symbols[0], &view, columns, &ready.candidate, run.log.as_ref());
            Ok((observed, Some((run, sent.pop().unwrap_or_default()))))
        })?
    } else {
        // No decision, and none of what follows.
        let extras = history.inputs().extras.clone();
        let symbol = history.symbol(0, &extras);
        let columns = Arc::new(vec![scenario.system.columns(&symbol, &scenario.params)?]);
        let candidate = scenario.system.candidate(&[symbol], &columns, &scenario.params, true)?;
        let view = view(&history, first, &labels, &[]);
        (scenario.system.observe(&symbol, &view, &columns, &candidate, None), None)
    };
    Ok(Observing { observed, run, cache: history.into_features() })
}

fn view<'a>(
    history: &'a History,
    first: usize,
    labels: &'a Labels,
    trades: &'a [crate::replay::Trade],
) -> RunView<'a> {
    let bars = &history.loaded().bars;
    let symbol = SymbolView { name: "", bars, first, labels };
    RunView { symbols: vec![symbol], clock: history.clock(), first, trades }
}
