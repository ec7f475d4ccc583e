//! Days that are locked away: who locked them, on which bars, and who opened them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Inputs;
use super::ledger::{HistorySketch, LEDGER, LOCK, LedgerEntry, LedgerWriter, TrialLedger, Trials};
use crate::data::{Loaded, sha256_hex};
use crate::error::Result;
use crate::market::{Bars, format_time};
use crate::scenario::Scenario;

/// Kind of the lines that say what will be judged on locked days, before anything is evaluated on them.
pub(super) const SEAL: &str = "seal";

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

/// The first bar that is locked away.
#[derive(Debug, Clone, PartialEq)]
pub struct LockedReach {
    /// By which lock.
    pub lock: DayLock,
    /// Where it opens, milliseconds UTC.
    pub from_ms: i64,
    /// Whether it is the first bar of all.
    pub at_once: bool,
}

/// All ledgers that locks are looked for in.
#[derive(Debug, Clone, Default)]
pub struct LockBook {
    ledgers: Vec<(PathBuf, TrialLedger)>,
    notes: Vec<String>,
}

impl LockBook {
    /// Reads the ledger of a folder of results, those of all folders above it, and that of the user's own folder. What lies
    /// above under the name of a ledger and is none is left out.
    ///
    /// # Errors
    /// One of them is damaged or cannot be read.
    pub fn read(out: Option<&Path>, registry: Option<&Path>) -> Result<Self> {
        let whole = |p: &Path| {
            std::fs::canonicalize(p).or_else(|_| std::path::absolute(p)).unwrap_or_else(|_| p.to_owned())
        };
        let above = out
            .map(whole)
            .into_iter()
            .flat_map(|out| out.ancestors().map(Path::to_owned).collect::<Vec<_>>());
        let own: Vec<PathBuf> = [out, registry].into_iter().flatten().map(whole).collect();
        let (mut ledgers, mut notes): (Vec<(PathBuf, TrialLedger)>, _) = (vec![], vec![]);
        for folder in above.chain(registry.map(whole)) {
            let path = folder.join(LEDGER);
            if ledgers.iter().any(|(known, _)| *known == path) {
                continue;
            }
            if !own.contains(&folder) && is_foreign(&path) {
                notes.push(format!("{} is no ledger of trials and is not read", path.display()));
                continue;
            }
            let ledger = TrialLedger::read(&path)?;
            if !ledger.entries.is_empty() {
                ledgers.push((path, ledger));
            }
        }
        Ok(Self { ledgers, notes })
    }

    /// What a reader should be told of.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// The book of one ledger that was read.
    pub fn only(path: PathBuf, ledger: TrialLedger) -> Self {
        Self { ledgers: vec![(path, ledger)], notes: vec![] }
    }

