//! A run among all trials of its family: what the gate must know of the search that it came from.

use std::path::{Component, Path, PathBuf};

use super::found::found_by;
use super::ledger::{
    LEDGER, LedgerEntry, PoolOf, RelatedHistories, TrialLedger, TrialPool, TrialRow, Trials, ask_level,
};
use super::locks::seen_by;
use super::opening::{HOLDOUT_LEVEL, OpenedRun};
use super::plan::SealedPlan;
use super::replayed::ReplayedSweeps;
use super::{Backtest, RunRecord, TradesAndEquity, TrialCounter};
use crate::error::{Error, Result};
use crate::gate::{FamilySearch, LedgerHead, SearchPlacebos};
use crate::metrics::{daily, simple_returns};
use crate::scenario::Scenario;
use crate::stats::{
    EDGE_SHARPE_ANNUAL, EdgeHypotheses, EdgePrior, FamilyLuck, FamilyPool, Interval, LuckRefusal, Moments4,
    OneSidedTest, TrialBlocks, family_deflated, family_luck, min_track_record, normal_cdf, score_over_zero,
    sidak,
};

/// Kind of the lines that count verdicts.
const ASK: &str = "ask";

/// The ledger that counts the trials of a run folder: that of the folder of results it lies in.
pub fn ledger_of(run: &Path) -> PathBuf {
    results_of(run).join(LEDGER)
}

/// The folder of results that a result folder lies in, as it is typed where that has names to go up from.
pub(crate) fn results_of(result: &Path) -> PathBuf {
    let is_plain = |p: &Path| p.components().all(|c| !matches!(c, Component::ParentDir));
    let typed = result.parent().and_then(Path::parent).filter(|p| !p.as_os_str().is_empty());
    let whole = || std::fs::canonicalize(result).or_else(|_| std::path::absolute(result)).ok();
    let up = || Some(whole()?.parent()?.parent()?.to_owned());
    typed.filter(|_| is_plain(result)).map(Path::to_owned).or_else(up).unwrap_or_default()
}

/// Daily returns that are judged, and the day of each since 1970-01-01.
pub(super) struct JudgedDays {
    pub returns: Vec<f64>,
    pub days: Vec<i32>,
}

impl JudgedDays {
    /// Those of the run's own path.
    pub fn own(record: &RunRecord) -> Result<Self> {
        Self::of(record, &record.main)
    }

    /// Those of the path that the gate judges by.
    fn judged(record: &RunRecord) -> Result<Self> {
        Self::of(record, record.pessimistic.as_ref().unwrap_or(&record.main))
    }

    fn of(record: &RunRecord, tables: &TradesAndEquity) -> Result<Self> {
        let s = &record.summary;
        let (close, equity) = (tables.equity.time_ms("close_time")?, tables.equity.f64("equity")?);
        let days = daily(close, equity, s.start_equity, s.data.start_ms).by(s.calendar);
        let returns = simple_returns(&days.counted(s.days_per_year));
        Ok(Self { returns, days: days.counted_days(s.days_per_year) })
    }
}

impl Trials {
    /// The line that counts a verdict on the run that this counts, whose row is `row`.
    fn ask_of(&self, row: &TrialRow) -> Self {
        Self {
            kind: ASK.to_owned(),
            key: format!("{ASK} {} {}", self.family(), row.returns_id),
            count: 0,
            rest: Some(0),
            detail: None,
            rows: vec![],
            sketches: vec![],
            ..self.clone()
        }
    }

    /// The line that counts a verdict on the run that this counts; none where it has no row.
    pub fn ask(&self) -> Option<Self> {
        self.rows.first().map(|row| self.ask_of(row))
    }
}

impl Backtest {
    /// What a backtest adds to the ledger.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn tried(&self, record: &RunRecord) -> Result<Trials> {
        let (from_ms, to_ms) = (self.clock.time(self.first()), self.clock.close_time(self.clock.len() - 1));
        let JudgedDays { returns, days } = JudgedDays::own(record)?;
        let counter = TrialCounter::new(&self.provenance, false, 1);
        let row = counter.row(&self.scenario, (from_ms, to_ms), (&returns, &days))?;
        Ok(Trials {
            kind: "backtest".into(),
            scenario: self.scenario.name.clone(),
            system: self.scenario.system.name().into(),
            family: Some(self.scenario.family.clone()),
            key: format!(
                "{} {}",
                self.provenance.key("backtest", &record.summary.run_id),
                &row.returns_id[..12]
            ),
            data: self.provenance.histories.clone(),
            from_ms,
            to_ms,
            count: 1,
            rest: Some(0),
            rows: vec![row],
            sketches: self.provenance.sketches.to_vec(),
            ..Trials::default()
        })
    }
}

