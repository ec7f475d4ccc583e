//! Where to cut, and what to compute there.

use std::collections::BTreeSet;

use super::subject::{CheckScope, TradeBars};
use crate::choices;
use crate::market::Bars;
use crate::random::Stream;

/// Bars after the warm-up up to which every cut is made instead of a sample.
const SHORT: usize = 400;
/// Windows with every cut made.
const WINDOWS: usize = 8;
/// Bars of a window after its warm-up.
const WINDOW_BARS: usize = 250;
/// Trades that are cut around, at most, for each cut drawn.
const TRADES: usize = 2;
/// Bars of a window between its warm-up and the trade or gap it is around.
const LEAD: usize = 50;
/// Bars after the lead within which a trade must have closed for its exit to be cut around as well.
const HELD: usize = 600;
/// Bars of noise after a cut. One in [`LONG`] of those drawn has noise to the end of the history, under it
/// the features of the registry as well, and parts of the bar at the cut whether or not something was filled
/// in it.
const NOISE_BARS: usize = 2_000;
/// See [`NOISE_BARS`].
const LONG: usize = 10;

/// How thorough a check is.
#[derive(Debug, Clone, Copy)]
pub struct CausalityOptions {
    /// Places drawn over the history. Gaps that are cut around are at most as many, trades twice as many.
    pub cuts: usize,
    /// Relative difference below which two values count as the same when data start at different bars.
    pub tolerance: f64,
    /// Seed of places and noise.
    pub seed: u64,
}

impl Default for CausalityOptions {
    fn default() -> Self {
        Self { cuts: 100, tolerance: 1e-6, seed: 42 }
    }
}

choices! {
    /// Why a cut is where it is, in the order of the report.
    #[derive(PartialOrd, Ord)]
    pub enum CutReason {
        /// The data are short: every bar.
        Every = "every",
        /// Drawn, one in each of equally long stretches.
        Drawn = "drawn",
        /// Next to the signal, entry or exit of a trade.
        Trade = "trade",
        /// Next to missing bars.
        Gap = "gap",
        /// Every bar of a window that is a history of its own.
        Window = "window",
    }

    /// What stands after the cut.
    #[derive(PartialOrd, Ord)]
    pub enum Future {
        /// Nothing: the data end.
        Missing = "missing",
        /// Noise.
        Noise = "noise",
        /// Noise after the open of the first bar: what fills at that open must not know more of it.
        AfterOpen = "after_open",
        /// Another close of the first bar, then noise: what fills inside that bar must not know its close.
        BeforeClose = "before_close",
    }
}

/// Bars `start..end` as a history of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CutWindow {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What it is around; every cut is made of one for [`CutReason::Window`].
    pub(super) why: CutReason,
    /// The bar of the window that it is around.
    pub(super) at: usize,
}

impl CutWindow {
    pub(super) fn of(&self, bars: &Bars) -> Bars {
        bars.slice(self.start, self.end)
    }
}

/// One recomputation.
#[derive(Debug, Clone, Copy)]
pub(super) struct CutJob {
    /// 0 is the whole history, `k` is window `k - 1`.
    pub(super) window: usize,
    /// Rows before it are compared; the history ends or turns to noise there.
    pub(super) cut: usize,
    pub(super) why: CutReason,
    pub(super) future: Future,
    /// Length of the history that is computed.
    pub(super) end: usize,
    pub(super) scope: CheckScope,
}

/// Everything to be recomputed.
#[derive(Debug)]
pub(super) struct CutPlan {
    pub(super) windows: Vec<CutWindow>,
    pub(super) jobs: Vec<CutJob>,
    /// Windows with a trade to cut around.
    pub(super) trades: usize,
    /// Gaps of the history, and those that are cut around.
    pub(super) gaps: [usize; 2],
}

impl CutPlan {
    pub(super) fn window(&self, job: &CutJob) -> Option<&CutWindow> {
        job.window.checked_sub(1).map(|k| &self.windows[k])
    }
}

