//! A scenario over a history of one symbol, as the causality check sees it.

use super::backtest::Run;
use super::history::History;
use super::inputs::Inputs;
use super::job::Job;
use super::promises;
use crate::error::Result;
use crate::features::{FeatureCache, FeatureSpec};
use crate::regime::{NO_REGIME, RegimeScheme};
use crate::replay::FullRecorder;
use crate::scenario::{LabelsBy, Scenario};
use crate::system::{Column, Labels, Observed, Opaque, RunView, SentOrders, Stage, SymbolView, Target};

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
    let system = scenario.system;
    let first = system.warmup(&scenario.params);
    let labels = Labels::none(n);
    let extras = history.inputs().extras.clone();
    let symbol = history.symbol(0, &extras);
    let columns = vec![system.columns(&symbol, &scenario.params)?];
    let regimes = history.regimes(scenario)?;
    let measured_by = measured_by(scenario, &history, &columns, &regimes)?;
    let candidate = system.candidate(&[symbol], &columns, &scenario.params, true)?;
    // What the system asked for, before costs ask for columns of their own.
    let features = symbol.features.computed();
    let (observed, run) = if n > first {
        let prepared = history.prepare_with(scenario, columns, extras.clone())?;
        let job = Job { scenario, prepared: &prepared, span: (0..n).into(), noise: None };
        history.ready_with(&job, candidate, |ready| {
            let mut recorder = FullRecorder::new(n);
            let mut sent = vec![];
            let target = Target::Watched(&mut recorder, &mut sent);
            let replayed = ready.replay(&scenario.execution, &scenario.risk, scenario.guard(1), target);
            let run = Run::of(ready, scenario, &prepared, &scenario.execution, recorder, replayed);
            let view = view(&history, first, (&labels, &regimes), &run.trades);
            let columns = &prepared.columns;
            let observed = system.observe(&symbol, &view, columns, &ready.candidate, run.log.as_ref());
            Ok((observed, Some((run, sent.pop().unwrap_or_default()))))
        })?
    } else {
        // No decision, and none of what follows.
        let view = view(&history, first, (&labels, &regimes), &[]);
        (system.observe(&symbol, &view, &columns, &candidate, None), None)
    };
    let feature = |(spec, values): (FeatureSpec, crate::features::Column)| Column {
        stage: Stage::Feature,
        name: spec.to_string(),
        first: 0,
        declared: spec.warmup(),
        values,
        labels: vec![],
    };
    let mut columns: Vec<Column> = features.into_iter().map(feature).collect();
    columns.extend(observed.columns);
    // A system that shows its labels itself has them checked once.
    let shown =
        scenario.own_labels() && columns.iter().any(|c| c.stage == Stage::Regime && c.name == "regime");
    columns.extend(measured_by.filter(|_| !shown));
    let observed = Observed { columns, ..observed };
    promises::observed(system, &observed.columns, n)?;
    Ok(Observing { observed, run, cache: history.into_features() })
}

/// The labels that a run is measured by: the system's own, or those that the scenario chose. Labels that are lent
/// unasked are those of another system at its defaults, whose own check covers them.
fn measured_by(
    scenario: &Scenario,
    history: &History,
    columns: &[Opaque],
    regimes: &RegimeScheme,
) -> Result<Option<Column>> {
    let labels = match &scenario.regimes.by {
        LabelsBy::System => history.own_labels(scenario, columns)?,
        _ if scenario.regimes.chosen => history.other_labels(scenario)?,
        _ => return Ok(None),
    };
    if regimes.is_empty() {
        return Ok(None);
    }
    let code = |c: &u8| if *c == NO_REGIME { f64::NAN } else { f64::from(*c) };
    let values: Vec<f64> = labels[0].codes.iter().map(code).collect();
    Ok(Some(Column {
        labels: regimes.names().into_iter().map(|n| n.to_owned().into()).collect(),
        declared: scenario.label_warmup(&history.loaded().bars).unwrap_or(0),
        ..Column::numbers(Stage::Regime, "label", 0, values)
    }))
}

fn view<'a>(
    history: &'a History,
    first: usize,
    (labels, regimes): (&'a Labels, &'a RegimeScheme),
    trades: &'a [crate::replay::Trade],
) -> RunView<'a> {
    let bars = &history.loaded().bars;
    let symbol = SymbolView { name: history.symbol(0, &[]).name, bars, first, labels };
    RunView { symbols: vec![symbol], clock: history.clock(), first, trades, regimes }
}
