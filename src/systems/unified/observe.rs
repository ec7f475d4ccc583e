//! What the causality check sees of the framework: what it reads of each bar, decides, and notes about each
//! order.

use super::Regime;
use super::Unified;
use super::decide::{Decision, Reason, RiskLevel};
use super::labels::{RegimeLabel, VolatilityLevel};
use super::reading::{SignalRow, SignalTable};
use super::record::{quality, reasons};
use super::signals::{SizeClass, Source, Vote};
use super::size::{MULTIPLIERS, Size};
use super::trader::{EntryRecord, TraderLog, UnifiedCandidate};
use crate::indicators::Swings;
use crate::system::{Fact, Made, Observed, ObservedColumn, Phase, Stage};

pub(super) fn observe(made: &Made<'_, Unified>) -> Observed {
    let (readings, candidate) = (made.columns[0], made.candidate);
    let first = readings.first;
    let mut columns = swing_columns(&readings.swings, candidate.main.params.swing_k);
    columns.extend(transposed(first, &READING, readings.rows.iter().map(reading_row)));
    columns.extend(source_columns(first, &readings.rows));
    columns.extend(transposed(first, &DECISION, candidate.decisions.iter().map(decision_row)));
    columns.extend(run_columns(readings, candidate, made.log));
    let mut facts = vec![];
    for (bar, entry) in made.log.iter().flat_map(|log| &log.entries) {
        entry_facts(*bar, entry, &mut facts);
    }
    Observed { columns, facts }
}

fn swing_columns(s: &Swings, k: usize) -> Vec<ObservedColumn> {
    // Without `..`, so that a new column of swings is compared or does not compile.
    let Swings { structure, break_of_structure, recent_breaks, support, resistance, last_high, last_low } = s;
    let column = |name: &str, values: Vec<f64>| ObservedColumn {
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
) -> Vec<ObservedColumn> {
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
) -> ObservedColumn {
    ObservedColumn {
        stage,
        name: name.into(),
        first,
        declared: first,
        values: values.into(),
        labels: labels.into_iter().map(Into::into).collect(),
    }
}

const READING: [Head; 21] = [
    (Stage::Regime, "regime", || Regime::ALL.map(Regime::name).to_vec()),
    (Stage::Regime, "regime.strength", number),
    (Stage::Regime, "regime.fallback", no_yes),
    (Stage::Regime, "volatility_level", || VolatilityLevel::ALL.iter().map(|l| l.name()).collect()),
    (Stage::Regime, "trend_strength", number),
    (Stage::SignalRow, "patterns", number),
    (Stage::SignalRow, "primary_pattern", number),
    (Stage::SignalRow, "confluence.up", number),
    (Stage::SignalRow, "confluence.down", number),
    (Stage::SignalRow, "volume_ratio", number),
    (Stage::SignalRow, "volume.up", number),
    (Stage::SignalRow, "volume.down", number),
    (Stage::SignalRow, "volume_size", || SizeClass::ALL.iter().map(|s| s.name()).collect()),
    (Stage::SignalRow, "energy", || vec!["DECELERATING", "STABLE", "ACCELERATING"]),
    (Stage::SignalRow, "atr", number),
    (Stage::SignalRow, "atr_ratio", number),
    (Stage::SignalRow, "price_vs_ma", number),
    (Stage::SignalRow, "near_average", no_yes),
    (Stage::SignalRow, "place", number),
    (Stage::SignalRow, "broke.up", no_yes),
    (Stage::SignalRow, "broke.down", no_yes),
];

/// Values in the order of [`READING`]. Without `..`, so that a new field is compared or does not compile.
fn reading_row(x: &SignalRow) -> [f64; 21] {
    let SignalRow {
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
fn source_columns(first: usize, rows: &[SignalRow]) -> Vec<ObservedColumn> {
    let mut columns = vec![];
    for (k, source) in Source::ALL.iter().enumerate() {
        let words = rows.iter().map(|x| {
            let Vote { direction, confidence, strength } = x.sources[k];
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
                .map(|c| ObservedColumn { name: format!("{}.{}", source.name(), c.name), ..c }),
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

/// What depends on the account: quality and reason of each decision.
fn run_columns(
    readings: &SignalTable,
    candidate: &UnifiedCandidate,
    log: Option<&TraderLog>,
) -> Vec<ObservedColumn> {
    let first = readings.first;
    let none = TraderLog::default();
    let quality = log.map(|log| quality(readings, candidate, log)).unwrap_or_default();
    let reasons = reasons(readings, candidate, log.unwrap_or(&none));
    let names = Reason::ALL.iter().map(|r| r.name()).collect();
    vec![
        row_column(Stage::Decision, "quality", first, vec![], quality),
        row_column(Stage::Decision, "reason", first, names, reasons.into_iter().map(f64::from).collect()),
    ]
}

/// What an order was decided on. Without `..`, so that a new field is compared or does not compile.
fn entry_facts(bar: usize, entry: &EntryRecord, facts: &mut Vec<Fact>) {
    let EntryRecord { decision: _, size, quality, variant } = entry;
    let Size { size_frac, kelly, multipliers, product, cap_bound } = size;
    let mut say =
        |name: String, value| facts.push(Fact { bar, phase: Phase::Close, name: name.into(), value });
    say("order.size".into(), *size_frac);
    say("order.kelly".into(), *kelly);
    MULTIPLIERS.iter().zip(multipliers).for_each(|(name, m)| say(format!("order.m_{name}"), *m));
    say("order.multiplier".into(), *product);
    say("order.cap_bound".into(), yes(*cap_bound));
    say("order.quality".into(), *quality);
    say(format!("order of {}", variant.name()), 1.0);
}