/// At most `count` of `0..n`: one drawn from each of `count` equally long stretches, rising.
pub(super) fn stratified(n: usize, count: usize, stream: &mut Stream) -> Vec<usize> {
    if n <= count {
        return (0..n).collect();
    }
    let edge = |k: usize| (k as u128 * n as u128 / count as u128) as usize;
    (0..count).map(|k| edge(k) + stream.below(edge(k + 1) - edge(k))).collect()
}

/// Plans a check of `bars`.
pub(super) fn plan(warmup: usize, bars: &Bars, trades: &[TradeBars], options: &CausalityOptions) -> CutPlan {
    let n = bars.len();
    let step = bars.timeframe().ms();
    let gaps: Vec<usize> =
        (1..n).filter(|&i| 2 * (bars.open_time()[i] - bars.open_time()[i - 1]) > 3 * step).collect();
    let mut p = CutPlan { windows: vec![], jobs: vec![], trades: 0, gaps: [gaps.len(), 0] };
    let draw = |what: &str, n: usize, count: usize| {
        stratified(n, count, &mut Stream::new(options.seed, &format!("causality {what}"), 0))
    };
    if n <= warmup + SHORT {
        p.push_all(0, n, 1..n, CutReason::Every, CheckScope::All);
        return p;
    }
    // A cut leaves at least one bar on either side.
    let drawn: Vec<usize> = draw("cuts", n - 1, options.cuts).into_iter().map(|k| k + 1).collect();
    let fills: BTreeSet<usize> = trades.iter().flat_map(|t| [t.entry, t.exit]).collect();
    for (k, cut) in drawn.into_iter().enumerate() {
        let long = k % LONG == 0;
        let end = if long { n } else { n.min(cut + NOISE_BARS) };
        let job = CutJob {
            window: 0,
            cut,
            why: CutReason::Drawn,
            future: Future::Missing,
            end,
            scope: CheckScope::All,
        };
        p.push(job, n, if long { CheckScope::All } else { CheckScope::System }, long || fills.contains(&cut));
    }
    let chosen: Vec<TradeBars> =
        draw("trades", trades.len(), TRADES * options.cuts).into_iter().map(|k| trades[k]).collect();
    let near: Vec<usize> = draw("gaps", gaps.len(), options.cuts).into_iter().map(|k| gaps[k]).collect();
    p.gaps[1] = near.len();
    // What happens around a trade or a gap needs a warm-up before it, and not the whole history: so many cuts
    // are affordable.
    let around = |why: CutReason, bar: usize, last: usize| {
        let start = bar.saturating_sub(warmup + LEAD);
        let end = n.min(last.min(bar + HELD) + 4);
        CutWindow { start, end, why, at: bar - start }
    };
    let mut windows: BTreeSet<CutWindow> =
        chosen.iter().map(|t| around(CutReason::Trade, t.signal, t.exit)).collect();
    windows.extend(near.iter().map(|bar| around(CutReason::Gap, *bar, *bar)));
    let signals: Vec<usize> = chosen.iter().map(|t| t.signal).collect();
    windows.extend(whole_windows(n, warmup, &signals, &near, &draw));
    p.windows = windows.into_iter().collect();
    p.trades = p.windows.iter().filter(|w| w.why == CutReason::Trade).count();
    p
}

/// Windows around some trades and gaps, and wherever the draw falls, of which every cut is made.
fn whole_windows(
    n: usize,
    warmup: usize,
    signals: &[usize],
    gaps: &[usize],
    draw: &impl Fn(&str, usize, usize) -> Vec<usize>,
) -> Vec<CutWindow> {
    let some = |all: &[usize], what, count| {
        draw(what, all.len(), count).into_iter().map(|k| all[k]).collect::<Vec<_>>()
    };
    let mut centres = some(signals, "windows at trades", 3);
    centres.extend(some(gaps, "windows at gaps", 2));
    centres.extend(draw("windows", n, WINDOWS - centres.len()));
    let length = (warmup + WINDOW_BARS).min(n);
    let place = |centre: usize| {
        let start = centre.saturating_sub(warmup + WINDOW_BARS / 2).min(n - length);
        CutWindow { start, end: start + length, why: CutReason::Window, at: 0 }
    };
    centres.into_iter().map(place).collect()
}

