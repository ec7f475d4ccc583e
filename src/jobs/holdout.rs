//! Days held out: locked before anything is evaluated, and opened for one candidate.

use std::path::PathBuf;

use super::backtest::{BacktestJob, BacktestOutcome};
use super::judge::Judged;
use super::setup::{ResultPlace, ScenarioFrom, Setup, locked_days};
use crate::data::sha256_hex;
use crate::error::{Error, Result};
use crate::experiments::walkforward::holdout_span;
use crate::market::format_time;
use crate::progress::Progress;
use crate::runs::ledger::Trials;
use crate::runs::{
    DayLock, DaySpan, History, HoldoutOpening, Inputs, LockBook, ReadBars, add_to_all, lock_line,
    opened_before,
};
use crate::scenario::{Data, Scenario};
use crate::system::Registry;

/// The hold-out of a scenario, and the ledgers that know of it.
pub(super) struct HeldOut<'a> {
    scenario: &'a Scenario,
    inputs: &'a Inputs,
    span: Option<DaySpan>,
    lock: Option<Trials>,
    book: LockBook,
    folders: Vec<PathBuf>,
    has_registry: bool,
}

impl<'a> HeldOut<'a> {
    /// The days `own` at the end of the bars.
    pub fn of(
        setup: &Setup,
        (scenario, inputs): (&'a Scenario, &'a Inputs),
        own: Option<DaySpan>,
        place: &ResultPlace,
    ) -> Result<Self> {
        let book = setup.lock_book()?;
        let lock = own.map(|span| lock_line(scenario, inputs, span));
        if lock.is_some() {
            setup.check_lock_registry()?;
        }
        let (folders, has_registry) = (setup.lock_folders(place), setup.lock_registry.is_some());
        Ok(Self { scenario, inputs, span: own, lock, book, folders, has_registry })
    }

    /// Why the days cannot be locked, in words: what was opened or searched before is held out no more.
    fn seen(&self) -> Result<Option<String>> {
        let (Some(line), Some(span)) = (&self.lock, self.span) else { return Ok(None) };
        let read = ReadBars::of_each(&self.inputs.symbols);
        let over = self.book.over(&read)?;
        if over.iter().any(|o| o.lock.key == line.key) {
            return Ok(None);
        }
        let why = |why: String| Ok(Some(format!("days {span} are not locked: {why}")));
        let mut opened = over.iter().filter_map(|o| o.lock.opened.as_ref());
        if let Some(seal) = opened.find(|s| span.overlaps(s.span.from_ms, s.span.to_ms)) {
            return why(format!("some of them were opened before, by {}", seal.says()));
        }
        match self.book.tried_on(&read, &span)? {
            0 => Ok(None),
            1 => why("1 trial was made on them".to_owned()),
            n => why(format!("{n} trials were made on them")),
        }
    }

    /// Locks the days, unless some of them were seen before, which is told.
    pub fn lock(&self, progress: &Progress) -> Result<()> {
        let Some(line) = &self.lock else { return Ok(()) };
        if let Some(why) = self.seen()? {
            progress.warn(&why);
            return Ok(());
        }
        if !self.has_registry {
            progress.note(
                "there is no folder of the user's own for locks: they are known beside the results alone",
            );
        }
        add_to_all(self.folders.iter().map(PathBuf::as_path), line)
    }

    /// Opens the days for the choice `id`, and refuses where another choice was judged on some of them.
    pub fn opening(&self, id: &str) -> Result<HoldoutOpening> {
        let (Some(line), Some(span)) = (&self.lock, self.span) else { return Err(nothing_locked()) };
        let over = self.book.over(&ReadBars::of_each(&self.inputs.symbols))?;
        let mut opens = vec![line.key.clone()];
        let others = over.into_iter().map(|o| o.lock);
        let others = others.filter(|l| l.span.overlaps(span.from_ms, span.to_ms) && l.key != line.key);
        opens.extend(others.map(|l| l.key));
        let of = (self.scenario, self.inputs);
        let opening = HoldoutOpening::new(of, id, None, (span, opens), (self.folders.clone(), &self.book));
        opening.refuse_second(&self.book)?;
        match self.seen()? {
            Some(why) => Err(not_held_out(why)),
            None => Ok(opening),
        }
    }
}