/// The family that a resolved scenario names, or that of its system.
fn family_of(record: &RunRecord) -> String {
    let table = record.scenario.parse::<toml::Table>().unwrap_or_default();
    let family = table.get("family").and_then(|f| f.as_str()).map(str::to_owned);
    family.unwrap_or_else(|| record.summary.system.clone())
}

/// The line that counted a run.
fn own_line<'l>(ledger: &'l TrialLedger, run_id: &str) -> Option<&'l LedgerEntry> {
    let id = format!("backtest {run_id}");
    let more = format!("{id} ");
    // The last of them: a program that was changed may have made another run of the same settings.
    ledger.entries.iter().rfind(|e| e.trials.key == id || e.trials.key.starts_with(&more))
}

/// The line that counts the verdict on a run: asked again about the same run, it is the same. None where the ledger does
/// not hold the run, and of a run on a hold-out, whose level is its own.
///
/// # Errors
/// A file of rows is missing or was changed.
pub fn ask_of(record: &RunRecord, ledger: &TrialLedger) -> Result<Option<Trials>> {
    let Some(own) = own_line(ledger, &record.summary.run_id) else { return Ok(None) };
    if OpenedRun::of(ledger, &record.summary.run_id)?.is_some_and(|o| o.is_holdout()) {
        return Ok(None);
    }
    let rows = ledger.rows(own)?;
    Ok(rows.first().map(|row| own.trials.ask_of(row)))
}

/// The run among all trials of its family by `ledger`; without one nothing is known of them, and the search is open.
/// `refuted` is what results beside the ledger know against it, `criteria` the digest of what it is judged by.
///
/// # Errors
/// A file of rows is missing or was changed, or a table of the run lacks a column.
pub fn family_search(
    record: &RunRecord,
    ledger: Option<&TrialLedger>,
    refuted: Option<String>,
    criteria: Option<&str>,
) -> Result<FamilySearch> {
    let judged = JudgedDays::judged(record)?;
    let mut search =
        FamilySearch { ask: 1, level: ask_level(1), family: family_of(record), ..FamilySearch::default() };
    let candidate = JudgedCandidate::new(&judged.returns, &judged.days, record.summary.days_per_year);
    let Some(ledger) = ledger.filter(|l| !l.entries.is_empty()) else {
        let (none, nowhere) = (TrialPool::default(), Elsewhere::default());
        candidate.among(&none, &nowhere, &ReplayedSweeps::default(), &mut search);
        search.open =
            Some("there is no ledger of trials beside the run: nobody knows what else was tried".to_owned());
        return Ok(search);
    };
    let at = ledger.anchor();
    search.ledger = Some(LedgerHead { lines: at.lines, head: at.head });
    let span = (judged.days.first().copied().unwrap_or(0), judged.days.last().copied().unwrap_or(-1));
    let opened = OpenedRun::of(ledger, &record.summary.run_id)?;
    search.holdout = opened.as_ref().is_some_and(OpenedRun::is_holdout);
    search.holdout_number = opened.as_ref().map(|o| o.number).filter(|_| search.holdout);
    let own = own_line(ledger, &record.summary.run_id);
    let announced = own.filter(|_| !search.holdout);
    let plan = match announced {
        None => None,
        Some(own) => SealedPlan::about(ledger, &search.family, &own.trials)?,
    };
    let (pool, elsewhere) = if search.holdout {
        search.level = HOLDOUT_LEVEL;
        let alone = TrialPool::alone(&record.summary.scenario);
        (alone.clone(), Elsewhere { ever: alone.clone(), bars: alone, asks: 1 })
    } else {
        (search.ask, search.level) = asked(record, ledger, &search.family)?;
        search.level = plan.as_ref().and_then(|p| p.level(search.ask)).unwrap_or(search.level);
        let bars = ledger.related(own.map_or(&[][..], |own| &own.trials.data), span)?;
        let pool = TrialPool::of(ledger, PoolOf::Family(&search.family), span)?;
        (pool, Elsewhere::of(ledger, &search.family, &bars, span)?)
    };
    candidate.among(&pool, &elsewhere, &ReplayedSweeps::of(ledger, &pool, None)?, &mut search);
    if let Some(own) = announced {
        search.choice = found_by(ledger, own)?;
    }
    if let Some(plan) = &plan {
        plan.tell(&mut search, criteria);
        plan.refuse_further(&mut search);
    }
    let searched = opened.filter(|_| !search.holdout).map(|o| o.says());
    search.seen_days = match (searched, announced) {
        (None, Some(own)) => seen_by(ledger, &own.trials)?,
        (searched, _) => searched,
    };
    search.ledger_short = refuted.is_some();
    let missing =
        || "the ledger beside the run does not hold it: its trials were counted elsewhere".to_owned();
    search.open = refuted.or_else(|| own.is_none().then(missing)).or(search.open);
    Ok(search)
}

