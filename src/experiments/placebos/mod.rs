//! Placebos and bounds of one run: what its figures would be had its timing carried nothing, had it acted later, paid more,
//! or been larger.
//!
//! What a run held is taken down as a path of positions ([`PositionPath`]), and replayed by the same loop, execution, costs,
//! payments and account, without the system and without `[risk]`. All comparisons are of such replays with the replay of the
//! path itself, so that what the path does not show (stops inside bars) is missing on both sides. Nothing is chosen from
//! them: they are no trials. See `docs/concepts/placebos.md`.

mod capacity;
mod costs;
mod delay;
mod entries;
mod evidence;
mod lag;
mod positions;
mod replay;
mod result;
mod table;
#[cfg(test)]
mod tests;

pub use evidence::with_placebos;
pub use positions::{PathChange, PathEpisode, PathEpisodes, PositionPath};
pub use result::{
    BreakEvenCost, CapacityPoint, CapacitySize, DelayedPositions, PlaceboCapacity, PlaceboMetric,
    PlaceboMetricResult, PlaceboOutcome, PlaceboReport, PlaceboTest, SignFlip,
};
pub use table::{PlaceboReplicate, Placebos};

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use self::entries::{ENTRIES, rearrangements};
use self::lag::{LAG, lags, least_lag};
use self::replay::{PathReplayer, ReplayTerms};
use crate::error::{Error, Result};
use crate::metrics::{daily, simple_returns};
use crate::progress::Progress;
use crate::random::ContentSeed;
use crate::replay::AccountKind;
use crate::runs::{Backtest, Run, RunRecord};
use crate::stats::{Bootstrap, correlation, mean, sharpe_ratio};

/// Placebos of each kind where no other number is given: enough to tell 1 % from 5 %.
pub const USUAL_PLACEBOS: u32 = 199;

/// Positions, and episodes, below which their order says nothing.
const LEAST_POSITIONS: usize = 30;

/// Resamples of every interval.
const RESAMPLES: u32 = 2000;

/// The seed of a replicate: made of what the run is and of which placebo it is, so that nobody can choose it.
fn placebo_seed(content: u64, name: &str, replicate: u64) -> u64 {
    ContentSeed::new(&format!("assay placebo v1 {name}"))
        .whole(&[content.cast_signed(), replicate.cast_signed()])
        .seed()
}

/// Makes `n` placebos of each kind of a run, and its bounds. `record` is the record of `b`.
///
/// # Errors
/// `n` is no number of placebos, a cost needs something that is not in the data, or it was told to stop, which it does
/// before the next replay.
pub fn placebos(b: &Backtest, record: &RunRecord, n: u32, progress: &Progress) -> Result<Placebos> {
    if !(19..=99_999).contains(&n) {
        return Err(Error::usage("--placebos", format!("must be a number in 19..=99999, was {n}"))
            .hint("199 tell 1 % from 5 %, 999 tell 4 % from 5 %; fewer than 19 can never come to 5 %"));
    }
    progress.stage("placebos")?;
    let run = b.pessimistic().unwrap_or(&b.main);
    let replayer = PathReplayer::new(b);
    let terms = replayer.own()?;
    let path = PositionPath::of(b, run, &replayer.markets(&terms));
    let own = replayer.returns(&terms, &path);
    let seed = record.content_seed()?;
    let boot = Bootstrap { resamples: RESAMPLES, seed, mean_block: None };
    Measuring { b, run, replayer, terms, path, own, boot, n, progress }.all()
}

/// One run being measured.
struct Measuring<'a> {
    b: &'a Backtest,
    run: &'a Run,
    replayer: PathReplayer<'a>,
    terms: ReplayTerms,
    path: PositionPath,
    /// Daily returns of the path itself.
    own: Vec<f64>,
    boot: Bootstrap,
    n: u32,
    progress: &'a Progress,
}

/// The replicates of one placebo, or why there are none.
type Replicates = std::result::Result<Vec<PlaceboReplicate>, String>;

