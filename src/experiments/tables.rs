//! The tables of a run: one row a trade, a bar's equity, a bar's decision.

use super::backtest::{Backtest, VariantRun};
use super::summarise::reasons;
use crate::data::table::{Column, Labels, Table};
use crate::execution::CostsPaid;
use crate::market::Bars;
use crate::regime::{Regime, VolatilityLevel};
use crate::replay::{ExitReason, Trade};
use crate::signals::{Direction, PATTERN_NAMES, SOURCE_COUNT, SizeClass, Source, pattern_names};
use crate::systems::unified::{Decision, MULTIPLIERS, Reading, Reason, RiskLevel, Ticket};

/// Codes of an enum's value within its list of names.
fn labels<T: Copy + PartialEq>(
    all: &[T],
    name: fn(T) -> &'static str,
    values: impl Iterator<Item = T>,
) -> Column {
    let names: Vec<&'static str> = all.iter().map(|v| name(*v)).collect();
    let code = |v: T| all.iter().position(|a| *a == v).map_or(Labels::MISSING, |k| k as u32);
    Column::Str(Labels::new(&names, values.map(code)))
}

fn regimes(codes: impl Iterator<Item = Regime>) -> Column {
    labels(&Regime::ALL, Regime::name, codes)
}

const LEVELS: [VolatilityLevel; 4] =
    [VolatilityLevel::Low, VolatilityLevel::Medium, VolatilityLevel::High, VolatilityLevel::Extreme];
const DIRECTIONS: [Direction; 3] = [Direction::Bearish, Direction::Sideways, Direction::Bullish];

fn direction_name(d: Direction) -> &'static str {
    match d {
        Direction::Bullish => "BULLISH",
        Direction::Bearish => "BEARISH",
        Direction::Sideways => "SIDEWAYS",
    }
}

fn joined(masks: impl Iterator<Item = u32>) -> Column {
    let texts: Vec<String> = masks.map(|m| pattern_names(m).collect::<Vec<_>>().join(";")).collect();
    Column::Str(Labels::collect(texts.iter().map(String::as_str)))
}

fn primary(codes: impl Iterator<Item = u8>) -> Column {
    let mut names: Vec<&'static str> = PATTERN_NAMES.to_vec();
    names.push("NONE");
    Column::Str(Labels::new(&names, codes.map(|c| u32::from(c).min(PATTERN_NAMES.len() as u32))))
}

