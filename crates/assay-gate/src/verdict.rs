//! Judges one observation by one rule: pass, fail, or not enough to tell.

use std::fmt;

use super::criteria::{Criterion, CriterionMetric, Subject};
use super::rule::{Better, EPSILON, Rule, ValueUnit, meets};
use crate::choices;
use crate::stats::{Interval, MonteCarloError};

choices! {
    /// What a rule says about a run.
    #[derive(PartialOrd, Ord)]
    pub enum Verdict {
        /// The rule is met, and the sample shows it; a quiet alert.
        Pass = "PASS",
        /// The rule is not met, and the sample shows it; an alert that fired.
        Fail = "FAIL",
        /// The sample does not tell.
        Inconclusive = "INCONCLUSIVE",
        /// A replay cannot tell.
        NotApplicable = "NOT_APPLICABLE",
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was measured for a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// The value, where there is one.
    pub value: Option<f64>,
    /// Where the value would lie on other samples of the same process, 95 %.
    pub interval: Option<Interval>,
    /// Where the ends of an interval from resamples may lie; none of any other.
    pub error: Option<MonteCarloError>,
    /// Size of the sample.
    pub n: u64,
    /// What the sample counts: trades, days, months, signals, bars.
    pub n_unit: &'static str,
    /// Closed trades behind a value that is not counted in trades.
    pub trades: Option<u64>,
    /// How the interval was found.
    pub method: String,
    /// The value is a count of this run, not an estimate: it needs no interval.
    pub exact: bool,
    /// Why there is no value, or no interval.
    pub missing: Option<String>,
    /// What else to say about it.
    pub note: Option<String>,
}

impl Observation {
    /// An observation without a value.
    pub fn missing(why: impl Into<String>) -> Self {
        Self { missing: Some(why.into()), ..Self::default() }
    }
}

/// Judges `o` by criterion `c` under `rule` (its own, or that with the bounds scaled).
///
/// `strict` asks the interval as well as the value: where the bound lies inside the interval, the sample does not tell, and
/// where it depends on the Monte Carlo error of an end whether it does, the resamples do not.
pub fn judge(c: &Criterion, rule: Rule, o: &Observation, strict: bool) -> (Verdict, Option<String>) {
    let (verdict, reason) = decide(c, rule, o, strict);
    let parts: Vec<String> = reason.into_iter().chain(o.note.clone()).collect();
    (verdict, (!parts.is_empty()).then(|| parts.join("; ")))
}

fn decide(c: &Criterion, rule: Rule, o: &Observation, strict: bool) -> (Verdict, Option<String>) {
    let open = |why: String| (Verdict::Inconclusive, Some(why));
    let Some(value) = o.value.filter(|x| !x.is_nan()) else {
        return open(o.missing.clone().unwrap_or_else(|| "not measured".into()));
    };
    if o.n < c.min_n {
        return open(format!("{} {} where {} are needed", o.n, o.n_unit, c.min_n));
    }
    let trades = o.trades.or((o.n_unit == "trades").then_some(o.n));
    if let Some(trades) = trades.filter(|t| *t < c.min_trades) {
        return open(format!("{trades} closed trades where {} are needed", c.min_trades));
    }
    let Some((one_sided, bound)) = worse_side(rule, c.better) else {
        let equal = meets(rule, value);
        return (if equal { Verdict::Pass } else { Verdict::Fail }, None);
    };
    let met = meets(one_sided, value);
    // A drawdown beyond its limit has happened, however wide the range of drawdowns to be expected.
    let happened =
        c.metric == CriterionMetric::MaxDrawdown && !matches!(c.scope.subject, Subject::Paired { .. });
    if happened && !met {
        return (Verdict::Fail, None);
    }
    if strict && !o.exact {
        let Some(interval) = o.interval else {
            return open(o.missing.clone().unwrap_or_else(|| "no interval could be computed".into()));
        };
        if let Some(why) = o.error.and_then(|e| too_few_resamples(c.unit, &e, one_sided, bound, met)) {
            return open(why);
        }
        match position(interval, one_sided, bound, met) {
            BoundPosition::Clear => {}
            BoundPosition::Inside => {
                return open(format!("the interval holds {}", c.unit.format(Some(bound))));
            }
            BoundPosition::Opposed => {
                let bound = c.unit.format(Some(bound));
                return open(format!("the value and its interval lie on two sides of {bound}"));
            }
        }
    }
    if !met {
        return (Verdict::Fail, None);
    }
    let beyond = !meets(rule, value);
    (Verdict::Pass, beyond.then(|| "beyond the range, on the better side".into()))
}

/// How a bound lies to an interval, for a value that meets its rule or not.
#[derive(Clone, Copy, PartialEq)]
enum BoundPosition {
    /// Value and interval lie on one side.
    Clear,
    /// The interval holds the bound.
    Inside,
    /// They lie on two sides.
    Opposed,
}

fn position(interval: Interval, rule: Rule, bound: f64, met: bool) -> BoundPosition {
    let middle = (interval.lo + interval.hi) / 2.0;
    if interval.straddles(bound) {
        BoundPosition::Inside
    } else if !middle.is_nan() && (middle - bound).abs() > EPSILON && met != meets(rule, middle) {
        BoundPosition::Opposed
    } else {
        BoundPosition::Clear
    }
}

/// Why the resamples do not tell on which side of the bound an interval lies; none where they do.
///
/// Each [`BoundPosition`] is a region with edges where an end, or the middle of both, meets the bound: what holds in all four
/// corners of the errors holds everywhere between.
fn too_few_resamples(
    unit: ValueUnit,
    error: &MonteCarloError,
    rule: Rule,
    bound: f64,
    met: bool,
) -> Option<String> {
    let clear = |lo: f64, hi: f64| position(Interval { lo, hi }, rule, bound, met) == BoundPosition::Clear;
    let (lo, hi) = (error.lo, error.hi);
    // Those that the lower end decides by itself come first.
    let of_lo = clear(lo.lo, hi.lo) != clear(lo.hi, hi.lo) || clear(lo.lo, hi.hi) != clear(lo.hi, hi.hi);
    let of_hi = clear(lo.lo, hi.lo) != clear(lo.lo, hi.hi) || clear(lo.hi, hi.lo) != clear(lo.hi, hi.hi);
    let (name, end) = match (of_lo, of_hi) {
        (false, false) => return None,
        (true, _) => ("lower", lo),
        (false, true) => ("upper", hi),
    };
    let of = |x: f64| unit.format(Some(x));
    let range = match (end.lo.is_finite(), end.hi.is_finite()) {
        (true, true) => format!("is {} to {}", of(end.lo), of(end.hi)),
        (true, false) => format!("is {} or more", of(end.lo)),
        (false, true) => format!("is {} or less", of(end.hi)),
        (false, false) => "is not known".to_owned(),
    };
    Some(format!(
        "{} resamples cannot tell: the {name} end {range}, and the bound is {}: take more with --resamples",
        error.resamples,
        of(bound)
    ))
}

/// Whether a value passes a criterion: it meets the rule, or lies beyond its range on the better side. What has no value
/// does not.
pub fn passes(c: &Criterion, value: f64) -> bool {
    let rule = worse_side(c.rule, c.better).map_or(c.rule, |(one_sided, _)| one_sided);
    !value.is_nan() && meets(rule, value)
}

/// The half of a rule that can fail, and its bound; `None` for equality.
pub(super) fn worse_side(rule: Rule, better: Better) -> Option<(Rule, f64)> {
    Some(match (rule, better) {
        (Rule::Within(lo, _), Better::Higher) => (Rule::AtLeast(lo), lo),
        (Rule::Within(_, hi), Better::Lower) => (Rule::AtMost(hi), hi),
        (Rule::Above(t) | Rule::AtLeast(t) | Rule::Below(t) | Rule::AtMost(t), _) => (rule, t),
        (Rule::Equal(_), _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::criterion;
    use super::*;

    fn seen(value: f64, lo: f64, hi: f64, n: u64) -> Observation {
        Observation {
            value: Some(value),
            interval: Some(Interval { lo, hi }),
            n,
            n_unit: "trades",
            ..Default::default()
        }
    }

    fn ruled(rule: Rule, better: Better) -> Criterion {
        Criterion { rule, better, min_n: 30, ..criterion() }
    }

    fn strict(rule: Rule, better: Better, o: &Observation) -> (Verdict, Option<String>) {
        judge(&ruled(rule, better), rule, o, true)
    }

    const UP: Better = Better::Higher;
    const DOWN: Better = Better::Lower;

    #[test]
    fn clear_of_the_bound_passes_or_fails() {
        let at_least = Rule::AtLeast(0.5);
        assert_eq!(strict(at_least, UP, &seen(0.6, 0.5, 0.7, 30)), (Verdict::Pass, None));
        assert_eq!(strict(at_least, UP, &seen(0.4, 0.3, 0.5, 30)), (Verdict::Fail, None));
        let at_most = Rule::AtMost(0.15);
        assert_eq!(strict(at_most, DOWN, &seen(0.1, 0.05, 0.14, 30)).0, Verdict::Pass);
        assert_eq!(strict(at_most, DOWN, &seen(0.2, 0.16, 0.3, 30)).0, Verdict::Fail);
    }

    #[test]
    fn a_drawdown_beyond_its_limit_has_happened() {
        let rule = Rule::AtMost(0.15);
        let mut c = ruled(rule, DOWN);
        c.metric = CriterionMetric::MaxDrawdown;
        let o = seen(0.16, 0.05, 0.30, 500);
        assert_eq!(judge(&c, rule, &o, true), (Verdict::Fail, None));
        // Short of the limit the interval still has its say.
        let o = seen(0.14, 0.05, 0.30, 500);
        assert_eq!(judge(&c, rule, &o, true).0, Verdict::Inconclusive);
    }

    #[test]
    fn a_straddled_bound_is_open_on_either_side_of_it_unless_lenient() {
        let rule = Rule::AtLeast(0.5);
        for value in [0.51, 0.49] {
            let o = seen(value, 0.4, 0.6, 500);
            let (verdict, reason) = strict(rule, UP, &o);
            assert_eq!(
                (verdict, reason.as_deref()),
                (Verdict::Inconclusive, Some("the interval holds 0.50"))
            );
            let lenient = judge(&ruled(rule, UP), rule, &o, false).0;
            assert_eq!(lenient, if value > 0.5 { Verdict::Pass } else { Verdict::Fail });
        }
    }

    /// The same with ends that are known to `by`.
    fn known_to(by: f64, resamples: u32, o: Observation) -> Observation {
        let around = |x: f64| Interval { lo: x - by, hi: x + by };
        let error = o.interval.map(|i| MonteCarloError { resamples, lo: around(i.lo), hi: around(i.hi) });
        Observation { error, ..o }
    }

    #[test]
    fn an_end_that_is_not_known_well_enough_decides_nothing() {
        let rule = Rule::AtLeast(0.5);
        // On either side of the bound by less than its error.
        for lo in [0.51, 0.49] {
            let o = known_to(0.02, 1000, seen(0.6, lo, 0.7, 99));
            let (verdict, reason) = strict(rule, UP, &o);
            assert_eq!(verdict, Verdict::Inconclusive);
            let range = if lo > 0.5 { "0.49 to 0.53" } else { "0.47 to 0.51" };
            let want = format!(
                "1000 resamples cannot tell: the lower end is {range}, and the bound is 0.50: take more with --resamples"
            );
            assert_eq!(reason.unwrap(), want);
            assert_eq!(judge(&ruled(rule, UP), rule, &o, false).0, Verdict::Pass, "lenient asks no interval");
        }
        let upper = known_to(0.02, 500, seen(0.4, 0.3, 0.49, 99));
        let (verdict, reason) = strict(rule, UP, &upper);
        assert_eq!(verdict, Verdict::Inconclusive);
        assert!(reason.unwrap().starts_with("500 resamples cannot tell: the upper end is 0.47 to 0.51"));
        assert_eq!(strict(rule, UP, &known_to(0.005, 500, seen(0.4, 0.3, 0.49, 99))).0, Verdict::Fail);
        assert_eq!(strict(rule, UP, &known_to(0.005, 500, seen(0.6, 0.51, 0.7, 99))), (Verdict::Pass, None));
        // Whatever the ends are, the bound lies inside.
        let (_, reason) = strict(rule, UP, &known_to(0.02, 500, seen(0.6, 0.3, 0.7, 99)));
        assert_eq!(reason.unwrap(), "the interval holds 0.50");
        let (_, reason) = strict(rule, UP, &known_to(0.02, 500, seen(0.6, 0.2, 0.4, 99)));
        assert!(reason.unwrap().contains("two sides"));
    }

    #[test]
    fn an_end_without_a_limit_says_so() {
        let mut o = known_to(0.02, 100, seen(0.6, 0.55, 0.7, 99));
        if let Some(e) = &mut o.error {
            e.lo.lo = f64::NEG_INFINITY;
            e.hi.hi = f64::INFINITY;
        }
        let (verdict, reason) = strict(Rule::AtLeast(0.5), UP, &o);
        assert_eq!(verdict, Verdict::Inconclusive);
        assert!(reason.unwrap().contains("the lower end is 0.57 or less, and the bound is 0.50"));
        let (_, reason) = strict(Rule::AtMost(0.9), DOWN, &o);
        assert!(reason.unwrap().contains("the upper end is 0.68 or more, and the bound is 0.90"));
    }

    #[test]
    fn a_small_sample_is_open_even_when_lenient() {
        let rule = Rule::AtLeast(0.5);
        for is_strict in [true, false] {
            let (verdict, reason) = judge(&ruled(rule, UP), rule, &seen(0.9, 0.8, 1.0, 29), is_strict);
            assert_eq!(verdict, Verdict::Inconclusive);
            assert_eq!(reason.unwrap(), "29 trades where 30 are needed");
        }
        let mut c = ruled(rule, UP);
        c.min_trades = 20;
        let o = Observation { trades: Some(19), ..seen(0.9, 0.8, 1.0, 500) };
        assert_eq!(judge(&c, rule, &o, true).1.unwrap(), "19 closed trades where 20 are needed");
        assert_eq!(judge(&c, rule, &Observation { trades: Some(20), ..o }, true).0, Verdict::Pass);
    }

    #[test]
    fn nothing_measured_is_never_a_pass() {
        for value in [None, Some(f64::NAN)] {
            let o = Observation { value, ..seen(0.0, 0.8, 1.0, 99) };
            assert_eq!(strict(Rule::AtLeast(0.5), UP, &o).0, Verdict::Inconclusive);
            assert_eq!(strict(Rule::Equal(0.5), UP, &o).0, Verdict::Inconclusive);
        }
        let o = Observation::missing("no such table");
        assert_eq!(strict(Rule::Below(0.5), DOWN, &o).1.unwrap(), "no such table");
        let o = Observation { interval: None, ..seen(0.9, 0.0, 0.0, 99) };
        assert_eq!(strict(Rule::AtLeast(0.5), UP, &o).1.unwrap(), "no interval could be computed");
        assert_eq!(strict(Rule::AtLeast(0.5), UP, &Observation { exact: true, ..o }).0, Verdict::Pass);
    }

    #[test]
    fn a_value_outside_its_interval_is_open() {
        for (value, lo, hi) in [(0.6, 0.2, 0.4), (0.4, 0.6, 0.8)] {
            let (verdict, reason) = strict(Rule::AtLeast(0.5), UP, &seen(value, lo, hi, 99));
            assert_eq!(verdict, Verdict::Inconclusive);
            assert!(reason.unwrap().contains("two sides"));
        }
    }

    #[test]
    fn a_range_fails_only_on_its_worse_side() {
        let range = Rule::Within(0.5, 0.6);
        assert_eq!(strict(range, UP, &seen(0.55, 0.51, 0.7, 99)), (Verdict::Pass, None));
        let (verdict, reason) = strict(range, UP, &seen(0.8, 0.7, 0.9, 99));
        assert_eq!(
            (verdict, reason.as_deref()),
            (Verdict::Pass, Some("beyond the range, on the better side"))
        );
        assert_eq!(strict(range, UP, &seen(0.4, 0.3, 0.45, 99)).0, Verdict::Fail);
        assert_eq!(strict(range, UP, &seen(0.52, 0.45, 0.58, 99)).0, Verdict::Inconclusive);
        assert_eq!(strict(range, DOWN, &seen(0.4, 0.3, 0.45, 99)).0, Verdict::Pass);
        assert_eq!(strict(range, DOWN, &seen(0.8, 0.7, 0.9, 99)).0, Verdict::Fail);
        assert_eq!(strict(range, DOWN, &seen(0.58, 0.5, 0.65, 99)).0, Verdict::Inconclusive);
    }

    #[test]
    fn equality_is_judged_on_the_value() {
        let o = Observation { exact: true, value: Some(5.0), n: 30, ..Default::default() };
        assert_eq!(strict(Rule::Equal(5.0), UP, &o).0, Verdict::Pass);
        assert_eq!(strict(Rule::Equal(4.0), UP, &o).0, Verdict::Fail);
    }
}
