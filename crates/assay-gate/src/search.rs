//! The row that no file of criteria asks for: whether the best of all trials of a family would look this good by luck.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::choice::SearchChoice;
use super::criteria::{CriterionKind, Severity};
use super::evidence::Evidence;
use super::marks::{VerdictMark, VerdictMarkKind};
use super::report::CriterionRow;
use super::rule::ValueUnit;
use super::search_placebos::SearchPlacebos;
use super::verdict::Verdict;
use crate::market::format_time;
use crate::stats::{EDGE_SHARPE_ANNUAL, EdgePrior, Interval};

/// What is known of the trials that a candidate is the best of, or one of.
///
/// Shares and probabilities are fractions; Sharpe ratios are annual; what cannot be computed is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FamilySearch {
    /// The family of trials.
    pub family: String,
    /// Trials of the family whose days overlap with the candidate's, repetitions among them.
    pub trials: u64,
    /// Of these, repetitions of another: the same settings, or the same daily returns.
    pub duplicates: u64,
    /// Of these, trials without a value: fewer than 30 days, or returns that do not vary.
    pub not_measured: u64,
    /// Of these, trials that are not stored because one that is correlates with each by .999 and more.
    pub absorbed: u64,
    /// Of these, trials of which only the number is known.
    pub rest: u64,
    /// Of these, trials whose settings were chosen by results of the same search.
    pub adaptive: u64,
    /// Trials by kind of work.
    pub by_kind: BTreeMap<String, u64>,
    /// Scenarios that the family was evaluated by.
    pub scenarios: u64,
    /// Which verdict of the family this is, from 1.
    pub ask: u64,
    /// The level it is judged at.
    pub level: f64,
    /// Chance that the best of all these trials looks at least this good if all of them are worthless.
    pub family_p: Option<f64>,
    /// 99 % interval of it for the error of the draws.
    pub family_p_interval: Option<Interval>,
    /// Draws behind it.
    pub draws: u64,
    /// The same with the trials of the family at all times.
    pub family_p_ever: Option<f64>,
    /// The same with the trials of all families on the same bars.
    pub family_p_bars: Option<f64>,
    /// Trials of the family at other times, or of any family on the same bars, that were chosen by results.
    #[serde(default)]
    pub adaptive_elsewhere: u64,
    /// Verdicts that were asked of runs on the same bars, whatever their family.
    #[serde(default)]
    pub asks_on_bars: u64,
    /// The level of the last of these.
    #[serde(default)]
    pub level_on_bars: f64,
    /// Sharpe ratio that the best of these trials is expected to show by luck alone.
    pub expected_max_sharpe: Option<f64>,
    /// Number of independent trials with the same expected maximum.
    pub effective_trials: Option<f64>,
    /// Sharpe ratio of the daily returns that are judged.
    pub sharpe: Option<f64>,
    /// Chance that the true Sharpe ratio is above what luck is expected to show.
    pub deflated_sharpe: Option<f64>,
    /// Chance of so good a best if all trials were independent.
    pub sidak_p: Option<f64>,
    /// Days needed for the Sharpe ratio to be above zero at 95 %.
    pub min_track_record_days: Option<f64>,
    /// Chance that a strategy whose true annual Sharpe ratio is 1 is found on so many such days, alone and at this level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
    /// Chance that there is no edge, if one idea in twenty has an annual Sharpe ratio of 1 above what luck is expected to
    /// show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ofdr: Option<f64>,
    /// Days that are judged.
    pub days: u64,
    /// Whether the run was judged on locked days, which were opened for it alone: it is the only trial on them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holdout: bool,
    /// Which hold-out of its family that is, from 1. Each is a test of its own at its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout_number: Option<u64>,
    /// Whether the ledger lacks lines that the run has seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ledger_short: bool,
    /// What was sealed of the search, when, and what became of it, in words; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// Whether that was sealed before any trial on these bars.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed_first: bool,
    /// Which locked days were opened before and are judged here, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_days: Option<String>,
    /// The sweep that found the setting, and what it says of its choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<SearchChoice>,
    /// What the searches that chose trials by results find on placebo bars, where that judges the candidate: of several the
    /// one with the largest `search_p`. The chance of luck of the family is a lower bound then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placebos: Option<SearchPlacebos>,
    /// Why nothing follows, whatever the numbers say.
    pub open: Option<String>,
    /// The ledger the trials were counted by; none where there is none.
    pub ledger: Option<LedgerHead>,
}

/// How far a ledger of trials went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Lines.
    pub lines: u64,
    /// Hash of the last.
    pub head: String,
}

impl FamilySearch {
    /// Whether the candidate is better than luck: one test decides. Where trials were chosen by results it is that of the
    /// placebos, and the chance among the trials that are known is a lower bound, which must be small as well.
    pub fn survives(&self) -> bool {
        let counted = self.family_p.is_some_and(|p| p <= self.level);
        self.open.is_none() && counted && self.placebos.as_ref().is_none_or(|p| p.at_most(self.level))
    }

