//! What long work tells whoever waits for it, and how it is told to stop.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Something that happened in work that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update<'a> {
    /// Another stage begins; its name for a reader.
    Stage(&'a str),
    /// What of the stage is being done.
    Detail(&'a str),
    /// So much of the stage is done. It never falls within a stage, and ends at `total`.
    Count {
        /// Done.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// Something worth knowing of the work.
    Note(&'a str),
    /// Something a reader must be told, however quiet it is to be: a file was found damaged and is mended.
    Warning(&'a str),
}

/// A handle on work that goes on: the work reports to it and asks it whether to go on; whoever waits listens
/// to it and may [`cancel`](Self::cancel). Clones are the same handle.
///
/// The listener is called from any thread, by one at a time, and should be quick: the work waits for it. It
/// must not report to the handle that calls it; it may cancel it.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use assay_base::progress::{Progress, Update};
///
/// static DONE: AtomicU64 = AtomicU64::new(0);
/// let progress = Progress::new(|update| {
///     if let Update::Count { done, .. } = update {
///         DONE.store(done, Ordering::Relaxed);
///     }
/// });
/// progress.stage("counting")?;
/// progress.count(3, 10);
/// progress.count(2, 10);
/// assert_eq!(DONE.load(Ordering::Relaxed), 3);
/// progress.cancel();
/// assert!(progress.stage("counting on").is_err());
/// # Ok::<(), assay_base::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Progress(Arc<ProgressState>);

type ProgressListener = Box<dyn Fn(Update<'_>) + Send + Sync>;

#[derive(Default)]
struct ProgressState {
    listener: Option<ProgressListener>,
    cancelled: AtomicBool,
    /// What stops it as well.
    whole: Option<Progress>,
    now: Mutex<Now>,
}

/// Where the work stands.
#[derive(Debug, Clone, Default)]
struct Now {
    stage: String,
    count: Option<(u64, u64)>,
}

impl Progress {
    /// One that nobody listens to.
    pub fn silent() -> Self {
        Self::default()
    }

    /// One that `listener` hears.
    pub fn new(listener: impl Fn(Update<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(ProgressState { listener: Some(Box::new(listener)), ..ProgressState::default() }))
    }

    /// Asks the work to stop. It does so before the next piece of it (a stage, a candidate, a path), with an
    /// error of [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled). Work that is about to give its result
    /// a name finishes.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        let own = self.0.cancelled.load(Ordering::Relaxed);
        own || self.0.whole.as_ref().is_some_and(Self::is_cancelled)
    }

    /// One that nobody listens to and that stops with this one: for work of which many pieces are one count.
    #[must_use]
    pub fn unheard(&self) -> Self {
        let now = Mutex::new(Now { stage: self.now().stage.clone(), count: None });
        Self(Arc::new(ProgressState { whole: Some(self.clone()), now, ..ProgressState::default() }))
    }

    /// For the work: goes on unless it was asked to stop.
    ///
    /// # Errors
    /// It was.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::cancelled(self.now().stage.as_str())) } else { Ok(()) }
    }

    /// For the work: begins a stage, unless it was asked to stop.
    ///
    /// # Errors
    /// It was.
    pub fn stage(&self, what: impl Into<String>) -> Result<()> {
        self.check()?;
        let mut now = self.now();
        *now = Now { stage: what.into(), count: None };
        self.tell(Update::Stage(&now.stage));
        Ok(())
    }

    /// For the work: `done` of `total` of this stage. What threads report late and less of is left out.
    pub fn count(&self, done: u64, total: u64) {
        let mut now = self.now();
        if now.count.is_some_and(|(before, of)| done < before || (done, total) == (before, of)) {
            return;
        }
        now.count = Some((done, total));
        self.tell(Update::Count { done, total });
    }

    /// For the work: says what of the stage it is at.
    pub fn detail(&self, text: &str) {
        let _now = self.now();
        self.tell(Update::Detail(text));
    }

    /// For the work: says something of itself.
    pub fn note(&self, text: &str) {
        let _now = self.now();
        self.tell(Update::Note(text));
    }

    /// For the work: says what must be told.
    pub fn warn(&self, text: &str) {
        let _now = self.now();
        self.tell(Update::Warning(text));
    }

    /// Held while the listener is called, so that it hears one thing after the other.
    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, update: Update<'_>) {
        if let Some(listener) = &self.0.listener {
            listener(update);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.0.now.try_lock().map(|now| now.clone()).unwrap_or_default();
        f.debug_struct("Progress").field("now", &now).field("cancelled", &self.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn heard() -> (Progress, Arc<Mutex<Vec<String>>>) {
        let all = Arc::new(Mutex::new(vec![]));
        let log = all.clone();
        (Progress::new(move |u| log.lock().unwrap().push(format!("{u:?}"))), all)
    }

    #[test]
    fn counts_rise_within_a_stage_and_begin_anew_with_the_next() {
        let (p, all) = heard();
        p.stage("a").unwrap();
        for done in [1, 3, 2, 3, 4] {
            p.count(done, 4);
        }
        p.stage("b").unwrap();
        p.count(1, 9);
        // Stopped early on purpose: that was all of it.
        p.count(1, 1);
        let counts: Vec<String> =
            all.lock().unwrap().iter().filter(|t| t.contains("Count")).cloned().collect();
        let of = |done: u64, total: u64| format!("{:?}", Update::Count { done, total });
        assert_eq!(counts, [of(1, 4), of(3, 4), of(4, 4), of(1, 9), of(1, 1)]);
    }

    #[test]
    fn what_is_unheard_stops_with_the_whole() {
        let (p, all) = heard();
        p.stage("a").unwrap();
        let part = p.unheard();
        part.count(1, 2);
        assert_eq!(all.lock().unwrap().len(), 1);
        part.check().unwrap();
        p.cancel();
        assert!(part.check().unwrap_err().to_string().contains('a'));
    }

    #[test]
    fn many_threads_are_heard_one_after_the_other() {
        let last = Arc::new(Mutex::new(0));
        let seen = last.clone();
        let p = Progress::new(move |u| {
            if let Update::Count { done, .. } = u {
                let mut last = seen.lock().unwrap();
                assert!(done > *last);
                *last = done;
            }
        });
        let done = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| (0..1000).for_each(|_| p.count(done.fetch_add(1, Ordering::Relaxed) + 1, 8000)));
            }
        });
        assert_eq!(*last.lock().unwrap(), 8000);
    }

    #[test]
    fn cancelled_work_stops_at_the_next_question() {
        let (p, all) = heard();
        let other = p.clone();
        p.stage("reading").unwrap();
        other.cancel();
        for e in [p.check().unwrap_err(), p.stage("more").unwrap_err()] {
            assert_eq!((e.kind(), e.exit_code()), (ErrorKind::Cancelled, 1));
            assert_eq!(e.to_string(), "reading: cancelled");
        }
        assert_eq!(all.lock().unwrap().len(), 1);
        // Before the first stage there is no place to name.
        let none = Progress::silent();
        none.cancel();
        assert_eq!(none.check().unwrap_err().to_string(), "the work: cancelled");
    }
}
