//! Reads what a criterion asks of a table: `metric = "share"` and the keys that go with it.

use std::ops::Range;

use toml::Spanned;

use super::condition::{Condition, Fault};
use super::criteria::CriterionMetric;
use super::query::{Aggregate, Asked, Per, Query};
use super::rows::{RawCriterion, Reader};

impl Reader<'_> {
    /// The aggregate of a table that `raw` asks for, where its metric is one.
    pub(super) fn query(&mut self, raw: &RawCriterion) -> Option<Query> {
        let name = raw.metric.get_ref().as_str();
        let before = self.problems.len();
        let aggregate = match name {
            "share" => Aggregate::Share,
            "mean" => Aggregate::Mean,
            "count" => Aggregate::Count,
            "quantile" => Aggregate::Quantile(self.probability(raw)?),
            _ => Aggregate::Rate(match &raw.per {
                Some(per) => {
                    let named: Vec<_> = Per::ALL.iter().map(|p| (p.name(), *p)).collect();
                    self.one_of("per", per, &named)?
                }
                None => Per::Day,
            }),
        };
        for (key, span, fits) in [
            ("column", raw.column.as_ref().map(Spanned::span), aggregate.takes_column()),
            ("of", raw.of.as_ref().map(Spanned::span), aggregate == Aggregate::Share),
            ("q", raw.q.as_ref().map(Spanned::span), matches!(aggregate, Aggregate::Quantile(_))),
            ("per", raw.per.as_ref().map(Spanned::span), matches!(aggregate, Aggregate::Rate(_))),
        ] {
            if let (Some(span), false) = (span, fits) {
                self.add(
                    &span,
                    format!("{key} is not for metric {name:?}; see docs/reference/gate.md, \"Criteria over columns\""),
                );
            }
        }
        let needs = [
            ("table", raw.table.is_none(), "a table, as table = \"trades\""),
            ("column", aggregate.takes_column() && raw.column.is_none(), "a column, as column = \"pnl\""),
            (
                "where",
                aggregate == Aggregate::Share && raw.condition.is_none(),
                "a condition, as where = \"pnl > 0\"",
            ),
        ];
        for (_, _, what) in needs.iter().filter(|(_, missing, _)| *missing) {
            self.add(&raw.metric.span(), format!("metric {name:?} needs {what}"));
        }
        let condition = self.condition("where", raw.condition.as_ref());
        let of = self.condition("of", raw.of.as_ref());
        let table = raw.table.as_ref().map(|t| self.asked(t));
        let column = raw.column.as_ref().map(|c| self.asked(c));
        if self.problems.len() > before {
            return None;
        }
        Some(Query { aggregate, table: table?, column, condition, of })
    }

    /// The metric that `raw` names, of those that are no aggregate of a table.
    pub(super) fn plain(&mut self, raw: &RawCriterion, metric: CriterionMetric) -> CriterionMetric {
        let keys = [
            ("table", raw.table.as_ref().map(Spanned::span)),
            ("column", raw.column.as_ref().map(Spanned::span)),
            ("where", raw.condition.as_ref().map(Spanned::span)),
            ("of", raw.of.as_ref().map(Spanned::span)),
            ("q", raw.q.as_ref().map(Spanned::span)),
            ("per", raw.per.as_ref().map(Spanned::span)),
        ];
        for (key, span) in keys {
            if let Some(span) = span {
                let all = Aggregate::NAMES.join(", ");
                self.add(&span, format!("{key} is for the metrics {all}, not for {metric}"));
            }
        }
        metric
    }

    fn probability(&mut self, raw: &RawCriterion) -> Option<f64> {
        match &raw.q {
            Some(q) if *q.get_ref() > 0.0 && *q.get_ref() < 1.0 => Some(*q.get_ref()),
            Some(q) => {
                self.add(
                    &q.span(),
                    format!("q is {}; a quantile is at a probability between 0 and 1", q.get_ref()),
                );
                None
            }
            None => {
                self.add(&raw.metric.span(), "metric \"quantile\" needs a probability, as q = 0.9".into());
                None
            }
        }
    }

    fn condition(&mut self, key: &str, raw: Option<&Spanned<String>>) -> Option<Asked<Condition>> {
        let raw = raw?;
        match Condition::parse(raw.get_ref()) {
            Ok(value) => Some(Asked { value, place: self.place(&raw.span()) }),
            Err(Fault { at, problem, .. }) => {
                self.add(&raw.span(), format!("{key}: {problem}, at character {at} of `{}`", raw.get_ref()));
                None
            }
        }
    }

    fn asked(&self, raw: &Spanned<String>) -> Asked<String> {
        Asked { value: raw.get_ref().clone(), place: self.place(&raw.span()) }
    }

    /// File and line, for messages.
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        format!("{}:{}", self.file, self.line(span))
    }
}