impl CutPlan {
    /// One cut: without its future, with noise to the end of `job`, and where the bar at the cut may fill orders, with
    /// parts of that bar.
    fn push(&mut self, job: CutJob, n: usize, noise: CheckScope, may_fill: bool) {
        self.jobs.push(CutJob { end: job.cut, ..job });
        self.jobs.push(CutJob { future: Future::Noise, scope: noise, ..job });
        // Only what happens inside the bar is new here, and that is money: the system's columns and two bars do.
        for future in [Future::AfterOpen, Future::BeforeClose].into_iter().filter(|_| may_fill) {
            self.jobs.push(CutJob { future, end: n.min(job.cut + 2), scope: CheckScope::System, ..job });
        }
    }

    /// Every future at each cut, noise to the end.
    fn push_all(
        &mut self,
        window: usize,
        n: usize,
        cuts: impl Iterator<Item = usize>,
        why: CutReason,
        scope: CheckScope,
    ) {
        for cut in cuts {
            self.push(CutJob { window, cut, why, future: Future::Missing, end: n, scope }, n, scope, true);
        }
    }

    /// What is computed of window `k`: the features of the registry know no system, and are looked at in the
    /// first whole window alone.
    pub(super) fn scope_of(&self, k: usize) -> CheckScope {
        let first = self.windows.iter().position(|w| w.why == CutReason::Window);
        if first == Some(k) { CheckScope::All } else { CheckScope::System }
    }

