//! The positions that a run held, as a path that can be moved about in time.
//!
//! A position is kept as a share of the equity at the close that decided it, not in units: a replay that has lost half of
//! its account by another bar then holds half the units, as the system's own sizing would have it, and a path that is
//! moved along the bars keeps its exposure whatever the price there is. Between two changes the units stand still, as they
//! did in the run; nothing is rebalanced.
//!
//! What was closed inside a bar (a stop, a target) was held at the open of that bar and is gone from the next open on: the
//! replay closes it one open later, because a path that left at the open before would have known what the bar brings. A
//! position that was opened inside a bar and gone by the next open is not on the path at all.

use crate::replay::{Market, PositionChange};
use crate::runs::{Backtest, Run};

/// Another share of equity of one symbol than before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathChange {
    /// The decision, counted from the first step at whose close the system may decide.
    pub at: usize,
    /// Signed share of the equity at that close.
    pub share: f64,
    /// Whether another position begins, rather than more or less of the one there is.
    pub fresh: bool,
}

/// Signed positions of every symbol from the first decision to the last.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionPath {
    /// Closes at which may be decided.
    pub steps: usize,
    /// Changes of each symbol, in order; flat before the first.
    pub symbols: Vec<Vec<PathChange>>,
}

impl PositionPath {
    /// The path of `run`, in the `markets` of its symbols.
    pub fn of(b: &Backtest, run: &Run, markets: &[Market<'_>]) -> Self {
        let (clock, first) = (&b.clock, b.first);
        let late = 1 + b.scenario.execution.latency_bars;
        let change = |c: &PositionChange| {
            let market = &markets[c.symbol];
            let decided = clock.bar_at(c.symbol, c.step).saturating_sub(late);
            let step = clock.step_of(c.symbol, decided).max(first);
            let unit = market.bars.close()[decided] * market.terms.contract_size * market.rate(decided);
            let share = c.units * unit / run.equity[step - first];
            // Of an account with nothing left no share can be held.
            let share = if share.is_finite() && run.equity[step - first] > 0.0 { share } else { 0.0 };
            PathChange { at: step - first, share, fresh: c.fresh }
        };
        let of = |k: usize| run.changes.iter().filter(|c| c.symbol == k).map(change).collect();
        Self::tidy((clock.len() - 1).saturating_sub(first), (0..markets.len()).map(of).collect())
    }

    /// Orders changes by time, keeps the last of several at one close, and leaves out what changes nothing.
    fn tidy(steps: usize, mut symbols: Vec<Vec<PathChange>>) -> Self {
        for changes in &mut symbols {
            changes.sort_by_key(|c| c.at);
            let mut kept: Vec<PathChange> = Vec::with_capacity(changes.len());
            for c in changes.iter().filter(|c| c.at < steps) {
                if let Some(last) = kept.pop_if(|last| last.at == c.at) {
                    let fresh = c.share != 0.0 && (c.fresh || last.fresh);
                    kept.push(PathChange { fresh, ..*c });
                } else {
                    kept.push(*c);
                }
            }
            let mut held = 0.0;
            kept.retain_mut(|c| {
                let before = std::mem::replace(&mut held, c.share);
                c.fresh = c.share != 0.0 && (c.fresh || before == 0.0 || before * c.share < 0.0);
                c.share != 0.0 || before != 0.0
            });
            *changes = kept;
        }
        Self { steps, symbols }
    }

    /// Whether nothing is ever held.
    pub fn is_flat(&self) -> bool {
        self.symbols.iter().all(Vec::is_empty)
    }

    /// Whether what is held from the first close on is never changed: there is no timing in it.
    pub fn is_constant(&self) -> bool {
        self.symbols.iter().all(|changes| changes.iter().all(|c| c.at == 0))
    }

    /// Positions begun, over all symbols.
    pub fn positions(&self) -> usize {
        self.symbols.iter().flatten().filter(|c| c.fresh).count()
    }

    /// Steps for which the longest position is held.
    pub fn longest(&self) -> usize {
        self.holding_times().into_iter().max().unwrap_or(0)
    }

    /// Steps for which each position is held, symbol by symbol.
    pub fn holding_times(&self) -> Vec<usize> {
        let mut out = vec![];
        for changes in &self.symbols {
            let mut since = None;
            for c in changes {
                if c.fresh || c.share == 0.0 {
                    out.extend(since.map(|from| c.at - from));
                    since = (c.share != 0.0).then_some(c.at);
                }
            }
            out.extend(since.map(|from| self.steps - from));
        }
        out
    }

    /// The same with every position on the other side.
    #[must_use]
    pub fn flipped(&self) -> Self {
        let other = |c: &PathChange| PathChange { share: -c.share, ..*c };
        Self { symbols: self.symbols.iter().map(|s| s.iter().map(other).collect()).collect(), ..*self }
    }

    /// The same `bars` closes later; what would fall behind the end is lost.
    #[must_use]
    pub fn delayed(&self, bars: usize) -> Self {
        let later = |c: &PathChange| PathChange { at: c.at + bars, ..*c };
        let symbols = self.symbols.iter().map(|s| s.iter().map(later).collect()).collect();
        Self::tidy(self.steps, symbols)
    }

    /// The same moved around in a circle by `lag` closes: what falls behind the end stands at the beginning. All symbols
    /// move together.
    #[must_use]
    pub fn shifted(&self, lag: usize) -> Self {
        let (n, lag) = (self.steps, lag % self.steps.max(1));
        let one = |changes: &Vec<PathChange>| {
            // Each half of the circle begins with what it held before it was moved.
            let cut = n - lag;
            let carried = changes.iter().rev().find(|c| c.at < cut).map_or(0.0, |c| c.share);
            let begins = |at, share| PathChange { at, share, fresh: share != 0.0 };
            let mut moved = vec![begins(0, carried), begins(lag, 0.0)];
            moved.extend(changes.iter().map(|c| PathChange { at: (c.at + lag) % n.max(1), ..*c }));
            moved
        };
        Self::tidy(n, self.symbols.iter().map(one).collect())
    }
}

/// A stretch of closes from `from` on before `to`, in which something is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathEpisode {
    /// Its first close.
    pub from: usize,
    /// The close after its last.
    pub to: usize,
}