    /// What a sceptic would object to in the search.
    pub(super) fn marks(&self) -> Vec<VerdictMark> {
        use VerdictMarkKind as Kind;
        let mut out = vec![];
        let mut add = |kind, says: String| out.push(VerdictMark::new(kind, says));
        if let Some(days) = &self.seen_days {
            add(Kind::SeenDays, days.clone());
        }
        if (self.scenarios > 1 || self.ask > 1) && !self.sealed_first {
            let says = format!(
                "{} scenarios of the family were evaluated, this is verdict {}, and no plan was sealed before: no count of \
                 trials prices a choice made by looking in between, days it has not seen do",
                self.scenarios, self.ask
            );
            add(Kind::UnsealedSearch, says);
        }
        let elsewhere = self.luck_elsewhere();
        if !elsewhere.is_empty() {
            add(Kind::LuckElsewhere, elsewhere.join("; "));
        }
        if let Some(why) = self.open.as_ref().filter(|_| self.ledger_short) {
            add(Kind::LedgerShort, why.clone());
        }
        out
    }

    /// Where luck explains it among other trials than those it is judged by, in words.
    pub fn luck_elsewhere(&self) -> Vec<String> {
        let Some(own) = self.family_p.filter(|p| *p <= self.level) else { return vec![] };
        let lucky = |p: Option<f64>| p.filter(|p| *p > self.level);
        let mut says = vec![];
        if let Some(p) = lucky(self.family_p_ever) {
            says.push(format!("with the trials of the family at all times luck explains it ({p:.4})"));
        }
        if let Some(p) = lucky(self.family_p_bars) {
            says.push(format!("with the trials of all families on these bars luck explains it ({p:.4})"));
        }
        if self.adaptive_elsewhere > self.adaptive {
            let n = self.adaptive_elsewhere - self.adaptive;
            says.push(format!("{n} trials of other families or times were chosen by looking at results"));
        }
        if self.asks_on_bars > self.ask && own > self.level_on_bars {
            let (n, level) = (self.asks_on_bars, percent(self.level_on_bars));
            says.push(format!("of {n} verdicts asked on these bars the last is judged at {level} %"));
        }
        says
    }

    /// Trials without repetitions.
    pub fn distinct(&self) -> u64 {
        self.trials - self.duplicates
    }
}

impl FamilySearch {
    /// What it says, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.counted()];
        let number =
            |v: Option<f64>, digits: usize| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.digits$}"));
        if let (Some(expected), Some(like)) = (self.expected_max_sharpe, self.effective_trials) {
            let seen = number(self.sharpe, 2);
            lines.push(match self.distinct() {
                0 => format!("were this the only trial, luck would show Sharpe {expected:.2}; seen: {seen}"),
                1 => format!(
                    "one trial: nothing was chosen, and luck alone is expected to show Sharpe {expected:.2}; seen: {seen}"
                ),
                _ => format!(
                    "best of them by luck alone: Sharpe {expected:.2} expected (like {like:.1} independent \
                     trials); seen: {seen}"
                ),
            });
        }
        if let (Some(p), Some(i)) = (self.family_p, &self.family_p_interval) {
            let says = match (&self.open, self.survives()) {
                (Some(_), _) => "nothing follows from it",
                (None, true) => "an edge survives",
                (None, false) => "luck explains it",
            };
            let interval = format!("({:.4} to {:.4})", i.lo, i.hi);
            lines.push(match (&self.placebos, self.adaptive) {
                (_, 0) => format!("probability of this by luck: {p:.4} {interval}: {says}"),
                (None, n) => format!(
                    "probability of this by luck: at least {p:.4} {interval}, {n} trials were chosen by results: {says}"
                ),
                (Some(placebos), n) => format!(
                    "probability of this by luck: at least {p:.4} {interval}, {n} trials were chosen by results; {}: {says}",
                    placebos.says()
                ),
            });
        }
        if self.deflated_sharpe.is_some() {
            lines.push(format!(
                "deflated Sharpe {}; Sidak over {}: {}; {}",
                number(self.deflated_sharpe, 3),
                self.distinct(),
                number(self.sidak_p, 4),
                self.track_record()
            ));
        }
        lines.extend(self.false_finds());
        lines.extend(self.choice.as_ref().map(SearchChoice::says));
        lines.extend(self.sealed.clone());
        lines.extend(self.open.iter().map(|why| format!("open: {why}")));
        lines.extend(self.ledger.iter().map(|l| {
            format!(
                "counted by a ledger of {} lines, head {}",
                l.lines,
                l.head.chars().take(12).collect::<String>()
            )
        }));
        lines
    }

    /// How many such finds are false, by three priors.
    fn false_finds(&self) -> Option<String> {
        let by = |prior: EdgePrior| Some(format!("{} %", percent(self.ofdr_by(prior)?)));
        let [few, many] = EdgePrior::SHOWN;
        Some(format!(
            "if 1 idea in 20 has a Sharpe ratio of {EDGE_SHARPE_ANNUAL}, {} of such finds are false (1 in 100: {}, 1 in 5: {})",
            by(EdgePrior::DEFAULT)?,
            by(few)?,
            by(many)?
        ))
    }

    /// How many days the Sharpe ratio would need, or why no number of them would do.
    fn track_record(&self) -> String {
        match (self.min_track_record_days, self.sharpe) {
            (Some(needed), _) => format!("minimum track record {needed:.0} days of {}", self.days),
            (None, Some(sharpe)) if sharpe <= 0.0 => {
                "no track record is long enough: the Sharpe ratio is not above zero".to_owned()
            }
            (None, _) => "the minimum track record cannot be computed".to_owned(),
        }
    }

    fn counted(&self) -> String {
        if self.holdout {
            let further = match self.holdout_number {
                Some(n) if n > 1 => format!("; hold-out {n} of the family, each at this level"),
                _ => String::new(),
            };
            return format!(
                "family {}: judged on a hold-out of {} days that nothing was chosen by, one trial at {} %{further}",
                self.family,
                self.days,
                percent(self.level)
            );
        }
        let mut parts = vec![];
        let mut part = |n: u64, what: &str| {
            if n > 0 {
                parts.push(format!("{n} {what}"))
            }
        };
        part(self.duplicates, "repeated");
        part(self.not_measured, "without a value");
        part(self.absorbed, "nearly another");
        part(self.rest, "counted only");
        let of = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        let s = if self.trials == 1 { "" } else { "s" };
        format!(
            "family {}: {} trial{s}{of} on these days, ask {} at {} %",
            self.family,
            self.trials,
            self.ask,
            percent(self.level)
        )
    }
}