/// Trades of one run, in the order of their exits. Times are of bar edges: the fill lies within the bar.
pub fn trades_table(b: &Backtest, run: &VariantRun) -> Table {
    if b.symbols[0].wanted.is_some() {
        return own_trades_table(b, run);
    }
    let bars: &Bars = &b.loaded().bars;
    let trades = &run.trades;
    let with: Vec<(&Trade, &Reading, Decision)> = trades
        .iter()
        .filter_map(|t| {
            let ticket = run.log.tickets.get(&t.signal_bar)?;
            let plan = if ticket.variant == run.plan.params.variant {
                &run.plan
            } else {
                &b.baselines.iter().find(|v| v.plan.params.variant == ticket.variant)?.plan
            };
            let x = b.readings.get(t.signal_bar)?;
            Some((t, x, plan.decide(x)))
        })
        .collect();
    let n = with.len();
    let f = |get: &dyn Fn(&Trade) -> f64| Column::F64(with.iter().map(|(t, ..)| get(t)).collect());
    let u = |get: &dyn Fn(&Trade) -> usize| Column::U32(with.iter().map(|(t, ..)| get(t) as u32).collect());
    let time = |get: &dyn Fn(&Trade) -> i64| Column::TimeMs(with.iter().map(|(t, ..)| get(t)).collect());
    let d = |get: &dyn Fn(&Decision) -> f64| Column::F64(with.iter().map(|(.., d)| get(d)).collect());
    let ticket = |t: &Trade| run.log.tickets.get(&t.signal_bar);
    let tf = |get: &dyn Fn(&Ticket) -> f64| {
        Column::F64(with.iter().map(|(t, ..)| ticket(t).map_or(f64::NAN, get)).collect())
    };
    let mut table = Table::new();
    table.push("id", Column::U32((0..n as u32).collect()));
    table.push("symbol", Column::Str(Labels::collect((0..n).map(|_| b.scenario.data.symbol.as_str()))));
    table.push(
        "variant",
        Column::Str(Labels::collect(with.iter().map(|(t, ..)| ticket(t).map_or("", |k| k.variant.name())))),
    );
    table.push("regime", regimes(with.iter().map(|(_, x, _)| x.label.regime)));
    table.push("regime_fallback", Column::Bool(with.iter().map(|(_, x, _)| x.label.fallback).collect()));
    let side = |t: &Trade| if t.side > 0.0 { "long" } else { "short" };
    table.push("direction", Column::Str(Labels::collect(with.iter().map(|(t, ..)| side(t)))));
    table.push("signal_time", time(&|t| bars.close_time(t.signal_bar)));
    table.push("entry_time", time(&|t| bars.open_time()[t.entry_bar]));
    table.push("exit_time", time(&|t| bars.close_time(t.exit_bar)));
    table.push("signal_bar", u(&|t| t.signal_bar));
    table.push("entry_bar", u(&|t| t.entry_bar));
    table.push("exit_bar", u(&|t| t.exit_bar));
    table.push("bars_held", u(&|t| t.exit_bar - t.entry_bar + 1));
    table.push("entry", f(&|t| t.entry_price));
    table.push("exit", f(&|t| t.exit_price));
    table.push("units", f(&|t| t.units));
    table.push("notional", f(&|t| t.units * t.entry_price));
    table.push("size_pct", f(&|t| t.size_frac));
    table.push("size_pct_before_stage", tf(&|k| k.size.size_frac));
    table.push("stage", Column::U8(with.iter().map(|(t, ..)| t.stage).collect()));
    table.push("stop", f(&|t| t.stop));
    table.push("target", f(&|t| t.target));
    table.push("exit_reason", labels(ExitReason::ALL, ExitReason::name, with.iter().map(|(t, ..)| t.reason)));
    table.push("gross_pnl", f(&|t| t.gross_pnl));
    for (k, name) in CostsPaid::KINDS.into_iter().enumerate() {
        table.push(name, f(&|t| t.costs.amounts()[k]));
    }
    table.push("costs", f(&|t| t.costs.total()));
    table.push("pnl", f(&|t| t.pnl));
    table.push("return_percent", f(&|t| 100.0 * t.return_frac));
    table.push("r_multiple", f(&|t| t.r_multiple));
    table.push("mae", f(&|t| t.mae));
    table.push("mfe", f(&|t| t.mfe));
    table.push("ambiguous", Column::Bool(with.iter().map(|(t, ..)| t.ambiguous).collect()));
    table.push("gap", Column::Bool(with.iter().map(|(t, ..)| t.gap).collect()));
    table.push("shadow", Column::Bool(with.iter().map(|(t, ..)| t.shadow).collect()));
    table.push("confidence", d(&|d| d.confidence));
    table.push("agreement", d(&|d| d.agreement));
    table.push("quality", tf(&|k| k.quality));
    table.push("risk_score", d(&|d| d.risk_score));
    table
        .push("risk_level", labels(RiskLevel::ALL, RiskLevel::name, with.iter().map(|(.., d)| d.risk_level)));
    table.push("primary_pattern", primary(with.iter().map(|(_, x, _)| x.primary)));
    table.push("patterns", joined(with.iter().map(|(_, x, _)| x.patterns)));
    table.push("pattern_mask", Column::U32(with.iter().map(|(_, x, _)| x.patterns).collect()));
    table.push("confluence", Column::U32(with.iter().map(|(.., d)| u32::from(d.confluence)).collect()));
    table.push("volume_ratio", Column::F64(with.iter().map(|(_, x, _)| x.volume_ratio).collect()));
    table.push("volume_confirmed", Column::Bool(with.iter().map(|(.., d)| d.volume_confirmed).collect()));
    let rows: Vec<&Reading> = with.iter().map(|(_, x, _)| *x).collect();
    push_sources(&mut table, run, &rows);
    table.push("kelly", tf(&|k| k.size.kelly));
    const NAMES: [&str; 8] =
        ["m_conf", "m_vol", "m_trend", "m_regime", "m_volume", "m_pattern", "m_risk", "m_rl"];
    for (k, name) in NAMES.iter().enumerate().take(MULTIPLIERS.len()) {
        table.push(*name, tf(&|t| t.size.multipliers[k]));
    }
    table.push("multiplier", tf(&|k| k.size.product));
    let bound = |t: &Trade| ticket(t).is_some_and(|k| k.size.cap_bound);
    table.push("cap_bound", Column::Bool(with.iter().map(|(t, ..)| bound(t)).collect()));
    table
}

