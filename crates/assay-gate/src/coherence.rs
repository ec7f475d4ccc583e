//! Checks what no single key of a criterion shows: whether its parts fit together.

use super::criteria::*;
use super::query::Aggregate;
use super::rule::{Better, Rule};

/// The key a problem is reported at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Id,
    Metric,
    Scope,
    Op,
    Better,
    Window,
}

/// What does not fit together in `c`, each at its key.
pub fn check(c: &Criterion) -> Vec<(Key, String)> {
    let mut problems = Vec::new();
    if c.id.trim().is_empty() {
        problems.push((Key::Id, "the id is empty".into()));
    }
    direction(c, &mut problems);
    if c.not_applicable.is_some() {
        return problems;
    }
    if !c.metric.is_exact() && c.min_n == 0 {
        problems.push((Key::Id, format!("min_n is missing; {} needs a smallest sample", c.metric)));
    }
    measurable(c, &mut problems);
    if c.kind == Kind::Alert {
        alert(c, &mut problems);
    }
    problems
}

/// The rule must ask for the better side, an alert fire on the worse, each over its kind of window.
fn direction(c: &Criterion, problems: &mut Vec<(Key, String)>) {
    let alert = c.kind == Kind::Alert;
    if matches!(c.window, Window::Trailing(_) | Window::LastTrades(_)) != alert {
        let rule = "an alert has a rolling window (\"24h\", \"30 trades\"), an acceptance rule \"run\" or a name of \
                    [windows]";
        problems.push((Key::Window, rule.into()));
    }
    if alert && matches!(c.rule, Rule::Within(..)) {
        problems.push((Key::Op, "an alert compares with one threshold".into()));
    }
    let asks = match c.rule {
        Rule::Above(_) | Rule::AtLeast(_) => Some(Better::Higher),
        Rule::Below(_) | Rule::AtMost(_) => Some(Better::Lower),
        Rule::Equal(_) | Rule::Within(..) => None,
    };
    if asks.is_some_and(|side| (side == c.better) == alert) {
        let what = if alert { "an alert fires on the worse side" } else { "a rule asks for the better side" };
        problems.push((Key::Better, format!("{what}; op and better disagree")));
    }
    if !c.metric.is_exact() && matches!(c.rule, Rule::Equal(_)) {
        problems.push((Key::Op, "op \"=\" is for a fact; a measured value has an interval".into()));
    }
}

/// The metric must be measured for the scope.
fn measurable(c: &Criterion, problems: &mut Vec<(Key, String)>) {
    let paired = matches!(c.scope.subject, Subject::Paired { .. });
    let one_regime = c.scope.regime != Regimes::All;
    let fits = match &c.metric {
        Metric::Rows(q) => !paired && (!one_regime || !matches!(q.aggregate, Aggregate::Rate(_))),
        Metric::WinRate | Metric::Sharpe => true,
        Metric::Figure(f) => !paired && (!one_regime || f.is_of_trades()),
        Metric::PatternAccuracy => !paired,
        Metric::ProfitFactor | Metric::MaxDrawdown | Metric::MonthlyReturn => !one_regime,
        Metric::Fact(_) => !one_regime && matches!(c.scope.subject, Subject::Run | Subject::System),
        _ => !one_regime && !paired,
    };
    if !fits {
        problems.push((Key::Scope, format!("{} is not measured for scope {}", c.metric, c.scope)));
    }
    let relative = matches!(c.scope.subject, Subject::Paired { change: Change::Relative, .. });
    if relative && !matches!(c.metric, Metric::Sharpe | Metric::MonthlyReturn) {
        let problem =
            format!("a relative change is measured for sharpe and monthly_return, not for {}", c.metric);
        problems.push((Key::Scope, problem));
    }
}

/// An alert needs a metric with a rolling value, of the run itself.
fn alert(c: &Criterion, problems: &mut Vec<(Key, String)>) {
    let per_trade = matches!(c.metric, Metric::WinRate | Metric::MeanSize);
    let per_bar = matches!(
        c.metric,
        Metric::Quality
            | Metric::PatternRate
            | Metric::VolumeConfirmation
            | Metric::ErrorRate
            | Metric::SuccessRate
    );
    let over_trades = matches!(c.window, Window::LastTrades(_));
    let rolls = match &c.metric {
        Metric::Rows(q) => q.aggregate.rolls() && (!over_trades || q.table.value == "trades"),
        _ => per_trade || (per_bar && !over_trades),
    };
    if !rolls || c.scope.regime != Regimes::All {
        let over = if over_trades { "trades" } else { "time" };
        problems.push((Key::Metric, format!("{} of {} has no rolling value over {over}", c.metric, c.scope)));
    }
    if matches!(c.scope.subject, Subject::Variant(_) | Subject::Paired { .. }) {
        problems.push((Key::Scope, "an alert watches the run itself: \"overall\" or \"system\"".into()));
    }
}
