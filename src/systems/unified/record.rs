//! What a run of the framework leaves: a row a bar, its columns of the table of trades, its facts.

use std::borrow::Cow;

use super::Regime;
use super::decide::{Decision, Reason, RiskLevel, Rules};
use super::labels::VolatilityLevel;
use super::reading::{SignalRow, SignalTable};
use super::signals::{Direction, PATTERN_NAMES, PatternRecord, SizeClass, Source, pattern_names};
use super::size::MULTIPLIERS;
use super::trader::{EntryRecord, TraderLog, UnifiedCandidate};
use super::{Params, Unified, fixtures};
use crate::data::table::{Column, Table, TextColumn};
use crate::replay::Trade;
use crate::system::{Made, Record, RunView, TradeColumn};

/// Codes of an enum's value within its list of names.
fn labels<T: Copy + PartialEq>(
    all: &[T],
    name: fn(T) -> &'static str,
    values: impl Iterator<Item = T>,
) -> Column {
    let names: Vec<&'static str> = all.iter().map(|v| name(*v)).collect();
    let code = |v: T| all.iter().position(|a| *a == v).map_or(TextColumn::MISSING, |k| k as u32);
    Column::Str(TextColumn::new(&names, values.map(code)))
}

fn regimes(codes: impl Iterator<Item = Regime>) -> Column {
    labels(&Regime::ALL, Regime::name, codes)
}

const DIRECTIONS: [Direction; 3] = [Direction::Bearish, Direction::Neutral, Direction::Bullish];

fn direction_name(d: Direction) -> &'static str {
    match d {
        Direction::Bullish => "BULLISH",
        Direction::Bearish => "BEARISH",
        Direction::Neutral => "SIDEWAYS",
    }
}

fn joined(masks: impl Iterator<Item = u32>) -> Column {
    let texts: Vec<String> = masks.map(|m| pattern_names(m).collect::<Vec<_>>().join(";")).collect();
    Column::Str(TextColumn::collect(texts.iter().map(String::as_str)))
}

fn primary(codes: impl Iterator<Item = u8>) -> Column {
    let mut names: Vec<&'static str> = PATTERN_NAMES.to_vec();
    names.push("NONE");
    Column::Str(TextColumn::new(&names, codes.map(|c| u32::from(c).min(PATTERN_NAMES.len() as u32))))
}

pub(super) fn record(run: &RunView<'_>, made: &Made<'_, Unified>) -> Record {
    let (readings, candidate) = (made.columns[0], made.candidate);
    let none = TraderLog::default();
    let log = made.log.unwrap_or(&none);
    // A run may begin later than it could.
    let before = run.symbols[0].first - readings.first;
    let reasons = reasons(readings, candidate, log).split_off(before);
    let decisions = &candidate.decisions[before..];
    Record {
        signals: signals(run, readings, candidate, log, &reasons),
        facts: facts(&candidate.main.params, decisions),
        reasons,
        ..Record::default()
    }
}

/// Why each bar led to an order or to none: the decision's own reason, or what stood in its way.
pub(super) fn reasons(readings: &SignalTable, candidate: &UnifiedCandidate, log: &TraderLog) -> Vec<u8> {
    let mut reasons: Vec<u8> = candidate.decisions.iter().map(|d| d.reason as u8).collect();
    for (bar, reason) in &log.reasons {
        reasons[bar - readings.first] = *reason as u8;
    }
    reasons
}

/// Quality of every signal that is not HOLD, NaN elsewhere, by how patterns had fared when it was decided.
pub(super) fn quality(readings: &SignalTable, candidate: &UnifiedCandidate, log: &TraderLog) -> Vec<f64> {
    let nothing = PatternRecord::default();
    let mut known = log.patterns.iter().peekable();
    let mut record = &nothing;
    let rows = readings.rows.iter().zip(&candidate.decisions);
    rows.enumerate()
        .map(|(k, (x, d))| {
            while let Some((_, next)) = known.next_if(|(from, _)| *from <= readings.first + k) {
                record = next;
            }
            if d.direction == Direction::Neutral { f64::NAN } else { candidate.main.quality(x, d, record) }
        })
        .collect()
}