/// Trades of a system that wants positions: what any trade has.
fn own_trades_table(b: &Backtest, run: &VariantRun) -> Table {
    let trades = &run.trades;
    let clock = &b.clock;
    let n = trades.len();
    let f = |get: &dyn Fn(&Trade) -> f64| Column::F64(trades.iter().map(get).collect());
    let u = |get: &dyn Fn(&Trade) -> usize| Column::U32(trades.iter().map(|t| get(t) as u32).collect());
    let time = |get: &dyn Fn(&Trade) -> i64| Column::TimeMs(trades.iter().map(get).collect());
    let side = |t: &Trade| if t.side > 0.0 { "long" } else { "short" };
    Table::new()
        .with("id", Column::U32((0..n as u32).collect()))
        .with("symbol", Column::Str(Labels::collect(trades.iter().map(|t| b.symbol(t).name.as_str()))))
        .with("variant", Column::Str(Labels::collect((0..n).map(|_| run.name))))
        .with("regime", codes(trades.iter().map(|t| b.label_of(t))))
        .with("direction", Column::Str(Labels::collect(trades.iter().map(side))))
        .with("signal_time", time(&|t| clock.close_time(b.tick(t, t.signal_bar))))
        .with("entry_time", time(&|t| clock.time(b.tick(t, t.entry_bar))))
        .with("exit_time", time(&|t| clock.close_time(b.tick(t, t.exit_bar))))
        .with("signal_bar", u(&|t| b.tick(t, t.signal_bar)))
        .with("entry_bar", u(&|t| b.tick(t, t.entry_bar)))
        .with("exit_bar", u(&|t| b.tick(t, t.exit_bar)))
        .with("bars_held", u(&|t| t.exit_bar - t.entry_bar + 1))
        .with("entry", f(&|t| t.entry_price))
        .with("exit", f(&|t| t.exit_price))
        .with("units", f(&|t| t.units))
        .with("notional", f(&|t| t.units * t.entry_price))
        .with("size_pct", f(&|t| t.size_frac))
        .with("stop", f(&|t| t.stop))
        .with("target", f(&|t| t.target))
        .with("exit_reason", labels(ExitReason::ALL, ExitReason::name, trades.iter().map(|t| t.reason)))
        .with("gross_pnl", f(&|t| t.gross_pnl))
        .with_all(
            CostsPaid::KINDS.into_iter().enumerate().map(|(k, name)| (name, f(&|t| t.costs.amounts()[k]))),
        )
        .with("costs", f(&|t| t.costs.total()))
        .with("pnl", f(&|t| t.pnl))
        .with("return_percent", f(&|t| 100.0 * t.return_frac))
        .with("r_multiple", f(&|t| t.r_multiple))
        .with("mae", f(&|t| t.mae))
        .with("mfe", f(&|t| t.mfe))
        .with("ambiguous", Column::Bool(trades.iter().map(|t| t.ambiguous).collect()))
        .with("gap", Column::Bool(trades.iter().map(|t| t.gap).collect()))
        .with("shadow", Column::Bool(trades.iter().map(|t| t.shadow).collect()))
}

