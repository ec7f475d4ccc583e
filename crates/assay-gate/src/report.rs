//! Judges a run by its criteria and says what came out.

use serde::Serialize;

use super::absent::absent;
use super::alerts::{AlertSummary, watch};
use super::criteria::*;
use super::evidence::Evidence;
use super::marks::{self, VerdictMark};
use super::measure::Measure;
use super::rule::ValueUnit;
use super::search::{self, FamilySearch};
use super::span::JudgedSpan;
use super::timing;
use super::verdict::{Observation, Verdict, judge};
use crate::error::{Error, Result};
use crate::market::format_time;
use crate::stats::{Interval, MonteCarloError};

/// How to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateOptions {
    /// Ask the interval as well as the value.
    pub strict: bool,
    /// Bootstrap resamples behind an interval.
    pub resamples: u32,
    /// Whether a marked PASS is none, also where the criteria do not say so.
    pub no_marks: bool,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self { strict: true, resamples: 1000, no_marks: false }
    }
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateReport {
    /// PASS, FAIL or INCONCLUSIVE.
    pub overall: Verdict,
    /// Why, in a sentence.
    pub why: String,
    /// Which run.
    pub run_id: String,
    /// Which variant of the system.
    pub variant: String,
    /// Which system was run.
    pub system: String,
    /// Which system the criteria are for, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria_system: Option<String>,
    /// Over which spans acceptance rules were judged.
    pub judged: String,
    /// Whether intervals were asked as well as values.
    pub strict: bool,
    /// The seed of all resampling, in hexadecimal: it comes from trades and equity ([`Evidence::seed`]).
    pub seed: String,
    /// Whether exposure was staged.
    pub staged: bool,
    /// SHA-256 of the criteria.
    pub criteria_sha256: String,
    /// Closed trades of the run, shadow trades left out.
    pub trades: u64,
    /// Of these, how many had stop and target inside one bar, so that another path inside it changes the outcome.
    pub ambiguous_trades: u64,
    /// The trials that the run is one of, and what luck would have made of the best of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<FamilySearch>,
    /// Rows by verdict.
    pub counts: VerdictCounts,
    /// What a sceptic would object to, in the order of the kinds.
    pub marks: Vec<VerdictMark>,
    /// Whether a marked PASS is none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_marks: bool,
    /// One row a rule, as many as there are regimes for a rule on each of them.
    pub rows: Vec<CriterionRow>,
    /// The overall verdict and its sentence by the rows alone.
    #[serde(skip)]
    pub(super) by_rows: (Verdict, String),
}

/// Rows by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct VerdictCounts {
    /// Rules met, and alerts that stayed quiet.
    pub pass: u64,
    /// Rules not met, and alerts that fired.
    pub fail: u64,
    /// Rules the sample does not decide.
    pub inconclusive: u64,
    /// Rules a replay cannot judge.
    pub not_applicable: u64,
    /// Judged rows that count in the overall verdict.
    pub deciding: u64,
    /// Of these, how many are met.
    pub deciding_pass: u64,
    /// Of these, how many are not.
    pub deciding_fail: u64,
    /// Of these, how many are inconclusive.
    pub deciding_inconclusive: u64,
}

/// One rule and what it says about the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriterionRow {
    /// The rule's id; a rule on each regime has the regime after it, in short where the scheme has short forms (`SC2.4.TR`).
    pub id: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Acceptance or alert.
    pub kind: CriterionKind,
    /// Where it stands in the deployment plan.
    pub phase: String,
    /// Whose metric.
    pub scope: String,
    /// What was measured.
    pub metric: String,
    /// The rule as text; for an alert, when it fires.
    pub rule: String,
    /// How its values are printed.
    pub unit: ValueUnit,
    /// What was measured; for an alert the worst value.
    pub observed: Option<f64>,
    /// 95 % interval.
    pub interval: Option<Interval>,
    /// Where the ends of an interval from resamples may lie, 99 % each; none of any other interval.
    pub monte_carlo_error: Option<MonteCarloError>,
    /// How the interval was found.
    pub method: String,
    /// Size of the sample.
    pub n: u64,
    /// What it counts.
    pub n_unit: &'static str,
    /// Smallest sample that is judged.
    pub min_n: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it counts in the overall verdict.
    pub decides: bool,
    /// Why, where that is not plain from the numbers.
    pub reason: Option<String>,
    /// Start of the span measured (UTC).
    pub from: String,
    /// End of the span measured (UTC).
    pub to: String,
    /// When an alert fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertSummary>,
    /// The rule in words.
    pub says: String,
}