    /// Every line of a kind, with its ledger.
    fn lines<'b>(
        &'b self,
        kind: &'b str,
    ) -> impl Iterator<Item = (&'b Path, &'b TrialLedger, &'b LedgerEntry)> {
        let of = move |(path, ledger): &'b (PathBuf, TrialLedger)| {
            let entries = ledger.entries.iter().filter(move |e| e.trials.kind == kind);
            entries.map(move |e| (path.as_path(), ledger, e))
        };
        self.ledgers.iter().flat_map(of)
    }

    /// All seals.
    pub fn seals(&self) -> Vec<HoldoutSeal> {
        self.lines(SEAL).map(|(path, _, e)| HoldoutSeal::of(path, e)).collect()
    }

    /// All locks, each once, in the order of the ledgers and their lines.
    ///
    /// # Errors
    /// The file of a lock is missing or was changed.
    pub fn locks(&self) -> Result<Vec<DayLock>> {
        let seals = self.seals();
        let mut locks: Vec<DayLock> = vec![];
        for (path, ledger, e) in self.lines(LOCK) {
            let t = &e.trials;
            if locks.iter().any(|l| l.key == t.key) {
                continue;
            }
            locks.push(DayLock {
                key: t.key.clone(),
                scenario: t.scenario.clone(),
                span: span_of(t),
                data: t.data.clone(),
                sketches: ledger.sketches(e)?,
                ledger: path.to_owned(),
                opened: seals.iter().find(|s| s.opens.contains(&t.key)).cloned(),
            });
        }
        Ok(locks)
    }

    /// The folders of all ledgers that hold one of these locks.
    pub fn folders_of(&self, locks: &[String]) -> Vec<PathBuf> {
        let holds = |ledger: &TrialLedger| locks.iter().any(|key| ledger.holds(key));
        let holding = self.ledgers.iter().filter(|(_, ledger)| holds(ledger));
        holding.filter_map(|(path, _)| path.parent().map(Path::to_owned)).collect()
    }

    /// The locks on the bars of these symbols, each with the symbols it is on.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn over(&self, symbols: &[Loaded]) -> Result<Vec<(DayLock, Vec<usize>)>> {
        let locks = self.locks()?;
        if locks.is_empty() {
            return Ok(vec![]);
        }
        let known: Vec<HistorySketch> = symbols.iter().map(|l| HistorySketch::of(&l.whole)).collect();
        let on = |lock: &DayLock| -> Vec<usize> {
            (0..symbols.len()).filter(|k| lock.is_on(&symbols[*k], &known[*k])).collect()
        };
        let found = locks.into_iter().map(|lock| (on(&lock), lock)).filter(|(on, _)| !on.is_empty());
        Ok(found.map(|(on, lock)| (lock, on)).collect())
    }

    /// Who opened days of these symbols that were locked away.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn opened_over(&self, symbols: &[Loaded]) -> Result<Vec<HoldoutSeal>> {
        Ok(self.over(symbols)?.into_iter().filter_map(|(lock, _)| lock.opened).collect())
    }

    /// How many trials were made on some days of the bars of these symbols. In another form bars are known where days of
    /// them are locked.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn tried_on(&self, symbols: &[Loaded], span: &DaySpan) -> Result<u64> {
        let own = symbols.iter().flat_map(|l| [l.whole.id(), l.bars.id()]).map(str::to_owned);
        let mut ids: Vec<String> = own.collect();
        ids.extend(self.over(symbols)?.into_iter().flat_map(|(lock, _)| lock.data));
        let mut once = BTreeSet::new();
        let on = self.ledgers.iter().flat_map(|(_, l)| l.touching(&ids, span.from_ms, span.to_ms));
        Ok(on.filter(|t| once.insert(t.key.as_str())).map(|t| t.count).sum())
    }

    /// The first bar of these that is locked away and not opened; locks from `spare_ms` on are left out.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn first_locked(&self, symbols: &[Loaded], spare_ms: Option<i64>) -> Result<Option<LockedReach>> {
        let mut first: Option<LockedReach> = None;
        for (lock, on) in self.over(symbols)? {
            if lock.opened.is_some() || spare_ms.is_some_and(|spare| lock.span.from_ms >= spare) {
                continue;
            }
            for bars in on.into_iter().map(|k| &symbols[k].bars) {
                let Some(k) = first_bar_in(bars, &lock.span) else { continue };
                let from_ms = bars.open_time()[k];
                if first.as_ref().is_none_or(|f| from_ms < f.from_ms) {
                    first = Some(LockedReach { lock: lock.clone(), from_ms, at_once: k == 0 });
                }
            }
        }
        Ok(first)
    }
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
pub(super) fn seen_by(ledger: &TrialLedger, own: &Trials) -> Option<String> {
    let then = own.detail.as_ref().and_then(|d| d["seen_days"].as_str()).map(str::to_owned);
    let opened = |t: &&Trials| {
        t.kind == SEAL
            && span_of(t).overlaps(own.from_ms, own.to_ms)
            && t.data.iter().any(|d| own.data.contains(d))
    };
    let now = || ledger.entries.iter().map(|e| &e.trials).find(opened);
    then.or_else(|| now().map(|t| seen_days(&span_of(t), &t.scenario)))
}

/// The first of `bars` that closes after the first of some days begins, where one lies in them.
pub(super) fn first_bar_in(bars: &Bars, span: &DaySpan) -> Option<usize> {
    let opens = bars.open_time();
    let mut k = opens.partition_point(|t| *t < span.from_ms);
    while k > 0 && bars.close_time(k - 1) > span.from_ms {
        k -= 1;
    }
    (*opens.get(k)? < span.to_ms).then_some(k)
}

impl DayLock {
    fn is_on(&self, loaded: &Loaded, sketch: &HistorySketch) -> bool {
        let ids = [loaded.whole.id(), loaded.bars.id()];
        self.data.iter().any(|d| ids.contains(&d.as_str()))
            || self.sketches.iter().any(|s| s.is_of_one_market(sketch))
    }
}

impl HoldoutSeal {
    fn of(ledger: &Path, entry: &LedgerEntry) -> Self {
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

/// Whether a file is another program's: its first line has not what links the lines of a ledger.
fn is_foreign(path: &Path) -> bool {
    if path.is_dir() {
        return true;
    }
    let Ok(bytes) = std::fs::read(path) else { return false };
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = serde_json::from_slice::<serde_json::Value>(first).unwrap_or_default();
    !bytes.is_empty() && (line.get("before").is_none() || line.get("hash").is_none())
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
        sketches: inputs.symbols.iter().map(|l| HistorySketch::of(&l.whole)).collect(),
        ..Trials::default()
    }
}

/// Adds a line to the ledger of each of these folders that lacks it.
///
/// # Errors
/// One is damaged or cannot be written.
pub fn add_to_all<'p>(folders: impl IntoIterator<Item = &'p Path>, line: &Trials) -> Result<()> {
    folders.into_iter().try_for_each(|folder| LedgerWriter::open(folder)?.add(line.clone()).map(|_| ()))
}