/// One row a bar, of several symbols one a tick and symbol: which position was wanted, and whether that was another than before.
fn own_signals_table(b: &Backtest, run: &VariantRun) -> Table {
    let (mut times, mut ticks, mut names, mut regimes, mut words, mut positions) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for (k, s, wanted) in b.symbols.iter().enumerate().filter_map(|(k, s)| Some((k, s, s.wanted.as_ref()?))) {
        let (first, bars) = (s.first, &s.loaded.bars);
        let start = words.len();
        words.resize(start + bars.len() - first, "HOLD");
        for (bar, want) in wanted.changes() {
            if let Some(j) = bar.checked_sub(first) {
                words[start + j] = if *want > 0.0 {
                    "BUY"
                } else if *want < 0.0 {
                    "SELL"
                } else {
                    "EXIT"
                };
            }
        }
        for bar in first..bars.len() {
            times.push(bars.close_time(bar));
            ticks.push(b.clock.tick_of(k, bar) as u32);
            names.push(s.name.as_str());
            regimes.push(s.label(bar));
        }
        positions.extend_from_slice(&wanted.position[first..]);
    }
    // Symbol after symbol so far; in the table tick after tick.
    let reasons = reasons(b, run);
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|&r| ticks[r]);
    Table::new()
        .with("close_time", Column::TimeMs(order.iter().map(|&r| times[r]).collect()))
        .with("bar", Column::U32(order.iter().map(|&r| ticks[r]).collect()))
        .with("symbol", Column::Str(Labels::collect(order.iter().map(|&r| names[r]))))
        .with("regime", codes(order.iter().map(|&r| regimes[r])))
        .with("direction", Column::Str(Labels::collect(order.iter().map(|&r| words[r]))))
        .with("position", Column::F64(order.iter().map(|&r| positions[r]).collect()))
        .with("reason", labels(Reason::ALL, Reason::name, order.iter().map(|&r| reasons[r])))
}

/// What the rules above the system and the exchange did, in order.
pub fn events_table(b: &Backtest, run: &VariantRun) -> Table {
    let mut events: Vec<(usize, i64, String, &str, String)> =
        run.log.events.iter().map(|e| (e.bar, e.time_ms, e.kind.clone(), "", e.detail.clone())).collect();
    for t in run.trades.iter().filter(|t| t.reason == ExitReason::Liquidation) {
        let tick = b.tick(t, t.exit_bar);
        let detail = format!("{} units at {}, {:.2} lost", t.units, t.exit_price, -t.pnl);
        let name = b.symbol(t).name.as_str();
        events.push((tick, b.clock.close_time(tick), "liquidation".to_owned(), name, detail));
    }
    events.sort_by_key(|e| e.1);
    let text = |all: Vec<&str>| Column::Str(Labels::collect(all));
    Table::new()
        .with("time", Column::TimeMs(events.iter().map(|e| e.1).collect()))
        .with("bar", Column::U32(events.iter().map(|e| e.0 as u32).collect()))
        .with("symbol", text(events.iter().map(|e| e.3).collect()))
        .with("kind", text(events.iter().map(|e| e.2.as_str()).collect()))
        .with("detail", text(events.iter().map(|e| e.4.as_str()).collect()))
}

/// Regimes by code; a bar without one has none.
fn codes(codes: impl Iterator<Item = u8>) -> Column {
    let names: Vec<&'static str> = Regime::ALL.iter().map(|r| r.name()).collect();
    Column::Str(Labels::new(&names, codes.map(u32::from)))
}

/// Word, confidence, strength and weight of each source.
fn push_sources(table: &mut Table, run: &VariantRun, rows: &[&Reading]) {
    for source in Source::ALL {
        let k = source as usize;
        let name = source.name();
        let of = rows.iter().map(|x| x.sources[k].direction);
        table.push(format!("{name}_direction"), labels(&DIRECTIONS, direction_name, of));
        table.push(
            format!("{name}_confidence"),
            Column::F64(rows.iter().map(|x| x.sources[k].confidence).collect()),
        );
        table.push(
            format!("{name}_strength"),
            Column::F64(rows.iter().map(|x| x.sources[k].strength).collect()),
        );
        let weight = |x: &&Reading| run.plan.rules.weights(x.label.regime)[k];
        table.push(format!("{name}_weight"), Column::F64(rows.iter().map(weight).collect()));
    }
    debug_assert_eq!(Source::ALL.len(), SOURCE_COUNT);
}

