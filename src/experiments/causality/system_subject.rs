//! Everything a system makes of a history, as columns and facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::facts::{Settled, facts};
use super::subject::{Observation, Scope, Subject, TradeBars};
use crate::data::Loaded;
use crate::error::Result;
use crate::execution::SpreadFrom;
use crate::features::{FAMILIES, FeatureCache};
use crate::market::Bars;
use crate::replay::{ExitReason, FillRule};
use crate::runs::{Inputs, Observing, observe};
use crate::scenario::Scenario;
use crate::system::{Column, Extra, Phase, Stage};

/// The system of a scenario over one of its symbols: its setting, under its intrabar policy, costs and risk
/// rules.
#[derive(Debug)]
pub struct SystemSubject {
    scenario: Scenario,
    /// What is known of the file of bars.
    file: Loaded,
    extras: Vec<Arc<Extra>>,
    first: usize,
}

impl SystemSubject {
    /// The system of `scenario` over symbol `k`, with the files that it reads beside the bars.
    pub fn new(scenario: &Scenario, inputs: &Inputs, k: usize) -> Self {
        let mut scenario = scenario.clone();
        let data = &mut scenario.data;
        let name = data.name(k).to_owned();
        data.bars = vec![data.bars[k].clone()];
        if !data.symbols.is_empty() {
            data.symbols = vec![name];
        }
        scenario.instruments = vec![scenario.instruments[k].clone()];
        // A rate of currencies is another history.
        scenario.account.currency.clone_from(&scenario.instruments[0].quote);
        let e = &mut scenario.execution;
        // How much of a bar's volume an order may take, and where it was some time into it, is known with
        // that bar alone.
        (e.participation, e.latency_ms) = (0.0, 0);
        if e.spread_from == SpreadFrom::Column {
            e.spread_from = SpreadFrom::Constant;
        }
        let first = scenario.system.warmup(&scenario.params);
        // Of the bars alone: what came with them belongs to the whole.
        let file =
            Loaded { truth: None, spread: None, detail: None, funding: None, ..inputs.symbols[k].clone() };
        Self { file, extras: inputs.extras.clone(), first, scenario }
    }

    /// Features of the program that the system does not read.
    fn registry(&self, cache: &FeatureCache, used: &[Column]) -> Vec<Column> {
        let used: BTreeSet<&str> = used.iter().map(|c| c.name.as_str()).collect();
        let families = FAMILIES.iter().chain(self.scenario.system.features());
        let all = families.flat_map(|f| f.features).map(crate::features::Feature::default_spec);
        all.filter(|s| !used.contains(s.to_string().as_str()))
            .map(|s| Column {
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

impl Subject for SystemSubject {
    fn observe(&self, bars: &Bars, scope: Scope) -> Result<Observation> {
        let loaded = Loaded { bars: bars.clone(), rows_in_file: bars.len(), ..self.file.clone() };
        let inputs = Inputs { extras: self.extras.clone(), ..Inputs::from(loaded) };
        let Observing { observed, run, cache } = observe(&self.scenario, inputs)?;
        let mut columns = observed.columns;
        let fill = self.scenario.execution.fill;
        // Where the end of the data closed a position, the last close is marked after a fill that nobody
        // decided. And where orders fill at the close that decides them, the last close is not followed by
        // any.
        let closed = run.as_ref().is_some_and(|(r, _)| {
            fill == FillRule::Close || r.trades.iter().any(|t| t.reason == ExitReason::End)
        });
        let account = |name, all: &[f64]| {
            let values = all[..all.len() - usize::from(closed)].to_vec();
            Column::numbers(Stage::Account, name, self.first, values)
        };
        let curves = run.as_ref().map_or((&[][..], &[][..]), |(r, _)| (&r.equity[..], &r.exposure[..]));
        columns.push(account("equity", curves.0));
        columns.push(account("exposure", curves.1));
        // In the order of the pipeline, so that the system's columns stand before the rest of the registry.
        columns.sort_by_key(|c| c.stage);
        if scope == Scope::All {
            let rest = self.registry(&cache, &columns);
            columns.extend(rest);
        }
        let n = bars.len();
        let follows_path = self.scenario.system.follows_path(&self.scenario.params);
        let own = observed.facts;
        let settled = run.as_ref().map(|(run, orders)| Settled { run, orders, follows_path, own });
        Ok(Observation {
            columns,
            trades: run.iter().flat_map(|(r, _)| &r.trades).map(TradeBars::of).collect(),
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