    /// Makes the cuts within windows, whose own trades are `trades`: all of them, or those around what the
    /// window is around.
    pub(super) fn cut_windows<'a>(&mut self, warmup: usize, trades: impl Fn(usize) -> &'a [TradeBars]) {
        // Cut `c` knows bars up to `c - 1`: last known is the bar before, the bar itself, the bar after.
        let around = |bar: usize| bar..bar + 3;
        for (k, w) in self.windows.clone().into_iter().enumerate() {
            let (window, n) = (k + 1, w.end - w.start);
            let mut fills: BTreeSet<usize> = trades(k).iter().flat_map(|t| [t.entry, t.exit]).collect();
            let cuts: BTreeSet<usize> = match w.why {
                CutReason::Window => {
                    self.push_all(window, n, warmup.max(1)..n, CutReason::Window, self.scope_of(k));
                    continue;
                }
                CutReason::Gap => (w.at - 1..w.at + 2).collect(),
                _ => {
                    // The trade that the window is around, if its own run makes it: else the next one. Without
                    // the record of the whole run there may be none.
                    let at = trades(k).iter().find(|t| t.signal >= w.at);
                    self.trades -= usize::from(at.is_none());
                    let bars = at.into_iter().flat_map(|t| [t.signal, t.entry, t.exit]);
                    let bars: Vec<usize> = bars.collect();
                    fills.retain(|f| bars.contains(f));
                    bars.into_iter().flat_map(around).collect()
                }
            };
            for cut in cuts.into_iter().filter(|c| (1..n).contains(c)) {
                let end = n.min(cut + NOISE_BARS);
                let job = CutJob {
                    window,
                    cut,
                    why: w.why,
                    future: Future::Missing,
                    end,
                    scope: CheckScope::System,
                };
                self.push(job, n, CheckScope::System, fills.contains(&cut));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};

    fn bars(n: i64, gap_at: i64) -> Bars {
        let one = vec![1.0; n as usize];
        let columns = Columns {
            open_time: (0..n).map(|i| (i + if i < gap_at { 0 } else { 5 }) * 3_600_000).collect(),
            open: one.clone().into(),
            high: one.clone().into(),
            low: one.clone().into(),
            close: one.clone().into(),
            volume: one.into(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    #[test]
    fn strata_hold_one_each() {
        let mut s = Stream::new(1, "strata", 0);
        let drawn = stratified(1000, 10, &mut s);
        assert!(drawn.iter().enumerate().all(|(k, d)| (100 * k..100 * (k + 1)).contains(d)), "{drawn:?}");
        assert_eq!(stratified(3, 10, &mut s), [0, 1, 2]);
        assert!(stratified(0, 10, &mut s).is_empty());
    }

    #[test]
    fn trades_and_gaps_are_cut_around_on_both_sides() {
        let b = bars(3000, 1000);
        let trades = [
            TradeBars { signal: 500, entry: 501, exit: 510 },
            TradeBars { signal: 2990, entry: 2991, exit: 2999 },
        ];
        let options = CausalityOptions { cuts: 2, ..CausalityOptions::default() };
        let mut p = plan(200, &b, &trades, &options);
        // The trades of each window's own run: those of the whole that lie in it.
        let own: Vec<Vec<TradeBars>> = p
            .windows
            .iter()
            .map(|w| {
                let inside = trades.iter().filter(|t| t.signal >= w.start && t.exit < w.end);
                let moved = |t: &TradeBars| TradeBars {
                    signal: t.signal - w.start,
                    entry: t.entry - w.start,
                    exit: t.exit - w.start,
                };
                inside.map(moved).collect()
            })
            .collect();
        p.cut_windows(200, |k| &own[k]);
        let at = |why: CutReason, future: Future| -> Vec<usize> {
            let jobs = p.jobs.iter().filter(|j| j.why == why && j.future == future);
            jobs.map(|j| p.window(j).map_or(0, |w| w.start) + j.cut).collect()
        };
        // Last known: one bar before, the bar, one bar after; the cut keeps one bar more than that.
        assert_eq!(
            at(CutReason::Trade, Future::Missing),
            [500, 501, 502, 503, 510, 511, 512, 2990, 2991, 2992, 2993, 2999]
        );
        assert_eq!(at(CutReason::Trade, Future::BeforeClose), [501, 510, 2991, 2999]);
        // Known up to two bars before the gap, to the last before it, to the first after it.
        assert_eq!(at(CutReason::Gap, Future::Missing), [999, 1000, 1001]);
        assert_eq!((p.trades, p.gaps), (2, [1, 1]));
        let whole: Vec<&CutWindow> = p.windows.iter().filter(|w| w.why == CutReason::Window).collect();
        assert!(whole.iter().all(|w| w.end - w.start == 450 && w.end <= 3000), "{:?}", p.windows);
        assert!(whole.iter().any(|w| (w.start + 200..w.end).contains(&1000)), "none around the gap");
        assert_eq!(at(CutReason::Window, Future::Missing).len(), 250 * whole.len());
        // A warm-up and a lead stand before each trade and gap.
        assert!(
            p.windows.iter().filter(|w| w.why != CutReason::Window).all(|w| w.at == 250),
            "{:?}",
            p.windows
        );
        assert!(p.jobs.iter().all(|j| j.cut >= 1 && (j.future == Future::Missing) == (j.cut == j.end)));
        // Many trades: a bounded sample.
        let many: Vec<TradeBars> =
            (300..900).map(|i| TradeBars { signal: i, entry: i + 1, exit: i + 2 }).collect();
        assert_eq!(plan(200, &b, &many, &options).trades, 4);
        // Short data: every bar, and nothing else.
        let short = plan(200, &bars(600, 300), &trades[..1], &options);
        assert!(short.jobs.len() == 4 * 599 && short.windows.is_empty());
    }
}
