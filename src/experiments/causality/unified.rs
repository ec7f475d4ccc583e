//! Everything the unified system makes of a history, as columns and facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::facts::facts;
use super::orders::{Orders, Watched};
use super::subject::{Column, Observation, Phase, Scope, Stage, Subject, TradeBars};
use crate::execution::SpreadFrom;
use crate::experiments::backtest::VariantRun;
use crate::experiments::venue::Venue;
use crate::features::{Feature, FeatureCache, FeatureSpec, features};
use crate::indicators::Swings;
use crate::market::Bars;
use crate::regime::{Regime, RegimeLabel, VolatilityLevel};
use crate::replay::{Clock, ExitReason, FillRule, FullRecorder, Trade, replay_all};
use crate::scenario::Scenario;
use crate::signals::{Contribution, SizeClass, Source, Variant};
use crate::systems::unified::{
    Decision, Plan, Reading, Readings, Reason, RiskLevel, UnifiedTrader, compute_features, first_row, read,
};

/// The unified system of a scenario: its variant, under its intrabar policy, costs and risk rules.
#[derive(Debug)]
pub struct UnifiedSubject {
    scenario: Scenario,
    plan: Arc<Plan>,
    fallback: Arc<Plan>,
    first: usize,
}

const LEVELS: [VolatilityLevel; 4] =
    [VolatilityLevel::Low, VolatilityLevel::Medium, VolatilityLevel::High, VolatilityLevel::Extreme];

impl UnifiedSubject {
    /// The system of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        let mut scenario = scenario.clone();
        let e = &mut scenario.execution;
        // How much of a bar's volume an order may take, and where it was some time into it, is known with that bar alone.
        (e.participation, e.latency_ms) = (0.0, 0);
        if e.spread_from == SpreadFrom::Column {
            e.spread_from = SpreadFrom::Constant;
        }
        let p = &scenario.params;
        Self {
            plan: Arc::new(Plan::new(p)),
            fallback: Arc::new(Plan::new(&p.with_variant(Variant::S5Static))),
            first: first_row(p),
            scenario,
        }
    }

    /// Costs by bar, computed from these bars alone.
    fn venue(&self, bars: &Bars, cache: &FeatureCache) -> Option<Venue> {
        Venue::of_bars(&self.scenario, bars, cache).ok()
    }

    /// The variant with money, and what it left with the market at each close.
    fn run(&self, bars: &Bars, readings: &Readings, venue: &Venue) -> (VariantRun, Orders) {
        let Scenario { risk, execution, account, .. } = &self.scenario;
        let trader =
            UnifiedTrader::new(bars, readings, &self.plan, Some(&self.fallback), risk, account.equity);
        let mut watched = Watched { trader, orders: Orders::default() };
        let mut recorder = FullRecorder::new(bars.len());
        let mut guard = self.scenario.guard(1);
        let markets = [venue.market_of(bars)];
        let ledger = replay_all(
            &markets,
            &Clock::of(&markets),
            &[readings.first],
            execution,
            account.ledger(),
            guard.as_mut(),
            std::slice::from_mut(&mut watched),
            &mut recorder,
        );
        let mut log = watched.trader.into_log();
        if let Some(guard) = guard {
            log.events.extend(guard.events);
            log.events.sort_by_key(|e| e.time_ms);
        }
        (VariantRun::new(&self.plan, execution, readings.first, recorder, ledger, log), watched.orders)
    }

    /// Features by name: those the system reads, swing points, and in the end the rest of the registry.
    fn features(&self, cache: &FeatureCache, scope: Scope) -> (Vec<Column>, Vec<Column>) {
        compute_features(cache, &self.scenario.params);
        let column = |stage, spec: &FeatureSpec, values| Column {
            stage,
            name: spec.to_string(),
            first: 0,
            declared: spec.warmup(),
            values,
            labels: vec![],
        };
        let used: BTreeMap<String, _> =
            cache.computed().into_iter().map(|(spec, values)| (spec.to_string(), (spec, values))).collect();
        let mut own: Vec<Column> =
            used.values().map(|(spec, values)| column(Stage::Feature, spec, values.clone())).collect();
        own.extend(swing_columns(&cache.swings(self.scenario.params.swing_k), self.scenario.params.swing_k));
        let all = (scope == Scope::All).then(features).into_iter().flatten().map(Feature::default_spec);
        let rest = all.filter(|s| !used.contains_key(&s.to_string()));
        let rest = rest.map(|s| column(Stage::Registry, &s, cache.column(&s))).collect();
        (own, rest)
    }
}

