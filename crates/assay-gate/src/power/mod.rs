//! What a criteria file can decide at all on a sample as long as a run's: the power of each row and of all together, if
//! what the criteria document is true.

mod days;
mod quantity;
mod report;
mod row;
mod set;
mod supposed;
#[cfg(test)]
mod tests;
mod text;
mod tilt;
mod truth;

use days::RunDays;
use quantity::SimulatedMetric;
pub use report::{PowerReport, PowerRow};
pub use set::{DroppedValue, LimitingRow, QuestionPower, SetPower};
use set::{SimulatedRow, set_power};
pub use supposed::SupposedValue;
use supposed::{same_quantity, supposed};
use truth::{FEWEST_BLOCKS, TruthTarget};

use crate::absent::absent;
use crate::criteria::{Criteria, Criterion, CriterionKind, CriterionMetric, RegimeScope, Subject};
use crate::error::Result;
use crate::evidence::Evidence;
use crate::report::{decides, span};
use crate::rule::Rule;
use crate::verdict::worse_side;

/// Fewest days that histories are drawn from.
const FEWEST_DAYS: usize = 30;

/// What `criteria` can decide on a sample as long as that of `evidence`, if what they document is true.
///
/// A strict row passes where the worse end of its 95 % interval meets the bound. Rows of a file are judged by formulas
/// ([`RowPower`](crate::stats::RowPower)), the deciding rows together by histories drawn from the run itself. The same
/// bytes for the same criteria and run.
///
/// # Errors
/// As [`judge_run`](crate::judge_run): the tables are not sound, or a criterion names what no run of its system has.
pub fn criteria_power(criteria: &Criteria, evidence: &Evidence<'_>) -> Result<PowerReport> {
    evidence.check()?;
    criteria.fits(&evidence.regimes)?;
    let all: Vec<Criterion> = criteria.rules.iter().flat_map(|c| c.on_each(&evidence.regimes)).collect();
    let mut rows = vec![];
    for c in all.iter().filter(|c| c.kind == CriterionKind::Acceptance) {
        rows.push(row(c, criteria, &all, evidence)?);
    }
    let set = set(criteria, &all, evidence, &mut rows)?;
    Ok(PowerReport::new(criteria, evidence, rows, set))
}

fn row(c: &Criterion, criteria: &Criteria, all: &[Criterion], e: &Evidence<'_>) -> Result<PowerRow> {
    let blank = PowerRow::blank(c, decides(c, e));
    let open = |why: String| PowerRow { open: Some(why), ..blank.clone() };
    if let Some(why) = &c.not_applicable {
        return Ok(open(why.clone()));
    }
    if let Some(why) = absent(c, &criteria.system, e)? {
        return Ok(open(why));
    }
    if c.metric.is_exact() {
        return Ok(open("a count of the run or stated by it: no sample decides it".into()));
    }
    let value = match supposed(c, all) {
        Some(_) if c.times_fact.is_some() => return Ok(open("the bound is a multiple of a fact".into())),
        Some(value) => value,
        None => return Ok(open("no documented value".into())),
    };
    let span = span(&c.window, criteria, e)?;
    let found = row::formula(c, &value, all, e, &span);
    let supposed = PowerRow { supposed: Some(value), ..blank.clone() };
    Ok(match found {
        Ok(formula) => supposed.with(&formula, e),
        Err(why) => PowerRow { open: Some(why), ..supposed },
    })
}