/// Judges a run by its criteria.
///
/// # Errors
/// The tables are not sound, or a criterion names a regime, table, column or text that no run of its system has.
pub fn judge_run(criteria: &Criteria, evidence: &Evidence<'_>, options: &GateOptions) -> Result<GateReport> {
    evidence.check()?;
    criteria.fits(&evidence.regimes)?;
    for c in criteria.rules.iter().filter(|c| c.not_applicable.is_none()) {
        absent(c, &criteria.system, evidence)?;
    }
    let mut measure = Measure::new(evidence, options.resamples);
    let mut rows = Vec::with_capacity(criteria.rules.len());
    let mut hidden = vec![];
    for c in criteria.rules.iter().flat_map(|c| c.on_each(&evidence.regimes)) {
        let row = row(&c, criteria, &mut measure, options)?;
        hidden.extend(marks::hidden(&c, criteria, &row, &mut measure));
        rows.push(row);
    }
    let decided = count(&rows).deciding;
    rows.extend(criteria.demands.rows(evidence));
    rows.extend(timing::rows(evidence));
    rows.extend(search::row(evidence));
    let counts = count(&rows);
    let t = &evidence.main.trades;
    let closed = || t.shadow.iter().zip(&t.ambiguous).filter(|(shadow, _)| !**shadow);
    // What no criterion asked for may leave a run open or fail it, and never pass it.
    let by_rows = match decided {
        0 if counts.deciding_fail == 0 => (Verdict::Inconclusive, "No criterion decides.".to_owned()),
        _ => overall(&counts),
    };
    let judged = if evidence.staged {
        "Exposure was staged: acceptance rules are judged over their documented windows."
    } else {
        "Full exposure from the first bar: acceptance rules are judged over the whole run, not over the windows of a \
         deployment; rolling alerts are shown and do not decide."
    };
    let mut report = GateReport {
        overall: by_rows.0,
        why: by_rows.1.clone(),
        run_id: evidence.run_id.clone(),
        variant: evidence.variant.clone(),
        system: evidence.system.clone(),
        criteria_system: (criteria.system != evidence.system).then(|| criteria.system.clone()),
        judged: judged.into(),
        strict: options.strict,
        seed: format!("{:016x}", evidence.seed),
        staged: evidence.staged,
        criteria_sha256: criteria.sha256.clone(),
        trades: closed().count() as u64,
        ambiguous_trades: closed().filter(|(_, ambiguous)| **ambiguous).count() as u64,
        search: evidence.search.clone(),
        counts,
        marks: vec![],
        no_marks: options.no_marks || criteria.demands.no_marks,
        rows,
        by_rows,
    };
    marks::marks(criteria, evidence, options, &hidden).into_iter().for_each(|mark| report.add_mark(mark));
    Ok(report)
}

/// Why a run does not state what a rule is scaled by: where what it is about was not studied, that is why.
fn missing_fact(c: &Criterion, fact: &str, e: &Evidence<'_>) -> String {
    let studied = match &c.metric {
        CriterionMetric::Validity(metric, prior) => metric.observe(e, *prior).missing,
        _ => None,
    };
    studied.unwrap_or_else(|| format!("the run does not state {fact}"))
}

fn row(c: &Criterion, all: &Criteria, measure: &mut Measure, options: &GateOptions) -> Result<CriterionRow> {
    let e = measure.evidence();
    let span = span(&c.window, all, e)?;
    let (rule, missing_fact) = match &c.times_fact {
        None => (c.rule, None),
        Some(fact) => match e.facts.get(fact) {
            Some(x) => (c.rule.scaled(*x), None),
            None => (c.rule, Some(missing_fact(c, fact, e))),
        },
    };
    let mut alert = None;
    let foreign = all.system != e.system;
    let lacks = absent(c, &all.system, e)?.or_else(|| match &c.metric {
        CriterionMetric::Fact(fact) if foreign && !e.facts.contains_key(fact) => {
            Some(format!("runs of system {} do not state {fact}", e.system))
        }
        _ => c
            .times_fact
            .as_ref()
            .filter(|f| foreign && !e.facts.contains_key(*f))
            .map(|fact| format!("runs of system {} do not state {fact}", e.system)),
    });
    let (verdict, reason, o) = if let Some(why) = &c.not_applicable {
        (Verdict::NotApplicable, Some(why.clone()), Observation::default())
    } else if let Some(why) = lacks {
        (Verdict::NotApplicable, Some(why), Observation::default())
    } else if let Some(why) = missing_fact {
        (Verdict::Inconclusive, Some(why), Observation::default())
    } else if c.kind == CriterionKind::Alert {
        let (verdict, reason, summary) = watch(c, rule, e);
        let o = Observation {
            value: summary.worst,
            n: summary.bars_evaluated,
            n_unit: "bars",
            method: format!("worst rolling value over {}", window_text(&c.window)),
            ..Observation::default()
        };
        alert = Some(summary);
        (verdict, reason, o)
    } else {
        let o = measure.observe(c, &span);
        let (verdict, reason) = match &span.cut {
            Some(why) => (Verdict::Inconclusive, Some(why.clone())),
            None => judge(c, rule, &o, options.strict),
        };
        (verdict, reason, o)
    };
    let text = rule.text(c.unit);
    let rule = match c.kind {
        CriterionKind::Acceptance => text,
        CriterionKind::Alert => format!("alert {text}"),
    };
    let name = match c.metric {
        // That of daily closes has the plain name in a summary.
        CriterionMetric::MaxDrawdown => "max_drawdown_bars".to_owned(),
        _ => c.metric.to_string(),
    };
    let metric = match &c.scope.subject {
        Subject::Paired { of, with, change: Change::Absolute } => format!("{} {of}-{with}", name),
        Subject::Paired { of, with, change: Change::Relative } => format!("{} {of}/{with}-1", name),
        Subject::Variant(v) => format!("{} {v}", name),
        Subject::Run | Subject::System => name,
    };
    Ok(CriterionRow {
        id: c.id.clone(),
        severity: c.severity,
        kind: c.kind,
        phase: c.phase.clone(),
        scope: c.scope.to_string(),
        metric,
        rule,
        unit: c.unit,
        observed: o.value.filter(|x| x.is_finite()),
        interval: o.interval,
        monte_carlo_error: o.error,
        method: o.method,
        n: o.n,
        n_unit: o.n_unit,
        min_n: c.min_n,
        verdict,
        reason,
        from: format_time(span.from_ms),
        to: format_time(span.to_ms),
        decides: decides(c, e),
        alert,
        says: c.says.clone(),
    })
}

