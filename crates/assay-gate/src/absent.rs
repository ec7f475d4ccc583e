//! The border between what a run does not have and what nobody has: the first makes a criterion NOT_APPLICABLE, the
//! second is a slip and is refused.
//!
//! A table, column or text that a query names and the judged tables do not have is
//!
//! - not applicable where the criteria are for another system than the one that was run, and where another variant of the
//!   run has it (baselines have trades and equity alone);
//! - refused elsewhere: a run of the very system that the criteria are for shows what there is to ask.
//!
//! A named metric that reads a column of one system's own is not applicable to the runs of a system without it.

use super::cells::{CellKind, TableView};
use super::condition::no_column;
use super::criteria::{Criterion, CriterionKind, CriterionMetric, CriterionWindow, RegimeScope, Subject};
use super::evidence::{Evidence, Tables};
use super::query::{Aggregate, Query};
use crate::error::{Error, Result, nearest};

/// Something a query names and a run does not have.
struct Lack {
    place: String,
    problem: String,
    hint: String,
}

/// Why criterion `c`, of criteria for `system`, has no meaning for the run; `None` where it has one.
///
/// # Errors
/// It names what no run of its system has.
pub fn absent(c: &Criterion, system: &str, e: &Evidence<'_>) -> Result<Option<String>> {
    if system != e.system
        && let Some(name) = missing_variant(c, e)
    {
        return Ok(Some(format!("runs of system {} have no variant {name}", e.system)));
    }
    let (name, tables) = match &c.scope.subject {
        Subject::Run | Subject::System | Subject::Paired { .. } => (e.variant.as_str(), &e.main),
        Subject::Variant(name) => match e.tables(name) {
            Some(tables) => (name.as_str(), tables),
            // That there is no such run leaves the question open.
            None => return Ok(None),
        },
    };
    let whose =
        if name == e.variant { format!("runs of system {}", e.system) } else { format!("variant {name}") };
    let CriterionMetric::Rows(query) = &c.metric else {
        return Ok(own_column(c, e, tables).map(|(table, column)| {
            let verb = if name == e.variant { "have" } else { "has" };
            format!("{whose} {verb} no column {column} in table {table}")
        }));
    };
    let Some(lack) = lacks(c, query, e, tables) else { return Ok(None) };
    if system != e.system {
        return Ok(Some(format!("{whose}: {}", lack.problem)));
    }
    let others = std::iter::once((&e.variant, &e.main)).chain(e.baselines.iter().map(|(n, t)| (n, t)));
    for (other, tables) in others.filter(|(n, _)| *n != name) {
        if lacks(c, query, e, tables).is_none() {
            return Ok(Some(format!("variant {name}: {}; variant {other} has it", lack.problem)));
        }
    }
    Err(Error::scenario(&lack.place, format!("criterion {}: {}", c.id, lack.problem)).hint(lack.hint))
}

/// The first variant that a criterion asks for and the run does not have.
fn missing_variant<'c>(c: &'c Criterion, e: &Evidence<'_>) -> Option<&'c str> {
    let asked: &[&str] = match &c.scope.subject {
        Subject::Run | Subject::System => &[],
        Subject::Variant(name) => &[name],
        Subject::Paired { of, with, .. } => &[of, with],
    };
    asked.iter().copied().find(|name| e.tables(name).is_none())
}

/// The column that a metric reads and a system need not have, where this one has not.
fn own_column(c: &Criterion, e: &Evidence<'_>, tables: &Tables<'_>) -> Option<(&'static str, &'static str)> {
    let s = &tables.signals;
    let (has, column) = match c.metric {
        CriterionMetric::PatternAccuracy => {
            return tables.trades.patterns.is_none().then_some(("trades", "pattern_mask"));
        }
        CriterionMetric::PatternRate => (s.patterns.is_some(), "pattern_mask"),
        CriterionMetric::VolumeConfirmation => (s.volume_confirmed.is_some(), "volume_confirmed"),
        CriterionMetric::Quality => (s.quality.is_some(), "quality"),
        CriterionMetric::SuccessRate | CriterionMetric::ErrorRate => {
            // Over the whole run it may be stated instead.
            let whole = c.kind == CriterionKind::Acceptance
                && !(e.staged && matches!(c.window, CriterionWindow::Named(_)));
            let stated = whole && e.facts.contains_key(&c.metric.to_string());
            (s.valid.is_some() || stated, "valid")
        }
        _ => (true, ""),
    };
    (!has).then_some(("signals", column))
}

/// The first thing that `query` names and `tables` do not have.
fn lacks(c: &Criterion, query: &Query, e: &Evidence<'_>, tables: &Tables<'_>) -> Option<Lack> {
    let wanted = &query.table;
    let Some(table) = tables.view(&wanted.value) else {
        let all: Vec<&str> = tables.views.iter().map(|v| v.name).collect();
        let near = nearest(&wanted.value, all.iter().copied());
        let near = near.map_or_else(String::new, |n| format!("did you mean {n:?}? "));
        return Some(Lack {
            place: wanted.place.clone(),
            problem: format!("there is no table {:?}", wanted.value),
            hint: format!("{near}the tables are {}", all.join(", ")),
        });
    };
    if let Some(column) = &query.column {
        let (problem, hint) = match table.column(&column.value).map(|c| c.kind()) {
            Some(CellKind::Number) => (None, String::new()),
            Some(kind) => (
                Some(format!(
                    "column {:?} of {} holds {}, not numbers",
                    column.value,
                    table.name,
                    kind.words()
                )),
                "ask for the share or the count of rows that meet a condition".into(),
            ),
            None => {
                let (problem, hint) = no_column(table, &column.value);
                (Some(problem), hint)
            }
        };
        if let Some(problem) = problem {
            return Some(Lack { place: column.place.clone(), problem, hint });
        }
    }
    let words = |column: &str| {
        let listed = e.words.iter().find(|(t, c, _)| *t == table.name && *c == column);
        listed.map(|(.., all)| all.as_slice())
    };
    for (key, condition) in query.conditions() {
        if let Err(fault) = condition.value.check(table, &words) {
            let text = condition.value.text();
            return Some(Lack {
                place: condition.place.clone(),
                problem: format!("{key}: {}, at character {} of `{text}`", fault.problem, fault.at),
                hint: fault.hint.unwrap_or_default(),
            });
        }
    }
    placed(c, query, table)
}

/// What scope and window need of a table.
fn placed(c: &Criterion, query: &Query, table: &TableView<'_>) -> Option<Lack> {
    let lack = |problem: String, hint: &str| {
        Some(Lack { place: query.table.place.clone(), problem, hint: hint.to_owned() })
    };
    if c.scope.regime != RegimeScope::All && table.regimes().is_none() {
        let problem = format!("table {:?} has no column of regimes for scope {}", table.name, c.scope);
        return lack(problem, "a table with a column \"regime\" can be asked about one regime");
    }
    let timed = c.window != CriterionWindow::Run || matches!(query.aggregate, Aggregate::Rate(_));
    if timed && table.times().is_none() {
        let problem =
            format!("table {:?} has no column of times, so it is asked about the run alone", table.name);
        return lack(problem, "set window = \"run\"; a table with a column \"time\" has windows and rates");
    }
    None
}
