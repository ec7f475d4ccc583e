//! One replay, of any system: traders out of a candidate, through the loop, into a recorder.

use super::interface::{Start, System};
use super::opaque::RunLog;
use super::orders::{SentOrders, Watched};
use crate::execution::Execution;
use crate::replay::{
    Clock, EntryNoise, FullRecorder, Guard, Ledger, Market, Noisy, Recorder, SummaryRecorder, Trader,
    replay_all,
};
use crate::risk::Risk;

/// What a replay is made of beside the candidate.
pub struct Replaying<'a> {
    /// Bars and terms of each symbol; they may end early.
    pub markets: &'a [Market<'a>],
    /// The union of their bars.
    pub clock: &'a Clock,
    /// First bar of each symbol at whose close its trader may decide.
    pub firsts: &'a [usize],
    /// How orders are filled.
    pub execution: &'a Execution,
    /// The account at the start.
    pub account: Ledger,
    /// Its equity.
    pub equity: f64,
    /// The `[risk]` section.
    pub risk: &'a Risk,
    /// The limits at work.
    pub guard: Option<Guard>,
    /// Entries that are missed or filled in part, where figures are measured.
    pub noise: Option<EntryNoise>,
}

/// Where a replay goes.
pub enum Target<'r, 'c> {
    /// Every bar and trade is kept, and what the traders log.
    Full(&'r mut FullRecorder),
    /// Measured as it happens.
    Summary(&'r mut SummaryRecorder<'c>),
    /// Every bar and trade is kept, and what is sent at each close.
    Watched(&'r mut FullRecorder, &'r mut Vec<SentOrders>),
}

/// What a replay left behind.
pub struct Replayed {
    /// The account at the end.
    pub ledger: Ledger,
    /// The limits at the end.
    pub guard: Option<Guard>,
    /// What the traders logged, where it is kept.
    pub log: Option<RunLog>,
}

/// Replays `candidate` of `system`. The loop is compiled for its trader: nothing in it goes through a
/// pointer.
pub(super) fn replay<S: System>(
    system: &S,
    candidate: &S::Candidate,
    columns: &[&S::Columns],
    mut r: Replaying<'_>,
    target: Target<'_, '_>,
) -> Replayed {
    let record = !matches!(target, Target::Summary(_));
    let (equity, risk) = (r.equity, r.risk);
    let traders: Vec<S::Trader<'_>> = r
        .markets
        .iter()
        .zip(r.firsts)
        .zip(columns)
        .enumerate()
        .map(|(symbol, ((market, first), columns))| {
            let start = Start { symbol, market: *market, first: *first, equity, risk, record };
            system.trader(candidate, columns, &start)
        })
        .collect();
    let (ledger, log) = match target {
        Target::Full(recorder) => {
            let (ledger, traders) = through(traders, &mut r, recorder);
            (ledger, Some(RunLog::of(system.log(traders))))
        }
        Target::Summary(recorder) => (noisy(traders, &mut r, recorder), None),
        Target::Watched(recorder, orders) => {
            let watched = traders.into_iter().map(Watched::new).collect();
            let (ledger, watched) = through(watched, &mut r, recorder);
            let traders = watched.into_iter().map(|w| {
                orders.push(w.orders);
                w.trader
            });
            (ledger, Some(RunLog::of(system.log(traders.collect()))))
        }
    };
    Replayed { ledger, guard: r.guard, log }
}

/// With noise on the entries where there is any: of figures alone, so that the loop is compiled once less.
fn noisy<T: Trader>(traders: Vec<T>, r: &mut Replaying<'_>, recorder: &mut SummaryRecorder<'_>) -> Ledger {
    let Some(noise) = r.noise else { return through(traders, r, recorder).0 };
    let wrapped = traders.into_iter().enumerate().map(|(k, t)| Noisy::new(t, noise, k)).collect();
    through(wrapped, r, recorder).0
}

fn through<T: Trader, R: Recorder>(
    mut traders: Vec<T>,
    r: &mut Replaying<'_>,
    recorder: &mut R,
) -> (Ledger, Vec<T>) {
    let ledger = replay_all(
        r.markets,
        r.clock,
        r.firsts,
        r.execution,
        r.account,
        r.guard.as_mut(),
        &mut traders,
        recorder,
    );
    (ledger, traders)
}
