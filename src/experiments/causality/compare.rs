//! Two observations of one past, bit for bit.

use super::subject::Computed;
use crate::error::{Error, Result};
use crate::system::{Fact, ObservedColumn, Phase, Stage};

/// The first row of one column that differs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValueDifference {
    pub(super) stage: Stage,
    pub(super) column: String,
    pub(super) bar: usize,
    /// In the whole run.
    pub(super) whole: String,
    /// In the run with the other future.
    pub(super) cut: String,
}

/// What one recomputation found.
pub(super) struct CutComparison {
    pub(super) differences: Vec<ValueDifference>,
    /// Values compared in each column of the whole run, then in its facts.
    pub(super) compared: Vec<usize>,
}

/// Compares all rows before `cut`, and of the bar at the cut the facts of the phases before `known_until`.
pub(super) fn compare(
    whole: &Computed,
    part: &Computed,
    cut: usize,
    known_until: Phase,
) -> Result<CutComparison> {
    let mut differences = vec![];
    let mut compared = Vec::with_capacity(part.columns.len() + 1);
    for (a, b) in whole.columns.iter().zip(&part.columns) {
        let end = a.end().min(b.end()).min(cut);
        // A column may leave out its last row, which knows that the data end; a longer hole would hide what is looked for.
        if a.name != b.name || a.first != b.first || (cut > a.first && end + 1 < cut) {
            let what = format!("columns {} and {} cannot be compared before bar {cut}", a.name, b.name);
            return Err(Error::internal("check causality", what));
        }
        let rows = end.saturating_sub(a.first);
        compared.push(rows);
        if let Some(k) = first_difference(&a.values[..rows], &b.values[..rows]) {
            differences.push(difference(a, b, a.first + k));
        }
    }
    let until = (cut, known_until).min(part.facts_until).min(whole.facts_until);
    let before = |o: &Computed| o.facts.partition_point(|f| (f.bar, f.phase) < until);
    let (a, b) = (&whole.facts[..before(whole)], &part.facts[..before(part)]);
    compared.push(a.len().max(b.len()));
    differences.extend(first_fact(a, b));
    Ok(CutComparison { differences, compared })
}

/// Index of the first pair whose bits differ; NaN equals NaN.
fn first_difference(a: &[f64], b: &[f64]) -> Option<usize> {
    a.iter().zip(b).position(|(x, y)| !same(*x, *y))
}

fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan())
}

fn difference(a: &ObservedColumn, b: &ObservedColumn, bar: usize) -> ValueDifference {
    ValueDifference { stage: a.stage, column: a.name.clone(), bar, whole: a.show(bar), cut: b.show(bar) }
}

/// The first fact that only one side knows, or that the two tell differently.
fn first_fact(a: &[Fact], b: &[Fact]) -> Option<ValueDifference> {
    let like = |x: &Fact, y: &Fact| x.bar == y.bar && x.name == y.name && same(x.value, y.value);
    let k = (0..a.len().max(b.len())).find(|k| match (a.get(*k), b.get(*k)) {
        (Some(x), Some(y)) => !like(x, y),
        _ => true,
    })?;
    let (x, y) = (a.get(k), b.get(k));
    let told = [x, y].into_iter().flatten().min_by_key(|f| f.bar)?;
    let say = |f: Option<&Fact>| {
        let here = f.filter(|f| f.bar == told.bar && f.name == told.name);
        here.map_or_else(|| "nothing".to_owned(), |f| f.value.to_string())
    };
    Some(ValueDifference {
        stage: Stage::Fill,
        column: told.name.clone().into_owned(),
        bar: told.bar,
        whole: say(x),
        cut: say(y),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> ObservedColumn {
        ObservedColumn {
            stage: Stage::Feature,
            name: "x".into(),
            first: 2,
            declared: 2,
            values: values.to_vec().into(),
            labels: vec![],
        }
    }

    fn seen(values: &[f64], facts: &[(usize, &'static str, f64)]) -> Computed {
        let fact = |&(bar, name, value): &(usize, &'static str, f64)| Fact {
            bar,
            phase: Phase::Inside,
            name: name.into(),
            value,
        };
        Computed {
            columns: vec![column(values)],
            facts: facts.iter().map(fact).collect(),
            facts_until: (2 + values.len(), Phase::Open),
            trades: vec![],
        }
    }

    #[test]
    fn bits_decide_and_nan_is_nan() {
        let whole = seen(&[1.0, f64::NAN, 0.0, 3.0], &[]);
        let found =
            |values: &[f64], cut| compare(&whole, &seen(values, &[]), cut, Phase::Open).unwrap().differences;
        assert_eq!(found(&[1.0, -f64::NAN, 0.0], 5), []);
        let d = &found(&[1.0, f64::NAN, -0.0], 5)[0];
        assert_eq!((d.bar, d.whole.as_str(), d.cut.as_str()), (4, "0", "-0"));
        // The last row may be left out, and nothing from the cut on counts.
        assert_eq!(found(&[1.0, f64::NAN], 5), []);
        assert_eq!(found(&[1.0, f64::NAN, 0.0, 9.0], 5), []);
        assert!(compare(&whole, &seen(&[1.0], &[]), 5, Phase::Open).is_err());
    }

    #[test]
    fn the_first_fact_that_differs_is_named_on_either_side() {
        let whole = seen(&[0.0; 8], &[(3, "entry", 1.0), (6, "exit", 2.0)]);
        let found = |facts: &[(usize, &'static str, f64)]| {
            compare(&whole, &seen(&[0.0; 8], facts), 8, Phase::Open)
                .unwrap()
                .differences
                .pop()
                .map(|d| (d.column, d.bar, d.whole, d.cut))
        };
        let is = |c: &str, b, w: &str, p: &str| Some((c.to_owned(), b, w.to_owned(), p.to_owned()));
        assert_eq!(found(&[(3, "entry", 1.0), (6, "exit", 2.0)]), None);
        assert_eq!(found(&[(3, "entry", 1.5), (6, "exit", 2.0)]), is("entry", 3, "1", "1.5"));
        assert_eq!(found(&[(3, "entry", 1.0)]), is("exit", 6, "2", "nothing"));
        assert_eq!(found(&[(3, "entry", 1.0), (5, "exit", 2.0)]), is("exit", 5, "nothing", "2"));
        // What happens from the cut on is not compared.
        assert_eq!(found(&[(3, "entry", 1.0), (6, "exit", 2.0), (8, "entry", 1.0)]), None);
    }

    #[test]
    fn of_the_bar_at_the_cut_only_what_was_known_counts() {
        let whole = seen(&[0.0; 8], &[(6, "exit", 2.0)]);
        let other = seen(&[0.0; 8], &[(6, "exit", 9.0)]);
        let differs = |phase| !compare(&whole, &other, 6, phase).unwrap().differences.is_empty();
        assert!(!differs(Phase::Open) && !differs(Phase::Inside) && differs(Phase::Close));
    }
}