fn facts(p: &Params, decisions: &[Decision]) -> Vec<(&'static str, f64)> {
    let invalid = decisions.iter().filter(|d| !valid(d)).count() as f64;
    let error_rate = invalid / decisions.len() as f64;
    vec![
        ("success_rate", 1.0 - error_rate),
        ("error_rate", error_rate),
        ("critical_errors", invalid),
        ("regime_fixtures_passed", fixtures::regimes_recognised(p.regime_order) as f64),
        ("pattern_fixtures_found", fixtures::patterns_found(p) as f64),
        ("max_position_pct", p.max_position_pct),
    ]
}

fn valid(d: &Decision) -> bool {
    d.confidence.is_finite() && d.agreement.is_finite()
}

/// The framework's columns of the table of trades.
pub(super) fn trade_columns(run: &RunView<'_>, made: &Made<'_, Unified>) -> Vec<TradeColumn> {
    let (readings, candidate) = (made.columns[0], made.candidate);
    let none = TraderLog::default();
    let log = made.log.unwrap_or(&none);
    let with: Vec<(&Trade, &SignalRow, &EntryRecord)> = run
        .trades
        .iter()
        .filter_map(|t| Some((t, readings.get(t.signal_bar)?, log.entries.get(&t.signal_bar)?)))
        .collect();
    let mut out = vec![];
    let mut put = |after: &'static str, name: Cow<'static, str>, values| {
        out.push(TradeColumn { after, name, values });
    };
    let d =
        |get: &dyn Fn(&Decision) -> f64| Column::F64(with.iter().map(|(.., k)| get(&k.decision)).collect());
    let k = |get: &dyn Fn(&EntryRecord) -> f64| Column::F64(with.iter().map(|(.., k)| get(k)).collect());
    let variants = with.iter().map(|(.., k)| k.variant.name());
    put("", "variant".into(), Column::Str(TextColumn::collect(variants)));
    let fallback = with.iter().map(|(_, x, _)| x.label.fallback);
    put("regime", "regime_fallback".into(), Column::Bool(fallback.collect()));
    put("size_pct", "size_pct_before_stage".into(), k(&|k| k.size.size_frac));
    let stages = with.iter().map(|(t, ..)| t.stage);
    put("size_pct_before_stage", "stage".into(), Column::U8(stages.collect()));
    let mut last = |name: &'static str, values| put("", name.into(), values);
    last("confidence", d(&|d| d.confidence));
    last("agreement", d(&|d| d.agreement));
    last("quality", k(&|k| k.quality));
    last("risk_score", d(&|d| d.risk_score));
    let levels = with.iter().map(|(.., k)| k.decision.risk_level);
    last("risk_level", labels(RiskLevel::ALL, RiskLevel::name, levels));
    last("primary_pattern", primary(with.iter().map(|(_, x, _)| x.primary)));
    last("patterns", joined(with.iter().map(|(_, x, _)| x.patterns)));
    last("pattern_mask", Column::U32(with.iter().map(|(_, x, _)| x.patterns).collect()));
    last("confluence", Column::U32(with.iter().map(|(.., k)| u32::from(k.decision.confluence)).collect()));
    last("volume_ratio", Column::F64(with.iter().map(|(_, x, _)| x.volume_ratio).collect()));
    last("volume_confirmed", Column::Bool(with.iter().map(|(.., k)| k.decision.volume_confirmed).collect()));
    let rows: Vec<&SignalRow> = with.iter().map(|(_, x, _)| *x).collect();
    for (name, values) in sources(&candidate.main.rules, &rows) {
        put("", name.into(), values);
    }
    let mut last = |name: &'static str, values| put("", name.into(), values);
    last("kelly", k(&|k| k.size.kelly));
    const NAMES: [&str; MULTIPLIERS.len()] =
        ["m_conf", "m_vol", "m_trend", "m_regime", "m_volume", "m_pattern", "m_risk", "m_rl"];
    for (m, name) in NAMES.into_iter().enumerate() {
        last(name, k(&|k| k.size.multipliers[m]));
    }
    last("multiplier", k(&|k| k.size.product));
    last("cap_bound", Column::Bool(with.iter().map(|(.., k)| k.size.cap_bound).collect()));
    out
}

