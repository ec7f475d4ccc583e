//! One replay, of any system: traders out of a candidate, through the loop, into a recorder.

use super::interface::{Start, System};
use super::opaque::RunLog;
use crate::execution::Execution;
use crate::replay::{
    AccountState, Clock, Deployment, EntryNoise, FullRecorder, Market, Over, Recorder, RiskManager,
    SentOrders, SummaryRecorder, Trading,
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
    pub account: AccountState,
    /// Its equity.
    pub equity: f64,
    /// The `[risk]` section.
    pub risk: &'a Risk,
    /// The limits at work.
    pub risk_manager: Option<RiskManager>,
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
    pub ledger: AccountState,
    /// The limits at the end.
    pub risk_manager: Option<RiskManager>,
    /// The rules of deployment at the end.
    pub deployment: Option<Deployment>,
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
    let Replaying { markets, clock, firsts, equity, risk, .. } = r;
    let start = Start { markets, clock, firsts, equity, risk, record };
    let mut trader = system.trader(candidate, columns, &start);
    let mut deployment = risk.watches().then(|| {
        let opens = markets.iter().zip(firsts).filter_map(|(m, first)| m.bars.open_time().get(*first));
        let start_ms = opens.min().copied().unwrap_or_default();
        Deployment::new(risk, system.about().deployment.alerts, start_ms, equity)
    });
    let above = &mut deployment;
    let (ledger, log) = match target {
        Target::Full(recorder) => {
            let ledger = through(&mut trader, &mut r, above, recorder);
            (ledger, Some(RunLog::of(system.log(trader))))
        }
        Target::Summary(recorder) => match r.noise {
            // With noise of figures alone, so that the loop is compiled once less.
            Some(noise) => (through(&mut trader.with_noise(noise), &mut r, above, recorder), None),
            None => (through(&mut trader, &mut r, above, recorder), None),
        },
        Target::Watched(recorder, orders) => {
            let mut watched = trader.watched();
            let ledger = through(&mut watched, &mut r, above, recorder);
            let (trader, sent) = S::Trader::unwatched(watched);
            *orders = sent;
            (ledger, Some(RunLog::of(system.log(trader))))
        }
    };
    Replayed { ledger, risk_manager: r.risk_manager, deployment, log }
}

fn through<T: Trading, R: Recorder>(
    trader: &mut T,
    r: &mut Replaying<'_>,
    deployment: &mut Option<Deployment>,
    recorder: &mut R,
) -> AccountState {
    let over = Over {
        markets: r.markets,
        clock: r.clock,
        firsts: r.firsts,
        execution: r.execution,
        ledger: r.account,
        risk_manager: r.risk_manager.as_mut(),
        deployment: deployment.as_mut(),
    };
    trader.replay(over, recorder)
}