impl Measuring<'_> {
    fn all(&self) -> Result<Placebos> {
        let (own, year) = (&self.own, self.replayer.days_per_year());
        let replay_sharpe = sharpe_ratio(own, year);
        let [lag, entries] = self.tests()?;
        let test = |of: &Replicates| {
            let sharpes = |of: &Vec<PlaceboReplicate>| of.iter().map(|r| r.sharpe).collect::<Vec<f64>>();
            let outcome = of.as_ref().map(|of| PlaceboTest::among(replay_sharpe, &sharpes(of)));
            PlaceboOutcome::of(outcome.map_err(Clone::clone))
        };
        let sign_flip = self.sign_flip();
        let wins = |of: &SignFlip| of.daily_mean > 0.0 && mean(own) > 0.0;
        let returns = self.run_returns();
        let report = PlaceboReport {
            run_sharpe: sharpe_ratio(&returns, year),
            replay_sharpe,
            replay_correlation: correlation_of(&returns, own),
            days: own.len(),
            steps: self.path.steps,
            positions: self.path.positions(),
            episodes: self.path.episodes().held.len(),
            not_on_path: self.not_on_path(),
            longest: self.path.longest(),
            least_lag: least_lag(&self.path, self.warmup()),
            lag: test(&lag),
            entries: test(&entries),
            both_signs_win: sign_flip.measured().is_ok_and(wins),
            sign_flip,
            delay: self.delay()?,
            costs_2x: self.costs_2x()?,
            breakeven: self.breakeven()?,
            capacity: self.capacity()?,
        };
        let replicates = [lag, entries].into_iter().flatten().flatten().collect();
        Ok(Placebos { report, replicates })
    }

    fn warmup(&self) -> usize {
        let s = &self.b.scenario;
        s.system.warmup(&s.params)
    }

    /// Refuses positions that no replay can say anything about.
    fn held(&self) -> std::result::Result<(), String> {
        match self.path.is_flat() {
            true => Err("no position was held at the open of a bar".to_owned()),
            false => Ok(()),
        }
    }

    /// Both tests, replicates by name.
    fn tests(&self) -> Result<[Replicates; 2]> {
        let (n, seed) = (self.n, self.boot.seed);
        let timed = self.held().and_then(|()| {
            let own = sharpe_ratio(&self.own, self.replayer.days_per_year());
            match self.path.is_constant() {
                true => Err("the position never changes: there is no timing to test".to_owned()),
                false if own.is_nan() => Err("the returns of the positions do not vary".to_owned()),
                false => Ok(()),
            }
        });
        let lags = timed.clone().and_then(|()| lags(&self.path, self.warmup(), n, seed));
        let episodes = self.path.episodes();
        let orders = timed.and_then(|()| rearrangements(&episodes, n, seed));
        let count = |n: std::result::Result<usize, &String>| n.unwrap_or(0) as u64;
        let total = count(lags.as_ref().map(Vec::len)) + count(orders.as_ref().map(Vec::len));
        let done = AtomicU64::new(0);
        let one = |name: &'static str, seed: u64, path: PositionPath| -> Result<PlaceboReplicate> {
            self.progress.check()?;
            let sharpe = self.replayer.sharpe(&self.terms, &path);
            self.progress.count(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(PlaceboReplicate { name, seed, sharpe })
        };
        let of_lag = |(seed, lag): &(u64, usize)| one(LAG, *seed, self.path.shifted(*lag));
        let of_order = |r: &entries::Rearrangement| one(ENTRIES, r.seed, r.of(&self.path, &episodes));
        Ok([each(&lags, of_lag)?, each(&orders, of_order)?])
    }

    fn sign_flip(&self) -> PlaceboOutcome<SignFlip> {
        let shorts = |changes: &Vec<PathChange>| changes.iter().any(|c| c.share > 0.0);
        let cannot =
            self.b.scenario.account.kind == AccountKind::Spot && self.path.symbols.iter().any(shorts);
        PlaceboOutcome::of(self.held().and_then(|()| {
            if cannot {
                return Err("a spot account cannot sell short".to_owned());
            }
            let returns = self.replayer.returns(&self.terms, &self.path.flipped());
            let sharpe = sharpe_ratio(&returns, self.replayer.days_per_year());
            Ok(SignFlip { sharpe, daily_mean: mean(&returns) })
        }))
    }

    fn delay(&self) -> Result<PlaceboOutcome<Vec<DelayedPositions>>> {
        self.progress.check()?;
        let of =
            |bars| delay::delayed(&self.replayer, &self.terms, (&self.path, &self.own), bars, &self.boot);
        Ok(PlaceboOutcome::of(self.held().map(|()| vec![of(1), of(2)])))
    }

    fn costs_2x(&self) -> Result<PlaceboOutcome<f64>> {
        self.progress.check()?;
        let sharpe = self.replayer.sharpe(&self.replayer.doubled()?, &self.path);
        Ok(PlaceboOutcome::of(self.held().and_then(|()| match sharpe.is_nan() {
            true => Err("the returns do not vary".to_owned()),
            false => Ok(sharpe),
        })))
    }

    fn breakeven(&self) -> Result<PlaceboOutcome<BreakEvenCost>> {
        self.progress.check()?;
        if let Err(why) = self.held() {
            return Ok(PlaceboOutcome::Inconclusive(why));
        }
        let ledger = &self.run.ledger;
        let paid = ledger.paid();
        let of_fills = paid.fee + paid.spread + paid.slippage + paid.impact;
        let paid_bps = 10_000.0 * of_fills / ledger.traded_notional();
        Ok(PlaceboOutcome::of(costs::breakeven(&self.replayer, &self.path, paid_bps, &self.boot)?))
    }

    fn capacity(&self) -> Result<PlaceboOutcome<PlaceboCapacity>> {
        self.progress.check()?;
        let s = &self.b.scenario;
        let silent = |symbol: &crate::runs::Symbol| {
            let volume = symbol.loaded.bars.volume();
            volume[symbol.first.min(volume.len())..].iter().all(|v| *v == 0.0)
        };
        let refused = self.held().and_then(|()| match self.b.symbols.iter().any(silent) {
            true => Err("the bars have no volume".to_owned()),
            false => Ok(()),
        });
        if let Err(why) = refused {
            return Ok(PlaceboOutcome::Inconclusive(why));
        }
        let own = (s.account.equity, s.execution.impact);
        Ok(PlaceboOutcome::of(capacity::capacity(&self.replayer, &self.path, own, &self.boot)?))
    }

    /// Net returns of the days of the run itself.
    fn run_returns(&self) -> Vec<f64> {
        let (b, data) = (self.b, &self.b.scenario.data);
        let (closes, start) = (b.close_times(), b.clock.time(b.first));
        let days = daily(&closes, &self.run.equity, b.scenario.account.equity, start).by(data.calendar());
        simple_returns(&days.counted(data.days_per_year()))
    }

    /// Positions of the run that are not on the path.
    fn not_on_path(&self) -> usize {
        let real = self.run.trades.iter().filter(|t| !t.shadow);
        // What was closed in parts is one position.
        let all: HashSet<_> = real
            .map(|t| (t.symbol, t.entry_bar, t.opened.units.to_bits(), t.opened.price.to_bits()))
            .collect();
        all.len().saturating_sub(self.path.positions())
    }
}

/// Every replicate of what there is to replay, in order.
fn each<T: Sync>(
    of: &std::result::Result<Vec<T>, String>,
    one: impl Fn(&T) -> Result<PlaceboReplicate> + Sync + Send,
) -> Result<Replicates> {
    match of {
        Err(why) => Ok(Err(why.clone())),
        Ok(all) => all.par_iter().map(one).collect::<Result<_>>().map(Ok),
    }
}

/// Correlation of two series; NaN where one does not vary or they are of different lengths.
fn correlation_of(a: &[f64], b: &[f64]) -> f64 {
    match a.len() == b.len() && a.len() > 1 {
        true => correlation(&[a.to_vec(), b.to_vec()])[1],
        false => f64::NAN,
    }
}
