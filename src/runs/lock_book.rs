//! All ledgers that days may be locked by, and which of them are locked of some bars.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Inputs;
use super::ledger::{HistorySketch, LEDGER, LOCK, LedgerEntry, ROWS, TrialLedger, days_of_span};
use super::locks::{DayLock, DaySpan, HoldoutSeal, SEAL, span_of};
use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::market::Bars;

/// Bars that are about to be read.
#[derive(Debug, Clone, Copy)]
pub struct ReadBars<'a> {
    /// Those that are read.
    bars: &'a Bars,
    /// All of their file.
    whole: &'a Bars,
    /// Bars that open from here on are not read, milliseconds UTC.
    until_ms: i64,
}

impl<'a> ReadBars<'a> {
    /// Those of a file.
    pub fn of(loaded: &'a Loaded) -> Self {
        Self { bars: &loaded.bars, whole: &loaded.whole, until_ms: i64::MAX }
    }

    /// The bars of some symbols.
    pub fn of_each(symbols: &'a [Loaded]) -> Vec<Self> {
        symbols.iter().map(Self::of).collect()
    }

    /// Identities of both.
    pub(super) fn ids(&self) -> [&'a str; 2] {
        [self.whole.id(), self.bars.id()]
    }
}

impl Inputs {
    /// All bars that are read: of symbols, finer ones, and prices of currencies.
    pub fn read_bars(&self) -> Vec<ReadBars<'_>> {
        let mut read = ReadBars::of_each(&self.symbols);
        // The others are read as far as the symbols go.
        let ends = self.symbols.iter().filter(|l| !l.bars.is_empty());
        let until_ms = ends.map(|l| l.bars.close_time(l.bars.len() - 1)).max().unwrap_or(i64::MIN);
        let finer = self.symbols.iter().filter_map(|l| l.detail.as_ref()).map(|d| d.detail.fine());
        read.extend(finer.map(|fine| ReadBars { bars: fine, whole: fine, until_ms }));
        read.extend(self.conversions.iter().map(|(_, l)| ReadBars { until_ms, ..ReadBars::of(l) }));
        read
    }
}

/// A lock, and the bars it is on.
#[derive(Debug, Clone, PartialEq)]
pub struct LockOver {
    /// The lock.
    pub lock: DayLock,
    /// The number of each of the bars, and its days that are locked.
    on: Vec<(usize, DaySpan)>,
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
            // The folder of a bare name is the one that is worked in.
            let p = if p.as_os_str().is_empty() { Path::new(".") } else { p };
            std::fs::canonicalize(p).or_else(|_| std::path::absolute(p)).unwrap_or_else(|_| p.to_owned())
        };
        let above = out
            .map(whole)
            .into_iter()
            .flat_map(|out| out.ancestors().map(Path::to_owned).collect::<Vec<_>>());
        if let Some(file) = registry.filter(|r| r.is_file()) {
            return Err(Error::usage(file.display(), "is a file, and no folder of locks")
                .hint("name the folder of the user's own locks in ASSAY_REGISTRY"));
        }
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
                sketches: ledger.sketches_of(&t.data)?,
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

    /// The locks on these bars, each with those it is on.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn over(&self, read: &[ReadBars<'_>]) -> Result<Vec<LockOver>> {
        let locks = self.locks()?;
        if locks.is_empty() {
            return Ok(vec![]);
        }
        let known: Vec<HistorySketch> = read.iter().map(|r| HistorySketch::of(r.whole)).collect();
        let each = |lock: &DayLock, k: usize| Some((k, lock.days_of(&read[k], &known[k])?));
        let on = |lock: &DayLock| (0..read.len()).filter_map(|k| each(lock, k)).collect::<Vec<_>>();
        let found = locks.into_iter().map(|lock| LockOver { on: on(&lock), lock });
        Ok(found.filter(|l| !l.on.is_empty()).collect())
    }

    /// Who opened days of these bars that were locked away.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn opened_over(&self, read: &[ReadBars<'_>]) -> Result<Vec<HoldoutSeal>> {
        Ok(self.over(read)?.into_iter().filter_map(|over| over.lock.opened).collect())
    }

    /// How many trials were made on some days of these bars, in whatever form.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn tried_on(&self, read: &[ReadBars<'_>], span: &DaySpan) -> Result<u64> {
        let mut ids: Vec<String> = read.iter().flat_map(ReadBars::ids).map(str::to_owned).collect();
        ids.extend(self.over(read)?.into_iter().flat_map(|over| over.lock.data));
        let sketches: Vec<_> = read.iter().map(|r| HistorySketch::of(r.whole)).collect();
        let mut once = BTreeSet::new();
        let mut count = 0;
        for (_, ledger) in &self.ledgers {
            let related = ledger.related_to(&ids, &sketches, days_of_span(span.from_ms, span.to_ms))?;
            let on = ledger.touching(&related, span.from_ms, span.to_ms);
            count += on.filter(|t| once.insert(t.key.as_str())).map(|t| t.count).sum::<u64>();
        }
        Ok(count)
    }

    /// The first bar of these that is locked away and not opened; locks from `spare_ms` on are left out.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn first_locked(&self, read: &[ReadBars<'_>], spare_ms: Option<i64>) -> Result<Option<LockedReach>> {
        self.first_locked_but(read, |_, days| spare_ms.is_some_and(|spare| days.from_ms >= spare))
    }

    /// The same, but for locks whose days on some bars are `spared`.
    ///
    /// # Errors
    /// As [`Self::locks`].
    pub fn first_locked_but(
        &self,
        read: &[ReadBars<'_>],
        spared: impl Fn(&DayLock, &DaySpan) -> bool,
    ) -> Result<Option<LockedReach>> {
        let mut first: Option<LockedReach> = None;
        for LockOver { lock, on } in self.over(read)? {
            if lock.opened.is_some() {
                continue;
            }
            for (ReadBars { bars, until_ms, .. }, days) in on.iter().map(|(k, days)| (read[*k], days)) {
                if spared(&lock, days) {
                    continue;
                }
                let Some(k) = first_bar_in(bars, days) else { continue };
                let from_ms = bars.open_time()[k];
                if from_ms < until_ms && first.as_ref().is_none_or(|f| from_ms < f.from_ms) {
                    first = Some(LockedReach { lock: lock.clone(), from_ms, at_once: k == 0 });
                }
            }
        }
        Ok(first)
    }
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

/// Whether a file is another program's: no line of it has what links the lines of a ledger, and nothing that belongs to one
/// lies beside it. One that is damaged is still a ledger.
fn is_foreign(path: &Path) -> bool {
    if path.is_dir() {
        return true;
    }
    let Ok(bytes) = std::fs::read(path) else { return false };
    let links = |line: &[u8]| {
        let line = serde_json::from_slice::<serde_json::Value>(line).unwrap_or_default();
        line.get("before").is_some() && line.get("hash").is_some()
    };
    let beside = path.parent().is_some_and(|folder| folder.join(ROWS).is_dir());
    !bytes.is_empty() && !beside && !bytes.split(|b| *b == b'\n').any(links)
}
