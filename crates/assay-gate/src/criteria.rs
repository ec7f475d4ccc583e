//! What a criteria file holds once it has been read: rules as types, so that only sound ones exist.

use std::fmt;

use super::demands::Demands;
use super::figures::NamedMetric;
use super::query::{Aggregate, Query};
use super::rule::{Better, Rule, ValueUnit, names};
use super::validity::ValidityMetric;
use crate::metrics::list;
use crate::regime::{RegimeKind, RegimeScheme};
use crate::stats::EdgePrior;

/// The documented criteria of one system.
#[derive(Debug, Clone, PartialEq)]
pub struct Criteria {
    /// Which system they are for.
    pub system: String,
    /// The rules in file order.
    pub rules: Vec<Criterion>,
    /// Named windows of a staged deployment.
    pub windows: Vec<NamedWindow>,
    /// What they demand of the run as a whole.
    pub demands: Demands,
    /// SHA-256 of the file, or of the hashes of several files.
    pub sha256: String,
}

/// A span of a deployment, `(from, to]` in milliseconds from its start.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedWindow {
    /// Its name in `window = "..."`.
    pub name: String,
    /// Where it starts, milliseconds after the first bar's open.
    pub from_ms: i64,
    /// Where it ends.
    pub to_ms: i64,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its name.
    pub id: String,
    /// What it measures.
    pub metric: CriterionMetric,
    /// Whose.
    pub scope: Scope,
    /// Which values meet it.
    pub rule: Rule,
    /// The bounds are multiples of this fact of the run.
    pub times_fact: Option<String>,
    /// Which end of the scale is the good one.
    pub better: Better,
    /// Over which span.
    pub window: CriterionWindow,
    /// Where it stands in the deployment plan.
    pub phase: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether meeting the rule is good (acceptance) or bad (alert).
    pub kind: CriterionKind,
    /// Smallest sample that is judged, in the metric's own unit.
    pub min_n: u64,
    /// Smallest number of closed trades behind it.
    pub min_trades: u64,
    /// How its values are printed.
    pub unit: ValueUnit,
    /// Documented values before and after, for display only.
    pub documented: Option<(f64, f64)>,
    /// The rule in words.
    pub says: String,
    /// Where to look when an alert fires.
    pub check: Option<String>,
    /// Why a replay cannot judge it.
    pub not_applicable: Option<String>,
    /// File and line of its scope, for messages.
    pub place: String,
}

impl Criterion {
    /// The rule itself, or, of one on each regime, the rule on each of `regimes`.
    pub(super) fn on_each(&self, regimes: &RegimeScheme) -> Vec<Self> {
        if self.scope.regime != RegimeScope::Each {
            return vec![self.clone()];
        }
        let on = |regime: &RegimeKind| {
            let mut one = self.clone();
            one.id = format!("{}.{}", self.id, regime.tag());
            one.scope.regime = RegimeScope::One(regime.name().to_owned());
            one
        };
        regimes.kinds().iter().map(on).collect()
    }
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum CriterionMetric {
    /// Winners over closed trades.
    WinRate,
    /// Annualised mean over standard deviation of daily returns (of bar returns inside a regime).
    Sharpe,
    /// Gross profit over gross loss.
    ProfitFactor,
    /// Deepest fall of daily equity below its peak, as a fraction of the peak.
    MaxDrawdown,
    /// Geometric mean return of whole calendar months.
    MonthlyReturn,
    /// Bars with a valid result over bars attempted.
    SuccessRate,
    /// Bars without one over bars attempted.
    ErrorRate,
    /// Directional signals with a pattern over directional signals.
    PatternRate,
    /// Directional signals confirmed by volume over directional signals.
    VolumeConfirmation,
    /// Mean quality of directional signals.
    Quality,
    /// Winners among closed trades that carried a pattern.
    PatternAccuracy,
    /// Mean position value over equity, before the stage factor.
    MeanSize,
    /// Another figure of the list, of daily returns or of trades.
    Figure(NamedMetric),
    /// A figure of the search behind the run or of a study of it; by that prior, where it is by one.
    Validity(ValidityMetric, EdgePrior),
    /// A number the run states about itself.
    Fact(String),
    /// An aggregate of the rows of a table.
    Rows(Box<Query>),
}

impl CriterionMetric {
    /// The measured metrics and their names in files.
    pub const NAMED: [(&'static str, Self); 12] = [
        ("win_rate", Self::WinRate),
        ("sharpe", Self::Sharpe),
        ("profit_factor", Self::ProfitFactor),
        ("max_dd", Self::MaxDrawdown),
        ("monthly_return", Self::MonthlyReturn),
        ("success_rate", Self::SuccessRate),
        ("error_rate", Self::ErrorRate),
        ("pattern_rate", Self::PatternRate),
        ("volume_conf_rate", Self::VolumeConfirmation),
        ("quality", Self::Quality),
        ("pattern_accuracy", Self::PatternAccuracy),
        ("mean_size", Self::MeanSize),
    ];

    /// Whether its value is a count of this run or stated by it, not an estimate.
    pub(super) fn is_exact(&self) -> bool {
        match self {
            Self::Fact(_) | Self::Validity(..) => true,
            Self::Rows(query) => query.aggregate == Aggregate::Count,
            _ => false,
        }
    }

    /// The metric of a name in a file: that of the list of all metrics, or its alias.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("fact:") {
            Some("") => None,
            Some(fact) => Some(Self::Fact(fact.to_owned())),
            None => {
                let listed = list::find(name)?;
                let same = |n: &str| n == listed.name || Some(n) == listed.alias;
                let named = Self::NAMED.iter().find(|(n, _)| same(n)).map(|(_, m)| m.clone());
                let validity = || ValidityMetric::find(listed.name);
                named.or_else(|| NamedMetric::find(listed.name).map(Self::Figure)).or_else(validity)
            }
        }
    }