/// Word, confidence, strength and weight of each source.
fn sources(rules: &Rules, rows: &[&SignalRow]) -> Vec<(String, Column)> {
    let mut columns = vec![];
    for &source in Source::ALL {
        let k = source as usize;
        let name = source.name();
        let of = rows.iter().map(|x| x.sources[k].direction);
        columns.push((format!("{name}_direction"), labels(&DIRECTIONS, direction_name, of)));
        columns.push((
            format!("{name}_confidence"),
            Column::F64(rows.iter().map(|x| x.sources[k].confidence).collect()),
        ));
        columns.push((
            format!("{name}_strength"),
            Column::F64(rows.iter().map(|x| x.sources[k].strength).collect()),
        ));
        let weight = |x: &&SignalRow| rules.weights(x.label.regime)[k];
        columns.push((format!("{name}_weight"), Column::F64(rows.iter().map(weight).collect())));
    }
    columns
}

/// One row a bar from the first decision on: what each source said, what was decided, and why it was or was not
/// traded.
fn signals(
    run: &RunView<'_>,
    readings: &SignalTable,
    candidate: &UnifiedCandidate,
    log: &TraderLog,
    reasons: &[u8],
) -> Table {
    let first = run.symbols[0].first;
    let before = first - readings.first;
    let (rows, decisions) = (&readings.rows[before..], &candidate.decisions[before..]);
    let x = |get: &dyn Fn(&SignalRow) -> f64| Column::F64(rows.iter().map(get).collect());
    let d = |get: &dyn Fn(&Decision) -> f64| Column::F64(decisions.iter().map(get).collect());
    let mut table = Table::new();
    table.push("close_time", Column::TimeMs(run.close_times()));
    table.push("bar", Column::U32((first as u32..(first + rows.len()) as u32).collect()));
    table.push("regime", regimes(rows.iter().map(|x| x.label.regime)));
    table.push("regime_fallback", Column::Bool(rows.iter().map(|x| x.label.fallback).collect()));
    table.push("regime_strength", x(&|x| x.label.strength));
    table.push(
        "volatility_level",
        labels(VolatilityLevel::ALL, VolatilityLevel::name, rows.iter().map(|x| x.level)),
    );
    table.push("trend_strength", x(&|x| x.trend_strength));
    table.push("atr", x(&|x| x.atr));
    table
        .push("direction", labels(&DIRECTIONS, Direction::order_name, decisions.iter().map(|d| d.direction)));
    table.push("agreement", d(&|d| d.agreement));
    table.push("base_confidence", d(&|d| d.base));
    table.push("confidence", d(&|d| d.confidence));
    table.push("strength", d(&|d| d.strength));
    table.push("quality", Column::F64(quality(readings, candidate, log).split_off(before)));
    table.push("risk_score", d(&|d| d.risk_score));
    table.push("risk_level", labels(RiskLevel::ALL, RiskLevel::name, decisions.iter().map(|d| d.risk_level)));
    table.push(
        "reason",
        labels(Reason::ALL, Reason::name, reasons.iter().map(|r| Reason::ALL[usize::from(*r)])),
    );
    table.push("primary_pattern", primary(rows.iter().map(|x| x.primary)));
    table.push("patterns", joined(rows.iter().map(|x| x.patterns)));
    table.push("pattern_mask", Column::U32(rows.iter().map(|x| x.patterns).collect()));
    table.push("confluence", Column::U32(decisions.iter().map(|d| u32::from(d.confluence)).collect()));
    table.push("volume_ratio", x(&|x| x.volume_ratio));
    table.push("volume_bull", x(&|x| x.volume_scores[0]));
    table.push("volume_bear", x(&|x| x.volume_scores[1]));
    table.push("volume_size", labels(SizeClass::ALL, SizeClass::name, rows.iter().map(|x| x.volume_size)));
    table.push("volume_confirmed", Column::Bool(decisions.iter().map(|d| d.volume_confirmed).collect()));
    table.push("valid", Column::Bool(decisions.iter().map(valid).collect()));
    let all: Vec<&SignalRow> = rows.iter().collect();
    for (name, column) in sources(&candidate.main.rules, &all) {
        table.push(name, column);
    }
    table
}
