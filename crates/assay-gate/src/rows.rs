//! Turns the rows of a criteria file as written into rules, and collects what is wrong with them.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::coherence::{self, ProblemKey};
use super::criteria::*;
use super::demands::Demands;
use super::query::Aggregate;
use super::rule::{Better, Rule, ValueUnit};
use super::validity::ValidityMetric;
use crate::error::nearest;
use crate::market::Timeframe;
use crate::metrics::list;
use crate::stats::EdgePrior;

/// A criteria file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFile {
    /// Which system it is for.
    pub system: String,
    pub(super) marks: Option<Spanned<Value>>,
    pub(super) min_resamples: Option<Spanned<Value>>,
    pub(super) min_fee_bps: Option<Spanned<Value>>,
    pub(super) causality: Option<Spanned<Value>>,
    #[serde(default)]
    windows: BTreeMap<String, Spanned<RawWindow>>,
    #[serde(default)]
    criterion: Vec<RawCriterion>,
}

/// A window as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    from_hours: f64,
    to_hours: f64,
}

/// A rule as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCriterion {
    id: Spanned<String>,
    pub(super) metric: Spanned<String>,
    pub(super) table: Option<Spanned<String>>,
    pub(super) column: Option<Spanned<String>>,
    #[serde(rename = "where")]
    pub(super) condition: Option<Spanned<String>>,
    pub(super) of: Option<Spanned<String>>,
    pub(super) q: Option<Spanned<f64>>,
    pub(super) per: Option<Spanned<String>>,
    prior_edge: Option<Spanned<f64>>,
    scope: Spanned<String>,
    change: Option<Spanned<String>>,
    op: Spanned<String>,
    threshold: Option<Spanned<f64>>,
    range: Option<Spanned<[f64; 2]>>,
    times_fact: Option<String>,
    better: Spanned<String>,
    window: Spanned<String>,
    phase: String,
    severity: Spanned<String>,
    kind: Spanned<String>,
    #[serde(default)]
    min_n: u64,
    #[serde(default)]
    min_trades: u64,
    unit: Spanned<String>,
    documented: Option<[f64; 2]>,
    says: String,
    check: Option<String>,
    not_applicable: Option<String>,
}

/// A problem with the line it is in.
type Problem = (usize, String);

/// The rules, windows and demands of a file, or everything that is wrong with them in order of line.
pub fn read(
    raw: &RawFile,
    text: &str,
    file: &str,
) -> Result<(Vec<Criterion>, Vec<NamedWindow>, Demands), Vec<Problem>> {
    let declared = raw.windows.keys().cloned().collect();
    let mut reader = Reader { text, file, problems: Vec::new(), declared, windows: Vec::new() };
    if raw.criterion.is_empty() && !Demands::are_in(raw) {
        let problem = "the file holds no [[criterion]] and demands nothing: add a [[criterion]], or a demand such as \
                       min_fee_bps = 5";
        reader.problems.push((1, problem.into()));
    }
    let demands = Demands::read(raw, &mut reader);
    for (name, window) in &raw.windows {
        reader.window(name, window);
    }
    let mut seen = BTreeMap::new();
    for c in &raw.criterion {
        let line = reader.line(&c.id.span());
        if let Some(first) = seen.insert(c.id.get_ref().as_str(), line) {
            reader.add(&c.id.span(), format!("id {:?} is already used in line {first}", c.id.get_ref()));
        }
    }
    let rules = raw.criterion.iter().filter_map(|c| reader.criterion(c)).collect();
    let Reader { mut problems, windows, .. } = reader;
    problems.sort();
    if problems.is_empty() { Ok((rules, windows, demands)) } else { Err(problems) }
}

/// Turns rows into rules one by one.
pub struct Reader<'a> {
    text: &'a str,
    pub(super) file: &'a str,
    pub(super) problems: Vec<Problem>,
    declared: Vec<String>,
    windows: Vec<NamedWindow>,
}

