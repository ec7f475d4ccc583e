//! A scenario over a history, as the causality check sees it: one symbol at a time, with all there are beside it.

use super::backtest::Run;
use super::history::History;
use super::inputs::Inputs;
use super::job::Job;
use super::promises;
use crate::error::Result;
use crate::features::{FeatureCache, FeatureSpec};
use crate::regime::{NO_REGIME, RegimeScheme};
use crate::replay::{ExitReason, FullRecorder, SentOrders, Trade};
use crate::risk::Event;
use crate::scenario::{LabelsBy, Scenario};
use crate::system::{
    Labels, Observed, ObservedColumn, Opaque, RunView, Stage, SymbolData, SymbolView, Target,
};

/// What there is to know of it.
pub struct Observing {
    /// What the system shows of itself.
    pub observed: Observed,
    /// What the run did with the symbol; none where its history is no longer than the warm-up.
    pub run: Option<SymbolRun>,
    /// The features of its bars.
    pub cache: FeatureCache,
}

/// A run, as far as it is about one symbol: bars are those of the symbol.
#[derive(Debug)]
pub struct SymbolRun {
    /// Equity of the account at the symbol's closes from the warm-up on.
    pub equity: Vec<f64>,
    /// Exposure of the account at these closes.
    pub exposure: Vec<f64>,
    /// Acts of rules, at the symbol's newest close.
    pub events: Vec<Event>,
    /// Its closed trades.
    pub trades: Vec<Trade>,
    /// Whether the end of the data closed a position.
    pub ended: bool,
    /// What was sent at each close.
    pub orders: SentOrders,
}

/// Runs `scenario` over a part of the bars that its other files are about, and shows symbol `k` of it.
///
/// # Errors
/// Something that the scenario asks for is not in the history.
pub fn observe(scenario: &Scenario, inputs: Inputs, k: usize) -> Result<Observing> {
    let symbols = inputs.symbols.len();
    let history = History::part(scenario, inputs)?;
    let n = history.inputs().symbols[k].bars.len();
    let system = scenario.system;
    let first = system.warmup(&scenario.params);
    let labels: Vec<Labels> = history.inputs().symbols.iter().map(|l| Labels::none(l.bars.len())).collect();
    let extras = history.inputs().extras.clone();
    let all: Vec<SymbolData<'_>> = (0..symbols).map(|j| history.symbol(j, &extras)).collect();
    let columns = all.iter().map(|s| system.columns(s, &scenario.params)).collect::<Result<Vec<_>>>()?;
    let regimes = history.regimes(scenario)?;
    let measured_by = measured_by(scenario, &history, &columns, &regimes, k)?;
    let candidate = system.candidate(&all, &columns, &scenario.params, true)?;
    // What the system asked for, before costs ask for columns of their own.
    let features = all[k].features.computed();
    let (observed, run) = if n > first {
        let prepared = history.prepare_with(scenario, columns, extras.clone())?;
        let span = (0..history.steps()).into();
        let job = Job { scenario, prepared: &prepared, span, noise: None };
        history.ready_with(&job, candidate, |ready| {
            let mut recorder = FullRecorder::new(history.steps());
            let mut sent = vec![];
            let target = Target::Watched(&mut recorder, &mut sent);
            let risk_manager = scenario.risk_manager(symbols);
            let replayed = ready.replay(&scenario.execution, &scenario.risk, risk_manager, target);
            let run = Run::of(ready, scenario, &prepared, &scenario.execution, recorder, replayed);
            let view = view(&history, first, (&labels, &regimes), &run);
            let columns = &prepared.columns;
            let observed = system.observe(&all[k], &view, columns, &ready.candidate, run.log.as_ref());
            let sent = if k < sent.len() { sent.swap_remove(k) } else { SentOrders::default() };
            Ok((observed, Some(SymbolRun::of(&history, run, sent, k, first, ready.first))))
        })?
    } else {
        // No decision, and none of what follows.
        let view = bare_view(&history, first, (&labels, &regimes));
        (system.observe(&all[k], &view, &columns, &candidate, None), None)
    };
    let feature = |(spec, values): (FeatureSpec, crate::features::FeatureColumn)| ObservedColumn {
        stage: Stage::Feature,
        name: spec.to_string(),
        first: 0,
        declared: spec.warmup(),
        values,
        labels: vec![],
    };
    let mut columns: Vec<ObservedColumn> = features.into_iter().map(feature).collect();
    columns.extend(observed.columns);
    // A system that shows its labels itself has them checked once.
    let shown =
        scenario.own_labels() && columns.iter().any(|c| c.stage == Stage::Regime && c.name == "regime");
    columns.extend(measured_by.filter(|_| !shown));
    let observed = Observed { columns, ..observed };
    promises::observed(system, &observed.columns, n)?;
    Ok(Observing { observed, run, cache: history.into_features(k) })
}

