//! Orders, fills and acts of a run, as facts.

use super::subject::Fact;
use crate::experiments::backtest::VariantRun;
use crate::replay::{ExitReason, Trade};
use crate::systems::unified::{MULTIPLIERS, Size, Ticket};

/// Orders, fills and acts of a run in the order of their bars; not the exit that the end of the data makes.
pub(super) fn facts(run: &VariantRun) -> Vec<Fact> {
    let mut facts = vec![];
    for t in &run.trades {
        trade_facts(t, &mut facts);
    }
    for (bar, ticket) in &run.log.tickets {
        let Ticket { size, quality, variant } = ticket;
        let Size { size_frac, kelly, multipliers, product, cap_bound } = size;
        let mut say = |name: String, value| facts.push(Fact { bar: *bar, name: name.into(), value });
        say("order.size".into(), *size_frac);
        say("order.kelly".into(), *kelly);
        MULTIPLIERS.iter().zip(multipliers).for_each(|(name, m)| say(format!("order.m_{name}"), *m));
        say("order.multiplier".into(), *product);
        say("order.cap_bound".into(), yes(*cap_bound));
        say("order.quality".into(), *quality);
        say(format!("order of {}", variant.name()), 1.0);
    }
    for e in &run.log.events {
        facts.push(Fact { bar: e.bar, name: format!("{}: {}", e.kind, e.detail).into(), value: 1.0 });
    }
    // Stable: what happens at one bar stays in the order above.
    facts.sort_by_key(|f| f.bar);
    facts
}

fn trade_facts(t: &Trade, facts: &mut Vec<Fact>) {
    // Without `..`, so that a new field is compared or does not compile.
    let Trade {
        side,
        units,
        signal_bar,
        entry_bar,
        exit_bar,
        entry_price,
        exit_price,
        stop,
        target,
        size_frac,
        stage,
        shadow,
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
    let mut say = |bar, name: &'static str, value| facts.push(Fact { bar, name: name.into(), value });
    for (name, value) in [
        ("entry.side", side),
        ("entry.units", units),
        ("entry.signal_bar", signal_bar as f64),
        ("entry.price", entry_price),
        ("entry.stop", stop),
        ("entry.target", target),
        ("entry.size", size_frac),
        ("entry.stage", f64::from(stage)),
        ("entry.shadow", yes(shadow)),
    ] {
        say(entry_bar, name, value);
    }
    if reason == ExitReason::End {
        return;
    }
    for (name, value) in [
        ("exit.price", exit_price),
        ("exit.reason", f64::from(reason as u8)),
        ("exit.gross_pnl", gross_pnl),
        ("exit.fee", costs.fee),
        ("exit.spread", costs.spread),
        ("exit.slippage", costs.slippage),
        ("exit.pnl", pnl),
        ("exit.return", return_frac),
        ("exit.r", r_multiple),
        ("exit.mae", mae),
        ("exit.mfe", mfe),
        ("exit.ambiguous", yes(ambiguous)),
        ("exit.gap", yes(gap)),
    ] {
        say(exit_bar, name, value);
    }
}

fn yes(b: bool) -> f64 {
    f64::from(u8::from(b))
}