fn window_text(window: &CriterionWindow) -> String {
    match window {
        CriterionWindow::Run => "the run".into(),
        CriterionWindow::Named(name) => name.clone(),
        CriterionWindow::Trailing(ms) => {
            crate::market::Timeframe::from_ms(*ms).map_or_else(String::new, |t| t.to_string())
        }
        CriterionWindow::LastTrades(n) => format!("{n} trades"),
    }
}

/// The span a criterion is measured over.
pub(super) fn span(window: &CriterionWindow, all: &Criteria, e: &Evidence) -> Result<JudgedSpan> {
    let whole = JudgedSpan { from_ms: e.start_ms, to_ms: e.end_ms, phase: false, cut: None };
    let CriterionWindow::Named(name) = window else { return Ok(whole) };
    if !e.staged {
        return Ok(whole);
    }
    let Some(w) = all.windows.iter().find(|w| w.name == *name) else {
        return Err(Error::internal(
            "criteria",
            format!("window {name:?} passed validation but is not defined"),
        ));
    };
    let (from_ms, to_ms) = (e.start_ms.saturating_add(w.from_ms), e.start_ms.saturating_add(w.to_ms));
    let cut = (e.end_ms < to_ms)
        .then(|| format!("the run ends at {}, the window at {}", format_time(e.end_ms), format_time(to_ms)));
    Ok(JudgedSpan { from_ms: from_ms.min(e.end_ms), to_ms: to_ms.min(e.end_ms), phase: true, cut })
}

fn count(rows: &[CriterionRow]) -> VerdictCounts {
    let mut c = VerdictCounts::default();
    for row in rows {
        let (all, deciding) = match row.verdict {
            Verdict::Pass => (&mut c.pass, &mut c.deciding_pass),
            Verdict::Fail => (&mut c.fail, &mut c.deciding_fail),
            Verdict::Inconclusive => (&mut c.inconclusive, &mut c.deciding_inconclusive),
            Verdict::NotApplicable => {
                c.not_applicable += 1;
                continue;
            }
        };
        *all += 1;
        if row.decides {
            *deciding += 1;
            c.deciding += 1;
        }
    }
    c
}

/// Whether a rule counts in the overall verdict: targets and critical rules do, but a rolling alert only where exposure
/// was staged. Over years of replay a 30-day alert fires on sound systems too (30 trades at a true win rate of 58 % fall
/// below 45 % with a probability of 0.08, month after month), so there it is shown and does not decide.
pub(super) fn decides(c: &Criterion, e: &Evidence) -> bool {
    c.severity.decides() && (c.kind == CriterionKind::Acceptance || e.staged)
}

/// The rows that decide: one failure fails, else one open question leaves it open.
fn overall(c: &VerdictCounts) -> (Verdict, String) {
    let n = c.deciding;
    if c.deciding_fail > 0 {
        (Verdict::Fail, format!("{} of {n} deciding rows fail.", c.deciding_fail))
    } else if c.deciding_inconclusive > 0 {
        let open = c.deciding_inconclusive;
        (Verdict::Inconclusive, format!("No deciding row fails, but {open} of {n} are inconclusive."))
    } else {
        (Verdict::Pass, format!("All {n} deciding rows pass."))
    }
}

impl GateReport {
    /// Exit code of a command that ends on this verdict: 0 PASS, 3 FAIL, 4 INCONCLUSIVE.
    pub fn exit_code(&self) -> u8 {
        match self.overall {
            Verdict::Pass => 0,
            Verdict::Fail => 3,
            Verdict::Inconclusive | Verdict::NotApplicable => 4,
        }
    }

    /// The report as `verdict.json`: the same bytes for the same run and criteria.
    pub fn json(&self) -> Result<String> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::internal("verdict.json", format!("cannot be written: {e}")).caused_by(e))?;
        text.push('\n');
        Ok(text)
    }
}