/// What else was tried, that a renamed family or another span would leave out.
#[derive(Default)]
struct Elsewhere {
    ever: TrialPool,
    bars: TrialPool,
    /// Verdicts that were asked of runs on the same bars, whatever their family.
    asks: u64,
}

impl Elsewhere {
    fn of(ledger: &TrialLedger, family: &str, bars: &RelatedHistories, days: (i32, i32)) -> Result<Self> {
        Ok(Self {
            ever: TrialPool::of(ledger, PoolOf::FamilyEver(family), days)?,
            bars: TrialPool::of(ledger, PoolOf::Bars(bars), days)?,
            asks: ledger
                .entries
                .iter()
                .filter(|e| e.trials.kind == ASK && bars.hold_one_of(&e.trials.data))
                .count() as u64,
        })
    }
}

/// A candidate, as far as luck is concerned.
struct JudgedCandidate {
    moments: Moments4,
    blocks: Option<TrialBlocks>,
    days_per_year: f64,
}

impl JudgedCandidate {
    /// That of daily `returns` on `days` since 1970-01-01.
    fn new(returns: &[f64], days: &[i32], days_per_year: f64) -> Self {
        Self { moments: Moments4::of(returns), blocks: TrialBlocks::of(returns, days), days_per_year }
    }

    /// Holds it against the best of a pool, and of what else was tried.
    fn among(
        &self,
        pool: &TrialPool,
        elsewhere: &Elsewhere,
        replayed: &ReplayedSweeps,
        search: &mut FamilySearch,
    ) {
        let (moments, per_year) = (&self.moments, self.days_per_year.sqrt());
        search.days = moments.n as u64;
        search.sharpe = finite(moments.sharpe() * per_year);
        search.min_track_record_days = finite(min_track_record(moments, 0.0, 0.95));
        search.power = self.power(search.level);
        take(pool, search);
        let luck = self.luck(pool, search.level);
        if let Some(luck) = &luck {
            search.family_p = Some(luck.family_p);
            search.family_p_interval = Some(luck.interval);
            search.draws = luck.draws;
            search.effective_trials = finite(luck.effective_trials);
            let deflated = family_deflated(moments, luck.expected_max, search.distinct() as f64);
            search.expected_max_sharpe = deflated.map(|d| d.expected_max_sharpe * per_year);
            search.deflated_sharpe = deflated.map(|d| d.deflated_sharpe);
            search.sidak_p = deflated.map(|d| d.sidak_p);
            search.ofdr = deflated.and_then(|d| self.ofdr(d.expected_max_sharpe));
        }
        let beside = |other: &TrialPool| match other.is_as_lucky_as(pool) {
            true => search.family_p,
            false => self.luck(other, search.level).map(|l| l.family_p),
        };
        let (ever, bars) = (beside(&elsewhere.ever), beside(&elsewhere.bars));
        (search.family_p_ever, search.family_p_bars) = (ever, bars);
        search.adaptive_elsewhere = elsewhere.ever.adaptive.max(elsewhere.bars.adaptive);
        search.asks_on_bars = elsewhere.asks;
        search.level_on_bars = ask_level(elsewhere.asks);
        let chosen = match replayed.judge(pool, score_over_zero(moments)) {
            Ok(placebos) => {
                search.placebos = placebos;
                let worst = search.placebos.as_ref();
                worst.and_then(|worst| replayed.undecided(pool, worst, search.level))
            }
            Err(why) => Some(why),
        };
        search.open = chosen
            .or_else(|| LuckRefusal::of(moments, self.blocks.as_ref()).map(|r| r.to_string()))
            .or_else(|| luck.filter(|l| l.undecided).map(|l| undecided(&l, search.level)));
    }

    /// Chance that an edge is found at a level on so many days like these.
    fn power(&self, level: f64) -> Option<f64> {
        let edge = EDGE_SHARPE_ANNUAL / self.days_per_year.sqrt();
        let test = OneSidedTest::of_sharpe(0.0, edge, &self.moments.shape(), level)?;
        test.power(self.moments.n as f64)
    }

    /// Chance that there is no edge, if one idea in twenty has one above the Sharpe ratio a day that luck is expected to
    /// show.
    fn ofdr(&self, expected_max_sharpe: f64) -> Option<f64> {
        let (m, edge) = (&self.moments, EDGE_SHARPE_ANNUAL / self.days_per_year.sqrt());
        let hypotheses = EdgeHypotheses::of(&m.shape(), m.n as f64, expected_max_sharpe, edge)?;
        hypotheses.observed_false_discovery_rate(m.sharpe(), EdgePrior::DEFAULT)
    }