/// Power of the deciding rows together, or why histories cannot be drawn; fills in what they say of each row.
fn set(
    criteria: &Criteria,
    all: &[Criterion],
    e: &Evidence<'_>,
    rows: &mut [PowerRow],
) -> Result<Result<SetPower, String>> {
    if e.staged {
        return Ok(Err("exposure was staged, so that rows are judged over windows of their own".into()));
    }
    let asked = all.iter().filter(|c| c.kind == CriterionKind::Acceptance);
    let simulated: Vec<(usize, &Criterion, SimulatedRow)> =
        asked.enumerate().filter_map(|(k, c)| Some((k, c, simulated(c, e)?))).collect();
    let (targets, conflict) = targets(&simulated, all);
    if let Some(why) = conflict {
        return Ok(Err(why));
    }
    if targets.is_empty() {
        return Ok(Err("no row about the whole run has a documented value".into()));
    }
    let days = RunDays::of(e, &span(&crate::criteria::CriterionWindow::Run, criteria, e)?);
    if days.len() < FEWEST_DAYS {
        return Ok(Err(format!("the run has {} days, fewer than {FEWEST_DAYS}", days.len())));
    }
    if (days.len() as f64) < FEWEST_BLOCKS * days.block as f64 {
        let (n, block) = (days.len(), days.block);
        return Ok(Err(format!(
            "the run has {n} days, too few to draw blocks of {block} that keep its dependence"
        )));
    }
    let judged: Vec<SimulatedRow> = simulated.iter().map(|(.., row)| row.clone()).collect();
    let (set, each) = set_power(&days, &targets, &judged, &criteria.sha256);
    for ((k, ..), power) in simulated.iter().zip(each) {
        rows[*k].power_simulated = Some(power);
    }
    Ok(Ok(set))
}

/// The row that judges drawn histories by criterion `c`, where days with their returns and trades show its metric.
fn simulated(c: &Criterion, e: &Evidence<'_>) -> Option<SimulatedRow> {
    if c.not_applicable.is_some() || c.times_fact.is_some() {
        return None;
    }
    let group = match (&c.scope.subject, &c.scope.regime) {
        (Subject::Run, RegimeScope::All) => 0,
        (Subject::Run, RegimeScope::One(name)) => usize::from(e.regimes.code(name)?) + 1,
        _ => return None,
    };
    let (metric, question) = match (&c.metric, group) {
        (CriterionMetric::WinRate, _) => (SimulatedMetric::WinRate(group), "edge"),
        (CriterionMetric::ProfitFactor, _) => (SimulatedMetric::ProfitFactor(group), "edge"),
        (CriterionMetric::Sharpe, 0) => (SimulatedMetric::Sharpe, "edge"),
        (CriterionMetric::MonthlyReturn, 0) => (SimulatedMetric::MonthlyReturn, "edge"),
        (CriterionMetric::MaxDrawdown, 0) => (SimulatedMetric::MaxDrawdown, "risk"),
        _ => return None,
    };
    let (side, bound) = worse_side(c.rule, c.better)?;
    let above = matches!(side, Rule::AtLeast(_) | Rule::Above(_));
    let least = [c.min_n as f64, c.min_trades as f64];
    Some(SimulatedRow { id: c.id.clone(), question, metric, bound, above, least, decides: decides(c, e) })
}

/// One value for each quantity that has one, and why they contradict each other where two rows document two values.
fn targets(
    rows: &[(usize, &Criterion, SimulatedRow)],
    all: &[Criterion],
) -> (Vec<TruthTarget>, Option<String>) {
    let mut targets: Vec<(&Criterion, TruthTarget)> = vec![];
    let mut conflict = None;
    for (_, c, row) in rows.iter().filter(|(.., row)| row.metric != SimulatedMetric::MaxDrawdown) {
        let Some(value) = supposed(c, all).map(|s| s.value) else { continue };
        match targets.iter_mut().find(|(first, _)| same_quantity(first, c)) {
            None => {
                let target = TruthTarget { rows: vec![c.id.clone()], metric: row.metric, value };
                targets.push((*c, target));
            }
            Some((_, target)) => {
                if target.value != value && conflict.is_none() {
                    conflict = Some(format!(
                        "the documented values cannot all be true: {} and {} suppose two values of one {}",
                        target.rows[0], c.id, c.metric
                    ));
                }
                target.rows.push(c.id.clone());
            }
        }
    }
    (targets.into_iter().map(|(_, t)| t).collect(), conflict)
}
