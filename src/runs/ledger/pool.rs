//! The trials that a candidate is one of: what the best of them would have reached by luck.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{LedgerEntry, RelatedHistories, TrialLedger, TrialRow};
use crate::error::Result;
use crate::stats::TrialBlocks;

/// Most trials of a pool whose returns are held against each other; others are only counted.
const MOST_STORED: usize = 20_000;

const DAY_MS: i64 = 86_400_000;

/// Which trials are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolOf<'a> {
    /// Those of a family whose days overlap with the candidate's, on whatever market: choosing among markets is choosing.
    Family(&'a str),
    /// Those of a family at all times.
    FamilyEver(&'a str),
    /// Those of all families on these bars, in whatever form, at all times.
    Bars(&'a RelatedHistories),
}

/// Trials taken together, each counted once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrialPool {
    /// Evaluations that were counted, duplicates among them.
    pub trials: u64,
    /// Of these, repetitions of another: the same settings, or the same returns.
    pub duplicates: u64,
    /// Of these, trials without a value: too few days, or returns that do not vary.
    pub not_measured: u64,
    /// Of these, trials that are nearly another that is held.
    pub absorbed: u64,
    /// Of these, trials of which only the number is known.
    pub rest: u64,
    /// Of these, trials whose settings were chosen by results of the same work.
    pub adaptive: u64,
    /// What chose them: kind and id of the work.
    pub adaptive_by: BTreeSet<String>,
    /// Candidates that a search began with which dropped the worse early.
    pub halved: u64,
    /// Trials by kind of work.
    pub by_kind: BTreeMap<String, u64>,
    /// Scenarios that were evaluated.
    pub scenarios: BTreeSet<String>,
    /// Their returns in calendar blocks.
    pub blocks: Vec<TrialBlocks>,
}

impl TrialPool {
    /// The trials of `ledger` that belong together with one on the days `first` to `last`, in the order of its lines: what
    /// was counted later never changes which of those before are held.
    ///
    /// # Errors
    /// A file of rows is missing or was changed.
    pub fn of(ledger: &TrialLedger, of: PoolOf<'_>, days: (i32, i32)) -> Result<Self> {
        Self::of_stored(ledger, of, days, MOST_STORED)
    }

    /// The same, of which at most so many are held.
    pub(super) fn of_stored(
        ledger: &TrialLedger,
        of: PoolOf<'_>,
        days: (i32, i32),
        most: usize,
    ) -> Result<Self> {
        let mut pool = Self::default();
        let mut seen = SeenTrials { most, ..SeenTrials::default() };
        for entry in ledger.entries.iter().filter(|e| e.trials.count > 0 && of.holds(e, days)) {
            pool.add(entry, &ledger.rows(entry)?, of, days, &mut seen);
        }
        Ok(pool)
    }

    /// Whether luck is the same in both.
    pub fn is_as_lucky_as(&self, other: &Self) -> bool {
        let counts = |p: &Self| (p.absorbed, p.rest, p.halved);
        counts(self) == counts(other) && self.blocks == other.blocks
    }

    /// One trial of a scenario and no other: nothing was chosen by its days.
    pub fn alone(scenario: &str) -> Self {
        let by_kind = BTreeMap::from([("holdout".to_owned(), 1)]);
        Self { trials: 1, by_kind, scenarios: BTreeSet::from([scenario.to_owned()]), ..Self::default() }
    }

    fn add(
        &mut self,
        entry: &LedgerEntry,
        rows: &[TrialRow],
        of: PoolOf<'_>,
        days: (i32, i32),
        seen: &mut SeenTrials,
    ) {
        let t = &entry.trials;
        let rows = rows.iter().filter(|row| of.is_ever() || row.shares_a_day(days));
        let (before, rest) = (self.trials, self.rest);
        self.rest += t.rest();
        self.not_measured += t.not_measured;
        self.trials += t.absorbed + t.rest() + t.not_measured;
        for row in rows {
            self.trials += 1;
            if row.adaptive {
                self.adaptive += 1;
                self.adaptive_by.insert(t.work());
            }
            if !seen.is_new(row) {
                self.duplicates += 1;
            } else if row.blocks.is_none() {
                self.not_measured += 1;
            } else if self.blocks.len() < seen.most {
                self.blocks.extend(row.blocks.clone());
            } else {
                self.rest += 1;
            }
        }
        // Those that are nearly another count so only where all that they may be near are held.
        let held = self.rest == rest + t.rest();
        *(if held { &mut self.absorbed } else { &mut self.rest }) += t.absorbed;
        if t.detail.as_ref().is_some_and(|d| d["halving_round"] == 0) {
            self.halved += t.count;
        }
        if self.trials > before {
            *self.by_kind.entry(t.kind.clone()).or_default() += self.trials - before;
            self.scenarios.insert(t.scenario.clone());
        }
    }
}

/// Trials that were met.
#[derive(Default)]
struct SeenTrials {
    /// Most trials that are held.
    most: usize,
    keys: HashSet<String>,
    returns: HashSet<String>,
}

impl SeenTrials {
    fn is_new(&mut self, row: &TrialRow) -> bool {
        // The same returns are the same trial, whatever the settings, and other returns are another one, whatever changed
        // behind the same settings. Returns that do not vary say nothing: every setting that never trades has them.
        match row.blocks {
            Some(_) => self.returns.insert(row.returns_id.clone()),
            None => self.keys.insert(row.trial_key.clone()),
        }
    }
}

impl PoolOf<'_> {
    fn is_ever(&self) -> bool {
        matches!(self, Self::FamilyEver(_) | Self::Bars(_))
    }

    fn holds(&self, entry: &LedgerEntry, (first, last): (i32, i32)) -> bool {
        let t = &entry.trials;
        let overlaps = t.from_ms < (i64::from(last) + 1) * DAY_MS && i64::from(first) * DAY_MS < t.to_ms;
        match self {
            Self::Family(family) => t.family() == *family && overlaps,
            Self::FamilyEver(family) => t.family() == *family,
            Self::Bars(histories) => histories.hold_one_of(&t.data),
        }
    }
}

/// The level at which the `ask`-th verdict of a family is judged: 3 % for the first, 2 % / ((j - 1) j) for the j-th, so
/// that all verdicts that are ever asked of it promote noise in at most 5 % of cases.
pub fn ask_level(ask: u64) -> f64 {
    match ask {
        0 | 1 => 0.03,
        j => 0.02 / ((j - 1) as f64 * j as f64),
    }
}