/// A row that may leave a run open, and never passes or fails it alone.
pub(super) fn row(e: &Evidence<'_>) -> Option<CriterionRow> {
    let s = e.search.as_ref()?;
    let trials = match s.distinct() {
        1 => "1 trial".to_owned(),
        n => format!("{n} trials"),
    };
    let reason = match (&s.open, s.family_p) {
        (Some(why), _) => Some(why.clone()),
        (None, None) => Some("the chance of luck could not be computed".to_owned()),
        (None, Some(p)) if p > s.level => Some(format!(
            "the best of {trials} without any edge looks at least this good with a chance of {} %",
            percent(p)
        )),
        _ => None,
    };
    let counted = CriterionRow {
        id: "search.family_p".to_owned(),
        severity: Severity::Target,
        kind: CriterionKind::Acceptance,
        phase: "any".to_owned(),
        scope: "overall".to_owned(),
        metric: "family_p".to_owned(),
        rule: format!("<= {} %", percent(s.level)),
        unit: ValueUnit::Percent,
        observed: s.family_p,
        interval: s.family_p_interval,
        monte_carlo_error: None,
        method: format!("largest score of {trials}, {} draws, 99 %", s.draws),
        n: s.distinct(),
        n_unit: "trials",
        min_n: 1,
        verdict: if s.survives() { Verdict::Pass } else { Verdict::Inconclusive },
        decides: true,
        reason,
        from: format_time(e.start_ms),
        to: format_time(e.end_ms),
        alert: None,
        says: "the result is better than what the best of all trials of the family reaches by luck"
            .to_owned(),
    };
    let by_placebos = s.placebos.as_ref().filter(|_| s.family_p.is_some_and(|p| p <= s.level));
    Some(match by_placebos {
        Some(placebos) => replayed(counted, s, placebos),
        None => counted,
    })
}

/// The row of a search that chose trials by results, which its placebos judge.
fn replayed(counted: CriterionRow, s: &FamilySearch, placebos: &SearchPlacebos) -> CriterionRow {
    let lucky = (placebos.search_p > s.level).then(|| {
        let p = percent(placebos.search_p);
        format!("the whole search finds as much on placebo bars with a chance of {p} %")
    });
    CriterionRow {
        id: "search.search_p".to_owned(),
        metric: "search_p".to_owned(),
        observed: Some(placebos.search_p),
        interval: Some(placebos.interval),
        method: format!("the whole search on {} placebo histories, 95 %", placebos.n),
        n: placebos.n,
        n_unit: "placebos",
        reason: s.open.clone().or(lucky),
        says: "the result is better than what the whole search finds where directions cannot be predicted"
            .to_owned(),
        ..counted
    }
}

/// A share as percent, with as many digits as a small one needs.
pub fn percent(share: f64) -> String {
    let p = 100.0 * share;
    let digits = if p >= 10.0 { 0 } else { usize::from(p < 1.0) + 1 };
    let text = format!("{p:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