/// `assay backtest --open-holdout`: judges one scenario on days that are locked away, and on them alone.
#[derive(Debug, Clone)]
pub struct HoldoutJob {
    /// The candidate, its bars, and the folder of results, which there must be. Its own span does not count.
    pub setup: Setup,
}

/// Locked days about to be opened: the days, and the keys of their locks.
type LockedGroup = (DaySpan, Vec<String>);

impl HoldoutJob {
    /// Does all of it.
    ///
    /// # Errors
    /// No day of the bars is locked away, or they were opened before for another candidate; there is no folder of results;
    /// or as [`BacktestJob::run`].
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<BacktestOutcome> {
        if self.setup.out.is_none() {
            return Err(no_folder());
        }
        let scenario = self.setup.read_scenario(registry)?;
        let criteria = Judged::by(&scenario, &self.setup.sources, registry)?.criteria.map(|c| c.sha256);
        let place = self.setup.place()?;
        let (inputs, book) = (self.all_bars(&scenario)?, self.lock(&scenario, &place, progress)?);
        let identity = bare(&scenario).identity()?;
        let choice = |opens: &[String]| {
            let criteria = criteria.as_deref().unwrap_or_default();
            let text = format!("assay holdout 1\n{identity}\n{criteria}\n{}\n", opens.join(" "));
            sha256_hex(text.as_bytes())[..12].to_owned()
        };
        let locks = book.over(&ReadBars::of_each(&inputs.symbols))?.into_iter().map(|o| o.lock).collect();
        let (span, opens) = group(locks, &scenario.data, choice)?;
        let id = choice(&opens);
        let folders = self.setup.lock_folders(&place);
        let of = (&scenario, &inputs);
        let opening = HoldoutOpening::new(of, &id, criteria.as_deref(), (span, opens), (folders, &book));
        opening.refuse_second(&book)?;
        opening.refuse_without_bars(&inputs)?;
        drop(inputs);
        self.setup.check_lock_registry()?;
        self.refuse_other_locks(&scenario, &opening, &book)?;
        progress.note(&opening.power(scenario.data.days_per_year()));
        opening.seal()?;
        let mut judged = scenario;
        judged.data.from = Some(format_time(span.from_ms));
        judged.data.to = Some(format_time(span.to_ms));
        let scenario = ScenarioFrom::Ready(Box::new(judged));
        let setup = Setup { scenario, set: vec![], ..self.setup.clone() };
        BacktestJob { setup }.run_if(registry, progress, |_| Ok(()), (Some(&opening), true))
    }

    /// Refuses bars that other locked days lie in or before those that are about to be opened: a seal is written for what can
    /// be judged alone.
    fn refuse_other_locks(
        &self,
        scenario: &Scenario,
        opening: &HoldoutOpening,
        book: &LockBook,
    ) -> Result<()> {
        let mut judged = scenario.clone();
        judged.data.from = Some(format_time(opening.span.from_ms));
        judged.data.to = Some(format_time(opening.span.to_ms));
        let inputs = Inputs::load(&mut judged, &self.setup.sources)?;
        match book.first_locked_but(&inputs.read_bars(), |lock, _| opening.opens(&lock.key))? {
            None => Ok(()),
            Some(reach) => Err(locked_days(&reach)),
        }
    }

    /// All bars, whatever the span.
    fn all_bars(&self, scenario: &Scenario) -> Result<Inputs> {
        Inputs::load(&mut bare(scenario), &self.setup.sources)
    }