    /// The chance that the best of a pool, the candidate with it, looks this good.
    fn luck(&self, pool: &TrialPool, level: f64) -> Option<FamilyLuck> {
        // The path that is judged may be another than the one that was counted.
        let own = self.blocks.as_ref().filter(|c| !pool.blocks.contains(c));
        let trials = pool.blocks.iter().chain(own).collect();
        let z = score_over_zero(&self.moments)?;
        let held = FamilyPool { trials, absorbed: pool.absorbed, rest: pool.rest };
        let mut luck = family_luck(&held, z, level)?;
        // A search that dropped the worse early has looked at all it began with, however alike they are.
        let halved = if pool.halved > 0 { sidak(normal_cdf(-z), pool.halved as f64) } else { 0.0 };
        luck.family_p = luck.family_p.max(halved);
        luck.interval = Interval { lo: luck.interval.lo.max(halved), hi: luck.interval.hi.max(halved) };
        luck.undecided &= halved <= level;
        Some(luck)
    }
}

/// Takes over the numbers of a pool.
fn take(pool: &TrialPool, search: &mut FamilySearch) {
    search.trials = pool.trials;
    search.duplicates = pool.duplicates;
    search.not_measured = pool.not_measured;
    search.absorbed = pool.absorbed;
    search.rest = pool.rest;
    search.adaptive = pool.adaptive;
    search.by_kind = pool.by_kind.clone();
    search.scenarios = pool.scenarios.len() as u64;
}

/// Which verdict of its family that on a run is, and its level.
fn asked(record: &RunRecord, ledger: &TrialLedger, family: &str) -> Result<(u64, f64)> {
    let own = ask_of(record, ledger)?.map(|t| t.key);
    let asks: Vec<&str> = ledger
        .entries
        .iter()
        .filter(|e| e.trials.kind == ASK && e.trials.family() == family)
        .map(|e| e.trials.key.as_str())
        .collect();
    let place = asks.iter().position(|key| Some(*key) == own.as_deref()).unwrap_or(asks.len());
    let ask = place as u64 + 1;
    Ok((ask, ask_level(ask)))
}

/// The best of a sweep, by its daily returns and the day of each since 1970-01-01, among all trials of its family. No
/// verdict is asked for: the level is that of the next. `replayed` is what the sweep found on placebo bars, with its id.
///
/// # Errors
/// A file of rows is missing or was changed.
pub(crate) fn sweep_search(
    ledger: &TrialLedger,
    scenario: &Scenario,
    bars: &[String],
    (returns, days): (&[f64], &[i32]),
    replayed: Option<(&str, &SearchPlacebos)>,
) -> Result<FamilySearch> {
    let family = scenario.family.as_str();
    let asks = ledger.entries.iter().filter(|e| e.trials.kind == ASK && e.trials.family() == family);
    let ask = asks.count() as u64 + 1;
    let mut search =
        FamilySearch { ask, level: ask_level(ask), family: family.to_owned(), ..FamilySearch::default() };
    let span = (days.first().copied().unwrap_or(0), days.last().copied().unwrap_or(-1));
    let pool = TrialPool::of(ledger, PoolOf::Family(family), span)?;
    let elsewhere = Elsewhere::of(ledger, family, &ledger.related(bars, span)?, span)?;
    let replayed = ReplayedSweeps::of(ledger, &pool, replayed)?;
    let candidate = JudgedCandidate::new(returns, days, scenario.data.days_per_year());
    candidate.among(&pool, &elsewhere, &replayed, &mut search);
    Ok(search)
}

/// What the verdict in a run folder, which was found as its manifest says, knows of the search; none of one that an older
/// version made.
///
/// # Errors
/// The verdict is no verdict.
pub fn search_of(run: &Path) -> Result<Option<FamilySearch>> {
    #[derive(serde::Deserialize)]
    struct JudgedSearch {
        search: Option<FamilySearch>,
    }
    let path = run.join(super::verdict_name(None));
    let Ok(text) = std::fs::read(&path) else { return Ok(None) };
    let judged: JudgedSearch = serde_json::from_slice(&text).map_err(|e| {
        Error::data(path.display(), format!("is no verdict ({e})"))
            .caused_by(e)
            .hint("run the backtest again")
    })?;
    Ok(judged.search)
}

fn undecided(luck: &FamilyLuck, level: f64) -> String {
    format!(
        "{} draws cannot tell: the chance of luck is {:.5} to {:.5}, and the level is {level:.5}",
        luck.draws, luck.interval.lo, luck.interval.hi
    )
}

fn finite(v: f64) -> Option<f64> {
    v.is_finite().then_some(v)
}
