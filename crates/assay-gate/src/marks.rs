//! Marks: what a sceptic would object to in the way a verdict was reached, in a sentence each.
//!
//! A mark changes no row. Where marks are refused, a marked PASS is INCONCLUSIVE; a FAIL stays one.

use serde::Serialize;

use super::absent::absent;
use super::alerts::watch;
use super::criteria::{Criteria, Criterion, CriterionKind};
use super::evidence::Evidence;
use super::measure::Measure;
use super::report::{CriterionRow, GateOptions, GateReport, span};
use super::search::FamilySearch;
use super::terms::SymbolFees;
use super::verdict::Verdict;
use crate::choices;

choices! {
    /// What a mark objects to.
    #[derive(PartialOrd, Ord)]
    pub enum VerdictMarkKind {
        /// Judged by values alone.
        Lenient = "lenient",
        /// Fewer resamples than the criteria ask for.
        Resamples = "resamples",
        /// A criterion is declared not applicable, and the run measures it.
        NotApplicable = "not-applicable",
        /// Orders filled at the close that decided them.
        FillClose = "fill-close",
        /// Trades without any fee.
        ZeroFees = "zero-fees",
        /// A fee that is paid to the trader.
        Rebate = "rebate",
        /// What was traded, or who decided it, is nothing the program vouches for.
        CausalityUnproven = "causality-unproven",
        /// The days were seen before.
        SeenDays = "seen-days",
        /// A search that nobody announced.
        UnsealedSearch = "unsealed-search",
        /// Luck elsewhere explains it.
        LuckElsewhere = "luck-elsewhere",
        /// The opposite wins as well.
        BothSignsWin = "both-signs-win",
        /// The ledger lacks lines that this run has seen.
        LedgerShort = "ledger-short",
        /// A ratio lies at its bound.
        RatioAtBound = "ratio-at-bound",
    }
}

/// What a sceptic would object to in the way a verdict was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictMark {
    /// Which objection.
    pub kind: VerdictMarkKind,
    /// The objection in a sentence, without a full stop.
    pub says: String,
}

impl VerdictMark {
    /// A mark of `kind` that says `says`.
    pub fn new(kind: VerdictMarkKind, says: impl Into<String>) -> Self {
        Self { kind, says: says.into() }
    }

    /// Its line of a text or a page.
    pub fn line(&self) -> String {
        format!("mark: {}: {}", self.kind.name(), self.says)
    }
}

impl GateReport {
    /// Adds a mark that comes from outside the gate, and derives the overall verdict again. Marks stand in the order of
    /// [`VerdictMarkKind`], one a kind: another one of the same kind takes the place of the first.
    pub fn add_mark(&mut self, mark: VerdictMark) {
        self.marks.retain(|m| m.kind != mark.kind);
        self.marks.push(mark);
        self.marks.sort_by_key(|m| m.kind);
        self.settle();
    }

    /// The overall verdict of the rows, and what marks make of it.
    fn settle(&mut self) {
        let (overall, why) = self.by_rows.clone();
        (self.overall, self.why) = match overall {
            Verdict::Pass if self.no_marks && !self.marks.is_empty() => {
                let kinds: Vec<&str> = self.marks.iter().map(|m| m.kind.name()).collect();
                (
                    Verdict::Inconclusive,
                    format!("{why} But marks are refused, and there are: {}.", kinds.join(", ")),
                )
            }
            _ => (overall, why),
        };
    }
}

/// The marks of a verdict that follow from the options, the criteria and the run; `hidden` are rules that are declared not
/// applicable and measured all the same.
pub(super) fn marks(
    criteria: &Criteria,
    e: &Evidence<'_>,
    options: &GateOptions,
    hidden: &[String],
) -> Vec<VerdictMark> {
    use VerdictMarkKind as Kind;
    let mut out = vec![];
    out.extend(e.objections.iter().cloned());
    let mut add = |kind, says: String| out.push(VerdictMark::new(kind, says));
    if !options.strict {
        add(Kind::Lenient, "judged by values alone, not by intervals".to_owned());
    }
    let asked = criteria.demands.min_resamples();
    if options.resamples < asked {
        let says =
            format!("{} resamples behind the intervals, where {asked} are asked for", options.resamples);
        add(Kind::Resamples, says);
    }
    if !hidden.is_empty() {
        let says = format!("declared not applicable, and measured on this run: {}", hidden.join("; "));
        add(Kind::NotApplicable, says);
    }
    let of_search = e.search.iter().flat_map(FamilySearch::marks);
    let Some(terms) = &e.terms else {
        out.extend(of_search);
        return out;
    };
    if terms.fills_at_close {
        add(Kind::FillClose, "orders are filled at the very close that decided them".to_owned());
    }
    let named = |which: &dyn Fn(&&SymbolFees) -> bool| {
        let names: Vec<&str> = terms.fees.iter().filter(which).map(|f| f.symbol.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(symbols) = named(&|f| f.is_free() && f.trades > 0) {
        add(Kind::ZeroFees, format!("trades of {symbols} pay no fee at all"));
    }
    if let Some(symbols) = named(&|f| f.lowest_bps < 0.0) {
        add(Kind::Rebate, format!("a fee of {symbols} is negative, a rebate"));
    }
    if !terms.unproven.is_empty() {
        let says = format!("nothing shows that the run knew no future: {}", terms.unproven.join("; "));
        add(Kind::CausalityUnproven, says);
    }
    out.extend(of_search);
    out
}

/// What a rule that is declared not applicable would measure, where it would: its row's id and metric, and the value.
pub(super) fn hidden(
    c: &Criterion,
    all: &Criteria,
    row: &CriterionRow,
    measure: &mut Measure<'_>,
) -> Option<String> {
    let e = measure.evidence();
    c.not_applicable.as_ref()?;
    // What the run has no table or column for cannot be measured.
    if !matches!(absent(c, &all.system, e), Ok(None)) {
        return None;
    }
    let value = match c.kind {
        CriterionKind::Alert => watch(c, c.rule, e).2.worst,
        CriterionKind::Acceptance => measure.observe(c, &span(&c.window, all, e).ok()?).value,
    };
    let value = value.filter(|x| !x.is_nan())?;
    Some(format!("{} ({}) is {}", row.id, row.metric, c.unit.format(Some(value))))
}