/// The episodes of a path, and the flat closes around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathEpisodes {
    /// In order. Nothing is carried from one into the next: of several symbols an episode lasts until each is flat or
    /// begins another position at the same close.
    pub held: Vec<PathEpisode>,
    /// Flat closes before each, and after the last; none between a position and the next on the other side.
    pub gaps: Vec<usize>,
}

impl PositionPath {
    /// Cuts the path into what can be put into another order.
    pub fn episodes(&self) -> PathEpisodes {
        let mut times: Vec<usize> = self.symbols.iter().flatten().map(|c| c.at).collect();
        times.sort_unstable();
        times.dedup();
        let mut next = vec![0; self.symbols.len()];
        let mut held: Vec<PathEpisode> = vec![];
        let mut open = None;
        for at in times {
            let (mut carried, mut any) = (false, false);
            for (changes, next) in self.symbols.iter().zip(&mut next) {
                let now = changes.get(*next).filter(|c| c.at == at);
                *next += usize::from(now.is_some());
                let share = next.checked_sub(1).map_or(0.0, |k| changes[k].share);
                any |= share != 0.0;
                carried |= share != 0.0 && now.is_none_or(|c| !c.fresh);
            }
            if !carried {
                held.extend(open.map(|from| PathEpisode { from, to: at }));
                open = any.then_some(at);
            }
        }
        held.extend(open.map(|from| PathEpisode { from, to: self.steps }));
        let ends = std::iter::once(0).chain(held.iter().map(|e| e.to));
        let begins = held.iter().map(|e| e.from).chain([self.steps]);
        let gaps = ends.zip(begins).map(|(end, begin)| begin - end).collect();
        PathEpisodes { held, gaps }
    }

    /// The same episodes in the given `order`, with the flat stretches `gaps` around them: one before each, one after the
    /// last.
    #[must_use]
    pub fn rearranged(&self, episodes: &[PathEpisode], order: &[usize], gaps: &[usize]) -> Self {
        let one = |changes: &Vec<PathChange>| {
            let mut out = Vec::with_capacity(changes.len() + order.len());
            let mut at = gaps.first().copied().unwrap_or(0);
            for (k, gap) in order.iter().zip(gaps.iter().skip(1)) {
                let e = episodes[*k];
                let begin = changes.partition_point(|c| c.at < e.from);
                let end = changes.partition_point(|c| c.at < e.to);
                let moved = |c: &PathChange| PathChange { at: c.at - e.from + at, ..*c };
                out.extend(changes[begin..end].iter().map(moved));
                at += e.to - e.from;
                out.push(PathChange { at, share: 0.0, fresh: false });
                at += gap;
            }
            out
        };
        Self::tidy(self.steps, self.symbols.iter().map(one).collect())
    }
}