    /// Its line of the list of all metrics; none of a fact and of an aggregate of a table.
    pub fn listed(&self) -> Option<&'static list::Listed> {
        if let Self::Figure(figure) = self {
            return list::find(figure.name());
        }
        if let Self::Validity(metric, _) = self {
            return list::find(metric.name());
        }
        let (name, _) = Self::NAMED.iter().find(|(_, m)| m == self)?;
        list::find(name)
    }
}

impl fmt::Display for CriterionMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(name) => f.write_str(name),
            Self::Rows(query) => query.fmt(f),
            Self::Figure(figure) => f.write_str(figure.name()),
            Self::Validity(metric, _) => f.write_str(metric.name()),
            named => {
                f.write_str(Self::NAMED.iter().find(|(_, m)| m == named).map_or("unnamed", |(name, _)| name))
            }
        }
    }
}

/// Whose metric: a subject, in all regimes together, in one or in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose tables.
    pub subject: Subject,
    /// Restricted to which regime.
    pub regime: RegimeScope,
}

/// Whose tables are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The run under judgement.
    Run,
    /// The run as a machine: bars attempted, facts.
    System,
    /// One variant.
    Variant(String),
    /// A variant compared with another.
    Paired {
        /// The variant that is judged.
        of: String,
        /// The variant it is compared with.
        with: String,
        /// How they are compared.
        change: Change,
    },
}

/// How two variants are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The first minus the second.
    Absolute,
    /// The first over the second, minus one.
    Relative,
}

/// Which market regimes a scope covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegimeScope {
    /// All together.
    All,
    /// One, by its name.
    One(String),
    /// Each by itself; the rule becomes one for each regime of the run.
    Each,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regime = match &self.regime {
            RegimeScope::All => None,
            RegimeScope::One(r) => Some(format!("regime:{r}")),
            RegimeScope::Each => Some("each-regime".to_owned()),
        };
        let subject = match &self.subject {
            Subject::Run if regime.is_some() => None,
            Subject::Run => Some("overall".to_owned()),
            Subject::System => Some("system".to_owned()),
            Subject::Variant(v) => Some(format!("baseline:{v}")),
            Subject::Paired { of, with, .. } => Some(format!("paired:{of}-{with}")),
        };
        let parts: Vec<String> = subject.into_iter().chain(regime).collect();
        f.pad(&parts.join(" "))
    }
}

/// The span a criterion is measured over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CriterionWindow {
    /// The whole run.
    Run,
    /// A named window, where exposure is staged; the whole run otherwise.
    Named(String),
    /// The trailing milliseconds at every bar (alerts).
    Trailing(i64),
    /// The last so many trades at every bar (alerts).
    LastTrades(usize),
}

/// How much a criterion weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Decides; an alert of this severity asks for action at once.
    Critical,
    /// Decides.
    Target,
    /// Asks for a look.
    Warning,
    /// For the record.
    Informational,
}

impl Severity {
    /// Whether it counts in the overall verdict.
    pub fn decides(self) -> bool {
        matches!(self, Self::Critical | Self::Target)
    }
}

names!(Severity: "severity" {
    Critical = "critical", Target = "target", Warning = "warning", Informational = "informational",
});

/// What meeting the rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CriterionKind {
    /// Passes.
    Acceptance,
    /// Fires.
    Alert,
}

names!(CriterionKind: "kind" { Acceptance = "acceptance", Alert = "alert" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_go_both_ways() {
        for (name, metric) in CriterionMetric::NAMED {
            assert_eq!(CriterionMetric::from_name(name), Some(metric.clone()));
            assert_eq!(metric.to_string(), name);
        }
        assert_eq!(CriterionMetric::from_name("max_drawdown"), Some(CriterionMetric::MaxDrawdown));
        // Measured, but not by the gate.
        assert_eq!(CriterionMetric::from_name("longest_drawdown_days"), None);
        let named = CriterionMetric::NAMED.iter().map(|(_, m)| m.listed().unwrap().name);
        let of_search = ValidityMetric::NAMED.iter().map(|(name, _)| *name);
        let mut own: Vec<&str> = named.chain(NamedMetric::names()).chain(of_search).collect();
        let mut listed: Vec<&str> = list::at(list::MeasuredAt::Gate).map(|m| m.name).collect();
        own.sort_unstable();
        listed.sort_unstable();
        assert_eq!(own, listed);
        assert_eq!(CriterionMetric::Fact("sharpe".into()).listed(), None);
        assert_eq!(CriterionMetric::from_name("fact:x"), Some(CriterionMetric::Fact("x".into())));
        assert_eq!(CriterionMetric::from_name("fact:"), None);
        assert_eq!(CriterionMetric::from_name("x"), None);
    }
}
