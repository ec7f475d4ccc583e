//! Everything a system makes of a history, as columns and facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::facts::{Settled, facts};
use super::noise::after;
use super::subject::{CheckScope, CheckSubject, Computed, HistoryPart, TradeBars};
use crate::data::Loaded;
use crate::error::Result;
use crate::execution::SpreadFrom;
use crate::features::{FAMILIES, FeatureCache};
use crate::market::Bars;
use crate::random::Stream;
use crate::replay::FillRule;
use crate::runs::{Inputs, Observing, observe};
use crate::scenario::Scenario;
use crate::system::{Extra, ObservedColumn, Phase, Stage, Symbols};

/// The system of a scenario, seen from one of its symbols: its setting, under its intrabar policy, costs and risk
/// rules.
#[derive(Debug)]
pub struct SystemSubject {
    scenario: Scenario,
    /// Which of its symbols.
    symbol: usize,
    /// What is known of the files of bars.
    files: Vec<Loaded>,
    extras: Vec<Arc<Extra>>,
    first: usize,
}

impl SystemSubject {
    /// The system of `scenario` seen from symbol `k`, with the files that it reads beside the bars. Where symbols are
    /// decided each by itself, the others are left out.
    pub fn new(scenario: &Scenario, inputs: &Inputs, k: usize) -> Self {
        let mut scenario = scenario.clone();
        let together = scenario.system.about().symbols == Symbols::Together;
        // A rate of currencies is another history.
        if together {
            let currency = scenario.account.currency.clone();
            scenario.instruments.iter_mut().for_each(|i| i.quote.clone_from(&currency));
        } else {
            let data = &mut scenario.data;
            let name = data.name(k).to_owned();
            // Generated bars have no file.
            data.bars = data.bars.get(k).cloned().into_iter().collect();
            if !data.symbols.is_empty() {
                data.symbols = vec![name];
            }
            scenario.instruments = vec![scenario.instruments[k].clone()];
            scenario.account.currency.clone_from(&scenario.instruments[0].quote);
        }
        let e = &mut scenario.execution;
        // How much of a bar's volume an order may take, and where it was some time into it, is known with
        // that bar alone.
        (e.participation, e.latency_ms) = (0.0, 0);
        if e.spread_from == SpreadFrom::Column {
            e.spread_from = SpreadFrom::Constant;
        }
        let first = scenario.system.warmup(&scenario.params);
        // Of the bars alone: what came with them belongs to the whole.
        let bare =
            |l: &Loaded| Loaded { truth: None, spread: None, detail: None, funding: None, ..l.clone() };
        let (files, symbol) = match together {
            true => (inputs.symbols.iter().map(bare).collect(), k),
            false => (vec![bare(&inputs.symbols[k])], 0),
        };
        Self { files, symbol, extras: inputs.extras.clone(), first, scenario }
    }

    /// The files of a part of the history whose own bars are `bars`.
    fn files(&self, bars: &Bars, part: &HistoryPart) -> Result<Vec<Loaded>> {
        let of = |(k, l): (usize, &Loaded)| {
            let bars = if k == self.symbol { bars.clone() } else { beside(&l.bars, bars, part, k)? };
            Ok(Loaded { rows_in_file: bars.len(), bars, ..l.clone() })
        };
        self.files.iter().enumerate().map(of).collect()
    }

    /// Features of the program that the system does not read.
    fn registry(&self, cache: &FeatureCache, used: &[ObservedColumn]) -> Vec<ObservedColumn> {
        let used: BTreeSet<&str> = used.iter().map(|c| c.name.as_str()).collect();
        let families = FAMILIES.iter().chain(self.scenario.system.features());
        let all = families.flat_map(|f| f.features).map(crate::features::Feature::default_spec);
        all.filter(|s| !used.contains(s.to_string().as_str()))
            .map(|s| ObservedColumn {
                stage: Stage::Registry,
                name: s.to_string(),
                first: 0,
                declared: s.warmup(),
                values: cache.column(&s),
                labels: vec![],
            })
            .collect()
    }
}

impl CheckSubject for SystemSubject {
    fn observe(&self, bars: &Bars, part: &HistoryPart, scope: CheckScope) -> Result<Computed> {
        // What becomes known after the cut is not known before it.
        let known_ms = part.cut.map_or(i64::MAX, |c| bars.close_time(c.row - 1));
        let extras = self.extras.iter().map(|e| e.until(known_ms)).collect();
        let inputs = Inputs { symbols: self.files(bars, part)?, extras, ..Inputs::default() };
        let Observing { observed, run, cache } = observe(&self.scenario, inputs, self.symbol)?;
        let mut columns = observed.columns;
        let fill = self.scenario.execution.fill;
        // Where the end of the data closed a position, the last close is marked after a fill that nobody
        // decided. And where orders fill at the close that decides them, the last close is not followed by
        // any.
        let closed = run.as_ref().is_some_and(|r| fill == FillRule::Close || r.ended);
        let account = |name, all: &[f64]| {
            let values = all[..all.len() - usize::from(closed)].to_vec();
            ObservedColumn::numbers(Stage::Account, name, self.first, values)
        };
        let curves = run.as_ref().map_or((&[][..], &[][..]), |r| (&r.equity[..], &r.exposure[..]));
        columns.push(account("equity", curves.0));
        columns.push(account("exposure", curves.1));
        // In the order of the pipeline, so that the system's columns stand before the rest of the registry.
        columns.sort_by_key(|c| c.stage);
        if scope == CheckScope::All {
            let rest = self.registry(&cache, &columns);
            columns.extend(rest);
        }
        let n = bars.len();
        let follows_path = self.scenario.system.follows_path(&self.scenario.params);
        let own = observed.facts;
        let settled = run.as_ref().map(|run| Settled { run, follows_path, own });
        Ok(Computed {
            columns,
            trades: run.iter().flat_map(|r| &r.trades).map(TradeBars::of).collect(),
            facts: settled.map(|s| facts(s, &self.scenario.execution)).unwrap_or_default(),
            // An order of the last close fills at that very close where that is the rule, but not where the
            // data end.
            facts_until: match fill {
                FillRule::NextOpen => (n, Phase::Open),
                FillRule::Close => (n.saturating_sub(1), Phase::Close),
            },
        })
    }

    fn warmup(&self) -> usize {
        self.first
    }
}

/// The bars of symbol `k` beside the part `bars` of another: those that begin with it, are over by its end, and are noise
/// from where it is no longer known.
fn beside(all: &Bars, bars: &Bars, part: &HistoryPart, k: usize) -> Result<Bars> {
    let opens = all.open_time();
    // Before the first bar of the whole there may be bars of others.
    let from = if part.start == 0 { 0 } else { opens.partition_point(|t| *t < bars.open_time()[0]) };
    let closed_by = |ms: i64| opens.partition_point(|t| all.timeframe().end_ms(*t) <= ms).max(from);
    let to = match part.cut {
        None if part.start == 0 => all.len(),
        _ => closed_by(bars.close_time(bars.len() - 1)),
    };
    let some = all.slice(from, to);
    let Some(cut) = part.cut else { return Ok(some) };
    let row = closed_by(bars.close_time(cut.row - 1)) - from;
    if row == 0 || row >= some.len() {
        // Nothing of it was known, or nothing is left to be another.
        return Ok(some.slice(0, row.min(some.len())));
    }
    let at = ((k as u64 + 1) << 40) | (part.start + cut.row) as u64;
    after(&some, row, some.len(), cut.known, &mut Stream::new(cut.seed, "causality noise", at))
}
