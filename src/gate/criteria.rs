//! What a criteria file holds once it has been read: rules as types, so that only sound ones exist.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::regime::Regime;

/// The documented criteria of one system.
#[derive(Debug, Clone, PartialEq)]
pub struct Criteria {
    /// Which system they are for.
    pub system: String,
    /// The rules in file order.
    pub rules: Vec<Criterion>,
    /// Named windows of a staged deployment.
    pub windows: Vec<NamedWindow>,
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
    pub metric: Metric,
    /// Whose.
    pub scope: Scope,
    /// Which values meet it.
    pub rule: Rule,
    /// The bounds are multiples of this fact of the run.
    pub times_fact: Option<String>,
    /// Which end of the scale is the good one.
    pub better: Better,
    /// Over which span.
    pub window: Window,
    /// Where it stands in the deployment plan.
    pub phase: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether meeting the rule is good (acceptance) or bad (alert).
    pub kind: Kind,
    /// Smallest sample that is judged, in the metric's own unit.
    pub min_n: u64,
    /// Smallest number of closed trades behind it.
    pub min_trades: u64,
    /// How its values are printed.
    pub unit: Unit,
    /// Documented values before and after, for display only.
    pub documented: Option<(f64, f64)>,
    /// The rule in words.
    pub says: String,
    /// Where to look when an alert fires.
    pub check: Option<String>,
    /// Why a replay cannot judge it.
    pub not_applicable: Option<String>,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
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
    /// A number the run states about itself.
    Fact(String),
}

impl Metric {
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

    /// The metric of a name in a file.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("fact:") {
            Some("") => None,
            Some(fact) => Some(Self::Fact(fact.to_owned())),
            None => Self::NAMED.iter().find(|(n, _)| *n == name).map(|(_, m)| m.clone()),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(name) => f.write_str(name),
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
    pub regime: Regimes,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regimes {
    /// All together.
    All,
    /// One.
    One(Regime),
    /// Each by itself; the rule becomes five.
    Each,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regime = match self.regime {
            Regimes::All => None,
            Regimes::One(r) => Some(format!("regime:{r}")),
            Regimes::Each => Some("each-regime".to_owned()),
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

/// Which values meet a criterion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Above.
    Above(f64),
    /// At or above.
    AtLeast(f64),
    /// Below.
    Below(f64),
    /// At or below.
    AtMost(f64),
    /// Equal.
    Equal(f64),
    /// Between two bounds, both included.
    Within(f64, f64),
}

/// Which end of the scale is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// The span a criterion is measured over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// The whole run.
    Run,
    /// A named window, where exposure is staged; the whole run otherwise.
    Named(String),
    /// The trailing milliseconds at every bar (alerts).
    Trailing(i64),
    /// The last so many trades at every bar (alerts).
    LastTrades(usize),
}

macro_rules! names {
    ($type:ident: $what:literal { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            #[doc = concat!("Every ", $what, " with its name in files.")]
            pub const NAMED: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];

            /// Its name in files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }
    };
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
pub enum Kind {
    /// Passes.
    Acceptance,
    /// Fires.
    Alert,
}

names!(Kind: "kind" { Acceptance = "acceptance", Alert = "alert" });

/// How a value is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, as percent.
    Percent,
    /// A difference of shares, in percentage points.
    Points,
    /// A plain number with two decimals.
    Plain,
    /// A whole number.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

names!(Unit: "unit" {
    Percent = "%", Points = "pp", Plain = "x", Count = "count", Milliseconds = "ms", Seconds = "s",
});

impl Unit {
    /// `value` with one decimal (two for plain numbers) and its unit; `-` where there is none.
    pub fn format(self, value: Option<f64>) -> String {
        let Some(x) = value else { return "-".into() };
        if x.is_infinite() {
            return if x > 0.0 { "inf".into() } else { "-inf".into() };
        }
        match self {
            Self::Percent => format!("{} %", trim_zero(x * 100.0, 1)),
            Self::Points => format!("{} pp", signed(x * 100.0, 1)),
            Self::Plain => trim_zero(x, 2),
            Self::Count => format!("{x}"),
            Self::Milliseconds => format!("{x} ms"),
            Self::Seconds => format!("{x} s"),
        }
    }
}

/// Fixed decimals without a negative zero.
fn trim_zero(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

fn signed(x: f64, decimals: usize) -> String {
    let text = trim_zero(x, decimals);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

impl Rule {
    /// The rule as text, with its bounds printed in `unit`.
    pub fn text(self, unit: Unit) -> String {
        let f = |x| unit.format(Some(x));
        match self {
            Self::Above(t) => format!("> {}", f(t)),
            Self::AtLeast(t) => format!(">= {}", f(t)),
            Self::Below(t) => format!("< {}", f(t)),
            Self::AtMost(t) => format!("<= {}", f(t)),
            Self::Equal(t) => format!("= {}", f(t)),
            Self::Within(lo, hi) => format!("{} to {}", f(lo), f(hi)),
        }
    }

    /// The same rule with its bounds multiplied by `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Above(t) => Self::Above(t * factor),
            Self::AtLeast(t) => Self::AtLeast(t * factor),
            Self::Below(t) => Self::Below(t * factor),
            Self::AtMost(t) => Self::AtMost(t * factor),
            Self::Equal(t) => Self::Equal(t * factor),
            Self::Within(lo, hi) => Self::Within(lo * factor, hi * factor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_in_their_unit() {
        let text = |u: Unit, x| u.format(Some(x));
        assert_eq!(text(Unit::Percent, 0.58), "58.0 %");
        assert_eq!(text(Unit::Percent, -0.0001), "0.0 %");
        assert_eq!(text(Unit::Points, 0.05), "+5.0 pp");
        assert_eq!(text(Unit::Points, -0.05), "-5.0 pp");
        assert_eq!(text(Unit::Plain, 1.2), "1.20");
        assert_eq!(text(Unit::Count, 5.0), "5");
        assert_eq!(text(Unit::Milliseconds, 500.0), "500 ms");
        assert_eq!(text(Unit::Plain, f64::INFINITY), "inf");
        assert_eq!(Unit::Plain.format(None), "-");
        assert_eq!(Rule::Within(0.05, 0.07).text(Unit::Points), "+5.0 pp to +7.0 pp");
        assert_eq!(Rule::AtLeast(0.58).text(Unit::Percent), ">= 58.0 %");
    }

    #[test]
    fn metric_names_go_both_ways() {
        for (name, metric) in Metric::NAMED {
            assert_eq!(Metric::from_name(name), Some(metric.clone()));
            assert_eq!(metric.to_string(), name);
        }
        assert_eq!(Metric::from_name("fact:x"), Some(Metric::Fact("x".into())));
        assert_eq!(Metric::from_name("fact:"), None);
        assert_eq!(Metric::from_name("x"), None);
    }
}
