//! The true value that the power of a row supposes.

use serde::Serialize;

use crate::criteria::{Change, Criterion, CriterionKind, Subject};
use crate::rule::Rule;

/// The true value that the power of a row supposes, and where the criteria say it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SupposedValue {
    /// In the unit of the rule: for a paired row the change.
    pub value: f64,
    /// For a paired row whose criterion states both: the value of the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// `documented`, or `middle of its range`; with the id of the row where that is another one.
    pub from: String,
}

/// What criterion `c` supposes to be true: the second of its own documented values, else of those of another row
/// about the same quantity, else the middle of the first range among all rows about it.
pub(super) fn supposed(c: &Criterion, all: &[Criterion]) -> Option<SupposedValue> {
    documented(c, c).or_else(|| {
        let same = || all.iter().filter(|other| same_quantity(c, other));
        same().find_map(|other| documented(other, c)).or_else(|| same().find_map(|other| middle(other, c)))
    })
}

/// Whether two rules ask about one quantity: the same metric of the same scope, by the same span of the run.
pub(super) fn same_quantity(a: &Criterion, b: &Criterion) -> bool {
    let fits = |c: &Criterion| c.kind == CriterionKind::Acceptance && c.times_fact.is_none();
    fits(a) && fits(b) && a.metric == b.metric && a.scope == b.scope
}

fn documented(of: &Criterion, for_row: &Criterion) -> Option<SupposedValue> {
    let (before, after) = of.documented?;
    let (value, baseline) = match &of.scope.subject {
        Subject::Paired { change: Change::Absolute, .. } => (after - before, Some(before)),
        Subject::Paired { change: Change::Relative, .. } if before > 0.0 => {
            (after / before - 1.0, Some(before))
        }
        Subject::Paired { .. } => return None,
        _ => (after, None),
    };
    let from = if of.id == for_row.id { "documented".into() } else { format!("documented at {}", of.id) };
    value.is_finite().then_some(SupposedValue { value, baseline, from })
}

fn middle(of: &Criterion, for_row: &Criterion) -> Option<SupposedValue> {
    let Rule::Within(lo, hi) = of.rule else { return None };
    let from = match of.id == for_row.id {
        true => "middle of its range".into(),
        false => format!("middle of the range of {}", of.id),
    };
    Some(SupposedValue { value: lo + (hi - lo) / 2.0, baseline: None, from })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::criterion;

    fn row(id: &str, rule: Rule, documented: Option<(f64, f64)>) -> Criterion {
        Criterion { id: id.into(), rule, documented, ..criterion() }
    }

    #[test]
    fn own_values_come_before_those_of_other_rows_and_those_before_ranges() {
        let range = row("R", Rule::Within(0.58, 0.62), None);
        let said = row("D", Rule::AtLeast(0.5), Some((0.52, 0.61)));
        let bare = row("B", Rule::AtLeast(0.55), None);
        let all = [range.clone(), bare.clone(), said.clone()];
        let of = |c: &Criterion, all: &[Criterion]| supposed(c, all).map(|s| (s.value, s.from));
        assert_eq!(of(&said, &all), Some((0.61, "documented".into())));
        assert_eq!(of(&bare, &all), Some((0.61, "documented at D".into())));
        assert_eq!(of(&range, &all), Some((0.61, "documented at D".into())));
        let (value, from) = of(&bare, &all[..2]).unwrap();
        assert!((value - 0.6).abs() < 1e-15 && from == "middle of the range of R");
        assert_eq!(of(&range, &all[..2]).unwrap().1, "middle of its range");
        assert_eq!(of(&bare, &all[1..2]), None);
        let other = Criterion { kind: CriterionKind::Alert, ..range };
        assert_eq!(of(&bare, &[bare.clone(), other]), None);
    }

    #[test]
    fn a_change_is_that_from_the_first_value_to_the_second() {
        let paired = |change| {
            let mut c = row("P", Rule::AtLeast(0.1), Some((0.8, 1.2)));
            c.scope.subject = Subject::Paired { of: "A".into(), with: "B".into(), change };
            supposed(&c, &[c.clone()]).unwrap()
        };
        let (absolute, relative) = (paired(Change::Absolute), paired(Change::Relative));
        assert!((absolute.value - 0.4).abs() < 1e-12 && (relative.value - 0.5).abs() < 1e-12);
        assert_eq!((absolute.baseline, relative.baseline), (Some(0.8), Some(0.8)));
    }
}
