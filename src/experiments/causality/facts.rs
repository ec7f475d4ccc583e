//! Orders, fills and acts of a run, as facts.

use std::borrow::Cow;

use crate::execution::{Bracket, EntryOrder, Level, Order};
use crate::replay::{AccountId, Entry, Execution, ExitReason, FillRule, Intent, Opened, Trade, Want};
use crate::runs::SymbolRun;
use crate::system::{Fact, Phase};

/// A run and what is known of its orders.
pub(super) struct Settled<'a> {
    pub(super) run: &'a SymbolRun,
    /// Whether stops follow the price inside bars.
    pub(super) follows_path: bool,
    /// What the system itself notes.
    pub(super) own: Vec<Fact>,
}

/// What happened, in the order of bars and phases; not the exit that the end of the data makes.
pub(super) fn facts(settled: Settled<'_>, execution: &Execution) -> Vec<Fact> {
    let Settled { run, follows_path, own } = settled;
    let orders = &run.orders;
    let mut facts = vec![];
    let rests = execution.entry == EntryOrder::LimitFirst || orders.rest || follows_path;
    for t in &run.trades {
        trade_facts(t, execution, rests, &mut facts);
    }
    facts.extend(own);
    let mut say =
        |bar, name: String, value| facts.push(Fact { bar, phase: Phase::Close, name: name.into(), value });
    for e in &run.events {
        say(e.bar, format!("{}: {}", e.kind, e.detail), 1.0);
    }
    for (bar, stop, target) in &orders.resting {
        say(*bar, "resting.stop".into(), *stop);
        say(*bar, "resting.target".into(), *target);
    }
    for (bar, intent) in &orders.intents {
        intent_facts(intent, |name, value| say(*bar, name.into_owned(), value));
    }
    for (bar, order) in &orders.placed {
        order_facts(order, |name, value| say(*bar, name, value));
    }
    for (bar, account, want) in &orders.wants {
        want_facts(*account, want, |name, value| say(*bar, name, value));
    }
    for (bar, id) in &orders.taken_back {
        say(*bar, "taken_back".into(), f64::from(*id));
    }
    // Stable: what happens at one moment stays in the order above.
    facts.sort_by_key(|f| (f.bar, f.phase));
    facts
}