impl Reader<'_> {
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    pub(super) fn add(&mut self, span: &Range<usize>, problem: String) {
        self.problems.push((self.line(span), problem));
    }

    fn window(&mut self, name: &str, raw: &Spanned<RawWindow>) {
        let RawWindow { from_hours, to_hours } = *raw.get_ref();
        if name == "run" || trailing(name).is_some() {
            self.add(&raw.span(), format!("window {name:?} has a built-in meaning; choose another name"));
        } else if from_hours >= 0.0 && to_hours > from_hours && to_hours < 1e9 {
            let ms = |hours: f64| (hours * 3_600_000.0).round() as i64;
            self.windows.push(NamedWindow {
                name: name.into(),
                from_ms: ms(from_hours),
                to_ms: ms(to_hours),
            });
        } else {
            self.add(
                &raw.span(),
                format!("window {name:?} must start at 0 hours or later and end after that"),
            );
        }
    }

    /// The value named by `raw` among `named`.
    pub(super) fn one_of<T: Clone>(
        &mut self,
        key: &str,
        raw: &Spanned<String>,
        named: &[(&str, T)],
    ) -> Option<T> {
        let found = named.iter().find(|(n, _)| n == raw.get_ref()).map(|(_, v)| v.clone());
        if found.is_none() {
            let names: Vec<_> = named.iter().map(|(n, _)| *n).collect();
            self.add(&raw.span(), unknown(key, raw.get_ref(), &names));
        }
        found
    }

    fn criterion(&mut self, raw: &RawCriterion) -> Option<Criterion> {
        let before = self.problems.len();
        let metric = self.metric(raw);
        let scope = self.scope(raw);
        let rule = self.rule(raw);
        let better =
            self.one_of("better", &raw.better, &[("higher", Better::Higher), ("lower", Better::Lower)]);
        let severity = self.one_of("severity", &raw.severity, Severity::NAMED);
        let kind = self.one_of("kind", &raw.kind, CriterionKind::NAMED);
        let unit = self.one_of("unit", &raw.unit, ValueUnit::NAMED);
        let window = self.span_of(&raw.window);
        let c = Criterion {
            id: raw.id.get_ref().clone(),
            metric: metric?,
            scope: scope?,
            rule: rule?,
            times_fact: raw.times_fact.clone(),
            better: better?,
            window: window?,
            phase: raw.phase.clone(),
            severity: severity?,
            kind: kind?,
            min_n: raw.min_n,
            min_trades: raw.min_trades,
            unit: unit?,
            documented: raw.documented.map(|[a, b]| (a, b)),
            says: raw.says.clone(),
            place: self.place(&raw.scope.span()),
            check: raw.check.clone(),
            not_applicable: raw.not_applicable.clone(),
        };
        for (key, problem) in coherence::check(&c) {
            let span = match key {
                ProblemKey::Id => raw.id.span(),
                ProblemKey::Metric => raw.metric.span(),
                ProblemKey::Scope => raw.scope.span(),
                ProblemKey::Op => raw.op.span(),
                ProblemKey::Better => raw.better.span(),
                ProblemKey::Window => raw.window.span(),
            };
            self.add(&span, problem);
        }
        (self.problems.len() == before).then_some(c)
    }

    fn metric(&mut self, raw: &RawCriterion) -> Option<CriterionMetric> {
        let name = raw.metric.get_ref();
        if Aggregate::NAMES.contains(&name.as_str()) {
            return self.query(raw).map(|query| CriterionMetric::Rows(Box::new(query)));
        }
        let Some(metric) = CriterionMetric::from_name(name) else {
            let listed =
                list::at(list::MeasuredAt::Gate).flat_map(|m| std::iter::once(m.name).chain(m.alias));
            let names: Vec<_> = listed.chain(Aggregate::NAMES).collect();
            let problem = unknown("metric", name, &names);
            let fact = if problem.ends_with('?') { "" } else { ", or fact:NAME" };
            self.add(&raw.metric.span(), problem + fact);
            return None;
        };
        let metric = self.plain(raw, metric);
        self.by_prior(raw, metric)
    }

    /// A metric that goes by a prior with the one that is given.
    fn by_prior(&mut self, raw: &RawCriterion, metric: CriterionMetric) -> Option<CriterionMetric> {
        let Some(given) = &raw.prior_edge else { return Some(metric) };
        if !matches!(metric, CriterionMetric::Validity(ValidityMetric::Ofdr, _)) {
            self.add(&given.span(), format!("prior_edge is for the metric ofdr, not for {metric}"));
            return None;
        }
        match EdgePrior::new(*given.get_ref()) {
            Ok(prior) => Some(CriterionMetric::Validity(ValidityMetric::Ofdr, prior)),
            Err(refusal) => {
                self.add(&given.span(), format!("prior_edge: {refusal}"));
                None
            }
        }
    }

    fn scope(&mut self, raw: &RawCriterion) -> Option<Scope> {
        let text = raw.scope.get_ref();
        let span = raw.scope.span();
        let mut subject = None;
        let mut regime = None;
        for word in text.split_whitespace() {
            let twice = if let Some(name) = word.strip_prefix("regime:") {
                // Which there are is known with the run.
                if name.is_empty() {
                    self.add(&span, "a regime without a name".into());
                    return None;
                }
                regime.replace(RegimeScope::One(name.to_owned())).is_some()
            } else if word == "each-regime" {
                regime.replace(RegimeScope::Each).is_some()
            } else if let Some(name) = word.strip_prefix("baseline:").filter(|n| !n.is_empty()) {
                subject.replace(Subject::Variant(name.into())).is_some()
            } else if let Some((of, with)) = word.strip_prefix("paired:").and_then(|p| p.split_once('-')) {
                let change = self.change(raw)?;
                subject.replace(Subject::Paired { of: of.into(), with: with.into(), change }).is_some()
            } else if word == "overall" {
                subject.replace(Subject::Run).is_some()
            } else if word == "system" {
                subject.replace(Subject::System).is_some()
            } else {
                let forms = ["overall", "system", "baseline:V", "paired:A-B", "regime:NAME", "each-regime"];
                self.add(&span, unknown("scope", word, &forms));
                return None;
            };
            if twice {
                self.add(&span, format!("scope {text:?} names two subjects or two regimes"));
                return None;
            }
        }
        if subject.is_none() && regime.is_none() {
            self.add(&span, "the scope is empty".into());
            return None;
        }
        let subject = subject.unwrap_or(Subject::Run);
        if let (Some(change), false) = (&raw.change, matches!(subject, Subject::Paired { .. })) {
            self.add(&change.span(), "change is only for a scope paired:A-B".into());
        }
        Some(Scope { subject, regime: regime.unwrap_or(RegimeScope::All) })
    }

    fn change(&mut self, raw: &RawCriterion) -> Option<Change> {
        match &raw.change {
            Some(c) => {
                self.one_of("change", c, &[("absolute", Change::Absolute), ("relative", Change::Relative)])
            }
            None => {
                let problem = "a scope paired:A-B needs change = \"absolute\" or \"relative\"";
                self.add(&raw.scope.span(), problem.into());
                None
            }
        }
    }

    fn rule(&mut self, raw: &RawCriterion) -> Option<Rule> {
        let ops = [(">", 0), (">=", 1), ("<", 2), ("<=", 3), ("=", 4), ("in", 5)];
        let op = self.one_of("op", &raw.op, &ops)?;
        let problem = match (op, &raw.threshold, &raw.range) {
            (5, None, Some(range)) => match *range.get_ref() {
                [lo, hi] if lo.is_finite() && hi.is_finite() && lo <= hi => {
                    return Some(Rule::Within(lo, hi));
                }
                _ => "range must be two numbers, the smaller first",
            },
            (5, ..) => "op \"in\" takes range = [lo, hi] and no threshold",
            (_, Some(t), None) if t.get_ref().is_finite() => {
                let t = *t.get_ref();
                return Some(match op {
                    0 => Rule::Above(t),
                    1 => Rule::AtLeast(t),
                    2 => Rule::Below(t),
                    3 => Rule::AtMost(t),
                    _ => Rule::Equal(t),
                });
            }
            _ => "this op takes a finite threshold and no range",
        };
        self.add(&raw.op.span(), problem.into());
        None
    }

    fn span_of(&mut self, raw: &Spanned<String>) -> Option<CriterionWindow> {
        let name = raw.get_ref();
        if name == "run" {
            return Some(CriterionWindow::Run);
        }
        if self.declared.contains(name) {
            return Some(CriterionWindow::Named(name.clone()));
        }
        let found = trailing(name);
        if found.is_none() {
            let windows = self.declared.iter().map(String::as_str);
            let names: Vec<_> = std::iter::once("run").chain(windows).collect();
            let problem = unknown("window", name, &names);
            self.add(&raw.span(), format!("{problem}, or a rolling span such as 24h, 30d, 30 trades"));
        }
        found
    }
}

/// The rolling window of a text such as `24h` or `30 trades`.
fn trailing(text: &str) -> Option<CriterionWindow> {
    match text.strip_suffix(" trades") {
        Some(n) => n.parse().ok().filter(|n| *n > 0).map(CriterionWindow::LastTrades),
        None => text.parse::<Timeframe>().ok().map(|t| CriterionWindow::Trailing(t.ms())),
    }
}

fn unknown(what: &str, name: &str, valid: &[&str]) -> String {
    match nearest(name, valid.iter().copied()) {
        Some(near) => format!("{what} {name:?} is unknown; did you mean {near:?}?"),
        None => format!("{what} {name:?} is unknown; valid: {}", valid.join(", ")),
    }
}

/// The line of byte `at` of `text`, counted from one.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}