impl Subject for UnifiedSubject {
    fn observe(&self, bars: &Bars, scope: Scope) -> Observation {
        let cache = FeatureCache::new(bars.clone());
        let (mut columns, registry) = self.features(&cache, scope);
        let readings = read(&cache, &self.scenario.params);
        let decisions: Vec<Decision> = readings.rows.iter().map(|x| self.plan.decide(x)).collect();
        // A history no longer than the warm-up has no decision, and none of what follows.
        let run = self.venue(bars, &cache).filter(|_| bars.len() > self.first);
        let run = run.map(|venue| self.run(bars, &readings, &venue));
        columns.extend(transposed(self.first, &READING, readings.rows.iter().map(reading_row)));
        columns.extend(source_columns(self.first, &readings.rows));
        columns.extend(transposed(self.first, &DECISION, decisions.iter().map(decision_row)));
        columns.extend(run_columns(&readings, &decisions, run.as_ref().map(|(run, _)| run)));
        // In the order of the pipeline, so that the system's columns stand before the rest of the registry.
        columns.sort_by_key(|c| c.stage);
        columns.extend(registry);
        let (n, fill) = (bars.len(), self.scenario.execution.fill);
        Observation {
            columns,
            facts: run
                .as_ref()
                .map(|(run, orders)| facts(run, orders, &self.scenario.execution))
                .unwrap_or_default(),
            // An order of the last close fills at that very close where that is the rule, but not where the data end.
            facts_until: match fill {
                FillRule::NextOpen => (n, Phase::Open),
                FillRule::Close => (n.saturating_sub(1), Phase::Close),
            },
            trades: run.iter().flat_map(|(run, _)| &run.trades).map(trade_bars).collect(),
        }
    }

    fn warmup(&self) -> usize {
        self.first
    }
}

fn trade_bars(t: &Trade) -> TradeBars {
    TradeBars { signal: t.signal_bar, entry: t.entry_bar, exit: t.exit_bar }
}

fn swing_columns(s: &Swings, k: usize) -> Vec<Column> {
    // Without `..`, so that a new column of swings is compared or does not compile.
    let Swings { structure, break_of_structure, recent_breaks, support, resistance, last_high, last_low } = s;
    let column = |name: &str, values: Vec<f64>| Column {
        stage: Stage::Feature,
        name: format!("swings:{k}.{name}"),
        first: 0,
        declared: 0,
        values: values.into(),
        labels: vec![],
    };
    vec![
        column("structure", structure.iter().map(|v| f64::from(*v as u8)).collect()),
        column("break", break_of_structure.iter().map(|v| f64::from(*v)).collect()),
        column("recent_breaks", recent_breaks.iter().map(|v| f64::from(*v)).collect()),
        column("support", support.clone()),
        column("resistance", resistance.clone()),
        column("last_high", last_high.clone()),
        column("last_low", last_low.clone()),
    ]
}

/// A column of a row struct: its name, and the names of its codes where it is no number.
type Head = (Stage, &'static str, fn() -> Vec<&'static str>);

fn number() -> Vec<&'static str> {
    vec![]
}

fn no_yes() -> Vec<&'static str> {
    vec!["no", "yes"]
}

fn directions() -> Vec<&'static str> {
    vec!["BEARISH", "SIDEWAYS", "BULLISH"]
}

fn yes(b: bool) -> f64 {
    f64::from(u8::from(b))
}

/// Columns `first..` out of rows of `N` values.
fn transposed<const N: usize>(
    first: usize,
    heads: &[Head; N],
    rows: impl Iterator<Item = [f64; N]>,
) -> Vec<Column> {
    let mut values: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rows.size_hint().0));
    for row in rows {
        values.iter_mut().zip(row).for_each(|(column, v)| column.push(v));
    }
    heads
        .iter()
        .zip(values)
        .map(|(&(stage, name, labels), v)| row_column(stage, name, first, labels(), v))
        .collect()
}

fn row_column(
    stage: Stage,
    name: impl Into<String>,
    first: usize,
    labels: Vec<&'static str>,
    values: Vec<f64>,
) -> Column {
    Column { stage, name: name.into(), first, declared: first, values: values.into(), labels }
}

const READING: [Head; 21] = [
    (Stage::Regime, "regime", || Regime::ALL.map(Regime::name).to_vec()),
    (Stage::Regime, "regime.strength", number),
    (Stage::Regime, "regime.fallback", no_yes),
    (Stage::Regime, "volatility_level", || LEVELS.map(VolatilityLevel::name).to_vec()),
    (Stage::Regime, "trend_strength", number),
    (Stage::Reading, "patterns", number),
    (Stage::Reading, "primary_pattern", number),
    (Stage::Reading, "confluence.up", number),
    (Stage::Reading, "confluence.down", number),
    (Stage::Reading, "volume_ratio", number),
    (Stage::Reading, "volume.up", number),
    (Stage::Reading, "volume.down", number),
    (Stage::Reading, "volume_size", || SizeClass::ALL.iter().map(|s| s.name()).collect()),
    (Stage::Reading, "energy", || vec!["DECELERATING", "STABLE", "ACCELERATING"]),
    (Stage::Reading, "atr", number),
    (Stage::Reading, "atr_ratio", number),
    (Stage::Reading, "price_vs_ma", number),
    (Stage::Reading, "near_average", no_yes),
    (Stage::Reading, "place", number),
    (Stage::Reading, "broke.up", no_yes),
    (Stage::Reading, "broke.down", no_yes),
];