/// Equity of every bar from the warm-up on, with the bar itself, so that a run can be charted from its folder alone.
pub fn equity_table(b: &Backtest, run: &VariantRun, with_bars: bool) -> Table {
    let bars = &b.loaded().bars;
    let mut table = Table::new();
    table.push("close_time", Column::TimeMs(b.close_times()));
    table.push("equity", Column::F64(run.equity.clone()));
    table.push("exposure", Column::F64(run.exposure.clone()));
    table.push("regime_at_open", codes(b.regime_at_open().into_iter()));
    if with_bars {
        for (name, column) in [
            ("open", bars.open()),
            ("high", bars.high()),
            ("low", bars.low()),
            ("close", bars.close()),
            ("volume", bars.volume()),
        ] {
            // Of several symbols the first one's; without a bar of its own it stands still.
            let at = |t: usize| match (b.clock.bar_at(0, t), b.clock.bar_at(0, t + 1)) {
                (before, now) if now > before => column[before],
                _ if name == "volume" => 0.0,
                (before, _) => bars.close()[before.saturating_sub(1)],
            };
            table.push(name, Column::F64((b.first()..b.clock.len()).map(at).collect()));
        }
    }
    table
}

/// One row a bar from the warm-up on: what each source said, what was decided, and why it was or was not traded.
pub fn signals_table(b: &Backtest, run: &VariantRun) -> Table {
    if b.symbols[0].wanted.is_some() {
        return own_signals_table(b, run);
    }
    let rows = &b.readings.rows;
    let decisions = &b.decisions;
    let first = b.first();
    let x = |get: &dyn Fn(&Reading) -> f64| Column::F64(rows.iter().map(get).collect());
    let d = |get: &dyn Fn(&Decision) -> f64| Column::F64(decisions.iter().map(get).collect());
    let mut reasons: Vec<Reason> = decisions.iter().map(|d| d.reason).collect();
    for (bar, reason) in &run.log.reasons {
        reasons[bar - first] = *reason;
    }
    let mut table = Table::new();
    table.push("close_time", Column::TimeMs(b.close_times()));
    table.push("bar", Column::U32((first as u32..(first + rows.len()) as u32).collect()));
    table.push("regime", regimes(rows.iter().map(|x| x.label.regime)));
    table.push("regime_fallback", Column::Bool(rows.iter().map(|x| x.label.fallback).collect()));
    table.push("regime_strength", x(&|x| x.label.strength));
    table.push("volatility_level", labels(&LEVELS, VolatilityLevel::name, rows.iter().map(|x| x.level)));
    table.push("trend_strength", x(&|x| x.trend_strength));
    table.push("atr", x(&|x| x.atr));
    table
        .push("direction", labels(&DIRECTIONS, Direction::order_name, decisions.iter().map(|d| d.direction)));
    table.push("agreement", d(&|d| d.agreement));
    table.push("base_confidence", d(&|d| d.base));
    table.push("confidence", d(&|d| d.confidence));
    table.push("strength", d(&|d| d.strength));
    table.push("quality", Column::F64(run.quality(&b.readings, decisions)));
    table.push("risk_score", d(&|d| d.risk_score));
    table.push("risk_level", labels(RiskLevel::ALL, RiskLevel::name, decisions.iter().map(|d| d.risk_level)));
    table.push("reason", labels(Reason::ALL, Reason::name, reasons.into_iter()));
    table.push("primary_pattern", primary(rows.iter().map(|x| x.primary)));
    table.push("patterns", joined(rows.iter().map(|x| x.patterns)));
    table.push("pattern_mask", Column::U32(rows.iter().map(|x| x.patterns).collect()));
    table.push("confluence", Column::U32(decisions.iter().map(|d| u32::from(d.confluence)).collect()));
    table.push("volume_ratio", x(&|x| x.volume_ratio));
    table.push("volume_bull", x(&|x| x.volume_scores[0]));
    table.push("volume_bear", x(&|x| x.volume_scores[1]));
    table.push("volume_size", labels(SizeClass::ALL, SizeClass::name, rows.iter().map(|x| x.volume_size)));
    table.push("volume_confirmed", Column::Bool(decisions.iter().map(|d| d.volume_confirmed).collect()));
    let valid = decisions.iter().map(|d| d.confidence.is_finite() && d.agreement.is_finite());
    table.push("valid", Column::Bool(valid.collect()));
    let all: Vec<&Reading> = rows.iter().collect();
    push_sources(&mut table, run, &all);
    table
}
