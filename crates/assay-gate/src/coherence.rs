//! Checks what no single key of a criterion shows: whether its parts fit together.

use super::criteria::*;
use super::query::Aggregate;
use super::rule::{Better, Rule};

/// The key a problem is reported at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKey {
    Id,
    Metric,
    Scope,
    Op,
    Better,
    Window,
}

/// What does not fit together in `c`, each at its key.
pub fn check(c: &Criterion) -> Vec<(ProblemKey, String)> {
    let mut problems = Vec::new();
    if c.id.trim().is_empty() {
        problems.push((ProblemKey::Id, "the id is empty".into()));
    }
    direction(c, &mut problems);
    if c.not_applicable.is_some() {
        return problems;
    }
    if !c.metric.is_exact() && c.min_n == 0 {
        problems.push((ProblemKey::Id, format!("min_n is missing; {} needs a smallest sample", c.metric)));
    }
    measurable(c, &mut problems);
    if c.kind == CriterionKind::Alert {
        alert(c, &mut problems);
    }
    problems
}

/// The rule must ask for the better side, an alert fire on the worse, each over its kind of window.
fn direction(c: &Criterion, problems: &mut Vec<(ProblemKey, String)>) {
    let alert = c.kind == CriterionKind::Alert;
    if matches!(c.window, CriterionWindow::Trailing(_) | CriterionWindow::LastTrades(_)) != alert {
        let rule = "an alert has a rolling window (\"24h\", \"30 trades\"), an acceptance rule \"run\" or a name of \
                    [windows]";
        problems.push((ProblemKey::Window, rule.into()));
    }
    if alert && matches!(c.rule, Rule::Within(..)) {
        problems.push((ProblemKey::Op, "an alert compares with one threshold".into()));
    }
    let asks = match c.rule {
        Rule::Above(_) | Rule::AtLeast(_) => Some(Better::Higher),
        Rule::Below(_) | Rule::AtMost(_) => Some(Better::Lower),
        Rule::Equal(_) | Rule::Within(..) => None,
    };
    if asks.is_some_and(|side| (side == c.better) == alert) {
        let what = if alert { "an alert fires on the worse side" } else { "a rule asks for the better side" };
        problems.push((ProblemKey::Better, format!("{what}; op and better disagree")));
    }
    if !c.metric.is_exact() && matches!(c.rule, Rule::Equal(_)) {
        problems.push((ProblemKey::Op, "op \"=\" is for a fact; a measured value has an interval".into()));
    }
}

/// The metric must be measured for the scope.
fn measurable(c: &Criterion, problems: &mut Vec<(ProblemKey, String)>) {
    let paired = matches!(c.scope.subject, Subject::Paired { .. });
    let one_regime = c.scope.regime != RegimeScope::All;
    let fits = match &c.metric {
        CriterionMetric::Rows(q) => !paired && (!one_regime || !matches!(q.aggregate, Aggregate::Rate(_))),
        CriterionMetric::WinRate | CriterionMetric::Sharpe => true,
        CriterionMetric::Figure(f) => !paired && (!one_regime || f.is_of_trades()),
        CriterionMetric::PatternAccuracy => !paired,
        CriterionMetric::ProfitFactor | CriterionMetric::MaxDrawdown | CriterionMetric::MonthlyReturn => {
            !one_regime
        }
        CriterionMetric::Validity(..) => {
            !one_regime
                && matches!(c.scope.subject, Subject::Run | Subject::System)
                && c.window == CriterionWindow::Run
        }
        CriterionMetric::Fact(_) => !one_regime && matches!(c.scope.subject, Subject::Run | Subject::System),
        _ => !one_regime && !paired,
    };
    if !fits {
        problems.push((ProblemKey::Scope, format!("{} is not measured for scope {}", c.metric, c.scope)));
    }
    let relative = matches!(c.scope.subject, Subject::Paired { change: Change::Relative, .. });
    if relative && !matches!(c.metric, CriterionMetric::Sharpe | CriterionMetric::MonthlyReturn) {
        let problem =
            format!("a relative change is measured for sharpe and monthly_return, not for {}", c.metric);
        problems.push((ProblemKey::Scope, problem));
    }
}

/// An alert needs a metric with a rolling value, of the run itself.
fn alert(c: &Criterion, problems: &mut Vec<(ProblemKey, String)>) {
    let per_trade = matches!(c.metric, CriterionMetric::WinRate | CriterionMetric::MeanSize);
    let per_bar = matches!(
        c.metric,
        CriterionMetric::Quality
            | CriterionMetric::PatternRate
            | CriterionMetric::VolumeConfirmation
            | CriterionMetric::ErrorRate
            | CriterionMetric::SuccessRate
    );
    let over_trades = matches!(c.window, CriterionWindow::LastTrades(_));
    let rolls = match &c.metric {
        CriterionMetric::Rows(q) => q.aggregate.rolls() && (!over_trades || q.table.value == "trades"),
        _ => per_trade || (per_bar && !over_trades),
    };
    if !rolls || c.scope.regime != RegimeScope::All {
        let over = if over_trades { "trades" } else { "time" };
        problems.push((
            ProblemKey::Metric,
            format!("{} of {} has no rolling value over {over}", c.metric, c.scope),
        ));
    }
    if matches!(c.scope.subject, Subject::Variant(_) | Subject::Paired { .. }) {
        problems
            .push((ProblemKey::Scope, "an alert watches the run itself: \"overall\" or \"system\"".into()));
    }
}
