//! How often the gate is wrong, as text and as a document.

use serde_json::{Value, json};

use super::TextTable;
use super::text::{count, number, percent, render, width, wrap};
use crate::experiments::validity::{CellClaim, CellResult};

/// The table for a terminal.
pub fn validity_text(cells: &[CellResult]) -> String {
    let columns = [
        "cell",
        ">trials",
        ">years",
        ">histories",
        ">promoted",
        ">95 % interval",
        "claim",
        ">halves",
        ">best Sharpe",
        ">by luck",
    ];
    let mut table = TextTable::new(&columns).caption(
        "Share of made histories whose best candidate passes the criteria of the program; the interval is Wilson's. Best Sharpe: mean \
         annual Sharpe ratio of that candidate. By luck: mean of what the best would have reached without any edge.",
    );
    for c in cells {
        let [a, b] = c.halves();
        let i = c.interval();
        table.row(vec![
            c.cell.name.to_owned(),
            count(c.cell.trials()),
            c.cell.years.to_string(),
            count(c.histories.len() as u64),
            percent(c.rate()),
            format!("{} to {}", percent(i.lo), percent(i.hi)),
            says(c),
            format!("{}, {}", percent(a), percent(b)),
            number(c.mean(|h| h.sharpe), 2),
            number(c.mean(|h| h.expected), 2),
        ]);
    }
    let refuted: Vec<&str> = cells.iter().filter(|c| c.refuted()).map(|c| c.cell.name).collect();
    let end = match refuted.as_slice() {
        [] => "No claim is refuted: no interval excludes what is claimed.".to_owned(),
        names => format!("Refuted, because the interval excludes what is claimed: {}.", names.join(", ")),
    };
    format!("{}\n\n{}", render(&table), wrap(&end, width()).join("\n"))
}

fn says(c: &CellResult) -> String {
    let claim = match c.cell.claim {
        CellClaim::AtMost(rate) => format!("at most {}", percent(rate)),
        CellClaim::AtLeast(rate) => format!("at least {}", percent(rate)),
        CellClaim::Never => "never".to_owned(),
        CellClaim::Shown => return "-".to_owned(),
    };
    if c.alarms() {
        format!("{claim}: ALARM")
    } else if c.refuted() {
        format!("{claim}: refuted")
    } else {
        claim
    }
}

/// The document of `assay selftest --validity --format json`.
pub fn validity_document(cells: &[CellResult]) -> Value {
    let cell = |c: &CellResult| {
        let i = c.interval();
        let claim = match c.cell.claim {
            CellClaim::AtMost(rate) => json!({ "at_most": rate }),
            CellClaim::AtLeast(rate) => json!({ "at_least": rate }),
            CellClaim::Never => json!({ "at_most": 0.0 }),
            CellClaim::Shown => Value::Null,
        };
        json!({
            "cell": c.cell.name,
            "market": c.cell.market.name(),
            "trials": c.cell.trials(),
            "years": c.cell.years,
            "histories": c.histories.len(),
            "promoted": c.promoted(),
            "inconclusive": c.histories.iter().filter(|h| h.open).count(),
            "rate": c.rate(),
            "interval": { "lo": i.lo, "hi": i.hi },
            "halves": c.halves(),
            "claim": claim,
            "refuted": c.refuted(),
            "alarm": c.alarms(),
            "mean_best_sharpe": finite(c.mean(|h| h.sharpe)),
            "mean_expected_max_sharpe": finite(c.mean(|h| h.expected)),
        })
    };
    json!({ "cells": cells.iter().map(cell).collect::<Vec<_>>() })
}

fn finite(v: f64) -> Option<f64> {
    v.is_finite().then_some(v)
}
