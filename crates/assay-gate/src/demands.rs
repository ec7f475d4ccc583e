//! What a criteria file demands of a run as a whole, beside its rules.

use toml::{Spanned, Value};

use super::criteria::{CriterionKind, Severity};
use super::evidence::Evidence;
use super::report::CriterionRow;
use super::rows::{RawFile, Reader};
use super::rule::{Rule, ValueUnit, meets};
use super::verdict::Verdict;
use crate::market::format_time;

/// Resamples asked for by criteria that ask for no number.
const RESAMPLES: u32 = 1000;

/// What is demanded of a run as a whole. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Demands {
    /// Whether a marked PASS is none.
    pub no_marks: bool,
    /// Fewest resamples behind an interval that leave no mark.
    pub min_resamples: Option<u32>,
    /// Smallest fee that a side of a fill may pay, basis points.
    pub min_fee_bps: Option<f64>,
    /// Whether what was traded must be known to be free of the future.
    pub proven_causality: bool,
}

impl Demands {
    /// Fewest resamples that leave no mark: those of the file, or the program's own number.
    pub fn min_resamples(&self) -> u32 {
        self.min_resamples.unwrap_or(RESAMPLES)
    }

    /// Whether a file demands anything, right or wrong.
    pub(super) fn are_in(raw: &RawFile) -> bool {
        [&raw.marks, &raw.min_resamples, &raw.min_fee_bps, &raw.causality].iter().any(|given| given.is_some())
    }

    /// Those of a file; what is wrong with them goes to `reader`.
    pub(super) fn read(raw: &RawFile, reader: &mut Reader<'_>) -> Self {
        let only = |reader: &mut Reader<'_>, key: &str, given: &Option<Spanned<Value>>, valid: &str| {
            let Some(given) = given else { return false };
            let fits = given.get_ref().as_str() == Some(valid);
            if !fits {
                reader.add(&given.span(), format!("{key} must be {valid:?}, was {}", given.get_ref()));
            }
            fits
        };
        let no_marks = only(reader, "marks", &raw.marks, "none");
        let proven_causality = only(reader, "causality", &raw.causality, "proven");
        let min_resamples = raw.min_resamples.as_ref().and_then(|given| {
            let n = given.get_ref().as_integer().and_then(|n| u32::try_from(n).ok());
            let fits = n.filter(|n| (100..=1_000_000).contains(n));
            if fits.is_none() {
                let problem = format!("must be a whole number in 100..=1000000, was {}", given.get_ref());
                reader.add(&given.span(), format!("min_resamples {problem}"));
            }
            fits
        });
        let min_fee_bps = raw.min_fee_bps.as_ref().and_then(|given| {
            let value = given.get_ref();
            let x = value.as_float().or_else(|| value.as_integer().map(|n| n as f64));
            let fits = x.filter(|x| (0.0..=1000.0).contains(x));
            if fits.is_none() {
                reader.add(&given.span(), format!("min_fee_bps must be a number in 0..=1000, was {value}"));
            }
            fits
        });
        Self { no_marks, min_resamples, min_fee_bps, proven_causality }
    }

    /// Takes in the demands of a further file: the stricter of each.
    pub(super) fn append(&mut self, other: &Self) {
        self.no_marks |= other.no_marks;
        self.proven_causality |= other.proven_causality;
        self.min_resamples = self.min_resamples.max(other.min_resamples);
        let stricter = self.min_fee_bps.into_iter().chain(other.min_fee_bps).reduce(f64::max);
        self.min_fee_bps = stricter;
    }

    /// A deciding row for each demand that is judged like a rule.
    pub(super) fn rows(&self, e: &Evidence<'_>) -> Vec<CriterionRow> {
        let fee = self.min_fee_bps.map(|least| fee_row(least, e));
        fee.into_iter().chain(self.proven_causality.then(|| causality_row(e))).collect()
    }
}

/// The smallest fee of any symbol and side, against the least that is demanded.
fn fee_row(least: f64, e: &Evidence<'_>) -> CriterionRow {
    let fees = e.terms.as_ref().map(|t| t.fees.as_slice()).unwrap_or_default();
    let smallest = fees.iter().map(|f| f.lowest_bps).reduce(f64::min);
    let rule = Rule::AtLeast(least);
    let (verdict, mut reason) = match smallest {
        None => (Verdict::Inconclusive, Some("the run does not state its fees".to_owned())),
        Some(x) if meets(rule, x) => (Verdict::Pass, None),
        Some(x) => {
            let at: Vec<&str> =
                fees.iter().filter(|f| f.lowest_bps <= x).map(|f| f.symbol.as_str()).collect();
            (Verdict::Fail, Some(format!("the smallest fee is that of {}", at.join(", "))))
        }
    };
    if let Some(reason) = reason.as_mut().filter(|_| fees.iter().any(|f| f.flat)) {
        reason.push_str("; fees by unit or order and least fees are not counted");
    }
    let metric = "fee in basis points, smallest of any symbol and side";
    let says = "every symbol pays at least the demanded fee on either side";
    CriterionRow {
        observed: smallest,
        rule: rule.text(ValueUnit::Plain),
        n: fees.len() as u64,
        n_unit: "symbols",
        ..row("min_fee_bps", metric, "settings of the run", (verdict, reason), says, e)
    }
}

/// Whether what was traded is known to be free of the future.
fn causality_row(e: &Evidence<'_>) -> CriterionRow {
    let judged = match &e.terms {
        None => {
            (Verdict::Inconclusive, Some("the run does not say where its decisions came from".to_owned()))
        }
        Some(terms) if terms.unproven.is_empty() => (Verdict::Pass, None),
        Some(terms) => (Verdict::Inconclusive, Some(terms.unproven.join("; "))),
    };
    let says = "what was traded comes from the program's own systems, which the causality check covers";
    CriterionRow {
        rule: "proven".to_owned(),
        n: 1,
        n_unit: "runs",
        ..row("causality", "causality", "origin of what was traded", judged, says, e)
    }
}

fn row(
    demand: &str,
    metric: &str,
    method: &str,
    (verdict, reason): (Verdict, Option<String>),
    says: &str,
    e: &Evidence<'_>,
) -> CriterionRow {
    CriterionRow {
        id: format!("demand.{demand}"),
        severity: Severity::Critical,
        kind: CriterionKind::Acceptance,
        phase: "any".to_owned(),
        scope: "overall".to_owned(),
        metric: metric.to_owned(),
        rule: String::new(),
        unit: ValueUnit::Plain,
        observed: None,
        interval: None,
        monte_carlo_error: None,
        method: method.to_owned(),
        n: 0,
        n_unit: "",
        min_n: 0,
        verdict,
        decides: true,
        reason,
        from: format_time(e.start_ms),
        to: format_time(e.end_ms),
        alert: None,
        says: says.to_owned(),
    }
}
