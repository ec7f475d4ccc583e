//! Days that are locked away: who locked them, on which bars, and who opened them.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Inputs;
use super::ledger::{
    HistoryRelation, HistorySketch, LOCK, LedgerEntry, LedgerWriter, TrialLedger, Trials, days_of_span,
};
use super::lock_book::ReadBars;
use crate::data::sha256_hex;
use crate::error::Result;
use crate::market::format_time;
use crate::scenario::Scenario;

/// Kind of the lines that say what will be judged on locked days, before anything is evaluated on them.
pub(super) const SEAL: &str = "seal";

const DAY_MS: i64 = 86_400_000;

/// Whole days, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    /// Where the first begins, milliseconds UTC.
    pub from_ms: i64,
    /// Where the last ends.
    pub to_ms: i64,
    /// How many of them are judged: in a market with sessions those on which it trades.
    pub days: u64,
}

impl DaySpan {
    /// With so much more at both ends.
    fn widened(self, by_ms: i64) -> Self {
        Self { from_ms: self.from_ms.saturating_sub(by_ms), to_ms: self.to_ms.saturating_add(by_ms), ..self }
    }

    /// Whether it shares time with the span from `from_ms` to `to_ms`.
    pub fn overlaps(&self, from_ms: i64, to_ms: i64) -> bool {
        self.from_ms < to_ms && from_ms < self.to_ms
    }
}

impl std::fmt::Display for DaySpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let day = |ms: i64| format_time(ms).chars().take(10).collect::<String>();
        write!(f, "{} to {}", day(self.from_ms), day(self.to_ms - 1))
    }
}

/// A line that says that days are judged on, whatever became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldoutSeal {
    /// What is judged: the same key is the same choice.
    pub key: String,
    /// The scenario of it.
    pub scenario: String,
    /// The days.
    pub span: DaySpan,
    /// Keys of the locks that it opens.
    pub opens: Vec<String>,
    /// Identities of the bars.
    pub data: Vec<String>,
    /// The ledger it stands in.
    pub ledger: PathBuf,
    /// Its line there.
    pub line: u64,
}

/// Days that are locked away, or were until somebody opened them.
#[derive(Debug, Clone, PartialEq)]
pub struct DayLock {
    /// Bars and days in short: the same in every ledger.
    pub key: String,
    /// The scenario that locked them.
    pub scenario: String,
    /// The days.
    pub span: DaySpan,
    /// Identities of the bars.
    pub data: Vec<String>,
    /// What they are known by in another form.
    pub sketches: Vec<HistorySketch>,
    /// The ledger it stands in.
    pub ledger: PathBuf,
    /// Who opened it.
    pub opened: Option<HoldoutSeal>,
}

impl Trials {
    /// Says which days of what was tried had been opened before.
    pub fn say_seen(&mut self, opened: &[HoldoutSeal]) {
        let seen = opened.iter().find(|s| s.span.overlaps(self.from_ms, self.to_ms));
        if let Some(seal) = seen {
            self.detail = Some(json!({ "seen_days": seen_days(&seal.span, &seal.scenario) }));
        }
    }
}

/// What is said of days that are judged although they were opened before.
fn seen_days(span: &DaySpan, scenario: &str) -> String {
    format!("days {span} were locked away until scenario {scenario:?} opened them")
}

/// Which days of what line `own` counts were opened before, in words: by what was known then, or by what its own ledger
/// knows of the same bars.
///
/// # Errors
/// A file of sketches is missing or was changed.
pub(super) fn seen_by(ledger: &TrialLedger, own: &Trials) -> Result<Option<String>> {
    if let Some(then) = own.detail.as_ref().and_then(|d| d["seen_days"].as_str()) {
        return Ok(Some(then.to_owned()));
    }
    let related = ledger.related(&own.data, days_of_span(own.from_ms, own.to_ms))?;
    let mut on = ledger.touching(&related, own.from_ms, own.to_ms);
    Ok(on.find(|t| t.kind == SEAL).map(|t| seen_days(&span_of(t), &t.scenario)))
}

impl DayLock {
    /// The days that are locked of some bars; none where they show another market. By another clock a day begins a day
    /// earlier or ends a day later at most.
    pub(super) fn days_of(&self, read: &ReadBars<'_>, sketch: &HistorySketch) -> Option<DaySpan> {
        if self.data.iter().any(|d| read.ids().contains(&d.as_str())) {
            return Some(self.span);
        }
        let (first, last) = days_of_span(self.span.from_ms, self.span.to_ms);
        // Other bars before and after them hide nothing.
        let locked = sketch.within(first, last);
        let both = |s: &HistorySketch| [s.relation(sketch), s.within(first, last).relation(&locked)];
        let relations = self.sketches.iter().flat_map(both);
        let mut found = None;
        for relation in relations {
            match relation {
                HistoryRelation::Same | HistoryRelation::Child => return Some(self.span),
                HistoryRelation::Moved => found = Some(self.span.widened(DAY_MS)),
                HistoryRelation::OtherMarketSameTime | HistoryRelation::OtherTime => {}
            }
        }
        found
    }
}

impl HoldoutSeal {
    pub(super) fn of(ledger: &Path, entry: &LedgerEntry) -> Self {
        let t = &entry.trials;
        let opens = t.detail.as_ref().and_then(|d| d["opens"].as_array()).into_iter().flatten();
        Self {
            key: t.key.clone(),
            scenario: t.scenario.clone(),
            span: span_of(t),
            opens: opens.filter_map(|k| k.as_str().map(str::to_owned)).collect(),
            data: t.data.clone(),
            ledger: ledger.to_owned(),
            line: entry.line,
        }
    }

    /// Who it was, and where that stands.
    pub fn says(&self) -> String {
        format!("scenario {:?} (line {} of {})", self.scenario, self.line, self.ledger.display())
    }
}

/// The days of a line.
pub(super) fn span_of(t: &Trials) -> DaySpan {
    let days = t.detail.as_ref().and_then(|d| d["days"].as_u64()).unwrap_or(0);
    DaySpan { from_ms: t.from_ms, to_ms: t.to_ms, days }
}

/// The line that locks days of the bars of a scenario away. The same bars and days give the same line.
pub fn lock_line(scenario: &Scenario, inputs: &Inputs, span: DaySpan) -> Trials {
    let whole: Vec<&str> = inputs.symbols.iter().map(|l| l.whole.id()).collect();
    let text = format!("assay lock 1\n{}\n{} {}\n", whole.join("\n"), span.from_ms, span.to_ms);
    Trials {
        kind: LOCK.to_owned(),
        scenario: scenario.name.clone(),
        system: scenario.system.name().to_owned(),
        family: Some(scenario.family.clone()),
        key: format!("{LOCK} {}", &sha256_hex(text.as_bytes())[..12]),
        data: inputs.histories(),
        from_ms: span.from_ms,
        to_ms: span.to_ms,
        rest: Some(0),
        detail: Some(json!({ "days": span.days })),
        sketches: inputs.sketches(),
        ..Trials::default()
    }
}

/// Adds a line to the ledger of each of these folders that lacks it.
///
/// # Errors
/// One is damaged or cannot be written.
pub fn add_to_all<'p>(folders: impl IntoIterator<Item = &'p Path>, line: &Trials) -> Result<()> {
    // All of them can be written, or none is.
    let ledgers: Vec<LedgerWriter> = folders.into_iter().map(LedgerWriter::open).collect::<Result<_>>()?;
    ledgers.into_iter().try_for_each(|mut ledger| ledger.add(line.clone()).map(|_| ()))
}