impl SymbolRun {
    /// The part of `run` that is about symbol `k`, at its bars from `first` on; the run's own curves begin at step
    /// `from`.
    fn of(history: &History, run: Run, orders: SentOrders, k: usize, first: usize, from: usize) -> Self {
        let clock = history.clock();
        let bars = &history.inputs().symbols[k].bars;
        let at = |curve: &[f64]| -> Vec<f64> {
            (first..bars.len()).map(|bar| curve[clock.step_of(k, bar) - from]).collect()
        };
        let newest = |step: usize| clock.bar_at(k, step + 1).checked_sub(1);
        Self {
            equity: at(&run.equity),
            exposure: at(&run.exposure),
            events: run
                .events
                .iter()
                .filter_map(|e| Some(Event { bar: newest(e.bar)?, ..e.clone() }))
                .collect(),
            // The end of any symbol's data is felt by the account.
            ended: run.trades.iter().any(|t| t.reason == ExitReason::END),
            trades: run.trades.into_iter().filter(|t| usize::from(t.symbol) == k).collect(),
            orders,
        }
    }
}

/// The labels of symbol `k` that a run is measured by: the system's own, or those that the scenario chose. Labels that are
/// lent unasked are those of another system at its defaults, whose own check covers them.
fn measured_by(
    scenario: &Scenario,
    history: &History,
    columns: &[Opaque],
    regimes: &RegimeScheme,
    k: usize,
) -> Result<Option<ObservedColumn>> {
    let labels = match &scenario.regimes.by {
        LabelsBy::System => history.own_labels(scenario, columns)?,
        _ if scenario.regimes.chosen => history.other_labels(scenario)?,
        _ => return Ok(None),
    };
    if regimes.is_empty() {
        return Ok(None);
    }
    let code = |c: &u8| if *c == NO_REGIME { f64::NAN } else { f64::from(*c) };
    let values: Vec<f64> = labels[k].codes.iter().map(code).collect();
    Ok(Some(ObservedColumn {
        labels: regimes.names().into_iter().map(|n| n.to_owned().into()).collect(),
        declared: scenario.label_warmup(&history.inputs().symbols[k].bars).unwrap_or(0),
        ..ObservedColumn::numbers(Stage::Regime, "label", 0, values)
    }))
}

fn bare_view<'a>(
    history: &'a History,
    first: usize,
    (labels, regimes): (&'a [Labels], &'a RegimeScheme),
) -> RunView<'a> {
    let symbol = |(k, labels): (usize, &'a Labels)| SymbolView {
        name: history.symbol(k, &[]).name,
        bars: &history.inputs().symbols[k].bars,
        first,
        labels,
    };
    let symbols = labels.iter().enumerate().map(symbol).collect();
    RunView { symbols, clock: history.clock(), first, trades: &[], papers: &[], rejects: &[], regimes }
}

fn view<'a>(
    history: &'a History,
    first: usize,
    labels: (&'a [Labels], &'a RegimeScheme),
    run: &'a Run,
) -> RunView<'a> {
    let Run { trades, papers, rejects, .. } = run;
    RunView { trades, papers, rejects, ..bare_view(history, first, labels) }
}
