//! The rows that no file of criteria asks for: whether a run of positions from outside hangs on when they were known.

use super::criteria::{CriterionKind, Severity};
use super::evidence::{DelayedRun, Evidence};
use super::report::CriterionRow;
use super::rule::ValueUnit;
use super::verdict::Verdict;
use crate::market::format_time;

/// A row for each replay that acted later. One that lost too much leaves the run open: what is known too early, and what
/// is gone a bar later, look alike.
pub(super) fn rows(e: &Evidence<'_>) -> impl Iterator<Item = CriterionRow> {
    e.delayed.iter().map(|run| row(run, e))
}

fn row(run: &DelayedRun, e: &Evidence<'_>) -> CriterionRow {
    let known = run.sharpe.is_finite();
    let reason = match (known, run.hangs_on_timing) {
        _ if run.skipped.is_some() => run.skipped.clone(),
        (false, _) => Some(format!("no Sharpe ratio with {}", run.setting)),
        (_, true) => Some(format!(
            "{:.2} in the run itself; {}: a lookahead, or an edge that is gone by then",
            run.own, run.setting
        )),
        _ => None,
    };
    CriterionRow {
        id: format!("timing.{}", run.name),
        severity: Severity::Target,
        kind: CriterionKind::Acceptance,
        phase: "any".to_owned(),
        scope: "overall".to_owned(),
        metric: format!("sharpe, {}", run.label),
        rule: "no loss of half, beyond chance".to_owned(),
        unit: ValueUnit::Plain,
        observed: known.then_some(run.sharpe),
        interval: None,
        monte_carlo_error: None,
        method: "replay".to_owned(),
        n: u64::from(run.skipped.is_none()),
        n_unit: "runs",
        min_n: 1,
        verdict: match run.skipped {
            Some(_) => Verdict::NotApplicable,
            None if run.hangs_on_timing || !known => Verdict::Inconclusive,
            None => Verdict::Pass,
        },
        decides: run.skipped.is_none(),
        reason,
        from: format_time(e.start_ms),
        to: format_time(e.end_ms),
        alert: None,
        says: "positions and orders from outside do not hang on being known a bar, or an interval of their own, earlier".to_owned(),
    }
}