    /// All locks, with that of the scenario's own hold-out where nothing of its bars is locked yet.
    fn lock(&self, scenario: &Scenario, place: &ResultPlace, progress: &Progress) -> Result<LockBook> {
        let book = self.setup.lock_book()?;
        let mut own = scenario.clone();
        if scenario.walkforward.holdout_days.round() < 1.0 {
            return Ok(book);
        }
        let inputs = Inputs::load(&mut own, &self.setup.sources)?;
        if !book.over(&ReadBars::of_each(&inputs.symbols))?.is_empty() {
            return Ok(book);
        }
        let history = History::new(&own, inputs)?;
        let span = holdout_span(history.clock(), &own.data, own.walkforward.holdout_days);
        HeldOut::of(&self.setup, (&own, history.inputs()), span, place)?.lock(progress)?;
        self.setup.lock_book()
    }
}

/// A scenario without a span.
fn bare(scenario: &Scenario) -> Scenario {
    let mut bare = scenario.clone();
    (bare.data.from, bare.data.to) = (None, None);
    bare
}

/// Which days are opened: those that the same choice opened before, else those that are locked. Of several hold-outs the
/// asked span says which.
fn group(mut locks: Vec<DayLock>, asked: &Data, choice: impl Fn(&[String]) -> String) -> Result<LockedGroup> {
    if locks.len() > 1 {
        let (from, to) = (asked.from_ms().unwrap_or(i64::MIN), asked.to_ms().unwrap_or(i64::MAX));
        locks.retain(|l| l.span.overlaps(from, to));
        if locks.is_empty() {
            return Err(Error::usage("--open-holdout", "data.from and data.to share no day with a hold-out")
                .hint("choose one by a span that shares days with it alone"));
        }
    }
    let (opened, locked): (Vec<_>, Vec<_>) = locks.into_iter().partition(|l| l.opened.is_some());
    let seals: Vec<_> = opened.into_iter().filter_map(|l| l.opened).collect();
    // The same choice again is shown again: it opens nothing further.
    if let Some(own) = seals.iter().find(|s| s.key == HoldoutOpening::key(&choice(&s.opens))) {
        return Ok((own.span, own.opens.clone()));
    }
    let Some(first) = locked.first().map(|l| l.span) else {
        return match seals.first() {
            Some(other) => Err(opened_before(other)),
            None => Err(nothing_locked()),
        };
    };
    if let Some(apart) = locked.iter().find(|l| !l.span.overlaps(first.from_ms, first.to_ms)) {
        let problem = format!("two hold-outs are locked: days {first} and days {}", apart.span);
        return Err(Error::usage("--open-holdout", problem)
            .hint("choose one by data.from and data.to, which share days with it alone"));
    }
    let from_ms = locked.iter().map(|l| l.span.from_ms).min().unwrap_or(first.from_ms);
    let to_ms = locked.iter().map(|l| l.span.to_ms).max().unwrap_or(first.to_ms);
    let alone = locked.iter().all(|l| l.span == first);
    let days = if alone { first.days } else { (to_ms - from_ms).unsigned_abs() / 86_400_000 };
    Ok((DaySpan { from_ms, to_ms, days }, locked.into_iter().map(|l| l.key).collect()))
}

/// The refusal to open days where nothing would keep them closed afterwards.
pub(super) fn no_folder() -> Error {
    Error::usage("open_holdout", "without a folder of results nothing keeps it closed afterwards")
        .hint("name the folder whose ledger knows what was tried")
}

/// The refusal to open days that were seen before they could be locked.
fn not_held_out(why: String) -> Error {
    Error::usage("--open-holdout", why).hint("lock days before the search begins, or wait for new ones")
}

/// The refusal to open what is not locked.
pub(super) fn nothing_locked() -> Error {
    Error::usage("--open-holdout", "no day is locked away")
        .hint("set walkforward.holdout_days before the search begins")
}