/// Values in the order of [`READING`]. Without `..`, so that a new field is compared or does not compile.
fn reading_row(x: &Reading) -> [f64; 21] {
    let Reading {
        label: RegimeLabel { regime, strength, fallback },
        sources: _, // columns of their own
        patterns,
        primary,
        confluence: [confluence_up, confluence_down],
        volume_ratio,
        volume_scores: [volume_up, volume_down],
        volume_size,
        energy,
        level,
        trend_strength,
        atr,
        atr_ratio,
        price_vs_ma,
        near_average,
        place,
        broke: [broke_up, broke_down],
    } = *x;
    [
        f64::from(regime as u8),
        strength,
        yes(fallback),
        f64::from(level as u8),
        trend_strength,
        f64::from(patterns),
        f64::from(primary),
        f64::from(confluence_up),
        f64::from(confluence_down),
        volume_ratio,
        volume_up,
        volume_down,
        f64::from(volume_size as u8),
        1.0 + f64::from(energy as i8),
        atr,
        atr_ratio,
        price_vs_ma,
        yes(near_average),
        place,
        yes(broke_up),
        yes(broke_down),
    ]
}

/// Three columns of each source.
fn source_columns(first: usize, rows: &[Reading]) -> Vec<Column> {
    let mut columns = vec![];
    for (k, source) in Source::ALL.into_iter().enumerate() {
        let words = rows.iter().map(|x| {
            let Contribution { direction, confidence, strength } = x.sources[k];
            [1.0 + direction.sign(), confidence, strength]
        });
        let heads = [
            (Stage::Source, "direction", directions as _),
            (Stage::Source, "confidence", number as _),
            (Stage::Source, "strength", number as _),
        ];
        columns.extend(
            transposed(first, &heads, words)
                .into_iter()
                .map(|c| Column { name: format!("{}.{}", source.name(), c.name), ..c }),
        );
    }
    columns
}

const DECISION: [Head; 9] = [
    (Stage::Decision, "direction", directions),
    (Stage::Decision, "agreement", number),
    (Stage::Decision, "base_confidence", number),
    (Stage::Decision, "confidence", number),
    (Stage::Decision, "strength", number),
    (Stage::Decision, "confluence", number),
    (Stage::Decision, "volume_confirmed", no_yes),
    (Stage::Decision, "risk_score", number),
    (Stage::Decision, "risk_level", || RiskLevel::ALL.iter().map(|l| l.name()).collect()),
];

/// Values in the order of [`DECISION`]. Without `..`, so that a new field is compared or does not compile.
fn decision_row(d: &Decision) -> [f64; 9] {
    let Decision {
        direction,
        agreement,
        base,
        confidence,
        strength,
        confluence,
        volume_confirmed,
        risk_score,
        risk_level,
        reason: _, // with the reasons of the run in `run_columns`
    } = *d;
    [
        1.0 + direction.sign(),
        agreement,
        base,
        confidence,
        strength,
        f64::from(confluence),
        yes(volume_confirmed),
        risk_score,
        f64::from(risk_level as u8),
    ]
}

/// What depends on the account: quality and reason of each decision, equity and exposure.
fn run_columns(readings: &Readings, decisions: &[Decision], run: Option<&VariantRun>) -> Vec<Column> {
    let first = readings.first;
    let quality = run.map(|r| r.quality(readings, decisions)).unwrap_or_default();
    let mut reasons: Vec<f64> = decisions.iter().map(|d| f64::from(d.reason as u8)).collect();
    for (bar, reason) in run.iter().flat_map(|r| &r.log.reasons) {
        reasons[bar - first] = f64::from(*reason as u8);
    }
    let names = Reason::ALL.iter().map(|r| r.name()).collect();
    // Where the end of the data closed a position, the last close is marked after a fill that nobody decided.
    // And where orders fill at the close that decides them, the last close is not followed by any.
    let closed = run
        .is_some_and(|r| r.fill == FillRule::Close || r.trades.iter().any(|t| t.reason == ExitReason::End));
    let settled = |of: fn(&VariantRun) -> &[f64]| {
        let all = run.map_or(&[][..], of);
        all[..all.len() - usize::from(closed)].to_vec()
    };
    vec![
        row_column(Stage::Decision, "quality", first, vec![], quality),
        row_column(Stage::Decision, "reason", first, names, reasons),
        row_column(Stage::Account, "equity", first, vec![], settled(|r| &r.equity)),
        row_column(Stage::Account, "exposure", first, vec![], settled(|r| &r.exposure)),
    ]
}