/// The orders for the next open. Without `..`, here and of exits, so that a new field is compared or does not
/// compile.
fn intent_facts(intent: &Intent, mut say: impl FnMut(Cow<'static, str>, f64)) {
    let Intent { exit, entry, resize, stop, exit_slippage_bps, cancel, refused } = *intent;
    if let Some(reason) = exit {
        let (name, value) = why("sent.exit", reason);
        say(name, value);
        say("sent.exit_slippage".into(), exit_slippage_bps);
    }
    if cancel {
        say("sent.cancel".into(), 1.0);
    }
    if let Some((side, reason)) = refused {
        say(format!("sent.refused {}", reason.name()).into(), side);
    }
    if let Some(units) = resize {
        say("sent.resize".into(), units);
    }
    if let Some(level) = stop {
        say("sent.stop".into(), level);
    }
    if let Some(entry) = entry {
        let Entry { side, size_frac, bracket } = entry;
        say("sent.side".into(), side);
        say("sent.size".into(), size_frac);
        let Bracket { stop, target, trail } = bracket;
        say("sent.stop_distance".into(), level(stop));
        say("sent.target_distance".into(), level(target));
        say("sent.trail_distance".into(), trail.distance);
        say("sent.trail_from".into(), level(trail.from));
    }
}

/// What a trader of the whole account wanted of the symbol.
fn want_facts(account: AccountId, want: &Want, mut say: impl FnMut(String, f64)) {
    let of = account.paper_index().map_or_else(|| "sent".to_owned(), |k| format!("sent.paper{k}"));
    match want {
        Want::Exit(reason, slippage) => say(format!("{of}.exit {}", reason.name()), *slippage),
        Want::Enter(entry) => {
            let intent = Intent { entry: Some(*entry), ..Intent::default() };
            intent_facts(&intent, |name, value| say(format!("{of} {name}"), value));
        }
        Want::Resize(units) => say(format!("{of}.resize"), *units),
        Want::Stop(price) => say(format!("{of}.stop"), *price),
        Want::Place(order) => order_facts(order, |name, value| say(format!("{of} {name}"), value)),
        Want::Cancel(id) => say(format!("{of}.cancel"), f64::from(*id)),
        Want::CancelEntries => say(format!("{of}.cancel_entries"), 1.0),
        Want::Refuse(side, reason) => say(format!("{of}.refuse {}", reason.name()), *side),
    }
}

/// An order that the trader placed itself.
fn order_facts(order: &Order, mut say: impl FnMut(String, f64)) {
    let Order { id, side, units, kind, reduce_only, good_until, expiry, group, bracket, decided, .. } =
        *order;
    let Bracket { stop, target, trail } = bracket;
    // What is no number is part of the name: facts of other names are other facts.
    say(format!("placed {kind:?}, then {expiry:?}"), side * units);
    for (name, value) in [
        ("placed.id", f64::from(id)),
        ("placed.reduce_only", yes(reduce_only)),
        ("placed.good_until", good_until as f64),
        ("placed.group", f64::from(group)),
        ("placed.stop", level(stop)),
        ("placed.target", level(target)),
        ("placed.trail", trail.distance),
        ("placed.trail_from", level(trail.from)),
        ("placed.decided", decided as f64),
    ] {
        say(name.into(), value);
    }
}

/// A reason as a fact: its place among those there are anyway; one of the system's own is part of the name.
fn why(what: &'static str, reason: ExitReason) -> (Cow<'static, str>, f64) {
    match reason.place() {
        Some(k) => (what.into(), k as f64),
        None => (format!("{what} {reason}").into(), 1.0),
    }
}

/// Distances and prices alike: what matters is that they stay what they were.
fn level(l: Level) -> f64 {
    match l {
        Level::None => f64::INFINITY,
        Level::Distance(v) | Level::Price(v) | Level::Share(v) => v,
    }
}

/// `rests`: whether orders may fill inside a bar by which way round it was walked, which its close decides.
fn trade_facts(t: &Trade, execution: &Execution, rests: bool, facts: &mut Vec<Fact>) {
    // A market order fills at the open, or at the close that decided it.
    let market = if execution.fill == FillRule::Close { Phase::Close } else { Phase::Open };
    let entered = if rests { Phase::Close } else { market };
    let left = exit_phase(t, market, rests);
    let mut say = |bar, phase, name: Cow<'static, str>, value| facts.push(Fact { bar, phase, name, value });
    entry_facts(t, |name, value| say(t.entry_bar, entered, name.into(), value));
    if t.reason != ExitReason::END {
        exit_facts(t, |name, value| say(t.exit_bar, left, name, value));
    }
}

/// When in its bar an exit is known; those at the market, in `market`.
fn exit_phase(t: &Trade, market: Phase, rests: bool) -> Phase {
    let inside = if rests { Phase::Close } else { Phase::Inside };
    match t.reason {
        ExitReason::STOP | ExitReason::TARGET | ExitReason::TRAIL | ExitReason::LIQUIDATION if t.gap => {
            Phase::Open
        }
        ExitReason::STOP | ExitReason::TARGET | ExitReason::TRAIL | ExitReason::LIQUIDATION => inside,
        ExitReason::ORDER => inside,
        _ => market,
    }
}

/// The first fill: what a position becomes by later ones is known later. Its parts were opened once.
fn entry_facts(t: &Trade, mut say: impl FnMut(&'static str, f64)) {
    let Opened { units: first_units, price: first_price, parts } = t.opened;
    for (name, value) in [
        ("entry.side", t.side),
        ("entry.units", first_units),
        ("entry.signal_bar", t.signal_bar as f64),
        ("entry.price", first_price),
        ("entry.stop", t.stop),
        ("entry.target", t.target),
        ("entry.size", t.size_frac),
        ("entry.stage", f64::from(t.stage)),
        ("entry.shadow", yes(t.shadow)),
    ] {
        if parts == 0 {
            say(name, value);
        }
    }
}

/// The exit. The fields it leaves to [`entry_facts`] are named all the same, so that a new one does not compile.
fn exit_facts(t: &Trade, mut say: impl FnMut(Cow<'static, str>, f64)) {
    let Trade {
        symbol: _,
        side: _,
        units,
        signal_bar: _,
        entry_bar: _,
        exit_bar: _,
        opened: _,
        entry_price,
        exit_price,
        stop: _,
        target: _,
        size_frac: _,
        stage: _,
        shadow: _,
        factor: _,
        reason,
        gross_pnl,
        costs,
        pnl,
        return_frac,
        r_multiple,
        mae,
        mfe,
        ambiguous,
        gap,
    } = *t;
    let (why, place) = why("exit.reason", reason);
    for (name, value) in [
        ("exit.price".into(), exit_price),
        ("exit.units".into(), units),
        ("exit.entry_price".into(), entry_price),
        (why, place),
        ("exit.gross_pnl".into(), gross_pnl),
        ("exit.fee".into(), costs.fee),
        ("exit.spread".into(), costs.spread),
        ("exit.slippage".into(), costs.slippage),
        ("exit.impact".into(), costs.impact),
        ("exit.funding".into(), costs.funding),
        ("exit.borrow".into(), costs.borrow),
        ("exit.swap".into(), costs.swap),
        ("exit.liquidation".into(), costs.liquidation),
        ("exit.pnl".into(), pnl),
        ("exit.return".into(), return_frac),
        ("exit.r".into(), r_multiple),
        ("exit.mae".into(), mae),
        ("exit.mfe".into(), mfe),
        ("exit.ambiguous".into(), yes(ambiguous)),
        ("exit.gap".into(), yes(gap)),
    ] {
        say(name, value);
    }
}

fn yes(b: bool) -> f64 {
    f64::from(u8::from(b))
}
