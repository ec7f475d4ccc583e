//! The measured order inside bars, as text.

use super::TextTable;
use super::text::{count, number, percent, render, width, wrap};
use crate::experiments::IntrabarTruth;

/// The measurement for a terminal.
pub fn intrabar_text(t: &IntrabarTruth) -> String {
    let c = &t.coverage;
    let head = format!(
        "Bars of {} from {} to {}, told by bars of {}: {} of {} can be looked into, {} are incomplete, {} disagree{}.",
        t.timeframe,
        t.from,
        t.to,
        t.fine,
        count(c.covered as u64),
        count(c.bars as u64),
        count(c.incomplete as u64),
        count(c.disagree as u64),
        c.first_disagreement.as_ref().map_or_else(String::new, |d| format!(" ({d})")),
    );
    let mut columns = vec!["stop, target", ">tried", ">both", ">told"];
    let names: Vec<String> = t
        .brackets
        .first()
        .map(|b| b.right.iter().map(|(p, _)| format!(">{}", p.name())).collect())
        .unwrap_or_default();
    columns.extend(names.iter().map(String::as_str));
    let mut table = TextTable::new(&columns).caption(
        "A long and a short at every open, stop and target in average true ranges. Tried, both in one bar, order told by finer bars; \
         share of these in which each policy picks it (pessimistic: the stop was first).",
    );
    for b in &t.brackets {
        let share = |n: usize| percent(n as f64 / b.told as f64);
        let mut row = vec![
            format!("{}, {}", number(b.stop_atr, 2), number(b.target_atr, 2)),
            count(b.positions as u64),
            count(b.ambiguous as u64),
            count(b.told as u64),
        ];
        row.extend(b.right.iter().map(|(_, n)| share(*n)));
        table.row(row);
    }
    format!("{}\n\n{}", wrap(&head, width()).join("\n"), render(&table))
}
